"""Primitives that exist for stability, opened into their textbook definitions.

The engine computes σ(z) in one piece that never overflows; its definition 1 / (1 + e⁻ᶻ) is what a
person wants to see. A definition takes the place of its primitive where it gives the same numbers;
where it does not (it overflows), the primitive stays and the explanation says so. What the engine
leaves out for these numbers, a `where` that takes one side alone, is left out here too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from holograd import graph
from holograd.explanation.trace import flow, pulled
from holograd.graph import Node, interpreting, leaf, state
from holograd.tensor import Tensor, eager

CLOSE = {4: 1e-4, 8: 1e-9}  # by the bytes of a float: how near a definition must come
PLAIN = {"relu", "mean"}  # their definitions say no more than they do themselves


class Unfolded:
    """A graph with definitions in the place of primitives.

    Attributes:
        nodes: the new graph in order.
        origin: the node of the old graph that a new one stands for; inner ones have none.
        overflowing: the new nodes whose definition overflows or loses its digits.
    """

    def __init__(self, nodes: Sequence[Node]):
        self.origin: dict[Node, Node] = {}
        self.overflowing: set[Node] = set()
        self._new: dict[Node, Node] = {}
        self._definitions: dict[Node, Node] = {}  # of inner nodes: the primitive that was opened
        self._live: set[Node] = set()  # the new nodes that depend on what gradients are taken by
        for node in nodes:
            self._take(node)
        self.nodes = graph.topological([self._new[nodes[-1]]])

    def _take(self, node: Node) -> None:
        if node.operation is None:
            copy = leaf(node.value, requires_grad=node.dtype.kind == "f", name=node.name)
            copy.owner = node.owner
            self._put(node, copy, live=node.requires_grad)
            return
        inputs = tuple(self._new[source] for source in node.inputs)
        chosen = _only_choice(node)
        if chosen is not None and inputs[chosen].shape == node.shape:
            self._new[node] = inputs[chosen]
            return
        if chosen is not None and inputs[chosen] not in self._live:
            self._put(node, leaf(node.value), live=False)
            return
        if self._live.isdisjoint(inputs):
            self._put(node, leaf(node.value), live=False)  # what only constants go into is one
            return
        openable = node.operation.definition is not None and node.operation.name not in PLAIN
        opened = _defined(node, inputs) if openable else None
        if opened is not None:
            first = max(source.serial for source in inputs)
            inner = graph.topological([opened], lambda one: one.serial > first)
            self._definitions.update(dict.fromkeys(inner, node))
        else:
            floating = node.dtype.kind == "f"
            opened = Node(node.operation, inputs, node.parameters, node.value, floating, node.scope)
            if openable:
                self.overflowing.add(opened)
        self._put(node, opened, live=True)

    def outer(self, node: Node) -> Node:
        """The old node that a new one stands for, or that it is a part of the definition of."""
        if node in self.origin:
            return self.origin[node]
        return self._definitions.get(node, node)

    def _put(self, old: Node, new: Node, live: bool) -> None:
        self._new[old] = new
        self.origin[new] = old
        if live:
            self._live.add(new)


def _only_choice(node: Node) -> int | None:
    """The one side that a `where` takes, where its condition depends on nothing and is the same
    everywhere; None for other nodes."""
    assert node.operation is not None
    if node.operation.name != "where" or node.inputs[0].operation is not None:
        return None
    condition = node.inputs[0].value
    for answer, place in ((True, 1), (False, 2)):
        if bool(np.all(condition == answer)):
            return place
    return None


def _defined(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    """The definition's last node; None where its numbers are not those of the primitive."""
    assert node.operation is not None and node.operation.definition is not None
    before, recording = state.scope, state.recording
    name = node.operation.name
    state.scope, state.recording = graph.Scope(name, name, node.scope), True
    try:
        with interpreting(eager):
            handles = [Tensor(source) for source in inputs]
            result = node.operation.definition(*handles, **node.parameters).node
    finally:
        state.scope, state.recording = before, recording
    if result.operation is None or not _close(result.value, node.value):
        return None
    # The slopes must agree as well: they overflow where a value may not.
    seed = np.ones(node.shape, node.dtype)
    with interpreting(graph.arrays):
        wanted = pulled(node, 0, seed)
    inner = [one for one in graph.topological([result]) if one.serial > inputs[0].serial]
    found = flow([one for one in inner if one.operation is not None], {result: seed})
    given = found.get(inputs[0])
    if wanted is None or given is None or not _close(given, wanted):
        return None
    result.value = node.value  # to the last bit, on which the operations after it may depend
    return result


def _close(given: np.ndarray, wanted: np.ndarray) -> bool:
    if given.shape != wanted.shape:
        return False
    near = CLOSE.get(wanted.dtype.itemsize, 1e-4)
    with np.errstate(all="ignore"):
        scale = float(np.max(np.abs(wanted), initial=0.0))
        return bool(np.all(np.abs(given - wanted) <= near * max(scale, near)))
