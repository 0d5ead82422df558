"""Labelled points, read once: their exact values, and sums over them whose signs are certain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from holograd.errors import DataError, DtypeError, ShapeError

Number = int | float | Fraction

# A sum of rounded products is wrong by less than this times the number of terms, relative to the
# sum of their magnitudes: 2^-53 for each rounding, with room to spare.
ROUNDING = 2.0**-51


@dataclass(frozen=True, eq=False)
class Points:
    """Rows of numbers, each with the label of one of at most two classes.

    A number counts as the decimal that it prints as: 0.1 is a tenth, not the float nearest to it.
    So what is decided is what a file or a program says, and whoever reads a proof can check it.

    Attributes:
        values: (N, d), int64, uint64 or float64.
        labels: the N labels.
        negative: the first label in order; None where all rows have one that reads as positive.
        positive: the second label; None likewise.
        side: (N,), −1.0 in rows with the label `negative`, and 1.0 in the others.
    """

    values: np.ndarray
    labels: list[Any]
    negative: Any
    positive: Any
    side: np.ndarray

    @cached_property
    def scaled(self) -> tuple[np.ndarray, np.ndarray]:
        """For searching: (N, d) float64 within −1 .. 1, and a power of 2 for each column.

        Column j is the column of values, less a number, divided by 2 to that power.
        """
        values = self.values
        if values.dtype.kind in "iu":
            # Unsigned differences wrap around to the right ones, where signed ones could overflow.
            values = values.astype(np.uint64) - values.min(axis=0).astype(np.uint64)
        powers = np.frexp(np.abs(values.astype(np.float64)).max(axis=0))[1]
        shares = np.ldexp(values, -powers)
        shares -= (shares.max(axis=0) + shares.min(axis=0)) / 2
        more = np.frexp(np.abs(shares).max(axis=0))[1]
        return np.ldexp(shares, -more), powers + more

    @cached_property
    def ranges(self) -> np.ndarray:
        """The difference between the greatest and the least number of each column, (d,) float64."""
        high, low = self.values.max(axis=0), self.values.min(axis=0)
        with np.errstate(over="ignore"):
            return high.astype(np.float64) - low.astype(np.float64)

    def exact(self, row: int) -> list[Fraction]:
        """A row's numbers, as fractions."""
        return [as_fraction(value) for value in self.values[row].tolist()]

    def scores(self, weights: Sequence[Number], bias: Number) -> np.ndarray:
        """w·x + b of each row, (N,) float64; the sign of each is that of the exact sum."""
        rounded = np.array([as_float(weight) for weight in weights])
        constant = as_float(bias)
        with np.errstate(all="ignore"):
            values = self.values.astype(np.float64)
            sums = values @ rounded + constant
            magnitudes = np.abs(values) @ np.abs(rounded) + abs(constant)
            # The last term is for products so small that they lost digits.
            error = ROUNDING * (len(rounded) + 2) * magnitudes + 1e-300
            doubtful = np.flatnonzero(~(np.abs(sums) > error))
        precise = [Fraction(weight) for weight in weights]
        for row in doubtful.tolist():
            sums[row] = as_float(product(precise, self.exact(row)) + Fraction(bias))
        return sums


def product(first: Sequence[Fraction], second: Sequence[Fraction]) -> Fraction:
    """The inner product."""
    return sum((a * b for a, b in zip(first, second, strict=True)), Fraction(0))


def as_fraction(value: int | float) -> Fraction:
    """The number that `value` prints as."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def as_float(number: Number) -> float:
    """The nearest float64; one of the same sign, however small or large the number is."""
    try:
        rounded = float(number)
    except OverflowError:
        return math.copysign(math.inf, number)
    return rounded if rounded or not number else math.copysign(5e-324, number)


def read(X: Any, y: Any) -> Points:
    """Points from anything that NumPy takes for an array.

    Args:
        X: (N, d) finite numbers, with N and d at least 1.
        y: (N,) or (N, 1) labels of one or two kinds.

    Raises:
        ShapeError, DtypeError, DataError: for what is not that, and where.
    """
    values, labels = _values(X), _labels(y)
    if len(values) != len(labels):
        raise ShapeError(
            f"separate got {len(values):,} rows in X and {len(labels):,} labels in y",
            why="each row has one label",
            instead="Give X of shape (N, d) and y of shape (N,).",
        )
    classes = list(dict.fromkeys(labels))
    if len(classes) > 2:
        names = ", ".join(map(repr, classes[:5])) + (", …" if len(classes) > 5 else "")
        raise DataError(
            f"separate got {len(classes):,} classes in y ({names})",
            why="a hyperplane has two sides",
            instead="Set one class against the rest: "
            f"separate(X, [label == {classes[0]!r} for label in y]).",
        )
    if len(classes) == 2:
        negative, positive = _in_order(classes)
    elif isinstance(classes[0], int | float) and classes[0] <= 0:
        negative, positive = classes[0], None
    else:
        negative, positive = None, classes[0]
    below = [label == negative for label in labels]
    return Points(values, labels, negative, positive, np.where(below, -1.0, 1.0))


def _in_order(classes: list[Any]) -> list[Any]:
    """The two labels in order, or as they come where they have none."""
    try:
        return sorted(classes)
    except TypeError:
        return classes


def _values(X: Any) -> np.ndarray:
    """X as (N, d) of int64, uint64 or float64."""
    try:
        array = np.asarray(X)
    except ValueError:
        raise ShapeError(
            "separate got rows of different lengths in X",
            why="each point has the same number of columns",
            instead="Give X of shape (N, d).",
        ) from None
    if array.ndim != 2:
        instead = "Write separate(X.reshape(len(X), -1), y): a row for each point."
        if array.ndim == 1:
            instead = "Write X[:, None] if each number is a point, and X[None] if all are one."
        raise ShapeError(
            f"separate got X of shape {array.shape}", why="X is (N, d)", instead=instead
        )
    if not array.size:
        raise DataError(
            f"separate got X of shape {array.shape}",
            why=f"there is no {'column' if len(array) else 'row'} in it",
            instead="Give at least one row of at least one column.",
        )
    if array.dtype.kind not in "biuf":
        raise DtypeError(
            f"separate got X of dtype {array.dtype}",
            why="points are rows of real numbers that fit in 64 bits",
            instead="Write X.astype(float) if all of it is numbers; else turn text into numbers "
            "first, such as a column of 0 and 1 for each category.",
        )
    if array.dtype.kind != "f":
        return array.astype(np.uint64 if array.dtype == np.uint64 else np.int64)
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise DataError(
            f"separate got X[{row}, {column}] = {array[row, column]}"
            + (f", and {len(wrong) - 1:,} more that are not finite" if len(wrong) > 1 else ""),
            why="a point that is nowhere is on no side",
            instead="Write keep = np.isfinite(X).all(axis=1), and separate(X[keep], y[keep]).",
        )
    if array.dtype.itemsize < 8:
        # The shortest decimals that mean these float32 numbers, rather than their binary tails.
        different, places = np.unique(array, return_inverse=True)
        array = np.array([float(str(value)) for value in different])[places].reshape(array.shape)
    # Adding 0 turns −0 into 0, so that equal rows have equal bytes.
    return array.astype(np.float64) + 0.0


def _labels(y: Any) -> list[Any]:
    """y as a list of Python values."""
    try:
        array = np.asarray(y)
    except ValueError:
        array = np.empty((0, 0))
    if array.ndim != 1 and not (array.ndim == 2 and array.shape[1] == 1):
        one_hot = array.ndim == 2 and array.shape[1] > 1
        raise ShapeError(
            f"separate got y of shape {array.shape}",
            why="y holds one label for each row of X",
            instead="Write y.argmax(axis=1) for one-hot labels." if one_hot else "Give y as (N,).",
        )
    labels = array.ravel().tolist()
    for row, label in enumerate(labels):
        if label is None or (label != label) is not False:
            raise DataError(
                f"separate got y[{row}] = {label}",
                why="a row without a label belongs to no class",
                instead="Leave such rows out.",
            )
    return labels
