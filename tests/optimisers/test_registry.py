"""Optimisers by name, and the messages for settings that cannot be used."""

import pytest

from pliant.errors import ArgumentError
from pliant.optimisers import OPTIMISERS, adam, optimiser


@pytest.mark.parametrize("name", OPTIMISERS)
def test_name_and_settings_give_the_rule_again(name: str) -> None:
    rule = optimiser(name)
    assert rule.name == name
    assert optimiser(rule.name, **rule.settings) == rule
    assert all(isinstance(value, float) for value in rule.settings.values())


def test_nesterov_survives_its_settings() -> None:
    rule = optimiser("sgd", momentum=0.9, nesterov=True)
    assert optimiser("sgd", **rule.settings) == rule


def test_a_rule_is_given_back_as_it_is() -> None:
    rule = adam(beta1=0.5)
    assert optimiser(rule) is rule


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("adan", {}, "no optimiser 'adan'; did you mean 'adam'?"),
        ("Adam", {}, "did you mean 'adam'?"),
        ("lamb-shift", {}, "choose from gd, sgd, adam, adamw"),
        (7, {}, "no optimiser 7; choose from"),
        ("adam", {"beta_1": 0.9}, "no setting of adam 'beta_1'; did you mean 'beta1'?"),
        ("gd", {"momentum": 0.9}, "no setting of gd 'momentum'; choose from none"),
        ("sgd", {"momentum": 1.0}, "momentum is 1.0; it has to be a finite number at least 0 and below 1"),
        ("sgd", {"momentum": -0.1}, "momentum is -0.1"),
        ("sgd", {"momentum": "0.9"}, "momentum is '0.9'"),
        ("sgd", {"momentum": True}, "momentum is True"),
        ("sgd", {"nesterov": True}, "nesterov needs momentum above 0"),
        ("sgd", {"momentum": 0.9, "nesterov": 2}, "nesterov is 2; it has to be True or False"),
        ("adam", {"beta1": float("nan")}, "beta1 is nan"),
        ("adam", {"epsilon": -1e-8}, "epsilon is -1e-08; it has to be a finite number at least 0"),
        ("adamw", {"weight_decay": float("inf")}, "weight_decay is inf"),
    ],
)
def test_what_cannot_be_used_is_said(name: str, settings: dict[str, float], said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        optimiser(name, **settings)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_rule_takes_no_further_settings() -> None:
    with pytest.raises(ArgumentError, match="has its settings already"):
        optimiser(adam(), beta1=0.5)
