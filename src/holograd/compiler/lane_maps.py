"""Which lanes of one register become which of another: maps of places, made by NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from holograd.graph import Graph, Node
from holograd.ops.pattern import Pattern, Window


def places(shape: Sequence[int]) -> np.ndarray:
    """The numbers 0, 1, 2, … in a shape: each place's own number."""
    return np.arange(math.prod(shape)).reshape(tuple(shape))


def terms_of(
    pattern: Pattern, a: tuple[int, ...], b: tuple[int, ...], out: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """(terms, results) twice: which places of either operand each result multiplies and adds.

    −1 stands where a result has fewer terms than others.
    """
    extents = pattern.label_extents(a, b)
    grid = dict(zip(extents, np.indices(tuple(extents.values())), strict=True))
    valid = np.ones(tuple(extents.values()), bool)

    def place(axes: tuple[Any, ...], shape: tuple[int, ...]) -> np.ndarray:
        nonlocal valid
        flat = np.zeros(tuple(extents.values()), np.int64)
        for axis, extent in zip(axes, shape, strict=True):
            if isinstance(axis, Window):
                at = grid[axis.outer] * axis.stride + grid[axis.inner] * axis.dilation + axis.offset
                valid = valid & (at >= 0) & (at < extent)
            else:
                at = grid[axis]
            flat = flat * extent + at
        return flat

    sources = place(pattern.a, a), place(pattern.b, b)
    results = place(pattern.out, out)[valid]
    order = np.argsort(results, kind="stable")
    counts = np.bincount(results, minlength=math.prod(out))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    maps = []
    for source in sources:
        rows = np.full((max(int(counts.max(initial=0)), 1), math.prod(out)), -1)
        rows[rank, results[order]] = source[valid][order]
        maps.append(rows)
    return maps[0], maps[1]


def started_products(graph: Graph) -> dict[Node, Node]:
    """The additions to a product that nothing else uses, such as that of a bias."""
    users: dict[Node, list[Node]] = {}
    for node in graph.nodes:
        for source in node.inputs:
            users.setdefault(source, []).append(node)
    found: dict[Node, Node] = {}
    for node, those in users.items():
        if node.operation is None or node.operation.name != "contract" or node.dtype.kind != "f":
            continue
        user = those[0]
        added = user.operation is not None and user.operation.name == "add"
        alone = len(those) == 1 and node not in graph.outputs
        if added and alone and user not in found and user.shape == node.shape:
            found[user] = node
    return found
