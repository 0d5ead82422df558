"""What `holograd explain` is to explain: an expression, or a network on one sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from holograd import nn
from holograd.cli.explain_row import number_of, numbers_of, table_row
from holograd.creation import tensor
from holograd.data.mnist import NotFound
from holograd.errors import ArgumentError, DataError, ModelError
from holograd.explanation.symbols import Symbol
from holograd.explanation.words.amounts import point
from holograd.nn import functional
from holograd.nn.module import Module
from holograd.ops.random import Generator
from holograd.pictures.numbers import MINUS, short
from holograd.recipes import RECIPES, Recipe
from holograd.recipes.measure import outputs_of
from holograd.recipes.networks import build
from holograd.tensor import Tensor, no_grad

CROSS_ENTROPIES = ("cross-entropy", "bce-with-logits")  # as recipes call them
ACTIVE = (nn.Sigmoid, nn.Tanh, nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus)
MOST_FEATURES = 8  # that are listed


@dataclass
class Question:
    """What is explained.

    Attributes:
        output: the number, or several of which `index` chooses one.
        title: for headings.
        index: which number of the output; None where it is one.
        names: tensors by the names that people gave them.
        notes: what is to be known besides, by the catalogue's keys with their values.
        sample: what a network is shown; None for an expression.
    """

    output: Tensor
    title: str
    index: tuple[int, ...] | None = None
    names: Mapping[str, Tensor] = field(default_factory=dict)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
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

    metadata = files.load_metadata(path)
    if "table" in metadata:
        return _of_table(TableModel.load(path), path, wishes)
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
    _choose(question, network, recipe, sample, wishes)
    if classes and outputs.numel() > 1:
        question.notes.append(_answer(outputs, classes, sample.target))
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
        for row, answer in zip(*(part.value for part in _data(recipe)[0].tensors), strict=True):
            if (row == inputs.reshape(-1)).all():
                target = float(answer.item())
    shown = ", ".join(f"{number:g}" for number in numbers[: min(size, 4)])
    return Sample(inputs, target, f"({shown}{', …' if size > 4 else ''})")


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
    return number_of(text, "--target")


# --- tables ---


def _of_table(model: Any, path: Path, wishes: Wishes) -> Question:
    """A model of a table on one raw row."""
    encoder = model.encoder
    if wishes.row is None:
        names = ",".join(f"{column.name}=…" for column in encoder.columns[:6])
        raise ArgumentError(
            f"{path} takes a row of its table", instead=f'Say which, as in --row "{names}"'
        )
    table = table_row(encoder, wishes.row, wishes.target)
    inputs = encoder.transform(table)
    target = None
    if model.target in table.names and table.frame[model.target][0] is not None:
        target = float(encoder.targets(table).item())
    outputs = model.network(tensor(inputs))
    question = Question(outputs, f"{path.stem}, {wishes.row}")
    _choose(question, model.network, None, Sample(inputs, target, wishes.row), wishes)
    features = [
        f"{Symbol('x', str(place)).text} {name} {short(value)}"
        for place, (name, value) in enumerate(zip(encoder.features, inputs[0], strict=True), 1)
    ]
    more = len(features) - MOST_FEATURES
    listed = ", ".join(features[:MOST_FEATURES]) + (", …" if more > 0 else "")
    question.notes.append(("note_features", {"count": len(features), "features": listed}))
    if model.classes:
        question.notes.append(_answer(outputs, model.classes, target))
    else:
        given = model.goal.decode(outputs.value)[0]
        told = {"answer": short(given, 6), "target": model.target}
        question.notes.append(("note_standardised", told))
    return question


# --- loss or output ---


def _choose(
    question: Question, network: Module, recipe: Recipe | None, sample: Sample, wishes: Wishes
) -> None:
    """Sets what is explained: the loss where the target is known, else one of the outputs."""
    outputs = question.output
    count = outputs.numel()
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
        return
    last = [layer for layer in network.modules() if not list(layer.children())][-1]
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


def _answer(outputs: Tensor, classes: Any, target: float | None) -> tuple[str, dict[str, Any]]:
    """Which classes the network and the target name."""
    place = int(outputs.value.argmax())
    told = {"answer": classes[place], "place": place}
    if target is None:
        return "note_answer", told
    right = int(target)
    return "note_answer_and_target", {**told, "target": classes[right], "right": right}


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
