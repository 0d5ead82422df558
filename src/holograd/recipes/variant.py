"""A recipe changed by options, and the combinations that make no sense."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any

from holograd import optim
from holograd.errors import ArgumentError
from holograd.recipes.measure import LOSSES
from holograd.recipes.recipe import Recipe

# Each optimizer with the learning rate that is usual for it.
OPTIMIZERS: dict[str, tuple[Callable[..., optim.Optimizer], float]] = {
    "sgd": (optim.SGD, 0.1),
    "adam": (optim.Adam, 0.003),
    "adamw": (optim.AdamW, 0.003),
    "rmsprop": (optim.RMSprop, 0.001),
    "adagrad": (optim.Adagrad, 0.03),
    "adadelta": (optim.Adadelta, 1.0),
}

# What networks that are given, rather than made to measure, leave to choose, and why.
FIXED: dict[str, tuple[set[str], str]] = {
    "lenet5": ({"hidden"}, "its layers are those of LeNet-5"),
    "lecture": ({"hidden", "activation", "loss", "dropout"}, "its network is the lecture's"),
    "perceptron": (
        {"hidden", "activation", "loss", "optimizer", "batch_size", "dropout", "weight_decay"},
        "one neuron with a step learns by Rosenblatt's rule, a sample at a time",
    ),
}


def variant(recipe: Recipe, **options: Any) -> Recipe:
    """The recipe with those options that are not None.

    What was not chosen follows what was: another optimizer brings its usual learning rate and no
    weight decay, and the squared error of classes an activation at the end, so that outputs are of
    the targets' size.

    Args:
        recipe: where to start from.
        options: any of hidden, activation, loss, optimizer, lr, epochs, batch_size, dropout and
            weight_decay; None leaves the recipe's.

    Raises:
        ArgumentError: the recipe does not take that option, or not together with the others.

    Example:
        >>> from holograd.recipes.table import find
        >>> changed = variant(find("xor"), hidden=(2,), loss="mse")
        >>> changed.hidden, changed.output, changed.lr
        ((2,), 'sigmoid', 0.05)
    """
    chosen = {name: value for name, value in options.items() if value is not None}
    fixed, why = FIXED.get(recipe.network, (set(), ""))
    for name in chosen:
        if name in fixed:
            raise ArgumentError(
                f"{recipe.name} takes no {_flag(name)}",
                why=why,
                instead=f"Leave it out, or choose another recipe than {recipe.name}.",
            )
    losses = LOSSES[recipe.kind]
    if chosen.get("loss", recipe.loss) not in losses:
        raise ArgumentError(
            f"{recipe.name} cannot be trained with --loss {chosen['loss']}",
            why=f"the losses that suit it are {_either(losses)}",
            instead=f"Write --loss {recipe.loss}.",
        )
    optimizer = chosen.get("optimizer", recipe.optimizer)
    if optimizer != recipe.optimizer:
        chosen.setdefault("lr", OPTIMIZERS[optimizer][1])
        chosen.setdefault("weight_decay", 0.0)
    if chosen.get("loss") == "mse" and recipe.kind != "curve":
        chosen["output"] = chosen.get("activation", "sigmoid")
    changed = replace(recipe, **chosen)
    _refuse_idle(changed, chosen)
    return changed


def _refuse_idle(changed: Recipe, chosen: Collection[str]) -> None:
    """Raises ArgumentError for options that would change nothing."""
    name = changed.name
    if changed.network == "multilayer" and not changed.hidden:
        if "dropout" in chosen and changed.dropout:
            raise ArgumentError(
                f"{name} has no hidden neurons to silence by --dropout {changed.dropout}",
                instead="Add a hidden layer, as in --hidden 8, or leave --dropout out.",
            )
        if "activation" in chosen and "output" not in chosen:
            raise ArgumentError(
                f"{name} has no hidden layer for --activation {changed.activation} to follow",
                instead="Add a hidden layer, as in --hidden 8, or leave --activation out.",
            )
    training = {"lr", "optimizer", "batch_size", "weight_decay"}.intersection(chosen)
    if training and not changed.epochs:
        raise ArgumentError(
            f"{name} is not trained, so that {_either(sorted(map(_flag, training)))} does nothing",
            why="its weights are given",
            instead="Add --epochs 200 to train on from them.",
        )


def _either(names: Iterable[str]) -> str:
    """`a, b or c`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
