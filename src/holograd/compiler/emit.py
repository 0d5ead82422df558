"""Loops and expressions as instructions: what the emission of every nest shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from holograd.compiler.index import Affine, Extent, Loop
from holograd.compiler.loops import Store, parts
from holograd.compiler.machine import (
    BOOL,
    I1,
    I8,
    I32,
    I64,
    POINTER,
    Builder,
    Machine,
    Register,
    Value,
    literal,
    literals,
    memory_type,
    scalar_type,
    widened,
)
from holograd.compiler.target import Level
from holograd.ops.table import INT64

# The first words of a step's memory: the batch's size, and how many indices were out of range and
# how many accesses outside of their buffers.
BATCH, STRANGE, OUTSIDE = 0, 8, 16
HEADER = 64


@dataclass
class Lanes:
    """Which numbers a body computes at once: `count` turns of `loop`, of which `mask` says which
    are there. Without a loop it is one."""

    count: int = 1
    loop: Loop | None = None
    active: int | None = None  # how many are there, where that is known
    mask: Register | None = None


class Emitter:
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

    def place_needs(self, place: Affine) -> frozenset[Any]:
        """The loops that a position depends on."""
        found = {loop for loop, _ in place.terms}
        for one, _ in place.computed:
            found |= self.needs(one)
        return frozenset(found)

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

    def wide(self, expression: Expression) -> Value:
        """An expression's numbers in all lanes."""
        return self.machine.splat(self.value(expression), self.lanes.count)

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

    def count_at(self, word: int, truth: Register) -> None:
        """Adds 1 to a word of the header where something holds."""
        address = self.builder.gep(self.memory, [I64(word)], source_etype=I8)
        known = self.builder.load(address, typ=I64)
        self.builder.store(self.builder.add(known, self.builder.zext(truth, I64)), address)

    # --- positions ---

    def scalar_place(self, place: Affine) -> Any:
        """A position at the first lane, without what is computed lane by lane."""
        total: Any = I64(place.constant)
        plain = True
        for loop, factor in place.terms:
            here = self.places[loop]
            part = here if factor == 1 else self.builder.mul(here, I64(factor), flags=("nsw",))
            total = part if plain and place.constant == 0 else self.builder.add(total, part)
            plain = False
        return total

    def computed(self, place: Affine) -> Value | None:
        """The sum of a position's computed parts."""
        total: Value | None = None
        for one, factor in place.computed:
            part = self.machine.cast(self.value(one), INT64)
            if factor != 1:
                part = self.machine.mul(part, self.machine.constant(factor, part))
            if total is None:
                total = part
            else:
                lanes = max(total.lanes, part.lanes)
                total = self.machine.add(
                    self.machine.splat(total, lanes), self.machine.splat(part, lanes)
                )
        return total

    def number(self, place: Affine) -> Value:
        """A position as integers, a lane each."""
        base = Value(self.scalar_place(place), INT64)
        factor = place.factor(self.lanes.loop) if self.lanes.loop is not None else 0
        computed = self.computed(place)
        lanes = self.lanes.count if factor else 1
        lanes = max(lanes, computed.lanes if computed is not None else 1)
        base = self.machine.splat(base, lanes)
        if factor and lanes > 1:
            steps = literals(np.arange(lanes, dtype=np.int64) * factor)
            base = self.machine.add(base, steps)
        if computed is not None:
            base = self.machine.add(base, self.machine.splat(computed, lanes))
        return base

    def address(self, buffer: Buffer, place: Any, reach: Any = None) -> Register:
        """Where a number of a buffer lies. `reach`: how many numbers behind it are accessed too."""
        size = buffer.dtype.itemsize
        if self.checked and buffer not in self.outside:
            place = self._checked(buffer, place, reach)
        byte = place if size == 1 else self.builder.mul(place, I64(size), flags=("nsw",))
        if buffer in self.outside:
            return self.builder.gep(self.outside[buffer], [byte], source_etype=I8)
        byte = self.builder.add(byte, I64(self.offsets[buffer]), flags=("nsw",))
        return self.builder.gep(self.memory, [byte], inbounds=True, source_etype=I8)

    def _checked(self, buffer: Buffer, place: Any, reach: Any) -> Register:
        """The place, or 0 where it is outside of the buffer, which is counted."""
        builder = self.builder
        last = builder.add(place, reach) if reach is not None else place
        bad = builder.or_(
            builder.icmp_signed("<", place, I64(0)),
            builder.icmp_signed(">=", last, I64(buffer.size)),
        )
        self.count_at(OUTSIDE, bad)
        return builder.select(bad, I64(0), place)

    # --- memory ---

    def _kind(self, place: Affine) -> str:
        """How lanes lie in memory: one number, a run, or each somewhere."""
        if self.lanes.loop is None:
            return "one"
        factor = place.factor(self.lanes.loop)
        lanewise = any(self.lanes.loop in self.needs(one) for one, _ in place.computed)
        if lanewise:
            return "each"
        return {0: "one", 1: "run"}.get(factor, "each")

    def _reach(self) -> Any:
        """How far the last lane is from the first."""
        lanes = self.lanes
        if lanes.mask is None:
            return I64(lanes.count - 1)
        if lanes.active is not None:
            return I64(lanes.active - 1)
        bits = self.builder.bitcast(lanes.mask, ir.IntType(lanes.count))
        wide = self.builder.zext(bits, I64) if lanes.count < 64 else bits
        ones = self.machine.intrinsic("ctpop", wide)
        return self.builder.sub(ones, I64(1))

    def load(self, buffer: Buffer, place: Affine) -> Value:
        """The numbers at a position."""
        kind = self._kind(place)
        memory = memory_type(buffer.dtype)
        if kind == "each":
            return self._load_each(buffer, place)
        start = self.scalar_place(place)
        computed = self.computed(place)
        if computed is not None:
            start = self.builder.add(start, computed.ir)
        if kind == "one":
            address = self.address(buffer, start)
            loaded = self.builder.load(address, align=buffer.dtype.itemsize, typ=memory)
            return self._from_memory(loaded, buffer.dtype)
        lanes = self.lanes
        address = self.address(buffer, start, self._reach() if self.checked else None)
        vector = ir.VectorType(memory, lanes.count)
        if lanes.mask is None:
            loaded = self.builder.load(address, align=buffer.dtype.itemsize, typ=vector)
        else:
            loaded = self._masked(address, vector, buffer.dtype.itemsize)
        return self._from_memory(loaded, buffer.dtype)

    def _masked(self, address: Register, kind: ir.VectorType, align: int) -> Register:
        name = f"llvm.masked.load.v{kind.count}{_short(kind.element)}.p0"
        mask = ir.VectorType(I1, kind.count)
        function = self.declare(name, kind, [POINTER, I32, mask, kind])
        nothing = ir.Constant(kind, None)
        return self.builder.call(function, [address, I32(align), self.lanes.mask, nothing])

    def declare(self, name: str, result: ir.Type, arguments: list[ir.Type]) -> ir.Function:
        """A function that LLVM knows by its name."""
        function = self.builder.module.globals.get(name)
        if function is None:
            kind = ir.FunctionType(result, arguments)
            function = ir.Function(self.builder.module, kind, name)
        return function

    def _from_memory(self, loaded: Register, dtype: np.dtype) -> Value:
        if dtype == BOOL:
            zero = ir.Constant(loaded.type, None)
            if not isinstance(loaded.type, ir.VectorType):
                zero = loaded.type(0)
            loaded = self.builder.icmp_unsigned("!=", loaded, zero)
        return Value(loaded, dtype)

    def _to_memory(self, value: Value) -> Register:
        if value.dtype != BOOL:
            return value.ir
        return self.builder.zext(value.ir, widened(I8, value.lanes))

    def _each_place(self, place: Affine) -> list[Any]:
        """The position of each lane that is there."""
        numbers = self.machine.splat(self.number(place), self.lanes.count)
        count = self.lanes.count if self.lanes.active is None else self.lanes.active
        return [self.machine.lane(numbers, lane).ir for lane in range(count)]

    def _load_each(self, buffer: Buffer, place: Affine) -> Value:
        memory = memory_type(buffer.dtype)
        vector: Any = ir.Constant(ir.VectorType(memory, self.lanes.count), None)
        for lane, where in enumerate(self._each_place(place)):
            address = self.address(buffer, where)
            loaded = self.builder.load(address, align=buffer.dtype.itemsize, typ=memory)
            vector = self.builder.insert_element(vector, loaded, I32(lane))
        return self._from_memory(vector, buffer.dtype)

    def store(self, buffer: Buffer, place: Affine, value: Value, adds: bool = False) -> None:
        """Writes the lanes' numbers to a position, or adds them to what is there."""
        kind = self._kind(place)
        if kind == "each":
            value = self.machine.splat(value, self.lanes.count)
            for lane, where in enumerate(self._each_place(place)):
                self._store_one(buffer, where, self.machine.lane(value, lane), adds)
            return
        start = self.scalar_place(place)
        computed = self.computed(place)
        if computed is not None:
            start = self.builder.add(start, computed.ir)
        if kind == "one":
            self._store_one(buffer, start, value, adds)
            return
        value = self.machine.splat(value, self.lanes.count)
        if adds:
            value = self.machine.add(self.load(buffer, place), value)
        address = self.address(buffer, start, self._reach() if self.checked else None)
        written = self._to_memory(value)
        if self.lanes.mask is None:
            self.builder.store(written, address, align=buffer.dtype.itemsize)
            return
        kinds = [written.type, POINTER, I32, ir.VectorType(I1, self.lanes.count)]
        name = f"llvm.masked.store.v{self.lanes.count}{_short(written.type.element)}.p0"
        function = self.declare(name, ir.VoidType(), kinds)
        align = I32(buffer.dtype.itemsize)
        self.builder.call(function, [written, address, align, self.lanes.mask])

    def _store_one(self, buffer: Buffer, place: Any, value: Value, adds: bool) -> None:
        address = self.address(buffer, place)
        if adds:
            kind = memory_type(buffer.dtype)
            loaded = self.builder.load(address, align=buffer.dtype.itemsize, typ=kind)
            value = self.machine.add(self._from_memory(loaded, buffer.dtype), value)
        self.builder.store(self._to_memory(value), address, align=buffer.dtype.itemsize)

    def write(self, stores: Sequence[Store]) -> None:
        """All stores of a turn: what they write is read before any of them writes, for new values
        that lie where the old ones lay."""
        values = [self.wide(store.value) for store in stores]
        for store, value in zip(stores, values, strict=True):
            self.store(store.buffer, store.place, value, store.adds)

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


def _short(kind: Any) -> str:
    if isinstance(kind, ir.FloatType):
        return "f32"
    return "f64" if isinstance(kind, ir.DoubleType) else f"i{kind.width}"
