"""One run of training: the loop over epochs and steps, and what happens when it goes wrong."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.graph import Node
from holograd.nn.module import Module
from holograd.ops.random import default_generator
from holograd.optim.lr_scheduler import ReduceLROnPlateau
from holograd.tensor import Tensor
from holograd.training.batches import Batches, Loaded, Rows, tensor_of
from holograd.training.callbacks import BestWeights, Callback
from holograd.training.evaluation import ROWS_AT_ONCE, measured
from holograd.training.history import History
from holograd.training.moment import Moment
from holograd.training.nonfinite import Diverged, Origin, backward_origin, forward_origin, way_out
from holograd.training.progress import Progress, progress_for
from holograd.training.snapshot import Keeper, Snapshot
from holograd.training.step import Step

if TYPE_CHECKING:
    from holograd.compiler.predictor import Predictor
    from holograd.training.native import NativeSteps


class Run:
    """A run of `fit`, which callbacks are given.

    Attributes:
        model: what is trained.
        optimizer: what trains it.
        epochs: how many there are to be.
        epoch: the present one, from 1.
        steps_an_epoch: how many batches an epoch has.
        values: the last finished epoch's numbers by name: "loss", metrics, "validation_…",
            "learning_rate".
        columns: the names of those numbers.
        history: what was recorded so far.
    """

    def __init__(
        self,
        *,
        step: Step,
        rows: Rows,
        batches: Batches | Loaded,
        validation: Rows | None,
        metrics: dict[str, Callable[..., float]],
        schedule: Any,
        schedule_each_step: bool,
        epochs: int,
        callbacks: Sequence[Callback],
    ):
        self.step, self.rows, self.batches, self.validation = step, rows, batches, validation
        self.model: Module = step.model
        self.optimizer = step.optimizer
        self.metrics, self.epochs = metrics, epochs
        self.schedule, self.schedule_each_step = schedule, schedule_each_step
        self.adds_up = getattr(step.loss, "reduction", "mean") == "sum"
        self.steps_an_epoch = len(batches)
        self.columns = ["loss", *metrics]
        if validation is not None:
            self.columns += [f"validation_{name}" for name in self.columns]
        self.columns.append("learning_rate")
        self.best = BestWeights()
        self.callbacks = [self.best, *callbacks]
        self.keeper = Keeper(self.model, self.optimizer)
        self.history = History()
        self.values: dict[str, float] = {}
        self.epoch = self.batch = self.count = 0
        self.total = 0.0
        self.rate = self.learning_rate  # of the last step, where a schedule goes on after each
        self.started = time.perf_counter()
        self.earlier: Moment | None = None
        self.now: Moment | None = None
        self.native: NativeSteps | None = None  # the steps in machine code, where there are such
        self.predictor: Predictor | None = None  # and the answers to the validation rows

    @property
    def before(self) -> Snapshot | None:
        """The state before the last step; None before the first."""
        return self.now.state if self.now else None

    @property
    def learning_rate(self) -> float:
        """The learning rate of the first group of parameters."""
        return float(self.optimizer.param_groups[0]["lr"])

    def execute(self, quiet: bool) -> None:
        """Trains until the last epoch, until a callback has enough, or until Ctrl-C.

        Raises:
            Diverged: the loss or a parameter is no longer finite.
        """
        progress = progress_for(quiet)
        ended: Run | None = None
        for callback in self.callbacks:
            callback.on_start(self)
        self.history.monitor = self.best.monitor
        progress.start(self)
        try:
            try:
                self.history.stopped = self._loop(progress)
            except KeyboardInterrupt:
                self._interrupted()
            for callback in self.callbacks[1:]:
                callback.on_end(self)
            ended = self
        finally:
            progress.end(ended)

    def _loop(self, progress: Progress) -> str:
        """All epochs; returns why there are no more."""
        self.started = time.perf_counter()
        reason = ""
        if self.epochs == 0:
            self._record(
                measured(self.model, self.rows, self.step.loss, self.metrics, ROWS_AT_ONCE)
            )
        while self.epoch < self.epochs and not reason:
            if self.native is not None and self.native.free:
                self._run_freely(self.native, progress)
                continue
            self.epoch += 1
            if self.native is not None:
                self.native, note = self.native.renewed()
                if note:
                    self.history.settings |= {"backend": "numpy", "backend_note": note}
            values = self._train(progress) if self.native is None else self.native.epoch(progress)
            if self.steps_an_epoch > 1 or self.validation is not None:
                self.check_parameters()
            self._record(values)
            self._advance_schedule()
            said = [callback.on_epoch_end(self) for callback in self.callbacks]
            reason = next((text for text in said if text), "")
            if self.best.epoch == self.epoch:
                self.history.best_epoch, self.history.best = self.epoch, self.values
            progress.epoch(self)
        self.check_parameters()
        return reason or "finished"

    def _run_freely(self, native: NativeSteps, progress: Progress) -> None:
        """Some epochs that need nothing of Python."""
        before = self.epoch
        native.epochs(progress)
        if self.epoch > before:
            progress.epoch(self)

    def _train(self, progress: Progress) -> dict[str, float]:
        """One epoch's steps; returns its loss and metrics."""
        history, clock = self.history, time.perf_counter
        outputs: list[np.ndarray] = []
        targets_seen: list[np.ndarray] = []
        self.total, self.count, self.batch = 0.0, 0, 0
        begun, spent = clock(), history.seconds
        try:
            for inputs, targets in self.batches:
                rows = len(inputs.node.value)
                value, output = self.one_step(inputs, targets)
                self.total += value if self.adds_up else value * rows
                self.count += rows
                self.batch += 1
                history.samples += rows
                if self.metrics:
                    outputs.append(output)
                    targets_seen.append(targets.node.value)
                if self.schedule_each_step:
                    self.rate = self.learning_rate
                    self.schedule.step()
                if clock() >= progress.due:
                    history.seconds = spent + clock() - begun
                    progress.step(self)
        finally:
            history.seconds = spent + clock() - begun
        values = self.so_far()
        if self.metrics:
            output, target = joined(outputs), joined(targets_seen)
            values |= {name: float(metric(output, target)) for name, metric in self.metrics.items()}
        return values

    def one_step(self, inputs: Tensor, targets: Tensor) -> tuple[float, np.ndarray]:
        """One step by NumPy; returns the loss and the output.

        Raises:
            Diverged: the loss is not finite.
        """
        self.earlier = self.now
        self.now = Moment(self.keeper.take(), inputs, targets, default_generator.stream)
        loss, output = self.step(inputs, targets)
        value = float(loss.node.value)
        if not math.isfinite(value):
            raise self._diverged(loss.node, value)
        self.history.steps += 1
        return value, output.node.value  # not their graph, which would live on in the next step

    def so_far(self) -> dict[str, float]:
        """The mean loss of the present epoch's rows until now."""
        return {"loss": self.total / max(self.count, 1)}

    def _record(self, values: dict[str, float]) -> None:
        """Enters the epoch's numbers, with those of validation."""
        if self.validation is not None:
            loss, metrics = self.step.loss, self.metrics
            others = measured(
                self.model, self.validation, loss, metrics, ROWS_AT_ONCE, self.predictor
            )
            values |= {f"validation_{name}": value for name, value in others.items()}
        values["learning_rate"] = self.rate if self.schedule_each_step else self.learning_rate
        self.values = values
        self.history.add(self.epoch, values)

    def _advance_schedule(self) -> None:
        if self.schedule is None or self.schedule_each_step:
            return
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step(self.values[self.best.monitor])
        else:
            self.schedule.step()

    def _interrupted(self) -> None:
        """Puts the best state back, or that before a step that was cut short."""
        self.history.stopped = "interrupted"
        if self.native is not None:
            self.native.settle()
        if self.best.snapshot is not None:
            self.best.restore(self)
        elif self.native is not None and self.best.epoch is not None:
            self.native.restore_best()
            self.history.restored = self.best.epoch
        elif self.native is None and self.now is not None:
            self.keeper.restore(self.now.state)

    # --- numbers that are not finite ---

    def _names(self, moment: Moment) -> dict[Node, str]:
        """What the leaves of a step's graph are called."""
        names = self.keeper.names_in(moment.state)
        return {**names, moment.inputs.node: "the inputs", moment.targets.node: "the targets"}

    def _diverged(self, loss: Node, value: float) -> Diverged:
        """The report about the present step, whose loss is `value`; undoes the step."""
        moment = self.now
        assert moment is not None
        name = self.keeper.strange(moment.state)
        if name and self.earlier is not None:
            return self.spoilt(name, self.earlier, self.history.steps)
        origin = forward_origin(loss, self._names(moment))
        self.keeper.restore(moment.state)
        text = "NaN" if math.isnan(value) else "infinite"
        return self.report(f"the loss became {text}", self.history.steps + 1, origin)

    def check_parameters(self) -> None:
        """Raises Diverged where the last step left a parameter that is not finite."""
        if self.native is not None:
            self.native.settle()
        name = self.keeper.strange(self.keeper.take())
        if not name:
            return
        if self.native is not None and self.native.done:
            raise self.native.spoilt()
        if self.now is not None:
            raise self.spoilt(name, self.now, self.history.steps)

    def spoilt(self, name: str, moment: Moment, step: int) -> Diverged:
        """The report about a step whose loss was finite, and whose update was not; undoes it.

        The step's graph is gone: it is computed once more, from the same state, rows and draws.
        """
        self.keeper.restore(moment.state)
        drawn = default_generator.stream
        default_generator.stream = moment.stream
        try:
            loss, _ = self.step.forward(moment.inputs, moment.targets)
            origin = backward_origin(loss.node, self._names(moment))
        finally:
            default_generator.stream = drawn
            self.keeper.restore(moment.state)  # statistics that the forward pass moved
        if origin is None:
            origin = Origin(
                "", "", "the gradients were finite, and the update itself too large", ()
            )
        what = f"the update made {name} NaN or infinite, after a finite loss"
        return self.report(what, step, origin)

    def report(self, what: str, step: int, origin: Origin) -> Diverged:
        """The error that tells of it."""
        self.history.stopped = "diverged"
        epoch = (step - 1) // self.steps_an_epoch + 1
        return Diverged(
            f"{what} at step {step:,}, in epoch {epoch:,}", epoch=epoch, step=step, origin=origin,
            history=self.history, instead=way_out(origin, step, self.learning_rate),
        )  # fmt: skip


def joined(arrays: list[np.ndarray]) -> Tensor:
    """The rows of all arrays as one tensor."""
    return tensor_of(arrays[0] if len(arrays) == 1 else np.concatenate(arrays))
