"""Small graphs without memory: each array is one vector register, each operation straight code.

Whatever moves numbers about (reshape, expand, slice, a row of a product …) is a shuffle, whose
places come from the operation's own NumPy meaning, applied to the numbers 0, 1, 2, … of the places
themselves. So a step of a small network is some hundred instructions, and in a loop its parameters
never leave the registers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir

from holograd.compiler.lane_maps import places, started_products, terms_of
from holograd.compiler.machine import (
    I64,
    INT64,
    Builder,
    Machine,
    Register,
    Value,
    literal,
    literals,
)
from holograd.graph import Graph, Node
from holograd.ops.pattern import Pattern

MOST_NUMBERS = 64  # of one array
MOST_PRODUCTS = 1024  # of one contraction
MOST_CHOICES = 16  # of an index that is known at run time only
MOST_OPERATIONS = 4000  # numbers computed by a whole graph, in vectors of 16

Rule = Callable[..., Value]


def fits(graph: Graph) -> bool:
    """Whether a graph is small enough to live in registers, and has a rule for each operation."""
    work = 0
    for node in graph.nodes:
        size = math.prod(node.shape)
        if size > MOST_NUMBERS or size == 0:
            return False
        record = node.operation
        if record is None:
            continue
        terms = 1
        if record.native is None:
            if record.name not in RULES:
                return False
            if any(0 in source.shape for source in node.inputs):
                return False
            if record.name == "contract":
                extents = node.parameters["pattern"].label_extents(
                    *(one.shape for one in node.inputs)
                )
                terms = math.prod(extents.values())
                if terms > MOST_PRODUCTS:
                    return False
            elif record.name in CHOOSING and _choices(node) > MOST_CHOICES:
                return False
            terms = max(terms // size, *(math.prod(one.shape) // size for one in node.inputs), 1)
        work += terms * -(-size // 16)
    return work <= MOST_OPERATIONS


def _choices(node: Node) -> int:
    """How many places a run-time index of `gather`, `take` and their adjoints chooses among."""
    name, parameters = node.operation.name if node.operation else "", node.parameters
    if name == "accumulate":
        return parameters["count"] * math.prod(node.inputs[0].shape)
    if name == "take":
        return node.inputs[0].shape[0]
    return node.inputs[0].shape[parameters["dim"]]


class Registers:
    """Emits a graph's nodes as vectors.

    Args:
        builder: where to append.
    """

    def __init__(self, builder: Builder):
        self.machine = Machine(builder)
        self.started: dict[Node, Node] = {}
        self.values: dict[Node, Value] = {}
        self.strange: Register = I64(0)  # not 0 where an index was outside of its dimension

    def emit(self, graph: Graph, given: dict[Node, Value]) -> list[Value]:
        """The outputs' values; `given` are the inputs'."""
        values = self.values = dict(given)
        self.started = started_products(graph)
        waiting = set(self.started.values())
        for node in graph.nodes:
            if node not in values and node not in waiting:
                values[node] = self.node(node)
        return [values[node] for node in graph.outputs]

    def node(self, node: Node) -> Value:
        """The value of one node, whose inputs have theirs."""
        record = node.operation
        if record is None:
            return literals(node.value)
        if node in self.started:
            return self._product_and_start(node, self.started[node])
        inputs = [self.values[source] for source in node.inputs]
        if record.native is not None:
            shapes = [one.shape for one in node.inputs]
            aligned = [
                self.broadcast(one, shape, node.shape)
                for one, shape in zip(inputs, shapes, strict=True)
            ]
            return record.native(self.machine, *aligned, **node.parameters)
        return RULES[record.name](self, node, *inputs, **node.parameters)

    def _product_and_start(self, node: Node, product: Node) -> Value:
        """A product and what is added to it: its sum starts from that, one addition shorter."""
        other = next(one for one in node.inputs if one is not product)
        start = self.broadcast(self.values[other], other.shape, node.shape)
        a, b = (self.values[source] for source in product.inputs)
        return _contract(self, product, a, b, product.parameters["pattern"], start)

    def broadcast(self, value: Value, shape: tuple[int, ...], to: tuple[int, ...]) -> Value:
        """`value` on the places of a shape that it broadcasts to."""
        return self.moved(value, np.broadcast_to(places(shape), to))

    def moved(self, value: Value, source: np.ndarray) -> Value:
        """The numbers of `value` at the places `source`; −1 means zero."""
        flat = source.reshape(-1).tolist()
        if -1 not in flat:
            return self.machine.shuffle(value, flat)
        zero = literal(0, value.dtype, value.lanes)
        if value.lanes == 1:
            mask = [0 if place == 0 else 1 for place in flat]
            pair = self.machine.joined([value, zero])
            return self.machine.shuffle(pair, mask)
        mask = [value.lanes if place == -1 else place for place in flat]
        return self.machine.shuffle(value, mask, zero)

    def index(self, index: Value, count: int) -> Value:
        """A run-time index among `count` places, with a note of whether it is none of them."""
        m = self.machine
        index = m.cast(index, INT64)
        outside = m.builder.icmp_unsigned(">=", index.ir, m.constant(count, index).ir)
        bits = ir.IntType(index.lanes)
        if index.lanes > 1:
            outside = m.builder.icmp_unsigned("!=", m.builder.bitcast(outside, bits), bits(0))
        self.strange = m.builder.or_(self.strange, m.builder.zext(outside, I64))
        return index

    def tree(self, terms: list[Value], join: Callable[[Value, Value], Value]) -> Value:
        """All terms joined in pairs, which is the shortest way."""
        while len(terms) > 1:
            pairs = itertools.zip_longest(terms[::2], terms[1::2])
            terms = [one if other is None else join(one, other) for one, other in pairs]
        return terms[0]

    def products(self, a: list[Value], b: list[Value], start: Value | None = None) -> Value:
        """The sum of products, and of `start`: two by two, then in pairs."""
        m = self.machine
        sums = []
        for at in range(0, len(a), 2):
            first = start if at == 0 else None
            product = a[at], b[at]
            total = m.mul(*product) if first is None else m.multiply_add(*product, first)
            if at + 1 < len(a):
                total = m.multiply_add(a[at + 1], b[at + 1], total)
            sums.append(total)
        return self.tree(sums, m.add)


# --- movements ---


def _move(registers: Registers, node: Node, value: Value, **parameters: Any) -> Value:
    assert node.operation is not None
    return registers.moved(value, node.operation.numpy(places(node.inputs[0].shape), **parameters))


def _pad(registers: Registers, node: Node, operand: Value, edges: Any, value: float) -> Value:
    assert node.operation is not None
    source = node.operation.numpy(places(node.inputs[0].shape), edges=edges, value=-1)
    moved = registers.moved(operand, source)
    if not value:
        return moved
    inside = literals(np.asarray(source).reshape(-1) >= 0)
    return registers.machine.where(inside, moved, registers.machine.constant(value, moved))


def _cat(registers: Registers, node: Node, *values: Value, dim: int) -> Value:
    machine = registers.machine
    singles = [
        machine.lane(value, place)
        for value, source in zip(values, node.inputs, strict=True)
        for place in range(math.prod(source.shape))
    ]
    starts = np.cumsum([0, *(math.prod(one.shape) for one in node.inputs)])
    order = np.concatenate(
        [places(one.shape) + at for one, at in zip(node.inputs, starts[:-1], strict=True)], axis=dim
    )
    return machine.joined([singles[place] for place in order.reshape(-1)])


# --- reductions ---


def _rows(shape: tuple[int, ...], dims: Sequence[int]) -> np.ndarray:
    """(terms, results): the places that each result of a reduction joins."""
    rest = [dim for dim in range(len(shape)) if dim not in dims]
    lined = places(shape).transpose([*dims, *rest])
    return lined.reshape(math.prod(shape[dim] for dim in dims), -1)


def _reduce(word: str) -> Rule:
    def rule(
        registers: Registers, node: Node, value: Value, dims: tuple[int, ...], keepdim: bool
    ) -> Value:
        value = registers.machine.cast(value, node.dtype)
        rows = _rows(node.inputs[0].shape, dims)
        terms = [registers.moved(value, row) for row in rows]
        return registers.tree(terms, getattr(registers.machine, word))

    return rule


def _count(registers: Registers, node: Node, value: Value, dims: tuple[int, ...]) -> Value:
    return literal(math.prod(node.inputs[0].shape[dim] for dim in dims), node.dtype)


def _position(comparison: str) -> Rule:
    """The first place of the extreme: the earlier stays unless the later is beyond it, or NaN."""

    def rule(registers: Registers, node: Node, value: Value, dim: int) -> Value:
        m = registers.machine
        rows = _rows(node.inputs[0].shape, [dim])
        best = registers.moved(value, rows[0])
        place = literal(0, INT64, best.lanes)
        for number, row in enumerate(rows[1:], 1):
            other = registers.moved(value, row)
            better = getattr(m, comparison)(other, best)
            if value.dtype.kind == "f":
                better = m.logical_or(better, m.isnan(other))
                better = m.logical_and(better, m.logical_not(m.isnan(best)))
            best = m.where(better, other, best)
            place = m.where(better, literal(number, INT64, best.lanes), place)
        return place

    return rule


def _running(word: str) -> Rule:
    def rule(registers: Registers, node: Node, value: Value, dim: int) -> Value:
        m = registers.machine
        value = m.cast(value, node.dtype)
        rows = _rows(node.shape, [dim])
        total = registers.moved(value, rows[0])
        parts = [m.lane(total, lane) for lane in range(total.lanes)]
        for row in rows[1:]:
            total = getattr(m, word)(total, registers.moved(value, row))
            parts += [m.lane(total, lane) for lane in range(total.lanes)]
        order = np.argsort(rows.reshape(-1))
        return m.joined([parts[place] for place in order])

    return rule


# --- products ---


def _contract(
    registers: Registers, node: Node, a: Value, b: Value, pattern: Pattern,
    start: Value | None = None,
) -> Value:  # fmt: skip
    """For each term of the sum one shuffle of either operand."""
    maps = terms_of(pattern, node.inputs[0].shape, node.inputs[1].shape, node.shape)
    left = [registers.moved(a, row) for row in maps[0]]
    right = [registers.moved(b, row) for row in maps[1]]
    return registers.products(left, right, start)


# --- places known at run time ---


def _chosen(registers: Registers, index: Value, sources: list[Value]) -> Value:
    """The value of `sources` that each lane of the index names."""
    m = registers.machine
    index = registers.index(index, len(sources))
    result = sources[0]
    for number, source in enumerate(sources[1:], 1):
        result = m.where(m.eq(index, m.constant(number, index)), source, result)
    return result


def _take(registers: Registers, node: Node, a: Value, index: Value) -> Value:
    source, where = (one.shape for one in node.inputs)
    rows = places(source)
    spread = places(where).reshape((*where, *(1,) * (len(source) - 1)))
    index = registers.moved(index, np.broadcast_to(spread, node.shape))
    sources = [registers.moved(a, np.broadcast_to(row, node.shape)) for row in rows]
    return _chosen(registers, index, sources)


def _gather(registers: Registers, node: Node, a: Value, index: Value, dim: int) -> Value:
    grid = np.indices(node.shape)
    sources = []
    for number in range(node.inputs[0].shape[dim]):
        at = [np.full_like(axis, number) if d == dim else axis for d, axis in enumerate(grid)]
        sources.append(registers.moved(a, places(node.inputs[0].shape)[tuple(at)]))
    return _chosen(registers, index, sources)


def _added(
    registers: Registers, total: Value, index: Value, source: Value, goal: np.ndarray,
    maps: list[tuple[np.ndarray, np.ndarray]], count: int,
) -> Value:  # fmt: skip
    """`total` plus, at each place, the numbers whose index is that place's `goal`."""
    m = registers.machine
    wanted = literals(np.ascontiguousarray(goal, np.int64))
    index = registers.index(index, count)
    nothing = literal(0, total.dtype, total.lanes)
    for at_index, at_source in maps:
        known = np.where(at_index < 0, 0, at_index)
        same = m.eq(registers.moved(index, known), wanted)
        same = m.logical_and(same, literals(at_index.reshape(-1) >= 0))
        total = m.add(total, m.where(same, registers.moved(source, at_source), nothing))
    return total


def _scatter_add(
    registers: Registers, node: Node, a: Value, index: Value, source: Value, dim: int
) -> Value:
    shape, extents, wide = (one.shape for one in node.inputs)
    grid = np.indices(shape)
    maps = []
    for place in range(extents[dim]):
        at = [np.full(shape, place) if d == dim else axis for d, axis in enumerate(grid)]
        inside = np.logical_and.reduce([one < n for one, n in zip(at, extents, strict=True)])
        safe = tuple(np.minimum(one, n - 1) for one, n in zip(at, extents, strict=True))
        maps.append(
            (np.where(inside, places(extents)[safe], -1), np.where(inside, places(wide)[safe], 0))
        )
    return _added(registers, a, index, source, grid[dim], maps, shape[dim])


def _accumulate(registers: Registers, node: Node, index: Value, rows: Value, count: int) -> Value:
    size = math.prod(node.inputs[0].shape)
    lined = places(node.inputs[1].shape).reshape(size, -1)
    total = literal(0, node.dtype, math.prod(node.shape))
    wide = (count, lined.shape[1])
    maps = [(np.full(wide, place), np.broadcast_to(lined[place], wide)) for place in range(size)]
    goal = np.broadcast_to(np.arange(count)[:, None], wide)
    return _added(registers, total, index, rows, goal, maps, count)


def _overlap_add(
    registers: Registers, node: Node, value: Value, steps: Any, extents: tuple[int, ...]
) -> Value:
    """For each place of a window one shuffle, which lays it where it belongs."""
    assert node.operation is not None
    shape, dims = node.inputs[0].shape, len(steps)
    numbers = places(shape)
    terms = []
    for place in np.ndindex(*shape[len(shape) - dims :]):
        alone = np.zeros(shape, np.int64)
        alone[(..., *place)] = numbers[(..., *place)] + 1
        terms.append(registers.moved(value, node.operation.numpy(alone, steps, extents) - 1))
    return registers.tree(terms, registers.machine.add)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("reshape", "permute", "expand", "flip", "slice", "windows"), _move),
    "pad": _pad,
    "cat": _cat,
    "sum": _reduce("add"),
    "prod": _reduce("mul"),
    "amax": _reduce("maximum"),
    "amin": _reduce("minimum"),
    "any": _reduce("logical_or"),
    "all": _reduce("logical_and"),
    "count": _count,
    "argmax": _position("gt"),
    "argmin": _position("lt"),
    "cumsum": _running("add"),
    "cumprod": _running("mul"),
    "contract": _contract,
    "take": _take,
    "gather": _gather,
    "scatter_add": _scatter_add,
    "accumulate": _accumulate,
    "overlap_add": _overlap_add,
}
CHOOSING = {"take", "gather", "scatter_add", "accumulate"}
