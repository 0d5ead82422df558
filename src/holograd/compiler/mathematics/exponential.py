"""exp, expm1 and sigmoid, and the reduction of the argument that all exponentials share.

x = n·ln 2 + r with an integer n and |r| ≤ ln(2)/2, so that eˣ = 2ⁿ·eʳ (Cody and Waite, Software
Manual for the Elementary Functions, 1980). ln 2 is a sum of two numbers, of which the first has so
few bits that n times it is exact; eʳ - 1 is a minimax polynomial, and 2ⁿ is made of exponent bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from holograd.compiler.mathematics.bits import Lanes, nearest_integer, polynomial

PER_LN2 = 1 / math.log(2)


@dataclass(frozen=True)
class Exponential:
    """What the exponentials need to know of one type of number."""

    bias: int
    """The exponent field of 1."""
    ln2_high: float
    ln2_low: float
    tail: tuple[float, ...]
    """(eʳ - 1 - r)/r² for |r| ≤ ln(2)/2."""
    largest: float
    """eˣ is finite up to here or a little less."""
    extreme: float
    """Beyond ± this, eˣ is 0 or ∞; up to it `scaled_twice` works."""
    tiny: float
    """Its square is less than half a unit in the last place of 1."""
    sigmoid_range: tuple[float, float]
    """sigmoid is 0 below and 1 above."""
    lift: int
    """2ˡⁱᶠᵗ times the least subnormal number is a normal one."""


SINGLE = Exponential(
    bias=127,
    ln2_high=0.693145751953125,
    ln2_low=1.428606820309417e-06,
    # Relative error of eʳ 2^-28.
    tail=(
        0.5,
        0.166665181517601,
        0.04166630655527115,
        0.008369052782654762,
        0.0013950747670605779,
    ),
    largest=88.73,
    extreme=150.0,
    tiny=2.0**-13,
    sigmoid_range=(-104.0, 60.0),
    lift=24,
)
DOUBLE = Exponential(
    bias=1023,
    ln2_high=6.93147180369123816490e-01,
    ln2_low=1.90821492927058770002e-10,
    # Relative error of eʳ 2^-55.
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
    largest=709.8,
    extreme=1000.0,
    tiny=2.0**-27,
    sigmoid_range=(-746.0, 600.0),
    lift=64,
)


def constants(x: Lanes) -> Exponential:
    """The constants of x's type."""
    return SINGLE if x.is_single else DOUBLE


def split(x: Lanes, offset: int) -> tuple[Lanes, Lanes]:
    """Integers whose low bits are n + offset, and eʳ - 1."""
    of = constants(x)
    n, biased = nearest_integer(x, PER_LN2, offset)
    r = n.multiply_add(-of.ln2_low, n.multiply_add(-of.ln2_high, x))
    return biased, polynomial(r, of.tail, line=r)


def precise_split(x: Lanes, offset: int) -> tuple[Lanes, Lanes, Lanes]:
    """Like `split`, with eʳ - 1 as the sum of an exact number and a small one."""
    of = constants(x)
    n, biased = nearest_integer(x, PER_LN2, offset)
    exact = n.multiply_add(-of.ln2_high, x)
    low = n * -of.ln2_low
    return biased, exact, polynomial(exact + low, of.tail, line=low)


def power_of_two(biased: Lanes) -> Lanes:
    """2ⁿ from integers whose low bits are n + bias, where 2ⁿ is a normal number."""
    return (biased << biased.mantissa_bits).number()


def scaled_twice(t: Lanes, biased: Lanes) -> Lanes:
    """(1 + t)·2ⁿ from integers whose low bits are n + 2·bias, where 2ⁿ may not be a normal number.

    2ⁿ is made in two steps, so that subnormal results are rounded once, and others overflow.
    """
    bits = biased.mantissa_bits
    first = (biased << (bits - 1)) & (-1 << bits)
    second = ((biased << bits) - first).number()
    first = first.number()
    return first.multiply_add(t, first) * second


def exponential(x: Lanes) -> Lanes:
    """eˣ, with errors up to 1.3 ulp (float) and 1.6 ulp (double)."""
    of = constants(x)
    biased, t = split(x, 2 * of.bias)
    extreme = (x > 0.0).choose(x.constant(math.inf), 0.0)
    return (abs(x) > of.extreme).choose(extreme, scaled_twice(t, biased))


def normal_exponential(x: Lanes, shift: int = 0) -> Lanes:
    """eˣ·2ˢʰⁱᶠᵗ where that is a normal number, with nothing spent on other x."""
    biased, t = split(x, constants(x).bias + shift)
    power = power_of_two(biased)
    return power.multiply_add(t, power)


def scaled_expm1(x: Lanes, shift: int = 0) -> Lanes:
    """(eˣ - 1)·2ˢʰⁱᶠᵗ where eˣ·2ˢʰⁱᶠᵗ is a normal number: 2ⁿ·(eʳ - 1) + (2ⁿ - 1), scaled."""
    biased, exact, small = precise_split(x, constants(x).bias + shift)
    power = power_of_two(biased)
    return power.multiply_add(small, power.multiply_add(exact, power - 2.0**shift))


def expm1(x: Lanes) -> Lanes:
    """eˣ - 1, with errors up to 1.3 ulp (float) and 1.6 ulp (double).

    It is made a quarter of its size first, since 2ⁿ overflows before eˣ does.
    """
    of = constants(x)
    extreme = (x > 0.0).choose(x.constant(math.inf), -1.0)
    beyond = (x > of.largest) | (x < -0.5 * of.largest)
    result = beyond.choose(extreme, 4.0 * scaled_expm1(x, -2))
    return (abs(x) < of.tiny**2).choose(x, result)


def sigmoid(x: Lanes) -> Lanes:
    """1/(1 + e⁻ˣ), with errors up to 1.9 ulp (float) and 2.1 ulp (double).

    With e⁻ˣ = 2⁻ⁿ·eʳ it is 2ⁿ/(2ⁿ + eʳ): nothing overflows, and a result that is subnormal is
    rounded once. 2ⁿ, which may be subnormal too, is made 2ˡⁱᶠᵗ times too large and then reduced.
    """
    of = constants(x)
    low, high = of.sigmoid_range
    n, biased = nearest_integer(x, PER_LN2, of.bias + of.lift)
    r = n.multiply_add(of.ln2_low, n.multiply_add(of.ln2_high, -x))
    power = power_of_two(biased) * 2.0**-of.lift
    # Where 1 + 2ⁿ is rounded to 1, 2ⁿ goes into the smaller sum, or it would cost up to 1 ulp.
    line = (n < -0.5 - x.mantissa_bits).choose(r + power, r)
    share = power / (polynomial(r, of.tail, line=line) + (1.0 + power))
    # Beyond the range, n has no bits for its power: chosen last, this waits for nothing.
    share = (x < low).choose(x.constant(0.0), share)
    return (x > high).choose(x.constant(1.0), share)
