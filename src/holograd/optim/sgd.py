"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holograd.errors import ArgumentError
from holograd.ops.elementwise import where
from holograd.optim.optimizer import Numbers, Optimizer


class SGD(Optimizer):
    r"""Stochastic gradient descent: a step against the gradient, or against a velocity.

    .. math::
        g \leftarrow g + \lambda\theta, \quad
        v \leftarrow \mu v + (1 - \tau) g \;(v = g \text{ in the first step}), \quad
        \theta \leftarrow \theta - \gamma v

    Nesterov's form takes :math:`g + \mu v` in place of `v`. Without momentum `v` is `g`. As in
    PyTorch, the learning rate is not part of the velocity, so that a change of it acts at once.

    Args:
        params: tensors, (name, tensor) pairs, or groups.
        lr: γ, the learning rate.
        momentum: μ, the share of the velocity that stays.
        dampening: τ, the share of the gradient that does not enter the velocity.
        weight_decay: λ, how much of the parameter is added to its gradient (an L2 penalty).
        nesterov: whether to take the gradient ahead; needs momentum and no dampening.
        maximize: whether to climb instead.

    Raises:
        ArgumentError: an option is outside of its range, or a parameter cannot be trained.

    References:
        B. T. Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
        I. Sutskever, J. Martens, G. Dahl and G. Hinton, On the importance of initialization and
        momentum in deep learning, 2013.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> w = hg.tensor([1.0], requires_grad=True)
        >>> optimizer = optim.SGD([w], lr=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.tolist()
        [0.5]
    """

    def __init__(
        self, params: Any, lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
    ):  # fmt: skip
        options = {"lr": lr, "momentum": momentum, "dampening": dampening}
        options |= {"weight_decay": weight_decay, "nesterov": nesterov, "maximize": maximize}
        super().__init__(params, options)

    def check_group(self, group: Mapping[str, Any]) -> None:
        super().check_group(group)
        if group["nesterov"] and (not group["momentum"] or group["dampening"]):
            raise ArgumentError(
                f"SGD got nesterov=True with momentum={group['momentum']} and "
                f"dampening={group['dampening']}",
                why="Nesterov's step looks ahead along an undamped velocity",
                instead="Write momentum=0.9, nesterov=True.",
            )

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        if not group["momentum"]:
            return {}
        return {"momentum_buffer": 0.0} | ({"step": 0.0} if group["dampening"] else {})

    def loaded_state(
        self, index: int, parameter: Any, entry: Mapping[str, Any], group: Mapping[str, Any]
    ) -> dict[str, Any]:
        if "momentum_buffer" in entry and "step" in self.slots(group):
            # PyTorch counts no steps here; where there is a velocity, the first is over.
            entry = {"step": 1.0, **entry}
        return super().loaded_state(index, parameter, entry, group)

    def coefficients(self, group: Mapping[str, Any], number: Numbers, step: Any) -> dict[str, Any]:
        c = {"lr": number("lr")}
        if group["weight_decay"]:
            c["weight_decay"] = number("weight_decay")
        if group["momentum"]:
            c["momentum"] = number("momentum")
            if group["dampening"]:  # the first gradient enters the velocity undamped
                c["fresh"] = where(step == 1, 1.0, 1 - number("dampening"))
        return c

    def rule(
        self, parameter: Any, gradient: Any, state: dict[str, Any], c: dict[str, Any],
        group: Mapping[str, Any],
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        if "weight_decay" in c:
            gradient = gradient + c["weight_decay"] * parameter
        if "momentum" in c:
            fresh = c["fresh"] * gradient if "fresh" in c else gradient
            velocity = c["momentum"] * state["momentum_buffer"] + fresh
            state = {"momentum_buffer": velocity}
            gradient = gradient + c["momentum"] * velocity if group["nesterov"] else velocity
        return parameter - c["lr"] * gradient, state
