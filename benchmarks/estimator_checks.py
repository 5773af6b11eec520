"""Run scikit-learn's checks of an estimator over many seeds, with none excused and warnings as errors.

    python benchmarks/estimator_checks.py              seeds 0 to 20: about half an hour on one processor
    python benchmarks/estimator_checks.py --smoke      seed 0 of the lines and of the preprocessor: seconds

The checks set `random_state=0`, or 1, wherever they fit. Here the seed is added to it, and given to the constructor.
Prints a line an estimator and seed, and ends with 1 if a check fails.
"""

import argparse
import os
import sys
import time
import warnings

os.environ["SCIPY_ARRAY_API"] = "1"  # before scikit-learn comes: without it one check skips itself

from sklearn.utils import estimator_checks

from pliant.sklearn import PliantClassifier, PliantPreprocessor, PliantRegressor

PLAIN = estimator_checks.set_random_state
ESTIMATORS = {
    "PliantRegressor(hidden=())": lambda seed: PliantRegressor(hidden=(), random_state=seed),
    "PliantClassifier(hidden=())": lambda seed: PliantClassifier(hidden=(), random_state=seed),
    "PliantPreprocessor()": lambda seed: PliantPreprocessor(),
    "PliantRegressor()": lambda seed: PliantRegressor(random_state=seed),
    "PliantClassifier()": lambda seed: PliantClassifier(random_state=seed),
}
QUICK = 3  # the first so many


def failures(estimator, seed):
    """Give the number of checks, and what failed, in words."""
    estimator_checks.set_random_state = lambda each, random_state=0: PLAIN(each, random_state=seed + random_state)
    count, failed = 0, []
    for each, check in estimator_checks.estimator_checks_generator(estimator):
        count += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                check(each)
        except Exception as problem:
            failed.append(f"{getattr(check, 'func', check).__name__}: {type(problem).__name__}: {problem}")
    return count, failed


def main():
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--last", type=int, default=20)
    parser.add_argument("--smoke", action="store_true")
    asked = parser.parse_args()
    names = list(ESTIMATORS)[:QUICK] if asked.smoke else list(ESTIMATORS)
    bad = 0
    for seed in [0] if asked.smoke else range(asked.first, asked.last + 1):
        for name in names:
            began = time.perf_counter()
            count, failed = failures(ESTIMATORS[name](seed), seed)
            bad += len(failed)
            seconds = time.perf_counter() - began
            print(f"seed {seed:2d}  {name:28s} {count} checks, {len(failed)} failed  {seconds:6.1f} s", flush=True)
            for each in failed:
                print("   ", each, flush=True)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
