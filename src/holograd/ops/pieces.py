"""Operations that cut tensors and put them together: pad, slice, cat, split, roll, triangles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, ShapeError
from holograd.graph import Spec, apply
from holograd.ops.elementwise import where
from holograd.ops.movement import reshape, sizes_of, unsqueeze
from holograd.ops.table import (
    composite,
    normal_dim,
    operation,
    public,
    sample_shapes,
    shape_of,
    whole_number,
)

# Per dimension: how many numbers come before, after, and between two of the numbers there.
Edges = tuple[tuple[int, int, int], ...]
# Per dimension: start, stop and step, with 0 ≤ start ≤ stop ≤ extent and step ≥ 1.
Bounds = Sequence[tuple[int, int, int]]


# --- pad, and its adjoint: slice ---


def _padded_extent(extent: int, before: int, after: int, between: int) -> int:
    return before + after + extent + between * max(extent - 1, 0)


def _pad(a: np.ndarray, edges: Edges, value: float) -> np.ndarray:
    shape = tuple(_padded_extent(n, *edge) for n, edge in zip(a.shape, edges, strict=True))
    padded = np.full(shape, value, a.dtype) if value else np.zeros(shape, a.dtype)
    padded[_inside(a.shape, edges)] = a
    return padded


def _inside(shape: tuple[int, ...], edges: Edges) -> tuple[slice, ...]:
    """The places of a padded array where the padded numbers stand."""
    return tuple(
        slice(before, before + extent + between * max(extent - 1, 0), between + 1)
        for extent, (before, _, between) in zip(shape, edges, strict=True)
    )


def _unpad(g: Any, shape: tuple[int, ...], edges: Edges) -> Any:
    inside = _inside(shape, edges)
    return apply(_SLICE, (g,), {"bounds": tuple((at.start, at.stop, at.step) for at in inside)})


_PAD = operation(
    "pad", formula="a", numpy=_pad,
    summary="Numbers put before, after and between those along each dimension.",
    shape=lambda a, edges, value: tuple(
        _padded_extent(extent, *edge) for extent, edge in zip(a.shape, edges, strict=True)
    ),
    gradient=(lambda g, y, a, edges, value: _unpad(g, a.shape, edges),),
    samples=sample_shapes(
        ((3,), {"edges": ((1, 2, 0),), "value": 0.5}),
        ((2, 3), {"edges": ((0, 1, 2), (1, 0, 1)), "value": 0.0}),
        ((1, 0), {"edges": ((1, 1, 1), (1, 1, 1)), "value": 2.0}),
    ),
)  # fmt: skip


@public
def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """Numbers put around: `pad` is (before, after) of the last dimension, then of the one before …

    Args:
        input: any shape.
        pad: pairs of widths; a negative width cuts off.
        mode: only "constant" is there.
        value: the number put there; 0 where it is None.

    Example:
        >>> import holograd as hg
        >>> hg.pad(hg.tensor([1, 2]), (1, 2)).tolist()
        [0, 1, 2, 0, 0]
    """
    shape = shape_of(input, "pad")
    if mode != "constant":
        raise ArgumentError(f"pad has no mode {mode!r}", instead='Write mode="constant".')
    if not isinstance(pad, (tuple, list)):
        raise ArgumentError(
            f"pad takes pairs (before, after), and got {pad!r}", instead="Write (1, 1) for example."
        )
    if len(pad) % 2 or len(pad) > 2 * len(shape):
        raise ShapeError(
            f"pad takes pairs (before, after), at most {len(shape)}, and got {tuple(pad)}"
        )
    widths = [(0, 0)] * len(shape)
    for place in range(len(pad) // 2):
        before, after = pad[2 * place], pad[2 * place + 1]
        widths[-1 - place] = (whole_number(before, "pad"), whole_number(after, "pad"))
    for dim, (before, after) in enumerate(widths):
        if before < 0 or after < 0:
            start, kept = max(-before, 0), shape[dim] + min(before, 0) + min(after, 0)
            if kept < 0:
                raise ShapeError(f"pad={tuple(pad)} cuts off more than shape {shape} has")
            input = narrow(input, dim, start, kept)
    edges = tuple((max(before, 0), max(after, 0), 0) for before, after in widths)
    if not any(before or after for before, after, _ in edges):
        return input
    return apply(_PAD, (input,), {"edges": edges, "value": float(value or 0.0)})


_SLICE = operation(
    "slice", symbol="[:]", formula=r"a_{\text{bounds}}",
    summary="Every step-th number from start to stop.",
    numpy=lambda a, bounds: a[tuple(slice(*bound) for bound in bounds)],
    shape=lambda a, bounds: tuple(len(range(*bound)) for bound in bounds),
    gradient=(lambda g, y, a, bounds: _unslice(g, a.shape, bounds),),
    samples=sample_shapes(
        ((5,), {"bounds": ((1, 4, 2),)}),
        ((4, 3), {"bounds": ((0, 4, 3), (1, 3, 1))}),
        ((4,), {"bounds": ((2, 2, 1),)}),
        ((1, 2), {"bounds": ((0, 1, 5), (0, 2, 1))}),
        ((0, 3), {"bounds": ((0, 0, 1), (1, 2, 1))}),
    ),
)  # fmt: skip


def _unslice(g: Any, shape: tuple[int, ...], bounds: Bounds) -> Any:
    edges = []
    for taken, extent, (start, _, step) in zip(g.shape, shape, bounds, strict=True):
        reached = _padded_extent(taken, start, 0, step - 1)
        edges.append((start, extent - reached, step - 1))
    return apply(_PAD, (g,), {"edges": tuple(edges), "value": 0.0})


def slice_dims(input: Any, bounds: Bounds) -> Any:
    """Every step-th number from start to before stop, along each dimension."""
    whole = tuple((0, extent, 1) for extent in input.shape)
    bounds = tuple(bounds)
    return input if bounds == whole else apply(_SLICE, (input,), {"bounds": bounds})


@public
def narrow(input: Any, dim: int, start: int, length: int) -> Any:
    """`length` places along `dim`, from `start`, which counts from the end where it is negative.

    Example:
        >>> import holograd as hg
        >>> hg.arange(5).narrow(0, 1, 3).tolist()
        [1, 2, 3]
    """
    dim = normal_dim(dim, len(shape_of(input, "narrow")), "narrow")
    start, length = whole_number(start, "narrow"), whole_number(length, "narrow")
    extent = input.shape[dim] if input.shape else 0
    first = start + extent if start < 0 else start
    if first < 0 or length < 0 or first + length > extent:
        raise ShapeError(
            f"narrow cannot take {length} from {start} at dim {dim} of shape {input.shape}"
        )
    bounds = [(0, size, 1) for size in input.shape]
    bounds[dim] = (first, first + length, 1)
    return slice_dims(input, bounds)


# --- join ---


def _cat_shape(*specs: Spec, dim: int) -> tuple[int, ...]:
    first = specs[0].shape
    extent = 0
    for spec in specs:
        shape = spec.shape
        if len(shape) != len(first) or (
            shape[:dim] + shape[dim + 1 :] != first[:dim] + first[dim + 1 :]
        ):
            raise ShapeError(
                f"cat along dim {dim} cannot join shapes {first} and {shape}",
                why="all other extents must be equal",
            )
        extent += shape[dim]
    return (*first[:dim], extent, *first[dim + 1 :])


def _cat_gradient(position: int, g: Any, y: Any, *inputs: Any, dim: int) -> Any:
    start = 0
    for before in inputs[:position]:
        start += before.shape[dim]
    return narrow(g, dim, start, inputs[position].shape[dim])


def _cat_samples(generator: np.random.Generator) -> list:
    draw = lambda *shape: generator.uniform(-2, 2, shape)  # noqa: E731
    return [
        ((draw(2, 3), draw(1, 3)), {"dim": 0}),
        ((draw(2, 1), draw(2, 0), draw(2, 2)), {"dim": 1}),
        ((draw(0), draw(0)), {"dim": 0}),
    ]


_CAT = operation(
    "cat", formula=r"[a, b, \dots]", summary="Tensors joined along a dimension.",
    numpy=lambda *inputs, dim: np.concatenate(inputs, axis=dim), shape=_cat_shape,
    gradient=_cat_gradient, samples=_cat_samples,
)  # fmt: skip


def _several(tensors: Any, name: str) -> tuple[Any, ...]:
    try:
        return tuple(tensors)
    except TypeError:
        raise ArgumentError(
            f"{name} takes several tensors, and got {tensors!r}", instead=f"Write {name}([a, b])."
        ) from None


def cat(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Tensors joined along a dimension; all other extents must be equal.

    Example:
        >>> import holograd as hg
        >>> hg.cat([hg.tensor([[1], [2]]), hg.tensor([[3], [4]])], dim=1).tolist()
        [[1, 3], [2, 4]]
    """
    tensors = _several(tensors, "cat")
    if not tensors:
        raise ArgumentError("cat got no tensors", instead="Give a list of at least one.")
    shapes = [shape_of(one, "cat") for one in tensors]
    dim = normal_dim(dim, len(shapes[0]), "cat")
    if not shapes[0]:
        raise ShapeError("cat cannot join tensors of no dimensions", instead="Write stack.")
    return tensors[0] if len(tensors) == 1 else apply(_CAT, tensors, {"dim": dim})


@composite
def stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Tensors of one shape joined along a new dimension.

    Example:
        >>> import holograd as hg
        >>> hg.stack([hg.tensor([1, 2]), hg.tensor([3, 4])]).tolist()
        [[1, 2], [3, 4]]
    """
    tensors = _several(tensors, "stack")
    shapes = sorted({shape_of(one, "stack") for one in tensors})
    if not tensors:
        raise ArgumentError("stack got no tensors", instead="Give a list of at least one.")
    if len(shapes) > 1:
        raise ShapeError(f"stack takes tensors of one shape, and got {shapes}")
    place = normal_dim(dim, len(shapes[0]) + 1, "stack")
    return cat([unsqueeze(one, place) for one in tensors], place)


public(cat, method=False)
public(stack, method=False)


# --- cut ---


@public
def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Pieces along a dimension: of one size (the last may be smaller), or of listed sizes.

    Example:
        >>> import holograd as hg
        >>> [piece.tolist() for piece in hg.arange(5).split(2)]
        [[0, 1], [2, 3], [4]]
    """
    if not shape_of(tensor, "split"):
        raise ShapeError("split takes a dimension to cut, and got a tensor of none")
    dim = normal_dim(dim, len(tensor.shape), "split")
    extent = tensor.shape[dim]
    size = split_size_or_sections
    if not isinstance(size, (tuple, list)):
        size = whole_number(size, "split")
        if size <= 0:
            raise ArgumentError(f"split got a size of {size}", instead="Write a positive size.")
        sizes = [min(size, extent - start) for start in range(0, max(extent, 1), size)]
    else:
        sizes = [whole_number(one, "split") for one in size]
        if sum(sizes) != extent or min(sizes, default=0) < 0:
            raise ShapeError(f"split sizes {sizes} do not add up to extent {extent} of dim {dim}")
    starts = np.cumsum([0, *sizes[:-1]]).tolist()
    return tuple(narrow(tensor, dim, at, one) for at, one in zip(starts, sizes, strict=True))


@public
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most `chunks` pieces of equal size along a dimension; the last may be smaller.

    Example:
        >>> import holograd as hg
        >>> [piece.tolist() for piece in hg.arange(5).chunk(2)]
        [[0, 1, 2], [3, 4]]
    """
    chunks = whole_number(chunks, "chunk")
    if chunks <= 0:
        raise ArgumentError(f"chunk got {chunks} pieces", instead="Write a positive number.")
    if not shape_of(input, "chunk"):
        raise ShapeError("chunk takes a dimension to cut, and got a tensor of none")
    extent = input.shape[normal_dim(dim, len(input.shape), "chunk")]
    return split(input, max(-(-extent // chunks), 1), dim)


@public
@composite
def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Numbers moved along dimensions; what leaves at the end enters at the front.

    Example:
        >>> import holograd as hg
        >>> hg.arange(5).roll(2).tolist()
        [3, 4, 0, 1, 2]
    """
    ndim = len(shape_of(input, "roll"))
    if dims is None:
        return reshape(roll(reshape(input, (-1,)), shifts, 0), input.shape)
    shifts, dims = sizes_of((shifts,), "roll"), sizes_of((dims,), "roll")
    if len(shifts) != len(dims):
        raise ShapeError(f"roll takes one shift a dimension, and got {shifts} for dims {dims}")
    for shift, one in zip(shifts, dims, strict=True):
        dim = normal_dim(one, ndim, "roll")
        extent = input.shape[dim]
        cut = (-shift) % extent if extent else 0
        if cut:
            pieces = [narrow(input, dim, cut, extent - cut), narrow(input, dim, 0, cut)]
            input = cat(pieces, dim)
    return input


def _triangle(input: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    if len(shape_of(input, name)) < 2:
        raise ShapeError(f"{name} takes a matrix, and got shape {input.shape}")
    return np.arange(input.shape[-2])[:, None], np.arange(input.shape[-1])


@public
@composite
def tril(input: Any, diagonal: int = 0) -> Any:
    """The lower triangle of each matrix, up to the given diagonal; zeros above.

    Example:
        >>> import holograd as hg
        >>> hg.ones(2, 3).tril().tolist()
        [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]
    """
    row, column = _triangle(input, "tril")
    return where(column <= row + diagonal, input, False)


@public
@composite
def triu(input: Any, diagonal: int = 0) -> Any:
    """The upper triangle of each matrix, from the given diagonal; zeros below.

    Example:
        >>> import holograd as hg
        >>> hg.ones(2, 3).triu(1).tolist()
        [[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]
    """
    row, column = _triangle(input, "triu")
    return where(column >= row + diagonal, input, False)
