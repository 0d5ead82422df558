"""Products of tensors: one record, and the matrix products made of it.

The record is also what `convolution.py` and `einsum.py` are made of.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from holograd.errors import ShapeError
from holograd.graph import apply
from holograd.ops.movement import expand
from holograd.ops.pattern import Pattern, Window
from holograd.ops.table import composite, operation, public, shape_of


def _samples(generator: np.random.Generator) -> list:
    draw = lambda *shape: generator.uniform(-2, 2, shape)  # noqa: E731
    strided = Window("h", "i", stride=2, dilation=1, offset=-1, size=5)
    dilated = Window("h", "i", stride=1, dilation=2, offset=0, size=6)
    return [
        ((draw(2, 3), draw(3, 4)), {"pattern": MATRIX_PRODUCT}),
        ((draw(2, 3), draw(4, 3)), {"pattern": LINEAR}),
        ((draw(3), draw(2)), {"pattern": Pattern(("i",), ("j",), ("j", "i"))}),
        ((draw(2, 2, 3), draw(2, 3, 1)), {"pattern": Pattern(
            tuple("bij"), tuple("bjk"), tuple("bik"))}),
        ((draw(2, 0), draw(0, 2)), {"pattern": MATRIX_PRODUCT}),
        ((draw(2, 2, 5), draw(3, 2, 3)), {"pattern": Pattern(
            ("n", "c", strided), tuple("oci"), tuple("noh"), (("h", 3), ("i", 3)))}),
        ((draw(1, 2, 6), draw(2, 2, 2)), {"pattern": Pattern(
            ("n", "c", dilated), tuple("oci"), tuple("noh"), (("h", 4), ("i", 2)))}),
    ]  # fmt: skip


MATRIX_PRODUCT = Pattern(("i", "k"), ("k", "j"), ("i", "j"))
LINEAR = Pattern(("n", "i"), ("o", "i"), ("n", "o"))
_MATRIX_PRODUCT = {"pattern": MATRIX_PRODUCT}
_LINEAR = {"pattern": LINEAR}

_CONTRACT = operation(
    "contract", symbol="×", formula=r"\sum_{\text{labels}} a\, b",
    summary="The sum, over labels that the output lacks, of products of the two operands.",
    numpy=lambda a, b, pattern: pattern.kernel(a, b),
    shape=lambda a, b, pattern: pattern.shape(a, b),
    kinds=("number", "number"), samples=_samples,
    gradient=(
        lambda g, y, a, b, pattern: apply(_CONTRACT, (g, b), {"pattern": pattern.gradient_a}),
        lambda g, y, a, b, pattern: apply(_CONTRACT, (g, a), {"pattern": pattern.gradient_b}),
    ),
)  # fmt: skip


def contract(a: Any, b: Any, pattern: Pattern) -> Any:
    """The contraction of `a` and `b` that `pattern` describes."""
    return apply(_CONTRACT, (a, b), {"pattern": pattern})


def _mismatch(a: Any, b: Any) -> ShapeError:
    return ShapeError(
        f"matmul cannot multiply shapes {a.shape} and {b.shape}",
        why="the last extent of the first must be the last but one of the second",
        instead="Transpose one of them (x.T), or check how the data is laid out.",
    )


def matmul(input: Any, other: Any) -> Any:
    """The matrix product, with batching: vectors count as a row or a column, further dimensions in
    front broadcast.

    Raises:
        ShapeError: the inner extents differ, or one of the tensors has no dimensions.

    Example:
        >>> import holograd as hg
        >>> (hg.ones(5, 2, 3) @ hg.ones(3, 4)).shape
        (5, 2, 4)
    """
    shape, other_shape = shape_of(input, "matmul"), shape_of(other, "matmul")
    if len(shape) == 2 and len(other_shape) == 2:
        if shape[1] != other_shape[0]:
            raise _mismatch(input, other)
        return apply(_CONTRACT, (input, other), _MATRIX_PRODUCT)
    if not shape or not other_shape:
        raise ShapeError("matmul takes tensors of one or more dimensions", instead="Write a * b.")
    if shape[-1] != other_shape[max(len(other_shape) - 2, 0)]:
        raise _mismatch(input, other)
    row = () if len(shape) == 1 else ("row",)
    column = () if len(other_shape) == 1 else ("column",)
    batch, other_batch = shape[:-2], other_shape[:-2]
    if batch and other_batch and batch != other_batch:
        try:
            together = np.broadcast_shapes(batch, other_batch)
        except ValueError:
            raise _mismatch(input, other) from None
        input = expand(input, (*together, *shape[-2:]))
        other = expand(other, (*together, *other_shape[-2:]))
        batch = other_batch = together
    names = tuple(f"batch{place}" for place in range(len(batch or other_batch)))
    pattern = Pattern(
        (*(names if batch else ()), *row, "inner"),
        (*(names if other_batch else ()), "inner", *column),
        (*names, *row, *column),
    )
    return contract(input, other, pattern)


public(matmul, operator="matmul")


@public
def mm(input: Any, mat2: Any) -> Any:
    """The product of two matrices.

    Example:
        >>> import holograd as hg
        >>> hg.mm(hg.tensor([[1, 2]]), hg.tensor([[3], [4]])).tolist()
        [[11]]
    """
    if len(shape_of(input, "mm")) != 2 or len(shape_of(mat2, "mm")) != 2:
        raise ShapeError(
            f"mm takes two matrices, and got shapes {input.shape} and {mat2.shape}",
            instead="Write x @ y, which also takes vectors and batches.",
        )
    return matmul(input, mat2)


@public
def dot(input: Any, tensor: Any) -> Any:
    """The sum of the products of two vectors' numbers.

    Example:
        >>> import holograd as hg
        >>> hg.dot(hg.tensor([1, 2]), hg.tensor([3, 4])).item()
        11
    """
    if len(shape_of(input, "dot")) != 1 or len(shape_of(tensor, "dot")) != 1:
        raise ShapeError(
            f"dot takes two vectors, and got shapes {input.shape} and {tensor.shape}",
            instead="Write x @ y for matrices, (x * y).sum() for tensors of one shape.",
        )
    return matmul(input, tensor)


@public
def outer(input: Any, vec2: Any) -> Any:
    """Every product of a number of the first vector with one of the second.

    Example:
        >>> import holograd as hg
        >>> hg.outer(hg.tensor([1, 2]), hg.tensor([3, 4])).tolist()
        [[3, 4], [6, 8]]
    """
    if len(shape_of(input, "outer")) != 1 or len(shape_of(vec2, "outer")) != 1:
        raise ShapeError(
            f"outer takes two vectors, and got shapes {input.shape} and {vec2.shape}",
            instead="Write x[:, None] * y for other shapes.",
        )
    return contract(input, vec2, Pattern(("i",), ("j",), ("i", "j")))


@composite
def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """input · weightᵀ + bias, for weight of shape (out, in); the lecture's `XW + b`.

    Args:
        input: (…, in).
        weight: (out, in).
        bias: (out,) or None.

    Returns:
        (…, out).

    Example:
        >>> import holograd as hg
        >>> hg.nn.functional.linear(hg.ones(5, 3), hg.ones(2, 3), hg.ones(2)).shape
        (5, 2)
    """
    ndim = len(shape_of(input, "linear"))
    if ndim == 2:
        product = apply(_CONTRACT, (input, weight), _LINEAR)
    else:
        names = tuple(f"batch{place}" for place in range(ndim - 1))
        product = contract(input, weight, Pattern((*names, "i"), ("o", "i"), (*names, "o")))
    return product if bias is None else product + bias


public(linear, method=False)
