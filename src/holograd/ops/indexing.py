"""`x[…]`: integers, slices, None, an ellipsis, integer arrays and boolean masks; diagonals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, CaptureError, ShapeError
from holograd.graph import Spec
from holograd.ops.elementwise import cast, where
from holograd.ops.gather import IndexShapeError, positions, take
from holograd.ops.movement import expand, permute, reshape, unsqueeze
from holograd.ops.pieces import pad, slice_dims
from holograd.ops.table import INT64, composite, public, shape_of


def index(input: Any, key: Any) -> Any:
    """`input[key]`, with PyTorch's meaning.

    Integers and slices pick first; then index arrays (and masks, by the places where they hold)
    broadcast together, and their dimensions stand where the first of them stood, or in front where
    a slice lies between two.

    Raises:
        IndexShapeError: too many indices, or one that is out of range.
        ArgumentError: a key that means nothing here, such as a negative step.
    """
    keys = _one_a_dimension(input.shape, key if isinstance(key, tuple) else (key,))
    input, keys = _selected(input, keys)
    bounds: list[tuple[int, int, int]] = []
    shape: list[int] = []
    arrays: list[Any] = []  # one entry a dimension of the sliced tensor: an index array, or None
    for one in keys:
        dim = len(bounds)
        if one is None:
            shape.append(1)
            arrays.append(None)
            continue
        extent = input.shape[dim]
        if isinstance(one, slice):
            start, stop, step = _bounds(one, extent)
            bounds.append((start, max(start, stop), step))
            shape.append(len(range(start, stop, step)))
            arrays.append(None)
        elif isinstance(one, (int, np.integer)):
            place = int(one) + extent if one < 0 else int(one)
            if not 0 <= place < extent:
                raise IndexShapeError(f"index {one} is outside of dim {dim}, of extent {extent}")
            bounds.append((place, place + 1, 1))
        else:
            bounds.append((0, extent, 1))
            shape.append(extent)
            arrays.append(positions(one, extent, f"indexing dim {dim}", from_end=True))
    sliced = reshape(slice_dims(input, bounds), tuple(shape))
    return _pick(sliced, arrays) if any(one is not None for one in arrays) else sliced


def _one_a_dimension(shape: tuple[int, ...], given: tuple[Any, ...]) -> list[Any]:
    """The keys, one for each dimension: the ellipsis as slices, masks as the places they hold."""
    keys = [_readable(one) for one in given]
    used = sum(_dimensions_of(one) for one in keys)
    dots = [place for place, one in enumerate(keys) if one is Ellipsis]
    if used > len(shape) or len(dots) > 1:
        raise IndexShapeError(f"{used} indices for a tensor of shape {shape}")
    at = dots[0] if dots else len(keys)
    keys[at : at + 1] = [slice(None)] * (len(shape) - used)
    spread: list[Any] = []
    dim = 0
    for one in keys:
        extents = shape[dim : dim + _dimensions_of(one)]
        dim += len(extents)
        if _is_mask(one):
            if one.shape != extents:
                raise ShapeError(f"a mask of shape {one.shape} does not fit the extents {extents}")
            if hasattr(one, "node") and isinstance(one.node.value, Spec):
                raise CaptureError(
                    "x[mask] has as many rows as the mask's values say",
                    why="a captured step has fixed shapes, and no values",
                    instead="Write where(mask, x, 0), and divide by mask.sum() for a mean.",
                )
            spread.extend(np.nonzero(np.asarray(one)))
        else:
            spread.append(one)
    return spread


def _selected(input: Any, keys: list[Any]) -> tuple[Any, list[Any]]:
    """Index tensors of no dimensions pick as integers do, and are done with: their values need not
    be known yet. What is left is the rest of `input`, and its keys."""
    rest: list[Any] = []
    dim = 0
    for one in keys:
        if hasattr(one, "node") and not one.shape:
            place = sum(key is not None for key in rest)
            name = f"indexing dim {dim}"
            row = positions(one, input.shape[place], name, from_end=True)
            others = (other for other in range(len(input.shape)) if other != place)
            input = take(permute(input, (place, *others)), row)
        else:
            rest.append(one)
        dim += one is not None
    return input, rest


def _bounds(one: slice, extent: int) -> tuple[int, int, int]:
    """Start, stop and step of a slice."""
    try:
        start, stop, step = one.indices(extent)
    except (TypeError, ValueError) as error:  # a bound that is no integer, or a step of 0
        raise ArgumentError(f"an index is {one}", why=str(error)) from None
    if step < 0:
        raise ArgumentError("a slice has a negative step", instead="Write x.flip(dim).")
    return start, stop, step


def _readable(one: Any) -> Any:
    """A key as None, Ellipsis, a slice, an integer, or an array or tensor of int64 or bool."""
    if one is None or one is Ellipsis or isinstance(one, slice):
        return one
    if isinstance(one, (int, np.integer)) and not isinstance(one, bool):
        return one
    array: Any = one if hasattr(one, "dtype") else _listed(one)
    if array.dtype == bool:
        if not array.shape:
            raise ArgumentError(
                "an index is a single truth value", instead="Index with a mask of x's shape."
            )
        return array
    if array.dtype == np.uint8:
        raise ArgumentError(
            "an index is an array of uint8",
            why="PyTorch takes it as a mask, NumPy as positions",
            instead="Write x[key.bool()] for a mask, x[key.long()] for positions.",
        )
    if array.dtype.kind not in "iu" and math.prod(array.shape):
        raise ArgumentError(f"an index is an array of {array.dtype}", instead="Use integers.")
    if hasattr(array, "node"):
        return cast(array, INT64)
    return array.astype(np.int64) if array.shape else int(array)


def _listed(one: Any) -> np.ndarray:
    try:
        return np.asarray(one)
    except ValueError:
        raise ArgumentError(
            "an index is a list of rows of different lengths",
            instead="Give rows of one length, or one list for each dimension: x[[0, 1], [2, 0]].",
        ) from None


def _is_mask(one: Any) -> bool:
    return hasattr(one, "dtype") and one.dtype == bool


def _dimensions_of(one: Any) -> int:
    """How many dimensions of the tensor a key answers for."""
    if one is None or one is Ellipsis:
        return 0
    return len(one.shape) if _is_mask(one) else 1


def _pick(input: Any, arrays: Sequence[Any]) -> Any:
    """Rows of `input` by index arrays on some of its dimensions."""
    picked = [dim for dim, array in enumerate(arrays) if array is not None]
    rest = [dim for dim, array in enumerate(arrays) if array is None]
    shapes = [tuple(arrays[dim].shape) for dim in picked]
    try:
        common = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(f"index arrays of shapes {shapes} do not broadcast together") from None
    flat: Any = None
    for dim in picked:
        flat = arrays[dim] if flat is None else flat * input.shape[dim] + arrays[dim]
    moved = permute(input, (*picked, *rest))
    rows = math.prod(input.shape[dim] for dim in picked)
    rest_shape = tuple(input.shape[dim] for dim in rest)
    taken = take(reshape(moved, (rows, *rest_shape)), expand(flat, common))
    front = picked[0] if picked == list(range(picked[0], picked[0] + len(picked))) else 0
    ahead = tuple(range(len(common), len(common) + front))
    behind = tuple(range(len(common) + front, len(common) + len(rest)))
    return permute(taken, (*ahead, *range(len(common)), *behind))


@public
@composite
def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """`value` where the mask holds, else the number.

    Example:
        >>> import holograd as hg
        >>> x = hg.tensor([1.0, -2.0])
        >>> x.masked_fill(x < 0, 0.0).tolist()
        [1.0, 0.0]
    """
    return where(mask, value, input)


@public
@composite
def diag(input: Any, diagonal: int = 0) -> Any:
    """A matrix with the vector on a diagonal, or the diagonal of a matrix.

    Example:
        >>> import holograd as hg
        >>> hg.diag(hg.tensor([1, 2])).tolist()
        [[1, 0], [0, 2]]
    """
    above, below = max(diagonal, 0), max(-diagonal, 0)
    if len(shape_of(input, "diag")) == 1:
        places = np.arange(input.shape[0])
        square = where(places[:, None] == places, unsqueeze(input, 1), False)
        return pad(square, (above, below, below, above))
    if len(input.shape) != 2:
        raise ShapeError(f"diag takes a vector or a matrix, and got shape {input.shape}")
    places = np.arange(max(min(input.shape[0] - below, input.shape[1] - above), 0))
    return index(input, (places + below, places + above))
