"""The scalar level: every number is a value, and every neuron a sum of single products.

Tensors become their numbers. Movements (reshape, slices, …) make no steps: they only say which
number is where, which their own NumPy meaning tells when it is asked with the numbers' places.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

import numpy as np

from holograd.explanation.brackets import bracketed
from holograd.explanation.folding import (
    NOTED,
    add_up,
    in_order,
    mark_problems,
    number_unnamed,
)
from holograd.explanation.grouping import module_path
from holograd.explanation.labels import operation_label
from holograd.explanation.naming import Name
from holograd.explanation.pairs import product_pairs
from holograd.explanation.records import (
    BETWEEN,
    CONSTANT,
    PARAMETER,
    TARGET,
    Argument,
    Step,
    Value,
    View,
)
from holograd.explanation.symbols import Symbol
from holograd.explanation.trace import Trace, edge_jacobian, jacobian, slopes
from holograd.graph import Node, Operation, Scope
from holograd.ops.table import TABLE
from holograd.pictures.numbers import short

MOVEMENTS = {
    "reshape", "permute", "expand", "flip", "slice", "cat", "identity", "take", "gather", "pad",
    "windows", "cast",
}  # fmt: skip
REDUCTIONS = {"sum", "mean", "amax", "amin", "prod", "logsumexp"}
ADD, MULTIPLY = TABLE["add"], TABLE["mul"]
Where = tuple[Node, int | None]  # a node, and the place of one of its numbers


def scalar_steps(nodes: Sequence[Node]) -> int:
    """How many steps the scalar level of a graph has."""
    total = 0
    for node in nodes:
        if node.operation is None or node.operation.name in MOVEMENTS:
            continue
        total += node.value.size
        if node.operation.name == "contract":
            products = math.prod(
                node.parameters["pattern"]
                .label_extents(node.inputs[0].shape, node.inputs[1].shape)
                .values()
            )
            total += products if products > node.value.size else 0
    return total


def scalar_view(
    trace: Trace,
    naming: Callable[[Node], Name],
    asked: str,
    overflowing: Collection[Node] = (),
) -> tuple[View, dict[str, Where]]:
    """The view of a trace in which every value is one number, and where each is in the graph.

    The product in a sum is no number of a tensor; moving it moves the sum, where it is said to be.
    """
    scalars = Scalars(trace, naming, overflowing)
    return scalars.view(asked), scalars.where


class Scalars:
    """Makes the view: numbers are known by their place in `self.values`."""

    def __init__(self, trace: Trace, naming: Callable[[Node], Name], overflowing: Collection[Node]):
        self.trace, self.naming, self.overflowing = trace, naming, overflowing
        self.values: list[Value] = []
        self.places: dict[Node, np.ndarray] = {}
        self.steps: list[Step] = []
        self.scopes: list[Scope | None] = []
        self.where: dict[str, Where] = {}

    def view(self, asked: str) -> View:
        """All steps and values, with the backward pass."""
        for node in self.trace.nodes:
            self.take(node)
        return self.finished(asked)

    def take(self, node: Node) -> None:
        """Appends the numbers and the steps of one node."""
        if node.operation is None:
            self.allocate(node)
        elif node.operation.name in MOVEMENTS:
            self._move(node)
        else:
            self._compute(node)

    def finished(self, asked: str) -> View:
        """The view of the steps taken so far."""
        self._flow_back()
        output = self.values[int(self.places[self.trace.output].reshape(-1)[0])]
        values = in_order(self.steps) or [output]  # of a number that is only moved there is no step
        number_unnamed(values)
        mark_problems(values, self.steps)
        boxes = bracketed(self.steps, self.scopes)
        return View("scalar", asked, 0, values, self.steps, boxes, output)

    # --- numbers ---

    def _new(self, number: float, dtype: np.dtype, symbol: Symbol | None, role: str) -> int:
        value = Value(f"v{len(self.values) + 1}", symbol or Symbol(""), role,
                      np.asarray(number, dtype), named=symbol is not None)  # fmt: skip
        self.values.append(value)
        return len(self.values) - 1

    def allocate(self, node: Node) -> np.ndarray:
        """New numbers for all of a node's, with their names."""
        name = self.naming(node)
        places = np.empty(node.shape, np.int64)
        for flat, index in enumerate(np.ndindex(node.shape)):
            role = name.role
            symbol = _element(name, node, index)
            if role == CONSTANT and symbol is None:
                symbol = Symbol(short(node.value[index].item()))
            place = places[index] = self._new(node.value[index], node.dtype, symbol, role)
            value = self.values[place]
            self.where[value.key] = node, flat
            if name.code:
                value.code = name.code + (f"[{','.join(map(str, index))}]" if index else "")
        self.places[node] = places
        return places

    def _move(self, node: Node) -> None:
        """Which number is where after a movement; a name given to it goes to unnamed numbers."""
        assert node.operation is not None
        given: list[np.ndarray] = []
        for source in node.inputs:
            index = source.dtype.kind in "iu" and node.operation.name in ("take", "gather")
            given.append(source.value if index and source is not node.inputs[0]
                         else self.places[source])  # fmt: skip
        parameters = dict(node.parameters)
        if node.operation.name == "cast":
            places = given[0]
        elif node.operation.name in ("pad", "windows"):
            places = self._move_with_edges(node, given[0], parameters)
        else:
            places = np.asarray(node.operation.numpy(*given, **parameters))
        self.places[node] = places
        name = self.naming(node)
        if name.symbol is not None:
            for index in np.ndindex(node.shape):
                value = self.values[int(places[index])]
                if not value.named:
                    value.symbol, value.named = _element(name, node, index) or value.symbol, True

    def _move_with_edges(self, node: Node, places: np.ndarray, parameters: dict) -> np.ndarray:
        """A movement that brings in numbers of its own at the edges: those are constants."""
        assert node.operation is not None
        filled = dict(parameters)
        if "value" in filled:
            filled["value"] = 0
        moved = np.asarray(node.operation.numpy(places + 1, **filled))
        if (moved == 0).any():
            edge = self._new(parameters.get("value", 0.0), node.dtype,
                             Symbol(short(parameters.get("value", 0.0))), CONSTANT)  # fmt: skip
            return np.where(moved == 0, edge, moved - 1)
        return moved - 1

    # --- steps ---

    def _compute(self, node: Node) -> None:
        assert node.operation is not None
        outputs = self.allocate(node)
        if node.operation.native is not None:
            self._elementwise(node, outputs)
        elif node.operation.name == "contract":
            self._products(node, outputs)
        elif node.operation.name in REDUCTIONS:
            self._reduction(node, outputs)
        else:
            self._dense(node, outputs)

    def step(
        self,
        node: Node,
        operation: Operation | None,
        output: int,
        taken: Sequence[tuple[int, float | None]],
        parameters: dict | None = None,
        kind: str = "",
        label: str = "",
    ) -> None:
        """Appends a step.

        Args:
            node: what it is a part of.
            operation: the record; None for a step of several operations.
            output: the number given.
            taken: the numbers taken, each with its slope where it has one.
            parameters: of the operation.
            kind: what it is; the operation's name by default.
            label: the sign on its gate; the operation's by default.
        """
        number = len(self.steps) + 1
        values = [self.values[place] for place, _ in taken]
        result = self.values[output]
        if operation is not None:
            kind, label = operation.name, operation_label(operation, values)
        step = Step(f"s{number}", number, kind, label, (), (result,), operation,
                    parameters or {}, module_path(node.scope),
                    note=NOTED if node in self.overflowing else "", nodes=(node,))  # fmt: skip
        arguments = []
        for place, (value, (_, slope)) in enumerate(zip(values, taken, strict=True)):
            one = Argument(step, value, place)
            if slope is not None and value.role not in (TARGET, CONSTANT):
                one.derivative, one.kind = np.asarray(slope, result.array.dtype), "elementwise"
            if step.key not in value.users:
                value.users.append(step.key)
            arguments.append(one)
        step.arguments = tuple(arguments)
        result.maker = step.key
        self.steps.append(step)
        self.scopes.append(node.scope)

    def _elementwise(self, node: Node, outputs: np.ndarray) -> None:
        assert node.operation is not None
        inputs = [np.broadcast_to(self.places[source], node.shape) for source in node.inputs]
        found = [
            slopes(node, place)
            if node.operation.gradient is not None and source.dtype.kind == "f"
            else None
            for place, source in enumerate(node.inputs)
        ]
        for index in np.ndindex(node.shape):
            taken = [
                (int(places[index]), None if slope is None else float(slope[index]))
                for places, slope in zip(inputs, found, strict=True)
            ]
            self.step(node, node.operation, int(outputs[index]), taken, dict(node.parameters))

    def _products(self, node: Node, outputs: np.ndarray) -> None:
        first, second = (self.places[source].reshape(-1) for source in node.inputs)
        for output, pairs in product_pairs(node):
            place = int(outputs.reshape(-1)[output])
            made = []
            for a, b in pairs:
                left, right = int(first[a]), int(second[b])
                one, other = self.values[left].array, self.values[right].array
                if len(pairs) == 1:
                    product = place
                else:
                    product = self._new(float(one * other), node.dtype, None, BETWEEN)
                    self.where[self.values[product].key] = node, output
                # The weight in front, as one writes it: w·x.
                taken = [(left, float(other)), (right, float(one))]
                if self.values[right].role == PARAMETER:
                    taken.reverse()
                self.step(node, MULTIPLY, product, taken)
                made.append(product)
            if len(pairs) > 1:
                self.step(node, ADD, place, [(one, 1.0) for one in made])

    def _reduction(self, node: Node, outputs: np.ndarray) -> None:
        assert node.operation is not None
        (source,) = node.inputs
        dims = tuple(node.parameters["dims"])
        kept = tuple(dim for dim in range(len(source.shape)) if dim not in dims)
        order = (*kept, *dims)
        lanes = self.places[source].transpose(order).reshape(outputs.size, -1)
        at = np.arange(source.value.size).reshape(source.shape)
        at = at.transpose(order).reshape(outputs.size, -1)
        if source.dtype.kind == "f":
            found = edge_jacobian(node, 0).reshape(outputs.size, source.value.size)
        else:
            found = None
        for number, place in enumerate(outputs.reshape(-1)):
            taken = [
                (int(one), None if found is None else float(found[number, column]))
                for one, column in zip(lanes[number], at[number], strict=True)
            ]
            self.step(node, node.operation, int(place), taken)

    def _dense(self, node: Node, outputs: np.ndarray) -> None:
        """Any other operation: each output takes the numbers that it has a slope by."""
        assert node.operation is not None
        smooth = [one for one in dict.fromkeys(node.inputs) if one.dtype.kind == "f"]
        found = (
            jacobian([node], node, smooth) if smooth and node.operation.gradient is not None else {}
        )
        size = node.value.size
        for number, place in enumerate(outputs.reshape(-1)):
            taken = []
            for source in smooth:
                row = found[source].reshape(size, -1)[number] if source in found else ()
                numbers = self.places[source].reshape(-1)
                taken += [(int(numbers[at]), float(row[at])) for at in np.flatnonzero(row)]
            self.step(node, node.operation, int(place), taken, dict(node.parameters))

    # --- the backward pass ---

    def _flow_back(self) -> None:
        """Gradients by the chain rule over the single steps."""
        output = self.values[int(self.places[self.trace.output].reshape(-1)[0])]
        output.gradient = np.ones((), output.array.dtype)
        totals: dict[str, np.ndarray] = {output.key: output.gradient}
        for step in reversed(self.steps):
            incoming = totals.get(step.output.key)
            if incoming is None:
                continue
            step.output.gradient = incoming
            for one in step.arguments:
                if one.derivative is None:
                    continue
                one.contribution = np.asarray(incoming * one.derivative, incoming.dtype)
                known = totals.get(one.value.key)
                total = one.contribution if known is None else known + one.contribution
                totals[one.value.key] = one.value.gradient = np.asarray(total)
        add_up(self.steps)


def _element(name: Name, node: Node, index: tuple[int, ...]) -> Symbol | None:
    """The name of one number of a named array, counted from 1 as the lecture writes it."""
    if name.symbol is None:
        return None
    places = list(index[::-1] if name.transposed else index)
    if name.role != PARAMETER:
        extents = list(node.shape)
        while extents and extents[0] == 1:  # one sample, one output: no number needed
            extents.pop(0)
            places.pop(0)
    if not places:
        return name.symbol
    return name.symbol.element(*(place + 1 for place in places))
