"""Operations that shrink dimensions (sums, extremes, products) or run along them.

Records take `dims`, sorted and counted from the front, and `keepdim`; the public functions below
them take PyTorch's `dim`, which may be None (all), one, or several.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from holograd.errors import ShapeError
from holograd.graph import Spec, apply
from holograd.ops.elementwise import abs as absolute
from holograd.ops.elementwise import cast, eq, exp, log, logical_not, mul, pow, sqrt, square, where
from holograd.ops.movement import cat, expand, flip, narrow, permute, reshape, unsqueeze
from holograd.ops.table import (
    BOOL,
    INT64,
    composite,
    normal_dim,
    normal_dims,
    operation,
    public,
)

KEPT = "\\text{dims}"


def kept_shape(shape: tuple[int, ...], dims: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with extent 1 at `dims`."""
    return tuple(1 if dim in dims else extent for dim, extent in enumerate(shape))


def _reduced_shape(a: Spec, dims: tuple[int, ...], keepdim: bool) -> tuple[int, ...]:
    if keepdim:
        return kept_shape(a.shape, dims)
    return tuple(extent for dim, extent in enumerate(a.shape) if dim not in dims)


def _spread(value: Any, like: Any, dims: tuple[int, ...]) -> Any:
    """A reduced `value` back on the shape of `like`, the same number along each of `dims`."""
    return expand(reshape(value, kept_shape(like.shape, dims)), like.shape)


def _axis(a: np.ndarray, dims: tuple[int, ...]) -> tuple[int, ...] | int | None:
    return None if len(dims) == a.ndim else dims[0] if len(dims) == 1 else dims


def _reducer(ufunc: Any) -> Any:
    reduce = ufunc.reduce
    return lambda a, dims, keepdim: reduce(a, axis=_axis(a, dims), keepdims=keepdim)


def _mean(a: np.ndarray, dims: tuple[int, ...], keepdim: bool) -> np.ndarray:
    total = np.add.reduce(a, axis=_axis(a, dims), keepdims=keepdim)
    return total / a.dtype.type(_count(a, dims))


def _count(a: Any, dims: tuple[int, ...]) -> int:
    return math.prod(a.shape[dim] for dim in dims)


def _samples(low: float = -2.0, high: float = 2.0) -> Any:
    def make(generator: np.random.Generator) -> list:
        cases = [((2, 3), (0,), False), ((2, 3), (1,), True), ((2, 3, 2), (0, 2), False),
                 ((3,), (0,), False), ((2, 3), (0, 1), False), ((1, 2), (0,), True), ((), (), False)]  # fmt: skip
        return [
            ((generator.uniform(low, high, shape),), {"dims": dims, "keepdim": keepdim})
            for shape, dims, keepdim in cases
        ]

    return make


def _extreme_gradient(g: Any, y: Any, a: Any, dims: tuple[int, ...], keepdim: bool) -> Any:
    """Equal extremes share the gradient equally."""
    chosen = cast(eq(a, _spread(y, a, dims)), a.dtype)
    total = apply(_SUM, (chosen,), {"dims": dims, "keepdim": True})
    return _spread(g, a, dims) * (chosen / total)


def _product_of_others(a: Any, dims: tuple[int, ...]) -> Any:
    """For each number the product of the others along `dims`, without division: the product of
    those before it times the product of those after it."""
    if not dims:
        return where(eq(a, a), 1.0, a)
    rest = tuple(dim for dim in range(len(a.shape)) if dim not in dims)
    lined = permute(a, (*rest, *dims))
    row = reshape(lined, (*(a.shape[dim] for dim in rest), _count(a, dims)))
    last = len(rest)
    others = _product_before(row, last) * flip(_product_before(flip(row, last), last), last)
    return permute(reshape(others, lined.shape), tuple(np.argsort((*rest, *dims)).tolist()))


def _product_before(a: Any, dim: int) -> Any:
    if not a.shape[dim]:
        return a
    shifted = cat([narrow(a, dim, 0, 1), narrow(a, dim, 0, a.shape[dim] - 1)], dim)
    first = np.arange(a.shape[dim]) == 0
    return cumprod(where(first, 1.0, shifted), dim)


def _nonempty(name: str) -> Any:
    def rule(a: Spec, dims: tuple[int, ...], keepdim: bool) -> tuple[int, ...]:
        if 0 in [a.shape[dim] for dim in dims]:
            raise ShapeError(f"{name} of no numbers does not exist: the shape is {a.shape}")
        return _reduced_shape(a, dims, keepdim)

    return rule


_SUM = operation(
    "sum", symbol="Σ", formula=rf"\sum_{{{KEPT}}} a", summary="The sum along dimensions.",
    numpy=_reducer(np.add), shape=_reduced_shape, samples=_samples(),
    dtype=lambda a, **parameters: a.dtype if a.dtype.kind == "f" else INT64,
    gradient=(lambda g, y, a, dims, keepdim: _spread(g, a, dims),),
)  # fmt: skip
_COUNT = operation(
    "count", symbol="n", formula=rf"\prod_{{{KEPT}}} n", summary="How many numbers a reduction joins.",
    numpy=lambda a, dims: np.asarray(_count(a, dims), a.dtype), shape=lambda a, dims: (),
    kinds=("float",), gradient=None,
    samples=lambda generator: [((generator.uniform(-2, 2, (2, 3)),), {"dims": (1,)})],
)  # fmt: skip
_MEAN = operation(
    "mean", symbol="mean", formula=rf"\frac{{1}}{{n}} \sum_{{{KEPT}}} a", summary="The mean along dimensions.",
    numpy=_mean, shape=_reduced_shape, kinds=("float",), samples=_samples(),
    gradient=(lambda g, y, a, dims, keepdim: _spread(g / apply(_COUNT, (a,), {"dims": dims}), a, dims),),
)  # fmt: skip
_AMAX = operation(
    "amax", symbol="max", formula=rf"\max_{{{KEPT}}} a", summary="The greatest along dimensions.",
    numpy=_reducer(np.maximum), shape=_nonempty("amax"), samples=_samples(), gradient=(_extreme_gradient,),
)  # fmt: skip
_AMIN = operation(
    "amin", symbol="min", formula=rf"\min_{{{KEPT}}} a", summary="The least along dimensions.",
    numpy=_reducer(np.minimum), shape=_nonempty("amin"), samples=_samples(), gradient=(_extreme_gradient,),
)  # fmt: skip
_PROD = operation(
    "prod", symbol="Π", formula=rf"\prod_{{{KEPT}}} a", summary="The product along dimensions.",
    numpy=_reducer(np.multiply), shape=_reduced_shape, samples=_samples(),
    dtype=lambda a, **parameters: a.dtype if a.dtype.kind == "f" else INT64,
    gradient=(lambda g, y, a, dims, keepdim: _spread(g, a, dims) * _product_of_others(a, dims),),
)  # fmt: skip
_ANY = operation(
    "any", symbol="∃", formula=rf"\exists_{{{KEPT}}} a", summary="Whether one along dimensions holds.",
    numpy=_reducer(np.logical_or), shape=_reduced_shape, dtype=BOOL, samples=_samples(), gradient=None,
)  # fmt: skip
_ALL = operation(
    "all", symbol="∀", formula=rf"\forall_{{{KEPT}}} a", summary="Whether all along dimensions hold.",
    numpy=_reducer(np.logical_and), shape=_reduced_shape, dtype=BOOL, samples=_samples(), gradient=None,
)  # fmt: skip


def _logsumexp(a: np.ndarray, dims: tuple[int, ...], keepdim: bool) -> np.ndarray:
    peak = np.maximum.reduce(a, axis=dims, keepdims=True, initial=-np.inf)
    peak = np.where(np.isfinite(peak), peak, a.dtype.type(0))
    total = np.log(np.add.reduce(np.exp(a - peak), axis=dims, keepdims=True)) + peak
    return total if keepdim else total.reshape(_reduced_shape(Spec(a.shape, a.dtype), dims, False))


_LOGSUMEXP = operation(
    "logsumexp", symbol="ln Σ eˣ", formula=rf"\ln \sum_{{{KEPT}}} e^{{a}}",
    summary="The logarithm of a sum of exponentials, which never overflows.",
    numpy=_logsumexp, shape=_reduced_shape, kinds=("float",), samples=_samples(),
    gradient=(lambda g, y, a, dims, keepdim: _spread(g, a, dims) * exp(a - _spread(y, a, dims)),),
    definition=lambda a, dims, keepdim: log(apply(_SUM, (exp(a),), {"dims": dims, "keepdim": keepdim})),
)  # fmt: skip


# --- along one dimension ---


def _along_samples(generator: np.random.Generator) -> list:
    draw = lambda *shape: generator.uniform(0.5, 2, shape)  # noqa: E731
    return [((draw(4),), {"dim": 0}), ((draw(2, 3),), {"dim": 1}), ((draw(2, 3, 2),), {"dim": 1})]


def _same(a: Spec, **parameters: Any) -> tuple[int, ...]:
    return a.shape


def _reverse_cumsum(g: Any, dim: int) -> Any:
    return flip(apply(_CUMSUM, (flip(g, dim),), {"dim": dim}), dim)


def _cumprod_gradient(g: Any, y: Any, a: Any, dim: int) -> Any:
    """Σ over outputs j ≥ k of g_j times the product of all inputs up to j but the k-th: no division,
    so that zeros are right. Row k of `others` is the input with a 1 in the k-th place."""
    extent = a.shape[dim]
    if not extent:
        return g
    trailing = (1,) * (len(a.shape) - dim - 1)
    places = np.arange(extent)
    own = (places[:, None] == places).reshape(extent, extent, *trailing)
    reached = (places[:, None] <= places).reshape(extent, extent, *trailing)
    products = apply(_CUMPROD, (where(own, 1.0, unsqueeze(a, dim)),), {"dim": dim + 1})
    terms = where(reached, unsqueeze(g, dim) * products, 0.0)
    return apply(_SUM, (terms,), {"dims": (dim + 1,), "keepdim": False})


_CUMSUM = operation(
    "cumsum", symbol="Σ↓", formula=r"\sum_{j \le i} a_j", summary="The running sum along a dimension.",
    numpy=lambda a, dim: np.cumsum(a, axis=dim), shape=_same, samples=_along_samples,
    dtype=lambda a, dim: a.dtype if a.dtype.kind == "f" else INT64,
    gradient=(lambda g, y, a, dim: _reverse_cumsum(g, dim),),
)  # fmt: skip
_CUMPROD = operation(
    "cumprod", symbol="Π↓", formula=r"\prod_{j \le i} a_j", summary="The running product along a dimension.",
    numpy=lambda a, dim: np.cumprod(a, axis=dim), shape=_same, samples=_along_samples,
    dtype=lambda a, dim: a.dtype if a.dtype.kind == "f" else INT64, gradient=(_cumprod_gradient,),
)  # fmt: skip
_SOFTMAX = operation(
    "softmax", formula=r"e^{a_i} / \sum_j e^{a_j}", summary="Positive shares that add up to 1 along a dimension.",
    numpy=lambda a, dim: _shares(a, dim), shape=_same, kinds=("float",), samples=_along_samples,
    gradient=(lambda g, y, a, dim: y * (g - _total(g * y, dim)),),
    definition=lambda a, dim: exp(a) / _total(exp(a), dim),
)  # fmt: skip
_LOG_SOFTMAX = operation(
    "log_softmax", symbol="ln softmax", formula=r"a_i - \ln \sum_j e^{a_j}",
    summary="The logarithm of softmax, which never overflows.",
    numpy=lambda a, dim: a - _logsumexp(a, (dim,), True), shape=_same, kinds=("float",),
    samples=_along_samples, gradient=(lambda g, y, a, dim: g - exp(y) * _total(g, dim),),
    definition=lambda a, dim: log(exp(a) / _total(exp(a), dim)),
)  # fmt: skip
_ARGMAX = operation(
    "argmax", formula=r"\arg\max_i a_i", summary="Where the greatest along a dimension is; the first of equals.",
    numpy=lambda a, dim: np.argmax(a, axis=dim), dtype=INT64, samples=_along_samples, gradient=None,
    shape=lambda a, dim: _nonempty("argmax")(a, (dim,), False),
)  # fmt: skip
_ARGMIN = operation(
    "argmin", formula=r"\arg\min_i a_i", summary="Where the least along a dimension is; the first of equals.",
    numpy=lambda a, dim: np.argmin(a, axis=dim), dtype=INT64, samples=_along_samples, gradient=None,
    shape=lambda a, dim: _nonempty("argmin")(a, (dim,), False),
)  # fmt: skip


def _shares(a: np.ndarray, dim: int) -> np.ndarray:
    weights = np.exp(a - np.maximum.reduce(a, axis=dim, keepdims=True, initial=-np.inf))
    return weights / np.add.reduce(weights, axis=dim, keepdims=True)


def _total(a: Any, dim: int) -> Any:
    """The sum along `dim`, spread over it again."""
    total = apply(_SUM, (a,), {"dims": (dim,), "keepdim": True})
    return expand(total, a.shape)


# --- public functions ---


def _reduction(record: Any) -> Any:
    name = record.name

    def function(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
        dims = normal_dims(dim, len(input.shape), name)
        return apply(record, (input,), {"dims": dims, "keepdim": bool(keepdim)})

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"{record.summary}\n\n    .. math:: {record.formula}\n\n    Args:\n"
        "        input: any shape.\n"
        "        dim: one dimension, several, or None for all.\n"
        "        keepdim: whether reduced dimensions stay, with extent 1.\n"
    )
    return public(function)


sum = _reduction(_SUM)
mean = _reduction(_MEAN)
amax = _reduction(_AMAX)
amin = _reduction(_AMIN)
any = _reduction(_ANY)
all = _reduction(_ALL)
logsumexp = _reduction(_LOGSUMEXP)


class Extremes(NamedTuple):
    """Values along a dimension, and where in it they stand."""

    values: Any
    indices: Any


def _along(record: Any) -> Any:
    name = record.name

    def function(input: Any, dim: int) -> Any:
        return apply(record, (input,), {"dim": normal_dim(dim, len(input.shape), name)})

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{record.summary}\n\n    .. math:: {record.formula}\n"
    return public(function)


cumsum = _along(_CUMSUM)
cumprod = _along(_CUMPROD)
softmax = _along(_SOFTMAX)
log_softmax = _along(_LOG_SOFTMAX)


def _position(record: Any) -> Any:
    name = record.name

    def function(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        shape = input.shape
        if dim is None:
            found = apply(record, (reshape(input, (-1,)),), {"dim": 0})
            return reshape(found, (1,) * len(shape)) if keepdim else found
        dim = normal_dim(dim, len(shape), name)
        found = apply(record, (input if shape else reshape(input, (1,)),), {"dim": dim})
        return unsqueeze(found, dim) if keepdim and shape else found

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{record.summary} Over all numbers, in row order, where dim is None.\n"
    return public(function)


argmax = _position(_ARGMAX)
argmin = _position(_ARGMIN)


@public
def prod(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The product along one dimension, or of all numbers; its gradient is right at zeros too."""
    dims = normal_dims(dim, len(input.shape), "prod")
    return apply(_PROD, (input,), {"dims": dims, "keepdim": bool(keepdim)})


@public
@composite
def var(
    input: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *,
    correction: float | None = None,
) -> Any:  # fmt: skip
    """The variance: squared deviations from the mean, divided by n − 1 (or n − `correction`)."""
    dims = normal_dims(dim, len(input.shape), "var")
    if correction is None:
        correction = 1 if unbiased else 0
    deviation = input - mean(input, dims, keepdim=True)
    total = sum(square(deviation), dims, keepdim)
    return total / (apply(_COUNT, (deviation,), {"dims": dims}) - float(correction))


@public
@composite
def std(
    input: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *,
    correction: float | None = None,
) -> Any:  # fmt: skip
    """The standard deviation, the root of `var`; its gradient is 0 where it is 0."""
    return _safe_sqrt(var(input, dim, unbiased, keepdim, correction=correction))


@public
@composite
def norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False) -> Any:
    """The p-norm (Σ |x|ᵖ)^(1/p); "fro" and 2 are the Euclidean length, inf the greatest |x|.

    The gradient of the Euclidean length is 0 at the origin, as in PyTorch.
    """
    if p in ("fro", 2):
        return _safe_sqrt(sum(square(input), dim, keepdim))
    size = absolute(input)
    if p in (math.inf, -math.inf):
        return (amax if p > 0 else amin)(size, dim, keepdim)
    if p == 0:
        return sum(cast(input != 0, input.dtype), dim, keepdim)
    if p == 1:
        return sum(size, dim, keepdim)
    return pow(sum(pow(size, p), dim, keepdim), 1 / p)


def _safe_sqrt(value: Any) -> Any:
    """The square root, with gradient 0 instead of infinity at 0."""
    zero = eq(value, 0)
    return mul(sqrt(where(zero, 1.0, value)), cast(logical_not(zero), value.dtype))
