"""The sizes of a drawing's units, along the flow and across it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holograd.explanation.drawing.cells import Grid
from holograd.explanation.drawing.units import (
    GRADIENT_SIZE,
    SLOPE_SIZE,
    SYMBOL_SIZE,
    Block,
    Hanging,
    Unit,
    gradient_runs,
    symbol_runs,
)
from holograd.explanation.symbols import Symbol
from holograd.pictures.lettering import width

LABEL_LINE, SLOPE_LINE = 20.0, 17.0
GATE = 60.0  # the least length of a gate along the flow, and of a turned one
TURNED_GATE = 44.0
TURNED_DOOR = 96.0
STEM = 18.0  # from a gate to what hangs under it
UNDER = 13.0  # from a hanging value to its gradient
BESIDE = 8.0  # from a symbol to its cells
ABOVE = 10.0  # from cells to the symbol over them
APART = 12.0  # between what hangs beside each other
SPREAD = 44.0  # a gate is at least so much longer than what its stems span
WARNING = 22.0  # beside a symbol, for the sign of a problem
BUSY = 24  # steps; a drawing of more is set tighter


@dataclass(slots=True)
class Measures:
    """What is the same all over a drawing.

    Attributes:
        turned: whether the flow runs down.
        door: the length of a door across the flow; the two rows are as far apart.
    """

    turned: bool
    door: float = 0.0

    def size(self, grid: Grid) -> tuple[float, float]:
        """A grid's length along the flow and across it."""
        return (grid.height, grid.width) if self.turned else (grid.width, grid.height)

    def length(self, block: Block) -> float:
        """A value's length along the flow, with its symbol and the sign of a problem."""
        length = max(self.size(grid)[0] for grid in (block.numbers, block.gradient))
        if self.turned:
            return length
        name = width(symbol_runs(block.value.symbol), SYMBOL_SIZE)
        return max(length, name + (2 * WARNING if block.value.problem else 0.0))


def measure(found: Sequence[Unit], turned: bool, output: Symbol) -> Measures:
    """Sets the sizes of all units.

    Args:
        found: units, with what they show.
        turned: whether the flow runs down.
        output: of the view, as it stands in ∂L/∂W.
    """
    busy = sum(unit.step is not None for unit in found) > BUSY
    measures = Measures(turned)
    measures.door = _door(found, measures, busy)
    for unit in found:
        _extend(unit, measures)
        if unit.step is not None:
            _turned_gate(unit, measures) if turned else _gate(unit, measures, output)
    return measures


def _door(found: Sequence[Unit], measures: Measures, busy: bool) -> float:
    """The length of a door across the flow."""
    if measures.turned:
        return max(TURNED_DOOR, *(length for unit in found for length in _breadths(unit)))
    least, room = (44.0, 16.0) if busy else (54.0, 32.0)
    lengths = [least]
    for unit in found:
        for block in unit.blocks:
            lengths += [grid.height + room for grid in (block.numbers, block.gradient)]
        lengths += [LABEL_LINE * len(unit.label) + 18, SLOPE_LINE * len(unit.slopes) + 16]
    return max(lengths)


def _breadths(unit: Unit) -> list[float]:
    """What a turned gate's doors must hold, side by side."""
    found = [grid.width + 12 for block in unit.blocks for grid in (block.numbers, block.gradient)]
    found += [width(line, unit.label_size) + 24 for line in unit.label]
    slopes = [width(slope.text, SLOPE_SIZE) for slope in unit.slopes]
    found.append(sum(slopes) + 10 * len(slopes) + 16)
    for one in unit.hanging:
        found += [_name(one) + one.block.numbers.width + 14, one.block.gradient.width + 14]
    return found


def _name(one: Hanging) -> float:
    """The room for the symbol of what stands on a turned gate."""
    return 0.0 if one.silent else width(symbol_runs(one.block.value.symbol), SYMBOL_SIZE) + BESIDE


def _extend(unit: Unit, measures: Measures) -> None:
    """How far a unit's values reach across, and where each stands."""
    extents = []
    for block in unit.blocks:
        grids = (block.numbers, block.gradient)
        half = (measures.door + max(measures.size(grid)[1] for grid in grids)) / 2
        name = width(symbol_runs(block.value.symbol), SYMBOL_SIZE)
        extents.append((half + (name + BESIDE if measures.turned else SYMBOL_SIZE + ABOVE), half))
    start = -extents[0][0]
    if len(extents) > 1:
        start = -(sum(map(sum, extents)) + APART * (len(extents) - 1)) / 2
    for block, (before, after) in zip(unit.blocks, extents, strict=True):
        block.offset = start + before
        start += before + after + APART
    unit.before = extents[0][0] - unit.blocks[0].offset
    unit.after = extents[-1][1] + unit.blocks[-1].offset


def _gate(unit: Unit, measures: Measures, output: Symbol) -> None:
    """A gate's length, and the places of what hangs under it, side by side."""
    middles, end, deep = [], 0.0, 0.0
    for one in unit.hanging:
        symbol, grid = one.block.value.symbol, one.block.numbers
        names = [width(symbol_runs(symbol), SYMBOL_SIZE)]
        rows = STEM + grid.height
        if one.has_gradient:
            names.append(width(gradient_runs(output, symbol), GRADIENT_SIZE))
            rows += UNDER + one.block.gradient.height
        start = end + max(names) + BESIDE
        middles.append(start + grid.width / 2)
        end = start + grid.width + APART
        deep = max(deep, rows)
    lengths = [width(line, unit.label_size) + 18 for line in unit.label]
    lengths += [width(slope.text, SLOPE_SIZE) + 9 for slope in unit.slopes]
    if middles:
        lengths.append(middles[-1] - middles[0] + SPREAD)
        centre = (middles[0] + middles[-1]) / 2
        unit.reach = (centre, end - APART - centre)
        for one, middle in zip(unit.hanging, middles, strict=True):
            numbers, gradient = one.block.numbers.height, one.block.gradient.height
            across = measures.door + STEM + numbers / 2
            one.numbers_at = middle - centre, across
            one.gradient_at = middle - centre, across + (numbers + gradient) / 2 + UNDER
    unit.half = max(GATE, *lengths) / 2
    unit.before = max(unit.before, measures.door)
    unit.after = max(unit.after, measures.door + deep)


def _turned_gate(unit: Unit, measures: Measures) -> None:
    """A turned gate has what would hang on its doors: numbers on the left, gradients right."""
    head = max(TURNED_GATE, 18.0 * len(unit.label) + 16)
    lengths = [max(one.block.numbers.height, one.block.gradient.height) for one in unit.hanging]
    unit.half = (head + sum(lengths) + 10 * len(lengths)) / 2
    unit.sign_at = head / 2 - unit.half
    start = head - unit.half
    for one, length in zip(unit.hanging, lengths, strict=True):
        one.numbers_at = start + length / 2, (_name(one) - measures.door) / 2
        one.gradient_at = start + length / 2, measures.door / 2
        start += length + 10
    unit.before = max(unit.before, measures.door)
    unit.after = max(unit.after, measures.door)
