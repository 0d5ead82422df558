"""The functions that layers and losses are made of; each is one operation or a few under a scope.

What a layer keeps (weights, statistics, the training switch) is an argument here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from holograd.errors import ArgumentError, ShapeError
from holograd.graph import Spec, apply, scope, state
from holograd.nn.class_loss import cross_entropy, kl_div, nll_loss
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
from holograd.ops.elementwise import (
    clamp,
    erf,
    expm1,
    relu,
    rsqrt,
    sigmoid,
    softplus,
    square,
    tanh,
    where,
)
from holograd.ops.gather import embedding as look_up
from holograd.ops.gather import one_hot
from holograd.ops.movement import reshape
from holograd.ops.pieces import pad
from holograd.ops.pool import avg_pool2d, max_pool2d
from holograd.ops.random import Generator, uniform
from holograd.ops.reduce import log_softmax as log_softmax_along
from holograd.ops.reduce import mean
from holograd.ops.reduce import softmax as softmax_along
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

ROOT_HALF = math.sqrt(0.5)
ROOT_TWO_OVER_PI = math.sqrt(2 / math.pi)

# --- activations ---


@composite
def leaky_relu(input: Any, negative_slope: float = 0.01) -> Any:
    """x where positive, else negative_slope · x (Maas et al., 2013)."""
    return where(input > 0, input, negative_slope * input)


@composite
def elu(input: Any, alpha: float = 1.0) -> Any:
    """x where positive, else α (eˣ − 1) (Clevert et al., 2015)."""
    below = where(input > 0, 0.0, input)  # so that e^x does not overflow where it is not wanted
    return where(input > 0, input, alpha * expm1(below))


@composite
def gelu(input: Any, approximate: str = "none") -> Any:
    """x Φ(x), for the normal distribution function Φ (Hendrycks and Gimpel, 2016).

    Args:
        input: any shape.
        approximate: "none" computes ½ x (1 + erf(x / √2)); "tanh" the paper's approximation
            ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).

    Raises:
        ArgumentError: another approximation is asked for.

    Example:
        >>> import holograd as hg
        >>> gelu(hg.tensor([-1.0, 0.0, 1.0]))
        tensor([-0.1587,  0.    ,  0.8413])
    """
    if approximate == "none":
        return 0.5 * input * (1 + erf(input * ROOT_HALF))
    if approximate == "tanh":
        inner = ROOT_TWO_OVER_PI * (input + 0.044715 * (input * input * input))
        return 0.5 * input * (1 + tanh(inner))
    raise ArgumentError(f"gelu got approximate={approximate!r}", instead='Write "none" or "tanh".')


@composite
def silu(input: Any) -> Any:
    """x σ(x), also called swish (Elfwing et al., 2017)."""
    return input * sigmoid(input)


@composite
def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x moved into [min_val, max_val]; unlike `clamp`'s, its gradient is 0 at the bounds."""
    return where(input <= min_val, min_val, where(input >= max_val, max_val, input))


def _chosen(dim: int | None, name: str) -> int:
    if dim is None:
        raise ArgumentError(
            f"{name} got no dim", why="whether rows or columns add up to 1 must be said",
            instead=f"Write {name}(x, dim=-1) to make the last dimension add up to 1.",
        )  # fmt: skip
    return dim


def softmax(input: Any, dim: int | None = None) -> Any:
    """e^xᵢ / Σⱼ e^xⱼ along `dim`: positive shares that add up to 1; never overflows.

    Raises:
        ArgumentError: `dim` is not given.

    Example:
        >>> import holograd as hg
        >>> softmax(hg.tensor([[0.0, 0.0]]), dim=1)
        tensor([[0.5, 0.5]])
    """
    return softmax_along(input, _chosen(dim, "softmax"))


def log_softmax(input: Any, dim: int | None = None) -> Any:
    """xᵢ − ln Σⱼ e^xⱼ along `dim`, the logarithm of `softmax`; never overflows.

    Raises:
        ArgumentError: `dim` is not given.
    """
    return log_softmax_along(input, _chosen(dim, "log_softmax"))


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
    """x / max(‖x‖ₚ, eps) along `dim`: vectors of length 1."""
    return input / clamp(norm(input, p, dim, keepdim=True), min=eps)


# --- dropout ---


def dropout(
    input: Any, p: float = 0.5, training: bool = True, *, generator: Generator | None = None
) -> Any:
    """Each number made 0 with probability p, the others divided by 1 − p (Srivastava et al., 2014).

    Args:
        input: any shape.
        p: the share that is dropped.
        training: where False, the input passes unchanged.
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
    """Raises ArgumentError where `p` is not within [0, 1]."""
    if not 0 <= p <= 1:
        raise ArgumentError(
            f"{name} got p={p}", why="it is the share of numbers that are dropped",
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
