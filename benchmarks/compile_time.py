"""How long compilation takes, not cached: three benchmarks, and graphs of 100 to 20,000 nodes.

    python -m benchmarks.compile_time

Each compilation has a fresh process (see compile_once), and of several the median counts: of the
time that the first call takes more than the second, so of capture, passes and LLVM together. What
is imported once is counted apart. The graphs are of scalars, and nothing in them is repeated. Their
picture is saved as docs/pictures/compile_time.png. JAX goes along as far as it is quick.
"""

import importlib
import importlib.util
import json
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.compile_once import KINDS, LOOPS
from benchmarks.compiled_peers import Outcome
from benchmarks.harness import save_record

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "pictures" / "compile_time.png"
SIZES = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
LIBRARIES = {"holograd": SIZES, "jax": SIZES[:4]}
ROUNDS = 3
LOOP_ROUNDS = 7
MOST_SECONDS = {"xor": 0.15, "digits": 0.5, "scalar_network": 1.0}
MOST_SLOPE = 1.1  # of the logarithms; 1 is a time that grows as the graph does

Seconds = dict[str, dict[int, float]]


def once(library: str, what: str, *count: int) -> dict[str, float]:
    """Seconds of one compilation, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.compile_once", library, what, *map(str, count)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def measure(library: str) -> tuple[dict[str, float], Seconds]:
    """Seconds of the import and each loop, and of each kind of graph at each size; medians."""
    measured = {name: [once(library, name) for _ in range(LOOP_ROUNDS)] for name in LOOPS}
    imports = [one["import"] for found in measured.values() for one in found]
    loops = {"import": statistics.median(imports)}
    for name, found in measured.items():
        loops[name] = statistics.median(one["compile"] for one in found)
    graphs = {
        kind: {
            size: statistics.median(once(library, kind, size)["compile"] for _ in range(ROUNDS))
            for size in LIBRARIES[library]
        }
        for kind in KINDS
    }
    return loops, graphs


def slope(seconds: dict[int, float]) -> float:
    """By which power of the size the time grows, over the upper half of the logarithms."""
    least = (min(seconds) * max(seconds)) ** 0.5
    sizes = [size for size in seconds if size >= least]
    return float(np.polyfit(np.log(sizes), np.log([seconds[size] for size in sizes]), 1)[0])


def linear(seconds: dict[int, float]) -> bool:
    """Whether time grows no faster than the size, and is longest for the largest graph."""
    return slope(seconds) <= MOST_SLOPE and max(seconds.values()) == seconds[max(seconds)]


def draw(found: dict[str, Seconds], path: Path) -> None:
    """The times over the sizes as a picture."""
    figures = importlib.import_module("matplotlib.figure")
    figure = figures.Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    for (library, graphs), colour in zip(found.items(), ("tab:blue", "tab:orange"), strict=False):
        for kind, seconds in graphs.items():
            style = "o-" if kind == "chain" else "s--"
            label = f"{library}, {kind}: to the power {slope(seconds):.2f}"
            axes.loglog([*seconds], [*seconds.values()], style, color=colour, label=label)
    axes.set(xlabel="scalar nodes", ylabel="seconds to compile", title="Compile time, not cached")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize="small")
    figure.savefig(path, dpi=120)


def main() -> Outcome:
    """Measure, print, draw and save."""
    loops: dict[str, dict[str, float]] = {}
    graphs: dict[str, Seconds] = {}
    for library in LIBRARIES:
        if importlib.util.find_spec(library) is None:
            print(f"compile_time: {library} is absent")
            continue
        loops[library], graphs[library] = measure(library)
        for name, seconds in loops[library].items():
            print(f"{library:10}{name:16}{seconds:8.3f} s")
        for kind, times in graphs[library].items():
            line = ", ".join(f"{size:,}: {seconds:.3f} s" for size, seconds in times.items())
            print(f"{library:10}{kind:16}{line}; size to the power {slope(times):.2f}")
    slopes = {library: {kind: slope(times) for kind, times in found.items()}
              for library, found in graphs.items()}  # fmt: skip
    record = {"loops_seconds": loops, "graphs_seconds": graphs, "slopes": slopes}
    save_record("compile_time", record)
    draw(graphs, PICTURE)
    own = loops["holograd"]
    slow = [name for name, most in MOST_SECONDS.items() if own[name] > most]
    slow += [kind for kind, times in graphs["holograd"].items() if not linear(times)]
    print(f"over the target: {', '.join(slow)}" if slow else "all targets met")
    return Outcome(bool(slow))


if __name__ == "__main__":
    main()
