"""How a contraction walks its operands: one loop per label, and where each loop is in each tensor.

A pattern says, for two operands and the output, what each dimension means: either a label (`i`), or
a `Window`, a position computed from labels (`2·h + i − 1`), which is how a convolution reads its
input. The contraction then is, over all values of all labels,

    out[…] += a[…] · b[…]

where a position outside a window's dimension reads as zero and is not written. Exchanging the roles
of the three tensors gives the gradients, so a product's gradients are products, and a convolution's
are contractions of the same kind.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from holograd.errors import ShapeError


@dataclass(frozen=True, slots=True)
class Window:
    """A dimension of `size` places, visited at outer·stride + inner·dilation + offset."""

    outer: str
    inner: str
    stride: int
    dilation: int
    offset: int
    size: int

    def margins(self, extents: dict[str, int]) -> tuple[int, int]:
        """How many places before the first and behind the last of the dimension are visited."""
        last = (extents[self.outer] - 1) * self.stride + (extents[self.inner] - 1) * self.dilation
        return max(0, -self.offset), max(0, self.offset + last + 1 - self.size)

    def __str__(self) -> str:
        return f"({self.stride}{self.outer}+{self.dilation}{self.inner}{self.offset:+d})"


Axis = str | Window


@dataclass(frozen=True)
class Pattern:
    """The dimensions of operand `a`, of operand `b` and of the output, in terms of labels.

    Every label stands in at least two of the three. `extents` gives those of labels in windows;
    those of the others come from the operands at run time.
    """

    a: tuple[Axis, ...]
    b: tuple[Axis, ...]
    out: tuple[Axis, ...]
    extents: tuple[tuple[str, int], ...] = ()

    @cached_property
    def gradient_a(self) -> Pattern:
        """The contraction of the output's gradient with b that gives a's gradient."""
        return Pattern(self.out, self.b, self.a, self.extents)

    @cached_property
    def gradient_b(self) -> Pattern:
        """The contraction of the output's gradient with a that gives b's gradient."""
        return Pattern(self.out, self.a, self.b, self.extents)

    @cached_property
    def kernel(self) -> Callable[[np.ndarray, np.ndarray], Any]:
        """The NumPy function that carries the pattern out."""
        return _matrix_kernel(self) or (lambda a, b: _general(self, a, b))

    def shape(self, a: Any, b: Any) -> tuple[int, ...]:
        """The output's shape for operands of the shapes that `a` and `b` have."""
        extents = self.label_extents(a.shape, b.shape)
        return tuple(axis.size if isinstance(axis, Window) else extents[axis] for axis in self.out)

    def label_extents(self, a: Sequence[int], b: Sequence[int]) -> dict[str, int]:
        """The extent of each label; raises ShapeError where two places disagree."""
        extents = dict(self.extents)
        for axes, shape in ((self.a, a), (self.b, b)):
            if len(axes) != len(shape):
                raise ShapeError(f"the contraction {self} got a tensor of shape {tuple(shape)}")
            for axis, extent in zip(axes, shape, strict=True):
                known = axis.size if isinstance(axis, Window) else extents.setdefault(axis, extent)
                if known != extent:
                    raise ShapeError(
                        f"the contraction {self} got shapes {tuple(a)} and {tuple(b)}",
                        why=f"{axis} has extent {known} in one and {extent} in the other",
                    )
        return extents

    def __str__(self) -> str:
        sides = [" ".join(map(str, axes)) for axes in (self.a, self.b, self.out)]
        return f"{sides[0]}, {sides[1]} → {sides[2]}"


def labels_of(axes: Sequence[Axis]) -> list[str]:
    """The labels in the order of the dimensions, a window's outer label before its inner one."""
    flat: list[str] = []
    for axis in axes:
        flat.extend((axis.outer, axis.inner) if isinstance(axis, Window) else (axis,))
    return flat


def _matrix_kernel(pattern: Pattern) -> Callable[[np.ndarray, np.ndarray], Any] | None:
    """The quick way for a plain product of two matrices, in any of the eight transpositions."""
    axes = (pattern.a, pattern.b, pattern.out)
    if any(len(one) != 2 or not all(isinstance(axis, str) for axis in one) for one in axes):
        return None
    common = set(pattern.a) & set(pattern.b) - set(pattern.out)
    if len(common) != 1 or len({*pattern.a, *pattern.b, *pattern.out}) != 3:
        return None
    (label,) = common
    turn_a, turn_b = pattern.a[0] == label, pattern.b[1] == label
    turn_out = pattern.out[0] in pattern.b

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        product = np.dot(a.T if turn_a else a, b.T if turn_b else b)
        return product.T if turn_out else product

    return kernel


def _general(pattern: Pattern, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Opens windows, brings both operands to matrices, multiplies, and puts the result in place."""
    extents = pattern.label_extents(a.shape, b.shape)
    a, labels_a = _opened(a, pattern.a, extents)
    b, labels_b = _opened(b, pattern.b, extents)
    wanted = labels_of(pattern.out)
    batch = [one for one in labels_a if one in labels_b and one in wanted]
    summed = [one for one in labels_a if one in labels_b and one not in wanted]
    rows = [one for one in labels_a if one not in labels_b]
    columns = [one for one in labels_b if one not in labels_a]
    if columns and rows and extents[columns[-1]] < extents[rows[-1]]:
        # The longer innermost run comes last in memory, so that it is written and read in one go.
        a, b, labels_a, labels_b, rows, columns = b, a, labels_b, labels_a, columns, rows
    left = _as_matrices(a, labels_a, (batch, rows, summed), extents)
    right = _as_matrices(b, labels_b, (batch, summed, columns), extents)
    product = np.matmul(left, right)
    labels = [*batch, *rows, *columns]
    product = product.reshape([extents[label] for label in labels])
    product = product.transpose([labels.index(label) for label in wanted])
    return _closed(product, pattern.out, extents)


def _as_matrices(
    array: np.ndarray, labels: list[str], groups: tuple[list[str], ...], extents: dict[str, int]
) -> np.ndarray:
    """`array` as a stack of matrices whose rows and columns are groups of labels. Where it must be
    copied, the group with the longer innermost run is made contiguous."""
    stacked, rows, columns = groups
    shape = [math.prod(extents[label] for label in group) for group in groups]
    run = [extents[group[-1]] if group else 0 for group in (rows, columns)]
    if run[0] > run[1] and len(rows) > 1:
        order = [labels.index(label) for label in (*stacked, *columns, *rows)]
        return array.transpose(order).reshape(shape[0], shape[2], shape[1]).transpose(0, 2, 1)
    order = [labels.index(label) for label in (*stacked, *rows, *columns)]
    return array.transpose(order).reshape(shape)


def _opened(
    array: np.ndarray, axes: Sequence[Axis], extents: dict[str, int]
) -> tuple[np.ndarray, list[str]]:
    """A view in which each window has become two dimensions, and the label of each dimension."""
    margins = [axis.margins(extents) if isinstance(axis, Window) else (0, 0) for axis in axes]
    if any(margin != (0, 0) for margin in margins):
        array = np.pad(array, margins)
    start: list[slice] = []
    shape: list[int] = []
    strides: list[int] = []
    for axis, stride, (before, _) in zip(axes, array.strides, margins, strict=True):
        if isinstance(axis, Window):
            start.append(slice(axis.offset + before, None))
            shape += [extents[axis.outer], extents[axis.inner]]
            strides += [stride * axis.stride, stride * axis.dilation]
        else:
            start.append(slice(None))
            shape.append(extents[axis])
            strides.append(stride)
    view = np.lib.stride_tricks.as_strided(array[tuple(start)], shape, strides, writeable=False)
    return view, labels_of(axes)


def _closed(array: np.ndarray, axes: Sequence[Axis], extents: dict[str, int]) -> np.ndarray:
    """Adds up, at each place of the windows' dimensions, what its labels' dimensions hold."""
    windows = [axis for axis in axes if isinstance(axis, Window)]
    if not windows:
        return array
    margins = [axis.margins(extents) if isinstance(axis, Window) else (0, 0) for axis in axes]
    inside = [axis.size if isinstance(axis, Window) else extents[axis] for axis in axes]
    wide = [size + before + after for size, (before, after) in zip(inside, margins, strict=True)]
    total = np.zeros(wide, array.dtype)
    for places in itertools.product(*(range(extents[window.inner]) for window in windows)):
        place = iter(places)
        target: list[slice] = []
        source: list[Any] = []
        for axis, (before, _) in zip(axes, margins, strict=True):
            source.append(slice(None))
            if isinstance(axis, Window):
                inner = next(place)
                first = axis.offset + before + inner * axis.dilation
                stop = first + max(extents[axis.outer] - 1, 0) * axis.stride + 1
                target.append(slice(first, stop if extents[axis.outer] else first, axis.stride))
                source.append(inner)
            else:
                target.append(slice(None))
        total[tuple(target)] += array[tuple(source)]
    cut = [slice(before, before + size) for size, (before, _) in zip(inside, margins, strict=True)]
    return total[tuple(cut)]
