"""Honest comparisons: the contenders take turns in one process, and show that they did the work.

Speeds drift with the processor's clock, its heat, and whatever else the machine does. So each
round runs every contender once, in an order that rotates, and a ratio is the median over the rounds
of two times taken next to each other. The first step and the warm-up are reported apart from the
steady state. Each contender returns the loss it ended with: one that ends with another loss has
done other work, and the comparison fails.
"""

import datetime
import gc
import importlib
import json
import math
import os
import platform
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

RESULTS = Path(__file__).with_name("results")

Run = Callable[[int], float]
"""Does that many steps, going on where the last call stopped; returns the loss of the last one."""


@dataclass(frozen=True)
class Contender:
    """A library's way of doing the work.

    `build` imports `module` and sets the work up, from the same start for every contender. Where
    the module is not installed the contender is reported as absent. `threads` is how many the
    library may use.
    """

    name: str
    module: str
    build: Callable[[], Run]
    threads: int = 1


@dataclass
class Timing:
    """What was measured of one contender; times in microseconds a step unless they say seconds."""

    name: str
    version: str
    threads: int
    first_step_us: float
    warm_up_seconds: float
    rounds_us: list[float] = field(default_factory=list)
    final_loss: float = 0.0

    @property
    def quartiles_us(self) -> list[float]:
        """The lower quartile, the median and the upper quartile of the rounds."""
        return statistics.quantiles(self.rounds_us, method="inclusive")


@dataclass
class Report:
    """The outcome of a comparison. `ratios` are times over the baseline's: below 1 is quicker."""

    benchmark: str
    work: str
    date: str
    machine: dict[str, str | int]
    versions: dict[str, str]
    steps_a_round: int
    subject: str
    baseline: str
    target_ratio: float
    timings: list[Timing]
    absent: list[str]
    ratios: dict[str, float]

    @property
    def missed(self) -> bool:
        """Whether the subject is slower than the target allows; False where a side is absent."""
        return self.ratios.get(self.subject, 0.0) > self.target_ratio

    def save(self, folder: Path) -> None:
        """Write the report as ``<folder>/<benchmark>.json``."""
        report = asdict(self)
        for written, timing in zip(report["timings"], self.timings, strict=True):
            written["quartiles_us"] = timing.quartiles_us
        write_json(folder, self.benchmark, report)


def write_json(folder: Path, name: str, content: dict[str, Any]) -> None:
    """Write ``<folder>/<name>.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def save_record(name: str, measured: dict[str, Any]) -> None:
    """Write what a measurement that compares with nobody found, with the machine and the date."""
    write_json(RESULTS, name, {"date": today(), "machine": machine(), **measured})


def today() -> str:
    """The date, as 2026-12-31."""
    return datetime.date.today().isoformat()


def machine() -> dict[str, str | int]:
    """The processor, how many cores it shows, and the system."""
    return {
        "processor": processor_name(),
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
    }


def processor_name() -> str:
    """The processor's own name where the system tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def version(module: str) -> str:
    """The version that a module gives of itself."""
    return getattr(importlib.import_module(module), "__version__", "unknown")


def set_up(
    contenders: Sequence[Contender], warm_up: int, clock: Callable[[], float]
) -> tuple[list[tuple[Timing, Run]], list[str]]:
    """Build and warm up the contenders; those at hand with their first times, the others' names."""
    present, absent = [], []
    for contender in contenders:
        try:
            run = contender.build()
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != contender.module:
                raise
            absent.append(contender.name)
            continue
        start = clock()
        run(1)
        first = clock()
        run(warm_up)
        timing = Timing(
            name=contender.name,
            version=version(contender.module),
            threads=contender.threads,
            first_step_us=(first - start) * 1e6,
            warm_up_seconds=clock() - first,
        )
        present.append((timing, run))
    return present, absent


def check_losses(timings: Sequence[Timing], tolerance: float) -> None:
    """Raise a ValueError unless all final losses agree within the relative `tolerance`."""
    for timing in timings:
        if not math.isclose(timing.final_loss, timings[0].final_loss, rel_tol=tolerance):
            raise ValueError(
                f"{timing.name} ends with the loss {timing.final_loss}, {timings[0].name} with "
                f"{timings[0].final_loss}: they did not do the same work."
            )


def ratios_to(baseline: str, timings: Sequence[Timing]) -> dict[str, float]:
    """For each contender the median over the rounds of its time over the baseline's."""
    rounds = {timing.name: timing.rounds_us for timing in timings}
    if baseline not in rounds:
        return {}
    return {
        name: statistics.median(
            own / other for own, other in zip(times, rounds[baseline], strict=True)
        )
        for name, times in rounds.items()
        if name != baseline
    }


def compare(
    benchmark: str,
    work: str,
    contenders: Sequence[Contender],
    *,
    subject: str,
    baseline: str,
    target_ratio: float,
    steps: int,
    warm_up: int,
    rounds: int = 15,
    loss_tolerance: float = 1e-3,
    results: Path = RESULTS,
    clock: Callable[[], float] = perf_counter,
) -> Report:
    """Time the contenders in turns; print the report and save it as ``<results>/<benchmark>.json``.

    Args:
        benchmark: the name of the comparison and of its file.
        work: what one step does, in words.
        contenders: who takes part.
        subject: the contender that has a target to meet.
        baseline: the contender that all are compared with.
        target_ratio: the most that the subject's time may be of the baseline's.
        steps: steps of a contender in each round; the same for all, so that their losses agree.
        warm_up: steps between the first and the first timed one.
        rounds: how often each contender has its turn, at least 2.
        loss_tolerance: the relative difference of the final losses that rounding may cause.
        results: the folder of the saved reports.
        clock: the time in seconds since any start.

    Raises:
        ValueError: a contender ended with another loss than the first one.
    """
    present, absent = set_up(contenders, warm_up, clock)
    for turn in range(rounds):
        shift = turn % len(present)
        for timing, run in present[shift:] + present[:shift]:
            gc.collect()  # each contender collects the cycles that it makes, and none of another's
            start = clock()
            timing.final_loss = run(steps)
            timing.rounds_us.append((clock() - start) / steps * 1e6)
    timings = [timing for timing, _ in present]
    check_losses(timings, loss_tolerance)
    report = Report(
        benchmark=benchmark,
        work=work,
        date=today(),
        machine=machine(),
        versions={"python": platform.python_version(), "numpy": version("numpy")},
        steps_a_round=steps,
        subject=subject,
        baseline=baseline,
        target_ratio=target_ratio,
        timings=timings,
        absent=absent,
        ratios=ratios_to(baseline, timings),
    )
    print("\n".join(lines_of(report)))
    report.save(results)
    return report


def lines_of(report: Report) -> list[str]:
    """The report as lines to read."""
    place = report.machine
    lines = [
        f"{report.benchmark}: {report.work}",
        f"{place['processor']}, {place['cores']} cores, {place['system']}, {report.date}; "
        + ", ".join(f"{name} {number}" for name, number in report.versions.items()),
        f"{'':24}{'µs a step':>12}{'quartiles':>24}{'first step':>12}{'ratio':>9}  final loss",
    ]
    for timing in report.timings:
        low, median, high = timing.quartiles_us
        ratio = report.ratios.get(timing.name)
        lines.append(
            f"{timing.name + ' ' + timing.version:24}{median:12.2f}{f'{low:.2f} to {high:.2f}':>24}"
            f"{timing.first_step_us:12.0f}{f'{ratio:.3g}' if ratio else '':>9}  "
            f"{timing.final_loss:.6g}, {timing.threads} thread{'s' * (timing.threads != 1)}"
        )
    lines += [f"{name:24}{'absent':>12}" for name in report.absent]
    if report.subject in report.ratios:
        lines.append(
            f"{report.subject} takes {report.ratios[report.subject]:.3g} times {report.baseline}'s "
            f"time; the target is at most {report.target_ratio:.3g}: "
            + ("missed" if report.missed else "met")
        )
    return lines
