"""Decision regions: what a network with two inputs answers at every point of the plane.

Colour is signed number, and the sign shows without colour too: flat bands from indigo (class 0) to
persimmon (class 1), an ink line where the answer changes, + and − on its two sides, discs for
class 1 and rings for class 0. Three classes and more are told apart by their numbers and by lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.errors import ArgumentError, ShapeError
from holograd.nn.module import Module
from holograd.pictures.answers import answers_of, classes_of
from holograd.pictures.colours import colour
from holograd.pictures.figure import FigurePicture, bands, frame, in_widths, letter, new_figure
from holograd.pictures.neuron_lines import Line, draw_lines, drawn_lines, hidden_lines
from holograd.pictures.numbers import short
from holograd.pictures.signs import draw_signs
from holograd.training import predict
from holograd.training.batches import floats
from holograd.training.evaluation import check_model, dtype_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRID = 241
EDGE = 5.5  # of the outermost bands, in the unit of a logit
MARGIN = 0.25  # of the points' extent, on each side
ALIKE = 3.0  # how much longer one axis may be where both have one scale
CLEAR = 0.06  # from a region's number to the rows, in widths of the plane


@dataclass(frozen=True)
class Plane:
    """Points in the plane with their classes, and what is answered everywhere.

    Attributes:
        points: (N, 2).
        classes: (N,) class numbers; None where they are unknown.
        answer: (M, 2) → (M,), above 0 for class 1, in about −5 … 5; or (M, K), the largest of a
            row for the class that is answered, for K > 2 classes.
        names: what the two inputs are called.
    """

    points: np.ndarray
    classes: np.ndarray | None
    answer: Callable[[np.ndarray], np.ndarray]
    names: tuple[str, str] = ("x₁", "x₂")

    def grid(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The coordinates across and up, and the answers at their crossings."""
        low, high = self.points.min(0), self.points.max(0)
        extent = np.where(high > low, high - low, 1.0)
        x, y = (
            np.linspace(low[k] - MARGIN * extent[k], high[k] + MARGIN * extent[k], GRID)
            for k in (0, 1)
        )
        plane = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        answers = self.answer(plane.astype(np.float32))
        return x, y, answers.reshape(GRID, GRID, *answers.shape[1:])


def regions(
    model: Module,
    inputs: Any,
    targets: Any = None,
    *,
    middle: float | None = None,
    names: Sequence[str] = ("x₁", "x₂"),
    title: str = "",
) -> FigurePicture:
    """The decision regions of a model with two inputs, and the line of each hidden neuron.

    Bands show how sure the answer is, from class 0 (−) to class 1 (+); the ink line is where the
    answer changes. Thin lines are where the neurons of the first layer are 0, w·x + b = 0; the tick
    on each points to the side where w·x + b is positive. Of more than 32 neurons, the lines of the
    steepest are drawn; the table has all. Discs are rows of class 1, rings of class 0; of more
    classes, each row is its number.

    Args:
        model: takes (N, 2), and gives one number a row, or one for each class.
        inputs: the rows, (N, 2), which also say what part of the plane is shown.
        targets: their classes: numbers, or 1 at the class of each row; None draws dots.
        middle: for one output: the number at which the answer changes. None takes ½ after a
            Sigmoid, and else 0, the middle of a logit and of tanh.
        names: of the two inputs.
        title: None of one's own says how many rows are right.

    Returns:
        A picture to look at, to save (.svg, .png, .pdf) or to read (`.table`).

    Raises:
        ArgumentError: the model is none, or a target is a class that it has no output for.
        ShapeError: the inputs are not (N, 2), or the targets do not belong to them.
        DataError: a row holds NaN or infinity.

    Example:
        >>> import holograd as hg
        >>> from holograd import nn
        >>> from holograd.pictures import regions
        >>> x, y = hg.data.gate("xor")
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
        >>> picture = regions(model, x, y)
        >>> picture.table[1]
        ['row 0', '0, 0', ...]
    """
    check_model(model)
    points = floats(inputs, dtype_of(model), "the inputs")
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ShapeError(
            f"regions got inputs of shape {points.shape}",
            why="a plane has two coordinates",
            instead="Give rows of two numbers, (N, 2), to a model that takes two inputs.",
        )
    if len(names) != 2:
        raise ArgumentError(f"names={names!r}", instead='Write names=("x₁", "x₂").')
    to_answer = answers_of(model, middle)

    def answer(rows: np.ndarray) -> np.ndarray:
        return to_answer(predict(model, rows).value)

    answers = answer(points.astype(np.float32))
    count = answers.shape[1] if answers.ndim > 1 else 2
    classes = None if targets is None else classes_of(targets, len(points), count)
    plane = Plane(points, classes, answer, (names[0], names[1]))
    answered = answers.argmax(1) if answers.ndim > 1 else (answers > 0).astype(int)
    lines = hidden_lines(model)
    if not title and classes is not None:
        title = f"{int((answered == classes).sum())} of {len(points)} right"
    title = title or "decision regions"
    field = plane.grid()

    def draw(theme: str) -> Figure:
        figure = new_figure(5.6, 5.6, theme)
        axes = figure.subplots()
        draw_regions(axes, plane, title, theme, field=field, lines=lines)
        return figure

    kinds = "bands from class 0 to class 1" if answers.ndim == 1 else f"{count} classes"
    hidden = f"{len(lines)} hidden neurons"
    if len(shown := drawn_lines(lines)) < len(lines):
        hidden = f"the {len(shown)} steepest of {hidden}"
    return FigurePicture(
        draw, title, f"The plane of {names[0]} and {names[1]} in {kinds}, with {len(points)} rows "
        f"and the lines of {hidden}.",
        _table(plane, answered, answers, lines),
    )  # fmt: skip


def _table(
    plane: Plane, answered: np.ndarray, answers: np.ndarray, lines: list[Line]
) -> list[list[str]]:
    """What each row is and is answered, then each hidden neuron's line."""
    rows = [["row (from 0) or neuron", ", ".join(plane.names), "class", "answer", "how sure"]]
    for place, point in enumerate(plane.points):
        sure = answers[place] if answers.ndim == 1 else np.ptp(np.sort(answers[place])[-2:])
        right = "" if plane.classes is None else str(plane.classes[place])
        at = ", ".join(short(one) for one in point)
        rows.append([f"row {place}", at, right, str(answered[place]), short(float(sure), 3)])
    return rows + [[one.name, one.equation(plane.names), "", "", ""] for one in lines]


def draw_regions(
    axes: Axes,
    plane: Plane,
    title: str,
    theme: str = "light",
    *,
    field: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
    lines: Sequence[Line] = (),
) -> None:
    """Draws regions, points and lines on given axes.

    Args:
        axes: where.
        plane: what.
        title: above it.
        theme: "light" or "dark".
        field: what `plane.grid()` gave, where that is known already.
        lines: of hidden neurons.
    """
    x, y, answers = plane.grid() if field is None else field
    left_out = len(lines) - len(lines := drawn_lines(lines))
    ink = colour("ink", theme)
    frame(axes, title, theme)
    axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    extents = sorted((x[-1] - x[0], y[-1] - y[0]))
    if extents[1] <= ALIKE * extents[0]:
        axes.set_aspect("equal", adjustable="box")
    else:
        axes.set_box_aspect(1)
    named = [letter(name) for name in plane.names]
    legend = "line: where the answer changes"
    if answers.ndim == 2:
        edges = np.linspace(-EDGE, EDGE, len(bands()) + 1)
        fill = axes.contourf(x, y, np.clip(answers, -EDGE, EDGE), edges, colors=bands(theme))
        fill.set(edgecolor="face", linewidth=0.4)  # no seams
        draw_lines(axes, lines, theme)
        if answers.min() < 0 < answers.max():
            border = axes.contour(x, y, answers, [0], colors=ink, linewidths=1.4)
            draw_signs(axes, border.get_paths()[0], plane.points, plane.answer, ink)
        legend = f"disc: class 1    ring: class 0    {legend}"
    else:
        draw_lines(axes, lines, theme)
        _borders(axes, x, y, answers, plane.points, theme)
    if lines:
        legend += "\nthin line: a hidden neuron's w·x + b is 0; tick: positive side"
    if left_out:
        legend += f"\n{left_out} more lines, of less steep neurons, are left out"
    _points(axes, plane, answers.ndim == 2, theme)
    axes.set_xlabel(named[0], color=ink, fontsize=12, math_fontfamily="stix")
    across: dict[str, Any] = {"rotation": 0, "labelpad": 10} if named[1].startswith("$") else {}
    axes.set_ylabel(named[1], color=ink, fontsize=12, math_fontfamily="stix", **across)
    axes.annotate(
        legend, (0, 0), (0, -40), xycoords="axes fraction", textcoords="offset points",
        color=colour("ink2", theme), fontsize=9, va="top", linespacing=1.5,
    )  # fmt: skip


def _points(axes: Axes, plane: Plane, two: bool, theme: str) -> None:
    """Discs for class 1, rings for class 0; the number for each of more classes."""
    ink, paper, points = colour("ink", theme), colour("paper", theme), plane.points
    if plane.classes is None:
        axes.scatter(*points.T, s=14, c=ink, linewidths=0, zorder=3)
    elif two:
        ones = plane.classes == 1
        axes.scatter(*points[ones].T, s=34, c=ink, edgecolors=paper, linewidths=0.8, zorder=3)
        axes.scatter(
            *points[~ones].T, s=30, facecolors=paper, edgecolors=ink, linewidths=1.3, zorder=3
        )
    else:
        for number in np.unique(plane.classes):
            axes.scatter(
                *points[plane.classes == number].T, marker=f"${number}$", s=34 * len(str(number)),
                c=ink, linewidths=0, zorder=3,
            )  # fmt: skip


def _borders(
    axes: Axes, x: np.ndarray, y: np.ndarray, answers: np.ndarray, points: np.ndarray, theme: str
) -> None:
    """Lines between the regions of several classes, and the number of each in its middle.

    A region's number stands clear of the rows, where there is room for that.
    """
    chosen = answers.argmax(2)
    far = np.ones((len(y), len(x)), dtype=bool)
    _, unit, _ = in_widths(axes)
    for across, up in points:
        away = (x[None, :] - across) / unit[0], (y[:, None] - up) / unit[1]
        far &= np.hypot(*away) > CLEAR
    for number in np.unique(chosen):
        others = np.delete(answers, number, axis=2).max(2)
        lead = answers[:, :, number] - others
        if lead.min() < 0 < lead.max():
            axes.contour(x, y, lead, [0], colors=colour("ink", theme), linewidths=1.4)
        inside = chosen == number
        row, column = _deepest(inside & far if (inside & far).any() else inside)
        axes.text(
            x[column], y[row], str(number), color=colour("faint", theme), fontsize=34,
            ha="center", va="center", zorder=1.5,
        )  # fmt: skip


def _deepest(inside: np.ndarray) -> tuple[int, int]:
    """A place of a region that is far from its border: what is left when it is pared away."""
    left = np.pad(inside, 1)
    while True:
        pared = (
            left[1:-1, 1:-1] & left[:-2, 1:-1] & left[2:, 1:-1] & left[1:-1, :-2] & left[1:-1, 2:]
        )
        if not pared.any():
            break
        left = np.pad(pared, 1)
    rows, columns = np.nonzero(left[1:-1, 1:-1])
    middle = len(rows) // 2
    return int(rows[middle]), int(columns[middle])
