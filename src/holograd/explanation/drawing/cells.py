"""What a value shows in a drawing: its numbers in cells, or what is left of a large array.

A grid has rows and columns of cells with their sizes in pixels. A sample that flows from left to
right stands upright, so that its numbers are beside each other's wires; a parameter lies as the
lecture writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from holograd.pictures.lettering import width
from holograd.pictures.numbers import as_slope, in_cell, shape_text, short

HEIGHT, GAP = 22.0, 3.0  # of a cell, and between cells
SIZE, SMALL_SIZE = 13.0, 12.0  # of its letters
PADDING = 4.0
NARROW, WIDE = 40.0, 56.0  # the least width of a cell that hangs, and of one that flows
MOST_ROWS, MOST_COLUMNS = 6, 4
MAP_ROWS, MAP_COLUMNS = 4, 16  # the most fields of a small map
MAP_HEIGHT = 20.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Numbers side by side.

    Attributes:
        texts: what stands in each cell, row by row; empty where only outlines are shown.
        numbers: the same as numbers, for the colours; of a summary the fields of a small map.
        places: where each cell's number is in the stored array.
        columns: the widths of the columns.
        rows: how many rows there are.
        lines: of a summary the lines of text under the map; empty for cells.
    """

    texts: tuple[tuple[str, ...], ...]
    numbers: np.ndarray | None
    places: tuple[tuple[str, ...], ...]
    columns: tuple[float, ...]
    rows: int
    lines: tuple[str, ...] = ()

    @property
    def width(self) -> float:
        """In pixels."""
        return sum(self.columns) + GAP * (len(self.columns) - 1)

    @property
    def height(self) -> float:
        """In pixels."""
        if self.lines:
            return MAP_HEIGHT + 16.0 * len(self.lines) + 4.0
        return self.rows * (HEIGHT + GAP) - GAP

    @property
    def summary(self) -> bool:
        """Whether the numbers are too many to be shown one by one."""
        return bool(self.lines)


def grids(
    array: np.ndarray,
    gradient: np.ndarray | None,
    *,
    hangs: bool,
    transposed: bool = False,
    upright: bool = True,
) -> tuple[Grid, Grid]:
    """The cells of a value's numbers and those of its gradient, which are alike in shape.

    Args:
        array: the numbers as they are stored.
        gradient: of the same shape; None leaves its cells without numbers.
        hangs: whether it hangs under a gate.
        transposed: whether it is shown as its transpose.
        upright: whether one row of numbers stands upright.
    """
    least = NARROW if hangs else WIDE
    places = _arranged(array.shape, hangs, transposed, upright)
    if places is None:
        if transposed:
            array, gradient = array.T, gradient.T if gradient is not None else None
        one, other = (_summary(numbers, array.shape) for numbers in (array, gradient))
    else:
        one, other = (
            _cells(numbers, places, form, least)
            for numbers, form in ((array, in_cell), (gradient, as_slope))
        )
    columns = tuple(map(max, one.columns, other.columns))
    return replace(one, columns=columns), replace(other, columns=columns)


def _arranged(
    shape: tuple[int, ...], hangs: bool, transposed: bool, upright: bool
) -> np.ndarray | None:
    """The flat place of each cell's number, by rows and columns; None where they are too many."""
    count = int(np.prod(shape, dtype=np.int64))
    if not 0 < count <= MOST_ROWS * MOST_COLUMNS:
        return None
    places = np.arange(count).reshape(shape)
    if transposed:
        places = places.T
    while places.ndim > 2 and places.shape[0] == 1:
        places = places[0]
    if places.ndim < 2:
        places = places.reshape(1, -1)
    if places.ndim > 2:
        return None
    stands = not hangs and upright
    if (places.shape[0] == 1 and stands) or (places.shape[1] == 1 and not hangs and not upright):
        places = places.T
    rows, columns = places.shape
    return places if rows <= MOST_ROWS and columns <= MOST_COLUMNS else None


def _cells(
    array: np.ndarray | None, places: np.ndarray, form: Callable[[float], str], least: float
) -> Grid:
    rows, columns = places.shape
    if array is None:
        texts, numbers, shape = (), None, ()
        widths = (least,) * columns
    else:
        numbers, shape = np.asarray(array).reshape(-1)[places], array.shape
        texts = tuple(tuple(form(number) for number in row) for row in numbers.tolist())
        widths = tuple(
            max(least, *(width(row[column], SIZE) + 2 * PADDING for row in texts))
            for column in range(columns)
        )
    names = tuple(
        tuple(",".join(map(str, np.unravel_index(place, shape))) for place in row)
        if shape
        else ("",)
        for row in places.tolist()
    )
    return Grid(texts, numbers, names if array is not None else (), widths, rows)


def _summary(array: np.ndarray | None, shape: tuple[int, ...]) -> Grid:
    """A small map, the shape, and the range; less, where there are no numbers."""
    numbers, extent = None, ""
    if array is not None and array.size:
        low, high = short(array.min().item(), 3), short(array.max().item(), 3)
        numbers, extent = small_map(array), low if low == high else f"{low} … {high}"
    lines = (shape_text(shape), extent)
    room = max(width(line, SMALL_SIZE) for line in lines)
    return Grid((), numbers, (), (max(WIDE, room + 4.0),), 1, lines)


def small_map(array: np.ndarray) -> np.ndarray:
    """At most a few rows and columns of an array: of each part the number farthest from zero.

    Example:
        >>> small_map(np.arange(-4, 28)).tolist()[0][:4]
        [-4, -2, 1, 3]
    """
    numbers = np.asarray(array)
    if numbers.ndim < 2 or numbers.shape[-1] == 1:
        numbers = numbers.reshape(1, -1)
    numbers = numbers.reshape(-1, numbers.shape[-1])
    for axis, most in ((0, MAP_ROWS), (1, MAP_COLUMNS)):
        extent = numbers.shape[axis]
        parts = np.array_split(numbers, min(most, extent), axis=axis)
        numbers = np.concatenate([_farthest(part, axis) for part in parts], axis=axis)
    return numbers


def _farthest(part: np.ndarray, axis: int) -> np.ndarray:
    at = np.argmax(np.abs(part), axis=axis, keepdims=True)
    return np.take_along_axis(part, at, axis=axis)
