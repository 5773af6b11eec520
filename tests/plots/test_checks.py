"""Pictures of a check: the numbers that they draw, and their words."""

import numpy as np
import pytest
import statsmodels.api as sm

import pliant
from pliant.errors import InputError
from pliant.inference.measures import normal_scores
from pliant.plots import save_figure
from pliant.plots.diagnostics import diagnostics

PENGUINS = pliant.datasets.penguins()
FORMULA = "body_mass_g ~ flipper_length_mm + species"


@pytest.fixture(scope="module")
def line():
    return pliant.fit(FORMULA, PENGUINS, hidden=())


@pytest.fixture(scope="module")
def checked(line):
    return line.check(), line.plot_check()


def words(figure):
    said = [figure.get_suptitle(), *(text.get_text() for text in figure.texts)]
    for axes in figure.axes:
        said += [axes.get_title(loc="left"), *(text.get_text() for text in axes.texts)]
    return " ".join(said)


def test_the_quantile_plot_shows_the_residuals_sorted(checked):
    check, figure = checked
    data = figure.data.to_pandas()
    assert np.array_equal(data["residual"], np.sort(normal_scores(check.residuals)))
    assert np.all(np.diff(data["expected"]) > 0.0)
    order = np.argsort(check.residuals, kind="stable")
    assert np.array_equal(data["row"], check.rows.at[order] + 1)


def test_the_words_of_the_check_stand_above_the_picture(checked):
    check, figure = checked
    assert figure.get_suptitle().replace("\n", " ") == check.verdict.split("\n")[0]
    assert "Residuals along flipper_length_mm" in words(figure)
    assert "249 simulated tables" in words(figure)


def test_the_last_panel_shows_the_observed_number_among_the_simulated():
    rng = np.random.default_rng(1)
    x = rng.uniform(-1.0, 1.0, 150)
    y = rng.poisson(np.exp(1.0 + x) * rng.gamma(1.0, 1.0, 150)) * 1.0
    model = pliant.fit("y ~ x", {"x": x, "y": y}, family="poisson", hidden=())
    figure = model.plot_check()
    test = model.check()["dispersion"]
    assert f"this table: {test.statistic:.3g}" in words(figure)
    assert sum(patch.get_height() for patch in figure.axes[2].patches) == 249
    assert "Also against it: zeros" in words(figure)


@pytest.mark.parametrize(
    ("formula", "options", "panels"),
    [
        ("sex ~ body_mass_g + species", {"family": "binomial"}, 3),
        ("species ~ bill_length_mm", {"family": "multinomial"}, 3),
        ("body_mass_g ~ 1", {}, 2),
        ("body_mass_g ~ species", {}, 3),
        (FORMULA, {"hidden": 3, "epochs": 20}, 3),
    ],
)
def test_every_kind_of_model_can_be_drawn(formula, options, panels):
    figure = pliant.fit(formula, PENGUINS, **({"hidden": ()} | options)).plot_check(n=199)
    assert len(figure.axes) == panels
    assert len(figure.data)
    assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)


def test_a_check_is_written_as_a_picture(line, tmp_path):
    save_figure(line.plot_check(n=199), tmp_path / "f.svg")
    assert (tmp_path / "f.svg").stat().st_size > 5_000


def test_shares_are_drawn_against_probabilities():
    model = pliant.fit("sex ~ body_mass_g + species", PENGUINS, hidden=(), family="binomial")
    data = model.plot_check().data.to_pandas()
    assert list(data.columns) == ["probability", "share", "low", "high", "outcome"]
    y, mu = model.data().y[:, 0], model.fitted_values()[:, 0]
    top = mu > np.quantile(mu, 0.9)
    assert data["share"].iloc[-1] == pytest.approx(y[top].mean(), abs=1e-12)
    assert data["probability"].iloc[-1] == pytest.approx(mu[top].mean(), abs=1e-12)


def test_leverage_and_cooks_distance_are_those_of_statsmodels(line):
    rows = line.data()
    influence = sm.OLS(rows.y[:, 0], rows.X).fit().get_influence()
    found = diagnostics(line)
    for ours, theirs in (
        (found.leverage, influence.hat_matrix_diag),
        (found.cooks_distance, influence.cooks_distance[0]),
        (found.std_pearson, influence.resid_studentized_internal),
        (found.std_deviance, influence.resid_studentized_internal),
    ):
        assert float(np.max(np.abs(ours - theirs))) < 1e-10 * float(np.max(np.abs(theirs)))


def test_cooks_distance_of_a_logistic_line_is_that_of_statsmodels():
    model = pliant.fit("sex ~ body_mass_g + species", PENGUINS, hidden=(), family="binomial")
    rows = model.data()
    glm = sm.GLM(rows.y[:, 0], rows.X, family=sm.families.Binomial()).fit(tol=1e-14, maxiter=100)
    found, influence = diagnostics(model), glm.get_influence()
    assert float(np.max(np.abs(found.leverage - influence.hat_matrix_diag))) < 1e-10
    assert float(np.max(np.abs(found.cooks_distance - influence.cooks_distance[0]))) < 1e-10


def test_the_four_plots_name_the_rows_of_greatest_cooks_distance(line):
    figure = line.plot_diagnostics()
    data = figure.data.to_pandas()
    greatest = data.nlargest(3, "cooks_distance")["row"].tolist()
    assert len(figure.axes) == 4
    for axes in figure.axes:
        assert {str(row) for row in greatest} <= {text.get_text() for text in axes.texts}
    assert f"rows {greatest[0]} (" in words(figure)
    assert len(line.plot_diagnostics(labelled=0).axes[0].texts) < len(figure.axes[0].texts)


def test_a_row_of_leverage_one_is_left_out_of_the_standardised_plots(tmp_path):
    table = {"y": [1.0, 2.0, 4.0, 3.0, 9.0], "g": ["a", "a", "a", "a", "b"]}
    figure = pliant.fit("y ~ g", table, hidden=()).plot_diagnostics()
    assert np.isnan(figure.data["cooks_distance"].to_numpy()).tolist() == [False] * 4 + [True]
    save_figure(figure, tmp_path / "f.png")


def test_what_has_no_leverage_is_refused():
    for options in ({"hidden": 2, "epochs": 2}, {"family": "gaussian", "hidden": (), "regularisation": 0.1}):
        model = pliant.fit(FORMULA, PENGUINS, **options)
        with pytest.raises(InputError, match="leverage of an exact line"):
            model.plot_diagnostics()
