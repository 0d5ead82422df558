"""Where everything of a view's drawing stands: gates, numbers, wires and brackets, in pixels.

Every front end draws from this one layout. The flow runs to the right with the forward pass in the
upper row and the gradients in the lower; in a turned layout, for narrow screens, it runs down with
the forward pass on the left.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from holograd.explanation.drawing.lowering import lowered, unclear
from holograd.explanation.drawing.places import Area, Gate, Layout, Place
from holograd.explanation.drawing.rows import Item, Rows, arrange
from holograd.explanation.drawing.sizes import APART, Measures, measure
from holograd.explanation.drawing.stacking import (
    OVER_GATES,
    TRACK,
    TURNED_OVER,
    TURNED_TRACK,
    stacked,
    title_width,
)
from holograd.explanation.drawing.units import Unit, units
from holograd.explanation.drawing.wiring import Columns, Turn, wires
from holograd.explanation.records import Box, View

MARGIN = 12.0
WIRE = 19.0  # from a gate to the numbers beside it
BRANCHING = 52.0  # the same where wires bend
STEEP = 0.2  # how much longer a channel is for each pixel that a wire climbs in it
LONGEST_CHANNEL = 160.0
PORT, NEAREST_PORT = 17.0, 11.0  # between wires that come into one door
MOST_PORTS = 3
FIRST_BRACKET = MARGIN + TRACK - 14.0  # across, so that its title is in the picture
FOR_BRACKET = 36.0  # between rows, beside what is free there anyway
LEGEND = 176.0, 40.0


def lay_out(view: View, turned: bool = False) -> Layout:
    """Finds a place for everything of a view.

    Args:
        view: one zoom level of an explanation.
        turned: whether the flow runs down, for narrow screens.

    Returns:
        The layout, the same one for the same view.

    Raises:
        ArgumentError: igraph is not installed, and the view is not one chain.
    """
    found = units(view, turned)
    measures = measure(found, turned, view.output.symbol)
    rows = arrange(found)
    layout = Layout(view, turned)
    boxes = _boxes(view)
    top = 0.0
    while True:
        columns = _columns(rows, measures)
        top = _place_all(layout, rows, columns, measures, boxes, top)
        top = _lower(layout, rows, columns, measures, boxes, top)
        left_out = unclear(layout)
        if not left_out:
            break
        if _make_room(layout, left_out):
            rows, top = arrange(found), 0.0
            continue
        boxes = [box for box in boxes if box.key not in left_out]
    _close(layout, rows, columns, measures)
    return layout


def _lower(
    layout: Layout,
    rows: Rows,
    columns: Columns,
    measures: Measures,
    boxes: Sequence[Box],
    before: float,
) -> float:
    """Lets brackets come down that have room there; as `_place_all`, which has placed all."""
    low, top = lowered(layout), before
    if not low:
        return top
    while low:
        # The others take less room at the top, and all moves up by that much.
        keys = {bracket.box.key for bracket in low}
        others = [box for box in boxes if box.key not in keys]
        top = _place_all(layout, rows, columns, measures, others, top)
        moved = [replace(bracket, across=bracket.across + top - before) for bracket in low]
        inside = [place for place, one in enumerate(moved) if one.across >= FIRST_BRACKET]
        if len(inside) == len(low):
            layout.brackets += moved
            return top
        low = [low[place] for place in inside]
    return _place_all(layout, rows, columns, measures, boxes, top)


def _make_room(layout: Layout, keys: Collection[str]) -> bool:
    """Keeps room over gates in one row for their bracket, unless there is; says whether it did."""
    made = False
    for bracket in layout.brackets:
        gates = [layout.gates[key] for key in bracket.box.steps]
        one_row = max(gate.area.y for gate in gates) - min(gate.area.y for gate in gates) < 1.0
        if layout.turned or bracket.box.key not in keys or not one_row:
            continue
        for gate in gates:
            made = made or not gate.unit.above
            gate.unit.above = FOR_BRACKET
    return made


def _boxes(view: View) -> list[Box]:
    """The brackets to draw: one that says what its only gate says is left out."""
    labels = {step.key: step.label for step in view.steps}
    return [box for box in view.boxes if [labels[key] for key in box.steps] != [box.title]]


def _place_all(
    layout: Layout,
    rows: Rows,
    columns: Columns,
    measures: Measures,
    boxes: Sequence[Box],
    before: float,
) -> float:
    """Brackets at the top, then units and wires; gives where the first row begins across.

    Args:
        layout: to be filled.
        rows: whose first row begins at `before`.
        columns: of the layers.
        measures: of the drawing.
        boxes: the brackets.
        before: where the first row begins so far.
    """
    turn = Turn(layout.turned)
    top = _place_brackets(layout, rows, columns, boxes)
    for item in rows.items():
        item.across += top - before
    for item in rows.of_unit:
        _place_unit(layout, item, columns, measures, turn)
    layout.wires = wires(layout, rows, columns, measures, turn)
    return top


def _columns(rows: Rows, measures: Measures) -> Columns:
    """Where the gates and the values of each layer begin and end along the flow."""
    columns = Columns()
    end = MARGIN + (LEGEND[1] if measures.turned else 0.0)
    hung = 0.0  # where what hangs from the gates so far ends
    layers = rows.layers
    for number, layer in enumerate(layers):
        found = [item.unit for item in layer if item.unit is not None]
        gates = [unit for unit in found if unit.step is not None]
        alone = len(layer) == 1 and (not number or len(layers[number - 1]) == 1)
        begin, middle, half = end, end, 0.0
        if gates:
            half = max(unit.half for unit in gates)
            before, after = (max(unit.reach[side] for unit in gates) for side in (0, 1))
            channel = _channel(layer) if number else 0.0
            if alone:  # nothing but one straight wire is before the gate
                middle = end + channel + half
                if before:
                    middle = max(middle, hung + APART + before)
                begin = middle - half
            else:
                begin = end + channel
                middle = begin + max(half, before)
            hung = max(hung, middle + after) if after else hung
        elif number:
            begin = middle = end + _channel(layer)
        columns.channels.append((end, begin))
        columns.gates.append(middle)
        end = middle + half
        if gates:
            bends = any(len(unit.blocks) > 1 for unit in gates)
            end += BRANCHING if bends else WIRE
        length = max(
            (measures.length(block) for unit in found for block in unit.blocks), default=0.0
        )
        columns.values.append((end, end + length))
        end += length
        following = layers[number + 1] if number + 1 < len(layers) else ()
        if len(layer) > 1 or len(following) > 1:  # wires may run beside what hangs
            end = max(end, hung)
    columns.end = max(end, hung)
    return columns


def _channel(layer: list[Item]) -> float:
    """How long the way of wires before a layer is: longer where they climb."""
    climbs = [
        abs(item.across - other.across - offset) for item in layer for other, offset in item.sources
    ]
    several = any(item.unit is not None and len(item.unit.arguments) > 1 for item in layer)
    highest = max(climbs, default=0.0)
    passing = any(
        (item.unit is None) != (other.unit is None) for item in layer for other, _ in item.sources
    )
    if highest < 0.5 and not several and not passing:
        return WIRE
    return BRANCHING + min(LONGEST_CHANNEL, STEEP * highest)


def _place_brackets(layout: Layout, rows: Rows, columns: Columns, boxes: Sequence[Box]) -> float:
    """Brackets over the gates; gives where the first row begins across."""
    spans = {
        item.unit.step.key: (
            columns.gates[item.layer] - item.unit.half,
            columns.gates[item.layer] + item.unit.half,
        )
        for item in rows.of_unit
        if item.unit is not None and item.unit.step is not None
    }

    def span(box: Box) -> tuple[float, float]:
        found = [spans[key] for key in box.steps]
        return min(start for start, _ in found), max(end for _, end in found)

    brackets = stacked(boxes, span, places=not layout.turned)
    tracks = 1 + max((bracket.track for bracket in brackets), default=-1)
    apart, over = (TURNED_TRACK, TURNED_OVER) if layout.turned else (TRACK, OVER_GATES)
    top = MARGIN + (tracks * apart + over - 14.0 if tracks else 0.0)
    layout.brackets = [
        replace(bracket, across=top - over - bracket.track * apart) for bracket in brackets
    ]
    begin = columns.channels[0][0]
    first, last = begin, columns.end
    for bracket in brackets:
        middle = (bracket.start + bracket.end) / 2
        room = title_width(bracket.title, bracket.place) / 2
        first, last = min(first, middle - room), max(last, middle + room)
    columns.end = last
    if first < begin:  # a title that is longer than what is before its gates
        columns.shift(begin - first)
        layout.brackets = [
            replace(one, start=one.start + begin - first, end=one.end + begin - first)
            for one in layout.brackets
        ]
    return top


def _place_unit(
    layout: Layout, item: Item, columns: Columns, measures: Measures, turn: Turn
) -> None:
    """A gate, what it gives, and what hangs under it."""
    unit, door = item.unit, measures.door
    assert unit is not None
    start, end = columns.values[item.layer]
    for block in unit.blocks:
        across = item.across + block.offset
        numbers, gradient = (
            turn.area((start + end) / 2, across + side * door / 2, *measures.size(grid))
            for side, grid in ((-1, block.numbers), (1, block.gradient))
        )
        layout.values[block.value.key] = Place(block, numbers, gradient)
    if unit.step is None:
        return
    middle = columns.gates[item.layer]
    layout.gates[unit.step.key] = Gate(
        unit,
        turn.area(middle, item.across, 2 * unit.half, 2 * door),
        turn.area(middle, item.across - door / 2, 2 * unit.half, door),
        turn.area(middle, item.across + door / 2, 2 * unit.half, door),
        _ports(unit, item, door),
    )
    for one in unit.hanging:
        numbers, gradient = (
            turn.area(middle + along, item.across + across, *measures.size(grid))
            for (along, across), grid in (
                (one.numbers_at, one.block.numbers),
                (one.gradient_at, one.block.gradient),
            )
        )
        layout.values[one.block.value.key] = Place(
            one.block, numbers, gradient if one.has_gradient else None, True, one.silent
        )


def _ports(unit: Unit, item: Item, door: float) -> dict[int, float]:
    """How far from a door's middle the wires of each argument come in, in the order of sources."""
    count = len(unit.arguments)
    if not 1 < count <= MOST_PORTS:
        return {argument.place: 0.0 for argument in unit.arguments}
    heights = {argument.place: item.entries[argument.place] for argument in unit.arguments}
    order = sorted(heights, key=lambda place: (heights[place], place))
    apart, centre = min(PORT, (door - 20.0) / (count - 1)), (count - 1) / 2
    straight = [place for place in order if abs(heights[place] - item.across) < 0.5]
    if len(straight) == 1:
        index = order.index(straight[0])
        room = (door / 2 - 10.0) / max(index, count - 1 - index)
        if room >= NEAREST_PORT:
            apart, centre = min(PORT, room), index
    return {place: (index - centre) * apart for index, place in enumerate(order)}


def _close(layout: Layout, rows: Rows, columns: Columns, measures: Measures) -> None:
    """The size of the whole, and the place of the words about the two rows."""
    across = max(item.across + item.after for item in rows.items()) + MARGIN
    along = columns.end + MARGIN
    layout.width, layout.height = (across, along) if layout.turned else (along, across)
    if layout.turned:
        layout.legend = Area(MARGIN, MARGIN, layout.width - 2 * MARGIN, LEGEND[1] - 16.0)
        return
    width, height = LEGEND
    layout.width = max(layout.width, width + 2 * MARGIN)
    x = layout.width - MARGIN - width
    free = Area(x - 12, layout.height - MARGIN - height - 12, width + 12, height + 12)
    if any(area.meets(free) for area in _rooms(rows, columns, measures)):
        layout.height += height
    layout.legend = Area(x, layout.height - MARGIN - height, width, height)


def _rooms(rows: Rows, columns: Columns, measures: Measures) -> list[Area]:
    """What is taken: of each layer from its first gate's end to the next layer, by items."""
    found = []
    for item in rows.items():
        start, _ = columns.channels[item.layer]
        _, end = columns.values[item.layer]
        if item.unit is None or item.unit.step is None:
            found.append(
                Area(start, item.across - item.before, end - start, item.before + item.after)
            )
            continue
        low = item.across + measures.door
        found.append(
            Area(start, item.across - item.before, end - start, low - item.across + item.before)
        )
        for block in item.unit.blocks:
            bottom = item.across + block.offset + measures.door
            found.append(Area(start, low, end - start, max(0.0, bottom - low)))
        middle, (before, after) = columns.gates[item.layer], item.unit.reach
        found.append(Area(middle - before, low, before + after, item.after - measures.door))
    return found
