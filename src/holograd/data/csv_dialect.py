"""How a CSV file is written: what separates its cells, and whether it begins with a header."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np

from holograd.data.csv_structure import cell_counts

# In the order in which they are believed: a tab or a semicolon that occurs equally often in every
# line is hardly chance, while commas are also decimal points of half the world.
DELIMITERS = ["\t", ";", "|", ","]
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|infinity)", re.IGNORECASE)


def sniff_delimiter(head: bytes) -> str:
    """What separates the cells, told from whole lines at the beginning of a file.

    It is the first of tab, semicolon, bar and comma that occurs equally often, once or more, in
    every row; if none does, the one whose commonest count is shared by most rows; if none occurs,
    a single space that occurs equally often in every row; and else a comma: there is one column.

    Example:
        >>> sniff_delimiter(b"1,5;2,5\\n3,5;4,5\\n"), sniff_delimiter(b"5.1 3.5\\n4.9 3.0\\n")
        (';', ' ')
    """
    head = b"".join(line + b"\n" for line in head.split(b"\n") if line.strip())
    shares = {each: _agreement(head, each) for each in [*DELIMITERS, " "]}
    best = max(DELIMITERS, key=lambda each: shares[each])
    if shares[best] == 0 and shares[" "] == 1:
        return " "
    return best if shares[best] > 0 else ","


def _agreement(head: bytes, delimiter: str) -> float:
    """The share of the rows that have the commonest number of cells above one."""
    counts = cell_counts(head, delimiter)
    divided = counts[counts > 1]
    if not len(divided):
        return 0.0
    return int(np.bincount(divided).max()) / head.count(b"\n")


def has_header(rows: Sequence[Sequence[str]], missing: Collection[str]) -> bool:
    """Whether the first row of a table holds the columns' names.

    It does when each of its cells is a text, that is neither a number nor a mark of a missing
    cell, and none of them occurs again below in its own column. Only the first cell may be empty,
    as where an index was written out. Names that are numbers need `header="yes"`.

    Args:
        rows: the cells of the first row and of some rows below it, stripped of spaces.
        missing: marks of missing cells.

    Example:
        >>> has_header([["size", "colour"], ["3", "red"]], {"?"})
        True
        >>> has_header([["5.1", "setosa"], ["4.9", "setosa"]], {"?"})
        False
        >>> has_header([["red", "yes"], ["blue", "yes"]], {"?"})
        False
    """
    first, below = rows[0], rows[1:]
    for place, cell in enumerate(first):
        if not cell:
            if place or len(first) == 1:
                return False
        elif cell in missing or NUMBER.fullmatch(cell) or any(row[place] == cell for row in below):
            return False
    return True
