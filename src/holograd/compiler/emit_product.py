"""Products of tensors, tile by tile: as many sums at once as the registers hold.

A tile is some turns of one loop (rows) times some vectors along another. In each turn of the summed
loops it loads each operand's part once, and adds all products: with 8 rows and 3 vectors that is 24
multiply-adds for 11 loads. Where both operands lie along a summed loop, vectors run along that, and
are added up at the end.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir

from holograd.compiler.emit import Emitter
from holograd.compiler.emit_nests import halved, width_of
from holograd.compiler.expressions import Load, Result
from holograd.compiler.index import Loop
from holograd.compiler.loops import Nest, Product
from holograd.compiler.machine import I64, Builder, Register, Value, literals
from holograd.compiler.memory_access import Lanes
from holograd.compiler.nests import along_reduction
from holograd.ops.table import INT64


class Piece(NamedTuple):
    """Some turns of a loop at once: `steps` of `width` from `start`, the last one masked."""

    start: Any
    steps: int
    width: int
    rest: int | None = None  # how many numbers the last step has, where it is not full
    mask: Register | None = None


def emit_product(emitter: Emitter, nest: Nest, product: Product) -> None:
    """A nest around a product."""
    inside = along_reduction(nest, product)
    if inside is not None:
        _Inside(emitter, nest, product, inside).emit()
    else:
        _Across(emitter, nest, product).emit()


class _Tiles:
    """What both ways share: tile sizes, operands, sums, and what follows from them."""

    def __init__(self, emitter: Emitter, nest: Nest, product: Product):
        self.emitter, self.nest, self.product = emitter, nest, product
        self.results = [one for one in nest.expressions() if isinstance(one, Result)]

    def rows_loop(self, along: Loop | None) -> Loop | None:
        """The loop whose turns share what is loaded along the vectors: the longest one."""
        a, b = self.product.a.place, self.product.b.place
        vector = b if along is not None and b.factor(along) else a
        free = [
            loop for loop in self.nest.loops
            if loop is not along and not vector.factor(loop) and loop not in self.nest.ordered
        ]  # fmt: skip
        return max(free, key=lambda loop: loop.extent.scale * (64 if loop.extent.batch else 1),
                   default=None)  # fmt: skip

    def pieces(self, loop: Loop, most: int) -> Iterator[Callable[[Callable[[Piece], None]], None]]:
        """Turns of a loop in pieces of up to `most`: each gives a function that emits them."""
        emitter, extent = self.emitter, loop.extent
        if extent.batch:
            stop = emitter.extent(extent)
            end = emitter.builder.mul(emitter.builder.sdiv(stop, I64(most)), I64(most))
            yield lambda body: self._repeat(I64(0), end, most, body)
            if most > 1:
                yield lambda body: self._repeat(end, stop, 1, body)
            return
        size = even_size(extent.scale, most)
        whole = extent.scale // size
        yield lambda body: self._repeat(I64(0), I64(whole * size), size, body)
        rest = extent.scale - whole * size
        if rest:
            yield lambda body: body(Piece(I64(whole * size), rest, 1))

    def _repeat(self, start: Any, stop: Any, size: int, body: Callable[[Piece], None]) -> None:
        same = isinstance(start, ir.Constant) and isinstance(stop, ir.Constant)
        if same and start.constant == stop.constant:
            return
        if same and stop.constant - start.constant == size:
            body(Piece(start, size, 1))
            return
        with self.emitter.loop(start, stop, size) as place:
            body(Piece(place, size, 1))

    def finish(self, value: Value) -> None:
        """Stores what follows from a sum at the present place."""
        emitter = self.emitter
        with emitter.scope():
            for one in self.results:
                emitter.memo[-1][id(one)] = value
            emitter.write(self.nest.stores)


def even_size(extent: int, most: int) -> int:
    """A size up to `most` that divides an extent, or comes close."""
    if extent <= most:
        return max(extent, 1)
    for size in range(most, most // 2, -1):
        if extent % size == 0:
            return size
    return most


class _Across(_Tiles):
    """Vectors along the result's last loop."""

    def emit(self) -> None:
        nest, emitter = self.nest, self.emitter
        along = nest.loops[-1] if nest.loops else None
        rows = self.rows_loop(along)
        outer = [loop for loop in nest.loops if loop is not along and loop is not rows]
        width = width_of(emitter, nest)
        if along is not None and not along.extent.batch and along.extent.scale < width:
            width = 1 << max(along.extent.scale - 1, 0).bit_length()
        many = emitter.level.registers >= 32
        vectors = self._vectors(along, width, 4 if many else 2)
        self.width = width

        def body() -> None:
            most = (24 if many else 10) // vectors
            if rows is None:
                self._columns(along, vectors, None, None)
                return
            for emit_rows in self.pieces(rows, min(most, 12)):
                emit_rows(lambda piece: self._columns(along, vectors, rows, piece))

        emitter.nested(outer, body)

    def _vectors(self, along: Loop | None, width: int, most: int) -> int:
        if along is None or along.extent.batch:
            return 1 if along is None else 2
        return even_size(-(-along.extent.scale // width), most)

    def _columns(
        self, along: Loop | None, vectors: int, rows: Loop | None, piece: Piece | None
    ) -> None:
        emitter, width = self.emitter, self.width
        if along is None:
            self._tile(None, Piece(I64(0), 1, 1), rows, piece)
            return
        extent = along.extent
        if extent.batch:
            self._batch_columns(along, vectors, rows, piece)
            return
        whole, rest = divmod(extent.scale, width)
        tiles, left = divmod(whole, vectors)
        if tiles:
            with emitter.loop(I64(0), I64(tiles * vectors * width), vectors * width) as place:
                self._tile(along, Piece(place, vectors, width), rows, piece)
        start = tiles * vectors * width
        if rest and not emitter.level.masks and width > 1:
            if left:
                self._tile(along, Piece(I64(start), left, width), rows, piece)
            with emitter.loop(I64(whole * width), I64(extent.scale), 1) as place:
                self._tile(along, Piece(place, 1, 1), rows, piece)
        elif left or rest:
            mask = literals(np.arange(width) < rest).ir if rest and width > 1 else None
            count = left + (1 if rest else 0)
            self._tile(along, Piece(I64(start), count, width, rest or None, mask), rows, piece)

    def _batch_columns(
        self, along: Loop, vectors: int, rows: Loop | None, piece: Piece | None
    ) -> None:
        emitter, width, builder = self.emitter, self.width, self.emitter.builder
        stop = emitter.extent(along.extent)
        step = vectors * width
        end = builder.mul(builder.sdiv(stop, I64(step)), I64(step))
        with emitter.loop(I64(0), end, step) as place:
            self._tile(along, Piece(place, vectors, width), rows, piece)
        whole = builder.mul(builder.sdiv(stop, I64(width)), I64(width))
        with emitter.loop(end, whole, width) as place:
            self._tile(along, Piece(place, 1, width), rows, piece)
        if emitter.level.masks:
            with emitter.loop(whole, stop, width) as place:
                left = emitter.machine.splat(Value(builder.sub(stop, place), INT64), width)
                mask = emitter.machine.lt(literals(np.arange(width, dtype=np.int64)), left).ir
                self._tile(along, Piece(place, 1, width, None, mask), rows, piece)
        else:
            with emitter.loop(whole, stop, 1) as place:
                self._tile(along, Piece(place, 1, 1), rows, piece)

    def _tile(
        self, along: Loop | None, columns: Piece, rows: Loop | None, piece: Piece | None
    ) -> None:
        """One tile: sums over the summed loops, then what follows from each."""
        emitter, product = self.emitter, self.product
        row_count = piece.steps if piece is not None else 1
        grid = list(itertools.product(range(row_count), range(columns.steps)))
        slots = {at: emitter.variable(product.dtype, columns.width, 0) for at in grid}

        def turn() -> None:
            known: dict[Any, Value] = {}

            def part(load: Load, row: int, column: int) -> Value:
                key = (
                    id(load),
                    row if rows is not None and load.place.factor(rows) else 0,
                    column if along is not None and load.place.factor(along) else 0,
                )
                if key not in known:
                    with self._at(along, columns, rows, piece, row, column):
                        known[key] = emitter.load(load.buffer, load.place)
                return known[key]

            for row, column in grid:
                a = emitter.machine.splat(part(product.a, row, column), columns.width)
                b = emitter.machine.splat(part(product.b, row, column), columns.width)
                total = emitter.get(slots[row, column], product.dtype)
                emitter.put(slots[row, column], emitter.machine.multiply_add(a, b, total))

        emitter.nested(product.loops, turn)
        for row, column in grid:
            with self._at(along, columns, rows, piece, row, column), emitter.scope():
                self.finish(emitter.get(slots[row, column], product.dtype))

    def _at(
        self, along: Loop | None, columns: Piece, rows: Loop | None, piece: Piece | None,
        row: int, column: int,
    ) -> Any:  # fmt: skip
        return _Place(self.emitter, along, columns, rows, piece, row, column)


class _Place:
    """A `with` block at one row and one vector of a tile."""

    def __init__(
        self, emitter: Emitter, along: Loop | None, columns: Piece, rows: Loop | None,
        piece: Piece | None, row: int, column: int,
    ):  # fmt: skip
        self.emitter, self.along, self.rows = emitter, along, rows
        builder = emitter.builder
        if rows is not None and piece is not None:
            emitter.places[rows] = _moved(builder, piece.start, row * piece.width)
        lanes = Lanes()
        if along is not None:
            emitter.places[along] = _moved(builder, columns.start, column * columns.width)
            if columns.width > 1:
                last = column == columns.steps - 1
                lanes = Lanes(
                    columns.width, along, columns.rest if last else None,
                    columns.mask if last else None,
                )  # fmt: skip
        self.lanes = lanes

    def __enter__(self) -> None:
        self.before, self.emitter.lanes = self.emitter.lanes, self.lanes
        self.emitter.memo.append({})

    def __exit__(self, *exception: object) -> None:
        self.emitter.memo.pop()
        self.emitter.lanes = self.before
        for loop in (self.rows, self.along):
            if loop is not None:
                self.emitter.places.pop(loop, None)


def _moved(builder: Builder, start: Any, by: int) -> Any:
    if by == 0:
        return start
    if isinstance(start, ir.Constant):
        return I64(start.constant + by)
    return builder.add(start, I64(by), flags=("nsw",))


class _Inside(_Tiles):
    """Vectors along a summed loop, in which both operands lie side by side."""

    def __init__(self, emitter: Emitter, nest: Nest, product: Product, along: Loop):
        super().__init__(emitter, nest, product)
        self.along = along

    def emit(self) -> None:
        emitter, nest = self.emitter, self.nest
        a, b = self.product.a.place, self.product.b.place
        longest = lambda loop: loop.extent.scale  # noqa: E731
        only_a = [one for one in nest.loops if not b.factor(one) and one not in nest.ordered]
        rows = max(only_a, key=longest, default=None)
        only_b = [one for one in nest.loops if not a.factor(one) and one not in nest.ordered]
        columns = max((one for one in only_b if one is not rows), key=longest, default=None)
        outer = [one for one in nest.loops if one is not rows and one is not columns]
        most = 5 if emitter.level.registers >= 32 else 3
        self.width = width_of(emitter, nest)
        if not self.along.extent.batch and self.along.extent.scale < self.width:
            self.width = 1 << max(self.along.extent.scale - 1, 0).bit_length()

        def each(loop: Loop | None, body: Callable[[Piece | None], None]) -> None:
            if loop is None:
                body(None)
                return
            for emit_piece in self.pieces(loop, most):
                emit_piece(body)

        emitter.nested(
            outer,
            lambda: each(
                rows,
                lambda row_piece: each(
                    columns,
                    lambda column_piece: self._tile(rows, row_piece, columns, column_piece),
                ),
            ),
        )

    def _tile(
        self, rows: Loop | None, row_piece: Piece | None, columns: Loop | None,
        column_piece: Piece | None,
    ) -> None:  # fmt: skip
        emitter, product, m = self.emitter, self.product, self.emitter.machine
        tile = [(rows, row_piece), (columns, column_piece)]
        counts = [piece.steps if piece is not None else 1 for _, piece in tile]
        grid = list(itertools.product(*map(range, counts)))
        wide = {at: emitter.variable(product.dtype, self.width, 0) for at in grid}
        narrow = (
            {at: emitter.variable(product.dtype, 1, 0) for at in grid} if self.width > 1 else {}
        )

        def open_at(at: tuple[int, ...]) -> None:
            for (loop, piece), step in zip(tile, at, strict=True):
                if loop is not None and piece is not None:
                    emitter.places[loop] = _moved(emitter.builder, piece.start, step)

        def close() -> None:
            for loop, _ in tile:
                emitter.places.pop(loop, None)  # type: ignore[arg-type]

        def turn() -> None:
            known: dict[Any, Value] = {}
            lanes = emitter.lanes
            for at in grid:
                open_at(at)
                pair = []
                for load in (product.a, product.b):
                    moves = [loop is not None and load.place.factor(loop) != 0 for loop, _ in tile]
                    key = (id(load), *(s if move else 0 for s, move in zip(at, moves, strict=True)))
                    if key not in known:
                        known[key] = m.splat(emitter.load(load.buffer, load.place), lanes.count)
                    pair.append(known[key])
                if lanes.count == self.width:
                    a, b = pair
                    total = m.multiply_add(a, b, emitter.get(wide[at], product.dtype))
                    emitter.put(wide[at], total)
                else:  # the last turns, in a narrower vector
                    total = halved(emitter, "add", m.mul(*pair))
                    so_far = emitter.get(narrow[at], product.dtype)
                    emitter.put(narrow[at], m.add(so_far, total))
                close()

        outer = [loop for loop in product.loops if loop is not self.along]
        emitter.nested(outer, lambda: emitter.vectors(self.along, self.width, turn, single=False))
        for at in grid:
            total = halved(emitter, "add", emitter.get(wide[at], product.dtype))
            if narrow:
                total = m.add(total, emitter.get(narrow[at], product.dtype))
            open_at(at)
            with emitter.scope():
                self.finish(total)
            close()
