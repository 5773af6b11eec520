"""New responses at the training rows, drawn from the fitted distribution."""

from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.files import memory_limit
from pliant.data.response import Response
from pliant.errors import ArgumentError, InputError, said
from pliant.inference.residuals import known_dispersion, training_means
from pliant.optimisers.checks import check_count
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.model import Fitted


def draw_responses(model: "Fitted", n: int, seed: int) -> Array:
    """Give n draws of the response of each training row, (n, rows, C); classes as ones and zeros.

    y ~ family(mu, weights, dispersion), with mean and dispersion as they were estimated: the coefficients are not
    drawn, as in R's simulate. A row of weight 0 has no scatter of its own, and NaN.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ArgumentError(f"n={said(n)} must be a whole number above 0")
    family, arrays, seed = model.likelihood.family, model.data(), check_count("seed", seed)
    if 8 * n * arrays.y.size > memory_limit():
        raise ArgumentError(
            f"n={said(n)} responses of {arrays.y.size:,} rows are more than memory holds; ask for fewer"
        )
    mu, used = training_means(model), arrays.weights > 0.0
    dispersion = known_dispersion(model, "simulated responses")
    rng = np.random.default_rng(seed)
    drawn = np.full((n, *mu.shape), np.nan)
    for i in range(n):
        drawn[i, used] = family.draw(rng, mu[used], arrays.weights[used, None], dispersion)
    return drawn


def simulate(model: "Fitted", n: int, seed: int) -> dict[str, Any]:
    """Give columns `sim_1` ... `sim_n`, one row a row of the training table; missing where it was not trained on.

    A response is on the scale of the left side of the formula: log(y) for `log(y) ~ x`, the share of successes
    for `cbind(successes, failures) ~ x`. Text levels are drawn as text.
    """
    if model.data().frequencies is not None:
        raise InputError(
            "a row with a frequency stands for several responses, which are not alike when they are drawn; fit the "
            "table with each row repeated to simulate"
        )
    drawn, rows, height = draw_responses(model, n, seed), model.data().rows, model.training_table().n_rows
    response = model.design.response
    trials = model.data().weights
    columns: dict[str, Any] = {}
    for i, y in enumerate(drawn, start=1):
        if model.likelihood.has_classes or (response.levels and np.all((trials == 1.0) | (trials == 0.0))):
            code = np.argmax(y, axis=1) if model.likelihood.has_classes else y[:, 0]
            texts = np.full(height, None, dtype=object)
            known = np.isfinite(y[:, 0])
            levels = [level == "True" for level in response.levels] if _is_boolean(response) else response.levels
            texts[rows[known]] = np.array(levels, dtype=object)[code[known].astype(np.int64)]
            columns[f"sim_{i}"] = texts.tolist()
            continue
        for c, name in enumerate(response.names):
            values = np.full(height, np.nan)
            values[rows] = y[:, c]
            columns[f"sim_{i}[{name}]" if len(response.names) > 1 else f"sim_{i}"] = values
    return columns


def _is_boolean(response: Response) -> bool:
    """Say whether a response is true or false."""
    return response.levels == ("False", "True")
