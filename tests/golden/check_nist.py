"""Check NIST's certified values of its linear sets against rational arithmetic.

    python tests/golden/check_nist.py

nist.json holds the data of Norris, Pontius, Filip, Longley and Wampler 1 to 5 of the Statistical Reference
Datasets (NIST's own, in the public domain) as the decimal numbers of the files, with the certified coefficients
and standard errors. "degree" is that of the polynomial in x; 0 means that x has columns of its own. Here every
certified number is recomputed by exact elimination and must agree to all its 15 digits.
"""

import json
from fractions import Fraction
from math import isqrt
from pathlib import Path

SETS = json.loads((Path(__file__).parent / "nist.json").read_text())
Numbers = list[Fraction]


def design(said: dict) -> tuple[list[Numbers], Numbers]:
    """Give X, with its ones, and y of one set as fractions."""
    if said["degree"]:
        X = [[Fraction(x) ** k for k in range(said["degree"] + 1)] for x in said["x"]]
    else:
        X = [[Fraction(1), *map(Fraction, row)] for row in said["x"]]
    return X, [Fraction(y) for y in said["y"]]


def least_squares(X: list[Numbers], y: Numbers) -> tuple[Numbers, Numbers, Fraction]:
    """Give coefficients, squared standard errors and the sum of squares left, exactly."""
    n, p = len(X), len(X[0])
    rows = [
        [sum(row[j] * row[k] for row in X) for k in range(p)]
        + [sum(row[j] * v for row, v in zip(X, y, strict=True))]
        + [Fraction(int(j == k)) for k in range(p)]
        for j in range(p)
    ]
    for j in range(p):
        rows[j] = [value / rows[j][j] for value in rows[j]]
        for i in range(p):
            if i != j:
                rows[i] = [a - rows[i][j] * b for a, b in zip(rows[i], rows[j], strict=True)]
    beta = [row[p] for row in rows]
    left = sum(
        ((v - sum(a * b for a, b in zip(row, beta, strict=True))) ** 2 for row, v in zip(X, y, strict=True)),
        Fraction(0),
    )
    return beta, [left / (n - p) * rows[j][p + 1 + j] for j in range(p)], left


def root(value: Fraction) -> Fraction:
    """Give a square root to 60 digits."""
    if value == 0:
        return value
    shift = 10**60 * value.denominator
    return Fraction(isqrt(value.numerator * value.denominator * 10**120), shift)


def off(said: str, value: Fraction) -> float:
    """Give the difference from a certified number in units of its 15th digit."""
    if value == 0:
        return 0.0 if Fraction(said) == 0 else float("inf")
    place = 10.0 ** -(15 - 1 - int(f"{float(abs(value)):e}".split("e")[1]))
    return float(abs(Fraction(said) - value)) / place


def main() -> None:
    """Check every set."""
    for name, said in SETS.items():
        beta, squares, _ = least_squares(*design(said))
        worst = max(
            *(off(a, b) for a, b in zip(said["coefficients"], beta, strict=True)),
            *(off(a, root(b)) for a, b in zip(said["standard_errors"], squares, strict=True)),
        )
        print(f"{name:10s} differs by at most {worst:.2f} units of the 15th digit")
        if worst > 0.51:
            raise SystemExit(f"{name}: a certified number is not that of rational arithmetic")


if __name__ == "__main__":
    main()
