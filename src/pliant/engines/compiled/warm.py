"""All that can be compiled, ahead of time: every kernel, and a block for every entry of the registries."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from pliant.engines.compiled import normal
from pliant.engines.compiled.blocks import (
    Float,
    begin_block,
    finish_block,
    response_block,
    slope_block,
    update_block,
    value_block,
)
from pliant.engines.compiled.cache import TALLY, place_to_keep
from pliant.engines.compiled.kernels import KERNELS, is_kept, kernel
from pliant.engines.compiled.products import product_blocks
from pliant.functions.activations import ACTIVATIONS
from pliant.functions.families import FAMILIES
from pliant.functions.likelihood import likelihood
from pliant.optimisers import OPTIMISERS, optimiser

DTYPES: tuple[Float, ...] = (np.float64, np.float32)


def pieces() -> list[tuple[str, Callable[[], Any]]]:
    """Give the name of every piece, kernels first, and what compiles it or finds it in the cache."""
    found: list[tuple[str, Callable[[], Any]]] = []
    for dtype in DTYPES:
        kind = dtype.__name__
        found += [(f"kernel {each.__name__}, {kind}", partial(kernel, each, dtype)) for each in KERNELS]
    found += [(f"kernel {each.__name__}, float64", partial(normal.kernel, each)) for each in normal.KERNELS]
    for dtype in DTYPES:
        kind = dtype.__name__
        found.append((f"products of a layer, {kind}", partial(product_blocks, dtype)))
        for name in ACTIVATIONS:
            for block in (value_block, slope_block, finish_block, begin_block):
                found.append((f"activation {name}, {kind}", partial(block, name, dtype)))
        for family in FAMILIES.values():
            for link in family.links:
                pair = likelihood(family.name, link)
                found.append((f"family {family.name}, link {link}, {kind}", partial(response_block, pair, dtype)))
        for name in OPTIMISERS:
            for rated, how in ((False, ""), (True, ", a rate for each parameter")):
                found.append((f"optimiser {name}{how}, {kind}", partial(update_block, optimiser(name), dtype, rated)))
    return found


def warm() -> Iterator[tuple[str, int]]:
    """Compile every piece; give the name of the one that comes next and how many there are, then "" at the end."""
    everything = pieces()
    said, TALLY.said = TALLY.said, True  # whoever asks for this says so
    try:
        for name, compile_it in everything:
            yield name, len(everything)
            compile_it()
        yield "", len(everything)
    finally:
        TALLY.said = said


def what_is_kept() -> str:
    """Say where code is kept and how many of the kernels are there, or why it cannot be kept."""
    kept = [is_kept(each, dtype) for dtype in DTYPES for each in KERNELS]
    kept += [normal.is_kept(each) for each in normal.KERNELS]
    folder, why = place_to_keep()
    if folder is None and not any(kept):
        return f"its code can be kept nowhere, so that every process compiles it: {why}"
    place = "" if folder is None else f"; it is kept in {folder}"
    if all(kept):
        return f"all its {len(kept)} kernels are compiled{place}"
    first = "the first fit compiles what it needs, some seconds for each kernel; pliant doctor --warm compiles all"
    return f"{sum(kept)} of its {len(kept)} kernels are compiled{place}; {first}"
