"""Every check that scikit-learn has for an estimator: on the defaults and on the line, none excused.

One seed here; `benchmarks/estimator_checks.py` runs seeds 0 to 20.
"""

import json
import os
import subprocess
import sys
from functools import cache

import pytest
from sklearn.utils.estimator_checks import check_estimators_nan_inf, parametrize_with_checks

from pliant.sklearn import PliantClassifier, PliantPreprocessor, PliantRegressor

ESTIMATORS = [
    PliantRegressor(),
    PliantRegressor(hidden=()),
    PliantClassifier(),
    PliantClassifier(hidden=()),
    PliantPreprocessor(),
]
# This check skips itself where SciPy was loaded without SCIPY_ARRAY_API=1, so it has a process of its own, for all.
ELSEWHERE = "check_array_api_input"
IN_A_PROCESS = """
import json, traceback, warnings
from pliant.sklearn import PliantClassifier, PliantPreprocessor, PliantRegressor
from sklearn.utils.estimator_checks import check_array_api_input
warnings.simplefilter("error")
said = []
for estimator in {estimators!r}:
    try:
        check_array_api_input(type(estimator).__name__, estimator, **{arguments!r})
        said.append("")
    except BaseException:
        said.append(traceback.format_exc())
print(json.dumps(said))
"""


@cache
def failures_elsewhere(**arguments):
    """Give what each estimator fails by in a process with SCIPY_ARRAY_API=1; nothing where it passes."""
    code = IN_A_PROCESS.format(estimators=ESTIMATORS, arguments=arguments)
    environment = {**os.environ, "SCIPY_ARRAY_API": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(zip(map(repr, ESTIMATORS), json.loads(done.stdout), strict=True))


@parametrize_with_checks(ESTIMATORS)
def test_every_check_passes(estimator, check):
    if check.func.__name__ == ELSEWHERE:
        failed = failures_elsewhere(**check.keywords)[repr(estimator)]
        assert not failed, failed
    else:
        check(estimator)


@pytest.mark.parametrize("estimator", [PliantRegressor, PliantClassifier, PliantPreprocessor])
def test_what_fills_no_holes_refuses_them(estimator):
    check_estimators_nan_inf(estimator.__name__, estimator(missing="error"))
