"""One cycle: the rate up to a high peak and far down again, momentum the other way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from holograd.errors import ArgumentError, ModelError
from holograd.optim.optimizer import Optimizer
from holograd.optim.schedules import LRScheduler, check_count, check_number, check_optimizer


class OneCycleLR(LRScheduler):
    """The rate rises to `max_lr` and falls far below where it began; `step()` comes every batch.

    Momentum (for Adam, the first beta) falls and rises the other way. With `a` the first rate
    `max_lr / div_factor` and `z` the last one `a / final_div_factor`, the rate goes a → max_lr → z,
    or in three phases a → max_lr → a → z.

    Args:
        optimizer: whose groups get the rates.
        max_lr: the peak, one number or one for each group.
        total_steps: steps in the cycle; or give `epochs` and `steps_per_epoch`.
        epochs: epochs in the cycle.
        steps_per_epoch: steps in an epoch.
        pct_start: the share of the cycle in which the rate rises.
        anneal_strategy: "cos" for half a cosine wave between two rates, "linear" for a line.
        cycle_momentum: whether momentum takes part.
        base_momentum: momentum at the peak, one number or one for each group.
        max_momentum: momentum at the ends, one number or one for each group.
        div_factor: how many times less than the peak the first rate is.
        final_div_factor: how many times less than the first rate the last one is.
        three_phase: whether the fall takes as long as the rise, and the rest goes on from there.
        last_epoch: the step done last; −1 begins.

    Raises:
        ArgumentError: the number of steps is missing or below 1, an option is unknown or outside of
            its range, momentum is to be cycled and the optimizer has none; in `step()`, the cycle
            is over.

    References:
        L. N. Smith and N. Topin, Super-convergence: very fast training of neural networks using
        large learning rates, 2018.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> optimizer = optim.SGD([hg.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
        >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=5, pct_start=0.6)
        >>> for step in range(5):
        ...     group = optimizer.param_groups[0]
        ...     print(f"{group['lr']:.2f} {group['momentum']:.2f}", end="; ")
        ...     schedule.step()
        0.04 0.95; 0.52 0.90; 1.00 0.85; 0.50 0.90; 0.00 0.95;
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: float | Sequence[float], total_steps: int | None = None,
        epochs: int | None = None, steps_per_epoch: int | None = None, pct_start: float = 0.3,
        anneal_strategy: str = "cos", cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85, max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0, final_div_factor: float = 1e4, three_phase: bool = False,
        last_epoch: int = -1,
    ):  # fmt: skip
        check_optimizer(optimizer, "OneCycleLR")
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ArgumentError(
                    "OneCycleLR does not know how long the cycle is",
                    instead="Write total_steps=…, or epochs=…, steps_per_epoch=len(loader).",
                )
            check_count("OneCycleLR", "epochs", epochs)
            check_count("OneCycleLR", "steps_per_epoch", steps_per_epoch)
            total_steps = epochs * steps_per_epoch
        check_count("OneCycleLR", "total_steps", total_steps)
        for name, number in [
            ("pct_start", pct_start), ("div_factor", div_factor),
            ("final_div_factor", final_div_factor),
        ]:  # fmt: skip
            check_number("OneCycleLR", name, number)
        if not 0 <= pct_start <= 1:
            raise ArgumentError(
                f"OneCycleLR got pct_start={pct_start}", instead="Write a share from 0 to 1."
            )
        if anneal_strategy not in ("cos", "linear"):
            raise ArgumentError(
                f"OneCycleLR got anneal_strategy={anneal_strategy!r}",
                instead='Write "cos" or "linear".',
            )
        groups = optimizer.param_groups
        if cycle_momentum and not all("momentum" in one or "betas" in one for one in groups):
            raise ArgumentError(
                f"OneCycleLR cannot cycle momentum: {type(optimizer).__name__} has none",
                instead="Write cycle_momentum=False.",
            )
        self.total_steps, self.anneal_strategy = total_steps, anneal_strategy
        self.cycle_momentum = cycle_momentum
        peaks = per_group("max_lr", max_lr, optimizer)
        firsts = [peak / div_factor for peak in peaks]
        lasts = [first / final_div_factor for first in firsts]
        low = per_group("base_momentum", base_momentum, optimizer)
        high = per_group("max_momentum", max_momentum, optimizer)
        top = pct_start * total_steps - 1
        # Where each phase ends; the rates and the momenta it starts from. The last row is the end.
        if three_phase:
            self.phases = [[0, firsts, high], [top, peaks, low], [2 * top, firsts, high]]
        else:
            self.phases = [[0, firsts, high], [top, peaks, low]]
        self.phases.append([total_steps - 1, lasts, high])
        if last_epoch == -1:
            for group, first in zip(groups, firsts, strict=True):
                group["initial_lr"] = first
        super().__init__(optimizer, last_epoch)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        if isinstance(state_dict, Mapping) and "_schedule_phases" in state_dict:
            state_dict = self._from_pytorch(state_dict)
        super().load_state_dict(state_dict)

    def _from_pytorch(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """PyTorch's state with phases as they are here; the rates in them are this schedule's."""
        ends = [0, *(phase["end_step"] for phase in state["_schedule_phases"])]
        if len(ends) != len(self.phases):
            raise ModelError(
                f"the state is of a cycle of {len(ends) - 1} phases",
                why=f"this one has {len(self.phases) - 1}",
                instead=f"Make it with three_phase={len(ends) == 4}.",
            )
        renamed = {
            key: one
            for key, one in state.items()
            if key not in ("_schedule_phases", "_anneal_func_type")
        }
        phases = [[end, *row[1:]] for end, row in zip(ends, self.phases, strict=True)]
        return {**renamed, "phases": phases, "anneal_strategy": state.get("_anneal_func_type")}

    def rates(self, epoch: int) -> list[float]:
        return self._between(epoch, 1)

    def put(self, epoch: int) -> None:
        if epoch > self.total_steps:
            raise ArgumentError(
                f"OneCycleLR was made for {self.total_steps} steps, and is asked for one more",
                instead="Give the number of all batches of all epochs as total_steps.",
            )
        super().put(epoch)
        if self.cycle_momentum:
            for group, momentum in zip(
                self.optimizer.param_groups, self._between(epoch, 2), strict=True
            ):
                if "betas" in group:
                    group["betas"] = (momentum, *group["betas"][1:])
                else:
                    group["momentum"] = momentum

    def _between(self, epoch: int, column: int) -> list[float]:
        """The rates (column 1) or momenta (column 2) of `epoch`, between those of two phases."""
        place = 1
        while epoch > self.phases[place][0] and place < len(self.phases) - 1:
            place += 1
        (start, befores, *_), (end, afters, *_) = (
            (row[0], row[column]) for row in self.phases[place - 1 : place + 1]
        )
        share = (epoch - start) / (end - start) if end != start else 1.0
        if self.anneal_strategy == "cos":
            share = (1 - math.cos(math.pi * share)) / 2
        return [a + (b - a) * share for a, b in zip(befores, afters, strict=True)]


def per_group(name: str, value: Any, optimizer: Optimizer) -> list[float]:
    """`value` for each group: one number for all, or a list with one for each.

    Raises:
        ArgumentError: the list's length is not the number of groups, or it holds other things.
    """
    count = len(optimizer.param_groups)
    values = list(value) if isinstance(value, (list, tuple)) else [value] * count
    if len(values) != count:
        raise ArgumentError(
            f"{name} has {len(values)} numbers for {count} groups of parameters",
            instead=f"Give one number, or a list of {count}.",
        )
    for one in values:
        check_number("the schedule", name, one)
    return values
