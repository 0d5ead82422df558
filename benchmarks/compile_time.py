"""How long compilation takes, not cached: two training loops, and graphs of 100 to 20,000 nodes.

    python -m benchmarks.compile_time

The time is that of the first call less that of the second, so it holds capture, passes and LLVM.
The picture of the graphs is saved as docs/pictures/compile_time.png. JAX goes along as far as it
is quick.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks import compiled_digits, compiled_xor
from benchmarks.compiled_peers import Outcome, import_jax, not_yet
from benchmarks.compiled_training import build_jax
from benchmarks.harness import Run, save_record

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "compile_time.png"
SIZES = (100, 300, 1_000, 3_000, 10_000, 20_000)
JAX_SIZES = SIZES[:3]
ROUNDS = 3
INPUT = np.linspace(-1, 1, 64, dtype=np.float32)
MOST_SECONDS = {"xor": 0.15, "digits": 0.5}
MOST_SLOPE = 1.1  # of the logarithms; 1 is a time that grows as the graph does

Function = Callable[[Any], Any]
Seconds = dict[str, dict[int, float]]


def chain(library: Any, count: int) -> Function:
    """A function of `count` elementwise operations, each of the one before."""
    steps = (library.tanh, lambda x: x * 0.9, lambda x: x + 0.1, library.sin)

    def function(x: Any) -> Any:
        for number in range(count):
            x = steps[number % 4](x)
        return x

    return function


def graph(library: Any, count: int) -> Function:
    """A function of about `count` elementwise operations on any of the last seven results.

    Each takes the eldest of the seven, so that none is left unused, and another.
    """
    chosen = np.random.default_rng(0).integers(1, 7, count).tolist()
    steps = (
        lambda a, b: library.tanh(a + b),
        lambda a, b: a * b,
        lambda a, b: library.sin(a + b),
        lambda a, b: a - b,
    )

    def function(x: Any) -> Any:
        last = [x + 0.1 * number for number in range(7)]
        for number, other in enumerate(chosen[: count * 2 // 3]):
            last = [*last[1:], steps[number % 4](last[0], last[other])]
        return sum(last[1:], last[0])

    return function


KINDS = {"chain": chain, "graph": graph}


def first_less_second(call: Callable[[], Any]) -> float:
    """Seconds that the first call takes more than the second."""
    times = []
    for _ in range(2):
        start = perf_counter()
        call()
        times.append(perf_counter() - start)
    return times[0] - times[1]


def loop_holograd(name: str) -> Run:
    """The training loop "xor" or "digits", not compiled yet; nothing of it is in a cache."""
    return {
        "xor": compiled_xor.build_holograd,
        "digits": lambda: compiled_digits.build_holograd(compiled_digits.make_task()),
    }[name]()


def call_holograd(make: Callable[[Any, int], Function], count: int) -> Callable[[], Any]:
    """A call of the function compiled by holograd."""
    not_yet()


def loop_jax(name: str) -> Run:
    """The same loops in JAX."""
    return {
        "xor": compiled_xor.build_jax,
        "digits": lambda: build_jax(compiled_digits.make_task()),
    }[name]()


def call_jax(make: Callable[[Any, int], Function], count: int) -> Callable[[], Any]:
    """A call of the function compiled by JAX."""
    jax = import_jax()
    compiled = jax.jit(make(jax.numpy, count))
    return lambda: compiled(INPUT).block_until_ready()


LIBRARIES = {
    "holograd": (loop_holograd, call_holograd, SIZES),
    "jax": (loop_jax, call_jax, JAX_SIZES),
}


def measure(library: str) -> tuple[dict[str, float], Seconds]:
    """Seconds of each loop, and of each kind of graph at each size; medians of some rounds."""
    loop, call, sizes = LIBRARIES[library]

    def median(make: Callable[[], Callable[[], Any]]) -> float:
        return float(np.median([first_less_second(make()) for _ in range(ROUNDS)]))

    def stepping(name: str) -> Callable[[], Any]:
        run = loop(name)
        return lambda: run(1)

    loops = {name: median(lambda name=name: stepping(name)) for name in MOST_SECONDS}
    graphs = {
        kind: {size: median(lambda make=make, size=size: call(make, size)) for size in sizes}
        for kind, make in KINDS.items()
    }
    return loops, graphs


def slope(seconds: dict[int, float]) -> float:
    """By which power of the size the time grows, from 1,000 nodes on."""
    sizes = np.array([size for size in seconds if size >= min(1_000, max(seconds) / 10)])
    return float(np.polyfit(np.log(sizes), np.log([seconds[size] for size in sizes]), 1)[0])


def draw(found: dict[str, Seconds], path: Path) -> None:
    """The times over the sizes as a picture."""
    figures = importlib.import_module("matplotlib.figure")
    figure = figures.Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for library, graphs in found.items():
        for kind, seconds in graphs.items():
            style = "o-" if kind == "chain" else "s--"
            label = f"{library}, {kind}: size to the power {slope(seconds):.2f}"
            axes.loglog([*seconds], [*seconds.values()], style, label=label)
    axes.set(xlabel="operations", ylabel="seconds to compile", title="Compile time, not cached")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)


def main() -> Outcome | None:
    """Measure, print, draw and save; None where there is no compiler to judge."""
    loops: dict[str, dict[str, float]] = {}
    graphs: dict[str, Seconds] = {}
    for library in LIBRARIES:
        try:
            loops[library], graphs[library] = measure(library)
        except ModuleNotFoundError as error:
            print(f"compile_time: {library} is absent: {error}")
            continue
        for name, seconds in loops[library].items():
            print(f"{library:10}{name + ' loop':12}{seconds:8.3f} s")
        for kind, times in graphs[library].items():
            line = ", ".join(f"{size:,}: {seconds:.3f} s" for size, seconds in times.items())
            print(f"{library:10}{kind:12}{line}; size to the power {slope(times):.2f}")
    save_record("compile_time", {"loops_seconds": loops, "graphs_seconds": graphs})
    if "holograd" not in loops:
        return None
    draw(graphs, PICTURE)
    slow = [name for name, most in MOST_SECONDS.items() if loops["holograd"][name] > most]
    slow += [kind for kind, seconds in graphs["holograd"].items() if slope(seconds) > MOST_SLOPE]
    print(f"over the target: {', '.join(slow)}" if slow else "all targets met")
    return Outcome(bool(slow))


if __name__ == "__main__":
    main()
