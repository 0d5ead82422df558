"""Common subexpressions: what is computed twice from the same inputs is computed once."""

from __future__ import annotations

from typing import Any

from holograd.compiler.rewriting import known, rewrite
from holograd.graph import Graph, Node

SMALL = 64  # numbers; larger constants are compared by identity alone


def share(graph: Graph) -> Graph:
    """The graph in which equal operations on equal inputs are one node."""
    first: dict[Any, Node] = {}

    def rule(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.operation is None:
            value = known(node)
            if value is None or value.size > SMALL:
                return None
            key: Any = (value.dtype, value.shape, value.tobytes())
            return first.setdefault(key, node)
        # By their text, as 0.0 and −0.0 are other numbers, and NaN is the same number.
        named = tuple(sorted((name, repr(one)) for name, one in node.parameters.items()))
        key = (node.operation.name, tuple(id(one) for one in inputs), named)
        if key in first:
            return first[key]
        if inputs != node.inputs:
            node = Node(node.operation, inputs, node.parameters, node.value, False, node.scope)
        first[key] = node
        return node

    return rewrite(graph, rule)
