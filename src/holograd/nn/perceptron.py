"""The perceptron: one neuron that answers 0 or 1, and Rosenblatt's rule, by which it learns."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, DataError, ShapeError
from holograd.nn.call import misfit
from holograd.nn.checks import same_floats, shape_of, size, zeros
from holograd.nn.module import Module
from holograd.ops.contract import linear
from holograd.ops.elementwise import cast


@dataclass(frozen=True)
class Mistake:
    """One wrong answer, and what the rule changed because of it."""

    epoch: int
    """In which pass over the data, from 1."""
    sample: int
    """The row of the data, from 0."""
    inputs: tuple[float, ...]
    target: int
    output: int
    weight_before: tuple[float, ...]
    bias_before: float
    weight_after: tuple[float, ...]
    bias_after: float

    def __str__(self) -> str:
        return (
            f"epoch {self.epoch}, sample {self.sample}: for ({_listed(self.inputs)}) it answered "
            f"{self.output} instead of {self.target}; "
            f"w ({_listed(self.weight_before)}) → ({_listed(self.weight_after)}), "
            f"b {self.bias_before:g} → {self.bias_after:g}"
        )


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


FIRST_SHOWN, LAST_SHOWN, NUMBERS_SHOWN = 16, 4, 6


@dataclass(repr=False)
class Report:
    """What happened while a perceptron learned; printed, it is a table of the mistakes."""

    mistakes: list[Mistake] = field(default_factory=list)
    epochs: int = 0
    """How many passes over the data were made."""
    converged: bool = False
    """Whether the last pass was without a mistake."""

    def by_epoch(self) -> list[int]:
        """The number of mistakes in each pass."""
        counts = [0] * self.epochs
        for mistake in self.mistakes:
            counts[mistake.epoch - 1] += 1
        return counts

    def __repr__(self) -> str:
        epochs = f"{self.epochs} epoch{'s' * (self.epochs != 1)}"
        count = f"{len(self.mistakes)} mistake{'s' * (len(self.mistakes) != 1)}"
        end = "the last without a mistake" if self.converged else "mistakes in the last one too"
        lines = [f"{count} in {epochs}, {end}" if self.epochs else "not trained yet"]
        rows = [("epoch", "sample", "inputs", "answer", "target", "weights after", "bias after")]
        for mistake in self.mistakes:
            answers = str(mistake.output), str(mistake.target)
            place = str(mistake.epoch), str(mistake.sample), _short(mistake.inputs)
            rows.append((*place, *answers, _short(mistake.weight_after), f"{mistake.bias_after:g}"))
        left_out = len(self.mistakes) - FIRST_SHOWN - LAST_SHOWN
        if left_out > 0:
            rows[1 + FIRST_SHOWN : -LAST_SHOWN] = []
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows if self.mistakes else []:
            cells = zip(row, widths, strict=True)
            lines.append("  ".join(cell.rjust(width) for cell, width in cells))
        if left_out > 0:
            lines.insert(2 + FIRST_SHOWN, f"… {left_out} more …")
        return "\n".join(lines)


def _short(numbers: tuple[float, ...]) -> str:
    """The first of many numbers, in brackets."""
    more = ", …" if len(numbers) > NUMBERS_SHOWN else ""
    return f"({_listed(numbers[:NUMBERS_SHOWN])}{more})"


class Perceptron(Module):
    """One neuron with a step: 1 where w·x + b ≥ 0, else 0.

    It learns by Rosenblatt's rule, not by gradients (a step has none): after an answer y to inputs
    x with target t, w becomes w + η (t − y) x, and b becomes b + η (t − y). Where a line separates
    the two classes, the rule finds one, after at most `novikoff_bound` mistakes; where none does,
    as for XOR, it goes on making mistakes for ever. F. Rosenblatt, "The Perceptron", 1958.

    Args:
        in_features: how many inputs the neuron has.
        learning_rate: η. From weights of zero, its size only scales the weights.
        dtype: hg.float32 or hg.float64.

    Attributes:
        weight: w, (1, in_features), at first zeros.
        bias: b, (1,), at first zero.

    Shapes: (…, in_features) → (…, 1).

    Raises:
        ArgumentError: no inputs, or a learning rate that is not positive.

    Example:
        >>> import holograd as hg
        >>> inputs = hg.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        >>> neuron = Perceptron(2)
        >>> report = neuron.fit(inputs, hg.tensor([0, 0, 0, 1]))
        >>> report.converged, report.by_epoch()
        (True, [2, 3, 3, 2, 1, 0])
        >>> print(report.mistakes[1])
        epoch 1, sample 3: for (1, 1) it answered 0 instead of 1; w (0, 0) → (1, 1), b -1 → 0
        >>> neuron.predict(inputs).tolist()
        [[0.0], [0.0], [0.0], [1.0]]
    """

    def __init__(self, in_features: int, learning_rate: float = 1.0, dtype: Any = None):
        self.in_features = size(self, "in_features", in_features)
        if not 0 < learning_rate < math.inf:
            raise ArgumentError(
                f"Perceptron got learning_rate={learning_rate}", instead="Give a positive number."
            )
        self.learning_rate = learning_rate
        self.weight = zeros((1, self.in_features), dtype).requires_grad_(False)
        self.bias = zeros((1,), dtype).requires_grad_(False)

    def forward(self, input: Any) -> Any:
        """The answers, 0 or 1, for inputs (…, in_features)."""
        shape = shape_of(self, input)
        if not shape or shape[-1] != self.in_features:
            raise misfit(self, f"(…, {self.in_features})", shape)
        same_floats(self, input, self.weight)
        return cast(linear(input, self.weight, self.bias) >= 0, self.weight.dtype)

    def predict(self, X: Any) -> Any:
        """The answers, 0 or 1, for the rows of X, a tensor or an array: (N, 1)."""
        return self(self._array(X))

    def _array(self, numbers: Any) -> np.ndarray:
        return np.asarray(numbers, self.weight.dtype)

    def fit(self, X: Any, y: Any, epochs: int = 100) -> Report:
        """Goes through the samples one by one, in order, and learns from each mistake.

        It begins at the present weights, and ends after the first pass without a mistake.

        Args:
            X: the inputs, (N, in_features).
            y: the targets, 0 or 1, (N,) or (N, 1).
            epochs: how many passes over the data it makes at most.

        Returns:
            Each mistake with the weights before and after it, and whether it converged.

        Raises:
            ShapeError: the shapes do not fit.
            ArgumentError: `epochs` is not a positive integer, or a target is neither 0 nor 1.
            DataError: there is no sample, or an input is not a finite number.
        """
        size(self, "epochs", epochs)
        inputs, targets = self._checked(X, y)
        weight, bias = self.weight.value[0], self.bias.value[0]
        rate = weight.dtype.type(self.learning_rate)
        report = Report()
        while report.epochs < epochs and not report.converged:
            report.epochs += 1
            report.converged = True
            for sample, (row, target) in enumerate(zip(inputs, targets, strict=True)):
                output = int(row @ weight + bias >= 0)
                if output != target:
                    report.converged = False
                    step = rate * (target - output)
                    before, weight = weight, weight + step * row
                    bias_before, bias = bias, bias + step
                    mistake = Mistake(
                        report.epochs, sample, tuple(row.tolist()), target, output,
                        tuple(before.tolist()), float(bias_before),
                        tuple(weight.tolist()), float(bias),
                    )  # fmt: skip
                    report.mistakes.append(mistake)
        self.weight.assign(weight[None])
        self.bias.assign(bias[None])
        return report

    def _checked(self, X: Any, y: Any) -> tuple[np.ndarray, list[int]]:
        """The inputs as an array, and the targets as Python integers."""
        inputs, targets = self._array(X), np.asarray(y)
        if inputs.ndim != 2 or inputs.shape[1] != self.in_features:
            raise misfit(self, f"(N, {self.in_features})", inputs.shape)
        if targets.shape not in ((len(inputs),), (len(inputs), 1)):
            raise ShapeError(
                f"Perceptron.fit got inputs {inputs.shape} and targets {targets.shape}",
                why="each row of inputs has one target",
            )
        if not len(inputs):
            raise DataError("Perceptron.fit got no samples")
        targets = targets.reshape(-1)
        strange = (targets != 0) & (targets != 1)
        if strange.any():
            raise ArgumentError(
                f"Perceptron.fit got the target {targets[strange][0]}",
                why="the neuron answers 0 or 1",
                instead="From labels −1 and +1 write (y + 1) / 2.",
            )
        if not np.isfinite(inputs).all():
            row = int(np.argmin(np.isfinite(inputs).all(1)))
            raise DataError(f"Perceptron.fit got inputs that are not finite numbers, in row {row}")
        return inputs, [int(target) for target in targets]

    def extra_repr(self) -> str:
        """The sizes, for the printed form."""
        return f"in_features={self.in_features}, learning_rate={self.learning_rate}"

    def short_repr(self) -> str:
        """The sizes, for drawings and messages."""
        return f"{self.in_features} → 1"


def novikoff_bound(X: Any, y: Any, weight: Any, bias: Any) -> float:
    """How many mistakes a perceptron that begins at zero can make at most: (R / γ)².

    R is the greatest length of a sample (x, 1), and γ the margin: the least distance of a sample
    from the plane w·x + b = 0, in the space of (x, 1). Any plane that separates the classes gives a
    bound; the one of the widest margin gives the best. A. B. J. Novikoff, "On Convergence Proofs
    on Perceptrons", 1962.

    Args:
        X: the inputs, (N, in_features).
        y: the targets, 0 or 1, (N,) or (N, 1).
        weight: w, (in_features,) or (1, in_features).
        bias: b, one number.

    Returns:
        The bound; infinity where the plane does not separate the classes.

    Example:
        >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1]
        >>> round(novikoff_bound(X, y, [1.0, 1.0], -1.5), 6)  # R² = 3, γ² = 0.25 / 4.25
        51.0
    """
    points = np.asarray(X, np.float64)
    points = np.concatenate([points, np.ones((len(points), 1))], axis=1)
    plane = np.concatenate([np.ravel(np.asarray(one, np.float64)) for one in (weight, bias)])
    side = 2 * np.ravel(np.asarray(y, np.float64)) - 1
    margin = float((side * (points @ plane)).min() / np.linalg.norm(plane))
    radius = float(np.linalg.norm(points, axis=1).max())
    return (radius / margin) ** 2 if margin > 0 else math.inf
