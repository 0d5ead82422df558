"""A table's rows as numbers to learn from, by what its training part was like."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from holograd.data.columns import (
    CategoryColumn,
    LeftOutColumn,
    NumberColumn,
    column_from_dict,
    fit_column,
)
from holograd.data.csv_reader import numbered_names
from holograd.data.dataset import TensorDataset
from holograd.data.stored import damaged, plain, texts
from holograd.data.table import Table
from holograd.data.target import Target, missing_targets
from holograd.errors import ArgumentError, DataError, ModelError

SCHEMA = 1
ROWS_AT_ONCE = 2**16


@dataclass(frozen=True)
class Encoder:
    """What becomes of each column of a table. `Encoder.fit` makes one from the training part.

    Attributes:
        columns: what the network learns from, and the columns that are left out, with the reason.
        target: what is to be predicted; None where there is no such column.
        dropped: columns that were not to be used.
        named: whether the columns go by names; else by their places.
        width: how many columns the table had.

    Example:
        >>> from holograd.data import as_table
        >>> import polars
        >>> frame = polars.DataFrame({"size": [1.0, 3.0], "colour": ["red", None], "good": [0, 1]})
        >>> encoder = Encoder.fit(as_table(frame), target="good")
        >>> encoder.features
        ['size', 'colour = red', 'colour missing']
        >>> raw = polars.DataFrame({"colour": ["blue", "red"], "size": [2.0, None]})
        >>> encoder.transform(as_table(raw)).tolist()
        [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """

    columns: tuple[NumberColumn | CategoryColumn | LeftOutColumn, ...]
    target: Target | None
    dropped: tuple[str, ...]
    named: bool
    width: int

    @classmethod
    def fit(
        cls,
        table: Table,
        target: str | int | None = None,
        *,
        drop: Collection[str | int] = (),
        task: str = "auto",
        label_strip: str = "",
    ) -> Encoder:
        """Look at the training part of a table; rows without a target are left out.

        Args:
            table: the training part.
            target: name or place of the column to predict; None if there is none.
            drop: names or places of columns not to use.
            task: "classification", "regression", or "auto": classes are text, and at most 20
                distinct whole numbers.
            label_strip: characters to cut off both ends of labels, besides spaces.

        Raises:
            ArgumentError: the target is among the columns to drop, or another task.
            DataError: no such column; a target that teaches nothing (see `Target.fit`); columns of
                dates, infinite numbers, or neither numbers nor text; no column to learn from.
        """
        dropped = tuple(dict.fromkeys(table.column_name(column) for column in drop))
        goal = None
        if target is not None:
            if table.column_name(target) in dropped:
                raise ArgumentError(
                    f"column {table.column_name(target)!r} is the target, and to be dropped",
                    instead="Leave it out of drop, or choose another target.",
                )
            goal = Target.fit(table, target, task, label_strip)
            table = _labelled(table, goal)
        used = [name for name in table.names if name not in dropped]
        columns = tuple(fit_column(table, name) for name in used if not goal or name != goal.name)
        if not any(column.features for column in columns):
            told = "; ".join(f"{column.name} is {column.describe()}" for column in columns[:5])
            raise DataError(
                f"{table.source} has no column to learn from",
                why=told or "besides the target and what is dropped, there is none",
                instead="Check the delimiter, the target and the dropped columns.",
            )
        return cls(columns, goal, dropped, table.named, len(table.names))

    @property
    def features(self) -> list[str]:
        """The name of each number that a row becomes, in order."""
        return [feature for column in self.columns for feature in column.features]

    @property
    def text_columns(self) -> list[str]:
        """The columns that hold text: `read_table(path, text=encoder.text_columns)` keeps it so."""
        return [column.name for column in self.columns if isinstance(column, CategoryColumn)]

    def transform(self, table: Table) -> np.ndarray:
        """The rows as numbers, (N, features) float32. Columns may stand in any order; the target,
        and columns that were dropped or left out, may be there or not.

        A category that was not there in training is 0 in each of its column's features, or counts
        as one of those that share a feature. A missing number is 0, the mean.

        Raises:
            DataError: a column is missing, or one is there that was not there in training; text
                where numbers were; an infinite number.
        """
        table = self._aligned(table)
        used = [column for column in self.columns if column.features]
        absent = [column.name for column in used if column.name not in table.names]
        known = {column.name for column in self.columns} | {*self.dropped}
        known |= {self.target.name} if self.target else set()
        extra = [name for name in table.names if name not in known]
        if absent:
            raise self._absent(table, absent, extra)
        if extra:
            raise DataError(
                f"{table.source} has the column(s) {_listed(extra)}",
                why="the model was trained without",
                instead="Leave out what it does not know.",
            )
        result = np.zeros((len(table), len(self.features)), np.float32)
        for start in range(0, len(table), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            rows, place = table.rows(part), 0
            for column in used:
                end = place + len(column.features)
                column.encode(rows, result[part, place:end])
                place = end
        return result

    def labelled(self, table: Table) -> Table:
        """The rows whose target is there."""
        return _labelled(self._aligned(table), self.target) if self.target else table

    def targets(self, table: Table) -> np.ndarray:
        """What is to be predicted: (N,) int64 classes, or (N, 1) float32, standardised.

        Raises:
            DataError: see `Target.encode`.
        """
        if self.target is None:
            raise DataError("the encoder was fitted without a target", instead="Name one in fit.")
        return self.target.encode(self._aligned(table))

    def dataset(self, table: Table) -> TensorDataset:
        """Features and targets of the rows whose target is there, to learn from or to test on."""
        rows = self.labelled(table)
        if not len(rows):
            raise DataError(
                f"{table.source} has no row whose target is there", instead="Check the column."
            )
        classes = self.target.classes if self.target and self.target.classes else None
        return TensorDataset(self.transform(rows), self.targets(rows), classes=classes)

    def unseen(self, table: Table) -> dict[str, list[str]]:
        """By column, the categories of a table that were not there in training."""
        table = self._aligned(table)
        found = {
            column.name: column.unseen(table)
            for column in self.columns
            if isinstance(column, CategoryColumn) and column.name in table.names
        }
        return {name: categories for name, categories in found.items() if categories}

    def describe(self) -> list[str]:
        """A line for each column: what it became."""
        told = {column.name: column.describe() for column in self.columns}
        told |= dict.fromkeys(self.dropped, "dropped")
        if self.target:
            told[self.target.name] = f"target: {self.target.describe()}"
        length = min(max(map(len, told)), 40)
        return [f"{name:{length}}  {words}" for name, words in told.items()]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain numbers, texts, lists and dictionaries, for JSON."""
        return {
            "schema": SCHEMA,
            "columns": [column.to_dict() for column in self.columns],
            "target": self.target.to_dict() if self.target else None,
            "dropped": list(self.dropped),
            "named": self.named,
            "width": self.width,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Encoder:
        """What `to_dict` gave.

        Raises:
            ModelError: another schema, or what `to_dict` does not give.
        """
        schema = plain(values, "schema", int)
        if schema != SCHEMA:
            raise ModelError(
                f"the model file describes its table by schema {schema}",
                why=f"this version of holograd reads schema {SCHEMA}",
                instead="Use the version that wrote it, or train the model again.",
            )
        columns = tuple(column_from_dict(each) for each in plain(values, "columns", list))
        target = values.get("target")
        encoder = cls(
            columns,
            None if target is None else Target.from_dict(target),
            texts(values, "dropped"),
            plain(values, "named", bool),
            plain(values, "width", int),
        )
        names = [column.name for column in columns] + list(encoder.dropped)
        names += [encoder.target.name] if encoder.target else []
        if len(set(names)) < len(names) or not encoder.features or encoder.width < len(names):
            raise damaged(f"{len(names)} columns that do not fit a table of {encoder.width}")
        return encoder

    def _aligned(self, table: Table) -> Table:
        """The table with the columns' names of the training part, where those went by place."""
        if self.named == table.named:
            wanted = numbered_names(self.width)
            if self.named or table.names == wanted:
                return table
            without = [name for name in wanted if not self.target or name != self.target.name]
            if len(table.names) == len(without):
                frame = table.frame.rename(dict(zip(table.names, without, strict=True)))
                return Table(frame, table.source, False, table.lines)
            raise DataError(
                f"{table.source} has {len(table.names)} columns",
                why=f"the model was trained on {self.width}, that have no names and go by place",
                instead=f"Give all {self.width}, or all but the target.",
            )
        if self.named:
            known = _listed([column.name for column in self.columns])
            raise DataError(
                f"{table.source} has no names of columns",
                why=f"the model knows its columns by name: {known}",
                instead='Put the names into the first row, and write header="yes".',
            )
        raise DataError(
            f"{table.source} has columns named {_listed(table.names)}",
            why="the model was trained on a table without names, and knows columns by place",
            instead='Write header="no" if the first row is data; else leave it out.',
        )

    def _absent(self, table: Table, absent: list[str], extra: list[str]) -> DataError:
        near = get_close_matches(absent[0], extra, 1)
        return DataError(
            f"{table.source} has no column(s) {_listed(absent)}",
            why="the model was trained with",
            instead=f"Is it {near[0]!r} there?" if near else "Add what is missing.",
        )


def _labelled(table: Table, target: Target) -> Table:
    """The rows whose target is there."""
    if target.name not in table.names:
        raise target.absent(table)
    absent = missing_targets(table, target.name)
    return table.rows(~absent) if absent.any() else table


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:10])) + (f" and {len(names) - 10} more" * (len(names) > 10))
