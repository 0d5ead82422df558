"""Products of tensors: one record for the matrix product, the outer product and the convolution."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, ShapeError
from holograd.graph import apply
from holograd.ops.movement import expand, permute, reshape, unsqueeze
from holograd.ops.pattern import Axis, Pattern, Window
from holograd.ops.reduce import sum
from holograd.ops.table import composite, operation, public


def _samples(generator: np.random.Generator) -> list:
    draw = lambda *shape: generator.uniform(-2, 2, shape)  # noqa: E731
    strided = Window("h", "i", stride=2, dilation=1, offset=-1, size=5)
    dilated = Window("h", "i", stride=1, dilation=2, offset=0, size=6)
    return [
        ((draw(2, 3), draw(3, 4)), {"pattern": MATRIX_PRODUCT}),
        ((draw(2, 3), draw(4, 3)), {"pattern": LINEAR}),
        ((draw(3), draw(2)), {"pattern": Pattern(("i",), ("j",), ("j", "i"))}),
        ((draw(2, 2, 3), draw(2, 3, 1)), {"pattern": Pattern(tuple("bij"), tuple("bjk"), tuple("bik"))}),
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
    numpy=lambda a, b, pattern: pattern.kernel(a, b), shape=lambda a, b, pattern: pattern.shape(a, b),
    kinds=("any", "any"), samples=_samples,
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
    """
    shape, other_shape = input.shape, other.shape
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
        input, other = expand(input, *together, *shape[-2:]), expand(other, *together, *other_shape[-2:])
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
    """The product of two matrices."""
    return matmul(input, mat2)


@public
def dot(input: Any, other: Any) -> Any:
    """The sum of the products of two vectors' numbers."""
    if len(input.shape) != 1 or len(other.shape) != 1:
        raise ShapeError(f"dot takes two vectors, and got shapes {input.shape} and {other.shape}")
    return matmul(input, other)


@public
def outer(input: Any, vec2: Any) -> Any:
    """Every product of a number of the first vector with one of the second."""
    if len(input.shape) != 1 or len(vec2.shape) != 1:
        raise ShapeError(f"outer takes two vectors, and got shapes {input.shape} and {vec2.shape}")
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
    """
    if len(input.shape) == 2:
        product = apply(_CONTRACT, (input, weight), _LINEAR)
    else:
        names = tuple(f"batch{place}" for place in range(len(input.shape) - 1))
        product = contract(input, weight, Pattern((*names, "i"), ("o", "i"), (*names, "o")))
    return product if bias is None else product + bias


# --- einsum ---


def einsum(equation: str, *operands: Any) -> Any:
    """Sums of products by labels: `einsum("ij,jk->ik", a, b)` is the matrix product.

    An ellipsis stands for further dimensions, which broadcast. Without `->` the output has the
    labels that occur once, in alphabetical order. Several operands are contracted from the left.

    Raises:
        ShapeError: a label has two extents, or an operand another number of dimensions.
        ArgumentError: the equation cannot be read.
    """
    left, arrow, result = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise ArgumentError(f"einsum {equation!r} names {len(terms)} operands, and got {len(operands)}")
    spare = [letter for letter in string.ascii_letters if letter not in equation]
    dots = max(
        (len(one.shape) - len(term.replace("...", "")) for term, one in zip(terms, operands, strict=True)
         if "..." in term), default=0,
    )  # fmt: skip
    ellipsis = "".join(spare[: max(dots, 0)])
    if not arrow:
        once = sorted(x for x in set(left) if x.isalpha() and left.count(x) == 1)
        result = ("..." if "..." in left else "") + "".join(once)
    wanted = result.replace("...", ellipsis)
    factors = []
    for term, operand in zip(terms, operands, strict=True):
        count = len(operand.shape) - len(term.replace("...", ""))
        labels = term.replace("...", ellipsis[len(ellipsis) - max(count, 0) :])
        if len(labels) != len(operand.shape) or not all(label.isalpha() for label in labels):
            raise ArgumentError(f"einsum {equation!r}: {term!r} does not name shape {operand.shape}")
        factors.append(_diagonal(operand, labels))
    if len(set(wanted)) != len(wanted) or not set(wanted) <= {x for _, labels in factors for x in labels}:
        raise ArgumentError(f"einsum {equation!r} cannot have the output {result!r}")
    value, labels = factors[0]
    for position, (other, other_labels) in enumerate(factors[1:], start=2):
        later = {x for _, names in factors[position:] for x in names} | set(wanted)
        value, labels = _pair(value, labels, other, other_labels, later)
    value, labels = _summed(value, labels, set(wanted))
    return permute(value, tuple(labels.index(label) for label in wanted)) if wanted else value


def _summed(value: Any, labels: str, kept: set[str]) -> tuple[Any, str]:
    dims = tuple(place for place, label in enumerate(labels) if label not in kept)
    return (sum(value, dims), "".join(x for x in labels if x in kept)) if dims else (value, labels)


def _diagonal(value: Any, labels: str) -> tuple[Any, str]:
    """A label that occurs twice in one operand keeps only the diagonal."""
    for label in sorted(set(labels)):
        while labels.count(label) > 1:
            first, second = labels.index(label), labels.rindex(label)
            extent = value.shape[first]
            if value.shape[second] != extent:
                raise ShapeError(f"einsum: label {label} has extents {extent} and {value.shape[second]}")
            same = np.arange(extent)[:, None] == np.arange(extent)
            rest = [place for place in range(len(labels)) if place not in (first, second)]
            moved = permute(value, (first, second, *rest))
            same = same.reshape(extent, extent, *[1] * len(rest))
            value = sum(moved * same.astype(value.dtype), 1)
            labels = label + "".join(labels[place] for place in rest)
    return value, labels


def _pair(a: Any, labels_a: str, b: Any, labels_b: str, later: set[str]) -> tuple[Any, str]:
    """One contraction; what only one operand has and nobody needs is summed before it."""
    a, labels_a = _summed(a, labels_a, later | set(labels_b))
    b, labels_b = _summed(b, labels_b, later | set(labels_a))
    for label in set(labels_a) & set(labels_b):
        extents = a.shape[labels_a.index(label)], b.shape[labels_b.index(label)]
        if 1 in extents and extents[0] != extents[1]:  # an ellipsis broadcasts
            a, labels_a = _without(a, labels_a, label, extents[0])
            b, labels_b = _without(b, labels_b, label, extents[1])
    out = "".join(x for x in dict.fromkeys(labels_a + labels_b) if x in later)
    return contract(a, b, Pattern(tuple(labels_a), tuple(labels_b), tuple(out))), out


def _without(value: Any, labels: str, label: str, extent: int) -> tuple[Any, str]:
    if extent != 1:
        return value, labels
    place = labels.index(label)
    shape = value.shape[:place] + value.shape[place + 1 :]
    return reshape(value, shape), labels.replace(label, "")


# --- convolution ---


def _each(value: Any, count: int, name: str, least: int) -> tuple[int, ...]:
    values = (value,) * count if isinstance(value, int) else tuple(value)
    if len(values) != count or any(one < least for one in values):
        raise ArgumentError(
            f"a convolution over {count} dimensions got {name}={value!r}",
            instead=f"Write one integer of at least {least}, or {count} of them.",
        )
    return values


def _convolution(
    input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int, count: int
) -> Any:  # fmt: skip
    name = f"conv{count}d"
    shape, kernel = input.shape, weight.shape[2:]
    if len(weight.shape) != count + 2:
        raise ShapeError(f"{name} takes a weight (out, in / groups, …), and got {weight.shape}")
    if len(shape) == count + 1:
        single = _convolution(
            unsqueeze(input, 0), weight, bias, stride, padding, dilation, groups, count
        )
        return reshape(single, single.shape[1:])
    if len(shape) != count + 2:
        raise ShapeError(f"{name} takes (N, C, …) with {count} more dimensions, and got {shape}")
    if groups < 1 or weight.shape[0] % groups or weight.shape[1] * groups != shape[1]:
        raise ShapeError(
            f"{name} with groups={groups} cannot apply weight {weight.shape} to input {shape}",
            why=f"the input has {shape[1]} channels, the weight takes {weight.shape[1]} × {groups}",
        )
    strides = _each(stride, count, "stride", 1)
    dilations = _each(dilation, count, "dilation", 1)
    if padding == "same" or padding == "valid":
        widths = [(d * (k - 1) if padding == "same" else 0) for d, k in zip(dilations, kernel, strict=True)]
        before, after = [w // 2 for w in widths], [w - w // 2 for w in widths]
        if padding == "same" and set(strides) != {1}:
            raise ArgumentError(f'{name} with padding="same" needs stride 1, and got {stride}')
    else:
        before = after = list(_each(padding, count, "padding", 0))
    axes: list[Axis] = []
    extents: list[tuple[str, int]] = []
    for place, size in enumerate(shape[2:]):
        span = dilations[place] * (kernel[place] - 1) + 1
        room = size + before[place] + after[place] - span
        if room < 0:
            raise ShapeError(
                f"{name}: a kernel that spans {span} is larger than the padded input "
                f"{size + before[place] + after[place]}",
                instead="Use a smaller kernel or dilation, or more padding.",
            )
        outer, inner = f"out{place}", f"kernel{place}"
        axes.append(Window(outer, inner, strides[place], dilations[place], -before[place], size))
        extents += [(outer, room // strides[place] + 1), (inner, kernel[place])]
    outers, inners = tuple(f"out{i}" for i in range(count)), tuple(f"kernel{i}" for i in range(count))
    group = ("group",) if groups > 1 else ()
    if groups > 1:
        input = reshape(input, (shape[0], groups, shape[1] // groups, *shape[2:]))
        weight = reshape(weight, (groups, weight.shape[0] // groups, *weight.shape[1:]))
    pattern = Pattern(
        ("n", *group, "in", *axes), (*group, "out", "in", *inners), ("n", *group, "out", *outers),
        tuple(extents),
    )  # fmt: skip
    result = contract(input, weight, pattern)
    if groups > 1:
        result = reshape(result, (shape[0], -1, *result.shape[3:]))
    return result if bias is None else result + reshape(bias, (-1, *(1,) * count))


@composite
def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """The cross-correlation of (N, C, L) with weights (out, C / groups, kernel); see `conv2d`."""
    return _convolution(input, weight, bias, stride, padding, dilation, groups, 1)


@composite
def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """The cross-correlation of images with kernels: y[n, o, h, w] = b[o] + Σ x[n, c, s·h + d·i − p,
    s·w + d·j − p] · weight[o, c, i, j], with zeros outside of the image.

    Args:
        input: (N, C, H, W), or (C, H, W).
        weight: (out, C / groups, kernel height, kernel width).
        bias: (out,) or None.
        stride, padding, dilation: one integer or two; padding also "same" or "valid".
        groups: into how many independent parts the channels are divided.

    Returns:
        (N, out, H', W') with H' = ⌊(H + 2p − d(k − 1) − 1) / s⌋ + 1.

    Raises:
        ShapeError: channels do not fit the weight, or the kernel is larger than the padded input.
    """
    return _convolution(input, weight, bias, stride, padding, dilation, groups, 2)


for _function in (linear, einsum, conv1d, conv2d):
    public(_function, method=False)
