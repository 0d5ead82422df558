"""log, log1p and log_sigmoid."""

from __future__ import annotations

import math
from dataclasses import dataclass

from holograd.compiler.mathematics.bits import Lanes, polynomial
from holograd.compiler.mathematics.exponential import constants, exponential


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
# (log(1 + f) - f + f²/2)/f³ for √½ ≤ 1 + f ≤ √2: absolute error of the logarithm 2^-30.
SINGLE_TAIL = (
    0.3333331346511841,
    -0.24999986588954926,
    0.2000206857919693,
    -0.16669178009033203,
    0.1422133594751358,
    -0.12386732548475266,
    0.11857426911592484,
    -0.11771565675735474,
    0.06926380842924118,
)
# (log((1+s)/(1-s)) - 2s)/s³ in z = s², for |s| ≤ 3 - √8.
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
    """For a normal x > 0: the bits with k + bias in the exponent, k, and m, √½ ≤ m < √2, x = 2ᵏ·m."""
    of = SINGLE if x.is_single else DOUBLE
    width = x.mantissa_bits
    moved = x.bits() + (of.one - of.root_half)
    # k + bias becomes the low bits of a number just above 2^width.
    large = 2.0**width
    k = ((moved >> width) | x.constant(large).bits()).number() - (large + constants(x).bias)
    m = ((moved & ((1 << width) - 1)) + of.root_half).number()
    return moved, k, m


def assembled(k: Lanes, f: Lanes) -> Lanes:
    """k·ln 2 + log(1 + f)."""
    of = constants(f)
    if f.is_single:
        square = f * f
        tail = (square * f).multiply_add(polynomial(f, SINGLE_TAIL), k * of.ln2_low)
        return k.multiply_add(of.ln2_high, f + square.multiply_add(-0.5, tail))
    s = f / (f + 2.0)
    z = s * s
    half_square = 0.5 * f * f
    tail = z * polynomial(z, DOUBLE_TAIL)
    low = s.multiply_add(half_square + tail, k * of.ln2_low)
    return k.multiply_add(of.ln2_high, f - (half_square - low))


def positive_logarithm(x: Lanes) -> Lanes:
    """log x for 0 < x < ∞, subnormals included."""
    of = SINGLE if x.is_single else DOUBLE
    subnormal = x < of.least_normal
    _, k, m = split(subnormal.choose(x * 2.0**of.raising, x))
    return assembled(k - subnormal.choose(x.constant(of.raising), 0.0), m - 1.0)


def logarithm(x: Lanes) -> Lanes:
    """log x."""
    extreme = (x > 0.0).choose(x, math.nan)
    extreme = x.equals(0.0).choose(-math.inf, extreme)
    return ((x > 0.0) & (x < math.inf)).choose(positive_logarithm(x), extreme)


def log1p(x: Lanes) -> Lanes:
    """log(1 + x)."""
    u = 1.0 + x
    less = u - 1.0
    error = (1.0 - (u - less)) + (x - less)
    moved, k, m = split(u)
    width = x.mantissa_bits
    exponent = moved & (-1 << width)
    scale = (x.constant(math.inf).bits() - exponent).number()
    result = assembled(k, (0.5 * error).multiply_add(scale, m - 1.0))
    extreme = (x > -1.0).choose(x, math.nan)
    extreme = x.equals(-1.0).choose(-math.inf, extreme)
    result = ((x > -1.0) & (x < math.inf)).choose(result, extreme)
    return (abs(x) < constants(x).tiny ** 2).choose(x, result)


def log_sigmoid(x: Lanes) -> Lanes:
    """-log(1 + e⁻ˣ), as min(x, 0) - log1p(e⁻|x|)."""
    return (x < 0.0).choose(x, -0.0) - log1p(exponential(-abs(x)))
