"""The search for either proof: nearest points, then linear programming, then whole numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, DataError
from holograd.separability.points import ROUNDING, Number, Points, as_float, product, read
from holograd.separability.proof import (
    Combination,
    Inseparable,
    Separation,
    differences,
    same_point,
)
from holograd.separability.simplex import nonnegative_solution, unique_solution

# The simplex method in whole numbers takes all points at once while they are of so few numbers.
FEW = 512
# A certificate is worked out in fractions if these take at most so many bits, which Python agrees
# to print, and if equations² × bits of a number is at most what each method does in some seconds.
BITS, ELIMINATION, SIMPLEX = 12_000, 250_000, 120_000
# The search for the nearest points ends when they can get nearer by at most this share, when they
# are as near as this share of the largest distance, or after so many steps.
SHARE, NEAR, STEPS = 1e-12, 1e-13, 2_000


def separate(X: Any, y: Any) -> Separation | Inseparable:
    """Says whether a hyperplane separates two classes, with a proof either way.

    For separable classes it gives the hyperplane of widest margin: the one halfway between the
    nearest points of the two convex hulls, by Wolfe's method. Otherwise the hulls have a point in
    common, and linear programming finds how to write it as a mean of points of each class, of at
    most d + 2 points together. An answer is given only when its proof has been checked: sides
    always exactly, means in fractions up to some 60 columns (more where numbers are short), and
    beyond that to 1e-9 of each column's range. A number counts as the decimal that it prints as:
    0.1 is a tenth. 10,000 rows of 20 columns take a second, hundreds of columns some minutes.

    Args:
        X: (N, d) numbers: a tensor, an array, a data frame or lists.
        y: (N,) or (N, 1) labels of at most two kinds, numbers or text. The first in order is the
            negative class: 0 of 0 and 1, "no" of "no" and "yes".

    Returns:
        A `Separation` with weights, bias and margin, or an `Inseparable` with its two means.

    Raises:
        ShapeError: X is not (N, d), or y is not N labels.
        DtypeError: X is not of real numbers.
        DataError: no row, a number that is not finite, or more than two classes; or classes so
            nearly touching that neither proof holds.
        ArgumentError: SciPy, which solves the larger linear programs, is not installed.

    Source: P. Wolfe, Finding the nearest point in a polytope, 1976; G. Farkas, 1902.

    Example:
        >>> corners = [[0, 0], [0, 1], [1, 0], [1, 1]]
        >>> print(separate(corners, [0, 0, 0, 1]))
        A line separates class 0 from class 1: 2·x₁ + 2·x₂ − 3 is above 0 for 1 and below 0 for 0.
        Its margin is 0.3536, the widest there is.
        >>> print(separate(corners, [0, 1, 1, 0]))
        No line separates class 0 from class 1: ½·(0, 0) + ½·(1, 1) = ½·(0, 1) + ½·(1, 0).
    """
    points = read(X, y)
    if points.negative is None or points.positive is None:
        bias = -1.0 if points.positive is None else 1.0
        weights = (0.0,) * points.values.shape[1]
        return Separation(weights, bias, points.negative, points.positive, math.inf, math.inf)
    rows, twins = _different(points)
    if twins is not None:
        return _inseparable(points, dict.fromkeys(twins, Fraction(1)))
    direction, limit = _nearest(points, rows)
    found = _hyperplane(points, direction, limit)
    if found is None and len(rows) * points.values.shape[1] <= FEW:
        found = _exactly(points, rows.tolist(), limit)
    if found is None:
        coefficients, direction = _linear_program(points, rows)
        found = (
            _hyperplane(points, direction, limit)
            or _exactly(points, list(coefficients), limit)
            or _nearly(points, coefficients)
        )
    return found


def _different(points: Points) -> tuple[np.ndarray, tuple[int, int] | None]:
    """The first row of each different point, and two rows of both classes with the same point."""
    first: dict[bytes, int] = {}
    for row, values in enumerate(np.ascontiguousarray(points.values)):
        earlier = first.setdefault(values.tobytes(), row)
        if points.side[earlier] != points.side[row]:
            return np.array([], int), (earlier, row)
    return np.array(list(first.values())), None


def _nearest(points: Points, rows: np.ndarray) -> tuple[list[Fraction], float]:
    """The vector between the nearest points of the two hulls, and half its length.

    It is the shortest vector in the hull of all differences of a positive and a negative point, and
    is kept as the shortest in the hull of a few of them, the corners. Each step adds the difference
    that lies furthest back along it, then drops the corners that the new shortest vector leaves.
    """
    scaled, powers = points.scaled
    power = int(powers.max())
    places = np.ldexp(scaled[rows], powers - power)
    above, below = places[points.side[rows] > 0], places[points.side[rows] < 0]
    shortest = above.mean(axis=0) - below.mean(axis=0)
    corners, shares = np.empty((0, len(powers))), np.empty(0)
    far = 0.0
    for _ in range(STEPS):
        corner = above[np.argmin(above @ shortest)] - below[np.argmax(below @ shortest)]
        far = max(far, float(corner @ corner))
        length = float(shortest @ shortest)
        if len(corners) and (
            corner @ shortest >= length * (1 - SHARE)
            or length <= far * NEAR**2
            or (corners == corner).all(axis=1).any()
        ):
            break
        corners, shares = np.vstack([corners, corner]), np.append(shares, 0.0 if len(shares) else 1)
        while True:
            # Where the flat through all corners is nearest to 0, in shares that may be negative.
            steps = np.linalg.lstsq((corners[1:] - corners[0]).T, -corners[0])[0]
            wanted = np.append(1 - steps.sum(), steps)
            leaving = wanted <= 0
            if not leaving.any():
                shares = wanted
                break
            reach = np.full(len(shares), math.inf)
            reach[leaving] = shares[leaving] / (shares[leaving] - wanted[leaving])
            shares = shares + reach.min() * (wanted - shares)
            keep = (shares > 0) & (np.arange(len(shares)) != reach.argmin())
            corners, shares = corners[keep], shares[keep] / shares[keep].sum()
        shortest, before = shares @ corners, shortest
        if len(corners) > 1 and shortest @ shortest >= before @ before:
            shortest = before
            break
    limit = float(np.ldexp(np.linalg.norm(shortest) / 2, power))
    return [Fraction(value) for value in shortest.tolist()], limit


def _hyperplane(
    points: Points, direction: list[Fraction], limit: float, in_fractions: bool = False
) -> Separation | None:
    """The hyperplane across `direction`, halfway between the classes, if there is one.

    Where float64 has too few digits for it, it is given in fractions, if so wanted.
    """
    scaled, powers = points.scaled
    stretched = [
        each * Fraction(2) ** power for each, power in zip(direction, powers.tolist(), strict=True)
    ]
    largest = max(map(abs, stretched))
    if not largest:
        return None
    slopes = np.array([as_float(each / largest) for each in stretched])
    heights = scaled @ slopes
    # A number is off the decimal that it prints as by up to 2^-53 of it, which may be far from 0.
    far = np.ldexp(np.abs(points.values.astype(np.float64)).max(axis=0), -powers)
    error = ROUNDING * float(np.abs(slopes) @ (far + len(powers)))
    lowest = _least(heights, points.side > 0, error)
    highest = _least(-heights, points.side < 0, error)
    high = min(product(direction, points.exact(row)) for row in lowest)
    low = max(product(direction, points.exact(row)) for row in highest)
    if high <= low:
        return None
    half, middle = (high - low) / 2, (high + low) / 2
    precise = [each / half for each in direction], -middle / half
    rounded = [as_float(each) for each in precise[0]], as_float(precise[1])
    found = _checked(points, *rounded, limit)
    if found is None:
        return _checked(points, *precise, limit) if in_fractions else None
    # Without the last digits, which are rounding errors: 2 rather than 2.0000000000000004.
    digits = 11 - math.floor(math.log10(as_float(largest / half)))
    decimals = (digits + np.rint(powers * math.log10(2)).astype(int)).tolist()
    tidy = _checked(
        points,
        [round(weight, places) for weight, places in zip(rounded[0], decimals, strict=True)],
        round(rounded[1], 11 - math.floor(math.log10(max(1.0, abs(rounded[1]))))),
        limit,
    )
    return tidy if tidy and tidy.margin >= found.margin * (1 - 1e-9) else found


def _least(heights: np.ndarray, among: np.ndarray, error: float) -> list[int]:
    """The rows that may have the least height, where each may be wrong by `error`."""
    return np.flatnonzero(among & (heights <= heights[among].min() + 2 * error)).tolist()


def _checked(
    points: Points, weights: Sequence[Number], bias: Number, limit: float
) -> Separation | None:
    """The answer, if these weights do separate, beyond doubt."""
    length = math.hypot(*map(as_float, weights))
    if not 0 < length < math.inf or not math.isfinite(as_float(bias)):
        return None
    least = float((points.scores(weights, bias) * points.side).min())
    if not least > 0:
        return None
    margin = least / length
    names = points.negative, points.positive
    return Separation(tuple(weights), bias, *names, margin, max(limit, margin))


def _linear_program(points: Points, rows: np.ndarray) -> tuple[dict[int, float], list[Fraction]]:
    """The two means that differ least, as coefficients of at most d + 2 rows; and a direction.

    minimise Σⱼ |Σᵢ sᵢ uᵢ xᵢⱼ| over u ≥ 0 with Σ uᵢ = 1 for each class, s being its side. The
    multipliers of the d sums at the optimum are the direction that separates best.
    """
    try:
        from scipy.optimize import linprog
    except ModuleNotFoundError:
        raise ArgumentError(
            f"separate takes SciPy for {len(rows):,} points, and it is not installed",
            instead="Write: pip install 'holograd[tables]'",
        ) from None
    scaled, powers = points.scaled
    side, columns = points.side[rows], len(powers)
    unit = np.eye(columns)
    matrix = np.zeros((columns + 2, len(rows) + 2 * columns))
    matrix[:columns] = np.hstack([(scaled[rows] * side[:, None]).T, unit, -unit])
    matrix[columns, : len(rows)] = side < 0
    matrix[columns + 1, : len(rows)] = side > 0
    right = np.append(np.zeros(columns), [1.0, 1.0])
    costs = np.append(np.zeros(len(rows)), np.ones(2 * columns))
    # The dual simplex method ends in a corner: no more coefficients than equations differ from 0.
    result = linprog(
        costs,
        A_eq=matrix,
        b_eq=right,
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if result.x is None:
        raise _undecided(f"HiGHS reports: {result.message}")
    shares = result.x[: len(rows)]
    chosen = np.flatnonzero(shares > 1e-12)
    coefficients = dict(zip(rows[chosen].tolist(), shares[chosen].tolist(), strict=True))
    multipliers = zip(result.eqlin.marginals.tolist(), powers.tolist(), strict=False)
    return coefficients, [-Fraction(each) / Fraction(2) ** power for each, power in multipliers]


def _exactly(points: Points, rows: list[int], limit: float) -> Separation | Inseparable | None:
    """Decides in whole numbers, from a few rows on; None where that would take too long.

    A certificate for some rows is one for all. A hyperplane for some may be wrong about others: the
    worst of these join them, and it starts again.
    """
    while True:
        reference = points.exact(rows[0])
        moved = np.array([points.exact(row) for row in rows]) - np.array(reference)
        scales = [math.lcm(*(each.denominator for each in column)) for column in moved.T]
        whole = [[int(each) for each in row] for row in moved * np.array(scales, object)]
        equations = len(scales) + 2
        bits = max(abs(each).bit_length() for row in whole for each in row)
        work = equations**2 * bits
        if equations * (bits + equations.bit_length()) > BITS or work > ELIMINATION:
            return None
        columns = [
            [-each for each in row] + [1, 0] if side < 0 else [*row, 0, 1]
            for row, side in zip(whole, points.side[rows], strict=True)
        ]
        matrix, right = np.array(columns, object).T, [0] * len(scales) + [1, 1]
        shares = unique_solution(matrix, right) if len(rows) <= equations else None
        if shares is not None and min(shares) >= 0:
            return _inseparable(points, {row: u for row, u in zip(rows, shares, strict=True) if u})
        if work > SIMPLEX:
            return None
        solution, duals = nonnegative_solution(matrix, right)
        if solution is not None:
            return _inseparable(points, {rows[j]: share for j, share in solution.items()})
        # Negative points have w·x ≥ below, and positive ones w·x ≤ −above < below, for w = slopes.
        *slopes, below, above = duals
        direction = [-slope * scale for slope, scale in zip(slopes, scales, strict=True)]
        bias = (below - above) / 2 - product(direction, reference)
        heights = points.scores(direction, bias) * points.side
        wrong = np.flatnonzero(heights <= 0)
        if not len(wrong):
            return _hyperplane(points, direction, limit, in_fractions=True)
        rows = rows + wrong[np.argsort(heights[wrong])[:equations]].tolist()


def _nearly(points: Points, coefficients: dict[int, float]) -> Inseparable:
    """The two means in float64, if they are near enough to count as equal."""
    totals = {
        side: math.fsum(c for row, c in coefficients.items() if points.side[row] == side)
        for side in (-1.0, 1.0)
    }
    shares = {row: c / totals[points.side[row]] for row, c in coefficients.items()}
    answer = _inseparable(points, shares)
    if not same_point(answer.first, answer.second, points):
        raise _undecided(f"two means of the classes are {answer.gap:.1e} apart")
    return answer


def _inseparable(points: Points, shares: Mapping[int, Fraction | float]) -> Inseparable:
    """The answer whose means have these coefficients, by row."""
    means = []
    for side, label in ((-1.0, points.negative), (1.0, points.positive)):
        rows = sorted(row for row in shares if points.side[row] == side)
        places = tuple(tuple(points.values[row].tolist()) for row in rows)
        means.append(Combination(label, tuple(rows), tuple(shares[row] for row in rows), places))
    return Inseparable(means[0], means[1], math.hypot(*differences(*means)))


def _undecided(what: str) -> DataError:
    return DataError(
        f"separate cannot decide: {what}",
        why="the classes touch, or all but touch, and neither proof holds",
        instead="Round X to the digits that mean something, or subtract each column's mean first.",
    )
