"""How a nest of loops is built: loops over dimensions, split where positions need it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from holograd.compiler.expressions import Apply, Buffer, Expression
from holograd.compiler.extents import Extents
from holograd.compiler.index import Affine, Extent, Loop, Split, of
from holograd.compiler.loops import Call, Nest, Product, Reduction, Substitution, collapsed
from holograd.compiler.reader import Reader, loops_over
from holograd.graph import Node
from holograd.ops.table import TABLE

Body = Callable[[tuple[Affine, ...], tuple[Affine, ...], list[Loop]], Nest]


class NestBuilder:
    """Builds nests into `program`.

    Args:
        extents: the dimensions of nodes.
        batch: the most rows of a batch.
    """

    def __init__(self, extents: Extents, batch: int):
        self.extents, self.batch = extents, batch
        self.buffers: dict[Node, Buffer] = {}
        self.program: list[Nest | Call] = []

    def _nest(self, extents: Sequence[Extent], body: Body, reduced: Sequence[Extent] = ()) -> Nest:
        """A nest over dimensions; loops are split where `body` needs them to be."""
        loops, inner = loops_over(tuple(extents)), loops_over(tuple(reduced), "xyzuvw")
        at, at_inner = [of(one) for one in loops], [of(one) for one in inner]
        while True:
            try:
                nest = body(tuple(at), tuple(at_inner), _real(inner))
                break
            except Split as split:
                outside = Extent(split.loop.extent.scale // split.inner, split.loop.extent.batch)
                two = Loop(f"{split.loop}₀", outside), Loop(f"{split.loop}₁", Extent(split.inner))
                moved = Substitution({split.loop: of(two[0]) * split.inner + of(two[1])})
                at, at_inner = [moved.place(x) for x in at], [moved.place(x) for x in at_inner]
                loops, inner = _replaced(loops, split.loop, two), _replaced(inner, split.loop, two)
        goal = nest.stores[0].place
        nest.loops = sorted(_real(loops), key=lambda loop: -abs(goal.factor(loop)))
        if isinstance(nest.inner, Reduction | Product):
            nest.inner.loops = sorted(
                _real(inner), key=lambda loop: -max(map(abs, _factors(nest, loop)), default=0)
            )
        return nest

    def _add(self, nest: Nest) -> None:
        self.program.append(collapsed(nest))

    def _reader(self, results: dict[Node, Expression] | None = None) -> Reader:
        return Reader(self.buffers, self.extents, results)


def as_kind(value: Expression, dtype: np.dtype) -> Expression:
    """A number as another kind."""
    if value.dtype == dtype:
        return value
    record = TABLE["cast" if dtype.kind == "f" else "truncate"]
    return Apply(dtype, record, (value,), {"dtype": dtype})


def _real(loops: list[Loop]) -> list[Loop]:
    return [one for one in loops if one.extent != Extent(1)]


def _replaced(loops: list[Loop], loop: Loop, two: tuple[Loop, Loop]) -> list[Loop]:
    return [new for one in loops for new in (two if one is loop else (one,))]


def _factors(nest: Nest, loop: Loop) -> list[int]:
    return [place.factor(loop) for place in nest.places()]


def with_first(nest: Nest, first: list[Loop]) -> Nest:
    """The nest with some of its loops outermost, whose turns write to the same places."""
    nest.ordered = first
    nest.loops = [one for one in nest.loops if one in first] + [
        one for one in nest.loops if one not in first
    ]
    return nest
