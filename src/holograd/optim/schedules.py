"""Schedules: the learning rate as a function of how many epochs, or steps, have passed.

Each is a closed form in the epoch and the rate that the group began with, so that a schedule can
be taken up anywhere and gathers no rounding errors. `step()` goes one epoch on and writes the rate
into the optimizer's groups, where the next update reads it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

from holograd.errors import ArgumentError
from holograd.optim.optimizer import Optimizer
from holograd.optim.schedule_state import fitting_state, take_state


class LRScheduler:
    """The base of the schedules that depend on the epoch alone.

    Args:
        optimizer: whose groups get the rates.
        last_epoch: the epoch done last, for taking up a schedule; −1 begins it. Otherwise the
            groups hold the rate they began with as "initial_lr", as a loaded optimizer's do.

    Raises:
        ArgumentError: `optimizer` is no optimizer, or a group does not know where it began.

    Example:
        A schedule of one's own:

        >>> import holograd as hg
        >>> from holograd import optim
        >>> class InverseLR(LRScheduler):
        ...     def rates(self, epoch):
        ...         return [base / (1 + epoch) for base in self.base_lrs]
        >>> schedule = InverseLR(optim.SGD([hg.zeros(1, requires_grad=True)], lr=1.0))
        >>> schedule.step()
        >>> schedule.get_last_lr()
        [0.5]
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        check_optimizer(optimizer, type(self).__name__)
        for place, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise ArgumentError(
                    f'group {place} has no "initial_lr", which last_epoch={last_epoch} starts from',
                    instead="Load the optimizer's state first, or leave last_epoch out.",
                )
        self.optimizer = optimizer
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self.step()

    def rates(self, epoch: int) -> list[float]:
        """The learning rate of each group in `epoch`, counted from 0."""
        raise NotImplementedError

    def put(self, epoch: int) -> None:
        """Writes the rates of `epoch` into the optimizer's groups."""
        rates, groups = self.rates(epoch), self.optimizer.param_groups
        if len(rates) != len(groups):
            raise ArgumentError(
                f"{type(self).__name__} was made for {len(rates)} groups of parameters, and the "
                f"optimizer has {len(groups)} now",
                instead="Make the schedule after the last add_param_group().",
            )
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate

    def step(self) -> None:
        """Goes on to the next epoch."""
        self.put(self.last_epoch + 1)
        self.last_epoch += 1
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """The rate that each group got last."""
        return list(self._last_lr)

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands, and its numbers; functions are not part of it."""
        return {
            name: list(one) if isinstance(one, list) else one
            for name, one in vars(self).items()
            if name != "optimizer" and not _is_function(one)
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes to where `state_dict()`, here or of PyTorch's schedule of this name, was taken; the
        optimizer's own state holds its rate.

        Raises:
            ModelError: it is of another schedule, or of another number of groups. Nothing was
                changed then.
        """
        take_state(self, fitting_state(self, state_dict, self.state_dict()))


def _is_function(value: Any) -> bool:
    return callable(value) or (isinstance(value, list) and any(callable(one) for one in value))


def check_optimizer(optimizer: Any, schedule: str) -> None:
    """Raises ArgumentError where a schedule was given something else than an optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise ArgumentError(
            f"{schedule} takes an optimizer first, and got {type(optimizer).__name__}",
            instead=f"Write {schedule}(optimizer, …).",
        )


def check_number(schedule: str, name: str, value: Any) -> None:
    """Raises ArgumentError where `value` is not a finite number."""
    if not isinstance(value, Real) or not math.isfinite(float(value)):
        raise ArgumentError(
            f"{schedule} got {name}={value!r}", instead=f"Write a number, for example {name}=0.1."
        )


def check_count(schedule: str, name: str, value: Any) -> None:
    """Raises ArgumentError where `value` is not a whole number from 1."""
    if not isinstance(value, int) or value < 1:
        raise ArgumentError(
            f"{schedule} got {name}={value!r}", instead="Write a whole number of epochs from 1."
        )


def check_epochs(schedule: str, name: str, value: Any) -> None:
    """Raises ArgumentError where `value` is not a list of whole numbers."""
    listed = isinstance(value, (list, tuple, range))
    if not listed or not all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        raise ArgumentError(
            f"{schedule} got {name}={value!r}",
            why="it is a list of epochs, whole numbers",
            instead=f"Write {name}=[30, 80].",
        )


class StepLR(LRScheduler):
    r"""The rate times `gamma` after every `step_size` epochs.

    .. math::
        \eta_t = \eta_0 \, \gamma^{\lfloor t / s \rfloor}

    Args:
        optimizer: whose groups get the rates.
        step_size: s, epochs from one fall to the next.
        gamma: γ, the factor.
        last_epoch: the epoch done last; −1 begins.

    Raises:
        ArgumentError: `step_size` is below 1.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> optimizer = optim.SGD([hg.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = StepLR(optimizer, step_size=2, gamma=0.5)
        >>> for epoch in range(5):
        ...     print(schedule.get_last_lr(), end=" ")
        ...     schedule.step()
        [1.0] [1.0] [0.5] [0.5] [0.25]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ):
        check_count("StepLR", "step_size", step_size)
        check_number("StepLR", "gamma", gamma)
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def rates(self, epoch: int) -> list[float]:
        return [base * self.gamma ** (epoch // self.step_size) for base in self.base_lrs]


class MultiStepLR(LRScheduler):
    r"""The rate times `gamma` at each of the `milestones`.

    .. math::
        \eta_t = \eta_0 \, \gamma^{\,\#\{m \le t\}}

    Args:
        optimizer: whose groups get the rates.
        milestones: the epochs at which the rate falls.
        gamma: γ, the factor.
        last_epoch: the epoch done last; −1 begins.

    Raises:
        ArgumentError: `milestones` is not a list of whole numbers, or `gamma` is no number.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> optimizer = optim.SGD([hg.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5)
        >>> for epoch in range(4):
        ...     print(schedule.get_last_lr(), end=" ")
        ...     schedule.step()
        [1.0] [0.5] [0.5] [0.25]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1,
        last_epoch: int = -1,
    ):  # fmt: skip
        check_epochs("MultiStepLR", "milestones", milestones)
        check_number("MultiStepLR", "gamma", gamma)
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def rates(self, epoch: int) -> list[float]:
        return [base * self.gamma ** bisect_right(self.milestones, epoch) for base in self.base_lrs]


class ExponentialLR(LRScheduler):
    r"""The rate times `gamma` after every epoch.

    .. math::
        \eta_t = \eta_0 \, \gamma^t

    Args:
        optimizer: whose groups get the rates.
        gamma: γ, the factor.
        last_epoch: the epoch done last; −1 begins.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> optimizer = optim.SGD([hg.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = ExponentialLR(optimizer, gamma=0.5)
        >>> schedule.step()
        >>> schedule.step()
        >>> schedule.get_last_lr()
        [0.25]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1):
        check_number("ExponentialLR", "gamma", gamma)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rates(self, epoch: int) -> list[float]:
        return [base * self.gamma**epoch for base in self.base_lrs]


class CosineAnnealingLR(LRScheduler):
    r"""The rate along half a cosine wave, from where it began to `eta_min`, and back again after.

    .. math::
        \eta_t = \eta_{\min} + \tfrac12 (\eta_0 - \eta_{\min})
        \left(1 + \cos \frac{t \pi}{T_{\max}}\right)

    Args:
        optimizer: whose groups get the rates.
        T_max: epochs until the least rate.
        eta_min: the least rate.
        last_epoch: the epoch done last; −1 begins.

    Raises:
        ArgumentError: `T_max` is below 1.

    References:
        I. Loshchilov and F. Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> optimizer = optim.SGD([hg.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = CosineAnnealingLR(optimizer, T_max=4)
        >>> for epoch in range(5):
        ...     print(f"{schedule.get_last_lr()[0]:.3f}", end=" ")
        ...     schedule.step()
        1.000 0.854 0.500 0.146 0.000
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ):
        check_count("CosineAnnealingLR", "T_max", T_max)
        check_number("CosineAnnealingLR", "eta_min", eta_min)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def rates(self, epoch: int) -> list[float]:
        share = (1 + math.cos(math.pi * epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]


class LinearLR(LRScheduler):
    r"""The rate along a line between two shares of itself: by default a warm-up.

    .. math::
        \eta_t = \eta_0 \left(a + (b - a) \frac{\min(t, n)}{n}\right)

    Args:
        optimizer: whose groups get the rates.
        start_factor: a, the share to begin with.
        end_factor: b, the share to end with.
        total_iters: n, epochs from the one to the other.
        last_epoch: the epoch done last; −1 begins.

    Raises:
        ArgumentError: a share is not between 0 and 1, the first is 0, or `total_iters` is below 1.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> optimizer = optim.SGD([hg.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = LinearLR(optimizer, start_factor=0.25, total_iters=3)
        >>> for epoch in range(5):
        ...     print(schedule.get_last_lr(), end=" ")
        ...     schedule.step()
        [0.25] [0.5] [0.75] [1.0] [1.0]
    """

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0,
        total_iters: int = 5, last_epoch: int = -1,
    ):  # fmt: skip
        check_number("LinearLR", "start_factor", start_factor)
        check_number("LinearLR", "end_factor", end_factor)
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ArgumentError(
                f"LinearLR got start_factor={start_factor}, end_factor={end_factor}",
                why="they are shares of the optimizer's rate, and the first cannot be 0",
                instead="Write LinearLR(optimizer, start_factor=0.1, total_iters=5).",
            )
        check_count("LinearLR", "total_iters", total_iters)
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def rates(self, epoch: int) -> list[float]:
        done = min(epoch, self.total_iters) / self.total_iters
        share = self.start_factor + (self.end_factor - self.start_factor) * done
        return [base * share for base in self.base_lrs]


class LambdaLR(LRScheduler):
    r"""The rate times a function of the epoch.

    .. math::
        \eta_t = \eta_0 \, f(t)

    Args:
        optimizer: whose groups get the rates.
        lr_lambda: f, or a list with one function for each group.
        last_epoch: the epoch done last; −1 begins.

    Raises:
        ArgumentError: they are no functions, or not as many as there are groups.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> optimizer = optim.SGD([hg.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
        >>> schedule.step()
        >>> schedule.get_last_lr()
        [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Callable],
        last_epoch: int = -1,
    ):  # fmt: skip
        check_optimizer(optimizer, "LambdaLR")
        count = len(optimizer.param_groups)
        functions = [lr_lambda] * count if callable(lr_lambda) else lr_lambda
        if not isinstance(functions, (list, tuple)) or not all(map(callable, functions)):
            raise ArgumentError(
                f"LambdaLR got lr_lambda={lr_lambda!r}",
                why="it is a function of the epoch, which gives a factor for the rate",
                instead="Write LambdaLR(optimizer, lambda epoch: 0.95**epoch).",
            )
        self.lr_lambdas = list(functions)
        if len(self.lr_lambdas) != count:
            raise ArgumentError(
                f"LambdaLR got {len(self.lr_lambdas)} functions for {count} groups of parameters",
                instead="Give one function, or one for each group.",
            )
        super().__init__(optimizer, last_epoch)

    def rates(self, epoch: int) -> list[float]:
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * function(epoch) for base, function in pairs]
