"""How far a computed graph may lie from another way of computing it: a forward-error bound.

Each node's error is bounded from those of its inputs and from its own rounding, which is scaled by
the sum of the absolute values of the terms that it joins. Both NumPy and compiled code stay within
the bound of what is exact, and so within twice the bound of each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from holograd.compiler.lower import lower
from holograd.graph import Graph, Node, arrays, interpreting
from holograd.ops.pattern import Window

MATHEMATICS = frozenset(
    """
    acos asin atan cos cosh erf exp expm1 log log1p log_sigmoid pow sigmoid sin sinh tan tanh
    """.split()
)
MATHEMATICS_ULPS = 4.0  # NumPy's own functions err by nearly as much in float32
MOVEMENTS = {"cat", "expand", "flip", "permute", "reshape", "slice", "windows", "identity"}
ROUNDED = {"add", "cast", "div", "mul", "reciprocal", "remainder", "sqrt", "square", "sub"}
LINEAR = {"accumulate", "cumsum", "overlap_add", "scatter_add", "sum"}
COMPARISONS = {"eq", "ge", "gt", "le", "lt", "ne"}

Known = dict[Node, tuple[np.ndarray, np.ndarray]]


def bounds(graph: Graph, values: Sequence[np.ndarray]) -> list[np.ndarray]:
    """For each output of a graph, how far two ways of computing it may lie apart; infinite where a
    rounding decides something, such as which of two branches is taken."""
    lowered = lower(graph)
    known: Known = {
        node: (value, np.zeros(value.shape))
        for node, value in zip(lowered.inputs, values, strict=True)
    }
    with interpreting(arrays):
        for node in lowered.nodes:
            if node.operation is None:
                known.setdefault(node, (node.value, np.zeros(node.shape)))
            elif node not in known:
                inputs = [known[one] for one in node.inputs]
                given = [value for value, _ in inputs]
                value = np.asarray(node.operation.numpy(*given, **node.parameters))
                error = np.broadcast_to(_error(node, value, inputs), value.shape)
                error = np.where(np.isnan(error), np.inf, error)
                if value.dtype.kind == "f" and all(np.isfinite(one).all() for _, one in inputs):
                    error = np.where(np.isfinite(value), error, 0.0)  # NaN and infinities are exact
                known[node] = value, error
    return [2 * known[node][1] for node in lowered.outputs]


def _error(node: Node, value: np.ndarray, inputs: list[tuple[np.ndarray, np.ndarray]]) -> Any:
    """The bound of one node's error."""
    assert node.operation is not None
    name, numpy, parameters = node.operation.name, node.operation.numpy, dict(node.parameters)
    given = [one for one, _ in inputs]
    errors = [error for _, error in inputs]
    if node.operation.native is not None:
        return _elementwise(node, value, inputs)
    if name in MOVEMENTS:
        return numpy(*errors, **parameters)
    if name == "pad":
        return numpy(errors[0], **{**parameters, "value": 0.0})
    if name in ("amax", "amin"):
        return np.max(errors[0], axis=parameters["dims"], keepdims=parameters["keepdim"])
    if name == "count":
        return 0.0
    if name in ("take", "gather"):
        moved = numpy(errors[0], given[1], **parameters)
        return np.where(np.any(errors[1]), np.inf, moved)
    if name == "contract":
        a, b = (np.abs(one).astype(float) for one in given)
        moved = numpy(errors[0], b + errors[1], **parameters) + numpy(a, errors[1], **parameters)
        return moved + _rounding(value, _terms(node)) * numpy(a, b, **parameters)
    if name in LINEAR:
        whole = [one.dtype.kind in "iub" and name != "sum" for one in given]
        keep = [one if index else None for one, index in zip(given, whole, strict=True)]
        moved = numpy(*_instead(errors, keep), **parameters)
        sizes = numpy(*_instead([np.abs(one * 1.0) for one in given], keep), **parameters)
        return moved + _rounding(value, _terms(node)) * sizes
    if name in ("prod", "cumprod"):
        size = np.abs(given[0] * 1.0)
        alone = numpy(size, **parameters)
        wide = numpy(size + errors[0], **parameters)
        return wide - alone + _rounding(value, _terms(node)) * wide
    if name == "normal":
        return 8 * np.finfo(value.dtype).eps * (1 + np.abs(value))
    return np.inf if any(error.any() for error in errors) else 0.0


def _instead(arrays_: list[np.ndarray], keep: list[np.ndarray | None]) -> list[np.ndarray]:
    return [one if kept is None else kept for one, kept in zip(arrays_, keep, strict=True)]


def _rounding(value: np.ndarray, terms: int) -> float:
    """The relative error of so many additions and products."""
    return terms * float(np.finfo(value.dtype).eps) / 2 if value.dtype.kind == "f" else 0.0


def _terms(node: Node) -> int:
    """How many numbers are joined into one, at most."""
    assert node.operation is not None
    parameters, shapes = node.parameters, [one.shape for one in node.inputs]
    if "dims" in parameters:
        return math.prod(shapes[0][dim] for dim in parameters["dims"])
    if node.operation.name == "contract":
        pattern = parameters["pattern"]
        plain = {axis for axis in pattern.out if not isinstance(axis, Window)}
        extents = pattern.label_extents(*shapes)
        return math.prod(extent for label, extent in extents.items() if label not in plain)
    if node.operation.name in ("cumsum", "cumprod"):
        return shapes[0][parameters["dim"]]
    if node.operation.name == "overlap_add":
        return math.prod(size for size, _, _ in parameters["steps"])
    return 1 + math.prod(shapes[0 if node.operation.name == "accumulate" else 1])


def _elementwise(node: Node, value: np.ndarray, inputs: list[tuple[np.ndarray, np.ndarray]]) -> Any:
    """What each input's error does to the result, and the result's own rounding."""
    assert node.operation is not None
    record, parameters = node.operation, node.parameters
    wide = [_wide(one) for one, _ in inputs]
    shape = value.shape
    with np.errstate(all="ignore"):
        middle = np.asarray(record.numpy(*wide, **parameters))
        total = np.zeros(shape)
        for place, (_, error) in enumerate(inputs):
            if not error.any():
                continue
            differences = []
            for moved in _moved(wide[place], error):
                other = record.numpy(*wide[:place], moved, *wide[place + 1 :], **parameters)
                differences.append(_difference(np.asarray(other), middle))
            # What is not finite does not move.
            change = np.where(np.broadcast_to(error > 0, shape), np.maximum(*differences), 0.0)
            total = total + change
    if record.name in COMPARISONS and inputs[0][0].dtype.kind == "f":
        # Equal numbers are equal by how they were made: their errors are the same.
        (a, _), (b, _) = inputs
        total = np.where(np.broadcast_to(a == b, shape), 0.0, total)
    if value.dtype.kind != "f":
        return np.where(total > 0, np.inf, 0.0)
    finfo = np.finfo(value.dtype)
    ulps = {"rsqrt": 1.5, "floor_divide": 0.5, **dict.fromkeys(ROUNDED, 0.5)}.get(record.name, 0.0)
    ulps = MATHEMATICS_ULPS if record.name in MATHEMATICS else ulps
    own = ulps * (finfo.eps * np.abs(_wide(value)) + float(finfo.smallest_subnormal))
    return total + np.where(np.isfinite(value), own, 0.0)


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _moved(array: np.ndarray, error: np.ndarray) -> list[np.ndarray]:
    if array.dtype == bool:
        return [array ^ (error > 0)] * 2
    if array.dtype.kind != "f":
        return [np.where(error > 0, array + 1, array), np.where(error > 0, array - 1, array)]
    return [array + error, array - error]


def _difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    if one.dtype == bool:
        return (one != other) * 1.0
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    return np.where(same, 0.0, np.abs(one - other))
