"""The curve of a step that is a function of one number, and where the present numbers are on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from holograd.explanation.records import Step, Value

MOST_POINTS = 8
SAMPLES = 61
LEAST_REACH = {"sigmoid": 6.0, "tanh": 3.0, "relu": 3.0, "softplus": 4.0, "exp": 2.0, "log": 3.0}
POSITIVE = {"log", "sqrt", "rsqrt", "reciprocal"}  # undefined at 0, so only one side is drawn


def curve(step: Step) -> dict[str, Any] | None:
    """The sampled curve with the step's own points and slopes; None for other steps.

    It is there for one operation, number by number, of one input of at most eight numbers; a
    straight line is left out.

    Returns:
        `x` and `y` of the samples, and `points`, each with `x`, `y` and `slope`.

    Example:
        >>> import holograd as hg
        >>> z = hg.tensor(-3.0, requires_grad=True)
        >>> found = curve(hg.explain(hg.sigmoid(z), names={"z": z}).forward[0])
        >>> found["points"]
        [{'x': -3.0, 'y': 0.047426, 'slope': 0.045177}]
    """
    if step.operation is None or step.operation.native is None or len(step.arguments) != 1:
        return None
    one, output = step.arguments[0], step.output
    if (
        one.kind != "elementwise"
        or one.derivative is None
        or not 0 < output.array.size <= MOST_POINTS
    ):
        return None
    places, slopes = _flat(one.value), one.derivative.reshape(-1).astype(float)
    heights = _flat(output)
    if not np.isfinite([*places, *heights, *slopes]).all():
        return None
    x = _range(step.kind, places)
    with np.errstate(all="ignore"):
        given = step.operation.numpy(x.astype(one.value.array.dtype), **step.parameters)
    y = np.asarray(given, np.float64)
    if y.shape != x.shape:
        return None
    kept = np.isfinite(y)
    if np.allclose(np.diff(y[kept], 2), 0, atol=1e-6) and step.kind not in POSITIVE:
        return None  # a straight line says no more than its slope
    return {
        "x": _rounded(x[kept]),
        "y": _rounded(y[kept]),
        "points": [
            dict(zip(("x", "y", "slope"), _rounded(np.array(point)), strict=True))
            for point in zip(places, heights, slopes, strict=True)
        ],
    }


def _flat(value: Value) -> np.ndarray:
    return value.array.reshape(-1).astype(np.float64)


def _range(kind: str, places: np.ndarray) -> np.ndarray:
    """Numbers to draw over: around zero, as far as the farthest point and somewhat more."""
    reach = max(LEAST_REACH.get(kind, 1.0), 1.25 * float(np.max(np.abs(places))))
    if kind not in POSITIVE:
        return np.linspace(-reach, reach, SAMPLES)
    side = -1.0 if places.max() < 0 else 1.0
    return np.sort(side * np.geomspace(reach / 200, reach, SAMPLES))


def _rounded(numbers: np.ndarray) -> list[float]:
    """Five significant digits: it is only drawn."""
    return [float(f"{number:.5g}") for number in numbers.tolist()]
