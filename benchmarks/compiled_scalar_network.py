"""A network of scalar nodes: compiled code of holograd beside micrograd, and JAX on tensors.

    python -m benchmarks.compiled_scalar_network

The network of micrograd's demo has 337 parameters, and computes a hundred points one by one, so
that a pass is some hundred thousand nodes of one number each.
"""

import importlib
from typing import Any

import numpy as np

from benchmarks.compiled_peers import Outcome, import_jax, together
from benchmarks.harness import Contender, Run, compare
from holograd import value_and_grad
from holograd.compiler import compile
from holograd.data import moons

WIDTHS = (2, 16, 16, 1)
PENALTY = 1e-4


def points() -> tuple[np.ndarray, np.ndarray]:
    """A hundred points of the two moons, (100, 2), and their classes as −1 and 1."""
    inputs, labels = moons(100, seed=0)
    return inputs.numpy(), labels.numpy().astype(np.float32) * 2 - 1


def initial_weights() -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each layer the weights, (out, in), and the biases, (out,), spread as micrograd's are."""
    generator = np.random.default_rng(0)
    shapes = zip(WIDTHS[1:], WIDTHS[:-1], strict=True)
    layers = [(generator.uniform(-1, 1, shape), generator.uniform(-1, 1, shape[0]))
              for shape in shapes]  # fmt: skip
    return [(one.astype(np.float32), two.astype(np.float32)) for one, two in layers]


def build_holograd() -> Run:
    """Plain Python over points, neurons and weights, compiled: numbers in, numbers out."""
    inputs, labels = (array.tolist() for array in points())
    numbers = [
        float(number)
        for weights, biases in initial_weights()
        for row, bias in zip(weights, biases, strict=True)
        for number in (*row, bias)
    ]

    def network(parameters: tuple[Any, ...], values: list[Any]) -> Any:
        rest = iter(parameters)
        for place, width in enumerate(WIDTHS[1:]):
            totals = []
            for _ in range(width):
                products = [next(rest) * value for value in values]
                totals.append(sum(products, next(rest)))
            values = [one.relu() for one in totals] if place < len(WIDTHS) - 2 else totals
        return values[0]

    def loss(*parameters: Any) -> Any:
        scores = [network(parameters, point) for point in inputs]
        losses = [(1 + -y * score).relu() for y, score in zip(labels, scores, strict=True)]
        penalty = PENALTY * sum(p * p for p in parameters)
        return sum(losses) * (1.0 / len(losses)) + penalty

    compiled = compile(value_and_grad(loss, range(len(numbers))))

    def run(steps: int) -> float:
        value, slopes = 0.0, ()
        for _ in range(steps):
            value, slopes = compiled(*numbers)
        return value + sum(slopes)

    return run


def build_micrograd() -> Run:
    """With micrograd's own network; returns the loss and the sum of all gradients."""
    nn: Any = importlib.import_module("micrograd.nn")
    model = nn.MLP(WIDTHS[0], [*WIDTHS[1:]])
    for layer, (weights, biases) in zip(model.layers, initial_weights(), strict=True):
        for neuron, row, bias in zip(layer.neurons, weights, biases, strict=True):
            for value, number in zip(neuron.parameters(), (*row, bias), strict=True):
                value.data = float(number)
    inputs, labels = (array.tolist() for array in points())

    def run(steps: int) -> float:
        loss: Any = 0.0
        for _ in range(steps):
            model.zero_grad()
            scores = map(model, inputs)
            losses = [(1 + -y * score).relu() for y, score in zip(labels, scores, strict=True)]
            penalty = PENALTY * sum(p * p for p in model.parameters())
            loss = sum(losses) * (1.0 / len(losses)) + penalty
            loss.backward()
        return loss.data + sum(one.grad for one in model.parameters())

    return run


def build_jax() -> Run:
    """The same on tensors, jitted and called from Python; the points are constants.

    One flat vector of parameters takes 22 µs where an array for each takes 29; with the points in
    rows instead of columns it is 24.
    """
    jax = import_jax()
    jnp = jax.numpy
    (inputs, labels), layers = points(), initial_weights()
    flat = jnp.array(np.concatenate([one.ravel() for layer in layers for one in layer]))

    def loss(flat: Any) -> Any:
        hidden, start = inputs.T, 0
        for place, (weights, biases) in enumerate(layers):
            middle, end = start + weights.size, start + weights.size + biases.size
            product = flat[start:middle].reshape(weights.shape) @ hidden
            hidden = product + flat[middle:end, None]
            hidden = jax.nn.relu(hidden) if place < len(layers) - 1 else hidden
            start = end
        return jnp.mean(jax.nn.relu(1 - labels * hidden[0])) + PENALTY * jnp.sum(flat * flat)

    compiled = jax.jit(jax.value_and_grad(loss))

    def run(steps: int) -> float:
        value = gradient = flat
        for _ in range(steps):
            value, gradient = compiled(flat)
            value.block_until_ready()
        return float(value) + float(gradient.sum())

    return run


def main() -> Outcome:
    """Run both comparisons.

    A pass of micrograd's takes a second, so that its peer's pass is a single call, on cold caches.
    """
    work = "one pass, forward and backward, of micrograd's demo: 2-16-16-1 on 100 points"
    holograd = Contender("holograd", "holograd", build_holograd)
    jax = Contender("jax on tensors", "jax", build_jax)
    micrograd = Contender("micrograd", "micrograd", build_micrograd)
    compiled = compare(
        "compiled_scalar_network", work, [holograd, jax],
        subject="holograd", baseline="jax on tensors", target_ratio=30 / 32,
        steps=1_000, warm_up=500, rounds=15,
    )  # fmt: skip
    interpreted = compare(
        "compiled_scalar_network_micrograd", work, [holograd, micrograd],
        subject="holograd", baseline="micrograd", target_ratio=1 / 10_000,
        steps=1, warm_up=1, rounds=7,
    )  # fmt: skip
    return together(compiled, interpreted)


if __name__ == "__main__":
    main()
