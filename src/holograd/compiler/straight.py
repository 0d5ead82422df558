"""Large graphs of scalars, and of vectors of one length, as straight code in pieces.

A compiler's time grows faster than the function that it compiles, so the code is cut into functions
of bounded size; what one needs of another lies in memory. Vectors, which `roll` makes of repeated
expressions, are computed a few lanes at a time: a piece is a loop over those, with straight code
inside. A sum over lanes is taken beside it; what depends on it comes in later pieces.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir

from holograd.compiler.machine import (
    I1,
    I8,
    I64,
    POINTER,
    Machine,
    Value,
    literal,
    literals,
    memory_type,
    widened,
)
from holograd.compiler.target import Level
from holograd.graph import Graph, Node
from holograd.ops.table import INT64

FEWEST = 64  # operations; smaller graphs are not worth it
PIECE = 150  # operations of a function; more only make LLVM slow, and spill as much
MANY = 100  # operations from which on compiling quickly matters more
SAME = {"reshape", "expand"}  # the same number, or the same in all lanes


def fits(graph: Graph) -> bool:
    """Whether a graph consists of scalars, and of what `roll` makes of many."""
    if len(graph.nodes) < FEWEST or not any(node.operation for node in graph.nodes):
        return False
    return all(_fits(node) for node in graph.nodes) and all(
        _length(node) == 1 for node in (*graph.inputs, *graph.outputs)
    )


def _fits(node: Node) -> bool:
    record = node.operation
    if len(node.shape) > 1 or 0 in node.shape:
        return False
    if record is None or record.native is not None or record.name in SAME:
        return True
    if record.name == "sum":
        return len(node.inputs[0].shape) == 1 and node.parameters["dims"] == (0,)
    if record.name == "take":
        source, index = node.inputs
        fixed = index.operation is None and isinstance(index.value, np.ndarray)
        return len(source.shape) == 1 and not index.shape and fixed
    return record.name == "count"


def _length(node: Node) -> int:
    return node.shape[0] if node.shape else 1


class Straight:
    """Cuts a graph into pieces, and emits them.

    Args:
        graph: what to compute.
        level: the machine.
        outside: the nodes that have memory of their own: inputs and outputs.
    """

    def __init__(self, graph: Graph, level: Level, outside: Sequence[Node]):
        self.graph, self.outside = graph, set(outside)
        floats = [node.dtype for node in graph.nodes if node.dtype.kind == "f"]
        widest = max(floats, key=lambda kind: kind.itemsize, default=np.dtype(np.float64))
        self.lanes = level.lanes(widest)
        self.pieces = self._cut()
        self.place: dict[Node, int] = {}  # in memory, in bytes, of what several pieces need
        self.partial: dict[Node, int] = {}  # of the sums of each lane
        self.bytes = self._laid_out()

    # --- pieces ---

    def _cut(self) -> list[tuple[int, list[Node]]]:
        """The pieces in order: the length of their vectors, and their nodes."""
        rank: dict[Node, int] = {}
        groups: dict[tuple[int, int], list[Node]] = defaultdict(list)
        for node in self.graph.nodes:
            sources = [rank[one] for one in node.inputs]
            rank[node] = max(sources, default=0)
            name = node.operation.name if node.operation else ""
            if name in ("sum", "take") and _length(node.inputs[0]) > 1:
                rank[node] += 1  # it is there when the vector's loop is over
            if node.operation is None or name == "sum":
                continue
            groups[rank[node], _length(node)].append(node)
        pieces: list[tuple[int, list[Node]]] = []
        sums: dict[Node, list[Node]] = defaultdict(list)
        for node in self.graph.nodes:
            if node.operation is not None and node.operation.name == "sum":
                sums[node.inputs[0]].append(node)
        for (_, length), nodes in sorted(groups.items(), key=lambda pair: pair[0]):
            for start in range(0, len(nodes), PIECE):
                pieces.append((length, nodes[start : start + PIECE]))
        self.sums = sums
        return pieces

    def _laid_out(self) -> int:
        """Gives memory to what is needed in another piece than its own; returns its size."""
        home = {node: number for number, (_, nodes) in enumerate(self.pieces) for node in nodes}
        needed: dict[Node, None] = {}
        for node in self.graph.nodes:
            for source in node.inputs:
                if source not in self.outside and home.get(source) != home.get(node):
                    needed[source] = None
        top = 0
        for node in needed:
            constant = node.operation is None
            if constant and _length(node) == 1:
                continue
            unit = 8 if _length(node) == 1 else 64  # vectors begin at a cache line's start
            top = -(-top // unit) * unit
            self.place[node] = top
            top += _padded(_length(node), self.lanes) * node.dtype.itemsize
        top = -(-top // 64) * 64
        for nodes in self.sums.values():
            for node in nodes:
                self.partial[node] = top
                top += self.lanes * node.dtype.itemsize
        return top + 64

    @property
    def many(self) -> bool:
        """Whether there is so much code that compiling it is what takes time."""
        return sum(len(nodes) for _, nodes in self.pieces) > MANY

    def constants(self) -> list[tuple[int, np.ndarray]]:
        """The constant vectors: where they lie, and their numbers, padded with the last one."""
        found = []
        for node, place in self.place.items():
            if node.operation is None:
                width = _padded(_length(node), self.lanes)
                value = node.value.reshape(-1)
                padding = value[-1:].repeat(width - len(value))
                found.append((place, np.concatenate([value, padding])))
        return found

    # --- instructions ---

    def emit(
        self, module: ir.Module, offset: int, address: Callable[[Machine, Any, Node], Any]
    ) -> list[str]:
        """Adds a function a piece, void (memory), and returns their names.

        Args:
            module: where to.
            offset: where in memory the values that pieces share begin.
            address: of an input or an output: (machine, memory, node) → address.
        """
        names = []
        for number, (length, nodes) in enumerate(self.pieces):
            name = f"piece{number}"
            function = ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER]), name)
            function.linkage = "internal"
            function.attributes.add("noinline")
            _Piece(self, function, offset, address).emit(length, nodes)
            names.append(name)
        return names


def _padded(length: int, lanes: int) -> int:
    return length if length == 1 else -(-length // lanes) * lanes


class _Piece:
    """One function."""

    def __init__(
        self, plan: Straight, function: ir.Function, offset: int,
        address: Callable[[Machine, Any, Node], Any],
    ):  # fmt: skip
        self.plan, self.offset, self.address = plan, offset, address
        self.builder = ir.IRBuilder(function.append_basic_block("entry"))
        self.machine = Machine(self.builder)
        (self.memory,) = function.args
        self.values: dict[Node, Value] = {}
        self.chunk: Any = None  # the number of the first lane, within a loop

    def emit(self, length: int, nodes: list[Node]) -> None:
        builder = self.builder
        if length == 1:
            self._nodes(nodes, 1, None)
            builder.ret_void()
            return
        lanes = self.plan.lanes
        sums = [total for node in nodes for total in self.plan.sums.get(node, ())]
        for total in sums:
            nothing = literal(0, total.dtype, lanes).ir
            builder.store(nothing, self._partial(total), align=8)
        self._scalars(nodes)
        before = builder.block
        head, body = builder.append_basic_block("head"), builder.append_basic_block("lanes")
        after = builder.append_basic_block("after")
        builder.branch(head)
        builder.position_at_end(head)
        self.chunk = builder.phi(I64)
        self.chunk.add_incoming(I64(0), before)
        more = builder.icmp_signed("<", self.chunk, I64(_padded(length, lanes)))
        builder.cbranch(more, body, after)
        builder.position_at_end(body)
        inside = None
        if length % lanes and sums:
            left = self.machine.splat(Value(builder.sub(I64(length), self.chunk), INT64), lanes)
            inside = self.machine.lt(literals(np.arange(lanes, dtype=np.int64)), left)
        self._nodes(nodes, lanes, inside)
        self.chunk.add_incoming(builder.add(self.chunk, I64(lanes)), builder.block)
        builder.branch(head)
        builder.position_at_end(after)
        self.chunk = None
        for total in sums:
            self._finish(total)
        builder.ret_void()

    def _scalars(self, nodes: list[Node]) -> None:
        """Loads the scalars that all lanes share, before the loop."""
        inner = set(nodes)
        for node in nodes:
            for source in node.inputs:
                if source not in inner and _length(source) == 1:
                    self._value(source, 1)

    def _nodes(self, nodes: list[Node], lanes: int, inside: Value | None) -> None:
        plan, machine = self.plan, self.machine
        for node in nodes:
            record = node.operation
            assert record is not None
            if record.name in SAME:
                value = self._value(node.inputs[0], lanes)
            elif record.name == "count":
                dims = node.parameters["dims"]
                value = literal(np.prod([node.inputs[0].shape[d] for d in dims]), node.dtype)
            elif record.name == "take":
                value = self._element(node.inputs[0], int(node.inputs[1].value))
            else:
                inputs = [self._value(one, lanes) for one in node.inputs]
                assert record.native is not None
                value = record.native(machine, *inputs, **node.parameters)
            self.values[node] = value
            if node in plan.outside or node in plan.place:
                self._store(node, value)
            for total in plan.sums.get(node, ()):
                self._add_lanes(total, machine.splat(value, lanes), inside)

    def _value(self, node: Node, lanes: int) -> Value:
        """A node's number or numbers, computed here or loaded."""
        if node not in self.values:
            if node.operation is None and _length(node) == 1 and isinstance(node.value, np.ndarray):
                self.values[node] = literal(node.value.reshape(-1)[0], node.dtype)
            else:
                self.values[node] = self._loaded(node)
        return self.machine.splat(self.values[node], lanes)

    # --- memory ---

    def _place(self, node: Node, lane: Any = None) -> Any:
        if node in self.plan.outside:
            return self.address(self.machine, self.memory, node)
        byte = I64(self.offset + self.plan.place[node])
        if lane is not None:
            moved = self.builder.mul(lane, I64(node.dtype.itemsize))
            byte = self.builder.add(byte, moved)
        return self.builder.gep(self.memory, [byte], source_etype=I8)

    def _loaded(self, node: Node) -> Value:
        lanes = 1 if _length(node) == 1 else self.plan.lanes
        address = self._place(node, self.chunk if lanes > 1 else None)
        kind = widened(memory_type(node.dtype), lanes)
        loaded = self.builder.load(address, typ=kind, align=node.dtype.itemsize)
        if node.dtype == bool:
            nothing = ir.Constant(kind, None) if lanes > 1 else kind(0)
            loaded = self.builder.icmp_unsigned("!=", loaded, nothing)
        return Value(loaded, node.dtype)

    def _element(self, source: Node, place: int) -> Value:
        """One lane of a vector that lies in memory."""
        place += _length(source) if place < 0 else 0
        address = self._place(source, I64(place))
        kind = memory_type(source.dtype)
        loaded = self.builder.load(address, typ=kind, align=source.dtype.itemsize)
        if source.dtype == bool:
            loaded = self.builder.trunc(loaded, I1)
        return Value(loaded, source.dtype)

    def _store(self, node: Node, value: Value) -> None:
        lanes = 1 if _length(node) == 1 else self.plan.lanes
        value = self.machine.splat(value, lanes)
        stored = value.ir
        if node.dtype == bool:
            stored = self.builder.zext(stored, widened(I8, lanes))
        address = self._place(node, self.chunk if lanes > 1 else None)
        self.builder.store(stored, address, align=node.dtype.itemsize)

    # --- sums over lanes ---

    def _partial(self, total: Node) -> Any:
        byte = I64(self.offset + self.plan.partial[total])
        return self.builder.gep(self.memory, [byte], source_etype=I8)

    def _add_lanes(self, total: Node, value: Value, inside: Value | None) -> None:
        machine, builder = self.machine, self.builder
        value = machine.cast(value, total.dtype)
        if inside is not None:
            value = machine.where(inside, value, machine.constant(0, value))
        address = self._partial(total)
        so_far = Value(builder.load(address, typ=value.ir.type, align=8), total.dtype)
        builder.store(machine.add(so_far, value).ir, address, align=8)

    def _finish(self, total: Node) -> None:
        machine = self.machine
        kind = widened(memory_type(total.dtype), self.plan.lanes)
        loaded = self.builder.load(self._partial(total), typ=kind, align=8)
        value = Value(loaded, total.dtype)
        while value.lanes > 1:
            half = value.lanes // 2
            low = machine.shuffle(value, list(range(half)))
            high = machine.shuffle(value, list(range(half, value.lanes)))
            value = machine.add(low, high)
        self._store(total, value)
