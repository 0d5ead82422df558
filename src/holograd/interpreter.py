"""What an operation does when it is called: the questions that every interpreter answers.

There are three: values with a graph (`eager.Eager`), values alone (`graph.Arrays`), and a graph
alone (`capture.Shapes`). Operations, gradient rules and optimizer rules are written once and run in
all of them. What an interpreter passes around is called a handle: a tensor, or an array.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from holograd.graph import Node, Operation, Spec


class Interpreter:
    """The answers to an operation's call; `graph.state` says whose are asked for."""

    def apply(self, operation: Operation, inputs: Sequence[Any], parameters: Mapping) -> Any:
        """Carry out, or write down, one operation; `inputs` and the result are handles."""
        raise NotImplementedError

    def handle(self, node: Node) -> Any:
        """What operations take and give for `node`: an array, or a tensor."""
        raise NotImplementedError

    def constant(self, array: np.ndarray) -> Any:
        """A handle for an array that does not depend on anything."""
        raise NotImplementedError

    def variable(self, handle: Any) -> Any:
        """The same value as a new node, by which one can differentiate."""
        raise NotImplementedError

    def runtime(self, name: str, read: Callable[[], Any], spec: Spec) -> Any:
        """Numbers that may be others at each run (a learning rate), asked from `read`."""
        raise NotImplementedError

    def read(self, tensor: Any) -> Any:
        """A handle for a tensor's present value."""
        raise NotImplementedError

    def assign(self, tensor: Any, handle: Any) -> None:
        """Gives a tensor a new value, of the same shape and dtype."""
        raise NotImplementedError

    @property
    def graphless(self) -> Interpreter:
        """The interpreter to work in where no graph of the results is wanted."""
        return self
