"""What layers ask of their sizes, their kind of number, and their inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from holograd.errors import ArgumentError, DtypeError
from holograd.nn.call import misfit, place_of
from holograd.nn.module import Module
from holograd.nn.parameter import Parameter
from holograd.ops.table import FLOAT32, FLOAT64


def size(layer: Module, name: str, value: Any, least: int = 1) -> int:
    """`value` as an integer of at least `least`; raises ArgumentError."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least:
        raise ArgumentError(
            f"{type(layer).__name__} got {name}={value!r}",
            instead=f"Write an integer of at least {least}.",
        )
    return int(value)


def sizes(layer: Module, name: str, value: Any, count: int, least: int = 1) -> tuple[int, ...]:
    """One integer for all of `count` dimensions, or one each; raises ArgumentError."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * count
    if len(values) != count:
        raise ArgumentError(
            f"{type(layer).__name__} got {name}={value!r}",
            instead=f"Write one integer, or {count}: one a dimension.",
        )
    return tuple(size(layer, name, one, least) for one in values)


def zeros(shape: tuple[int, ...], dtype: Any) -> Parameter:
    """A parameter of zeros, float32 where `dtype` is None; raises DtypeError."""
    kind = FLOAT32 if dtype is None else np.dtype(dtype)
    if kind not in (FLOAT32, FLOAT64):
        raise DtypeError(
            f"a layer's parameters cannot be of {kind}", why="integers have no gradient",
            instead="Write dtype=hg.float32 or dtype=hg.float64.",
        )  # fmt: skip
    return Parameter(np.zeros(shape, kind))


def shape_of(module: Module, input: Any) -> tuple[int, ...]:
    """The shape of what a layer was called with; raises ArgumentError for what has none."""
    try:
        return input.shape
    except AttributeError:
        raise ArgumentError(
            f"{place_of(module)} takes a tensor, and got a {type(input).__name__}",
            instead="Write model(hg.tensor(data)).",
        ) from None


def same_floats(module: Module, input: Any, weight: Any) -> None:
    """Raises DtypeError where data of one kind of float meets parameters of the other."""
    if input.dtype.kind == "f" and input.dtype != weight.dtype:
        raise DtypeError(
            f"{place_of(module)} has parameters of {weight.dtype}, and got {input.dtype}",
            why="arrays made by NumPy are float64 unless told otherwise",
            instead=f"Write x.to(hg.{weight.dtype}), or model.to(hg.{input.dtype}).",
        )


def channels(module: Module, input: Any, count: int, dims: tuple[str, ...], instead: str) -> None:
    """Raises ShapeError where the data does not have `count` channels in front of `dims`."""
    shape = shape_of(module, input)
    takes = f"(N, {', '.join((str(count), *dims))})"
    if len(shape) not in (len(dims) + 1, len(dims) + 2):
        raise misfit(module, takes, shape, f"the data has {len(shape)} dimensions")
    found = shape[-len(dims) - 1]
    if found != count and len(shape) == len(dims) + 1:
        raise misfit(
            module, takes, shape, f"without N, that is one sample of {found} channels",
            f"Write x.unsqueeze(1) for {found} samples of one channel.",
        )  # fmt: skip
    if found != count:
        got = f"(N, {', '.join(map(str, shape[1:]))})"
        raise misfit(module, takes, got, f"the data has {found} channels", instead.format(found))
