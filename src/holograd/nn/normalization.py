"""Layers that bring signals to mean 0 and variance 1: over a batch, or within each sample."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from holograd.errors import ArgumentError
from holograd.graph import Spec, leaf, state
from holograd.nn import checks
from holograd.nn.call import misfit
from holograd.nn.functional import batch_norm, layer_norm
from holograd.nn.module import Module
from holograd.nn.parameter import Parameter
from holograd.ops.elementwise import cast
from holograd.ops.table import INT64
from holograd.tensor import Tensor, no_grad


def _positive(layer: Module, name: str, value: float) -> float:
    if not value >= 0:
        raise ArgumentError(
            f"{type(layer).__name__} got {name}={value!r}", instead="Write 0 or a little more."
        )
    return value


def _ones(shape: tuple[int, ...], dtype: Any) -> Parameter:
    ones = checks.zeros(shape, dtype)
    with no_grad():
        ones.fill_(1.0)
    return ones


class _BatchNorm(Module):
    """What batch normalisation of vectors and of images shares."""

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any
    forms: Mapping[int, str]  # what the layer takes, by the number of dimensions

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, *, bias: bool = True,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        self.num_features = checks.size(self, "num_features", num_features)
        self.eps = _positive(self, "eps", eps)
        if momentum is not None and not 0 <= momentum <= 1:
            raise ArgumentError(
                f"{type(self).__name__} got momentum={momentum}",
                why="it is the share that a new batch has in the running statistics",
                instead="Write a number from 0 to 1, or None for the mean of all batches.",
            )
        self.momentum = momentum
        self.affine = bool(affine)
        self.track_running_stats = bool(track_running_stats)
        shape = (self.num_features,)
        kept = self.track_running_stats
        self.register_parameter("weight", _ones(shape, dtype) if affine else None)
        both = affine and bias
        self.register_parameter("bias", checks.zeros(shape, dtype) if both else None)
        self.register_buffer("running_mean", checks.zeros(shape, dtype).detach() if kept else None)
        self.register_buffer("running_var", _ones(shape, dtype).detach() if kept else None)
        counter = Tensor(leaf(np.zeros((), INT64)))
        self.register_buffer("num_batches_tracked", counter if kept else None)

    def reset_running_stats(self) -> None:
        """Forgets the statistics of past batches."""
        for buffer, start in (
            (self.running_mean, 0),
            (self.running_var, 1),
            (self.num_batches_tracked, 0),
        ):
            if buffer is not None:
                buffer.fill_(start)

    def reset_parameters(self) -> None:
        """The initial weights (1), biases (0) and statistics; nothing in them is random."""
        self.reset_running_stats()
        with no_grad():
            if self.weight is not None:
                self.weight.fill_(1.0)
            if self.bias is not None:
                self.bias.zero_()

    def forward(self, input: Any) -> Any:
        shape = checks.shape_of(self, input)
        allowed = {ndim: form.format(self.num_features) for ndim, form in self.forms.items()}
        if len(shape) not in allowed or shape[1] != self.num_features:
            takes = " or ".join(allowed.values())
            if len(shape) not in allowed:
                raise misfit(self, takes, shape, f"the data has {len(shape)} dimensions")
            got = f"(N, {', '.join(map(str, shape[1:]))})"
            line = f"Write {type(self).__name__}({shape[1]})."
            raise misfit(self, takes, got, f"the data has {shape[1]} channels", line)
        if self.weight is not None:
            checks.same_floats(self, input, self.weight)
        momentum: Any = 0.0
        if self.training and self.num_batches_tracked is not None:
            with no_grad():
                self.num_batches_tracked.assign(self.num_batches_tracked + 1)
            momentum = self._share(input.dtype)
        return batch_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias,
            self.training or self.running_mean is None, momentum, self.eps,
        )  # fmt: skip

    def _share(self, dtype: np.dtype) -> Any:
        """The share that this batch has in the running statistics."""
        if self.momentum is None:
            with no_grad():
                return 1 / cast(self.num_batches_tracked, dtype)
        return state.interpreter.runtime("momentum", lambda: self.momentum, Spec((), dtype))

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def short_repr(self) -> str:
        return str(self.num_features)


class BatchNorm1d(_BatchNorm):
    """Each feature minus its mean over the batch, divided by its standard deviation, times a learnt
    weight, plus a learnt bias (Ioffe and Szegedy, 2015).

    In training the batch's own statistics count (the variance divided by n), and running ones are
    kept, running ← (1 − momentum) · running + momentum · batch's (the variance divided by n − 1);
    after `eval()` the running ones count.

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: the share of a new batch in the running statistics; None for the mean of all.
        affine: whether there are a weight (1 at first) and a bias (0 at first).
        track_running_stats: whether running statistics are kept; if not, the batch's always count.
        bias: whether there is a bias, if affine.
        dtype: float32 or float64.

    Shapes: (N, C) or (N, C, L) → the same.

    Raises:
        ShapeError: another number of channels, or training on one number a channel.

    Example:
        >>> import holograd as hg
        >>> BatchNorm1d(1, eps=0.0)(hg.tensor([[1.0], [3.0]])).tolist()
        [[-1.0], [1.0]]
    """

    forms = MappingProxyType({2: "(N, {})", 3: "(N, {}, L)"})


class BatchNorm2d(_BatchNorm):
    """The same as `BatchNorm1d` for images: each channel over all images and pixels.

    Args:
        num_features: C.
        eps, momentum, affine, track_running_stats, bias, dtype: as in `BatchNorm1d`.

    Shapes: (N, C, H, W) → the same.

    Raises:
        ShapeError: another number of channels, or training on one number a channel.

    Example:
        >>> import holograd as hg
        >>> BatchNorm2d(3)(hg.ones(2, 3, 4, 4)).shape
        (2, 3, 4, 4)
    """

    forms = MappingProxyType({4: "(N, {}, H, W)"})


class LayerNorm(Module):
    """Each sample minus its own mean, divided by its own standard deviation (the root of the
    variance divided by n), times a learnt weight, plus a learnt bias (Ba et al., 2016).

    Args:
        normalized_shape: the last dimensions, over which mean and variance run; an integer for one.
        eps: added to the variance.
        elementwise_affine: whether there are a weight (1 at first) and a bias (0 at first).
        bias: whether there is a bias.
        dtype: float32 or float64.

    Shapes: (…, *normalized_shape) → the same.

    Raises:
        ShapeError: the data does not end in `normalized_shape`.

    Example:
        >>> import holograd as hg
        >>> LayerNorm(2, eps=0.0)(hg.tensor([[1.0, 3.0]])).tolist()
        [[-1.0, 1.0]]
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, *, dtype: Any = None,
    ) -> None:  # fmt: skip
        several = isinstance(normalized_shape, (tuple, list))
        count = len(normalized_shape) if several else 1
        self.normalized_shape = checks.sizes(self, "normalized_shape", normalized_shape, count)
        self.eps = _positive(self, "eps", eps)
        self.elementwise_affine = bool(elementwise_affine)
        shape = self.normalized_shape
        self.register_parameter("weight", _ones(shape, dtype) if elementwise_affine else None)
        both = elementwise_affine and bias
        self.register_parameter("bias", checks.zeros(shape, dtype) if both else None)

    def reset_parameters(self) -> None:
        """The initial weights (1) and biases (0); nothing in them is random."""
        with no_grad():
            if self.weight is not None:
                self.weight.fill_(1.0)
            if self.bias is not None:
                self.bias.zero_()

    def forward(self, input: Any) -> Any:
        shape = checks.shape_of(self, input)
        wanted = self.normalized_shape
        if shape[-len(wanted) :] != wanted:
            takes = f"(…, {', '.join(map(str, wanted))})"
            raise misfit(self, takes, shape, f"the data does not end in {wanted}")
        if self.weight is not None:
            checks.same_floats(self, input, self.weight)
        return layer_norm(input, wanted, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )

    def short_repr(self) -> str:
        return "×".join(map(str, self.normalized_shape))
