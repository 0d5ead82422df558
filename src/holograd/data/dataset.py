"""Data sets of tensors, and the loader that hands them out in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from holograd.creation import from_numpy
from holograd.errors import ArgumentError, DataError, DtypeError, ShapeError
from holograd.ops.random import Generator, permutation
from holograd.tensor import Tensor

Rows = int | slice | Sequence[int] | np.ndarray | Tensor


class TensorDataset:
    """Tensors whose rows belong together: row i of each is sample i.

    Args:
        tensors: one or more tensors or NumPy arrays (used as they are, not copied), all (N, ...);
            by custom the inputs first and the targets last.
        classes: the name of each class, where the targets are class numbers.
        scale: what the numbers of the first tensor, bytes, are multiplied by whenever rows are
            taken, as 1 / 255 for pixels: rows are float32, and the whole stays a byte a number.

    Attributes:
        tensors: the tensors, as a tuple.
        classes: the names, as a tuple, or None.
        scale: the factor, or None.

    `len(dataset)` is N. `dataset[i]` is a tuple with row i of each tensor, and a slice, an array or
    a list of integers takes many rows. Rows carry no gradient history.

    Raises:
        ArgumentError: without a tensor.
        DtypeError: for what is neither a tensor nor an array.
        ShapeError: when the tensors differ in length, or one is a single number.

    Example:
        >>> pixels = np.array([[0, 255], [255, 51]], np.uint8)
        >>> TensorDataset(pixels, np.array([0, 1]), scale=1 / 255)[0][0].tolist()
        [0.0, 1.0]
        >>> dataset = TensorDataset(np.eye(3), np.array([0, 1, 2]), classes=["x", "y", "z"])
        >>> len(dataset), [column.shape for column in dataset[[0, 2]]]
        (3, [(2, 3), (2,)])
    """

    def __init__(
        self,
        *tensors: Tensor | np.ndarray,
        classes: Sequence[str] | None = None,
        scale: float | None = None,
    ):
        if not tensors:
            raise ArgumentError(
                "TensorDataset got no tensor",
                why="it holds rows of tensors",
                instead="Write TensorDataset(inputs, targets).",
            )
        self.tensors = tuple(_as_tensor(number, each) for number, each in enumerate(tensors))
        self.classes = None if classes is None else tuple(classes)
        self.scale = scale
        if scale is not None and self.tensors[0].dtype != np.uint8:
            raise DtypeError(
                f"TensorDataset got scale={scale} for inputs of {self.tensors[0].dtype}",
                why="it is for bytes, of which a float each would take four times the memory",
                instead="Multiply them, or give array.astype(np.uint8).",
            )
        lengths = [len(each) for each in self.tensors]
        if len(set(lengths)) > 1:
            shapes = " and ".join(str(each.shape) for each in self.tensors)
            raise ShapeError(
                f"TensorDataset got tensors of {' and '.join(map(str, lengths))} rows ({shapes})",
                why="row i of each tensor belongs to sample i",
                instead=f"Give tensors of equal length, for instance each [:{min(lengths)}].",
            )

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, rows: Rows) -> tuple[Tensor, ...]:
        index = rows.value if isinstance(rows, Tensor) else rows
        taken = [np.asarray(each.value[index]) for each in self.tensors]
        taken[0] = scaled(taken[0], self.scale)
        return tuple(map(from_numpy, taken))

    def part(self, rows: Sequence[int] | np.ndarray | slice) -> TensorDataset:
        """The data set of some of the rows; bytes stay bytes."""
        taken = [each.value[rows] for each in self.tensors]
        return TensorDataset(*taken, classes=self.classes, scale=self.scale)

    def __repr__(self) -> str:
        columns = ", ".join(f"{each.shape[1:]} {each.dtype}" for each in self.tensors)
        return f"TensorDataset({len(self)} rows of {columns})"


class DataLoader:
    """Batches of a data set, as tuples of tensors; each `for` loop over it is one epoch.

    Args:
        dataset: a `TensorDataset`.
        batch_size: rows a batch; the last one of an epoch may have fewer.
        shuffle: whether each epoch takes the rows in a new random order.
        drop_last: whether to leave out a last batch that is not full.
        generator: where the orders come from, one stream an epoch; None takes the default one.

    `len(loader)` is the number of batches in an epoch.

    Raises:
        ArgumentError: when `batch_size` is not a whole number above 0.
        DataError: when the data set has no row.

    Example:
        >>> dataset = TensorDataset(np.arange(10.0)[:, None], np.arange(10))
        >>> [len(inputs) for inputs, targets in DataLoader(dataset, batch_size=4, shuffle=True)]
        [4, 4, 2]
    """

    def __init__(
        self,
        dataset: TensorDataset,
        batch_size: int = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        generator: Generator | None = None,
    ):
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ArgumentError(
                f"DataLoader got batch_size={batch_size!r}",
                why="a batch has a whole number of rows, 1 or more",
                instead="Write batch_size=32, or batch_size=len(dataset) for all rows at once.",
            )
        refuse_empty(dataset, "DataLoader")
        self.dataset = dataset
        self.batch_size = int(batch_size)
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.generator = generator

    def __len__(self) -> int:
        rows = len(self.dataset)
        return rows // self.batch_size if self.drop_last else -(-rows // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        rows, size = len(self.dataset), self.batch_size
        order = permutation(rows, self.generator).value if self.shuffle else None
        for start in range(0, len(self) * size, size):
            batch = slice(start, min(start + size, rows))
            yield self.dataset[batch if order is None else order[batch]]


def scaled(
    numbers: np.ndarray, scale: float | None, dtype: np.dtype | type = np.float32
) -> np.ndarray:
    """Bytes as floats, times `scale`; what they are where it is None."""
    if scale is None:
        return numbers
    floats = numbers.astype(dtype)
    return floats * floats.dtype.type(scale)


def refuse_empty(dataset: TensorDataset, name: str) -> None:
    """Raise a DataError, as `name`, when the data set has no row."""
    if len(dataset) == 0:
        raise DataError(
            f"{name} got a data set without rows",
            why="there is nothing to learn from or to test on",
            instead="Look at what made it: a filter that keeps no row, an empty file.",
        )


def _as_tensor(number: int, value: Tensor | np.ndarray) -> Tensor:
    if not isinstance(value, Tensor | np.ndarray):
        raise DtypeError(
            f"TensorDataset got a {type(value).__name__} as argument {number}",
            why="it holds tensors",
            instead="Write TensorDataset(tensor(inputs), tensor(targets)).",
        )
    if len(value.shape) == 0:
        raise ShapeError(
            f"TensorDataset got a single number as argument {number}",
            why="its tensors have rows, one a sample",
            instead="Give a tensor of shape (N, ...).",
        )
    return value if isinstance(value, Tensor) else from_numpy(value)
