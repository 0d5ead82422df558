"""What people write after `--row`: numbers, a sample's number, or a row of a table."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from holograd.data.columns import NumberColumn
from holograd.data.optional import optional
from holograd.data.target import labels
from holograd.errors import DataError

if TYPE_CHECKING:
    from holograd.data import Encoder, Table

SOURCE = "--row"
LARGEST = float(np.finfo(np.float32).max)
MOST_NAMES = 10  # in a message


def number_of(text: str, what: str, largest: float = math.inf) -> float:
    """A finite number; a real minus sign is read as well.

    Args:
        text: what was typed.
        what: where, for the message.
        largest: the largest number that fits.

    Raises:
        DataError: it is none, or larger.
    """
    try:
        number = float(text.strip().replace("−", "-"))
    except ValueError:
        raise DataError(f"{what}: {text.strip()!r} is not a number") from None
    if not math.isfinite(number):
        raise DataError(f"{what}: {text.strip()} is not a finite number")
    if abs(number) > largest:
        raise _too_large(text, what)
    return number


def _too_large(text: str, what: str) -> DataError:
    return DataError(
        f"{what}: {text.strip()} is too large",
        why=f"a network computes in float32, whose largest number is {LARGEST:.3g}",
    )


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
    return [number_of(part, SOURCE, LARGEST) for part in parts]


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
    row = _by_name(encoder, cells) if named else _by_place(encoder, cells)
    if target is not None and encoder.target is not None:
        row[encoder.target.name] = target
    table = _as_table(encoder, row)
    for column in encoder.columns:
        if isinstance(column, NumberColumn) and column.features:
            _check_number(table, column.name, SOURCE)
    return table


def coded_target(encoder: Encoder, table: Table, source: str) -> float:
    """The right answer of a row as the network learns it: a class's number, or a number.

    Args:
        encoder: what the model knows of the columns.
        table: the row, in which the target is there.
        source: the option that gave the target, for messages.

    Raises:
        DataError: there is no such class, or it is no number where one is wanted.
    """
    goal = encoder.target
    assert goal is not None
    cell = str(table.frame[goal.name][0])
    if goal.task == "regression":
        _check_number(table, goal.name, source)
        if abs((float(table.numbers(goal.name)[0]) - goal.mean) / goal.std) > LARGEST:
            raise _too_large(cell, f"{source}, {goal.name}")
    elif str(labels(table, goal.name, goal.label_strip)[0]) not in goal.classes:
        near = get_close_matches(cell, goal.classes, 1)
        raise DataError(
            f"{source}: {goal.name} has no class {cell!r}",
            why=f"the classes are {_listed(goal.classes)}",
            instead=f"Did you mean {near[0]!r}?" if near else "",
        )
    return float(encoder.targets(table).item())


def _check_number(table: Table, name: str, source: str) -> None:
    """Refuses a cell that is no number, in words about one row."""
    try:
        table.numbers(name)
    except DataError:
        cell = str(table.frame[name][0])
        number_of(cell, f"{source}, {name}")
        raise DataError(f"{source}, {name}: {cell!r} is not a number") from None


def _by_name(encoder: Encoder, cells: list[str]) -> dict[str, str]:
    row: dict[str, str] = {}
    for cell in cells:
        name, _, value = cell.partition("=")
        if name.strip() in row:
            raise DataError(f"{SOURCE} has the column {name.strip()!r} twice")
        row[name.strip()] = value.strip()
    _check_names(encoder, row)
    return row


def _check_names(encoder: Encoder, row: Mapping[str, str]) -> None:
    needed = [column.name for column in encoder.columns if column.features]
    known = [column.name for column in encoder.columns]
    known += [encoder.target.name] if encoder.target is not None else []
    unknown = [name for name in row if name not in (*known, *encoder.dropped)]
    absent = [name for name in needed if name not in row]
    told = [f"{SOURCE} has no {_listed(absent)}"] if absent else []
    told += [f"no column is called {_listed(unknown)}"] if unknown else []
    if not told:
        return
    near = get_close_matches(unknown[0], absent or known, 1) if unknown else []
    missing = ", ".join(f"{name}=…" for name in absent[:MOST_NAMES])
    advice = f"Add {missing}, or ? where a cell is not known." if absent else "Leave it out."
    raise DataError(
        ", and ".join(told) if absent else f"{SOURCE}: {told[0]}",
        why=f"the columns are {_listed(known)}",
        instead=f"Is {unknown[0]!r} meant to be {near[0]!r}?" if near else advice,
    )


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
    written = ",".join(f"{name}=…" for name in inputs[:MOST_NAMES])
    example = f' Or write names: --row "{written}"' if encoder.named else ""
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


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(map(repr, names[:MOST_NAMES])) + (f" and {more} more" if more > 0 else "")
