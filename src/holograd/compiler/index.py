"""Where a number lies: sums of loop variables times factors, and how they pass through reshapes.

A dimension has an `Extent`: a number, or a number times the batch's size, which is known at run
time only. A position in a dimension is an `Affine`: Σ factor·loop + constant, plus positions that
are themselves computed (the row that a label names).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Extent(NamedTuple):
    """How many places a dimension has: `scale`, or `scale` times the batch's size."""

    scale: int
    batch: bool = False

    def capacity(self, batch: int) -> int:
        """The most places there are, for batches of up to `batch`."""
        return self.scale * batch if self.batch else self.scale

    def __str__(self) -> str:
        return (f"{self.scale}·N" if self.scale != 1 else "N") if self.batch else str(self.scale)


def product(extents: Iterable[Extent]) -> Extent:
    """The extent of several dimensions joined.

    Raises:
        Unbatchable: the batch's size would stand in it twice.
    """
    scale, batch = 1, False
    for one in extents:
        scale *= one.scale
        if one.batch and batch:
            raise Unbatchable("two dimensions of the batch's size are joined into one")
        batch = batch or one.batch
    return Extent(scale, batch)


class Unbatchable(Exception):
    """The graph's loops depend on the batch's size: it is compiled for each size on its own."""


@dataclass(eq=False)
class Loop:
    """One loop of a nest; two are the same if they are the same object."""

    name: str
    extent: Extent

    def __repr__(self) -> str:
        return self.name


class Split(Exception):
    """A loop must become two: `inner` places inside, the rest outside."""

    def __init__(self, loop: Loop, inner: int):
        super().__init__(f"{loop} by {inner}")
        self.loop, self.inner = loop, inner


@dataclass(frozen=True)
class Affine:
    """Σ factor·loop + Σ factor·computed + constant.

    Attributes:
        terms: the loops and their factors; none is 0.
        constant: what is added.
        computed: expressions that give integers, with their factors.
    """

    terms: tuple[tuple[Loop, int], ...] = ()
    constant: int = 0
    computed: tuple[tuple[Any, int], ...] = field(default=())

    def __add__(self, other: Affine | int) -> Affine:
        if isinstance(other, int):
            return Affine(self.terms, self.constant + other, self.computed)
        factors = dict(self.terms)
        for loop, factor in other.terms:
            factors[loop] = factors.get(loop, 0) + factor
        terms = tuple((loop, factor) for loop, factor in factors.items() if factor)
        computed = dict(self.computed)
        for one, factor in other.computed:
            computed[one] = computed.get(one, 0) + factor
        return Affine(terms, self.constant + other.constant, tuple(computed.items()))

    def __mul__(self, factor: int) -> Affine:
        if factor == 0:
            return Affine()
        return Affine(
            tuple((loop, one * factor) for loop, one in self.terms),
            self.constant * factor,
            tuple((one, by * factor) for one, by in self.computed),
        )

    def factor(self, loop: Loop) -> int:
        """By how much it moves from one turn of `loop` to the next."""
        return next((factor for one, factor in self.terms if one is loop), 0)

    def __str__(self) -> str:
        parts = [f"{factor}·{loop}" if factor != 1 else str(loop) for loop, factor in self.terms]
        parts += [
            f"{factor}·[{one}]" if factor != 1 else f"[{one}]" for one, factor in self.computed
        ]
        if self.constant or not parts:
            parts.append(str(self.constant))
        return "+".join(parts).replace("+-", "-")


ZERO = Affine()


def of(loop: Loop) -> Affine:
    """The position that a loop is at."""
    return ZERO if loop.extent == Extent(1) else Affine(((loop, 1),))


def total(position: Sequence[Affine], strides: Sequence[int], offset: int = 0) -> Affine:
    """Where a position of several dimensions lies in memory."""
    place = Affine((), offset)
    for one, stride in zip(position, strides, strict=True):
        place = place + one * stride
    return place


def divided(place: Affine, by: int) -> tuple[Affine, Affine] | None:
    """Quotient and remainder of a position by a number, or None where they are not affine.

    Raises:
        Split: they would be if a loop were two.
    """
    if place.computed:
        return None
    quotient, rest = [], []
    for loop, factor in place.terms:
        (quotient if factor % by == 0 else rest).append((loop, factor))
    inner = Affine(tuple(rest), place.constant % by)
    room = by - 1 - inner.constant
    for loop, factor in rest:
        reach = factor * (loop.extent.scale - 1)
        if loop.extent.batch or factor < 0 or reach > room:
            if factor > 0 and by % factor == 0 and loop.extent.scale % (by // factor) == 0:
                raise Split(loop, by // factor)
            return None
        room -= reach
    outer = Affine(tuple((loop, factor // by) for loop, factor in quotient), place.constant // by)
    return outer, inner


def split_groups(
    source: Sequence[Extent], target: Sequence[Extent]
) -> list[tuple[list[int], list[int]]]:
    """Which dimensions of `source` become which of `target` in a reshape, in groups.

    Dimensions of extent 1 belong to no group.

    Raises:
        Unbatchable: the groups are others for each batch size.
    """
    left = [dim for dim, one in enumerate(source) if one != Extent(1)]
    right = [dim for dim, one in enumerate(target) if one != Extent(1)]
    groups: list[tuple[list[int], list[int]]] = []
    while left or right:
        if not left or not right:
            raise Unbatchable(f"a reshape of {list(source)} into {list(target)}")
        ours, theirs = [left.pop(0)], [right.pop(0)]
        while True:
            one = product(source[dim] for dim in ours)
            other = product(target[dim] for dim in theirs)
            if one == other:
                break
            # The side that lacks the batch, or is smaller, takes its next dimension.
            ours_next = (one.batch, one.scale) < (other.batch, other.scale)
            if one.batch != other.batch and one.scale > other.scale:
                ours_next = not one.batch
            side, dims = (left, ours) if ours_next else (right, theirs)
            if not side:
                raise Unbatchable(f"a reshape of {list(source)} into {list(target)}")
            dims.append(side.pop(0))
        groups.append((ours, theirs))
    return groups
