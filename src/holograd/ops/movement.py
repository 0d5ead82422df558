"""Operations that move numbers without changing them: reshape, permute, expand, flip."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from holograd.errors import ShapeError
from holograd.graph import Spec, apply
from holograd.ops.table import (
    TABLE,
    normal_dim,
    normal_dims,
    operation,
    public,
    sample_shapes,
    shape_of,
    whole_number,
)

SMALL = 4096  # below this many numbers, filling an array is quicker than a broadcast view


def sizes_of(sizes: tuple[Any, ...], name: str) -> tuple[int, ...]:
    """`f(2, 3)` and `f((2, 3))` mean the same; raises ArgumentError for what is no integer."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    return tuple(whole_number(size, name) for size in sizes)


# --- reshape ---


def _reshape_shape(a: Spec, shape: tuple[int, ...]) -> tuple[int, ...]:
    if math.prod(shape) != math.prod(a.shape) or min(shape, default=0) < 0:
        unknown = min(shape, default=0) < 0
        raise ShapeError(
            f"reshape cannot turn shape {a.shape} into {shape}",
            why=f"no single extent there makes {math.prod(a.shape)} numbers" if unknown
            else f"{math.prod(a.shape)} numbers do not fill {math.prod(shape)} places",
            instead="One extent may be −1, which is then worked out.",
        )  # fmt: skip
    return shape


_RESHAPE = operation(
    "reshape", formula="a", summary="The same numbers in row order, in another shape.",
    numpy=lambda a, shape: a.reshape(shape), shape=_reshape_shape,
    gradient=(lambda g, y, a, shape: reshape(g, a.shape),),
    samples=sample_shapes(
        ((2, 6), {"shape": (3, 4)}), ((), {"shape": (1, 1)}), ((0, 3), {"shape": (3, 0)}),
    ),
)  # fmt: skip


@public
def reshape(input: Any, shape: Any = (), *more: int) -> Any:
    """The same numbers, in row order, in another shape; one extent may be −1 (worked out).

    Args:
        input: any shape.
        shape: the new extents, as a tuple or one after the other.

    Raises:
        ShapeError: the new shape has room for more, or for fewer, numbers.

    Example:
        >>> import holograd as hg
        >>> hg.arange(6).reshape(2, -1).tolist()
        [[0, 1, 2], [3, 4, 5]]
    """
    wanted = sizes_of((shape, *more), "reshape")
    have = shape_of(input, "reshape")
    if wanted == have:
        return input
    if min(wanted, default=0) < 0:
        known = -math.prod(wanted)
        count = math.prod(have)
        if known > 0 and count % known == 0 and wanted.count(-1) == 1:
            wanted = tuple(count // known if size == -1 else size for size in wanted)
        _reshape_shape(input, wanted)
    return apply(_RESHAPE, (input,), {"shape": wanted})


@public
def view(input: Any, shape: Any = (), *more: int) -> Any:
    """The same as `reshape`: arrays are never written in place, so sharing memory is invisible.

    Example:
        >>> import holograd as hg
        >>> hg.arange(6).view(3, 2).shape
        (3, 2)
    """
    return reshape(input, shape, *more)


@public
def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions `start_dim` to `end_dim` joined into one.

    Example:
        >>> import holograd as hg
        >>> hg.zeros(2, 3, 4).flatten(1).shape
        (2, 12)
    """
    shape = shape_of(input, "flatten")
    first = normal_dim(start_dim, len(shape), "flatten")
    last = normal_dim(end_dim, len(shape), "flatten")
    if first > last:
        raise ShapeError(f"flatten got start_dim={start_dim} behind end_dim={end_dim}")
    return reshape(input, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


@public
def unflatten(input: Any, dim: int, sizes: Sequence[int]) -> Any:
    """One dimension split into several; one of `sizes` may be −1.

    Example:
        >>> import holograd as hg
        >>> hg.zeros(2, 12).unflatten(1, (3, -1)).shape
        (2, 3, 4)
    """
    shape = shape_of(input, "unflatten")
    if not shape:
        raise ShapeError("unflatten takes a dimension to split, and got a tensor of none")
    dim = normal_dim(dim, len(shape), "unflatten")
    sizes = sizes_of((sizes,), "unflatten")
    if sizes.count(-1) == 1 and math.prod(sizes) and shape[dim] % math.prod(sizes) == 0:
        sizes = tuple(shape[dim] // -math.prod(sizes) if size == -1 else size for size in sizes)
    if math.prod(sizes) != shape[dim] or min(sizes, default=0) < 0:
        raise ShapeError(f"unflatten cannot split extent {shape[dim]} into {sizes}")
    return reshape(input, (*shape[:dim], *sizes, *shape[dim + 1 :]))


@public
def squeeze(input: Any, dim: Any = None) -> Any:
    """Dimensions of extent 1 left out: all of them, or those of `dim` that have extent 1.

    Example:
        >>> import holograd as hg
        >>> hg.zeros(1, 3, 1).squeeze(0).shape
        (3, 1)
    """
    shape = shape_of(input, "squeeze")
    dims = () if dim in ((), []) else normal_dims(dim, len(shape), "squeeze")
    return reshape(input, tuple(n for i, n in enumerate(shape) if not (n == 1 and i in dims)))


@public
def unsqueeze(input: Any, dim: int) -> Any:
    """A new dimension of extent 1 at place `dim`.

    Example:
        >>> import holograd as hg
        >>> hg.zeros(3).unsqueeze(-1).shape
        (3, 1)
    """
    shape = shape_of(input, "unsqueeze")
    dim = normal_dim(dim, len(shape) + 1, "unsqueeze")
    return reshape(input, (*shape[:dim], 1, *shape[dim:]))


# --- permute ---

_PERMUTE = operation(
    "permute", symbol="ᵀ", formula=r"a^\top", summary="Dimensions in another order.",
    numpy=lambda a, dims: a.transpose(dims),
    shape=lambda a, dims: tuple(a.shape[dim] for dim in dims),
    gradient=(lambda g, y, a, dims: permute(g, inverse_order(dims)),),
    samples=sample_shapes(
        ((2, 3), {"dims": (1, 0)}), ((2, 3, 4), {"dims": (2, 0, 1)}), ((0, 1), {"dims": (1, 0)}),
    ),
)  # fmt: skip


def inverse_order(dims: Sequence[int]) -> tuple[int, ...]:
    """The order of dimensions that undoes `dims`."""
    return tuple(sorted(range(len(dims)), key=dims.__getitem__))


@public
def permute(input: Any, dims: Any = (), *more: int) -> Any:
    """The dimensions in the order `dims`, a tuple or one after the other.

    Example:
        >>> import holograd as hg
        >>> hg.zeros(2, 3, 4).permute(2, 0, 1).shape
        (4, 2, 3)
    """
    ndim = len(shape_of(input, "permute"))
    order = tuple(normal_dim(dim, ndim, "permute") for dim in sizes_of((dims, *more), "permute"))
    if sorted(order) != list(range(ndim)):
        raise ShapeError(f"permute needs each of {ndim} dimensions once, and got {order}")
    return input if order == tuple(range(ndim)) else apply(_PERMUTE, (input,), {"dims": order})


@public
def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Two dimensions exchanged.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([[1, 2], [3, 4]]).transpose(0, 1).tolist()
        [[1, 3], [2, 4]]
    """
    ndim = len(shape_of(input, "transpose"))
    first, second = normal_dim(dim0, ndim, "transpose"), normal_dim(dim1, ndim, "transpose")
    order = list(range(ndim))
    if ndim:
        order[first], order[second] = second, first
    return permute(input, tuple(order))


@public
def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Dimensions `source` moved to the places `destination`; the others keep their order.

    Example:
        >>> import holograd as hg
        >>> hg.zeros(2, 3, 4).movedim(0, -1).shape
        (3, 4, 2)
    """
    ndim = len(shape_of(input, "movedim"))
    sources = [normal_dim(one, ndim, "movedim") for one in sizes_of((source,), "movedim")]
    targets = [normal_dim(one, ndim, "movedim") for one in sizes_of((destination,), "movedim")]
    if len(set(sources)) != len(sources) or sorted(set(targets)) != sorted(targets):
        raise ShapeError(f"movedim got a dimension twice: {source} to {destination}")
    if len(sources) != len(targets):
        raise ShapeError(f"movedim needs a place for each dimension: {source} to {destination}")
    others = iter(place for place in range(ndim) if place not in sources)
    moved = dict(zip(targets, sources, strict=True))
    return permute(input, tuple(moved[p] if p in moved else next(others) for p in range(ndim)))


@public
def t(input: Any) -> Any:
    """The transposed matrix; a vector stays as it is.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([[1, 2]]).t().tolist()
        [[1], [2]]
    """
    if len(shape_of(input, "t")) > 2:
        raise ShapeError(
            f"t takes a matrix, and got shape {input.shape}", instead="Write x.transpose(-2, -1)."
        )
    return transpose(input, 0, 1) if len(input.shape) == 2 else input


# --- expand ---


def _expand_shape(a: Spec, shape: tuple[int, ...]) -> tuple[int, ...]:
    aligned = (1,) * (len(shape) - len(a.shape)) + a.shape
    fits = len(shape) >= len(a.shape) and min(shape, default=0) >= 0
    if not fits or [1 for have, want in zip(aligned, shape, strict=True) if have not in (1, want)]:
        raise ShapeError(
            f"expand cannot stretch shape {a.shape} to {shape}",
            why="only extents of 1 stretch, and new dimensions stand in front",
        )
    return shape


def _expand(a: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if math.prod(shape) > SMALL:
        return np.broadcast_to(a, shape)
    filled = np.empty(shape, a.dtype)
    filled[...] = a
    return filled


_EXPAND = operation(
    "expand", formula="a", summary="Extents of 1 stretched by repeating.",
    numpy=_expand, shape=_expand_shape,
    gradient=(lambda g, y, a, shape: sum_to(g, a.shape),),
    samples=sample_shapes(
        ((3, 1), {"shape": (3, 4)}), ((), {"shape": (2, 2)}), ((0, 1), {"shape": (2, 0, 3)}),
    ),
)  # fmt: skip


@public
def expand(input: Any, shape: Any = (), *more: int) -> Any:
    """Extents of 1 stretched to `shape`, new dimensions in front; −1 keeps an extent.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([[1], [2]]).expand(-1, 3).tolist()
        [[1, 1, 1], [2, 2, 2]]
    """
    wanted = sizes_of((shape, *more), "expand")
    have = shape_of(input, "expand")
    if -1 in wanted:
        missing = len(wanted) - len(have)
        wanted = tuple(
            have[place - missing] if size == -1 and place >= missing else size
            for place, size in enumerate(wanted)
        )
    return input if wanted == have else apply(_EXPAND, (input,), {"shape": wanted})


def sum_to(input: Any, shape: tuple[int, ...]) -> Any:
    """The adjoint of broadcasting: `input` summed over the dimensions that `shape` stretches in."""
    have = input.shape
    if have == shape:
        return input
    extra = len(have) - len(shape)
    dims = tuple(
        dim for dim, extent in enumerate(have)
        if dim < extra or (shape[dim - extra] == 1 and extent != 1)
    )  # fmt: skip
    if dims:
        # The record is looked up by name: sums are built on movement, and only this looks back.
        input = apply(TABLE["sum"], (input,), {"dims": dims, "keepdim": False})
    return reshape(input, shape)


@public
def repeat(input: Any, repeats: Any = (), *more: int) -> Any:
    """The whole tensor laid side by side, `repeats` times along each dimension.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([1, 2]).repeat(2, 2).tolist()
        [[1, 2, 1, 2], [1, 2, 1, 2]]
    """
    times = sizes_of((repeats, *more), "repeat")
    have = shape_of(input, "repeat")
    if len(times) < len(have) or min(times, default=0) < 0:
        raise ShapeError(
            f"repeat got {times} for shape {have}",
            why="each dimension needs a number of times, 0 or more",
        )
    shape = (1,) * (len(times) - len(have)) + have
    wide = reshape(input, tuple(extent for size in shape for extent in (1, size)))
    wide = expand(wide, tuple(e for n, size in zip(times, shape, strict=True) for e in (n, size)))
    return reshape(wide, tuple(n * size for n, size in zip(times, shape, strict=True)))


# --- flip ---

_FLIP = operation(
    "flip", formula=r"a_{n-1-i}", summary="The order turned round along dimensions.",
    numpy=lambda a, dims: np.flip(a, axis=dims), shape=lambda a, dims: a.shape,
    gradient=(lambda g, y, a, dims: apply(_FLIP, (g,), {"dims": dims}),),
    samples=sample_shapes(
        ((2, 3), {"dims": (1,)}), ((1, 3, 2), {"dims": (1, 2)}), ((0, 2), {"dims": (0,)}),
    ),
)  # fmt: skip


@public
def flip(input: Any, dims: Any = (), *more: int) -> Any:
    """The order turned round along `dims`, a tuple or one after the other.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([[1, 2], [3, 4]]).flip(1).tolist()
        [[2, 1], [4, 3]]
    """
    wanted = sizes_of((dims, *more), "flip")
    ndim = len(shape_of(input, "flip"))
    if not wanted:
        return input
    return apply(_FLIP, (input,), {"dims": normal_dims(wanted, ndim, "flip")})
