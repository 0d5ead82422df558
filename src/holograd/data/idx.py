"""Files in the IDX format of the MNIST data base, plain or compressed, read with suspicion.

Layout, all numbers big-endian: two zero bytes, a byte for the type of number, a byte for the count
of dimensions, four bytes for each extent, then the numbers row by row. The first four bytes
together are the file's magic number: 2051 for images (bytes, 3 dimensions), 2049 for labels (bytes,
1 dimension).

Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits, the section
on file formats.
"""

from __future__ import annotations

import os
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from holograd.data.opening import LARGEST, at_most, opened
from holograd.errors import DataError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
KNOWN_MAGICS = {2051: "images", 2049: "labels"}


def read_idx(path: str | os.PathLike[str], magic: int | None = None) -> np.ndarray:
    """Read an IDX file; whether it is gzip-compressed is seen from its first bytes.

    Memory is taken as bytes arrive, never as the header promises.

    Args:
        path: the file.
        magic: the magic number that it must have, 2051 for images and 2049 for labels; None takes
            any type of number and any count of dimensions.

    Returns:
        An array of the file's shape and type of number.

    Raises:
        DataError: a file that is missing, cut short, damaged or no IDX file, has bytes after its
            end, announces more than 4 GiB, or has another magic number. The message names the file
            and what was expected and found.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "labels"
        ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]))
        ...     print(read_idx(path, magic=2049))
        [5 0 4]
    """
    path = Path(path)
    with opened(path) as file:
        dtype, shape = _header(path, file, magic)
        expected = dtype.itemsize * prod(shape)
        content = at_most(file, expected + 1)
    if len(content) != expected:
        start = 4 + 4 * len(shape)
        cut = len(content) < expected
        # Only one byte too many was read, as compressed data could go on for ever.
        held = f"{'' if cut else 'at least '}{start + len(content)}"
        raise DataError(
            f"{path} {'is cut short' if cut else 'goes on after its end'}",
            why=f"its header announces {_times(shape)} numbers of {dtype.itemsize} byte(s), so "
            f"{start} + {expected} = {start + expected} bytes, and it holds {held}",
            instead="Get the file again.",
        )
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _header(path: Path, file: BinaryIO, magic: int | None) -> tuple[np.dtype, tuple[int, ...]]:
    """The type and the shape that the header announces, when they make sense."""
    first = at_most(file, 4)
    found = int.from_bytes(first, "big")
    if len(first) < 4:
        raise DataError(
            f"{path} is cut short",
            why=f"an IDX file begins with a magic number of 4 bytes, and it holds {len(first)}",
            instead="Get the file again.",
        )
    if magic is not None and found != magic:
        raise DataError(
            f"{path} begins with the magic number {_magic(found)}",
            why=f"{_magic(magic)} was expected",
            instead="Check that images and labels are not exchanged, and that it is an IDX file.",
        )
    zero, code, dimensions = found >> 16, found >> 8 & 0xFF, found & 0xFF
    if zero or code not in TYPES or not 1 <= dimensions <= 64:
        raise DataError(
            f"{path} begins with the bytes {first.hex(' ')}",
            why="an IDX file begins with 00 00, a type of number (08, 09, 0b, 0c, 0d or 0e) and a "
            "count of dimensions (01 to 40, in base 16)",
            instead="Check that it is an IDX file, such as train-images-idx3-ubyte.gz.",
        )
    extents = at_most(file, 4 * dimensions)
    if len(extents) < 4 * dimensions:
        raise DataError(
            f"{path} is cut short",
            why=f"a header of {dimensions} dimension(s) takes {4 + 4 * dimensions} bytes, and it "
            f"holds {4 + len(extents)}",
            instead="Get the file again.",
        )
    dtype = np.dtype(TYPES[code])
    shape = tuple(np.frombuffer(extents, ">u4").tolist())
    # An extent of zero counts as one here: NumPy, too, refuses (0, 2³², 2³²).
    if dtype.itemsize * prod(max(extent, 1) for extent in shape) > LARGEST:
        raise DataError(
            f"{path} announces {_times(shape)} numbers of {dtype.itemsize} byte(s)",
            why=f"that is {dtype.itemsize * prod(shape)} bytes, and at most {LARGEST} are read",
            instead="The header is probably damaged: get the file again.",
        )
    return dtype, shape


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _magic(number: int) -> str:
    kind = KNOWN_MAGICS.get(number)
    return (
        f"{number} ({kind})" if kind else f"{number} (bytes {number.to_bytes(4, 'big').hex(' ')})"
    )
