"""Nests of loops: the form between a graph and machine code, which can be read like a program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from holograd.compiler.expressions import Apply, Buffer, Expression, Index, Load, Position
from holograd.compiler.index import Affine, Extent, Loop


@dataclass(eq=False)
class Store:
    """An expression's number is written to a place, or added to what is there."""

    buffer: Buffer
    place: Affine
    value: Expression
    adds: bool = False


@dataclass(eq=False)
class Reduction:
    """Numbers joined over loops of their own: `result` of the nest around it.

    Attributes:
        word: how two are joined, or "argmax", "argmin", whose result is a position.
        loops: what it runs over.
        value: what is joined.
        dtype: the kind of number of the result.
        position: where in the reduced dimension a turn of the loops is.
    """

    word: str
    loops: list[Loop]
    value: Expression
    dtype: np.dtype
    position: Affine

    def __str__(self) -> str:
        over = ", ".join(f"{loop}<{loop.extent}" for loop in self.loops)
        return f"result = {self.word} over {over or 'nothing'} of {self.value}"


@dataclass(eq=False)
class Product:
    """The sum over loops of products of two loads: kept in registers, tile by tile."""

    loops: list[Loop]
    a: Load
    b: Load
    dtype: np.dtype

    def __str__(self) -> str:
        over = ", ".join(f"{loop}<{loop.extent}" for loop in self.loops)
        return f"result = sum over {over or 'nothing'} of {self.a} · {self.b}"


@dataclass(eq=False)
class Scan:
    """A running sum or product: joined along `loop`, and stored at each of its turns."""

    word: str
    loop: Loop
    value: Expression
    dtype: np.dtype

    def __str__(self) -> str:
        return f"result = running {self.word} along {self.loop}<{self.loop.extent} of {self.value}"


@dataclass(eq=False)
class Nest:
    """Loops, outermost first; what is joined inside of them; what is stored at each turn.

    Turns of the `ordered` loops write to the same places, so that they come one after the other.
    """

    name: str
    loops: list[Loop]
    inner: Reduction | Product | Scan | None
    stores: list[Store] = field(default_factory=list)
    ordered: list[Loop] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The nest as a program; what was stored goes by its place from then on."""
        yield f"{self.name}:"
        indent = "  "
        for loop in self.loops:
            yield f"{indent}for {loop} < {loop.extent}:"
            indent += "  "
        if self.inner is not None:
            yield f"{indent}{self.inner}"
        known: dict[int, str] = {}
        for store in self.stores:
            place = f"{store.buffer}[{store.place}]"
            yield f"{indent}{place} {'+=' if store.adds else '='} {_text(store.value, known)}"
            if isinstance(store.value, Apply) and not store.adds:
                known.setdefault(id(store.value), place)

    def expressions(self) -> list[Expression]:
        """All expressions in it, each once."""
        waiting: list[Any] = [store.value for store in self.stores]
        for store in self.stores:
            waiting += [one for one, _ in store.place.computed]
        if isinstance(self.inner, Product):
            waiting += [self.inner.a, self.inner.b]
        elif self.inner is not None:
            waiting.append(self.inner.value)
        seen: dict[int, Expression] = {}
        while waiting:
            one = waiting.pop()
            if id(one) not in seen:
                seen[id(one)] = one
                waiting += parts(one)
        return list(seen.values())

    def places(self) -> list[Affine]:
        """All positions in it."""
        found = [store.place for store in self.stores]
        found += [one.place for one in self.expressions() if isinstance(one, (Load, Position))]
        if isinstance(self.inner, Reduction):
            found.append(self.inner.position)
        return found


@dataclass(eq=False)
class Call:
    """A function of the runtime: random numbers, sorting.

    Attributes:
        name: the operation.
        target: where the result goes.
        sources: what it reads.
        parameters: the operation's.
        count: how many numbers are made or sorted at once.
        rows: how many times.
    """

    name: str
    target: Buffer
    sources: tuple[Load, ...]
    parameters: dict[str, Any]
    extent: Extent

    def lines(self) -> Iterator[str]:
        """The call as a program."""
        given = ", ".join(map(str, self.sources))
        yield f"{self.name}:"
        yield f"  {self.target} = {self.name}({given}) of {self.extent} numbers"


def _text(expression: Expression, known: dict[int, str]) -> str:
    """An expression, with a name in place of each part that has one."""
    if id(expression) in known:
        return known[id(expression)]
    if not isinstance(expression, Apply):
        return str(expression)
    inputs = ", ".join(_text(one, known) for one in expression.inputs)
    return f"{expression.operation.name}({inputs})"


def parts(expression: Expression) -> list[Expression]:
    """What an expression is made of."""
    if isinstance(expression, Apply):
        return list(expression.inputs)
    if isinstance(expression, Load | Position):
        return [one for one, _ in expression.place.computed]
    if isinstance(expression, Index):
        return [expression.source]
    return []


class Substitution:
    """Expressions with other loops in their places.

    Args:
        loops: for each loop that goes, what stands for it.
    """

    def __init__(self, loops: dict[Loop, Affine]):
        self.loops = loops
        self.done: dict[int, tuple[Expression, Expression]] = {}

    def place(self, place: Affine) -> Affine:
        """A position in terms of the new loops."""
        moved = Affine((), place.constant)
        for loop, factor in place.terms:
            moved = moved + self.loops.get(loop, Affine(((loop, 1),))) * factor
        computed = tuple((self.of(one), factor) for one, factor in place.computed)
        return moved + Affine((), 0, computed)

    def of(self, expression: Expression) -> Expression:
        """An expression in terms of the new loops."""
        if id(expression) not in self.done:
            self.done[id(expression)] = (expression, self._made(expression))
        return self.done[id(expression)][1]

    def _made(self, one: Expression) -> Expression:
        if isinstance(one, Load):
            return Load(one.dtype, one.buffer, self.place(one.place))
        if isinstance(one, Position):
            return Position(one.dtype, self.place(one.place))
        if isinstance(one, Apply):
            inputs = tuple(self.of(part) for part in one.inputs)
            return Apply(one.dtype, one.operation, inputs, one.parameters)
        if isinstance(one, Index):
            return Index(one.dtype, self.of(one.source), one.extent)
        return one

    def nest(self, nest: Nest) -> Nest:
        """A nest in terms of the new loops; its lists of loops are the caller's business."""
        stores = [
            Store(one.buffer, self.place(one.place), self.of(one.value), one.adds)
            for one in nest.stores
        ]
        inner = nest.inner
        if isinstance(inner, Reduction):
            inner = Reduction(
                inner.word, inner.loops, self.of(inner.value), inner.dtype,
                self.place(inner.position),
            )  # fmt: skip
        elif isinstance(inner, Product):
            a, b = self.of(inner.a), self.of(inner.b)
            assert isinstance(a, Load) and isinstance(b, Load)
            inner = Product(inner.loops, a, b, inner.dtype)
        elif isinstance(inner, Scan):
            inner = Scan(inner.word, inner.loop, self.of(inner.value), inner.dtype)
        return Nest(nest.name, nest.loops, inner, stores, nest.ordered)


def collapsed(nest: Nest) -> Nest:
    """The nest with neighbouring loops as one, where memory runs through them without a gap."""
    for inside in (False, True):
        while True:
            inner = nest.inner
            loops = inner.loops if inside and isinstance(inner, Reduction | Product) else []
            loops = nest.loops if not inside else loops
            pair = next(
                (at for at in range(len(loops) - 1) if _joins(nest, loops[at], loops[at + 1])),
                None,
            )
            if pair is None:
                break
            outer, last = loops[pair], loops[pair + 1]
            extent = Extent(outer.extent.scale * last.extent.scale, outer.extent.batch)
            joined = Loop(f"{outer.name}{last.name}", extent)
            moved = Substitution({outer: Affine(), last: Affine(((joined, 1),))})
            replaced = [*loops[:pair], joined, *loops[pair + 2 :]]
            nest = moved.nest(nest)
            if inside:
                assert isinstance(nest.inner, Reduction | Product)
                nest.inner.loops = replaced
            else:
                nest.loops = replaced
    return nest


def _joins(nest: Nest, outer: Loop, inner: Loop) -> bool:
    if inner.extent.batch or outer in nest.ordered or inner in nest.ordered:
        return False
    extent = inner.extent.scale
    return all(place.factor(outer) == place.factor(inner) * extent for place in nest.places())
