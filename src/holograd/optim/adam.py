"""Adam and AdamW: steps scaled by running means of the gradient and of its square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holograd.ops.elementwise import maximum, pow, sqrt
from holograd.optim.optimizer import Numbers, Optimizer


class Adam(Optimizer):
    r"""Adam: each parameter's step is scaled by the size that its gradients have had.

    .. math::
        g \leftarrow g + \lambda\theta, \quad
        m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad
        v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
        \theta \leftarrow \theta - \gamma \,
        \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    where `t` counts the steps from 1. AMSGrad puts the greatest `v` so far in place of `v`.

    Args:
        params: tensors, (name, tensor) pairs, or groups.
        lr: γ, the learning rate.
        betas: β₁ and β₂, the shares of the running means that stay.
        eps: ε, added to the root.
        weight_decay: λ, how much of the parameter is added to its gradient (an L2 penalty).
        amsgrad: whether the scale never shrinks.
        maximize: whether to climb instead.
        decoupled_weight_decay: whether weight decay acts on the parameter itself, as in `AdamW`.

    Raises:
        ArgumentError: an option is outside of its range, or a parameter cannot be trained.

    References:
        D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, 2015.
        S. J. Reddi, S. Kale and S. Kumar, On the convergence of Adam and beyond, 2018.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> w = hg.tensor([1.0, -20.0], requires_grad=True)
        >>> optimizer = optim.Adam([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()  # the first step has the length of the learning rate
        >>> w
        tensor([  0.5, -19.5], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0, amsgrad: bool = False, *,
        maximize: bool = False, decoupled_weight_decay: bool = False,
    ):  # fmt: skip
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        options |= {"amsgrad": amsgrad, "maximize": maximize}
        super().__init__(params, {**options, "decoupled_weight_decay": decoupled_weight_decay})

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        kept = {"step": 0.0, "exp_avg": 0.0, "exp_avg_sq": 0.0}
        return kept | ({"max_exp_avg_sq": 0.0} if group["amsgrad"] else {})

    def coefficients(self, group: Mapping[str, Any], number: Numbers, step: Any) -> dict[str, Any]:
        first, second = number("betas", 0), number("betas", 1)
        c = {
            "first": first,
            "second": second,
            "fresh_first": 1 - first,
            "fresh_second": 1 - second,
            "rate": number("lr") / (1 - pow(first, step)),
            "scale": 1 / sqrt(1 - pow(second, step)),
            "eps": number("eps"),
        }
        if group["weight_decay"] and group["decoupled_weight_decay"]:
            c["shrink"] = 1 - number("lr") * number("weight_decay")
        elif group["weight_decay"]:
            c["weight_decay"] = number("weight_decay")
        return c

    def rule(
        self, parameter: Any, gradient: Any, state: dict[str, Any], c: dict[str, Any],
        group: Mapping[str, Any],
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        if "shrink" in c:
            parameter = c["shrink"] * parameter
        if "weight_decay" in c:
            gradient = gradient + c["weight_decay"] * parameter
        mean = c["first"] * state["exp_avg"] + c["fresh_first"] * gradient
        spread = c["second"] * state["exp_avg_sq"] + c["fresh_second"] * (gradient * gradient)
        new = {"exp_avg": mean, "exp_avg_sq": spread}
        if group["amsgrad"]:
            spread = new["max_exp_avg_sq"] = maximum(state["max_exp_avg_sq"], spread)
        return parameter - c["rate"] * (mean / (sqrt(spread) * c["scale"] + c["eps"])), new


class AdamW(Adam):
    r"""Adam with weight decay apart from the gradient, which Adam's scaling would distort.

    .. math::
        \theta \leftarrow (1 - \gamma\lambda)\, \theta, \quad \text{then Adam's step without decay}

    Args:
        params: tensors, (name, tensor) pairs, or groups.
        lr: γ, the learning rate.
        betas: β₁ and β₂, the shares of the running means that stay.
        eps: ε, added to the root.
        weight_decay: λ, by how much of itself times the learning rate a parameter shrinks.
        amsgrad: whether the scale never shrinks.
        maximize: whether to climb instead.

    Raises:
        ArgumentError: an option is outside of its range, or a parameter cannot be trained.

    References:
        I. Loshchilov and F. Hutter, Decoupled weight decay regularization, 2019.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> w = hg.tensor([2.0], requires_grad=True)
        >>> optimizer = optim.AdamW([w], lr=0.5, weight_decay=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.tolist()
        [1.0]
    """

    def __init__(
        self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, *,
        maximize: bool = False,
    ):  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad,
            maximize=maximize, decoupled_weight_decay=True,
        )  # fmt: skip
