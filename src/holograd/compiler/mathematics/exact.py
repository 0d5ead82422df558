"""Sums and products with their rounding errors, as exact sums of two numbers.

They use no fused multiply-add, which not all targets have.
"""

from __future__ import annotations

from holograd.compiler.mathematics.bits import Lanes


def exact_sum(a: Lanes, b: Lanes) -> tuple[Lanes, Lanes]:
    """a + b and its rounding error (Knuth, The Art of Computer Programming 2, 1969)."""
    total = a + b
    other = total - a
    return total, (a - (total - other)) + (b - other)


def ordered_sum(large: Lanes, small: Lanes) -> tuple[Lanes, Lanes]:
    """large + small and its rounding error, where |large| ≥ |small| or large = 0 (Dekker 1971)."""
    total = large + small
    return total, small - (total - large)


def exact_product(a: Lanes, b: Lanes) -> tuple[Lanes, Lanes]:
    """a·b in double and its rounding error, by exact products of halves (Dekker 1971)."""
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    error = (a_high * b_high - product) + a_high * b_low + a_low * b_high + a_low * b_low
    return product, error


def _halves(x: Lanes) -> tuple[Lanes, Lanes]:
    """x as a sum of numbers of at most 26 and 27 bits."""
    high = (x.bits() & (-1 << 27)).number()
    return high, x - high
