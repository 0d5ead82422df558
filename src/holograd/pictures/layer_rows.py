"""Layers as rows of small panels: activations, gradients, updates, silent units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.pictures.colours import colour
from holograd.pictures.figure import frame, new_figure
from holograd.pictures.numbers import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHARES = "dead", "saturated"
COURSE_ROW, ROW = 0.78, 0.4  # inches that a layer takes, with epochs and without
NAMES, PANEL, GAP = 1.65, 1.9, 0.55  # inches across: the layers' names, a column, between two
ABOVE, UNDER = 0.78, 0.75
AT_EDGE = 0.03  # where a size of 0 stands, as a share of the panel
STRIP = {"x": 0.24, "y": 0.35}  # the share of the panel that sizes of 0 and their sign take
APART = 0.3  # of the panel, between numbers of a scale that has no power of ten
FAR = 4.0  # where activations go beyond this, those beyond 2 are shown by their logarithm


@dataclass(frozen=True)
class Seen:
    """What the picture shows, once or in the course of epochs.

    Attributes:
        epochs: where there is a course; empty for one look.
        layers: the layers' kinds by their paths.
        parameters: the parameters' paths.
        columns: numbers by name, a list of one where there is no course.
    """

    epochs: Sequence[int]
    layers: Mapping[str, str]
    parameters: Sequence[str]
    columns: Mapping[str, Sequence[float]]

    def of(self, name: str) -> np.ndarray | None:
        """A column as an array; None where there is none."""
        return np.array(self.columns[name], float) if name in self.columns else None

    def parameters_of(self, layer: str) -> list[str]:
        """The paths of a layer's own parameters."""
        alone = len(self.layers) == 1
        return [
            path
            for path in self.parameters
            if path.rpartition(".")[0] == layer or (alone and "." not in path)
        ]


def draw(seen: Seen, title: str, theme: str) -> Figure:
    """One row a layer, one column a statistic, as many as there are."""
    drawers = [_activations]
    heads = ["activations: mean ± std"]
    for ending, head, drawer in (
        ("gradient_norm", "gradient norm", _gradients),
        ("update_ratio", "update / weight", _updates),
        (SHARES, "dead or saturated", _shares),
    ):
        if any(name.rpartition(".")[2] in ending for name in seen.columns):
            drawers.append(drawer)
            heads.append(head)
    rows, columns = len(seen.layers), len(drawers)
    across = NAMES + columns * PANEL + (columns - 1) * GAP + 0.2
    down = ABOVE + UNDER + rows * (COURSE_ROW if seen.epochs else ROW)
    figure = new_figure(across, down, theme)
    figure.set_layout_engine("none")
    panels = figure.subplots(
        rows, columns, squeeze=False, sharex=True if seen.epochs else "col",
        sharey="col" if seen.epochs else False,
        gridspec_kw={
            "left": NAMES / across, "right": 1 - 0.2 / across, "top": 1 - ABOVE / down,
            "bottom": UNDER / down, "wspace": GAP / PANEL, "hspace": 0.3 if seen.epochs else 0,
        },
    )  # fmt: skip
    for column, (drawer, head) in enumerate(zip(drawers, heads, strict=True)):
        for row, layer in enumerate(seen.layers):
            _prepare(panels[row, column], seen, row == rows - 1, theme)
            if not drawer(panels[row, column], seen, layer, theme):
                _empty(panels[row, column], bool(seen.epochs))
        _scale(list(panels[:, column]), seen, drawer, theme)
        panels[0, column].set_title(head, loc="left", color=colour("ink2", theme), fontsize=9)
    for axes, (layer, kind) in zip(panels[:, 0], seen.layers.items(), strict=True):
        _name(axes, layer, kind, theme)
    ink, left = colour("ink", theme), 0.12 / across
    figure.text(left, 1 - 0.18 / down, title, color=ink, fontsize=12, va="top")
    if seen.parameters and len(drawers) > 1:
        marks = "line: weight    dots: bias" if seen.epochs else "disc: weight    ring: bias"
        figure.text(left, 0.14 / down, marks, color=colour("ink2", theme), fontsize=9)
    return figure


def _prepare(axes: Axes, seen: Seen, last: bool, theme: str) -> None:
    """A panel without a box: a hairline below, and the grid of its scale."""
    frame(axes, "", theme)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8, length=0)
    axes.tick_params(axis="x", labelbottom=last)
    axes.grid(axis="y" if seen.epochs else "x", color=colour("rule", theme), linewidth=0.6)
    axes.set_axisbelow(True)
    if not seen.epochs:
        axes.set_yticks([])
        axes.set_ylim(-1, 1)


def _empty(axes: Axes, course: bool) -> None:
    """A layer that has no such number keeps its place and, below the others, its scale."""
    axes.grid(visible=not course)
    axes.tick_params(axis="y", labelleft=False)


def _scale(panels: list[Axes], seen: Seen, drawer: Any, theme: str) -> None:
    """One scale for all rows of a column."""
    which = "y" if seen.epochs else "x"
    if seen.epochs:
        panels[-1].set_xlabel("epoch", color=colour("ink2", theme), fontsize=9)
        panels[-1].margins(x=0.02)
    numbers = _sizes_in(seen, drawer) if drawer in SIZES else np.zeros(0)
    sizes = numbers[numbers > 0]
    for axes in panels:
        if drawer is _shares:
            axes.set(**{f"{which}lim": (0, 1), f"{which}ticks": [0, 0.5, 1]})
        elif drawer is not _activations:
            axes.set(**{f"{which}scale": "log" if sizes.size else "linear"})
        elif (greatest := _greatest(seen)) > FAR:
            power = 10.0 ** np.floor(np.log10(greatest))
            far = power * max(step for step in (1, 2, 5) if step * power <= greatest)
            axes.set(**{f"{which}scale": "symlog"})
            axes.set(**{
                f"{which}ticks": [-far, 0, far],
                f"{which}ticklabels": [short(one) for one in (-far, 0, far)],
            })  # fmt: skip
            axes.minorticks_off()
    if drawer in SIZES:
        _ticks(panels[-1], which, sizes, len(sizes) < len(numbers))


def _sizes_in(seen: Seen, drawer: Any) -> np.ndarray:
    """All finite numbers of a column of sizes."""
    found = [seen.of(f"{path}.{SIZES[drawer]}") for path in seen.parameters]
    numbers = np.concatenate([np.zeros(0), *(one for one in found if one is not None)])
    return numbers[np.isfinite(numbers)]


def _ticks(axes: Axes, which: str, sizes: np.ndarray, zeros: bool) -> None:
    """Powers of ten, or else the least and the greatest size; zeros have a strip of their own."""
    if not sizes.size:  # what is 0 alone has no scale
        axes.set(**{f"{which}lim": (0, 1), f"{which}ticks": []})
        return
    axis = axes.yaxis if which == "y" else axes.xaxis
    low, high = np.log10(axis.get_view_interval())
    few = 4 if which == "y" else 6
    powers = np.arange(np.ceil(low), np.floor(high) + 1)
    ticks = 10.0 ** powers[:: -(-len(powers) // few) or 1]
    if zeros:
        low = high - (high - low) / (1 - STRIP[which])
    axes.set(**{f"{which}lim": (10**low, 10**high)})
    if len(ticks):
        axes.set(**{f"{which}ticks": ticks})
    else:
        ends = [float(sizes.min()), float(sizes.max())]
        names = [short(one, 2) for one in ends]
        far = np.log10(ends[1] / ends[0]) > APART * (high - low) and names[0] != names[1]
        shown = slice(0 if far else 1, 2)
        axes.set(**{f"{which}ticks": ends[shown], f"{which}ticklabels": names[shown]})
    axes.minorticks_off()


def _greatest(seen: Seen) -> float:
    """The activation that is farthest from 0, as far as mean ± std tells."""
    ends = [
        np.nan_to_num(np.abs(mean) + std, posinf=0.0)
        for layer in seen.layers
        if (mean := seen.of(f"{layer}.mean")) is not None
        and (std := seen.of(f"{layer}.std")) is not None
    ]
    return float(np.max(ends, initial=0.0))


def _name(axes: Axes, layer: str, kind: str, theme: str) -> None:
    """The layer's kind and, below it, its path in the model."""
    path = "" if kind.startswith(layer) else layer
    for text, ink, height, size in ((kind, "ink", 5, 9), (path, "ink3", -7, 8)):
        axes.annotate(
            text, (0, 0.5), (9, height if path else 0), color=colour(ink, theme), fontsize=size,
            va="center", xycoords=("figure fraction", "axes fraction"),
            textcoords="offset points",
        )  # fmt: skip


def _activations(axes: Axes, seen: Seen, layer: str, theme: str) -> bool:
    mean, std = seen.of(f"{layer}.mean"), seen.of(f"{layer}.std")
    if mean is None or std is None:
        return False
    ink, low, high = colour("ink", theme), mean - std, mean + std
    if seen.epochs:
        axes.fill_between(seen.epochs, low, high, color=colour("rule", theme), linewidth=0)
        axes.plot(seen.epochs, mean, color=ink, linewidth=1.4)
    else:
        axes.axvline(0, color=colour("faint", theme), linewidth=0.8)
        axes.plot([low[0], high[0]], [0, 0], color=ink, linewidth=1.2)
        for end in (low[0], high[0]):
            axes.plot([end, end], [-0.3, 0.3], color=ink, linewidth=1.2)
        axes.scatter(mean[:1], [0], s=26, c=ink, linewidths=0, zorder=3)
    return True


def _gradients(axes: Axes, seen: Seen, layer: str, theme: str) -> bool:
    return _sizes(axes, seen, layer, SIZES[_gradients], theme)


def _updates(axes: Axes, seen: Seen, layer: str, theme: str) -> bool:
    return _sizes(axes, seen, layer, SIZES[_updates], theme)


SIZES: Mapping[Any, str] = {_gradients: "gradient_norm", _updates: "update_ratio"}


def _sizes(axes: Axes, seen: Seen, layer: str, name: str, theme: str) -> bool:
    """Weights as a solid line or a disc, other parameters as a dotted line or a ring.

    A size of exactly 0 has no place on a logarithmic scale: it stands at the panel's edge, with a
    0 beside it.
    """
    ink, paper, drawn = colour("ink", theme), colour("paper", theme), False
    zeros = False
    for path in seen.parameters_of(layer):
        found = seen.of(f"{path}.{name}")
        if found is None:
            continue
        drawn, values = True, np.where(found > 0, found, np.nan)
        weight = path.rpartition(".")[2] == "weight"
        mark = {
            "s": 30, "facecolors": ink if weight else paper, "edgecolors": ink, "linewidths": 1.2,
            "zorder": 3 if weight else 4,
        }  # fmt: skip
        zeros = zeros or bool((found == 0).any())
        edge = AT_EDGE if weight else 3 * AT_EDGE
        if seen.epochs:
            axes.plot(
                seen.epochs, values, color=ink, linewidth=1.4 if weight else 1.0,
                linestyle="solid" if weight else (0, (1.2, 1.8)),
            )  # fmt: skip
            at = np.array(seen.epochs)[found == 0]
            axes.scatter(
                at, np.full(len(at), edge), transform=axes.get_xaxis_transform(), clip_on=False,
                **{**mark, "s": 8, "linewidths": 0.8},
            )  # fmt: skip
        elif found[0] == 0:
            axes.scatter([edge], [0], transform=axes.get_yaxis_transform(), **mark)
        else:
            axes.scatter(values, [0], **mark)
    if zeros:
        place = (0.0, 0.22) if seen.epochs else (0.13, 0.5)
        axes.annotate(
            "0", place, xycoords="axes fraction", color=ink, fontsize=8, va="center", ha="left"
        )
    return drawn


def _shares(axes: Axes, seen: Seen, layer: str, theme: str) -> bool:
    for name in SHARES:
        found = seen.of(f"{layer}.{name}")
        if found is None:
            continue
        ink, fill = colour("ink", theme), colour("faint", theme)
        if seen.epochs:
            axes.fill_between(seen.epochs, 0, found, color=fill, linewidth=0)
            axes.plot(seen.epochs, found, color=ink, linewidth=1.2)
        else:
            axes.barh(0, found[0], 0.7, color=fill)
        axes.annotate(
            f"{short(100 * float(found[-1]), 2)} % {name}", (0.97, 0.75 if seen.epochs else 0.5),
            xycoords="axes fraction", color=colour("ink", theme), fontsize=8, ha="right",
            va="center",
        )  # fmt: skip
        return True
    return False
