"""What a fit is, so that its checkpoint is not taken for that of another one, which could go on to anything."""

import hashlib
import json
from typing import Any

import numpy as np

from pliant._version import __version__
from pliant.data.arrays import Arrays
from pliant.data.design import Design
from pliant.functions.likelihood import Likelihood
from pliant.network import Network
from pliant.record import Settings
from pliant.training import Identity

LENGTH = 32  # characters of a digest that are kept: 128 bits
FREE = ("reasons", "asked", "given")  # words about a fit, which change no digit of it


def identity(
    chosen: Likelihood, design: Design, arrays: Arrays, network: Network, settings: Settings, **beside: Any
) -> Identity:
    """Give what a fit is: every setting, and a digest of every column.

    Parameters
    ----------
    chosen, design, arrays, network, settings
        What is fitted, to which rows (those held out included), and how.
    **beside
        Further settings, with JSON values; arrays are digested.

    Returns
    -------
    Identity
        More epochs are the same training if it is one of small steps at a constant rate; threads are no setting.
    """
    said = {"formula": str(design.formula), "rows": len(arrays.y), "family": chosen.family.title}
    said |= {"link": chosen.link.name, "missing": design.missing}
    own = network.to_dict()
    said |= {name: own.pop(name) for name in ("hidden", "activation", "skip")}
    said |= {name: value for name, value in settings.to_dict().items() if name not in FREE}
    if settings.schedule == "constant" and "members" not in beside:
        del said["epochs"]
    digests = _digests(design, arrays)
    for name, value in beside.items():
        if isinstance(value, np.ndarray):
            digests[f"the values of {name}"] = _digest(value)
        else:
            said[name] = value
    said |= {f"network {name}": value for name, value in own.items()}
    said["version of pliant"] = __version__
    return Identity(json.loads(json.dumps(said)), digests)


def _digests(design: Design, arrays: Arrays) -> dict[str, str]:
    """Give a digest of every column of the rows, and of what lies beside them."""
    digests = {f"the values of '{name}'": _digest(arrays.X[:, j]) for j, name in enumerate(design.names)}
    digests[f"the values of '{design.response.label}'"] = _digest(arrays.y)
    for name in ("weights", "offset", "frequencies"):
        values = getattr(arrays, name)
        digests[f"the values of {name}"] = "" if values is None else _digest(values)
    return digests


def _digest(values: np.ndarray) -> str:
    """Give the start of the SHA-256 of an array, its shape included."""
    digest = hashlib.sha256(f"{values.dtype.str}{values.shape}".encode())
    digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:LENGTH]
