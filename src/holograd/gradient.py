"""Gradients by the chain rule, backwards over the graph.

`pull` is the whole of backpropagation: it walks the nodes in reverse order, asks each operation's
rules for its contributions, and adds up those that meet at one node. Rules call operations, so the
interpreter that is current decides whether gradients are plain arrays, tensors with a graph of
their own (for gradients of gradients), or symbolic.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from holograd.errors import GradientError
from holograd.graph import Node, interpreting, state, topological
from holograd.ops.movement import sum_to


def _differentiable(node: Node) -> bool:
    return node.requires_grad


def pull(
    outputs: Sequence[Node],
    seeds: Sequence[Any],
    wanted: Collection[Node] | None = None,
    spend: bool = False,
) -> dict[Node, Any]:
    """The gradients that `seeds` at `outputs` cause at the `wanted` nodes.

    Args:
        outputs: nodes to start from.
        seeds: one gradient an output, of its shape, as the current interpreter's handles.
        wanted: the nodes whose gradients are asked for; where it is None, all that keep a `.grad`.
        spend: whether this graph may not be gone through again.

    Raises:
        GradientError: the graph was spent before.
    """
    outputs = state.interpreter.condense(outputs, wanted)
    order = topological(outputs, _differentiable)
    useful = _leading_to(order, wanted)
    handle = state.interpreter.handle
    gradients: dict[Node, Any] = {}
    for node, seed in zip(outputs, seeds, strict=True):
        _join(gradients, node, seed)
    for node in reversed(order):
        operation = node.operation
        if operation is None:
            if wanted is None and node not in gradients:
                gradients[node] = state.interpreter.constant(zeros_for(node))
            continue
        if node.spent:
            raise GradientError(
                f"backward() has been through this graph already, at {node}",
                why="a graph is spent once it has given its gradients",
                instead="Write backward(retain_graph=True) before, or compute the loss anew.",
            )
        node.spent = spend
        if node not in gradients:
            continue
        kept = node.owner is not None if wanted is None else node in wanted
        g = gradients[node] if kept else gradients.pop(node)
        output, inputs = handle(node), [handle(source) for source in node.inputs]
        for position, source in enumerate(node.inputs):
            if source.requires_grad and (useful is None or source in useful):
                contribution = operation.pullback(position, g, output, *inputs, **node.parameters)
                if contribution is not None:
                    _join(gradients, source, contribution)
    return gradients


def _leading_to(order: Sequence[Node], wanted: Collection[Node] | None) -> set[Node] | None:
    """The nodes through which gradients reach the wanted ones; None for all."""
    if wanted is None:
        return None
    useful = set(wanted)
    for node in order:
        if any(source in useful for source in node.inputs):
            useful.add(node)
    return useful


def _join(gradients: dict[Node, Any], node: Node, contribution: Any) -> None:
    """Adds a contribution to a node's gradient, summed over the dimensions that were broadcast."""
    if contribution.shape != node.value.shape:
        contribution = sum_to(contribution, node.value.shape)
    known = gradients.get(node)
    gradients[node] = contribution if known is None else known + contribution


def zeros_for(node: Node) -> np.ndarray:
    """The gradient at a node that nothing depends on."""
    return np.zeros(node.shape, node.dtype)


def backward(tensor: Any, seed: Any, retain_graph: bool, create_graph: bool) -> None:
    """Adds the gradients of `tensor` to `.grad` of the leaves that it depends on."""
    node = tensor.node
    if not node.requires_grad:
        raise GradientError(
            "backward() of a tensor that nothing with requires_grad=True went into",
            instead="Make parameters with requires_grad=True, and stay outside of no_grad().",
        )
    if seed is None and math.prod(node.shape) != 1:
        raise GradientError(
            f"backward() of shape {node.shape}", why="only one number has a gradient by itself",
            instead="Write x.sum().backward(), or give backward(gradient=…).",
        )  # fmt: skip
    if seed is not None and seed.shape != node.shape:
        raise GradientError(f"backward() of shape {node.shape} got a gradient of {seed.shape}")
    outer = state.interpreter
    inner = outer if create_graph else outer.graphless
    recording, state.recording = state.recording, create_graph
    try:
        with interpreting(inner):
            start = (
                inner.constant(np.ones(node.shape, node.dtype))
                if seed is None
                else inner.read(seed)
            )
            for source, gradient in pull([node], [start], spend=not retain_graph).items():
                owner = source.owner and source.owner()
                if owner is not None:
                    total = gradient if owner.grad is None else inner.read(owner.grad) + gradient
                    owner.grad = total if inner is outer else outer.constant(np.asarray(total))
    finally:
        state.recording = recording
