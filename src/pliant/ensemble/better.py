"""The better of two fits of the same members: the one with the lower loss on the folds that its members do not see."""

from dataclasses import replace

from pliant.ensemble.strength import mean_deviance
from pliant.model import Fitted


def better(first: Fitted, second: Fitted) -> Fitted:
    """Give the one of two models over the same folds that does better out of fold, with a word on the other.

    One member's loss out of fold overstates that of the mean of all, and the more so the more the members differ:
    the comparison is of members.
    """
    losses = [_out_of_fold(model) for model in (first, second)]
    best, other = (second, first) if losses[1] < losses[0] else (first, second)
    less = 1.0 - min(losses) / max(losses)
    said = f"tried beside {_widths(other)} units, which lose {100 * less:.0f} % more of the deviance out of fold"
    return replace(best, settings=replace(best.settings, reasons=(*best.settings.reasons, said)))


def _out_of_fold(model: Fitted) -> float:
    """Give the mean deviance of what predicts, on the rows that each member did not see."""
    kept = model.members
    assert kept is not None
    assert kept.out_of_fold is not None
    curve, line = kept.out_of_fold
    eta = line + kept.share * (curve - line) if kept.network.has_skip else curve
    return mean_deviance(model.likelihood, model.data(), eta)


def _widths(model: Fitted) -> str:
    """Say how wide the hidden layers are."""
    assert model.members is not None
    return ", ".join(str(width) for width in model.members.network.hidden)
