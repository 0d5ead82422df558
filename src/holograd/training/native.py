"""The steps of a run in machine code, and the way back to NumPy where something goes wrong.

What Python has to do between epochs (callbacks, validation, metrics, schedules) is done between
calls of one epoch. Where there is nothing to do, epochs run on by themselves, and their losses and
the best state are read off afterwards.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.compiler.control import FINE, Word
from holograd.compiler.index import Unbatchable
from holograd.compiler.trainer import Trainer
from holograd.data import DataLoader
from holograd.errors import CaptureError, HologradError
from holograd.ops.random import default_generator
from holograd.optim import LBFGS
from holograd.training.batches import Loaded, tensor_of
from holograd.training.moment import Moment
from holograd.training.nonfinite import Diverged, Origin

if TYPE_CHECKING:
    from holograd.training.progress import Progress
    from holograd.training.run import Run

LINES_OF_A_RUN = 10  # progress is told at least so often


def native_steps(run: Run, asked: str | None) -> tuple[NativeSteps | None, str]:
    """The run's steps in machine code, or None, and why it is none.

    Args:
        run: what to train.
        asked: "native", "numpy", or None for "native" where that is possible and pays.
    """
    if asked == "numpy" or run.epochs == 0:
        return None, ""
    if isinstance(run.optimizer, LBFGS):
        return None, "LBFGS decides by values how often it computes the loss"
    batches = run.batches
    if isinstance(batches, Loaded) and type(batches.loader) is not DataLoader:
        return None, f"a {type(batches.loader).__name__} makes its batches in Python"
    if asked is None and not pays(run):
        return None, "so few steps are done sooner than compiled"
    try:
        return NativeSteps(run), ""
    except CaptureError as error:
        return None, str(error)
    except Unbatchable as error:
        return None, f"its loops depend on the batch's size: {error}"


def pays(run: Run) -> bool:
    """Whether machine code is quicker, with the time that it takes to make it."""
    parameters = sum(one.numel() for one in run.step.clipped)
    a_step = 2e-4 + parameters * run.batches.size * 1e-9  # seconds, by NumPy, roughly
    return run.epochs * run.steps_an_epoch * a_step > SECONDS_TO_COMPILE


SECONDS_TO_COMPILE = 0.3


class NativeSteps:
    """The steps of a run.

    Args:
        run: what to train.

    Raises:
        CaptureError: a layer or the loss needs a tensor's value.
        Unbatchable: its loops depend on the batch's size.
    """

    def __init__(self, run: Run):
        self.run = run
        batches = run.batches
        if isinstance(batches, Loaded):
            loader = batches.loader
            inputs, targets = (one.value for one in loader.dataset.tensors)
            shuffled, generator = loader.shuffle, loader.generator or default_generator
            rows = len(loader) * loader.batch_size if loader.drop_last else len(inputs)
        else:
            inputs, targets = batches.rows.inputs, batches.rows.targets
            shuffled, generator, rows = batches.shuffled, batches.generator, len(inputs)
        kind = run.rows.inputs.dtype
        inputs, targets = (
            one.astype(kind) if one.dtype.kind == "f" and one.dtype != kind else one
            for one in (inputs, targets)
        )
        self.trainer = Trainer(
            run.step, inputs, targets, batches.size, shuffled=shuffled, generator=generator,
            rows=rows, adds_up=run.adds_up,
        )  # fmt: skip
        self.outputs = self.trainer.collect_outputs() if run.metrics else None
        self.done = 0  # steps of the last call
        self.saved: Any = None  # the schedule and the optimizer's options before it

    @property
    def free(self) -> bool:
        """Whether epochs can follow each other without Python."""
        run = self.run
        return (
            len(run.callbacks) == 1
            and run.validation is None
            and not run.metrics
            and run.schedule is None
            and not self.trainer.draws
        )

    # --- one epoch ---

    def epoch(self, progress: Progress) -> dict[str, float]:
        """One epoch's steps; returns its loss and metrics."""
        run, trainer = self.run, self.trainer
        run.total, run.count, run.batch = 0.0, 0, 0
        if run.steps_an_epoch == 1:
            run.now = Moment(run.keeper.take(), *self._tensors(trainer.whole()),
                             default_generator.stream)  # fmt: skip
        left = run.steps_an_epoch
        while left:
            self._advance(min(left, trainer.steps_at_once()))
            left -= self.done
            run.batch += self.done
            run.count = trainer.control[Word.POSITION]
            run.total = float(trainer.control.floats[Word.TOTAL_LOSS])
            if left and time.perf_counter() >= progress.due:
                progress.step(run)
        trainer.give_states()
        run.count = trainer.rows
        run.total = float(trainer.losses[0]) * trainer.rows
        values = {"loss": float(trainer.losses[0])}
        if self.outputs is not None:
            output = tensor_of(self.outputs.astype(run.rows.inputs.dtype))
            target = tensor_of(trainer.targets[trainer.order[: trainer.rows]])
            values |= {name: float(one(output, target)) for name, one in run.metrics.items()}
        return values

    def _advance(self, steps: int) -> None:
        """Some steps, with the run's account of them."""
        run, trainer = self.run, self.trainer
        between = self._scheduled if run.schedule_each_step else None
        if between is not None:
            self.saved = (
                run.schedule.state_dict(),
                [dict(one) for one in run.optimizer.param_groups],
            )
        before, started = trainer.control[Word.POSITION], time.perf_counter()
        self.done = 0
        status = trainer.advance(steps, between)
        self.done = trainer.control[Word.DONE]
        run.history.seconds += time.perf_counter() - started
        run.history.steps += self.done
        epochs, now = trainer.control[Word.EPOCHS], trainer.control[Word.POSITION]
        run.history.samples += epochs * trainer.rows + now - before
        if status != FINE:
            raise self._failed()

    def _scheduled(self) -> None:
        self.run.rate = self.run.learning_rate
        self.run.schedule.step()

    # --- many epochs ---

    def epochs(self, progress: Progress) -> None:
        """Epochs one after the other, for about as long as Python may wait."""
        run, trainer = self.run, self.trainer
        if run.best.epoch is None:
            trainer.keep_best()
        a_line = -(-run.epochs // LINES_OF_A_RUN)
        most = min(a_line - run.epoch % a_line, run.epochs - run.epoch)
        position = trainer.control[Word.POSITION] // trainer.size
        steps = most * run.steps_an_epoch - position
        try:
            self._advance(min(steps, trainer.steps_at_once()))
        finally:
            self._record()
        run.batch = trainer.control[Word.POSITION] // trainer.size
        run.count = trainer.control[Word.POSITION]
        run.total = float(trainer.control.floats[Word.TOTAL_LOSS])
        if not trainer.control[Word.EPOCHS] and time.perf_counter() >= progress.due:
            run.epoch += 1  # the one that is going on
            progress.step(run)
            run.epoch -= 1

    def _record(self) -> None:
        """Enters the epochs that the last call finished."""
        run, trainer = self.run, self.trainer
        count = trainer.control[Word.EPOCHS]
        if not count:
            return
        losses, rate = trainer.losses[:count], run.learning_rate
        first = run.epoch + 1
        run.history.extend(first, losses, rate)
        run.epoch += count
        run.values = {"loss": float(losses[-1]), "learning_rate": rate}
        best = trainer.control[Word.BEST_EPOCH]
        if best:
            epoch = first + best - 1
            values = {"loss": float(losses[best - 1]), "learning_rate": rate}
            run.best.epoch, run.best.values, run.best.value = epoch, values, values["loss"]
            run.history.best_epoch, run.history.best = epoch, values

    # --- when it goes wrong, or ends ---

    def settle(self) -> None:
        """Gives the model its present values."""
        self.trainer.give_states()

    def restore_best(self) -> None:
        """Gives the model the values of the best epoch of free running."""
        self.trainer.give_best()

    def moment_before_last(self) -> Moment:
        """What the last step started from; the model is there afterwards."""
        return self._moment(max(self.done - 1, 0))

    def _moment(self, step: int) -> Moment:
        """What a step of the last call started from."""
        run, trainer = self.run, self.trainer
        trainer.back_to(step)
        draws = sum(one.name == "random stream" for one in trainer.captured.runtimes)
        stream = trainer.drawn + draws * step
        return Moment(run.keeper.take(), *self._tensors(trainer.batch(step)), stream)

    def _tensors(self, arrays: tuple[np.ndarray, np.ndarray]) -> tuple[Any, Any]:
        return tensor_of(arrays[0]), tensor_of(arrays[1])

    def _failed(self) -> HologradError:
        """Goes back to the step before, and repeats it and the failing one by NumPy, which tells
        what happened in words."""
        run, done = self.run, self.done
        first = max(done - 1, 0)
        moments = [self._moment(step) for step in range(first, done + 1)]
        run.keeper.restore(moments[0].state)
        default_generator.stream = moments[0].stream
        run.history.steps -= done - first
        if self.saved is not None:
            state, groups = self.saved
            run.schedule.load_state_dict(state)
            for group, saved in zip(run.optimizer.param_groups, groups, strict=True):
                group.update(saved)
            for _ in range(first):
                self._scheduled()
        run.earlier = run.now = None
        for moment in moments:
            try:
                run.one_step(moment.inputs, moment.targets)
            except HologradError as error:
                return error
            if run.schedule_each_step:
                self._scheduled()
        what = "NumPy, which rounds otherwise, gives a finite number there"
        step = run.history.steps
        return Diverged(
            f"the loss became NaN or infinite at step {step:,}", history=run.history, step=step,
            epoch=(step - 1) // run.steps_an_epoch + 1, origin=Origin("", "", what, ()),
            instead=f"Try a learning rate below {run.learning_rate:g}.",
        )  # fmt: skip
