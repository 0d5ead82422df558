"""Algebraic identities, where they are exact: for infinities, NaN and both zeros too (but for the
sign of a zero that is the greatest of 0 and −0).

Not among them, because they are not: x·0 = 0, x − x = 0, x + 0 = x (of −0 it makes 0), and moving
sums about.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from holograd.compiler.rewriting import (
    constant,
    make,
    reshaped,
    rewrite,
    stretched,
    uniform,
)
from holograd.graph import Graph, Node


def identities(graph: Graph) -> Graph:
    """The graph without operations that change nothing, and with two movements as one."""

    def rule(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node.operation is None:
            return None
        found = RULES.get(node.operation.name)
        return found(node, inputs) if found is not None else None

    return rewrite(graph, rule)


def _itself(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    return inputs[0] if inputs[0].shape == node.shape else None


def _same_kind(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    return inputs[0] if inputs[0].dtype == node.dtype else None


def _is(node: Node, number: float) -> bool:
    """Whether a constant is `number` everywhere, with that number's sign."""
    value = uniform(node)
    return value is not None and value == number and np.signbit(float(value)) == np.signbit(number)


def _add(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    if node.dtype.kind != "f":
        return None
    for one, other in (inputs, inputs[::-1]):
        if _is(other, -0.0):
            return stretched(one, node.shape, node)
    return None


def _sub(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    return stretched(inputs[0], node.shape, node) if _is(inputs[1], 0.0) else None


def _mul(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    if node.dtype == bool:
        return None
    for one, other in (inputs, inputs[::-1]):
        if _is(other, 1.0):
            return stretched(one, node.shape, node)
        if _is(other, -1.0) and node.dtype.kind == "f":
            return stretched(make("neg", one, like=node), node.shape, node)
    return None


def _div(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    a, b = inputs
    if _is(b, 1.0):
        return stretched(a, node.shape, node)
    divisor = uniform(b)
    if divisor is None or abs(np.frexp(divisor)[0]) != 0.5:
        return None
    inverse = node.dtype.type(1) / divisor
    if not np.isfinite(inverse) or abs(inverse) < np.finfo(node.dtype).smallest_normal:
        return None
    # By a power of two: the product with its inverse is the same number.
    factor = stretched(constant(inverse, b.dtype), b.shape, node)
    return make("mul", a, factor, like=node)


def _neg(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    inner = inputs[0]
    twice = inner.operation is not None and inner.operation.name == "neg"
    return inner.inputs[0] if twice else None


def _pow(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    """The second power is a product, correctly rounded; the first is the number itself."""
    if node.dtype.kind != "f":
        return None
    if _is(inputs[1], 1.0):
        return stretched(inputs[0], node.shape, node)
    if _is(inputs[1], 2.0):
        return stretched(make("mul", inputs[0], inputs[0], like=node), node.shape, node)
    return None


def _where(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    condition = uniform(inputs[0])
    if condition is None:
        return None
    return stretched(inputs[1] if condition else inputs[2], node.shape, node)


def _reshape(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    inner = inputs[0]
    if inner.shape == node.shape:
        return inner
    if inner.operation is not None and inner.operation.name == "reshape":
        return reshaped(inner.inputs[0], node.shape, node)
    return None


def _permute(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    inner, dims = inputs[0], tuple(node.parameters["dims"])
    if dims == tuple(range(len(dims))):
        return inner
    if inner.operation is not None and inner.operation.name == "permute":
        first = inner.parameters["dims"]
        joined = tuple(first[dim] for dim in dims)
        return (
            inner.inputs[0]
            if joined == tuple(range(len(joined)))
            else make("permute", inner.inputs[0], like=node, dims=joined)
        )
    return None


def _expand(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    inner = inputs[0]
    if inner.shape == node.shape:
        return inner
    if inner.operation is not None and inner.operation.name == "expand":
        return stretched(inner.inputs[0], node.shape, node)
    return None


def _gather(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    """What stands where the greatest stands is the greatest; of 0 and −0 it may be the other."""
    a, index = inputs
    dim = node.parameters["dim"]
    found = index
    while found.operation is not None and found.operation.name == "reshape":
        found = found.inputs[0]
    kept = tuple(1 if d == dim else extent for d, extent in enumerate(a.shape))
    if index.shape != kept or found.operation is None or not found.inputs:
        return None
    extreme = {"argmax": "amax", "argmin": "amin"}.get(found.operation.name)
    if extreme is None or found.inputs[0] is not a or found.parameters["dim"] != dim:
        return None
    return make(extreme, a, like=node, dims=(dim,), keepdim=True)


RULES: dict[str, Callable[[Node, tuple[Node, ...]], Node | None]] = {
    "identity": _itself,
    "cast": _same_kind,
    "truncate": _same_kind,
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "pow": _pow,
    "where": _where,
    "reshape": _reshape,
    "permute": _permute,
    "expand": _expand,
    "gather": _gather,
}
