"""The network for a table: linear layers from features to logits, or to one number."""

from __future__ import annotations

from holograd import nn
from holograd.errors import ArgumentError
from holograd.nn.multilayer import ACTIVATIONS, multilayer
from holograd.ops.random import Generator
from holograd.tabular.settings import Settings


def build(settings: Settings, features: int, outputs: int, generator: Generator) -> nn.Sequential:
    """The untrained network.

    Args:
        settings: the hidden layers, their activation and dropout.
        features: how many numbers a row is.
        outputs: the number of classes, or 1.
        generator: where the initial weights come from.

    Raises:
        ArgumentError: there is no such activation; a dropout that is no share.
    """
    if settings.activation not in ACTIVATIONS:
        raise ArgumentError(
            f"got activation={settings.activation!r}",
            instead=f"Write one of {', '.join(ACTIVATIONS)}.",
        )
    layers = multilayer(
        features, settings.hidden, outputs, settings.activation, settings.dropout, generator
    )
    return nn.Sequential(*layers)
