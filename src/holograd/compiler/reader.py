"""What a nest of loops computes at one place: nodes read backwards, down to what lies in memory.

Movements are only other positions: a transposed matrix is read with its positions exchanged. Where
a reshape joins dimensions, the loop over them is split, so that every position stays a sum of
loops.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from holograd.compiler import index as places
from holograd.compiler.expressions import (
    Apply,
    Buffer,
    Constant,
    Count,
    Expression,
    Index,
    Load,
    Position,
)
from holograd.compiler.extents import Extents
from holograd.compiler.fuse import is_choice
from holograd.compiler.index import ZERO, Affine, Extent, Loop
from holograd.compiler.rewriting import known, uniform
from holograd.errors import GraphError
from holograd.graph import Node
from holograd.ops.table import INT64, TABLE

At = tuple[Affine, ...]


class Reader:
    """Reads nodes at places, within one nest.

    Args:
        buffers: what lies in memory.
        extents: the dimensions of all nodes.
        results: what the nest's own anchors give at the place of its loops.
    """

    def __init__(
        self,
        buffers: dict[Node, Buffer],
        extents: Extents,
        results: dict[Node, Expression] | None = None,
    ):
        self.buffers, self.extents = buffers, extents
        self.results = results or {}
        self.fresh: dict[Node, tuple[At, Expression]] = {}  # computed earlier in the same turn
        self.seen: dict[Any, Expression] = {}

    def read(self, node: Node, at: At) -> Expression:
        """The node's number at a place; the same node at the same place is one expression."""
        key = (node, at)
        if key not in self.seen:
            self.seen[key] = self._read(node, at)
        return self.seen[key]

    def _read(self, node: Node, at: At) -> Expression:
        if node in self.fresh and self.fresh[node][0] == at:
            return self.fresh[node][1]
        if node in self.buffers:
            buffer = self.buffers[node]
            return self._load(buffer, places.total(at, buffer.strides))
        return self.compute(node, at)

    def compute(self, node: Node, at: At) -> Expression:
        """The node's number from what it is made of, also where it has memory of its own."""
        if node in self.results:
            return self.results[node]
        record = node.operation
        if record is None:
            number = uniform(node)
            value = known(node)
            if value is None:
                raise GraphError(f"{node} has no value and no memory")
            if number is not None:
                return self._constant(number, node.dtype)
            raise GraphError(f"the constant {node} has no memory")
        if record.native is not None:
            inputs = tuple(self.read(one, self._aligned(one, at)) for one in node.inputs)
            key = (record.name, tuple(map(id, inputs)), repr(node.parameters))
            if key not in self.seen:
                self.seen[key] = Apply(node.dtype, record, inputs, node.parameters)
            return self.seen[key]
        if record.name in MAPS:
            source = node.inputs[0]
            return self.read(source, MAPS[record.name](self, node, at, **node.parameters))
        if record.name == "count":
            dims = node.parameters["dims"]
            source = self.extents[node.inputs[0]]
            return Count(node.dtype, places.product(source[dim] for dim in dims))
        if record.name == "take":
            return self._take(node, at)
        if record.name == "gather":
            return self._gather(node, at, node.parameters["dim"])
        if is_choice(node):
            return self._choice(node, at, node.parameters["dim"])
        raise GraphError(f"{node} is neither stored nor computed in place")

    def _load(self, buffer: Buffer, place: Affine) -> Expression:
        key = (buffer, place)
        if key not in self.seen:
            self.seen[key] = Load(buffer.dtype, buffer, place)
        return self.seen[key]

    def _constant(self, number: Any, dtype: np.dtype) -> Expression:
        key = (dtype, number.tobytes())
        if key not in self.seen:
            self.seen[key] = Constant(dtype, number)
        return self.seen[key]

    def _aligned(self, source: Node, at: At) -> At:
        """The place of an input that broadcasts: dimensions of extent 1 stay at 0."""
        own = self.extents[source]
        last = at[len(at) - len(own) :]
        return tuple(
            ZERO if extent == Extent(1) else one for one, extent in zip(last, own, strict=True)
        )

    # --- places known at run time ---

    def _index(self, expression: Expression, extent: Extent) -> Affine:
        key = ("index", expression, extent)
        if key not in self.seen:
            self.seen[key] = Index(INT64, expression, extent)
        return Affine((), 0, ((self.seen[key], 1),))

    def _take(self, node: Node, at: At) -> Expression:
        source, index = node.inputs
        ndim = len(index.shape)
        row = self._index(self.read(index, at[:ndim]), self.extents[source][0])
        return self.read(source, (row, *at[ndim:]))

    def _gather(self, node: Node, at: At, dim: int) -> Expression:
        source, index = node.inputs
        here = self._index(self.read(index, at), self.extents[source][dim])
        return self.read(source, (*at[:dim], here, *at[dim + 1 :]))

    def _choice(self, node: Node, at: At, dim: int) -> Expression:
        """The source's number where the index names this place, else 0."""
        _, index, source = node.inputs
        row = (*at[:dim], ZERO, *at[dim + 1 :])
        named = self.read(index, row)
        if named.dtype != INT64:
            named = Apply(INT64, TABLE["truncate"], (named,), {"dtype": INT64})
        same = Apply(np.dtype(bool), TABLE["eq"], (named, Position(INT64, at[dim])), {})
        zero = self._constant(node.dtype.type(0), node.dtype)
        return Apply(node.dtype, TABLE["where"], (same, self.read(source, row), zero), {})

    # --- movements ---

    def _expand(self, node: Node, at: At, shape: Any) -> At:
        return self._aligned(node.inputs[0], at)

    def _permute(self, node: Node, at: At, dims: tuple[int, ...]) -> At:
        return tuple(at[dims.index(dim)] for dim in range(len(dims)))

    def _flip(self, node: Node, at: At, dims: tuple[int, ...]) -> At:
        moved = []
        for dim, (one, extent) in enumerate(zip(at, self.extents[node], strict=True)):
            if dim in dims and extent.batch:
                raise places.Unbatchable("the batch is turned round")
            moved.append(one * -1 + (extent.scale - 1) if dim in dims else one)
        return tuple(moved)

    def _slice(self, node: Node, at: At, bounds: Any) -> At:
        return tuple(one * step + start for one, (start, _, step) in zip(at, bounds, strict=True))

    def _windows(self, node: Node, at: At, steps: Any) -> At:
        front = len(at) - 2 * len(steps)
        outer, inner = at[front : front + len(steps)], at[front + len(steps) :]
        moved = [
            one * stride + two * dilation
            for one, two, (_, stride, dilation) in zip(outer, inner, steps, strict=True)
        ]
        return (*at[:front], *moved)

    def _reshape(self, node: Node, at: At, shape: Any) -> At:
        return self.reshaped(self.extents[node.inputs[0]], self.extents[node], at)

    def reshaped(self, source: tuple[Extent, ...], target: tuple[Extent, ...], at: At) -> At:
        """The place in `source` of a place in `target`, both in row order."""
        moved: list[Affine] = [ZERO] * len(source)
        for ours, theirs in places.split_groups(source, target):
            flat, stride = ZERO, 1
            for dim in reversed(theirs):
                flat = flat + at[dim] * stride
                stride = _static(stride, target[dim], dim == theirs[0])
            for dim in reversed(ours[1:]):
                if source[dim].batch:
                    raise places.Unbatchable("the batch is not the outermost of joined dimensions")
                flat, moved[dim] = self._divided(flat, source[dim].scale)
            moved[ours[0]] = flat
        return tuple(moved)

    def _divided(self, flat: Affine, by: int) -> tuple[Affine, Affine]:
        parts = places.divided(flat, by)
        if parts is not None:
            return parts
        whole = Position(INT64, flat)
        divisor = Constant(INT64, np.int64(by))
        quotient = Apply(INT64, TABLE["floor_divide"], (whole, divisor), {})
        rest = Apply(INT64, TABLE["remainder"], (whole, divisor), {})
        return Affine((), 0, ((quotient, 1),)), Affine((), 0, ((rest, 1),))


def _static(stride: int, extent: Extent, outermost: bool) -> int:
    if extent.batch and not outermost:
        raise places.Unbatchable("the batch is not the outermost of joined dimensions")
    return stride * extent.scale


MAPS: dict[str, Callable[..., At]] = {
    "expand": Reader._expand,
    "permute": Reader._permute,
    "flip": Reader._flip,
    "slice": Reader._slice,
    "windows": Reader._windows,
    "reshape": Reader._reshape,
}


def loops_over(extents: tuple[Extent, ...], names: str = "ijklmnpq") -> list[Loop]:
    """A loop for each dimension."""
    return [
        Loop(names[dim] if dim < len(names) else f"i{dim}", one) for dim, one in enumerate(extents)
    ]


def row_strides(extents: tuple[Extent, ...], order: tuple[int, ...], batch: int) -> tuple[int, ...]:
    """The strides of dimensions laid out in an order, the last of which is innermost."""
    strides, step = [0] * len(extents), 1
    for dim in reversed(order):
        strides[dim] = step
        step *= max(extents[dim].capacity(batch), 1)
    return tuple(strides)


def named(node: Node, number: int) -> str:
    """What a node's memory is called in listings."""
    if node.operation is not None:
        name = node.operation.name
    elif node.name:
        name = node.name.replace(" ", "_")
    else:
        known_now = isinstance(node.value, np.ndarray)
        name = "constant" if known_now else "parameter" if node.requires_grad else "state"
    return f"{name}{number}" if name[-1].isalpha() else f"{name}_{number}"


def room(extents: tuple[Extent, ...], batch: int) -> int:
    """How many numbers dimensions hold at most."""
    return math.prod(one.capacity(batch) for one in extents)
