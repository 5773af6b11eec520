"""Give the bad arrays of tests/doors to pliant and to scikit-learn, and count how each answers.

    python benchmarks/bad_input.py             every array, some seconds; writes the table into README.md
    python benchmarks/bad_input.py --smoke     five of them, nothing written

Taken are the cases of two arrays, X and y, and of weights beside them, but for those that scikit-learn is made to take
(sparse matrices, several responses, truth values as numbers, one weight for all). An answer in own words is an
exception that the library raises on purpose; a foreign one comes out of NumPy, SciPy or Python from deeper down.
"""

import argparse
import ast
import os
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from digits import write_between
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPRegressor

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.doors.everything import ARRAYS, whole_world

import pliant

BETWEEN = ("<!-- bad input -->\n", "<!-- /bad input -->")
SMOKE = 5
DOCUMENTED = (
    "sparse",
    "column_stack",
    "y > 0",
    "'y': y",
    '"y": y',
    "weights=1.0",
    "weights=True",
)  # scikit-learn takes these
ANSWERS = ("refused in own words", "foreign exception", "a warning, and a fit", "a fit without a word")
Given = tuple[str, Any, Any, Any]  # how it is written, X, y, weights


def cases(names: dict[str, Any]) -> list[Given]:
    """Give the cases that scikit-learn can be given too."""
    found = []
    for case in ARRAYS:
        call = ast.parse(case.given, mode="eval").body
        if not isinstance(call, ast.Call) or len(call.args) != 2:
            continue
        beside = {word.arg: word.value for word in call.keywords}
        if set(beside) - {"hidden", "weights"} or any(isinstance(arg, ast.Constant) for arg in call.args):
            continue
        if ("hidden" in beside and ast.unparse(beside["hidden"]) != "()") or any(
            part in case.given for part in DOCUMENTED
        ):
            continue
        parts = [*call.args, beside["weights"]] if "weights" in beside else call.args
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = [eval(ast.unparse(part), dict(names)) for part in parts]  # noqa: S307 - the catalogue is ours
        said = ", ".join(ast.unparse(part) for part in parts)
        found.append((said, values[0], values[1], values[2] if len(values) > 2 else None))
    return found


def by_pliant(X: Any, y: Any, weights: Any) -> Any:
    """Fit a line."""
    return pliant.fit(X, y, hidden=(), weights=weights)


def by_line(X: Any, y: Any, weights: Any) -> Any:
    """Fit scikit-learn's line."""
    return LinearRegression().fit(X, y, sample_weight=weights)


def by_network(X: Any, y: Any, weights: Any) -> Any:
    """Fit scikit-learn's network."""
    model = MLPRegressor(hidden_layer_sizes=(2,), max_iter=5, random_state=0)
    return model.fit(X, y) if weights is None else model.fit(X, y, sample_weight=weights)


def answer(fit: Callable[[Any, Any, Any], Any], given: Given) -> str:
    """Say how one of them answers."""
    with warnings.catch_warnings(record=True) as said, np.errstate(all="warn"):
        warnings.simplefilter("always")
        try:
            fit(*given[1:])
        except pliant.PliantError:
            return ANSWERS[0]
        except Exception as problem:
            deepest = traceback.extract_tb(problem.__traceback__)[-1].filename
            own = f"{os.sep}sklearn{os.sep}" in deepest and isinstance(problem, ValueError | TypeError)
            return ANSWERS[0 if own else 1]
    met = [each for each in said if "ConvergenceWarning" not in str(each.category)]
    return ANSWERS[2 if met else 3]


def report(found: list[Given]) -> str:
    """Give the counts, and what scikit-learn's line took without a word, in Markdown."""
    ways = {"pliant": by_pliant, "LinearRegression": by_line, "MLPRegressor": by_network}
    answers = {name: [answer(fit, given) for given in found] for name, fit in ways.items()}
    counts = {name: Counter(each) for name, each in answers.items()}
    lines = [
        f"{len(found)} bad pairs of arrays (some with weights):",
        "",
        f"| answer | {' | '.join(ways)} |",
        "|---|---|---|---|",
        *(f"| {what} | {' | '.join(str(counts[name][what]) for name in ways)} |" for what in ANSWERS),
        "",
        "Fitted by `LinearRegression` without a word:",
        "",
        *(
            f"- `{given[0]}`"
            for given, said in zip(found, answers["LinearRegression"], strict=True)
            if said == ANSWERS[3]
        ),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Ask all, print the counts and write them into README.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="few arrays, nothing written")
    smoke = parser.parse_args().smoke
    with tempfile.TemporaryDirectory() as folder:
        found = cases(whole_world(Path(folder)))
    text = report(found[:SMOKE] if smoke else found)
    print(text)
    if not smoke:
        write_between(text, BETWEEN)


if __name__ == "__main__":
    main()
