"""Products and running sums along dimensions, and where extremes stand in them."""

from __future__ import annotations

from typing import Any

import numpy as np

from holograd.graph import apply
from holograd.ops.compare import eq
from holograd.ops.elementwise import where
from holograd.ops.movement import flip, inverse_order, permute, reshape, unsqueeze
from holograd.ops.pieces import cat, narrow
from holograd.ops.reduce import (
    KEPT,
    along,
    along_samples,
    count,
    nonempty,
    reduced_shape,
    reducer,
    reduction,
    same_shape,
    samples,
    spread,
    sum,
    whole_dtype,
)
from holograd.ops.table import INT64, example_text, normal_dim, operation, public, shape_of


def _product_of_others(a: Any, dims: tuple[int, ...]) -> Any:
    """For each number the product of the others along `dims`, without division: the product of
    those before it times the product of those after it."""
    if not dims:
        return where(eq(a, a), 1.0, a)
    rest = tuple(dim for dim in range(len(a.shape)) if dim not in dims)
    lined = permute(a, (*rest, *dims))
    row = reshape(lined, (*(a.shape[dim] for dim in rest), count(a, dims)))
    last = len(rest)
    others = _product_before(row, last) * flip(_product_before(flip(row, last), last), last)
    return permute(reshape(others, lined.shape), inverse_order((*rest, *dims)))


def _product_before(a: Any, dim: int) -> Any:
    if not a.shape[dim]:
        return a
    shifted = cat([narrow(a, dim, 0, 1), narrow(a, dim, 0, a.shape[dim] - 1)], dim)
    first = np.arange(a.shape[dim]) == 0
    return apply(_CUMPROD, (where(first, 1.0, shifted),), {"dim": dim})


def _cumprod_gradient(g: Any, y: Any, a: Any, dim: int) -> Any:
    """Σ over outputs j ≥ k of g_j times the product of all inputs up to j but the k-th: without
    division, so that zeros are right. Row k of `others` is the input with a 1 at place k."""
    extent = a.shape[dim]
    if not extent:
        return g
    trailing = (1,) * (len(a.shape) - dim - 1)
    places = np.arange(extent)
    own = (places[:, None] == places).reshape(extent, extent, *trailing)
    reached = (places[:, None] <= places).reshape(extent, extent, *trailing)
    others = where(own, 1.0, unsqueeze(a, dim))
    products = apply(_CUMPROD, (others,), {"dim": dim + 1})
    return sum(where(reached, unsqueeze(g, dim) * products, 0.0), dim + 1)


_PROD = operation(
    "prod", symbol="Π", formula=rf"\prod_{{{KEPT}}} a", summary="The product along dimensions.",
    numpy=reducer(np.multiply, whole=True), shape=reduced_shape, dtype=whole_dtype,
    samples=samples(((0, 3), (0,), False)),
    gradient=(lambda g, y, a, dims, keepdim: spread(g, a, dims) * _product_of_others(a, dims),),
)  # fmt: skip
_CUMSUM = operation(
    "cumsum", symbol="Σ↓", formula=r"\sum_{j \le i} a_j", dtype=whole_dtype,
    summary="The running sum along a dimension.",
    numpy=lambda a, dim: np.cumsum(a, axis=dim, dtype=whole_dtype(a)),
    shape=same_shape, samples=along_samples,
    gradient=(
        lambda g, y, a, dim: flip(apply(_CUMSUM, (flip(g, dim),), {"dim": dim}), dim),
    ),
)  # fmt: skip
_CUMPROD = operation(
    "cumprod", symbol="Π↓", formula=r"\prod_{j \le i} a_j", dtype=whole_dtype,
    summary="The running product along a dimension.",
    numpy=lambda a, dim: np.cumprod(a, axis=dim, dtype=whole_dtype(a)),
    shape=same_shape, samples=along_samples,
    gradient=(_cumprod_gradient,),
)  # fmt: skip


def _along_nonempty(generator: np.random.Generator) -> list:
    return [case for case in along_samples(generator) if case[0][0].shape[case[1]["dim"]]]


_ARGMAX = operation(
    "argmax", formula=r"\arg\max_i a_i", dtype=INT64, samples=_along_nonempty, gradient=None,
    summary="Where the greatest along a dimension is; the first of equals.",
    numpy=lambda a, dim: np.argmax(a, axis=dim),
    shape=lambda a, dim: nonempty("argmax")(a, (dim,), False),
)  # fmt: skip
_ARGMIN = operation(
    "argmin", formula=r"\arg\min_i a_i", dtype=INT64, samples=_along_nonempty, gradient=None,
    summary="Where the least along a dimension is; the first of equals.",
    numpy=lambda a, dim: np.argmin(a, axis=dim),
    shape=lambda a, dim: nonempty("argmin")(a, (dim,), False),
)  # fmt: skip

prod = reduction(_PROD, "hg.prod(hg.tensor([2, 3, 4])) → tensor(24)")
cumsum = along(_CUMSUM, "hg.cumsum(hg.tensor([2, 3, 4]), dim=0) → tensor([2, 5, 9])")
cumprod = along(_CUMPROD, "hg.cumprod(hg.tensor([2, 3, 4]), dim=0) → tensor([ 2,  6, 24])")


def _position(record: Any, example: str) -> Any:
    name = record.name

    def function(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        shape = shape_of(input, name)
        if dim is None:
            found = apply(record, (reshape(input, (-1,)),), {"dim": 0})
            return reshape(found, (1,) * len(shape)) if keepdim else found
        dim = normal_dim(dim, len(shape), name)
        found = apply(record, (input if shape else reshape(input, (1,)),), {"dim": dim})
        return unsqueeze(found, dim) if keepdim and shape else found

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"{record.summary} Over all numbers, in row order, where dim is None.\n\n"
        f"{example_text(example)}"
    )
    return public(function)


argmax = _position(_ARGMAX, "hg.argmax(hg.tensor([[1, 5], [4, 2]])) → tensor(1)")
argmin = _position(_ARGMIN, "hg.argmin(hg.tensor([[1, 5], [4, 2]]), dim=1) → tensor([0, 1])")
