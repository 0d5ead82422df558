"""Windows that slide over images, and the poolings made of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from holograd.errors import ArgumentError, ShapeError
from holograd.graph import Spec, apply
from holograd.ops.movement import flatten, sizes_of
from holograd.ops.pieces import pad
from holograd.ops.reduce import mean, sum
from holograd.ops.sorting import max as maximum_along
from holograd.ops.table import composite, operation, public, sample_shapes, shape_of

Steps = tuple[tuple[int, int, int], ...]  # per dimension at the end: size, stride, dilation


def _count(extent: int, size: int, stride: int, dilation: int) -> int:
    return (extent - dilation * (size - 1) - 1) // stride + 1


def _windows_shape(a: Spec, steps: Steps) -> tuple[int, ...]:
    front, images = a.shape[: a.ndim - len(steps)], a.shape[a.ndim - len(steps) :]
    counts = tuple(_count(extent, *step) for extent, step in zip(images, steps, strict=True))
    return (*front, *counts, *(size for size, _, _ in steps))


def _windows(a: np.ndarray, steps: Steps) -> np.ndarray:
    strides = a.strides[a.ndim - len(steps) :]
    outer = [stride * step for stride, (_, step, _) in zip(strides, steps, strict=True)]
    inner = [stride * dilation for stride, (_, _, dilation) in zip(strides, steps, strict=True)]
    shape = _windows_shape(Spec(a.shape, a.dtype), steps)
    front = a.strides[: a.ndim - len(steps)]
    return np.lib.stride_tricks.as_strided(a, shape, (*front, *outer, *inner), writeable=False)


def _overlap_add(b: np.ndarray, steps: Steps, extents: tuple[int, ...]) -> np.ndarray:
    dims = len(steps)
    total = np.zeros((*b.shape[: b.ndim - 2 * dims], *extents), b.dtype)
    for place in np.ndindex(*b.shape[b.ndim - dims :]):
        counts = b.shape[b.ndim - 2 * dims : b.ndim - dims]
        target = tuple(
            slice(at * dilation, at * dilation + (count - 1) * stride + 1, stride)
            for at, count, (_, stride, dilation) in zip(place, counts, steps, strict=True)
        )
        total[(..., *target)] += b[(..., *place)]
    return total


_STEPS: Steps = ((2, 2, 1), (3, 1, 1))
_DILATED: Steps = ((2, 1, 2), (1, 3, 1))
_WINDOWS = operation(
    "windows", formula=r"a_{s h + d i}", numpy=_windows, shape=_windows_shape,
    summary="Each position of a sliding window, as dimensions of its own.",
    gradient=(
        lambda g, y, a, steps: apply(
            _OVERLAP_ADD, (g,), {"steps": steps, "extents": a.shape[len(a.shape) - len(steps) :]}
        ),
    ),
    samples=sample_shapes(
        ((2, 5, 4), {"steps": _STEPS}), ((1, 4, 5), {"steps": _DILATED}),
        ((0, 2, 3), {"steps": _STEPS}), ((2, 3), {"steps": _STEPS}),
    ),
)  # fmt: skip
_OVERLAP_ADD = operation(
    "overlap_add", symbol="Σ", formula=r"\sum_{h, i: s h + d i = k} b_{h, i}",
    summary="Windows laid back in place, overlaps added up.", numpy=_overlap_add,
    shape=lambda b, steps, extents: (*b.shape[: b.ndim - 2 * len(steps)], *extents),
    gradient=(lambda g, y, b, steps, extents: apply(_WINDOWS, (g,), {"steps": steps}),),
    samples=sample_shapes(
        ((2, 2, 2, 2, 3), {"steps": _STEPS, "extents": (5, 4)}),
        ((1, 2, 2, 2, 1), {"steps": _DILATED, "extents": (4, 5)}),
        ((0, 1, 1, 2, 3), {"steps": _STEPS, "extents": (2, 3)}),
    ),
)  # fmt: skip


def _pair(value: Any, name: str, least: int) -> tuple[int, int]:
    pair = sizes_of((value,), name)
    pair = pair * 2 if len(pair) == 1 else pair
    if len(pair) != 2 or pair[0] < least or pair[1] < least:
        raise ArgumentError(
            f"pooling got {name}={value!r}",
            instead=f"Write one integer of at least {least}, or two of them.",
        )
    return pair[0], pair[1]


class _Plan(NamedTuple):
    """Where the windows of a pooling lie: per dimension, the steps and the padding."""

    steps: Steps
    padding: tuple[int, int]  # before and behind
    further: tuple[int, int]  # what ceil_mode adds behind the padding

    @property
    def edges(self) -> tuple[int, int, int, int]:
        """The widths for `pad`, the last dimension first."""
        (high, wide), (more_high, more_wide) = self.padding, self.further
        return wide, wide + more_wide, high, high + more_high


def _planned(
    shape: tuple[int, ...], kernel_size: Any, stride: Any, padding: Any, dilation: Any,
    ceil_mode: bool, name: str,
) -> _Plan:  # fmt: skip
    if len(shape) not in (3, 4):
        raise ShapeError(f"{name} takes (N, C, H, W) or (C, H, W), and got {shape}")
    kernel = _pair(kernel_size, "kernel_size", 1)
    strides = kernel if stride is None else _pair(stride, "stride", 1)
    widths = _pair(padding, "padding", 0)
    dilations = _pair(dilation, "dilation", 1)
    if widths[0] * 2 > kernel[0] or widths[1] * 2 > kernel[1]:
        raise ArgumentError(
            f"{name} got padding={padding} for kernel_size={kernel_size}",
            why="a window could lie wholly outside", instead="Pad by at most half the kernel.",
        )  # fmt: skip
    steps = tuple(zip(kernel, strides, dilations, strict=True))
    further = [0, 0]
    for place, (extent, width, step) in enumerate(zip(shape[-2:], widths, steps, strict=True)):
        if ceil_mode:
            further[place] = _further(extent, width, *step)
        if _count(extent + 2 * width + further[place], *step) < 1:
            raise ShapeError(
                f"{name} with kernel_size={kernel_size} is larger than its input {shape}",
                instead="Use a smaller kernel, or fewer poolings before this one.",
            )
    return _Plan(steps, widths, (further[0], further[1]))


def _further(extent: int, width: int, size: int, stride: int, dilation: int) -> int:
    """How much more padding at the end lets one more window begin inside of the padded input."""
    padded = extent + 2 * width
    reach = dilation * (size - 1) + 1
    starts = -((reach - padded) // stride)  # windows before the last, rounded up
    if starts * stride >= extent + width:  # it would begin in the padding at the end
        starts -= 1
    return max(starts * stride + reach - padded, 0)


def _pooled_windows(input: Any, plan: _Plan, outside: float) -> Any:
    """(…, H', W', kernel height · kernel width)."""
    if any(plan.edges):
        input = pad(input, plan.edges, value=outside)
    return flatten(apply(_WINDOWS, (input,), {"steps": plan.steps}), -2, -1)


@composite
def max_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """The greatest number of each window; its gradient goes to the first of equals.

    Args:
        input: (N, C, H, W) or (C, H, W).
        kernel_size: one integer or two, as are the next three.
        stride: the step from window to window; the kernel's size where it is None.
        padding: how far windows reach over the edges, where no number is the greatest.
        dilation: the step from place to place in a window.
        ceil_mode: whether a last window may reach over the end: H' is then rounded up.

    Returns:
        (N, C, H', W') with H' = ⌊(H + 2p − d(k − 1) − 1) / s⌋ + 1.

    Example:
        >>> import holograd as hg
        >>> hg.max_pool2d(hg.arange(16.0).reshape(1, 1, 4, 4), 2).tolist()
        [[[[5.0, 7.0], [13.0, 15.0]]]]
    """
    shape = shape_of(input, "max_pool2d")
    plan = _planned(shape, kernel_size, stride, padding, dilation, ceil_mode, "max_pool2d")
    return maximum_along(_pooled_windows(input, plan, -np.inf), -1).values


@composite
def avg_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """The mean of each window; arguments and shapes as in `max_pool2d`.

    Args:
        count_include_pad: whether zeros in the padding count; what `ceil_mode` adds never does.

    Example:
        >>> import holograd as hg
        >>> hg.avg_pool2d(hg.arange(16.0).reshape(1, 1, 4, 4), 2).tolist()
        [[[[2.5, 4.5], [10.5, 12.5]]]]
    """
    shape = shape_of(input, "avg_pool2d")
    plan = _planned(shape, kernel_size, stride, padding, 1, ceil_mode, "avg_pool2d")
    windows = _pooled_windows(input, plan, 0.0)
    uncounted = plan.further if count_include_pad else plan.edges
    if not any(uncounted):
        return mean(windows, -1)
    sizes = list(zip(input.shape[-2:], plan.padding, plan.further, strict=True))
    inside = np.zeros([n + 2 * width + more for n, width, more in sizes], input.dtype)
    if count_include_pad:
        inside[tuple(slice(n + 2 * width) for n, width, _ in sizes)] = 1
    else:
        inside[tuple(slice(width, width + n) for n, width, _ in sizes)] = 1
    return sum(windows, -1) / _windows(inside, plan.steps).sum((-2, -1))


public(max_pool2d, method=False)
public(avg_pool2d, method=False)
