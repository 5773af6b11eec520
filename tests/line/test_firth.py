"""Firth's penalised likelihood against closed forms, and against its score equations in 50-digit arithmetic."""

from pathlib import Path

import mpmath
import numpy as np
import pandas as pd
import pytest

import pliant
from pliant.cli import run
from pliant.errors import ArgumentError

GOLDEN = Path(__file__).parents[1] / "golden"


def firth(formula, table, family="binomial", **options):
    return pliant.fit(formula, table, family=family, hidden=(), regularisation="firth", **options)


def with_50_digits(model):
    """Solve X'(w (y - mu) + h V'(mu) / 2) = 0 from scratch; give coefficients, errors and penalised log-likelihood."""
    rows = model.arrays
    used = rows.weights > 0.0
    X, y, w, offset = rows.X[used], rows.y[used, 0], rows.weights[used], rows.offset[used]
    n, p = X.shape
    binomial = model.family == "binomial"
    with mpmath.workdps(50):
        M = mpmath.matrix(X.tolist())

        def at(beta):
            eta = [(M[i, :] * beta)[0] + mpmath.mpf(offset[i]) for i in range(n)]
            mu = [1 / (1 + mpmath.exp(-e)) if binomial else mpmath.exp(e) for e in eta]
            V = [mpmath.mpf(w[i]) * (m * (1 - m) if binomial else m) for i, m in enumerate(mu)]
            inverse = mpmath.matrix(p, p)
            for i in range(n):
                inverse += V[i] * (M[i, :].T * M[i, :])
            determinant, inverse = mpmath.det(inverse), inverse**-1
            h = [V[i] * (M[i, :] * inverse * M[i, :].T)[0] for i in range(n)]
            pull = [
                mpmath.mpf(w[i]) * (mpmath.mpf(y[i]) - mu[i]) + h[i] * (mpmath.mpf(0.5) - mu[i] if binomial else 0.5)
                for i in range(n)
            ]
            return M.T * mpmath.matrix(pull), inverse, determinant

        beta = mpmath.matrix(p, 1)
        for _ in range(500):
            score, inverse, determinant = at(beta)
            move = inverse * score
            size = max(abs(v) for v in M * move)
            beta += move * (1 if size < 1 else 1 / size)
            if size < mpmath.mpf(10) ** -25:
                break
        else:
            raise AssertionError("50 digits did not settle")
        errors = [float(mpmath.sqrt(inverse[j, j])) for j in range(p)]
        return [float(b) for b in beta], errors, float(mpmath.log(determinant) / 2)


def endometrial(seed):
    """Seventy-nine rows as in Heinze and Schemper (2002): two measures, and a risk that only cases have."""
    rng = np.random.default_rng(seed)
    n = 79
    pulsatility, height = np.round(rng.gamma(3.0, 6.0, n)), np.round(rng.gamma(4.0, 0.4, n), 2)
    y = (rng.logistic(size=n) < -0.05 * pulsatility - 2.0 * height + 3.5) * 1.0
    return {"y": y, "pi": pulsatility, "eh": height, "risk": (rng.random(n) < 0.4) * y}


def cases():
    birth = pd.read_csv(GOLDEN / "birthwt.csv")
    rng = np.random.default_rng(5)
    counts = {"y": [0, 0, 0, 2, 1, 5, 3, 0, 1, 4], "g": list("aaabbbcccc"), "x": rng.normal(size=10), "e": np.ones(10)}
    trials = {"y": [0.0, 0.25, 0.5, 1.0, 1.0], "n": [3, 4, 2, 5, 0], "x": [1.0, 2, 3, 4, 9]}
    return {
        "birthwt": ("low ~ age + lwt + smoke", birth, "binomial", {}),
        "endometrial": ("y ~ risk + pi + eh", endometrial(1), "binomial", {}),
        "complete": ("y ~ x", {"y": [0, 0, 0, 1, 1], "x": [1.0, 2, 3, 4, 6]}, "binomial", {}),
        "trials": ("y ~ x", trials, "binomial", {"weights": "n"}),
        "counts": ("y ~ g + x", counts, "poisson", {"offset": "e"}),
    }


@pytest.mark.parametrize("name", cases())
def test_coefficients_and_errors_agree_with_50_digits(name):
    formula, table, family, options = cases()[name]
    model = firth(formula, table, family, **options)
    coefficients, errors, half = with_50_digits(model)
    assert np.allclose(list(model.coefficients.values()), coefficients, rtol=1e-11, atol=0.0)
    assert np.allclose(list(model.standard_errors.values()), errors, rtol=1e-11, atol=0.0)
    assert f"penalised log-likelihood {model.log_likelihood + half:.6g}" in str(model.summary())


def test_a_two_by_two_table_gets_half_a_row_in_each_cell():
    # cells: 0 of 7 without, 5 of 9 with; the odds gain 1/2 above and below
    table = {"y": [0.0, 5 / 9], "x": [0, 1], "n": [7, 9]}
    model = firth("y ~ x", table, weights="n")
    assert model.coefficients["Intercept"] == pytest.approx(np.log(0.5 / 7.5), rel=1e-13)
    assert model.coefficients["x"] == pytest.approx(np.log(5.5 / 4.5) - np.log(0.5 / 7.5), rel=1e-13)


def test_a_level_of_counts_gets_half_a_count():
    model = firth("y ~ 0 + g", {"y": [0, 0, 0, 4, 1], "g": list("aaabb")}, "poisson")
    assert np.allclose(list(model.coefficients.values()), np.log([0.5 / 3, 5.5 / 2]), rtol=1e-13)


def test_an_aliased_column_is_left_out():
    table = {"y": [0, 0, 1, 1, 1], "x": [1.0, 2, 3, 4, 6]}
    model = firth("y ~ x + twice", table | {"twice": 2.0 * np.array(table["x"])})
    assert np.isnan(model.coefficients["twice"])
    assert model.coefficients["x"] == pytest.approx(firth("y ~ x", table).coefficients["x"], rel=1e-13)


def test_the_summary_says_firth_and_there_is_no_aic(tmp_path):
    model = firth("y ~ risk + pi", endometrial(2))
    model.save(tmp_path / "m.pliant")
    for each in (model, pliant.load(tmp_path / "m.pliant")):
        assert "fitted by Firth's penalised likelihood" in str(each.summary())
        assert "there is no AIC" in str(each.summary())
        assert np.isnan(each.aic)
        assert np.all(np.isfinite(list(each.standard_errors.values())))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"family": "gaussian", "hidden": ()}, "not for gaussian with identity"),
        ({"family": "binomial", "link": "probit", "hidden": ()}, "not for binomial with probit"),
        ({"family": "binomial", "hidden": 2}, "is for the line"),
        ({"family": "binomial"}, "is for the line"),
    ],
)
def test_firth_is_refused_where_it_is_not_known(options, says):
    with pytest.raises(ArgumentError, match=says):
        pliant.fit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2, 3, 4]}, regularisation="firth", **options)
    with pytest.raises(ArgumentError, match="a number from 0 on, or 'firth'"):
        pliant.fit("y ~ x", {"y": [0, 1], "x": [1.0, 2]}, hidden=(), regularisation="first")


def test_the_shell_says_separation_in_one_line_and_takes_firth(tmp_path, capsys):
    path = tmp_path / "apart.csv"
    path.write_text("y,x\n0,1\n0,2\n0,3\n1,4\n1,5\n1,6\n")
    command = ["fit", str(path), "y ~ x", "--family", "binomial", "--line"]
    assert run(command) == 2
    said = capsys.readouterr().err
    assert said.startswith("pliant: complete separation: the coefficients of Intercept, x run off")
    assert said.count("\n") == 1
    assert run([*command, "--regularisation", "firth"]) == 0
    assert "Firth" in capsys.readouterr().out
    assert run([*command, "--regularisation", "0.1"]) == 0
    assert run([*command, "--regularisation", "most"]) == 2
    assert "neither a number nor 'firth'" in capsys.readouterr().err
