"""Every check that scikit-learn has for an estimator: on the defaults and on the line, none excused.

One seed here; `benchmarks/estimator_checks.py` runs seeds 0 to 20.
"""

import os
import subprocess
import sys

from sklearn.utils.estimator_checks import parametrize_with_checks

from pliant.sklearn import PliantClassifier, PliantPreprocessor, PliantRegressor

ESTIMATORS = [
    PliantRegressor(),
    PliantRegressor(hidden=()),
    PliantRegressor(hidden=(), missing="error"),
    PliantClassifier(),
    PliantClassifier(hidden=()),
    PliantClassifier(hidden=(), missing="error"),
    PliantPreprocessor(),
    PliantPreprocessor(missing="error"),
]
# This check skips itself where SciPy was loaded without SCIPY_ARRAY_API=1, so it has a process of its own.
NEEDS_ENVIRONMENT = """
from pliant.sklearn import PliantClassifier, PliantPreprocessor, PliantRegressor
from sklearn.utils.estimator_checks import check_array_api_input
estimator = {estimator!r}
check_array_api_input(type(estimator).__name__, estimator, **{arguments!r})
"""


@parametrize_with_checks(ESTIMATORS)
def test_every_check_passes(estimator, check):
    if check.func.__name__ == "check_array_api_input":
        code = NEEDS_ENVIRONMENT.format(estimator=estimator, arguments=check.keywords)
        environment = {**os.environ, "SCIPY_ARRAY_API": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    else:
        check(estimator)
