"""The recipes by name: one entry each; the command line and the tests loop over this table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches

from holograd import data
from holograd.data import TensorDataset
from holograd.data.mnist import NotFound
from holograd.errors import ArgumentError
from holograd.recipes.recipe import Parts, Recipe
from holograd.recipes.variant import OPTIMIZERS
from holograd.tensor import Tensor


def _truth_table(name: str) -> Callable[[str | None], Parts]:
    """The four rows of a gate, which are all there is to learn from and to be tested on."""

    def read(folder: str | None) -> Parts:
        rows = TensorDataset(*data.gate(name))
        return rows, rows

    return read


def _drawn(shape: Callable[..., tuple[Tensor, Tensor]], noise: float) -> Callable[..., Parts]:
    """400 points of a toy shape to learn from, and 400 others to be tested on.

    The points are the same at every call: a training's seed decides the weights, not the question.
    """

    def read(folder: str | None) -> Parts:
        train, test = (TensorDataset(*shape(400, noise, seed=seed)) for seed in (0, 1))
        return train, test

    return read


def _digits(folder: str | None) -> Parts:
    return data.digits()


def _from_files(name: str, read: Callable[[str | None], Parts]) -> Callable[[str | None], Parts]:
    """Published files, in the given folder or in the folder `name` within it."""

    def read_from(folder: str | None) -> Parts:
        try:
            return read(folder)
        except NotFound as error:
            raise NotFound(
                error.what,
                why=error.why,
                instead="Write --data FOLDER, with the folder that holds the files or a folder "
                f"{name} with them, or set HOLOGRAD_DATA to it.",
            ) from None

    return read_from


def _one_neuron(gate: str) -> Recipe:
    return Recipe(
        name=gate,
        summary=f"One neuron learns the gate {gate.upper()}.",
        kind="gate",
        data=_truth_table(gate),
        loss="bce-with-logits",
        lr=0.1,
        epochs=300,
        batch_size=4,
        advice=(
            (f"holograd train {gate} --plot {gate}.png", "draw the line that the neuron found"),
            ("holograd train perceptron-and", "Rosenblatt's rule, mistake by mistake"),
            ("holograd train xor", "a gate that one neuron cannot learn"),
        ),
    )


def _perceptron(gate: str) -> Recipe:
    return Recipe(
        name=f"perceptron-{gate}",
        summary=f"Rosenblatt's perceptron on {gate.upper()}, mistake by mistake.",
        kind="gate",
        data=_truth_table(gate),
        network="perceptron",
        loss="mse",
        optimizer="",
        lr=1.0,
        epochs=100,
        batch_size=1,
        advice=(
            (f"holograd train perceptron-{gate} --plot line.png", "draw its line"),
            (f"holograd train {gate} --hidden 0", "one neuron that learns by gradients"),
            ("holograd train xor", "a gate that no perceptron can learn"),
        ),
    )


# Of 2,000 seeds each, 2 hidden neurons learn XOR by these settings from 45 %, 4 from 97 %, 8 from
# all.
_XOR = replace(
    _one_neuron("xor"),
    summary="A hidden layer of 8 neurons learns XOR, which one neuron cannot.",
    hidden=(8,),
    lr=0.05,
    advice=(
        ("holograd train xor --plot xor.png", "draw its answer everywhere"),
        ("holograd train xor --hidden 2", "over half of all seeds get stuck"),
        ("holograd train xor --hidden 0", "one neuron alone, which cannot"),
        ("holograd train digits", "the same, with real handwriting"),
    ),
)

_LECTURE = replace(
    _XOR,
    name="xor-lecture",
    summary="XOR by the lecture's fixed weights; trains them only where --epochs is given.",
    network="lecture",
    hidden=(2,),
    activation="sigmoid",
    output="sigmoid",
    loss="mse",
    lr=0.05,
    epochs=0,
    advice=(
        ("holograd train xor-lecture --epochs 200", "train on from these weights"),
        ("holograd train xor-lecture --plot lecture.png", "draw what they answer in between"),
        ("holograd train xor", "learn other weights from a random start"),
    ),
)

_MOONS = Recipe(
    name="moons",
    summary="Two half circles that reach into each other, 400 points.",
    kind="classes",
    data=_drawn(data.moons, 0.15),
    hidden=(16, 16),
    activation="tanh",
    loss="cross-entropy",
    lr=0.02,
    schedule="one-cycle",
    epochs=60,
    batch_size=32,
    advice=(
        ("holograd train moons --plot moons.png", "draw the regions of both classes"),
        ("holograd train moons --hidden 0", "no hidden layer: one straight line"),
        ("holograd train spirals", "a harder shape"),
    ),
)

_SPIRALS = replace(
    _MOONS,
    name="spirals",
    summary="Two arms that wind around each other, 400 points.",
    data=_drawn(data.spirals, 0.02),
    hidden=(32, 32),
    epochs=100,
    advice=(
        ("holograd train spirals --plot spirals.png", "draw the regions of both classes"),
        ("holograd train spirals --hidden 4", "too few neurons to wind"),
        ("holograd train digits", "real handwriting"),
    ),
)

_SINE = replace(
    _MOONS,
    name="sine",
    summary="A curve fitted through 400 noisy points of a sine.",
    kind="curve",
    data=_drawn(data.sine, 0.1),
    hidden=(32,),
    loss="mse",
    epochs=100,
    advice=(
        ("holograd train sine --plot sine.png", "draw the fitted curve over the points"),
        ("holograd train sine --hidden 2", "a curve of two bends at most"),
        ("holograd train sine --activation relu", "a curve of straight pieces"),
    ),
)

# Chosen by scripts/choose_digits.py, on the training digits alone.
_DIGITS = Recipe(
    name="digits",
    summary="3,823 handwritten digits of 8 × 8 pixels, which come with the package.",
    kind="classes",
    data=_digits,
    hidden=(256, 128),
    activation="relu",
    loss="cross-entropy",
    optimizer="adamw",
    lr=0.01,
    schedule="one-cycle",
    epochs=40,
    batch_size=64,
    weight_decay=0.1,
    dropout=0.2,
    picture=(8, 8),
    advice=(
        ("holograd train digits --save digits.safetensors", "keep the trained network"),
        ("holograd train digits --plot digits.png", "draw the course of training"),
        ("holograd train digits --hidden 16", "are so few neurons enough?"),
        ("holograd train xor", "why there is a hidden layer"),
    ),
)

# Chosen on a split of MNIST's 60,000 training images.
_MNIST = replace(
    _DIGITS,
    name="mnist",
    summary="MNIST: 60,000 handwritten digits of 28 × 28 pixels, from --data or $HOLOGRAD_DATA.",
    data=_from_files("mnist", data.mnist),
    needs_files=True,
    hidden=(500, 150),
    lr=0.003,
    epochs=15,
    batch_size=128,
    weight_decay=0.01,
    dropout=0.2,
    picture=(28, 28),
    advice=(
        ("holograd train mnist --save mnist.safetensors", "keep the trained network"),
        ("holograd train mnist --hidden 100 --epochs 5", "smaller and quicker"),
        ("holograd train lenet5", "a convolutional network on the same pictures"),
    ),
)

_FASHION = replace(
    _MNIST,
    name="fashion-mnist",
    summary="Fashion-MNIST: 60,000 pictures of clothes, from --data or $HOLOGRAD_DATA.",
    data=_from_files("fashion-mnist", data.fashion_mnist),
    advice=(
        ("holograd train fashion-mnist --save clothes.safetensors", "keep the trained network"),
        ("holograd train fashion-mnist --hidden 100 --epochs 5", "smaller and quicker"),
        ("holograd train mnist", "digits, which are easier"),
    ),
)

_LENET5 = replace(
    _MNIST,
    name="lenet5",
    summary="LeNet-5 with ReLU and max-pooling, 61,706 parameters, on MNIST.",
    network="lenet5",
    hidden=(),
    lr=0.004,
    epochs=5,
    batch_size=64,
    dropout=0.0,
    advice=(
        ("holograd train lenet5 --epochs 1", "one epoch is already close"),
        ("holograd train lenet5 --save lenet5.safetensors", "keep the trained network"),
        ("holograd train mnist", "a network without convolutions on the same pictures"),
    ),
)


RECIPES = {
    recipe.name: recipe
    for recipe in (
        *map(_one_neuron, ("and", "or", "nand")),
        _XOR,
        _LECTURE,
        *map(_perceptron, ("and", "or", "xor")),
        _MOONS,
        _SPIRALS,
        _SINE,
        _DIGITS,
        _MNIST,
        _FASHION,
        _LENET5,
    )
}


def smaller_rate(recipe: Recipe) -> float:
    """A learning rate to try where a recipe's is too large: the usual one, or else a tenth.

    Example:
        >>> smaller_rate(replace(find("xor"), lr=1e30)), smaller_rate(replace(find("xor"), lr=0.01))
        (0.05, 0.001)
    """
    named = RECIPES.get(recipe.name)
    if named is not None and named.optimizer == recipe.optimizer:
        usual = named.lr
    else:
        usual = OPTIMIZERS[recipe.optimizer][1]
    return usual if usual < recipe.lr else recipe.lr / 10


def find(name: str) -> Recipe:
    """The recipe of that name; capitals, and underscores for hyphens, make no difference.

    Raises:
        ArgumentError: there is none; names the closest ones.

    Example:
        >>> find("xor").hidden
        (8,)
    """
    plain = name.lower().replace("_", "-")
    if plain in RECIPES:
        return RECIPES[plain]
    close = [repr(each) for each in get_close_matches(plain, RECIPES, cutoff=0.5)]
    raise ArgumentError(
        f"there is no recipe {name!r}",
        why=f"the recipes are {', '.join(RECIPES)}",
        instead=f"Did you mean {' or '.join(close)}?" if close else "Choose one of these.",
    )
