"""Training XOR where calls cost nothing: compiled loops of holograd and JAX, then eager libraries.

    python -m benchmarks.compiled_xor

A step is about forty nanoseconds of arithmetic. Two comparisons: with JAX's loop, over so many
steps that the call around them vanishes, and with what calls from Python at every step.
"""

import importlib
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.compiled_native import native
from benchmarks.compiled_peers import (
    Outcome,
    compile_torch,
    import_jax,
    import_torch,
    together,
    torch_compile,
)
from benchmarks.eager import INPUTS, LEARNING_RATE, TARGETS, initial_state, xor_step
from benchmarks.harness import Contender, Run, compare
from holograd.training import Step

WORK = "one training step on XOR: 2-2-1, sigmoid, squared error, SGD, the four rows, float32"


def build_holograd() -> Run:
    """The loop compiled by holograd."""
    holograd = importlib.import_module("holograd")
    nn = holograd.nn
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    model.load_state_dict({name: holograd.tensor(one) for name, one in initial_state().items()})
    step = Step(model, nn.MSELoss(), holograd.optim.SGD(model.parameters(), lr=LEARNING_RATE))
    return native(step, INPUTS, TARGETS, len(INPUTS), None)


def build_jax() -> Run:
    """The loop compiled by JAX: `fori_loop` with a bound that is given at the call.

    Of seven ways to write the step this was quickest by a tenth: products as a broadcast and a sum.
    Plain `x @ w.T` takes 88 ns for 70, four steps a turn of the loop 130; separate scalars, a flat
    vector of all parameters, a vector a column, and gradients by hand 77 to 79.
    """
    jax = import_jax()
    jnp = jax.numpy

    def loss(weights: Any) -> Any:
        first, first_bias, second, second_bias = weights
        hidden = jax.nn.sigmoid((INPUTS[:, None] * first).sum(-1) + first_bias)
        output = jax.nn.sigmoid((hidden * second).sum(-1) + second_bias)
        return jnp.mean((output - TARGETS[:, 0]) ** 2)

    def step(_: Any, state: Any) -> Any:
        weights = state[:-1]
        value, gradients = jax.value_and_grad(loss)(weights)
        pairs = zip(weights, gradients, strict=True)
        return *(weight - LEARNING_RATE * gradient for weight, gradient in pairs), value

    def loop(steps: Any, state: Any) -> Any:
        return jax.lax.fori_loop(0, steps, step, state)

    compiled = jax.jit(loop, donate_argnums=1)
    state = tuple(map(jnp.array, (*initial_state().values(), np.float32(0))))

    def run(steps: int) -> float:
        nonlocal state
        state = compiled(steps, state)
        return float(state[-1])

    return run


def build_eager() -> Run:
    """holograd's eager tensors, which NumPy computes."""
    holograd = importlib.import_module("holograd")
    return xor_step(holograd, holograd.nn, holograd.optim)


def build_torch() -> Run:
    """PyTorch eager; of its three ways to run SGD the plain one is quickest by a twentieth."""
    torch = import_torch()
    plain = SimpleNamespace(SGD=partial(torch.optim.SGD, foreach=False))
    return xor_step(torch, torch.nn, plain)


def build_torch_compile() -> Run:
    """PyTorch with the whole step as one compiled function."""
    torch = import_torch()
    nn = torch.nn
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    weights = {name: torch.tensor(array) for name, array in initial_state().items()}
    inputs, targets = torch.tensor(INPUTS), torch.tensor(TARGETS)

    def loss(weights: Any) -> Any:
        output = torch.func.functional_call(model, weights, (inputs,))
        return nn.functional.mse_loss(output, targets)

    def step(weights: Any) -> Any:
        gradients, value = torch.func.grad_and_value(loss)(weights)
        for name, gradient in gradients.items():
            weights[name].sub_(LEARNING_RATE * gradient)
        return value

    compiled = compile_torch(torch, step)

    def run(steps: int) -> float:
        value = inputs
        with torch.no_grad():
            for _ in range(steps):
                value = compiled(weights)
        return value.item()

    return run


def build_numpy() -> Run:
    """NumPy, with the gradients by hand and every array written in place."""
    first, first_bias, second, second_bias = initial_state().values()
    ones = np.ones(4, np.float32)

    def run(steps: int) -> float:
        nonlocal first, first_bias, second, second_bias
        error = ones
        for _ in range(steps):
            hidden = 1 / (1 + np.exp(-(INPUTS @ first.T + first_bias)))
            output = 1 / (1 + np.exp(-(hidden @ second.T + second_bias)))
            error = output - TARGETS
            slope = (error * output * (1 - output)) * np.float32(LEARNING_RATE * 2 / 4)
            inner = slope @ second * hidden * (1 - hidden)
            second -= slope.T @ hidden
            second_bias -= ones @ slope
            first -= inner.T @ INPUTS
            first_bias -= ones @ inner
        return float(np.mean(error * error))

    return run


def in_thousands(build: Callable[[], Run]) -> Callable[[], Run]:
    """The contender of which a step is a thousand training steps."""

    def build_it() -> Run:
        run = build()
        return lambda thousands: run(1000 * thousands)

    return build_it


def main() -> Outcome:
    """Run both comparisons."""
    loops = compare(
        "compiled_xor",
        f"1,000 times (so µs are ns a training step) {WORK}",
        [
            Contender("holograd", "holograd", in_thousands(build_holograd)),
            Contender("jax", "jax", in_thousands(build_jax)),
        ],
        subject="holograd",
        baseline="jax",
        target_ratio=1 / 1.6,
        steps=200,
        warm_up=100,
        rounds=31,
    )
    calls = compare(
        "compiled_xor_eager",
        WORK,
        [
            Contender("holograd", "holograd", build_holograd),
            *torch_compile(build_torch_compile),
            Contender("torch", "torch", build_torch),
            Contender("numpy by hand", "numpy", build_numpy),
            Contender("holograd eager", "holograd", build_eager),
        ],
        subject="holograd",
        baseline="torch",
        target_ratio=1 / 1800,
        steps=20_000,  # so that holograd's call, of some ten microseconds, counts for little
        warm_up=1_000,
        rounds=9,
    )
    return together(loops, calls)


if __name__ == "__main__":
    main()
