"""Files of before: what a format has that the one before had not, so that every model file ever written can be read.

| format | what changed |
|---|---|
| 1 | the first; files from before version 0.1.0 may lack fields that came later, and where the training rows lay |
| 2 | every field is there; the p-value of a verdict may be null, where format 1 could not be written |
"""

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from pliant.record import Facts, Settings


def _defaults(cls: Any) -> dict[str, Any]:
    """Give the defaults of a record as JSON has them; not a number is null."""
    made = {
        each.name: each.default if each.default_factory is MISSING else each.default_factory()
        for each in fields(cls)
        if each.name != "inverse_information" and not (each.default is each.default_factory is MISSING)
    }
    plain = {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in made.items()}
    return dict(json.loads(json.dumps(plain)))


_NETWORK = {"blocks": 1, "gains": False}
LACKED: dict[tuple[str, ...], Mapping[str, Any]] = {  # by the place in the metadata; what stood for it
    ("design",): {"dates": {}},
    ("network",): _NETWORK,
    ("settings",): _defaults(Settings),
    ("facts",): _defaults(Facts),
    ("members",): {"strength": None, "reached": []},
    ("members", "network"): _NETWORK,
    ("members", "spread"): _NETWORK,
    ("members", "verdict"): {"predicts": True},
}


def upgraded(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Give the metadata of a model file as the newest format has it; of what is there nothing changes.

    It has not been looked at yet, and may be nested without end: only the objects on the way are copied.
    """
    found = dict(facts)
    if found.get("format") != 1:
        return found
    for path, lacked in LACKED.items():
        holder: Any = found
        for step in path:
            inner = holder.get(step)
            if not isinstance(inner, dict):
                break
            holder[step] = dict(inner)
            holder = holder[step]
        else:
            for name, value in lacked.items():
                holder.setdefault(name, value)
    return found


def lacks_region(facts: Mapping[str, Any]) -> bool:
    """Say whether a file may be without what it keeps of where the training rows lay."""
    return bool(facts["format"] == 1)
