"""+ and − on the two sides of the lines where a signed number changes its sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.pictures.figure import in_widths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHORT = 0.15  # of the plane's width: a line too short for signs beside it
AWAY = 0.035  # of a sign from its line


def draw_signs(
    axes: Axes,
    line: Any,
    avoided: np.ndarray,
    signed: Callable[[np.ndarray], np.ndarray],
    ink: str,
) -> None:
    """Writes the signs where there is most room.

    Args:
        axes: where; its limits are those of the plane.
        line: the matplotlib path of the places where the number is 0.
        avoided: (N, 2) points that the signs should be far from.
        signed: (M, 2) → (M,), the number at some points.
        ink: the signs' colour.
    """
    low, unit, frame = in_widths(axes)
    away = (avoided - low) / unit
    for points in line.to_polygons(closed_only=False):
        piece = (points - low) / unit
        run = np.r_[0, np.hypot(*np.diff(piece, axis=0).T).cumsum()]
        if run[-1] < SHORT:
            continue
        even = np.linspace(0.1, 0.9, 81) * run[-1]
        path = np.stack([np.interp(even, run, piece[:, k]) for k in (0, 1)], axis=1)
        along = np.gradient(path, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1)
        across *= AWAY / np.maximum(np.hypot(*along.T), 1e-12)[:, None]
        distance = np.linalg.norm(path[:, None] - away[None], axis=2).min(1)
        margin = np.minimum(path, frame - path).min(1)
        place = int(np.minimum(distance, margin).argmax())
        sides = path[place] + np.stack([across[place], -across[place]])
        sides = sides * unit + low
        for (x, y), value in zip(sides, signed(sides.astype(np.float32)), strict=True):
            sign = "+" if value > 0 else "−"
            axes.text(x, y, sign, color=ink, fontsize=13, ha="center", va="center", zorder=4)
