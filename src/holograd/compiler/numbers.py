"""The quick way from Python's numbers to Python's numbers, for functions of float64 scalars.

One call costs what it must: a few numbers go over in registers, many are packed into the arena at
once, and the results are read off it. A small expression with its gradient takes about a
microsecond so.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from llvmlite import ir

from holograd.compiler.executable import Executable
from holograd.compiler.machine import I8, I64, POINTER
from holograd.compiler.program import Program

FEW = 8  # arguments that go over in registers


def emit_numbers(program: Program) -> bool:
    """Adds numbers(memory, …) to a program of few float64 scalars; whether it is one."""
    graph = program.graph
    if not program.of_numbers or not 0 < len(graph.inputs) <= FEW or not graph.outputs:
        return False
    kinds = [POINTER, *(ir.DoubleType() for _ in graph.inputs)]
    function = ir.Function(program.module, ir.FunctionType(I64, kinds), "numbers")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    memory = function.args[0]
    for node, number in zip(graph.inputs, function.args[1:], strict=True):
        offset = program.plan.offsets[program.buffers[node]]
        builder.store(number, builder.gep(memory, [I64(offset)], source_etype=I8), align=8)
    builder.ret(builder.call(program.module.globals["step"], [memory]))
    return True


def of_numbers(executable: Executable, structure: Any) -> Callable[..., Any] | None:
    """The function of Python's numbers, or None where something else goes in or out.

    Args:
        executable: a program of float64 scalars.
        structure: how its results are nested.
    """
    program = executable.program
    if not program.of_numbers or executable.captured.runtimes or not program.graph.outputs:
        return None
    inputs, outputs = (
        [program.plan.offsets[program.buffers[one]] for one in nodes]
        for nodes in (program.graph.inputs, program.graph.outputs)
    )
    if not (_side_by_side(inputs) and _side_by_side(outputs)):
        return None
    call = _caller(executable, inputs)
    read = struct.Struct(f"{len(outputs)}d").unpack_from
    memory, first, lock = executable.memory.data, outputs[0], executable.lock
    made = _maker(structure)

    def numbers(*numbers: float) -> Any:
        with lock:
            call(*numbers)
            found = read(memory, first)
        return made(found)

    return numbers


def _side_by_side(offsets: list[int]) -> bool:
    return all(two - one == 8 for one, two in pairwise(offsets))


def _caller(executable: Executable, offsets: list[int]) -> Callable[..., Any]:
    """Runs the step on numbers. The GIL is kept: letting go of it costs more than the step."""
    address = executable.library.addresses.get("numbers")
    if address is not None:
        kinds = (ctypes.c_void_p, *(ctypes.c_double for _ in offsets))
        few = ctypes.PYFUNCTYPE(ctypes.c_int64, *kinds)(address)
        place = executable.address
        return lambda *numbers: few(place, *numbers)
    write = struct.Struct(f"{len(offsets)}d").pack_into
    step, memory = executable.step, executable.memory.data
    first, place = offsets[0] if offsets else 0, executable.address

    def many(*numbers: float) -> None:
        write(memory, first, *numbers)
        step(place)

    return many


def _maker(structure: Any) -> Callable[[Sequence[float]], Any]:
    """From the results to how they are nested."""
    if structure is None:
        return lambda found: found[0]
    kind, parts = structure
    if all(part is None for part in parts):
        return kind
    flat = [part is not None and all(one is None for one in part[1]) for part in parts]
    if len(parts) == 2 and parts[0] is None and flat[1]:
        inner = parts[1][0]  # a value and several slopes
        return lambda found: kind((found[0], inner(found[1:])))
    makers, sizes = [_maker(part) for part in parts], [_size(part) for part in parts]

    def made(found: Sequence[float]) -> Any:
        results, at = [], 0
        for maker, size in zip(makers, sizes, strict=True):
            results.append(maker(found[at : at + size]))
            at += size
        return kind(results)

    return made


def _size(structure: Any) -> int:
    return 1 if structure is None else sum(map(_size, structure[1]))
