"""From groups of nodes to nests of loops, an operation's loops at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from holograd.compiler import index as places
from holograd.compiler.expressions import Apply, Buffer, Constant, Expression, Load, Result
from holograd.compiler.extents import Extents
from holograd.compiler.fuse import REDUCTIONS, Fusion, Group
from holograd.compiler.index import ZERO, Affine, Extent, Loop, Split, of
from holograd.compiler.layout import Layouts
from holograd.compiler.loops import (
    Call,
    Nest,
    Product,
    Reduction,
    Scan,
    Store,
    Substitution,
    collapsed,
)
from holograd.compiler.reader import Reader, loops_over, room, row_strides
from holograd.compiler.rewriting import known, uniform
from holograd.graph import Node
from holograd.ops.pattern import Window
from holograd.ops.table import TABLE

Body = Callable[[tuple[Affine, ...], tuple[Affine, ...], list[Loop]], Nest]

WORDS = {"sum": "add", "prod": "mul", "amax": "maximum", "amin": "minimum", "any": "logical_or",
         "all": "logical_and", "argmax": "argmax", "argmin": "argmin", "cumsum": "add",
         "cumprod": "mul"}  # fmt: skip
REUSED = 8  # how often a number must be read for a packed copy of it to pay


class Nests:
    """Builds the nests of a fused graph.

    Args:
        fusion: which nodes are stored, in which groups.
        extents: the dimensions.
        layouts: in which order they lie.
        batch: the most rows of a batch.
    """

    def __init__(self, fusion: Fusion, extents: Extents, layouts: Layouts, batch: int):
        self.extents, self.batch = extents, batch
        self.buffers: dict[Node, Buffer] = {}
        graph = fusion.graph
        for number, node in enumerate(graph.nodes):
            value = known(node)
            constant = value is not None and uniform(node) is None
            if node in fusion.stored or node in graph.inputs or constant:
                own = extents[node]
                order = tuple(range(len(own))) if constant else layouts.order(node)
                made_by = node.operation.name if node.operation else node.name or "constant"
                name = f"{made_by.replace(' ', '_')}{number}"
                self.buffers[node] = Buffer(
                    name, node.dtype, own, row_strides(own, order, batch), room(own, batch),
                    value if constant else None,
                )  # fmt: skip
        self.program: list[Nest | Call] = []
        for group in fusion.groups:
            self._group(group)

    # --- groups ---

    def _group(self, group: Group) -> None:
        anchor = group.anchor
        name = anchor.operation.name if anchor is not None and anchor.operation else ""
        if anchor is None:
            self._map(group)
        elif name in REDUCTIONS:
            self._reduction(group, anchor)
        elif name == "contract":
            self._contraction(group, anchor)
        else:
            OTHERS[name](self, anchor, **anchor.parameters)

    def _stores(self, reader: Reader, group: Group, at: tuple[Affine, ...]) -> list[Store]:
        """What a group stores at a place; later ones use the numbers of the earlier ones."""
        stores = []
        for node in group.stores:
            value = reader.compute(node, at)
            reader.fresh[node] = (at, value)
            buffer = self.buffers[node]
            stores.append(Store(buffer, places.total(at, buffer.strides), value))
        return stores

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

    # --- number by number, reductions ---

    def _map(self, group: Group) -> None:
        def body(at: Any, inner: Any, loops: list[Loop]) -> Nest:
            return Nest(str(group), [], None, self._stores(self._reader(), group, at))

        self._add(self._nest(self.extents[group.stores[0]], body))

    def _reduction(self, group: Group, anchor: Node) -> None:
        assert anchor.operation is not None
        source = anchor.inputs[0]
        extents = self.extents[source]
        parameters = anchor.parameters
        dims = (parameters["dim"],) if "dim" in parameters else parameters["dims"]
        keeps = parameters.get("keepdim", False)
        kept = [dim for dim in range(len(extents)) if dim not in dims]

        def body(at: Any, inner: Any, loops: list[Loop]) -> Nest:
            place: list[Affine] = [ZERO] * len(extents)
            for position, dim in enumerate(kept):
                place[dim] = at[dim] if keeps else at[position]
            for one, dim in zip(inner, dims, strict=True):
                place[dim] = one
            value = self._reader().read(source, tuple(place))
            word = WORDS[anchor.operation.name] if anchor.operation else ""
            if word not in ("argmax", "argmin"):
                value = as_kind(value, anchor.dtype)
            where = inner[0] if len(dims) == 1 else ZERO
            reduction = Reduction(word, loops, value, anchor.dtype, where)
            reader = self._reader({anchor: Result(anchor.dtype, 0)})
            return Nest(str(group), [], reduction, self._stores(reader, group, at))

        self._add(self._nest(self.extents[group.stores[0]], body, [extents[dim] for dim in dims]))

    # --- products ---

    def _contraction(self, group: Group, node: Node) -> None:
        pattern = node.parameters["pattern"]
        a, b = node.inputs
        labels: dict[str, Extent] = {}
        for axes, source in ((pattern.a, a), (pattern.b, b)):
            for axis, extent in zip(axes, self.extents[source], strict=True):
                if isinstance(axis, str):
                    labels[axis] = extent
        for label, extent in pattern.extents:
            labels.setdefault(label, Extent(extent))
        windows = [axis for axis in pattern.out if isinstance(axis, Window)]
        first: list[Loop] = []
        out = [label for axis in pattern.out for label in _labels(axis)]
        summed = [label for label in labels if label not in out]

        def body(at: Any, inner: Any, loops: list[Loop]) -> Nest:
            where = dict(zip(out, at, strict=True)) | dict(zip(summed, inner, strict=True))
            reader = self._reader()
            left = reader.read(a, tuple(_position(axis, where) for axis in pattern.a))
            right = reader.read(b, tuple(_position(axis, where) for axis in pattern.b))
            plain = all(isinstance(one, Load) and not one.place.computed for one in (left, right))
            if plain and isinstance(left, Load) and isinstance(right, Load):
                product: Any = Product(loops, left, right, node.dtype)
            else:
                value = Apply(node.dtype, TABLE["mul"], (left, right), {})
                product = Reduction("add", loops, value, node.dtype, ZERO)
            place = tuple(_position(axis, where) for axis in pattern.out)
            if windows:
                first[:] = [loop for axis in windows for loop, _ in where[axis.inner].terms]
                buffer = self.buffers[node]
                target = places.total(place, buffer.strides)
                store = Store(buffer, target, Result(node.dtype, 0), adds=True)
                return Nest(str(group), [], product, [store])
            reader = self._reader({node: Result(node.dtype, 0)})
            return Nest(str(group), [], product, self._stores(reader, group, place))

        if windows:
            self._fill(node, 0)
        nest = self._nest([labels[one] for one in out], body, [labels[one] for one in summed])
        nest = collapsed(_with_first(nest, first))
        if isinstance(nest.inner, Product):
            self._pack(nest, nest.inner)
        self.program.append(nest)

    def _pack(self, nest: Nest, product: Product) -> None:
        """Copies an operand that would be read number by number, where it is read often."""
        if not nest.loops or along_reduction(nest, product):
            return
        along = nest.loops[-1]
        for side in ("a", "b"):
            load: Load = getattr(product, side)
            if load.place.factor(along) in (0, 1):
                continue
            own = [one for one in (*nest.loops, *product.loops) if load.place.factor(one)]
            others = [one for one in nest.loops if one not in own]
            extents = tuple(one.extent for one in own)
            uses = math.prod(one.extent.capacity(self.batch) for one in others)
            if uses < REUSED or room(extents, self.batch) > 2 * load.buffer.size:
                continue
            order = [place for place, one in enumerate(own) if one is not along]
            order.append(own.index(along))
            strides = row_strides(extents, tuple(order), self.batch)
            packed = Buffer(
                f"{load.buffer}ᵀ{len(self.program)}", load.dtype, extents, strides,
                room(extents, self.batch),
            )  # fmt: skip
            place = places.total([of(one) for one in own], strides)
            copy = Nest(f"pack {load.buffer}", [own[at] for at in order], None,
                        [Store(packed, place, load)])  # fmt: skip
            self._add(copy)
            setattr(product, side, Load(load.dtype, packed, place))

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
            self.program.append(_with_first(nest, first))
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
        word = WORDS[node.operation.name]
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
    "pad": Nests._pad,
    "cat": Nests._cat,
    "overlap_add": Nests._overlap_add,
    "accumulate": Nests._accumulate,
    "scatter_add": Nests._scatter_add,
    "cumsum": Nests._running,
    "cumprod": Nests._running,
    "argsort": Nests._argsort,
    **dict.fromkeys(("uniform", "normal", "integers", "permutation"), Nests._random),
}


def as_kind(value: Expression, dtype: np.dtype) -> Expression:
    """A number as another kind."""
    if value.dtype == dtype:
        return value
    record = TABLE["cast" if dtype.kind == "f" else "truncate"]
    return Apply(dtype, record, (value,), {"dtype": dtype})


def along_reduction(nest: Nest, product: Product) -> Loop | None:
    """The summed loop that vectors run along, where both operands lie along it and the result's
    own last loop runs across one of them."""
    last = nest.loops[-1] if nest.loops else None
    a, b = product.a.place, product.b.place
    if last is not None:
        long = last.extent.batch or last.extent.scale >= 4
        if long and a.factor(last) in (0, 1) and b.factor(last) in (0, 1):
            return None
    both = [one for one in product.loops if a.factor(one) == 1 and b.factor(one) == 1]
    return both[-1] if both else None


def _labels(axis: Any) -> tuple[str, ...]:
    return (axis.outer, axis.inner) if isinstance(axis, Window) else (axis,)


def _position(axis: Any, where: dict[str, Affine]) -> Affine:
    if isinstance(axis, Window):
        moved = where[axis.outer] * axis.stride + where[axis.inner] * axis.dilation
        return moved + axis.offset
    return where[axis]


def _real(loops: list[Loop]) -> list[Loop]:
    return [one for one in loops if one.extent != Extent(1)]


def _replaced(loops: list[Loop], loop: Loop, two: tuple[Loop, Loop]) -> list[Loop]:
    return [new for one in loops for new in (two if one is loop else (one,))]


def _factors(nest: Nest, loop: Loop) -> list[int]:
    return [place.factor(loop) for place in nest.places()]


def _with_first(nest: Nest, first: list[Loop]) -> Nest:
    """The nest with some of its loops outermost, whose turns write to the same places."""
    nest.ordered = first
    nest.loops = [one for one in nest.loops if one in first] + [
        one for one in nest.loops if one not in first
    ]
    return nest
