"""The rows to learn from: what users give, checked once, and handed out in batches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from holograd.creation import as_tensor
from holograd.data import DataLoader, TensorDataset, split
from holograd.data.dataset import scaled
from holograd.errors import ArgumentError, DataError, DtypeError, ShapeError
from holograd.graph import leaf
from holograd.ops.random import Generator, permutation
from holograd.tensor import Tensor
from holograd.training.snapshot import all_finite

Data = TensorDataset | DataLoader | Sequence[Any]


class Rows:
    """Inputs and targets, row by row: floats of the model's dtype, finite, as many of each.

    Args:
        data: a `TensorDataset` of inputs and targets, a pair of them as tensors or arrays, or a
            `DataLoader`.
        dtype: the float type of the model, to which floats are converted.
        name: what the data is called in errors: "data", "validation".

    Raises:
        ArgumentError: it is none of these.
        DataError: there is no row, or one holds NaN or infinity: names it.
        ShapeError: there are not as many targets as inputs.
    """

    def __init__(self, data: Data, dtype: np.dtype, name: str):
        if isinstance(data, DataLoader):
            data = data.dataset
        tensors = data.tensors if isinstance(data, TensorDataset) else data
        self.scale = data.scale if isinstance(data, TensorDataset) else None
        self.dtype = dtype
        if not isinstance(tensors, tuple | list) or len(tensors) != 2:
            number = f" of {len(tensors)}" if isinstance(tensors, tuple | list) else ""
            raise ArgumentError(
                f"{name} is a {type(data).__name__}{number}",
                why="a model learns from inputs and the targets that belong to them",
                instead="Give a pair (inputs, targets), a TensorDataset of two, or a DataLoader.",
            )
        self.inputs = floats(tensors[0], dtype, f"the inputs of {name}")
        self.targets = floats(tensors[1], dtype, f"the targets of {name}")
        if len(self.inputs) != len(self.targets):
            raise ShapeError(
                f"{name} has {len(self.inputs)} rows of inputs, of shape {self.inputs.shape}, and "
                f"{len(self.targets)} of targets, of shape {self.targets.shape}",
                why="row i of the targets belongs to row i of the inputs",
            )
        if len(self.inputs) == 0:
            raise DataError(
                f"{name} has no row", why=f"the inputs have shape {self.inputs.shape}",
                instead="Look at what made it: a filter that keeps nothing, an empty file.",
            )  # fmt: skip

    def __len__(self) -> int:
        return len(self.inputs)

    def taken(self, rows: Any) -> tuple[Tensor, Tensor]:
        """Some rows, as a step takes them."""
        inputs = scaled(self.inputs[rows], self.scale, self.dtype)
        return tensor_of(inputs), tensor_of(self.targets[rows])

    @property
    def labelled(self) -> bool:
        """Whether the targets are class numbers, one integer a row."""
        return self.targets.dtype.kind in "iu" and self.targets.ndim == 1

    def held_out(self, share: float, seed: int) -> tuple[Rows, Rows]:
        """Both parts of a seeded split: what is left to learn from, and `share` of the rows.

        Raises:
            ArgumentError: the share is not between 0 and 1, or leaves a part without a row.
            DataError: a class has too few rows for both parts.
        """
        if not 0 < share < 1:
            raise ArgumentError(
                f"validation={share!r}", why="a share of the rows lies between 0 and 1",
                instead="Write validation=0.2, or give the rows: validation=(inputs, targets).",
            )  # fmt: skip
        dataset = TensorDataset(self.inputs, self.targets, scale=self.scale)
        try:
            parts = split(dataset, 1 - share, seed=seed, stratify=self.labelled)
        except DataError as error:
            raise DataError(
                f"validation={share!r}: {error.what}", why=error.why,
                instead="Write train, rest = holograd.data.split(data, 0.8, stratify=False), and "
                "fit(model, train, validation=rest).",
            ) from None  # fmt: skip
        first, second = (Rows(part, self.dtype, "data") for part in parts)
        return first, second


def floats(value: Any, dtype: np.dtype, name: str) -> np.ndarray:
    """An array with rows; where it holds floats, they are finite and of `dtype`."""
    if value is None or isinstance(value, str):
        raise DtypeError(f"{name} are {value!r}", instead="Give a tensor or an array.")
    array = as_tensor(value).value
    if array.ndim == 0:
        raise ShapeError(f"{name} are one number", why="they have rows, one a sample")
    if array.dtype.kind != "f":
        return array
    if not all_finite(array):
        rows = ~np.isfinite(array.reshape(len(array), -1)).all(axis=1)
        row = int(rows.argmax())
        place = np.unravel_index(int((~np.isfinite(array[row])).argmax()), array.shape[1:])
        column = f", place {', '.join(map(str, place))}" if place else ""
        raise DataError(
            f"{name} hold {array[(row, *place)]} in row {row}{column}",
            why=f"{int(rows.sum()):,} of {len(array):,} rows hold NaN or infinity, which spread to "
            "all that is computed from them",
            instead="Mend these rows, or leave them out: keep = np.isfinite(inputs).all(axis=1).",
        )
    return array.astype(dtype, copy=False)


class Batches:
    """The rows of one epoch after the other, in batches; all at once in their order if they fit.

    Args:
        rows: the data.
        size: rows a batch; the last one of an epoch may have fewer.
        generator: where orders come from, one stream an epoch.
    """

    def __init__(self, rows: Rows, size: int, generator: Generator):
        self.rows = rows
        self.size = min(size, len(rows))
        self.generator = generator
        self.shuffled = self.size < len(rows)

    @cached_property
    def whole(self) -> tuple[Tensor, Tensor]:
        """All rows at once, in their order."""
        return self.rows.taken(slice(None))

    def __len__(self) -> int:
        return math.ceil(len(self.rows) / self.size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        if not self.shuffled:
            yield self.whole
            return
        order = permutation(len(self.rows), self.generator).value
        for start in range(0, len(order), self.size):
            yield self.rows.taken(order[start : start + self.size])


class Loaded:
    """The batches of a `DataLoader`, which says itself how large they are and in which order."""

    def __init__(self, loader: DataLoader, dtype: np.dtype):
        self.loader, self.dtype = loader, dtype
        self.size, self.shuffled = loader.batch_size, loader.shuffle

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for inputs, targets in self.loader:
            yield self._converted(inputs), self._converted(targets)

    def _converted(self, tensor: Tensor) -> Tensor:
        array = tensor.value
        if array.dtype.kind != "f" or array.dtype == self.dtype:
            return tensor
        return tensor_of(array.astype(self.dtype))


def tensor_of(array: np.ndarray) -> Tensor:
    """A tensor of an array that is known to be sound."""
    return Tensor(leaf(array))


def batch_size_of(batch_size: Any) -> int:
    """A batch size, checked.

    Raises:
        ArgumentError: it is not a whole number above 0.
    """
    if (
        isinstance(batch_size, bool)
        or not isinstance(batch_size, int | np.integer)
        or batch_size < 1
    ):
        raise ArgumentError(
            f"batch_size={batch_size!r}", why="a batch has a whole number of rows, 1 or more",
            instead="Write batch_size=32, or batch_size=len(inputs) for all rows at once.",
        )  # fmt: skip
    return int(batch_size)
