"""Tables out of NumPy arrays, and out of .npy and .npz files without ever running code in them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np
from numpy.lib import format as npy_format

from holograd.data.csv_reader import numbered_names
from holograd.data.csv_structure import MOST_COLUMNS
from holograd.data.opening import LARGEST, at_most, opened
from holograd.data.optional import optional
from holograd.errors import DataError

if TYPE_CHECKING:
    import polars


def read_npy(path: Path) -> polars.DataFrame:
    """The columns of a .npy file, an array of shape (N, columns) or (N,).

    Raises:
        DataError: a file that is cut short or damaged, holds Python objects, or an array that is
            no table.
    """
    with opened(path) as file:
        array = _read_array(file, path.stat().st_size, str(path))
    return frame_of_array(array, str(path))


def read_npz(path: Path) -> polars.DataFrame:
    """The columns of a .npz file. An array (N,) is a column of its name, one (N, 3) named x is
    x_0, x_1 and x_2; the columns of an array that is alone are column_0 and so on.

    Raises:
        DataError: as `read_npy`, and arrays with different numbers of rows.
    """
    arrays = {}
    with opened(path) as file:
        try:
            archive = zipfile.ZipFile(file)
            total = sum(entry.file_size for entry in archive.infolist())
            if total > LARGEST:
                raise _too_large(str(path), total)
            for entry in archive.infolist():
                if not entry.filename.endswith(".npy"):
                    raise DataError(
                        f"{path} holds {entry.filename!r}, which is no array",
                        why="of the files that begin like this one, .npz files are read",
                        instead="Save the table as CSV, Parquet or .npz; for a spreadsheet, CSV.",
                    )
                name = entry.filename.removesuffix(".npy")
                with archive.open(entry) as array:
                    arrays[name] = _read_array(
                        cast(BinaryIO, array), entry.file_size, f"{path}, array {name!r}"
                    )
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as error:
            raise _damaged(str(path), error) from None
    if len(arrays) == 1:
        return frame_of_array(next(iter(arrays.values())), str(path))
    return frame_of_arrays(arrays, str(path))


def frame_of_array(array: np.ndarray, source: str) -> polars.DataFrame:
    """The columns of an array of shape (N, columns) or (N,), named column_0, column_1 and so on."""
    columns = _columns(array, source)
    return _frame(dict(zip(numbered_names(len(columns)), columns, strict=True)), source)


def frame_of_arrays(arrays: Mapping[str, np.ndarray], source: str) -> polars.DataFrame:
    """The columns of several arrays of N rows."""
    columns: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        parts = _columns(array, f"{source}, array {name!r}")
        names = [name] if array.ndim == 1 else [f"{name}_{place}" for place in range(len(parts))]
        twice = columns.keys() & names
        if twice:
            raise DataError(
                f"{source} has two columns named {min(twice)!r}",
                why="the columns of array x are x_0, x_1 and so on",
                instead="Rename an array.",
            )
        columns |= dict(zip(names, parts, strict=True))
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError(
            f"{source} holds arrays with different numbers of rows: {told}",
            why="together they are the columns of one table",
            instead="Save the training and the test part in files of their own.",
        )
    return _frame(columns, source)


def _columns(array: np.ndarray, source: str) -> list[np.ndarray]:
    if array.ndim not in (1, 2):
        raise DataError(
            f"{source} has the shape {array.shape}",
            why="a table has rows and columns",
            instead="Write array.reshape(len(array), -1) to make each row's numbers its columns."
            if array.ndim
            else "Give an array of shape (N, columns).",
        )
    if array.dtype.kind not in "fiubUS":
        raise DataError(
            f"{source} holds {array.dtype}",
            why="the cells of a table are numbers or texts",
            instead="Write array.astype('float32'), or array.astype(str).",
        )
    if array.dtype.kind == "S":
        array = array.astype(str)
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    array = array[:, None] if array.ndim == 1 else array
    if array.shape[1] > MOST_COLUMNS:
        raise DataError(
            f"{source} has {array.shape[1]} columns",
            why=f"tables of at most {MOST_COLUMNS} columns are read",
            instead="Check that a row is a sample and a column a feature.",
        )
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    return [np.ascontiguousarray(column) for column in native.T]


def _frame(columns: dict[str, np.ndarray], source: str) -> polars.DataFrame:
    polars = optional("polars", f"{source}: a table is held by")
    return polars.DataFrame(
        {
            name: column.astype(np.uint8) if column.dtype == bool else column
            for name, column in columns.items()
        }
    )


def _read_array(file: BinaryIO, size: int, source: str) -> np.ndarray:
    """An array in the .npy format; memory is taken as bytes arrive, never as its header says."""
    try:
        version = npy_format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version[0]}.{version[1]} holds no plain numbers")
        read_header = (
            npy_format.read_array_header_1_0
            if version == (1, 0)
            else npy_format.read_array_header_2_0
        )
        shape, by_columns, dtype = read_header(file)
    except Exception as error:  # NumPy parses the header as Python: it can go wrong in any way.
        raise _damaged(source, error) from None
    if dtype.hasobject:
        raise DataError(
            f"{source} holds Python objects",
            why="they are stored as pickles, which can run code",
            instead="Save an array of numbers or of text: array.astype('float32'), or astype(str).",
        )
    expected = dtype.itemsize * prod(shape)
    if expected > size or expected < 0:
        raise DataError(
            f"{source} is cut short",
            why=f"its header announces an array of shape {shape} and type {dtype}, {expected} "
            f"bytes, and all of it is {size}",
            instead="Get the file again.",
        )
    if expected > LARGEST:
        raise _too_large(source, expected)
    content = at_most(file, expected + 1)
    if len(content) != expected or not dtype.itemsize:
        raise _damaged(source, f"{expected} bytes were announced, and {len(content)} found")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if by_columns else "C")


def _damaged(source: str, error: object) -> DataError:
    return DataError(
        f"{source} is damaged, or no NumPy file",
        why=" ".join(str(error).split())[:200],
        instead="Get the file again, or save it anew by numpy.save.",
    )


def _too_large(source: str, size: int) -> DataError:
    return DataError(
        f"{source} holds {size} bytes of numbers",
        why=f"at most {LARGEST} are read, as the whole table is held in memory",
        instead="Take a sample of its rows.",
    )
