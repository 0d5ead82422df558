"""What the tests of the compiler share: running a graph as machine code, and comparing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import holograd as hg
from compiler_bounds import bounds
from holograd.compiler.executable import aligned
from holograd.compiler.extents import fixed
from holograd.compiler.memory_access import HEADER, OUTSIDE
from holograd.compiler.program import Program
from holograd.compiler.simplify import simplify
from holograd.compiler.target import host, level_named
from holograd.graph import Graph, Operation, apply

ORDER = ["scalar", "sse2", "avx2", "avx512"]
LEVELS = ORDER[: ORDER.index(host().name) + 1] if host().name in ORDER else ["scalar", "neon"]
GARBAGE = 0xFF  # in every byte: NaN, and −1


def compiled(graph: Graph, level: str, registers: bool = True, checked: bool = True) -> Program:
    """A graph's program; in loops where `registers` is false, or where it is too large for them."""
    simple = simplify(graph, static=True)
    return Program(simple, fixed(simple), [], 1, level_named(level), checked, registers)


def outputs(program: Program, values: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What a program gives, whatever its memory held before; no access is outside of its buffer."""
    library = program.library(("step",))
    memory = aligned(program.plan.bytes + program.scratch)
    memory[HEADER:] = GARBAGE
    program.prepare(memory)
    for node, value in zip(program.graph.inputs, values, strict=True):
        program.view(memory, node)[...] = value
    step = library.function("step", 1)
    found: list[list[np.ndarray]] = []
    for _ in range(2):  # what a run leaves behind changes nothing
        assert step(memory.ctypes.data) == 0, "an index was outside of its dimension"
        found.append(
            [np.array(program.view(memory, one), one.dtype) for one in program.graph.outputs]
        )
    assert memory[OUTSIDE : OUTSIDE + 8].view(np.int64)[0] == 0, "an access outside of a buffer"
    for one, again in zip(*found, strict=True):
        assert one.tobytes() == again.tobytes()
    return found[0]


def run(
    graph: Graph, values: Sequence[np.ndarray], level: str, registers: bool = True
) -> list[np.ndarray]:
    """The outputs of a graph as machine code, in checked mode."""
    return outputs(compiled(graph, level, registers), values)


def assert_close(
    found: np.ndarray, wanted: np.ndarray, bound: np.ndarray | float, told: object = ""
) -> None:
    """Integers and truth are equal, floats within the bound, NaN and infinities the same."""
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype), told
    bound = np.broadcast_to(bound, wanted.shape)
    if wanted.dtype.kind != "f":
        same = (found == wanted) | (bound > 0)
    else:
        with np.errstate(all="ignore"):
            same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
            wide, other = found.astype(np.longdouble), wanted.astype(np.longdouble)
            same |= np.isfinite(found) & (np.abs(wide - other) <= bound)
            same |= np.isinf(bound)
    if not np.all(same):
        place = tuple(np.argwhere(~same)[0].tolist())
        raise AssertionError(
            f"{told}\nat {place} {found[place]!r}, wanted {wanted[place]!r} within "
            f"{bound[place]!r}; {np.count_nonzero(~same)} of {same.size} are wrong"
        )


def assert_compiled(
    graph: Graph,
    values: Sequence[np.ndarray],
    settings: Sequence[tuple[str, bool]],
    told: object = "",
) -> None:
    """A graph gives what NumPy gives, within its bounds, in each setting: (level, registers)."""
    wanted, room = graph.run(values), bounds(graph, values)
    for level, registers in settings:
        found = run(graph, values, level, registers)
        for number, (one, other, bound) in enumerate(zip(found, wanted, room, strict=True)):
            way = "registers" if registers else "loops"
            assert_close(one, other, bound, f"{told}: output {number} at {level} in {way}")


def graph_of(record: Operation, inputs: Sequence[np.ndarray], parameters: Any) -> Graph:
    """The graph of one record alone."""
    return hg.capture(lambda *given: apply(record, given, parameters), *inputs).graph


def gradient_graph(
    record: Operation, inputs: Sequence[np.ndarray], parameters: Any
) -> tuple[Graph, list[np.ndarray]]:
    """The graph of a record and its gradients by its floats, and the values of its inputs."""
    places = [place for place, one in enumerate(inputs) if one.dtype.kind == "f"]

    def step(seed: Any, *given: Any) -> list[Any]:
        def function(*floats: Any) -> Any:
            joined = list(given)
            for place, one in zip(places, floats, strict=True):
                joined[place] = one
            return apply(record, joined, parameters)

        value, pullback = hg.vjp(function, *(given[place] for place in places))
        return [value, *pullback(seed)]

    alone = graph_of(record, inputs, parameters).outputs[0]
    generator = np.random.default_rng(7)
    seed = generator.uniform(0.5, 2, alone.shape).astype(alone.dtype)
    return hg.capture(step, seed, *inputs).graph, [seed, *inputs]
