"""Check a model: is the table one that the model itself could have given?

Each question is a number that is measured on the training rows and on tables simulated from the model, each
fitted again. The observed number is then one among many, and its rank among them is its p-value: no asymptotics,
and the freedom that the coefficients took is accounted for. A verdict over all questions keeps its promise by
Holm's rule: a true model is suspected in at most one table in twenty.

References
----------
Davison and Hinkley (1997), Bootstrap Methods and their Application, chapter 4. Holm (1979), Scand. J. Statist. 6.
Hartig, DHARMa: residual diagnostics for hierarchical regression models (R package).
Aldor-Noiman et al. (2013), The Power to See: a New Graphical Test of Normality, Am. Statist. 67.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.table import make_frame
from pliant.errors import ArgumentError, InputError
from pliant.inference.check_picture import Drawn, Gathered
from pliant.inference.check_words import headline, sentence, unasked
from pliant.inference.measures import FITTED, Measured, Measures
from pliant.inference.replicas import CheckedRows, checked_rows, fits_again, replicas
from pliant.inference.summary import Grid, Summary
from pliant.optimisers.checks import check_count
from pliant.types import Array, IntArray

if TYPE_CHECKING:
    from pliant.model import Fitted

LEVEL = 0.05  # of a false alarm, over all questions together
FEWEST_ROWS = 5
MOST_TABLES = 100_000
FEWEST_TABLES = 199  # a two-sided p-value can then be as low as 0.01, and pass Holm's rule for five questions
TAILS = {"curvature": 1, "dispersion": 0, "spread": 0, "zeros": 0, "calibration": 1, "outliers": -1, "uniformity": 1}
LOOKS_AT = {
    "curvature": "greatest bend of the residuals",
    "dispersion": "scatter, the family's being 1",
    "spread": "scatter, upper third to lower third",
    "zeros": "zeros, those expected being 1",
    "calibration": "shares against probabilities",
    "outliers": "chance of the farthest row",
    "uniformity": "distance from the family",
}


@dataclass(frozen=True)
class Test:
    """One question and its answer."""

    __test__ = False  # not one of pytest's

    name: str
    statistic: float
    simulated: Array = field(repr=False)  # (n,), the same number in the simulated tables
    p_value: float
    p_adjusted: float  # by Holm's rule, for all questions together
    least_p: float  # the smallest p-value that so many tables can show
    sentence: str = ""

    @property
    def alarm(self) -> bool:
        """Whether the answer speaks against the model."""
        return self.p_adjusted <= LEVEL

    @property
    def expected(self) -> tuple[float, float]:
        """Between what bounds 95 % of the simulated tables lie."""
        low, high = np.quantile(self.simulated, [0.025, 0.975])
        return float(low), float(high)


@dataclass(frozen=True, repr=False)
class Check:
    """What `model.check()` gives: prints as text, shows as HTML in a notebook.

    Attributes
    ----------
    tests : tuple of Test
        One a question: `name`, `statistic`, `simulated`, `p_value`, `p_adjusted`, `alarm`, `sentence`.
    verdict : str
        What was found, in a sentence or some.
    residuals : ndarray, shape (n,), or None
        Randomised quantile residuals from 0 to 1, uniform if the model is true; none for classes and 0/1.
    """

    formula: str
    family: str
    link: str
    n: int  # simulated tables
    seed: int
    tests: tuple[Test, ...]
    verdict: str
    notes: tuple[str, ...]
    rows: CheckedRows = field(repr=False)
    residuals: Array | None = field(repr=False)
    far: IntArray = field(repr=False)  # the checked rows that lie farther out than 95 % of tables have any, worst first
    frame_kind: str
    drawn: Drawn = field(repr=False)  # what the picture needs

    @property
    def alarms(self) -> tuple[str, ...]:
        """Names of the questions whose answer speaks against the model."""
        return tuple(test.name for test in self.tests if test.alarm)

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the model."""
        return not self.alarms

    def __getitem__(self, name: str) -> Test:
        """Give a test by its name."""
        found = {test.name: test for test in self.tests}
        if name not in found:
            raise InputError(f"{name!r} was not asked of this model; there is {', '.join(found)}")
        return found[name]

    def to_frame(self) -> Any:
        """Give one row a question: statistic, bounds of 95 % of the simulated tables, p-values, alarm, sentence."""
        columns: dict[str, Any] = {
            "test": [t.name for t in self.tests],
            "statistic": np.array([t.statistic for t in self.tests]),
            "simulated_low": np.array([t.expected[0] for t in self.tests]),
            "simulated_high": np.array([t.expected[1] for t in self.tests]),
            "p_value": np.array([t.p_value for t in self.tests]),
            "p_adjusted": np.array([t.p_adjusted for t in self.tests]),
            "alarm": [t.alarm for t in self.tests],
            "sentence": [t.sentence for t in self.tests],
        }
        return make_frame(columns, self.frame_kind)

    def table_of_tests(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Give heads and rows of text: one row a question."""
        heads = ("", "observed", "simulated, 95 %", "p-value", "adjusted")
        rows: list[tuple[str, ...]] = []
        for t in self.tests:
            low, high = (f"{bound:.3g}" for bound in t.expected)
            mark = "  !" if t.alarm else ""
            rows.append(
                (
                    f"{t.name}: {LOOKS_AT[t.name]}",
                    f"{t.statistic:.3g}",
                    f"{low} to {high}",
                    f"{t.p_value:.3f}",
                    f"{t.p_adjusted:.3f}{mark}",
                )
            )
        return heads, rows

    def _page(self) -> Summary:
        heads, rows = self.table_of_tests()
        said = tuple(t.sentence for t in self.tests if not t.alarm)
        closing = (
            *said,
            f"! speaks against the model: its p-value, adjusted (Holm) for {len(self.tests)} questions, is at most "
            f"{LEVEL:g}; so a true model is suspected in at most 1 table in 20",
        )
        facts = (
            self.formula,
            f"family {self.family}, link {self.link}; {self.rows.n:,} rows against {self.n} simulated tables",
            "",
            *self.verdict.split("\n"),
        )
        return Summary(
            title="Could the model have given this table?",
            facts=facts,
            grids=(Grid("", heads, tuple(rows)),),
            closing=closing,
            notes=self.notes,
        )

    def __str__(self) -> str:
        return str(self._page())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self._page()._repr_html_()


def check(model: "Fitted", n: int = 249, seed: int = 0) -> Check:
    """Say what speaks against a model, and what to do about it.

    Parameters
    ----------
    model : Fitted
        With its training rows: one response, or classes.
    n : int
        Simulated tables, at least 199. A p-value is a multiple of 1 / (n + 1).
    seed : int
        Of the simulated tables, and of the chance that breaks the ties of a discrete response.

    Returns
    -------
    Check

    Raises
    ------
    InputError
        If the model has no data (it came from a file), no distribution (quasi families), several responses,
        fewer than 5 rows, or an essentially perfect fit.
    """
    check_count("n", n, most=MOST_TABLES)
    if n < FEWEST_TABLES:
        raise ArgumentError(f"n={n} simulated tables are too few to judge by; give at least {FEWEST_TABLES}")
    if model.network.outputs > 1 and not model.likelihood.has_classes:
        raise InputError("check() reads one response; fit each of them with a model of its own")
    rng = np.random.default_rng(seed)
    rows = checked_rows(model, rng)
    if rows.n < FEWEST_ROWS or (fits_again(model) and model.df_residual <= 0):
        raise InputError(f"{rows.n} rows leave nothing to check the model against")
    measures = Measures(model, rows)
    observed = measures.of(rows.y[None], rows.mu[None], rng)
    picture = Gathered(measures, observed)
    parts: dict[str, list[Array]] = {name: [] for name in observed.statistics}
    for y, mu in replicas(model, rows, n, rng):
        found = measures.of(y, mu, rng)
        picture.add(y, mu, found)
        for name, value in found.statistics.items():
            parts[name].append(value)
    one_sided = not (fits_again(model) and rows.whole) and not model.is_line
    simulated = {name: np.concatenate(values) for name, values in parts.items()}
    statistics = {name: float(value[0]) for name, value in observed.statistics.items()}
    tails = {name: 1 if one_sided and TAILS[name] == 0 else TAILS[name] for name in measures.asked}
    p_values = {name: _p_value(statistics[name], simulated[name], tails[name]) for name in measures.asked}
    adjusted = holm(p_values)
    tests = []
    facts = _facts(measures, observed, simulated)
    facts["scattered"] = adjusted.get("dispersion", 1.0) <= LEVEL
    for name in measures.asked:
        shown, drawn = _as_shown(name, statistics[name], simulated[name])
        bare = Test(name, shown, drawn, p_values[name], adjusted[name], (1.0 if tails[name] else 2.0) / (n + 1))
        tests.append(Test(**{**vars(bare), "sentence": sentence(model, bare, facts)}))
    return Check(
        model.formula,
        model.family,
        model.link,
        n,
        seed,
        tuple(tests),
        headline(model, tests),
        unasked(model, rows, measures.asked, one_sided),
        rows,
        None if observed.uniform is None else observed.uniform[0],
        facts.get("far", np.zeros(0, dtype=np.int64)),
        model.frame_kind,
        picture.finish("curvature" in [t.name for t in tests if t.alarm]),
    )


def holm(p_values: dict[str, float]) -> dict[str, float]:
    """Adjust p-values by Holm's rule: the smallest times k, the next times k - 1, never less than those before."""
    adjusted, least = {}, 0.0
    for i, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        least = max(least, min(1.0, (len(p_values) - i) * p_values[name]))
        adjusted[name] = least
    return {name: adjusted[name] for name in p_values}


def _p_value(observed: float, simulated: Array, tail: int) -> float:
    """Give the share of tables, the observed one among them, that are as extreme: above (1), below (-1), both (0)."""
    slack = 1e-9 * max(abs(observed), 1e-300)
    above = (1 + int(np.sum(simulated >= observed - slack))) / (len(simulated) + 1)
    below = (1 + int(np.sum(simulated <= observed + slack))) / (len(simulated) + 1)
    if tail:
        return above if tail > 0 else below
    return min(1.0, 2.0 * min(above, below))


def _as_shown(name: str, observed: float, simulated: Array) -> tuple[float, Array]:
    """Give the dispersion as a multiple of what the simulated tables have on average."""
    if name != "dispersion":
        return observed, simulated
    usual = float(np.mean(simulated))
    return observed / usual, simulated / usual


def _facts(measures: Measures, observed: Measured, simulated: dict[str, Array]) -> dict[str, Any]:
    """Gather what the sentences tell beside the numbers: which column, which rows, what shape."""
    facts: dict[str, Any] = {}
    if measures.along:
        names = list(measures.along)
        limit = np.quantile(simulated["curvature"], 0.95)
        strength = observed.bends[0].max(axis=1)
        strength = strength * np.array([0.8 if name == FITTED else 1.0 for name in names])  # a column says more
        facts["bent"] = [names[i] for i in np.argsort(-strength, kind="stable") if strength[i] > limit]
    if observed.tails is not None:
        tails = observed.tails[0]
        far = np.flatnonzero(tails <= np.quantile(simulated["outliers"], 0.05))
        facts["far"] = far[np.argsort(tails[far], kind="stable")]
        facts["far_rows"] = measures.rows.at[facts["far"]]
    if observed.normal is not None:
        z = np.clip(observed.normal[0], -5.0, 5.0)
        z = (z - z.mean()) / max(float(z.std()), 1e-300)
        facts["skewness"], facts["kurtosis"] = float(np.mean(z**3)), float(np.mean(z**4)) - 3.0
    if "zeros" in measures.asked:
        facts["zeros"] = int(np.sum(measures.rows.y == 0.0))
    if observed.shares is not None:
        group = [(c, rows) for c, groups in enumerate(measures.groups) for rows in groups]
        c, rows = group[int(np.argmax(np.abs(observed.shares[0])))]
        w, y, mu = measures.rows.weights[rows], measures.rows.y[rows, c], measures.rows.mu[rows, c]
        facts["group"] = (c, float(w @ mu / w.sum()), float(w @ y / w.sum()), int(rows.sum()))
    return facts


def row_numbers(check: Check) -> IntArray:
    """Give the number of each checked row in the table, from 1."""
    return check.rows.at + 1
