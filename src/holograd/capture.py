"""Capture: a step of eager code, run once with shapes instead of values, becomes one graph.

Whatever the step reads becomes an input by itself: the tensors that existed before (parameters,
optimizer state, statistics), and numbers that may differ at each run (learning rate, random
stream). Whatever tensor it assigns to becomes an output. Nothing else survives the capture: tensors
and their gradients are as they were. A step that begins with `zero_grad()` leaves no gradients
behind when it is run; one that adds to gradients that were there goes on adding.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holograd.eager import agree, as_tensor
from holograd.errors import CaptureError
from holograd.graph import (
    NO_PARAMETERS,
    Graph,
    Interpreter,
    Node,
    Operation,
    Spec,
    interpreting,
    leaf,
    state,
)
from holograd.ops.table import TABLE
from holograd.tensor import Tensor


class Shapes(Interpreter):
    """A graph only: each operation's shape and dtype, and no numbers.

    Args:
        condenser: makes fewer nodes of many, before gradients are taken: (outputs, those that must
            stay) → outputs.
    """

    def __init__(self, condenser: Callable[..., Sequence[Node]] | None = None) -> None:
        self.condenser = condenser
        self.condensed: dict[Node, Node] = {}
        self.start = leaf(np.zeros(())).serial
        self.read_tensors: dict[Node, tuple[Tensor, Node]] = {}  # by the tensor's own node
        self.assigned: dict[int, tuple[Tensor, Node]] = {}  # the node that each had before
        self.gradients: dict[int, tuple[Tensor, Any]] = {}
        self.runtimes: list[Runtime] = []
        self.numbers: dict[Any, Node] = {}  # constants of scalar expressions, each once
        self.scalars: dict[Any, Spec] = {}  # the specs of scalar results, each once

    def apply(
        self, operation: Operation, inputs: Sequence[Any], parameters: Mapping = NO_PARAMETERS
    ) -> Any:
        if operation.native is not None and not parameters:
            made = self._scalar(operation, inputs)
            if made is not None:
                return made
        handles = [self.read(one) if isinstance(one, Tensor) else one for one in inputs]
        nodes = agree(self, operation, handles)
        specs = [Spec(node.shape, node.dtype) for node in nodes]
        spec = Spec(operation.shape(*specs, **parameters), operation.dtype(*specs, **parameters))
        requires_grad = (
            state.recording
            and operation.gradient is not None
            and any(node.requires_grad for node in nodes)
        )
        return Tensor(Node(operation, tuple(nodes), parameters, spec, requires_grad, state.scope))

    def _scalar(self, operation: Operation, inputs: Sequence[Any]) -> Tensor | None:
        """The quick way for float scalars of one dtype, and numbers: expressions have thousands of
        them. None where an input is something else."""
        dtype, requires_grad = None, False
        for one in inputs:
            if isinstance(one, Tensor):
                value = one.node.value
                if type(value) is not Spec or value.shape:
                    return None
                if dtype is None:
                    dtype = value.dtype
                elif value.dtype is not dtype:
                    return None
                requires_grad = requires_grad or one.node.requires_grad
            elif type(one) is not float and type(one) is not int:
                return None
        if dtype is None or dtype.kind != "f" or not operation.plain:
            return None
        nodes = tuple(
            one.node if isinstance(one, Tensor) else self._number(one, dtype) for one in inputs
        )
        spec = self.scalars.get((operation, dtype))
        if spec is None:
            specs = [Spec((), dtype)] * len(nodes)
            spec = self.scalars[operation, dtype] = Spec((), operation.dtype(*specs))
        requires_grad = requires_grad and state.recording and operation.gradient is not None
        return Tensor(Node(operation, nodes, NO_PARAMETERS, spec, requires_grad, state.scope))

    def _number(self, number: float, dtype: np.dtype) -> Node:
        key = number, str(number), dtype  # 0.0 and −0.0 are equal, and 1 and 1.0
        if key not in self.numbers:
            self.numbers[key] = leaf(np.asarray(number, dtype))
        return self.numbers[key]

    def handle(self, node: Node) -> Any:
        return Tensor(node)

    def constant(self, array: np.ndarray) -> Any:
        return Tensor(leaf(array))

    def variable(self, handle: Any) -> Any:
        symbol = self.apply(TABLE["identity"], (as_tensor(self, handle),))
        symbol.node.requires_grad = True
        return symbol

    def runtime(self, name: str, read: Callable[[], Any], spec: Spec) -> Any:
        node = leaf(spec, name=name)
        self.runtimes.append(Runtime(name, read, node))
        return Tensor(node)

    def read(self, tensor: Tensor) -> Tensor:
        node = tensor.node
        if type(node.value) is Spec or node.serial > self.start:
            return tensor
        if node not in self.read_tensors:
            symbol = leaf(
                Spec(node.shape, node.dtype), requires_grad=node.requires_grad, name=node.name
            )
            symbol.owner = weakref.ref(tensor)
            self.read_tensors[node] = (tensor, symbol)
            self.gradients[id(tensor)] = (tensor, tensor.grad)
        return Tensor(self.read_tensors[node][1])

    def assign(self, tensor: Tensor, handle: Tensor) -> None:
        if tensor.node.serial <= self.start:
            self.assigned.setdefault(id(tensor), (tensor, tensor.node))
        requires_grad = tensor.requires_grad
        new = self.variable(handle).node if requires_grad else self.read(handle).node
        tensor.node = new
        if requires_grad:
            new.owner = weakref.ref(tensor)

    def condense(self, outputs: Sequence[Node], wanted: Iterable[Node] | None) -> Sequence[Node]:
        if self.condenser is None:
            return outputs
        fewer = self.condenser(outputs, wanted or ())
        self.condensed.update(zip(outputs, fewer, strict=True))
        return fewer

    def accumulated(self) -> list[tuple[Tensor, Node]]:
        """Gradients that were there before, and that the step added to: state as well."""
        return [
            (before, tensor.grad.node)
            for tensor, before in self.gradients.values()
            if before is not None and tensor.grad is not None and tensor.grad is not before
        ]

    def restore(self) -> None:
        """Puts back what the capture changed in the tensors that existed before it."""
        for tensor, node in self.assigned.values():
            tensor.node = node
        for tensor, gradient in self.gradients.values():
            tensor.grad = gradient


@dataclass(frozen=True)
class Runtime:
    """An input that is asked for at each run, in the order of capture."""

    name: str
    read: Callable[[], Any]
    node: Node


@dataclass(frozen=True)
class Captured:
    """A captured step: its graph, and where inputs come from and outputs go.

    The graph's inputs are the arguments, then the tensors of `states`, then the `runtimes`; its
    outputs are the results, then the new values of the tensors of `updates`.
    """

    graph: Graph
    states: tuple[tuple[Tensor, Node], ...]
    runtimes: tuple[Runtime, ...]
    updates: tuple[tuple[Tensor, Node], ...]
    results: int

    def run(self, *arguments: Any) -> list[np.ndarray]:
        """Carries the step out by NumPy: reads and assigns the same tensors as the eager step.

        Args:
            arguments: arrays or tensors of the shapes captured.

        Returns:
            The step's results, as arrays.
        """
        expected = len(self.graph.inputs) - len(self.states) - len(self.runtimes)
        if len(arguments) != expected:
            raise CaptureError(f"the step takes {expected} arguments, and got {len(arguments)}")
        given = [one.value if isinstance(one, Tensor) else np.asarray(one) for one in arguments]
        kept = [tensor.value for tensor, _ in self.states]
        asked = [np.asarray(one.read(), one.node.dtype) for one in self.runtimes]
        outputs = self.graph.run([*given, *kept, *asked])
        for (tensor, _), value in zip(self.updates, outputs[self.results :], strict=True):
            tensor.become(leaf(value, requires_grad=tensor.requires_grad, name=tensor.node.name))
        return outputs[: self.results]


def capture(
    step: Callable[..., Any],
    *arguments: Any,
    condenser: Callable[..., Sequence[Node]] | None = None,
) -> Captured:
    """Runs `step` once with shapes instead of values, and returns the graph of what it did.

    Args:
        step: takes tensors; returns a tensor, several, or None. It may call `backward()` and an
            optimizer.
        arguments: tensors or arrays, of which only shapes and dtypes count.
        condenser: what the compiler makes fewer nodes with; see `Shapes`.

    Raises:
        CaptureError: the step needs a value, for example for an `if`.

    Example:
        >>> import holograd as hg
        >>> captured = capture(lambda x: (x * x).sum(), hg.zeros(3))
        >>> float(captured.run(np.array([1, 2, 3], np.float32))[0])
        14.0
    """
    shapes = Shapes(condenser)
    symbols = []
    for one in arguments:
        array = one.value if isinstance(one, Tensor) else np.asarray(one)
        symbols.append(
            Tensor(leaf(Spec(array.shape, array.dtype), name=f"argument {len(symbols)}"))
        )
    try:
        with interpreting(shapes):
            result = step(*symbols)
        results = (
            []
            if result is None
            else list(result)
            if isinstance(result, (tuple, list))
            else [result]
        )
        if not all(isinstance(one, Tensor) for one in results):
            raise CaptureError(
                f"the step returns {type(result).__name__}", instead="Return tensors, or nothing."
            )
        with interpreting(shapes):
            outputs = [shapes.read(one).node for one in results]
        updates = [(tensor, tensor.node) for tensor, _ in shapes.assigned.values()]
        updates += shapes.accumulated()
    finally:
        shapes.restore()
    states = tuple(shapes.read_tensors.values())
    inputs = [symbol.node for symbol in symbols]
    inputs += [node for _, node in states] + [one.node for one in shapes.runtimes]
    outputs = [shapes.condensed.get(node, node) for node in outputs]
    graph = Graph(inputs, [*outputs, *(node for _, node in updates)])
    return Captured(graph, states, tuple(shapes.runtimes), tuple(updates), len(outputs))
