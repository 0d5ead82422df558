"""What is to be predicted: classes out of labels, or one number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.data.csv_dialect import NUMBER
from holograd.data.stored import damaged, number, plain, texts
from holograd.data.table import Table
from holograd.errors import ArgumentError, DataError

if TYPE_CHECKING:
    import polars

TASKS = ("auto", "classification", "regression")
MOST_NUMBERED_CLASSES = 20
# Numbers closer to each other are taken as one: a division by what is between them overflows.
SMALLEST = 1e-300


@dataclass(frozen=True)
class Target:
    """The column to predict, and how its cells become numbers to learn.

    Attributes:
        name: the column's name.
        place: its place among the columns that the table had.
        task: "classification" or "regression".
        classes: the classes' names, in order; empty for regression.
        label_strip: characters that are cut off both ends of a label.
        mean, std: of the numbers of a regression, in the column's own unit; else 0 and 1.
    """

    name: str
    place: int
    task: str
    classes: tuple[str, ...] = ()
    label_strip: str = ""
    mean: float = 0.0
    std: float = 1.0

    @classmethod
    def fit(
        cls, table: Table, column: str | int, task: str = "auto", label_strip: str = ""
    ) -> Target:
        """Look at the cells of a column that are there.

        Args:
            table: the training part.
            column: name or place of the column.
            task: "auto" makes text, and at most 20 distinct whole numbers, classes.
            label_strip: characters to cut off both ends of a label, besides spaces.

        Raises:
            ArgumentError: another task.
            DataError: no such column; no cell, one class alone, one number alone; text or infinite
                numbers to regress on; a text that is another in every row.
        """
        name = table.column_name(column)
        task = task_of(table, name, task)
        present = table.rows(~missing_targets(table, name))
        if not len(present):
            raise DataError(
                f"{table.source}, column {name!r}: every one of the {len(table)} cells is missing",
                why="it is the target, and there is nothing to learn",
                instead="Choose another target, or check which cells count as missing.",
            )
        place = table.names.index(name)
        if task == "regression":
            numbers = present.numbers(name)
            if is_constant(numbers):
                raise DataError(
                    f"{table.source}, column {name!r}: every number is {numbers[0]:g}",
                    why="it is the target, and there is nothing to learn from one value",
                    instead="Choose another target.",
                )
            mean, std = mean_and_std(numbers)
            return cls(name, place, task, mean=mean, std=std)
        classes = _classes(labels(present, name, label_strip))
        if len(classes) == 1:
            raise DataError(
                f"{table.source}, column {name!r}: every label is {classes[0]!r}",
                why="it is the target, and there is nothing to learn from one class",
                instead="Choose another target, or rows of the other classes as well.",
            )
        if len(classes) > MOST_NUMBERED_CLASSES and 2 * len(classes) > len(present):
            raise DataError(
                f"{table.source}, column {name!r}: there are {len(classes)} classes in "
                f"{len(present)} rows",
                why="a class is learned from several rows; this looks like a name, or a measure",
                instead='Choose another target; or, for numbers, write task="regression".',
            )
        return cls(name, place, task, tuple(classes), label_strip)

    def encode(self, table: Table) -> np.ndarray:
        """What a network learns: (N,) int64 class numbers, or (N, 1) float32 standard deviations.

        Raises:
            DataError: no such column, a missing cell, a class that was not there before, text
                where numbers are to be predicted.
        """
        if self.name not in table.names:
            raise self.absent(table)
        absent = np.flatnonzero(missing_targets(table, self.name))
        if len(absent):
            raise DataError(
                f"{table.place(int(absent[0]), self.name)}: the target is missing",
                why=f"so it is in {len(absent)} of {len(table)} rows",
                instead="Leave these rows out: encoder.labelled(table).",
            )
        if self.task == "regression":
            numbers = table.numbers(self.name)
            return ((numbers - self.mean) / self.std).astype(np.float32)[:, None]
        found = labels(table, self.name, self.label_strip)
        codes = found.replace_strict(
            list(self.classes), list(range(len(self.classes))), default=-1
        ).to_numpy()
        unknown = np.flatnonzero(codes < 0)
        if len(unknown):
            row = int(unknown[0])
            raise self._unknown(table, row, found[row])
        return codes.astype(np.int64)

    def absent(self, table: Table) -> DataError:
        """The error for a table without this column."""
        return DataError(
            f"{table.source} has no column {self.name!r}",
            why="it is the target, and the rows are to be compared with it",
            instead="Add it; to predict, none is needed.",
        )

    def _unknown(self, table: Table, row: int, label: str) -> DataError:
        ends = {label[:1], label[-1:]} - {""}
        for strip in ("".join(sorted(ends)), *sorted(ends)):
            if label.strip(strip) in self.classes:
                instead = f"Write label_strip={strip!r} when the encoder is fitted."
                break
        else:
            near = get_close_matches(label, self.classes, 1)
            instead = f"Did it mean {near[0]!r}?" if near else "Leave these rows out."
        known = ", ".join(map(repr, self.classes[:10])) + ", …" * (len(self.classes) > 10)
        return DataError(
            f"{table.place(row, self.name)}: the label {label!r} was not there in training",
            why=f"the classes are {known}",
            instead=instead,
        )

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """What a network's outputs mean: (N,) class names out of scores (N, classes) or class
        numbers (N,), or (N,) float64 in the column's unit out of (N, 1).
        """
        outputs = np.asarray(outputs)
        if self.task == "regression":
            return outputs.reshape(len(outputs)).astype(np.float64) * self.std + self.mean
        codes = outputs.argmax(1) if outputs.ndim == 2 else outputs
        return np.array(self.classes)[codes]

    def describe(self) -> str:
        """One line that tells what is predicted."""
        if self.task == "regression":
            return f"a number, mean {self.mean:.6g}, standard deviation {self.std:.6g}"
        names = ", ".join(self.classes[:6]) + ", …" * (len(self.classes) > 6)
        return f"{len(self.classes)} classes: {names}"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain numbers, texts and lists."""
        return {
            "name": self.name,
            "place": self.place,
            "task": self.task,
            "classes": list(self.classes),
            "label_strip": self.label_strip,
            "mean": self.mean,
            "std": self.std,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Target:
        """What `to_dict` gave.

        Raises:
            ModelError: it is not what `to_dict` gives.
        """
        target = cls(
            name=plain(values, "name", str),
            place=plain(values, "place", int),
            task=plain(values, "task", str),
            classes=texts(values, "classes"),
            label_strip=plain(values, "label_strip", str),
            mean=number(values, "mean"),
            std=number(values, "std"),
        )
        classes = len(target.classes)
        fits = classes >= 2 if target.task == "classification" else classes == 0
        if target.task not in TASKS[1:] or not fits or target.std <= 0:
            raise damaged(f"a target of task {target.task!r} with {classes} classes")
        return target


def task_of(table: Table, column: str | int, task: str = "auto") -> str:
    """Whether a column is a target to classify or to regress on.

    Raises:
        ArgumentError: `task` is neither "auto" nor one of them.
    """
    if task not in TASKS:
        raise ArgumentError(f"got task={task!r}", instead=f"Write one of {', '.join(TASKS)}.")
    if task != "auto":
        return task
    name = table.column_name(column)
    if not table.is_number(name):
        return "classification"
    numbers = table.numbers(name)
    distinct = np.unique(numbers[~np.isnan(numbers)])
    whole = bool((distinct == np.floor(distinct)).all())
    return "classification" if whole and len(distinct) <= MOST_NUMBERED_CLASSES else "regression"


def missing_targets(table: Table, column: str) -> np.ndarray:
    """(N,) whether each cell of a column is missing."""
    if table.is_number(column):
        return np.isnan(table.numbers(column))
    return table.frame[column].is_null().to_numpy()


def labels(table: Table, column: str, label_strip: str = "") -> polars.Series:
    """The cells of a column as labels: texts without spaces and other characters at both ends."""
    series = table.texts(column)
    return series.str.strip_chars(label_strip).str.strip_chars() if label_strip else series


def is_constant(values: np.ndarray) -> bool:
    """Whether numbers are all the same, or differ by rounding alone."""
    low, high = float(values.min()), float(values.max())
    return high - low <= max(1e-12 * max(abs(low), abs(high)), SMALLEST)


def mean_and_std(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation (of the population), for numbers as large as 1e308 too."""
    scale = float(np.abs(values).max()) or 1.0
    scaled = values / scale
    mean = float(scaled.mean())
    return mean * scale, float(np.sqrt(np.square(scaled - mean).mean())) * scale


def _classes(found: polars.Series) -> list[str]:
    """The distinct labels, by number where all are numbers, else by the alphabet."""
    names = sorted(found.unique())
    if all(NUMBER.fullmatch(name) for name in names):
        return sorted(names, key=float)
    return names
