"""CSV files: looked through for their structure, and then read by Polars."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from gzip import GzipFile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from holograd.data.csv_dialect import has_header, sniff_delimiter
from holograd.data.csv_reader import CsvReader, numbered_names
from holograd.data.csv_structure import Structure, find_structure, first_records
from holograd.data.opening import CHUNK, LARGEST, opened
from holograd.errors import DataError

if TYPE_CHECKING:
    import polars

HEAD = 2**18
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Bytes below space that text has no use for: all but tab, line ends and page breaks.
CONTROL = bytes(each for each in range(32) if each not in b"\t\n\v\f\r")


@dataclass(frozen=True)
class Content:
    """A CSV file, as it lies on disk or taken into memory; its text begins after `begin` bytes."""

    file: BinaryIO
    path: Path
    begin: int

    def from_start(self) -> BinaryIO:
        """The file, standing at the beginning of its text."""
        self.file.seek(self.begin)
        return self.file

    def source(self) -> Path | bytes:
        """What Polars reads, without a copy."""
        return self.file.getvalue() if isinstance(self.file, io.BytesIO) else self.path


def read_csv(
    path: Path,
    header: str,
    delimiter: str | None,
    missing: Collection[str],
    text: Collection[str | int],
) -> tuple[polars.DataFrame, bool, np.ndarray]:
    """Read a CSV file, compressed or not.

    Returns:
        The cells, numbers as Float64 and texts as String, stripped of spaces, missing cells null;
        whether the file has a header; and (N,) the line on which each row stands.
    """
    with _content(path) as content:
        head = content.from_start().read(HEAD)
        head = head[: head.rfind(b"\n") + 1] or head + b"\n"
        delimiter = delimiter or sniff_delimiter(head)
        structure = find_structure(content.from_start(), delimiter, str(path))
        structure = _beginning_with_a_row(structure, content.from_start())
        text_alone = _without(content, structure.idle) if len(structure.idle) else content
        sample = first_records(text_alone.from_start(), structure)
        if sample.startswith(BYTE_ORDER_MARK):
            raise DataError(
                f"{path}, line {structure.starts[0]}: there is a byte order mark before a row",
                why="one may stand at the very beginning of a file; this is a second one, or comes "
                "after blank lines",
                instead="Save the table anew as CSV in UTF-8.",
            )
        reader = CsvReader(
            str(path),
            delimiter,
            structure,
            missing,
            recheck=lambda: find_structure(content.from_start(), delimiter, str(path), exact=True),
        )
        cells = reader.sample(sample)
        rows = [[(cell or "").strip() for cell in row] for row in cells.rows()]
        first = rows[0]
        named = header == "yes" or (header == "auto" and has_header(rows, missing))
        names = check_names(first, str(path)) if named else numbered_names(len(first))
        frame, lines = reader.read(
            text_alone.source(), cells[int(named) :], names, int(named), text
        )
    if not len(frame):
        raise DataError(
            f"{path} has a header and no row",
            why=f"its only line, {', '.join(first[:5])}{', …' * (len(first) > 5)}, "
            "looks like the columns' names",
            instead='Write header="no" if that line is data.',
        )
    return frame, named, lines


def check_names(names: Sequence[str], source: str) -> list[str]:
    """The columns' names, where each is there once; an empty one becomes column_0 and so on.

    Raises:
        DataError: a name that occurs twice.
    """
    names = [name or f"column_{place}" for place, name in enumerate(names)]
    if len(set(names)) < len(names):
        places: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            places.setdefault(name, []).append(place)
        name, twice = next((name, at) for name, at in places.items() if len(at) > 1)
        raise DataError(
            f"{source}: the column name {name!r} occurs {len(twice)} times, in columns "
            f"{', '.join(map(str, twice[:5]))}{', …' * (len(twice) > 5)}",
            why="columns are told apart by their names",
            instead="Rename them; or, if the first line is data, write header='no'.",
        )
    return names


@contextmanager
def _content(path: Path) -> Iterator[Content]:
    """The file's text; what is no UTF-8 text by its first bytes is refused."""
    with opened(path) as file:
        head = file.read(HEAD)
        size = path.stat().st_size
        if size > LARGEST:
            raise _too_large(path, size)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise DataError(
                f"{path} is text in UTF-16",
                why="tables are read in UTF-8",
                instead="Save it as CSV UTF-8, or write: iconv -f UTF-16 -t UTF-8 FILE",
            )
        if any(each in CONTROL for each in head):
            place = next(place for place, each in enumerate(head) if each in CONTROL)
            raise DataError(
                f"{path} is binary, not a table in text: byte {place} is 0x{head[place]:02x}",
                why="CSV, CSV.gz, .npy, .npz and Parquet files are read",
                instead="Save the table in one of these.",
            )
        begin = len(BYTE_ORDER_MARK) if head.startswith(BYTE_ORDER_MARK) else 0
        plain = not isinstance(file, GzipFile)
        old_line_ends = b"\r" in head and b"\n" not in head
        if plain and not old_line_ends:
            yield Content(file, path, begin)
        else:
            file.seek(0)
            yield Content(_in_memory(path, file, old_line_ends), path, begin)


def _in_memory(path: Path, file: BinaryIO, old_line_ends: bool) -> io.BytesIO:
    """The content of a compressed file, or of one whose lines end with a return alone."""
    content = io.BytesIO()
    while chunk := file.read(CHUNK):
        content.write(chunk.replace(b"\r", b"\n") if old_line_ends else chunk)
        if content.tell() > LARGEST:
            raise _too_large(path, content.tell())
    return content


def _too_large(path: Path, size: int) -> DataError:
    return DataError(
        f"{path} holds {size} bytes or more of text",
        why=f"at most {LARGEST} are read, as the whole table is held in memory",
        instead="Take a sample of its rows, or fewer columns.",
    )


def _beginning_with_a_row(structure: Structure, file: BinaryIO) -> Structure:
    """The same without the blank lines at the beginning, which become idle bytes."""
    lead = int(structure.blank.argmin())
    if not lead:
        return structure
    size = sum(len(line) for line in islice(file, int(structure.starts[lead]) - 1))
    return replace(
        structure,
        starts=structure.starts[lead:],
        blank=structure.blank[lead:],
        idle=np.concatenate([np.arange(size), structure.idle]),
    )


def _without(content: Content, places: np.ndarray) -> Content:
    """The same bytes without those at some places, counted from the beginning of the text."""
    kept = np.delete(np.frombuffer(content.from_start().read(), np.uint8), places)
    return Content(io.BytesIO(kept.tobytes()), content.path, 0)
