"""The shapes of a value: its symbol, its numbers in cells, and those of its gradient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from holograd.explanation.drawing.cells import (
    GAP,
    HEIGHT,
    MAP_HEIGHT,
    SMALL_SIZE,
    Grid,
    small_map,
)
from holograd.explanation.drawing.places import Area, Layout, Place
from holograd.explanation.drawing.sizes import ABOVE, BESIDE
from holograd.explanation.drawing.units import (
    GRADIENT_SIZE,
    SYMBOL_SIZE,
    gradient_runs,
    symbol_runs,
)
from holograd.explanation.records import Value
from holograd.pictures import Group, Path, Rectangle, Shape, Text, group, text
from holograd.pictures.colours import band, under_number
from holograd.pictures.lettering import Run
from holograd.pictures.shapes import DOTTED, END


def draw_value(place: Place, layout: Layout) -> Group:
    """Symbol, numbers and gradient of a value; what rounding left of 0 has the colour of 0."""
    value, block = place.block.value, place.block
    shapes: list[Shape] = []
    letters = symbol_runs(value.symbol)
    size = SYMBOL_SIZE if value.named else GRADIENT_SIZE
    more = {"size": size, "fill": "ink" if value.named else "ink3"}
    if place.hangs or layout.turned:
        if not place.silent:
            shapes.append(_beside(place.numbers, letters, **more))
    else:
        x, _ = place.numbers.middle
        shapes.append(text(x, place.numbers.y - ABOVE, letters, role="symbol", **more))
    if value.problem:
        shapes.append(_warning(place.numbers, value.problem))
    note = f"{value.symbol.text}: {value.code}" if value.code else ""
    shapes.append(group("numbers", _cells(block.numbers, place.numbers), note=note))
    if place.gradient is not None:
        words = []
        if place.hangs and not layout.turned:
            about = gradient_runs(layout.view.output.symbol, value.symbol)
            words.append(_beside(place.gradient, about, size=GRADIENT_SIZE, fill="ink2"))
        kind = "gradient" if value.gradient is not None else "gradient none"
        grid = _without_noise(block.gradient, value)
        shapes.append(group(kind, [*words, *_cells(grid, place.gradient)]))
    roles = ["value", value.role]
    roles += ["leaf"] if value.leaf else []
    roles += ["hanging"] if place.hangs else []
    roles += ["problem"] if value.problem else []
    return group(" ".join(roles), shapes, value=value.key)


def _beside(area: Area, letters: Iterable[Run], **more: Any) -> Text:
    """A symbol at the left of cells."""
    x, y = area.x - BESIDE, area.middle[1]
    return text(x, y, letters, role="symbol", anchor=END, middle=True, **more)


def _warning(area: Area, problem: str) -> Group:
    """A sign at numbers that are not finite."""
    x, y = area.right - 4, area.y - 11
    corners = [("M", x - 8, y + 7), ("L", x, y - 7), ("L", x + 8, y + 7), ("Z",)]
    return group(
        "warning",
        [
            Path(pieces=tuple(corners), fill="mark", stroke="ink", line=1.2),
            text(x, y + 5.5, "!", size=11.0, weight="bold"),
        ],
        note=problem,
    )


def _without_noise(grid: Grid, value: Value) -> Grid:
    """The gradient's cells, coloured as if rounding had left nothing."""
    clear = value.clear_gradient
    if clear is None or value.noise is None:
        return grid
    if grid.summary:
        return replace(grid, numbers=small_map(clear.T if value.transposed else clear))
    numbers = [
        [clear[tuple(int(one) for one in at.split(",") if one)] for at in row]
        for row in grid.places
    ]
    return replace(grid, numbers=np.array(numbers))


def _cells(grid: Grid, area: Area) -> Iterator[Shape]:
    """The cells of a grid; a frame around them all, which shows when a page marks it."""
    if grid.summary:
        yield from _summary(grid, area)
    elif grid.numbers is None:
        for face in _faces(grid, area):
            yield group("cell", [_outline(face)])
    else:
        largest = _largest(grid.numbers)
        texts = [one for row in grid.texts for one in row]
        places = [one for row in grid.places for one in row]
        numbers = grid.numbers.ravel().tolist()
        for face, number, words, at in zip(_faces(grid, area), numbers, texts, places, strict=True):
            fill = under_number(number, largest)
            strange = not np.isfinite(number)
            edge: dict[str, Any] = {"stroke": "ink", "line": 1.5} if strange else {}
            middle = face.middle
            yield group(
                "cell",
                [
                    face.rectangle(radius=2.0, fill=fill, role="face", **edge),
                    text(*middle, words, role="number", middle=True),
                ],
                index=at,
            )
    frame = Area(area.x - 3, area.y - 3, area.width + 6, area.height + 6)
    yield frame.rectangle(radius=4.0, role="marker")


def _largest(numbers: np.ndarray) -> float:
    sizes = np.abs(np.asarray(numbers, dtype=np.float64))
    finite = sizes[np.isfinite(sizes)]
    return float(finite.max()) if finite.size else 0.0


def _faces(grid: Grid, area: Area) -> Iterator[Area]:
    """The area of each cell, row by row."""
    for row in range(grid.rows):
        x = area.x
        for width in grid.columns:
            yield Area(x, area.y + row * (HEIGHT + GAP), width, HEIGHT)
            x += width + GAP


def _outline(area: Area) -> Rectangle:
    """Cells of which nothing is known, or nothing flows."""
    return area.rectangle(radius=2.0, stroke="faint", dash=DOTTED, role="face")


def _summary(grid: Grid, area: Area) -> Iterator[Shape]:
    """A small map in flat bands, then the shape and the range."""
    whole = Area(area.x, area.y, area.width, MAP_HEIGHT)
    shapes: list[Shape] = []
    if grid.numbers is None:
        shapes.append(_outline(whole))
    else:
        largest = _largest(grid.numbers)
        rows, columns = grid.numbers.shape
        wide, high = whole.width / columns, whole.height / rows
        shapes += [
            Rectangle(
                x=whole.x + column * wide,
                y=whole.y + row * high,
                width=wide,
                height=high,
                fill=band(number, largest),
                role="heat",
            )
            for row, numbers in enumerate(grid.numbers.tolist())
            for column, number in enumerate(numbers)
        ]
        shapes.append(whole.rectangle(stroke="rule", role="face"))
    y = whole.bottom + 15
    for role, colour, words in zip(("shape", "number"), ("ink3", "ink"), grid.lines, strict=True):
        shapes.append(text(area.middle[0], y, words, role=role, size=SMALL_SIZE, fill=colour))
        y += 16
    yield group("cell summary", shapes)
