"""The activations: functions that bend each number, and the softmax over several.

PyTorch's argument `inplace` is taken and has no effect: arrays are never written in place here, and
the result is the same.
"""

from __future__ import annotations

import math
from typing import Any

from holograd.errors import ArgumentError
from holograd.ops.elementwise import clamp, erf, expm1, sigmoid, tanh, where
from holograd.ops.elementwise import relu as positive_part
from holograd.ops.elementwise import softplus as smooth_positive_part
from holograd.ops.reduce import log_softmax as log_softmax_along
from holograd.ops.reduce import softmax as softmax_along
from holograd.ops.table import composite
from holograd.tensor import no_grad

ROOT_HALF = math.sqrt(0.5)
ROOT_TWO_OVER_PI = math.sqrt(2 / math.pi)


def relu(input: Any, inplace: bool = False) -> Any:
    """x where positive, else 0; its gradient at 0 is 0.

    Args:
        input: any shape.
        inplace: has no effect; the result is always a new tensor.

    Example:
        >>> import holograd as hg
        >>> relu(hg.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    return positive_part(input)


@composite
def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x where positive, else negative_slope · x (Maas et al., 2013).

    Args:
        input: any shape.
        negative_slope: the slope below 0, and at 0.
        inplace: has no effect; the result is always a new tensor.

    Example:
        >>> import holograd as hg
        >>> leaky_relu(hg.tensor([-1.0, 2.0]), 0.5)
        tensor([-0.5,  2. ])
    """
    return where(input > 0, input, negative_slope * input)


@composite
def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where positive, else α (eˣ − 1) (Clevert et al., 2015).

    At 0 the slope is α, and the second derivative 0.

    Args:
        input: any shape.
        alpha: α; below 0 the values approach −α.
        inplace: has no effect; the result is always a new tensor.

    Example:
        >>> import holograd as hg
        >>> elu(hg.tensor([-100.0, 2.0]))
        tensor([-1.,  2.])
    """
    below = where(input < 0, input, 0.0)  # so that e^x does not overflow where it is not wanted
    above = input if alpha == 1.0 else where(input == 0, alpha * input, input)
    return where(input < 0, alpha * expm1(below), above)


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
def silu(input: Any, inplace: bool = False) -> Any:
    """x σ(x), also called swish (Elfwing et al., 2017).

    Args:
        input: any shape.
        inplace: has no effect; the result is always a new tensor.

    Example:
        >>> import holograd as hg
        >>> silu(hg.tensor([0.0, 100.0]))
        tensor([  0., 100.])
    """
    return input * sigmoid(input)


@composite
def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """ln(1 + e^(βx)) / β, a smooth ReLU; x itself where βx is above `threshold`.

    Args:
        input: any shape.
        beta: β; the greater, the closer to ReLU.
        threshold: from where on the line is taken for the curve, which at the default 20 lies
            2 · 10⁻⁹ above it. The curve itself never overflows: `hg.softplus` is it everywhere.

    Example:
        >>> import holograd as hg
        >>> softplus(hg.tensor([-1000.0, 0.0, 1000.0])).tolist()
        [0.0, 0.6931471824645996, 1000.0]
    """
    return where(input * beta > threshold, input, smooth_positive_part(input, beta))


@composite
def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """x moved into [min_val, max_val]; unlike `clamp`'s, its gradient is 0 at the bounds.

    Args:
        input: any shape.
        min_val: the least value.
        max_val: the greatest value.
        inplace: has no effect; the result is always a new tensor.

    Example:
        >>> import holograd as hg
        >>> hardtanh(hg.tensor([-5.0, 0.5]))
        tensor([-1. ,  0.5])
    """
    with no_grad():
        bound = clamp(input, min_val, max_val)  # NaN stays NaN, and gets no gradient
    return where((input > min_val) & (input < max_val), input, bound)


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

    Example:
        >>> import holograd as hg
        >>> log_softmax(hg.tensor([1000.0, 0.0]), dim=0)
        tensor([    0., -1000.])
    """
    return log_softmax_along(input, _chosen(dim, "log_softmax"))
