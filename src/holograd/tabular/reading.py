"""Raw rows for a model that knows a table: read as the table that it learned from was."""

from __future__ import annotations

import os
from typing import Any

from holograd.data import Encoder, Table, as_table, read_table


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
        other = _read(data, "yes" if encoder.named else "no", encoder.text_columns)
        if other.named == encoder.named and _fits(encoder, other):
            table = other
    if not encoder.named and not table.named and encoder.target:
        # Without the target, columns that go by place stand one to the left of where they stood.
        if len(table.names) == encoder.width - 1:
            names = [f"column_{place}" for place in range(encoder.width)]
            names.remove(encoder.target.name)
            places = [names.index(name) for name in encoder.text_columns if name in names]
            if any(table.is_number(table.names[place]) for place in places):
                table = _read(data, "no" if header == "auto" else header, places)
    return table


def _read(data: Any, header: str, text: list[str] | list[int]) -> Table:
    if isinstance(data, str | os.PathLike):
        return read_table(data, header, text=text)
    return as_table(data, text=text)


def _fits(encoder: Encoder, table: Table) -> bool:
    """Whether a table that was read against its looks has the columns that the encoder needs."""
    used = [column for column in encoder.columns if column.features]
    if encoder.named:
        return all(column.name in table.names for column in used)
    return all(column.kind == "category" for column in used)
