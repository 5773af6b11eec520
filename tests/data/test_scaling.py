"""The units of training: what they round, and what they leave alone."""

import numpy as np

from pliant.data.scaling import Scaling


def test_rounded_inputs_are_the_same_numbers_in_any_unit():
    rng = np.random.default_rng(1)
    X, y, nothing = rng.lognormal(3.0, 1.0, (50, 3)), rng.standard_normal((50, 1)), np.zeros(50)
    found = []
    for unit in (1.0, 1e6, 1e-12, 2.54):
        scaling = Scaling.learn(unit * X, unit * y, nothing, True)
        found.append(scaling.rounded(scaling.inputs(unit * X), scaling.scale_response(unit * y, nothing)[0]))
    for inputs, response in found[1:]:
        assert np.array_equal(inputs, found[0][0])
        assert np.array_equal(response, found[0][1])
    exact = Scaling.learn(X, y, nothing, True)
    assert np.max(np.abs(found[0][0] - exact.inputs(X))) <= 2.0**-25


def test_what_keeps_its_units_is_not_rounded():
    X, y = np.array([[1e-9], [3e-9]]), np.array([[0.1], [0.2]])
    inputs, response = Scaling.none(1).rounded(X, y)
    assert inputs is X
    assert response is y
