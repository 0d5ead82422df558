"""What becomes of one column of a table: a standardised number, or a place for each category."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from holograd.data.csv_dialect import NUMBER
from holograd.data.stored import damaged, number, numbers, plain, texts
from holograd.data.table import Table
from holograd.data.target import SMALLEST, is_constant, mean_and_std
from holograd.errors import DataError

SKEWED, HEAVY_TAILED = 2.0, 10.0
KNOTS = 65
FARTHEST = 10.0
MOST_CATEGORIES = 100
FEWEST_NAMES = 20
DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([T ]+\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
)
LOOKED_AT = 1000


@dataclass(frozen=True)
class NumberColumn:
    """Numbers, standardised: (x − mean) / std, cut off at ±10.

    Where the training part is very skewed or heavy-tailed (skewness over 2, or kurtosis over 10),
    the number that the network gets is the rank of x among the training part's numbers, as the
    quantile of a normal distribution, standardised: a line from knot to knot. A missing cell is 0,
    which is the mean, and marked in a feature of its own if the training part had missing cells.

    Attributes:
        name: the column's name.
        mean, std: of the training part; std is 0 if there is but one number.
        knots, scores: numbers, rising, and what becomes of them; empty for a plain column.
        missing: whether the training part had missing cells.
    """

    name: str
    mean: float
    std: float
    knots: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()
    missing: bool = False
    kind: ClassVar[str] = "number"

    @classmethod
    def fit(cls, name: str, values: np.ndarray) -> NumberColumn:
        """Look at the numbers of the training part, (N,) with NaN where they are missing."""
        present = values[~np.isnan(values)]
        missing = len(present) < len(values)
        if is_constant(present):
            return cls(name, float(present[0]), 0.0, missing=missing)
        mean, std = mean_and_std(present)
        distances = (present - mean) / std
        squares = np.square(distances)
        skewness, kurtosis = (squares * distances).mean(), np.square(squares).mean()
        if abs(skewness) <= SKEWED and kurtosis <= HEAVY_TAILED:
            return cls(name, mean, std, missing=missing)
        knots, scores = _normal_scores(present)
        return cls(name, mean, std, tuple(knots.tolist()), tuple(scores.tolist()), missing)

    @property
    def features(self) -> list[str]:
        """The number, if there is more than one, and whether it is missing, if it ever was."""
        return [self.name] * (self.std > 0) + [f"{self.name} missing"] * self.missing

    def encode(self, table: Table, out: np.ndarray) -> None:
        """Write the numbers of all rows into `out` (N, features)."""
        values = table.numbers(self.name)
        absent = np.isnan(values)
        if self.std > 0:
            if self.knots:
                scores = np.interp(values, self.knots, self.scores)
            else:
                scores = (values - self.mean) / self.std
            out[:, 0] = np.where(absent, 0, np.clip(scores, -FARTHEST, FARTHEST))
        if self.missing:
            out[:, -1] = absent

    def describe(self) -> str:
        """Mean, spread, and what is done besides standardising."""
        told = f"number, mean {self.mean:.6g}, standard deviation {self.std:.6g}"
        told += ", by rank as it is skewed" if self.knots else ""
        return told + (", missing cells marked" if self.missing else "")

    def to_dict(self) -> dict[str, Any]:
        """The same as plain numbers, texts and lists."""
        return {
            "kind": self.kind,
            "name": self.name,
            "mean": self.mean,
            "std": self.std,
            "knots": list(self.knots),
            "scores": list(self.scores),
            "missing": self.missing,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> NumberColumn:
        """What `to_dict` gave."""
        column = cls(
            plain(values, "name", str),
            number(values, "mean"),
            number(values, "std"),
            numbers(values, "knots"),
            numbers(values, "scores"),
            plain(values, "missing", bool),
        )
        rising = bool((np.diff(column.knots) > 0).all())
        if column.std < 0 or len(column.knots) != len(column.scores) or not rising:
            raise damaged(f"a column {column.name!r} whose numbers do not fit")
        return column


@dataclass(frozen=True)
class CategoryColumn:
    """Text: a feature for each category, 1 where the cell holds it and else 0.

    At most 100 categories have features of their own, the most frequent ones; the others share
    one. A category that was not there in training counts among the others, and where there are
    none, it is 0 in all features.

    Attributes:
        name: the column's name.
        categories: those with a feature of their own, the most frequent first.
        others: how many categories share a feature.
        missing: whether the training part had missing cells, which then have a feature.
        note: what is remarkable about the cells; may be empty.
    """

    name: str
    categories: tuple[str, ...]
    others: int = 0
    missing: bool = False
    note: str = field(default="", compare=False)
    kind: ClassVar[str] = "category"

    @classmethod
    def fit(cls, name: str, table: Table) -> CategoryColumn:
        """Count the categories of the training part."""
        cells = table.texts(name)
        present = cells.drop_nulls()
        counts = sorted(present.value_counts().rows(), key=lambda pair: (-pair[1], pair[0]))
        kept = [category for category, count in counts]
        if len(counts) > MOST_CATEGORIES:
            # A category of a single row teaches nothing that holds for another.
            kept = [category for category, count in counts[:MOST_CATEGORIES] if count > 1]
        others = len(counts) - len(kept)
        return cls(
            name, tuple(kept), others, len(present) < len(cells), _almost_numbers(table, name)
        )

    @property
    def features(self) -> list[str]:
        """A name for each feature."""
        names = [f"{self.name} = {category}" for category in self.categories]
        return (
            names
            + [f"{self.name} other"] * (self.others > 0)
            + [f"{self.name} missing"] * self.missing
        )

    def encode(self, table: Table, out: np.ndarray) -> None:
        """Write a 1 for each row into `out` (N, features), which holds zeros."""
        cells = table.texts(self.name)
        known = len(self.categories)
        codes = cells.replace_strict(
            list(self.categories), list(range(known)), default=known
        ).to_numpy()
        absent = cells.is_null().to_numpy()
        codes = np.where(absent, -1, codes).astype(np.int64)
        shown = np.flatnonzero((codes >= 0) & (codes < known + (self.others > 0)))
        out[shown, codes[shown]] = 1
        if self.missing:
            out[absent, -1] = 1

    def unseen(self, table: Table) -> list[str]:
        """The distinct cells of a table that the training part did not have, if all it had are
        known.
        """
        found = table.texts(self.name).drop_nulls().unique().to_list()
        return [] if self.others else sorted(set(found) - set(self.categories))

    def describe(self) -> str:
        """How many categories there are, and which share a feature."""
        shown = ", ".join(self.categories[:4]) + ", …" * (len(self.categories) > 4)
        told = f"{len(self.categories) + self.others} categories: {shown}"
        if self.others:
            told += f"; the {self.others} less frequent ones share a feature"
        told += ", missing cells marked" if self.missing else ""
        return told + (f". {self.note}" if self.note else "")

    def to_dict(self) -> dict[str, Any]:
        """The same as plain numbers, texts and lists."""
        return {
            "kind": self.kind,
            "name": self.name,
            "categories": list(self.categories),
            "others": self.others,
            "missing": self.missing,
            "note": self.note,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CategoryColumn:
        """What `to_dict` gave."""
        column = cls(
            plain(values, "name", str),
            texts(values, "categories"),
            plain(values, "others", int),
            plain(values, "missing", bool),
            plain(values, "note", str),
        )
        if column.others < 0:
            raise damaged(f"{column.others} other categories in column {column.name!r}")
        return column


@dataclass(frozen=True)
class LeftOutColumn:
    """A column from which nothing can be learned, and why."""

    name: str
    reason: str
    kind: ClassVar[str] = "left out"
    features: ClassVar[list[str]] = []

    def encode(self, table: Table, out: np.ndarray) -> None:
        """Write nothing: `out` has no features."""

    def describe(self) -> str:
        """Why the column is left out."""
        return f"left out: {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain texts."""
        return {"kind": self.kind, "name": self.name, "reason": self.reason}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LeftOutColumn:
        """What `to_dict` gave."""
        return cls(plain(values, "name", str), plain(values, "reason", str))


KINDS = {kind.kind: kind for kind in (NumberColumn, CategoryColumn, LeftOutColumn)}


def fit_column(table: Table, name: str) -> NumberColumn | CategoryColumn | LeftOutColumn:
    """What becomes of a column, by the cells of the training part.

    Raises:
        DataError: dates, infinite numbers, cells that are neither numbers nor text.
    """
    if table.is_number(name):
        values = table.numbers(name)
        absent = np.isnan(values)
        if absent.all():
            return LeftOutColumn(name, "every cell is missing")
        if not absent.any() and is_constant(values):
            return LeftOutColumn(name, f"every cell is {values[0]:g}")
        return NumberColumn.fit(name, values)
    cells = table.texts(name)
    present = cells.drop_nulls()
    if not len(present):
        return LeftOutColumn(name, "every cell is missing")
    _refuse_dates(table, name)
    distinct = present.n_unique()
    if distinct == 1 and len(present) == len(cells):
        return LeftOutColumn(name, f"every cell is {present[0]!r}")
    if distinct == len(present) > FEWEST_NAMES:
        return LeftOutColumn(name, "every cell has another text, as a name has")
    return CategoryColumn.fit(name, table)


def column_from_dict(values: Mapping[str, Any]) -> NumberColumn | CategoryColumn | LeftOutColumn:
    """What a column's `to_dict` gave.

    Raises:
        ModelError: it is not what `to_dict` gives.
    """
    kind = plain(values, "kind", str)
    if kind not in KINDS:
        raise damaged(f"a column of kind {kind!r}")
    return KINDS[kind].from_dict(values)


def _refuse_dates(table: Table, name: str) -> None:
    """Raise when the first cells of a column of texts are all dates or times."""
    cells = table.texts(name)
    rows = cells.is_not_null().arg_true()[:LOOKED_AT]
    if all(DATE.fullmatch(cell) for cell in cells[rows]):
        row = int(rows[0])
        raise DataError(
            f"{table.place(row, name)}: {cells[row]!r} is a date or a time",
            why="a network learns from numbers and categories, and no date comes back",
            instead=f"Leave the column out, drop=[{name!r}], or make numbers of it: the year, the "
            "month, the day of the week, the days since a first day.",
        )


def _almost_numbers(table: Table, name: str) -> str:
    """A note on the first text where most of the cells that are there are numbers."""
    cells = table.texts(name)
    wrong = cells.is_not_null() & ~cells.str.contains(f"^({NUMBER.pattern})$")
    present = len(cells) - cells.null_count()
    commas = cells.str.contains(r"^[+-]?\d*,\d+$").sum()
    if 2 * commas > present:
        row = int(wrong.arg_true()[0])
        return f"{cells[row]!r} ({table.place(row)}) is text: a number has a point"
    if not 0 < 2 * wrong.sum() < present:
        return ""
    row = int(wrong.arg_true()[0])
    return (
        f"It would be a number but for {wrong.sum()} of {present} cells, the first being "
        f"{cells[row]!r} ({table.place(row)})"
    )


def _normal_scores(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knots among the distinct values, rising, and the normal quantile of each one's mean rank,
    standardised.
    """
    from statistics import NormalDist

    normal = NormalDist()
    distinct, counts = np.unique(values, return_counts=True)
    ranks = (np.cumsum(counts) - counts / 2) / len(values)
    chosen = np.arange(len(distinct))
    if len(distinct) > KNOTS:
        # Close to each other in the tails, where values lie far apart; and by distinct values, as
        # the rare ones beside a frequent one, such as 0, are what tells.
        shares = [0, *(normal.cdf(score) for score in np.linspace(-3.5, 3.5, KNOTS - 2)), 1]
        chosen = np.unique(np.round(np.array(shares) * (len(distinct) - 1)).astype(int))
    chosen = chosen[np.append(True, np.diff(distinct[chosen]) > SMALLEST)]
    knots = distinct[chosen]
    scores = np.array([normal.inv_cdf(rank) for rank in ranks[chosen]])
    mean, std = mean_and_std(np.interp(values, knots, scores))
    return knots, np.round((scores - mean) / std, 6)
