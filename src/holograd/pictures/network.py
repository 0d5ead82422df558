"""The network as the lecture draws it: neurons, and edges whose width and ends are the weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, pi, sin
from typing import Any

import numpy as np

from holograd.nn.module import Module
from holograd.pictures.colours import under_number
from holograd.pictures.edges import Edge, colour_of, ending, free, signed, width
from holograd.pictures.lettering import runs
from holograd.pictures.neurons import Layer, layers_of
from holograd.pictures.numbers import in_cell, short
from holograd.pictures.picture import Picture
from holograd.pictures.shapes import Circle, Rectangle, Shape, group, line, text

FEW, MOST, SHOWN = 4, 16, 8  # units a layer: with numbers; one by one; when there are more
LARGE, SMALL = 30.0, 15.0  # radii of neurons
GAP = 2.0  # between a neuron and the ends of its edges
LARGE_ROW, SMALL_ROW = 150.0, 40.0
COLUMN, DENSE_COLUMN = 250.0, 290.0
MARGIN, HEADS = 32.0, 62.0
BIAS, RING = 46.0, 10.0  # from a neuron's edge down to the ringed 1; its radius
ARC = 0.72 * pi  # of a neuron's left side, on which edges arrive
ROOM = 16.0  # along the arc for an edge of full size
COMB, RANK = 26.0, 11.0  # how far before a small neuron the signs of its edges stand
TOOTH = 4.6  # from sign to sign in one rank


@dataclass(frozen=True)
class Unit:
    """A neuron or an input in its place.

    Attributes:
        layer: the column it belongs to.
        place: which one of the column, from 0.
        x, y: its middle.
        radius: of its circle, or half the side of its square.
    """

    layer: Layer
    place: int
    x: float
    y: float
    radius: float

    @property
    def name(self) -> str:
        """`h₁`."""
        return self.layer.name(self.place)

    @property
    def value(self) -> float | None:
        """What it gives for the sample."""
        values = self.layer.values
        return None if values is None else float(values[self.place])

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom, with the name above."""
        r = self.radius + 6
        return self.x - r, self.y - r - 18, self.x + r, self.y + r


def network(model: Module, sample: Any = None) -> Picture:
    """A network of linear layers and activations as neurons and weighted edges.

    An edge is as wide as its weight is large; a positive weight is persimmon and ends in an
    arrowhead, a negative one is indigo and ends in a flat bar. A bias is a weight from a ringed 1
    below its neuron; in layers of more than four units, a tick. With a sample, each unit shows the
    value that it has for it. Numbers stand on edges between layers of at most four units, where
    there is room; layers of more than sixteen units show eight. All numbers shown are in the
    picture's table too, with the names of the parameters as stored, (out, in), from 0.

    Args:
        model: a `Sequential` of `Linear` layers and activations, or a module that makes such a
            chain.
        sample: one row of inputs, or None.

    Raises:
        ArgumentError: the model does something else.
        ShapeError: the sample does not fit.

    Example:
        >>> from holograd import nn
        >>> from holograd.pictures import network
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
        >>> picture = network(model, sample=[0, 1])
        >>> picture.title
        'network 2–2–1'
        >>> picture.table[1][:2], picture.table[1][3]
        (['x₁', 'h₁'], '0.weight[0,0]')
    """
    layers = layers_of(model, sample)
    columns = _place(layers)
    largest = max(
        (abs(number) for layer, units in zip(layers, columns, strict=True)
         for number in _numbers(layer, len(units), layers)),
        default=0.0,
    )  # fmt: skip
    edges = [
        (source, target, edge)
        for before, after in pairwise(columns)
        for source, target, edge in _edges(before, after, largest)
    ]
    shapes: list[Shape] = []
    for source, target, edge in sorted(edges, key=lambda one: abs(one[2].weight)):
        code = target.layer.stored(target.place, source.place)
        shapes.append(group("edge", edge.shapes(code=code), code=code))
    right = columns[-1][-1].x
    lowest = 0.0
    taken: list[tuple[float, float, float, float]] = []
    for layer, units in zip(layers, columns, strict=True):
        shapes += _head(layer, layers, units)
        for unit in units:
            drawn = [*_bias(unit, largest), *_unit(unit)]
            shapes.append(group("neuron" if layer.weights is not None else "input", drawn,
                                note=_note(unit), unit=unit.name))  # fmt: skip
            taken.append(unit.box)
            lowest = max(lowest, unit.y + unit.radius + (_below(unit)))
        if layer.count > len(units):
            more = f"{layer.count - len(units):,} more"
            y = units[-1].y + units[-1].radius + 30
            shapes.append(text(units[0].x, y, more, fill="ink2", size=13, role="more"))
            lowest = max(lowest, y + 8)
    shapes += _labels(edges, taken)
    sizes = "–".join(str(layer.count) for layer in layers)
    return Picture(
        tuple(shapes), right + LARGE + MARGIN + 24, lowest + MARGIN, f"network {sizes}",
        _described(layers), _table(layers, columns), ("network",),
    )  # fmt: skip


# --- places ---


def _shown(layer: Layer) -> int:
    return layer.count if layer.count <= MOST else SHOWN


def _place(layers: list[Layer]) -> list[list[Unit]]:
    """Columns from left to right, each in the middle of the height."""
    heights = [_shown(layer) * (LARGE_ROW if layer.count <= FEW else SMALL_ROW) for layer in layers]
    middle = HEADS + max(heights) / 2
    x, columns = MARGIN + LARGE, []
    for place, (layer, height) in enumerate(zip(layers, heights, strict=True)):
        if place:
            dense = max(layers[place - 1].count, layer.count) > FEW
            x += DENSE_COLUMN if dense else COLUMN
        few = layer.count <= FEW
        row, radius = (LARGE_ROW, LARGE) if few else (SMALL_ROW, SMALL)
        if few and layer.weights is None:
            radius = 0.8 * LARGE
        top = middle - height / 2 + row / 2
        columns.append(
            [Unit(layer, unit, x, top + row * unit, radius) for unit in range(_shown(layer))]
        )
    return columns


def _numbers(layer: Layer, units: int, layers: list[Layer]) -> Iterator[float]:
    """The weights and biases that are drawn into a layer."""
    if layer.weights is None:
        return
    before = _shown(layers[layers.index(layer) - 1]) if layer in layers else 0
    yield from layer.weights[:units, :before].ravel().tolist()
    if layer.biases is not None:
        yield from layer.biases[:units].tolist()


def _edges(
    before: list[Unit], after: list[Unit], largest: float
) -> Iterator[tuple[Unit, Unit, Edge]]:
    """The edges into a column: on an arc of a large neuron, through a comb before a small one."""
    count = len(before)
    for target in after:
        weights = target.layer.weights
        assert weights is not None
        for place, source in enumerate(before):
            start = source.x + source.radius, source.y
            share = (place + 0.5) / count - 0.5
            weight = float(weights[target.place, source.place])
            if target.radius == LARGE:
                fine = min(1.0, target.radius * ARC / count / ROOM)
                span = min(ARC, count * 0.7)
                angle = pi + span * share  # from the upper left to the lower left
                reach = target.radius + GAP
                end = target.x + reach * cos(angle), target.y - reach * sin(angle)
                towards = -cos(angle), sin(angle)
                yield source, target, Edge(start, end, towards, weight, largest, fine)
                continue
            ranks = -(-count * TOOTH // (SMALL_ROW - 6))
            end = (
                target.x - target.radius - COMB - RANK * (place % ranks),
                target.y + share * (SMALL_ROW - 6),
            )
            length = hypot(end[0] - start[0], end[1] - start[1])
            towards = (end[0] - start[0]) / length, (end[1] - start[1]) / length
            fine = 0.3 if count > FEW else 0.5
            tail = target.x - target.radius, target.y
            yield source, target, Edge(start, end, towards, weight, largest, fine, tail)


# --- shapes ---


def _head(layer: Layer, layers: list[Layer], units: list[Unit]) -> list[Shape]:
    """What a column is, and its activation."""
    place = layers.index(layer)
    if place == 0:
        title = "Inputs" if layer.count > 1 else "Input"
    elif place == len(layers) - 1:
        title = "Output" if layer.count == 1 else "Outputs"
    else:
        title = f"Hidden layer {place}" if len(layers) > 3 else "Hidden layer"
    x = units[0].x
    head: list[Shape] = [text(x, 26, title, fill="ink2", size=13, role="head-line")]
    if layer.activation:
        head.append(text(x, 44, layer.activation, fill="ink", size=13, role="activation"))
    return head


def _unit(unit: Unit) -> list[Shape]:
    """A circle, or a square for an input; its name inside, or above where its value is inside."""
    r, value = unit.radius, unit.value
    values = unit.layer.values
    largest = 0.0 if values is None else float(np.abs(values).max())
    paint = {
        "fill": "paper" if value is None else under_number(value, largest),
        "stroke": "ink", "line": 1.4,
    }  # fmt: skip
    if unit.layer.weights is None:
        face: Shape = Rectangle(
            x=unit.x - r, y=unit.y - r, width=2 * r, height=2 * r, radius=2, role="face", **paint
        )
    else:
        face = Circle(x=unit.x, y=unit.y, radius=r, role="face", **paint)
    small = r == SMALL
    if value is None or small:
        # A small circle has no room for the layer's number, which stands above the column.
        name = unit.layer.letter[0] + unit.name[len(unit.layer.letter) :]
        size = 12 if small else 19
        return [face, text(unit.x, unit.y, runs(name), size=size, middle=True, role="name")]
    return [
        face,
        text(unit.x, unit.y, in_cell(value), size=13, middle=True, role="number"),
        text(unit.x, unit.y - r - 9, runs(unit.name), size=17, role="name"),
    ]


def _below(unit: Unit) -> float:
    """The room under a unit."""
    if unit.layer.biases is None:
        return 12.0
    return BIAS + RING if unit.radius == LARGE else 14.0


def _bias(unit: Unit, largest: float) -> list[Shape]:
    """A weight from a ringed 1 below the neuron; a short tick below a small one."""
    biases = unit.layer.biases
    if biases is None:
        return []
    bias = float(biases[unit.place])
    large = unit.radius == LARGE
    foot, fine = unit.y + unit.radius + GAP, 1.0 if large else 0.4
    end, up = (unit.x, foot), (0.0, -1.0)
    stroke = width(bias, largest) * fine
    head = max(9.0 * fine, 1.7 * stroke)
    start = foot + (BIAS - RING if large else 9.0)
    tip = foot + (0.9 * head if bias > 0 else 0.0)
    drawn: list[Shape] = [
        line((unit.x, start), (unit.x, tip), stroke=colour_of(bias), line=stroke, role="line"),
        *ending(end, up, bias, head, fine),
    ]
    if large:
        y = foot + BIAS
        drawn += [
            Circle(x=unit.x, y=y, radius=RING, fill="paper", stroke="ink2", line=1.2, role="one"),
            text(unit.x, y, "1", size=12, middle=True, fill="ink2"),
            text(unit.x + RING + 7, y, signed(bias), size=13, middle=True, anchor="start",
                 role="number"),
        ]  # fmt: skip
    code = unit.layer.stored(unit.place)
    return [group("bias", drawn, note=f"{code} = {short(bias)}", code=code)]


def _note(unit: Unit) -> str:
    return unit.name if unit.value is None else f"{unit.name} = {short(unit.value)}"


def _labels(
    edges: list[tuple[Unit, Unit, Edge]], taken: list[tuple[float, float, float, float]]
) -> list[Shape]:
    """The weights on edges between small layers, each where it hides nothing else."""
    drawn: list[Shape] = []
    taken = list(taken)
    labelled = [
        (target.layer.stored(target.place, source.place), edge)
        for source, target, edge in edges
        if max(source.layer.count, target.layer.count) <= FEW
    ]
    paths = {code: edge.points() for code, edge in labelled}
    for code, edge in labelled:
        others = [point for other, points in paths.items() if other != code for point in points]
        for share in (0.5, 0.42, 0.58, 0.35, 0.65, 0.29, 0.71, 0.24):
            x, y = edge.at(share)
            label = text(x, y, signed(edge.weight), size=13, middle=True, role="number")
            left, _, right, _ = label.box
            box = left - 4, y - 10, right + 4, y + 10
            crossed = any(
                box[0] - 4 < px < box[2] + 4 and box[1] - 3 < py < box[3] + 3 for px, py in others
            )
            if crossed or not free(box, taken):
                continue
            taken.append(box)
            back = Rectangle(
                x=box[0], y=box[1], width=box[2] - box[0], height=box[3] - box[1], fill="paper",
                role="back",
            )  # fmt: skip
            drawn.append(group("label", [back, label], code=code))
            break
    return drawn


# --- words ---


def _described(layers: list[Layer]) -> str:
    parts = [f"{layers[0].count} inputs"]
    for layer in layers[1:]:
        kind = f" {layer.activation}" if layer.activation else ""
        parts.append(f"{layer.count}{kind} neuron{'s' * (layer.count > 1)}")
    return f"A network of {', '.join(parts)}. Arrowheads are positive weights, bars negative ones."


def _table(layers: list[Layer], columns: list[list[Unit]]) -> list[list[str]]:
    """Each weight and bias drawn, then the values of the units."""
    rows = [["from", "to", "number", "stored as"]]
    for before, after in pairwise(columns):
        for target in after:
            weights, biases = target.layer.weights, target.layer.biases
            assert weights is not None
            for source in before:
                number = short(float(weights[target.place, source.place]))
                code = target.layer.stored(target.place, source.place)
                rows.append([source.name, target.name, number, code])
            if biases is not None:
                number = short(float(biases[target.place]))
                rows.append(["1", target.name, number, target.layer.stored(target.place)])
    for units in columns:
        for unit in units:
            if unit.value is not None:
                rows.append(["value of", unit.name, short(unit.value), ""])
    return rows
