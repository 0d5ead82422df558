"""One network for a table: made, trained by the one-cycle schedule, stopped in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from holograd import nn
from holograd.data.split import largest_remainders
from holograd.nn.class_loss import cross_entropy
from holograd.ops.random import Generator, permutation
from holograd.optim import Optimizer
from holograd.optim.lr_scheduler import OneCycleLR
from holograd.tabular.network import build
from holograd.tabular.settings import Settings
from holograd.training import Callback, EarlyStopping, History, fit
from holograd.training.batches import tensor_of
from holograd.training.choices import OPTIMIZERS


def train_network(
    settings: Settings,
    inputs: np.ndarray,
    targets: np.ndarray,
    classes: int,
    *,
    balance: bool = False,
    seed: int = 0,
    callbacks: Sequence[Callback] = (),
    backend: str = "native",
    quiet: bool = False,
) -> tuple[nn.Sequential, History]:
    """A trained network and its history. Where there are validation rows, it has the weights of
    the epoch that was best for them.

    Args:
        settings: how to make and train it.
        inputs: (N, features) float32.
        targets: (N,) class numbers, or (N, 1) standardised numbers.
        classes: how many there are; 0 for regression.
        balance: whether each class counts alike in the loss.
        seed: decides the validation rows, the initial weights and everything random in training.
        callbacks: what else to do after each epoch.
        backend: "native" for machine code, "numpy" for the reference.
        quiet: whether to show no progress.
    """
    network = build(settings, inputs.shape[1], classes or 1, Generator(seed))
    loss = weighted(targets, classes) if balance else None
    kept = validation_rows(targets, classes, settings.validation, seed)
    validation = None
    if kept.any():
        validation = (inputs[kept], targets[kept])
        inputs, targets = inputs[~kept], targets[~kept]
        callbacks = [*callbacks, EarlyStopping(settings.patience)]
    steps = math.ceil(len(inputs) / settings.batch_size)

    def one_cycle(optimizer: Optimizer) -> OneCycleLR:
        return OneCycleLR(
            optimizer, settings.lr, epochs=settings.epochs, steps_per_epoch=steps,
            cycle_momentum=False,
        )  # fmt: skip

    history = fit(
        network, (inputs, targets), loss=loss, lr=settings.lr, epochs=settings.epochs,
        optimizer=partial(OPTIMIZERS[settings.optimizer], weight_decay=settings.weight_decay),
        batch_size=settings.batch_size, validation=validation, schedule=one_cycle,
        callbacks=callbacks, seed=seed, backend=backend, quiet=quiet,
    )  # fmt: skip
    return network.eval(), history


def validation_rows(targets: np.ndarray, classes: int, share: float, seed: int) -> np.ndarray:
    """(N,) which rows only decide when to stop: a share of each class, but never all of its rows.

    Args:
        targets: (N,) class numbers, or (N, 1) numbers.
        classes: how many there are; 0 for regression, whose rows are drawn alike.
        share: of the rows; 0 draws none.
        seed: decides which.
    """
    strata = targets if classes else np.zeros(len(targets), np.int64)
    counts = np.bincount(strata, minlength=max(classes, 1))
    quotas = largest_remainders(counts, round(len(targets) * share))
    drawn = np.zeros(len(targets), bool)
    order = permutation(len(targets), Generator(seed)).value
    for stratum, quota in enumerate(np.minimum(quotas, np.maximum(counts - 1, 0))):
        drawn[order[strata[order] == stratum][:quota]] = True
    return drawn


def weighted(targets: np.ndarray, classes: int) -> Any:
    """The cross-entropy in which a row of class c of n_c rows counts N / (C · n_c)."""
    counts = np.maximum(np.bincount(targets, minlength=classes), 1)
    weights = tensor_of((len(targets) / (classes * counts)).astype(np.float32))

    def balanced_cross_entropy(output: Any, target: Any) -> Any:
        return cross_entropy(output, target, weights)

    return balanced_cross_entropy
