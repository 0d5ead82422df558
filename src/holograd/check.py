"""Is my gradient right? Gradients compared with finite differences, in random directions.

A wrong gradient rule seldom stops a network from learning; it only learns worse. So every rule is
worth a check against the definition of the derivative:

    ⟨∇f(x), d⟩ = lim (f(x + h·d) − f(x − h·d)) / 2h    for h → 0

`differences.py` takes the limit.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from holograd.differences import differentiated
from holograd.eager import as_array
from holograd.errors import ArgumentError, DtypeError, GradientError
from holograd.gradient import pull, zeros_for
from holograd.graph import arrays, interpreting, leaf, state
from holograd.ops.random import Generator, uniform
from holograd.ops.table import FLOAT64
from holograd.tensor import Tensor, enable_grad

RIGHT, WRONG, UNCLEAR = "right", "WRONG", "UNCLEAR"

SURE = 1e-4  # a slope known less exactly than this share of it judges nothing


@dataclass(frozen=True)
class Check:
    """One comparison: the slope by the gradient rules, and by differences of values."""

    order: int
    """1: the gradient of f. 2: the gradient of its gradient, taken in a random direction."""
    input: int
    """The position of the input that was moved."""
    name: str
    """What the function calls that input."""
    direction: np.ndarray
    """How the input was moved: x + h · direction."""
    analytic: float
    """The slope by the gradient rules."""
    numeric: float
    """The slope by finite differences."""
    uncertainty: float
    """How far the numeric slope may be off."""
    noise: float
    """What rounding alone may change in either."""
    kink: tuple[float, float] | None
    """The slopes just before and just behind the point, where they differ: f is not smooth."""
    tolerance: float
    """The relative difference that is still right."""

    @property
    def size(self) -> float:
        """The greater of the two slopes, without its sign."""
        return max(abs(self.analytic), abs(self.numeric))

    @property
    def difference(self) -> float:
        """The relative difference between the two slopes."""
        off = abs(self.analytic - self.numeric)
        return off / self.size if off > self.noise else 0.0

    @property
    def verdict(self) -> str:
        """`right`, `WRONG`, or `UNCLEAR` where differences of values give no sure slope."""
        if not math.isfinite(self.analytic):
            return WRONG if math.isfinite(self.uncertainty) else UNCLEAR
        off = abs(self.analytic - self.numeric)
        if off <= self.tolerance * self.size + self.noise:
            return RIGHT
        if self.kink or self.uncertainty > SURE * self.size + self.noise:
            return UNCLEAR
        return RIGHT if off <= 4 * self.uncertainty else WRONG

    def __str__(self) -> str:
        shape = "×".join(map(str, self.direction.shape)) or "one number"
        return (
            f"order {self.order}, {self.name} ({shape}): {self.analytic:.9g} by the rules, "
            f"{self.numeric:.9g} by differences, relative difference {self.difference:.1e}: "
            f"{self.verdict}"
        )


@dataclass(frozen=True)
class GradientReport:
    """What `check_gradient` found: true where all is right, and printed to read what is not."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether every comparison is right."""
        return not self.wrong

    @property
    def wrong(self) -> tuple[Check, ...]:
        """The comparisons that are not right."""
        return tuple(check for check in self.checks if check.verdict != RIGHT)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        right = len(self.checks) - len(self.wrong)
        lines = [f"{right} of {len(self.checks)} comparisons right; of each input the worst:"]
        keys = sorted({(check.order, check.input) for check in self.checks})
        for key in keys:
            group = [check for check in self.checks if (check.order, check.input) == key]
            lines.append(f"  {max(group, key=lambda one: (one.verdict != RIGHT, one.difference))}")
        wrong = {check.order for check in self.checks if check.verdict == WRONG}
        if 1 in wrong:
            lines.append("The gradient is wrong: look at the rule of the input that is moved.")
        elif 2 in wrong:
            lines.append(
                "The gradient is right, and its own gradient is not: a rule uses numbers that are "
                "cut off from the graph (a detached value, a constant worked out in Python)."
            )
        unclear = [check for check in self.checks if check.verdict == UNCLEAR]
        if unclear:
            lines.append(_advice(unclear[0]))
        return "\n".join(lines)

    def raise_if_wrong(self) -> None:
        """Raises a GradientError with the whole report where something is not right."""
        if not self.ok:
            raise GradientError(f"a gradient does not agree with differences of values\n{self}")


def _advice(check: Check) -> str:
    if check.kink:
        before, behind = check.kink
        return (
            f"f is not smooth here: as {check.name} moves, the slope is {before:.4g} on one side "
            f"and {behind:.4g} on the other. Move the inputs away from the kink (ties, the zero of "
            "relu or abs, the edges of clamp), and check again."
        )
    return (
        f"Differences of values are too inexact here (± {check.uncertainty:.1g}) to judge "
        f"{check.name}: choose inputs nearer to 1, and further inside of f's domain."
    )


def check_gradient(
    function: Callable[..., Any],
    inputs: Any,
    *,
    order: int = 2,
    directions: int = 2,
    tolerance: float = 1e-5,
    generator: Generator | None = None,
) -> GradientReport:
    """Compares the gradient of `function` with finite differences, input by input.

    All is computed in float64. A result of more than one number is first multiplied by random
    weights and summed up, so that each of its numbers counts.

    Args:
        function: takes tensors, gives a tensor or several; the same each time it is called.
        inputs: tensors, arrays or numbers; integers and truth values stay as they are, all others
            are moved, one input after the other.
        order: 1 for the gradient alone, 2 also for the gradient of the gradient.
        directions: in how many random directions each input is moved.
        tolerance: the relative difference that is still right.
        generator: where directions come from; the same ones each time where it is None.

    Returns:
        A report: true where all is right; print it to see which input is wrong and by how much.

    Raises:
        ArgumentError: the function gives other numbers each time, or numbers that are not finite,
            or there is nothing to compare: no floats among the inputs or the results.
        DtypeError: the function computes in less than float64.

    Example:
        >>> import holograd as hg
        >>> print(check_gradient(lambda w: (w * w).sum(), [hg.tensor([1.0, 2.0])]))
        4 of 4 comparisons right; of each input the worst:
          order 1, w (2): ... by the rules, ... by differences, relative difference ...: right
          order 2, w (2): ... by the rules, ... by differences, relative difference ...: right
    """
    if order not in (1, 2) or directions < 1:
        raise ArgumentError(
            f"check_gradient got order={order} and directions={directions}",
            instead="Write order=1 or order=2, and one direction or more.",
        )
    if isinstance(inputs, (Tensor, np.ndarray, int, float)):
        inputs = [inputs]
    problem = _Problem(function, [_prepared(one) for one in inputs], generator or Generator(0))
    checks = [
        problem.check(each, place, tolerance)
        for place in problem.moved
        for each in range(1, order + 1)
        for _ in range(directions)
    ]
    return GradientReport(tuple(checks))


def _prepared(given: Any) -> np.ndarray:
    array = given.value if isinstance(given, Tensor) else as_array(given)
    return array.astype(FLOAT64) if array.dtype.kind == "f" else array


class _Problem:
    """A function at a point. Its result becomes one number by fixed random weights, and the
    gradient of that one number, for second order, by fixed random directions."""

    def __init__(
        self, function: Callable[..., Any], values: list[np.ndarray], generator: Generator
    ):
        self.function = function
        self.values = values
        self.generator = generator
        self.names = _names(function, len(values))
        self.moved = [i for i, one in enumerate(values) if one.dtype == FLOAT64 and one.size]
        self.require_floats("inputs", [one for one in values if one.dtype == FLOAT64])
        outputs, again = self.outputs(values), self.outputs(values)
        self.require_floats("results", outputs)
        for one, other in zip(outputs, again, strict=True):
            if not np.all(np.isfinite(one.value)):
                raise ArgumentError(
                    "check_gradient: the function's result is not finite",
                    instead="Choose inputs inside of its domain.",
                )
            if not np.array_equal(one.value, other.value):
                raise ArgumentError(
                    "check_gradient: the function gives other numbers each time",
                    instead="Call model.eval(), or seed its Generator inside of the function.",
                )
        self.weights = [self.random(one.shape) for one in outputs]
        self.sway = [self.random(one.shape) for one in values]

    def require_floats(self, what: str, floats: Sequence[Any]) -> None:
        if not floats:
            raise ArgumentError(
                "check_gradient has nothing to compare", why=f"there are no floats in the {what}",
                instead="Integers and truth values have no gradient: use floats, such as 1.0.",
            )  # fmt: skip

    def random(self, shape: tuple[int, ...]) -> np.ndarray:
        """Numbers of size 0.75 to 1.25, with random signs: none so small that it hides a fault."""
        with interpreting(arrays):
            drawn = uniform(shape, FLOAT64, self.generator)
        return np.where(drawn < 0.5, drawn - 1.25, drawn + 0.25)

    def tensors(self, values: Sequence[np.ndarray], graph: bool) -> list[Tensor]:
        return [
            Tensor(leaf(one, requires_grad=graph and place in self.moved))
            for place, one in enumerate(values)
        ]

    def outputs(self, values: Sequence[np.ndarray]) -> list[Tensor]:
        return _floats(self.function(*self.tensors(values, graph=False)))

    def value(self, values: Sequence[np.ndarray]) -> tuple[float, float]:
        """Σ weights · f(values), and the same sum without signs."""
        return _joined(self.weights, [one.value for one in self.outputs(values)])

    def gradients(self, values: Sequence[np.ndarray], graph: bool) -> list[Any]:
        """The gradient of that sum by each input: tensors with a graph, or arrays."""
        tensors = self.tensors(values, graph=True)
        nodes = [tensor.node for tensor in tensors]
        with enable_grad():
            outputs = _floats(self.function(*tensors))
            pairs = [
                (output.node, weights)
                for output, weights in zip(outputs, self.weights, strict=True)
                if output.requires_grad
            ]
            with interpreting(state.interpreter if graph else arrays) as inner:
                seeds = [inner.constant(weights) for _, weights in pairs]
                found = pull([node for node, _ in pairs], seeds, nodes)
                gradients = [found.get(node, inner.constant(zeros_for(node))) for node in nodes]
        if graph:
            self.nodes = nodes
        return gradients

    def swayed(self, values: Sequence[np.ndarray]) -> tuple[float, float]:
        """Σ sway · gradient: the number whose slope second order compares."""
        return _joined(self.sway, self.gradients(values, graph=False))

    @cached_property
    def first(self) -> list[np.ndarray]:
        """The gradients of `value` by the rules."""
        return self.gradients(self.values, graph=False)

    @cached_property
    def second(self) -> list[np.ndarray]:
        """The gradients of `swayed` by the rules."""
        gradients = self.gradients(self.values, graph=True)
        pairs = [
            (gradient.node, sway)
            for gradient, sway in zip(gradients, self.sway, strict=True)
            if gradient.requires_grad
        ]
        with interpreting(arrays):
            found = pull([node for node, _ in pairs], [sway for _, sway in pairs], self.nodes)
        return [found.get(node, zeros_for(node)) for node in self.nodes]

    def check(self, order: int, place: int, tolerance: float) -> Check:
        """One comparison along a new random direction of the input at `place`."""
        value = self.values[place]
        function, gradients = (self.value, self.first) if order == 1 else (self.swayed, self.second)
        size = np.minimum(np.abs(value), 1.0)
        typical = float(np.sqrt(np.mean(np.square(size)))) or 1.0
        random = self.random(value.shape)
        # Steps as wide as the inputs are large; where that leaves f's domain, number by number.
        for scale in (typical, np.where(size == 0, typical, size)):
            direction = random * scale

            def along(step: float, direction: np.ndarray = direction) -> tuple[float, float]:
                moved = list(self.values)
                moved[place] = np.asarray(value + step * direction)
                return function(moved)

            slope = differentiated(along)
            if slope.uncertainty <= SURE * abs(slope.best) + 4 * slope.noise:
                break
        terms = np.asarray(gradients[place]) * direction
        noise = 4 * slope.noise + 1e-10 * float(np.sum(np.abs(terms)))
        return Check(
            order, place, self.names[place], direction, float(np.sum(terms)), slope.best,
            slope.uncertainty, noise, slope.kink, tolerance,
        )  # fmt: skip


def _floats(result: Any) -> list[Tensor]:
    """The results of a function that have a gradient; the others do not count."""
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    for one in outputs:
        if not isinstance(one, Tensor):
            raise ArgumentError(
                f"check_gradient: the function gave {type(one).__name__}",
                instead="Return a tensor, or several.",
            )
        if one.dtype.kind == "f" and one.dtype != FLOAT64:
            raise DtypeError(
                f"check_gradient: the function gave {one.dtype}",
                why="differences of values need float64",
                instead="Convert the tensors that it uses by `.double()`.",
            )
    return [one for one in outputs if one.dtype.kind == "f"]


def _joined(weights: Sequence[np.ndarray], values: Sequence[np.ndarray]) -> tuple[float, float]:
    """Σ weights · values, and Σ |weights · values|."""
    terms = [weight * value for weight, value in zip(weights, values, strict=True)]
    return (
        float(sum(np.sum(term) for term in terms)),
        float(sum(np.sum(np.abs(term)) for term in terms)),
    )


def _names(function: Callable[..., Any], count: int) -> list[str]:
    """What the function calls its inputs."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [one.name for one in parameters if one.kind in (0, 1)]  # those without a star
    return [names[place] if place < len(names) else f"input {place}" for place in range(count)]
