"""Which numbers of a gradient are no more than what rounding left of an exact 0.

The shares of softmax add up to 1 whatever its scores are, yet the slopes of that sum come out as
1e-17, not 0. Such a number is told from a gradient that is small but right by what was added up to
make it: each sum of products may be off by a few units in the last place of its terms, and what the
gradients that come in are off by travels on with them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from holograd.explanation.records import View
from holograd.explanation.trace import Trace, edge_jacobian, pulled, slopes
from holograd.graph import Node, arrays, interpreting
from holograd.ops.movement import sum_to

UNITS = 4.0  # in the last place: what one product, its slope and a sum of such products may be off
MOST_SLOPES = 1 << 20  # of a Jacobian that is made for this
MIXED = ("softmax", "log_softmax", "prod", "cumprod")  # whose slopes are found one by one
ONE_OUTPUT = ("sum", "mean", "amax", "amin", "logsumexp")  # have one for each number of the input


def rounding(trace: Trace) -> dict[Node, np.ndarray]:
    """The squares of how far the numbers of each node's gradient may be off, in its shape.

    Deviations are as often up as down, so it is their squares that add up.
    """
    squares = {trace.output: np.zeros(trace.output.shape)}
    for node in reversed(trace.nodes):
        for place, source in enumerate(node.inputs):
            if (node, place) not in trace.contributions:
                continue
            unit = UNITS * max(np.finfo(one.dtype).eps for one in (node, source))
            made = unit * trace.gradients[node].astype(np.float64)
            passed = _by_squares(node, place, squares[node] + made**2)
            squares[source] = squares[source] + passed if source in squares else passed
    return squares


def _by_squares(node: Node, place: int, flowing: np.ndarray) -> np.ndarray:
    """What flows at a node, times the squares of its slopes by the input at `place`."""
    source, operation = node.inputs[place], node.operation
    assert operation is not None
    if operation.native is not None:
        squares = np.asarray(slopes(node, place), np.float64) ** 2
        return np.asarray(sum_to(flowing * squares, source.shape))
    if operation.name == "contract":
        values = [one.value.astype(np.float64) ** 2 for one in node.inputs]
        with interpreting(arrays):
            given = operation.pullback(place, flowing, node.value, *values, **node.parameters)
        return np.asarray(sum_to(np.asarray(given), source.shape))
    if operation.name in MIXED and node.value.size * source.value.size <= MOST_SLOPES:
        found = edge_jacobian(node, place).reshape(node.value.size, -1).astype(np.float64)
        return (flowing.reshape(-1) @ found**2).reshape(source.shape)
    with interpreting(arrays):
        passed = np.asarray(pulled(node, place, flowing))
        if operation.name in ONE_OUTPUT:
            passed = passed * np.asarray(pulled(node, place, np.ones(node.shape)))
    return np.abs(passed)  # other slopes are 0 or 1, their own squares


def mark_noise(view: View, where: Mapping[str, tuple], squares: Mapping[Node, np.ndarray]) -> None:
    """Sets `noise` of the values that have such numbers, in their gradients or parts of them."""
    parts = {value.key: [value.gradient] for value in view.values if value.gradient is not None}
    for step in view.steps:
        for one in step.arguments:
            if one.contribution is not None and one.value.key in parts:
                parts[one.value.key].append(one.contribution)
    for value in view.values:
        node, place = where.get(value.key, (None, None))
        if node not in squares or value.key not in parts:
            continue
        square = squares[node] if place is None else squares[node].reshape(-1)[place]
        noise = np.nan_to_num(np.sqrt(square), nan=0, posinf=0).astype(node.dtype)
        if any(((part != 0) & (np.abs(part) <= noise)).any() for part in parts[value.key]):
            value.noise = np.asarray(noise)
