"""Layers without weights: activations, dropout, and those that only change the shape.

PyTorch's argument `inplace` is taken and has no effect: arrays are never written in place here, and
the result is the same.
"""

from __future__ import annotations

from typing import Any

from holograd.errors import ArgumentError
from holograd.nn import functional
from holograd.nn.module import Module
from holograd.ops.movement import flatten
from holograd.ops.random import Generator


class Identity(Module):
    """Passes its input on.

    Example:
        >>> Identity()(3.0)
        3.0
    """

    def forward(self, input: Any) -> Any:
        return input


class Sigmoid(Module):
    """σ(x) = 1 / (1 + e⁻ˣ), between 0 and 1.

    Example:
        >>> import holograd as hg
        >>> Sigmoid()(hg.tensor([0.0])).item()
        0.5
    """

    def forward(self, input: Any) -> Any:
        return functional.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent, between −1 and 1.

    Example:
        >>> import holograd as hg
        >>> Tanh()(hg.tensor([0.0])).item()
        0.0
    """

    def forward(self, input: Any) -> Any:
        return functional.tanh(input)


class ReLU(Module):
    """x where positive, else 0.

    Args:
        inplace: has no effect; the result is always a new tensor.

    Example:
        >>> import holograd as hg
        >>> ReLU()(hg.tensor([-1.0, 2.0])).tolist()
        [0.0, 2.0]
    """

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return functional.relu(input)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class LeakyReLU(Module):
    """x where positive, else negative_slope · x (Maas et al., 2013).

    Args:
        negative_slope: the slope below 0.
        inplace: has no effect; the result is always a new tensor.

    Example:
        >>> import holograd as hg
        >>> LeakyReLU(0.5)(hg.tensor([-1.0, 2.0])).tolist()
        [-0.5, 2.0]
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return functional.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class ELU(Module):
    """x where positive, else α (eˣ − 1) (Clevert et al., 2015).

    Args:
        alpha: α; below 0 the values approach −α.
        inplace: has no effect; the result is always a new tensor.

    Example:
        >>> import holograd as hg
        >>> ELU()(hg.tensor([-100.0, 2.0])).tolist()
        [-1.0, 2.0]
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return functional.elu(input, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class GELU(Module):
    """x Φ(x), for the normal distribution function Φ (Hendrycks and Gimpel, 2016).

    Args:
        approximate: "none", or "tanh" for the paper's approximation.

    Raises:
        ArgumentError: another approximation.

    Example:
        >>> import holograd as hg
        >>> GELU()(hg.tensor([0.0, 100.0])).tolist()
        [0.0, 100.0]
    """

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ArgumentError(
                f"GELU got approximate={approximate!r}", instead='Write "none" or "tanh".'
            )
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        return functional.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """x σ(x), also called swish (Elfwing et al., 2017).

    Args:
        inplace: has no effect; the result is always a new tensor.

    Example:
        >>> import holograd as hg
        >>> SiLU()(hg.tensor([0.0, 100.0])).tolist()
        [0.0, 100.0]
    """

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return functional.silu(input)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Softplus(Module):
    """ln(1 + e^(βx)) / β, a smooth ReLU; x itself where βx is above `threshold`.

    Args:
        beta: β; the greater, the closer to ReLU.
        threshold: from where on the line is taken for the curve, which at 20 lies 2 · 10⁻⁹ above.

    Raises:
        ArgumentError: β is not positive.

    Example:
        >>> import holograd as hg
        >>> Softplus()(hg.tensor([-1000.0, 1000.0])).tolist()
        [0.0, 1000.0]
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        if not beta > 0:
            raise ArgumentError(f"Softplus got beta={beta}", instead="Write a number above 0.")
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Any) -> Any:
        return functional.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Hardtanh(Module):
    """x moved into [min_val, max_val].

    Args:
        min_val: the least value.
        max_val: the greatest value.
        inplace: has no effect; the result is always a new tensor.

    Raises:
        ArgumentError: min_val ≥ max_val.

    Example:
        >>> import holograd as hg
        >>> Hardtanh()(hg.tensor([-5.0, 0.5])).tolist()
        [-1.0, 0.5]
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        if not min_val < max_val:
            raise ArgumentError(
                f"Hardtanh got min_val={min_val} and max_val={max_val}",
                instead="Write the lesser first.",
            )
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return functional.hardtanh(input, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        text = f"min_val={self.min_val}, max_val={self.max_val}"
        return text + (", inplace=True" if self.inplace else "")


class Softmax(Module):
    """e^xᵢ / Σⱼ e^xⱼ along `dim`: positive shares that add up to 1.

    Cross-entropy takes the numbers before it: `CrossEntropyLoss` contains it.

    Args:
        dim: the dimension that adds up to 1.

    Raises:
        ArgumentError: called without a `dim`.

    Example:
        >>> import holograd as hg
        >>> Softmax(dim=1)(hg.tensor([[1.0, 1.0]])).tolist()
        [[0.5, 0.5]]
    """

    def __init__(self, dim: int | None = None) -> None:
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return functional.softmax(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """xᵢ − ln Σⱼ e^xⱼ along `dim`, the logarithm of softmax.

    Args:
        dim: the dimension whose exponentials add up to 1.

    Raises:
        ArgumentError: called without a `dim`.

    Example:
        >>> import holograd as hg
        >>> LogSoftmax(dim=0)(hg.tensor([1000.0, 0.0])).tolist()
        [0.0, -1000.0]
    """

    def __init__(self, dim: int | None = None) -> None:
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return functional.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Dropout(Module):
    """In training, each number is made 0 with probability p, and the others are divided by 1 − p
    (Srivastava et al., 2014). After `eval()` the input passes unchanged.

    Args:
        p: the share that is dropped; may be changed between steps, also of a captured one.
        inplace: has no effect; the result is always a new tensor.
        generator: where random numbers come from; by default the one that `manual_seed` seeds.

    Raises:
        ArgumentError: p is not within [0, 1].

    Example:
        >>> import holograd as hg
        >>> Dropout(1.0)(hg.ones(2)).tolist()
        [0.0, 0.0]
    """

    def __init__(
        self, p: float = 0.5, inplace: bool = False, *, generator: Generator | None = None
    ) -> None:
        functional.check_probability(p, "Dropout")
        self.p = p
        self.inplace = inplace
        self.generator = generator

    def forward(self, input: Any) -> Any:
        if not self.training:
            return input
        return functional.drop(input, lambda: self.p, self.generator)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"

    def short_repr(self) -> str:
        return f"p={self.p}"


class Flatten(Module):
    """Dimensions `start_dim` to `end_dim` joined into one: images become rows of numbers.

    Args:
        start_dim: the first to join; 1 keeps the batch apart.
        end_dim: the last to join.

    Shapes: (N, C, H, W) → (N, C · H · W) by default.

    Example:
        >>> import holograd as hg
        >>> Flatten()(hg.zeros(2, 1, 28, 28)).shape
        (2, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Any) -> Any:
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
