"""Order along a dimension: sorting, the k greatest, and the extremes with their positions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from holograd.errors import ArgumentError
from holograd.graph import apply
from holograd.ops.elementwise import maximum, minimum
from holograd.ops.gather import picked
from holograd.ops.movement import reshape
from holograd.ops.pieces import narrow
from holograd.ops.reduce import amax, amin, nonempty
from holograd.ops.running import argmax, argmin
from holograd.ops.table import (
    INT64,
    composite,
    example_text,
    normal_dim,
    operation,
    public,
    shape_of,
    whole_number,
)


class Extremes(NamedTuple):
    """Values along a dimension, and where in it they stood."""

    values: Any
    indices: Any


def _argsort(a: np.ndarray, dim: int, descending: bool) -> np.ndarray:
    if not descending:
        return np.argsort(a, axis=dim, kind="stable")
    turned = np.argsort(np.flip(a, dim), axis=dim, kind="stable")
    return np.flip(a.shape[dim] - 1 - turned, dim)


_ARGSORT = operation(
    "argsort", formula=r"\operatorname{argsort} a", dtype=INT64, gradient=None,
    summary="The positions along a dimension in the order of their numbers; equals keep theirs.",
    numpy=_argsort, shape=lambda a, dim, descending: a.shape,
    samples=lambda generator: [
        ((generator.uniform(-2, 2, (2, 5)),), {"dim": 1, "descending": False}),
        ((generator.integers(0, 3, 7),), {"dim": 0, "descending": True}),
        ((generator.integers(0, 3, (4, 1)),), {"dim": 0, "descending": False}),
        ((generator.uniform(-2, 2, (0, 2)),), {"dim": 0, "descending": True}),
    ],
)  # fmt: skip


@public
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The positions along `dim` in the order of their numbers, NaN as the greatest.

    Equals keep their order whether `stable` asks for it or not.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([3, 1, 2]).argsort().tolist()
        [1, 2, 0]
    """
    dim = normal_dim(dim, len(shape_of(input, "argsort")), "argsort")
    row = input if input.shape else reshape(input, (1,))
    order = apply(_ARGSORT, (row,), {"dim": dim, "descending": bool(descending)})
    return reshape(order, input.shape)


@public
@composite
def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> Extremes:
    """The numbers along `dim` in order, NaN as the greatest, and the positions they had.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([3, 1, 2]).sort(descending=True).values.tolist()
        [3, 2, 1]
    """
    dim = normal_dim(dim, len(shape_of(input, "sort")), "sort")
    order = argsort(input, dim, descending)
    return Extremes(picked(input, dim, order), order)


@public
@composite
def topk(
    input: Any, k: int, dim: int | None = None, largest: bool = True, sorted: bool = True
) -> Extremes:
    """The k greatest (or least) numbers along `dim` (the last where None), and their positions.

    They are in order whether `sorted` asks for it or not.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([3, 1, 2]).topk(2).indices.tolist()
        [0, 2]
    """
    dim = normal_dim(-1 if dim is None else dim, len(shape_of(input, "topk")), "topk")
    k = whole_number(k, "topk")
    extent = input.shape[dim] if input.shape else 1
    if not 0 <= k <= extent:
        raise ArgumentError(f"topk got k={k} for {extent} numbers along dim {dim}")
    order = argsort(input, dim, largest)
    order = narrow(order, dim, 0, k) if input.shape else order
    return Extremes(picked(input, dim, order), order)


def _extreme(name: str, whole: Any, position: Any, pairwise: Any, example: str) -> Any:
    some = nonempty(name)

    def function(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        shape = shape_of(input, name)
        if other is not None or hasattr(dim, "shape"):
            return pairwise(input, dim if other is None else other)
        if dim is None:
            some(input, tuple(range(len(shape))), keepdim)
            return whole(input, None, keepdim)
        if not isinstance(dim, (int, np.integer)):
            raise ArgumentError(
                f"{name} got dim={dim!r}, and gives positions along one dimension only",
                instead=f"Write x.a{name}(dim) for several, {name}imum(x, number) for two numbers.",
            )
        dim = normal_dim(dim, len(shape), name)
        if not shape:
            return Extremes(input, position(input))
        wanted = some(input, (dim,), keepdim)
        places = position(input, dim, keepdim=True)
        values = picked(input, dim, places)
        if not keepdim:
            values, places = reshape(values, wanted), reshape(places, wanted)
        return Extremes(values, places)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"The {name}imum: of all numbers, or along `dim` as values and their first indices; with a "
        f"tensor as second argument, the {name}imum of two.\n\n{example_text(example)}"
    )
    return public(composite(function))


max = _extreme("max", amax, argmax, maximum, "hg.tensor([3, 7, 5]).max() → tensor(7)")
min = _extreme("min", amin, argmin, minimum, "hg.tensor([3, 7, 5]).min() → tensor(3)")
