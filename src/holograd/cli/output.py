"""Tables out: CSV, JSON or Parquet, on standard output or in a file that is whole or not there."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import typer

from holograd.errors import DataError

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
    target = Path(os.path.realpath(path))  # a link stays, and what it points to is replaced
    beside = target.with_name(f".{target.name}.{token_hex(8)}")
    try:
        try:
            with open(beside, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                os.chmod(beside, target.stat().st_mode & 0o777)
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)  # only there where something failed
    except OSError as error:
        raise DataError(
            f"{path} cannot be written",
            why=error.strerror or str(error),
            instead="What was there before is as it was.",
        ) from error
