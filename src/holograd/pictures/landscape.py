"""Loss landscapes: the loss over two numbers of a model, or along two directions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.errors import ArgumentError
from holograd.nn.module import Module
from holograd.pictures.colours import colour
from holograd.pictures.directions import (
    Axis,
    along_numbers,
    given_directions,
    losses,
    random_directions,
)
from holograd.pictures.figure import FigurePicture, bands, frame, new_figure
from holograd.pictures.numbers import short
from holograd.pictures.signs import draw_signs
from holograd.training.evaluation import check_model

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BANDS = 11
TABLE = 5  # rows and columns of the text alternative
ALIKE = 1e-9  # differences this small are rounding


def loss_landscape(
    model: Module,
    loss: Any,
    inputs: Any,
    targets: Any,
    *,
    parameters: Sequence[str] | None = None,
    directions: Sequence[Any] | None = None,
    span: float | tuple[float, float] | None = None,
    points: int = 41,
    seed: int = 0,
) -> FigurePicture:
    """The loss around the point where a model stands, over two of its numbers or two directions.

    Flat bands show how the loss differs from the present one: indigo (−) where it is lower,
    persimmon (+) where it is higher; the ink line is where it is the same, and the marked point is
    where the model is. The bands are equal steps of the logarithm of the loss, or of the loss
    itself where it is not positive everywhere.

    Without `parameters` and `directions`, two random directions are taken, filter by filter as long
    as the model's weights; biases stay. Source: H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein,
    "Visualizing the Loss Landscape of Neural Nets", 2018, https://arxiv.org/abs/1712.09913.

    Args:
        model: in eval mode meanwhile, and afterwards as it was, also after an error.
        loss: as for `fit`: a name, a function, or None.
        inputs: (N, …).
        targets: theirs.
        parameters: two numbers of the model, such as `("0.weight[0,0]", "0.weight[0,1]")`, places
            counted from 0 and as stored: (out, in).
        directions: instead, two mappings of parameters' paths to arrays that are added.
        span: how far to go to both sides, once or for each axis; None takes twice the larger of two
            numbers, at least 3, and once the length of a direction.
        points: how many on each axis; the loss is computed for all their pairs.
        seed: of the random directions.

    Raises:
        ArgumentError: there is no such number or direction, both are given, a span or `points` is
            out of its range.
        DataError, ShapeError, DtypeError: as for `evaluate`.

    Example:
        >>> import holograd as hg
        >>> from holograd import nn
        >>> from holograd.pictures import loss_landscape
        >>> model, (x, y) = nn.Linear(2, 1), hg.data.gate("and")
        >>> picture = loss_landscape(
        ...     model, "mse", x, y, parameters=("weight[0,0]", "weight[0,1]"), points=5
        ... )
        >>> picture.title
        'loss over weight[0,0] and weight[0,1]'
    """
    check_model(model)
    if parameters is not None and directions is not None:
        raise ArgumentError(
            "loss_landscape got parameters and directions",
            why="a plane has two axes",
            instead="Leave one of them out.",
        )
    if isinstance(points, bool) or not isinstance(points, int) or points < 3:
        raise ArgumentError(f"points={points!r}", instead="Write points=41, or 3 at least.")
    spans = _spans(span)
    if parameters is not None:
        axes = along_numbers(model, parameters, spans)
        title = f"loss over {axes[0].label} and {axes[1].label}"
    elif directions is not None:
        axes = given_directions(model, directions, spans)
        title = "loss along two directions"
    else:
        axes = random_directions(model, seed, spans)
        title = "loss along two random directions"
    first, second, found, here = losses(model, loss, inputs, targets, axes, points)
    if not math.isfinite(here):
        raise ArgumentError(
            f"the loss is {short(here)} where the model is",
            why="the landscape is what lies higher and lower than there",
            instead="Begin with smaller weights.",
        )

    def draw(theme: str) -> Figure:
        figure = new_figure(6.6, 5.4, theme)
        left, right = figure.subplots(1, 2, width_ratios=[1, 0.05])
        _draw(left, right, axes, (first, second, found, here), theme)
        left.set_title(title, loc="left", color=colour("ink", theme), fontsize=12)
        return figure

    described = f"The loss is {short(here)} where the model is."
    if np.isfinite(found).any():
        row, column = divmod(int(np.nanargmin(found)), points)
        described += (
            f" The lowest one shown is {short(float(found[row, column]))}, at {axes[0].label} = "
            f"{short(float(first[column]), 3)}, {axes[1].label} = {short(float(second[row]), 3)}."
        )
    return FigurePicture(draw, title, described, _table(axes, first, second, found))


def _spans(span: Any) -> tuple[float, float] | None:
    """How far to go along both axes; raises ArgumentError where a span is not above 0."""
    if span is None:
        return None
    pair = span if isinstance(span, tuple | list) else (span, span)
    numbers = all(isinstance(one, int | float) and 0 < one < math.inf for one in pair)
    if len(pair) != 2 or not numbers:
        raise ArgumentError(
            f"span={span!r}", why="it says how far to go to both sides",
            instead="Write span=2.0, or span=(2.0, 0.5).",
        )  # fmt: skip
    return float(pair[0]), float(pair[1])


def _table(
    axes: Sequence[Axis], first: np.ndarray, second: np.ndarray, found: np.ndarray
) -> list[list[str]]:
    """Some of the losses: the first axis to the right, the second downwards."""
    places = sorted({round(k) for k in np.linspace(0, len(first) - 1, TABLE).tolist()})
    head = [f"{axes[1].label} ↓  {axes[0].label} →", *(short(float(first[k]), 3) for k in places)]
    return [
        head,
        *(
            [short(float(second[row]), 3), *(short(float(found[row, k]), 3) for k in places)]
            for row in places[::-1]
        ),
    ]


def differences(found: np.ndarray, here: float) -> tuple[np.ndarray, bool]:
    """How losses differ from the present one, and whether that is the logarithm of their ratio.

    Places whose loss is not finite stay NaN.

    Example:
        >>> differences(np.array([[1.0, 100.0]]), 10.0)[0].round(2).tolist()
        [[-2.3, 2.3]]
    """
    known = np.where(np.isfinite(found), found, np.nan)
    ratio = bool(np.nanmin(known, initial=here) > 0 and here > 0)
    with np.errstate(all="ignore"):
        result = np.log(known / here) if ratio else known - here
    return np.where(np.abs(result) < ALIKE, 0.0, result), ratio


def _draw(
    axes: Axes,
    scale: Axes,
    ways: Sequence[Axis],
    field: tuple[np.ndarray, np.ndarray, np.ndarray, float],
    theme: str,
) -> None:
    first, second, found, here = field
    ink, ink2 = colour("ink", theme), colour("ink2", theme)
    signed, ratio = differences(found, here)
    largest = float(np.nanmax(np.abs(signed), initial=0.0)) or 1.0
    edges = np.linspace(-largest, largest, BANDS + 1)
    frame(axes, "", theme)
    fill = axes.contourf(
        first, second, np.clip(signed, *edges[[0, -1]]), edges, colors=bands(theme)
    )
    fill.set(edgecolor="face", linewidth=0.4)  # no seams
    if np.nanmin(signed) < 0 < np.nanmax(signed):
        line = axes.contour(first, second, signed, [0], colors=ink, linewidths=1.4)
        here_at = np.array([[ways[0].centre, ways[1].centre]])
        draw_signs(axes, line.get_paths()[0], here_at, _nearest(first, second, signed), ink)
    axes.scatter(
        ways[0].centre, ways[1].centre, s=150, c=colour("mark", theme),
        edgecolors=colour("markline", theme), linewidths=1.2, zorder=3,
    )  # fmt: skip
    axes.scatter(ways[0].centre, ways[1].centre, s=26, c=ink, linewidths=0, zorder=4)
    axes.set_xlabel(ways[0].label, color=ink2)
    axes.set_ylabel(ways[1].label, color=ink2)
    used = [k for k in range(BANDS) if _touched(signed, edges[k], edges[k + 1])]
    _draw_scale(scale, edges, used, here, ratio, theme)


def _nearest(
    first: np.ndarray, second: np.ndarray, field: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """The field as a function of points: its value at the nearest crossing of the grid."""

    def value(points: np.ndarray) -> np.ndarray:
        columns, rows = (
            np.abs(points[:, k, None] - along).argmin(1) for k, along in enumerate((first, second))
        )
        return field[rows, columns]

    return value


def _touched(signed: np.ndarray, low: float, high: float) -> bool:
    return bool(((signed >= low) & (signed <= high)).any())


def _draw_scale(
    axes: Axes, edges: np.ndarray, used: list[int], here: float, ratio: bool, theme: str
) -> None:
    """The bands that occur, with the losses at their edges, and − and + at the ends."""
    ink, ink2 = colour("ink", theme), colour("ink2", theme)
    low, high = (min(used), max(used)) if used else (BANDS // 2, BANDS // 2)
    for k in range(low, high + 1):
        axes.bar(0.5, edges[k + 1] - edges[k], 1.0, edges[k], color=bands(theme)[k], linewidth=0)
    if low <= BANDS // 2 <= high:
        axes.plot([0, 1], [0, 0], color=ink, linewidth=1.4)
    axes.set(xlim=(0, 1), ylim=(edges[low], edges[high + 1]), xticks=[])
    at = edges[low : high + 2]
    axes.set_yticks(at, [short(here * math.exp(k) if ratio else here + k, 3) for k in at])
    axes.yaxis.tick_right()
    axes.tick_params(axis="y", colors=ink2, labelsize=9, length=0)
    for sign, there, place in (("+", high > BANDS // 2, 1.0), ("−", low < BANDS // 2, 0.0)):
        if there:
            axes.annotate(
                sign, (0.5, place), (0, -10 if place else 10), xycoords="axes fraction",
                textcoords="offset points", color=ink, ha="center", va="center", fontsize=12,
            )  # fmt: skip
    axes.set_title("loss", color=ink2, fontsize=9, loc="left")
    axes.set_facecolor("none")
    for spine in axes.spines.values():
        spine.set_visible(False)
