"""log, log1p and log_sigmoid.

x = 2ᵏ·(1 + f) with √½ ≤ 1 + f ≤ √2, so that log x = k·ln 2 + log(1 + f). For float log(1 + f) is
f - f²/2 + f³·Q(f), as in Moshier's Cephes; for double it is 2s + s³·R(s²) with s = f/(2 + f), in an
order that rounds little, as in Sun's fdlibm. Q and R are minimax polynomials.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from holograd.compiler.mathematics.bits import Lanes, polynomial
from holograd.compiler.mathematics.exact import exact_sum
from holograd.compiler.mathematics.exponential import constants, normal_exponential


@dataclass(frozen=True)
class Logarithm:
    """What the logarithms need to know of one type of number."""

    root_half: int
    """The bits of √½."""
    one: int
    """The bits of 1."""
    least_normal: float
    raising: int
    """A power of two that makes subnormal numbers normal."""


SINGLE = Logarithm(0x3F3504F3, 0x3F800000, 2.0**-126, 24)
DOUBLE = Logarithm(0x3FE6A09E667F3BCD, 0x3FF0000000000000, 2.0**-1022, 54)
# (log(1 + f) - f + f²/2)/f³ for √½ ≤ 1 + f ≤ √2: relative error of the logarithm 2^-27.
SINGLE_TAIL = (
    0.33333316445350647,
    -0.25000783801078796,
    0.20002281665802002,
    -0.16625374555587769,
    0.14181670546531677,
    -0.13121941685676575,
    0.128767192363739,
    -0.0787103921175003,
)
# (log((1 + s)/(1 - s)) - 2s)/s³ in z = s², for |s| ≤ 3 - √8: relative error of the logarithm 2^-57.
DOUBLE_TAIL = (
    0.6666666666666686,
    0.39999999999699837,
    0.285714286848325,
    0.22222204024537526,
    0.18183299747323894,
    0.15320426906087906,
    0.14735452256764897,
)


def split(x: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """x > 0, normal, as 2ᵏ·m with √½ ≤ m < √2: bits with k + bias as exponent, k + bias, and m."""
    of = SINGLE if x.is_single else DOUBLE
    width = x.mantissa_bits
    moved = x.bits() + (of.one - of.root_half)
    # As the low bits of a number just above 2^width, the exponent becomes a number.
    large = 2.0**width
    biased = ((moved >> width) | x.constant(large).bits()).number() - large
    m = ((moved & ((1 << width) - 1)) + of.root_half).number()
    return moved, biased, m


def assembled(k: Lanes, f: Lanes) -> Lanes:
    """k·ln 2 + log(1 + f) for √½ ≤ 1 + f ≤ √2 and an integer k.

    For double, 2s + s³·R = f - (f²/2 - s·(f²/2 + s²·R)): f, which is exact, is the largest term.
    """
    of = constants(f)
    square = f * f
    if f.is_single:
        tail = (square * f).multiply_add(polynomial(f, SINGLE_TAIL), k * of.ln2_low)
        return k.multiply_add(of.ln2_high, f + square.multiply_add(-0.5, tail))
    s = f / (f + 2.0)
    z = s * s
    half_square = 0.5 * square
    tail = z * polynomial(z, DOUBLE_TAIL)
    low = s.multiply_add(half_square + tail, k * of.ln2_low)
    return k.multiply_add(of.ln2_high, f - (half_square - low))


def raised(x: Lanes) -> tuple[Lanes, Lanes]:
    """A normal number 2ᵏ·x for x > 0, and bias + k."""
    of = SINGLE if x.is_single else DOUBLE
    bias = constants(x).bias
    subnormal = x < of.least_normal
    normal = subnormal.choose(x * 2.0**of.raising, x)
    return normal, subnormal.choose(x.constant(bias + of.raising), bias)


def logarithm(x: Lanes) -> Lanes:
    """log x, with errors up to 0.9 ulp (float) and 1 ulp (double)."""
    normal, bias = raised(x)
    _, biased, m = split(normal)
    result = (x < math.inf).choose(assembled(biased - bias, m - 1.0), x)
    extreme = x.equals(0.0).choose(x.constant(-math.inf), math.nan)
    return (x <= 0.0).choose(extreme, result)


def log1p(x: Lanes) -> Lanes:
    """log(1 + x), with errors up to 1.5 ulp: 1 + x is taken together with its rounding error."""
    u, error = exact_sum(x.constant(1.0), x)
    moved, biased, m = split(u)
    exponent = moved & (-1 << x.mantissa_bits)
    # 2¹⁻ᵏ, which is 0 for the largest k.
    scale = (x.constant(math.inf).bits() - exponent).number()
    f = (0.5 * error).multiply_add(scale, m - 1.0)
    result = assembled(biased - constants(x).bias, f)
    result = (x < math.inf).choose(result, x)
    extreme = x.equals(-1.0).choose(x.constant(-math.inf), math.nan)
    result = (x <= -1.0).choose(extreme, result)
    return (abs(x) < constants(x).tiny ** 2).choose(x, result)


def log_sigmoid(x: Lanes) -> Lanes:
    """-log(1 + e⁻ˣ), as min(x, 0) - log(1 + e⁻|x|), with errors up to 1.8 ulp.

    e⁻|x| is made 2ˡⁱᶠᵗ times too large and then reduced: subnormal results are rounded once. In
    1 + e⁻|x| = 2ᵏ·(1 + f), k is 0 or 1.
    """
    of = constants(x)
    least, _ = of.sigmoid_range
    a = abs(x)
    decay = normal_exponential((a > -least).choose(least, -a), of.lift) * 2.0**-of.lift
    above = decay > math.sqrt(2) - 1
    f = above.choose(0.5 * (decay - 1.0), decay)
    return (x < 0.0).choose(x, -0.0) - assembled(above.choose(x.constant(1.0), 0.0), f)
