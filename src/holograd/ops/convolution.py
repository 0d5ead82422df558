"""Convolutions, which are contractions whose input is read through windows."""

from __future__ import annotations

from typing import Any

from holograd.errors import ArgumentError, ShapeError
from holograd.ops.contract import contract
from holograd.ops.movement import reshape, sizes_of, unsqueeze
from holograd.ops.pattern import Axis, Pattern, Window
from holograd.ops.table import composite, public, shape_of


def _each(value: Any, count: int, name: str, least: int) -> tuple[int, ...]:
    values = sizes_of((value,), name)
    values = values * count if len(values) == 1 else values
    if len(values) != count or any(one < least for one in values):
        raise ArgumentError(
            f"a convolution over {count} dimensions got {name}={value!r}",
            instead=f"Write one integer of at least {least}, or {count} of them.",
        )
    return values


def _convolution(
    input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int,
    count: int,
) -> Any:  # fmt: skip
    name = f"conv{count}d"
    shape, kernel = shape_of(input, name), shape_of(weight, name)[2:]
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
        widths = [d * (k - 1) * (padding == "same") for d, k in zip(dilations, kernel, strict=True)]
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
    outers = tuple(f"out{place}" for place in range(count))
    inners = tuple(f"kernel{place}" for place in range(count))
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
        result = reshape(result, (shape[0], result.shape[1] * result.shape[2], *result.shape[3:]))
    return result if bias is None else result + reshape(bias, (-1, *(1,) * count))


@composite
def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """The cross-correlation of (N, C, L) with weights (out, C / groups, kernel); see `conv2d`.

    Example:
        >>> import holograd as hg
        >>> hg.conv1d(hg.tensor([[[1, 2, 4]]]), hg.tensor([[[-1, 1]]])).tolist()
        [[[1, 2]]]
    """
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

    Example:
        >>> import holograd as hg
        >>> hg.conv2d(hg.zeros(8, 1, 28, 28), hg.zeros(6, 1, 5, 5), padding=2).shape
        (8, 6, 28, 28)
    """
    return _convolution(input, weight, bias, stride, padding, dilation, groups, 2)


public(conv1d, method=False)
public(conv2d, method=False)
