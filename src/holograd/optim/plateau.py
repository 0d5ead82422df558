"""The rate lowered where a metric no longer gets better."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from holograd.errors import ArgumentError
from holograd.optim.one_cycle import per_group
from holograd.optim.optimizer import Optimizer
from holograd.optim.schedule_state import fitting_state, take_state
from holograd.optim.schedules import check_number, check_optimizer


class ReduceLROnPlateau:
    """The rate times `factor` once `patience` epochs in a row brought nothing better, and one more.

    Args:
        optimizer: whose groups get the rates.
        mode: "min" where less is better, as for a loss; "max" where more is, as for an accuracy.
        factor: by which the rate is multiplied, below 1.
        patience: epochs without anything better that are let pass.
        threshold: how much better counts.
        threshold_mode: "rel" for a share of the best so far, "abs" for a difference.
        cooldown: epochs after a fall that do not count.
        min_lr: the least rate, one number or one for each group.
        eps: falls of at most this size are not made.

    Raises:
        ArgumentError: `factor` is not below 1, a mode is unknown, or an option is no number.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> optimizer = optim.SGD([hg.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = ReduceLROnPlateau(optimizer, patience=1, factor=0.5)
        >>> for loss in [3.0, 2.0, 2.0, 2.0, 1.0]:
        ...     schedule.step(loss)
        ...     print(schedule.get_last_lr(), end=" ")
        [1.0] [1.0] [1.0] [0.5] [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10,
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0,
        min_lr: float | Sequence[float] = 0, eps: float = 1e-8,
    ):  # fmt: skip
        check_optimizer(optimizer, "ReduceLROnPlateau")
        for name, number in [
            ("factor", factor), ("patience", patience), ("threshold", threshold),
            ("cooldown", cooldown), ("eps", eps),
        ]:  # fmt: skip
            check_number("ReduceLROnPlateau", name, number)
        if not 0 <= factor < 1:
            raise ArgumentError(
                f"ReduceLROnPlateau got factor={factor}",
                why="the rate has to fall",
                instead="Write a number from 0 to below 1, such as factor=0.1.",
            )
        for name, value, known in [
            ("mode", mode, ("min", "max")), ("threshold_mode", threshold_mode, ("rel", "abs")),
        ]:  # fmt: skip
            if value not in known:
                raise ArgumentError(
                    f"ReduceLROnPlateau got {name}={value!r}",
                    instead=f'Write {name}="{known[0]}" or {name}="{known[1]}".',
                )
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.eps = cooldown, eps
        self.min_lrs = per_group("min_lr", min_lr, optimizer)
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = self.last_epoch = 0
        self._last_lr = [group["lr"] for group in optimizer.param_groups]

    def step(self, metrics: Any = None) -> None:
        """Takes note of an epoch's metric, a number or a tensor of one.

        Raises:
            ArgumentError: there is no metric, or it is not one number.
        """
        try:
            value = float(metrics)
        except (TypeError, ValueError):
            raise ArgumentError(
                f"ReduceLROnPlateau.step() got {'no metric' if metrics is None else repr(metrics)}",
                why="it lowers the rate by what an epoch brought",
                instead="Write schedule.step(loss), with the validation loss of the epoch.",
            ) from None
        self.last_epoch += 1
        if self._better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def _better(self, value: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            return sign * value > sign * self.best * (1 + sign * self.threshold)
        return sign * value > sign * self.best + self.threshold

    def _reduce(self) -> None:
        for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            rate = max(group["lr"] * self.factor, least)
            if group["lr"] - rate > self.eps:
                group["lr"] = rate

    def get_last_lr(self) -> list[float]:
        """The rate that each group has."""
        return list(self._last_lr)

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands, and its numbers."""
        own = {name: one for name, one in vars(self).items() if name != "optimizer"}
        return {name: list(one) if isinstance(one, list) else one for name, one in own.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes to where `state_dict()` was taken; the optimizer's own state holds its rate.

        Raises:
            ModelError: it is of another schedule, or of another number of groups. Nothing was
                changed then.
        """
        take_state(self, fitting_state(self, state_dict, self.state_dict()))
