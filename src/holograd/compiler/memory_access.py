"""Where numbers lie, and how lanes of them are loaded and stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir

from holograd.compiler.expressions import Buffer, Expression
from holograd.compiler.index import Affine, Loop
from holograd.compiler.loops import Store
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
    literals,
    memory_type,
    widened,
)
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


class MemoryAccess:
    """The part of an emitter that computes positions, and reads and writes at them.

    What an expression's number is, and what it depends on, its heir knows.
    """

    builder: Builder
    machine: Machine
    memory: Register
    lanes: Lanes
    places: dict[Loop, Any]  # where each open loop is
    offsets: dict[Buffer, int]
    outside: dict[Buffer, Register]
    checked: bool

    def value(self, expression: Expression) -> Value:
        """An expression's number, or numbers where it depends on the loop of the lanes."""
        raise NotImplementedError

    def wide(self, expression: Expression) -> Value:
        """An expression's numbers in all lanes."""
        return self.machine.splat(self.value(expression), self.lanes.count)

    def needs(self, expression: Expression) -> frozenset[Any]:
        """The loops, and results, that an expression depends on."""
        raise NotImplementedError

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


def _short(kind: Any) -> str:
    if isinstance(kind, ir.FloatType):
        return "f32"
    return "f64" if isinstance(kind, ir.DoubleType) else f"i{kind.width}"
