"""Operations that pick numbers by position, and their adjoints, which add numbers at positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from holograd.errors import DtypeError, ShapeError
from holograd.graph import Spec, apply
from holograd.ops.compare import eq
from holograd.ops.elementwise import cast, where
from holograd.ops.movement import inverse_order, permute, unsqueeze
from holograd.ops.pieces import pad
from holograd.ops.table import INT64, composite, normal_dim, operation, public, shape_of


class IndexShapeError(ShapeError, IndexError):
    """An index outside of its dimension; also an IndexError, which ends Python's iteration."""


# --- rows by their numbers: take, and its adjoint ---


def _accumulate(index: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    total = np.zeros((count, *rows.shape[index.ndim :]), rows.dtype)
    np.add.at(total, index, rows)
    return total


def _take_samples(generator: np.random.Generator) -> list:
    draw = lambda *shape: generator.uniform(-2, 2, shape)  # noqa: E731
    return [
        ((draw(4, 2), np.array([0, 3, 3])), {}),
        ((draw(3), np.array([[1, 1], [2, 0]])), {}),
        ((draw(1, 2), np.array(0)), {}),
        ((draw(2, 0), np.array([1])), {}),
        ((draw(3, 2), np.zeros((0, 2), np.int64)), {}),
    ]


def _accumulate_samples(generator: np.random.Generator) -> list:
    draw = lambda *shape: generator.uniform(-2, 2, shape)  # noqa: E731
    return [
        ((np.array([0, 3, 3]), draw(3, 2)), {"count": 4}),
        ((np.array([[1, 1], [2, 0]]), draw(2, 2)), {"count": 3}),
        ((np.array(0), draw(2)), {"count": 1}),
        ((np.zeros(0, np.int64), draw(0, 2)), {"count": 2}),
    ]


_TAKE = operation(
    "take", symbol="[i]", formula="a_{i}", summary="Rows of a by their numbers.",
    numpy=lambda a, index: a[index], kinds=("any", "index"), samples=_take_samples,
    shape=lambda a, index: (*index.shape, *a.shape[1:]),
    gradient=(
        lambda g, y, a, index: apply(_ACCUMULATE, (index, g), {"count": a.shape[0]}),
        lambda g, y, a, index: None,
    ),
)  # fmt: skip
_ACCUMULATE = operation(
    "accumulate", symbol="Σ[i]", formula=r"\sum_{j: i_j = k} b_j", kinds=("index", "any"),
    summary="Rows added up at their numbers, over `count` rows.", numpy=_accumulate,
    shape=lambda index, rows, count: (count, *rows.shape[index.ndim :]),
    samples=_accumulate_samples,
    gradient=(
        lambda g, y, index, rows, count: None,
        lambda g, y, index, rows, count: apply(_TAKE, (g, index)),
    ),
)  # fmt: skip


def take(input: Any, index: Any) -> Any:
    """Rows of `input` by their numbers, which are not checked here."""
    return apply(_TAKE, (input, index))


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


def _gather_shape(a: Spec, index: Spec, dim: int, name: str = "gather") -> tuple[int, ...]:
    if len(index.shape) != len(a.shape) or [
        1 for place, extent in enumerate(index.shape) if place != dim and extent > a.shape[place]
    ]:
        raise ShapeError(
            f"{name} along dim {dim} of shape {a.shape} got indices of shape {index.shape}",
            why="indices have as many dimensions, and are no larger in the others",
        )
    return index.shape


def _scatter_add_shape(a: Spec, index: Spec, source: Spec, dim: int) -> tuple[int, ...]:
    _gather_shape(a, index, dim, "scatter_add")
    if len(source.shape) != len(index.shape) or [
        1 for have, want in zip(source.shape, index.shape, strict=True) if have < want
    ]:
        raise ShapeError(
            f"scatter_add got a source of shape {source.shape} for indices of {index.shape}",
            why="each index needs a number of the source",
        )
    return a.shape


def _gather_samples(generator: np.random.Generator) -> list:
    draw = lambda *shape: generator.uniform(-2, 2, shape)  # noqa: E731
    return [
        ((draw(3, 4), np.array([[0], [3], [1]])), {"dim": 1}),
        ((draw(3, 4), np.array([[0, 2, 2]])), {"dim": 0}),
        ((draw(2, 1, 2), np.array([[[0, 0], [0, 0]], [[0, 0], [0, 0]]])), {"dim": 1}),
        ((draw(0, 3), np.zeros((0, 2), np.int64)), {"dim": 1}),
    ]


def _scatter_add_samples(generator: np.random.Generator) -> list:
    draw = lambda *shape: generator.uniform(-2, 2, shape)  # noqa: E731
    return [
        ((draw(3, 4), np.array([[0], [3], [1]]), draw(3, 1)), {"dim": 1}),
        ((draw(2, 3), np.array([[0, 0], [1, 2]]), draw(2, 2)), {"dim": 1}),
        ((draw(2, 3), np.array([[0]]), draw(2, 2)), {"dim": 1}),
        ((draw(2, 3), np.array([[0, 1], [1, 1], [1, 0]]), draw(3, 3)), {"dim": 0}),
        ((draw(2, 0), np.zeros((2, 0), np.int64), draw(2, 0)), {"dim": 1}),
    ]


_GATHER = operation(
    "gather", symbol="[i]", formula=r"a_{\dots i \dots}", kinds=("any", "index"),
    summary="Numbers of a by their positions along a dimension.",
    numpy=lambda a, index, dim: a[_grid(index, dim)], shape=_gather_shape, samples=_gather_samples,
    gradient=(
        lambda g, y, a, index, dim: apply(_SCATTER_ADD, (_zeros(a), index, g), {"dim": dim}),
        lambda g, y, a, index, dim: None,
    ),
)  # fmt: skip
_SCATTER_ADD = operation(
    "scatter_add", symbol="+[i]", formula=r"a_{\dots i \dots} \mathrel{+}= c",
    kinds=("any", "index", "any"), samples=_scatter_add_samples,
    summary="a, with numbers added at positions along a dimension.",
    numpy=_scatter_add, shape=_scatter_add_shape,
    gradient=(
        lambda g, y, a, index, source, dim: g,
        lambda g, y, a, index, source, dim: None,
        lambda g, y, a, index, source, dim: _like_source(
            apply(_GATHER, (g, index), {"dim": dim}), source
        ),
    ),
)  # fmt: skip


def _zeros(like: Any) -> Any:
    return np.zeros(like.shape, like.dtype)


def _like_source(value: Any, source: Any) -> Any:
    """Zeros where the source was larger than the indices, which then were not read."""
    missing = [want - have for want, have in zip(source.shape, value.shape, strict=True)]
    widths = [width for extent in reversed(missing) for width in (0, extent)]
    return pad(value, widths) if sum(missing) else value


def positions(index: Any, extent: int, name: str, from_end: bool = False) -> Any:
    """Indices into a dimension, checked where their values are known.

    Args:
        index: integers of any shape.
        extent: how many places the dimension has.
        name: whose indices they are, for the error.
        from_end: whether negative ones count from the end.

    Raises:
        IndexShapeError: one is outside of the dimension.
        DtypeError: they are not integers.
    """
    if not hasattr(index, "shape"):
        index = np.asarray(index)
    if index.dtype.kind not in "iu":
        raise DtypeError(
            f"{name} takes integers as indices, and got {index.dtype}",
            instead="Convert them with `.long()`.",
        )
    known = index if isinstance(index, np.ndarray) else index.node.value
    if isinstance(known, np.ndarray) and known.size:
        low, high = int(known.min()), int(known.max())
        least = -extent if from_end else 0
        if low < least or high >= extent:
            places = f"places {least} to {extent - 1}" if extent else "no places"
            raise IndexShapeError(
                f"{name} got index {low if low < least else high}",
                why=f"the dimension has {places}",
            )
        if low >= 0:
            return index
    return where(index < 0, index + extent, index) if from_end else index


def picked(input: Any, dim: Any, places: Any) -> Any:
    """`gather` by places that another operation found, which need no check."""
    if not input.shape:
        return input
    return apply(_GATHER, (input, places), {"dim": normal_dim(dim, len(input.shape), "gather")})


@public
def gather(input: Any, dim: int, index: Any) -> Any:
    """output[i][j] = input[index[i][j]][j] for dim 0, and alike for other dimensions.

    Args:
        input: any shape.
        dim: the dimension that the indices count in.
        index: integers, with as many dimensions as `input`; its shape is the result's.

    Raises:
        ShapeError: the shapes do not fit, or an index is outside of the dimension.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([[1, 2], [3, 4]]).gather(1, hg.tensor([[1], [0]])).tolist()
        [[2], [3]]
    """
    dim = normal_dim(dim, len(shape_of(input, "gather")), "gather")
    if not input.shape:
        return input
    return apply(_GATHER, (input, positions(index, input.shape[dim], "gather")), {"dim": dim})


@public
def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """A copy of `input` with output[index[i][j]][j] += src[i][j] for dim 0, and alike for others.

    Raises:
        ShapeError: the shapes do not fit, or an index is outside of the dimension.

    Example:
        >>> import holograd as hg
        >>> hg.zeros(3).scatter_add(0, hg.tensor([2, 2]), hg.tensor([1.0, 4.0])).tolist()
        [0.0, 0.0, 5.0]
    """
    for one in (input, index, src):
        shape_of(one, "scatter_add")
    dim = normal_dim(dim, len(input.shape), "scatter_add")
    specs = [Spec(tuple(one.shape), one.dtype) for one in (input, index, src)]
    _scatter_add_shape(specs[0], specs[1], specs[2], dim)
    if not input.shape:
        return input + src
    return apply(
        _SCATTER_ADD, (input, positions(index, input.shape[dim], "scatter_add"), src), {"dim": dim}
    )


@public
def index_select(input: Any, dim: int, index: Any) -> Any:
    """The places `index` (one dimension of integers) along `dim`, in that order.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([[1, 2], [3, 4]]).index_select(1, [1]).tolist()
        [[2], [4]]
    """
    dim = normal_dim(dim, len(shape_of(input, "index_select")), "index_select")
    if not input.shape:
        raise ShapeError("index_select takes a dimension to pick from, and got a tensor of none")
    index = positions(index, input.shape[dim], "index_select")
    if len(index.shape) > 1:
        raise ShapeError(f"index_select takes indices of one dimension, and got {index.shape}")
    order = (dim, *(place for place in range(len(input.shape)) if place != dim))
    rows = take(permute(input, order), index if index.shape else index.reshape(1))
    return permute(rows, inverse_order(order))


def embedding(input: Any, weight: Any) -> Any:
    """Rows of `weight` (count, width) for integers of any shape: (…, width).

    Example:
        >>> import holograd as hg
        >>> hg.embedding(hg.tensor([1, 0]), hg.tensor([[0.0, 1.0], [2.0, 3.0]])).tolist()
        [[2.0, 3.0], [0.0, 1.0]]
    """
    return take(weight, positions(input, shape_of(weight, "embedding")[0], "embedding"))


@composite
def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """A new last dimension with 1 at the place of each integer and 0 elsewhere (int64).

    Args:
        tensor: integers from 0 to below `num_classes`.
        num_classes: the new extent; −1 means one more than the greatest integer.

    Example:
        >>> import holograd as hg
        >>> hg.one_hot(hg.tensor([2, 0]), 3).tolist()
        [[0, 0, 1], [1, 0, 0]]
    """
    if num_classes < 0:
        classes = np.asarray(tensor)
        if classes.min(initial=0) < 0:
            raise IndexShapeError(
                f"one_hot got the class {classes.min()}", why="classes are counted from 0"
            )
        num_classes = int(classes.max(initial=-1)) + 1
    index = positions(tensor, num_classes, "one_hot")
    return cast(eq(unsqueeze(index, -1), np.arange(num_classes)), INT64)


public(embedding, method=False)
public(one_hot, method=False)
