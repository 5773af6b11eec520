"""Analysis of deviance: how much each term, or each line of a nested row of them, adds.

    statistic = (D_small - D_big) / dispersion = chi squared (df);  over df, F (df, n - p), where it is estimated

The dispersion and its degrees of freedom are those of the biggest line, as in R's `anova.glm`.

References
----------
McCullagh and Nelder (1989), Generalized Linear Models, section 2.3. Hastie and Pregibon (1992), Statistical Models in
S, chapter 6.
"""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pliant.data.rank import aliased_columns
from pliant.errors import ArgumentError, ConvergenceError, InputError
from pliant.inference.anova_table import Anova, Row, set_out
from pliant.inference.covariance import inverse_information
from pliant.inference.estimates import coefficients
from pliant.model import check_fitted
from pliant.optimisers.irls import fit_line
from pliant.types import Array, BoolArray

if TYPE_CHECKING:
    from pliant.model import Fitted

INSIDE = 1e-8  # of its length: what may be left of a column after projection on the bigger line's


def anova(*models: "Fitted") -> Anova:
    """Compare nested lines, or the terms of one line one after the other.

    Parameters
    ----------
    *models : Fitted
        One line: its terms in order, each added to those before. Several: each against the one before, from the
        one with fewest coefficients on.

    Returns
    -------
    Anova

    Raises
    ------
    InputError
        If one is a network or a penalised line; if families, responses or rows differ; if a line does not contain the
        one before.
    """
    if not models:
        raise ArgumentError("give one line, or several that are nested")
    for model in models:
        check_fitted("anova", model)
        _check_exact(model)
    if len(models) == 1:
        return _of_terms(models[0])
    ordered = sorted(models, key=lambda model: -model.df_residual)
    for small, big in pairwise(ordered):
        _check_nested(small, big)
    rows = [Row(ordered[0].formula, ordered[0].df_residual, ordered[0].deviance)]
    rows += [
        Row(b.formula, b.df_residual, b.deviance, a.df_residual - b.df_residual, a.deviance - b.deviance)
        for a, b in pairwise(ordered)
    ]
    title = f"Analysis of deviance: {len(models)} nested lines"
    return set_out(ordered[-1], rows, "model", title, "{name} fits {verdict}.")


def drop1(model: "Fitted") -> Anova:
    """Test each term of a line given all terms that do not contain it (type II).

    Parameters
    ----------
    model : Fitted
        A line fitted exactly.

    Returns
    -------
    Anova
        A row a term: the deviance that it takes away from the line without it, and without the interactions that
        it is part of. The dispersion is that of the whole line.
    """
    _check_exact(model)
    terms, term_of = model.design.terms.terms, np.array(model.design.term_of)
    factors = [frozenset(term.factors) for term in terms]
    rows = []
    for k, name in _term_names(model):
        above = [j for j, other in enumerate(factors) if k < len(terms) and factors[k] < other]
        with_it = _sub_line(model, np.isin(term_of, above))
        without = _sub_line(model, np.isin(term_of, [k, *above]))
        df, deviance = without[0] - with_it[0], without[1] - with_it[1]
        rows.append(Row(name, without[0], without[1], df, deviance))
    title = "Analysis of deviance: each term given the others (type II)"
    return set_out(model, rows, "term", title, "Given the other terms, {name} makes the line fit {verdict}.")


def _of_terms(model: "Fitted") -> Anova:
    """Add the terms of a line one after the other."""
    term_of = np.array(model.design.term_of)
    rows = [Row("NULL", model.facts.df_null, model.null_deviance)]
    for k, name in _term_names(model):
        resid_df, resid_dev = _sub_line(model, term_of > k)
        last = rows[-1]
        rows.append(Row(name, resid_df, resid_dev, last.resid_df - resid_df, last.resid_dev - resid_dev))
    title = "Analysis of deviance: terms added one after the other"
    return set_out(model, rows, "term", title, "Added to the terms before it, {name} makes the line fit {verdict}.")


def _sub_line(model: "Fitted", left_out: BoolArray) -> tuple[int, float]:
    """Give residual degrees of freedom and deviance of the line without some columns (p,)."""
    if not np.any(left_out):
        return model.df_residual, model.deviance
    arrays, q = model.data(), model.network.outputs
    known = ~np.isnan(coefficients(model)[:, 0])
    n, X = model.df_residual // q + int(np.sum(known)), arrays.X[:, ~left_out]
    if not X.shape[1]:
        eta = np.tile(arrays.offset[:, None], (1, q))
        return n * q, float(arrays.totals @ model.likelihood.deviance(arrays.y, model.likelihood.mean(eta)))
    # what the columns left out determined is now free
    aliased = np.zeros(X.shape[1], dtype=bool) if known.all() else aliased_columns(X, arrays.totals)
    line = fit_line(model.likelihood, X, arrays.y, arrays.totals, arrays.offset, aliased=aliased)
    if not line.converged:
        names = [name for name, gone in zip(model.design.names, left_out, strict=True) if gone]
        raise ConvergenceError(f"the line without {', '.join(names[:5])} does not settle, so its deviance is not known")
    return (n - line.rank) * q, line.deviance


def _term_names(model: "Fitted") -> list[tuple[int, str]]:
    """Give the terms that have columns, by number; last the indicators of missing values, if there are any."""
    terms = model.design.terms.terms
    there = sorted(set(model.design.term_of) - {-1})
    return [(k, str(terms[k]) if k < len(terms) else "(missing values)") for k in there]


def _check_exact(model: "Fitted") -> None:
    """See that a deviance is a least one, on known degrees of freedom."""
    if not model.is_line:
        raise InputError(
            "an analysis of deviance is for lines: a network's deviance is that of where its training ended, and its "
            "weights are not degrees of freedom, so a difference has no known distribution"
        )
    inverse_information(model)


def _check_nested(small: "Fitted", big: "Fitted") -> None:
    """See that two lines are of the same rows, family and response, and that the one lies inside the other."""
    pair = f"{small.formula!r} and {big.formula!r}"
    if (small.family, small.link) != (big.family, big.link):
        raise InputError(f"{pair} have different families or links, so their deviances cannot be compared")
    if str(small.design.response.node) != str(big.design.response.node):
        raise InputError(f"{pair} have different responses, so their deviances cannot be compared")
    a, b = small.data(), big.data()
    if len(a.y) != len(b.y):
        raise InputError(
            f"{pair} were fitted to {len(a.y):,} and {len(b.y):,} rows, as other values are missing; fit both to the "
            "rows that are complete for both"
        )
    for what, ours, theirs in (
        ("rows", a.y, b.y),
        ("weights", a.weights, b.weights),
        ("frequencies", a.counts, b.counts),
    ):
        if not np.array_equal(ours, theirs):
            raise InputError(f"{pair} were fitted to different {what}, so their deviances cannot be compared")
    if small.df_residual == big.df_residual:
        raise InputError(f"{pair} have equally many coefficients, so neither lies inside the other")
    moved = np.any(a.offset != b.offset)
    X = np.column_stack([a.X, b.offset - a.offset]) if moved else a.X
    names = [*small.design.names, "the offset"]
    outside = _outside(X, b.X)
    if np.any(outside):
        listed = ", ".join(names[j] for j in np.flatnonzero(outside)[:3])
        raise InputError(f"{pair} are not nested: the second cannot give what the first has in {listed}")


def _outside(X: Array, bigger: Array) -> BoolArray:
    """Mark the columns (p,) of X that are no combination of the columns of a bigger matrix."""
    bigger = bigger[:, ~aliased_columns(bigger)]
    basis = np.linalg.qr(bigger / np.linalg.norm(bigger, axis=0))[0]
    rest = X - basis @ (basis.T @ X)
    rest -= basis @ (basis.T @ rest)
    return np.asarray(np.linalg.norm(rest, axis=0) > INSIDE * np.linalg.norm(X, axis=0))
