"""What a recipe's network is taught to make small, and how its answers are judged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from holograd import nn
from holograd.data import TensorDataset
from holograd.nn import functional
from holograd.ops.table import FLOAT32
from holograd.recipes.recipe import Recipe
from holograd.tensor import Tensor, no_grad
from holograd.training import accuracy as class_accuracy
from holograd.training import r2_score

LOSSES: dict[str, dict[str, Callable[[], nn.Module]]] = {
    "gate": {"bce-with-logits": nn.BCEWithLogitsLoss, "mse": nn.MSELoss},
    "classes": {"cross-entropy": nn.CrossEntropyLoss, "mse": nn.MSELoss},
    "curve": {"mse": nn.MSELoss, "l1": nn.L1Loss, "huber": nn.HuberLoss},
}
"""The losses that suit each kind of recipe, by the names of the command line."""


def outputs_of(recipe: Recipe, dataset: TensorDataset) -> int:
    """How many numbers the network gives for a sample: one a class, or one in all."""
    return int(dataset.tensors[1].value.max()) + 1 if recipe.kind == "classes" else 1


def with_targets(recipe: Recipe, dataset: TensorDataset, outputs: int) -> TensorDataset:
    """The data with targets that the recipe's loss compares outputs with.

    The squared error of classes takes a 1 for the right class and 0 for the others.
    """
    if recipe.kind == "classes" and recipe.loss == "mse":
        inputs, labels = dataset.tensors
        targets = functional.one_hot(labels, outputs).to(FLOAT32)
        return TensorDataset(inputs, targets, classes=dataset.classes)
    return dataset


def score(recipe: Recipe, outputs: Tensor, dataset: TensorDataset) -> dict[str, float]:
    """The loss, and the accuracy of classes or the R² of a curve.

    Args:
        recipe: tells the loss and what the outputs mean.
        outputs: what the network gives for the rows of `dataset`, (N, outputs).
        dataset: with the targets that the loss compares with.
    """
    targets = dataset.tensors[1]
    with no_grad():
        loss = LOSSES[recipe.kind][recipe.loss]()(outputs, targets).item()
    function = metric(recipe)
    return {"loss": loss, function.__name__: function(outputs, targets)}


def metric(recipe: Recipe) -> Callable[[Tensor, Tensor], float]:
    """The number that people quote for this kind of recipe, as a function named after it."""

    def r2(outputs: Tensor, targets: Tensor) -> float:
        return r2_score(outputs, targets)

    def accuracy(outputs: Tensor, targets: Tensor) -> float:
        if recipe.kind == "gate":
            return class_accuracy(shown(recipe, outputs), targets, threshold=0.5)
        labels = targets.value.argmax(1) if targets.ndim > 1 else targets
        return class_accuracy(outputs, labels)

    return r2 if recipe.kind == "curve" else accuracy


def shown(recipe: Recipe, outputs: Tensor) -> np.ndarray:
    """Outputs as people read them: logits as the probability of class 1, others as they are."""
    values = outputs.value
    if recipe.loss != "bce-with-logits":
        return values
    return functional.sigmoid(outputs).value


def signed(recipe: Recipe, outputs: Tensor) -> np.ndarray:
    """(N,) one number a row for two classes: above 0 where the answer is class 1, in about −5 … 5.

    It is the logit, or the difference of the two logits; an output that means 1 or 0 itself counts
    from its middle.
    """
    values = outputs.value.astype(np.float64)
    if values.shape[1] == 2:
        return (values[:, 1] - values[:, 0]) * (10 if recipe.loss == "mse" else 1)
    return values[:, 0] if recipe.loss == "bce-with-logits" else 10 * (values[:, 0] - 0.5)
