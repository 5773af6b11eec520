"""One row on a model, and one row a row of its table."""

from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.data.frame_io import plain_values
from pliant.data.table import Table, read_table
from pliant.inference.delta import line_covariance, mean_effect
from pliant.inference.influence import cooks_distance, standardised
from pliant.inference.residuals import leverage

if TYPE_CHECKING:
    from pliant.model import Fitted


def information_criterion(model: "Fitted", price: float) -> float:
    """Give -2 log-likelihood + price times the number of estimated parameters; NaN for a network and after Firth.

    The price is for a maximum of the likelihood, which Firth's estimate is not. A network's nominal count is not what
    it spends, so its AIC would mislead.
    """
    if model.facts.inverse_information is None or model.settings.firth:
        return float("nan")
    count = model.n_parameters + model.likelihood.family.aic_extra
    return -2.0 * model.log_likelihood + price * count


def deviance_explained(model: "Fitted") -> float:
    """Give 1 - deviance / null deviance: R squared of a gaussian line, D squared of the others."""
    null = model.null_deviance
    return float("nan") if null <= 1e-12 * model.deviance else 1.0 - model.deviance / null


def glance(model: "Fitted") -> dict[str, Any]:
    """Give one value a question about the whole model, in the order of broom's glance."""
    family = model.likelihood.family
    name = family.parameter_name  # theta or power; its standard error is NaN where it was given
    shape = {} if not name else {name: family.parameter, f"{name}_std_error": model.parameter_error}
    return {
        "null_deviance": model.null_deviance,
        "df_null": model.facts.df_null,
        "log_likelihood": model.log_likelihood,
        "aic": model.aic,
        "bic": model.bic,
        "deviance": model.deviance,
        "df_residual": model.df_residual,
        "n_rows": model.facts.n_rows,
        "n_parameters": model.n_parameters,
        "dispersion": model.dispersion,
        **shape,
        "deviance_explained": deviance_explained(model),
        "family": model.family,
        "link": model.link,
        "optimiser": model.settings.optimiser,
    }


def augment(model: "Fitted", table: object = None) -> tuple[dict[str, Any], Table]:
    """Give the columns of a table with fitted means and residuals beside them, and the table.

    Parameters
    ----------
    model : Fitted
    table : frame, dict or path, optional
        The training table if nothing is given. The response may be absent.

    Returns
    -------
    columns, table
        All columns of the table; `.fitted`, the mean (`.probability[level]` for classes, with `.fitted` the most
        probable level); `.resid`, response less mean, where the response is a number; `.se_fit`, the standard
        error of the mean, for a line; and for its training rows `.hat`, the leverage, `.std_resid`, the standardised
        deviance residual, and `.cooksd`, Cook's distance. A row with a missing value has missing results.
    """
    read = model.training_table() if table is None else read_table(table)
    rows = model.design.matrix(read)
    offset = rows.offset
    if table is None:  # with what was given as an argument, which a table does not hold
        for part in (model.data(), model.held_out):
            if part is not None:
                offset[part.rows] = part.offset
    predicted = model.prediction_columns(rows.X, offset, rows.complete, "response")
    columns: dict[str, Any] = {name: plain_values(column) for name, column in read.columns.items()}
    for name, values in predicted.items():
        columns["." + name.replace("prediction", "fitted", 1)] = values
    response = model.design.response
    if model.family != "multinomial" and all(name in read.names for name in response.columns):
        left = model.design.read_response(read) - np.column_stack(list(predicted.values()))
        for j, name in enumerate(predicted):
            columns["." + name.replace("prediction", "resid", 1)] = left[:, j]
    if model.is_line and model.facts.inverse_information is not None and model.network.outputs == 1:
        X, at = np.where(rows.complete[:, None], rows.X, 0.0), np.where(rows.complete, offset, 0.0)
        error = mean_effect(model, X, at, "response").errors(line_covariance(model, "fitted means").matrix)[:, 0]
        columns[".se_fit"] = np.where(rows.complete, error, np.nan)
        if table is None:
            found = {".hat": leverage(model), ".std_resid": standardised(model, "deviance")}
            for name, values in (found | {".cooksd": cooks_distance(model)}).items():
                columns[name] = np.full(read.n_rows, np.nan)
                columns[name][model.data().rows] = values
    return columns, read
