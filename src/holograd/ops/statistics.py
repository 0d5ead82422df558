"""Variance, standard deviation and norms: composites of sums."""

from __future__ import annotations

import math
from typing import Any

from holograd.errors import ArgumentError
from holograd.ops.arithmetic import mul
from holograd.ops.compare import eq, logical_not
from holograd.ops.elementwise import abs as absolute
from holograd.ops.elementwise import cast, maximum, pow, sqrt, square, where
from holograd.ops.reduce import amax, amin, extent_of, mean, sum
from holograd.ops.table import check_floating, composite, normal_dims, public, shape_of


@public
@composite
def var(
    input: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *,
    correction: float | None = None,
) -> Any:  # fmt: skip
    """The variance: squared deviations from the mean, divided by n − 1 (or n − `correction`).

    Args:
        input: floats of any shape.
        dim: one dimension, several, or None for all.
        unbiased: whether to divide by n − 1 rather than by n; `var(x, False)` means it too.
        keepdim: whether reduced dimensions stay, with extent 1.
        correction: what to take off n, in place of `unbiased`.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([1.0, 2.0, 3.0]).var()
        tensor(1.)
    """
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    dims = normal_dims(dim, len(shape_of(input, "var")), "var")
    check_floating("var", input.dtype)
    if correction is None:
        correction = 1 if unbiased else 0
    deviation = input - mean(input, dims, keepdim=True)
    total = sum(square(deviation), dims, keepdim)
    number = extent_of(deviation, dims)
    return total / (maximum(number - float(correction), 0.0) if correction else number)


@public
@composite
def std(
    input: Any, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *,
    correction: float | None = None,
) -> Any:  # fmt: skip
    """The standard deviation, the root of `var`; its gradient is 0 where it is 0.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([1.0, 5.0]).std(correction=0)
        tensor(2.)
    """
    shape_of(input, "std")
    check_floating("std", input.dtype)
    return _safe_sqrt(var(input, dim, unbiased, keepdim, correction=correction))


@public
@composite
def norm(
    input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Any:
    """The p-norm (Σ |x|ᵖ)^(1/p) of all numbers, or along dimensions.

    Where the norm is 0, and where a number is 0 for p < 1, the gradient is 0, as in PyTorch.

    Args:
        input: floats of any shape.
        p: "fro" and 2 are the Euclidean length, inf the greatest |x|, −inf the least, 0 counts the
            numbers that are not 0.
        dim: one dimension, several, or None for all.
        keepdim: whether reduced dimensions stay, with extent 1.
        dtype: what the numbers are cast to before.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([3.0, 4.0]).norm()
        tensor(5.)
    """
    shape_of(input, "norm")
    if dtype is not None:
        input = cast(input, dtype)
    check_floating("norm", input.dtype)
    if p in ("fro", 2):
        return _safe_sqrt(sum(square(input), dim, keepdim))
    if isinstance(p, str):
        raise ArgumentError(f"norm has no p={p!r}", instead='Write a number, or "fro".')
    size = absolute(input)
    if p in (math.inf, -math.inf):
        return (amax if p > 0 else amin)(size, dim, keepdim)
    if p == 0:
        return sum(cast(input != 0, input.dtype), dim, keepdim)
    if p == 1:
        return sum(size, dim, keepdim)
    if p < 1:
        zero = eq(size, 0)
        powers = where(zero, 0.0 if p > 0 else math.inf, pow(where(zero, 1.0, size), p))
    else:
        powers = pow(size, p)
    total = sum(powers, dim, keepdim)
    none = eq(total, 0)
    return where(none, total, pow(where(none, 1.0, total), 1 / p))


def _safe_sqrt(value: Any) -> Any:
    """The square root, with gradient 0 instead of infinity at 0."""
    zero = eq(value, 0)
    return mul(sqrt(where(zero, 1.0, value)), cast(logical_not(zero), value.dtype))
