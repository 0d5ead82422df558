"""The two answers, each with its proof, which it can check again and put into words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from holograd.errors import ShapeError
from holograd.separability.points import Number, Points, as_float, as_fraction, product, read

# Without fractions, two weighted means count as one point when they differ in no column by more
# than this share of the column's range.
TOLERANCE = 1e-9

KINDS = {1: "point", 2: "line", 3: "plane"}
VULGAR = dict(
    zip(
        map(Fraction, "1/2 1/3 2/3 1/4 3/4 1/5 2/5 3/5 4/5 1/6 5/6 1/8 3/8 5/8 7/8".split()),
        "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞",
        strict=True,
    )
)
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
# Longer formulas are told in words; the fields and `to_dict` have them in full.
COLUMNS, CHARACTERS = 6, 160


@dataclass(frozen=True)
class Separation:
    """A hyperplane w·x + b = 0 that has each class strictly on one side.

    It is scaled so that w·x + b is ±1 at the points nearest to it: their distance, the margin, is
    1 / ‖w‖.

    Attributes:
        weights: w, a float for each column of X; all 0 where all rows are of one class. Where no
            floats were found to separate the classes, fractions.
        bias: b, likewise.
        negative: the label of the rows with w·x + b < 0; None where there is no such row.
        positive: the label of the rows with w·x + b > 0; None where there is no such row.
        margin: the least Euclidean distance of a row from the hyperplane, in the units of X.
        margin_limit: no hyperplane has a greater margin; it is half the distance between two
            points, one in the convex hull of each class.
    """

    weights: tuple[Number, ...]
    bias: Number
    negative: Any
    positive: Any
    margin: float
    margin_limit: float

    @property
    def separable(self) -> bool:
        """True."""
        return True

    @property
    def widest(self) -> bool:
        """Whether the margin is the greatest that there is, to within a millionth of it."""
        return self.margin >= (1 - 1e-6) * self.margin_limit

    def check(self, X: Any, y: Any) -> bool:
        """Whether each row of X is strictly on the side of its label, no nearer than the margin.

        The sides are certain: a sum that rounding might turn is done again in fractions.
        """
        points = _points(X, y, len(self.weights))
        if not set(points.labels) <= {self.negative, self.positive}:
            return False
        side = np.array([1 if label == self.positive else -1 for label in points.labels])
        reached = points.scores(self.weights, self.bias) * side
        floor = self.margin * math.hypot(*map(as_float, self.weights)) if any(self.weights) else 0
        return bool((reached > 0).all() and (reached >= floor * (1 - 1e-9)).all())

    def to_dict(self) -> dict[str, Any]:
        """All fields, and `separable`, in JSON's types; an infinite margin is None."""
        return {
            "separable": True,
            "weights": [_json(each) for each in self.weights],
            "bias": _json(self.bias),
            "negative": _json(self.negative),
            "positive": _json(self.positive),
            "margin": None if math.isinf(self.margin) else self.margin,
            "margin_limit": None if math.isinf(self.margin_limit) else self.margin_limit,
        }

    def __str__(self) -> str:
        kind = _kind(len(self.weights))
        if self.negative is None or self.positive is None:
            label = self.positive if self.negative is None else self.negative
            return (
                f"All rows are of one class, {_name(label)}: any {kind} far enough away has them "
                f"on one side, and w = 0, b = {self.bias:g} says so everywhere."
            )
        negative, positive = _name(self.negative), _name(self.positive)
        formula = "w·x + b"
        if len(self.weights) <= COLUMNS:
            formula = _linear(self.weights, self.bias)
        limit = "the widest there is" if self.widest else f"at most {self.margin_limit:.4g} exists"
        return (
            f"A {kind} separates class {negative} from class {positive}: {formula} is "
            f"above 0 for {positive} and below 0 for {negative}. Its margin is "
            f"{self.margin:.4g}, {limit}."
        )


@dataclass(frozen=True)
class Combination:
    """A weighted mean Σᵢ cᵢ xᵢ of rows of one class, with cᵢ > 0 and Σᵢ cᵢ = 1.

    Attributes:
        label: the class.
        rows: the places of the points in X.
        coefficients: the cᵢ, fractions, or floats in an answer that is not exact.
        points: the xᵢ, a tuple of numbers each.
    """

    label: Any
    rows: tuple[int, ...]
    coefficients: tuple[Fraction | float, ...]
    points: tuple[tuple[int | float, ...], ...]

    @property
    def point(self) -> tuple[Fraction, ...]:
        """The mean, exactly; numbers count as the decimals that they print as."""
        coefficients = [Fraction(each) for each in self.coefficients]
        columns = zip(*self.points, strict=True)
        return tuple(product(coefficients, [as_fraction(v) for v in each]) for each in columns)

    def to_dict(self) -> dict[str, Any]:
        """All fields, in JSON's types: a fraction is a text such as "1/2"."""
        return {
            "label": _json(self.label),
            "rows": list(self.rows),
            "coefficients": [_json(each) for each in self.coefficients],
            "points": [list(each) for each in self.points],
        }

    def __str__(self) -> str:
        terms = zip(self.coefficients, self.points, strict=True)
        return " + ".join(
            f"{'' if each == 1 else _name(each) + '·'}({', '.join(map(_name, point))})"
            for each, point in terms
        )

    def in_rows(self) -> str:
        """The mean in words, with the rows that weigh most."""
        order = sorted(zip(self.coefficients, self.rows, strict=True), key=lambda each: -each[0])
        named = ", ".join(f"row {row} by {float(each):.2g}" for each, row in order[:3])
        more = ", …" if len(order) > 3 else ""
        plural = "" if len(order) == 1 else "s"
        return f"a mean of {len(order)} point{plural} of class {_name(self.label)} ({named}{more})"


@dataclass(frozen=True)
class Inseparable:
    """No hyperplane: a mean of points of one class is also a mean of points of the other.

    On both sides of an equation Σᵢ cᵢ xᵢ = Σⱼ cⱼ xⱼ, w·x + b would have to be below 0 on the left
    and above 0 on the right, whatever w and b are.

    Attributes:
        first: the mean of points of the class that comes first.
        second: the mean of points of the other class.
        gap: the Euclidean distance between the two, 0.0 when they are equal in fractions. Where it
            is not, they were worked out in float64: no hyperplane's margin exceeds half of it.
    """

    first: Combination
    second: Combination
    gap: float

    @property
    def separable(self) -> bool:
        """False."""
        return False

    @property
    def exact(self) -> bool:
        """Whether the coefficients are fractions, and the two means equal."""
        return _in_fractions(self.first) and _in_fractions(self.second)

    def check(self, X: Any, y: Any) -> bool:
        """Whether these are rows of X with these labels, and two means of them one point.

        All of it is done in fractions. Coefficients that are floats may add up to 1 within 1e-9,
        and the means differ by 1e-9 of a column's range and by `gap`.
        """
        points = _points(X, y, len(self.first.points[0]))
        sides = (self.first, self.second)
        if self.first.label == self.second.label or not all(_holds(each, points) for each in sides):
            return False
        apart = math.hypot(*differences(*sides))
        return same_point(*sides, points) and math.isclose(apart, self.gap, rel_tol=1e-6)

    def to_dict(self) -> dict[str, Any]:
        """All fields, `separable` and `exact`, in JSON's types: a fraction is a text like "1/2"."""
        return {
            "separable": False,
            "exact": self.exact,
            "gap": self.gap,
            "first": self.first.to_dict(),
            "second": self.second.to_dict(),
        }

    def __str__(self) -> str:
        first, second = self.first, self.second
        start = f"No {_kind(len(first.points[0]))} separates class {_name(first.label)} "
        start += f"from class {_name(second.label)}: "
        if not self.exact:
            return (
                f"{start}{first.in_rows()} is within {self.gap:.1e} of {second.in_rows()}, so no "
                f"margin exceeds {self.gap / 2:.1e}."
            )
        if len(first.rows) == len(second.rows) == 1:
            point = f" {first}" if len(first.points[0]) <= COLUMNS else ""
            return f"{start}rows {first.rows[0]} and {second.rows[0]} are the same point{point}."
        equation = f"{first} = {second}"
        if len(equation) <= CHARACTERS:
            return f"{start}{equation}."
        return f"{start}{first.in_rows()} is also {second.in_rows()}."


def differences(first: Combination, second: Combination) -> np.ndarray:
    """How far two means are apart in each column, (d,) float64, worked out in fractions."""
    pairs = zip(first.point, second.point, strict=True)
    return np.array([as_float(abs(a - b)) for a, b in pairs])


def same_point(first: Combination, second: Combination, points: Points) -> bool:
    """Whether two means are one point: exactly if in fractions, else to TOLERANCE."""
    exact = _in_fractions(first) and _in_fractions(second)
    allowed = 0.0 if exact else TOLERANCE * points.ranges
    return bool((differences(first, second) <= allowed).all())


def _points(X: Any, y: Any, columns: int) -> Points:
    """What a proof is checked against, which must have as many columns."""
    points = read(X, y)
    if points.values.shape[1] != columns:
        raise ShapeError(
            f"check got X of {points.values.shape[1]} columns",
            why=f"the proof is about points of {columns}",
            instead="Give the X that separate got.",
        )
    return points


def _in_fractions(mean: Combination) -> bool:
    return all(isinstance(each, Fraction) for each in mean.coefficients)


def _holds(mean: Combination, points: Points) -> bool:
    """Whether a mean is one of these rows of these labels."""
    coefficients = [Fraction(each) for each in mean.coefficients]
    return (
        len(mean.rows) == len(mean.points) == len(coefficients)
        and all(each > 0 for each in coefficients)
        and abs(sum(coefficients) - 1) <= (0 if _in_fractions(mean) else TOLERANCE)
        and all(0 <= row < len(points.labels) for row in mean.rows)
        and all(points.labels[row] == mean.label for row in mean.rows)
        and all(
            [as_fraction(value) for value in point] == points.exact(row)
            for row, point in zip(mean.rows, mean.points, strict=True)
        )
    )


def _kind(columns: int) -> str:
    return KINDS.get(columns, "hyperplane")


def _json(value: Any) -> Any:
    """A label or a coefficient as JSON can hold it."""
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _name(value: Any) -> str:
    """A number or a label in full; 1 rather than 1.0, and ½ and its like in one character."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return VULGAR.get(value, str(value)) if isinstance(value, Fraction) else str(value)


def weight_text(number: Number) -> str:
    """Six digits of a weight or bias; all of them where it is so large that the others count."""
    return f"{as_float(number):.6g}" if abs(number) < 1e6 else repr(as_float(number))


def _linear(weights: tuple[Number, ...], bias: Number) -> str:
    """w·x + b written out, such as 2·x₁ − x₂ + 0.5."""
    names = [f"x{column}".translate(SUBSCRIPTS) for column in range(1, len(weights) + 1)]
    text = ""
    for number, name in [*zip(weights, names, strict=True), (bias, "")]:
        if number:
            size = weight_text(abs(number))
            term = f"{size}·{name}".removeprefix("1·") if name else size
            sign = "−" if number < 0 else "+"
            text += f" {sign} {term}" if text else f"{sign * (number < 0)}{term}"
    return text
