"""Nests that put numbers in places: padding, joining, adding up; running sums; runtime calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holograd.compiler import index as places
from holograd.compiler.expressions import Buffer, Constant, Load, Result
from holograd.compiler.index import ZERO, Affine, Loop, Split, of
from holograd.compiler.loops import (
    Call,
    Nest,
    Scan,
    Store,
)
from holograd.compiler.nest_builder import NestBuilder, as_kind, with_first
from holograd.compiler.reader import loops_over, row_strides
from holograd.graph import Node

RUNNING = {"cumsum": "add", "cumprod": "mul"}


class Placing(NestBuilder):
    """The nests of what is not computed number by number."""

    # --- numbers put in places ---

    def _fill(self, node: Node, number: float) -> None:
        buffer = self.buffers[node]
        value = Constant(node.dtype, node.dtype.type(number))

        def body(at: Any, inner: Any, loops: list[Loop]) -> Nest:
            return Nest("fill", [], None, [Store(buffer, places.total(at, buffer.strides), value)])

        self._add(self._nest(self.extents[node], body))

    def _copy(
        self, node: Node, source: Node, moved: Callable[[tuple], tuple], inside: int = 0
    ) -> None:
        """Each number of `source` goes to the place in `node` that `moved` says.

        Where `source` ends in `inside` dimensions of windows, several go to one place and are
        added: the loops over them are outermost, so that a turn of the others meets each once.
        """
        buffer = self.buffers[node]
        first: list[Loop] = []

        def body(at: Any, inner: Any, loops: list[Loop]) -> Nest:
            value = as_kind(self._reader().read(source, at), node.dtype)
            place = places.total(moved(at), buffer.strides)
            name = node.operation.name if node.operation else ""
            first[:] = [loop for one in at[len(at) - inside :] for loop, _ in one.terms]
            return Nest(name, [], None, [Store(buffer, place, value, inside > 0)])

        nest = self._nest(self.extents[source], body)
        if inside:
            self.program.append(with_first(nest, first))
        else:
            self._add(nest)

    def _pad(self, node: Node, edges: Any, value: float) -> None:
        self._fill(node, value)
        self._copy(
            node, node.inputs[0],
            lambda at: tuple(
                one * (between + 1) + before
                for one, (before, _, between) in zip(at, edges, strict=True)
            ),
        )  # fmt: skip

    def _cat(self, node: Node, dim: int) -> None:
        start = 0
        for source in node.inputs:
            if self.extents[source][dim].batch:
                raise places.Unbatchable("batches are joined")
            self._copy(
                node, source,
                lambda at, start=start: (*at[:dim], at[dim] + start, *at[dim + 1 :]),
            )  # fmt: skip
            start += source.shape[dim]

    def _overlap_add(self, node: Node, steps: Any, extents: Any) -> None:
        self._fill(node, 0)
        dims = len(steps)

        def moved(at: tuple[Affine, ...]) -> tuple[Affine, ...]:
            front = len(at) - 2 * dims
            outer, inner = at[front : front + dims], at[front + dims :]
            return (*at[:front], *(
                one * stride + two * dilation
                for one, two, (_, stride, dilation) in zip(outer, inner, steps, strict=True)
            ))  # fmt: skip

        self._copy(node, node.inputs[0], moved, inside=dims)

    def _accumulate(self, node: Node, count: int) -> None:
        self._fill(node, 0)
        index, rows = node.inputs
        ndim = len(index.shape)

        def body(at: Any, inner: Any, loops: list[Loop]) -> Nest:
            reader = self._reader()
            row = reader._index(reader.read(index, at[:ndim]), self.extents[node][0])
            buffer = self.buffers[node]
            place = places.total((row, *at[ndim:]), buffer.strides)
            store = Store(buffer, place, reader.read(rows, at), adds=True)
            return Nest("accumulate", [], None, [store])

        self.program.append(self._nest(self.extents[rows], body))

    def _scatter_add(self, node: Node, dim: int) -> None:
        base, index, source = node.inputs
        self._copy(node, base, lambda at: at)

        def body(at: Any, inner: Any, loops: list[Loop]) -> Nest:
            reader = self._reader()
            here = reader._index(reader.read(index, at), self.extents[node][dim])
            buffer = self.buffers[node]
            place = places.total((*at[:dim], here, *at[dim + 1 :]), buffer.strides)
            store = Store(buffer, place, reader.read(source, at), adds=True)
            return Nest("scatter_add", [], None, [store])

        self.program.append(self._nest(self.extents[index], body))

    # --- running sums, and what the runtime does ---

    def _running(self, node: Node, dim: int) -> None:
        assert node.operation is not None
        word = RUNNING[node.operation.name]
        extents = self.extents[node]
        buffer = self.buffers[node]
        along = Loop("k", extents[dim])

        def body(at: Any, inner: Any, loops: list[Loop]) -> Nest:
            step = of(along)
            place = (*at[:dim], step, *at[dim:])
            value = as_kind(self._reader().read(node.inputs[0], place), node.dtype)
            store = Store(buffer, places.total(place, buffer.strides), Result(node.dtype, 0))
            name = node.operation.name if node.operation else ""
            return Nest(name, [], Scan(word, along, value, node.dtype), [store])

        rest = (*extents[:dim], *extents[dim + 1 :])
        try:
            self.program.append(self._nest(rest, body))
        except Split as split:  # the running loop itself would have to be two
            raise places.Unbatchable("a running sum over joined dimensions") from split

    def _random(self, node: Node, **parameters: Any) -> None:
        assert node.operation is not None
        key = self._reader().read(node.inputs[0], (ZERO,))
        assert isinstance(key, Load)
        extent = places.product(self.extents[node])
        buffer = self.buffers[node]
        if buffer.strides != row_strides(
            self.extents[node], tuple(range(len(buffer.strides))), self.batch
        ):
            buffer = self._row_order(node)
        self.program.append(Call(node.operation.name, buffer, (key,), dict(parameters), extent))
        if buffer is not self.buffers[node]:
            self._unpack(node, buffer)

    def _row_order(self, node: Node) -> Buffer:
        """Memory in row order for what the runtime fills number by number."""
        extents = self.extents[node]
        strides = row_strides(extents, tuple(range(len(extents))), self.batch)
        own = self.buffers[node]
        return Buffer(f"{own}_in_row_order", own.dtype, extents, strides, own.size)

    def _unpack(self, node: Node, source: Buffer) -> None:
        def body(at: Any, inner: Any, loops: list[Loop]) -> Nest:
            value = Load(source.dtype, source, places.total(at, source.strides))
            own = self.buffers[node]
            return Nest("unpack", [], None, [Store(own, places.total(at, own.strides), value)])

        self._add(self._nest(self.extents[node], body))

    def _argsort(self, node: Node, dim: int, descending: bool) -> None:
        extents = self.extents[node]
        if extents[dim].batch:
            raise places.Unbatchable("the batch is sorted")
        at = [of(one) for one in loops_over(extents)]
        source = self._reader().read(node.inputs[0], tuple(at))
        if not isinstance(source, Load):
            raise places.Unbatchable("what is sorted is not in memory")
        loops = [loop for loop, _ in source.place.terms]
        self.program.append(
            Call("argsort", self.buffers[node], (source,),
                 {"dim": dim, "descending": descending, "loops": loops, "at": at}, extents[dim])
        )  # fmt: skip


OTHERS: dict[str, Callable[..., None]] = {
    "pad": Placing._pad,
    "cat": Placing._cat,
    "overlap_add": Placing._overlap_add,
    "accumulate": Placing._accumulate,
    "scatter_add": Placing._scatter_add,
    "cumsum": Placing._running,
    "cumprod": Placing._running,
    "argsort": Placing._argsort,
    **dict.fromkeys(("uniform", "normal", "integers", "permutation"), Placing._random),
}
