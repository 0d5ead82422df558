"""L-BFGS: quasi-Newton steps whose curvature comes from the last few steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, ModelError
from holograd.graph import arrays, leaf
from holograd.ops.table import FLOAT64, INT64
from holograd.optim.line_search import Point, strong_wolfe
from holograd.optim.optimizer import Optimizer, loaded_array, snapshot
from holograd.tensor import Tensor, enable_grad

# What PyTorch's state holds besides: shares that each step computes anew, and the last loss.
PYTORCHS = frozenset({"al", "ro", "prev_loss"})
LEAST_CURVATURE = 1e-10  # below it, a pair of step and change would spoil the approximation


class LBFGS(Optimizer):
    r"""L-BFGS: Newton's method with an inverse Hessian made of the last steps.

    .. math::
        \theta \leftarrow \theta - t H g

    where `H` starts as :math:`(s^\top y / y^\top y)\, I` and is corrected for each pair of a past
    step `s` and the change `y` of the gradient along it. One call of `step` makes up to `max_iter`
    such iterations, so it takes a function that computes the loss anew. It is meant for the whole
    data at once: with minibatches the changes of the gradient are mostly noise. It cannot be
    captured or compiled, because its decisions depend on values.

    Args:
        params: tensors, (name, tensor) pairs, or one group.
        lr: the step `t`, which a line search starts from.
        max_iter: iterations a call.
        max_eval: evaluations of the loss a call; 1.25 × `max_iter` where it is None.
        tolerance_grad: ends where no partial derivative is greater.
        tolerance_change: ends where neither a parameter nor the loss changes by more.
        history_size: how many pairs are remembered.
        line_search_fn: None, or "strong_wolfe".

    Raises:
        ArgumentError: an option is outside of its range, a parameter cannot be trained, or there is
            more than one group.

    References:
        D. C. Liu and J. Nocedal, On the limited memory BFGS method for large scale optimization,
        1989.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> w = hg.tensor([3.0, -2.0], requires_grad=True)
        >>> optimizer = optim.LBFGS([w], line_search_fn="strong_wolfe")
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = ((w - 1) ** 4).sum()
        ...     loss.backward()
        ...     return loss
        >>> for _ in range(3):
        ...     loss = optimizer.step(closure)
        >>> bool((abs(w - 1) < 0.05).all())
        True
    """

    def __init__(
        self, params: Any, lr: float = 1, max_iter: int = 20, max_eval: int | None = None,
        tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100,
        line_search_fn: str | None = None,
    ):  # fmt: skip
        options = {"lr": lr, "max_iter": max_iter, "tolerance_grad": tolerance_grad}
        options |= {"max_eval": max_iter * 5 // 4 if max_eval is None else max_eval}
        options |= {"tolerance_change": tolerance_change, "history_size": history_size}
        super().__init__(params, {**options, "line_search_fn": line_search_fn})

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        if self.param_groups:
            raise ArgumentError(
                "LBFGS takes one group of parameters",
                why="its step is one step of all parameters together",
                instead="Give one list of all parameters.",
            )
        super().add_param_group(param_group)

    def check_group(self, group: Mapping[str, Any]) -> None:
        super().check_group(group)
        for name in ("max_iter", "max_eval", "history_size"):
            if not isinstance(group[name], int) or group[name] < 1:
                raise ArgumentError(
                    f"LBFGS got {name}={group[name]!r}", instead="Write a whole number from 1."
                )
        for name in ("tolerance_grad", "tolerance_change"):
            if not group[name] >= 0:
                raise ArgumentError(f"LBFGS got {name}={group[name]!r}", instead="Write 0 or more.")
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ArgumentError(
                f"LBFGS got line_search_fn={group['line_search_fn']!r}",
                instead='Write line_search_fn="strong_wolfe", or leave it out.',
            )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Makes up to `max_iter` iterations.

        Args:
            closure: clears the gradients, computes the loss, calls backward(), returns the loss.

        Returns:
            The loss before the first iteration.

        Raises:
            ArgumentError: there is no closure, or it does not return one number.
            CaptureError: the step is being captured.
        """
        if closure is None:
            raise ArgumentError(
                "LBFGS.step() got no closure",
                why="it evaluates the loss several times a step",
                instead="Write def closure(): optimizer.zero_grad(); loss = …; loss.backward(); "
                "return loss, and optimizer.step(closure).",
            )
        with enable_grad():
            return self._minimise(closure)

    def _minimise(self, closure: Callable[[], Any]) -> Any:
        options = self.param_groups[0]
        parameters = options["params"]
        first_loss = closure()
        loss, gradient = _number(first_loss), _flat_gradient(parameters)
        memory = Memory(self.state[parameters[0]], gradient)
        used = 1
        for iteration in range(1, options["max_iter"] + 1):
            if _greatest(gradient) <= options["tolerance_grad"]:
                break
            step = options["lr"]
            if not memory.iterations:  # nothing is known of the curvature: begin carefully
                step *= min(1.0, 1.0 / float(np.abs(gradient).sum()))
            direction = memory.next_direction(gradient, options["history_size"])
            slope = float(gradient @ direction)
            if not slope <= -options["tolerance_change"]:
                break
            line = Line(parameters, direction, closure)
            before, length, count = loss, _greatest(direction), 0
            if options["line_search_fn"]:
                start = Point(0.0, loss, gradient, slope)
                (step, loss, gradient, _), count = strong_wolfe(line.evaluate, start, step, length)
                line.move(step)
            elif iteration < options["max_iter"]:
                (_, loss, gradient, _), count = line.evaluate(step), 1
            else:  # what the loss is there, the next call asks first
                line.move(step)
            memory.step = step
            used += count
            if (
                used >= options["max_eval"]
                or step * length <= options["tolerance_change"]
                or abs(loss - before) < options["tolerance_change"]
            ):
                break
        memory.evaluations += used
        self.take_state(parameters[0], memory.arrays())
        return first_loss

    # --- what is kept between calls, all under the first parameter ---

    def saved_state(self, parameter: Tensor, group: Mapping[str, Any]) -> dict[str, Tensor]:
        return {name: snapshot(one) for name, one in self.state[parameter].items()}

    def loaded_state(
        self, index: int, parameter: Tensor, entry: Mapping[str, Any], group: Mapping[str, Any]
    ) -> dict[str, np.ndarray]:
        if not entry:
            return {}
        entry = {name: one for name, one in entry.items() if name not in PYTORCHS}
        parameters = self.param_groups[0]["params"]
        fresh = Memory({}, np.concatenate([_flat(one.value) for one in parameters])).arrays()
        if parameter is not parameters[0] or entry.keys() != fresh.keys():
            raise ModelError(
                f"the state of parameter {index} holds {sorted(entry)}",
                why=f"LBFGS keeps {sorted(fresh)} for all parameters together, under the first",
            )
        loaded = {}
        for name, like in fresh.items():
            given = entry[name]
            if isinstance(given, list):  # PyTorch keeps a list of rows
                rows = [loaded_array(one, f"{name} of LBFGS", like.dtype) for one in given]
                given = _stacked(name, rows) if rows else like
            array = loaded[name] = loaded_array(given, f"{name} of LBFGS", like.dtype)
            if array.shape[-1:] != like.shape[-1:] or array.ndim != like.ndim:
                raise ModelError(
                    f"{name} of LBFGS has shape {array.shape}",
                    why=f"its parameters hold {fresh['d'].size} numbers in all",
                )
        if loaded["old_dirs"].shape != loaded["old_stps"].shape:
            raise ModelError("old_dirs and old_stps of LBFGS have different lengths")
        return loaded

    def take_state(self, parameter: Tensor, loaded: Mapping[str, np.ndarray]) -> None:
        self.state[parameter] = {name: Tensor(leaf(one, name=name)) for name, one in loaded.items()}


def _stacked(name: str, rows: list[np.ndarray]) -> np.ndarray:
    if len({row.shape for row in rows}) > 1:
        raise ModelError(f"{name} of LBFGS has rows of different lengths")
    return np.stack(rows)


class Memory:
    """The last steps and the changes of the gradient along them, from which directions come.

    Args:
        kept: what `arrays` gave, as tensors, or nothing.
        gradient: the present gradient of all parameters in one row.
    """

    def __init__(self, kept: Mapping[str, Tensor], gradient: np.ndarray):
        nothing = np.zeros_like(gradient)
        array = lambda name, other: kept[name].value if kept else other  # noqa: E731
        self.changes = list(array("old_dirs", np.zeros((0, gradient.size), gradient.dtype)))
        self.steps = list(array("old_stps", np.zeros((0, gradient.size), gradient.dtype)))
        self.direction, self.gradient = array("d", nothing), array("prev_flat_grad", nothing)
        self.step, self.scale = float(array("t", 0.0)), float(array("H_diag", 1.0))
        self.iterations = int(array("n_iter", 0))
        self.evaluations = int(array("func_evals", 0))

    def arrays(self) -> dict[str, np.ndarray]:
        """What is remembered, by PyTorch's names; a pair is a row of `old_dirs` and `old_stps`."""
        empty = np.zeros((0, self.gradient.size), self.gradient.dtype)
        return {
            "old_dirs": np.stack(self.changes) if self.changes else empty,
            "old_stps": np.stack(self.steps) if self.steps else empty,
            "d": self.direction,
            "prev_flat_grad": self.gradient,
            "t": np.asarray(self.step, FLOAT64),
            "H_diag": np.asarray(self.scale, FLOAT64),
            "n_iter": np.asarray(self.iterations, INT64),
            "func_evals": np.asarray(self.evaluations, INT64),
        }

    def next_direction(self, gradient: np.ndarray, history_size: int) -> np.ndarray:
        """−H g, after learning from the step that led to this gradient."""
        if self.iterations:
            change, moved = gradient - self.gradient, self.direction * self.step
            curvature = float(change @ moved)
            if curvature > LEAST_CURVATURE:
                self.changes = [*self.changes, change][-history_size:]
                self.steps = [*self.steps, moved][-history_size:]
                self.scale = curvature / float(change @ change)
        self.iterations += 1
        self.gradient, self.direction = gradient, self._product(-gradient)
        return self.direction

    def _product(self, vector: np.ndarray) -> np.ndarray:
        """H times a vector, by the two loops over the pairs (Nocedal and Wright, algorithm 7.4)."""
        pairs = list(zip(self.steps, self.changes, strict=True))
        shares = []
        for moved, change in reversed(pairs):
            shares.append(float(moved @ vector) / float(change @ moved))
            vector = vector - shares[-1] * change
        vector = vector * self.scale
        for (moved, change), share in zip(pairs, reversed(shares), strict=True):
            vector = vector + (share - float(change @ vector) / float(change @ moved)) * moved
        return vector


class Line:
    """The loss along a direction from where the parameters are."""

    def __init__(
        self, parameters: Sequence[Tensor], direction: np.ndarray, closure: Callable[[], Any]
    ):
        self.parameters, self.direction, self.closure = parameters, direction, closure
        self.start = [one.value for one in parameters]

    def move(self, step: float) -> None:
        """Puts the parameters at `step` times the direction from the start."""
        change, done = step * self.direction, 0
        for parameter, start in zip(self.parameters, self.start, strict=True):
            part = change[done : done + start.size].reshape(start.shape)
            done += start.size
            arrays.assign(parameter, (start + part).astype(start.dtype))

    def evaluate(self, step: float) -> Point:
        """The loss, the gradient and the slope at `step`; a loss of NaN counts as infinite."""
        self.move(step)
        loss = _number(self.closure())
        gradient = _flat_gradient(self.parameters)
        loss = math.inf if math.isnan(loss) else loss
        return Point(step, loss, gradient, float(gradient @ self.direction))


def _number(loss: Any) -> float:
    """What a closure returned, as a number; raises ArgumentError where it is none."""
    if isinstance(loss, Real) or (isinstance(loss, Tensor) and loss.numel() == 1):
        return float(loss)
    got = f"a tensor of shape {loss.shape}" if isinstance(loss, Tensor) else repr(loss)
    raise ArgumentError(
        f"the closure of LBFGS.step() returned {got}",
        why="the step needs the loss, one number",
        instead="End the closure with `return loss`.",
    )


def _flat(array: np.ndarray) -> np.ndarray:
    return array.reshape(-1)


def _flat_gradient(parameters: Sequence[Tensor]) -> np.ndarray:
    """The gradients of all parameters in one row; zeros where there is none."""
    return np.concatenate(
        [
            _flat(np.zeros_like(one.value) if one.grad is None else one.grad.value)
            for one in parameters
        ]
    )


def _greatest(vector: np.ndarray) -> float:
    return float(np.abs(vector).max(initial=0.0))
