"""What people write after `--row`: numbers, a sample's number, or a row of a table."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

from holograd.data.optional import optional
from holograd.errors import DataError

if TYPE_CHECKING:
    from holograd.data import Encoder, Table

SOURCE = "--row"


def number_of(text: str, what: str) -> float:
    """A finite number; a real minus sign is read as well.

    Raises:
        DataError: it is none.
    """
    try:
        number = float(text.strip().replace("−", "-"))
    except ValueError:
        raise DataError(f"{what}: {text.strip()!r} is not a number") from None
    if not math.isfinite(number):
        raise DataError(f"{what}: {text.strip()} is not a finite number")
    return number


def numbers_of(text: str) -> list[float]:
    """Numbers separated by commas or spaces, also in brackets.

    Raises:
        DataError: something else is among them.

    Example:
        >>> numbers_of("(0, 1)"), numbers_of("0.5 -1")
        ([0.0, 1.0], [0.5, -1.0])
    """
    parts = text.strip().strip("()[]").replace(",", " ").replace(";", " ").split()
    if not parts:
        raise DataError(f"{SOURCE} holds no numbers", instead="Write --row 0,1 for instance.")
    return [number_of(part, SOURCE) for part in parts]


def table_row(encoder: Encoder, text: str, target: str | None = None) -> Table:
    """A row as the table that a model learned from would have it.

    Args:
        encoder: what the model knows of the columns.
        text: `age=39, town=a`, in any order; or cells in the order of the columns, `39,a`, with the
            target or without.
        target: the target's cell, where it is given apart.

    Raises:
        DataError: no such columns, too many or too few cells, text where numbers were.
    """
    cells = [cell.strip() for cell in next(csv.reader([text], skipinitialspace=True), [])]
    named = encoder.named and bool(cells) and all("=" in cell for cell in cells)
    row = _by_name(cells) if named else _by_place(encoder, cells)
    if target is not None and encoder.target is not None:
        row[encoder.target.name] = target
    return _as_table(encoder, row)


def _by_name(cells: list[str]) -> dict[str, str]:
    row: dict[str, str] = {}
    for cell in cells:
        name, _, value = cell.partition("=")
        if name.strip() in row:
            raise DataError(f"{SOURCE} has the column {name.strip()!r} twice")
        row[name.strip()] = value.strip()
    return row


def _by_place(encoder: Encoder, cells: list[str]) -> dict[str, str]:
    """Cells in the order of the table's columns; dropped columns have no cells."""
    inputs = [column.name for column in encoder.columns]
    goal = encoder.target
    both = list(inputs)
    if goal is not None:
        both.insert(min(goal.place, len(both)), goal.name)
    for names in (both, inputs):
        if len(cells) == len(names):
            return dict(zip(names, cells, strict=True))
    shown = ",".join(both)
    example = f" Or write names: --row {both[0]}=…,{both[-1]}=…" if encoder.named else ""
    raise DataError(
        f"{SOURCE} has {len(cells)} cells",
        why=f"the columns are {shown}" + (f", with {goal.name} or without" if goal else ""),
        instead=f"Write {len(inputs)} or {len(both)} cells in this order.{example}",
    )


def _as_table(encoder: Encoder, row: dict[str, str]) -> Table:
    from holograd.data import Table
    from holograd.data.table import MISSING

    polars = optional("polars", "a row of a table is read by")
    columns = [
        polars.Series(name, [None if cell in MISSING else cell], dtype=polars.String)
        for name, cell in row.items()
    ]
    return Table(polars.DataFrame(columns), SOURCE, encoder.named, None)
