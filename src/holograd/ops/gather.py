"""Operations that pick numbers by position: gather and scatter, indexing, sorting."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, ShapeError
from holograd.graph import Spec, apply
from holograd.ops.elementwise import cast, eq, maximum, minimum, where
from holograd.ops.movement import (
    expand,
    inverse_order,
    narrow,
    pad,
    permute,
    reshape,
    slice_dims,
    unsqueeze,
)
from holograd.ops.reduce import Extremes, amax, amin, argmax, argmin
from holograd.ops.table import INT64, composite, normal_dim, operation, public

# --- rows by their numbers: take, and its adjoint ---


def _accumulate(index: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    total = np.zeros((count, *rows.shape[index.ndim :]), rows.dtype)
    np.add.at(total, index, rows)
    return total


_TAKE = operation(
    "take", symbol="[i]", formula="a_{i}", summary="Rows of a by their numbers.",
    numpy=lambda a, index: a[index], kinds=("any", "index"),
    shape=lambda a, index: (*index.shape, *a.shape[1:]),
    gradient=(
        lambda g, y, a, index: apply(_ACCUMULATE, (index, g), {"count": a.shape[0]}),
        lambda g, y, a, index: None,
    ),
    samples=lambda generator: [
        ((generator.uniform(-2, 2, (4, 2)), np.array([0, 3, 3])), {}),
        ((generator.uniform(-2, 2, (3,)), np.array([[1, 1], [2, 0]])), {}),
    ],
)  # fmt: skip
_ACCUMULATE = operation(
    "accumulate", symbol="Σ[i]", formula=r"\sum_{j: i_j = k} b_j", kinds=("index", "any"),
    summary="Rows added up at their numbers, over `count` rows.",
    numpy=_accumulate, shape=lambda index, rows, count: (count, *rows.shape[index.ndim :]),
    gradient=(
        lambda g, y, index, rows, count: None,
        lambda g, y, index, rows, count: apply(_TAKE, (g, index)),
    ),
    samples=lambda generator: [
        ((np.array([0, 3, 3]), generator.uniform(-2, 2, (3, 2))), {"count": 4})
    ],
)  # fmt: skip

# --- positions along a dimension: gather, and its adjoint ---


def _grid(index: np.ndarray, dim: int) -> tuple[Any, ...]:
    """The places that `index` along `dim` means, as one array of positions a dimension."""
    grid: list[Any] = list(np.ogrid[tuple(slice(extent) for extent in index.shape)])
    grid[dim] = index
    return tuple(grid)


def _scatter_add(a: np.ndarray, index: np.ndarray, source: np.ndarray, dim: int) -> np.ndarray:
    total = a.copy()
    cut = source[tuple(slice(extent) for extent in index.shape)]
    if index.shape[dim] == 1:  # no place can occur twice
        places = _grid(index, dim)
        total[places] += cut
    else:
        np.add.at(total, _grid(index, dim), cut)
    return total


def _gather_shape(a: Spec, index: Spec, dim: int) -> tuple[int, ...]:
    larger = [i for i, n in enumerate(index.shape) if i != dim and n > a.shape[i : i + 1][0]]
    if index.ndim != a.ndim or larger:
        raise ShapeError(
            f"gather along dim {dim} of shape {a.shape} got indices of shape {index.shape}",
            why="indices have as many dimensions, and are no larger in the others",
        )
    return index.shape


_GATHER = operation(
    "gather", symbol="[i]", formula=r"a_{\dots i \dots}", kinds=("any", "index"),
    summary="Numbers of a by their positions along a dimension.",
    numpy=lambda a, index, dim: a[_grid(index, dim)], shape=_gather_shape,
    gradient=(
        lambda g, y, a, index, dim: apply(_SCATTER_ADD, (_zeros(a), index, g), {"dim": dim}),
        lambda g, y, a, index, dim: None,
    ),
    samples=lambda generator: [
        ((generator.uniform(-2, 2, (3, 4)), np.array([[0], [3], [1]])), {"dim": 1}),
        ((generator.uniform(-2, 2, (3, 4)), np.array([[0, 2, 2]])), {"dim": 0}),
    ],
)  # fmt: skip
_SCATTER_ADD = operation(
    "scatter_add", symbol="+[i]", formula=r"a_{\dots i \dots} \mathrel{+}= c", kinds=("any", "index", "any"),
    summary="a, with numbers added at positions along a dimension.",
    numpy=_scatter_add, shape=lambda a, index, source, dim: a.shape,
    gradient=(
        lambda g, y, a, index, source, dim: g,
        lambda g, y, a, index, source, dim: None,
        lambda g, y, a, index, source, dim: _like_source(apply(_GATHER, (g, index), {"dim": dim}), source),
    ),
    samples=lambda generator: [
        ((generator.uniform(-2, 2, (3, 4)), np.array([[0], [3], [1]]), generator.uniform(-2, 2, (3, 1))), {"dim": 1}),
        ((generator.uniform(-2, 2, (2, 3)), np.array([[0, 0], [1, 2]]), generator.uniform(-2, 2, (2, 2))), {"dim": 1}),
        ((generator.uniform(-2, 2, (2, 3)), np.array([[0]]), generator.uniform(-2, 2, (2, 2))), {"dim": 1}),
    ],
)  # fmt: skip


def _zeros(like: Any) -> Any:
    return np.zeros(like.shape, like.dtype)


def _like_source(value: Any, source: Any) -> Any:
    """Zeros where the source was larger than the indices, which then were not read."""
    missing = [want - have for want, have in zip(source.shape, value.shape, strict=True)]
    widths = [width for extent in reversed(missing) for width in (0, extent)]
    return pad(value, widths) if sum(missing) else value


def _positions(index: Any, extent: int, name: str) -> Any:
    """Indices counted from the front, checked where their values are known."""
    if not hasattr(index, "shape"):
        index = np.asarray(index)
    if index.dtype.kind == "b":
        index = cast(index, INT64)
    known = index if isinstance(index, np.ndarray) else index.node.value
    if isinstance(known, np.ndarray) and known.size and known.dtype.kind in "iu":
        low, high = int(known.min()), int(known.max())
        if low < -extent or high >= extent:
            raise ShapeError(
                f"{name} got position {low if low < -extent else high}",
                why=f"the dimension has {extent} places, 0 to {extent - 1}",
            )
        if low >= 0:
            return index
    return where(index < 0, index + extent, index)


@public
def gather(input: Any, dim: int, index: Any) -> Any:
    """output[i][j] = input[index[i][j]][j] for dim 0, and alike for other dimensions.

    Args:
        input: any shape.
        dim: the dimension that the indices count in.
        index: integers, with as many dimensions as `input`; its shape is the result's.
    """
    dim = normal_dim(dim, len(input.shape), "gather")
    if not input.shape:
        return input
    return apply(_GATHER, (input, _positions(index, input.shape[dim], "gather")), {"dim": dim})


@public
def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """A copy of `input` with output[index[i][j]][j] += src[i][j] for dim 0, and alike for others."""
    dim = normal_dim(dim, len(input.shape), "scatter_add")
    index = _positions(index, input.shape[dim], "scatter_add")
    _gather_shape(Spec(input.shape, input.dtype), Spec(index.shape, index.dtype), dim)
    if len(src.shape) != len(index.shape) or [
        1 for have, want in zip(src.shape, index.shape, strict=True) if have < want
    ]:
        raise ShapeError(f"scatter_add got a source {src.shape} smaller than its indices {index.shape}")
    return apply(_SCATTER_ADD, (input, index, src), {"dim": dim})


@public
def index_select(input: Any, dim: int, index: Any) -> Any:
    """The places `index` (one dimension of integers) along `dim`, in that order."""
    dim = normal_dim(dim, len(input.shape), "index_select")
    index = _positions(index, input.shape[dim], "index_select")
    order = (dim, *(place for place in range(len(input.shape)) if place != dim))
    return permute(apply(_TAKE, (permute(input, order), index)), inverse_order(order))


def embedding(input: Any, weight: Any) -> Any:
    """Rows of `weight` (count, width) for integers of any shape: (…, width)."""
    return apply(_TAKE, (weight, _positions(input, weight.shape[0], "embedding")))


@composite
def one_hot(input: Any, num_classes: int = -1) -> Any:
    """A new last dimension with 1 at the place of each integer and 0 elsewhere (int64)."""
    if num_classes < 0:
        num_classes = int(np.asarray(input).max(initial=-1)) + 1
    index = _positions(input, num_classes, "one_hot")
    return cast(eq(unsqueeze(index, -1), np.arange(num_classes)), INT64)


public(embedding, method=False)
public(one_hot, method=False)


# --- x[…] ---


def index(input: Any, key: Any) -> Any:
    """`input[key]`: integers, slices, None, an ellipsis, integer arrays, boolean masks.

    Raises:
        ShapeError: too many indices, or one that is out of range.
    """
    keys = _expanded_keys(input, key if isinstance(key, tuple) else (key,))
    bounds: list[tuple[int, int, int]] = []
    shape: list[int] = []
    arrays: list[Any] = []  # one entry a dimension of the sliced tensor: an index array, or None
    dim = 0
    for one in keys:
        extent = input.shape[dim] if one is not None else 1
        if one is None:
            shape.append(1)
            arrays.append(None)
            continue
        dim += 1
        if isinstance(one, slice):
            start, stop, step = one.indices(extent)
            if step < 0:
                raise ArgumentError("a slice has a negative step", instead="Write x.flip(dim).")
            bounds.append((start, builtins.max(start, stop), step))
            shape.append(len(range(start, stop, step)))
            arrays.append(None)
        elif isinstance(one, (int, np.integer)):
            place = int(one) + extent if one < 0 else int(one)
            if not 0 <= place < extent:
                raise IndexShapeError(
                    f"index {one} is outside of dim {dim - 1}, which has extent {extent}"
                )
            bounds.append((place, place + 1, 1))
        else:
            bounds.append((0, extent, 1))
            shape.append(extent)
            arrays.append(_positions(one, extent, f"indexing dim {dim - 1}"))
    sliced = reshape(slice_dims(input, bounds), tuple(shape))
    return _pick(sliced, arrays) if any(one is not None for one in arrays) else sliced


class IndexShapeError(ShapeError, IndexError):
    """An index outside of its dimension; also an IndexError, which ends Python's iteration."""


def _expanded_keys(input: Any, keys: tuple[Any, ...]) -> list[Any]:
    """The keys with masks turned into positions, and the ellipsis into slices: one a dimension."""
    flat: list[Any] = []
    for one in keys:
        flat.extend(_as_keys(input, one, len([k for k in flat if k is not None and k is not Ellipsis])))
    used = len([one for one in flat if one is not None and one is not Ellipsis])
    dots = len([one for one in flat if one is Ellipsis])  # arrays among them do not compare
    if used > len(input.shape) or dots > 1:
        raise IndexShapeError(f"{used} indices for a tensor of shape {input.shape}")
    if not dots:
        flat.append(Ellipsis)
    at = next(place for place, one in enumerate(flat) if one is Ellipsis)
    return [*flat[:at], *[slice(None)] * (len(input.shape) - used), *flat[at + 1 :]]


def _as_keys(input: Any, one: Any, dim: int) -> list[Any]:
    if one is None or one is Ellipsis or isinstance(one, slice):
        return [one]
    if isinstance(one, (bool, np.bool_)):
        raise ArgumentError(f"an index is {one}", instead="Index with a mask of the tensor's shape.")
    if isinstance(one, (int, np.integer)):
        return [one]
    array = one if hasattr(one, "dtype") else np.asarray(one)
    if array.dtype == bool:
        extents = input.shape[dim : dim + len(array.shape)]
        if array.shape != extents:
            raise ShapeError(f"a mask of shape {array.shape} does not fit the extents {extents}")
        return list(np.nonzero(np.asarray(array)))
    if array.dtype.kind not in "iu" and math.prod(array.shape):
        raise ArgumentError(f"an index is an array of {array.dtype}", instead="Use integers.")
    if not array.shape:
        return [array if not isinstance(array, np.ndarray) else int(array)]
    return [cast(array, INT64)] if not isinstance(array, np.ndarray) else [array.astype(np.int64)]


def _pick(input: Any, arrays: Sequence[Any]) -> Any:
    """Index arrays on some dimensions: they broadcast together, and their common dimensions stand
    where the first of them stood, or in front where a slice lies between them (as in NumPy)."""
    picked = [dim for dim, array in enumerate(arrays) if array is not None]
    rest = [dim for dim, array in enumerate(arrays) if array is None]
    common = np.broadcast_shapes(*(arrays[dim].shape for dim in picked))
    flat: Any = None
    for dim in picked:
        flat = arrays[dim] if flat is None else flat * input.shape[dim] + arrays[dim]
    if tuple(flat.shape) != common:
        flat = expand(flat, *common)
    moved = permute(input, (*picked, *rest))
    rows = math.prod(input.shape[dim] for dim in picked)
    rest_shape = tuple(input.shape[dim] for dim in rest)
    taken = apply(_TAKE, (reshape(moved, (rows, *rest_shape)), flat))
    front = picked[0] if picked == list(range(picked[0], picked[0] + len(picked))) else 0
    ahead = tuple(range(len(common), len(common) + front))
    behind = tuple(range(len(common) + front, len(common) + len(rest)))
    return permute(taken, (*ahead, *range(len(common)), *behind))


@public
@composite
def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """`value` where the mask holds, else the number."""
    return where(mask, value, input)


@public
@composite
def diag(input: Any, diagonal: int = 0) -> Any:
    """A matrix with the vector on a diagonal, or the diagonal of a matrix."""
    above, below = builtins.max(diagonal, 0), builtins.max(-diagonal, 0)
    if len(input.shape) == 1:
        size = input.shape[0] + above + below
        row, column = np.arange(size)[:, None], np.arange(size)
        source = np.clip(np.arange(size) - below, 0, builtins.max(input.shape[0] - 1, 0))
        rows = unsqueeze(apply(_TAKE, (input, source)), 1)
        return where(column - row == diagonal, rows, 0)
    if len(input.shape) != 2:
        raise ShapeError(f"diag takes a vector or a matrix, and got shape {input.shape}")
    places = np.arange(builtins.max(builtins.min(input.shape[0] - below, input.shape[1] - above), 0))
    return index(input, (places + below, places + above))


# --- sorting ---


def _argsort(a: np.ndarray, dim: int, descending: bool) -> np.ndarray:
    if not descending:
        return np.argsort(a, axis=dim, kind="stable")
    turned = np.argsort(np.flip(a, dim), axis=dim, kind="stable")
    return np.flip(a.shape[dim] - 1 - turned, dim)


_ARGSORT = operation(
    "argsort", formula=r"\operatorname{argsort} a", dtype=INT64, gradient=None,
    summary="The positions along a dimension in the order of their numbers; equals keep their order.",
    numpy=_argsort, shape=lambda a, dim, descending: a.shape,
    samples=lambda generator: [
        ((generator.uniform(-2, 2, (2, 5)),), {"dim": 1, "descending": False}),
        ((generator.integers(0, 3, 7),), {"dim": 0, "descending": True}),
    ],
)  # fmt: skip


@public
def argsort(input: Any, dim: int = -1, descending: bool = False) -> Any:
    """The positions along `dim` in the order of their numbers; equals keep their order."""
    dim = normal_dim(dim, len(input.shape), "argsort")
    if not input.shape:
        return cast(input * 0, INT64)
    return apply(_ARGSORT, (input,), {"dim": dim, "descending": bool(descending)})


@public
@composite
def sort(input: Any, dim: int = -1, descending: bool = False) -> Extremes:
    """The numbers along `dim` in order, and the positions they had."""
    order = argsort(input, dim, descending)
    return Extremes(gather(input, dim, order), order)


@public
@composite
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Extremes:
    """The k greatest (or least) numbers along `dim`, in order, and their positions."""
    dim = normal_dim(dim, len(input.shape), "topk")
    if not 0 <= k <= input.shape[dim]:
        raise ArgumentError(f"topk got k={k} for {input.shape[dim]} numbers along dim {dim}")
    order = narrow(argsort(input, dim, largest), dim, 0, k)
    return Extremes(gather(input, dim, order), order)


def _extreme(name: str, whole: Any, position: Any, pairwise: Any) -> Any:
    @composite
    def function(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
        if dim is None:
            return whole(input, None, keepdim)
        if not isinstance(dim, (int, np.integer)):
            return pairwise(input, dim)
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
