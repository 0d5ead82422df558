"""The networks that recipes are made with, under the names that a recipe gives."""

from __future__ import annotations

import numpy as np

from holograd import nn
from holograd.nn.multilayer import ACTIVATIONS, multilayer
from holograd.ops.random import Generator
from holograd.recipes.recipe import Recipe


def build(recipe: Recipe, inputs: tuple[int, ...], outputs: int, generator: Generator) -> nn.Module:
    """The untrained network of a recipe.

    Args:
        recipe: names the builder, the hidden layers and the activations.
        inputs: the shape of one sample.
        outputs: how many numbers the last layer gives for it.
        generator: where the initial weights come from.
    """
    return _BUILDERS[recipe.network](recipe, inputs, outputs, generator)


def _multilayer(
    recipe: Recipe, inputs: tuple[int, ...], outputs: int, generator: Generator
) -> nn.Module:
    """Linear layers, with the activation and, where the recipe has it, dropout between them."""
    layers: list[nn.Module] = [nn.Flatten()] if len(inputs) > 1 else []
    layers += multilayer(
        int(np.prod(inputs)), recipe.hidden, outputs, recipe.activation, recipe.dropout, generator
    )
    if recipe.output:
        layers.append(ACTIVATIONS[recipe.output]())
    return nn.Sequential(*layers)


def _lenet5(
    recipe: Recipe, inputs: tuple[int, ...], outputs: int, generator: Generator
) -> nn.Module:
    """LeNet-5 as it is built today, 61,706 parameters for 28 × 28 pixels and 10 classes.

    A full second convolution, max-pooling and ReLU take the place of the original's table of
    connections, trainable subsampling and tanh.

    Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
    recognition", Proceedings of the IEEE 86(11), 1998.
    """
    activation = ACTIVATIONS[recipe.activation]
    layers: list[nn.Module] = [
        nn.Conv2d(1, 6, 5, padding=2, generator=generator),
        activation(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5, generator=generator),
        activation(),
        nn.MaxPool2d(2),
        nn.Flatten(),
    ]
    width = 16 * 5 * 5
    for neurons in (120, 84):
        layers += [nn.Linear(width, neurons, generator=generator), activation()]
        if recipe.dropout:
            layers.append(nn.Dropout(recipe.dropout))
        width = neurons
    return nn.Sequential(*layers, nn.Linear(width, outputs, generator=generator))


def _lecture(
    recipe: Recipe, inputs: tuple[int, ...], outputs: int, generator: Generator
) -> nn.Module:
    """The multilayer network of 2-2-1 neurons with the weights that the lecture gives for XOR.

    The lecture writes XW + b, with a column of W for each neuron; a layer here stores a row.
    """
    network = _multilayer(recipe, inputs, outputs, generator)
    weights = ([[5, 5], [-7, -7]], [-8, 3], [[-11, -11]], [6])
    for parameter, values in zip(network.parameters(), weights, strict=True):
        parameter.data = np.array(values, np.float32)
    return network


def _perceptron(
    recipe: Recipe, inputs: tuple[int, ...], outputs: int, generator: Generator
) -> nn.Module:
    """Rosenblatt's neuron, which answers 0 or 1."""
    return nn.Perceptron(inputs[0], learning_rate=recipe.lr)


_BUILDERS = {
    "multilayer": _multilayer,
    "lenet5": _lenet5,
    "lecture": _lecture,
    "perceptron": _perceptron,
}
