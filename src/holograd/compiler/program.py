"""A captured step as one native function: from its graph to IR, through all passes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir

from holograd.compiler import registers as tiny
from holograd.compiler import straight
from holograd.compiler.emit_step import StepEmitter
from holograd.compiler.expressions import Buffer, Load
from holograd.compiler.extents import Extents
from holograd.compiler.fuse import Fusion
from holograd.compiler.index import Extent, of, total
from holograd.compiler.layout import Layouts
from holograd.compiler.loops import Call, Nest, Store, collapsed
from holograd.compiler.machine import (
    I8,
    I64,
    POINTER,
    Machine,
    Register,
    Value,
    memory_type,
    widened,
)
from holograd.compiler.memory_access import HEADER
from holograd.compiler.nests import Nests
from holograd.compiler.plan import in_place, plan
from holograd.compiler.reader import loops_over, named, room, row_strides
from holograd.compiler.rewriting import make
from holograd.compiler.straight import Straight
from holograd.compiler.sweep import Item, loads, swept
from holograd.compiler.target import Effort, Level, Library
from holograd.graph import Graph, Node

# Nodes. One function of more is compiled slowly, and in pieces it runs almost as quickly.
SCALARS_IN_REGISTERS = 128


class Program:
    """A graph compiled: `ir` holds the function step(memory), `offsets` where its arrays lie.

    Args:
        graph: simplified.
        extents: its dimensions.
        states: pairs of an input and the position of its new value among the outputs (None where
            it stays): kept in the arena from step to step.
        batch: the most rows of a batch.
        level: the machine.
        checked: whether to compare each access with its buffer.
        registers: whether small graphs may live in registers.
    """

    def __init__(
        self,
        graph: Graph,
        extents: Extents,
        states: Sequence[tuple[Node, int | None]],
        batch: int,
        level: Level,
        checked: bool = False,
        registers: bool = True,
    ):
        self.graph, self.extents = _with_own_outputs(graph, extents)
        self.states, self.batch, self.level, self.checked = list(states), batch, level, checked
        self.scratch = 0
        self.nests: list[Item] = []
        self.fusion: Fusion | None = None
        self.module = ir.Module("holograd")
        scalars = straight.fits(self.graph)
        self.in_registers = (
            registers
            and tiny.fits(self.graph)
            and not (scalars and len(self.graph.nodes) > SCALARS_IN_REGISTERS)
            and not any(one.batch for node in self.graph.nodes for one in self.extents[node])
        )
        self.straight: Straight | None = None
        if self.in_registers:
            self._plan_scalars()
            self._emit_registers()
        elif scalars:
            self._plan_straight()
            self._emit_straight()
        else:
            self._plan_loops()
            self._emit_loops()

    def library(self, names: tuple[str, ...]) -> Library:
        """The program as functions."""
        return Library(str(self.module), self.level, names, self.effort)

    @property
    def effort(self) -> Effort:
        """How much LLVM does to it."""
        if self.in_registers:
            return Effort.MUCH
        many = self.straight is not None and self.straight.many
        return Effort.LITTLE if many else Effort.SOME

    # --- where inputs and outputs lie ---

    def buffer(self, node: Node) -> Buffer:
        """The memory of an input or an output."""
        return self.buffers[node]

    def view(self, memory: np.ndarray, node: Node) -> np.ndarray:
        """The array of an input or an output, in the arena."""
        buffer = self.buffers[node]
        shape = tuple(one.capacity(self.batch) for one in buffer.extents)
        start = self.plan.offsets[buffer]
        size = buffer.dtype.itemsize
        flat = memory[start : start + buffer.size * size].view(buffer.dtype)
        strides = tuple(stride * size for stride in buffer.strides)
        return np.lib.stride_tricks.as_strided(flat, shape, strides)

    def prepare(self, memory: np.ndarray) -> None:
        """Writes the constants into an arena."""
        for buffer in self.plan.offsets:
            if buffer.value is not None:
                _write(memory, self.plan.offsets[buffer], buffer.value)
        for place, value in self.straight.constants() if self.straight is not None else ():
            _write(memory, self.plan.end + place, value)

    def _kept(self) -> list[Buffer]:
        """States first, one behind the other; then the other inputs, constants, and results."""
        states = [self.buffers[node] for node, _ in self.states]
        inputs = [self.buffers[node] for node in self.graph.inputs]
        constants = [one for one in self.buffers.values() if one.value is not None]
        outputs = [self.buffers[node] for node in self.graph.outputs]
        own = [one for one in [*inputs, *constants, *outputs] if one not in self.same]
        return list(dict.fromkeys([*states, *own]))

    @property
    def state_bytes(self) -> tuple[int, int]:
        """The piece of the arena that holds the states: first byte, and behind the last."""
        ends = [
            (self.plan.offsets[one], one.size * one.dtype.itemsize)
            for one in (self.buffers[node] for node, _ in self.states)
        ]
        if not ends:
            return HEADER, HEADER
        return min(start for start, _ in ends), max(start + size for start, size in ends)

    # --- small graphs ---

    def _plan_scalars(self) -> None:
        """Inputs and outputs alone have memory."""
        self.buffers = {}
        for number, node in enumerate([*self.graph.inputs, *self.graph.outputs]):
            own = self.extents[node]
            strides = row_strides(own, tuple(range(len(own))), 1)
            self.buffers[node] = Buffer(named(node, number), node.dtype, own, strides, room(own, 1))
        self.same = {
            self.buffers[self.graph.outputs[place]]: self.buffers[node]
            for node, place in self.states if place is not None
        }  # fmt: skip
        self.plan = plan(self._kept(), [], self.same, close=self.of_numbers)

    @property
    def of_numbers(self) -> bool:
        """Whether only float64 scalars go in and out, and nothing stays."""
        nodes = [*self.graph.inputs, *self.graph.outputs]
        return not self.states and all(
            not node.shape and node.dtype == np.float64 for node in nodes
        )

    def load_inputs(
        self, machine: Machine, memory: Register, nodes: Sequence[Node]
    ) -> dict[Node, Value]:
        """Whole arrays as vectors."""
        return {node: self._load(machine, memory, self.buffers[node]) for node in nodes}

    def _load(self, machine: Machine, memory: Register, buffer: Buffer) -> Value:
        builder = machine.builder
        address = builder.gep(memory, [I64(self.plan.offsets[buffer])], source_etype=I8)
        kind = widened(memory_type(buffer.dtype), buffer.size)
        loaded = builder.load(address, align=8, typ=kind)
        if buffer.dtype == bool:
            nothing = ir.Constant(kind, None) if buffer.size > 1 else kind(0)
            loaded = builder.icmp_unsigned("!=", loaded, nothing)
        return Value(loaded, buffer.dtype)

    def store_output(self, machine: Machine, memory: Register, node: Node, value: Value) -> None:
        """A vector as a whole array."""
        builder, buffer = machine.builder, self.buffers[node]
        address = builder.gep(memory, [I64(self.plan.offsets[buffer])], source_etype=I8)
        stored = value.ir
        if buffer.dtype == bool:
            stored = builder.zext(stored, widened(I8, buffer.size))
        builder.store(stored, address, align=8)

    def _emit_registers(self) -> None:
        function = ir.Function(self.module, ir.FunctionType(I64, [POINTER]), "step")
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        registers = tiny.Registers(builder)
        (memory,) = function.args
        given = self.load_inputs(registers.machine, memory, self.graph.inputs)
        values = registers.emit(self.graph, given)
        for node, value in zip(self.graph.outputs, values, strict=True):
            self.store_output(registers.machine, memory, node, value)
        builder.ret(registers.strange)

    # --- large graphs of scalars ---

    def _plan_straight(self) -> None:
        self._plan_scalars()
        self.straight = Straight(self.graph, self.level, list(self.buffers))
        self.scratch = self.straight.bytes

    def _emit_straight(self) -> None:
        assert self.straight is not None

        def address(machine: Machine, memory: Any, node: Node) -> Any:
            offset = I64(self.plan.offsets[self.buffers[node]])
            return machine.builder.gep(memory, [offset], source_etype=I8)

        names = self.straight.emit(self.module, self.plan.end, address)
        function = ir.Function(self.module, ir.FunctionType(I64, [POINTER]), "step")
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        for name in names:
            builder.call(self.module.globals[name], function.args)
        builder.ret(I64(0))

    # --- loops ---

    def _plan_loops(self) -> None:
        tied = [
            (node, self.graph.outputs[place]) for node, place in self.states if place is not None
        ]
        lanes = self.level.lanes(np.dtype(np.float32))
        layouts = Layouts(self.graph, self.extents, tied, lanes)
        self.fusion = Fusion(self.graph, self.extents)
        made = Nests(self.fusion, self.extents, layouts, self.batch)
        self.buffers = made.buffers
        program: list[Nest | Call] = made.program
        pairs = [(self.buffers[node], self.buffers[new]) for node, new in tied]
        self.same = in_place(program, pairs)
        for old, new in pairs:
            if new not in self.same:
                program.append(_copy(old, new))
        _drop_unread(program, {self.buffers[node] for node in self.graph.outputs})
        self.nests = swept(program, self.same)
        self.plan = plan(self._kept(), self.nests, self.same, close=self.of_numbers)

    def _emit_loops(self) -> None:
        emitter = StepEmitter(self.module, self.level, self.plan, self.checked)
        emitter.emit(self.nests)
        self.scratch = emitter.scratch

    # --- what people see ---

    def show(self, stage: str) -> str:
        """The program after a pass, as text."""
        text = io.StringIO()
        if stage == "simplify":
            text.write(listing(self.graph))
        elif self.in_registers and stage in ("fuse", "loops"):
            text.write("every array is one vector register: nothing to fuse, and no loops\n")
        elif self.straight is not None and stage in ("fuse", "loops"):
            for length, nodes in self.straight.pieces:
                over = f", over {length} lanes" if length > 1 else ""
                text.write(f"{len(nodes)} operations as straight code{over}\n")
        elif stage == "fuse":
            assert self.fusion is not None
            names = {
                node: f"{node.operation.name if node.operation else 'input'}{place}"
                for place, node in enumerate(self.graph.nodes)
            }
            for number, group in enumerate(self.fusion.groups):
                stores = ", ".join(names[one] for one in group.stores)
                first = "" if group.anchor in (None, *group.stores) else f"{names[group.anchor]} → "
                text.write(f"{number}: {first}{stores}\n")
        elif stage == "plan":
            text.write("\n".join(self.plan.lines(self.nests)) + "\n")
        elif stage == "loops":
            for nest in self.nests:
                text.write("\n".join(nest.lines()) + "\n")
        return text.getvalue()


def listing(graph: Graph) -> str:
    """A graph as lines, a node each."""
    names = {node: f"v{place}" for place, node in enumerate(graph.nodes)}
    lines = []
    for node in graph.nodes:
        kind = f"{node.dtype}[{', '.join(map(str, node.shape))}]"
        if node.operation is None:
            what = _leaf(node)
        else:
            given = [names[one] for one in node.inputs]
            given += [f"{name}={value}" for name, value in node.parameters.items()]
            what = f"{node.operation.name}({', '.join(given)})"
        place = f"  in {node.scope}" if node.scope else ""
        lines.append(f"{names[node]:>5} {kind:<20} {what}{place}\n")
    lines.append("returns " + ", ".join(names[node] for node in graph.outputs) + "\n")
    return "".join(lines)


def _leaf(node: Node) -> str:
    """What a listing says of an input or a constant."""
    value = node.value
    if isinstance(value, np.ndarray) and value.size:
        first = value.reshape(-1)[0]
        number = f"= {first:g}" if value.dtype != bool else f"= {first}"
        return number if (value == first).all() else "constant"
    return node.name or ("parameter" if node.requires_grad else "state")


def _with_own_outputs(graph: Graph, extents: Extents) -> tuple[Graph, Extents]:
    """The graph in which each output is a node of its own, and none is an input or a constant."""
    seen: set[Node] = set()
    outputs = []
    extents = dict(extents)
    for node in graph.outputs:
        own = node
        if node.operation is None or node in seen:
            own = make("identity", node, like=node)
            extents[own] = extents[node]
        seen.add(own)
        outputs.append(own)
    return Graph(graph.inputs, outputs), extents


def _write(memory: np.ndarray, start: int, value: np.ndarray) -> None:
    numbers = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
    memory[start : start + numbers.size] = numbers


def _drop_unread(nests: Sequence[Nest | Call], wanted: set[Buffer]) -> None:
    """Takes away stores that no other nest reads: what its own nest needs is in registers."""
    read = {load.buffer for nest in nests for load in loads(nest)}
    for nest in nests:
        if isinstance(nest, Nest) and len(nest.stores) > 1:
            kept = [one for one in nest.stores if one.buffer in read or one.buffer in wanted]
            nest.stores = kept or nest.stores[:1]


def _copy(old: Buffer, new: Buffer) -> Nest:
    """The nest that puts a state's new value where the old one lies."""
    loops = loops_over(old.extents)
    at = [of(one) for one in loops]
    value = Load(new.dtype, new, total(at, new.strides))
    store = Store(old, total(at, old.strides), value)
    order = sorted(
        (one for one in loops if one.extent != Extent(1)),
        key=lambda loop: -store.place.factor(loop),
    )
    return collapsed(Nest("keep the new value", order, None, [store]))
