"""The series and constants of `fast.py`, for float64 and for float32.

The series were made with 60 digits, by interpolation at Chebyshev's nodes, and rounded; what is said of their errors
was measured after rounding. Their text takes the numbers as an argument, since Numba takes a number in the text for
float64.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.extending import register_jitable

OPTIONS: Any = {"error_model": "numpy", "fastmath": {"contract"}, "forceinline": True}


@register_jitable(**OPTIONS)
def _exp_series_64(r, c):  # type: ignore[no-untyped-def]
    """(exp(r) - 1 - r) / r^2 for |r| <= log(2) / 2, less than 1e-18 of exp r out."""
    above = c[4] + r * (c[5] + r * (c[6] + r * (c[7] + r * (c[8] + r * (c[9] + r * c[10])))))
    return c[0] + r * (c[1] + r * (c[2] + r * (c[3] + r * above)))


@register_jitable(**OPTIONS)
def _exp_series_32(r, c):  # type: ignore[no-untyped-def]
    """The same, less than 5e-10 out."""
    return c[0] + r * (c[1] + r * (c[2] + r * (c[3] + r * (c[4] + r * c[5]))))


@register_jitable(**OPTIONS)
def _log_series_64(z, c):  # type: ignore[no-untyped-def]
    """log((1 + s) / (1 - s)) / s - 2 with z = s^2, for 1 + s over 1 - s from sqrt(1/2) to sqrt 2."""
    return z * (c[0] + z * (c[1] + z * (c[2] + z * (c[3] + z * (c[4] + z * (c[5] + z * c[6]))))))


@register_jitable(**OPTIONS)
def _log_series_32(z, c):  # type: ignore[no-untyped-def]
    """The same, less than 3e-9 out."""
    return z * (c[0] + z * (c[1] + z * c[2]))


@register_jitable(**OPTIONS)
def _tanh_ratio_64(z, c):  # type: ignore[no-untyped-def]
    """(tanh(x) - x) / x^3 with z = x^2 for |x| < 0.625, as numerator and denominator; 4e-18 of x out."""
    return c[0] + z * (c[1] + z * c[2]), c[3] + z * (c[4] + z * (c[5] + z))


@register_jitable(**OPTIONS)
def tanh_whole_32(x, c):  # type: ignore[no-untyped-def]
    """tanh x in float32 by one ratio for |x| < 8, good to 5 units in the last place (Eigen's coefficients)."""
    s = x * x
    above = x * (c[0] + s * (c[1] + s * (c[2] + s * (c[3] + s * (c[4] + s * (c[5] + s * c[6]))))))
    return above / (c[7] + s * (c[8] + s * (c[9] + s * c[10])))


TANH_NUMBERS_32 = (
    4.89352455891786e-03,
    6.37261928875436e-04,
    1.48572235717979e-05,
    5.12229709037114e-08,
    -8.60467152213735e-11,
    2.00018790482477e-13,
    -2.76076847742355e-16,
    4.89352518554385e-03,
    2.26843463243900e-03,
    1.18534705686654e-04,
    1.19825839466702e-06,
)
TANH_FLAT_32 = 7.99881172180175781  # from here on the ratio is 1
TANH_NEAR_32 = 0.0004  # below it tanh x is x, and the ratio's parts may be subnormal


@register_jitable(**OPTIONS)
def _arctan_series_64(z, c):  # type: ignore[no-untyped-def]
    """arctan(x) / x - 1 with z = x^2 for |x| <= 1/2, less than 4e-18 out."""
    above = c[6] + z * (c[7] + z * (c[8] + z * (c[9] + z * (c[10] + z * (c[11] + z * c[12])))))
    return z * (c[0] + z * (c[1] + z * (c[2] + z * (c[3] + z * (c[4] + z * (c[5] + z * above))))))


@register_jitable(**OPTIONS)
def _arctan_series_32(z, c):  # type: ignore[no-untyped-def]
    """The same, less than 5e-9 out."""
    return z * (c[0] + z * (c[1] + z * (c[2] + z * (c[3] + z * (c[4] + z * c[5])))))


@dataclass(frozen=True)
class Constants:
    """What differs between the types."""

    real: type[np.floating[Any]]
    digits: int  # bits after the point
    bias: int  # of the exponent
    log_two: tuple[float, float]  # its leading bits, whose product with an exponent is exact, and the rest
    range: tuple[float, float]  # below it exp gives 0, above it infinity
    flat: float  # from here on tanh is 1, and from minus twice that down expm1 is -1
    near: float  # where tanh changes its form
    exp_series: Any
    log_series: Any
    tanh_ratio: Any
    arctan_series: Any
    exp_numbers: tuple[float, ...]
    log_numbers: tuple[float, ...]
    tanh_numbers: tuple[float, ...]
    arctan_numbers: tuple[float, ...]
    quarter: tuple[float, float]  # pi / 4 and what its rounding leaves out


FLOAT64 = Constants(
    real=np.float64,
    digits=52,
    bias=1023,
    log_two=(float.fromhex("0x1.62e42feep-1"), 1.9082149292705877e-10),
    range=(-746.0, 710.0),
    flat=22.0,
    near=0.625,
    exp_series=_exp_series_64,
    log_series=_log_series_64,
    tanh_ratio=_tanh_ratio_64,
    arctan_series=_arctan_series_64,
    exp_numbers=(
        0.5,
        0.16666666666666669,
        0.041666666666666664,
        0.008333333333330065,
        0.0013888888888886554,
        0.00019841269863040675,
        2.480158731713526e-05,
        2.7557268480106926e-06,
        2.755728298391084e-07,
        2.5100375929185925e-08,
        2.0911229798760165e-09,
    ),
    log_numbers=(
        0.666666666666667,
        0.39999999999899505,
        0.28571428625975764,
        0.22222211134749734,
        0.18182889128565508,
        0.15331721490738642,
        0.14616451042434167,
    ),
    tanh_numbers=(
        -1613.941327276739,
        -99.25157995939793,
        -0.9643850250791226,
        4841.823981830217,
        2234.4843326102637,
        112.77252915686434,
    ),
    arctan_numbers=(
        -0.3333333333333333,
        0.19999999999999488,
        -0.14285714285599188,
        0.11111111100917286,
        -0.09090908620318884,
        0.07692294712452738,
        -0.06666435675904434,
        0.05879578416287466,
        -0.05240099419656177,
        0.04628024481736268,
        -0.038066525999869885,
        0.025006486529879232,
        -0.00921578022235546,
    ),
    quarter=(0.7853981633974483, 3.061616997868383e-17),
)

FLOAT32 = Constants(
    real=np.float32,
    digits=23,
    bias=127,
    log_two=(0.693359375, -0.00021219444170128554),
    range=(-104.0, 89.0),
    flat=10.0,
    near=0.55,
    exp_series=_exp_series_32,
    log_series=_log_series_32,
    tanh_ratio=_tanh_ratio_64,  # not used: float32 has one ratio for all
    arctan_series=_arctan_series_32,
    exp_numbers=(
        0.5,
        0.1666666716337204,
        0.041666556149721146,
        0.00833332072943449,
        0.0013926175888627768,
        0.00019882690685335547,
    ),
    log_numbers=(0.6666668653488159, 0.3998878002166748, 0.29579949378967285),
    tanh_numbers=(-0.8237091898918152, -0.0038527974393218756, 2.47112774848938),
    arctan_numbers=(
        -0.3333333432674408,
        0.19999875128269196,
        -0.14279800653457642,
        0.11006880551576614,
        -0.08235504478216171,
        0.04225683584809303,
    ),
    quarter=(0.7853981852531433, -2.1855694143368964e-08),
)
