"""What an engine compiles is plain: functions that hold functions and numbers, and no record to look into."""

from collections.abc import Iterator
from dis import get_instructions
from functools import partial
from types import FunctionType, ModuleType

import numpy as np
import pytest

from pliant.functions.activations import ACTIVATIONS
from pliant.functions.families import FAMILIES
from pliant.functions.links import LINKS
from pliant.optimisers import OPTIMISERS

PAIRS = [(family, link) for family in FAMILIES.values() for link in family.links if family.coding != "classes"]


def reached(function: FunctionType) -> Iterator[tuple[str, object]]:
    """Give what a function names, and what those functions name."""
    loaded = {step.argval for step in get_instructions(function.__code__) if step.opname == "LOAD_GLOBAL"}
    named = {name: function.__globals__[name] for name in loaded if name in function.__globals__}
    captured = (cell.cell_contents for cell in function.__closure__ or ())
    named |= dict(zip(function.__code__.co_freevars, captured, strict=True))
    for name, value in named.items():
        yield name, value
        if isinstance(value, FunctionType) and value is not function:
            yield from reached(value)


def is_number(value: object) -> bool:
    return isinstance(value, float) or (isinstance(value, tuple) and all(isinstance(v, float) for v in value))


def odd_names(function: FunctionType) -> list[str]:
    """Give the names of what a compiler cannot take."""
    return [
        name
        for name, value in reached(function)
        if not (isinstance(value, FunctionType) or value is np or is_number(value))
    ]


def branches(function: FunctionType) -> bool:
    """Say whether the text goes two ways, but for a loop over a tuple."""
    return any("JUMP_IF" in step.opname for step in get_instructions(function.__code__))


def texts(function: FunctionType) -> list[FunctionType]:
    return [function, *(value for _, value in reached(function) if isinstance(value, FunctionType))]


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=lambda a: a.name)
def test_an_activation_is_plain(activation):
    for function in (activation.value, activation.slope):
        assert odd_names(function) == []
        assert not any(branches(text) for text in texts(function))


@pytest.mark.parametrize(("family", "name"), PAIRS, ids=lambda v: getattr(v, "name", v))
def test_a_loss_its_slope_and_its_information_are_plain(family, name):
    link = LINKS[name]
    for make in (family.make_loss, family.make_delta, family.make_information):
        made = make(link)
        function = made.func if isinstance(made, partial) else made
        assert odd_names(function) == []
        assert not any(branches(text) for text in texts(function))
    assert odd_names(link.inverse) == []


@pytest.mark.parametrize(("family", "name"), PAIRS, ids=lambda v: getattr(v, "name", v))
def test_a_parameter_is_an_argument_of_the_text(family, name):
    if family.parameter is None:
        assert not isinstance(family.make_loss(LINKS[name]), partial)
        return
    for make in ("make_loss", "make_delta", "make_information"):
        made, other = (getattr(f, make)(LINKS[name]) for f in (family, family.with_parameter(1.25)))
        assert made.keywords == {family.parameter_name: family.parameter}
        assert other.func.__code__ is made.func.__code__


@pytest.mark.parametrize("make", OPTIMISERS.values(), ids=lambda m: m.__name__)
def test_a_rule_is_plain(make):
    update = make().update
    assert odd_names(update) == []
    assert not any(branches(text) for text in texts(update))
    assert not any(isinstance(value, ModuleType) for _, value in reached(update))
