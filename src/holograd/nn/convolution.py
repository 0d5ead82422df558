"""Convolutions, and the poolings that follow them: one small window, the same at every place."""

from __future__ import annotations

import math
from typing import Any

from holograd.errors import ArgumentError
from holograd.nn import checks, init
from holograd.nn.functional import avg_pool2d, conv1d, conv2d, max_pool2d
from holograd.nn.module import Module
from holograd.nn.parameter import Parameter
from holograd.ops.random import Generator


class _Convolution(Module):
    """What convolutions over one and two dimensions share."""

    weight: Parameter
    bias: Parameter | None
    dims: tuple[str, ...]

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", *, dtype: Any = None, generator: Generator | None = None,
    ) -> None:  # fmt: skip
        count = len(self.dims)
        self.in_channels = checks.size(self, "in_channels", in_channels)
        self.out_channels = checks.size(self, "out_channels", out_channels)
        self.kernel_size = checks.sizes(self, "kernel_size", kernel_size, count)
        self.stride = checks.sizes(self, "stride", stride, count)
        if padding == "same" and set(self.stride) != {1}:
            raise ArgumentError(
                f'{type(self).__name__} got padding="same" with stride={stride}',
                why="only a stride of 1 keeps the size", instead="Write padding as numbers.",
            )  # fmt: skip
        if padding_mode != "zeros":
            raise ArgumentError(
                f"{type(self).__name__} got padding_mode={padding_mode!r}",
                why="it pads with zeros only",
                instead="Lay the edges around x by hg.cat first, and write padding=0.",
            )
        self.padding_mode = padding_mode
        named = padding in ("same", "valid")
        self.padding = padding if named else checks.sizes(self, "padding", padding, count, 0)
        self.dilation = checks.sizes(self, "dilation", dilation, count)
        self.groups = checks.size(self, "groups", groups)
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise ArgumentError(
                f"{type(self).__name__} got groups={groups}",
                why=f"{in_channels} and {out_channels} channels do not divide into {groups} parts",
                instead="Write a number that divides both.",
            )
        shape = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        self.weight = checks.zeros(shape, dtype)
        self.register_parameter("bias", checks.zeros(shape[:1], dtype) if bias else None)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """New initial weights."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5), generator=generator)
        if self.bias is not None:
            bound = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
            init.uniform_(self.bias, -bound, bound, generator)

    def _check(self, input: Any) -> None:
        kernel = self.kernel_size[0] if len(set(self.kernel_size)) == 1 else self.kernel_size
        line = f"Write {type(self).__name__}({{}}, {self.out_channels}, {kernel})."
        checks.channels(self, input, self.in_channels, self.dims, line if self.groups == 1 else "")
        checks.same_floats(self, input, self.weight)

    def extra_repr(self) -> str:
        """As in PyTorch: what is as by default is left out."""
        ones, zeros = (1,) * len(self.dims), (0,) * len(self.dims)
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text += f", stride={self.stride}"
        text += "" if self.padding == zeros else f", padding={self.padding}"
        text += "" if self.dilation == ones else f", dilation={self.dilation}"
        text += "" if self.groups == 1 else f", groups={self.groups}"
        return text + ("" if self.bias is not None else ", bias=False")

    def short_repr(self) -> str:
        return f"{self.in_channels} → {self.out_channels}, {'×'.join(map(str, self.kernel_size))}"


class Conv1d(_Convolution):
    """Each output channel is a weighted sum over a window that slides along sequences.

    Initial weights and biases are uniform within ±1/√(in_channels / groups · kernel_size).

    Args:
        in_channels, out_channels: numbers at each place, in and out.
        kernel_size: places in a window.
        stride: places from one window to the next.
        padding: zeros put at both ends; "same" keeps the length, "valid" puts none.
        dilation: places from one number of a window to the next.
        groups: into how many independent parts the channels are divided.
        bias: whether something is added.
        padding_mode: "zeros", the only one there is.
        dtype: float32 or float64.
        generator: where initial weights come from; by default the one that `manual_seed` seeds.

    Shapes: (N, in_channels, L) → (N, out_channels, L') with
    L' = ⌊(L + 2 padding − dilation (kernel_size − 1) − 1) / stride⌋ + 1; weight
    (out_channels, in_channels / groups, kernel_size), bias (out_channels,).

    Raises:
        ArgumentError: a size is negative, channels do not divide into groups, or another
            padding_mode.
        ShapeError: the data has other channels, or is shorter than a window.

    Example:
        >>> import holograd as hg
        >>> Conv1d(1, 4, 3)(hg.ones(2, 1, 10)).shape
        (2, 4, 8)
    """

    dims = ("L",)

    def forward(self, input: Any) -> Any:
        self._check(input)
        return conv1d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


class Conv2d(_Convolution):
    """Each output channel is a weighted sum over a window that slides over images.

    Initial weights and biases are uniform within ±1/√(in_channels / groups · window's area).

    Args:
        in_channels, out_channels: numbers at each pixel, in and out.
        kernel_size: the window's height and width; one integer for both, or two, as all below.
        stride: pixels from one window to the next.
        padding: zeros put around the image; "same" keeps its size, "valid" puts none.
        dilation: pixels from one number of a window to the next.
        groups: into how many independent parts the channels are divided.
        bias: whether something is added.
        padding_mode: "zeros", the only one there is.
        dtype: float32 or float64.
        generator: where initial weights come from; by default the one that `manual_seed` seeds.

    Shapes: (N, in_channels, H, W) → (N, out_channels, H', W') with
    H' = ⌊(H + 2 padding − dilation (kernel_size − 1) − 1) / stride⌋ + 1; weight
    (out_channels, in_channels / groups, height, width), bias (out_channels,).

    Raises:
        ArgumentError: a size is negative, channels do not divide into groups, or another
            padding_mode.
        ShapeError: the data has other channels, or is smaller than a window.

    Example:
        >>> import holograd as hg
        >>> Conv2d(1, 6, 5, padding=2)(hg.ones(2, 1, 28, 28)).shape
        (2, 6, 28, 28)
    """

    dims = ("H", "W")

    def forward(self, input: Any) -> Any:
        self._check(input)
        return conv2d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


class _Pooling(Module):
    """What poolings share: a window without weights."""

    def __init__(self, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool) -> None:
        self.kernel_size = self._given("kernel_size", kernel_size, 1)
        self.stride = self.kernel_size if stride is None else self._given("stride", stride, 1)
        self.padding = self._given("padding", padding, 0)
        self.ceil_mode = bool(ceil_mode)

    def _given(self, name: str, value: Any, least: int) -> Any:
        """One integer or two, checked, and kept as they were given, as PyTorch does."""
        pair = checks.sizes(self, name, value, 2, least)
        return pair if isinstance(value, (tuple, list)) else pair[0]

    def short_repr(self) -> str:
        return "×".join(map(str, checks.sizes(self, "kernel_size", self.kernel_size, 2)))


class MaxPool2d(_Pooling):
    """The greatest number of each window.

    Args:
        kernel_size: the window's height and width; one integer for both, or two, as all below.
        stride: pixels from one window to the next; by default the window's size.
        padding: how far windows reach over the edge, at most half a window.
        dilation: pixels from one number of a window to the next.
        ceil_mode: whether a last window may reach over the end.

    Shapes: (N, C, H, W) → (N, C, H', W') with
    H' = ⌊(H + 2 padding − dilation (kernel_size − 1) − 1) / stride⌋ + 1, rounded up with
    `ceil_mode`.

    Example:
        >>> import holograd as hg
        >>> MaxPool2d(2)(hg.arange(16.0).reshape(1, 1, 4, 4)).flatten()
        tensor([ 5.,  7., 13., 15.])
    """

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, *,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.dilation = self._given("dilation", dilation, 1)

    def forward(self, input: Any) -> Any:
        return max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class AvgPool2d(_Pooling):
    """The mean of each window; zeros over the edge count, unless told otherwise.

    Args:
        kernel_size: the window's height and width; one integer for both, or two, as all below.
        stride: pixels from one window to the next; by default the window's size.
        padding: how far windows reach over the edge, at most half a window.
        ceil_mode: whether a last window may reach over the end; what lies there never counts.
        count_include_pad: whether the zeros of the padding count.

    Shapes: (N, C, H, W) → (N, C, H', W') with H' = ⌊(H + 2 padding − kernel_size) / stride⌋ + 1,
    rounded up with `ceil_mode`.

    Example:
        >>> import holograd as hg
        >>> AvgPool2d(2)(hg.arange(16.0).reshape(1, 1, 4, 4)).flatten()
        tensor([ 2.5,  4.5, 10.5, 12.5])
    """

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = bool(count_include_pad)

    def forward(self, input: Any) -> Any:
        return avg_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
