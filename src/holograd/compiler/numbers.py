"""The quick way from Python's numbers to Python's numbers, for functions of float64 scalars.

One call costs what it must: ctypes hands the numbers over in registers, and takes the results out
of the arena as a list. A small expression with its gradient takes about a microsecond so.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from holograd.compiler.executable import Executable
from holograd.compiler.machine import I8, I64, POINTER
from holograd.compiler.program import Program

MOST_NUMBERS = 64  # of arguments


def emit_numbers(program: Program) -> bool:
    """Adds numbers(memory, …) to a program of float64 scalars alone; whether it is one."""
    graph = program.graph
    nodes = [*graph.inputs, *graph.outputs]
    if program.states or not 0 < len(graph.inputs) <= MOST_NUMBERS or not graph.outputs:
        return False
    if any(node.shape or node.dtype != np.float64 for node in nodes):
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
        executable: a program with `numbers`.
        structure: how its results are nested.
    """
    program = executable.program
    address = executable.library.addresses.get("numbers")
    if address is None or executable.captured.runtimes:
        return None
    count = len(program.graph.inputs)
    # The GIL is kept: letting go of it costs more than such a function takes.
    kind = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, *(ctypes.c_double,) * count)
    call, memory, lock = kind(address), executable.address, executable.lock
    offsets = [program.plan.offsets[program.buffers[one]] for one in program.graph.outputs]
    step = (offsets[1] - offsets[0]) // 8 if len(offsets) > 1 else 1
    first, last = offsets[0] // 8, offsets[-1] // 8 + 1
    if [first + step * place for place in range(len(offsets))] != [one // 8 for one in offsets]:
        return None
    words = (ctypes.c_double * (executable.memory.size // 8)).from_buffer(executable.memory)
    made = _maker(structure)
    if structure is None:

        def one(*numbers: float) -> Any:
            with lock:
                call(memory, *numbers)
                return words[first]

        return one

    def several(*numbers: float) -> Any:
        with lock:
            call(memory, *numbers)
            found = words[first:last:step]
        return made(found)

    return several


def _maker(structure: Any) -> Callable[[list[float]], Any]:
    """From the list of results to how they are nested."""
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

    def made(found: list[float]) -> Any:
        results, at = [], 0
        for maker, size in zip(makers, sizes, strict=True):
            results.append(maker(found[at : at + size]))
            at += size
        return kind(results)

    return made


def _size(structure: Any) -> int:
    return 1 if structure is None else sum(map(_size, structure[1]))
