"""Keep a fitted model: write it to a file, read it again."""

import os

from pliant.errors import ModelFileError
from pliant.model import Fitted
from pliant.modelfile import read_model, write_model


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
    write_model(path, described, arrays)


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
    ModelFileError
        If the file is missing, damaged, foreign, or newer than this version.
    """
    described, arrays = read_model(path)
    if "checkpoint" in described:
        raise ModelFileError(f"{os.fspath(path)} is a checkpoint, not a model; give it to fit as checkpoint=")
    try:
        return Fitted.from_state(described, arrays)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
        raise ModelFileError(f"{os.fspath(path)} is not a model that this version can read ({problem})") from problem
