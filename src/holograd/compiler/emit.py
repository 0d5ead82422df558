"""Loops and expressions as instructions: what the emission of every nest shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import ir

from holograd.compiler.expressions import (
    Apply,
    Buffer,
    Constant,
    Count,
    Expression,
    Index,
    Load,
    Position,
    Result,
)
from holograd.compiler.index import Extent, Loop
from holograd.compiler.loops import parts
from holograd.compiler.machine import (
    BOOL,
    I64,
    POINTER,
    Builder,
    Machine,
    Register,
    Value,
    literal,
    literals,
    scalar_type,
    widened,
)
from holograd.compiler.memory_access import STRANGE, Lanes, MemoryAccess
from holograd.compiler.target import Level
from holograd.ops.table import INT64


class Emitter(MemoryAccess):
    """Emits one function: void (memory, first row, behind the last row), and a pointer for each
    buffer outside of memory.

    Args:
        module: where to.
        name: of the function.
        level: the machine.
        offsets: where each buffer lies in memory, in bytes.
        checked: whether to compare each access with its buffer.
        outside: buffers that lie elsewhere: the data of a training run.
    """

    def __init__(
        self, module: ir.Module, name: str, level: Level, offsets: dict[Buffer, int],
        checked: bool = False, outside: Sequence[Buffer] = (),
    ):  # fmt: skip
        kind = ir.FunctionType(ir.VoidType(), [POINTER, I64, I64, *(POINTER for _ in outside)])
        self.function = ir.Function(module, kind, name)
        self.function.linkage = "internal"
        self.function.attributes.add("noinline")
        self.memory, self.first, self.batch = self.function.args[:3]
        self.outside = dict(zip(outside, self.function.args[3:], strict=True))
        self.entry = self.function.append_basic_block("entry")
        self.builder: Builder = ir.IRBuilder(self.function.append_basic_block("body"))
        self.machine = Machine(self.builder)
        self.level, self.offsets, self.checked = level, offsets, checked
        self.places: dict[Loop, Any] = {}  # where each open loop is
        self.memo: list[dict[int, Value]] = [{}]
        self.lanes = Lanes()
        self.dependences: dict[int, frozenset[Any]] = {}

    def finish(self) -> None:
        """Ends the function."""
        self.builder.ret_void()
        start = self.function.blocks[1]
        ir.IRBuilder(self.entry).branch(start)

    # --- loops ---

    def extent(self, extent: Extent) -> Any:
        """How many places there are, as a value."""
        if not extent.batch:
            return I64(extent.scale)
        return self.builder.mul(self.batch, I64(extent.scale)) if extent.scale != 1 else self.batch

    def start(self, extent: Extent) -> Any:
        """Where a loop begins: at the first row that the function is called for."""
        if not extent.batch:
            return I64(0)
        return self.builder.mul(self.first, I64(extent.scale)) if extent.scale != 1 else self.first

    def whole(self, extent: Extent) -> Any:
        """How many places there are in the whole batch."""
        if not extent.batch:
            return I64(extent.scale)
        rows = self.builder.load(self.memory, typ=I64, align=8)
        return self.builder.mul(rows, I64(extent.scale)) if extent.scale != 1 else rows

    @contextmanager
    def loop(self, start: Any, stop: Any, step: int) -> Iterator[Register]:
        """Turns from `start` to before `stop`; gives the variable."""
        builder = self.builder
        before = builder.block
        head = builder.append_basic_block("head")
        body = builder.append_basic_block("turn")
        after = builder.append_basic_block("after")
        builder.branch(head)
        builder.position_at_end(head)
        variable = builder.phi(I64)
        variable.add_incoming(start, before)
        builder.cbranch(builder.icmp_signed("<", variable, stop), body, after)
        builder.position_at_end(body)
        with self.scope():
            yield variable
        variable.add_incoming(builder.add(variable, I64(step), flags=("nsw",)), builder.block)
        builder.branch(head)
        builder.position_at_end(after)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """What is computed inside is forgotten afterwards."""
        self.memo.append({})
        yield
        self.memo.pop()

    def nested(
        self, loops: Sequence[Loop], body: Callable[[], None], wanted: Sequence[Expression] = ()
    ) -> None:
        """`body` inside of all loops, one number a turn; `wanted` are computed where they can."""
        self.prepare(wanted)
        if not loops:
            body()
            return
        extent = loops[0].extent
        with self.loop(self.start(extent), self.extent(extent), 1) as place:
            self.places[loops[0]] = place
            self.nested(loops[1:], body, wanted)
        del self.places[loops[0]]

    def prepare(self, wanted: Sequence[Expression]) -> None:
        """Computes what needs no loop that is not open yet, so that inner loops find it."""
        for one in wanted:
            if not isinstance(one, Constant | Count) and self.needs(one) <= self.places.keys():
                self.value(one)

    def needs(self, expression: Expression) -> frozenset[Any]:
        """The loops, and results, that an expression depends on."""
        key = id(expression)
        if key not in self.dependences:
            found: set[Any] = set()
            for one in parts(expression):
                found |= self.needs(one)
            if isinstance(expression, Load | Position):
                found |= {loop for loop, _ in expression.place.terms}
            if isinstance(expression, Result):
                found.add("result")
            self.dependences[key] = frozenset(found)
        return self.dependences[key]

    def vectors(self, loop: Loop, width: int, body: Callable[[], None], single: bool) -> None:
        """`body` for all turns of a loop, `width` at a time, and the rest masked or one by one.

        Args:
            loop: the loop.
            width: turns at once.
            body: emits them, by `self.lanes`.
            single: whether lanes are accessed one by one, which no run-time mask can steer.
        """
        extent = loop.extent
        start, stop = self.start(extent), self.extent(extent)
        if not extent.batch and extent.scale < width:
            width = 1 << max(extent.scale - 1, 0).bit_length()
        whole, rest = divmod(extent.scale, width)
        if extent.batch:
            rows = self.builder.sub(stop, start)
            whole_vectors = self.builder.mul(self.builder.sdiv(rows, I64(width)), I64(width))
            end = self.builder.add(start, whole_vectors)
        else:
            end = I64(whole * width)
        if extent.batch or whole > 1:
            with self.loop(start, end, width) as place:
                self._turns(loop, place, Lanes(width, loop if width > 1 else None), body)
        elif whole:
            with self.scope():
                self._turns(loop, I64(0), Lanes(width, loop if width > 1 else None), body)
        if width == 1 or (not extent.batch and not rest):
            return
        if extent.batch and self.level.masks and not single:
            left = self.builder.sub(stop, end)
            with self._if(self.builder.icmp_signed(">", left, I64(0))), self.scope():
                limit = self.machine.splat(Value(left, INT64), width)
                numbers = literals(np.arange(width, dtype=np.int64))
                mask = self.machine.lt(numbers, limit).ir
                self._turns(loop, end, Lanes(width, loop, None, mask), body)
        elif not extent.batch and self.level.masks:
            width = 1 << (rest - 1).bit_length() if rest > 1 else 1
            mask = literals(np.arange(width) < rest).ir if width > 1 else None
            lanes = Lanes(width, loop, rest, mask if rest < width else None)
            with self.scope():
                self._turns(loop, end, lanes if width > 1 else Lanes(), body)
        else:
            with self.loop(end, stop, 1) as place:
                self._turns(loop, place, Lanes(), body)

    @contextmanager
    def _if(self, condition: Register) -> Iterator[None]:
        then = self.builder.append_basic_block("some")
        after = self.builder.append_basic_block("after")
        self.builder.cbranch(condition, then, after)
        self.builder.position_at_end(then)
        yield
        self.builder.branch(after)
        self.builder.position_at_end(after)

    def _turns(self, loop: Loop, place: Any, lanes: Lanes, body: Callable[[], None]) -> None:
        before, self.lanes = self.lanes, lanes
        self.places[loop] = place
        body()
        del self.places[loop]
        self.lanes = before

    # --- expressions ---

    def value(self, expression: Expression) -> Value:
        """An expression's number, or numbers where it depends on the loop of the lanes."""
        key = id(expression)
        for known in reversed(self.memo):
            if key in known:
                return known[key]
        made = self._made(expression)
        self.memo[-1][key] = made
        return made

    def _made(self, one: Expression) -> Value:
        if isinstance(one, Constant):
            return literal(one.number, one.dtype)
        if isinstance(one, Load):
            return self.load(one.buffer, one.place)
        if isinstance(one, Apply):
            inputs = [self.value(part) for part in one.inputs]
            count = max(value.lanes for value in inputs)
            inputs = [self.machine.splat(value, count) for value in inputs]
            assert one.operation.native is not None
            return one.operation.native(self.machine, *inputs, **one.parameters)
        if isinstance(one, Position):
            return self.number(one.place)
        if isinstance(one, Count):
            return self.machine.cast(Value(self.whole(one.extent), INT64), one.dtype)
        if isinstance(one, Index):
            return self._index(one)
        raise AssertionError(f"{one} has no value here")

    def _index(self, one: Index) -> Value:
        m = self.machine
        index = m.cast(self.value(one.source), INT64)
        extent = m.splat(Value(self.whole(one.extent), INT64), index.lanes)
        unsigned = self.builder.icmp_unsigned("<", index.ir, extent.ir)
        strange = self.builder.not_(unsigned)
        if index.lanes > 1:
            if self.lanes.mask is not None and index.lanes == self.lanes.count:
                strange = self.builder.and_(strange, self.lanes.mask)
            strange = self._any(strange, index.lanes)
        self.count_at(STRANGE, strange)
        return m.where(Value(unsigned, BOOL), index, m.constant(0, index))

    def _any(self, truth: Register, lanes: int) -> Register:
        bits = self.builder.bitcast(truth, ir.IntType(lanes))
        return self.builder.icmp_unsigned("!=", bits, ir.IntType(lanes)(0))

    # --- accumulators ---

    def variable(self, dtype: np.dtype, lanes: int, start: Any) -> Register:
        """Memory for a number that changes in a loop; LLVM makes a register of it."""
        kind = widened(scalar_type(dtype), lanes)
        slot = ir.IRBuilder(self.entry).alloca(kind)
        self.builder.store(literal(start, dtype, lanes).ir, slot)
        return slot

    def get(self, slot: Register, dtype: np.dtype) -> Value:
        """What a variable holds."""
        return Value(self.builder.load(slot, typ=slot.allocated_type), dtype)

    def put(self, slot: Register, value: Value) -> None:
        """Gives a variable a value."""
        self.builder.store(value.ir, slot)
