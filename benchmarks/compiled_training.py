"""The training of a classifier with Adam, described once, and done by each contender.

All begin with the same weights and see the same rows in the same order, which holograd's own
permutations give.
"""

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from benchmarks.compiled_peers import compile_torch, import_jax, import_torch
from benchmarks.harness import Run
from holograd.ops.random import Generator, permutation
from holograd.training.threads import limited_threads


@dataclass(frozen=True)
class Task:
    """A classifier that is trained with Adam: `steps` batches of `batch` rows, and no rows left.

    `network` builds the model with the module `nn` of holograd or PyTorch, and `forward` computes
    the same in JAX: it takes `jax`, the parameters by their names, and the inputs.
    """

    inputs: np.ndarray
    labels: np.ndarray
    batch: int
    learning_rate: float
    steps: int
    network: Callable[[Any], Any]
    forward: Callable[[Any, dict[str, Any], Any], Any]
    seed: int = 0

    @cached_property
    def order(self) -> np.ndarray:
        """The rows of each batch, (steps, batch): an epoch after the other, each shuffled anew."""
        count, generator = len(self.inputs), Generator(self.seed)
        if count % self.batch:
            raise ValueError(f"{count} rows are not whole batches of {self.batch}")
        epochs = -(-self.steps * self.batch // count)
        orders = [permutation(count, generator).value for _ in range(epochs)]
        return np.concatenate(orders).reshape(-1, self.batch)[: self.steps]

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """The initial weights: uniform, up to 1 / √fan-in, as both libraries spread theirs."""
        generator, fan_in = np.random.default_rng(self.seed), 1
        weights = {}
        for name, tensor in self.network(importlib.import_module("holograd.nn")).named_parameters():
            shape = tuple(tensor.shape)
            fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else fan_in  # a bias has its layer's
            weights[name] = generator.uniform(-1, 1, shape).astype(np.float32) / fan_in**0.5
        return {name: array.astype(np.float32) for name, array in weights.items()}


def adam(
    library: Any, rate: float, step: Any, parameter: Any, gradient: Any, mean: Any, spread: Any
) -> tuple[Any, Any, Any]:
    """Adam's rule with its usual constants, for any library: parameter, mean and spread anew."""
    mean = 0.9 * mean + 0.1 * gradient
    spread = 0.999 * spread + 0.001 * (gradient * gradient)
    rate = rate / -library.expm1(step * math.log(0.9))  # expm1, since 1 − 0.999 has few digits
    root = library.sqrt(-library.expm1(step * math.log(0.999)))
    return parameter - rate * (mean / (library.sqrt(spread) / root + 1e-8)), mean, spread


def build_eager(task: Task, library: Any, adam: Any) -> Run:
    """The loop as a learner writes it, with holograd or PyTorch; `adam` makes the optimizer."""
    model = task.network(library.nn)
    model.load_state_dict({name: library.from_numpy(one) for name, one in task.weights.items()})
    optimizer = adam(model.parameters(), lr=task.learning_rate)
    criterion = library.nn.CrossEntropyLoss()
    batches = iter(task.order)

    def run(steps: int) -> float:
        loss = library.tensor(float("nan"))
        for _ in range(steps):
            rows = next(batches)
            inputs = library.from_numpy(task.inputs[rows])
            optimizer.zero_grad()
            loss = criterion(model(inputs), library.from_numpy(task.labels[rows]))
            loss.backward()
            optimizer.step()
        return loss.item()

    return run


def build_numpy(task: Task) -> Run:
    """holograd's eager tensors, which NumPy computes."""
    holograd = importlib.import_module("holograd")
    run = build_eager(task, holograd, holograd.optim.Adam)

    def on_one_thread(steps: int) -> float:
        with limited_threads(1):
            return run(steps)

    return on_one_thread


def build_torch(task: Task) -> Run:
    """PyTorch eager; of its three ways to run Adam the fused one is a fifth quicker."""
    torch = import_torch()
    return build_eager(task, torch, lambda *one, **two: torch.optim.Adam(*one, **two, fused=True))


def build_torch_compile(task: Task) -> Run:
    """The whole step as one compiled function, from the gather to the update."""
    torch = import_torch()
    model = task.network(torch.nn)
    inputs, labels = torch.from_numpy(task.inputs), torch.from_numpy(task.labels)
    state = [{name: torch.from_numpy(one.copy()) for name, one in task.weights.items()}]
    state += [{name: torch.zeros_like(one) for name, one in state[0].items()} for _ in range(2)]
    count, batches = torch.zeros(()), iter(torch.from_numpy(task.order))

    def step(state: Any, count: Any, rows: Any) -> Any:
        def loss(parameters: Any) -> Any:
            output = torch.func.functional_call(model, parameters, (inputs[rows],))
            return torch.nn.functional.cross_entropy(output, labels[rows])

        gradients, value = torch.func.grad_and_value(loss)(state[0])
        count += 1
        for name, gradient in gradients.items():
            old = [part[name] for part in state]
            new = adam(torch, task.learning_rate, count, old[0], gradient, *old[1:])
            for one, two in zip(old, new, strict=True):
                one.copy_(two)
        return value

    compiled = compile_torch(torch, step)

    def run(steps: int) -> float:
        value = count
        with torch.no_grad():
            for _ in range(steps):
                value = compiled(state, count, next(batches))
        return value.item()

    return run


def build_jax(task: Task) -> Run:
    """All steps as one jitted loop with the gather inside.

    Flat parameters, gradients by hand and `scan` in place of `fori_loop` were not quicker.
    """
    jax = import_jax()
    jnp, numbers = jax.numpy, np.arange(int(task.labels.max()) + 1)
    data = [jnp.array(one) for one in (task.inputs, task.labels, task.order)]
    zeros = jax.tree.map(np.zeros_like, task.weights)
    state = jax.tree.map(jnp.array, (task.weights, zeros, zeros, np.float32(0)))
    done = 0

    def loss(parameters: Any, inputs: Any, labels: Any) -> Any:
        logits = jax.nn.log_softmax(task.forward(jax, parameters, inputs))
        return -jnp.mean(jnp.sum(jnp.where(numbers == labels[:, None], logits, 0), 1))

    def loop(start: Any, stop: Any, state: Any, inputs: Any, labels: Any, order: Any) -> Any:
        def step(count: Any, state: Any) -> Any:
            rows = order[count]
            batch = [one.at[rows].get(mode="promise_in_bounds") for one in (inputs, labels)]
            parameters, means, spreads, _ = state
            value, gradients = jax.value_and_grad(loss)(parameters, *batch)
            new = {
                name: adam(
                    jnp, task.learning_rate, count + 1.0,
                    parameters[name], gradients[name], means[name], spreads[name],
                )
                for name in parameters
            }  # fmt: skip
            return *({name: one[part] for name, one in new.items()} for part in range(3)), value

        return jax.lax.fori_loop(start, stop, step, state)

    compiled = jax.jit(loop, donate_argnums=2)

    def run(steps: int) -> float:
        nonlocal done, state
        state = compiled(done, done + steps, state, *data)
        done += steps
        return float(state[3])

    return run
