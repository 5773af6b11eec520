"""Engines by name, and the choice of one."""

import pytest

from pliant.engines import ENGINES, choose_engine, engine
from pliant.engines.contract import batches
from pliant.errors import ArgumentError


def test_auto_is_the_reference_engine_and_torch_in_float32():
    assert choose_engine() == "reference"
    assert choose_engine("auto", "float32") == "torch"
    assert [choose_engine(name) for name in ENGINES] == list(ENGINES)


def test_an_unknown_engine_names_the_choices():
    with pytest.raises(ArgumentError, match="no engine 'jax'; choose one of reference, torch"):
        choose_engine("jax")


def test_the_reference_engine_has_no_float32_and_no_cuda():
    with pytest.raises(ArgumentError, match="no precision 'float32'; choose engine='torch'"):
        choose_engine("reference", "float32")
    with pytest.raises(ArgumentError, match="runs on the cpu"):
        engine("reference", device="cuda")


def test_batches_are_consecutive_and_the_last_may_be_smaller():
    assert batches(7, 3) == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert batches(7, None) == batches(7, 7) == batches(7, 100) == [slice(0, 7)]
