"""What a search tries: candidates, each a few arguments of `fit`, drawn from a space by a seed.

A space is a dict of argument to choices, or a list of such dicts of which one is drawn first: small networks have a
weight decay that the folds choose, deep ones a learning rate. The same seed draws the same candidates, and the first
of many are those of few.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any

import numpy as np

from pliant.errors import ArgumentError

Settings = dict[str, Any]  # some arguments of `fit`
Space = Sequence[Mapping[str, Any]]
OF_SEARCH = ("seed", "progress", "checkpoint", "checkpoint_every")  # the search sets these itself
BESIDE = ("weights", "offset", "frequencies", "groups", "in_order", "family", "link", "missing", "threads")
OF_STEPS = (  # which a fit by curvature has no use for, or may not take
    "optimiser",
    "optimiser_settings",
    "learning_rate",
    "schedule",
    "batch",
    "epochs",
    "validation",
    "patience",
    "engine",
    "precision",
)
SMALL = 5_000  # rows to which small networks that bend by their curvature are worth a look
STREAM = 7  # of the seed
TRIES = 200  # to draw a candidate that is not there yet, before the space is taken to be used up


@dataclass(frozen=True)
class Between:
    """A number between two others whose logarithm is uniform, to three digits."""

    low: float
    high: float

    def rvs(self, random_state: np.random.Generator) -> float:
        """Draw one, as scipy's distributions do."""
        drawn = np.exp(random_state.uniform(np.log(self.low), np.log(self.high)))
        return float(f"{drawn:.3g}")


SMALL_CURVES = {
    "hidden": [(2,), (4,), (8,), (12,), (16,), (24,), (8, 4), (8, 8)],
    "activation": ["tanh", "softplus", "silu", "elu", "arctan"],
    "regularisation": [None, "evidence", "cv"],
}
SMALL_DEEP = {
    "hidden": [(32,), (64,), (32, 32), (64, 64)],
    "activation": ["relu", "silu", "tanh"],
    "optimiser": ["adamw"],
    "learning_rate": Between(1e-3, 3e-2),
    "regularisation": Between(1e-5, 1e-2),
    "schedule": ["cosine", "wave"],
    "batch": [32, 64, 128],
    "epochs": [100, 200],
    "validation": [0.15],
}
LARGE_DEEP = {
    "hidden": [(32,), (64,), (128,), (256,), (64, 64), (128, 128), (256, 256), (64, 64, 64)],
    "activation": ["relu", "silu", "elu", "tanh"],
    "optimiser": ["adamw"],
    "learning_rate": Between(5e-4, 2e-2),
    "regularisation": Between(1e-6, 1e-2),
    "schedule": ["cosine", "wave"],
    "batch": [128, 256, 512],
    "epochs": [20, 40, 80],
    "validation": [0.1],
}
LINE: Settings = {"hidden": ()}


def default_space(n_rows: int, fixed: Mapping[str, Any]) -> Space:
    """Give the space of a table of this many rows, without what is given beside it."""
    parts: Space = (SMALL_CURVES, SMALL_CURVES, SMALL_DEEP) if n_rows <= SMALL else (LARGE_DEEP,)
    if any(name in fixed for name in OF_STEPS):
        parts = [part for part in parts if "optimiser" in part]
    taken = {*fixed, *(("validation",) if fixed.get("members", 1) != 1 else ())}  # members hold out their own folds
    return tuple({name: choices for name, choices in part.items() if name not in taken} for part in parts)


def read_space(space: Any, fit: Callable[..., Any], fixed: Mapping[str, Any]) -> Space:
    """Give a space as it was given, checked.

    Raises
    ------
    ArgumentError
        If it is no dict of choices nor several, names no argument of `fit`, or one that is given beside it.
    """
    parts = [space] if isinstance(space, Mapping) else space
    if (
        not isinstance(parts, list | tuple)
        or not parts
        or not all(isinstance(part, Mapping) and part for part in parts)
    ):
        raise ArgumentError(f"space is {space!r}; give a dict such as {{'hidden': [4, 8, 16]}}, or a list of them")
    check_arguments([name for part in parts for name in part], fit, "space")
    for part in parts:
        for name, choices in part.items():
            if name in fixed:
                raise ArgumentError(f"{name} is given beside the space, and varies in it; leave one out")
            if name in BESIDE:
                raise ArgumentError(
                    f"{name} cannot vary in a search, or the losses are not of one kind; give it beside"
                )
            if not hasattr(choices, "rvs") and not (isinstance(choices, list | tuple) and len(choices)):
                raise ArgumentError(
                    f"space[{name!r}] is {choices!r}; give a list of choices, or a distribution of scipy"
                )
    return tuple(parts)


def check_arguments(names: Sequence[str], fit: Callable[..., Any], where: str) -> None:
    """See that these are arguments of `fit` that a search does not set itself."""
    known = [name for name, p in signature(fit).parameters.items() if p.kind == Parameter.KEYWORD_ONLY]
    for name in names:
        if name in OF_SEARCH:
            raise ArgumentError(f"{where}: {name} is an argument of the search itself")
        if name not in known:
            raise ArgumentError(f"{where}: fit has no argument {name!r}; it has {', '.join(known)}")


def draw_candidates(space: Space, first: Sequence[Settings], count: int, seed: int) -> list[Settings]:
    """Give `count` different candidates, those of `first` before all; fewer where the space is used up."""
    candidates = list(first)
    draws = _draws(space, np.random.default_rng([seed, STREAM]))
    while len(candidates) < count and (drawn := next(draws, None)) is not None:
        if drawn not in candidates:
            candidates.append(drawn)
    return candidates


def in_words(settings: Settings) -> str:
    """Write settings as the arguments of a call."""
    return ", ".join(f"{name}={value!r}" for name, value in settings.items()) or "the default"


def _draws(space: Space, rng: np.random.Generator) -> Iterator[Settings]:
    """Draw candidates until the last of them were all known."""
    seen: list[Settings] = []
    missed = 0
    while missed < TRIES:
        part = space[int(rng.integers(len(space)))]
        drawn = {name: _draw(choices, rng) for name, choices in part.items()}
        missed = missed + 1 if drawn in seen else 0
        if not missed:
            seen.append(drawn)
            yield drawn


def _draw(choices: Any, rng: np.random.Generator) -> Any:
    """Draw one of the choices, as plain Python."""
    drawn = choices.rvs(random_state=rng) if hasattr(choices, "rvs") else choices[int(rng.integers(len(choices)))]
    plain = drawn.tolist() if hasattr(drawn, "tolist") else drawn
    return tuple(plain) if isinstance(plain, list) else plain
