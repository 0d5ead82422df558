"""Raw rows for a model that knows a table: read as the table that it learned from was."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from holograd.data import Encoder, Table, as_table, read_table
from holograd.data.csv_reader import numbered_names
from holograd.errors import DataError


def read_for(encoder: Encoder, data: Any, header: str = "auto") -> Table:
    """The table of a file or a frame, with its columns' kinds as the encoder knows them.

    Args:
        encoder: what is known of the columns.
        data: a file's path, a data frame, an array, or a `Table`, which is returned as it is.
        header: whether the first row of a CSV file holds the columns' names. "auto" looks, and
            where the answer is not what the encoder knows, tries the other one.

    Raises:
        DataError: see `read_table`.
    """
    table = _read(data, header, encoder.text_columns)
    if isinstance(data, str | os.PathLike) and header == "auto" and table.named != encoder.named:
        with suppress(DataError):  # then the complaint is about the table as it looks
            other = _read(data, "yes" if encoder.named else "no", encoder.text_columns)
            table = other if _fits(encoder, other) else table
    goal = encoder.target
    by_place = not encoder.named and not table.named
    if goal and by_place and len(table.names) == encoder.width - 1:
        # Without the target, the columns after it stand one place to the left of where they stood.
        names = [name for name in numbered_names(encoder.width) if name != goal.name]
        places = [names.index(name) for name in encoder.text_columns]
        if any(table.is_number(table.names[place]) for place in places):
            table = _read(data, "no", places)
    return table


def _read(data: Any, header: str, text: list[str] | list[int]) -> Table:
    if isinstance(data, str | os.PathLike):
        return read_table(data, header, text=text)
    return as_table(data, text=text)


def _fits(encoder: Encoder, table: Table) -> bool:
    """Whether a table that was read against its looks has the columns that the encoder needs."""
    used = [column for column in encoder.columns if column.features]
    if table.named != encoder.named:
        return False
    if encoder.named:
        return all(column.name in table.names for column in used)
    return all(column.kind == "category" for column in used)
