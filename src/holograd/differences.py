"""Derivatives by differences of values, for comparison with those by rules.

They are taken by Ridders' method (C. Ridders, Advances in Engineering Software 4, 1982): central
differences at shrinking steps are extrapolated to step 0, which also tells how far the result can
be trusted. In float64 that is some ten digits, enough to see a factor of 1.001.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

STEPS = 7  # how many steps are tried, each half of the one before
FIRST_STEP = 2.0**-6  # times the inputs' own size, where that is below 1
ROUNDING = 2.0**-52


@dataclass
class Slope:
    """A derivative by differences: the best value, its doubt, and what it was taken from."""

    best: float = 0.0
    uncertainty: float = math.inf
    noise: float = 0.0
    kink: tuple[float, float] | None = None


def differentiated(function: Callable[[float], tuple[float, float]]) -> Slope:
    """The derivative at 0 of the first number that `function` gives; the second one is its size,
    which tells what rounding does to it."""
    slope = Slope()
    centre = function(0.0)[0]
    last: list[float] = []
    gaps: list[float] = []
    for place in range(STEPS):
        step = FIRST_STEP / 2**place
        (ahead, size), (behind, _) = function(step), function(-step)
        if not (math.isfinite(ahead) and math.isfinite(behind)):
            last = []  # outside of the domain: begin anew with smaller steps
            continue
        before, after = (centre - behind) / step, (ahead - centre) / step
        rounding = 8 * ROUNDING * size / step
        row = [(ahead - behind) / (2 * step)]
        for column, above in enumerate(last):
            factor = 4.0 ** (column + 1)
            row.append((factor * row[column] - above) / (factor - 1))
            doubt = max(abs(row[-1] - row[column]), abs(row[-1] - above)) + rounding
            if doubt < slope.uncertainty:
                slope.best, slope.uncertainty, slope.noise = row[-1], doubt, rounding
        last = row
        # Where f is smooth the slopes on both sides draw together as the step shrinks.
        gaps.append(abs(after - before) if abs(after - before) > 64 * rounding else 0.0)
        slope.kink = (before, after) if gaps[-1] > 0.25 * gaps[0] and place else None
    return slope
