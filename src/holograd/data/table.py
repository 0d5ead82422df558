"""Tables: named columns of numbers or text, and where in which file each row stands."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from gzip import GzipFile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.data.csv_dialect import NUMBER
from holograd.data.csv_file import check_names, read_csv
from holograd.data.opening import LARGEST, opened
from holograd.data.optional import optional
from holograd.data.table_arrays import frame_of_array, read_npy, read_npz
from holograd.data.table_frames import frame_of, normal, number_texts, read_parquet
from holograd.errors import ArgumentError, DataError

if TYPE_CHECKING:
    import polars

HEADERS = ("auto", "yes", "no")
MISSING = (
    "", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Rows of named columns, of numbers or of text.

    Attributes:
        frame: the Polars frame; missing cells are null, in columns of numbers also NaN.
        source: what errors call the table: the path of its file, or "the DataFrame".
        named: whether its columns' names are its own; else they are column_0, column_1 and so on.
        lines: (N,) the line of the file on which each row stands, the first line being 1; None
            where the rows stand on no lines.

    `len(table)` is the number of rows.
    """

    frame: polars.DataFrame
    source: str
    named: bool
    lines: np.ndarray | None

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return self.frame.columns

    def __repr__(self) -> str:
        columns = ", ".join(self.names[:8]) + ", …" * (len(self.names) > 8)
        return f"Table({self.source}: {len(self)} rows of {columns})"

    def column_name(self, column: str | int) -> str:
        """The name of the column that a name or a place means.

        A text is a name first, and a place where there is no such name, so that "-1" from a
        command line works. Places count from 0, negative ones from the end.

        Raises:
            DataError: there is no such column; names that look alike are told.
        """
        if isinstance(column, str):
            if column in self.names:
                return column
            try:
                column = int(column)
            except ValueError:
                raise self._no_column(column) from None
        if not -len(self.names) <= column < len(self.names):
            raise self._no_column(column)
        return self.names[column]

    def _no_column(self, column: str | int) -> DataError:
        if isinstance(column, int):
            why = f"it has {len(self.names)}, counted from 0, or from -1 backwards"
            return DataError(f"{self.source} has no column {column}", why=why)
        if not self.named:
            why = f"its columns have no names, and are called column_0 to {self.names[-1]}"
            instead = 'Write the place, such as -1 for the last; or header="yes".'
        else:
            near = get_close_matches(column, self.names, 3, 0.6)
            why = f"it has {', '.join(self.names[:20])}{', …' * (len(self.names) > 20)}"
            instead = f"Did you mean {' or '.join(map(repr, near))}?" if near else ""
        return DataError(f"{self.source} has no column {column!r}", why=why, instead=instead)

    def rows(self, index: np.ndarray | slice) -> Table:
        """The rows at some places, or those where a mask of shape (N,) is true."""
        if isinstance(index, np.ndarray) and index.dtype == bool:
            index = np.flatnonzero(index)
        lines = None if self.lines is None else self.lines[index]
        return Table(self.frame[index], self.source, self.named, lines)

    def place(self, row: int, column: str | None = None) -> str:
        """What errors call a row, or a cell: "a.csv, line 7, column 'age'".

        Where there are no lines, rows count from 0.
        """
        at = f"row {row}" if self.lines is None else f"line {self.lines[row]}"
        return f"{self.source}, {at}" + (f", column {column!r}" if column is not None else "")

    def is_number(self, column: str) -> bool:
        """Whether a column holds numbers; else it holds text.

        Raises:
            DataError: it holds neither.
        """
        kind = self.frame[column].dtype
        if not kind.is_numeric() and str(kind) != "String":
            raise DataError(
                f"{self.source}, column {column!r} holds {kind}",
                why="the cells of a table are numbers or texts",
                instead=f"Leave it out, drop=[{column!r}], or make columns of numbers of it.",
            )
        return kind.is_numeric()

    def numbers(self, column: str) -> np.ndarray:
        """(N,) float64 of a column, NaN where a cell is missing.

        Raises:
            DataError: a text that is no number, or an infinite number.
        """
        series = self.frame[column]
        if not self.is_number(column):
            parsed = series.cast(optional("polars", "a table is held by").Float64, strict=False)
            wrong = (parsed.is_null() & series.is_not_null()).arg_true()
            if len(wrong):
                raise self._no_number(int(wrong[0]), column, len(wrong))
            series = parsed
        values = series.to_numpy().astype(np.float64, copy=False)
        infinite = np.flatnonzero(np.isinf(values))
        if len(infinite):
            raise DataError(
                f"{self.place(int(infinite[0]), column)}: the number is infinite",
                why=f"nothing can be learned from {values[infinite[0]]}, in {len(infinite)} "
                "cell(s) of this column",
                instead="Leave the cell empty if it is unknown, or write a finite number.",
            )
        return values

    def _no_number(self, row: int, column: str, count: int) -> DataError:
        cell = self.frame[column][row]
        return DataError(
            f"{self.place(row, column)}: {cell!r} is not a number",
            why=f"numbers are needed here, and {count} of {len(self)} cells are none",
            instead=f"Write {cell.replace(',', '.')} with a point."
            if NUMBER.fullmatch(cell.replace(",", "."))
            else "Mend the cell, or leave it empty if it is unknown.",
        )

    def texts(self, column: str) -> polars.Series:
        """A column as texts, null where a cell is missing; numbers are written out."""
        series = self.frame[column]
        return number_texts(series) if self.is_number(column) else series


def read_table(
    path: str | os.PathLike[str],
    header: str = "auto",
    *,
    delimiter: str | None = None,
    missing: Collection[str] = MISSING,
    text: Collection[str | int] = (),
) -> Table:
    """Read a table from a CSV file, plain or compressed, a .npy, .npz or Parquet file.

    The file's first bytes tell which one it is. A CSV file is UTF-8; cells may be quoted, lines end
    in any way, blank lines are left out, spaces around cells do not count. A column is numbers if
    all its cells that are not missing are numbers, and else text.

    Args:
        path: the file.
        header: whether the first row of a CSV file holds the columns' names. "auto" says yes if
            all its cells are texts, neither numbers nor marks of missing cells, and none occurs
            again below in its own column (see `csv_dialect.has_header`).
        delimiter: what separates the cells of a CSV file; None finds out: the first of tab,
            semicolon, bar and comma that every row has equally often (see `sniff_delimiter`).
        missing: the cells that count as missing.
        text: names or places of columns to read as text even where all cells are numbers, such as
            postal codes.

    Raises:
        ArgumentError: another header, or a delimiter that is not one character.
        DataError: a file that is missing, empty, cut, binary or too large (4 GiB), rows of
            different lengths, a name that occurs twice, a header alone, another encoding. The
            message names the file and, where there is one, the line and the column.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "fruit.csv"
        ...     _ = path.write_text("colour; size\\nred; 7\\ngreen; ?\\n")
        ...     table = read_table(path)
        >>> table.names, len(table), table.numbers("size").tolist(), table.lines.tolist()
        (['colour', 'size'], 2, [7.0, nan], [2, 3])
    """
    if header not in HEADERS:
        raise ArgumentError(
            f"read_table got header={header!r}", instead=f"Write one of {', '.join(HEADERS)}."
        )
    if delimiter is not None and (
        len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\n\r'
    ):
        raise ArgumentError(
            f"read_table got delimiter={delimiter!r}",
            why="cells are separated by one character, other than a quote or a line break",
            instead='Write delimiter=";" or delimiter="\\t".',
        )
    path = Path(path)
    # An empty cell is missing to any reader.
    missing = {"", *missing}
    with opened(path) as file:
        first = b"" if isinstance(file, GzipFile) else file.read(6)
        size = path.stat().st_size
    if size > LARGEST:
        raise DataError(
            f"{path} has {size} bytes",
            why=f"at most {LARGEST} are read, as the whole table is held in memory",
            instead="Take a sample of its rows, or fewer columns.",
        )
    if first.startswith(b"\x93NUMPY"):
        return _table(read_npy(path), str(path), False, missing, text)
    if first.startswith(b"PK\x03\x04"):
        frame = read_npz(path)
        return _table(frame, str(path), "column_0" not in frame.columns, missing, text)
    # A CSV file, too, may begin with PAR1: the name of its first column.
    if first.startswith(b"PAR1") and path.suffix not in (".csv", ".txt"):
        return _table(read_parquet(path), str(path), True, missing, text)
    frame, named, lines = read_csv(path, header, delimiter, missing, text)
    return Table(frame, str(path), named, lines)


def as_table(
    data: Any,
    *,
    missing: Collection[str] = MISSING,
    text: Collection[str | int] = (),
) -> Table:
    """A table out of a file's path, an array (N, columns), or a data frame of pandas or Polars.

    Args:
        data: what holds the rows; a `Table` is returned as it is.
        missing: the texts that count as missing cells.
        text: names or places of columns of numbers to take as text.

    Raises:
        DataError: what is no table.

    Example:
        >>> as_table(np.arange(6.0).reshape(3, 2)).names
        ['column_0', 'column_1']
    """
    if isinstance(data, Table):
        return data
    if isinstance(data, str | os.PathLike):
        return read_table(data, missing=missing, text=text)
    missing = {"", *missing}
    if isinstance(data, np.ndarray):
        return _table(frame_of_array(data, "the array"), "the array", False, missing, text)
    return _table(frame_of(data), f"the {type(data).__name__}", True, missing, text)


def _table(
    frame: polars.DataFrame,
    source: str,
    named: bool,
    missing: Collection[str],
    text: Collection[str | int],
) -> Table:
    """A table out of a frame of whatever columns, when it has rows and columns."""
    if not frame.width or not len(frame):
        raise DataError(
            f"{source} is empty",
            why=f"it has {frame.width} columns and {len(frame)} rows",
            instead="Look at what made it.",
        )
    check_names(frame.columns, source)
    return Table(normal(frame, missing, text), source, named, None)
