"""Which brackets come down to the gates that they span, and which show none.

Those that come down stand directly over the gates, or, where something is in the way, over all that
is there; where that leaves no room, they stay at the top of the drawing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from holograd.explanation.drawing.places import Area, Bracket, Layout, Place
from holograd.explanation.drawing.sizes import ABOVE, BESIDE
from holograd.explanation.drawing.stacking import (
    OVER_GATES,
    TITLE_SIZE,
    TRACK,
    title_width,
)
from holograd.explanation.drawing.units import (
    GRADIENT_SIZE,
    SYMBOL_SIZE,
    gradient_runs,
    symbol_runs,
)
from holograd.explanation.symbols import Symbol
from holograd.pictures.lettering import width

TITLE = TITLE_SIZE + 13.0  # from a bracket's line to the upper end of its title, with some air
LEGS = 6.0
AROUND = 10.0  # left free on both sides
PIECES = 8  # that a curve is cut into


def lowered(layout: Layout) -> list[Bracket]:
    """The brackets that have room near their gates, at their new places.

    A bracket around others stays above them. A layout that runs down is left as it is.

    Args:
        layout: with gates, values, wires and brackets in place.
    """
    if layout.turned or not layout.brackets:
        return []
    taken: np.ndarray | None = None
    rows = _rows(layout)
    across = {bracket.box.key: bracket.across for bracket in layout.brackets}
    found: list[Bracket] = []
    for bracket in layout.brackets:  # inner ones first
        lowest = _lowest(layout, bracket, rows, across)
        if lowest < bracket.across + TRACK:  # it is near, and on one line with others
            continue
        if taken is None:
            taken = np.array([_corners(area) for area in _taken(layout)])
        half = title_width(bracket.title, bracket.place) / 2
        middle = (bracket.start + bracket.end) / 2
        start = min(bracket.start, middle - half) - AROUND
        end = max(bracket.end, middle + half) + AROUND
        others = np.concatenate([taken, _of_other_brackets(layout, found, bracket)])
        inside = (taken[:, 0] < end) & (taken[:, 2] > start)
        above_all = float(taken[inside, 1].min()) - OVER_GATES
        for at in (lowest, min(lowest, above_all)):
            free = not _meets(others, (start, at - TITLE, end, at + LEGS))
            if free and at >= bracket.across + TRACK:
                across[bracket.box.key] = at
                found.append(replace(bracket, across=at))
                break
    return found


def unclear(layout: Layout) -> set[str]:
    """The keys of boxes whose brackets do not show which gates they span, until there are none.

    In the columns of a bracket is no gate but its own; or it stands directly over them, no other
    gate is between it and the last of them, and those further down are under brackets of their own.

    Args:
        layout: with gates and brackets at their last places.
    """
    corners = np.array([_corners(gate.area) for gate in layout.gates.values()]).reshape(-1, 4)
    if layout.turned:
        corners = corners[:, [1, 0, 3, 2]]
    numbers = {key: number for number, key in enumerate(layout.gates)}
    spanned = {
        bracket.box.key: np.isin(
            np.arange(len(corners)), [numbers[key] for key in bracket.box.steps]
        )
        for bracket in layout.brackets
    }
    rows = _rows(layout)
    across = {bracket.box.key: bracket.across for bracket in layout.brackets}
    between: set[str] = set()
    far: set[str] = set()
    for bracket in layout.brackets:
        own = spanned[bracket.box.key]
        inside = (corners[:, 0] < bracket.end) & (corners[:, 2] > bracket.start) & ~own
        if not inside.any():
            continue
        last = corners[own, 3].max()
        under = inside & (corners[:, 1] >= last)
        for key, others in spanned.items() if under.any() else ():
            if across[key] >= last:
                under &= ~others
        over = inside & (corners[:, 3] > bracket.across) & (corners[:, 1] < last)
        if layout.turned or over.any() or under.any():
            between.add(bracket.box.key)
        elif _lowest(layout, bracket, rows, across) >= bracket.across + TRACK:
            far.add(bracket.box.key)
    return between or far  # without the former, the latter may come near


def _rows(layout: Layout) -> dict[int, float]:
    """Where all that is in one row with a gate begins, by the middle of the gate."""
    rows: dict[int, float] = {}
    for gate in layout.gates.values():
        middle = gate.area.middle[1]
        begin = middle - gate.unit.before
        rows[round(middle)] = min(begin, rows.get(round(middle), begin))
    return rows


def _lowest(
    layout: Layout, bracket: Bracket, rows: Mapping[int, float], across: Mapping[str, float]
) -> float:
    """The place directly over a bracket's gates and the brackets in it."""
    row = min(rows[round(layout.gates[key].area.middle[1])] for key in bracket.box.steps)
    inner = [across[one.box.key] for one in layout.brackets if one.box.parent == bracket.box.key]
    return min([row - OVER_GATES, *(one - TRACK for one in inner)])


def _meets(taken: np.ndarray, one: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = one
    return bool(
        (
            (taken[:, 0] < right)
            & (taken[:, 2] > left)
            & (taken[:, 1] < bottom)
            & (taken[:, 3] > top)
        ).any()
    )


def _of_other_brackets(layout: Layout, moved: Sequence[Bracket], bracket: Bracket) -> np.ndarray:
    places = {one.box.key: one for one in (*layout.brackets, *moved)}
    corners = []
    for one in places.values():
        if one.box.key == bracket.box.key:
            continue
        half = title_width(one.title, one.place) / 2
        middle = (one.start + one.end) / 2
        corners.append(
            (
                min(one.start, middle - half),
                one.across - TITLE,
                max(one.end, middle + half),
                one.across + LEGS,
            )
        )
    return np.array(corners).reshape(-1, 4)


def _corners(area: Area) -> tuple[float, float, float, float]:
    return area.x, area.y, area.right, area.bottom


def _taken(layout: Layout) -> Iterator[Area]:
    """The areas of gates, of values with their symbols, and of wires piece by piece."""
    for gate in layout.gates.values():
        yield gate.area
    for place in layout.values.values():
        yield from _of_value(place, layout.view.output.symbol)
    for wire in layout.wires:
        here = np.zeros(2)
        for letter, *numbers in wire.pieces:
            points = np.array(numbers).reshape(-1, 2)
            if letter == "L":
                yield _around(here, points[0])
            elif letter == "C":
                share = np.linspace(0, 1, PIECES + 1)[:, None]
                rest = 1 - share
                curve = (
                    rest**3 * here
                    + 3 * rest**2 * share * points[0]
                    + 3 * rest * share**2 * points[1]
                    + share**3 * points[2]
                )
                for first, second in pairwise(curve):
                    yield _around(first, second)
            here = points[-1]


def _around(first: np.ndarray, second: np.ndarray) -> Area:
    (x, y), (right, bottom) = np.minimum(first, second) - 1, np.maximum(first, second) + 1
    return Area(float(x), float(y), float(right - x), float(bottom - y))


def _of_value(place: Place, output: Symbol) -> Iterator[Area]:
    """Numbers and gradient, with the symbols above them or beside them."""
    symbol, numbers = place.block.value.symbol, place.numbers
    if place.hangs:
        names = width(symbol_runs(symbol), SYMBOL_SIZE)
        names = max(names, width(gradient_runs(output, symbol), GRADIENT_SIZE)) + BESIDE
        for area in (numbers, place.gradient):
            if area is not None:
                yield replace(area, x=area.x - names, width=area.width + names)
        return
    room = max(numbers.width, width(symbol_runs(symbol), SYMBOL_SIZE))
    over = ABOVE + SYMBOL_SIZE
    yield Area(numbers.middle[0] - room / 2, numbers.y - over, room, numbers.height + over)
    if place.gradient is not None:
        yield place.gradient
