"""Tables out of data frames and Parquet files: every column made numbers or text."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holograd.data.csv_reader import stripped
from holograd.data.csv_structure import MOST_COLUMNS
from holograd.data.opening import LARGEST, opened
from holograd.data.optional import optional
from holograd.errors import DataError

if TYPE_CHECKING:
    import polars

BYTES_OF_A_CELL = 8


def read_parquet(path: Path) -> polars.DataFrame:
    """The columns of a Parquet file.

    Raises:
        DataError: a file that is cut short, damaged, or too large for memory.
    """
    polars = optional("polars", f"{path}: a Parquet file is read by")
    with opened(path):
        pass
    # What goes wrong within Polars' own code, as in a damaged file, is no Exception to Python.
    panic = polars.exceptions.PanicException
    try:
        lazy = polars.scan_parquet(path, glob=False, hive_partitioning=False)
        width = len(lazy.collect_schema())
        rows = lazy.select(polars.len()).collect().item()
        if rows * width * BYTES_OF_A_CELL > LARGEST or width > MOST_COLUMNS:
            raise DataError(
                f"{path} holds {rows} rows of {width} columns",
                why=f"tables of at most {LARGEST // BYTES_OF_A_CELL} cells in {MOST_COLUMNS} "
                "columns are read, as the whole table is held in memory",
                instead="Take a sample of its rows, or fewer columns.",
            )
        return polars.read_parquet(path, glob=False, hive_partitioning=False)
    except (polars.exceptions.PolarsError, panic, OSError) as error:
        raise DataError(
            f"{path} cannot be read as a Parquet file",
            why=str(error).split("\n")[0][:200],
            instead="It is cut short or damaged: get the file again.",
        ) from None


def frame_of(data: Any) -> polars.DataFrame:
    """The columns of a data frame of pandas, Polars or another library that narwhals knows.

    Raises:
        DataError: what is no data frame, one that is not computed yet, columns of one name.
    """
    what = type(data).__name__
    narwhals = optional("narwhals", f"a {what} is read by")
    polars = optional("polars", f"a {what} is held by")
    try:
        frame = narwhals.from_native(data, eager_only=True)
    except narwhals.exceptions.DuplicateError as error:
        raise DataError(
            f"the {what} has two columns of one name",
            why=" ".join(str(error).split()),
            instead="Rename one of them.",
        ) from None
    except TypeError:
        raise DataError(
            f"a table was expected, and it is a {what}",
            why="tables are data frames of pandas or Polars, arrays, or files",
            instead="Give one of these; a lazy frame as frame.collect().",
        ) from None
    if frame.implementation.is_polars():
        return frame.to_native()
    columns = [_column(polars, column) for column in frame.iter_columns()]
    names = [column.name for column in columns]
    if len(set(names)) < len(names):
        raise DataError(
            f"the {what} has two columns of one name",
            why=f"their names as text are {', '.join(map(repr, names[:20]))}",
            instead="Rename one of them.",
        )
    return polars.DataFrame(columns)


def _column(polars: Any, column: Any) -> polars.Series:
    """A column of any library as one of Polars."""
    name = str(column.name)
    if column.dtype.is_numeric():
        return polars.Series(name, column.to_numpy().astype("float64"), nan_to_null=True)
    missing = column.is_null().to_list()
    cells = [
        None if absent else cell for cell, absent in zip(column.to_list(), missing, strict=True)
    ]
    if all(cell is None or type(cell) in (int, float) for cell in cells):
        return polars.Series(name, cells, dtype=polars.Float64, strict=False)
    texts = [None if cell is None else str(cell) for cell in cells]
    return polars.Series(name, texts, dtype=polars.String)


def normal(
    frame: polars.DataFrame, missing: Collection[str], text: Collection[str | int]
) -> polars.DataFrame:
    """A frame in which every column that can be is numbers or stripped text.

    Truth values become the texts True and False, categories and dates their text; what is neither,
    such as lists, is left for the error that names it when it is used.
    """
    columns = []
    for place, raw in enumerate(frame):
        column = _plain(raw)
        if column.dtype.is_numeric() and (place in text or column.name in text):
            column = number_texts(column)
        columns.append(stripped(column, missing) if str(column.dtype) == "String" else column)
    return frame.select(columns)


def _plain(column: polars.Series) -> polars.Series:
    """A column as numbers or text where its type has a plain meaning as one of them."""
    polars = optional("polars", "a table is held by")
    kind = column.dtype
    if kind == polars.Boolean:
        return column.replace_strict({True: "True", False: "False"}, return_dtype=polars.String)
    if kind.is_decimal() or kind == polars.Null:
        return column.cast(polars.Float64)
    if kind in (polars.Categorical, polars.Enum, polars.Date, polars.Datetime, polars.Time):
        return column.cast(polars.String)
    return column


def number_texts(column: polars.Series) -> polars.Series:
    """Numbers as text, whole ones without a point: 3.0 is "3", and NaN is missing."""
    polars = optional("polars", "a table is held by")
    cells = [
        None if cell is None or cell != cell else str(int(cell)) if cell % 1 == 0 else repr(cell)
        for cell in column.cast(polars.Float64).to_list()
    ]
    return polars.Series(column.name, cells, dtype=polars.String)
