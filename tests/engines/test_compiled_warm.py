"""What is compiled ahead of time: every kernel, and every entry of the registries in both types."""

from pliant.engines.compiled import normal
from pliant.engines.compiled.kernels import KERNELS
from pliant.engines.compiled.warm import pieces, warm
from pliant.functions import ACTIVATIONS, FAMILIES
from pliant.optimisers import OPTIMISERS


def test_every_entry_of_the_registries_is_there_in_both_types():
    names = {name for name, _ in pieces()}
    wanted = [f"kernel {each.__name__}" for each in KERNELS]
    wanted += ["products of a layer"]
    wanted += [f"activation {name}" for name in ACTIVATIONS]
    wanted += [f"family {f.name}, link {link}" for f in FAMILIES.values() for link in f.links]
    wanted += [f"optimiser {name}{how}" for name in OPTIMISERS for how in ("", ", a rate for each parameter")]
    of_the_normal_equations = {f"kernel {each.__name__}, float64" for each in normal.KERNELS}
    assert names == of_the_normal_equations | {
        f"{name}, {dtype}" for name in wanted for dtype in ("float64", "float32")
    }


def test_pieces_come_by_name_and_the_end_is_said(monkeypatch):
    compiled = []
    monkeypatch.setattr("pliant.engines.compiled.warm.pieces", lambda: [("one", lambda: compiled.append(1))])
    assert list(warm()) == [("one", 1), ("", 1)]
    assert compiled == [1]
