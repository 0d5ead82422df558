"""The shapes of a gate: a capsule with two doors, its sign, and the local derivatives."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from holograd.explanation.drawing.places import Area, Gate, Layout
from holograd.explanation.drawing.sizes import LABEL_LINE, SLOPE_LINE
from holograd.explanation.drawing.units import SLOPE_SIZE
from holograd.pictures import Group, Path, Shape, group, line, text
from holograd.pictures.lettering import Run, width
from holograd.pictures.shapes import ROUND

RADIUS, TURNED_RADIUS = 16.0, 14.0  # of a gate's corners
HALO = 8.0  # around the gate that is spoken of


def draw_gate(gate: Gate, layout: Layout) -> Group:
    """A capsule: above (or left) what it does to values, below (or right) to gradients."""
    unit, area = gate.unit, gate.area
    step = unit.step
    assert step is not None
    halo = Area(area.x - HALO, area.y - HALO, area.width + 2 * HALO, area.height + 2 * HALO)
    if layout.turned:
        split = line((gate.backward.x, area.y), (gate.backward.x, area.bottom), stroke="rule")
        radius = min(TURNED_RADIUS, area.height / 2)
    else:
        split = line((area.x, gate.backward.y), (area.right, gate.backward.y), stroke="rule")
        radius = min(RADIUS, area.width / 2)
    shapes: list[Shape] = [
        halo.rectangle(radius=radius + HALO, role="halo"),
        *_doors(gate, radius, layout.turned),
        split,
        area.rectangle(radius=radius, stroke="ink", line=1.3, role="gate"),
    ]
    x, y = gate.forward.middle
    y += unit.sign_at if layout.turned else 0.0
    for number, runs in enumerate(unit.label):
        height = y + (number - (len(unit.label) - 1) / 2) * LABEL_LINE
        shapes.append(text(x, height, runs, size=unit.label_size, role="label", middle=True))
    shapes.append(group("slopes", _slopes(gate, layout)))
    roles = "step opens" if step.opens else "step"
    return group(roles, shapes, step=step.key)


def _doors(gate: Gate, radius: float, turned: bool) -> Iterator[Path]:
    """The two halves of a capsule, rounded at the outer ends."""
    k = radius * (1 - ROUND)
    for role, area, first in (("upper", gate.forward, True), ("lower", gate.backward, False)):
        # Drawn as an upper door, from its straight end; the others are mirrored or turned.
        length, depth = (area.height, area.width) if turned else (area.width, area.height)
        pieces = [
            ("M", 0, depth),
            ("L", 0, radius),
            ("C", 0, k, k, 0, radius, 0),
            ("L", length - radius, 0),
            ("C", length - k, 0, length, k, length, radius),
            ("L", length, depth),
            ("Z",),
        ]
        yield Path(
            pieces=tuple(_put(piece, area, depth, first, turned) for piece in pieces),
            fill="paper",
            role=f"door {role}",
        )


def _put(piece: tuple, area: Area, depth: float, first: bool, turned: bool) -> tuple:
    letter, *numbers = piece
    placed: list[float] = []
    for along, across in zip(numbers[::2], numbers[1::2], strict=True):
        inward = across if first else depth - across
        x, y = (inward, along) if turned else (along, inward)
        placed += [area.x + x, area.y + y]
    return letter, *placed


def _slopes(gate: Gate, layout: Layout) -> Iterator[Shape]:
    """The local derivatives in the lower door, each at its wire."""
    slopes = gate.unit.slopes
    x, y = gate.backward.middle
    across = _even(len(slopes), SLOPE_LINE)
    if len({slope.place for slope in slopes}) > 1:
        slopes = sorted(slopes, key=lambda slope: gate.ports[slope.place])
        ports = [gate.ports[slope.place] for slope in slopes]
        if all(second - first >= SLOPE_LINE for first, second in pairwise(ports)):
            across = ports
    if layout.turned:
        y += gate.unit.sign_at
        widths = [width(slope.text, SLOPE_SIZE) for slope in slopes]
        start = x - (sum(widths) + 10 * (len(widths) - 1)) / 2
        for slope, room in zip(slopes, widths, strict=True):
            yield _slope(start + room / 2, y, slope.text, slope.place)
            start += room + 10
        return
    for slope, shift in zip(slopes, across, strict=True):
        yield _slope(x, y + shift, slope.text, slope.place)


def _even(count: int, apart: float) -> list[float]:
    return [(place - (count - 1) / 2) * apart for place in range(count)]


def _slope_runs(words: str) -> list[Run]:
    return [Run("×", colour="ink3"), Run(words[1:])] if len(words) > 1 else [Run(words)]


def _slope(x: float, y: float, words: str, place: int) -> Shape:
    bare = len(words) == 1
    return text(
        x,
        y,
        _slope_runs(words),
        size=SLOPE_SIZE,
        role="slope times" if bare else "slope",
        fill="ink3" if bare else "ink",
        middle=True,
        tags={"place": str(place)},
    )
