"""Count the correct digits of a line, against 50-digit arithmetic that this script does itself.

    python benchmarks/digits.py                 print the table and write it into README.md
    python benchmarks/digits.py --smoke         two cases, and nothing written
    python benchmarks/digits.py --golden FILE   write cases and references as text, for the tests

A reference is of the float64 numbers that every program is given, powers and all; it is found by Fisher scoring
in mpmath. Digits are -log10 of the largest relative error of any coefficient, or standard error; 16 is the cap.
"""

import argparse
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath
import numpy as np

import pliant
from pliant.errors import ArgumentError

HERE = Path(__file__).parent
NIST = HERE.parent / "tests" / "golden" / "nist.json"
BETWEEN = ("<!-- digits -->\n", "<!-- /digits -->")
CAP, NOTHING = 16.0, 1e-40
mpmath.mp.dps = 60  # ten more than are promised, for the way there
Numbers = list[Any]


@dataclass(frozen=True)
class Case:
    """One problem: X without the column of ones."""

    name: str
    family: str
    link: str
    X: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Reference:
    """What is true of it; coefficients of one level after another for classes."""

    coefficients: Numbers
    errors: Numbers
    deviance: Any


def cases() -> list[Case]:
    """Give every case: NIST's sets, then made ones with columns as people have them."""
    found = []
    for name, said in json.loads(NIST.read_text()).items():
        x = np.array(said["x"], dtype=float)
        X = np.column_stack([x**k for k in range(1, said["degree"] + 1)]) if said["degree"] else x
        found.append(Case(f"NIST {name.capitalize()}", "gaussian", "identity", X, np.array(said["y"], dtype=float)))
    rng = np.random.default_rng(20)
    year = np.arange(1960.0, 2020.0)
    t = (year - 1990.0) / 30.0
    X = np.column_stack([year, year**2, year**3])
    found.append(Case("cubic in the calendar year", "gaussian", "identity", X, 3 + t - t**3 + rng.normal(size=60) / 5))
    n = 80
    sizes = np.column_stack([rng.normal(size=n) * 1e6 + 5e6, rng.normal(size=n) * 1e-4, rng.uniform(1e3, 1e4, n)])
    eta = (sizes[:, 0] - 5e6) / 1e6 - sizes[:, 1] * 1e4 + (sizes[:, 2] - 5e3) / 4e3
    chance, draw = 1 / (1 + np.exp(-eta)), rng.random(n)
    found.append(Case("logit, columns of 1e6 and 1e-4", "binomial", "logit", sizes, (draw < chance) * 1.0))
    counts = rng.poisson(np.exp(1.5 + 0.6 * t - 0.8 * t**2)) * 1.0
    found.append(Case("poisson, year and its square", "poisson", "log", np.column_stack([year, year**2]), counts))
    dose = rng.uniform(0.5, 20.0, n)
    x = np.column_stack([np.log(dose), rng.normal(size=n)])
    eta = 0.8 * x[:, 0] - 1.5 + 0.4 * x[:, 1]
    probit = (rng.normal(size=n) < eta) * 1.0
    found.append(Case("probit, a dose", "binomial", "probit", x, probit))
    found.append(Case("cloglog, a dose", "binomial", "cloglog", x, (rng.random(n) < -np.expm1(-np.exp(eta))) * 1.0))
    positive = rng.gamma(3.0, np.exp(0.5 * eta) / 3.0)
    found.append(Case("gamma with log, a dose", "gamma", "log", x, positive))
    found.append(Case("gaussian with log, a dose", "gaussian", "log", x, np.exp(0.4 * eta) + rng.normal(size=n) / 20))
    which = np.array([rng.choice(3, p=p / p.sum()) for p in np.exp(np.column_stack([0 * eta, eta, -0.5 * eta]))])
    raw = np.column_stack([dose * 1e3, x])
    found.append(Case("three classes, a dose in raw mg", "multinomial", "softmax", raw, which))
    return found


# the reference: means, slopes, variances and deviances in mpmath


def _mean(link: str, eta: Any) -> tuple[Any, Any]:
    """Give the mean and its slope."""
    if link == "identity":
        return eta, mpmath.mpf(1)
    if link == "log":
        return (mu := mpmath.exp(eta)), mu
    if link == "logit":
        mu = 1 / (1 + mpmath.exp(-eta))
        return mu, mu * (1 - mu)
    if link == "probit":
        return mpmath.ncdf(eta), mpmath.npdf(eta)
    hazard = mpmath.exp(eta)  # cloglog
    return -mpmath.expm1(-hazard), hazard * mpmath.exp(-hazard)


VARIANCE: dict[str, Callable[[Any], Any]] = {
    "gaussian": lambda mu: mpmath.mpf(1),
    "binomial": lambda mu: mu * (1 - mu),
    "poisson": lambda mu: mu,
    "gamma": lambda mu: mu * mu,
}


def _xlogy(x: Any, y: Any) -> Any:
    return x * mpmath.log(y) if x else mpmath.mpf(0)


DEVIANCE: dict[str, Callable[[Any, Any], Any]] = {
    "gaussian": lambda y, mu: (y - mu) ** 2,
    "binomial": lambda y, mu: 2 * (_xlogy(y, y / mu) + _xlogy(1 - y, (1 - y) / (1 - mu))),
    "poisson": lambda y, mu: 2 * (_xlogy(y, y / mu) - (y - mu)),
    "gamma": lambda y, mu: 2 * ((y - mu) / mu - mpmath.log(y / mu)),
}


def reference(case: Case) -> Reference:
    """Find the coefficients by Fisher scoring with 60 digits, from the line of the usual starting means."""
    if case.family == "multinomial":
        return _classes(case)
    X = mpmath.matrix(np.column_stack([np.ones(len(case.X)), case.X]).tolist())
    y = [mpmath.mpf(float(v)) for v in case.y]
    n, p = X.rows, X.cols
    if case.family == "binomial":
        first = [(v + mpmath.mpf(1) / 2) / 2 for v in y]
    else:
        first = [mpmath.mpf(v) + mpmath.mpf(1) / 10 if case.family == "poisson" else v for v in y]
    eta = [_link(case.link, mu) for mu in first]
    beta = None
    for _ in range(400):
        parts = [(_mean(case.link, e)) for e in eta]
        weights = [slope**2 / VARIANCE[case.family](mu) for mu, slope in parts]
        target = [e + (v - mu) / slope for e, v, (mu, slope) in zip(eta, y, parts, strict=True)]
        gram, right = _products(X, weights, target)
        after = mpmath.lu_solve(gram, right)
        change = mpmath.mpf(1) if beta is None else max(abs(a - b) / abs(a) for a, b in zip(after, beta, strict=True))
        beta = after
        eta = list(X * beta)
        if change < mpmath.mpf(10) ** -50:
            break
    else:
        raise SystemExit(f"{case.name}: the reference does not converge")
    parts = [_mean(case.link, e) for e in eta]
    gram, _ = _products(X, [slope**2 / VARIANCE[case.family](mu) for mu, slope in parts], y)
    inverse = gram**-1
    scale = mpmath.mpf(1)
    if case.family not in ("binomial", "poisson"):
        scale = sum((v - mu) ** 2 / VARIANCE[case.family](mu) for v, (mu, _) in zip(y, parts, strict=True)) / (n - p)
    errors = [mpmath.sqrt(scale * inverse[j, j]) for j in range(p)]
    return Reference(list(beta), errors, sum(DEVIANCE[case.family](v, mu) for v, (mu, _) in zip(y, parts, strict=True)))


def _link(link: str, mu: Any) -> Any:
    """Give eta of a mean; near enough for a start."""
    if link == "identity":
        return mu
    if link == "log":
        return mpmath.log(max(mu, mpmath.mpf(1) / 10))
    if link == "logit":
        return mpmath.log(mu / (1 - mu))
    return mpmath.mpf(0.6745) * (2 * mu - 1) * 2 if link == "probit" else mpmath.log(-mpmath.log(1 - mu))


def _products(X: Any, weights: Numbers, target: Numbers) -> tuple[Any, Any]:
    """Give X'WX and X'W target."""
    weighted = X.copy()
    for i, w in enumerate(weights):
        for j in range(X.cols):
            weighted[i, j] *= w
    return weighted.T * X, weighted.T * mpmath.matrix(target)


def _classes(case: Case) -> Reference:
    """Do the same for classes, by Newton's method on all levels at once."""
    X = np.column_stack([np.ones(len(case.X)), case.X])
    rows = [[mpmath.mpf(float(v)) for v in row] for row in X]
    p, q = X.shape[1], int(max(case.y))
    scale = [mpmath.mpf(2) ** int(np.round(np.log2(np.abs(X[:, j]).max()))) for j in range(p)]
    rows = [[v / s for v, s in zip(row, scale, strict=True)] for row in rows]
    beta, k = mpmath.zeros(p * q, 1), p * q
    for _ in range(100):
        gram, score, deviance = mpmath.zeros(k, k), mpmath.zeros(k, 1), mpmath.mpf(0)
        for row, level in zip(rows, case.y, strict=True):
            powers = [mpmath.exp(sum(row[j] * beta[c * p + j] for j in range(p))) for c in range(q)]
            mu = [v / (1 + sum(powers)) for v in powers]
            deviance -= 2 * mpmath.log(mu[level - 1] if level else 1 - sum(mu))
            for c in range(q):
                for j in range(p):
                    score[c * p + j] += row[j] * ((level == c + 1) - mu[c])
                    for d in range(q):
                        for i in range(p):
                            gram[c * p + j, d * p + i] += row[j] * row[i] * (mu[c] * (c == d) - mu[c] * mu[d])
        move = mpmath.lu_solve(gram, score)
        if max(abs(m) for m in move) < mpmath.mpf(10) ** -50:
            break
        beta += move
    inverse = gram**-1
    units = [1 / s for _ in range(q) for s in scale]
    return Reference(
        [b * u for b, u in zip(beta, units, strict=True)],
        [mpmath.sqrt(inverse[j, j]) * units[j] for j in range(k)],
        deviance,
    )


# the programs: each gives coefficients, standard errors and deviance, as far as it has them

Found = tuple[Any, Any, float | None]


def by_pliant(case: Case) -> Found | None:
    """Fit by pliant."""
    y = case.y if case.family != "multinomial" else np.array(["abc"[v] for v in case.y])
    try:
        columns = {f"x{j}": case.X[:, j] for j in range(case.X.shape[1])} | {"y": y}
        line = pliant.fit("y ~ .", columns, family=case.family, link=case.link, hidden=())
    except ArgumentError:  # a family that this version has not
        return None
    table = line.tidy()
    return np.array(table["estimate"]), np.array(table["std_error"]), line.deviance


def by_statsmodels(case: Case) -> Found:
    """Fit by statsmodels, with its defaults."""
    import statsmodels.api as sm

    X = np.column_stack([np.ones(len(case.X)), case.X])
    if case.family == "multinomial":
        fit = sm.MNLogit(case.y, X).fit(disp=0)
        return fit.params.T.ravel(), fit.bse.T.ravel(), -2.0 * fit.llf
    links = {"identity": "Identity", "log": "Log", "logit": "Logit", "probit": "Probit", "cloglog": "CLogLog"}
    link = getattr(sm.families.links, links[case.link])()
    fit = sm.GLM(case.y, X, getattr(sm.families, case.family.capitalize())(link)).fit()
    return fit.params, fit.bse, fit.deviance


def by_sklearn(case: Case) -> Found | None:
    """Fit by scikit-learn with its defaults, but without a penalty; it has coefficients only."""
    from sklearn.linear_model import GammaRegressor, LinearRegression, LogisticRegression, PoissonRegressor

    makers = {
        ("gaussian", "identity"): LinearRegression,
        ("binomial", "logit"): lambda: LogisticRegression(C=np.inf),
        ("poisson", "log"): lambda: PoissonRegressor(alpha=0.0),
        ("gamma", "log"): lambda: GammaRegressor(alpha=0.0),
        ("multinomial", "softmax"): lambda: LogisticRegression(C=np.inf),
    }
    make = makers.get((case.family, case.link))
    if make is None:
        return None
    fit = make().fit(case.X, case.y)
    slopes = np.atleast_2d(fit.coef_)
    all_of_them = np.column_stack([np.atleast_1d(fit.intercept_), slopes])
    if case.family == "multinomial":
        all_of_them = all_of_them[1:] - all_of_them[:1]
    return all_of_them.ravel(), None, None


def digits(ours: Any, theirs: Numbers) -> float:
    """Give the correct digits of the worst number; of a true 0, those after the point."""
    worst = mpmath.mpf(0)
    for a, b in zip(np.ravel(ours).tolist(), theirs, strict=True):
        if not np.isfinite(a):
            return 0.0
        b = b if abs(b) > NOTHING else mpmath.mpf(0)  # an exact fit leaves the rounding of 60 digits
        worst = max(worst, abs(mpmath.mpf(a) - b) / (abs(b) if b else 1))
    return CAP if worst == 0 else max(0.0, min(CAP, float(-mpmath.log10(worst))))


def shown(value: float | None) -> str:
    """Give digits as the table has them."""
    return "-" if value is None else f"{value:.1f}"


def table(chosen: list[Case]) -> str:
    """Measure every case and give the table in Markdown."""
    lines = [
        "| case | pliant: coefficients | errors | deviance | statsmodels: coefficients | errors | deviance "
        "| scikit-learn: coefficients |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for case in chosen:
        truth = reference(case)
        cells = []
        for fit, count in ((by_pliant, 3), (by_statsmodels, 3), (by_sklearn, 1)):
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                found = fit(case)
            values: list[float | None] = [None, None, None]
            if found is not None:
                pairs = zip(found, (truth.coefficients, truth.errors, [truth.deviance]), strict=True)
                values = [None if a is None else digits(a, b) for a, b in pairs]
            cells += [shown(value) for value in values[:count]]
        lines.append(f"| {case.name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def write_between(text: str, marks: tuple[str, str] = BETWEEN) -> None:
    """Put the table between its marks in README.md."""
    page = HERE / "README.md"
    before, rest = page.read_text().split(marks[0])
    page.write_text(before + marks[0] + text + marks[1] + rest.split(marks[1])[1])


def golden(chosen: list[Case]) -> str:
    """Give cases and references as JSON: numbers as text, references with 40 digits."""
    said = {}
    for case in chosen:
        truth = reference(case)
        said[case.name] = {
            "family": case.family,
            "link": case.link,
            "X": [[repr(v) for v in row] for row in case.X.tolist()],
            "y": [repr(v) for v in case.y.tolist()],
            "coefficients": [mpmath.nstr(v, 40) for v in truth.coefficients],
            "standard_errors": [mpmath.nstr(v, 40) for v in truth.errors],
            "deviance": mpmath.nstr(truth.deviance, 40),
        }
    return "{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in said.items()) + "\n}\n"


def main() -> None:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(description="Count the correct digits of a line.")
    parser.add_argument("--smoke", action="store_true", help="two cases, and nothing written")
    parser.add_argument("--golden", type=Path, help="write the made cases and their references to this file")
    asked = parser.parse_args()
    everything = cases()
    if asked.golden:
        asked.golden.write_text(golden([case for case in everything if not case.name.startswith("NIST")]))
    elif asked.smoke:
        table([everything[0], everything[10]])
    else:
        write_between(table(everything))


if __name__ == "__main__":
    main()
