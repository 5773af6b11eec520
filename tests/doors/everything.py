"""All kinds of bad input, in the order of docs/errors.md."""

from pathlib import Path
from typing import Any

from tests.doors.catalogue import Case, read_cases, world
from tests.doors.models import MODELS
from tests.doors.tables import TABLES

ARRAYS = read_cases("arrays")
ARGUMENTS = read_cases("arguments") + read_cases("methods") + read_cases("diagnostics")
ESTIMATORS = read_cases("estimators")
FORMULAS = read_cases("formulas") + read_cases("functions")
KINDS: dict[str, tuple[Case, ...]] = {
    "arrays": ARRAYS,
    "arguments": ARGUMENTS,
    "estimators": ESTIMATORS,
    "tables": TABLES,
    "formulas": FORMULAS,
    "model files": MODELS,
}
LEAST = {"arrays": 60, "arguments": 120, "estimators": 20, "tables": 60, "formulas": 60, "model files": 40}


def whole_world(folder: Path) -> dict[str, Any]:
    """Give the names that any case may use, the estimators of scikit-learn among them."""
    from pliant.sklearn import PliantClassifier, PliantPreprocessor, PliantRegressor

    return world(folder) | {
        "PliantClassifier": PliantClassifier,
        "PliantPreprocessor": PliantPreprocessor,
        "PliantRegressor": PliantRegressor,
    }
