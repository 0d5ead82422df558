"""tanh, sinh and cosh, from exponentials; from polynomials where differences would cancel."""

from __future__ import annotations

import math

from holograd.compiler.mathematics.bits import Lanes, nearest_integer, polynomial
from holograd.compiler.mathematics.exponential import (
    PER_LN2,
    constants,
    normal_exponential,
    power_of_two,
    scaled_expm1,
)

# (tanh(x) - x)/x³ in z = x², for |x| ≤ 0.6: relative error of tanh 2^-28.
SINGLE_TANH_TAIL = (
    -0.33333301544189453,
    0.133320152759552,
    -0.05379103496670723,
    0.020818691700696945,
    -0.005920182913541794,
)
# (sinh(x) - x)/x³ in z = x², for |x| ≤ 1: relative error of sinh 2^-29.
SINGLE_SINH_TAIL = (
    0.1666666567325592,
    0.008333359844982624,
    0.00019836144929286093,
    2.8173328701086575e-06,
)


def tanh(x: Lanes) -> Lanes:
    """(e²ˣ - 1)/(e²ˣ + 1), with errors up to 1.3 ulp (float) and 2.7 ulp (double)."""
    a = abs(x)
    result = _single_tanh(a) if x.is_single else _double_tanh(a)
    return result.with_sign_of(x)


def _single_tanh(a: Lanes) -> Lanes:
    """tanh a for a ≥ 0: with e²ᵃ = 2⁻ⁿ·eʳ, it is 1 - 2/(e²ᵃ + 1) = 1 - 2ⁿ⁺¹/(2ⁿ + eʳ)."""
    of = constants(a)
    # From 10 on, tanh rounds to 1.
    bounded = (a > 10.0).choose(10.0, a)
    n, biased = nearest_integer(bounded, -2 * PER_LN2, of.bias)
    r = n.multiply_add(of.ln2_low, n.multiply_add(of.ln2_high, bounded + bounded))
    power = power_of_two(biased)
    result = 1.0 - (power + power) / (polynomial(r, of.tail, line=r) + (1.0 + power))
    return (a < 0.6).choose(_cubic(a, SINGLE_TANH_TAIL), result)


def _double_tanh(a: Lanes) -> Lanes:
    """tanh a for a ≥ 0: growth/(growth + 2) with growth = e²ᵃ - 1."""
    # From 20 on, tanh rounds to 1.
    a = (a > 20.0).choose(20.0, a)
    growth = scaled_expm1(a + a)
    return growth / (growth + 2.0)


def sinh(x: Lanes) -> Lanes:
    """(eˣ - e⁻ˣ)/2, with errors up to 1.9 ulp (float) and 2.4 ulp (double).

    From e|ˣ|/4, since e|ˣ| overflows before sinh does.
    """
    of = constants(x)
    a = abs(x)
    if x.is_single:
        quarter = normal_exponential(a, -2)
        result = 2.0 * (quarter - 0.0625 / quarter)
        near, small = a < 1.0, _cubic(a, SINGLE_SINH_TAIL)
    else:
        # With g = eˣ - 1: sinh x = (g + g/(g + 1))/2.
        quarter = scaled_expm1(a, -2)
        result = 2.0 * (quarter + quarter / quarter.multiply_add(4.0, 1.0))
        near, small = a < of.tiny, a
    result = (a > of.largest + math.log(2)).choose(math.inf, result)
    return near.choose(small, result).with_sign_of(x)


def cosh(x: Lanes) -> Lanes:
    """(eˣ + e⁻ˣ)/2, with errors up to 1.8 ulp (float) and 1.9 ulp (double)."""
    a = abs(x)
    quarter = normal_exponential(a, -2)
    result = 2.0 * (quarter + 0.0625 / quarter)
    return (a > constants(x).largest + math.log(2)).choose(math.inf, result)


def _cubic(x: Lanes, tail: tuple[float, ...]) -> Lanes:
    """x + x³·tail(x²)."""
    z = x * x
    return (x * z).multiply_add(polynomial(z, tail), x)
