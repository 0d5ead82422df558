"""What layers do on some rows: the statistics of their outputs, and the gradients' sizes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from holograd import nn
from holograd.errors import ArgumentError
from holograd.nn.call import kind_of
from holograd.nn.module import Module
from holograd.tensor import Tensor
from holograd.training.batches import Rows
from holograd.training.choices import choose_loss
from holograd.training.evaluation import check_model, dtype_of, in_mode
from holograd.training.step import check_output
from holograd.watching.untouched import untouched

FLAT = 0.1  # of the greatest slope; where it is less, an output counts as saturated


@dataclass(frozen=True)
class Measured:
    """What layers did on some rows, once.

    Attributes:
        layers: the layers' kinds by their paths, in the order of their first use.
        columns: the numbers by name, as in `Watched`: "0.mean", "0.std", "1.dead",
            "0.weight.gradient_norm".
        parameters: the parameters' paths.
    """

    layers: dict[str, str]
    columns: dict[str, float]
    parameters: list[str]


def leaf_layers(model: Module) -> dict[str, Module]:
    """The modules without modules in them, by their paths; a model that is one by its class."""
    return {
        path or type(module).__name__: module
        for path, module in model.named_modules()
        if not any(True for _ in module.children())
    }


def record_outputs(layers: dict[str, Module]) -> dict[str, list[np.ndarray]]:
    """Adds hooks that gather the layers' outputs: one array for each call, as calls come.

    Who calls this takes the hooks away, as `untouched` does.
    """
    outputs: dict[str, list[np.ndarray]] = {}

    def hook_of(path: str) -> Callable[..., None]:
        def gather(module: Module, inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                outputs.setdefault(path, []).append(output.value)

        return gather

    for path, module in layers.items():
        module.register_forward_hook(hook_of(path))
    return outputs


# --- numbers ---


def mean_of(module: Module, outputs: list[np.ndarray]) -> float:
    """The mean of all output numbers, over rows and units, in float64."""
    return sum(float(one.sum(dtype=np.float64)) for one in outputs) / max(_count(outputs), 1)


def std_of(module: Module, outputs: list[np.ndarray]) -> float:
    """The standard deviation of all output numbers around their mean, divided by their count."""
    mean = mean_of(module, outputs)
    squares = sum(float(np.square(one.astype(np.float64) - mean).sum()) for one in outputs)
    return math.sqrt(squares / max(_count(outputs), 1))


def dead_share(module: Module, outputs: list[np.ndarray]) -> float:
    """The share of units whose output is 0 on each row: no gradient of these rows reaches them.

    A unit is one place along dimension 1: a neuron, or a channel with all its pixels.
    """
    dead = units = 0
    for one in outputs:
        rest = tuple(place for place in range(one.ndim) if place != 1)
        silent = (one == 0).all(axis=rest if one.ndim > 1 else None)
        dead, units = dead + int(np.sum(silent)), units + silent.size
    return dead / max(units, 1)


def saturated_share(module: Module, outputs: list[np.ndarray]) -> float:
    """The share of output numbers, over rows and units, where the slope is under a tenth of its
    greatest: σ(1 − σ) < 0.025 for a sigmoid (σ under 0.0257 or over 0.9743), 1 − tanh² < 0.1 for
    tanh (beyond ±0.9487); at a bound for Hardtanh, where the slope is 0."""
    flat = 0
    for one in outputs:
        values = one.astype(np.float64)
        if isinstance(module, nn.Sigmoid):
            there = 4 * values * (1 - values) < FLAT
        elif isinstance(module, nn.Hardtanh):
            there = (values <= module.min_val) | (values >= module.max_val)
        else:
            there = 1 - values * values < FLAT
        flat += int(there.sum())
    return flat / max(_count(outputs), 1)


def _count(outputs: list[np.ndarray]) -> int:
    return sum(one.size for one in outputs)


def measures_of(module: Module) -> dict[str, Callable[[Module, list[np.ndarray]], float]]:
    """The statistics that a layer has, by name."""
    measures = {"mean": mean_of, "std": std_of}
    if isinstance(module, nn.ReLU):
        measures["dead"] = dead_share
    elif isinstance(module, nn.Sigmoid | nn.Tanh | nn.Hardtanh):
        measures["saturated"] = saturated_share
    return measures


def statistics(layers: dict[str, Module], outputs: dict[str, list[np.ndarray]]) -> dict[str, float]:
    """All statistics of layers, by "path.name"; NaN for a layer that was not called."""
    values = {}
    with np.errstate(all="ignore"):
        for path, module in layers.items():
            seen = outputs.get(path, [])
            for name, measure_one in measures_of(module).items():
                values[f"{path}.{name}"] = measure_one(module, seen) if seen else math.nan
    return values


def length(array: np.ndarray) -> float:
    """The Euclidean norm of all numbers together, in float64."""
    return float(np.linalg.norm(array.astype(np.float64).ravel()))


def gradient_norms(model: Module) -> dict[str, float]:
    """The norm of each parameter's gradient; NaN where it has none."""
    return {
        f"{path}.gradient_norm": math.nan if one.grad is None else length(one.grad.value)
        for path, one in model.named_parameters()
    }


# --- one look ---


def measure(model: Module, inputs: Any, targets: Any = None, loss: Any = None) -> Measured:
    """What a model's layers do on some rows: statistics of their outputs and, with targets, the
    norms of the loss's gradients.

    Layers act as in training. The model is afterwards as it was.

    Args:
        model: takes the inputs (N, …).
        inputs: the rows.
        targets: theirs; without them there are no gradients.
        loss: as for `fit`.

    Raises:
        ArgumentError, DataError, ShapeError, DtypeError: as for `fit`; a loss without targets.

    Example:
        >>> from holograd import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        >>> nn.init.zeros_(model[0].weight), nn.init.constant_(model[0].bias, -1.0)
        (...)
        >>> seen = measure(model, [[0.0, 1.0], [1.0, 0.0]])
        >>> seen.columns["0.mean"], seen.columns["1.dead"]
        (-1.0, 1.0)
    """
    check_model(model)
    if targets is None and loss is not None:
        raise ArgumentError(
            "measure got a loss and no targets", instead="Write measure(model, inputs, targets)."
        )
    given = np.zeros(len(inputs), np.float32) if targets is None else targets
    rows = Rows((inputs, given), dtype_of(model), "data")
    function = None if targets is None else choose_loss(loss, rows.targets)[0]
    layers = leaf_layers(model)
    with untouched(model, function), in_mode(model, training=True):
        outputs = record_outputs(layers)
        model.zero_grad()
        batch, wanted = rows.taken(slice(None))
        output = model(batch)
        check_output(model, output, batch)
        if function is not None:
            function(output, wanted).backward()
        values = statistics(layers, outputs) | (gradient_norms(model) if function else {})
    return Measured(kinds(layers, outputs), values, [path for path, _ in model.named_parameters()])


def kinds(layers: dict[str, Module], outputs: dict[str, list[np.ndarray]]) -> dict[str, str]:
    """The layers' kinds by path, in the order in which they were called; the others behind."""
    return {path: kind_of(layers[path]) for path in dict.fromkeys([*outputs, *layers])}
