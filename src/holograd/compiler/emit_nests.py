"""Nests that work number by number, that join numbers, and that add at places, as instructions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from holograd.compiler.emit import Emitter
from holograd.compiler.expressions import Apply, Expression, Load, Result
from holograd.compiler.fuse import COSTS
from holograd.compiler.index import Loop
from holograd.compiler.loops import Nest, Reduction, Scan, parts
from holograd.compiler.machine import I64, Value
from holograd.compiler.memory_access import Lanes
from holograd.ops.table import INT64

UNROLLED = 4  # vectors of a reduction at once, whose additions need not wait for each other
CHEAP = 12  # operations a number, up to which two vectors at once fit the registers


def least(dtype: np.dtype) -> Any:
    """What no number of a kind is below."""
    if dtype.kind == "f":
        return -np.inf
    return False if dtype.kind == "b" else np.iinfo(dtype).min


def greatest(dtype: np.dtype) -> Any:
    """What no number of a kind is above."""
    if dtype.kind == "f":
        return np.inf
    return True if dtype.kind == "b" else np.iinfo(dtype).max


STARTS: dict[str, Callable[[np.dtype], Any]] = {
    "add": lambda dtype: 0,
    "mul": lambda dtype: 1,
    "maximum": least,
    "minimum": greatest,
    "logical_or": lambda dtype: False,
    "logical_and": lambda dtype: True,
    "argmax": least,
    "argmin": greatest,
}


def emit_map(emitter: Emitter, nest: Nest) -> None:
    """Stores at each turn; vectors run along the last loop."""
    values = [store.value for store in nest.stores]

    def body() -> None:
        emitter.write(nest.stores)

    along = _vector_loop(emitter, nest)
    if along is None:
        emitter.nested(nest.loops, body, values)
        return
    width = width_of(emitter, nest)
    if not along.extent.batch and along.extent.scale >= 4 * width and cost(nest) <= CHEAP:
        width *= 2
    outer = [loop for loop in nest.loops if loop is not along]
    single = _is_single(emitter, nest, along)
    emitter.nested(outer, lambda: _prepared(emitter, values, along, width, body, single), values)


def _prepared(
    emitter: Emitter, values: Sequence[Expression], along: Loop, width: int,
    body: Callable[[], None], single: bool,
) -> None:  # fmt: skip
    """The vector loop, after what it need not compute at each turn."""
    for value in values:
        _hoist(emitter, value)
    emitter.vectors(along, width, body, single)


def _hoist(emitter: Emitter, expression: Expression) -> None:
    """Computes the parts of an expression that depend on open loops alone."""
    waiting, seen = [expression], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Load | Apply) and emitter.needs(one) <= emitter.places.keys():
            emitter.value(one)
        else:
            waiting += parts(one)


def _vector_loop(emitter: Emitter, nest: Nest) -> Loop | None:
    """The loop that vectors run along: the innermost; where numbers are added at places known at
    run time, one that those do not depend on."""
    for loop in reversed(nest.loops):
        stores = [store.place for store in nest.stores if store.adds]
        moved = any(loop in emitter.needs(one) for place in stores for one, _ in place.computed)
        if not moved and all(store.place.factor(loop) for store in nest.stores):
            return loop
        if not stores:
            return None
    return None


def _is_single(emitter: Emitter, nest: Nest, along: Loop) -> bool:
    """Whether some access moves by other than 0 or 1 from lane to lane."""
    for place in nest.places():
        if place.factor(along) not in (0, 1):
            return True
        if any(along in emitter.needs(one) for one, _ in place.computed):
            return True
    return False


def width_of(emitter: Emitter, nest: Nest) -> int:
    """How many numbers a vector holds: of the kind of float that the nest stores or joins."""
    kinds = [store.buffer.dtype for store in nest.stores]
    kinds += [one.dtype for one in nest.expressions() if isinstance(one, Load)]
    if isinstance(nest.inner, Reduction):
        kinds.append(nest.inner.value.dtype)
    floats = [kind for kind in kinds if kind.kind == "f"]
    if floats:
        return max(emitter.level.lanes(max(floats, key=lambda kind: kind.itemsize)), 1)
    return max(emitter.level.vector_bytes // max(kind.itemsize for kind in kinds), 1)


def cost(nest: Nest) -> int:
    """How many operations a turn of the nest takes, roughly."""
    return sum(
        COSTS.get(one.operation.name, 1) for one in nest.expressions() if isinstance(one, Apply)
    )


def emit_reduction(emitter: Emitter, nest: Nest, reduction: Reduction) -> None:
    """Joins numbers, with vectors along the result's last loop or along the joined one."""
    along = _reduction_loop(emitter, nest, reduction)
    if along is not None and along in reduction.loops:
        emitter.nested(nest.loops, lambda: _joined_inside(emitter, nest, reduction, along))
        return

    def body() -> None:
        slots = _slots(emitter, reduction)
        emitter.nested(reduction.loops, lambda: _join(emitter, reduction, slots))
        _finish(emitter, nest, reduction, emitter.get(slots[-1], reduction.dtype))

    if along is None:
        emitter.nested(nest.loops, body)
        return
    outer = [loop for loop in nest.loops if loop is not along]
    width = width_of(emitter, nest)
    if not along.extent.batch and along.extent.scale >= UNROLLED * width:
        width *= UNROLLED
    single = _is_single(emitter, nest, along)
    emitter.nested(outer, lambda: emitter.vectors(along, width, body, single))


def _reduction_loop(emitter: Emitter, nest: Nest, reduction: Reduction) -> Loop | None:
    """Along which loop most numbers lie side by side; the result's own loops are preferred."""
    places = [one.place for one in nest.expressions() if isinstance(one, Load)]
    options: list[tuple[int, int, int, Loop]] = []
    own = [loop for loop in nest.loops[-1:] if nest.stores[0].place.factor(loop)]
    joined = [] if reduction.word.startswith("arg") else reduction.loops[-1:]
    for rank, loop in enumerate([*own, *joined]):
        apart = sum(
            place.factor(loop) not in (0, 1)
            or any(loop in emitter.needs(one) for one, _ in place.computed)
            for place in places
        )
        short = not loop.extent.batch and loop.extent.scale < 4
        options.append((apart, int(short), rank, loop))
    return min(options, key=lambda one: one[:3])[3] if options else None


def _slots(emitter: Emitter, reduction: Reduction, lanes: int | None = None) -> list[Any]:
    """Where the joined number so far is kept; for a position the number that it belongs to, too."""
    lanes = emitter.lanes.count if lanes is None else lanes
    start = STARTS[reduction.word](reduction.value.dtype)
    slots = [emitter.variable(reduction.value.dtype, lanes, start)]
    if reduction.word.startswith("arg"):
        slots.append(emitter.variable(INT64, lanes, 0))
    return slots


def _join(emitter: Emitter, reduction: Reduction, slots: list[Any]) -> None:
    """One more number."""
    m = emitter.machine
    number = emitter.wide(reduction.value)
    best = emitter.get(slots[0], reduction.value.dtype)
    if len(slots) == 1:
        emitter.put(slots[0], getattr(m, reduction.word)(best, number))
        return
    better = m.gt(number, best) if reduction.word == "argmax" else m.lt(number, best)
    if number.dtype.kind == "f":
        first_nan = m.logical_and(m.isnan(number), m.logical_not(m.isnan(best)))
        better = m.logical_or(better, first_nan)
    place = m.splat(emitter.number(reduction.position), number.lanes)
    emitter.put(slots[0], m.where(better, number, best))
    emitter.put(slots[1], m.where(better, place, emitter.get(slots[1], INT64)))


def _joined_inside(emitter: Emitter, nest: Nest, reduction: Reduction, along: Loop) -> None:
    """Vectors of partial results, which are joined at the end."""
    m = emitter.machine
    width = width_of(emitter, nest)
    extent = along.extent
    if not extent.batch and extent.scale >= UNROLLED * width:
        width *= UNROLLED
    elif not extent.batch and extent.scale < width:
        width = 1 << max(extent.scale - 1, 0).bit_length()
    slot = _slots(emitter, reduction, width)[0]
    single_slot = _slots(emitter, reduction, 1)[0]
    start = STARTS[reduction.word](reduction.value.dtype)
    kind = reduction.value.dtype

    def body() -> None:
        number = emitter.wide(reduction.value)
        lanes: Lanes = emitter.lanes
        if lanes.mask is not None:
            number = m.where(Value(lanes.mask, np.dtype(bool)), number, m.constant(start, number))
        if number.lanes == width:
            best = emitter.get(slot, kind)
            emitter.put(slot, getattr(m, reduction.word)(best, number))
        else:
            best = emitter.get(single_slot, kind)
            emitter.put(
                single_slot,
                getattr(m, reduction.word)(best, halved(emitter, reduction.word, number)),
            )

    outer = [loop for loop in reduction.loops if loop is not along]
    single = _is_single(emitter, nest, along)
    emitter.nested(outer, lambda: emitter.vectors(along, width, body, single))
    whole = halved(emitter, reduction.word, emitter.get(slot, kind))
    if width > 1:
        whole = getattr(m, reduction.word)(whole, emitter.get(single_slot, kind))
    _finish(emitter, nest, reduction, whole)


def halved(emitter: Emitter, word: str, value: Value) -> Value:
    """All lanes joined: one half with the other, until one number is left."""
    m = emitter.machine
    while value.lanes > 1:
        half = value.lanes // 2
        if value.lanes % 2:
            rest = m.lane(value, value.lanes - 1)
            even = halved(emitter, word, m.shuffle(value, list(range(value.lanes - 1))))
            return getattr(m, word)(even, rest)
        low = m.shuffle(value, list(range(half)))
        high = m.shuffle(value, list(range(half, value.lanes)))
        value = getattr(m, word)(low, high)
    return value


def _finish(emitter: Emitter, nest: Nest, reduction: Reduction, value: Value) -> None:
    """Stores what follows from the joined number."""
    results = [one for one in nest.expressions() if isinstance(one, Result)]
    with emitter.scope():
        for one in results:
            emitter.memo[-1][id(one)] = value
        emitter.write(nest.stores)


def emit_scan(emitter: Emitter, nest: Nest, scan: Scan) -> None:
    """A running sum or product: each turn's number is joined to those before, and stored."""

    def body() -> None:
        start = STARTS[scan.word](scan.dtype)
        slot = emitter.variable(scan.dtype, emitter.lanes.count, start)
        with emitter.loop(I64(0), emitter.extent(scan.loop.extent), 1) as place:
            emitter.places[scan.loop] = place
            so_far = emitter.get(slot, scan.dtype)
            total = getattr(emitter.machine, scan.word)(so_far, emitter.wide(scan.value))
            emitter.put(slot, total)
            for store in nest.stores:
                emitter.store(store.buffer, store.place, total)
        del emitter.places[scan.loop]

    if not nest.loops:
        emitter.nested([], body)
        return
    along = nest.loops[-1]
    single = _is_single(emitter, nest, along)
    width = width_of(emitter, nest)
    emitter.nested(nest.loops[:-1], lambda: emitter.vectors(along, width, body, single))
