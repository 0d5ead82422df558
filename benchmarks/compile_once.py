"""One compilation in a process of its own, which compile_time starts.

    python -m benchmarks.compile_once holograd xor
    python -m benchmarks.compile_once jax chain 1000

Prints the seconds as JSON. "compile" is the first call less the second, and so holds capture,
passes and LLVM; "import" is what importing the compiler (with llvmlite) or JAX takes before.
"""

import importlib
import json
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

NUMBER = 0.5
LOOPS = ("xor", "digits", "scalar_network")  # names of benchmarks

Call = Callable[[], Any]
Function = Callable[[Any], Any]


def chain(library: Any, count: int) -> Function:
    """A function of `count` operations on a number, each of the one before."""
    steps = (library.tanh, lambda x: x * 0.9, lambda x: x + 0.1, library.sin)

    def function(x: Any) -> Any:
        for number in range(count):
            x = steps[number % 4](x)
        return x

    return function


def graph(library: Any, count: int) -> Function:
    """A function of about `count` operations on any of the last seven results; none is repeated.

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


def import_holograd() -> None:
    """The compiler, which brings llvmlite; NumPy and holograd's eager tensors are there before."""
    importlib.import_module("holograd.compiler.trainer")


def call_holograd(make: Callable[[Any, int], Function], count: int) -> Call:
    """A call of the function compiled by holograd, with a number of float64."""
    holograd = importlib.import_module("holograd")
    compiled = importlib.import_module("holograd.compiler").compile(make(holograd, count))
    return lambda: compiled(NUMBER)


def loop_holograd(name: str) -> Call:
    """A step of one of the loops."""
    return loop(name, "build_holograd")


def import_jax() -> None:
    """JAX, and its threads started."""
    importlib.import_module("benchmarks.compiled_peers").import_jax()


def call_jax(make: Callable[[Any, int], Function], count: int) -> Call:
    """A call of the function compiled by JAX, with a number of float32."""
    jax = importlib.import_module("jax")
    compiled, number = jax.jit(make(jax.numpy, count)), np.float32(NUMBER)
    return lambda: compiled(number).block_until_ready()


def loop_jax(name: str) -> Call:
    """A step of the same loops in JAX."""
    return loop(name, "build_jax")


def loop(name: str, build: str) -> Call:
    """A step of a loop, by the function that builds it in its benchmark."""
    module = importlib.import_module(f"benchmarks.compiled_{name}")
    task = (module.make_task(),) if name == "digits" else ()
    run = getattr(module, build)(*task)
    return lambda: run(1)


LIBRARIES = {
    "holograd": (import_holograd, loop_holograd, call_holograd),
    "jax": (import_jax, loop_jax, call_jax),
}


def seconds(call: Call) -> float:
    """How long a call takes."""
    start = perf_counter()
    call()
    return perf_counter() - start


def measure(library: str, what: str, count: int) -> dict[str, float]:
    """Seconds to import, and to compile a loop, or a kind of graph of so many operations."""
    importlib.import_module("holograd")
    importer, looped, called = LIBRARIES[library]
    importing = seconds(importer)
    call = looped(what) if what in LOOPS else called(KINDS[what], count)
    first = seconds(call)
    return {"import": importing, "compile": first - seconds(call)}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2], int("".join(sys.argv[3:]) or 0))))
