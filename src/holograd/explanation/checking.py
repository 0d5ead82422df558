"""The check column: the gradient of every number by finite differences, beside that by rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from holograd.differences import Slope, differentiated
from holograd.errors import ArgumentError
from holograd.explanation.records import View
from holograd.graph import Node

SURE, TINY = 1e-7, 1e-12  # the doubt, relative and absolute, that needs no other step
DOUBTFUL = 1e-2  # the relative doubt above which a difference says nothing
SMALL = 1e-4
AGREEMENT = {4: 1e-3, 8: 1e-5}  # by the bytes of a float: how far a gradient may be off
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

    def derivative(self, node: Node, place: int) -> Slope:
        """The slope of the output by the number at `place` of a node, by Ridders' method.

        Steps are taken in proportion to 1, and to the number's own size where that is not enough:
        1/x has no slope at 0.0001 that a step of 0.01 could see. NaN where none can be measured,
        and at a kink, as at 0 of relu: what is measured there is the middle of the slopes on both
        sides, and any slope between them is right.
        """
        after = self._followers(node)
        original = self.exact[node]
        size = abs(float(original.reshape(-1)[place]))
        found = Slope()
        with np.errstate(all="ignore"):
            for scale in (max(size, 1.0), size or SMALL, (size or SMALL) * SMALL):
                slope = differentiated(self._moved(node, place, after, scale))
                doubt = slope.uncertainty / scale
                if doubt < found.uncertainty:
                    found = Slope(slope.best / scale, doubt, slope.noise / scale, slope.kink)
                if found.uncertainty <= max(SURE * abs(found.best), TINY):
                    break
        measured = found.uncertainty <= max(DOUBTFUL * abs(found.best), SURE)
        return found if measured and not found.kink else Slope(math.nan)

    def _moved(
        self, node: Node, place: int, after: Sequence[Node], scale: float
    ) -> Callable[[float], tuple[float, float]]:
        """The output, and its size, as a function of how far the number is moved."""

        def function(step: float) -> tuple[float, float]:
            values = dict(self.exact)
            changed = np.array(self.exact[node], order="C")  # else a flat view may be a copy
            changed.reshape(-1)[place] += step * scale
            values[node] = changed
            for one in after:
                values[one] = self._value(one, values)
            result = float(values[self.output].reshape(-1)[0])
            return result, max(abs(result), 1.0)

        return function

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
    """Sets `check` and `agrees` of every value that has a gradient.

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
    known: dict[tuple[Node, int], Slope] = {}

    def derivative(node: Node, place: int) -> Slope:
        if (node, place) not in known:
            known[node, place] = replay.derivative(node, place)
        return known[node, place]

    for value in wanted:
        node, place = where[value.key]
        places = range(value.array.size) if place is None else [place]
        slopes = [derivative(node, one) for one in places]
        value.check = np.array([one.best for one in slopes]).reshape(value.array.shape)
        doubts = np.array([one.uncertainty for one in slopes]).reshape(value.array.shape)
        value.agrees = _agrees(value.gradient, value.check, doubts)


def _agrees(gradient: np.ndarray | None, measured: np.ndarray, doubts: np.ndarray) -> bool | None:
    """Whether they agree, but for rounding and doubt; None where some cannot be told."""
    assert gradient is not None
    near = AGREEMENT.get(gradient.dtype.itemsize, AGREEMENT[4])
    known = ~np.isnan(measured)
    largest = float(np.max(np.abs(measured[known]), initial=0.0))
    far = near * (np.abs(measured) + largest) + TINY + doubts
    if not np.all(np.abs(gradient - measured)[known] <= far[known]):
        return False
    return True if known.all() else None
