"""What is explained: a network's loss where the right answer is known, else one of its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from holograd import nn
from holograd.creation import tensor
from holograd.errors import ArgumentError, DataError
from holograd.nn import functional
from holograd.nn.module import Module
from holograd.pictures.numbers import short
from holograd.recipes import Recipe
from holograd.tensor import Tensor

CROSS_ENTROPIES = ("cross-entropy", "bce-with-logits")  # as recipes call them
Note = tuple[str, dict[str, Any]]
ACTIVE = (nn.Sigmoid, nn.Tanh, nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus)


@dataclass
class Question:
    """What is explained.

    Attributes:
        output: the number, or several of which `index` chooses one.
        title: for headings.
        index: which number of the output; None where it is one.
        names: tensors by the names that people gave them.
        lead: what stands before the headline, as notes are.
        notes: what is to be known besides, by the catalogue's keys with their values.
        sample: what a network is shown; None for an expression.
    """

    output: Tensor
    title: str
    index: tuple[int, ...] | None = None
    names: Mapping[str, Tensor] = field(default_factory=dict)
    lead: list[Note] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    sample: Sample | None = None


@dataclass
class Sample:
    """One sample for a network, and what the network should answer.

    Attributes:
        inputs: a batch of one.
        target: the answer: a class's number, or a number; None where it is not known.
        text: how people write the sample.
    """

    inputs: np.ndarray
    target: float | None
    text: str


@dataclass(frozen=True)
class Wishes:
    """The options that say what to explain about a network."""

    row: str | None = None
    target: str | None = None
    index: int | None = None
    loss: str | None = None
    seed: int = 0


# --- loss or output ---


def choose(
    question: Question,
    network: Module,
    recipe: Recipe | None,
    sample: Sample,
    wishes: Wishes,
    classes: Any = None,
) -> None:
    """Sets what is explained: the loss where the target is known, else one of the outputs.

    Args:
        question: its output is what the network gives; the output, index and notes are set.
        network: the model.
        recipe: where it comes from; None where that is not known.
        sample: what it was shown.
        wishes: the options.
        classes: the classes' names; None or empty where there are none.

    Raises:
        ArgumentError, DataError: a wish does not fit the network.
    """
    outputs = question.output
    count = outputs.numel()
    last = [layer for layer in network.modules() if not list(layer.children())][-1]
    # What ends in an activation gives no score.
    score = not isinstance(last, (*ACTIVE, nn.Softmax, nn.LogSoftmax))
    score = score and bool(classes or (recipe is not None and recipe.loss in CROSS_ENTROPIES))
    if wishes.index is not None:
        if not 0 <= wishes.index < count:
            raise ArgumentError(
                f"there is no output {wishes.index}", why=f"there are {count}, counted from 0"
            )
        if wishes.loss is not None:
            raise ArgumentError(
                "--index explains an output, and --loss the loss", instead="Leave one of them out."
            )
        question.index = (0, wishes.index) if count > 1 else None
        question.notes += score_notes(outputs, wishes.index) if score else []
        return
    if sample.target is None:
        if wishes.loss is not None:
            raise ArgumentError(
                f"--loss {wishes.loss} needs the right answer",
                instead="Add it at the end of --row, or as --target.",
            )
        place = int(outputs.value.argmax())
        if count > 1:
            question.index = (0, place)
            question.notes.append(("note_greatest_output", {"place": place}))
        else:
            question.notes.append(("note_output", {}))
        question.notes += score_notes(outputs, place) if score else []
        return
    question.output = _loss(outputs, sample.target, recipe, last, wishes.loss)


def _loss(
    outputs: Tensor, target: float, recipe: Recipe | None, last: Module, wanted: str | None
) -> Tensor:
    """The loss that the network learned by, or another one that was asked for."""
    count = outputs.numel()
    curve = recipe is not None and recipe.kind == "curve"
    active = isinstance(last, ACTIVE)
    if wanted is None:
        usual = recipe.loss if recipe is not None else "cross-entropy" if count > 1 else "mse"
        # What ends in an activation was taught by the squared error.
        wanted = "mse" if active or usual not in CROSS_ENTROPIES else "cross-entropy"
    if count > 1:
        label = int(target)
        if label != target or not 0 <= label < count:
            raise DataError(f"there is no class {target:g}", why=f"they are 0 to {count - 1}")
        if wanted == "mse":
            return functional.mse_loss(outputs, _one_hot(label, count))
        return functional.cross_entropy(outputs, tensor([label]))
    goal = tensor(np.full(outputs.shape, target, np.float32))
    if wanted == "mse":
        return functional.mse_loss(outputs, goal)
    if curve or not 0 <= target <= 1:
        raise ArgumentError(
            "--loss cross-entropy compares probabilities",
            why="the answer here is a number" if curve else f"the target is {target:g}",
            instead="Write --loss mse.",
        )
    if isinstance(last, nn.Sigmoid):
        return functional.binary_cross_entropy(outputs, goal)
    return functional.binary_cross_entropy_with_logits(outputs, goal)


def _one_hot(label: int, count: int) -> Tensor:
    return tensor(np.eye(count, dtype=np.float32)[[label]])


# --- notes ---


def score_notes(outputs: Tensor, place: int) -> list[Note]:
    """That an output is not a probability yet, and which one it becomes."""
    scores = outputs.value.reshape(-1).astype(np.float64)
    if not np.isfinite(scores).all():
        return []
    if scores.size == 1:
        share = float(np.exp(-np.logaddexp(0, -scores[0])))
        return [("note_before_sigmoid", {"score": short(scores[0]), "share": short(share)})]
    share = float(np.exp(scores[place] - np.logaddexp.reduce(scores)))
    return [("note_before_softmax", {"place": place, "share": short(share)})]


def answer_note(outputs: Tensor, classes: Any, target: float | None) -> Note:
    """Which classes the network and the target name."""
    place = int(outputs.value.argmax())
    told = {"answer": classes[place], "place": place}
    if target is None:
        return "note_answer", told
    right = int(target)
    if right == place:
        return "note_answer_right", told
    return "note_answer_and_target", {**told, "target": classes[right], "right": right}
