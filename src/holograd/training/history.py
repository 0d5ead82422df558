"""What training tells afterwards: the numbers of each epoch, time, and why it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from holograd.training.course import Course, plain
from holograd.training.watched import Watched


class History(Course):
    """The numbers of a run of `fit`, epoch by epoch.

    Runs of up to 1,000 epochs keep each epoch; longer ones every 2nd, 4th, 8th, … so that at most
    1,000 evenly spaced ones are kept. The last one is always there.

    `history["loss"]` is the list of losses, one for each of `history.epochs`; `history.columns`
    holds all lists by name.

    Attributes:
        epochs: the numbers of the epochs kept, from 1; [0] where `fit` was asked for 0 epochs.
        columns: the lists by name: "loss", the names of metrics, the same with "validation_" in
            front, "learning_rate".
        monitor: which column told the best epoch.
        best_epoch: the epoch with the best (lowest, finite) value of `monitor`, None without one.
        best: all numbers of that epoch by name.
        restored: the epoch whose weights the model ended with, where the best ones were put back;
            None where it kept the last.
        steps: how many times the parameters were updated.
        samples: how many rows they were trained on, each row counted once an epoch.
        seconds: time spent in training steps; validation and callbacks are not in it.
        compile_seconds: time spent on making machine code of them before.
        stopped: why it ended: "finished", "interrupted", or what a callback said.
        settings: what the run was told and what it chose by itself, in words.
        watched: what `holograd.watch` saw of the layers; None where nobody watched.
    """

    def __init__(self, monitor: str = "loss", settings: Mapping[str, Any] | None = None):
        super().__init__()
        self.monitor = monitor
        self.best_epoch: int | None = None
        self.best: dict[str, float] = {}
        self.restored: int | None = None
        self.steps = 0
        self.samples = 0
        self.seconds = 0.0
        self.compile_seconds = 0.0
        self.stopped = ""
        self.settings = dict(settings or {})
        self.watched: Watched | None = None

    @property
    def samples_per_second(self) -> float:
        """Rows trained on per second of `seconds`; 0 where none were."""
        return self.samples / self.seconds if self.seconds > 0 else 0.0

    def extend(self, first: int, losses: np.ndarray, learning_rate: float) -> None:
        """Enters the losses of epochs from `first` on, of which only those to be kept are made."""
        last = first + len(losses) - 1
        epoch = first
        while epoch <= last:
            loss = float(losses[epoch - first])
            self.add(epoch, {"loss": loss, "learning_rate": learning_rate})
            following = (epoch // self._stride + 1) * self._stride
            epoch = min(following, last) if epoch < last else last + 1

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON takes it; numbers that are not finite become None."""
        described = {
            **super().to_dict(),
            "monitor": self.monitor,
            "best_epoch": self.best_epoch,
            "best": {name: plain(value) for name, value in self.best.items()},
            "restored": self.restored,
            "steps": self.steps,
            "samples": self.samples,
            "seconds": self.seconds,
            "compile_seconds": self.compile_seconds,
            "samples_per_second": self.samples_per_second,
            "stopped": self.stopped,
            "settings": dict(self.settings),
        }
        if self.watched is not None:
            described["watched"] = self.watched.to_dict()
        return described

    def __repr__(self) -> str:
        if not self.epochs:
            return "History(no epoch)"
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in self.last.items())
        parts = [f"epoch {self.epochs[-1]}: {numbers}"]
        if self.best_epoch is not None and self.best_epoch != self.epochs[-1]:
            parts.append(
                f"best at epoch {self.best_epoch}: {self.monitor} {self.best[self.monitor]:.4g}"
            )
        if self.restored is not None:
            parts.append(f"weights of epoch {self.restored}")
        parts.append(f"{self.steps:,} steps in {self.seconds:.3g} s")
        parts.append(self.stopped or "running")
        return f"History({'; '.join(parts)})"
