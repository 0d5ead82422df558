"""From groups of nodes to nests of loops, an operation's loops at a time."""

from __future__ import annotations

import math
from typing import Any

from holograd.compiler import index as places
from holograd.compiler.expressions import Apply, Buffer, Load, Result
from holograd.compiler.extents import Extents
from holograd.compiler.fuse import REDUCTIONS, Fusion, Group
from holograd.compiler.index import ZERO, Affine, Extent, Loop, of
from holograd.compiler.layout import Layouts
from holograd.compiler.loops import (
    Nest,
    Product,
    Reduction,
    Store,
    collapsed,
)
from holograd.compiler.nest_builder import as_kind, with_first
from holograd.compiler.placing import OTHERS, Placing
from holograd.compiler.reader import Reader, named, room, row_strides
from holograd.compiler.rewriting import known, uniform
from holograd.graph import Node
from holograd.ops.pattern import Window
from holograd.ops.table import TABLE

WORDS = {"sum": "add", "prod": "mul", "amax": "maximum", "amin": "minimum", "any": "logical_or",
         "all": "logical_and", "argmax": "argmax", "argmin": "argmin"}  # fmt: skip
REUSED = 8  # how often a number must be read for a packed copy of it to pay


class Nests(Placing):
    """Builds the nests of a fused graph.

    Args:
        fusion: which nodes are stored, in which groups.
        extents: the dimensions.
        layouts: in which order they lie.
        batch: the most rows of a batch.
    """

    def __init__(self, fusion: Fusion, extents: Extents, layouts: Layouts, batch: int):
        super().__init__(extents, batch)
        graph = fusion.graph
        for number, node in enumerate(graph.nodes):
            value = known(node)
            constant = value is not None and uniform(node) is None
            if node in fusion.stored or node in graph.inputs or constant:
                own = extents[node]
                order = tuple(range(len(own))) if constant else layouts.order(node)
                self.buffers[node] = Buffer(
                    named(node, number), node.dtype, own, row_strides(own, order, batch),
                    room(own, batch), value if constant else None,
                )  # fmt: skip
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
        nest = collapsed(with_first(nest, first))
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
