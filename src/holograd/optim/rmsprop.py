"""RMSprop: the gradient divided by the root of its mean square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holograd.ops.elementwise import maximum, sqrt
from holograd.optim.optimizer import Numbers, Optimizer


class RMSprop(Optimizer):
    r"""RMSprop: the gradient divided by the root of its running mean square.

    .. math::
        g \leftarrow g + \lambda\theta, \quad
        v \leftarrow \alpha v + (1 - \alpha) g^2, \quad
        d = g / (\sqrt{v} + \epsilon), \quad
        b \leftarrow \mu b + d, \quad
        \theta \leftarrow \theta - \gamma b

    Without momentum `b` is `d`. The centered form keeps the gradient's running mean `a` too, and
    divides by the root of the variance :math:`v - a^2`.

    Args:
        params: tensors, (name, tensor) pairs, or groups.
        lr: γ, the learning rate.
        alpha: α, the share of the running means that stays.
        eps: ε, added to the root.
        weight_decay: λ, how much of the parameter is added to its gradient (an L2 penalty).
        momentum: μ, the share of the velocity that stays.
        centered: whether to divide by the standard deviation.
        maximize: whether to climb instead.

    Raises:
        ArgumentError: an option is outside of its range, or a parameter cannot be trained.

    References:
        T. Tieleman and G. Hinton, Lecture 6.5 of Neural networks for machine learning, 2012.
        A. Graves, Generating sequences with recurrent neural networks, 2013 (the centered form).

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> w = hg.tensor([1.0], requires_grad=True)
        >>> optimizer = optim.RMSprop([w], lr=0.25, alpha=0.75)
        >>> (w * w).sum().backward()
        >>> optimizer.step()  # the root of a quarter of 2² is 1: a step of 0.25 × 2
        >>> w.tolist()
        [0.5]
    """

    def __init__(
        self, params: Any, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0, momentum: float = 0, centered: bool = False, *,
        maximize: bool = False,
    ):  # fmt: skip
        options = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay}
        options |= {"momentum": momentum, "centered": centered, "maximize": maximize}
        super().__init__(params, options)

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        kept = {"step": 0.0, "square_avg": 0.0}
        kept |= {"momentum_buffer": 0.0} if group["momentum"] else {}
        return kept | ({"grad_avg": 0.0} if group["centered"] else {})

    def coefficients(self, group: Mapping[str, Any], number: Numbers, step: Any) -> dict[str, Any]:
        c = {name: number(name) for name in ("lr", "alpha", "eps")}
        c["fresh"] = 1 - c["alpha"]
        return c | {name: number(name) for name in ("weight_decay", "momentum") if group[name]}

    def rule(
        self, parameter: Any, gradient: Any, state: dict[str, Any], c: dict[str, Any],
        group: Mapping[str, Any],
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        if "weight_decay" in c:
            gradient = gradient + c["weight_decay"] * parameter
        spread = c["alpha"] * state["square_avg"] + c["fresh"] * (gradient * gradient)
        new = {"square_avg": spread}
        if group["centered"]:
            mean = new["grad_avg"] = c["alpha"] * state["grad_avg"] + c["fresh"] * gradient
            spread = maximum(spread - mean * mean, 0.0)  # rounding can take a variance below 0
        change = gradient / (sqrt(spread) + c["eps"])
        if "momentum" in c:
            change = new["momentum_buffer"] = c["momentum"] * state["momentum_buffer"] + change
        return parameter - c["lr"] * change, new
