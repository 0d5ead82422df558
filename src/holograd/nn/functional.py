"""The functions that layers and losses are made of; each is one operation or a few under a scope.

What a layer keeps (weights, statistics, the training switch) is an argument here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

from holograd.errors import ArgumentError, ShapeError
from holograd.graph import Spec, apply, scope, state
from holograd.nn.class_loss import cross_entropy, kl_div, nll_loss
from holograd.nn.functional_activation import (
    elu,
    gelu,
    hardtanh,
    leaky_relu,
    log_softmax,
    relu,
    silu,
    softmax,
    softplus,
)
from holograd.nn.functional_loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_loss,
    huber_loss,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)
from holograd.ops.contract import linear
from holograd.ops.convolution import conv1d, conv2d
from holograd.ops.einsum import einsum
from holograd.ops.elementwise import clamp, rsqrt, sigmoid, square, tanh, where
from holograd.ops.gather import embedding as look_up
from holograd.ops.gather import one_hot
from holograd.ops.movement import reshape
from holograd.ops.pieces import pad
from holograd.ops.pool import avg_pool2d, max_pool2d
from holograd.ops.random import Generator, uniform
from holograd.ops.reduce import mean
from holograd.ops.statistics import norm
from holograd.ops.table import FLOAT32, TABLE, composite
from holograd.tensor import no_grad

__all__ = [
    "avg_pool2d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "hardtanh",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "max_pool2d",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "relu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "tanh",
]

# --- products and tables ---


@composite
def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """y_o = Σᵢⱼ x1_i · weight[o, i, j] · x2_j + bias_o.

    Args:
        input1: (…, in1).
        input2: (…, in2), the same dimensions in front.
        weight: (out, in1, in2).
        bias: (out,) or None.

    Returns:
        (…, out).

    Example:
        >>> import holograd as hg
        >>> bilinear(hg.tensor([1.0, 2.0]), hg.tensor([3.0]), hg.tensor([[[1.0], [10.0]]]))
        tensor([63.])
    """
    product = einsum("...i,oij,...j->...o", input1, weight, input2)
    return product if bias is None else product + bias


@composite
def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """The rows of `weight` that `input` names.

    Args:
        input: integers, any shape (…).
        weight: (rows, columns).
        padding_idx: a row that stands for nothing, and gets no gradient.

    Returns:
        (…, columns).

    Raises:
        ShapeError: there is no such row.

    Example:
        >>> import holograd as hg
        >>> embedding(hg.tensor([1, 0]), hg.tensor([[1.0, 2.0], [3.0, 4.0]])).tolist()
        [[3.0, 4.0], [1.0, 2.0]]
    """
    rows = look_up(input, weight)
    if padding_idx is None:
        return rows
    with no_grad():
        without_gradient = look_up(input, weight)
        padding = input == padding_idx % weight.shape[0]
    return where(reshape(padding, (*input.shape, 1)), without_gradient, rows)


@composite
def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """x / max(‖x‖ₚ, eps) along `dim`: vectors of length 1.

    Example:
        >>> import holograd as hg
        >>> normalize(hg.tensor([3.0, 4.0]), dim=0)
        tensor([0.6, 0.8])
    """
    return input / clamp(norm(input, p, dim, keepdim=True), min=eps)


# --- dropout ---


def dropout(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *,
    generator: Generator | None = None,
) -> Any:  # fmt: skip
    """Each number made 0 with probability p, the others divided by 1 − p (Srivastava et al., 2014).

    Args:
        input: any shape.
        p: the share that is dropped.
        training: where False, the input passes unchanged.
        inplace: has no effect; the result is always a new tensor.
        generator: where random numbers come from; by default the one that `manual_seed` seeds.

    Raises:
        ArgumentError: p is not within [0, 1].

    Example:
        >>> import holograd as hg
        >>> dropout(hg.ones(3), p=0.5, training=False)
        tensor([1., 1., 1.])
    """
    check_probability(p, "dropout")
    return drop(input, lambda: p, generator) if training else input


def check_probability(p: float, name: str) -> None:
    """Raises ArgumentError where `p` is not a number within [0, 1]."""
    if not isinstance(p, Real) or not 0 <= float(p) <= 1:
        raise ArgumentError(
            f"{name} got p={p!r}", why="it is the share of numbers that are dropped",
            instead="Write a number from 0 to 1.",
        )  # fmt: skip


def drop(input: Any, read: Callable[[], float], generator: Generator | None) -> Any:
    """Dropout whose share p is asked from `read` at each run."""
    with scope("dropout"):
        dtype = input.dtype if input.dtype.kind == "f" else FLOAT32
        kept = state.interpreter.runtime("dropout 1 - p", lambda: 1 - read(), Spec((), dtype))
        passes = uniform(input.shape, FLOAT32, generator) < kept
        # Where all is dropped there is nothing to divide; 1 keeps gradients from being 0 / 0.
        return where(passes, input / where(kept > 0, kept, 1.0), 0.0)


# --- normalisation ---


@composite
def batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
    training: bool = False, momentum: Any = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """(x − μ) / √(v + eps) · weight + bias, each channel by itself (Ioffe and Szegedy, 2015).

    In training μ and v are the mean and the variance (divided by n) of this batch, and the running
    statistics take the share `momentum` of them (of the variance divided by n − 1). Otherwise μ
    and v are the running statistics.

    Args:
        input: (N, C) or (N, C, …).
        running_mean, running_var: (C,), assigned to in training; None where none are kept.
        weight, bias: (C,) or None.
        training: whether the batch's own statistics count.
        momentum: a number, or a tensor of no dimensions.
        eps: keeps the root away from 0.

    Raises:
        ShapeError: training on one number a channel, which has no variance.
        ArgumentError: neither training nor running statistics.

    Example:
        >>> import holograd as hg
        >>> batch_norm(hg.tensor([[1.0], [3.0]]), None, None, training=True, eps=0.0).tolist()
        [[-1.0], [1.0]]
    """
    shape = input.shape
    dims = (0, *range(2, len(shape)))
    by_channel = (shape[1], *(1,) * (len(shape) - 2))
    if training:
        if math.prod(shape[dim] for dim in dims) < 2:
            raise ShapeError(
                f"batch_norm got shape {shape} in training", why="one number has no variance",
                instead="Train on batches of two or more, or call model.eval().",
            )  # fmt: skip
        average = mean(input, dims, keepdim=True)
        deviation = input - average
        variance = mean(square(deviation), dims, keepdim=True)
        with no_grad():
            if running_mean is not None:
                _follow(running_mean, average, momentum)
            if running_var is not None:
                count = apply(TABLE["count"], (input,), {"dims": dims})
                _follow(running_var, variance * (count / (count - 1)), momentum)
    elif running_mean is None or running_var is None:
        raise ArgumentError(
            "batch_norm got no running statistics", why="outside of training it divides by them",
            instead="Give running_mean and running_var, or training=True.",
        )  # fmt: skip
    else:
        deviation = input - reshape(running_mean, by_channel)
        variance = reshape(running_var, by_channel)
    result = deviation * rsqrt(variance + eps)
    if weight is not None:
        result = result * reshape(weight, by_channel)
    return result if bias is None else result + reshape(bias, by_channel)


def _follow(running: Any, now: Any, momentum: Any) -> None:
    """Moves a running statistic towards that of this batch."""
    running.assign((1 - momentum) * running + momentum * reshape(now, running.shape))


@composite
def layer_norm(
    input: Any, normalized_shape: Sequence[int], weight: Any = None, bias: Any = None,
    eps: float = 1e-5,
) -> Any:  # fmt: skip
    """(x − μ) / √(v + eps) · weight + bias, each sample by itself (Ba et al., 2016).

    Args:
        input: (…, *normalized_shape).
        normalized_shape: the last dimensions, over which mean μ and variance v (divided by n) run.
        weight, bias: of `normalized_shape`, or None.
        eps: keeps the root away from 0.

    Raises:
        ShapeError: the input does not end in `normalized_shape`.

    Example:
        >>> import holograd as hg
        >>> layer_norm(hg.tensor([1.0, 3.0]), (2,), eps=0.0)
        tensor([-1.,  1.])
    """
    wanted = tuple(normalized_shape)
    if not wanted or tuple(input.shape[-len(wanted) :]) != wanted:
        raise ShapeError(
            f"layer_norm got shape {input.shape}", why=f"it does not end in {wanted}",
            instead=f"Write normalized_shape={tuple(input.shape[-len(wanted) or -1 :])}.",
        )  # fmt: skip
    dims = tuple(range(-len(wanted), 0))
    deviation = input - mean(input, dims, keepdim=True)
    result = deviation * rsqrt(mean(square(deviation), dims, keepdim=True) + eps)
    if weight is not None:
        result = result * weight
    return result if bias is None else result + bias
