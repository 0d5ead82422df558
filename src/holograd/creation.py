"""Tensors out of nothing: from numbers and arrays, constants, ranges, random draws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from holograd.eager import as_array
from holograd.errors import ArgumentError
from holograd.graph import leaf
from holograd.ops import random
from holograd.ops.elementwise import cast
from holograd.ops.movement import sizes_of
from holograd.ops.random import Generator
from holograd.ops.table import FLOAT32, INT64
from holograd.tensor import Tensor


def _made(array: np.ndarray, requires_grad: bool) -> Tensor:
    return Tensor(leaf(array)).requires_grad_(requires_grad)


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of `data`: a number, nested lists, or an array.

    Python floats become float32, integers int64; arrays keep their dtype.

    Raises:
        DtypeError: `data` does not consist of numbers.

    Example:
        >>> tensor([[1, 2], [3, 4]]).shape
        (2, 2)
    """
    if isinstance(data, (list, tuple)) and any(isinstance(one, Tensor) for one in data):
        data = [one.tolist() if isinstance(one, Tensor) else one for one in data]
    array = as_array(data.value if isinstance(data, Tensor) else data, dtype)
    return _made(array.copy(), requires_grad)


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor that shares the array's memory; do not write into the array afterwards."""
    return _made(as_array(array), False)


def as_tensor(data: Any, dtype: Any = None) -> Tensor:
    """`data` as a tensor: itself if it is one, sharing memory with an array where it can."""
    made = data if isinstance(data, Tensor) else _made(as_array(data), False)
    return made if dtype is None else cast(made, dtype)


def _shape(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    shape = sizes_of(sizes, "a tensor's shape")
    if min(shape, default=0) < 0:
        raise ArgumentError(f"a tensor cannot have shape {shape}", why="an extent is negative")
    return shape


def full(size: Any, fill_value: float, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """One number everywhere.

    Example:
        >>> full((2,), 7)
        tensor([7, 7])
    """
    if dtype is None:
        dtype = as_array(fill_value).dtype
    return _made(np.full(_shape((size,)), fill_value, dtype), requires_grad)


def zeros(*size: Any, dtype: Any = FLOAT32, requires_grad: bool = False) -> Tensor:
    """Zeros of the given shape."""
    return _made(np.zeros(_shape(size), dtype), requires_grad)


def ones(*size: Any, dtype: Any = FLOAT32, requires_grad: bool = False) -> Tensor:
    """Ones of the given shape."""
    return _made(np.ones(_shape(size), dtype), requires_grad)


def arange(
    start: float, end: float | None = None, step: float = 1, *, dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers from `start` (0 where only one is given) to before `end`, by `step`."""
    if end is None:
        start, end = 0, start
    if step == 0 or (end - start) / step < 0:
        raise ArgumentError(f"arange cannot go from {start} to {end} by {step}")
    if dtype is None:
        dtype = INT64 if all(isinstance(one, int) for one in (start, end, step)) else FLOAT32
    count = math.ceil((end - start) / step)
    return _made((start + step * np.arange(count)).astype(dtype), requires_grad)


def linspace(
    start: float, end: float, steps: int, *, dtype: Any = FLOAT32, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers at equal distances, from `start` to `end`, both included."""
    if steps < 0:
        raise ArgumentError(f"linspace got steps={steps}", instead="Write zero or more.")
    return _made(np.linspace(start, end, steps).astype(dtype), requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: Any = FLOAT32, requires_grad: bool = False
) -> Tensor:
    """A matrix with ones on the diagonal and zeros elsewhere."""
    rows, columns = _shape((n, n if m is None else m))
    return _made(np.eye(rows, columns, dtype=dtype), requires_grad)


def _drawn(drawn: Tensor, requires_grad: bool) -> Tensor:
    return drawn.requires_grad_(True) if requires_grad else drawn


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = FLOAT32,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers, spread evenly over [0, 1)."""
    return _drawn(random.uniform(_shape(size), np.dtype(dtype), generator), requires_grad)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = FLOAT32,
    requires_grad: bool = False,
) -> Tensor:
    """Random numbers of the standard normal distribution."""
    return _drawn(random.normal(_shape(size), np.dtype(dtype), generator), requires_grad)


def randint(
    low: int, high: int | None = None, size: Any = (), *, generator: Generator | None = None,
    dtype: Any = INT64,
) -> Tensor:  # fmt: skip
    """Random integers from `low` to below `high`; `randint(high, size=…)` counts from 0."""
    if high is None:
        low, high = 0, low
    elif isinstance(high, (tuple, list)):
        low, high, size = 0, low, high
    return cast(random.integers(low, high, _shape((size,)), generator), dtype)


def randperm(n: int, *, generator: Generator | None = None) -> Tensor:
    """The numbers 0 to n − 1 in a random order."""
    return random.permutation(_shape((n,))[0], generator)


def zeros_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the same shape and kind."""
    return zeros(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the same shape and kind."""
    return ones(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def full_like(
    input: Tensor, fill_value: float, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """One number everywhere, in the same shape and kind."""
    return full(input.shape, fill_value, dtype=dtype or input.dtype, requires_grad=requires_grad)


def rand_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None) -> Tensor:
    """Random numbers spread evenly over [0, 1), in the same shape and kind."""
    return rand(input.shape, generator=generator, dtype=dtype or input.dtype)


def randn_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None) -> Tensor:
    """Random numbers of the standard normal distribution, in the same shape and kind."""
    return randn(input.shape, generator=generator, dtype=dtype or input.dtype)
