"""A program in memory, ready to run: its code, its arena, and what goes in and out.

States stay in the arena from run to run. They are copied in where a tensor stands for another node
than the one that it was given after the last run, and copied out when they are asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from holograd.capture import Captured
from holograd.compiler.extents import compared, fixed
from holograd.compiler.memory_access import BATCH, OUTSIDE, STRANGE
from holograd.compiler.program import Program
from holograd.compiler.simplify import simplify
from holograd.compiler.target import Level, Library
from holograd.errors import ShapeError
from holograd.graph import Node, leaf

ALIGNMENT = 64


def make_program(
    captured: Captured, twin: Captured | None, sizes: tuple[int, int], level: Level, checked: bool,
    registers: bool = True,
) -> Program:  # fmt: skip
    """The program of a captured step.

    Args:
        captured: the step, with batches of `sizes[0]` rows.
        twin: the same, with batches of `sizes[1]`; None where the batch's size is fixed.
        sizes: see above.
        level, checked, registers: as for `Program`.

    Raises:
        Unbatchable: with a twin, where something depends on the size in another way than in
            proportion.
    """
    graph = simplify(captured.graph, static=twin is None)
    extents = fixed(graph)
    if twin is not None:
        extents = compared(graph, simplify(twin.graph, static=False), *sizes)
    updates = {id(tensor): place for place, (tensor, _) in enumerate(captured.updates)}
    states = []
    for tensor, node in captured.states:
        place = updates.get(id(tensor))
        states.append((node, None if place is None else captured.results + place))
    return Program(graph, extents, states, sizes[0], level, checked, registers)


def aligned(size: int) -> np.ndarray:
    """Zeroed memory whose address is a multiple of a cache line's length."""
    memory = np.zeros(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size]


class Executable:
    """A captured step that runs natively.

    Args:
        captured: where states and run-time numbers come from.
        program: its code, with functions `names` to call.
        library: the code as functions.
    """

    def __init__(self, captured: Captured, program: Program, library: Library):
        self.captured, self.program, self.library = captured, program, library
        self.memory = aligned(program.plan.bytes + program.scratch + ALIGNMENT)
        self.address = self.memory.ctypes.data
        program.prepare(self.memory)
        self.step = library.function("step", 1)
        self.header = self.memory[:64].view(np.int64)
        graph = program.graph
        count = len(graph.inputs) - len(captured.states) - len(captured.runtimes)
        self.arguments = [self._view(node) for node in graph.inputs[:count]]
        self.states = [self._view(node) for _, node in captured.states]
        self.runtimes = [self._view(one.node) for one in captured.runtimes]
        outputs = [self._view(node) for node in graph.outputs]
        self.results, self.updates = outputs[: captured.results], outputs[captured.results :]
        self.resident: list[Node | None] = [None] * len(self.states)
        self.lock = threading.Lock()

    def _view(self, node: Node) -> np.ndarray:
        return self.program.view(self.memory, node)

    def size_of(self, node: Node, batch: int) -> tuple[slice, ...]:
        """The part of an array that a batch of so many rows fills."""
        return tuple(slice(one.capacity(batch)) for one in self.program.extents[node])

    # --- states ---

    def take_states(self) -> None:
        """Copies in what changed since the last run."""
        for place, (tensor, _) in enumerate(self.captured.states):
            if self.resident[place] is not tensor.node:
                self.states[place][...] = tensor.node.value
                self.resident[place] = tensor.node

    def give_states(self) -> None:
        """Gives the tensors that the step assigns to their new values."""
        known = {id(tensor): place for place, (tensor, _) in enumerate(self.captured.states)}
        for (tensor, _), view in zip(self.captured.updates, self.updates, strict=True):
            kind = tensor.node.value.dtype
            place = known.get(id(tensor))
            # A state's own place counts, where earlier states may have been put back.
            value = np.array(view if place is None else self.states[place], kind, order="C")
            tensor.become(leaf(value, requires_grad=tensor.requires_grad, name=tensor.node.name))
            if place is not None:
                self.resident[place] = tensor.node

    # --- runs ---

    def run(self, arguments: Sequence[Any], batch: int) -> list[np.ndarray]:
        """One step; reads and assigns the same tensors as the captured one.

        Args:
            arguments: arrays of the captured shapes, with up to as many rows.
            batch: how many rows.

        Returns:
            The step's results, as arrays of their own.

        Raises:
            ShapeError: an index is outside of its dimension.
        """
        with self.lock:
            inputs = self.program.graph.inputs
            for view, node, value in zip(self.arguments, inputs, arguments, strict=False):
                view[self.size_of(node, batch)] = value
            self.take_states()
            for view, one in zip(self.runtimes, self.captured.runtimes, strict=True):
                view[...] = one.read()
            self.header[BATCH // 8] = batch
            self.header[STRANGE // 8] = 0
            if self.step(self.address):
                self.resident = [None] * len(self.states)
                raise ShapeError(
                    "an index of this step is outside of its dimension",
                    why="compiled code reads no place that is not there",
                    instead="Run the step without compiling it: the error says which index.",
                )
            outputs = self.program.graph.outputs
            results = [
                np.array(view[self.size_of(node, batch)], node.dtype, order="C")
                for view, node in zip(self.results, outputs, strict=False)
            ]
            self.give_states()
            return results

    @property
    def violations(self) -> int:
        """In checked mode, how many accesses were outside of their buffers."""
        return int(self.header[OUTSIDE // 8])
