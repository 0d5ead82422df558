"""In which order a tensor's dimensions lie in memory: what the loops run along is innermost.

Tensors that are combined number by number (a weight, its gradient, its running means) share one
order. A product asks for the label that its result runs along to be innermost in its operands, so
that weights (out, in) lie as (in, out). In a network with convolutions the batch is innermost: then
every channel count and every image size fills whole vectors, and pooling shuffles nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from holograd.compiler.extents import Extents
from holograd.graph import Graph, Node
from holograd.ops.pattern import Window

Order = tuple[int, ...]

WELL_FILLED = 0.75  # the share of lanes that a loop must fill for its operands to be turned for it


class Layouts:
    """The order of each node's dimensions, outermost first.

    Args:
        graph: the nodes.
        extents: their dimensions.
        tied: pairs of nodes that lie in the same memory: a state and its new value.
        lanes: how many numbers a vector holds: a batch of fewer is not put innermost.
    """

    def __init__(
        self, graph: Graph, extents: Extents, tied: Iterable[tuple[Node, Node]], lanes: int
    ):
        self.extents = extents
        self.parent: dict[Node, Node] = {}
        for node in graph.nodes:
            record = node.operation
            if record is not None and record.native is not None:
                for source in node.inputs:
                    if len(source.shape) > 1 and extents[source] == extents[node]:
                        self._join(source, node)
        for one, other in tied:
            self._join(one, other)
        self.lanes = lanes
        self.votes: dict[Node, dict[Order, float]] = defaultdict(lambda: defaultdict(float))
        for node in graph.nodes:
            if node.operation is not None and node.operation.name == "contract":
                self._vote(node)
        self.batch_inside = any(_is_convolution(node, lanes, extents) for node in graph.nodes)

    def order(self, node: Node) -> Order:
        """The dimensions of a node, outermost first."""
        plain = tuple(range(len(node.shape)))
        extents = self.extents[node]
        if self.batch_inside:
            batch = [dim for dim, extent in enumerate(extents) if extent.batch]
            return (*(dim for dim in plain if dim not in batch), *batch)
        votes = self.votes.get(self._root(node))
        if not votes:
            return plain
        return max(sorted(votes), key=votes.__getitem__)

    def _root(self, node: Node) -> Node:
        while self.parent.get(node, node) is not node:
            node = self.parent[node]
        return node

    def _join(self, one: Node, other: Node) -> None:
        one, other = self._root(one), self._root(other)
        if one is not other:
            self.parent[one] = other

    def _vote(self, node: Node) -> None:
        """A product of matrices wants the last label of its result innermost in its operands."""
        pattern = node.parameters["pattern"]
        if any(isinstance(axis, Window) for axis in (*pattern.a, *pattern.b, *pattern.out)):
            return
        if not pattern.out:
            return
        along = pattern.out[-1]
        filled = node.shape[-1] / (-(-node.shape[-1] // self.lanes) * self.lanes)
        if filled < WELL_FILLED:
            return  # vectors run along a summed label instead
        shapes = [one.shape for one in node.inputs]
        work = math.prod(pattern.label_extents(*shapes).values())
        for axes, source in zip((pattern.a, pattern.b), node.inputs, strict=True):
            # A batch's rows stay rows; only what is kept from step to step is turned.
            if along not in axes or len(axes) != 2 or any(e.batch for e in self.extents[source]):
                continue
            place = axes.index(along)
            order = (*(dim for dim in range(len(axes)) if dim != place), place)
            forward = node.scope is not None  # backward products carry no scope, and can pack
            self.votes[self._root(source)][order] += work * (1.5 if forward else 1.0)


def _is_convolution(node: Node, lanes: int, extents: Extents) -> bool:
    if node.operation is None or node.operation.name != "contract":
        return False
    pattern = node.parameters["pattern"]
    windows = [axis for axis in pattern.a if isinstance(axis, Window)]
    batch = [n for n, e in zip(node.shape, extents[node], strict=True) if e.batch]
    return bool(windows) and bool(batch) and batch[0] >= lanes
