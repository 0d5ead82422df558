"""Schedules one after the other, such as a warm-up and what follows it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from holograd.errors import ArgumentError, ModelError
from holograd.optim.optimizer import Optimizer
from holograd.optim.schedule_state import fitting_state, take_state
from holograd.optim.schedules import LRScheduler, check_epochs


class SequentialLR(LRScheduler):
    """One schedule after the other: each begins at a milestone, and counts its epochs from there.

    Args:
        optimizer: whose groups get the rates.
        schedulers: the schedules, all of this optimizer.
        milestones: the epochs at which the second, third … begins.
        last_epoch: the epoch done last; −1 begins.

    Raises:
        ArgumentError: the milestones are not one fewer than the schedules, or do not rise, or a
            schedule is of another optimizer, or needs a metric.

    Example:
        A warm-up of two epochs, and then half a cosine wave:

        >>> import holograd as hg
        >>> from holograd import optim
        >>> from holograd.optim.lr_scheduler import CosineAnnealingLR, LinearLR
        >>> optimizer = optim.SGD([hg.zeros(1, requires_grad=True)], lr=1.0)
        >>> warm_up = LinearLR(optimizer, start_factor=0.5, total_iters=2)
        >>> annealing = CosineAnnealingLR(optimizer, T_max=2)
        >>> schedule = SequentialLR(optimizer, [warm_up, annealing], milestones=[2])
        >>> for epoch in range(5):
        ...     print(f"{schedule.get_last_lr()[0]:.2f}", end=" ")
        ...     schedule.step()
        0.50 0.75 1.00 0.50 0.00
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int],
        last_epoch: int = -1,
    ):  # fmt: skip
        for one in schedulers:
            if not isinstance(one, LRScheduler) or one.optimizer is not optimizer:
                raise ArgumentError(
                    f"SequentialLR cannot take this {type(one).__name__}",
                    why="it joins schedules of the epoch, all of one optimizer",
                    instead="Make each with the optimizer that SequentialLR gets.",
                )
        check_epochs("SequentialLR", "milestones", milestones)
        rising = all(a < b for a, b in pairwise(milestones))
        if len(milestones) != len(schedulers) - 1 or not rising:
            raise ArgumentError(
                f"SequentialLR got {len(schedulers)} schedules and milestones={list(milestones)}",
                instead="Give the rising epochs at which the second and each later one begins.",
            )
        self._schedulers, self.milestones = tuple(schedulers), list(milestones)
        super().__init__(optimizer, last_epoch)

    def put(self, epoch: int) -> None:
        place = bisect_right(self.milestones, epoch)
        self._schedulers[place].put(epoch - (self.milestones[place - 1] if place else 0))

    def state_dict(self) -> dict[str, Any]:
        state = {name: one for name, one in super().state_dict().items() if name != "_schedulers"}
        return {**state, "_schedulers": [one.state_dict() for one in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        own = self.state_dict()
        if isinstance(state_dict, Mapping) and "_milestones" in state_dict:  # PyTorch's
            state_dict = {**state_dict, "base_lrs": own["base_lrs"]}
            state_dict["milestones"] = state_dict.pop("_milestones")
        given = fitting_state(self, state_dict, own)
        inner = given.pop("_schedulers")
        if len(inner) != len(self._schedulers):
            raise ModelError(
                f"the state is of {len(inner)} schedules",
                why=f"this one joins {len(self._schedulers)}",
            )
        for one, state in zip(self._schedulers, inner, strict=True):
            fitting_state(one, state, one.state_dict())
        for one, state in zip(self._schedulers, inner, strict=True):
            one.load_state_dict(state)
        take_state(self, given)
