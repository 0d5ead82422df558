"""Random numbers as native code: Philox4x32-10 for a vector of counters at a time.

The numbers are those of `holograd.ops.random`, bit for bit (normal ones within 4 units in the last
place), whatever the number of lanes. A word of 32 bits lies in a lane of 64 whose upper half is
left to hold anything: so the products of 32 × 32 bits that Philox is made of are one instruction
each (vpmuludq on x86), and three more follow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir

from holograd.compiler.mathematics import FUNCTIONS
from holograd.compiler.native_sort import (
    HALF,
    POINTER,
    WORD,
    Builder,
    Register,
    argsort_function,
    argsort_scratch,
    building,
    loop,
    new_function,
)
from holograd.ops.philox import KEY_STEPS, MULTIPLIERS, ROUNDS

FLOAT, DOUBLE = ir.FloatType(), ir.DoubleType()
WORD_DTYPE = np.dtype(np.uint32)

# From the four words of each counter, and the function's own arguments, to one vector of numbers.
Convert = Callable[[Builder, list[Register], Sequence[Register]], Register]


def uniform_function(module: ir.Module, lanes: int, double: bool) -> ir.Function:
    """void (ptr destination, i64 count, i64 seed, i64 stream): numbers spread over [0, 1)."""
    if double:
        return _fill_function(module, "random_uniform_float64", lanes, DOUBLE, 2, _doubles)
    return _fill_function(module, "random_uniform_float32", lanes, FLOAT, 4, _floats)


def normal_function(module: ir.Module, lanes: int, double: bool) -> ir.Function:
    """void (ptr destination, i64 count, i64 seed, i64 stream): standard normal numbers."""
    if double:
        return _fill_function(module, "random_normal_float64", lanes, DOUBLE, 1, _normals)

    def convert(builder: Builder, words: list[Register], rest: Any) -> Register:
        return builder.fptrunc(_normals(builder, words, rest), ir.VectorType(FLOAT, lanes))

    return _fill_function(module, "random_normal_float32", lanes, FLOAT, 1, convert)


def integers_function(module: ir.Module, lanes: int) -> ir.Function:
    """void (ptr destination, i64 count, i64 seed, i64 stream, i64 low, i64 high): int64 numbers."""
    return _fill_function(
        module, "random_integers", lanes, WORD, 4, _integers, {"low": WORD, "high": WORD}
    )


def words_function(module: ir.Module, lanes: int) -> ir.Function:
    """void (ptr destination, i64 count, i64 seed, i64 stream): words of 32 random bits."""
    return _fill_function(
        module, "random_words", lanes, HALF, 4, lambda builder, words, rest: _packed(builder, words)
    )


def permutation_scratch(count: int) -> int:
    """Bytes, at an address divisible by 8, that a permutation of `count` numbers needs."""
    return argsort_scratch(count, WORD_DTYPE)


def permutation_function(module: ir.Module, lanes: int) -> ir.Function:
    """void (ptr destination, i64 count, i64 seed, i64 stream, ptr scratch): 0 to count − 1, mixed.

    The numbers are int64, and `permutation_scratch` says how large `scratch` is.
    """
    name = f"random_permutation_{lanes}"
    if name in module.globals:
        return module.globals[name]
    draw = words_function(module, lanes)
    argsort = argsort_function(module, WORD_DTYPE)
    function = new_function(
        module, name, ir.VoidType(),
        {"destination": POINTER, "count": WORD, "seed": WORD, "stream": WORD, "scratch": POINTER},
    )  # fmt: skip
    destination, count, seed, stream, scratch = function.args
    builder = building(function)
    # The words fill half of the destination, and are read before the positions are written.
    builder.call(draw, [destination, count, seed, stream])
    ascending = ir.IntType(1)(0)
    builder.call(argsort, [destination, count, WORD(1), ascending, destination, WORD(1), scratch])
    builder.ret_void()
    return function


def _fill_function(
    module: ir.Module,
    prefix: str,
    lanes: int,
    number: ir.Type,
    numbers_of_a_counter: int,
    convert: Convert,
    parameters: dict[str, ir.Type] | None = None,
) -> ir.Function:
    """A function that fills `count` places, a vector of counters at a time.

    The last vector may make more numbers than are wanted: it goes to a buffer, of which the wanted
    ones are copied.
    """
    name = f"{prefix}_{lanes}"
    if name in module.globals:
        return module.globals[name]
    function = new_function(
        module, name, ir.VoidType(),
        {"destination": POINTER, "count": WORD, "seed": WORD, "stream": WORD, **(parameters or {})},
    )  # fmt: skip
    destination, count, seed, stream, *rest = function.args
    builder = building(function)
    size = lanes * numbers_of_a_counter
    buffer = builder.alloca(ir.ArrayType(number, size))
    keys = round_keys(builder, seed, lanes)
    streams = _splat(builder, stream, lanes)

    def at(start: Register, index: Register) -> Register:
        return builder.gep(start, [index], source_etype=number)

    blocks = builder.udiv(builder.add(count, WORD(size - 1)), WORD(size))
    with loop(builder, blocks) as block:
        words = philox(builder, builder.mul(block.index, WORD(lanes)), streams, keys)
        numbers = convert(builder, words, rest)
        start = builder.mul(block.index, WORD(size))
        fits = builder.icmp_signed("<=", builder.add(start, WORD(size)), count)
        target = builder.select(fits, at(destination, start), buffer)
        builder.store(numbers, target, align=8 if number in (WORD, DOUBLE) else 4)
    left = builder.urem(count, WORD(size))
    end = at(destination, builder.sub(count, left))
    with loop(builder, left) as item:
        builder.store(builder.load(at(buffer, item.index), typ=number), at(end, item.index))
    builder.ret_void()
    return function


def round_keys(builder: Builder, seed: Register, lanes: int) -> list[tuple[Register, Register]]:
    """The two key words of each round, in all lanes."""
    low_step, high_step = (int(step) for step in KEY_STEPS[:, 0])
    low = _splat(builder, seed, lanes)
    high = _exchanged(builder, low)
    return [
        (
            builder.add(low, _like(low, number * low_step)),
            builder.add(high, _like(high, number * high_step)),
        )
        for number in range(ROUNDS)
    ]


def philox(
    builder: Builder,
    first: Register,
    streams: Register,
    keys: list[tuple[Register, Register]],
) -> list[Register]:
    """The four words of each counter from `first` on, in lanes whose upper half is 0.

    See `holograd.ops.philox` for the rounds.

    Args:
        builder: where the instructions go.
        first: i64, the counter of lane 0.
        streams: the number of the stream, i64, in all lanes.
        keys: `round_keys` of the seed.
    """
    lanes = streams.type.count
    counters = builder.add(_splat(builder, first, lanes), streams.type(list(range(lanes))))
    second_multiplier, first_multiplier = (int(multiplier) for multiplier in MULTIPLIERS[:, 0])
    c0, c1 = counters, _exchanged(builder, counters)
    c2, c3 = streams, _exchanged(builder, streams)
    for key0, key1 in keys:
        product0 = builder.mul(_low(builder, c0), _like(c0, first_multiplier))
        product2 = builder.mul(_low(builder, c2), _like(c2, second_multiplier))
        c0 = builder.xor(builder.xor(_exchanged(builder, product2), c1), key0)
        c2 = builder.xor(builder.xor(_exchanged(builder, product0), c3), key1)
        c1, c3 = product2, product0
    return [_low(builder, word) for word in (c0, c1, c2, c3)]


def _floats(builder: Builder, words: list[Register], _: Any) -> Register:
    """24 bits of each word, over 2²⁴."""
    packed = _packed(builder, words)
    bits = builder.lshr(packed, _like(packed, 8))
    numbers = builder.sitofp(bits, ir.VectorType(FLOAT, bits.type.count))
    return builder.fmul(numbers, _like(numbers, 2.0**-24))


def _doubles(builder: Builder, words: list[Register], _: Any) -> Register:
    return _interleaved(builder, *_pairs(builder, words))


def _normals(builder: Builder, words: list[Register], _: Any) -> Register:
    """Box and Muller (1958): √(−2 ln(1 − u)) · cos 2πv, for u and v in [0, 1)."""
    u, v = _pairs(builder, words)
    logarithm = FUNCTIONS["log"](builder, builder.fsub(_like(u, 1.0), u))
    square_root = builder.module.declare_intrinsic(
        f"llvm.sqrt.v{u.type.count}f64", fnty=ir.FunctionType(u.type, [u.type])
    )
    size = builder.call(square_root, [builder.fmul(_like(u, -2.0), logarithm)])
    cosine = FUNCTIONS["cos"](builder, builder.fmul(_like(v, 2.0 * math.pi), v))
    return builder.fmul(size, cosine)


def _integers(builder: Builder, words: list[Register], limits: Sequence[Register]) -> Register:
    """low + (word · (high − low)) / 2³², rounded down; the product is below 2⁶⁴."""
    low, high = limits
    lanes = words[0].type.count
    extent = _splat(builder, builder.sub(high, low), lanes)
    least = _splat(builder, low, lanes)
    w0, w1, w2, w3 = (
        builder.add(_high(builder, builder.mul(word, extent)), least) for word in words
    )
    return _interleaved(builder, _interleaved(builder, w0, w2), _interleaved(builder, w1, w3))


def _pairs(builder: Builder, words: list[Register]) -> tuple[Register, Register]:
    """Two float64 numbers in [0, 1) for each counter, of 27 and 26 bits of two words.

    Set as fractions behind a known exponent, the bits a and b become 1 + a/2²⁷ and 1/2 + b/2⁵³, for
    few processors convert 64-bit integers in vectors. Both additions are exact.
    """

    def with_exponent(fraction: Register, unit: float) -> Register:
        exponent = int(np.float64(unit).view(np.uint64))
        bits = builder.or_(fraction, _like(fraction, exponent))
        return builder.bitcast(bits, ir.VectorType(DOUBLE, bits.type.count))

    def join(first: Register, second: Register) -> Register:
        leading = builder.shl(builder.lshr(first, _like(first, 5)), _like(first, 25))
        upper = with_exponent(leading, 1.0)
        lower = with_exponent(builder.lshr(second, _like(second, 6)), 0.5)
        return builder.fadd(builder.fsub(upper, _like(upper, 1.5)), lower)

    w0, w1, w2, w3 = words
    return join(w0, w1), join(w2, w3)


def _packed(builder: Builder, words: list[Register]) -> Register:
    """All words in order, 32 bits each.

    The lower half of 64 bits lies first in memory on every machine that llvmlite runs on.
    """
    count = 2 * words[0].type.count
    halves = ir.VectorType(HALF, count)
    low_halves = halves([start + lane for lane in range(0, count, 2) for start in (0, count)])

    def joined(first: Register, second: Register) -> Register:
        # Not as first | second << 32: LLVM would merge the shift with the product before it into
        # one of 64 bits, which costs more.
        first, second = builder.bitcast(first, halves), builder.bitcast(second, halves)
        together = builder.shuffle_vector(first, second, low_halves)
        return builder.bitcast(together, words[0].type)

    w0, w1, w2, w3 = words
    both = _interleaved(builder, joined(w0, w1), joined(w2, w3))
    return builder.bitcast(both, ir.VectorType(HALF, 2 * count))


def _interleaved(builder: Builder, first: Register, second: Register) -> Register:
    count = first.type.count
    mask = [start + lane for lane in range(count) for start in (0, count)]
    return builder.shuffle_vector(first, second, ir.VectorType(HALF, 2 * count)(mask))


def _splat(builder: Builder, value: Register, lanes: int) -> Register:
    vector = ir.VectorType(value.type, lanes)
    single = builder.insert_element(vector(ir.Undefined), value, HALF(0))
    return builder.shuffle_vector(single, vector(ir.Undefined), ir.VectorType(HALF, lanes)(None))


def _like(value: Register, number: float) -> ir.Constant:
    """A constant of the type of `value`, in every lane."""
    kind = value.type
    return kind([number] * kind.count) if isinstance(kind, ir.VectorType) else kind(number)


def _low(builder: Builder, value: Register) -> Register:
    return builder.and_(value, _like(value, 0xFFFFFFFF))


def _high(builder: Builder, value: Register) -> Register:
    return builder.lshr(value, _like(value, 32))


def _exchanged(builder: Builder, value: Register) -> Register:
    """The upper half where the lower one was, and the other way round.

    A shift would do, but then LLVM knows that the upper halves are 0, clears those of the keys
    instead of those of the factors, and no longer sees that its products are of 32 bits.
    """
    count = 2 * value.type.count
    halves = builder.bitcast(value, ir.VectorType(HALF, count))
    mask = ir.VectorType(HALF, count)([lane ^ 1 for lane in range(count)])
    return builder.bitcast(builder.shuffle_vector(halves, halves, mask), value.type)
