"""Initial weights: each function fills a tensor, and returns it.

Names, arguments and meanings are PyTorch's; `lecun_uniform_` and `lecun_normal_` are there besides.
The fan-in of a weight of shape (out, in, …) is in · …, how many numbers go into one output; its
fan-out is out · …. All random ones take `generator=`; without it, the one that `manual_seed` seeds.
"""

from __future__ import annotations

import math

import numpy as np

from holograd.errors import ArgumentError, ShapeError
from holograd.ops import random
from holograd.ops.random import Generator
from holograd.ops.table import FLOAT64
from holograd.tensor import Tensor, no_grad

__all__ = [
    "calculate_gain",
    "constant_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "lecun_normal_",
    "lecun_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

GAINS = {"tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4} | dict.fromkeys(
    ("linear", "conv1d", "conv2d", "sigmoid"), 1.0
)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights before `nonlinearity` are scaled, to keep the variance of signals.

    Args:
        nonlinearity: linear, conv1d, conv2d, sigmoid (1), tanh (5/3), relu (√2), selu (3/4),
            leaky_relu (√(2 / (1 + slope²))).
        param: the slope of leaky_relu; 0.01 where it is None.

    Raises:
        ArgumentError: no gain is known for it.

    Example:
        >>> calculate_gain("tanh")
        1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in GAINS:
        known = ", ".join([*GAINS, "leaky_relu"])
        raise ArgumentError(
            f"no gain is known for {nonlinearity!r}", instead=f"Write one of: {known}."
        )
    return GAINS[nonlinearity]


def _fans(tensor: Tensor, name: str) -> tuple[int, int]:
    """How many numbers go into one output, and how many outputs one number goes into."""
    if tensor.ndim < 2:
        raise ShapeError(
            f"{name} takes a weight of two or more dimensions, and got shape {tensor.shape}",
            why="it divides by the number of inputs of one output",
            instead="Write zeros_(bias) or uniform_(bias, a, b).",
        )
    places = math.prod(tensor.shape[2:])
    return tensor.shape[1] * places, tensor.shape[0] * places


def _fan(tensor: Tensor, mode: str, name: str) -> int:
    fan_in, fan_out = _fans(tensor, name)
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(f"{name} got mode={mode!r}", instead='Write "fan_in" or "fan_out".')
    return max(fan_in if mode == "fan_in" else fan_out, 1)


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """The same number everywhere.

    Example:
        >>> import holograd as hg
        >>> constant_(hg.zeros(2), 0.5)
        tensor([0.5, 0.5])
    """
    return tensor.fill_(val)


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros.

    Example:
        >>> import holograd as hg
        >>> zeros_(hg.ones(2))
        tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Ones.

    Example:
        >>> import holograd as hg
        >>> ones_(hg.zeros(2))
        tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """Ones on the diagonal of a matrix, zeros elsewhere: a layer that passes its input on.

    Example:
        >>> import holograd as hg
        >>> eye_(hg.zeros(2, 3)).tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    if tensor.ndim != 2:
        raise ShapeError(f"eye_ takes a matrix, and got shape {tensor.shape}")
    return tensor.assign(np.eye(*tensor.shape, dtype=tensor.dtype))


@no_grad()
def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Numbers spread evenly over [a, b).

    Example:
        >>> import holograd as hg
        >>> bool((uniform_(hg.zeros(100), -2.0, 2.0).abs() <= 2.0).all())
        True
    """
    return tensor.assign(random.uniform(tensor.shape, tensor.dtype, generator) * (b - a) + a)


@no_grad()
def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Numbers of the normal distribution with the given mean and standard deviation.

    Example:
        >>> import holograd as hg
        >>> drawn = normal_(hg.zeros(10000), 3.0, 0.5, generator=hg.Generator(0))
        >>> round(float(drawn.mean()), 1), round(float(drawn.std()), 1)
        (3.0, 0.5)
    """
    return tensor.assign(random.normal(tensor.shape, tensor.dtype, generator) * std + mean)


@no_grad()
def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Numbers of a normal distribution cut off at a and b: what lies outside is drawn anew.

    Raises:
        ArgumentError: std ≤ 0 or a ≥ b.

    Example:
        >>> import holograd as hg
        >>> bool((abs(trunc_normal_(hg.zeros(100), a=-1.0, b=1.0)) <= 1.0).all())
        True
    """
    if std <= 0 or a >= b:
        raise ArgumentError(
            f"trunc_normal_ got std={std}, a={a}, b={b}", instead="Write std > 0 and a < b."
        )
    from statistics import NormalDist  # slow to import, and seldom needed

    normal = NormalDist(mean, std)
    low, high = normal.cdf(a), normal.cdf(b)
    shares = random.uniform(tensor.shape, FLOAT64, generator).value * (high - low) + low
    shares = np.clip(shares, np.finfo(FLOAT64).tiny, 1 - np.finfo(FLOAT64).epsneg)
    drawn = np.array([normal.inv_cdf(share) for share in shares.ravel().tolist()])
    return tensor.assign(np.clip(drawn, a, b).reshape(tensor.shape))


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """U(−a, a) with a = gain · √(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Example:
        >>> import holograd as hg
        >>> bool((abs(xavier_uniform_(hg.zeros(2, 4))) <= 1.0).all())  # √(6 / (4 + 2))
        True
    """
    bound = gain * math.sqrt(6 / max(sum(_fans(tensor, "xavier_uniform_")), 1))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """N(0, s²) with s = gain · √(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Example:
        >>> import holograd as hg
        >>> weight = xavier_normal_(hg.zeros(100, 100), generator=hg.Generator(0))
        >>> round(float(weight.std()), 2)  # √(2 / (100 + 100))
        0.1
    """
    std = gain * math.sqrt(2 / max(sum(_fans(tensor, "xavier_normal_")), 1))
    return normal_(tensor, 0.0, std, generator)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """U(−b, b) with b = gain · √(3 / fan) (He et al., 2015).

    Args:
        tensor: the weight.
        a: the slope of leaky_relu below zero; PyTorch's layers take √5, so that b = 1 / √fan_in.
        mode: "fan_in" keeps the variance in the forward pass, "fan_out" in the backward pass.
        nonlinearity: what follows the layer; see `calculate_gain`.
        generator: where random numbers come from.

    Raises:
        ShapeError: the tensor has fewer than two dimensions.
        ArgumentError: an unknown mode or nonlinearity.

    Example:
        >>> import holograd as hg
        >>> weight = kaiming_uniform_(hg.zeros(2, 6), nonlinearity="relu")
        >>> bool((abs(weight) <= 1.0).all())  # √2 · √(3 / 6)
        True
    """
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / _fan(tensor, mode, "kaiming_uniform_"))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """N(0, s²) with s = gain / √fan (He et al., 2015); arguments as in `kaiming_uniform_`.

    Example:
        >>> import holograd as hg
        >>> weight = kaiming_normal_(hg.zeros(100, 200), generator=hg.Generator(0))
        >>> round(float(weight.std()), 2)  # √2 / √200
        0.1
    """
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode, "kaiming_normal_"))
    return normal_(tensor, 0.0, std, generator)


def lecun_uniform_(tensor: Tensor, generator: Generator | None = None) -> Tensor:
    """U(−a, a) with a = √(3 / fan_in), of variance 1 / fan_in (LeCun et al., 1998).

    Example:
        >>> import holograd as hg
        >>> bool((abs(lecun_uniform_(hg.zeros(2, 3))) <= 1.0).all())
        True
    """
    bound = math.sqrt(3 / _fan(tensor, "fan_in", "lecun_uniform_"))
    return uniform_(tensor, -bound, bound, generator)


def lecun_normal_(tensor: Tensor, generator: Generator | None = None) -> Tensor:
    """N(0, 1 / fan_in) (LeCun et al., 1998).

    Example:
        >>> import holograd as hg
        >>> weight = lecun_normal_(hg.zeros(100, 100), generator=hg.Generator(0))
        >>> round(float(weight.std()), 2)
        0.1
    """
    std = 1 / math.sqrt(_fan(tensor, "fan_in", "lecun_normal_"))
    return normal_(tensor, 0.0, std, generator)


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """A random matrix whose rows (or columns, if there are fewer) are orthonormal, times `gain`.

    Dimensions after the first are taken as one (Saxe et al., 2013).

    Raises:
        ShapeError: the tensor has fewer than two dimensions.

    Example:
        >>> import holograd as hg
        >>> weight = orthogonal_(hg.zeros(2, 5))
        >>> bool((abs(weight @ weight.T - hg.eye(2)) < 1e-6).all())
        True
    """
    _fans(tensor, "orthogonal_")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    long, short = max(rows, columns), min(rows, columns)
    drawn = random.normal((long, short), FLOAT64, generator).value
    q, r = np.linalg.qr(drawn)
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)  # makes the distribution uniform
    return tensor.assign((gain * (q if rows >= columns else q.T)).reshape(tensor.shape))
