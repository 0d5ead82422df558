"""A whole step as instructions: a function a nest, and the one that calls them in order."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir

from holograd.compiler import native_random, native_sort
from holograd.compiler.emit import Emitter
from holograd.compiler.emit_nests import emit_map, emit_reduction, emit_scan
from holograd.compiler.emit_product import emit_product
from holograd.compiler.expressions import Load
from holograd.compiler.loops import Call, Nest, Product, Reduction, Scan
from holograd.compiler.machine import I1, I8, I64, POINTER, Builder, Machine, Register, Value
from holograd.compiler.memory_access import STRANGE
from holograd.compiler.plan import Plan
from holograd.compiler.sweep import ROWS, Item, Sweep
from holograd.compiler.target import Level
from holograd.ops.table import INT64


class StepEmitter:
    """Emits the function step(memory) of a program of nests.

    Args:
        module: where to.
        level: the machine.
        plan: where buffers lie.
        checked: whether to compare each access with its buffer.

    Attributes:
        scratch: how much memory calls of the runtime need behind the arena.
    """

    def __init__(self, module: ir.Module, level: Level, plan: Plan, checked: bool):
        self.module, self.level, self.plan, self.checked = module, level, plan, checked
        self.scratch = 0
        self.count = 0  # of the functions

    def emit(self, program: list[Item]) -> None:
        """All of a program."""
        functions = [
            (item, [self._nest(nest) for nest in item.nests])
            if isinstance(item, Sweep)
            else (item, [self._nest(item)])
            for item in program
        ]
        step = ir.Function(self.module, ir.FunctionType(I64, [POINTER]), "step")
        builder: Builder = ir.IRBuilder(step.append_basic_block("entry"))
        (memory,) = step.args
        rows = builder.load(memory, typ=I64, align=8)
        for item, called in functions:
            if isinstance(item, Sweep):
                self._sweep(builder, memory, rows, called)
            else:
                builder.call(called[0], [memory, I64(0), rows])
        strange = builder.gep(memory, [I64(STRANGE)], source_etype=I8)
        builder.ret(builder.load(strange, typ=I64, align=8))

    def _sweep(
        self, builder: Builder, memory: Register, rows: Register, called: list[ir.Function]
    ) -> None:
        """One block of rows after the other goes through all the functions."""
        before = builder.block
        head, block = builder.append_basic_block("sweep"), builder.append_basic_block("block")
        after = builder.append_basic_block("after")
        builder.branch(head)
        builder.position_at_end(head)
        first = builder.phi(I64)
        first.add_incoming(I64(0), before)
        builder.cbranch(builder.icmp_signed("<", first, rows), block, after)
        builder.position_at_end(block)
        behind = builder.add(first, I64(ROWS))
        machine = Machine(builder)
        last = machine.minimum(Value(behind, INT64), Value(rows, INT64)).ir
        for function in called:
            builder.call(function, [memory, first, last])
        first.add_incoming(behind, builder.block)
        builder.branch(head)
        builder.position_at_end(after)

    def _nest(self, nest: Nest | Call) -> ir.Function:
        """The function of one nest."""
        name = f"nest{self.count}"
        self.count += 1
        emitter = Emitter(self.module, name, self.level, self.plan.offsets, self.checked)
        if isinstance(nest, Call):
            self._call(emitter, nest)
        elif isinstance(nest.inner, Product):
            emit_product(emitter, nest, nest.inner)
        elif isinstance(nest.inner, Reduction):
            emit_reduction(emitter, nest, nest.inner)
        elif isinstance(nest.inner, Scan):
            emit_scan(emitter, nest, nest.inner)
        else:
            emit_map(emitter, nest)
        emitter.finish()
        return emitter.function

    def _call(self, emitter: Emitter, call: Call) -> None:
        if call.name == "argsort":
            self._argsort(emitter, call)
            return
        builder, module = emitter.builder, self.module
        lanes = max(self.level.vector_bytes // 4, 4)
        count = emitter.extent(call.extent)
        key = call.sources[0]
        words = []
        for place in range(2):
            address = emitter.address(key.buffer, I64(place * key.buffer.strides[0]))
            words.append(builder.load(address, typ=I64, align=8))
        target = emitter.address(call.target, I64(0))
        if call.name in ("uniform", "normal"):
            make_function = getattr(native_random, f"{call.name}_function")
            function = make_function(module, lanes, call.target.dtype == np.float64)
            builder.call(function, [target, count, *words])
        elif call.name == "integers":
            function = native_random.integers_function(module, lanes)
            low, high = (I64(call.parameters[name]) for name in ("low", "high"))
            builder.call(function, [target, count, *words, low, high])
        else:
            function = native_random.permutation_function(module, lanes)
            size = native_random.permutation_scratch(call.extent.scale)
            builder.call(function, [target, count, *words, self._scratch(emitter, size)])

    def _scratch(self, emitter: Emitter, size: int) -> Register:
        """Memory behind the arena's buffers, for one call at a time."""
        self.scratch = max(self.scratch, size)
        return emitter.builder.gep(emitter.memory, [I64(self.plan.end)], source_etype=I8)

    def _argsort(self, emitter: Emitter, call: Call) -> None:
        """A row after the other."""
        source: Load = call.sources[0]
        dim, at = call.parameters["dim"], call.parameters["at"]
        function = native_sort.argsort_function(self.module, source.dtype)
        scratch = native_sort.argsort_scratch(call.extent.scale, source.dtype)
        along = at[dim].terms[0][0] if at[dim].terms else None
        loops = [one.terms[0][0] for one in at if one.terms and one.terms[0][0] is not along]
        stride = source.place.factor(along) if along is not None else 1

        def row() -> None:
            if along is not None:
                emitter.places[along] = I64(0)
            start = emitter.address(source.buffer, emitter.scalar_place(source.place))
            target: Any = I64(0)
            for one, step in zip(at, call.target.strides, strict=True):
                for loop, factor in one.terms:
                    moved = emitter.builder.mul(emitter.places[loop], I64(factor * step))
                    target = emitter.builder.add(target, moved)
            goal = emitter.address(call.target, target)
            emitter.builder.call(
                function,
                [
                    start, I64(call.extent.scale), I64(stride), I1(call.parameters["descending"]),
                    goal, I64(call.target.strides[dim]), self._scratch(emitter, scratch),
                ],
            )  # fmt: skip
            if along is not None:
                del emitter.places[along]

        emitter.nested(loops, row)
