"""An angle's quarter turns and remainder: a = n·π/2 + r with |r| ≤ π/4.

Up to `LARGE`, n·π/2 is subtracted in pieces whose products with n are exact (Cody and Waite,
Software Manual for the Elementary Functions, 1980; the pieces as in Sun's fdlibm). Beyond, a·2/π is
a product of integers, of which whole turns are never formed: only the bits of 2/π matter that have
weight in the last turn (Payne and Hanek, Radian reduction for trigonometric functions, SIGNUM
Newsletter 1983). That way is a block of its own, which runs where any lane needs it.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from llvmlite import ir

from holograd.compiler.mathematics.bits import Lanes, nearest_integer
from holograd.compiler.mathematics.exact import exact_product, ordered_sum

LARGE = 1.6e6
"""Below this angle n has 20 bits, and its products with the first three pieces are exact."""
HALF_PI = (
    1.57079632673412561417e00,
    6.07710050630396597660e-11,
    2.02226624871116645580e-21,
    8.47842766036889956997e-32,
)
HALF_PI_REST = 6.07710050650619224932e-11
"""π/2 less the first piece."""
HALF_PI_LOW = 6.123233995736766e-17
"""π/2 less the nearest double."""
TWO_OVER_PI = int(
    "a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea"
    "09d1921cfe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b"
    "1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f7"
    "8a5292ea6bfb5fb11f8d5d0856",
    16,
)
"""The first 1160 bits of 2/π."""
TABLE_BYTES = 150
"""Five zero bytes and those of 2/π: the window of the least large angles begins with the zeros."""
WINDOW_BYTES = 24
FIRST_EXPONENT = 1037
"""The biased exponent of the angles whose window is the table's first."""
WORD = 0xFFFFFFFF


def reduced_for_single(a: Lanes) -> tuple[Lanes, Lanes]:
    """n, as integers of which the last two bits count, and r to 2^-64, for doubles a ≥ 0."""
    n, bits = nearest_integer(a, 2 / math.pi)
    r = n.multiply_add(-HALF_PI_REST, n.multiply_add(-HALF_PI[0], a))
    bits, r = _with_large_angles(a, bits, r)
    return bits, r


def reduced(a: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """Like `reduced_for_single`, with r as a double and its rounding error."""
    n, bits = nearest_integer(a, 2 / math.pi)
    first = n.multiply_add(-HALF_PI[0], a)
    second = n * HALF_PI[1]
    third = n * HALF_PI[2]
    r = first - second
    error = (first - r) - second
    rest = r - third
    error = error + ((r - rest) - third) - n * HALF_PI[3]
    bits, high, low = _with_large_angles(a, bits, *ordered_sum(rest, error))
    return bits, high, low


def _with_large_angles(a: Lanes, *near: Lanes) -> list[Lanes]:
    """`near` where a is small enough, what `_reduced_large` gives elsewhere."""
    builder = a.builder
    large = (a > LARGE) & (a < math.inf)
    start = builder.block
    slow = builder.append_basic_block("large_angles")
    end = builder.append_basic_block("angles")
    builder.cbranch(large.any_lane(), slow, end)
    builder.position_at_end(slow)
    far = [large.choose(f, c) for f, c in zip(_reduced_large(a), near, strict=False)]
    slow = builder.block
    builder.branch(end)
    builder.position_at_end(end)
    results = []
    for from_near, from_far in zip(near, far, strict=True):
        phi = builder.phi(from_near.type)
        phi.add_incoming(from_near.value, start)
        phi.add_incoming(from_far.value, slow)
        results.append(Lanes(builder, phi))
    return results


def _reduced_large(a: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """n, r and r's rounding error, by integers; any value for a below `LARGE`."""
    bits = a.bits()
    exponent = (bits >> 52) - FIRST_EXPONENT
    exponent = (exponent < 0).choose(0, exponent)
    mantissa = ((bits & ((1 << 52) - 1)) | (1 << 52)) << (exponent & 7)
    limbs = [half for word in _window(exponent >> 3) for half in (word & WORD, word >> 32)]
    low, high = mantissa & WORD, mantissa >> 32
    # The product modulo 2^192, limb by limb; the last two limbs matter for their carry alone.
    carry = (low * limbs[0]) >> 32
    product = []
    for below, limb in itertools.pairwise(limbs):
        part = low * limb
        total = high * below + (part & WORD) + carry
        carry = (total >> 32) + (part >> 32)
        product.append(total)
    _, *lower, upper = product
    upper = (upper << 32) | (lower[2] & WORD)
    lower = (lower[1] << 32) | (lower[0] & WORD)
    # The leading two bits count quarter turns; those after them, as a signed integer, are the
    # distance from the nearest.
    n = (upper + (1 << 61)) >> 62
    distance = ((upper << 2) | (lower >> 62)) ^ (1 << 63)
    first = (_small_integer(distance >> 32) - 2.0**31) * 2.0**-32
    second = _small_integer(distance & WORD) * 2.0**-64
    third = _small_integer((lower << 2) >> 12) * 2.0**-116
    total, error = ordered_sum(first, second)
    high, low = ordered_sum(total, error + third)
    half_pi = high.constant(math.pi / 2)
    product, error = exact_product(high, half_pi)
    return n, *ordered_sum(product, error + (high * HALF_PI_LOW + low * half_pi))


def _small_integer(integers: Lanes) -> Lanes:
    """Integers below 2^52 as doubles: their bits are the low ones of a number above 2^52."""
    return (integers | integers.constant(0x433 << 52)).number() - 2.0**52


def _window(byte: Lanes) -> list[Lanes]:
    """192 bits of 2/π from a byte of the table on, as 64-bit words, the lowest first."""
    builder = byte.builder
    table = _table(builder.module)
    i64 = ir.IntType(64)
    words: list[Any] = [ir.Constant(byte.type, ir.Undefined)] * 3
    for lane in range(byte.count or 1):
        index = ir.Constant(ir.IntType(32), lane)
        offset = byte.value if byte.count is None else builder.extract_element(byte.value, index)
        offset = builder.sub(ir.Constant(i64, TABLE_BYTES - WINDOW_BYTES), offset)
        for k in range(3):
            place = builder.add(offset, ir.Constant(i64, 8 * k))
            pointer = builder.gep(table, [place], source_etype=ir.IntType(8))
            word = builder.load(pointer, align=1, typ=i64)
            words[k] = word if byte.count is None else builder.insert_element(words[k], word, index)
    return [Lanes(builder, word) for word in words]


def _table(module: ir.Module) -> ir.GlobalVariable:
    """The bytes of 2/π, least significant first: on a little-endian machine a word is in order."""
    name = "holograd.two_over_pi"
    if name in module.globals:
        return module.globals[name]
    content = bytearray(TWO_OVER_PI.to_bytes(TABLE_BYTES, "little"))
    kind = ir.ArrayType(ir.IntType(8), TABLE_BYTES)
    table = ir.GlobalVariable(module, kind, name)
    table.linkage = "private"
    table.global_constant = True
    table.initializer = ir.Constant(kind, content)  # type: ignore[assignment]
    return table
