"""How the fields of a model file have to agree, beyond each being of its kind.

Everything that a fit cannot have given, and that would break a prediction or bend it, is refused here, sizes before
anything of such a size is made.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from pliant.data.described import check_design
from pliant.data.design import Design
from pliant.errors import ArgumentError
from pliant.functions.likelihood import Likelihood
from pliant.network import Network
from pliant.optimisers import OPTIMISERS, optimiser
from pliant.schema import Unfit, check_arrays, parse_json
from pliant.storage.before import lacks_region
from pliant.storage.fields import ARRAYS, MODEL, OF_MEMBERS, OF_SPREAD, OF_TRAINING
from pliant.training.state import FACTS as TRAINING
from pliant.types import Array

EDGE, OUTSIDE = 1, 2  # of a gap


def check_model(facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Hold what a file says to what belongs in the file of a model.

    Raises
    ------
    Unfit
        At the first thing that does not; names it and what belongs there.
    """
    MODEL.test(facts, "")
    _check_scaling(facts["design"])
    design = check_design(facts["design"])
    likelihood = _likelihood(facts)
    _check_given(facts, design, likelihood)
    network = _check_network(facts["network"], "network", design, likelihood)
    sizes = {"k": network.n_parameters, "inputs": design.n_inputs, "c": len(design.names) * network.outputs}
    table = dict(ARRAYS)
    has_region = not lacks_region(facts) or any(name.startswith("region.") for name in arrays)
    if not has_region:
        table = {name: wanted for name, wanted in table.items() if not name.startswith("region.")}
    if "members" in facts:
        table |= OF_MEMBERS
        sizes |= _check_members(facts["members"], network, design, likelihood)
        if "spread" in facts["members"]:
            table |= OF_SPREAD
    if "training" in facts:
        table |= OF_TRAINING
    known = check_arrays(arrays, table, sizes)
    _check_presence(facts, network, arrays)
    _check_parameters(network, arrays)
    if has_region:
        _check_region(arrays, known)
    if "members" in facts:
        _check_member_arrays(facts["members"], arrays, known)
    _check_optimiser(facts, known)


def _demand(holds: bool, what: str) -> None:
    if not holds:
        raise Unfit(what)


def _rises(values: Any, below: float = np.inf) -> bool:
    """Say whether values rise, each beyond the one before, and stay below a number."""
    return all(a < b for a, b in pairwise(values)) and all(value < below for value in values)


def _check_scaling(design: Mapping[str, Any]) -> None:
    """Hold the units of training to the columns, and an embedding to these."""
    scaling, count = design["scaling"], len(design["input_bends"])
    for name in ("centre", "scale"):
        _demand(len(scaling[name]) == count, f"design.scaling.{name} needs {count} numbers, one an input")
    same = len(scaling["response_centre"]) == len(scaling["response_scale"])
    _demand(same, "design.scaling needs as many response_centre as response_scale")
    if "embedding" not in scaling:
        return
    told = scaling["embedding"]
    place = "design.scaling.embedding"
    _demand(_rises(told["inputs"], count), f"{place}.inputs has to rise, and stay below {count}")
    for name in ("centre", "unit", "knots", "clipped"):
        _demand(len(told[name]) == len(told["inputs"]), f"{place}.{name} needs one entry an input of it")
    for j, knots, clipped in zip(told["inputs"], told["knots"], told["clipped"], strict=True):
        _demand(design["input_bends"][j], f"{place}.inputs has {j}, which may not bend")
        _demand(_rises(knots) and len(knots) != 1, f"{place}.knots of input {j} have to rise, and be none or several")
        _demand(clipped or len(knots) == 2, f"{place}.knots of input {j} have to be two, as it is not clipped")


def _likelihood(facts: Mapping[str, Any]) -> Likelihood:
    """Give family and link, with the parameter that this family needs."""
    try:
        found = Likelihood.from_dict({name: facts[name] for name in ("family", "link")})
        has = found.family.parameter is not None
        for name in ("parameter", "estimated"):
            needs = f"needs {name}" if has else f"has no {name}"
            _demand((name in facts) == has, f"family {found.family.name!r} {needs}")
        return Likelihood.from_dict(facts)
    except ArgumentError as problem:
        raise Unfit(str(problem)) from None


def _check_given(facts: Mapping[str, Any], design: Design, likelihood: Likelihood) -> None:
    """Hold the offset's column to what was given, and the dispersion to a family that fixes it."""
    given = facts["settings"]["given"].get("offset")
    _demand(design.offset_column == given, "design.offset_column and settings.given differ in the offset")
    fixed = likelihood.family.dispersion_known
    _demand(
        not fixed or facts["facts"]["dispersion"] == 1.0,
        f"facts.dispersion has to be 1 for the family {likelihood.family.name}",
    )


def _check_network(
    told: Mapping[str, Any], place: str, design: Design, likelihood: Likelihood, outputs: int | None = None
) -> Network:
    """Give a network that fits design and response; its size is not yet that of the parameters."""
    response = design.response
    if outputs is None:
        _demand(
            response.coding == likelihood.family.coding,
            f"design.response.coding is {response.coding!r}, where the {likelihood.family.name} family needs "
            f"{likelihood.family.coding!r}",
        )
        outputs = response.n_outputs - likelihood.has_classes
        wide = len(design.scaling.response_scale)
        _demand(
            wide in (1, outputs), f"design.scaling.response_scale has {wide} numbers, and there are {outputs} outputs"
        )
    wanted = {"inputs": design.scaling.n_inputs, "outputs": outputs, "bias": design.has_intercept}
    for name, value in wanted.items():
        _demand(told[name] == value, f"{place}.{name} is {told[name]}, where design and response make it {value}")
    bends = told["bends"]
    _demand(bends is None or _rises(bends, told["inputs"]), f"{place}.bends has to rise, and stay below the inputs")
    divided = all(width % told["blocks"] == 0 for width in told["hidden"])
    _demand(bool(told["hidden"]) or not told["gains"], f"{place}.gains is true, where there is no hidden layer")
    _demand(divided and (told["blocks"] == 1 or bool(told["hidden"])), f"{place}.blocks does not divide the widths")
    return Network.from_dict(told)


def _check_members(
    members: Mapping[str, Any], network: Network, design: Design, likelihood: Likelihood
) -> dict[str, int]:
    """Hold the network of one member to the whole one, which is their mean; give the sizes of their arrays."""
    own = _check_network(members["network"], "members.network", design, likelihood)
    _demand(bool(own.hidden) and network.blocks % own.blocks == 0, "members.network has no share in network.blocks")
    count = network.blocks // own.blocks
    mean = (tuple(count * width for width in own.hidden), own.activation, own.skip, own.bends, False)
    whole = (network.hidden, network.activation, network.skip, network.bends, network.gains)
    _demand(mean == whole, f"network is not {count} members.network side by side")
    sizes = {"members": count, "m": own.n_parameters, "1 + inputs": 1 + design.n_inputs, "outputs": own.outputs}
    if "spread" in members:
        told = members["spread"]
        plain = {"inputs": design.n_inputs, "outputs": 1, "bias": own.bias}
        for name, value in plain.items():
            _demand(told[name] == value, f"members.spread.{name} is {told[name]}, where the design makes it {value}")
        bends = told["bends"]
        _demand(bends is None or _rises(bends, design.n_inputs), "members.spread.bends has to rise below the inputs")
        sizes["s"] = Network.from_dict(told).n_parameters
    inside = all(each["inside"] <= each["rows"] for each in members["reached"])
    _demand(inside, "members.reached has more rows inside than rows")
    verdict = members["verdict"]
    _demand(verdict["low"] <= verdict["gain"] <= verdict["high"], "members.verdict.gain lies outside its interval")
    return sizes


def _check_presence(facts: Mapping[str, Any], network: Network, arrays: Mapping[str, Array]) -> None:
    """Hold arrays that not every model has to what says whether this one has them."""
    settings, single = facts["settings"], "members" not in facts
    solved = settings["optimiser"] == "irls"
    wanted = {
        "inverse_information": solved and settings["regularisation"] == 0.0,
        "held_out_scores": single and bool(network.hidden) and settings["validation"] is not None,
    }
    if not single:
        wanted["members.fold_shares"] = bool(facts["members"]["reached"])
    for name, there in wanted.items():
        says = "is missing" if there else "does not belong to such a model"
        _demand((name in arrays) == there, f"the array {name} {says}")
    held = arrays.get("held_out_scores")
    _demand(held is None or held.size > 0, "the array held_out_scores has no numbers")
    _demand(not solved or not network.hidden, "settings.optimiser is irls, and the network is no line")
    _demand(
        ("training" in facts) == (single and not solved), "training belongs to a single fit by descent, and only there"
    )


def _check_parameters(network: Network, arrays: Mapping[str, Array]) -> None:
    """See that only a line has NaN, for the aliased columns; and its inverse information for the same."""
    aliased = np.isnan(arrays["parameters"])
    _demand(not (network.hidden and aliased.any()), "the array parameters has NaN, which only a line may have")
    if "inverse_information" in arrays:
        matrix = arrays["inverse_information"]
        diagonal = np.diag(matrix)
        _demand(int(np.isnan(diagonal).sum()) == int(aliased.sum()), "inverse_information and parameters differ in NaN")
        known = ~np.isnan(diagonal)
        part = matrix[np.ix_(known, known)]
        symmetric = bool(np.all(np.isfinite(part)) and np.all(diagonal[known] >= 0.0))
        _demand(symmetric, "the array inverse_information is no covariance")


def _check_region(arrays: Mapping[str, Array], known: Mapping[str, int]) -> None:
    """Hold where the training rows lay to the columns."""
    ranges, gaps = arrays["region.ranges"], arrays["region.gaps"]
    ordered = np.all(ranges[0] <= ranges[2]) and np.all(ranges[2] <= ranges[3]) and np.all(ranges[3] <= ranges[1])
    _demand(bool(ordered), "the array region.ranges is not in order")
    at, kind = gaps[:, 0], gaps[:, 3]
    column = bool(np.all((at >= 0) & (at < known["inputs"]) & (at == np.floor(at)) & np.isin(kind, (EDGE, OUTSIDE))))
    _demand(column and bool(np.all(gaps[:, 1] < gaps[:, 2])), "the array region.gaps names no gap of a column")
    for name in ("region.numbers", "region.paired"):
        _demand(_rises(arrays[name].tolist(), known["inputs"]), f"the array {name} has to rise below the inputs")
    _demand(bool(np.all(arrays["region.places"][1] > 0.0)), "the array region.places has a scale that is not above 0")
    limits = arrays["region.limits"]
    _demand(not np.isnan(limits).any() and bool(np.all(limits > 0.0)), "the array region.limits has to be above 0")


def _check_member_arrays(members: Mapping[str, Any], arrays: Mapping[str, Array], known: Mapping[str, int]) -> None:
    """Hold folds to the members, and ranges to their order."""
    _demand(bool(np.all(arrays["members.folds"] < known["members"])), "the array members.folds names no member")
    if "spread" in members:
        ranges = arrays["members.spread.ranges"]
        _demand(bool(np.all(ranges[:, 0] <= ranges[:, 1])), "the array members.spread.ranges is not in order")


def _check_optimiser(facts: Mapping[str, Any], known: Mapping[str, int]) -> None:
    """Hold the optimiser's settings to what it takes, and the state of a training to the optimiser."""
    name, told = facts["settings"]["optimiser"], facts["settings"]["optimiser_settings"]
    rule = None
    if name in OPTIMISERS:
        try:
            rule = optimiser(name, **told)
        except ArgumentError as problem:
            raise Unfit(f"settings.optimiser_settings cannot be used: {problem}") from None
    names = {} if rule is None else rule.settings
    fits = set(told) == set(names)
    _demand(fits, f"settings.optimiser_settings has to name {', '.join(names) or 'nothing'}, as {name} takes them")
    if "training" not in facts:
        return
    state = parse_json(facts["training"], "training")
    TRAINING.test(state, "training")
    if rule is not None:
        moments, done = rule.n_moments, state["epoch"]
        _demand(known["moments"] == moments, f"the array training.moments needs {moments} rows for {name}")
        _demand(known["losses"] == done, f"the array training.losses needs {done} numbers, one an epoch")
        _demand(known["told"] <= done, f"the arrays training.history_... tell more than {done} epochs")
