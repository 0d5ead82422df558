"""tanh, sinh and cosh."""

from __future__ import annotations

import math

from holograd.compiler.mathematics.bits import Lanes, polynomial
from holograd.compiler.mathematics.exponential import (
    constants,
    power_of_two,
    precise_split,
    quarter_of_expm1,
    split,
)

# (tanh(x) - x)/x³ in z = x², for |x| ≤ 0.6: relative error 2^-28.
TANH_TAIL = (
    -0.33333301544189453,
    0.133320152759552,
    -0.05379103496670723,
    0.020818691700696945,
    -0.005920182913541794,
)
# (sinh(x) - x)/x³ in z = x², for |x| ≤ 1: relative error 2^-29.
SINH_TAIL = (
    0.1666666567325592,
    0.008333359844982624,
    0.00019836144929286093,
    2.8173328701086575e-06,
)


def odd(x: Lanes, tail: tuple[float, ...]) -> Lanes:
    """x + x³·tail(x²)."""
    z = x * x
    return (x * z).multiply_add(polynomial(z, tail), x)


def tanh(x: Lanes) -> Lanes:
    """(e²ˣ - 1)/(e²ˣ + 1)."""
    a = abs(x)
    result = _single_tanh(a) if x.is_single else _double_tanh(a)
    return result.with_sign_of(x)


def _single_tanh(a: Lanes) -> Lanes:
    """tanh a for a ≥ 0: 1 - 2P/(eʳ + P) where e²ᵃ = eʳ/P and P = 2⁻ⁿ; a polynomial for small a."""
    of = constants(a)
    small = odd(a, TANH_TAIL)
    near = a < 0.6
    a = (a > 10.0).choose(10.0, a)
    magic = 1.5 * 2.0**of.mantissa_bits + of.bias
    shifted = a.multiply_add(-2 / math.log(2), magic)
    n = shifted - magic
    r = n.multiply_add(of.ln2_low, n.multiply_add(of.ln2_high, a + a))
    power = power_of_two(shifted.bits())
    t = polynomial(r, of.tail, line=r)
    result = 1.0 - (power + power) / (t + (1.0 + power))
    return near.choose(small, result)


def _double_tanh(a: Lanes) -> Lanes:
    """tanh a for a ≥ 0: g/(g + 2) with g = e²ᵃ - 1."""
    a = (a > 20.0).choose(20.0, a)
    biased, large, small = precise_split(a + a, constants(a).bias)
    power = power_of_two(biased)
    growth = power.multiply_add(small, power.multiply_add(large, power - 1.0))
    return growth / (growth + 2.0)


def _quarter_of_exponential(x: Lanes) -> Lanes:
    biased, t = split(x, constants(x).bias - 2)
    power = power_of_two(biased)
    return power.multiply_add(t, power)


def sinh(x: Lanes) -> Lanes:
    """(eˣ - e⁻ˣ)/2."""
    of = constants(x)
    a = abs(x)
    if x.is_single:
        quarter = _quarter_of_exponential(a)
        result = 2.0 * (quarter - 0.0625 / quarter)
        small, near = odd(a, SINH_TAIL), a < 1.0
    else:
        quarter = quarter_of_expm1(a)
        result = 2.0 * (quarter + quarter / quarter.multiply_add(4.0, 1.0))
        small, near = a, a < of.tiny
    result = (a > of.largest + math.log(2)).choose(math.inf, result)
    return near.choose(small, result).with_sign_of(x)


def cosh(x: Lanes) -> Lanes:
    """(eˣ + e⁻ˣ)/2."""
    a = abs(x)
    quarter = _quarter_of_exponential(a)
    result = 2.0 * (quarter + 0.0625 / quarter)
    return (a > constants(x).largest + math.log(2)).choose(math.inf, result)
