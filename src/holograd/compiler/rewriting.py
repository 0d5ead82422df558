"""Making graphs out of graphs: what every pass over nodes shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from holograd.graph import Graph, Node, Spec, leaf
from holograd.ops.table import TABLE

Rule = Callable[[Node, tuple[Node, ...]], "Node | None"]


def make(name: str, *inputs: Node, like: Node | None = None, **parameters: Any) -> Node:
    """A node of the operation `name`, in the scope of `like`."""
    record = TABLE[name]
    specs = [Spec(one.shape, one.dtype) for one in inputs]
    spec = Spec(record.shape(*specs, **parameters), record.dtype(*specs, **parameters))
    scope = like.scope if like is not None else None
    return Node(record, inputs, parameters, spec, False, scope)


def constant(value: Any, dtype: np.dtype) -> Node:
    """A leaf that holds an array."""
    return leaf(np.asarray(value, dtype))


def known(node: Node) -> np.ndarray | None:
    """The value of a constant; None for everything else."""
    value = node.value
    return value if node.operation is None and isinstance(value, np.ndarray) else None


def uniform(node: Node) -> Any:
    """The one number that a constant holds everywhere; None where there is none such.

    A scalar constant that was stretched counts as well.
    """
    while node.operation is not None and node.operation.name in ("expand", "reshape"):
        node = node.inputs[0]
    value = known(node)
    return value.reshape(-1)[0] if value is not None and value.size == 1 else None


def reshaped(node: Node, shape: Sequence[int], like: Node) -> Node:
    """`node` in another shape; itself where it has that shape."""
    shape = tuple(shape)
    return node if node.shape == shape else make("reshape", node, like=like, shape=shape)


def stretched(node: Node, shape: Sequence[int], like: Node) -> Node:
    """`node` expanded to a shape; itself where it has that shape."""
    shape = tuple(shape)
    return node if node.shape == shape else make("expand", node, like=like, shape=shape)


def rewrite(graph: Graph, rule: Rule) -> Graph:
    """The graph in which `rule` has replaced nodes.

    Args:
        graph: what to rewrite; its inputs stay.
        rule: (node, its inputs as they are now) → what stands for it, or None to keep it.
    """
    now: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.operation is None:
            found = None if node in graph.inputs else rule(node, ())
            now[node] = node if found is None else found
            continue
        inputs = tuple(now[source] for source in node.inputs)
        found = rule(node, inputs)
        if found is None:
            same = inputs == node.inputs
            found = node if same else _with_inputs(node, inputs)
        now[node] = found
    return Graph(graph.inputs, [now[node] for node in graph.outputs])


def _with_inputs(node: Node, inputs: tuple[Node, ...]) -> Node:
    value = Spec(node.shape, node.dtype)
    return Node(node.operation, inputs, node.parameters, value, False, node.scope)
