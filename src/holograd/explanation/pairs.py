"""Which numbers a contraction multiplies: its loops, written out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from holograd.graph import Node
from holograd.ops.pattern import Axis, Window


def product_pairs(node: Node) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """For each number of a product's output, the pairs that are multiplied and added up to it.

    Yields:
        The place of the output's number, and the places in both operands, counted through the
        arrays in order. Places outside of a window's dimension are left out: they read as zero.
    """
    pattern = node.parameters["pattern"]
    first, second = node.inputs
    extents = pattern.label_extents(first.shape, second.shape)
    grids = [np.asarray(grid) for grid in np.indices(tuple(extents.values()))]
    loops = dict(zip(extents, grids, strict=True))
    places, inside = zip(
        *(
            _places(axes, shape, loops)
            for axes, shape in (
                (pattern.out, node.shape),
                (pattern.a, first.shape),
                (pattern.b, second.shape),
            )
        ),
        strict=True,
    )
    within = np.logical_and.reduce(inside).reshape(-1)
    out, a, b = (np.broadcast_to(one, within.shape).reshape(-1)[within] for one in places)
    pairs: list[list[tuple[int, int]]] = [[] for _ in range(node.value.size)]
    for output, left, right in zip(out.tolist(), a.tolist(), b.tolist(), strict=True):
        pairs[output].append((left, right))
    yield from enumerate(pairs)


def _places(
    axes: Sequence[Axis], shape: tuple[int, ...], loops: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Where each turn of the loops reads or writes, counted through the array, and whether that
    place exists."""
    grid = next(iter(loops.values())).shape if loops else ()
    place, inside = np.zeros(grid, np.int64), np.ones(grid, bool)
    for axis, extent in zip(axes, shape, strict=True):
        if isinstance(axis, Window):
            at = loops[axis.outer] * axis.stride + loops[axis.inner] * axis.dilation + axis.offset
            inside &= (at >= 0) & (at < extent)
            at = np.clip(at, 0, max(extent - 1, 0))
        else:
            at = loops[axis]
        place = place * extent + at
    return place.reshape(-1), inside.reshape(-1)
