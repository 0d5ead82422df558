"""Single numbers with functions folded: a neuron's weighted sum is one step, and so is its σ.

This is what the chain rule is written along: ∂L/∂w = ∂L/∂o · ∂o/∂u · ∂u/∂w, as the lecture does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from holograd.explanation.formulas.parameters import read_parameters
from holograd.explanation.grouping import Group
from holograd.explanation.labels import group_label
from holograd.explanation.naming import Name
from holograd.explanation.pairs import product_pairs
from holograd.explanation.records import CONSTANT, PARAMETER, View
from holograd.explanation.scalars import Scalars, Where
from holograd.explanation.trace import Trace, jacobian
from holograd.graph import Node

NEURON = "neuron"  # a weighted sum: pairs of factors, and a bias


def neuron_view(
    trace: Trace, groups: Sequence[Group], naming: Callable[[Node], Name]
) -> tuple[View, dict[str, Where]]:
    """The view of single numbers in which functions are one step, and where each number is.

    Args:
        trace: the engine's graph with its numbers.
        groups: the steps of its function level.
        naming: the name of each node.
    """
    neurons = _Neurons(trace, naming)
    for node in trace.nodes:
        if node.operation is None:
            neurons.take(node)
    for members in _with_biases(groups):
        if members.scope is not None and not members.single:
            neurons.function(members)
        elif _is(Group(None, members.nodes[:1]), "contract") and not members.single:
            neurons.weighted_sum(*members.nodes)
        else:
            for node in members.nodes:
                neurons.take(node)
    return neurons.finished("scalar"), neurons.where


def _with_biases(groups: Sequence[Group]) -> Iterator[Group]:
    """The groups, with a layer's product and the bias added to it in one without a scope."""
    waiting: Group | None = None
    for group in groups:
        if waiting is not None:
            product = waiting.nodes[0]
            bias = group.nodes[0]
            if _adds_bias(group, product):
                yield Group(None, (product, bias))
                waiting = None
                continue
            yield waiting
            waiting = None
        if group.single and group.nodes[0].scope is not None and _is(group, "contract"):
            waiting = group if group.nodes[0].scope.kind == "linear" else None
        if waiting is None:
            yield group
    if waiting is not None:
        yield waiting


def _is(group: Group, name: str) -> bool:
    operation = group.nodes[0].operation
    return group.single and operation is not None and operation.name == name


def _adds_bias(group: Group, product: Node) -> bool:
    node = group.nodes[0]
    return _is(group, "add") and node.scope is product.scope and node.inputs[0] is product


class _Neurons(Scalars):
    """Makes the view."""

    def __init__(self, trace: Trace, naming: Callable[[Node], Name]):
        super().__init__(trace, naming, ())

    def weighted_sum(self, product: Node, total: Node) -> None:
        """Appends a step for each neuron: w₁x₁ + w₂x₂ + b."""
        outputs = self.allocate(total)
        first, second = (self.places[source].reshape(-1) for source in product.inputs)
        bias = np.broadcast_to(self.places[total.inputs[1]], total.shape).reshape(-1)
        for output, pairs in product_pairs(product):
            taken: list[tuple[int, float | None]] = []
            for a, b in pairs:
                left, right = int(first[a]), int(second[b])
                one, other = float(self.values[left].array), float(self.values[right].array)
                pair = [(left, other), (right, one)]
                # The weight in front, as one writes it: w·x.
                taken += pair[::-1] if self.values[right].role == PARAMETER else pair
            taken.append((int(bias[output]), 1.0))
            place = int(outputs.reshape(-1)[output])
            self.step(total, None, place, taken, kind=NEURON, label="Σ")

    def function(self, group: Group) -> None:
        """Appends a step for each number that a function of several operations gives."""
        inside = set(group.nodes)
        if any(self._used_outside(node, inside) for node in group.nodes[:-1]):
            for node in group.nodes:
                self.take(node)
            return
        taken_from = dict.fromkeys(
            source
            for node in group.nodes
            for source in node.inputs
            if source not in inside and self.naming(source).role != CONSTANT
        )
        smooth = [source for source in taken_from if source.dtype.kind == "f"]
        last = group.nodes[-1]
        outputs = self.allocate(last)
        found = jacobian(group.nodes, last, smooth)
        assert group.scope is not None
        single = all(source.value.size == 1 for source in taken_from)
        kind = group.scope.kind if single else ""
        for number, place in enumerate(outputs.reshape(-1)):
            taken: list[tuple[int, float | None]] = []
            for source in taken_from:
                numbers = self.places[source].reshape(-1)
                row = found[source].reshape(last.value.size, -1)[number] if source in found else ()
                for at, one in enumerate(numbers):
                    slope = float(row[at]) if len(row) else None
                    if slope is None or slope or single:
                        taken.append((int(one), slope))
            values = [self.values[one] for one, _ in taken]
            label = group_label(group.scope.kind, values)
            parameters = read_parameters(kind, group.nodes)
            self.step(last, None, int(place), taken, parameters, kind=kind, label=label)

    def _used_outside(self, node: Node, inside: set[Node]) -> bool:
        return any(node in other.inputs for other in self.trace.nodes if other not in inside)
