"""Pictures of what was learned: regions in the plane, a fitted curve, or the course of training.

Colour is signed number, and the sign shows without colour too: flat bands from indigo (class 0) to
persimmon (class 1), an ink line where the answer changes, + and − on its two sides, discs for
class 1 and rings for class 0.
"""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.errors import ArgumentError, DataError
from holograd.training import predict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from holograd.recipes import Outcome
    from holograd.tabular import TableOutcome

PAPER, INK, INK2, RULE, FAINT = "#FBFAF6", "#1E1D1A", "#55524B", "#DEDACF", "#B9B4A7"
BANDS = (
    "#4F6FBF #668ACD #82A6DB #A2C0E6 #C6DAF0 #F5F2EA #F1D2B1 #E7B182 #DC8F59 #CE6D32 #BE4800"
).split()
GRID = 241
FORMATS = (".png", ".pdf", ".svg")


def check(path: Path) -> None:
    """Makes sure that a picture can be drawn into `path`, before there is one to draw.

    Raises:
        ArgumentError: another format was asked for, or matplotlib is not installed.
    """
    if path.suffix.lower() not in FORMATS:
        raise ArgumentError(
            f"--plot {path} ends in {path.suffix or 'nothing'}",
            why=f"the formats are {', '.join(FORMATS)}",
            instead=f"Write --plot {path.with_suffix('.png')}",
        )
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise ArgumentError(
            "--plot takes matplotlib, which is not installed",
            instead="Write: pip install 'holograd[pictures]'",
        ) from None


def draw(outcome: Outcome, path: Path) -> None:
    """Draws what was learned, in the way that suits it, into a file.

    It takes the place of an older file only when it is complete.

    Raises:
        DataError: the file cannot be written.
    """
    # The figure brings its own canvas: no window system is asked, and no global state is touched.
    from matplotlib.figure import Figure

    width = outcome.inputs[0].size
    if outcome.recipe.kind == "curve" and width == 1:
        figure = Figure(figsize=(6.4, 4.4), facecolor=PAPER)
        _curve(figure.subplots(), outcome)
    elif width == 2:
        figure = Figure(figsize=(5.6, 5.6), facecolor=PAPER)
        _regions(figure.subplots(), outcome)
    else:
        figure = Figure(figsize=(6.4, 5.2), facecolor=PAPER)
        _course(figure.subplots(2, 1, sharex=True, height_ratios=[2, 1]), outcome)
    _write(figure, path)


def draw_table(outcome: TableOutcome, path: Path) -> None:
    """Draws how a network for a table came to its answers, over the epochs.

    Raises:
        DataError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    history = outcome.history
    figure = Figure(figsize=(6.4, 5.2 if outcome.test_scores else 3.6), facecolor=PAPER)
    panels = figure.subplots(2 if outcome.test_scores else 1, 1, sharex=True, squeeze=False)[:, 0]
    _bare(panels[0], f"{outcome.model.target}: the course of training")
    lines = {"loss": (FAINT, "training"), "validation_loss": (INK, "rows kept aside")}
    for name, (colour, label) in lines.items():
        if name in history.columns:
            panels[0].plot(history.epochs, history[name], color=colour, linewidth=1.6, label=label)
    panels[0].set_ylabel("loss", color=INK2)
    panels[0].set_yscale("log")
    panels[0].legend(frameon=False, labelcolor=INK2, fontsize=9)
    if outcome.test_scores:
        name = next(iter(outcome.test_scores[0]))
        tested = [scores[name] for scores in outcome.test_scores]
        panels[1].plot(range(1, len(tested) + 1), tested, color=INK, linewidth=1.6)
        panels[1].set_ylabel(f"{name} on test rows", color=INK2)
        _bare(panels[1], "")
    panels[-1].set_xlabel("epoch", color=INK2)
    _write(figure, path)


def _write(figure: Figure, path: Path) -> None:
    """Writes a picture into a file that takes its place when it is complete."""
    figure.tight_layout()
    beside = path.with_name(f".{token_hex(8)}{path.suffix}")
    try:
        figure.savefig(beside, dpi=160, bbox_inches="tight", pad_inches=0.15)
        os.replace(beside, path)
    except OSError as error:
        raise DataError(
            f"{path} cannot be written",
            why=error.strerror or str(error),
            instead="What was there before is as it was.",
        ) from error
    finally:
        beside.unlink(missing_ok=True)  # only there where something failed


def _bare(axes: Axes, title: str) -> None:
    """Ink on paper: a hairline frame, and quiet numbers."""
    axes.set_facecolor(PAPER)
    axes.set_title(title, loc="left", color=INK, fontsize=12)
    axes.tick_params(colors=INK2, labelsize=9, length=3)
    for spine in axes.spines.values():
        spine.set_color(RULE)


def _regions(axes: Axes, outcome: Outcome) -> None:
    """What the network answers at every point of the plane, and the points themselves."""
    points, labels = outcome.inputs, outcome.labels.astype(bool)
    low, high = points.min(0), points.max(0)
    margin = 0.25 * (high - low)
    x, y = (np.linspace(low[k] - margin[k], high[k] + margin[k], GRID) for k in (0, 1))
    plane = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    signed = outcome.signed(plane).reshape(GRID, GRID)
    edges = np.linspace(-5.5, 5.5, len(BANDS) + 1)
    axes.contourf(x, y, np.clip(signed, -5.5, 5.5), edges, colors=BANDS)
    if signed.min() < 0 < signed.max():
        line = axes.contour(x, y, signed, [0], colors=INK, linewidths=1.2)
        _signs(axes, line.get_paths()[0], outcome)
    axes.scatter(*points[labels].T, s=34, c=INK, linewidths=0, zorder=3)
    axes.scatter(
        *points[~labels].T, s=30, facecolors=PAPER, edgecolors=INK, linewidths=1.3, zorder=3
    )
    right = round(outcome.scores["test"]["accuracy"] * len(labels))
    _bare(axes, f"{outcome.recipe.name}: {right} of {len(labels)} right")
    axes.set_xlabel("disc: class 1    ring: class 0    line: where the answer changes", color=INK2)
    axes.set_aspect("equal", adjustable="box")


def _signs(axes: Axes, line: Any, outcome: Outcome) -> None:
    """+ and − on the two sides of each line where the answer changes, away from the points."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    span = right - left
    for piece in line.to_polygons(closed_only=False):
        run = np.r_[0, np.hypot(*np.diff(piece, axis=0).T).cumsum()]
        if run[-1] < 0.15 * span:
            continue
        even = np.linspace(0.1, 0.9, 81) * run[-1]
        path = np.stack([np.interp(even, run, piece[:, k]) for k in (0, 1)], axis=1)
        along = np.gradient(path, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1)
        across *= 0.035 * span / np.hypot(*along.T)[:, None]
        distance = np.linalg.norm(path[:, None] - outcome.inputs[None], axis=2).min(1)
        margin = np.minimum(
            np.minimum(path[:, 0] - left, right - path[:, 0]),
            np.minimum(path[:, 1] - bottom, top - path[:, 1]),
        )
        place = int(np.minimum(distance, margin).argmax())
        sides = path[place] + np.stack([across[place], -across[place]])
        for (x, y), value in zip(sides, outcome.signed(sides.astype(np.float32)), strict=True):
            sign = "+" if value > 0 else "−"
            axes.text(x, y, sign, color=INK, fontsize=13, ha="center", va="center", zorder=4)


def _curve(axes: Axes, outcome: Outcome) -> None:
    """The fitted function over the points that it was tested on."""
    points = outcome.inputs[:, 0]
    margin = 0.05 * np.ptp(points)
    x = np.linspace(points.min() - margin, points.max() + margin, 4 * GRID, dtype=np.float32)
    axes.scatter(points, outcome.labels, s=9, c=FAINT, linewidths=0, label="new points")
    fitted = predict(outcome.model, x[:, None]).value[:, 0]
    axes.plot(x, fitted, color=INK, linewidth=1.6, label="fitted")
    _bare(axes, f"{outcome.recipe.name}: R² {outcome.scores['test']['r2']:.4f} on new points")
    axes.legend(frameon=False, labelcolor=INK2, fontsize=9)


def _course(panels: Any, outcome: Outcome) -> None:
    """Loss above, accuracy or R² below, over the epochs."""
    history = outcome.history
    for axes, name in zip(panels, outcome.scores["test"], strict=True):
        learned = history.columns.get(name, [])  # none where Ctrl-C ended the first epoch
        axes.plot(history.epochs, learned, color=FAINT, linewidth=1.6, label="training")
        tested = [scores[name] for scores in outcome.test_scores]
        axes.plot(range(1, len(tested) + 1), tested, color=INK, linewidth=1.6, label="test")
        axes.set_ylabel(name, color=INK2)
        axes.grid(axis="y", color=RULE, linewidth=0.8)
        _bare(axes, "")
    panels[0].set_yscale("log")
    panels[0].legend(frameon=False, labelcolor=INK2, fontsize=9)
    panels[0].set_title(f"{outcome.recipe.name}: the course of training", loc="left", color=INK)
    panels[1].set_xlabel("epoch", color=INK2)
