"""Directions in which a model's parameters are moved, and the losses on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holograd.errors import ArgumentError
from holograd.graph import leaf
from holograd.nn.module import Module
from holograd.pictures.parameters import find_number
from holograd.tensor import Tensor
from holograd.training.batches import Rows
from holograd.training.choices import choose_loss
from holograd.training.evaluation import (
    ROWS_AT_ONCE,
    dtype_of,
    in_eval_mode,
    measured,
    predictor_for,
)
from holograd.watching.untouched import untouched

LEAST_SPAN = 3.0  # of a parameter, to both sides


@dataclass(frozen=True)
class Axis:
    """One way to move a model's parameters.

    Attributes:
        label: what stands at the axis.
        centre: the number at which the model is as it is.
        span: how far to go to both sides.
        moves: what one unit adds to each parameter.
    """

    label: str
    centre: float
    span: float
    moves: dict[Tensor, np.ndarray]


def along_numbers(
    model: Module, names: Sequence[str], spans: tuple[float, float] | None
) -> list[Axis]:
    """The axes of two single numbers of a model.

    Raises:
        ArgumentError: there is no such number, there are not two, or both are the same.
    """
    if isinstance(names, str) or len(names) != 2:
        raise ArgumentError(
            f"parameters={names!r}", why="a landscape lies over two numbers",
            instead='Write parameters=("0.weight[0,0]", "0.weight[0,1]").',
        )  # fmt: skip
    found = [find_number(model, name) for name in names]
    if found[0][0] is found[1][0] and found[0][1] == found[1][1]:
        raise ArgumentError(
            f"parameters={tuple(names)!r} are the same number", instead="Name another one."
        )
    values = [float(parameter.value[place]) for parameter, place in found]
    usual = max(LEAST_SPAN, 2 * max(map(abs, values)))
    axes = []
    for name, (parameter, place), value, span in zip(
        names, found, values, spans or (usual, usual), strict=True
    ):
        move = np.zeros(parameter.shape)
        move[place] = 1.0
        axes.append(Axis(name, value, span, {parameter: move}))
    return axes


def given_directions(
    model: Module, directions: Any, spans: tuple[float, float] | None
) -> list[Axis]:
    """The axes of two directions that the user gives: arrays by the parameters' paths.

    Raises:
        ArgumentError: there are not two, one is no such mapping, or a shape is not that of the
            parameter.
    """
    known = dict(model.named_parameters())
    if not isinstance(directions, Sequence) or len(directions) != 2:
        raise ArgumentError(
            "directions are not two", instead='Write directions=({"0.weight": array}, {…}).'
        )
    axes = []
    for place, (direction, span) in enumerate(zip(directions, spans or (1.0, 1.0), strict=True), 1):
        if not isinstance(direction, Mapping) or not direction:
            raise ArgumentError(
                f"direction {place} is a {type(direction).__name__}",
                why="it says for parameters, by their paths, where to go",
                instead=f'Write {{"{next(iter(known), "0.weight")}": array}}.',
            )
        moves = {}
        for path, array in direction.items():
            move = np.asarray(getattr(array, "value", array), np.float64)
            if path not in known or move.shape != known[path].shape:
                shape = f"shape {known[path].shape}" if path in known else "no such parameter"
                raise ArgumentError(
                    f"direction {place} has {path} of shape {move.shape}",
                    why=f"the model has {shape} there",
                )
            moves[known[path]] = move
        axes.append(Axis(f"direction {place}", 0.0, span, moves))
    return axes


def random_directions(model: Module, seed: int, spans: tuple[float, float] | None) -> list[Axis]:
    """Two random directions, filter by filter as long as the model's weights.

    A filter is what makes one output: a row of a linear layer's weights, or a kernel of a
    convolution with all its channels. Parameters of one dimension (biases, the factors of
    normalisation) stay, as in the source's own code.

    Source: H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein, "Visualizing the Loss Landscape of
    Neural Nets", 2018, https://arxiv.org/abs/1712.09913, section 4.

    Example:
        >>> from holograd import nn
        >>> model = nn.Linear(3, 2)
        >>> move = random_directions(model, 0, None)[0].moves[model.weight]
        >>> lengths = np.linalg.norm(model.weight.value, axis=1)
        >>> bool(np.allclose(np.linalg.norm(move, axis=1), lengths))
        True
    """
    source = np.random.default_rng(seed)
    axes = []
    for place, span in enumerate(spans or (1.0, 1.0), 1):
        moves = {}
        for one in model.parameters():
            if one.ndim < 2 or one.dtype.kind != "f":
                continue
            move = source.standard_normal(one.shape)
            rest = tuple(range(1, one.ndim))
            length = np.sqrt(np.square(move).sum(rest, keepdims=True))
            wanted = np.sqrt(np.square(one.value.astype(np.float64)).sum(rest, keepdims=True))
            moves[one] = move * wanted / length
        axes.append(Axis(f"direction {place}", 0.0, span, moves))
    if not axes[0].moves:
        raise ArgumentError(
            "there is no weight to move", why="only parameters with rows and columns are moved",
            instead='Write parameters=("…", "…") with the names of two numbers.',
        )  # fmt: skip
    return axes


def losses(
    model: Module, loss: Any, inputs: Any, targets: Any, axes: Sequence[Axis], points: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """The loss over the plane of two axes, in eval mode; the model is afterwards as it was.

    Returns:
        The numbers along both axes, the losses (second axis, first axis), and the present loss.

    Raises:
        ArgumentError, DataError, ShapeError, DtypeError: as for `evaluate`.
    """
    rows = Rows((inputs, targets), dtype_of(model), "data")
    function, _ = choose_loss(loss, rows.targets)
    moved = list(dict.fromkeys(tensor for axis in axes for tensor in axis.moves))
    start = {tensor: tensor.value for tensor in moved}
    first, second = (axis.centre + axis.span * np.linspace(-1, 1, points) for axis in axes)
    found = np.full((points, points), math.nan)
    with untouched(model, function, tensors=moved), in_eval_mode(model):
        calls = points * points + 1
        predictor = predictor_for(model, rows.inputs, ROWS_AT_ONCE, calls, rows.scale)

        def one_loss() -> float:
            return measured(model, rows, function, {}, ROWS_AT_ONCE, predictor)["loss"]

        here = one_loss()
        for row, b in enumerate(second):
            for column, a in enumerate(first):
                for tensor in moved:
                    value = start[tensor].astype(np.float64)
                    for axis, at in zip(axes, (a, b), strict=True):
                        if tensor in axis.moves:
                            value = value + (at - axis.centre) * axis.moves[tensor]
                    node = tensor.node
                    changed = value.astype(start[tensor].dtype)
                    tensor.become(leaf(changed, requires_grad=node.requires_grad, name=node.name))
                found[row, column] = one_loss()
    return first, second, found, here
