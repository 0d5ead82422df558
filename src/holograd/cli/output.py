"""Tables out: CSV, JSON or Parquet, on standard output or in a file that is whole or not there."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from holograd.whole_files import write_whole

if TYPE_CHECKING:
    import polars


def as_csv(frame: polars.DataFrame) -> bytes:
    """Rows with a header, separated by commas."""
    return frame.write_csv().encode()


def as_json(frame: polars.DataFrame) -> bytes:
    """A list with an object for each row; a line for each."""
    rows = (
        json.dumps(row, ensure_ascii=False, allow_nan=False) for row in frame.iter_rows(named=True)
    )
    return ("[\n" + ",\n".join(rows) + "\n]\n").encode()


def as_parquet(frame: polars.DataFrame) -> bytes:
    """Columns, compressed."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


FORMATS: dict[str, Callable[[polars.DataFrame], bytes]] = {
    ".csv": as_csv,
    ".json": as_json,
    ".parquet": as_parquet,
}


def check_format(path: Path | None) -> Path | None:
    """A path whose ending is one of `FORMATS`, or None."""
    if path is not None and path.suffix.lower() not in FORMATS:
        raise typer.BadParameter(
            f"{path} ends in {path.suffix or 'nothing'}; the formats are {', '.join(FORMATS)}. "
            f"Write {path.with_suffix('.csv')}."
        )
    return path


def write_table(frame: polars.DataFrame, path: Path) -> None:
    """Writes a table in the format of the path's ending; it replaces an older file when complete.

    Raises:
        DataError: the file cannot be written; an older one is as it was.
    """
    content = FORMATS[path.suffix.lower()](frame)
    write_whole(path, lambda file: file.write(content))
