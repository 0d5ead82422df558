"""What a classifier's outputs mean: which class they answer, and how surely."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from holograd import nn
from holograd.creation import as_tensor
from holograd.errors import ArgumentError, ShapeError
from holograd.nn.module import Module
from holograd.watching.layers import leaf_layers

FULL = 5.0  # a probability of 1, in the unit of a logit, where it is sure


def answers_of(model: Module, middle: float | None = None) -> Callable[[np.ndarray], np.ndarray]:
    """The function from a model's outputs to its answers, in about −5 … 5 for two classes.

    Args:
        model: whose last layer tells whether outputs are probabilities, tanh, or logits.
        middle: for one output, the number at which the answer changes; None takes the layer's.

    Returns:
        (N, 1) or (N, 2) → (N,), above 0 for class 1; (N, K) stays itself, K > 2.

    Example:
        >>> answers_of(nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()))(np.array([[0.75]]))
        array([2.5])
    """
    last = list(leaf_layers(model).values())[-1]
    if isinstance(last, nn.Sigmoid | nn.Perceptron):
        scale, usual = 2 * FULL, 0.5
    elif isinstance(last, nn.Tanh | nn.Hardtanh):
        scale, usual = FULL, 0.0
    else:
        scale, usual = 2 * FULL if middle else 1.0, 0.0
    centre = usual if middle is None else middle

    def answers(outputs: np.ndarray) -> np.ndarray:
        values = outputs.astype(np.float64)
        if values.ndim == 1:
            values = values[:, None]
        if values.ndim != 2:
            raise ShapeError(
                f"the model gives shape {outputs.shape}",
                why="a row is answered by one number, or by one for each class",
            )
        if values.shape[1] == 1:
            return scale * (values[:, 0] - centre)
        if values.shape[1] == 2:
            return (values[:, 1] - values[:, 0]) * (FULL if isinstance(last, nn.Softmax) else 1.0)
        return values

    return answers


def classes_of(targets: Any, rows: int, classes: int | None = None) -> np.ndarray:
    """(N,) class numbers out of targets: numbers, 0 and 1, −1 and 1, or 1 at the class of a row.

    Args:
        targets: of the rows.
        rows: how many rows there are.
        classes: how many the model tells apart; None checks nothing.

    Raises:
        ArgumentError: a class number is too large.
        ShapeError: they do not belong to so many rows.

    Example:
        >>> classes_of([[0.0, 1.0], [1.0, 0.0]], 2), classes_of([[-1.0], [1.0]], 2)
        (array([1, 0]), array([0, 1]))
    """
    values = _class_numbers(targets, rows)
    if classes is not None and values.size and values.max() >= classes:
        raise ArgumentError(
            f"regions got a row of class {values.max()} for a model that tells {classes} classes",
            why=f"classes are numbered from 0: they are 0 to {classes - 1}",
            instead="Give the model an output for each class, or check the targets.",
        )
    return values


def _class_numbers(targets: Any, rows: int) -> np.ndarray:
    values = as_tensor(targets).value
    if len(values.shape) not in (1, 2) or len(values) != rows:
        raise ShapeError(
            f"regions got targets of shape {values.shape} for {rows} rows of inputs",
            instead="Give one class number a row, (N,).",
        )
    if values.ndim == 2 and values.shape[1] > 1:
        return values.argmax(1)
    values = values.reshape(-1)
    if values.dtype.kind in "iu":
        return np.where(values < 0, 0, values) if values.min() < 0 else values
    if values.dtype.kind == "b":
        return values.astype(int)
    return (values > (0 if values.min() < 0 else 0.5)).astype(int)
