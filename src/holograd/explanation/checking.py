"""The check column: the gradient of every number by finite differences, beside that by rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from holograd.differences import differentiated
from holograd.errors import ArgumentError
from holograd.explanation.records import View
from holograd.graph import Node

MOST_NUMBERS = 4000  # each is moved a dozen times, and the rest of the graph computed anew


class Replay:
    """A graph computed anew in float64 with one of its numbers moved.

    Args:
        nodes: in order; the last one is one number.
    """

    def __init__(self, nodes: Sequence[Node]):
        self.nodes = [node for node in nodes if node.operation is not None]
        self.output = nodes[-1]
        self.exact: dict[Node, np.ndarray] = {}
        with np.errstate(all="ignore"):
            for node in nodes:
                self.exact[node] = self._value(node, self.exact)
        self.followers: dict[Node, list[Node]] = {}

    def derivative(self, node: Node, place: int) -> float:
        """The slope of the output by the number at `place` of a node, by Ridders' method."""
        after = self._followers(node)
        original = self.exact[node]
        scale = max(abs(float(original.reshape(-1)[place])), 1.0)

        def moved(step: float) -> tuple[float, float]:
            values = dict(self.exact)
            changed = np.array(original, order="C")  # else a flat view of it may be a copy
            changed.reshape(-1)[place] += step * scale
            values[node] = changed
            for one in after:
                values[one] = self._value(one, values)
            result = float(values[self.output].reshape(-1)[0])
            return result, max(abs(result), 1.0)

        with np.errstate(all="ignore"):
            return differentiated(moved).best / scale

    def _followers(self, node: Node) -> list[Node]:
        if node not in self.followers:
            reached = {node}
            found = []
            for one in self.nodes:
                if one is not node and not reached.isdisjoint(one.inputs):
                    reached.add(one)
                    found.append(one)
            self.followers[node] = found
        return self.followers[node]

    @staticmethod
    def _value(node: Node, values: Mapping[Node, np.ndarray]) -> np.ndarray:
        if node.operation is None:
            return node.value.astype(np.float64) if node.dtype.kind == "f" else node.value
        inputs = [values[source] for source in node.inputs]
        if node.operation.name == "cast":
            return inputs[0]  # rounding to float32 is no part of the function
        return np.asarray(node.operation.numpy(*inputs, **node.parameters))


def check(view: View, nodes: Sequence[Node], where: Mapping[str, tuple[Node, int | None]]) -> None:
    """Sets `check` of every value that has a gradient.

    Args:
        view: of `nodes`.
        nodes: the graph in order.
        where: for each value's key its node, and its place there; None for all of it.

    Raises:
        ArgumentError: there are too many numbers.
    """
    wanted = [value for value in view.values if value.gradient is not None]
    count = sum(value.array.size for value in wanted)
    if count > MOST_NUMBERS:
        raise ArgumentError(
            f"the check by finite differences has {count:,} numbers to move",
            why=f"each takes a dozen runs of the graph, and {MOST_NUMBERS:,} are the most",
            instead="Check a smaller network, or hg.check_gradient(…) along random directions.",
        )
    replay = Replay(nodes)
    known: dict[tuple[Node, int], float] = {}

    def derivative(node: Node, place: int) -> float:
        if (node, place) not in known:
            known[node, place] = replay.derivative(node, place)
        return known[node, place]

    for value in wanted:
        node, place = where[value.key]
        if place is not None:
            value.check = np.array(derivative(node, place))
        else:
            numbers = [derivative(node, one) for one in range(value.array.size)]
            value.check = np.array(numbers).reshape(value.array.shape)
