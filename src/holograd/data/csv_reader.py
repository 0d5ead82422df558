"""Polars as a reader of CSV: told what is known of a file, and checked against it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.data.csv_structure import Structure
from holograd.data.optional import optional
from holograd.errors import DataError

if TYPE_CHECKING:
    import polars

COLUMNS_AT_ONCE = 8


def numbered_names(count: int) -> list[str]:
    """The names of columns that have none.

    Example:
        >>> numbered_names(2)
        ['column_0', 'column_1']
    """
    return [f"column_{place}" for place in range(count)]


def stripped(column: polars.Series, missing: Collection[str]) -> polars.Series:
    """A column of texts without the spaces around them, with marks of missing cells made null."""
    column = column.str.strip_chars()
    return column.set(column.is_in(list(missing)), None)


class CsvReader:
    """Polars, set to read one file.

    Args:
        source: the file's name for errors.
        delimiter: what separates the cells.
        structure: where the file's records lie.
        missing: marks of missing cells, among them the empty text.
        recheck: looks at the structure again, exactly, and raises what is wrong with it.
    """

    def __init__(
        self,
        source: str,
        delimiter: str,
        structure: Structure,
        missing: Collection[str],
        recheck: Callable[[], object],
    ):
        self.polars = optional("polars", f"{source}: a table is read by")
        self.source = source
        self.structure = structure
        self.missing = [*missing]
        self.recheck = recheck
        self.options: dict[str, Any] = {
            "has_header": False,
            "separator": delimiter,
            "quote_char": '"' if structure.quoting else None,
            "glob": False,
        }

    def sample(self, content: bytes) -> polars.DataFrame:
        """The cells of the first records as they are written, without blank lines."""
        names = numbered_names(self.structure.width)
        try:
            return self.parse(content, dict.fromkeys(names, self.polars.String), 0)
        except self.polars.exceptions.PolarsError as error:
            raise self.refusal(error) from None

    def read(
        self,
        content: Path | bytes,
        sample: polars.DataFrame,
        names: list[str],
        header: int,
        text: Collection[str | int],
    ) -> tuple[polars.DataFrame, np.ndarray]:
        """The rows after the header, and (N,) their lines.

        Columns whose cells in `sample` are numbers are read as numbers at once. If a later cell is
        none, all columns are read as text, a few at a time to save memory, and made numbers after.

        Args:
            content: the file, or its bytes.
            sample: the first of the rows, as they are written.
            names: the columns' names.
            header: 1 if the first record is a header, else 0.
            text: names or places of columns to leave as text even where all cells are numbers.
        """
        texts = {name for place, name in enumerate(names) if name in text or place in text}
        marks = self.marks_in(sample)
        types = {
            name: self.polars.Float64
            if name not in texts and self.is_number(column, marks)
            else self.polars.String
            for name, column in zip(names, sample, strict=True)
        }
        rows = np.flatnonzero(~self.structure.blank)[header:]
        if not len(rows):
            return self.polars.DataFrame(schema=types), rows
        start = int(rows[0])
        try:
            try:
                frame = self.parse(content, types, start, null_values=marks or None)
                frame = frame.with_columns(self.tidy(column, texts) for column in frame)
            except self.polars.exceptions.ComputeError:
                types = dict.fromkeys(names, self.polars.String)
                frame = self.polars.concat(
                    [
                        self.few(content, types, start, texts, first)
                        for first in range(0, len(names), COLUMNS_AT_ONCE)
                    ],
                    how="horizontal",
                )
        except self.polars.exceptions.PolarsError as error:
            raise self.refusal(error) from None
        return frame, self.structure.starts[rows]

    def few(
        self,
        content: Path | bytes,
        types: dict[str, Any],
        start: int,
        texts: Collection[str],
        first: int,
    ) -> polars.DataFrame:
        """A few columns from `first` on, read as text and then made numbers where they are."""
        places = list(range(len(types)))[first : first + COLUMNS_AT_ONCE]
        frame = self.parse(content, types, start, columns=places)
        return frame.with_columns(self.tidy(column, texts) for column in frame)

    def parse(
        self, content: Path | bytes, types: dict[str, Any], start: int, **options: Any
    ) -> polars.DataFrame:
        """The records from number `start` on; blank lines are left out."""
        try:
            frame = self.polars.read_csv(
                content, schema=types, skip_rows=start, **self.options, **options
            )
        except self.polars.exceptions.PolarsError:
            self.recheck()
            raise
        blank = self.structure.blank[start : start + len(frame)]
        whole = len(self.structure.blank) - start
        if len(frame) > whole:
            raise self.refusal(f"{len(frame)} rows were read, and there are {whole}")
        return frame.filter(self.polars.Series(~blank)) if blank.any() else frame

    def tidy(self, column: polars.Series, texts: Collection[str]) -> polars.Series:
        """A column of texts stripped, and made a column of numbers if all of them are numbers."""
        if column.dtype != self.polars.String:
            return column
        column = stripped(column, self.missing)
        if column.name in texts:
            return column
        numbers = column.cast(self.polars.Float64, strict=False)
        return numbers if numbers.null_count() == column.null_count() else column

    def marks_in(self, sample: polars.DataFrame) -> list[str]:
        """The marks of missing cells that occur, as they are written, with their spaces."""
        found: set[str] = set()
        for column in sample:
            marked = column.filter(column.str.strip_chars().is_in(self.missing))
            found.update(marked.unique().drop_nulls())
        # An empty cell, and one of spaces alone, is missing to Polars without being told.
        return sorted(mark for mark in found if mark.strip())

    def is_number(self, column: polars.Series, marks: Collection[str]) -> bool:
        """Whether the cells are numbers for Polars, which allows spaces in front of them only."""
        cells = column.filter(~column.is_in(list(marks))).str.strip_chars_start(" ")
        cells = cells.set(cells == "", None)
        return cells.cast(self.polars.Float64, strict=False).null_count() == cells.null_count()

    def refusal(self, error: object) -> DataError:
        """What a reader's error becomes where the structure gave no cause for one."""
        return DataError(
            f"{self.source} cannot be read as a table",
            why=str(error).split("\n")[0],
            instead="Check its quotes: they enclose whole cells, and are doubled inside of them.",
        )
