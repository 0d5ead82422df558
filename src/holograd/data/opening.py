"""Files opened for reading, decompressed where need be; what goes wrong becomes a DataError."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from holograd.errors import DataError

LARGEST = 4 * 2**30
CHUNK = 2**20
GZIP_MAGIC = b"\x1f\x8b"


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file's content; whether it is gzip-compressed is seen from its first bytes.

    Raises:
        DataError: there is no such file, it may not be read, or what is read inside of the `with`
            block is cut short or damaged.
    """
    try:
        if not path.is_file():
            raise DataError(
                f"{path} cannot be read",
                why="it is not a file" if path.exists() else "there is no such file",
                instead="Check the path.",
            )
        with open(path, "rb") as raw:
            compressed = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            if compressed:
                with gzip.open(raw) as file:
                    yield cast(BinaryIO, file)
            else:
                yield raw
    except EOFError as error:
        raise DataError(
            f"{path} is cut short",
            why=f"its {path.stat().st_size} bytes are gzip-compressed data without an end",
            instead="Get the file again.",
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{path} is damaged",
            why=f"its {path.stat().st_size} bytes cannot be decompressed ({error})",
            instead="Get the file again.",
        ) from error
    except OSError as error:
        raise DataError(
            f"{path} cannot be read",
            why=error.strerror or str(error),
            instead="Check that the file is there and that you may read it.",
        ) from error


def at_most(file: BinaryIO, count: int) -> bytearray:
    """The next `count` bytes, or fewer where the file ends."""
    content = bytearray()
    while chunk := file.read(min(CHUNK, count - len(content))):
        content += chunk
    return content
