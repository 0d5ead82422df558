"""How far to go along a direction: a search by the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

ENOUGH_DECREASE = 1e-4  # c₁, the share of the promised decrease that a step has to reach
ENOUGH_FLATTENING = 0.9  # c₂, the share of the slope that may be left
EVALUATIONS = 25
LEAST_CHANGE = 1e-9  # an interval that changes no parameter by more is not divided further


class Point(NamedTuple):
    """A place on the line: how far along it, the loss and its gradient there, the loss's slope."""

    step: float
    loss: float
    gradient: np.ndarray
    slope: float


def strong_wolfe(
    evaluate: Callable[[float], Point], start: Point, step: float, length: float
) -> tuple[Point, int]:
    r"""The point that a line search ends at, and how often it evaluated the loss.

    With the loss `f` along the line and its slope `f'`, the conditions are

    .. math::
        f(t) \le f(0) + c_1 t f'(0), \qquad |f'(t)| \le c_2 |f'(0)|

    Steps grow until two of them enclose such a point, and the interval then shrinks around it; new
    steps are minima of cubics. Where 25 evaluations do not suffice, the best point is taken.

    Args:
        evaluate: the point at a step.
        start: the point at step 0; its slope is negative.
        step: the first step to try.
        length: the greatest extent of the direction, which tells how much a step changes.

    References:
        J. Nocedal and S. J. Wright, Numerical optimization, 2006, algorithms 3.5 and 3.6.
    """
    before, point, count = start, evaluate(step), 1
    while count <= EVALUATIONS:
        if _too_high(point, start) or (count > 2 and point.loss >= before.loss):
            return _shrink(evaluate, start, [before, point], count, length)
        if _flat(point, start):
            return point, count
        if point.slope >= 0:
            return _shrink(evaluate, start, [before, point], count, length)
        least, greatest = point.step + 0.01 * (point.step - before.step), 10 * point.step
        before, point = point, evaluate(_cubic_minimum(before, point, least, greatest))
        count += 1
    return min(start, point, key=_loss), count


def _shrink(
    evaluate: Callable[[float], Point], start: Point, ends: list[Point], count: int, length: float
) -> tuple[Point, int]:
    """Divides the interval between two points until one satisfies the conditions."""
    low, high = sorted(ends, key=_loss)
    stuck = False
    while count <= EVALUATIONS and abs(high.step - low.step) * length >= LEAST_CHANGE:
        least, greatest = sorted((low.step, high.step))
        step = _cubic_minimum(*sorted((low, high), key=_step), least, greatest)
        margin = 0.1 * (greatest - least)
        near = min(greatest - step, step - least) < margin
        if near and (stuck or not least < step < greatest):  # two steps in a row near an end
            step = greatest - margin if greatest - step < step - least else least + margin
            near = False
        stuck = near
        point = evaluate(step)
        count += 1
        if _too_high(point, start) or point.loss >= low.loss:
            low, high = sorted((low, point), key=_loss)
            continue
        if _flat(point, start):
            return point, count
        if point.slope * (high.step - low.step) >= 0:
            high = low
        low = point
    return low, count


def _loss(point: Point) -> float:
    return point.loss


def _step(point: Point) -> float:
    return point.step


def _too_high(point: Point, start: Point) -> bool:
    return point.loss > start.loss + ENOUGH_DECREASE * point.step * start.slope


def _flat(point: Point, start: Point) -> bool:
    return abs(point.slope) <= -ENOUGH_FLATTENING * start.slope


def _cubic_minimum(left: Point, right: Point, least: float, greatest: float) -> float:
    """Where the cubic through two losses and slopes is least, within bounds; else their middle.

    References:
        J. Nocedal and S. J. Wright, Numerical optimization, 2006, equation 3.59.
    """
    first = left.slope + right.slope
    first -= 3 * (left.loss - right.loss) / (left.step - right.step)
    square = first * first - left.slope * right.slope
    if square >= 0:
        root = math.sqrt(square)
        below = right.slope - left.slope + 2 * root
        if below:
            share = (right.slope + root - first) / below
            step = right.step - (right.step - left.step) * share
            if math.isfinite(step):
                return min(max(step, least), greatest)
    return (least + greatest) / 2
