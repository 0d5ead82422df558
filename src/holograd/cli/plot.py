"""Pictures of what was learned: regions in the plane, a fitted curve, or the course of training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.errors import ArgumentError
from holograd.pictures import faces
from holograd.pictures.colours import LIGHT
from holograd.pictures.figure import DOTS_AN_INCH, MARGIN, frame, new_figure
from holograd.pictures.neuron_lines import hidden_lines
from holograd.pictures.regions import Plane, draw_regions
from holograd.pictures.saving import FORMATS, save
from holograd.training import predict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from holograd.recipes import Outcome
    from holograd.tabular import TableOutcome

INK, INK2, RULE, FAINT = (LIGHT[name] for name in ("ink", "ink2", "rule", "faint"))
POINTS = 964  # across a curve


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
    width = outcome.inputs[0].size
    if outcome.recipe.kind == "curve" and width == 1:
        figure = new_figure(6.4, 4.4, "light")
        _curve(figure.subplots(), outcome)
    elif width == 2:
        figure = new_figure(5.6, 5.6, "light")
        _regions(figure.subplots(), outcome)
    else:
        figure = new_figure(6.4, 5.2, "light")
        _course(figure.subplots(2, 1, sharex=True, height_ratios=[2, 1]), outcome)
    _write(figure, path)


def draw_table(outcome: TableOutcome, path: Path) -> None:
    """Draws how a network for a table came to its answers, over the epochs.

    Raises:
        DataError: the file cannot be written.
    """
    history = outcome.history
    figure = new_figure(6.4, 5.2 if outcome.test_scores else 3.6, "light")
    panels = figure.subplots(2 if outcome.test_scores else 1, 1, sharex=True, squeeze=False)[:, 0]
    frame(panels[0], f"{outcome.model.target}: the course of training")
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
        frame(panels[1], "")
    panels[-1].set_xlabel("epoch", color=INK2)
    _write(figure, path)


def _write(figure: Figure, path: Path) -> None:
    """Writes a picture into a file that takes its place when it is complete."""
    import matplotlib

    options = {"dpi": DOTS_AN_INCH, "bbox_inches": "tight", "pad_inches": MARGIN}
    with faces.noticed(faces.fit(figure)) as settings, matplotlib.rc_context(settings):
        save(path, lambda file, form: figure.savefig(file, format=form, **options))


def _regions(axes: Axes, outcome: Outcome) -> None:
    """What the network answers at every point of the plane, and the points themselves."""
    labels = outcome.labels.astype(int)
    right = round(outcome.scores["test"]["accuracy"] * len(labels))
    draw_regions(
        axes,
        Plane(outcome.inputs, labels, outcome.signed),
        f"{outcome.recipe.name}: {right} of {len(labels)} right",
        lines=hidden_lines(outcome.model),
    )


def _curve(axes: Axes, outcome: Outcome) -> None:
    """The fitted function over the points that it was tested on."""
    points = outcome.inputs[:, 0]
    margin = 0.05 * np.ptp(points)
    x = np.linspace(points.min() - margin, points.max() + margin, POINTS, dtype=np.float32)
    axes.scatter(points, outcome.labels, s=9, c=FAINT, linewidths=0, label="new points")
    fitted = predict(outcome.model, x[:, None]).value[:, 0]
    axes.plot(x, fitted, color=INK, linewidth=1.6, label="fitted")
    frame(axes, f"{outcome.recipe.name}: R² {outcome.scores['test']['r2']:.4f} on new points")
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
        frame(axes, "")
    panels[0].set_yscale("log")
    panels[0].legend(frameon=False, labelcolor=INK2, fontsize=9)
    panels[0].set_title(f"{outcome.recipe.name}: the course of training", loc="left", color=INK)
    panels[1].set_xlabel("epoch", color=INK2)
