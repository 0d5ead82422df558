"""Operations that are several loops, written as those: softmax as an exponential over a sum.

Each rule is the record's NumPy meaning, step by step, so that it is as stable as that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from holograd.capture import Shapes
from holograd.compiler.rewriting import constant, make, reshaped, rewrite, stretched
from holograd.graph import Graph, Node, interpreting
from holograd.ops.pattern import Pattern, Window


def lower(graph: Graph) -> Graph:
    """The graph without the operations of `RULES`, and with unpadded contractions alone."""
    return rewrite(graph, _lowered)


def _lowered(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    record = node.operation
    if record is None:
        return _scalar_of(node)
    if 0 in node.shape:
        return constant(np.zeros(node.shape), node.dtype)
    rule = RULES.get(record.name)
    if rule is not None:
        return rule(node, *inputs, **node.parameters)
    if record.native is None and record.definition is not None:
        return _by_definition(node, inputs)
    return None


def _scalar_of(node: Node) -> Node | None:
    """A constant that is the same number everywhere is that number, stretched."""
    value = node.value
    if not isinstance(value, np.ndarray) or value.size <= 1 or not value.ndim:
        return None
    first = value.reshape(-1)[:1]
    if (value.reshape(-1).view(np.uint8).reshape(value.size, -1) != first.view(np.uint8)).any():
        return None
    return stretched(constant(first.reshape(()), node.dtype), node.shape, node)


def _by_definition(node: Node, inputs: tuple[Node, ...]) -> Node:
    """An operation that has no rule of its own, by its textbook definition."""
    record, shapes = node.operation, Shapes()
    assert record is not None and record.definition is not None
    with interpreting(shapes):
        handles = [shapes.handle(one) for one in inputs]
        return record.definition(*handles, **node.parameters).node


def _shifted(node: Node, a: Node, dims: tuple[int, ...]) -> tuple[Node, Node]:
    """The greatest along `dims`, and what lies below it."""
    peak = make("amax", a, like=node, dims=dims, keepdim=True)
    return peak, make("sub", a, peak, like=node)


def _softmax(node: Node, a: Node, dim: int) -> Node:
    _, below = _shifted(node, a, (dim,))
    weights = make("exp", below, like=node)
    total = make("sum", weights, like=node, dims=(dim,), keepdim=True)
    return make("div", weights, total, like=node)


def _log_softmax(node: Node, a: Node, dim: int) -> Node:
    _, below = _shifted(node, a, (dim,))
    weights = make("exp", below, like=node)
    total = make("sum", weights, like=node, dims=(dim,), keepdim=True)
    return make("sub", below, make("log", total, like=node), like=node)


def _logsumexp(node: Node, a: Node, dims: tuple[int, ...], keepdim: bool) -> Node:
    if not all(a.shape[dim] for dim in dims):
        nothing = constant(-np.inf, a.dtype)
        return stretched(nothing, node.shape, node)
    peak = make("amax", a, like=node, dims=dims, keepdim=True)
    finite = make("isfinite", peak, like=node)
    peak = make("where", finite, peak, constant(0, a.dtype), like=node)
    weights = make("exp", make("sub", a, peak, like=node), like=node)
    total = make("sum", weights, like=node, dims=dims, keepdim=True)
    result = make("add", make("log", total, like=node), peak, like=node)
    return result if keepdim else reshaped(result, node.shape, node)


def _mean(node: Node, a: Node, dims: tuple[int, ...], keepdim: bool) -> Node:
    total = make("sum", a, like=node, dims=dims, keepdim=keepdim)
    return make("div", total, make("count", a, like=node, dims=dims), like=node)


def _contract(node: Node, a: Node, b: Node, pattern: Pattern) -> Node | None:
    """Windows that reach over the edges read from, or write into, a padded tensor."""
    extents = pattern.label_extents(a.shape, b.shape)
    if a.dtype == bool:
        return None
    if not any(_margins(axes, extents) for axes in (pattern.a, pattern.b, pattern.out)):
        return None
    a, axes_a = _padded(node, a, pattern.a, extents)
    b, axes_b = _padded(node, b, pattern.b, extents)
    out = tuple(_inner(axis, extents) for axis in pattern.out)
    inner = Pattern(axes_a, axes_b, out, pattern.extents)
    result = make("contract", a, b, like=node, pattern=inner)
    bounds = []
    for axis, extent in zip(pattern.out, result.shape, strict=True):
        before = axis.margins(extents)[0] if isinstance(axis, Window) else 0
        size = axis.size if isinstance(axis, Window) else extent
        bounds.append((before, before + size, 1))
    whole = all(bound == (0, extent, 1) for bound, extent in zip(bounds, result.shape, strict=True))
    return result if whole else make("slice", result, like=node, bounds=tuple(bounds))


def _margins(axes: tuple[Any, ...], extents: dict[str, int]) -> bool:
    return any(isinstance(axis, Window) and axis.margins(extents) != (0, 0) for axis in axes)


def _inner(axis: Any, extents: dict[str, int]) -> Any:
    """The window on the padded dimension, in which it never leaves."""
    if not isinstance(axis, Window):
        return axis
    before, after = axis.margins(extents)
    return Window(
        axis.outer, axis.inner, axis.stride, axis.dilation, axis.offset + before,
        axis.size + before + after,
    )  # fmt: skip


def _padded(
    node: Node, operand: Node, axes: tuple[Any, ...], extents: dict[str, int]
) -> tuple[Node, tuple[Any, ...]]:
    if not _margins(axes, extents):
        return operand, axes
    edges = tuple(
        (*axis.margins(extents), 0) if isinstance(axis, Window) else (0, 0, 0) for axis in axes
    )
    padded = make("pad", operand, like=node, edges=edges, value=0.0)
    return padded, tuple(_inner(axis, extents) for axis in axes)


def _extreme_of_none(node: Node, a: Node, dims: tuple[int, ...], keepdim: bool) -> Node | None:
    """Of one number along no dimensions, the number itself."""
    return reshaped(a, node.shape, node) if not dims else None


def _truth(node: Node, a: Node, dims: tuple[int, ...], keepdim: bool) -> Node | None:
    """Reductions of truth take truth values."""
    if a.dtype == bool or node.operation is None:
        return None
    truth = make("truncate", a, like=node, dtype=np.dtype(bool))
    return make(node.operation.name, truth, like=node, dims=dims, keepdim=keepdim)


RULES: dict[str, Callable[..., Node | None]] = {
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "mean": _mean,
    "contract": _contract,
    "amax": _extreme_of_none,
    "amin": _extreme_of_none,
    "any": _truth,
    "all": _truth,
}
