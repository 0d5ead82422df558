"""Operations that move numbers without changing them: reshape, permute, expand, pad, slice, join."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, ShapeError
from holograd.graph import Spec, apply
from holograd.ops.elementwise import where
from holograd.ops.table import TABLE, composite, normal_dim, normal_dims, operation, public

SMALL = 4096  # below this many numbers, filling an array is quicker than a broadcast view


def sizes_of(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """`f(2, 3)` and `f((2, 3))` mean the same."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    return tuple(int(size) for size in sizes)


# --- reshape ---


def _reshape_shape(a: Spec, shape: tuple[int, ...]) -> tuple[int, ...]:
    if math.prod(shape) != math.prod(a.shape) or min(shape, default=0) < 0:
        raise ShapeError(
            f"reshape cannot turn shape {a.shape} into {shape}",
            why=f"{math.prod(a.shape)} numbers do not fill {math.prod(shape)} places",
            instead="One extent may be −1, which is then worked out.",
        )
    return shape


_RESHAPE = operation(
    "reshape", formula="a", summary="The same numbers in row order, in another shape.",
    numpy=lambda a, shape: a.reshape(shape), shape=_reshape_shape,
    gradient=(lambda g, y, a, shape: reshape(g, a.shape),),
    samples=lambda generator: [
        ((generator.uniform(-2, 2, (2, 6)),), {"shape": (3, 4)}),
        ((generator.uniform(-2, 2, ()),), {"shape": (1, 1)}),
        ((generator.uniform(-2, 2, (0, 3)),), {"shape": (3, 0)}),
    ],
)  # fmt: skip


@public
def reshape(input: Any, *shape: Any) -> Any:
    """The same numbers, in row order, in another shape; one extent may be −1 (worked out)."""
    wanted = sizes_of(shape)
    if wanted == input.shape:
        return input
    if -1 in wanted:
        known = -math.prod(wanted)
        count = math.prod(input.shape)
        if known > 0 and count % known == 0 and wanted.count(-1) == 1:
            wanted = tuple(count // known if size == -1 else size for size in wanted)
    return apply(_RESHAPE, (input,), {"shape": wanted})


@public
def view(input: Any, *shape: Any) -> Any:
    """The same as `reshape`: arrays are never written in place, so sharing memory is invisible."""
    return reshape(input, *shape)


@public
def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions `start_dim` to `end_dim` joined into one."""
    shape = input.shape
    first = normal_dim(start_dim, len(shape), "flatten")
    last = normal_dim(end_dim, len(shape), "flatten")
    if first > last:
        raise ShapeError(f"flatten got start_dim={start_dim} behind end_dim={end_dim}")
    return reshape(input, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


@public
def unflatten(input: Any, dim: int, sizes: Sequence[int]) -> Any:
    """One dimension split into several; one of `sizes` may be −1."""
    shape = input.shape
    dim = normal_dim(dim, len(shape), "unflatten")
    sizes = tuple(sizes)
    if sizes.count(-1) == 1 and math.prod(sizes) and shape[dim] % math.prod(sizes) == 0:
        sizes = tuple(shape[dim] // -math.prod(sizes) if size == -1 else size for size in sizes)
    if math.prod(sizes) != shape[dim] or -1 in sizes:
        raise ShapeError(f"unflatten cannot split extent {shape[dim]} into {sizes}")
    return reshape(input, (*shape[:dim], *sizes, *shape[dim + 1 :]))


@public
def squeeze(input: Any, dim: Any = None) -> Any:
    """Dimensions of extent 1 left out: all of them, or those of `dim` that have extent 1."""
    dims = normal_dims(dim, len(input.shape), "squeeze")
    shape = input.shape
    return reshape(input, tuple(n for i, n in enumerate(shape) if not (n == 1 and i in dims)))


@public
def unsqueeze(input: Any, dim: int) -> Any:
    """A new dimension of extent 1 at place `dim`."""
    shape = input.shape
    dim = normal_dim(dim, len(shape) + 1, "unsqueeze")
    return reshape(input, (*shape[:dim], 1, *shape[dim:]))


# --- permute ---

_PERMUTE = operation(
    "permute", symbol="ᵀ", formula=r"a^\top", summary="Dimensions in another order.",
    numpy=lambda a, dims: a.transpose(dims),
    shape=lambda a, dims: tuple(a.shape[dim] for dim in dims),
    gradient=(lambda g, y, a, dims: permute(g, inverse_order(dims)),),
    samples=lambda generator: [
        ((generator.uniform(-2, 2, (2, 3)),), {"dims": (1, 0)}),
        ((generator.uniform(-2, 2, (2, 3, 4)),), {"dims": (2, 0, 1)}),
    ],
)  # fmt: skip


def inverse_order(dims: Sequence[int]) -> tuple[int, ...]:
    """The order of dimensions that undoes `dims`."""
    return tuple(sorted(range(len(dims)), key=dims.__getitem__))


@public
def permute(input: Any, *dims: Any) -> Any:
    """The dimensions in the order `dims`."""
    order = tuple(normal_dim(dim, len(input.shape), "permute") for dim in sizes_of(dims))
    if sorted(order) != list(range(len(input.shape))):
        raise ShapeError(f"permute needs each of {len(input.shape)} dimensions once, and got {dims}")
    return input if order == tuple(range(len(order))) else apply(_PERMUTE, (input,), {"dims": order})


@public
def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Two dimensions exchanged."""
    ndim = len(input.shape)
    first, second = normal_dim(dim0, ndim, "transpose"), normal_dim(dim1, ndim, "transpose")
    order = list(range(ndim))
    if ndim:
        order[first], order[second] = second, first
    return permute(input, tuple(order))


@public
def t(input: Any) -> Any:
    """The transposed matrix; a vector stays as it is."""
    if len(input.shape) > 2:
        raise ShapeError(
            f"t takes a matrix, and got shape {input.shape}", instead="Write x.transpose(-2, -1)."
        )
    return transpose(input, 0, 1) if len(input.shape) == 2 else input


# --- expand ---


def _expand_shape(a: Spec, shape: tuple[int, ...]) -> tuple[int, ...]:
    aligned = (1,) * (len(shape) - len(a.shape)) + a.shape
    fits = len(shape) >= len(a.shape)
    if not fits or [1 for have, want in zip(aligned, shape, strict=True) if have not in (1, want)]:
        raise ShapeError(
            f"expand cannot stretch shape {a.shape} to {shape}", why="only extents of 1 stretch"
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
    samples=lambda generator: [
        ((generator.uniform(-2, 2, (3, 1)),), {"shape": (3, 4)}),
        ((generator.uniform(-2, 2, ()),), {"shape": (2, 2)}),
        ((generator.uniform(-2, 2, (1, 2)),), {"shape": (3, 0, 2)}),
    ],
)  # fmt: skip


@public
def expand(input: Any, *shape: Any) -> Any:
    """Extents of 1 stretched to `shape`, new dimensions in front; −1 keeps an extent."""
    wanted = sizes_of(shape)
    if -1 in wanted:
        missing = len(wanted) - len(input.shape)
        wanted = tuple(
            input.shape[place - missing] if size == -1 and place >= missing else size
            for place, size in enumerate(wanted)
        )
    return input if wanted == input.shape else apply(_EXPAND, (input,), {"shape": wanted})


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
def repeat(input: Any, *sizes: Any) -> Any:
    """The whole tensor laid side by side, `sizes` times along each dimension."""
    times = sizes_of(sizes)
    shape = (1,) * (len(times) - len(input.shape)) + input.shape
    if len(times) < len(input.shape):
        raise ShapeError(f"repeat of shape {input.shape} needs a number for each dimension: {times}")
    wide = reshape(input, tuple(extent for size in shape for extent in (1, size)))
    wide = expand(wide, tuple(e for n, size in zip(times, shape, strict=True) for e in (n, size)))
    return reshape(wide, tuple(n * size for n, size in zip(times, shape, strict=True)))


# --- flip, pad, slice, join ---

_FLIP = operation(
    "flip", formula=r"a_{n-1-i}", summary="The order turned round along dimensions.",
    numpy=lambda a, dims: np.flip(a, dims), shape=lambda a, dims: a.shape,
    gradient=(lambda g, y, a, dims: apply(_FLIP, (g,), {"dims": dims}),),
    samples=lambda generator: [((generator.uniform(-2, 2, (2, 3)),), {"dims": (1,)})],
)  # fmt: skip


@public
def flip(input: Any, *dims: Any) -> Any:
    """The order turned round along `dims`."""
    return apply(_FLIP, (input,), {"dims": normal_dims(sizes_of(dims), len(input.shape), "flip")})


def _padded_extent(extent: int, before: int, after: int, between: int) -> int:
    return before + after + extent + between * max(extent - 1, 0)


def _pad(a: np.ndarray, edges: tuple[tuple[int, int, int], ...], value: float) -> np.ndarray:
    shape = tuple(_padded_extent(n, *edge) for n, edge in zip(a.shape, edges, strict=True))
    padded = np.full(shape, value, a.dtype) if value else np.zeros(shape, a.dtype)
    padded[_inside(a.shape, edges)] = a
    return padded


def _inside(shape: tuple[int, ...], edges: tuple[tuple[int, int, int], ...]) -> tuple[slice, ...]:
    """The places of a padded array where the padded numbers stand."""
    return tuple(
        slice(before, before + extent + between * max(extent - 1, 0), between + 1)
        for extent, (before, _, between) in zip(shape, edges, strict=True)
    )


def _unpad(g: Any, shape: tuple[int, ...], edges: tuple[tuple[int, int, int], ...]) -> Any:
    return apply(_SLICE, (g,), {"bounds": tuple(
        (inside.start, inside.stop, inside.step) for inside in _inside(shape, edges)
    )})  # fmt: skip


_PAD = operation(
    "pad", formula="a", summary="Numbers put before, after and between those along each dimension.",
    numpy=_pad,
    shape=lambda a, edges, value: tuple(
        _padded_extent(extent, *edge) for extent, edge in zip(a.shape, edges, strict=True)
    ),
    gradient=(lambda g, y, a, edges, value: _unpad(g, a.shape, edges),),
    samples=lambda generator: [
        ((generator.uniform(-2, 2, (3,)),), {"edges": ((1, 2, 0),), "value": 0.5}),
        ((generator.uniform(-2, 2, (2, 3)),), {"edges": ((0, 1, 2), (1, 0, 1)), "value": 0.0}),
    ],
)  # fmt: skip


@public
def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float = 0.0) -> Any:
    """Numbers put around: `pad` is (before, after) of the last dimension, then of the one before …

    A negative width cuts off. Only `mode="constant"` is there.
    """
    shape = input.shape
    if mode != "constant":
        raise ArgumentError(f"pad has no mode {mode!r}", instead='Write mode="constant".')
    if len(pad) % 2 or len(pad) > 2 * len(shape):
        raise ShapeError(f"pad takes pairs (before, after), at most {len(shape)}, and got {pad}")
    widths = [(0, 0)] * len(shape)
    for place in range(len(pad) // 2):
        widths[-1 - place] = (int(pad[2 * place]), int(pad[2 * place + 1]))
    for dim, (before, after) in enumerate(widths):
        if before < 0 or after < 0:
            kept = input.shape[dim] + min(before, 0) + min(after, 0)
            input = narrow(input, dim, max(-before, 0), kept)
    edges = tuple((max(before, 0), max(after, 0), 0) for before, after in widths)
    return apply(_PAD, (input,), {"edges": edges, "value": float(value)})


_SLICE = operation(
    "slice", symbol="[:]", formula=r"a_{\text{bounds}}", summary="Every step-th number from start to stop.",
    numpy=lambda a, bounds: a[tuple(slice(*bound) for bound in bounds)],
    shape=lambda a, bounds: tuple(len(range(*bound)) for bound in bounds),
    gradient=(lambda g, y, a, bounds: _unslice(g, a.shape, bounds),),
    samples=lambda generator: [
        ((generator.uniform(-2, 2, (5,)),), {"bounds": ((1, 4, 2),)}),
        ((generator.uniform(-2, 2, (4, 3)),), {"bounds": ((0, 4, 3), (1, 3, 1))}),
        ((generator.uniform(-2, 2, (4,)),), {"bounds": ((2, 2, 1),)}),
    ],
)  # fmt: skip


def _unslice(g: Any, shape: tuple[int, ...], bounds: tuple[tuple[int, int, int], ...]) -> Any:
    edges = []
    for taken, extent, (start, _, step) in zip(g.shape, shape, bounds, strict=True):
        reached = _padded_extent(taken, start, 0, step - 1)
        edges.append((start, extent - reached, step - 1))
    return apply(_PAD, (g,), {"edges": tuple(edges), "value": 0.0})


def slice_dims(input: Any, bounds: Sequence[tuple[int, int, int]]) -> Any:
    """Every step-th number from start to before stop, along each dimension; no slice is empty of
    meaning: 0 ≤ start ≤ stop ≤ extent, step ≥ 1."""
    whole = tuple((0, extent, 1) for extent in input.shape)
    return input if tuple(bounds) == whole else apply(_SLICE, (input,), {"bounds": tuple(bounds)})


@public
def narrow(input: Any, dim: int, start: int, length: int) -> Any:
    """`length` places along `dim`, from `start`."""
    dim = normal_dim(dim, len(input.shape), "narrow")
    extent = input.shape[dim]
    if start < 0 or length < 0 or start + length > extent:
        raise ShapeError(f"narrow cannot take {length} from {start} of extent {extent} at dim {dim}")
    bounds = [(0, size, 1) for size in input.shape]
    bounds[dim] = (start, start + length, 1)
    return slice_dims(input, bounds)


def _cat_shape(*specs: Spec, dim: int) -> tuple[int, ...]:
    first = specs[0].shape
    for spec in specs:
        if spec.shape[:dim] + spec.shape[dim + 1 :] != first[:dim] + first[dim + 1 :] or len(
            spec.shape
        ) != len(first):
            raise ShapeError(
                f"cat along dim {dim} cannot join shapes {first} and {spec.shape}",
                why="all other extents must be equal",
            )
    extent = 0
    for spec in specs:
        extent += spec.shape[dim]
    return (*first[:dim], extent, *first[dim + 1 :])


def _cat_gradient(position: int, g: Any, y: Any, *inputs: Any, dim: int) -> Any:
    start = 0
    for before in inputs[:position]:
        start += before.shape[dim]
    return narrow(g, dim, start, inputs[position].shape[dim])


_CAT = operation(
    "cat", formula="[a, b, …]", summary="Tensors joined along a dimension.",
    numpy=lambda *inputs, dim: np.concatenate(inputs, axis=dim), shape=_cat_shape,
    gradient=_cat_gradient,
    samples=lambda generator: [
        ((generator.uniform(-2, 2, (2, 3)), generator.uniform(-2, 2, (1, 3))), {"dim": 0}),
        ((generator.uniform(-2, 2, (2, 1)), generator.uniform(-2, 2, (2, 0)), generator.uniform(-2, 2, (2, 2))), {"dim": 1}),
    ],
)  # fmt: skip


def cat(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Tensors joined along a dimension; all other extents must be equal."""
    tensors = tuple(tensors)
    if not tensors:
        raise ArgumentError("cat got no tensors", instead="Give a list of at least one.")
    dim = normal_dim(dim, len(tensors[0].shape), "cat")
    if not tensors[0].shape:
        raise ShapeError("cat cannot join tensors of no dimensions", instead="Write stack.")
    return tensors[0] if len(tensors) == 1 else apply(_CAT, tensors, {"dim": dim})


@composite
def stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Tensors of one shape joined along a new dimension."""
    tensors = tuple(tensors)
    if tensors and any(one.shape != tensors[0].shape for one in tensors):
        shapes = sorted({one.shape for one in tensors})
        raise ShapeError(f"stack takes tensors of one shape, and got {shapes}")
    return cat([unsqueeze(one, dim) for one in tensors], normal_dim(dim, len(tensors[0].shape) + 1, "stack") if tensors else 0)


public(cat, method=False)
public(stack, method=False)


@public
def split(input: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Pieces along a dimension: of one size (the last may be smaller), or of the sizes in a list."""
    dim = normal_dim(dim, len(input.shape), "split")
    extent = input.shape[dim]
    size = split_size_or_sections
    if isinstance(size, int):
        if size <= 0:
            raise ArgumentError(f"split got a size of {size}", instead="Write a positive size.")
        sizes = [min(size, extent - start) for start in range(0, max(extent, 1), size)]
    else:
        sizes = [int(one) for one in size]
        if math.fsum(sizes) != extent:
            raise ShapeError(f"split sizes {sizes} do not add up to extent {extent} of dim {dim}")
    starts = np.cumsum([0, *sizes[:-1]]).tolist()
    return tuple(narrow(input, dim, at, one) for at, one in zip(starts, sizes, strict=True))


@public
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most `chunks` pieces of equal size along a dimension; the last may be smaller."""
    if chunks <= 0:
        raise ArgumentError(f"chunk got {chunks} pieces", instead="Write a positive number.")
    extent = input.shape[normal_dim(dim, len(input.shape), "chunk")]
    return split(input, max(-(-extent // chunks), 1), dim)


@public
@composite
def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Numbers moved along dimensions; what leaves at the end enters at the front."""
    if dims is None:
        return reshape(roll(reshape(input, (-1,)), shifts, 0), input.shape)
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    if len(shifts) != len(dims):
        raise ShapeError(f"roll takes one shift a dimension, and got {shifts} for dims {dims}")
    for shift, one in zip(shifts, dims, strict=True):
        dim = normal_dim(one, len(input.shape), "roll")
        extent = input.shape[dim]
        cut = (-shift) % extent if extent else 0
        if cut:
            pieces = [narrow(input, dim, cut, extent - cut), narrow(input, dim, 0, cut)]
            input = cat(pieces, dim)
    return input


def _triangle(input: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    if len(input.shape) < 2:
        raise ShapeError(f"{name} takes a matrix, and got shape {input.shape}")
    return np.arange(input.shape[-2])[:, None], np.arange(input.shape[-1])


@public
@composite
def tril(input: Any, diagonal: int = 0) -> Any:
    """The lower triangle of each matrix, up to the given diagonal; zeros above."""
    row, column = _triangle(input, "tril")
    return where(column <= row + diagonal, input, 0)


@public
@composite
def triu(input: Any, diagonal: int = 0) -> Any:
    """The upper triangle of each matrix, from the given diagonal; zeros below."""
    row, column = _triangle(input, "triu")
    return where(column >= row + diagonal, input, 0)
