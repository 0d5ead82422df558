"""Where the records of a CSV file lie: what is looked at before the file is read.

A reader that is made for speed fills up short rows with missing cells, and names no line when it
gives up. So the file is gone through once for its structure alone: lines, delimiters and quotes.
That finds a row that is too short or too long and a quote that never closes, and the line on which
each row stands, so that every later error can name it.

Source: Y. Shafranovich, RFC 4180, Common Format and MIME Type for CSV Files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

import numpy as np

from holograd.data.csv_blocks import Block, line_blocks, occurrences
from holograd.errors import DataError

MOST_COLUMNS = 100_000
SAMPLE_RECORDS = 1000
SAMPLE_BYTES = 2**20
NEWLINE, QUOTE, SPACE, RETURN = b'\n" \r'


@dataclass(frozen=True)
class Structure:
    """What a CSV file is made of. A record is a row, a header or a blank line.

    Attributes:
        width: cells of each record that is not blank.
        starts: (R,) the line on which each record starts; the file's first line is 1.
        blank: (R,) which records are blank lines.
        quoting: whether quotes enclose cells; if not, they are part of the text.
        idle: (S,) places of the bytes that a reader is better not given: the spaces between a
            delimiter and an opening quote.
    """

    width: int
    starts: np.ndarray
    blank: np.ndarray
    quoting: bool
    idle: np.ndarray


class StrayQuoteError(Exception):
    """A quote that neither opens nor closes a cell; its argument is the line."""


class RowsDifferError(Exception):
    """Rows of different lengths, of which an inexact walk does not know the first."""


def find_structure(file: BinaryIO, delimiter: str, source: str, exact: bool = False) -> Structure:
    """Go through a file from where it stands, which is its beginning or after a byte order mark.

    Args:
        file: the file.
        delimiter: what separates its cells.
        source: its name for errors.
        exact: whether to count the cells of each single row. Else they are counted by blocks where
            there are no quotes, which takes a third of the time: a row that is too short is then
            found unless one near it is too long, which no reader accepts.

    Raises:
        DataError: a row with more or fewer cells than the first, a quote out of place or never
            closed, what is no UTF-8 text, more than 100,000 columns, nothing but blank lines.
    """
    start = file.tell()
    try:
        return _walked(file, delimiter, source, exact)
    except RowsDifferError:
        file.seek(start)
        return _walked(file, delimiter, source, exact=True)


def _walked(file: BinaryIO, delimiter: str, source: str, exact: bool) -> Structure:
    """What a walk finds if quotes enclose cells, or else if they are part of the text."""
    start = file.tell()
    try:
        return _Walk(file, delimiter, source, True, exact).structure()
    except StrayQuoteError as stray:
        file.seek(start)
        try:
            # Where no cell begins with a quote, quotes are inches and the like.
            return _Walk(file, delimiter, source, False, exact).structure()
        except StrayQuoteError:
            raise DataError(
                f"{source}, line {stray.args[0]}: a quote stands within a cell",
                why="in this file quotes enclose whole cells",
                instead='Double the quotes inside of a quoted cell, as in "a ""word"" here".',
            ) from None


def cell_counts(block: bytes, delimiter: str) -> np.ndarray:
    """(R,) the number of cells of each whole record of a block, by its quotes' parity alone."""
    content = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(content == QUOTE)
    marks = np.flatnonzero((content == ord(delimiter)) | (content == NEWLINE))
    marks = marks[np.searchsorted(quotes, marks) % 2 == 0]
    return np.diff(np.flatnonzero(content[marks] == NEWLINE), prepend=-1)


def first_records(file: BinaryIO, structure: Structure) -> bytes:
    """The first 1,000 records of a file, from where it stands; fewer where they pass 1 MiB."""
    lines = np.diff(structure.starts[: SAMPLE_RECORDS + 1])
    records, size = [], 0
    for count in lines if len(structure.starts) > SAMPLE_RECORDS else [*lines, None]:
        records.append(b"".join(islice(file, count)))
        size += len(records[-1])
        if size > SAMPLE_BYTES and len(records) > 1:
            break
    return b"".join(records)


class _Walk:
    """One walk through a file; what has been seen so far."""

    def __init__(self, file: BinaryIO, delimiter: str, source: str, quoting: bool, exact: bool):
        self.delimiter = delimiter.encode()
        self.source = source
        self.quoting = quoting
        self.exact = exact
        kept = self.delimiter + b"\n"
        self.width = 0
        self.not_structural = bytes(each for each in range(256) if each not in kept)
        self.cells: list[np.ndarray] = []
        self.starts: list[np.ndarray] = []
        self.blank: list[np.ndarray] = []
        self.spaces: list[np.ndarray] = []
        # A record that goes on in the next block, because a quote is open.
        self.is_open = False
        self.open_line = 0
        self.open_delimiters = 0
        opening_quote = re.compile(b"(?:^|[\n" + re.escape(self.delimiter) + b']) *"')
        for block in line_blocks(file, delimiter, source):
            if quoting and (self.is_open or b'"' in block.content):
                self.quoted(block)
            elif not quoting and opening_quote.search(block.content):
                raise StrayQuoteError
            else:
                self.plain(block)

    def plain(self, block: Block) -> None:
        """A block in which each line is a record."""
        delimiters = self.width - 1
        if (
            not self.exact
            and self.width
            and occurrences(block.content, self.delimiter.decode()) == block.lines * delimiters
        ):
            cells = np.full(block.lines, self.width)
        else:
            skeleton = np.frombuffer(block.content.translate(None, self.not_structural), np.uint8)
            cells = np.diff(np.flatnonzero(skeleton == NEWLINE), prepend=-1)
        self.add(block, cells, np.arange(block.line, block.line + len(cells)))

    def quoted(self, block: Block) -> None:
        """A block in which delimiters and line breaks may stand between quotes."""
        content = np.frombuffer(block.content, np.uint8)
        quotes = np.flatnonzero(content == QUOTE)
        self.check_quotes(block, content, quotes)
        newlines = np.flatnonzero(content == NEWLINE)
        marks = np.flatnonzero((content == ord(self.delimiter)) | (content == NEWLINE))
        marks = marks[(np.searchsorted(quotes, marks) + self.is_open) % 2 == 0]
        ends = np.flatnonzero(content[marks] == NEWLINE)
        next_lines = block.line + np.searchsorted(newlines, marks[ends]) + 1
        first_line = self.open_line if self.is_open else block.line
        lines = np.concatenate([[first_line], next_lines])
        cells = np.diff(ends, prepend=-1)
        cells[:1] += self.open_delimiters
        in_last = len(marks) - 1 - (ends[-1] if len(ends) else -1)
        self.open_delimiters = in_last + (0 if len(ends) else self.open_delimiters)
        self.open_line = int(lines[-1])
        self.is_open = (len(quotes) + self.is_open) % 2 == 1
        self.add(block, cells, lines[:-1])

    def check_quotes(self, block: Block, content: np.ndarray, quotes: np.ndarray) -> None:
        """Raise unless quotes stand at both ends of cells; note the spaces in front of them."""
        content = np.concatenate([[NEWLINE], content])
        opening, closing = quotes[int(self.is_open) :: 2], quotes[int(not self.is_open) :: 2]
        # In `content`, the byte at a place is the one before it in the block.
        behind = opening
        while len(spaced := np.flatnonzero(content[behind] == SPACE)):
            behind = behind.copy()
            behind[spaced] -= 1
            self.spaces.append(block.offset + behind[spaced])
        opens = np.isin(content[behind], [ord(self.delimiter), NEWLINE, QUOTE])
        closes = np.isin(content[closing + 2], [ord(self.delimiter), NEWLINE, QUOTE, RETURN])
        wrong = np.concatenate([opening[~opens], closing[~closes]])
        if len(wrong):
            raise StrayQuoteError(block.line + block.content.count(b"\n", 0, int(wrong.min())))

    def add(self, block: Block, cells: np.ndarray, starts: np.ndarray) -> None:
        """Take over the records that end in a block."""
        blank = np.zeros(len(cells), bool)
        candidates = np.flatnonzero((cells == 1) & (starts >= block.line))
        if len(candidates):
            lines = block.content.split(b"\n")
            blank[candidates] = [
                not lines[start].strip() for start in starts[candidates] - block.line
            ]
        self.cells.append(cells)
        self.starts.append(starts)
        self.blank.append(blank)
        if not self.width and not blank.all():
            self.width = int(cells[~blank][0])

    def structure(self) -> Structure:
        if self.is_open:
            raise DataError(
                f"{self.source}, line {self.open_line}: a quote opens in this row and never closes",
                why="everything after it would be one cell",
                instead='Close it, or double a quote that is part of the text, as in "3"" pipe".',
            )
        blank = np.concatenate(self.blank) if self.blank else np.ones(0, bool)
        if blank.all():
            raise DataError(
                f"{self.source} is empty",
                why="it has no line with a cell in it",
                instead="Look at what wrote it.",
            )
        cells, starts = np.concatenate(self.cells), np.concatenate(self.starts)
        self.check_width(cells[~blank], starts[~blank])
        spaces = np.sort(np.concatenate(self.spaces)) if self.spaces else np.zeros(0, np.int64)
        return Structure(self.width, starts, blank, self.quoting, spaces)

    def check_width(self, cells: np.ndarray, starts: np.ndarray) -> None:
        """Raise unless all rows, whose cells and lines are given, are as wide as the first."""
        width = self.width
        if width > MOST_COLUMNS:
            raise DataError(
                f"{self.source}, line {starts[0]}: the row has {width} cells",
                why=f"tables of at most {MOST_COLUMNS} columns are read",
                instead="Check the delimiter, and that a row is a sample and a column a feature.",
            )
        wrong = np.flatnonzero(cells != width)
        if len(wrong) and not self.exact:
            raise RowsDifferError
        if len(wrong):
            row = int(wrong[0])
            raise DataError(
                f"{self.source}, line {starts[row]}: the row has {cells[row]} cell(s)",
                why=f"line {starts[0]} has {width}, and {len(wrong)} of {len(cells)} rows have "
                "more or fewer than that",
                instead=f"Give every row a cell for each column, with {self.delimiter.decode()!r} "
                "in between; text that holds one stands in double quotes.",
            )
