"""pow."""

from __future__ import annotations

import math

from holograd.compiler.mathematics.bits import Lanes, polynomial
from holograd.compiler.mathematics.exponential import DOUBLE, power_of_two
from holograd.compiler.mathematics.logarithm import split

TWO_THIRDS_HIGH = 2 / 3
TWO_THIRDS_LOW = 3.700743415417188e-17
LN2_LOW_MORE = 1.90821492927058781614e-10
SPLIT_MASK = -(1 << 27)
SIGN = 1 << 63
# (log((1+s)/(1-s)) - 2s - 2/3·s³)/s⁵ in z = s², for |s| ≤ 3 - √8.
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


def _halves(x: Lanes) -> tuple[Lanes, Lanes]:
    high = (x.bits() & SPLIT_MASK).number()
    return high, x - high


def _product(a: Lanes, b: Lanes) -> tuple[Lanes, Lanes]:
    """a·b and its rounding error (Dekker)."""
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    error = (a_high * b_high - product) + a_high * b_low + a_low * b_high + a_low * b_low
    return product, error


def _sum(a: Lanes, b: Lanes) -> tuple[Lanes, Lanes]:
    """a + b and its rounding error (Knuth)."""
    total = a + b
    other = total - a
    return total, (a - (total - other)) + (b - other)


def _logarithm(x: Lanes) -> tuple[Lanes, Lanes]:
    """log x for 0 < x < ∞ as an unevaluated sum of two doubles, to about 2^-65."""
    subnormal = x < 2.0**-1022
    _, k, m = split(subnormal.choose(x * 2.0**54, x))
    k = k - subnormal.choose(x.constant(54.0), 0.0)
    f = m - 1.0
    d = f + 2.0
    d_low = f - (d - 2.0)
    s = f / d
    product, error = _product(s, d)
    s_low = ((f - product) - error - s * d_low) / d
    z, z_low = _product(s, s)
    z_low = z_low + 2.0 * s * s_low
    rest = z.multiply_add(polynomial(z, TAIL), TWO_THIRDS_LOW)
    w = TWO_THIRDS_HIGH + rest
    w_low = rest - (w - TWO_THIRDS_HIGH)
    u, u_low = _product(z, w)
    u_low = u_low + z * w_low + z_low * w
    v, v_low = _product(s, u)
    v_low = v_low + s * u_low + s_low * u
    total, low = _sum(k * DOUBLE.ln2_high, 2.0 * s)
    total, more = _sum(total, v)
    low = (low + more) + (k * LN2_LOW_MORE + (2.0 * s_low + v_low))
    high = total + low
    return high, low - (high - total)


def _is_integer(magnitude: Lanes) -> Lanes:
    return (magnitude >= 2.0**52) | ((magnitude + 2.0**52) - 2.0**52).equals(magnitude)


def _scaled(t: Lanes, biased: Lanes) -> Lanes:
    first = (biased << 51) & (-1 << 52)
    second = (power_of_two(biased).bits() - first).number()
    first = first.number()
    return first.multiply_add(t, first) * second


def power(x: Lanes, y: Lanes) -> Lanes:
    """xʸ in double, with the special cases of C99."""
    base = abs(x)
    high, low = _logarithm(base)
    high = base.equals(0.0).choose(-math.inf, base.equals(math.inf).choose(math.inf, high))
    exponent, error = _product(y, high)
    error = error + y * low
    magic = 1.5 * 2.0**52 + 2 * 1023
    shifted = exponent.multiply_add(1 / math.log(2), magic)
    n = shifted - magic
    r = n.multiply_add(-DOUBLE.ln2_low, n.multiply_add(-DOUBLE.ln2_high, exponent)) + error
    t = polynomial(r, DOUBLE.tail, line=r)
    extreme = (exponent > 0.0).choose(x.constant(math.inf), 0.0)
    result = (abs(exponent) > 1000.0).choose(extreme, _scaled(t, shifted.bits()))
    result = base.equals(1.0).choose(1.0, result)
    times = abs(y)
    integer, even = _is_integer(times), _is_integer(0.5 * times)
    negative = x.bits() & SIGN
    odd = integer & ~even
    result = (result.bits() | odd.choose(negative, 0)).number()
    undefined = (x < 0.0) & (base < math.inf) & ~integer
    result = (undefined | x.is_nan() | y.is_nan()).choose(math.nan, result)
    return (y.equals(0.0) | x.equals(1.0)).choose(1.0, result)
