"""A line without its last digits."""

import numpy as np
import pytest

from pliant.functions.likelihood import likelihood
from pliant.optimisers.irls import fit_line


@pytest.mark.parametrize("family", ["gaussian", "poisson", "binomial"])
def test_a_line_whose_last_digits_are_left_has_settled_all_the_same(family):
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(80), rng.standard_normal((80, 2))])
    mu = np.exp(X @ [0.5, 0.3, -0.2])
    y = {"gaussian": mu, "poisson": rng.poisson(mu) * 1.0, "binomial": (rng.random(80) < mu / (1.0 + mu)) * 1.0}
    given = likelihood(family), X, y[family][:, None], np.ones(80), np.zeros(80)
    rough, fine = fit_line(*given, polished=False), fit_line(*given)
    assert rough.converged
    np.testing.assert_allclose(rough.eta, fine.eta, atol=1e-6 * np.max(np.abs(fine.eta)))
