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
from holograd.nn.call import kind_of
from holograd.ops.random import default_generator
from holograd.optim import LBFGS
from holograd.tensor import Tensor
from holograd.training.batches import Loaded, tensor_of
from holograd.training.evaluation import dtype_of
from holograd.training.moment import Moment
from holograd.training.nonfinite import Diverged, Origin
from holograd.training.python_state import PythonState

if TYPE_CHECKING:
    from holograd.training.progress import Progress
    from holograd.training.run import Run

MOST_VERSIONS = 5  # of a step that callbacks change
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
    for module in run.model.modules():
        if module._before or module._after:
            return None, f"the hooks of {kind_of(module)} are Python code, to be run at each step"
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
            scale = loader.dataset.scale
        else:
            inputs, targets = batches.rows.inputs, batches.rows.targets
            shuffled, generator, rows = batches.shuffled, batches.generator, len(inputs)
            scale = batches.rows.scale
        kind = dtype_of(run.model)
        inputs, targets = (
            one.astype(kind) if one.dtype.kind == "f" and one.dtype != kind else one
            for one in (inputs, targets)
        )
        self.python = PythonState.of_run(run)  # as the step is captured
        self.trainer = Trainer(
            self._watched, inputs, targets, batches.size, shuffled=shuffled, generator=generator,
            rows=rows, adds_up=run.adds_up, scale=None if scale is None else (scale, kind),
        )  # fmt: skip
        self.outputs = self.trainer.collect_outputs() if run.metrics else None
        self.made = 1  # how many versions of the step there were, with this one
        self.done = 0  # steps of the last call
        self.saved: Any = None  # the schedule and the optimizer's options before it

    def _watched(self, inputs: Tensor, targets: Tensor) -> Any:
        """The step, for capture; raises CaptureError where it changes what Python keeps."""
        state = PythonState.of_run(self.run)
        try:
            result = self.run.step(inputs, targets)
            changed = state.changed()
        finally:
            state.restore()
        if changed:
            raise CaptureError(
                f"the step changes {changed}", why="machine code sees tensors alone",
                instead="Keep the state in a buffer, and change it by assign().",
            )  # fmt: skip
        return result

    def renewed(self) -> tuple[NativeSteps | None, str]:
        """These steps; new ones where a callback changed what a step does; or None, and why."""
        run = self.run
        if len(run.callbacks) == 1 or not self.python.changed():
            return self, ""
        if self.made == MOST_VERSIONS:
            return None, "callbacks change the step again and again"
        try:
            if not self.trainer.changed():
                self.python = PythonState.of_run(run)
                return self, ""
        except CaptureError as error:
            return None, str(error)
        steps, note = native_steps(run, "native")
        if steps is not None:
            steps.made += self.made
            run.history.compile_seconds += steps.trainer.compile_seconds
        return steps, note

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
            run.earlier = run.now
            run.now = Moment(run.keeper.take(), *self._tensors(trainer.whole()),
                             default_generator.stream)  # fmt: skip
        left = run.steps_an_epoch
        while left:
            self._advance(min(left, trainer.steps_at_once()))
            left -= self.done
            run.batch += self.done
            run.count = trainer.control[Word.POSITION]
            run.total = float(trainer.control.floats[Word.TOTAL_LOSS])
            if left:
                run.check_parameters()
            if left and time.perf_counter() >= progress.due:
                progress.step(run)
        trainer.give_states()
        run.count = trainer.rows
        run.total = float(trainer.losses[0]) * trainer.rows
        values = {"loss": float(trainer.losses[0])}
        if self.outputs is not None:
            output = tensor_of(self.outputs.copy())
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
        trainer.control[Word.DONE] = 0
        try:
            status = trainer.advance(steps, between)
        except KeyboardInterrupt:  # while numbers were asked for that no step took
            self._draw_on(trainer.control[Word.DONE])
            self._reschedule(trainer.control[Word.DONE])
            raise
        finally:
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
        before = run.epoch
        try:
            self._advance(min(steps, trainer.steps_at_once()))
            run.check_parameters()
        finally:
            self._record()
        run.batch = trainer.control[Word.POSITION] // trainer.size
        run.count = trainer.control[Word.POSITION]
        run.total = float(trainer.control.floats[Word.TOTAL_LOSS])
        if run.epoch == before and time.perf_counter() >= progress.due:
            run.epoch += 1  # the one that is going on
            progress.step(run)
            run.epoch -= 1

    def _record(self) -> None:
        """Enters the epochs that the last call finished."""
        run, trainer = self.run, self.trainer
        count = trainer.control[Word.EPOCHS]
        if not count:
            return
        trainer.control[Word.EPOCHS] = 0  # they are entered once
        losses, rate = trainer.losses[:count], run.learning_rate
        first = run.epoch + 1
        run.history.extend(first, losses, rate)
        run.epoch += count
        run.values = {"loss": float(losses[-1]), "learning_rate": rate}
        best = trainer.control[Word.BEST_EPOCH]
        if 0 < best <= count:  # one after a parameter was spoilt does not count
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

    def spoilt(self) -> Diverged:
        """The report about the first step of the last call whose loss was finite, and whose update
        was not; the model is as before it."""
        run, trainer = self.run, self.trainer
        good, bad = 0, self.done  # steps after which all parameters are finite, and not so
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (good, middle) if self._strange_at(middle) else (middle, bad)
        name = self._strange_at(bad)
        moment = self._moment(good)
        # NumPy sees it in the step after it, or at the end of the epoch.
        ended = trainer.ends_epoch(good)
        self._draw_on(good if ended else bad, after=True)
        run.history.steps -= self.done - bad
        self._reschedule(bad)
        if run.steps_an_epoch == 1:  # the epoch's loss was finite
            trainer.control[Word.EPOCHS] += 1
        return run.spoilt(name, moment, run.history.steps)

    def _strange_at(self, step: int) -> str:
        """The first parameter that is not finite before a step of the last call, or ""."""
        self.trainer.back_to(step)
        return self.run.keeper.strange(self.run.keeper.take())

    def _moment(self, step: int) -> Moment:
        """What a step of the last call started from; the model is there afterwards."""
        run, trainer = self.run, self.trainer
        trainer.back_to(step)
        stream = trainer.streams(step)[default_generator]
        return Moment(run.keeper.take(), *self._tensors(trainer.batch(step)), stream)

    def _draw_on(self, step: int, after: bool = False) -> None:
        """Puts all generators to where they were before a step of the last call, or after it."""
        for generator, stream in self.trainer.streams(step, after).items():
            generator.stream = stream

    def _tensors(self, arrays: tuple[np.ndarray, np.ndarray]) -> tuple[Any, Any]:
        return tensor_of(arrays[0]), tensor_of(arrays[1])

    def _reschedule(self, steps: int) -> None:
        """Puts a schedule to where it was after so many steps of the last call."""
        if self.saved is None:
            return
        run = self.run
        state, groups = self.saved
        run.schedule.load_state_dict(state)
        for group, saved in zip(run.optimizer.param_groups, groups, strict=True):
            group.update(saved)
        for _ in range(steps):
            self._scheduled()

    def _failed(self) -> HologradError:
        """Goes back to the step that failed, and repeats it by NumPy, which tells in words what
        happened; or back to the one before, where its update was what failed."""
        run, done = self.run, self.done
        name = self._strange_at(done)
        if name and done:
            return self.spoilt()
        if name and run.earlier is not None:
            self._draw_on(done, after=True)
            self._reschedule(0)
            return run.spoilt(name, run.earlier, run.history.steps)
        moment = self._moment(done)
        self._draw_on(done)
        self._reschedule(done)
        try:
            run.one_step(moment.inputs, moment.targets)
        except HologradError as error:
            return error
        run.history.steps -= 1
        run.keeper.restore(moment.state)
        what = "NumPy, which rounds otherwise, gives a finite number there"
        step = run.history.steps + 1
        return run.report("the loss became NaN or infinite", step, Origin("", "", what, ()))
