"""`watch`: statistics of a model's layers, epoch by epoch, without touching its training."""

from __future__ import annotations

import math
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.errors import ArgumentError
from holograd.nn.call import kind_of
from holograd.nn.module import Module
from holograd.nn.utils import clip_grad_norm_
from holograd.optim.trial import next_values
from holograd.tensor import Tensor
from holograd.training.callbacks import Callback
from holograd.training.evaluation import check_model
from holograd.training.watched import Watched
from holograd.watching.layers import (
    gradient_norms,
    kinds,
    leaf_layers,
    length,
    record_outputs,
    statistics,
)
from holograd.watching.untouched import untouched

if TYPE_CHECKING:
    from holograd.training.run import Run
    from holograd.watching.event_files import EventFile

ROWS = 256  # of the training data, to look at


def watch(model: Module, every: int = 1, tensorboard: str | PathLike[str] | None = None) -> Watch:
    """A callback for `fit` that watches a model's layers learn.

    Before training (epoch 0), after each n-th epoch and after the last, the first rows of the
    training data, 256 at most, go through the model, forward and backward, as in a training step;
    then everything is put back: training gives the same bits with and without it. The numbers are
    in `history.watched`, under the layers' and the parameters' paths:

    - `0.mean`, `0.std`: mean and standard deviation (divided by the count) of all numbers that the
      layer put out, over rows and units. Layers are the modules that hold no others.
    - `1.dead` of a ReLU: the share of its units (neurons; channels of images) that are 0 on each of
      the rows.
    - `1.saturated` of a Sigmoid, Tanh or Hardtanh: the share of its outputs, over rows and units,
      where the slope is under a tenth of its greatest: σ under 0.0257 or over 0.9743, tanh beyond
      ±0.9487, Hardtanh at a bound.
    - `0.weight.gradient_norm`: ‖∂L/∂w‖ for the mean loss of these rows, before clipping.
    - `0.weight.update_ratio`: ‖Δw‖ / ‖w‖, with Δw the optimizer's next update by this gradient
      (clipped where `fit` clips) and by its state. LBFGS, which has no rule for it, has none.

    Args:
        model: the one that `fit` trains.
        every: how many epochs lie between two looks. A look takes about as long as two steps
            by NumPy, a millisecond for a small network.
        tensorboard: a folder for event files, which TensorBoard opens: these numbers, the epoch's
            loss and metrics, and histograms of the weights. The first `fit` writes into the folder
            itself; each further one, with this callback or another, into a sub-folder, `fit-2`,
            `fit-3`, …, which TensorBoard shows as runs of their own.

    Raises:
        ArgumentError: `model` is no module, `every` is not a whole number above 0, or tensorboard
            is not installed; when training starts, `fit` trains another model.
        DataError: the folder cannot be written.

    Example:
        >>> import holograd as hg
        >>> from holograd import nn
        >>> from holograd.training import fit
        >>> model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
        >>> history = fit(model, hg.data.gate("xor"), epochs=20, quiet=True,
        ...               callbacks=[watch(model, every=10)])
        >>> history.watched.epochs
        [0, 10, 20]
        >>> history.watched.layers
        {'0': 'Linear(2 → 4)', '1': 'Tanh', '2': 'Linear(4 → 1)'}
        >>> [name for name in history.watched if name.startswith("0.")]
        ['0.mean', '0.std', '0.weight.gradient_norm', '0.weight.update_ratio',
         '0.bias.gradient_norm', '0.bias.update_ratio']
    """
    return Watch(model, every, tensorboard)


class Watch(Callback):
    """The callback that `watch` makes; see there."""

    def __init__(
        self, model: Module, every: int = 1, tensorboard: str | PathLike[str] | None = None
    ):
        check_model(model)
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise ArgumentError(
                f"watch got every={every!r}", why="it counts the epochs between two looks",
                instead="Write every=1, or every=100 for a run of thousands.",
            )  # fmt: skip
        self.model, self.every = model, every
        self.folder = tensorboard
        self.events: EventFile | None = None
        if tensorboard is not None:
            from holograd.watching.event_files import check

            check(tensorboard)

    def on_start(self, run: Run) -> None:
        """Takes the first look, before training."""
        if run.model is not self.model:
            raise ArgumentError(
                f"watch was given {kind_of(self.model)}, and fit trains another model, "
                f"{kind_of(run.model)}",
                why="the layers of a model that does not learn stay as they are",
                instead="Give both the same: fit(model, data, callbacks=[watch(model)]).",
            )
        if run.history.watched is not None:
            raise ArgumentError(
                "this fit has two callbacks of watch",
                why="history.watched holds the numbers of one",
                instead="Leave one out.",
            )
        if self.folder is not None:
            from holograd.watching.event_files import EventFile

            self.events = EventFile(self.folder)
        self._look(run)

    def on_epoch_end(self, run: Run) -> str | None:
        """Takes a look after each n-th epoch, and after the last."""
        if run.epoch % self.every == 0 or run.epoch == run.epochs:
            run.check_parameters()  # where they are no longer finite, that is what is to be told
            self._look(run)

    def _look(self, run: Run) -> None:
        step, optimizer = run.step, run.optimizer
        layers = leaf_layers(self.model)
        parameters = dict(self.model.named_parameters())
        inputs, targets = run.rows.taken(slice(ROWS))
        with untouched(self.model, step.loss, tensors=step.clipped):
            outputs = record_outputs(layers)
            for one in (*parameters.values(), *step.clipped):
                one.grad = None
            loss, _ = step.forward(inputs, targets)
            loss.backward()
            numbers = statistics(layers, outputs)
            sizes = gradient_norms(self.model)
            if step.clip_norm is not None:
                clip_grad_norm_(step.clipped, step.clip_norm)
            following = next_values(optimizer)
        for path, one in parameters.items():
            numbers[f"{path}.gradient_norm"] = sizes[f"{path}.gradient_norm"]
            if following is not None:
                change = _change(following, one)
                size = length(one.value)
                numbers[f"{path}.update_ratio"] = change / size if size > 0 else math.nan
        if run.history.watched is None:
            note = "" if following is not None else (
                f"{type(optimizer).__name__} has no rule that tells its next update: there is no "
                "update_ratio"
            )  # fmt: skip
            found = kinds(layers, outputs)
            run.history.watched = Watched(self.every, len(inputs), found, list(parameters), note)
        known = run.history.watched.columns or numbers
        run.history.watched.add(run.epoch, {name: numbers.get(name, math.nan) for name in known})
        if self.events is not None:
            values: dict[str, Any] = {
                **(run.values if run.epoch else {}),
                **run.history.watched.last,
            }
            weights = {path: one.value for path, one in parameters.items()}
            self.events.write(run.epoch, values, weights)


def _change(following: dict[Tensor, np.ndarray], parameter: Tensor) -> float:
    """The length of a parameter's next update; NaN where it gets none."""
    if parameter not in following:
        return math.nan
    return length(following[parameter].astype(np.float64) - parameter.value)
