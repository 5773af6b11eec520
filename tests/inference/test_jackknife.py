"""The grouped jackknife against what is known of a mean."""

import numpy as np

import pliant
from pliant.inference.jackknife import jackknife_errors, member_eta


def test_error_of_a_mean_is_the_textbook_one():
    y = np.random.default_rng(0).normal(size=12)
    left_out = np.array([np.mean(np.delete(y, i)) for i in range(12)])
    assert abs(jackknife_errors(left_out) / (np.std(y, ddof=1) / np.sqrt(12)) - 1) < 1e-13


def test_mean_of_the_members_is_the_model_but_for_the_lines():
    x = np.linspace(-3, 3, 40)
    y = 4 * np.sin(x) + np.random.default_rng(1).normal(size=40)
    model = pliant.fit("y ~ x", {"x": x, "y": y})
    rows, kept = model.data(), model.members
    eta = member_eta(model, rows.X, rows.offset)
    assert eta.shape == (10, 40, 1)
    line = pliant.fit("y ~ x", {"x": x, "y": y}, hidden=()).linear_predictor(rows.X, rows.offset)
    z = np.column_stack([np.ones(40), model.design.inputs(rows.X)]) @ np.mean(kept.lines, axis=0)
    lines = z * model.design.scaling.response_scale + model.design.scaling.response_centre
    expected = line + np.mean(eta, axis=0) - lines
    whole = model.linear_predictor(rows.X, rows.offset)
    assert float(np.max(np.abs(expected - whole))) < 1e-9
