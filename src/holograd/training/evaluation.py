"""A trained model at work: its outputs, its loss and its metrics on rows it need not know."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.data import DataLoader, TensorDataset
from holograd.data.dataset import scaled
from holograd.errors import ArgumentError, CaptureError, DataError
from holograd.nn.module import Module
from holograd.ops.elementwise import cast
from holograd.ops.table import FLOAT32
from holograd.tensor import Tensor, no_grad
from holograd.training.batches import Data, Rows, batch_size_of, floats, tensor_of
from holograd.training.choices import choose_loss, choose_metrics
from holograd.training.step import check_output

if TYPE_CHECKING:
    from holograd.compiler.predictor import Predictor

# What NumPy takes, roughly: to judge whether to compile.
SECONDS_AN_OPERATION = 2e-5
SECONDS_A_PRODUCT = 5e-10
WORTH_COMPILING = 0.4

ROWS_AT_ONCE = 256  # large enough to be quick, small enough for images to stay in the cache


def predict(model: Module, inputs: Any, batch_size: int = ROWS_AT_ONCE) -> Tensor:
    """The model's outputs for all rows, computed in eval mode and without a graph.

    The model's layers are left in the mode, training or not, that each was in.

    Args:
        model: takes (N, …).
        inputs: a tensor or an array (N, …), N ≥ 1; floats are converted to the model's float type.
        batch_size: rows computed at once; it changes time and memory alone.

    Returns:
        The outputs, (N, …).

    Raises:
        ArgumentError: the model is none, `batch_size` is below 1, or the inputs came as a data set.
        DataError: there is no row, or one holds NaN or infinity.
        ShapeError: the model gives other rows than it got.

    Example:
        >>> from holograd import nn
        >>> model = nn.Sequential(nn.Linear(3, 2), nn.Softmax(dim=1))
        >>> predict(model, np.zeros((5, 3))).shape
        (5, 2)
    """
    check_model(model)
    size = batch_size_of(batch_size)
    if isinstance(inputs, TensorDataset | DataLoader):
        own = "dataset" if isinstance(inputs, TensorDataset) else "loader.dataset"
        raise ArgumentError(
            f"predict got a {type(inputs).__name__}",
            why="it takes the inputs alone, and a data set has targets too",
            instead=f"Write predict(model, {own}.tensors[0]), or evaluate(model, {own}) to compare "
            "with the targets.",
        )
    array = floats(inputs, dtype_of(model), "the inputs")
    if len(array) == 0:
        raise DataError(f"the inputs have shape {array.shape}", why="there is no row")
    with in_eval_mode(model):
        return tensor_of(outputs_for(model, array, size))


def evaluate(
    model: Module,
    data: Data,
    loss: Any = None,
    metrics: str | Callable[..., Any] | Sequence[Any] | None = None,
    batch_size: int = ROWS_AT_ONCE,
) -> dict[str, float]:
    """The model's loss and metrics on data, in eval mode and without a graph.

    Both are computed once from the outputs for all rows, so that the batch size does not change
    them. The model's layers are left in the mode that each was in.

    Args:
        model: takes the inputs (N, …).
        data: as for `fit`.
        loss: as for `fit`.
        metrics: as for `fit`.
        batch_size: rows computed at once; it changes time and memory alone.

    Returns:
        "loss" and each metric by its name.

    Raises:
        ArgumentError, DataError, ShapeError, DtypeError: as for `fit`.

    Example:
        >>> import holograd as hg
        >>> from holograd import nn
        >>> model = nn.Linear(2, 1)
        >>> nn.init.zeros_(model.weight), nn.init.ones_(model.bias)
        (...)
        >>> evaluate(model, hg.data.gate("and"), loss="mse", metrics="accuracy")
        {'loss': 0.75, 'accuracy': 0.25}
    """
    check_model(model)
    rows = Rows(data, dtype_of(model), "data")
    function, _ = choose_loss(loss, rows.targets)
    measures = choose_metrics(metrics, function, rows.targets)
    return measured(model, rows, function, measures, batch_size_of(batch_size))


def measured(
    model: Module,
    rows: Rows,
    loss: Callable[..., Any],
    metrics: dict[str, Any],
    size: int,
    predictor: Predictor | None = None,
) -> dict[str, float]:
    """`evaluate` for what is checked already; by `predictor`, where the model was compiled."""
    with in_eval_mode(model):
        if predictor is None:
            output = tensor_of(outputs_for(model, rows.inputs, size, rows.scale))
        else:
            output = tensor_of(predictor(rows.inputs))
        target = tensor_of(rows.targets)
        values = {"loss": float(per_row(loss, loss(output, target), len(rows)))}
        for name, metric in metrics.items():
            values[name] = float(metric(output, target))
    return values


def per_row(loss: Callable[..., Any], value: Any, rows: int) -> float:
    """The loss a row: a loss that adds rows up is divided by their number."""
    number = float(value)
    return number / rows if getattr(loss, "reduction", "mean") == "sum" else number


def outputs_for(
    model: Module, inputs: np.ndarray, size: int, scale: float | None = None
) -> np.ndarray:
    """The outputs for all rows, `size` at a time; in machine code where that pays."""
    many = len(inputs) >= 2 * size
    predictor = predictor_for(model, inputs, size, scale=scale) if many else None
    if predictor is not None:
        return predictor(inputs)
    outputs = []
    for start in range(0, len(inputs), size):
        batch = tensor_of(scaled(inputs[start : start + size], scale, dtype_of(model)))
        output = model(batch)
        check_output(model, output, batch)
        outputs.append(output.value)
    return outputs[0] if len(outputs) == 1 else np.concatenate(outputs)


def predictor_for(
    model: Module, inputs: np.ndarray, size: int, calls: int = 1, scale: float | None = None
) -> Predictor | None:
    """The model, in the mode that it is in, as machine code: where it can be captured, and `calls`
    on all these rows by NumPy would take longer than to compile it."""
    from holograd.compiler.index import Unbatchable
    from holograd.compiler.predictor import Predictor, work

    def function(rows: Any) -> Any:
        rows = rows if scale is None else cast(rows, dtype_of(model)) * scale
        output = model(rows)
        check_output(model, output, rows)
        return output

    try:
        operations, products = work(function, inputs, size)
        batches = math.ceil(len(inputs) / size) * calls
        a_batch = operations * SECONDS_AN_OPERATION + products * SECONDS_A_PRODUCT
        if batches * a_batch < WORTH_COMPILING:
            return None
        return Predictor(function, inputs, size)
    except (CaptureError, Unbatchable):
        return None


def check_model(model: Any) -> None:
    """Raises ArgumentError for what is not a module."""
    if not isinstance(model, Module):
        raise ArgumentError(
            f"the model is a {type(model).__name__}, not a module",
            instead="Give an nn.Module, such as nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()).",
        )


def dtype_of(model: Module) -> np.dtype:
    """The float type of the model's parameters; float32 for a model without."""
    return next((one.dtype for one in model.parameters() if one.dtype.kind == "f"), FLOAT32)


@contextmanager
def in_mode(model: Module, training: bool) -> Iterator[None]:
    """A `with` block with all layers in training mode, or not; each goes back to what it was."""
    modes = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def in_eval_mode(model: Module) -> Iterator[None]:
    """A `with` block in eval mode and without graphs."""
    with in_mode(model, False), no_grad():
        yield
