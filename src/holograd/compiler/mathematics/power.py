"""pow, as e to the y·log x: for double with the logarithm as a sum of two doubles.

Numbers as unevaluated sums after Dekker, A floating-point technique for extending the available
precision, Numerische Mathematik 1971; the series of the logarithm as in Sun's fdlibm.
"""

from __future__ import annotations

import math

from holograd.compiler.mathematics.bits import Lanes, nearest_integer, polynomial
from holograd.compiler.mathematics.exact import exact_product, exact_sum, ordered_sum
from holograd.compiler.mathematics.exponential import (
    DOUBLE,
    PER_LN2,
    normal_exponential,
    scaled_twice,
)
from holograd.compiler.mathematics.logarithm import assembled, raised, split

TWO_THIRDS = 2 / 3
TWO_THIRDS_LOW = 3.700743415417188e-17
"""2/3 less the nearest double."""
# (log((1+s)/(1-s)) - 2s - 2/3·s³)/s⁵ in z = s², for |s| ≤ 3 - √8: absolute error 2^-55.
TAIL = (
    0.4,
    0.2857142857142938,
    0.2222222222164818,
    0.181818183370346,
    0.1538459479629481,
    0.13334813317048047,
    0.11706014884419476,
    0.11725409493632094,
)


def power(x: Lanes, y: Lanes) -> Lanes:
    """xʸ, with errors up to 0.6 ulp (float, computed in double) and 1.7 ulp (double).

    The special cases are those of C99: 1 for y = 0 and for x = 1, even where the other is NaN; NaN
    for a finite x < 0 and a finite y that is no integer; for zeros and infinities the limits, with
    x's sign where y is an odd integer.
    """
    if x.is_single:
        x, y = x.widened(), y.widened()
        return _with_signs(x, y, _power_for_single(abs(x), y)).narrowed()
    return _with_signs(x, y, _power(abs(x), y))


def _with_signs(x: Lanes, y: Lanes, magnitude: Lanes) -> Lanes:
    """xʸ from |x|ʸ, which may be anything where |x| = 1, y = 0, or one is NaN."""
    base, times = abs(x), abs(y)
    integer = _is_integer(times)
    odd = integer & ~_is_integer(0.5 * times)
    result = base.equals(1.0).choose(1.0, magnitude)
    result = odd.choose(result.with_sign_of(x), result)
    undefined = (x < 0.0) & (base < math.inf) & ~integer
    result = (undefined | x.is_nan() | y.is_nan()).choose(math.nan, result)
    return (y.equals(0.0) | x.equals(1.0)).choose(1.0, result)


def _is_integer(magnitude: Lanes) -> Lanes:
    """From 2^52 on, doubles are integers; adding that rounds smaller ones to integers."""
    return (magnitude >= 2.0**52) | ((magnitude + 2.0**52) - 2.0**52).equals(magnitude)


def _with_limits(base: Lanes, logarithm: Lanes) -> Lanes:
    logarithm = base.equals(math.inf).choose(math.inf, logarithm)
    return base.equals(0.0).choose(-math.inf, logarithm)


def _with_extremes(exponent: Lanes, bound: float, result: Lanes) -> Lanes:
    extreme = (exponent > 0.0).choose(exponent.constant(math.inf), 0.0)
    return (abs(exponent) > bound).choose(extreme, result)


def _power_for_single(base: Lanes, y: Lanes) -> Lanes:
    """baseʸ in double, good enough to be rounded to float."""
    _, biased, m = split(base)
    exponent = y * _with_limits(base, assembled(biased - DOUBLE.bias, m - 1.0))
    return _with_extremes(exponent, 600.0, normal_exponential(exponent))


def _power(base: Lanes, y: Lanes) -> Lanes:
    """baseʸ in double, by a sum of two doubles for the logarithm and for its product with y."""
    high, low = _logarithm(base)
    exponent, error = exact_product(y, _with_limits(base, high))
    error = error + y * low
    n, biased = nearest_integer(exponent, PER_LN2, 2 * DOUBLE.bias)
    r = n.multiply_add(-DOUBLE.ln2_low, n.multiply_add(-DOUBLE.ln2_high, exponent)) + error
    t = polynomial(r, DOUBLE.tail, line=r)
    return _with_extremes(exponent, DOUBLE.extreme, scaled_twice(t, biased))


def _logarithm(x: Lanes) -> tuple[Lanes, Lanes]:
    """log x for 0 < x < ∞ as an unevaluated sum of two doubles, with a relative error of 2^-64.

    log(2ᵏ·m) = k·ln 2 + 2s + s³·w with s = (m - 1)/(m + 1); in all of them, and in w's leading 2/3,
    the rounding errors are carried along.
    """
    normal, bias = raised(x)
    _, biased, m = split(normal)
    k = biased - bias
    f = m - 1.0
    divisor, divisor_low = ordered_sum(x.constant(2.0), f)
    inverse = 1.0 / divisor
    s = f * inverse
    product, error = exact_product(s, divisor)
    s_low = (((f - product) - error) - s * divisor_low) * inverse
    z, z_low = exact_product(s, s)
    z_low = z_low + 2.0 * s * s_low
    rest = z.multiply_add(polynomial(z, TAIL), TWO_THIRDS_LOW)
    w, w_low = ordered_sum(x.constant(TWO_THIRDS), rest)
    u, u_low = exact_product(z, w)
    u_low = u_low + z * w_low + z_low * w
    v, v_low = exact_product(s, u)
    v_low = v_low + s * u_low + s_low * u
    total, low = exact_sum(k * DOUBLE.ln2_high, 2.0 * s)
    total, more = exact_sum(total, v)
    low = (low + more) + (k * DOUBLE.ln2_low + (2.0 * s_low + v_low))
    return ordered_sum(total, low)
