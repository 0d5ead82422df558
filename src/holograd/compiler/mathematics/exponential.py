"""exp, expm1 and sigmoid, and the reduction of the argument that all exponentials share.

x = n·ln 2 + r with an integer n and |r| ≤ ln(2)/2, so that eˣ = 2ⁿ·eʳ (Cody and Waite, Software Manual
for the Elementary Functions, 1980). n is rounded by adding a large number, in whose low bits it then
stands; ln 2 is two numbers, of which the first has so few bits that n times it is exact; eʳ - 1 is a
minimax polynomial, and 2ⁿ is made of exponent bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from holograd.compiler.mathematics.bits import Lanes, polynomial


@dataclass(frozen=True)
class Exponential:
    """What the exponentials need to know of one type of number."""

    mantissa_bits: int
    bias: int
    ln2_high: float
    ln2_low: float
    tail: tuple[float, ...]
    """(eʳ - 1 - r)/r² for |r| ≤ ln(2)/2."""
    extreme: float
    """Beyond this |x|, eˣ is 0 or ∞; up to it 2ⁿ is made in two steps."""
    largest: float
    """Beyond this x, eˣ is ∞."""
    tiny: float
    """Below this |x|, odd functions with slope 1 return x."""
    sigmoid_range: tuple[float, float]
    """Where sigmoid goes from 0 to 1."""
    lift: int
    """An exponent that keeps 2ⁿ⁺ˡⁱᶠᵗ normal in that range."""


SINGLE = Exponential(
    mantissa_bits=23,
    bias=127,
    ln2_high=0.693145751953125,
    ln2_low=1.428606820309417e-06,
    # Relative error 2^-28.
    tail=(
        0.5,
        0.166665181517601,
        0.04166630655527115,
        0.008369052782654762,
        0.0013950747670605779,
    ),
    extreme=150.0,
    largest=88.73,
    tiny=2.0**-12,
    sigmoid_range=(-104.0, 60.0),
    lift=24,
)
DOUBLE = Exponential(
    mantissa_bits=52,
    bias=1023,
    ln2_high=6.93147180369123816490e-01,
    ln2_low=1.90821492927058770002e-10,
    # Relative error 2^-55.
    tail=(
        0.5000000000000004,
        0.16666666666666685,
        0.041666666666580754,
        0.008333333333315346,
        0.0013888888930648146,
        0.0001984126990167713,
        2.4801506072082002e-05,
        2.7557228951298098e-06,
        2.762580678616652e-07,
        2.5114214336212984e-08,
    ),
    extreme=1000.0,
    largest=709.8,
    tiny=2.0**-27,
    sigmoid_range=(-746.0, 600.0),
    lift=64,
)


def constants(x: Lanes) -> Exponential:
    """The constants of x's type."""
    return SINGLE if x.is_single else DOUBLE


def split(x: Lanes, offset: int) -> tuple[Lanes, Lanes]:
    """The integers that end in n + offset, and eʳ - 1, with x = n·ln 2 + r."""
    of = constants(x)
    magic = 1.5 * 2.0**of.mantissa_bits + offset
    shifted = x.multiply_add(1 / math.log(2), magic)
    n = shifted - magic
    r = n.multiply_add(-of.ln2_low, n.multiply_add(-of.ln2_high, x))
    return shifted.bits(), polynomial(r, of.tail, line=r)


def precise_split(x: Lanes, offset: int) -> tuple[Lanes, Lanes, Lanes]:
    """Like `split`, with eʳ - 1 as a sum: an exact large part and a small one."""
    of = constants(x)
    magic = 1.5 * 2.0**of.mantissa_bits + offset
    shifted = x.multiply_add(1 / math.log(2), magic)
    n = shifted - magic
    large = n.multiply_add(-of.ln2_high, x)
    low = n * -of.ln2_low
    return shifted.bits(), large, polynomial(large + low, of.tail, line=low)


def power_of_two(biased: Lanes) -> Lanes:
    """2ⁿ, from integers that end in n + bias, where 2ⁿ is a normal number, 0 or ∞."""
    return (biased << biased.mantissa_bits).number()


def scaled_twice(t: Lanes, biased: Lanes) -> Lanes:
    """(1 + t)·2ⁿ from integers that end in n + 2·bias, where 2ⁿ may not be a normal number.

    2ⁿ is made in two steps, so that subnormal results are rounded once, and others overflow.
    """
    bits = biased.mantissa_bits
    first = (biased << (bits - 1)) & (-1 << bits)
    second = ((biased << bits) - first).number()
    first = first.number()
    return first.multiply_add(t, first) * second


def exponential(x: Lanes) -> Lanes:
    """eˣ, with at most 1.5 ulp of error."""
    of = constants(x)
    biased, t = split(x, 2 * of.bias)
    extreme = (x > 0.0).choose(x.constant(math.inf), 0.0)
    return (abs(x) > of.extreme).choose(extreme, scaled_twice(t, biased))


def bounded_exponential(x: Lanes) -> Lanes:
    """eˣ where it is a normal number below half the largest, with nothing spent on other x."""
    biased, t = split(x, constants(x).bias)
    power = power_of_two(biased)
    return power.multiply_add(t, power)


def quarter_of_expm1(x: Lanes) -> Lanes:
    """(eˣ - 1)/4 from where eˣ is normal up to where it overflows."""
    biased, large, small = precise_split(x, constants(x).bias - 2)
    power = power_of_two(biased)
    return power.multiply_add(small, power.multiply_add(large, power - 0.25))


def expm1(x: Lanes) -> Lanes:
    """eˣ - 1, as 2ⁿ·(eʳ - 1) + (2ⁿ - 1)."""
    of = constants(x)
    extreme = (x > 0.0).choose(x.constant(math.inf), -1.0)
    beyond = (x > of.largest) | (x < -0.5 * of.largest)
    result = beyond.choose(extreme, 4.0 * quarter_of_expm1(x))
    return (abs(x) < of.tiny * of.tiny).choose(x, result)


def sigmoid(x: Lanes) -> Lanes:
    """1/(1 + e⁻ˣ), as P/(P + eʳ) with e⁻ˣ = eʳ/P and P = 2ⁿ: nothing overflows.

    P is made 2ˡⁱᶠᵗ times too large and then reduced: subnormal results are rounded once.
    """
    of = constants(x)
    low, high = of.sigmoid_range
    x = (x > high).choose(high, x)
    x = (x < low).choose(low, x)
    magic = 1.5 * 2.0**of.mantissa_bits + of.bias + of.lift
    shifted = x.multiply_add(1 / math.log(2), magic)
    n = shifted - magic
    r = n.multiply_add(of.ln2_low, n.multiply_add(of.ln2_high, -x))
    power = power_of_two(shifted.bits()) * 2.0**-of.lift
    rounded = power + 1.0
    # Where the power is small, this sum would lose up to 1 ulp.
    lost = power - (rounded - 1.0)
    return power / (polynomial(r, of.tail, line=r + lost) + rounded)
