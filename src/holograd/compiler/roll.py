"""Repeated subgraphs of scalars become vectors: the same expression on other numbers, side by side.

A loss written with Python's loops over points (as in micrograd) captures the same network once a
point. Nodes are alike if their operation is the same and their inputs are alike, where all
constants are alike and each variable only like itself. Many that are alike are one node on a
vector; a running sum over all of them is the sum of the vector. So a hundred thousand nodes are a
thousand, before anything is differentiated or compiled.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from holograd.graph import NO_PARAMETERS, Node, Operation, Spec, leaf, topological
from holograd.ops.table import INT64, TABLE

LARGE = 1000  # nodes; smaller graphs stay as they are
FEWEST = 8  # nodes that are alike make a vector


def roll(outputs: Sequence[Node], wanted: Collection[Node] = ()) -> list[Node]:
    """Nodes that compute the same as `outputs`, of fewer nodes where much is repeated.

    Args:
        outputs: what is computed.
        wanted: nodes that stay themselves, because something is to be found out about them.
    """
    order = topological(outputs)
    if len(order) < LARGE:
        return list(outputs)
    classes = _Classes(order, set(wanted))
    if not classes.saves():
        return list(outputs)
    return [classes.rolled(node) for node in outputs]


class _Classes:
    """The classes of nodes that are alike, and what is made of them."""

    def __init__(self, order: Sequence[Node], wanted: set[Node]):
        self.klass: dict[Node, int] = {}
        self.number: dict[Node, int] = {}  # which of its class a node is
        self.members: list[list[Node]] = []
        self._find(order, wanted)
        self.wide = [self._is_wide(members) for members in self.members]
        self.vectors: dict[int, Node] = {}
        self.singles: dict[Node, Node] = {}
        self.sums: dict[Node, tuple[Node, int, int, int]] = {}  # start, class, first, count
        self._make(order)

    def _find(self, order: Sequence[Node], wanted: set[Node]) -> None:
        known: dict[Any, int] = {}
        klass, members = self.klass, self.members
        for node in order:
            record, value = node.operation, node.value
            key: Any = node
            if not value.shape and node not in wanted and node.owner is None:
                if record is None:
                    if type(value) is not Spec:
                        key = value.dtype
                elif record.native is not None and not node.parameters:
                    key = (record, *[klass[one] for one in node.inputs])
            place = known.get(key)
            if place is None:
                place = known[key] = len(members)
                members.append([])
            klass[node] = place
            self.number[node] = len(members[place])
            members[place].append(node)

    def saves(self) -> bool:
        """Whether much less is left."""
        return len(self.members) < 0.5 * len(self.klass)

    def _is_wide(self, members: list[Node]) -> bool:
        first = members[0]
        if len(members) < FEWEST or first.operation is None:
            return False
        for position, source in enumerate(first.inputs):
            whole = self.members[self.klass[source]]
            if source.operation is None or len(whole) == 1:
                continue
            if len(whole) < FEWEST and any(one.inputs[position] is not source for one in members):
                return False
        return True

    # --- what becomes of them ---

    def _make(self, order: Sequence[Node]) -> None:
        made: set[int] = set()
        for node in order:
            place = self.klass[node]
            if self.wide[place]:
                if place not in made:
                    made.add(place)
                    self.vectors[place] = self._vector(self.members[place])
            elif node.operation is None:
                self.singles[node] = node
            elif not self._continues(node):
                inputs = [self.rolled(one) for one in node.inputs]
                same = all(one is two for one, two in zip(inputs, node.inputs, strict=True))
                self.singles[node] = node if same else _made(
                    node.operation, inputs, node.parameters, node
                )  # fmt: skip

    def _vector(self, members: list[Node]) -> Node:
        """All nodes of a class as one."""
        first = members[0]
        assert first.operation is not None
        inputs = []
        for position in range(len(first.inputs)):
            sources = [one.inputs[position] for one in members]
            inputs.append(self._lined(sources))
        return _made(first.operation, inputs, NO_PARAMETERS, first)

    def _lined(self, sources: list[Node]) -> Node:
        """The inputs at one position of all members: a number for all of them, or one each."""
        first = sources[0]
        if all(one is first for one in sources):
            return self.rolled(first)
        if first.operation is None:
            return leaf(np.array([one.value for one in sources], first.dtype))
        place = self.klass[first]
        vector = self.vectors[place]
        numbers = [self.number[one] for one in sources]
        if numbers == list(range(len(self.members[place]))):
            return vector
        index = leaf(np.array(numbers, INT64))
        return _made(TABLE["take"], [vector, index], NO_PARAMETERS, first)

    def _continues(self, node: Node) -> bool:
        """Whether a node adds the next member of a class to a sum: it is made when it is needed."""
        if node.operation is not TABLE["add"] or node.parameters or node.shape:
            return False
        for before, term in (node.inputs, node.inputs[::-1]):
            place = self.klass[term]
            if not self.wide[place] or before is term:
                continue
            at = self.number[term]
            known = self.sums.get(before)
            if known is not None and known[1] == place and known[2] + known[3] == at:
                start, _, first, count = known
                self.sums[node] = (start, place, first, count + 1)
            else:
                self.sums[node] = (self.rolled(before), place, at, 1)
            return True
        return False

    def rolled(self, node: Node) -> Node:
        """What stands for a node."""
        if node in self.singles:
            return self.singles[node]
        place = self.klass[node]
        if self.wide[place]:
            index = leaf(np.asarray(self.number[node], INT64))
            made = _made(TABLE["take"], [self.vectors[place], index], NO_PARAMETERS, node)
        else:
            start, place, first, count = self.sums[node]
            vector = self.vectors[place]
            if count < len(self.members[place]):
                bounds = ((first, first + count, 1),)
                vector = _made(TABLE["slice"], [vector], {"bounds": bounds}, node)
            total = _made(TABLE["sum"], [vector], {"dims": (0,), "keepdim": False}, node)
            made = _made(TABLE["add"], [start, total], NO_PARAMETERS, node)
        self.singles[node] = made
        return made


def _made(record: Operation, inputs: Sequence[Node], parameters: Any, like: Node) -> Node:
    specs = [one.spec for one in inputs]
    spec = Spec(record.shape(*specs, **parameters), record.dtype(*specs, **parameters))
    requires_grad = record.gradient is not None and any(one.requires_grad for one in inputs)
    return Node(record, tuple(inputs), parameters, spec, requires_grad, like.scope)
