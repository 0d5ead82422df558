"""Order along a dimension: sorting, the k greatest, and the extremes with their positions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from holograd.errors import ArgumentError
from holograd.graph import apply
from holograd.ops.elementwise import maximum, minimum
from holograd.ops.gather import gather
from holograd.ops.movement import reshape
from holograd.ops.pieces import narrow
from holograd.ops.reduce import amax, amin
from holograd.ops.running import argmax, argmin
from holograd.ops.table import INT64, composite, normal_dim, operation, public


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
    """
    dim = normal_dim(dim, len(input.shape), "argsort")
    row = input if input.shape else reshape(input, (1,))
    order = apply(_ARGSORT, (row,), {"dim": dim, "descending": bool(descending)})
    return reshape(order, input.shape)


@public
@composite
def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> Extremes:
    """The numbers along `dim` in order, NaN as the greatest, and the positions they had."""
    order = argsort(input, dim, descending)
    return Extremes(gather(input, dim, order), order)


@public
@composite
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Extremes:
    """The k greatest (or least) numbers along `dim`, in order, and their positions.

    They are in order whether `sorted` asks for it or not.
    """
    dim = normal_dim(dim, len(input.shape), "topk")
    extent = input.shape[dim] if input.shape else 1
    if not 0 <= k <= extent:
        raise ArgumentError(f"topk got k={k} for {extent} numbers along dim {dim}")
    order = argsort(input, dim, largest)
    order = narrow(order, dim, 0, k) if input.shape else order
    return Extremes(gather(input, dim, order), order)


def _extreme(name: str, whole: Any, position: Any, pairwise: Any) -> Any:
    @composite
    def function(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        if other is not None or hasattr(dim, "shape"):
            return pairwise(input, dim if other is None else other)
        if dim is None:
            return whole(input, None, keepdim)
        if not isinstance(dim, (int, np.integer)):
            raise ArgumentError(
                f"{name} got dim={dim!r}, and gives positions along one dimension only",
                instead=f"Write x.a{name}(dim) for several, {name}imum(x, number) for two numbers.",
            )
        if not input.shape:
            return Extremes(input, position(input))
        places = position(input, dim, keepdim=True)
        values = gather(input, dim, places)
        if not keepdim:
            dim = normal_dim(dim, len(input.shape), name)
            shape = tuple(extent for place, extent in enumerate(input.shape) if place != dim)
            values, places = reshape(values, shape), reshape(places, shape)
        return Extremes(values, places)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"The {name}imum: of all numbers, or along `dim` as values and their first indices; with a "
        f"tensor as second argument, the {name}imum of two.\n"
    )
    return public(function)


max = _extreme("max", amax, argmax, maximum)
min = _extreme("min", amin, argmin, minimum)
