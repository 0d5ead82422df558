"""An expression of scalars: compiled code of holograd beside micrograd, JAX and PyTorch.

    python -m benchmarks.compiled_scalars

The expression of micrograd's README is called from Python with two floats, and gives its value and
two gradients as floats: nearly all of the time is the call.
"""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.compiled_peers import import_jax, import_torch
from benchmarks.harness import Contender, Report, Run, compare
from holograd import relu, value_and_grad
from holograd.compiler import compile

POINT = (-4.0, 2.0)
VALUES = (24.7041, 138.8338, 645.5773)  # as micrograd's README gives them

Numbers = Callable[[float, float], tuple[float, float, float]]


def expression(a: Any, b: Any, relu: Callable[[Any], Any]) -> Any:
    """The expression of micrograd's README."""
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + relu(b + a)
    d += 3 * d + relu(b - a)
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g


def calls(function: Numbers) -> Run:
    """Calls it that often; returns the sum of its three numbers, once they are the README's."""
    found = function(*POINT)
    if not np.allclose(found, VALUES, rtol=1e-5):
        raise ValueError(f"{found} are not {VALUES}")

    def run(steps: int) -> float:
        found = (0.0, 0.0, 0.0)
        for _ in range(steps):
            found = function(*POINT)
        return sum(found)

    return run


def build_holograd() -> Run:
    """The expression and its gradient compiled by holograd."""
    compiled = compile(value_and_grad(lambda a, b: expression(a, b, relu), (0, 1)))

    def numbers(a: float, b: float) -> tuple[float, float, float]:
        value, slopes = compiled(a, b)
        return value, *slopes

    return calls(numbers)


def build_tensors(library: Any) -> Run:
    """With eager tensors of holograd or PyTorch."""

    def numbers(a: float, b: float) -> tuple[float, float, float]:
        first = library.tensor(a, requires_grad=True)
        second = library.tensor(b, requires_grad=True)
        result = expression(first, second, library.relu)
        result.backward()
        return result.item(), first.grad.item(), second.grad.item()

    return calls(numbers)


def build_micrograd() -> Run:
    """With micrograd's values."""
    engine = importlib.import_module("micrograd.engine")

    def numbers(a: float, b: float) -> tuple[float, float, float]:
        first, second = engine.Value(a), engine.Value(b)
        result = expression(first, second, engine.Value.relu)
        result.backward()
        return result.data, first.grad, second.grad

    return calls(numbers)


def build_jax() -> Run:
    """Jitted, with one array in and one out.

    Two floats in cost a twentieth more; three arrays out, made floats one by one, twice to three
    times as much.
    """
    jax = import_jax()
    jnp = jax.numpy

    def relu(x: Any) -> Any:
        return jnp.maximum(x, 0)

    both = jax.value_and_grad(lambda point: expression(point[0], point[1], relu))

    def stacked(point: Any) -> Any:
        value, gradient = both(point)
        return jnp.concatenate([value[None], gradient])

    compiled = jax.jit(stacked)

    def numbers(a: float, b: float) -> tuple[float, float, float]:
        return np.asarray(compiled(np.array((a, b), np.float32))).tolist()

    return calls(numbers)


def main() -> Report:
    """Run the comparison; the target is 1.5 µs where JAX takes 5.7."""
    return compare(
        "compiled_scalars",
        "one call of micrograd's expression: two floats in, its value and two gradients out",
        [
            Contender("holograd", "holograd", build_holograd),
            Contender("jax", "jax", build_jax),
            Contender("micrograd", "micrograd", build_micrograd),
            Contender("torch", "torch", lambda: build_tensors(import_torch())),
            Contender(
                "holograd eager", "holograd",
                lambda: build_tensors(importlib.import_module("holograd")),
            ),
        ],
        subject="holograd", baseline="jax", target_ratio=1.5 / 5.7,
        steps=1_000, warm_up=500, rounds=15,
    )  # fmt: skip


if __name__ == "__main__":
    main()
