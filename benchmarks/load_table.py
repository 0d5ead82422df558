"""How long a large CSV takes to load, beside pandas: a million rows of 20 columns.

    python -m benchmarks.load_table

Each load is a new process, in turns; imports do not count. The ratio is the median over the rounds.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.harness import save_record
from benchmarks.tables import MILLION, write_million

ROUNDS = 5
TARGET = 2.0
LOADS = {
    "holograd": ("polars, holograd.data", "table = holograd.data.read_table({path!r})"),
    "pandas": ("pandas", "table = pandas.read_csv({path!r})"),
}
PROGRAM = """
import time
from benchmarks.memory import peak_gigabytes
import {modules}
start = time.perf_counter()
{load}
print(time.perf_counter() - start, len(table), 1e3 * peak_gigabytes())
"""


class Loaded(NamedTuple):
    """Whether the target was missed."""

    missed: bool


def load(name: str, path: Path) -> tuple[float, float] | None:
    """Seconds and the peak of memory in megabytes; None where the library is not installed."""
    modules, line = LOADS[name]
    program = PROGRAM.format(modules=modules, load=line.format(path=str(path)))
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    if "ModuleNotFoundError" in run.stderr:
        return None
    run.check_returncode()
    seconds, rows, megabytes = run.stdout.split()
    assert int(rows) == MILLION, rows  # the proof of the work
    return float(seconds), float(megabytes)


def main() -> Loaded:
    """Prints and saves the times."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in LOADS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.csv"
        write_million(path)
        for _ in range(ROUNDS):
            for name, runs in found.items():
                loaded = load(name, path)
                if loaded is not None:
                    runs.append(loaded)
        size = path.stat().st_size / 1e6
    record: dict[str, object] = {"rows": MILLION, "megabytes": round(size)}
    for name, runs in found.items():
        if runs:
            seconds = statistics.median(run[0] for run in runs)
            peak = max(run[1] for run in runs)
            record[name] = {"seconds": seconds, "peak_megabytes": peak}
            print(f"{name:10} {seconds:6.2f} s   peak {peak:6.0f} MB")
        else:
            record[name] = "absent"
            print(f"{name:10} absent")
    ratio = None
    if all(found.values()):
        pairs = zip(found["holograd"], found["pandas"], strict=True)
        ratio = statistics.median(own[0] / other[0] for own, other in pairs)
        print(f"holograd takes {ratio:.2f} times pandas' time; the target is at most {TARGET}")
    save_record("load_table", {**record, "ratio": ratio, "target": TARGET})
    return Loaded(ratio is not None and ratio > TARGET)


if __name__ == "__main__":
    main()
