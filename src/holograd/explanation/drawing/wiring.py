"""The ways of wires: straight within layers, curved in the channels between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from holograd.explanation.drawing.places import Area, Layout, Wire
from holograd.explanation.drawing.rows import Item, Rows
from holograd.explanation.drawing.sizes import STEM, Measures
from holograd.explanation.drawing.units import Block, Hanging, Unit
from holograd.explanation.records import Argument

CLEAR = 2.0  # between a wire's end and what it leads to
HEAD = 8.0  # the length of an arrow
STRAIGHT = 12.0  # that a wire runs before it may bend
LANE = 7.0  # from the middle of a passing wire to its forward and its backward line
STEMS = 9.0  # from the middle of a hanging value to its two arrows


@dataclass(slots=True)
class Columns:
    """Positions along the flow, by layers.

    Attributes:
        channels: where the wires before a layer begin and end to bend.
        gates: the middle of the gates.
        values: where the values begin and end.
        end: of everything.
    """

    channels: list[tuple[float, float]] = field(default_factory=list)
    gates: list[float] = field(default_factory=list)
    values: list[tuple[float, float]] = field(default_factory=list)
    end: float = 0.0

    def shift(self, length: float) -> None:
        """Moves everything along the flow."""
        self.channels = [(start + length, end + length) for start, end in self.channels]
        self.gates = [middle + length for middle in self.gates]
        self.values = [(start + length, end + length) for start, end in self.values]
        self.end += length


@dataclass(frozen=True, slots=True)
class Turn:
    """From lengths along and across the flow to x and y."""

    turned: bool

    def area(self, along: float, across: float, length: float, breadth: float) -> Area:
        """An area by its middle."""
        first, second = along - length / 2, across - breadth / 2
        if self.turned:
            return Area(second, first, breadth, length)
        return Area(first, second, length, breadth)

    def pieces(self, pieces: Iterable[tuple]) -> tuple[tuple, ...]:
        """A path."""
        if not self.turned:
            return tuple(pieces)
        turned = []
        for letter, *numbers in pieces:
            swapped = [numbers[place ^ 1] for place in range(len(numbers))]
            turned.append((letter, *swapped))
        return tuple(turned)

    def arrow(self, along: float, across: float, forth: float, side: float) -> tuple:
        """The tip of an arrow, and where it points to."""
        return (across, along, side, forth) if self.turned else (along, across, forth, side)


def way(stations: list[tuple[float, float, float]]) -> Iterator[tuple]:
    """A path through stretches (start, end, across) that are straight, with curves between them.

    Example:
        >>> list(way([(0, 10, 5), (30, 40, 5)]))
        [('M', 0, 5), ('L', 40, 5)]
    """
    start, end, across = stations[0]
    yield "M", start, across
    for begin, stop, wanted in stations[1:]:
        if abs(wanted - across) > 0.05:
            half = (end + begin) / 2
            yield "L", end, across
            yield "C", half, across, half, wanted, begin, wanted
            across = wanted
        end = stop
    yield "L", end, across


def wires(
    layout: Layout, rows: Rows, columns: Columns, measures: Measures, turn: Turn
) -> list[Wire]:
    """All wires of a layout whose gates and values have their places."""
    pen = _Pen(layout, rows, columns, measures, turn)
    return [wire for item in rows.of_unit for wire in pen.of_unit(item)]


@dataclass(slots=True)
class _Pen:
    layout: Layout
    rows: Rows
    columns: Columns
    measures: Measures
    turn: Turn

    def of_unit(self, item: Item) -> Iterator[Wire]:
        """The wires into a gate, those of what hangs under it, and those to what it gives."""
        unit = item.unit
        assert unit is not None
        if unit.step is None:
            return
        for argument in unit.arguments:
            yield self.into(item, unit, argument, True)
            if argument.contribution is not None:
                yield self.into(item, unit, argument, False)
        for one in unit.hanging:
            yield from self.under(item, unit, one)
        for block in unit.blocks:
            yield self.out(item, unit, block, True)
            if block.value.gradient is not None:
                yield self.out(item, unit, block, False)

    def row(self, forward: bool) -> float:
        """How far a row is from the middle across."""
        return -self.measures.door / 2 if forward else self.measures.door / 2

    def into(self, item: Item, unit: Unit, argument: Argument, forward: bool) -> Wire:
        """From a value to a gate that takes it."""
        assert unit.step is not None
        key = argument.value.key
        source, block = self.rows.makers[key]
        channels, values = self.columns.channels, self.columns.values
        grid = block.numbers if forward else block.gradient
        begin, end = values[source.layer]
        start = (begin + end + self.measures.size(grid)[0]) / 2 + CLEAR
        across = source.across + block.offset + self.row(forward)
        stations = [(start, max(start, channels[source.layer + 1][0]) + STRAIGHT, across)]
        lane = -LANE if forward else LANE
        for layer in range(source.layer + 1, item.layer):
            passed = self.rows.ways[key][layer].across + lane
            stations.append((channels[layer][1], channels[layer + 1][0], passed))
        stop = self.columns.gates[item.layer] - unit.half - CLEAR
        port = self.layout.gates[unit.step.key].ports[argument.place]
        arrival = item.across + self.row(forward) + port
        stations.append((min(channels[item.layer][1], stop) - STRAIGHT, stop, arrival))
        if forward:
            head = self.turn.arrow(stop, arrival, 1, 0)
            stations[-1] = (stations[-1][0], stop - HEAD + 1, arrival)
        else:
            head = self.turn.arrow(start, across, -1, 0)
            stations[0] = (start + HEAD - 1, stations[0][1], across)
        pieces = self.turn.pieces(way(stations))
        return Wire(key, unit.step.key, argument.place, forward, pieces, head)

    def out(self, item: Item, unit: Unit, block: Block, forward: bool) -> Wire:
        """From a gate to a value that it gives."""
        assert unit.step is not None
        start = self.columns.gates[item.layer] + unit.half + CLEAR
        begin, end = self.columns.values[item.layer]
        grid = block.numbers if forward else block.gradient
        stop = (begin + end - self.measures.size(grid)[0]) / 2 - CLEAR
        leaves = item.across + self.row(forward)
        across = leaves + block.offset
        if forward:
            head, ends = self.turn.arrow(stop, across, 1, 0), (start, stop - HEAD + 1)
        else:
            head, ends = self.turn.arrow(start, leaves, -1, 0), (start + HEAD - 1, stop)
        bend = self.columns.gates[item.layer] + unit.half + STRAIGHT + CLEAR
        stations = [(ends[0], bend, leaves), (begin - STRAIGHT - CLEAR, ends[1], across)]
        pieces = self.turn.pieces(way(stations))
        return Wire(block.value.key, unit.step.key, -1, forward, pieces, head)

    def under(self, item: Item, unit: Unit, one: Hanging) -> Iterator[Wire]:
        """Between a gate and what hangs under it; in a turned drawing it is on the gate."""
        if self.turn.turned:
            return
        assert unit.step is not None
        argument = unit.step.arguments[one.place]
        both = one.has_gradient and argument.contribution is not None
        middle = self.columns.gates[item.layer] + one.numbers_at[0]
        gate = item.across + self.measures.door + CLEAR
        hanging = item.across + self.measures.door + STEM - CLEAR
        for forward in (True, False) if both else (True,):
            along = middle + ((-STEMS if forward else STEMS) if both else 0.0)
            tip, tail = (gate, hanging) if forward else (hanging, gate)
            towards = -1 if forward else 1
            line = [("M", along, tail), ("L", along, tip - towards * (HEAD - 1))]
            yield Wire(
                one.block.value.key,
                unit.step.key,
                one.place,
                forward,
                self.turn.pieces(line),
                self.turn.arrow(along, tip, 0, towards),
            )
