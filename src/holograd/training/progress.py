"""Progress of a run, on standard error: live on a terminal, a few plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holograd.training.run import Run

LINES = 10  # of a whole run, where there is no terminal
BAR_WIDTH = 30  # characters
SECONDS_BETWEEN_DRAWINGS = 0.1
NEVER = float("inf")


class Progress:
    """Shows nothing; what shows something replaces these methods."""

    due = NEVER  # the time from which on `step` wants to be called

    def start(self, run: Run) -> None:
        """Called before the first epoch."""

    def step(self, run: Run) -> None:
        """Called within an epoch, not before the time `due`."""

    def epoch(self, run: Run) -> None:
        """Called after each epoch."""

    def end(self, run: Run | None) -> None:
        """Called once; without a run when it ended by an error."""


class Lines(Progress):
    """Plain lines, evenly spread over the epochs, and one about the end."""

    def start(self, run: Run) -> None:
        self.said = 0

    def epoch(self, run: Run) -> None:
        share = run.epoch * LINES // max(run.epochs, 1)
        if share > self.said or run.epoch == run.epochs:
            self.said = share
            self._say(f"epoch {run.epoch:,}/{run.epochs:,}  {numbers(run.values)}  {speed(run)}")

    def end(self, run: Run | None) -> None:
        text = "" if run is None else outcome(run)
        if text:
            self._say(text)

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class Bar(Progress):
    """Two lines, redrawn up to ten times a second, that stay when all is over: a bar with speed and
    time left, and the numbers."""

    def start(self, run: Run) -> None:
        from rich.console import Console
        from rich.live import Live

        self.due = 0.0
        self.live = Live(console=Console(file=sys.stderr), auto_refresh=False)
        self.live.start()

    def step(self, run: Run) -> None:
        self._draw(run, run.epoch - 1 + run.batch / run.steps_an_epoch, run.values | run.so_far())

    def epoch(self, run: Run) -> None:
        if time.perf_counter() >= self.due:
            self._draw(run, run.epoch, run.values)

    def _draw(self, run: Run, done: float, values: Mapping[str, float]) -> None:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        self.due = time.perf_counter() + SECONDS_BETWEEN_DRAWINGS
        rates = speed(run)
        if 0 < done < run.epochs:
            elapsed = time.perf_counter() - run.started
            rates += f"  {duration(elapsed * (run.epochs - done) / done)} left"
        line = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=max(run.epochs, 1), completed=done, width=BAR_WIDTH)
        line.add_row(Text(f"epoch {run.epoch:,}/{run.epochs:,}"), bar, Text(rates))
        self.live.update(Group(line, Text(numbers(values))), refresh=True)

    def end(self, run: Run | None) -> None:
        if run is not None and run.values:
            self._draw(run, run.epoch, run.values)
        self.live.stop()
        text = "" if run is None else outcome(run)
        if text:
            self.live.console.print(text, markup=False, highlight=False)


def progress_for(quiet: bool) -> Progress:
    """What shows a run's progress here."""
    if quiet or sys.stderr is None:
        return Progress()
    terminal = sys.stderr.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")
    return Bar() if terminal else Lines()


def numbers(values: Mapping[str, float]) -> str:
    """`loss 0.1234  accuracy 0.98`; the learning rate is left to the history."""
    return "  ".join(
        f"{name} {value:.4g}" for name, value in values.items() if name != "learning_rate"
    )


def speed(run: Any) -> str:
    """`12,345 samples/s`."""
    return f"{run.history.samples_per_second:,.0f} samples/s"


def duration(seconds: float) -> str:
    """`0:42`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def outcome(run: Run) -> str:
    """Why the run ended before its last epoch, and whose weights the model holds; else ""."""
    history = run.history
    parts = [] if history.stopped == "finished" else [f"stopped: {history.stopped}"]
    if history.restored is not None:
        parts.append(f"the model has the weights of epoch {history.restored:,}")
    return "; ".join(parts)
