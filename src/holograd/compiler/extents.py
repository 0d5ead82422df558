"""Which dimensions are the batch's: found by capturing twice, with two sizes, and comparing.

Whatever differs between the two graphs depends on the batch's size: a dimension, and the parameter
of a reshape. Where it grows in proportion, it is a number times the batch's size; where it does not
(a constant that Python code computed from `len(x)`), the step is compiled for each size on its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from holograd.capture import Captured
from holograd.compiler.index import Extent, Unbatchable
from holograd.graph import Graph, Node

Extents = dict[Node, tuple[Extent, ...]]


def fixed(graph: Graph) -> Extents:
    """The extents of a graph in which nothing depends on a batch."""
    return {node: tuple(map(Extent, node.shape)) for node in graph.nodes}


def compared(graph: Graph, other: Graph, size: int, other_size: int) -> Extents:
    """The extents of `graph`, captured with batches of `size`.

    Args:
        graph, other: the same step, captured with batches of `size` and `other_size`, both
            simplified alike.

    Raises:
        Unbatchable: something depends on the size in another way.
    """
    if len(graph.nodes) != len(other.nodes):
        raise Unbatchable("the graph has other nodes for another batch size")
    number = {node: place for place, node in enumerate(other.nodes)}
    twin: dict[Node, Node] = dict(zip(graph.nodes, other.nodes, strict=True))
    for ours, theirs in ((graph.inputs, other.inputs), (graph.outputs, other.outputs)):
        if [number[twin[node]] for node in ours] != [number[node] for node in theirs]:
            raise Unbatchable("other nodes go in or out for another batch size")
    extents: Extents = {}
    for node, same in twin.items():
        alike = node.operation is same.operation and node.dtype == same.dtype
        alike = alike and [number[twin[one]] for one in node.inputs] == [
            number[one] for one in same.inputs
        ]
        if not alike or len(node.shape) != len(same.shape):
            raise Unbatchable(f"{node} is {same} for another batch size")
        extents[node] = tuple(
            _extent(one, two, size, other_size, node)
            for one, two in zip(node.shape, same.shape, strict=True)
        )
        if node.operation is None and isinstance(node.value, np.ndarray):
            if not np.array_equal(node.value, same.value, equal_nan=node.dtype.kind == "f"):
                raise Unbatchable("a constant depends on the batch size")
        elif node.operation is not None:
            _check_parameters(node, same)
    return extents


def same_step(one: Captured, other: Captured) -> bool:
    """Whether two captures are of the same step on the same tensors."""
    for first, second in ((one.states, other.states), (one.updates, other.updates)):
        if [id(tensor) for tensor, _ in first] != [id(tensor) for tensor, _ in second]:
            return False
    numbers = [
        (two.name, two.node.dtype, None if two.name == "random stream" else two.read())
        for step in (one, other)
        for two in step.runtimes
    ]
    half = len(one.runtimes)
    if numbers[:half] != numbers[half:] or one.results != other.results:
        return False
    try:
        compared(one.graph, other.graph, 1, 1)
    except Unbatchable:
        return False
    return True


def _extent(one: int, two: int, size: int, other_size: int, node: Node) -> Extent:
    if one == two:
        return Extent(one)
    scale = one // size
    if scale * size != one or scale * other_size != two:
        raise Unbatchable(f"an extent of {node} does not grow with the batch")
    return Extent(scale, True)


# Parameters that repeat what the shapes say already.
SHAPES = {"reshape": "shape", "expand": "shape", "uniform": "shape", "normal": "shape",
          "integers": "shape"}  # fmt: skip


def _check_parameters(node: Node, same: Node) -> None:
    assert node.operation is not None
    told = SHAPES.get(node.operation.name)
    for name, value in node.parameters.items():
        if name == told or _equal(value, same.parameters[name]):
            continue
        if node.operation.name == "slice" and _whole_where_they_differ(node, same):
            continue
        raise Unbatchable(f"{name} of {node} depends on the batch size")


def _equal(one: Any, two: Any) -> bool:
    return repr(one) == repr(two)


def _whole_where_they_differ(node: Node, same: Node) -> bool:
    """Whether two slices take all of the dimensions in which they differ."""
    pairs = zip(node.parameters["bounds"], same.parameters["bounds"], strict=True)
    return all(
        one == two or (one == (0, extent, 1) and two == (0, other, 1))
        for (one, two), extent, other in zip(
            pairs, node.inputs[0].shape, same.inputs[0].shape, strict=True
        )
    )
