"""A training step compiled with its loop, and the data, orders and numbers that it goes by."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from holograd.capture import Captured, Runtime, capture
from holograd.compiler import native_random
from holograd.compiler.compiled import located, show
from holograd.compiler.control import RUNTIME_BYTES, Control, Word
from holograd.compiler.executable import Executable, aligned, make_program
from holograd.compiler.extents import same_step
from holograd.compiler.index import Unbatchable
from holograd.compiler.memory_access import STRANGE
from holograd.compiler.program import Program
from holograd.compiler.target import Level, level_named
from holograd.compiler.training_loop import Data, TrainingLoop
from holograd.errors import CaptureError, HologradError
from holograd.ops.philox import random_words
from holograd.ops.random import Generator, default_generator

BEGINNING = [Word.POSITION, Word.STREAM, Word.TOTAL_LOSS]
SECONDS_A_CALL = 0.05  # between two returns to Python


class Trainer:
    """Trains natively: `advance` does steps on batches of the data.

    Args:
        step: (inputs, targets) → (loss, output); updates its model by itself.
        inputs, targets: (rows, …) arrays, which stay where they are.
        size: rows a batch; the last one of an epoch may have fewer.
        shuffled: whether each epoch takes the rows in a new order.
        rows: how many rows an epoch takes, where it leaves the last ones out.
        generator: where orders come from, one stream an epoch.
        adds_up: whether the loss is the sum over its rows.
        scale: what inputs that are bytes are multiplied by on the way into a batch, and as what
            kind of float.
        level, checked: as for `compile`.

    Raises:
        CaptureError: the step needs a tensor's value.
        Unbatchable: the step depends on the batch's size, and sizes vary.
    """

    def __init__(
        self,
        step: Callable[..., Any],
        inputs: np.ndarray,
        targets: np.ndarray,
        size: int,
        *,
        shuffled: bool,
        generator: Generator,
        rows: int | None = None,
        adds_up: bool = False,
        scale: tuple[float, np.dtype] | None = None,
        level: str | None = None,
        checked: bool = False,
    ):
        started = perf_counter()
        self.rows = len(inputs) if rows is None else rows
        self.size, self.shuffled = min(size, self.rows), shuffled
        self.generator = generator
        self.inputs, self.targets = np.ascontiguousarray(inputs), np.ascontiguousarray(targets)
        self.step, self.scale = step, scale
        with located(step):
            self.captured: Captured = self._captured(self.size)
        at = level_named(level)
        self.program: Program = self._program(at, checked)
        runtimes = [one.node for one in self.captured.runtimes]
        data = [Data(self.inputs.dtype, scale and scale[0]), Data(self.targets.dtype)]
        TrainingLoop(self.program, runtimes, data)
        library = self.program.library(("step", "loop"))
        self.executable = Executable(self.captured, self.program, library)
        self.loop = library.function("loop", 2)
        self._connect(adds_up)
        self.compile_seconds = perf_counter() - started
        self.seconds_a_step = SECONDS_A_CALL  # nobody knows: the first call is one step
        self.snapshot = b""
        self.begin = np.zeros(len(BEGINNING), np.int64)
        self.drawn: dict[Generator, int] = {}  # where they were at the start of the last call
        self.dirty = False  # whether the tensors lag behind the arena

    @property
    def alone(self) -> bool:
        """Whether each step takes the same rows, which then lie in the arena once and for all."""
        return self.size == self.rows and not self.shuffled

    def _program(self, level: Level, checked: bool) -> Program:
        # The sizes that occur, where a single row is not one: that is special for what broadcasts.
        last = self.rows % self.size
        sizes = self.size, last if last > 1 else 2 * self.size + 1
        if self.size < self.rows:
            try:
                return make_program(self.captured, self._twin(sizes[1]), sizes, level, checked)
            except Unbatchable:
                if self.rows % self.size:
                    raise
        if self.changed():
            raise CaptureError(
                "the step is another one each time that Python runs it",
                why="NumPy's random numbers, or a state that Python keeps, decide what it does",
                instead="Draw by hg.rand and its like, and keep states in buffers.",
            )
        return make_program(self.captured, None, sizes, level, checked, registers=self.alone)

    def _captured(self, size: int) -> Captured:
        rows = self._numbers(slice(1))
        return capture(self.step, *(np.broadcast_to(one, (size, *one.shape[1:])) for one in rows))

    def _numbers(self, rows: Any) -> tuple[np.ndarray, np.ndarray]:
        """Some rows as the step takes them."""
        inputs = self.inputs[rows]
        if self.scale is not None:
            inputs = inputs.astype(self.scale[1]) * self.scale[1].type(self.scale[0])
        return inputs, self.targets[rows]

    def _twin(self, size: int) -> Captured:
        """The step with another batch size."""
        try:
            return self._captured(size)
        except HologradError as error:
            raise Unbatchable(str(error)) from None

    def changed(self) -> bool:
        """Whether the step is another one by now: layers that learn, options, modes."""
        return not same_step(self.captured, self._captured(self.size))

    def _connect(self, adds_up: bool) -> None:
        """Tells the loop where everything is."""
        control = self.control = Control()
        self.order = np.arange(len(self.inputs), dtype=np.int64)
        self.scratch = aligned(native_random.permutation_scratch(len(self.inputs)) + 64)
        first, last = self.program.state_bytes
        self.state = slice(first, last)
        self.best = aligned(last - first + 64)
        self.before = aligned(last - first + 64)
        self.losses = np.zeros(1)
        self.table = np.zeros((1, max(len(self.captured.runtimes), 1) * RUNTIME_BYTES), np.uint8)
        control[Word.ROWS], control[Word.SIZE] = self.rows, self.size
        control[Word.ORDER_ROWS] = len(self.inputs)
        control[Word.SHUFFLED] = int(self.shuffled)
        control[Word.ADDS_UP] = int(adds_up)
        control[Word.ORDER_AT] = self.order.ctypes.data
        control[Word.SCRATCH_AT] = self.scratch.ctypes.data
        control.floats[Word.BEST_LOSS] = np.inf
        if self.alone:
            rows = self._numbers(slice(self.rows))
            for view, value in zip(self.executable.arguments, rows, strict=True):
                view[...] = value
        else:
            control[Word.INPUTS_AT] = self.inputs.ctypes.data
            control[Word.TARGETS_AT] = self.targets.ctypes.data

    # --- what the run asks for ---

    @property
    def steps_an_epoch(self) -> int:
        """How many batches an epoch has."""
        return -(-self.rows // self.size)

    @property
    def last_loss(self) -> float:
        """The loss of the last step that was done."""
        return float(self.control.floats[Word.LAST_LOSS])

    @property
    def draws(self) -> bool:
        """Whether the step draws random numbers."""
        return any(_is_random(one) for one in self.captured.runtimes)

    def keep_best(self) -> None:
        """From now on the states of the epoch with the lowest loss are kept."""
        self.control[Word.BEST_AT] = self.best.ctypes.data
        if self.steps_an_epoch == 1:  # an epoch's loss belongs to the states before its one step
            self.control[Word.BEFORE_AT] = self.before.ctypes.data

    def collect_outputs(self) -> np.ndarray:
        """From now on the outputs of an epoch's rows are gathered in the array returned."""
        node = self.program.graph.outputs[1]
        shape = (self.rows, *node.shape[1:])
        self.outputs = np.zeros(shape, node.dtype)
        if self.program.in_registers:
            return self.executable.results[1]
        self.control[Word.OUTPUTS_AT] = self.outputs.ctypes.data
        return self.outputs

    def steps_at_once(self) -> int:
        """How many steps take about as long as Python may wait."""
        return max(int(SECONDS_A_CALL / self.seconds_a_step), 1)

    def advance(self, steps: int, between: Callable[[], None] | None = None) -> int:
        """Does steps, from where the last call stopped; returns the status: 0 is fine.

        Args:
            steps: how many.
            between: called after the run-time numbers of each step were asked for: what changes
                them from step to step.
        """
        control = self.control
        self.executable.take_states()
        memory = self.executable.memory
        self.snapshot = memory[self.state].tobytes()
        control[Word.DONE] = control[Word.EPOCHS] = control[Word.BEST_EPOCH] = 0
        self._next_stream()
        self.begin = control.words[BEGINNING].copy()
        self.drawn = {one: one.stream for one in {default_generator, *self._sources()}}
        started = perf_counter()
        self._ask(steps, between)
        epochs = steps // self.steps_an_epoch + 2
        if len(self.losses) < epochs:
            self.losses = np.zeros(epochs)
        control[Word.LOSSES_AT] = self.losses.ctypes.data
        self.dirty = True
        try:
            return self._run(steps)
        finally:  # Ctrl-C comes when the loop has returned
            rows = control[Word.EPOCHS] * self.rows + control[Word.POSITION] - int(self.begin[0])
            if rows:  # the last batch of an epoch may be a small one
                a_row = (perf_counter() - started) / rows
                self.seconds_a_step = max(a_row * self.size, 1e-9)
            if self.shuffled and not self.draws:  # else a call stays within one epoch
                self.generator.stream = control[Word.STREAM]

    def _run(self, steps: int) -> int:
        self.control[Word.STEPS] = steps
        self.executable.header[STRANGE // 8] = 0
        return self.loop(self.executable.address, self.control.address)

    def _next_stream(self) -> None:
        """The seed and the stream of the next order, which is taken now if an epoch begins."""
        if self.shuffled:
            seed = self.generator.seed
            self.control[Word.SEED] = (seed + 2**63) % 2**64 - 2**63
            if self.control[Word.POSITION] == 0:
                self.control[Word.STREAM] = self.generator.stream
                self.generator.stream += 1

    def _ask(self, steps: int, between: Callable[[], None] | None) -> None:
        """Writes the run-time numbers of each step into the table."""
        runtimes = self.captured.runtimes
        same = between is None and not self.draws
        count = 1 if same else steps
        if len(self.table) < count:
            self.table = np.zeros((count, self.table.shape[1]), np.uint8)
        for row in range(count):
            for place, one in enumerate(runtimes):
                value = np.asarray(one.read(), one.node.dtype).reshape(-1).view(np.uint8)
                start = place * RUNTIME_BYTES
                self.table[row, start : start + value.size] = value
            if between is not None:
                between()
        self.control[Word.RUNTIMES_AT] = self.table.ctypes.data
        self.control[Word.RUNTIME_STRIDE] = 0 if same else self.table.shape[1]

    def give_states(self) -> None:
        """Gives the model's tensors, and the optimizer's, their present values."""
        if self.dirty:
            self.executable.give_states()
            self.dirty = False

    def give_best(self) -> None:
        """Gives the tensors the values of the best epoch that was kept."""
        self.executable.memory[self.state] = self.best[: self.state.stop - self.state.start]
        self.executable.give_states()

    # --- going back ---

    def back_to(self, step: int) -> None:
        """Puts the tensors into the state before a step of the last `advance`, from 0: from the
        state at its start, by the same steps, which give the same bits."""
        memory = self.executable.memory
        memory[self.state] = np.frombuffer(self.snapshot, np.uint8)
        control = self.control
        control.words[BEGINNING] = self.begin
        control[Word.EPOCHS] = 0
        if step:
            if self.shuffled and control[Word.POSITION]:
                self.order[:] = self._order(control[Word.STREAM] - 1)
            self._run(step)
        self.executable.give_states()
        self.dirty = False

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows of a step of the last `advance`, from 0."""
        position, stream = self.begin[:2].tolist()
        epoch, place = divmod(position // self.size + step, self.steps_an_epoch)
        order = np.arange(len(self.inputs))
        if self.shuffled:
            # An epoch that had begun before the call took the stream before the next one.
            order = self._order(stream + epoch - (1 if position else 0))
        rows = order[place * self.size : min((place + 1) * self.size, self.rows)]
        return self._numbers(rows)

    def _order(self, stream: int) -> np.ndarray:
        words = random_words(self.control[Word.SEED], stream, len(self.inputs))
        return np.argsort(words, kind="stable")

    def _sources(self) -> list[Generator]:
        """Where a step's random numbers come from, draw by draw."""
        return [getattr(one.read, "__self__") for one in self.captured.runtimes if _is_random(one)]  # noqa: B009

    def ends_epoch(self, step: int) -> bool:
        """Whether a step of the last `advance`, from 0, was the last one of its epoch."""
        first = int(self.begin[0]) // self.size
        return (first + step + 1) % self.steps_an_epoch == 0

    def streams(self, step: int, after: bool = False) -> dict[Generator, int]:
        """Where generators were when a step of the last `advance`, from 0, began, its epoch's order
        drawn; or after it."""
        streams = dict(self.drawn)
        for one in self._sources():
            streams[one] += step + after
        if self.shuffled and self.generator in streams:
            first = int(self.begin[0]) // self.size
            streams[self.generator] += (first + step) // self.steps_an_epoch
        return streams

    def whole(self) -> tuple[np.ndarray, np.ndarray]:
        """All rows of an epoch of one step, in their order."""
        return self._numbers(slice(self.rows))

    def show(self, stage: str = "loops") -> str:
        """The step and its loop after a pass: see `Compiled.show`."""
        return show(self.captured, self.program, stage)


def _is_random(runtime: Runtime) -> bool:
    return runtime.name == "random stream"
