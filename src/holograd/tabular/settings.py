"""The default recipe for tables: how wide, how long and how fast, by the size of the data."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from holograd.errors import ArgumentError

# Below this, a validation part would be too small to tell when to stop, and costs rows to learn.
FEWEST_TO_VALIDATE = 1000
VALIDATION_SHARE = 0.1
MANY_CLASSES = 10
# The learning rate that is usual for each optimizer.
LEARNING_RATES = {
    "adamw": 3e-3,
    "adam": 3e-3,
    "sgd": 0.1,
    "rmsprop": 1e-3,
    "adagrad": 0.03,
    "adadelta": 1.0,
}


@dataclass(frozen=True)
class Settings:
    """How a network for a table is made and trained.

    Attributes:
        hidden: the neurons of each hidden layer; none for a linear model.
        activation: after each hidden layer.
        dropout: the share of hidden neurons that are silent in a step.
        optimizer: by name.
        lr: the highest learning rate of the one-cycle schedule.
        weight_decay: of the optimizer.
        batch_size: rows a step.
        epochs: how often to go through the rows, at most.
        validation: the share of the training rows that only decide when to stop; 0 for none.
        patience: epochs without a lower validation loss until training stops.
    """

    hidden: tuple[int, ...]
    activation: str
    dropout: float
    optimizer: str
    lr: float
    weight_decay: float
    batch_size: int
    epochs: int
    validation: float
    patience: int

    def to_dict(self) -> dict[str, Any]:
        """The same as plain numbers, texts and lists."""
        return {**asdict(self), "hidden": list(self.hidden)}


def settings_for(rows: int, classes: int, **chosen: Any) -> Settings:
    """The default recipe for a table, with what was chosen otherwise.

    Under 1,000 rows: one hidden layer of 64 neurons, and all rows are learned from.
    Else two layers of 128, or 256 for more than 10 classes, and a tenth of the rows
    decides when to stop. An epoch has some hundred steps, of 16 to 1,024 rows. There are 40 epochs,
    or fewer so that 400,000 rows are gone through, 800,000 for regression and more than 10 classes,
    but 10 at least; a quarter of them, or 5, may pass without a lower validation loss.

    Args:
        rows: in the training part.
        classes: how many there are; 0 for regression.
        chosen: attributes of `Settings`; None leaves the recipe's.

    Raises:
        ArgumentError: hidden layers, epochs or another number out of its range; no such optimizer.

    Example:
        >>> settings_for(150, 3).hidden, settings_for(30_000, 2, hidden=64).hidden
        ((64,), (64,))
    """
    chosen = {name: value for name, value in chosen.items() if value is not None}
    small = rows < FEWEST_TO_VALIDATE
    width = 256 if classes > MANY_CLASSES else 128
    # A few classes are told apart soon, and then learned by heart; more answers take longer.
    budget = 400_000 if 0 < classes <= MANY_CLASSES else 800_000
    batch_size = min(1024, max(16, 2 ** round(math.log2(rows / 100))))
    epochs = min(40, max(10, round(budget / rows)))
    optimizer = chosen.get("optimizer", "adamw")
    if optimizer not in LEARNING_RATES:
        raise ArgumentError(
            f"got optimizer={optimizer!r}", instead=f"Write one of {', '.join(LEARNING_RATES)}."
        )
    settings = {
        "hidden": (64,) if small else (width, width),
        "activation": "relu",
        "dropout": 0.1,
        "optimizer": optimizer,
        "lr": LEARNING_RATES[optimizer],
        "weight_decay": 0.01,
        "batch_size": batch_size,
        "epochs": epochs,
        "validation": 0.0 if small else VALIDATION_SHARE,
    } | chosen
    settings["hidden"] = _hidden(settings["hidden"])
    for name in ("epochs", "batch_size"):
        if isinstance(settings[name], bool) or not settings[name] >= 1:
            raise ArgumentError(f"got {name}={settings[name]}", instead="Write 1 or more.")
    settings.setdefault("patience", max(5, settings["epochs"] // 4))
    return Settings(**settings)


def _hidden(hidden: Any) -> tuple[int, ...]:
    """The neurons of each hidden layer, checked."""
    layers = (hidden,) if isinstance(hidden, int) else tuple(hidden)
    if not all(isinstance(one, int) and one >= 1 for one in layers):
        raise ArgumentError(
            f"got hidden={hidden!r}",
            why="it counts the neurons of each hidden layer",
            instead="Write hidden=(64, 32), or hidden=() for a linear model.",
        )
    return layers
