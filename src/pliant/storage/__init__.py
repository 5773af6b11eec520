"""Keep a fitted model: write it to a file, read it again."""

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from pliant.errors import ModelFileError
from pliant.model import Fitted
from pliant.modelfile import hold, read_model, write_model
from pliant.optimisers.checks import check_path
from pliant.schema import Unfit
from pliant.storage.agree import check_model
from pliant.storage.before import upgraded
from pliant.types import Array

OF_THE_FILE = ("sha256", "format", "version")  # facts that are not the model's


def save(model: Fitted, path: str | os.PathLike[str], notes: tuple[str, ...]) -> None:
    """Write a fitted model to one file, whole or not at all.

    Parameters
    ----------
    model : Fitted
    path : path
        By custom ending in `.pliant`. What stood there is replaced once the new file has been read back.
    notes : tuple of str
        What the file is to say of data and fit, where nobody can look at the table any more.

    Raises
    ------
    ModelFileError
        If the file cannot be written.
    """
    described, arrays = model.to_state()
    described["notes"] = notes
    write_model(path, described, arrays, check_model)


def load(path: str | os.PathLike[str]) -> Fitted:
    """Read a fitted model. No code in the file can run: it holds numbers and JSON.

    Parameters
    ----------
    path : path

    Returns
    -------
    Fitted
        Without the training rows, which a model file does not hold.

    Raises
    ------
    ArgumentError
        If that is no path.
    ModelFileError
        If the file is missing, damaged, foreign, or newer than this version.
    """
    check_path("path", path)
    described, arrays = read_model(path)
    if "checkpoint" in described:
        raise ModelFileError(f"{os.fspath(path)} is a checkpoint, not a model; give it to fit as checkpoint=")
    if "search" in described:
        raise ModelFileError(
            f"{os.fspath(path)} is the file of a search, not a model; give it to search as checkpoint="
        )
    described = upgraded(described)
    hold(path, described, arrays, check_model)
    model = Fitted.from_state(described, arrays)
    hold(path, described, arrays, lambda told, values: _says_the_same(model, told, values))
    return model


def _says_the_same(model: Fitted, told: Mapping[str, Any], values: Mapping[str, Array]) -> None:
    """See that the model would be written as it was read: nothing in the file was passed over."""
    again, arrays = model.to_state()
    again = json.loads(json.dumps(again))
    for name in told.keys() | again.keys():
        if name not in OF_THE_FILE and told.get(name) != again.get(name):
            raise Unfit(f"{name} holds something that no model says")
    for name in values.keys() | arrays.keys():
        if name not in values or name not in arrays or not np.array_equal(values[name], arrays[name], equal_nan=True):
            raise Unfit(f"the array {name} holds something that no model says")
