"""The drawing of a view: gates with two doors, numbers over gradients, and wires between them."""

from __future__ import annotations

from typing import Any

from holograd.explanation.drawing.gates import draw_gate
from holograd.explanation.drawing.layout import lay_out
from holograd.explanation.drawing.numbers import draw_value
from holograd.explanation.drawing.places import Bracket, Layout, Wire
from holograd.explanation.drawing.stacking import TITLE_SIZE, title_runs
from holograd.explanation.drawing.table import table
from holograd.explanation.drawing.units import symbol_runs
from holograd.explanation.records import View
from holograd.pictures import Group, Path, Picture, arrowhead, group, line, text
from holograd.pictures.lettering import Run
from holograd.pictures.shapes import DASHED, END, START


def draw(view: View, turned: bool = False) -> Picture:
    """Draws a view as gates and wires, with all its numbers.

    Args:
        view: one zoom level of an explanation.
        turned: whether the flow runs down, for narrow screens.

    Returns:
        The picture, with a row for each step as its text alternative.

    Raises:
        ArgumentError: igraph is not installed, and the view is not one chain.
    """
    layout = lay_out(view, turned)
    shapes = [
        *(_bracket(bracket, layout) for bracket in layout.brackets),
        *(_wire(wire) for wire in layout.wires),
        *(draw_gate(gate, layout) for gate in layout.gates.values()),
        *(draw_value(place, layout) for place in layout.values.values()),
        _legend(layout),
    ]
    output = view.output.symbol.text
    count = len(view.steps)
    steps = f"{count} step{'s' if count != 1 else ''}"
    return Picture(
        tuple(shapes),
        layout.width,
        layout.height,
        f"How {output} is computed, and its gradients, in {steps}",
        f"{steps.capitalize()} at the level of {view.level}s: values run forward to {output}, "
        f"and the gradient of {output} runs back.",
        table(view),
        ("gates", "turned") if turned else ("gates",),
    )


def _bracket(bracket: Bracket, layout: Layout) -> Group:
    """A line with short legs towards the gates, and its title."""
    start, end, at = bracket.start, bracket.end, bracket.across
    corners = [(start, at + 6), (start, at), (end, at), (end, at + 6)]
    middle = (start + end) / 2
    x, y, turn = middle, at - 9, 0.0
    if layout.turned:
        corners = [(y, x) for x, y in corners]
        x, y, turn = at - 8, middle, -90.0
    title = title_runs(bracket.title, bracket.place)
    shapes = [
        line(*corners, stroke="ink3", role="bracket-line"),
        text(x, y, title, role="bracket-title", size=TITLE_SIZE, turn=turn),
    ]
    return group("bracket", shapes, box=bracket.box.key)


def _wire(wire: Wire) -> Group:
    """A solid line in grey for numbers, a dashed one in ink for gradients."""
    colour = "ink2" if wire.forward else "ink"
    dash = () if wire.forward else DASHED
    x, y, dx, dy = wire.head
    shapes = [
        Path(pieces=wire.pieces, role="line", stroke=colour, line=1.5, dash=dash),
        arrowhead(x, y, (dx, dy), fill=colour, role="head"),
    ]
    tags = {"value": wire.value}
    if wire.place < 0:
        tags["maker"] = wire.step
    else:
        tags |= {"step": wire.step, "place": str(wire.place)}
    return group(f"wire {'forward' if wire.forward else 'backward'}", shapes, **tags)


def _legend(layout: Layout) -> Group:
    area, output = layout.legend, symbol_runs(layout.view.output.symbol)
    assert area is not None
    more: dict[str, Any] = {"fill": "ink3"}
    if layout.turned:
        shapes = [
            text(area.x, area.y + 13, "value ↓", anchor=START, **more),
            text(area.right, area.y + 13, [Run("↑ gradient of "), *output], anchor=END, **more),
        ]
    else:
        lower = [Run("lower row: ← gradient of "), *output]
        shapes = [
            text(area.right, area.y + 15, "upper row: value →", anchor=END, **more),
            text(area.right, area.y + 33, lower, anchor=END, **more),
        ]
    return group("legend", shapes)
