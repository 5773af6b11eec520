"""Fit NIST's non-linear problems that are networks from both their starting points, and count correct digits.

    python benchmarks/nist.py                print the tables and write them into README.md
    python benchmarks/nist.py --smoke        the same, nothing written
    python benchmarks/nist.py --golden FILE  write the problems that are networks, for the tests

The problems are read from nist_strd.json in the folder PLIANT_DATA, ../shared/data by default. A problem is a network
if units of one kind, an output and a link say it, with some parameters held where the formula has a constant. The
network is fitted in scaled units by `solve_to_floor`, pliant's damped Gauss-Newton on the reference engine. Digits are
-log10 of the relative error against NIST's certified value, which has 11; 11 is the cap.
"""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from digits import write_between

from pliant.engines import engine
from pliant.engines.contract import Problem, State
from pliant.functions.likelihood import likelihood
from pliant.network import Network
from pliant.optimisers import optimiser
from pliant.training.solve import solve_to_floor

HERE = Path(__file__).parent
DATA = Path(os.environ.get("PLIANT_DATA", HERE.parent.parent / "shared" / "data"))
BETWEEN = ("<!-- nist -->\n", "<!-- /nist -->")
CAP, STEPS = 11.0, 5_000
FREE = float("nan")
Numbers = list[float]


@dataclass(frozen=True)
class Form:
    """How a problem is written as a network: parameters of the one from those of the other, and back.

    `into` takes b (in NIST's order) and gives weights (inputs, units), biases (units,), output weights (units,), output
    bias and skip slopes (inputs,); `held` gives the same with NaN where a parameter is free; `back` gives b.
    """

    words: str
    activation: str
    units: int
    into: Callable[[Numbers], tuple[Any, Any, Any, Any, Any]]
    back: Callable[[Any, Any, Any, Any, Any], Numbers]
    held: tuple[Any, Any, Any, Any, Any] | None = None  # None: all free
    bias: bool = True  # at the output
    skip: bool = False
    link: str = "identity"
    inputs: Callable[[np.ndarray], np.ndarray] = lambda x: x  # of the columns of x
    response: Callable[[np.ndarray], np.ndarray] = lambda y: y


def _exponentials(units: int, bias: bool) -> Form:
    """Give b1 exp(-b2 x) + b3 exp(-b4 x) ..., as Lanczos has them."""
    return Form(
        f"{units} exp units without biases",
        "exp",
        units,
        into=lambda b: ([[-v for v in b[1::2]]], [0.0] * units, b[0::2], 0.0, None),
        back=lambda W, c, v, o, s: [value for k in range(units) for value in (v[k], -W[0][k])],
        held=([[FREE] * units], [0.0] * units, [FREE] * units, FREE, None),
        bias=bias,
    )


SATURATION = Form(
    "1 elu unit without bias: exp(z) - 1 for z below 0",
    "elu",
    1,
    into=lambda b: ([[-b[1]]], [0.0], [-b[0]], 0.0, None),
    back=lambda W, c, v, o, s: [-v[0], -W[0][0]],
    held=([[FREE]], [0.0], [FREE], FREE, None),
    bias=False,
)
FORMS = {
    "Misra1a": SATURATION,
    "BoxBOD": SATURATION,
    "Lanczos1": _exponentials(3, False),
    "Lanczos2": _exponentials(3, False),
    "Lanczos3": _exponentials(3, False),
    "MGH17": Form(
        "2 exp units without biases, output bias",
        "exp",
        2,
        into=lambda b: ([[-b[3], -b[4]]], [0.0, 0.0], [b[1], b[2]], b[0], None),
        back=lambda W, c, v, o, s: [o, v[0], v[1], -W[0][0], -W[0][1]],
        held=([[FREE, FREE]], [0.0, 0.0], [FREE, FREE], FREE, None),
    ),
    "Rat42": Form(
        "1 logistic unit",
        "logistic",
        1,
        into=lambda b: ([[b[2]]], [-b[1]], [b[0]], 0.0, None),
        back=lambda W, c, v, o, s: [v[0], -c[0], W[0][0]],
        bias=False,
    ),
    "Rat43": Form(
        "1 softplus unit under the log link",
        "softplus",
        1,
        into=lambda b: ([[-b[2]]], [b[1]], [-1.0 / b[3]], np.log(b[0]), None),
        back=lambda W, c, v, o, s: [np.exp(o), c[0], -W[0][0], -1.0 / v[0]],
        link="log",
    ),
    "Nelson": Form(
        "1 exp unit of log x1 and x2, output -1 and weight 1 held; the response is log y",
        "exp",
        1,
        into=lambda b: ([[1.0], [-b[2]]], [np.log(b[1])], [-1.0], b[0], None),
        back=lambda W, c, v, o, s: [o, np.exp(c[0]), -W[1][0]],
        held=([[1.0], [FREE]], [FREE], [-1.0], FREE, None),
        inputs=lambda x: np.column_stack([np.log(x[:, 0]), x[:, 1]]),
        response=np.log,
    ),
    "Roszman1": Form(
        "1 arctan unit with its output held at 1/pi, beside a line",
        "arctan",
        1,
        into=lambda b: ([[1.0 / b[2]]], [-b[3] / b[2]], [1.0 / np.pi], b[0] + 0.5, [-b[1]]),
        back=lambda W, c, v, o, s: [o - 0.5, -s[0], 1.0 / W[0][0], -c[0] / W[0][0]],
        held=([[FREE]], [FREE], [1.0 / np.pi], FREE, [FREE]),
        skip=True,
    ),
}
OUT = {
    "DanWood": "a line: log link, y ~ log(x)",
    "Eckerle4": "a line: log link, y ~ x + x^2",
    "Misra1d": "a line: inverse link, y ~ 1/x",
    "Misra1b": "a power of a linear function",
    "Misra1c": "a power of a linear function",
    "Bennett5": "a power of a linear function",
    "Chwirut1": "an exponential over a linear function: a product of two units",
    "Chwirut2": "an exponential over a linear function: a product of two units",
    "MGH10": "the exponential of a reciprocal",
    "Gauss1": "bumps beside an exponential: units of two kinds, one of a square",
    "Gauss2": "bumps beside an exponential: units of two kinds, one of a square",
    "Gauss3": "bumps beside an exponential: units of two kinds, one of a square",
    "ENSO": "cosines of unknown period",
    "Hahn1": "a ratio of polynomials",
    "Kirby2": "a ratio of polynomials",
    "MGH09": "a ratio of polynomials",
    "Thurber": "a ratio of polynomials",
}


@dataclass(frozen=True)
class Fit:
    """Where a fit from one starting point ended."""

    values: Numbers
    rss: float
    steps: int
    settled: bool


def fit(form: Form, x: np.ndarray, y: np.ndarray, start: Numbers) -> Fit:
    """Fit a problem from b = `start`.

    Inputs are divided by their largest size, and the response too where the link lets it: x' = x / r, y' = y / t,
    W' = W r, v' = v / t. Nothing is centred, since a held parameter would not survive that.
    """
    X, response = form.inputs(x), form.response(y)
    network = Network(X.shape[1], 1, (form.units,), form.activation, form.skip, form.bias)
    r = np.max(np.abs(X), axis=0)
    t = float(np.max(np.abs(response))) if form.link == "identity" else 1.0

    def flat(parts: tuple[Any, Any, Any, Any, Any]) -> np.ndarray:
        weights, biases, out, bias, skip = parts
        found = np.zeros(network.n_parameters)
        layers, slopes = network.views(found)
        layers[0].weights[:] = np.array(weights) * r[:, None]
        layers[0].biases[:] = biases
        layers[1].weights[:] = np.array(out)[:, None] / t
        if layers[1].biases is not None:
            layers[1].biases[:] = bias / t
        if slopes is not None:
            slopes[:] = (np.array(skip) * r / t)[:, None]
        return found

    chosen = likelihood("gaussian", form.link)
    n = len(response)
    zeros = np.zeros(n)
    problem = Problem(network, chosen, X / r, response[:, None] / t, np.ones(n), zeros, np.zeros(network.n_parameters))
    program = engine("reference").load(problem, optimiser("gd"))
    held = None if form.held is None else flat(form.held)
    began = flat(form.into(start))
    solved = solve_to_floor(program, problem, State(began, np.zeros((0, len(began)))), STEPS, held)
    layers, slopes = network.views(np.array(solved.result.parameters))
    parts = (
        layers[0].weights / r[:, None],
        layers[0].biases,
        layers[1].weights[:, 0] * t,
        0.0 if layers[1].biases is None else layers[1].biases[0] * t,
        None if slopes is None else slopes[:, 0] * t / r,
    )
    eta = program.predict(solved.result.parameters, problem.X)
    rss = float(np.sum((problem.y - chosen.mean(eta)) ** 2)) * t**2
    return Fit([float(v) for v in form.back(*parts)], rss, solved.result.epoch, solved.settled)


def digits(ours: Numbers, theirs: Numbers) -> float:
    """Give the correct digits of the worst number."""
    worst = max(abs(a - b) / abs(b) for a, b in zip(ours, theirs, strict=True))
    return CAP if worst == 0.0 else float(np.clip(-np.log10(worst), 0.0, CAP)) if np.isfinite(worst) else 0.0


def ordered(form: Form, values: Numbers, certified: Numbers) -> Numbers:
    """Give the values with equal units in the order of the certified ones: any order is the same function."""
    if form.activation != "exp" or form.units < 2:
        return values
    first = len(values) % 2  # MGH17's constant
    if first:  # b1, outputs, rates
        pairs = sorted(zip(values[1:3], values[3:5], strict=True), key=lambda pair: pair[1])
        return [values[0], *(p[0] for p in pairs), *(p[1] for p in pairs)]
    pairs = sorted(zip(values[0::2], values[1::2], strict=True), key=lambda pair: pair[1])
    return [value for pair in pairs for value in pair]


def tables(sets: dict[str, Any]) -> str:
    """Fit everything and give both tables in Markdown."""
    lines = [
        "| problem | as a network | parameters: from start 1 | from start 2 | residual sum of squares | | steps | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, form in FORMS.items():
        said = sets[name]
        certified = [p["value"] for p in said["params"].values()]
        data = np.array(said["data"], dtype=float)
        found = []
        for which in ("start1", "start2"):
            start = [p[which] for p in said["params"].values()]
            fitted = fit(form, data[:, 1:], data[:, 0], start)
            found.append((digits(ordered(form, fitted.values, certified), certified), fitted))
        rss = [f"{digits([fitted.rss], [said['rss']]):.1f}" for _, fitted in found]
        steps = [str(fitted.steps) for _, fitted in found]
        cells = [name, form.words, *(f"{d:.1f}" for d, _ in found), *rss, *steps]
        lines.append(f"| {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    lines += ["", "| not a network | why |", "|---|---|"]
    reasons: dict[str, list[str]] = {}
    for name, why in OUT.items():
        reasons.setdefault(why, []).append(name)
    lines += [f"| {', '.join(names)} | {why} |" for why, names in reasons.items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables and write them."""
    parser = argparse.ArgumentParser(description="Fit NIST's non-linear problems that are networks.")
    parser.add_argument("--smoke", action="store_true", help="nothing written")
    parser.add_argument("--golden", type=Path, help="write the problems that are networks to this file")
    asked = parser.parse_args()
    source = DATA / "nist_strd.json"
    if not source.exists():
        raise SystemExit(f"there is no {source}; name its folder by PLIANT_DATA")
    sets = json.loads(source.read_text())["sets"]
    if asked.golden:
        kept = {name: {k: sets[name][k] for k in ("model", "params", "rss", "columns", "data")} for name in FORMS}
        asked.golden.write_text(
            "{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in kept.items()) + "\n}\n"
        )
        return
    text = tables(sets)
    if not asked.smoke:
        write_between(text, BETWEEN)


if __name__ == "__main__":
    main()
