"""The layers of a multilayer perceptron, from the names and sizes that a recipe gives."""

from __future__ import annotations

from collections.abc import Iterable

from holograd.nn.activation import (
    ELU,
    GELU,
    Dropout,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from holograd.nn.linear import Linear
from holograd.nn.module import Module
from holograd.ops.random import Generator

ACTIVATIONS: dict[str, type[Module]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky-relu": LeakyReLU,
    "elu": ELU,
    "gelu": GELU,
    "silu": SiLU,
    "softplus": Softplus,
}


def multilayer(
    inputs: int, hidden: Iterable[int], outputs: int, activation: str, dropout: float,
    generator: Generator,
) -> list[Module]:  # fmt: skip
    """Linear layers, with the activation and, where there is some, dropout between them.

    Args:
        inputs: how many numbers a sample is.
        hidden: the neurons of each hidden layer.
        outputs: the numbers of the last layer, which has no activation.
        activation: a name of ACTIVATIONS.
        dropout: the share of hidden neurons that are silent in a step.
        generator: where the initial weights come from.

    Example:
        >>> [type(layer).__name__ for layer in multilayer(2, [4], 1, "tanh", 0.0, Generator(0))]
        ['Linear', 'Tanh', 'Linear']
    """
    layers: list[Module] = []
    for neurons in hidden:
        layers += [Linear(inputs, neurons, generator=generator), ACTIVATIONS[activation]()]
        if dropout:
            layers.append(Dropout(dropout))
        inputs = neurons
    return [*layers, Linear(inputs, outputs, generator=generator)]
