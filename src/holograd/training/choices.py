"""Losses, optimizers and metrics by name, and what is chosen where none was named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from holograd import optim
from holograd.errors import ArgumentError
from holograd.nn import functional_loss as losses
from holograd.nn.class_loss import cross_entropy, kl_div, nll_loss
from holograd.nn.loss import BCEWithLogitsLoss, HingeLoss
from holograd.nn.module import Module
from holograd.training import metrics as measures

LOSSES: dict[str, Callable[..., Any]] = {
    "mse": losses.mse_loss,
    "l1": losses.l1_loss,
    "huber": losses.huber_loss,
    "smooth_l1": losses.smooth_l1_loss,
    "cross_entropy": cross_entropy,
    "nll": nll_loss,
    "kl_div": kl_div,
    "bce": losses.binary_cross_entropy,
    "bce_with_logits": losses.binary_cross_entropy_with_logits,
    "hinge": losses.hinge_loss,
}

OPTIMIZERS: dict[str, Callable[..., optim.Optimizer]] = {
    "sgd": optim.SGD,
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "rmsprop": optim.RMSprop,
    "adagrad": optim.Adagrad,
    "adadelta": optim.Adadelta,
    "lbfgs": optim.LBFGS,
}


class Measure(NamedTuple):
    """A metric of the table.

    Attributes:
        function: (output, target) → number.
        best: "highest" or "lowest".
        binary: whether it takes a threshold where there is one score a row.
        classes: whether targets are classes.
    """

    function: Callable[..., float]
    best: str
    binary: bool = False
    classes: bool = False


METRICS: dict[str, Measure] = {
    "accuracy": Measure(measures.accuracy, "highest", binary=True, classes=True),
    "top_5_accuracy": Measure(partial(measures.top_k_accuracy, k=5), "highest", classes=True),
    "macro_f1": Measure(measures.macro_f1, "highest", binary=True, classes=True),
    "r2": Measure(measures.r2_score, "highest"),
    "mean_absolute_error": Measure(measures.mean_absolute_error, "lowest"),
    "mean_squared_error": Measure(measures.mean_squared_error, "lowest"),
}

ZERO_DECIDES = (losses.binary_cross_entropy_with_logits, losses.hinge_loss)


def close_to(name: Any, known: Iterable[str]) -> str:
    """`Did you mean "adam"?`, or "" where nothing is close."""
    close = get_close_matches(str(name).lower(), list(known), n=1, cutoff=0.5)
    return f'Did you mean "{close[0]}"?' if close else ""


def named(kind: str, name: str, table: Mapping[str, Any]) -> Any:
    """What stands under `name` in a table; hyphens and capitals make no difference.

    Raises:
        ArgumentError: nothing does.
    """
    plain = name.lower().replace("-", "_")
    if plain not in table:
        raise ArgumentError(
            f"there is no {kind} {name!r}",
            why=f"those with names are {', '.join(table)}",
            instead=close_to(plain, table) or f"Write one of these, or give the {kind} itself.",
        )
    return table[plain]


def choose_loss(loss: Any, targets: np.ndarray) -> tuple[Callable[..., Any], str]:
    """The loss as a function of (output, target), and what it is called.

    Args:
        loss: a name, a function, a module, or None to choose by the targets: cross-entropy for
            integers, the classes' numbers, and the mean squared error for floats.
        targets: the targets of the run.

    Raises:
        ArgumentError: there is no such loss, or none to choose for truth values.
    """
    if loss is None:
        if targets.dtype.kind == "b":
            raise ArgumentError(
                "no loss was named for targets that are truth values",
                instead='Write loss="bce_with_logits" and targets.float().',
            )
        chosen = "mse" if targets.dtype.kind == "f" else "cross_entropy"
        return LOSSES[chosen], f"{chosen} (chosen for targets of type {targets.dtype})"
    if isinstance(loss, str):
        return named("loss", loss, LOSSES), loss.lower().replace("-", "_")
    if isinstance(loss, type) or not callable(loss):
        name = loss.__name__ if isinstance(loss, type) else repr(loss)
        raise ArgumentError(
            f"loss={name}", why="a loss is a function of output and target, or a name",
            instead=f"Write loss={name}()." if isinstance(loss, type) else 'Write loss="mse".',
        )  # fmt: skip
    return loss, called(loss)


def called(function: Any) -> str:
    """A function's or a module's name for people."""
    if isinstance(function, Module):
        return repr(function).replace("\n", " ")
    return getattr(function, "__name__", type(function).__name__)


def choose_optimizer(optimizer: Any, model: Module, lr: float | None) -> optim.Optimizer:
    """The optimizer over the model's parameters that require grad.

    Args:
        optimizer: a name, a class or another function of the parameters (and `lr`), or an
            optimizer that was made before.
        model: whose parameters to train.
        lr: the learning rate; None takes the optimizer's own.

    Raises:
        ArgumentError: there is no such optimizer, the model has nothing to train, a learning rate
            was given to an optimizer that has one, or an optimizer trains another model.
    """
    trained = [one for one in model.parameters() if one.requires_grad]
    if not trained:
        frozen = any(True for _ in model.parameters())
        raise ArgumentError(
            f"{type(model).__name__} has no parameter" + (" that requires grad" if frozen else ""),
            why="there is nothing to train",
            instead="Write model.requires_grad_()."
            if frozen
            else "Give it a layer: nn.Linear(2, 1).",
        )
    if isinstance(optimizer, optim.Optimizer):
        if lr is not None:
            raise ArgumentError(
                f"lr={lr} beside an optimizer, which has a learning rate already",
                instead=f"Write {type(optimizer).__name__}(model.parameters(), lr={lr}).",
            )
        own = {id(one) for one in trained}
        if not any(id(one) in own for group in optimizer.param_groups for one in group["params"]):
            raise ArgumentError(
                f"the {type(optimizer).__name__} trains no parameter of this model",
                why="it was made for another",
                instead=f"Write {type(optimizer).__name__}(model.parameters()).",
            )
        return optimizer
    if isinstance(optimizer, str):
        optimizer = named("optimizer", optimizer, OPTIMIZERS)
    if not callable(optimizer):
        raise ArgumentError(
            f"optimizer={optimizer!r}",
            why="it is a name, an optimizer, or a function that makes one of parameters",
            instead='Write optimizer="adam".',
        )
    made = optimizer(trained) if lr is None else optimizer(trained, lr=lr)
    if not isinstance(made, optim.Optimizer):
        raise ArgumentError(f"optimizer={called(optimizer)} made a {type(made).__name__}")
    return made


def choose_metrics(
    metrics: str | Callable[..., Any] | Sequence[Any] | None, loss: Any, targets: np.ndarray
) -> dict[str, Callable[..., float]]:
    """Metrics by what their columns are called.

    One score a row is compared with a threshold that the loss decides: 0 for `bce_with_logits` and
    `hinge`, whose outputs are logits or margins; else halfway between the two targets, 0.5 for
    0 and 1, 0 for −1 and +1. Metrics of classes take targets that are probabilities of classes,
    such as one-hot rows, as the class of the highest.

    Args:
        metrics: names of the table, or functions of (output, target), one or several.
        loss: the loss, as a function or module.
        targets: the targets of the run.

    Raises:
        ArgumentError: there is no such metric, one comes twice, or the targets are no classes.
    """
    asked: Sequence[str | Callable[..., float]] = ()
    if isinstance(metrics, str) or not isinstance(metrics, Sequence | None):
        asked = [metrics]
    elif metrics is not None:
        asked = metrics
    zero = loss in ZERO_DECIDES or isinstance(loss, BCEWithLogitsLoss | HingeLoss)
    threshold = 0.0 if zero or targets.min() < 0 else 0.5
    chosen: dict[str, Callable[..., float]] = {}
    for one in asked:
        name = one.lower().replace("-", "_") if isinstance(one, str) else called(one)
        if name in chosen or name == "loss":
            raise ArgumentError(f"metrics holds {name!r}, which is there already")
        if isinstance(one, str):
            measure = named("metric", one, METRICS)
            function = measure.function
            if measure.binary:
                function = with_threshold(function, threshold)
            if measure.classes and targets.ndim > 1 and targets[0].size > 1:
                refuse_other_than_probabilities(name, targets)
                function = of_the_highest(function)
            chosen[name] = function
            continue
        if not callable(one):
            raise ArgumentError(
                f"metrics holds {one!r}",
                why="a metric is a name or a function of output and target",
                instead='Write metrics=["accuracy"].',
            )
        chosen[name] = one
    return chosen


def with_threshold(function: Callable[..., float], threshold: float) -> Callable[..., float]:
    """The metric with its threshold where there is one score a row, and without it elsewhere."""

    def measured(output: Any, target: Any) -> float:
        scores = output.value
        if scores.dtype.kind == "f" and scores.size == len(scores):
            return function(output, target, threshold=threshold)
        return function(output, target)

    return measured


def refuse_other_than_probabilities(name: str, targets: np.ndarray) -> None:
    """Raises ArgumentError for targets whose rows are not probabilities of classes."""
    if targets.ndim > 2 or targets.min() < 0 or not np.allclose(targets.sum(axis=1), 1, atol=1e-4):
        raise ArgumentError(
            f"the metric {name!r} of targets of shape {targets.shape}",
            why="it counts right classes; several numbers a row tell one only where they are "
            "probabilities, which add up to 1",
            instead="Give class numbers (N,), leave the metric out, or give a function of output "
            "and target.",
        )


def of_the_highest(function: Callable[..., float]) -> Callable[..., float]:
    """The metric for targets (N, C) that are probabilities: a row's class is the likeliest one."""

    def measured(output: Any, target: Any) -> float:
        return function(output, target.argmax(1))

    return measured


def direction_of(column: str, best: str | None) -> str:
    """Whether a column's best value is the "lowest" or the "highest".

    Raises:
        ArgumentError: it is not a loss nor a metric of the table, and `best` does not say it.
    """
    name = column.removeprefix("validation_")
    if best is not None:
        return best
    if name == "loss":
        return "lowest"
    if name in METRICS:
        return METRICS[name].best
    raise ArgumentError(
        f"whether {column!r} is better high or low is not known",
        instead='Write best="highest" or best="lowest".',
    )
