"""What `holograd explain` is to explain: an expression, or a network on one sample."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np

from holograd import nn
from holograd.cli.explain_question import Question, Sample, Wishes, answer_note, choose
from holograd.cli.explain_row import LARGEST, number_of, numbers_of
from holograd.cli.explain_table import of_table
from holograd.creation import tensor
from holograd.data.mnist import NotFound
from holograd.errors import ArgumentError, DataError, ModelError
from holograd.explanation.words.amounts import point
from holograd.nn.module import Module
from holograd.ops.random import Generator
from holograd.pictures.numbers import MINUS, short
from holograd.recipes import RECIPES, Recipe
from holograd.recipes.measure import outputs_of
from holograd.recipes.networks import build
from holograd.tensor import Tensor, no_grad

TABLES = (".csv", ".tsv", ".npy", ".npz", ".parquet", ".csv.gz", ".csv.bz2", ".csv.xz")


# --- recipes and models of recipes ---


def of_recipe(recipe: Recipe, wishes: Wishes) -> Question:
    """An untrained network of a recipe, or the lecture's, on one sample.

    Raises:
        ArgumentError, DataError: the row or another wish does not fit it.
    """
    if recipe.network == "perceptron":
        gate = recipe.name.removeprefix("perceptron-")
        raise ArgumentError(
            f"{recipe.name} cannot be explained by gradients",
            why="a perceptron answers by a step, whose slope is 0 everywhere",
            instead=f"Explain a neuron that learns by gradients: holograd explain {gate} --row 0,1",
        )
    train, _ = _data(recipe)
    outputs = outputs_of(recipe, train)
    network = build(recipe, train.tensors[0].shape[1:], outputs, Generator(wishes.seed))
    question = _of_network(network, recipe, train.classes, recipe.name, wishes)
    assert question.sample is not None
    if recipe.network == "lecture":
        if _corner(recipe, question.sample.inputs) is not None:  # the lecture has no others
            question.notes.append(_rounded(network, question.sample.inputs))
    else:
        command = f"holograd train {recipe.name} --save {recipe.name}.safetensors"
        question.notes.append(("note_untrained", {"seed": wishes.seed, "command": command}))
    return question


def of_model(path: Path, wishes: Wishes) -> Question:
    """A saved network on one sample.

    Raises:
        ModelError: the file holds no network.
        ArgumentError, DataError: the row or another wish does not fit it.
    """
    from holograd import files
    from holograd.tabular import TableModel

    if path.name.lower().endswith(TABLES):
        saved = f"{path.name.partition('.')[0]}.safetensors"
        raise DataError(
            f"{path} is a table, and no trained model",
            instead=f"Train one: holograd train {quote(str(path))} --target COLUMN "
            f"--save {quote(saved)}",
        )
    try:
        metadata = files.load_metadata(path)
    except ModelError as error:
        if path.suffix == ".safetensors":
            raise
        raise ModelError(
            f"{path} is no trained model",
            why=error.what,
            instead="Name a file that holograd train … --save wrote.",
        ) from None
    if "table" in metadata:
        return of_table(TableModel.load(path), path, wishes)
    network = files.load(path)
    if not isinstance(network, Module):
        raise ModelError(
            f"{path} holds weights without a network",
            instead="Save the model itself: hg.save(model, path), not its state_dict().",
        )
    recipe = RECIPES.get(str(metadata.get("recipe")))
    classes = metadata.get("classes")
    return _of_network(network, recipe, classes, path.stem, wishes)


def _data(recipe: Recipe) -> Any:
    try:
        return recipe.data(None)
    except NotFound as error:
        raise DataError(
            error.what, why=error.why,
            instead="Set HOLOGRAD_DATA to the folder that holds the files.",
        ) from None  # fmt: skip


def _of_network(
    network: Module, recipe: Recipe | None, classes: Any, name: str, wishes: Wishes
) -> Question:
    network.eval()
    shape = _sample_shape(network, recipe)
    sample = _sample(recipe, shape, name, wishes)
    outputs = network(tensor(sample.inputs))
    if wishes.target is not None:
        sample.target = _target(wishes.target, outputs, classes)
    question = Question(outputs, f"{name}, {sample.text}", sample=sample)
    choose(question, network, recipe, sample, wishes, classes)
    if classes and outputs.numel() > 1:
        question.notes.append(answer_note(outputs, classes, sample.target))
    return question


def _sample_shape(network: Module, recipe: Recipe | None) -> tuple[int, ...]:
    """The shape of one sample."""
    for layer in network.modules():
        if isinstance(layer, nn.Flatten | nn.Conv2d) and recipe is not None and recipe.picture:
            return (1, *recipe.picture)
        if isinstance(layer, nn.Linear):
            return (layer.in_features,)
    raise ModelError(
        "what a sample of this model looks like is not known",
        why="it neither begins with a Linear layer nor comes from a recipe of pictures",
        instead="Explain it in Python: hg.explain(loss).",
    )


def _sample(recipe: Recipe | None, shape: tuple[int, ...], name: str, wishes: Wishes) -> Sample:
    """The sample that `--row` names, with its target where the data knows it."""
    size = int(np.prod(shape))
    if wishes.row is None:
        example = "0,1" if size == 2 else "0" if recipe and size > 1 else ",".join(["0.5"] * size)
        raise ArgumentError(
            f"{name} takes a sample of {size} number{'s' * (size != 1)}",
            instead=f"Say which, as in --row {example}",
        )
    numbers = numbers_of(wishes.row)
    if recipe is not None and len(numbers) == 1 and size > 1:
        return _numbered(recipe, numbers[0], shape)
    if len(numbers) not in (size, size + 1):
        more = " Or write the number of a test sample, such as --row 0." if recipe else ""
        raise DataError(
            f"--row has {len(numbers)} numbers, and {name} takes {size}",
            instead=f"Write {size}, or {size + 1} with the target at the end.{more}",
        )
    inputs = np.array(numbers[:size], np.float32).reshape(1, *shape)
    target = numbers[size] if len(numbers) > size else None
    if target is None and recipe is not None and recipe.kind == "gate":
        target = _corner(recipe, inputs)
    shown = ", ".join(f"{number:g}" for number in numbers[: min(size, 4)])
    return Sample(inputs, target, f"({shown}{', …' if size > 4 else ''})")


def _corner(recipe: Recipe, inputs: np.ndarray) -> float | None:
    """The answer of a gate at one of its rows; None at other points."""
    for row, answer in zip(*(part.value for part in _data(recipe)[0].tensors), strict=True):
        if (row == inputs.reshape(-1)).all():
            return float(answer.item())
    return None


def _numbered(recipe: Recipe, number: float, shape: tuple[int, ...]) -> Sample:
    """A sample of a recipe's test data."""
    inputs, targets = (part.value for part in _data(recipe)[1].tensors)
    if not (number.is_integer() and 0 <= number < len(inputs)):
        raise DataError(
            f"there is no test sample {number:g}",
            why=f"{recipe.name} has those from 0 to {len(inputs) - 1}",
        )
    place = int(number)
    target = float(np.asarray(targets[place]).item())
    return Sample(inputs[place].reshape(1, *shape), target, f"test sample {place}")


def _target(text: str, outputs: Tensor, classes: Any) -> float:
    """What `--target` names: a class, or a number."""
    if classes and text in classes:
        return float(list(classes).index(text))
    return number_of(text, "--target", LARGEST)


# --- notes ---


def _rounded(network: Module, inputs: np.ndarray) -> tuple[str, dict[str, Any]]:
    """What the lecture gets, which rounds the hidden neurons' answers to 0 and 1."""
    first, activation, second, _ = network.children()
    with no_grad():
        hidden = activation(first(tensor(inputs)))
        exact = second(hidden).item()
        rounded = second(tensor(hidden.value.round())).item()
    told = f"{exact:.4f}".replace("-", MINUS)
    return "note_rounding", {
        "hidden": point(hidden.value.round()), "rounded": short(rounded), "exact": told,
    }  # fmt: skip
