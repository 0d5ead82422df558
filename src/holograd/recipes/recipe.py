"""A recipe: everything that decides how a network is made and trained, as plain data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from holograd.data import TensorDataset

Parts = tuple[TensorDataset, TensorDataset]
"""The data to learn from, and the data to be tested on."""


@dataclass(frozen=True)
class Recipe:
    """What `holograd train NAME` does; `dataclasses.replace` makes a variant of it.

    Attributes:
        name: what it is called on the command line.
        summary: one line for people.
        kind: what is learned: "gate" (a truth table, targets (N, 1) of 0 and 1), "classes" (labels
            (N,)) or "curve" (numbers (N, 1)).
        data: makes or reads the data; takes the folder of the data files, or None.
        needs_files: whether `data` reads files that do not come with the package.
        network: which builder of `holograd.recipes.networks` makes the network.
        hidden: the number of neurons of each hidden layer.
        activation: after each hidden layer; one of `networks.ACTIVATIONS`.
        output: the activation after the last layer, "" for none.
        loss: one of `measure.LOSSES[kind]`.
        optimizer: one of `variant.OPTIMIZERS`; "" where the network has a learning rule of its own.
        lr: the learning rate; the greatest one of a "one-cycle" schedule.
        schedule: "constant" or "one-cycle".
        epochs: how often each sample is seen.
        batch_size: samples a step.
        weight_decay: the optimizer's.
        dropout: the share of hidden neurons that are silent in a training step.
        picture: rows and columns of the inputs where they are a picture, else None.
        advice: commands to try next, each with a word on why.
    """

    name: str
    summary: str
    kind: str
    data: Callable[[str | None], Parts]
    loss: str
    epochs: int
    batch_size: int
    needs_files: bool = False
    network: str = "multilayer"
    hidden: tuple[int, ...] = ()
    activation: str = "tanh"
    output: str = ""
    optimizer: str = "adam"
    lr: float = 0.01
    schedule: str = "constant"
    weight_decay: float = 0.0
    dropout: float = 0.0
    picture: tuple[int, int] | None = None
    advice: tuple[tuple[str, str], ...] = ()
