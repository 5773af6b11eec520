"""What the picture of a check needs, gathered table by table: bands of smooths, of sorted residuals, of shares."""

from dataclasses import dataclass

import numpy as np

from pliant.inference.measures import FITTED, Measured, Measures, least_level, smoother
from pliant.types import Array

COVERED = 0.95  # of the simulated tables lie inside a band from end to end


@dataclass(frozen=True)
class Drawn:
    """Numbers for the picture of a check."""

    along: str  # the column along which residuals are drawn
    values: Array  # (n,), of that column
    places: Array  # (m,), where the smooth is read off
    smooth: Array  # (m,), of the residuals that are drawn
    smooth_low: Array  # (m,), simultaneous 95 % band, simulated
    smooth_high: Array
    scores: Array  # (n,), residuals in standard deviations; indicator less probability for classes and 0/1
    outcome: int  # the class whose residuals are drawn
    level: float  # two-sided local level of the band about the sorted residuals; NaN where there are none
    groups: tuple[Array, ...] = ()  # for classes and 0/1: probability, share, low, high and outcome of each group


class Gathered:
    """The numbers of a picture under way: made with the observed table, given the simulated ones in turn."""

    def __init__(self, measures: Measures, observed: Measured) -> None:
        self.measures, self.observed = measures, observed
        rows, bends = measures.rows, observed.bends[0]
        self.outcome = int(np.argmax(bends.max(axis=0))) if bends.size else 0
        fitted = rows.mu[:, self.outcome]
        self.columns = {FITTED: fitted}
        if bends.size:
            strengths = bends.max(axis=1) * [1.0 - 0.2 * (name == FITTED) for name in measures.along]
            worst = list(measures.along)[int(np.argmax(strengths))]
            self.columns[worst] = fitted if worst == FITTED else measures.along[worst]
        self.smoothers = {name: smoother(values) for name, values in self.columns.items()}
        self.scores = self._scores(rows.y[None], rows.mu[None], observed)[0]
        self.smooths: dict[str, list[Array]] = {name: [] for name in self.columns}
        self.levels: list[Array] = []
        self.shares: list[Array] = []

    def _scores(self, y: Array, mu: Array, found: Measured) -> Array:
        """Give residuals (tables, n): normal scores, or indicator less probability for classes and 0/1."""
        if found.normal is not None:
            return found.normal
        left = y - mu
        if not self.measures.single:
            left = left / np.sqrt(np.maximum(self.measures.variances(mu), 1e-300))
        return np.asarray(left[:, :, self.outcome])

    def add(self, y: Array, mu: Array, found: Measured) -> None:
        """Take in some simulated tables."""
        scores = self._scores(y, mu, found)
        for name, (_, weights) in self.smoothers.items():
            self.smooths[name].append(scores @ weights.T)
        if found.uniform is not None:
            self.levels.append(least_level(found.uniform))
        if found.shares is not None:
            self.shares.append(found.shares)

    def finish(self, bent: bool) -> Drawn:
        """Give the numbers; along the column that bends most if one does, else along the fitted mean."""
        along = list(self.columns)[-1] if bent else FITTED
        places, weights = self.smoothers[along]
        low, high = simultaneous_band(np.concatenate(self.smooths[along]))
        level = float(np.quantile(np.concatenate(self.levels), 1.0 - COVERED)) if self.levels else float("nan")
        return Drawn(
            along,
            self.columns[along],
            places,
            weights @ self.scores,
            low,
            high,
            self.scores,
            self.outcome,
            level,
            self._drawn_groups() if self.shares else (),
        )

    def _drawn_groups(self) -> tuple[Array, ...]:
        """Give probability, share, bounds and outcome of each group of like probability."""
        rows = self.measures.rows
        group = [(c, marked) for c, groups in enumerate(self.measures.groups) for marked in groups]
        mean = np.array([np.average(rows.mu[m, c], weights=rows.weights[m]) for c, m in group])
        low, high = simultaneous_band(np.concatenate(self.shares))
        outcome, shares = np.array([c for c, _ in group]), self.observed.shares
        assert shares is not None
        bounds = np.clip([mean + low, mean + high], 0.0, 1.0)
        return mean, mean + shares[0], bounds[0], bounds[1], outcome


def simultaneous_band(curves: Array) -> tuple[Array, Array]:
    """Give the bounds (m,) within which 95 % of the curves (n, m) lie all along: mean -+ c sd, c by counting."""
    centre, spread = curves.mean(axis=0), curves.std(axis=0)
    spread = np.maximum(spread, 1e-300)
    far = np.max(np.abs(curves - centre) / spread, axis=1)
    reach = float(np.quantile(far, COVERED))
    return centre - reach * spread, centre + reach * spread
