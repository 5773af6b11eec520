"""Optimisers by name: rules that take one step from a gradient, and drivers that run to the minimum.

`OPTIMISERS` is made from the tuple at its foot; to add one, write its file and list its maker there.
They know parameters, gradients and moments, and nothing of networks or data.
"""

from collections.abc import Callable
from inspect import signature

from pliant.errors import ArgumentError
from pliant.optimisers.adam import adam
from pliant.optimisers.adamw import adamw
from pliant.optimisers.checks import check_choice
from pliant.optimisers.gd import gd
from pliant.optimisers.rule import Rule
from pliant.optimisers.sgd import sgd

__all__ = ["DRIVERS", "OPTIMISERS", "Rule", "adam", "adamw", "gd", "optimiser", "sgd"]

OPTIMISERS: dict[str, Callable[..., Rule]] = {maker.__name__: maker for maker in (gd, sgd, adam, adamw)}

DRIVERS = ("lm", "lbfgs")  # take the whole table and its curvature: damped Gauss-Newton, and L-BFGS


def optimiser(spec: str | Rule, **settings: float) -> Rule:
    """Give the rule of that name with these settings.

    Parameters
    ----------
    spec : str or Rule
        A name of `OPTIMISERS`; a rule is given back as it is.
    **settings : float
        As the maker of that name takes them: `optimiser("sgd", momentum=0.9, nesterov=True)`.

    Returns
    -------
    Rule

    Raises
    ------
    ArgumentError
        If the name or a setting is not known (names the nearest), or a setting is outside its range.

    Examples
    --------
    >>> optimiser("adam", beta2=0.95).settings
    {'beta1': 0.9, 'beta2': 0.95, 'epsilon': 1e-08}
    """
    if isinstance(spec, Rule):
        if settings:
            raise ArgumentError(f"the rule {spec.name!r} has its settings already; name the optimiser instead")
        return spec
    name = check_choice("optimiser", spec, OPTIMISERS)
    for setting in settings:
        check_choice(f"setting of {name}", setting, signature(OPTIMISERS[name]).parameters)
    return OPTIMISERS[name](**settings)
