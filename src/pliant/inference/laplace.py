"""Laplace's approximation: how uncertain eta of a curve is, by the curvature of its penalised loss.

The parameters are taken as normal about those that were found, with the inverse of the penalised information,

    B = A'A / phi + diag(alpha),      var eta(x) = j(x)' B^-1 j(x),      j = d eta / d parameters,

A the rows of the Gauss-Newton step, alpha and phi as evidence set them. Of members, each has its own B from its own
rows; theirs is a mixture: the mean of the variances, and the variance of the members' eta about their mean. A model
that is shrunk to the line takes the curve's whole variance, which holds the line's: its intervals are rather wide.

Nothing of it is kept: the rows of the training give it again in milliseconds. A model from a file has none.

References
----------
MacKay (1992), A practical Bayesian framework for backpropagation networks.
Hwang and Ding (1997), Prediction intervals for artificial neural networks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, solve_triangular

from pliant.descent import load
from pliant.engines.contract import Program
from pliant.ensemble.algebra import in_units
from pliant.errors import InputError
from pliant.inference.jackknife import member_eta
from pliant.training.solve import REST_ALPHA, Rows, evidence_groups
from pliant.types import Array

if TYPE_CHECKING:
    from pliant.data.arrays import Arrays
    from pliant.data.design import Design
    from pliant.model import Fitted
    from pliant.network import Network

CELLS = 4_000_000  # numbers of a Jacobian held at once: 32 MB


@dataclass(frozen=True)
class Posterior:
    """One network with its normal approximation, in its own units of training."""

    design: "Design"
    program: Program
    parameters: Array  # (k,)
    decay: Array  # (k,)
    root: Array  # lower Cholesky factor of B (k, k); of phi I + A D^-1 A' (N, N) where rows are fewer than parameters
    A: Array | None  # (N, k), then needed too

    def covariances(self, X: Array) -> Array:
        """Give the covariances (m, q, q) of eta at rows of the design matrix, in the user's units."""
        q, k = self.program.jacobian(self.parameters, self.design.inputs(X[:1])).shape[1:]
        found = np.empty((len(X), q, q))
        step = max(1, CELLS // max(q * max(k, len(self.root)), 1))
        for start in range(0, len(X), step):
            part = slice(start, start + step)
            J = self.program.jacobian(self.parameters, self.design.inputs(X[part]))
            found[part] = self._quadratic(J)
        scale = self.design.scaling.response_scale
        return np.asarray(found * np.multiply.outer(scale, scale))

    def _quadratic(self, J: Array) -> Array:
        """Give J B^-1 J' (m, q, q)."""
        flat = J.reshape(-1, J.shape[2])
        if self.A is None:
            half = solve_triangular(self.root, flat.T, lower=True).T.reshape(J.shape[0], J.shape[1], -1)
            return np.asarray(np.einsum("mqk,mrk->mqr", half, half))
        scaled = flat / self.decay
        half = solve_triangular(self.root, self.A @ scaled.T, lower=True).T.reshape(J.shape[0], J.shape[1], -1)
        prior = np.einsum("mqk,mrk->mqr", J, scaled.reshape(J.shape))
        return np.asarray(prior - np.einsum("mqk,mrk->mqr", half, half))


def check_laplace(model: "Fitted", instead: str) -> None:
    """See that a curve has what the approximation needs, or say what it lacks and what to ask for `instead`."""
    if not model.settings.evidence:
        raise InputError(
            "method='laplace' needs the weight decay by evidence, and this network was trained without; fit with "
            f"optimiser='lm'{instead}"
        )
    if model.arrays is None:
        raise InputError(
            "method='laplace' reads the training rows, and this model came from a file, which holds none; fit it "
            f"again{instead}"
        )


def eta_covariances(model: "Fitted", X: Array, offset: Array) -> Array:
    """Give the covariances (m, q, q) of eta of a curve, the spread between its members included."""
    found = [posterior.covariances(X) for posterior in posteriors(model)]
    total = np.asarray(np.mean(found, axis=0))
    if model.members is None:
        return total
    eta = member_eta(model, X, offset)
    apart = eta - np.mean(eta, axis=0)
    return np.asarray(total + np.einsum("kmq,kmr->mqr", apart, apart) / len(eta))


def degrees_of_freedom(model: "Fitted") -> float:
    """Give those of t: rows less the parameters that the data determine; inf where the dispersion is known."""
    return np.inf if model.likelihood.family.dispersion_known else float(max(model.df_residual, 1))


def posteriors(model: "Fitted") -> Iterator[Posterior]:
    """Give the approximation of each member, or of the one network."""
    rows, kept = model.data(), model.members
    if kept is None:
        yield _posterior(
            model, model.design, rows, model.network, model.parameters, np.array(model.facts.decays), model.facts.noise
        )
        return
    assert kept.evidence is not None
    for k, parameters in enumerate(kept.parameters):
        seen = rows.take(np.flatnonzero(kept.folds != k))
        scaling = model.design.scaling.learnt_again(
            model.design.raw_inputs(seen.X), seen.y, seen.offset, model.design.has_intercept, seen.frequencies
        )
        own = in_units(kept.network, parameters, model.design.scaling, scaling)
        *decays, noise = kept.evidence[k]
        yield _posterior(
            model, replace(model.design, scaling=scaling), seen, kept.network, own, np.array(decays), noise
        )


def _posterior(
    model: "Fitted",
    design: "Design",
    rows: "Arrays",
    network: "Network",
    parameters: Array,
    decays: Array,
    noise: float,
) -> Posterior:
    """Factor B of one network, or the system of its rows if that is the smaller one."""
    problem, program = load(model.likelihood, design, rows, network, model.settings)
    A, _ = Rows(program, problem).rows(parameters)
    decay = np.append(decays, REST_ALPHA)[evidence_groups(problem)]
    few = len(A) < len(decay)
    try:
        system = noise * np.eye(len(A)) + (A / decay) @ A.T if few else A.T @ A / noise + np.diag(decay)
        root, _ = cho_factor(system, lower=True)
    except (LinAlgError, ValueError):
        raise InputError(
            "the curvature of this fit cannot be inverted, so that method='laplace' has nothing to rest on; fit with "
            "members=10 and leave method out"
        ) from None
    return Posterior(design, program, parameters, decay, np.tril(root), A if few else None)
