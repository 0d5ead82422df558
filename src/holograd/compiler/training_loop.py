"""The native training loop: orders, batches, steps, losses, best states; back to Python after so
many steps.

It is the loop of `training.run` in machine code: `loop(memory, control)` does as many steps as the
control's words ask for, from wherever the last call stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import ir

from holograd.compiler import native_random
from holograd.compiler import registers as tiny
from holograd.compiler.control import NOT_FINITE, RUNTIME_BYTES, STRANGE_INDEX, Word
from holograd.compiler.emit import Emitter
from holograd.compiler.emit_nests import emit_map
from holograd.compiler.expressions import Apply, Buffer, Constant, Expression, Load
from holograd.compiler.index import Affine, Extent, of, total
from holograd.compiler.loops import Nest, Store
from holograd.compiler.machine import (
    I8,
    I64,
    POINTER,
    Builder,
    Machine,
    Register,
    Value,
    memory_type,
    widened,
)
from holograd.compiler.memory_access import BATCH
from holograd.compiler.nest_builder import as_kind
from holograd.compiler.program import Program
from holograd.compiler.reader import loops_over, row_strides
from holograd.graph import Node
from holograd.ops.table import INT64, TABLE

DOUBLE = ir.DoubleType()


class Data:
    """The rows of a data set: what they are, and how they become a step's numbers.

    Attributes:
        dtype: as they lie in memory.
        scale: what they are multiplied by on the way, for pixels of 0 … 255.
    """

    def __init__(self, dtype: np.dtype, scale: float | None = None):
        self.dtype, self.scale = dtype, scale


class TrainingLoop:
    """Emits `loop` into a program's module.

    Args:
        program: the step. Its graph's inputs are the batch's inputs and targets, then the states,
            then the run-time numbers; its outputs are the loss, the model's output, and new states.
        runtimes: the inputs that are run-time numbers.
        data: how the inputs and the targets lie in memory.
    """

    def __init__(self, program: Program, runtimes: Sequence[Node], data: Sequence[Data]):
        self.program, self.runtimes = program, list(runtimes)
        self.module = program.module
        self.gathers = []
        if not program.in_registers:
            self.gathers = [
                self._gather(node, one, f"gather{place}")
                for place, (node, one) in enumerate(
                    zip(program.graph.inputs[:2], data, strict=True)
                )
            ]
        self.function = ir.Function(self.module, ir.FunctionType(I64, [POINTER, POINTER]), "loop")
        self.builder: Builder = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.memory, self.control = self.function.args
        if program.in_registers:
            self._in_registers()
        else:
            self._in_memory()

    # --- words ---

    def _at(self, word: Word) -> Register:
        return self.builder.gep(self.control, [I64(8 * word)], source_etype=I8)

    def _get(self, word: Word, kind: ir.Type = I64) -> Any:
        return self.builder.load(self._at(word), typ=kind, align=8)

    def _put(self, word: Word, value: Any) -> None:
        self.builder.store(value, self._at(word), align=8)

    def _pointer(self, word: Word) -> Any:
        return self._get(word, POINTER)

    @contextmanager
    def _where(self, condition: Register) -> Any:
        builder = self.builder
        then, after = builder.append_basic_block("then"), builder.append_basic_block("after")
        builder.cbranch(condition, then, after)
        builder.position_at_end(then)
        yield
        if not builder.block.is_terminated:
            builder.branch(after)
        builder.position_at_end(after)

    def _present(self, pointer: Register) -> Register:
        return self.builder.icmp_unsigned("!=", pointer, ir.Constant(POINTER, None))

    def _stop(self, status: Register, done: Any) -> None:
        self._put(Word.STATUS, status)
        self._put(Word.DONE, done)
        self.builder.ret(status)

    def _declared(self, name: str, kinds: Sequence[ir.Type]) -> ir.Function:
        known = self.module.globals.get(name)
        kind = ir.FunctionType(ir.VoidType(), list(kinds))
        return known if known is not None else ir.Function(self.module, kind, name)

    def _copy(self, target: Register, source: Register, count: Any) -> None:
        kinds = [POINTER, POINTER, I64, ir.IntType(1)]
        function = self._declared("llvm.memcpy.p0.p0.i64", kinds)
        self.builder.call(function, [target, source, count, ir.IntType(1)(0)])

    def _states(self) -> tuple[Register, int]:
        first, last = self.program.state_bytes
        return self.builder.gep(self.memory, [I64(first)], source_etype=I8), last - first

    # --- batches ---

    def _gather(self, node: Node, data: Data, name: str) -> ir.Function:
        """The function that copies the rows that an order names into the step's input."""
        program = self.program
        target = program.buffers[node]
        extents = target.extents
        source_strides = row_strides(extents, tuple(range(len(extents))), program.batch)
        row = int(np.prod([one.scale for one in extents[1:]], dtype=np.int64))
        order = Buffer("order", INT64, (Extent(1, True),), (1,), 0)
        source = Buffer("rows", data.dtype, extents, source_strides, 0)
        loops = loops_over(extents)
        at = [of(one) for one in loops]
        named = Load(INT64, order, Affine(((loops[0], 1),)))
        place = total(at[1:], source_strides[1:]) + Affine((), 0, ((named, row),))
        value: Expression = as_kind(Load(data.dtype, source, place), node.dtype)
        if data.scale is not None:
            scale = Constant(node.dtype, node.dtype.type(data.scale))
            value = _times(value, scale)
        store = Store(target, total(at, target.strides), value)
        real = [one for one in loops if one is loops[0] or one.extent != Extent(1)]
        real.sort(key=lambda loop: -store.place.factor(loop))
        emitter = Emitter(
            self.module, name, program.level, program.plan.offsets, False, (source, order)
        )
        emit_map(emitter, Nest(name, real, None, [store]))
        emitter.finish()
        return emitter.function

    # --- loops over memory ---

    def _in_memory(self) -> None:
        builder, program = self.builder, self.program
        limit, rows, size = self._get(Word.STEPS), self._get(Word.ROWS), self._get(Word.SIZE)
        shuffled = builder.icmp_signed("!=", self._get(Word.SHUFFLED), I64(0))
        order, scratch = self._pointer(Word.ORDER_AT), self._pointer(Word.SCRATCH_AT)
        inputs = self._pointer(Word.INPUTS_AT), self._pointer(Word.TARGETS_AT)
        outputs, best = self._pointer(Word.OUTPUTS_AT), self._pointer(Word.BEST_AT)
        before = self._pointer(Word.BEFORE_AT)
        table, stride = self._pointer(Word.RUNTIMES_AT), self._get(Word.RUNTIME_STRIDE)
        states, state_bytes = self._states()
        entry = builder.block
        head, turn = builder.append_basic_block("head"), builder.append_basic_block("turn")
        end = builder.append_basic_block("end")
        builder.branch(head)
        builder.position_at_end(head)
        done = builder.phi(I64)
        done.add_incoming(I64(0), entry)
        builder.cbranch(builder.icmp_signed("<", done, limit), turn, end)
        builder.position_at_end(turn)

        position = self._get(Word.POSITION)
        with self._where(builder.icmp_signed("==", position, I64(0))):
            self._put(Word.TOTAL_LOSS, ir.Constant(DOUBLE, 0.0))
            with self._where(shuffled):
                stream = self._get(Word.STREAM)
                lanes = max(program.level.vector_bytes // 4, 4)
                permute = native_random.permutation_function(self.module, lanes)
                count = self._get(Word.ORDER_ROWS)
                builder.call(permute, [order, count, self._get(Word.SEED), stream, scratch])
                self._put(Word.STREAM, builder.add(stream, I64(1)))
        left = builder.sub(rows, position)
        count = builder.select(builder.icmp_signed("<", size, left), size, left)
        address = builder.gep(self.memory, [I64(BATCH)], source_etype=I8)
        builder.store(count, address, align=8)
        with self._where(self._present(inputs[0])):
            here = builder.gep(order, [builder.mul(position, I64(8))], source_etype=I8)
            for gather, rows_at in zip(self.gathers, inputs, strict=True):
                builder.call(gather, [self.memory, I64(0), count, rows_at, here])
        self._runtimes(builder.gep(table, [builder.mul(done, stride)], source_etype=I8))
        with self._where(self._present(before)):
            self._copy(before, states, I64(state_bytes))
        strange = builder.call(self.module.globals["step"], [self.memory])
        with self._where(builder.icmp_signed("!=", strange, I64(0))):
            self._stop(I64(STRANGE_INDEX), done)
        loss = self._loss()
        self._put(Word.LAST_LOSS, loss)
        with self._where(self._not_finite(loss)):
            self._stop(I64(NOT_FINITE), done)
        with self._where(self._present(outputs)):
            self._collect(outputs, position, count)
        counted = builder.sitofp(count, DOUBLE)
        adds = builder.icmp_signed("!=", self._get(Word.ADDS_UP), I64(0))
        share = builder.select(adds, loss, builder.fmul(loss, counted))
        so_far = builder.fadd(self._get(Word.TOTAL_LOSS, DOUBLE), share)
        self._put(Word.TOTAL_LOSS, so_far)
        position = builder.add(position, count)
        self._put(Word.POSITION, position)
        with self._where(builder.icmp_signed(">=", position, rows)):
            self._put(Word.POSITION, I64(0))
            mean = builder.fdiv(so_far, builder.sitofp(rows, DOUBLE))
            epoch = self._record(mean)
            better = builder.fcmp_ordered("<", mean, self._get(Word.BEST_LOSS, DOUBLE))
            with self._where(builder.and_(better, self._present(best))):
                self._put(Word.BEST_LOSS, mean)
                self._put(Word.BEST_EPOCH, epoch)
                source = builder.select(self._present(before), before, states)
                self._copy(best, source, I64(state_bytes))
        done.add_incoming(builder.add(done, I64(1)), builder.block)
        builder.branch(head)
        builder.position_at_end(end)
        self._stop(I64(0), done)

    def _record(self, mean: Register) -> Register:
        """Enters an epoch's loss; returns the epoch's number in this call, from 1."""
        builder = self.builder
        epoch = self._get(Word.EPOCHS)
        losses = self._pointer(Word.LOSSES_AT)
        builder.store(mean, builder.gep(losses, [builder.mul(epoch, I64(8))], source_etype=I8))
        epoch = builder.add(epoch, I64(1))
        self._put(Word.EPOCHS, epoch)
        return epoch

    def _runtimes(self, row: Register) -> None:
        pair = ir.VectorType(I64, 2)
        for number, node in enumerate(self.runtimes):
            source = self.builder.gep(row, [I64(number * RUNTIME_BYTES)], source_etype=I8)
            offset = self.program.plan.offsets[self.program.buffers[node]]
            target = self.builder.gep(self.memory, [I64(offset)], source_etype=I8)
            self.builder.store(self.builder.load(source, typ=pair, align=8), target, align=8)

    def _loss(self) -> Register:
        node = self.program.graph.outputs[0]
        offset = self.program.plan.offsets[self.program.buffers[node]]
        address = self.builder.gep(self.memory, [I64(offset)], source_etype=I8)
        value = self.builder.load(address, typ=memory_type(node.dtype), align=4)
        return value if node.dtype == np.float64 else self.builder.fpext(value, DOUBLE)

    def _not_finite(self, loss: Register) -> Register:
        machine = Machine(self.builder)
        size = machine.intrinsic("fabs", loss)
        return self.builder.fcmp_unordered("==", size, ir.Constant(DOUBLE, np.inf))

    def _collect(self, outputs: Register, position: Any, count: Any) -> None:
        """Copies the output of a batch behind those of the batches before."""
        program = self.program
        node = program.graph.outputs[1]
        source = program.buffers[node]
        target_strides = row_strides(source.extents, tuple(range(len(source.extents))), 1)
        target = Buffer("outputs", node.dtype, source.extents, target_strides, 0)
        loops = loops_over(source.extents)
        at = [of(one) for one in loops]
        load = Load(node.dtype, source, total(at, source.strides))
        store = Store(target, total(at, target_strides), load)
        real = [one for one in loops if one.extent != Extent(1)]
        emitter = Emitter(
            self.module, "collect", program.level, program.plan.offsets, False, (target,)
        )
        emit_map(emitter, Nest("collect", real, None, [store]))
        emitter.finish()
        row = int(np.prod([one.scale for one in source.extents[1:]], dtype=np.int64))
        offset = self.builder.mul(position, I64(row * node.dtype.itemsize))
        here = self.builder.gep(outputs, [offset], source_etype=I8)
        self.builder.call(emitter.function, [self.memory, I64(0), count, here])

    # --- loops in registers ---

    def _in_registers(self) -> None:
        """A full-batch step again and again; its states go round in registers."""
        builder, program = self.builder, self.program
        graph = program.graph
        registers = tiny.Registers(builder)
        machine = registers.machine
        states = [node for node, _ in program.states]
        fixed = [one for one in graph.inputs if one not in states and one not in self.runtimes]
        given = program.load_inputs(machine, self.memory, [*fixed, *states])
        limit = self._get(Word.STEPS)
        table, stride = self._pointer(Word.RUNTIMES_AT), self._get(Word.RUNTIME_STRIDE)
        losses, best = self._pointer(Word.LOSSES_AT), self._pointer(Word.BEST_AT)
        rows = builder.sitofp(self._get(Word.ROWS), DOUBLE)
        adds = builder.icmp_signed("!=", self._get(Word.ADDS_UP), I64(0))
        divisor = builder.select(adds, rows, ir.Constant(DOUBLE, 1.0))
        first_best = self._get(Word.BEST_LOSS, DOUBLE)
        first_epoch = self._get(Word.BEST_EPOCH)
        any_best = self._present(best)
        entry = builder.block
        head, turn = builder.append_basic_block("head"), builder.append_basic_block("turn")
        end, failed = builder.append_basic_block("end"), builder.append_basic_block("failed")
        builder.branch(head)
        builder.position_at_end(head)
        done, lowest, at_epoch = builder.phi(I64), builder.phi(DOUBLE), builder.phi(I64)
        last = builder.phi(DOUBLE)
        last.add_incoming(ir.Constant(DOUBLE, np.nan), entry)
        done.add_incoming(I64(0), entry)
        lowest.add_incoming(first_best, entry)
        at_epoch.add_incoming(first_epoch, entry)
        kept = {node: builder.phi(given[node].ir.type) for node in states}
        for node, phi in kept.items():
            phi.add_incoming(given[node].ir, entry)
        builder.cbranch(builder.icmp_signed("<", done, limit), turn, end)
        builder.position_at_end(turn)

        row = builder.gep(table, [builder.mul(done, stride)], source_etype=I8)
        now = dict(given) | {node: Value(phi, node.dtype) for node, phi in kept.items()}
        for number, node in enumerate(self.runtimes):
            address = builder.gep(row, [I64(number * RUNTIME_BYTES)], source_etype=I8)
            size = int(np.prod(node.shape, dtype=np.int64))
            kind = widened(memory_type(node.dtype), size)
            now[node] = Value(builder.load(address, typ=kind, align=8), node.dtype)
        values = registers.emit(graph, now)
        program.store_output(machine, self.memory, graph.outputs[1], values[1])
        loss = machine.cast(values[0], np.dtype(np.float64)).ir
        good = builder.append_basic_block("good")
        odd = builder.icmp_signed("!=", registers.strange, I64(0))
        status = builder.select(odd, I64(STRANGE_INDEX), I64(NOT_FINITE))
        builder.cbranch(builder.or_(odd, self._not_finite(loss)), failed, good)
        builder.position_at_end(good)
        mean = builder.fdiv(loss, divisor)
        builder.store(mean, builder.gep(losses, [builder.mul(done, I64(8))], source_etype=I8))
        next_done = builder.add(done, I64(1))
        better = builder.and_(builder.fcmp_ordered("<", mean, lowest), any_best)
        keep, after = builder.append_basic_block("keep"), builder.append_basic_block("after")
        builder.cbranch(better, keep, after)
        builder.position_at_end(keep)
        start, _ = program.state_bytes
        for node in states:
            offset = program.plan.offsets[program.buffers[node]] - start
            address = builder.gep(best, [I64(offset)], source_etype=I8)
            builder.store(kept[node], address, align=8)
        builder.branch(after)
        builder.position_at_end(after)
        new_lowest = builder.select(better, mean, lowest)
        new_epoch = builder.select(better, next_done, at_epoch)
        done.add_incoming(next_done, after)
        lowest.add_incoming(new_lowest, after)
        last.add_incoming(loss, after)
        at_epoch.add_incoming(new_epoch, after)
        places = dict(program.states)
        for node, phi in kept.items():
            place = places[node]
            phi.add_incoming(phi if place is None else values[place].ir, after)
        builder.branch(head)
        for block, why in ((end, I64(0)), (failed, status)):
            builder.position_at_end(block)
            for node in states:
                offset = program.plan.offsets[program.buffers[node]]
                address = builder.gep(self.memory, [I64(offset)], source_etype=I8)
                builder.store(kept[node], address, align=8)
            self._put(Word.LAST_LOSS, last)
            self._put(Word.BEST_LOSS, lowest)
            self._put(Word.BEST_EPOCH, at_epoch)
            self._put(Word.EPOCHS, done)
            self._stop(why, done)


def _times(value: Expression, scale: Expression) -> Expression:
    return Apply(value.dtype, TABLE["mul"], (value, scale), {})
