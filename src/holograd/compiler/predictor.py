"""A model's answers in machine code, for any number of rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from holograd.capture import capture
from holograd.compiler.compiled import located, show
from holograd.compiler.executable import Executable, make_program
from holograd.compiler.target import level_named
from holograd.errors import CaptureError


class Predictor:
    """Computes a function of rows, some at a time.

    What it reads (parameters, statistics) is read anew at each call.

    Args:
        function: (rows, …) → (rows, …), row by row.
        inputs: rows of the shape and kind that it takes.
        size: rows at a time.
        level, checked: as for `compile`.

    Raises:
        CaptureError: the function needs a tensor's value.
        Unbatchable: it depends on the number of rows.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        inputs: np.ndarray,
        size: int,
        *,
        level: str | None = None,
        checked: bool = False,
    ):
        self.size = size
        # The smaller other size tells most of what is not in proportion.
        sizes = size, 3 if size > 3 else size + 1
        with located(function):
            self.captured, twin = (
                capture(function, np.broadcast_to(inputs[:1], (rows, *inputs.shape[1:])))
                for rows in sizes
            )
        if self.captured.updates:
            raise CaptureError("the function assigns to tensors, which answers do not")
        self.program = make_program(self.captured, twin, sizes, level_named(level), checked)
        self.executable = Executable(self.captured, self.program, self.program.library(("step",)))

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """The answers for all rows."""
        answers: np.ndarray | None = None
        for start in range(0, len(inputs), self.size):
            rows = inputs[start : start + self.size]
            (some,) = self.executable.run([rows], len(rows))
            if answers is None:
                answers = np.empty((len(inputs), *some.shape[1:]), some.dtype)
            answers[start : start + len(rows)] = some
        assert answers is not None
        return answers

    def show(self, stage: str = "loops") -> str:
        """The function after a pass: see `Compiled.show`."""
        return show(self.captured, self.program, stage)


def work(function: Callable[..., Any], inputs: np.ndarray, rows: int) -> tuple[int, int]:
    """How many operations a call on so many rows has, and how many products of numbers."""
    sample = np.broadcast_to(inputs[:1], (rows, *inputs.shape[1:]))
    graph = capture(function, sample).graph
    products = 0
    for node in graph.nodes:
        if node.operation is not None and node.operation.name == "contract":
            shapes = [one.shape for one in node.inputs]
            products += math.prod(node.parameters["pattern"].label_extents(*shapes).values())
    return len(graph.nodes), products
