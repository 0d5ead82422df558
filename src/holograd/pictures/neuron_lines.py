"""The lines of hidden neurons: where w·x + b of the first layer is 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from holograd import nn
from holograd.nn.module import Module
from holograd.pictures.colours import colour
from holograd.pictures.figure import in_widths, letter
from holograd.pictures.numbers import MINUS, short
from holograd.watching.layers import leaf_layers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMES = 8  # of lines; more would stand on each other
MOST_LINES = 32  # drawn; more would cover the plane
APART = 0.055  # names at the frame, in shares of its side
TICK = 0.022
FROM_END = 0.07  # the tick's place on a line, from the named end, in shares of the side
EVERYWHERE = 1e-12  # weights this small leave no line


@dataclass(frozen=True)
class Line:
    """w₁x₁ + w₂x₂ + b = 0.

    Attributes:
        name: the neuron, `h₁`.
        weights: w₁ and w₂.
        bias: b.
    """

    name: str
    weights: tuple[float, float]
    bias: float

    def equation(self, names: Sequence[str] = ("x₁", "x₂")) -> str:
        """The line as people write it.

        Example:
            >>> Line("h₁", (5.0, -7.0), -8.0).equation()
            '5 x₁ − 7 x₂ − 8 = 0'
        """
        terms = [*zip(self.weights, names, strict=True), (self.bias, "")]
        text = ""
        for number, name in terms:
            sign = MINUS if number < 0 else "+"
            joined = f" {sign} " if text else (sign if number < 0 else "")
            text += joined + f"{short(abs(number))} {name}".strip()
        return f"{text} = 0"


def hidden_lines(model: Module) -> list[Line]:
    """One line for each neuron of the first layer; none where that layer has no other after it."""
    layers = list(leaf_layers(model).values())
    first = layers[0]
    later = any(isinstance(one, nn.Linear) for one in layers[1:])
    if not isinstance(first, nn.Linear) or not later or first.weight.shape[1] != 2:
        return []
    biases = np.zeros(len(first.weight)) if first.bias is None else first.bias.value
    return [
        Line(f"h{_below(place)}", (float(w[0]), float(w[1])), float(b))
        for place, (w, b) in enumerate(zip(first.weight.value, biases, strict=True), 1)
    ]


def drawn_lines(lines: Sequence[Line]) -> list[Line]:
    """The lines that a picture has room for, in order: where there are more, the steepest.

    Example:
        >>> len(drawn_lines([Line(f"h{place}", (1.0, 0.0), 0.0) for place in range(300)]))
        32
    """
    if len(lines) <= MOST_LINES:
        return list(lines)
    steep = sorted(range(len(lines)), key=lambda place: -np.linalg.norm(lines[place].weights))
    return [lines[place] for place in sorted(steep[:MOST_LINES])]


def _below(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def draw_lines(axes: Axes, lines: Sequence[Line], theme: str) -> None:
    """Thin lines across the axes, named at their ends, with a tick towards the positive side."""
    low, unit, (right, top) = in_widths(axes)
    ink = colour("ink2", theme)
    many = len(lines) > MOST_NAMES
    thin = {"color": ink, "linewidth": 0.5 if many else 0.8, "zorder": 2.5}
    names: dict[str, list[tuple[float, str]]] = {"top": [], "right": []}

    def stroke(*points: np.ndarray) -> None:
        axes.plot(*(low + unit * np.array(points)).T, **thin)

    for line in lines:
        weights = np.array(line.weights) * unit
        bias = line.bias + float(np.dot(line.weights, low))
        ends = _ends(Line(line.name, (weights[0], weights[1]), bias), 0.0, right, 0.0, top)
        if ends is None:
            continue
        end, other = sorted(ends, key=lambda at: (at[1] < top, at[0] < right))
        stroke(end, other)
        along = (other - end) / np.linalg.norm(other - end)
        towards = weights / np.linalg.norm(weights)
        foot = end + FROM_END * along
        stroke(foot, foot + TICK * towards)
        if end[1] >= top:
            names["top"].append((end[0] / right, line.name))
        elif end[0] >= right:
            names["right"].append((end[1] / top, line.name))
        elif not many:  # it only cuts a corner: the name stands beside the line, on the + side
            place = low + unit * (foot + FROM_END * along + 2 * TICK * towards)
            axes.text(
                place[0], place[1], letter(line.name), color=ink, fontsize=11, ha="center",
                va="center", math_fontfamily="stix", zorder=2.6,
                bbox={"facecolor": colour("paper", theme), "linewidth": 0, "pad": 1.0},
            )  # fmt: skip
    if not many:
        _name_ends(axes, names, theme)


def _name_ends(axes: Axes, names: dict[str, list[tuple[float, str]]], theme: str) -> None:
    """The names above the frame and to its right."""
    ink, common = colour("ink2", theme), {"fontsize": 11, "math_fontfamily": "stix"}
    for at, name in _spread(names["top"]):
        axes.annotate(
            letter(name), (at, 1.0), (0, 4), xycoords="axes fraction",
            textcoords="offset points", color=ink, ha="center", va="bottom", **common,
        )  # fmt: skip
    for at, name in _spread(names["right"]):
        axes.annotate(
            letter(name), (1.0, at), (5, 0), xycoords="axes fraction",
            textcoords="offset points", color=ink, ha="left", va="center", **common,
        )  # fmt: skip
    if names["top"]:
        axes.set_title(axes.get_title(loc="left"), loc="left", color=colour("ink", theme), pad=20)


def _ends(
    line: Line, left: float, right: float, bottom: float, top: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Where a line enters and leaves a rectangle; None where it passes by."""
    (a, b), c = line.weights, line.bias
    if abs(a) < EVERYWHERE and abs(b) < EVERYWHERE:
        return None
    found = []
    if abs(b) > EVERYWHERE:
        found += [(x, -(a * x + c) / b) for x in (left, right)]
    if abs(a) > EVERYWHERE:
        found += [(-(b * y + c) / a, y) for y in (bottom, top)]
    slack = 1e-9 * (right - left + top - bottom)
    inside = [
        np.array([min(max(x, left), right), min(max(y, bottom), top)])
        for x, y in found
        if left - slack <= x <= right + slack and bottom - slack <= y <= top + slack
    ]
    if len(inside) < 2:
        return None
    far = max(inside[1:], key=lambda at: float(np.linalg.norm(at - inside[0])))
    if np.linalg.norm(far - inside[0]) < slack:
        return None
    return inside[0], far


def _spread(names: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Names along a side, moved apart where they would stand on each other."""
    placed: list[tuple[float, str]] = []
    for at, name in sorted(names):
        placed.append((max(at, placed[-1][0] + APART) if placed else at, name))
    over = max(0.0, placed[-1][0] - 1.0) if placed else 0.0
    return [(at - over, name) for at, name in placed]
