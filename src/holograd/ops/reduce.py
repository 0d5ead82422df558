"""Operations that shrink dimensions: sums, means, extremes, truth; and softmax, which divides by a
sum.

Records take `dims`, sorted and counted from the front, and `keepdim`; the public functions below
them take PyTorch's `dim`, which may be None (all), one, or several.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, ShapeError
from holograd.graph import Spec, apply
from holograd.ops.compare import eq, ne
from holograd.ops.elementwise import cast, exp, log
from holograd.ops.movement import expand, reshape
from holograd.ops.table import (
    BOOL,
    INT64,
    example_text,
    normal_dim,
    normal_dims,
    operation,
    public,
    shape_of,
)

KEPT = "\\text{dims}"


def kept_shape(shape: tuple[int, ...], dims: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with extent 1 at `dims`."""
    return tuple(1 if dim in dims else extent for dim, extent in enumerate(shape))


def reduced_shape(a: Spec, dims: tuple[int, ...], keepdim: bool) -> tuple[int, ...]:
    """The shape rule of a reduction: `dims` left out, or kept with extent 1."""
    if keepdim:
        return kept_shape(a.shape, dims)
    return tuple(extent for dim, extent in enumerate(a.shape) if dim not in dims)


def nonempty(name: str) -> Any:
    """The shape rule of a reduction that nothing cannot have."""

    def rule(a: Spec, dims: tuple[int, ...], keepdim: bool) -> tuple[int, ...]:
        if 0 in [a.shape[dim] for dim in dims]:
            raise ShapeError(f"{name} of no numbers does not exist: the shape is {a.shape}")
        return reduced_shape(a, dims, keepdim)

    return rule


def spread(value: Any, like: Any, dims: tuple[int, ...]) -> Any:
    """A reduced `value` back on the shape of `like`, the same number along each of `dims`."""
    return expand(reshape(value, kept_shape(like.shape, dims)), like.shape)


def _axis(a: np.ndarray, dims: tuple[int, ...]) -> tuple[int, ...] | int | None:
    return None if len(dims) == a.ndim else dims[0] if len(dims) == 1 else dims


def reducer(ufunc: Any, whole: bool = False) -> Any:
    """The NumPy meaning of the reduction that repeats `ufunc`; `whole`: integers join as int64."""
    reduce = ufunc.reduce
    if whole:
        return lambda a, dims, keepdim: reduce(
            a, _axis(a, dims), None if a.dtype.kind == "f" else INT64, keepdims=keepdim
        )
    return lambda a, dims, keepdim: reduce(a, _axis(a, dims), keepdims=keepdim)


def whole_dtype(a: Any, **parameters: Any) -> np.dtype:
    """The dtype rule of sums and products: integers and truth values become int64."""
    return a.dtype if a.dtype.kind == "f" else INT64


def count(a: Any, dims: tuple[int, ...]) -> int:
    """How many numbers lie along `dims`."""
    return math.prod(a.shape[dim] for dim in dims)


def _mean(a: np.ndarray, dims: tuple[int, ...], keepdim: bool) -> np.ndarray:
    total = np.add.reduce(a, axis=_axis(a, dims), keepdims=keepdim)
    return total / a.dtype.type(count(a, dims))


def samples(*more: tuple[tuple[int, ...], tuple[int, ...], bool]) -> Any:
    """Samples of a reduction: (shape, dims, keepdim); `more` are those it does not share."""
    cases = [((2, 3), (0,), False), ((2, 3), (1,), True), ((2, 3, 2), (0, 2), False),
             ((3,), (0,), False), ((2, 3), (0, 1), False), ((1, 2), (0,), True), ((), (), False),
             ((2, 2), (), False), ((0, 3), (1,), False), *more]  # fmt: skip

    def make(generator: np.random.Generator) -> list:
        return [
            ((generator.uniform(-2, 2, shape),), {"dims": dims, "keepdim": keepdim})
            for shape, dims, keepdim in cases
        ]

    return make


_OF_NONE = ((0, 3), (0,), False)


def _extreme_gradient(g: Any, y: Any, a: Any, dims: tuple[int, ...], keepdim: bool) -> Any:
    """Equal extremes share the gradient equally; so do NaN, which are extremes where there are."""
    chosen = cast(eq(a, spread(y, a, dims)) | ne(a, a), a.dtype)
    total = apply(_SUM, (chosen,), {"dims": dims, "keepdim": True})
    return spread(g, a, dims) * (chosen / total)


_SUM = operation(
    "sum", symbol="Σ", formula=rf"\sum_{{{KEPT}}} a", summary="The sum along dimensions.",
    numpy=reducer(np.add, whole=True), shape=reduced_shape, dtype=whole_dtype,
    samples=samples(_OF_NONE),
    gradient=(lambda g, y, a, dims, keepdim: spread(g, a, dims),),
)  # fmt: skip
_COUNT = operation(
    "count", symbol="n", formula=rf"\prod_{{{KEPT}}} n", kinds=("float",), gradient=None,
    summary="How many numbers a reduction joins.",
    numpy=lambda a, dims: np.asarray(count(a, dims), a.dtype), shape=lambda a, dims: (),
    samples=lambda generator: [
        ((generator.uniform(-2, 2, shape),), {"dims": dims})
        for shape, dims in [((2, 3), (1,)), ((0, 2), (0,)), ((), ()), ((2, 3), (0, 1))]
    ],
)  # fmt: skip


def extent_of(a: Any, dims: tuple[int, ...]) -> Any:
    """How many numbers of `a` lie along `dims`, as a node: a batch's size may vary in it."""
    return apply(_COUNT, (a,), {"dims": dims})


_MEAN = operation(
    "mean", symbol="mean", formula=rf"\frac{{1}}{{n}} \sum_{{{KEPT}}} a", kinds=("floating",),
    summary="The mean along dimensions.", numpy=_mean, shape=reduced_shape, samples=samples(),
    gradient=(lambda g, y, a, dims, keepdim: spread(g / extent_of(a, dims), a, dims),),
    definition=lambda a, dims, keepdim: (
        apply(_SUM, (a,), {"dims": dims, "keepdim": keepdim}) / extent_of(a, dims)
    ),
)  # fmt: skip
_AMAX = operation(
    "amax", symbol="max", formula=rf"\max_{{{KEPT}}} a", summary="The greatest along dimensions.",
    numpy=reducer(np.maximum), shape=nonempty("amax"), samples=samples(),
    gradient=(_extreme_gradient,),
)  # fmt: skip
_AMIN = operation(
    "amin", symbol="min", formula=rf"\min_{{{KEPT}}} a", summary="The least along dimensions.",
    numpy=reducer(np.minimum), shape=nonempty("amin"), samples=samples(),
    gradient=(_extreme_gradient,),
)  # fmt: skip
_ANY = operation(
    "any", symbol="∃", formula=rf"\exists_{{{KEPT}}} a", dtype=BOOL, gradient=None,
    summary="Whether one along dimensions holds, or is not 0.",
    numpy=reducer(np.logical_or), shape=reduced_shape, samples=samples(_OF_NONE),
)  # fmt: skip
_ALL = operation(
    "all", symbol="∀", formula=rf"\forall_{{{KEPT}}} a", dtype=BOOL, gradient=None,
    summary="Whether all along dimensions hold, or are not 0.",
    numpy=reducer(np.logical_and), shape=reduced_shape, samples=samples(_OF_NONE),
)  # fmt: skip


# --- sums of exponentials ---


def _logsumexp(a: np.ndarray, dims: tuple[int, ...], keepdim: bool) -> np.ndarray:
    peak = np.maximum.reduce(a, axis=dims, keepdims=True, initial=-np.inf)
    peak = np.where(np.isfinite(peak), peak, a.dtype.type(0))
    total = np.log(np.add.reduce(np.exp(a - peak), axis=dims, keepdims=True)) + peak
    return total if keepdim else total.reshape(reduced_shape(Spec(a.shape, a.dtype), dims, False))


def _shares(a: np.ndarray, dim: int) -> np.ndarray:
    weights = np.exp(a - np.maximum.reduce(a, axis=dim, keepdims=True, initial=-np.inf))
    return weights / np.add.reduce(weights, axis=dim, keepdims=True)


def _log_shares(a: np.ndarray, dim: int) -> np.ndarray:
    below = a - np.maximum.reduce(a, axis=dim, keepdims=True, initial=-np.inf)
    return below - np.log(np.add.reduce(np.exp(below), axis=dim, keepdims=True))


def _total(a: Any, dim: int) -> Any:
    """The sum along `dim`, spread over it again."""
    total = apply(_SUM, (a,), {"dims": (dim,), "keepdim": True})
    return expand(total, a.shape)


def along_samples(generator: np.random.Generator) -> list:
    """Samples of an operation along one dimension."""
    cases = [((4,), 0), ((2, 3), 1), ((2, 3, 2), 1), ((3, 1), 1), ((0, 2), 0), ((2, 0), 0)]
    return [((generator.uniform(0.5, 2, shape),), {"dim": dim}) for shape, dim in cases]


def same_shape(a: Spec, **parameters: Any) -> tuple[int, ...]:
    """The shape rule of what keeps the shape."""
    return a.shape


_LOGSUMEXP = operation(
    "logsumexp", symbol="ln Σ eˣ", formula=rf"\ln \sum_{{{KEPT}}} e^{{a}}", kinds=("float",),
    summary="The logarithm of a sum of exponentials, which never overflows.",
    numpy=_logsumexp, shape=reduced_shape, samples=samples(),
    gradient=(lambda g, y, a, dims, keepdim: spread(g, a, dims) * exp(a - spread(y, a, dims)),),
    definition=lambda a, dims, keepdim: log(
        apply(_SUM, (exp(a),), {"dims": dims, "keepdim": keepdim})
    ),
)  # fmt: skip
_SOFTMAX = operation(
    "softmax", formula=r"e^{a_i} / \sum_j e^{a_j}", kinds=("floating",),
    summary="Positive shares that add up to 1 along a dimension.",
    numpy=_shares, shape=same_shape, samples=along_samples,
    gradient=(lambda g, y, a, dim: y * (g - _total(g * y, dim)),),
    definition=lambda a, dim: exp(a) / _total(exp(a), dim),
)  # fmt: skip
_LOG_SOFTMAX = operation(
    "log_softmax", symbol="ln softmax", formula=r"a_i - \ln \sum_j e^{a_j}", kinds=("floating",),
    summary="The logarithm of softmax, which never overflows.",
    numpy=_log_shares, shape=same_shape, samples=along_samples,
    gradient=(lambda g, y, a, dim: g - exp(y) * _total(g, dim),),
    definition=lambda a, dim: log(exp(a) / _total(exp(a), dim)),
)  # fmt: skip


# --- public functions ---


def reduction(record: Any, example: str) -> Any:
    """The public function of a reduction's record."""
    name = record.name

    def function(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
        dims = normal_dims(dim, len(shape_of(input, name)), name)
        return apply(record, (input,), {"dims": dims, "keepdim": bool(keepdim)})

    def function_of_dtype(
        input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
    ) -> Any:
        return function(input if dtype is None else cast(input, dtype), dim, keepdim)

    takes_dtype = name in ("sum", "mean", "prod")
    chosen = function_of_dtype if takes_dtype else function
    chosen.__name__ = chosen.__qualname__ = name
    chosen.__doc__ = (
        f"{record.summary}\n\n    .. math:: {record.formula}\n\n    Args:\n"
        "        input: any shape.\n"
        "        dim: one dimension, several, or None for all.\n"
        "        keepdim: whether reduced dimensions stay, with extent 1.\n"
        + ("        dtype: what the numbers are cast to before.\n" if takes_dtype else "")
        + f"\n{example_text(example)}"
    )
    return public(chosen)


sum = reduction(_SUM, "hg.sum(hg.tensor([[1, 2], [3, 4]]), dim=0) → tensor([4, 6])")
mean = reduction(_MEAN, "hg.mean(hg.tensor([1.0, 2.0, 6.0])) → tensor(3.)")
amax = reduction(_AMAX, "hg.amax(hg.tensor([[1, 5], [4, 2]]), dim=(0, 1)) → tensor(5)")
amin = reduction(_AMIN, "hg.amin(hg.tensor([[1, 5], [4, 2]]), dim=1) → tensor([1, 2])")
any = reduction(_ANY, "hg.any(hg.tensor([False, True])) → tensor(True)")
all = reduction(_ALL, "hg.all(hg.tensor([False, True])) → tensor(False)")
logsumexp = reduction(_LOGSUMEXP, "hg.logsumexp(hg.tensor([1000.0, 0.0]), 0) → tensor(1000.)")


def along(record: Any, example: str) -> Any:
    """The public function of the record of an operation along one dimension."""
    name = record.name

    def function(input: Any, dim: int | None = None, *, dtype: Any = None) -> Any:
        if dim is None:
            raise ArgumentError(
                f"{name} needs the dimension to run along",
                instead=f"Write {name}(x, dim=-1) for the last one.",
            )
        ndim = len(shape_of(input, name))
        dim = normal_dim(dim, ndim, name)
        if dtype is not None:
            input = cast(input, dtype)
        if not ndim:
            return reshape(apply(record, (reshape(input, (1,)),), {"dim": 0}), ())
        return apply(record, (input,), {"dim": dim})

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"{record.summary}\n\n    .. math:: {record.formula}\n\n    Args:\n"
        "        input: any shape.\n"
        "        dim: the dimension to run along.\n"
        f"        dtype: what the numbers are cast to before.\n\n{example_text(example)}"
    )
    return public(function)


softmax = along(_SOFTMAX, "hg.softmax(hg.tensor([0.0, 0.0]), dim=0) → tensor([0.5, 0.5])")
log_softmax = along(
    _LOG_SOFTMAX, "hg.log_softmax(hg.tensor([0.0, 0.0]), dim=0) → tensor([-0.6931, -0.6931])"
)
