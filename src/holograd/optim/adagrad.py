"""Adagrad and Adadelta: steps scaled by all squared gradients so far, or by the recent ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holograd.ops.elementwise import sqrt
from holograd.optim.optimizer import Numbers, Optimizer


class Adagrad(Optimizer):
    r"""Adagrad: what has had large gradients takes small steps.

    .. math::
        g \leftarrow g + \lambda\theta, \quad
        s \leftarrow s + g^2, \quad
        \theta \leftarrow \theta - \frac{\gamma}{1 + (t - 1)\eta} \, \frac{g}{\sqrt{s} + \epsilon}

    where `t` counts the steps from 1.

    Args:
        params: tensors, (name, tensor) pairs, or groups.
        lr: γ, the learning rate.
        lr_decay: η, how fast the learning rate falls.
        weight_decay: λ, how much of the parameter is added to its gradient (an L2 penalty).
        initial_accumulator_value: what `s` starts from.
        eps: ε, added to the root.
        maximize: whether to climb instead.

    Raises:
        ArgumentError: an option is outside of its range, or a parameter cannot be trained.

    References:
        J. Duchi, E. Hazan and Y. Singer, Adaptive subgradient methods for online learning and
        stochastic optimization, 2011.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> w = hg.tensor([1.0, -20.0], requires_grad=True)
        >>> optimizer = optim.Adagrad([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()  # the first step has the length of the learning rate
        >>> w.tolist()
        [0.5, -19.5]
    """

    def __init__(
        self, params: Any, lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, *, maximize: bool = False,
    ):  # fmt: skip
        options = {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay}
        options |= {"initial_accumulator_value": initial_accumulator_value, "maximize": maximize}
        super().__init__(params, options)

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "sum": group["initial_accumulator_value"]}

    def coefficients(self, group: Mapping[str, Any], number: Numbers, step: Any) -> dict[str, Any]:
        c = {"rate": number("lr") / (1 + (step - 1) * number("lr_decay")), "eps": number("eps")}
        return c | ({"weight_decay": number("weight_decay")} if group["weight_decay"] else {})

    def rule(
        self, parameter: Any, gradient: Any, state: dict[str, Any], c: dict[str, Any],
        group: Mapping[str, Any],
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        if "weight_decay" in c:
            gradient = gradient + c["weight_decay"] * parameter
        total = state["sum"] + gradient * gradient
        return parameter - c["rate"] * (gradient / (sqrt(total) + c["eps"])), {"sum": total}


class Adadelta(Optimizer):
    r"""Adadelta: steps of the size of recent steps, scaled by the size of recent gradients.

    .. math::
        g \leftarrow g + \lambda\theta, \quad
        v \leftarrow \rho v + (1 - \rho) g^2, \quad
        d = \frac{\sqrt{u + \epsilon}}{\sqrt{v + \epsilon}} \, g, \quad
        u \leftarrow \rho u + (1 - \rho) d^2, \quad
        \theta \leftarrow \theta - \gamma d

    Args:
        params: tensors, (name, tensor) pairs, or groups.
        lr: γ, a factor for the step.
        rho: ρ, the share of the running means that stays.
        eps: ε, added to both mean squares; it lets the first steps begin.
        weight_decay: λ, how much of the parameter is added to its gradient (an L2 penalty).
        maximize: whether to climb instead.

    Raises:
        ArgumentError: an option is outside of its range, or a parameter cannot be trained.

    References:
        M. D. Zeiler, ADADELTA: an adaptive learning rate method, 2012.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> w = hg.tensor([1.0], requires_grad=True)
        >>> optimizer = optim.Adadelta([w], rho=0.75, eps=1.0)
        >>> (w * w).sum().backward()
        >>> optimizer.step()  # the first step is 2 / √(1 + 2²/4)
        >>> round(w.item(), 4)
        -0.4142
    """

    def __init__(
        self, params: Any, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6,
        weight_decay: float = 0, *, maximize: bool = False,
    ):  # fmt: skip
        options = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**options, "maximize": maximize})

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "square_avg": 0.0, "acc_delta": 0.0}

    def coefficients(self, group: Mapping[str, Any], number: Numbers, step: Any) -> dict[str, Any]:
        c = {name: number(name) for name in ("lr", "rho", "eps")}
        c["fresh"] = 1 - c["rho"]
        return c | ({"weight_decay": number("weight_decay")} if group["weight_decay"] else {})

    def rule(
        self, parameter: Any, gradient: Any, state: dict[str, Any], c: dict[str, Any],
        group: Mapping[str, Any],
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        if "weight_decay" in c:
            gradient = gradient + c["weight_decay"] * parameter
        spread = c["rho"] * state["square_avg"] + c["fresh"] * (gradient * gradient)
        change = sqrt(state["acc_delta"] + c["eps"]) / sqrt(spread + c["eps"]) * gradient
        moved = c["rho"] * state["acc_delta"] + c["fresh"] * (change * change)
        return parameter - c["lr"] * change, {"square_avg": spread, "acc_delta": moved}
