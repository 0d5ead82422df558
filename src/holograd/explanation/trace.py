"""The backward pass with nothing thrown away: each contribution of each edge, and their sums.

The numbers are those of `backward()`: the same rules in the same order, as plain arrays. Besides
parameters, inputs get their gradients too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from holograd.graph import Node, arrays, interpreting
from holograd.ops.movement import sum_to

Edge = tuple[Node, int]  # a node, and the place of one of its inputs


@dataclass(frozen=True)
class Trace:
    """A graph with all numbers of its backward pass.

    Attributes:
        nodes: in order, each after its inputs; the last one is the output.
        contributions: what flows back along each edge, of the shape of the input there.
        gradients: of the output with respect to each node; nodes that nothing flows back to are
            not in it.
    """

    nodes: Sequence[Node]
    contributions: dict[Edge, np.ndarray]
    gradients: dict[Node, np.ndarray]

    @property
    def output(self) -> Node:
        """The number that is explained."""
        return self.nodes[-1]


def traced(nodes: Sequence[Node]) -> Trace:
    """The trace of a graph in topological order whose last node is one number."""
    contributions: dict[Edge, np.ndarray] = {}
    output = nodes[-1]
    seed = np.ones(output.shape, output.dtype)
    gradients = flow(nodes, {output: seed}, contributions)
    return Trace(nodes, contributions, gradients)


def flow(
    nodes: Sequence[Node],
    seeds: dict[Node, np.ndarray],
    contributions: dict[Edge, np.ndarray] | None = None,
) -> dict[Node, np.ndarray]:
    """The gradients that `seeds` cause through `nodes`, at these and at what they take.

    Args:
        nodes: in topological order.
        seeds: the gradients at some of them.
        contributions: where to note what flows along each edge.
    """
    gradients = dict(seeds)
    with interpreting(arrays):
        for node in reversed(nodes):
            incoming = gradients.get(node)
            if incoming is None or node.operation is None or node.operation.gradient is None:
                continue
            for place, source in enumerate(node.inputs):
                if source.dtype.kind != "f":
                    continue
                contribution = pulled(node, place, incoming)
                if contribution is None:
                    continue
                if contributions is not None:
                    contributions[node, place] = contribution
                known = gradients.get(source)
                gradients[source] = contribution if known is None else known + contribution
    return gradients


def pulled(node: Node, place: int, incoming: np.ndarray) -> np.ndarray | None:
    """What `incoming` at a node contributes to its input at `place`, of that input's shape."""
    values = [source.value for source in node.inputs]
    assert node.operation is not None
    given = node.operation.pullback(place, incoming, node.value, *values, **node.parameters)
    if given is None:
        return None
    return np.asarray(sum_to(given, node.inputs[place].shape))


def slopes(node: Node, place: int) -> np.ndarray | None:
    """The local derivative of a node that works number by number: one slope for each output."""
    assert node.operation is not None
    values = [np.broadcast_to(source.value, node.shape) for source in node.inputs]
    with interpreting(arrays):
        ones = np.ones(node.shape, node.dtype)
        given = node.operation.pullback(place, ones, node.value, *values, **node.parameters)
    return None if given is None else np.broadcast_to(np.asarray(given), node.shape)


def jacobian(nodes: Sequence[Node], output: Node, sources: Collection[Node]) -> dict:
    """The derivatives of every number of `output` by every number of each of the `sources`,
    through `nodes` alone: arrays of the output's shape followed by the source's."""
    rows: dict[Node, np.ndarray] = {
        source: np.zeros((output.value.size, *source.shape), source.dtype) for source in sources
    }
    for place in range(output.value.size):
        seed = np.zeros(output.shape, output.dtype)
        seed.reshape(-1)[place] = 1
        found = flow(nodes, {output: seed})
        for source in sources:
            if source in found:
                rows[source][place] = found[source]
    return {source: row.reshape((*output.shape, *source.shape)) for source, row in rows.items()}


def edge_jacobian(node: Node, place: int) -> np.ndarray:
    """The derivatives of every number of a node by every number of its input at `place`."""
    source = node.inputs[place]
    rows = np.zeros((node.value.size, *source.shape), source.dtype)
    with interpreting(arrays):
        for number in range(node.value.size):
            seed = np.zeros(node.shape, node.dtype)
            seed.reshape(-1)[number] = 1
            found = pulled(node, place, seed)
            if found is not None:
                rows[number] = found
    return rows.reshape((*node.shape, *source.shape))
