"""What may happen between epochs: stopping early, keeping the best weights, saving them.

A callback is a function of the run, or an object with methods of `Callback`. It reads what it needs
from the run: `run.epoch`, `run.values` (this epoch's numbers by name), `run.history`, `run.model`,
`run.optimizer`. What it returns, if it is text, stops training and becomes `history.stopped`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING, Any

from holograd.errors import ArgumentError
from holograd.training.choices import close_to, direction_of
from holograd.training.snapshot import Snapshot

if TYPE_CHECKING:
    from holograd.training.run import Run


class Callback:
    """The base of callbacks: methods that do nothing, to be replaced.

    Example:
        >>> class Say(Callback):
        ...     def on_epoch_end(self, run):
        ...         if run.epoch == 3:
        ...             return "three are enough"
    """

    def on_start(self, run: Run) -> None:
        """Called before the first epoch."""

    def on_epoch_end(self, run: Run) -> str | None:
        """Called after each epoch; the text that it returns, if any, says why to stop."""

    def on_end(self, run: Run) -> None:
        """Called once after the last epoch, also when the run was interrupted."""


class FromFunction(Callback):
    """A function of the run as a callback: called after each epoch."""

    def __init__(self, function: Callable[[Run], Any]):
        self.function = function

    def on_epoch_end(self, run: Run) -> str | None:
        result = self.function(run)
        return result if isinstance(result, str) else None


class BestWeights(Callback):
    """Ends with the weights, and the optimizer's state, of the best epoch instead of the last.

    What validation tells of an epoch belongs to the weights at its end. Training's own loss and
    metrics come from all its steps, and belong to these weights by and large; but where an epoch
    is one step on all rows they belong to the weights before that step, and these are kept.

    Args:
        monitor: the column of the history to go by; None takes "validation_loss", or "loss" where
            there is no validation.
        best: "lowest" or "highest"; None knows it for losses and for the metrics of holograd.
        minimum_change: a value must be better by more than this to be the best.

    Raises:
        ArgumentError: `best` is neither, or unknown for that column; when training starts, there
            is no such column.
    """

    def __init__(
        self, monitor: str | None = None, best: str | None = None, minimum_change: float = 0.0
    ):
        if best not in (None, "lowest", "highest"):
            raise ArgumentError(f"best={best!r}", instead='Write best="lowest" or best="highest".')
        if not minimum_change >= 0:
            raise ArgumentError(
                f"minimum_change={minimum_change!r}",
                why="it says by how much a value must be better, 0 or more",
                instead="Write minimum_change=0.001.",
            )
        self.asked, self.best, self.minimum_change = monitor, best, minimum_change
        self._forget()

    def _forget(self) -> None:
        self.monitor = self.asked or "loss"
        self.value = math.inf  # the lowest so far; for "highest", of the negative
        self.epoch: int | None = None
        self.values: dict[str, float] = {}
        self.snapshot: Snapshot | None = None

    def on_start(self, run: Run) -> None:
        """Finds out which column to go by."""
        self._forget()
        columns = run.columns
        if self.asked is None:
            self.monitor = "validation_loss" if "validation_loss" in columns else "loss"
        elif self.asked not in columns:
            raise ArgumentError(
                f"{type(self).__name__} monitors {self.asked!r}, which this run has not",
                why=f"its columns are {', '.join(columns)}",
                instead=close_to(self.asked, columns)
                or "Name it in metrics=[…]; columns of validation take validation=….",
            )
        self.sign = -1.0 if direction_of(self.monitor, self.best) == "highest" else 1.0

    def on_epoch_end(self, run: Run) -> str | None:
        """Keeps the state where this epoch is the best so far."""
        self.improved(run)

    def improved(self, run: Run) -> bool:
        """Whether this epoch is the best so far; if so its state is kept. NaN is never better."""
        value = self.sign * run.values[self.monitor]
        if not value < self.value - self.minimum_change:
            return False
        self.value, self.epoch, self.values = value, run.epoch, run.values
        earlier = run.steps_an_epoch == 1 and not self.monitor.startswith("validation_")
        self.snapshot = run.before if earlier else run.keeper.take()
        return True

    def restore(self, run: Run) -> None:
        """Puts the best state back, if there was any."""
        if self.snapshot is not None:
            run.keeper.restore(self.snapshot)
            run.history.restored = self.epoch

    def on_end(self, run: Run) -> None:
        """Puts the best state back."""
        self.restore(run)


class EarlyStopping(BestWeights):
    """Stops when a number has not become better for `patience` epochs.

    Args:
        patience: how many epochs without a better value to wait for one.
        monitor: as for `BestWeights`.
        minimum_change: a value must be better by more than this to count.
        restore_best: whether to end with the weights of the best epoch instead of the last.
        best: as for `BestWeights`.

    Raises:
        ArgumentError: as for `BestWeights`, and for a patience below 1.

    Source: L. Prechelt, Early Stopping — But When?, 1998, https://doi.org/10.1007/3-540-49430-8_3.
    """

    def __init__(
        self,
        patience: int = 10,
        monitor: str | None = None,
        minimum_change: float = 0.0,
        restore_best: bool = True,
        best: str | None = None,
    ):
        if isinstance(patience, bool) or not isinstance(patience, int) or patience < 1:
            raise ArgumentError(
                f"EarlyStopping got patience={patience!r}",
                why="it counts epochs without a better value, 1 or more",
                instead="Write patience=10.",
            )
        super().__init__(monitor, best, minimum_change)
        self.patience, self.restore_best = patience, restore_best

    def on_start(self, run: Run) -> None:
        """Finds out which column to go by, and starts to wait."""
        super().on_start(run)
        self.waited = 0

    def on_epoch_end(self, run: Run) -> str | None:
        """Says to stop when it has waited for long enough."""
        self.waited = 0 if self.improved(run) else self.waited + 1
        if self.waited < self.patience:
            return None
        return f"early: {self.monitor} has not become better for {self.patience} epochs"

    def on_end(self, run: Run) -> None:
        """Puts the best state back, where that is wanted."""
        if self.restore_best:
            self.restore(run)


class Checkpoint(BestWeights):
    """Saves the model to a file during training: after each epoch that is the best so far.

    The file is replaced as a whole, so that it always holds a complete model.

    Args:
        path: where to save; `holograd.load` reads it.
        best_only: whether to save only when an epoch is the best so far, or after each.
        monitor: as for `BestWeights`.
        best: as for `BestWeights`.

    Raises:
        ArgumentError: as for `BestWeights`.
        OSError: the file cannot be written.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        best_only: bool = True,
        monitor: str | None = None,
        best: str | None = None,
    ):
        super().__init__(monitor, best)
        self.path, self.best_only = path, best_only

    def on_epoch_end(self, run: Run) -> str | None:
        """Saves the best state where it is new, or the present one."""
        from holograd.files import save  # on first use: it brings safetensors

        improved = self.improved(run)
        if not self.best_only:
            save(run.model, self.path)
        elif improved and self.snapshot is not None:
            now = run.keeper.take()
            run.keeper.restore(self.snapshot)
            try:
                save(run.model, self.path)
            finally:
                run.keeper.restore(now)

    def on_end(self, run: Run) -> None:
        """Leaves the model as it is: only the file holds the best weights."""


def as_callbacks(given: Any) -> list[Callback]:
    """One callback or several, as they are or made of functions.

    Raises:
        ArgumentError: one is neither.
    """
    several = given if isinstance(given, list | tuple) else [given]
    callbacks = []
    for one in several:
        if isinstance(one, type) or not (isinstance(one, Callback) or callable(one)):
            raise ArgumentError(
                f"callbacks holds {one!r}",
                why="a callback is a function of the run, or a Callback",
                instead=f"Write {one.__name__}()." if isinstance(one, type) else "",
            )
        callbacks.append(one if isinstance(one, Callback) else FromFunction(one))
    return callbacks
