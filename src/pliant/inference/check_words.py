"""What a check says: one sentence a question that can be quoted, and what to do, by family."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pliant.data.columns import shown_rows
from pliant.functions.families import FAMILIES
from pliant.inference.measures import FITTED
from pliant.inference.replicas import CheckedRows, fits_again

if TYPE_CHECKING:
    from pliant.model import Fitted

COUNTS = ("poisson", "negative_binomial")


class Answer(Protocol):
    """What a sentence is made from."""

    @property
    def name(self) -> str: ...
    @property
    def statistic(self) -> float: ...
    @property
    def p_value(self) -> float: ...
    @property
    def p_adjusted(self) -> float: ...
    @property
    def least_p(self) -> float: ...
    @property
    def alarm(self) -> bool: ...
    @property
    def sentence(self) -> str: ...


def headline(model: "Fitted", tests: Sequence[Answer]) -> str:
    """Say first what was found: each alarm a line, or that nothing speaks against the model."""
    found = [test.sentence for test in tests if test.alarm]
    if found:
        return "\n".join(found)
    least = min((test.p_adjusted for test in tests), default=1.0)
    what = f"the {model.family} {'line' if model.is_line else 'network'}"
    count = f"{len(tests)} questions" if len(tests) > 1 else "1 question"
    return f"Nothing speaks against {what} ({count}, least adjusted p = {least:.2f})."


def sentence(model: "Fitted", test: Answer, facts: dict[str, Any]) -> str:
    """Give one sentence on a test that can be quoted."""
    p = p_words(test.p_value, test.least_p)
    said = _SENTENCES[test.name](model, test, facts, p)
    return said[0].upper() + said[1:] + "."


def unasked(model: "Fitted", rows: CheckedRows, asked: Sequence[str], one_sided: bool) -> tuple[str, ...]:
    """Say what was not asked, and what to mind."""
    notes = []
    if "uniformity" not in asked and model.likelihood.has_classes:
        notes.append(
            "classes have no order, so there are no quantile residuals; shares are compared with probabilities"
        )
    elif "uniformity" not in asked and model.family == "binomial":
        notes.append("a response of 0 and 1 has no other scatter than binomial: only its probabilities can be wrong")
    if not model.is_line:
        notes.append(
            "a network is not fitted anew to each simulated table, and its training rows lie closer to it than new "
            "ones would: an alarm counts, but its absence proves less than for a line"
        )
    elif not fits_again(model):
        notes.append(
            "the line was fitted with a penalty and is not fitted anew to each simulated table: alarms are rarer"
        )
    if one_sided and "dispersion" in asked:
        notes.append("less scatter than the family's is not held against a network, which fits some of the noise")
    if not rows.whole:
        notes.append(f"a random {rows.n:,} of the {rows.n_all:,} rows were looked at")
    whole = rows.weights[:, None] * rows.y
    if model.family in COUNTS and np.any(np.abs(whole - np.round(whole)) > 1e-6):
        notes.append("weights times response are not whole numbers, so the rows are no counts: mind the p-values")
    return tuple(notes)


def p_words(value: float, least: float) -> str:
    """Write a p-value; the least that there can be as a bound."""
    if value <= 1.001 * least:
        return f"p <= {value:.3f}"
    return f"p = {value:.3f}" if value < 0.1 else f"p = {value:.2f}"


def _known(*names: str) -> str:
    """Give the first of these families that there is, ready to be typed; nothing if there is none."""
    found = next((name for name in names if name in FAMILIES), None)
    return f'family="{found}"' if found else ""


def _try(*remedies: str) -> str:
    """Join remedies that there are."""
    left = [remedy for remedy in remedies if remedy]
    return "; try " + ", or ".join(left) if left else ""


def _responses(model: "Fitted") -> str:
    if model.family in COUNTS:
        return "counts"
    return "shares" if model.family == "binomial" else "responses"


def _curvature(model: "Fitted", test: Answer, facts: dict[str, Any], p: str) -> str:
    if not test.alarm:
        return f"no bend is left in the residuals ({p})"
    bent = facts["bent"] or [FITTED]
    first = bent[0]
    also = [name for name in bent[1:4] if name != FITTED]
    where = f"along {first}" + (f", and along {' and '.join(also)}" if also else "")
    misses = "the line misses a curve there" if model.is_line else "the network misses a curve there"
    if first == FITTED:
        remedy = _try("another link", "an interaction", "hidden=8")
        misses = "the sum of the terms misses something"
    elif model.is_line:
        remedy = _try(f"bs({_quoted(first)}, df=4)", "a network with hidden=8")
    else:
        remedy = _try("more hidden units", "more epochs")
    return f"the residuals bend {where} ({p}): {misses}{remedy}"


def _quoted(name: str) -> str:
    return name if name.replace("_", "").replace(".", "").isalnum() else f"`{name}`"


def _dispersion(model: "Fitted", test: Answer, facts: dict[str, Any], p: str) -> str:
    who, ratio = _responses(model), test.statistic
    if not test.alarm:
        return f"the {who} scatter {_times(ratio)} as much as {model.family} says, which is no more than chance ({p})"
    quasi = {"poisson": ("quasipoisson", "quasi_poisson"), "binomial": ("quasibinomial", "quasi_binomial")}
    if ratio < 1.0:
        wide = "standard errors are too wide"
        remedy = _try(_known(*quasi.get(model.family, ())))
        return f"the {who} scatter only {_times(ratio)} as much as {model.family} says ({p}): {wide}{remedy}"
    names = ("negative_binomial", *quasi["poisson"]) if model.family == "poisson" else quasi.get(model.family, ())
    remedy = _try(_known(*names), "" if model.is_line else "a column that explains it")
    narrow = "" if remedy else ": standard errors are too narrow"
    return f"the {who} scatter {_times(ratio)} as much as {model.family} says ({p}){narrow}{remedy}"


def _times(ratio: float) -> str:
    return f"{ratio:.2f} times" if ratio < 1.95 else f"{ratio:.1f} times" if ratio < 100 else f"{ratio:.0f} times"


def _spread(model: "Fitted", test: Answer, facts: dict[str, Any], p: str) -> str:
    ratio = test.statistic
    if not test.alarm:
        return f"the scatter changes with the fitted mean as {model.family} says ({p})"
    how = "more" if ratio > 1.0 else "less"
    times = ratio if ratio > 1.0 else 1.0 / ratio
    positive = bool(np.all(model.data().y > 0.0))
    if model.family == "gaussian" and ratio > 1.0 and positive:
        remedy = _try(_known("gamma"), f"log({model.design.response.label}) as the response")
    elif model.family == "gamma":
        remedy = _try(_known("inverse_gaussian") if ratio > 1.0 else 'family="gaussian" with link="log"')
    else:
        remedy = "; quote standard errors that allow for it (HC3)"
    if model.family == "gaussian":
        return f"great fitted means have {_times(times)} {how} scatter than small ones ({p}){remedy}"
    return f"great fitted means have {_times(times)} {how} scatter than {model.family} says ({p}){remedy}"


def _zeros(model: "Fitted", test: Answer, facts: dict[str, Any], p: str) -> str:
    found = facts["zeros"]
    expected = found / test.statistic if test.statistic > 0.0 else float("nan")
    wanted = f"{expected:.0f}" if expected >= 10 else f"{expected:.1f}" if expected == expected else "some"
    there = "there is 1 zero" if found == 1 else f"there are {found} zeros" if found else "there is no zero"
    if not test.alarm:
        return f"{there} where {model.family} expects {wanted}, which is no more than chance ({p})"
    if test.statistic > 1.0:
        remedy = _try(
            _known("negative_binomial") if model.family == "poisson" else "",
            "a model of its own for whether it is zero",
        )
    else:
        remedy = "; were rows without any left out of the table"
    return f"{there} where {model.family} expects {wanted} ({p}){remedy}"


def _calibration(model: "Fitted", test: Answer, facts: dict[str, Any], p: str) -> str:
    if not test.alarm:
        return f"shares agree with probabilities ({p})"
    c, mean, share, rows = facts["group"]
    of = f"of {model.design.response.levels[c]} " if model.likelihood.has_classes else ""
    remedy = _try("a network with hidden=8", "an interaction") if model.is_line else _try("fewer epochs")
    return (
        f"shares do not agree with probabilities ({p}): in {rows} rows where the model gives {mean:.2f} on average, "
        f"the share {of}is {share:.2f}{remedy}"
    )


def _outliers(model: "Fitted", test: Answer, facts: dict[str, Any], p: str) -> str:
    if not test.alarm:
        return f"no row lies farther out than {model.family} lets one in a table of this size ({p})"
    far = facts["far_rows"]
    one = len(far) == 1
    where = f"{shown_rows(far)} {'lies' if one else 'lie'} farther out"
    said = f"{where} than {model.family} lets any row of such a table ({p})"
    if facts["scattered"]:
        return f"{said}, which too great a scatter explains"
    return f"{said}: see that {'it was' if one else 'they were'} recorded rightly"


def _uniformity(model: "Fitted", test: Answer, facts: dict[str, Any], p: str) -> str:
    if not test.alarm:
        return f"the responses are spread about their means as {model.family} says (p = {test.p_value:.2f})"
    skew, heavy = facts["skewness"], facts["kurtosis"]
    if abs(skew) > 0.5:
        shape = f": they lean to the {'right' if skew > 0.0 else 'left'}"
    elif heavy > 0.7:
        shape = ": their tails are heavier"
    else:
        shape = ""
    if model.family == "gaussian" and skew > 0.5 and bool(np.all(model.data().y > 0.0)):
        remedy = _try(_known("gamma"), f"log({model.design.response.label}) as the response")
    elif model.family == "poisson":
        remedy = _try(_known("negative_binomial"))
    else:
        remedy = ""
    return f"the responses are not spread about their means as {model.family} says ({p}){shape}{remedy}"


_SENTENCES = {
    "curvature": _curvature,
    "dispersion": _dispersion,
    "spread": _spread,
    "zeros": _zeros,
    "calibration": _calibration,
    "outliers": _outliers,
    "uniformity": _uniformity,
}
