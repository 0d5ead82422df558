"""Sorting as native code: a stable radix sort of positions, one LLVM function for each dtype.

A number becomes an integer whose unsigned order is the order wanted, and is joined with its
position into one record: the key in the upper half of the bits, the position in the lower half. So
any dtype, either direction, NaN and the two zeros are a matter of the key alone, and no two records
are equal.

Source: D. E. Knuth, "The Art of Computer Programming", volume 3, section 5.2.5 (algorithm R).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import ir

from holograd.errors import ArgumentError

# llvmlite's code has no annotations, and what pyright concludes from it is wrong.
Builder = Register = Any

POINTER = ir.PointerType()
BIT, HALF, WORD = ir.IntType(1), ir.IntType(32), ir.IntType(64)

# A digit of 8 bits keeps the 256 places that a pass writes to within a first-level cache.
DIGIT_BITS = 8
BUCKETS = 1 << DIGIT_BITS
BUCKET_BYTES = 4

# Up to so many numbers an insertion sort takes less time than clearing and adding up the buckets.
INSERTION_LIMIT = 64


class Loop:
    """The inside of a counted loop: its index, and values handed from one turn to the next."""

    def __init__(self, index: Register, values: Sequence[Any]):
        self.index, self.values, self.next = index, values, values


@contextmanager
def loop(builder: Builder, count: Register, *initial: Register) -> Iterator[Loop]:
    """What is built inside runs `count` times.

    The body reads `values`, which begin as `initial`, and sets `next`. After the loop `values` are
    what the last turn left.
    """
    before = builder.block
    head, body, after = (builder.append_basic_block(name) for name in ("head", "body", "after"))
    builder.branch(head)
    builder.position_at_end(head)
    index = builder.phi(WORD)
    state = Loop(index, [builder.phi(value.type) for value in initial])
    builder.cbranch(builder.icmp_signed("<", index, count), body, after)
    builder.position_at_end(body)
    yield state
    stepped = [builder.add(index, WORD(1)), *state.next]
    phis = [index, *state.values]
    for phi, first, following in zip(phis, [WORD(0), *initial], stepped, strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(following, builder.block)
    builder.branch(head)
    builder.position_at_end(after)


def new_function(
    module: ir.Module, name: str, result: ir.Type, arguments: Mapping[str, ir.Type]
) -> ir.Function:
    """An internal function without a body, its arguments named."""
    function = ir.Function(module, ir.FunctionType(result, list(arguments.values())), name)
    function.linkage = "internal"
    function.attributes.add("nounwind")
    for argument, argument_name in zip(function.args, arguments, strict=True):
        argument.name = argument_name
    return function


def building(function: ir.Function) -> Builder:
    """A builder at the beginning of a new function."""
    return ir.IRBuilder(function.append_basic_block("entry"))


def argsort_scratch(count: int, dtype: np.dtype) -> int:
    """Bytes, at an address divisible by 8, that sorting `count` numbers needs.

    Raises:
        ArgumentError: when `count` is 2³² or more; positions in a record have 32 bits.
    """
    if count >= 2**32:
        raise ArgumentError(f"sorting {count} numbers in one row", instead="Sort fewer than 2³².")
    return 2 * count * (_record(dtype).width // 8) + _digits(dtype) * BUCKETS * BUCKET_BYTES


def argsort_function(module: ir.Module, dtype: np.dtype) -> ir.Function:
    """The positions of a row of numbers in their order; equals keep theirs, NaN is the greatest.

    `source` is read before `destination` is written, so they may be the same memory.

    Returns:
        void (ptr source, i64 count, i64 stride, i1 descending, ptr destination,
        i64 destination_stride, ptr scratch): positions are int64, strides count elements, and
        `argsort_scratch` says how large `scratch` is.
    """
    name = f"argsort_{dtype.name}"
    if name in module.globals:
        return module.globals[name]
    record = _record(dtype)
    radix_sort = _radix_sort_function(module, record, _digits(dtype))
    insertion_sort = _insertion_sort_function(module, record)
    function = new_function(
        module, name, ir.VoidType(),
        {"source": POINTER, "count": WORD, "stride": WORD, "descending": BIT,
         "destination": POINTER, "destination_stride": WORD, "scratch": POINTER},
    )  # fmt: skip
    source, count, stride, descending, destination, destination_stride, scratch = function.args
    builder = building(function)

    stored = ir.IntType(8 * dtype.itemsize)
    turned = builder.sext(descending, stored)  # all ones turn a key, and so the order, around
    with loop(builder, count) as item:
        address = _at(builder, source, stored, builder.mul(item.index, stride))
        key = _ordered(builder, builder.load(address, typ=stored, align=dtype.itemsize), dtype)
        joined = _join(builder, builder.xor(key, turned), item.index, record)
        _store(builder, joined, _at(builder, scratch, record, item.index))

    few = builder.icmp_signed("<=", count, WORD(INSERTION_LIMIT))
    with builder.if_else(few) as (then, otherwise):
        with then:
            builder.call(insertion_sort, [scratch, count])
            after_insertion = builder.block
        with otherwise:
            radix_sorted = builder.call(radix_sort, [scratch, count])
            after_radix = builder.block
    in_order = builder.phi(POINTER)
    in_order.add_incoming(scratch, after_insertion)
    in_order.add_incoming(radix_sorted, after_radix)

    with loop(builder, count) as item:
        joined = _load(builder, _at(builder, in_order, record, item.index), record)
        position = builder.and_(joined, record(2 ** (record.width // 2) - 1))
        place = builder.mul(item.index, destination_stride)
        if record.width > WORD.width:
            position = builder.trunc(position, WORD)
        builder.store(position, _at(builder, destination, WORD, place), align=8)
    builder.ret_void()
    return function


def _digits(dtype: np.dtype) -> int:
    return 8 * dtype.itemsize // DIGIT_BITS


def _record(dtype: np.dtype) -> ir.IntType:
    """Key and position side by side: twice 32 bits, or twice 64 for numbers of 64."""
    return ir.IntType(128 if dtype.itemsize == 8 else 64)


def _at(builder: Builder, start: Register, element: ir.Type, index: Register) -> Register:
    return builder.gep(start, [index], source_etype=element)


def _load(builder: Builder, address: Register, record: ir.IntType) -> Register:
    return builder.load(address, typ=record, align=8)  # scratch is not aligned for 128 bits


def _store(builder: Builder, record: Register, address: Register) -> None:
    builder.store(record, address, align=8)


def _ordered(builder: Builder, bits: Register, dtype: np.dtype) -> Register:
    """The integer whose unsigned order is the order of the numbers that have these bits.

    Integers alone, so that no mode of the floating-point unit can change an order.
    """
    kind = bits.type
    sign = kind(1 << (kind.width - 1))
    if dtype.kind in "bu":
        return bits
    if dtype.kind == "i":
        return builder.xor(bits, sign)
    greatest = kind((1 << (kind.width - 1)) - 1)
    information = np.finfo(dtype)
    infinity = kind((2**information.iexp - 1) << information.nmant)
    is_nan = builder.icmp_unsigned(">", builder.and_(bits, greatest), infinity)
    bits = builder.select(is_nan, greatest, bits)
    bits = builder.select(builder.icmp_unsigned("==", bits, sign), kind(0), bits)  # -0.0 is 0.0
    negative = builder.ashr(bits, kind(kind.width - 1))
    return builder.xor(bits, builder.or_(negative, sign))


def _join(builder: Builder, key: Register, position: Register, record: ir.IntType) -> Register:
    upper = builder.shl(builder.zext(key, record), record(record.width // 2))
    lower = builder.zext(position, record) if record.width > WORD.width else position
    return builder.or_(upper, lower)


def _insertion_sort_function(module: ir.Module, record: ir.IntType) -> ir.Function:
    """void (ptr records, i64 count): sorts in place."""
    name = f"insertion_sort_{record.width}"
    if name in module.globals:
        return module.globals[name]
    function = new_function(module, name, ir.VoidType(), {"records": POINTER, "count": WORD})
    records, count = function.args
    builder = building(function)
    with loop(builder, count) as item:
        moving = _load(builder, _at(builder, records, record, item.index), record)
        before = builder.block
        head, compare, shift, done = (
            builder.append_basic_block(name) for name in ("seek", "compare", "shift", "done")
        )
        builder.branch(head)
        builder.position_at_end(head)
        gap = builder.phi(WORD)
        builder.cbranch(builder.icmp_signed(">", gap, WORD(0)), compare, done)
        builder.position_at_end(compare)
        previous = builder.sub(gap, WORD(1))
        neighbour = _load(builder, _at(builder, records, record, previous), record)
        builder.cbranch(builder.icmp_unsigned(">", neighbour, moving), shift, done)
        builder.position_at_end(shift)
        _store(builder, neighbour, _at(builder, records, record, gap))
        builder.branch(head)
        gap.add_incoming(item.index, before)
        gap.add_incoming(previous, shift)
        builder.position_at_end(done)
        _store(builder, moving, _at(builder, records, record, gap))
    builder.ret_void()
    return function


def _radix_sort_function(module: ir.Module, record: ir.IntType, digits: int) -> ir.Function:
    """ptr (ptr scratch, i64 count): where the records lie in order, in `scratch` either way.

    `scratch` holds the records, as much room again, and a table of buckets for each digit. One walk
    counts all digits; then each digit, the lowest first, moves the records from one room to the
    other, unless it is the same in all.
    """
    name = f"radix_sort_{record.width}_{digits}"
    if name in module.globals:
        return module.globals[name]
    function = new_function(module, name, POINTER, {"scratch": POINTER, "count": WORD})
    scratch, count = function.args
    builder = building(function)
    room = _at(builder, scratch, record, count)
    tables = _at(builder, room, record, count)
    key_type = ir.IntType(record.width // 2)

    def digit(joined: Register, shift: Register) -> Register:
        key = builder.trunc(builder.lshr(joined, record(key_type.width)), key_type)
        lowest = builder.and_(builder.lshr(key, shift), key_type(BUCKETS - 1))
        return lowest if key_type.width == WORD.width else builder.zext(lowest, WORD)

    zeros = ir.VectorType(HALF, 16)(None)
    with loop(builder, WORD(digits * BUCKETS // 16)) as part:
        builder.store(zeros, _at(builder, tables, zeros.type, part.index), align=BUCKET_BYTES)
    with loop(builder, count) as item:
        joined = _load(builder, _at(builder, scratch, record, item.index), record)
        for number in range(digits):
            which = digit(joined, key_type(number * DIGIT_BITS))
            which = builder.add(which, WORD(number * BUCKETS))
            address = _at(builder, tables, HALF, which)
            builder.store(builder.add(builder.load(address, typ=HALF), HALF(1)), address)

    with loop(builder, WORD(digits), scratch, room) as turn:
        here, there = turn.values
        table = _at(builder, tables, HALF, builder.mul(turn.index, WORD(BUCKETS)))
        shift = builder.mul(turn.index, WORD(DIGIT_BITS))
        if key_type.width < WORD.width:
            shift = builder.trunc(shift, key_type)
        first = digit(_load(builder, here, record), shift)
        of_first = builder.load(_at(builder, table, HALF, first), typ=HALF)
        differ = builder.icmp_unsigned("!=", of_first, builder.trunc(count, HALF))
        with builder.if_then(differ):
            with loop(builder, WORD(BUCKETS), HALF(0)) as bucket:
                address = _at(builder, table, HALF, bucket.index)
                (start,) = bucket.values
                bucket.next = [builder.add(start, builder.load(address, typ=HALF))]
                builder.store(start, address)
            with loop(builder, count) as item:
                joined = _load(builder, _at(builder, here, record, item.index), record)
                address = _at(builder, table, HALF, digit(joined, shift))
                place = builder.load(address, typ=HALF)
                builder.store(builder.add(place, HALF(1)), address)
                _store(builder, joined, _at(builder, there, record, builder.zext(place, WORD)))
        turn.next = [builder.select(differ, there, here), builder.select(differ, here, there)]
    builder.ret(turn.values[0])
    return function
