"""Training LeNet-5 on MNIST: compiled code of holograd beside JAX and PyTorch.

HOLOGRAD_DATA=path/to/data python -m benchmarks.compiled_lenet
"""

from functools import partial
from typing import Any

from benchmarks.compiled_native import build_holograd
from benchmarks.compiled_peers import torch_compile
from benchmarks.compiled_training import (
    Task,
    build_jax,
    build_numpy,
    build_torch,
    build_torch_compile,
)
from benchmarks.harness import Contender, Report, compare
from holograd import nn as holograd_nn
from holograd.data.mnist import NotFound, mnist
from holograd.ops.random import Generator
from holograd.recipes import networks
from holograd.recipes.table import find

RECIPE = find("lenet5")
STEPS = 20  # of a round
ROUNDS = 12
WARM_UP = 19
LEARNING_RATE = 3e-4  # with a greater one, rounding soon parts the losses


def network(nn: Any) -> Any:
    """The recipe's model in holograd; in PyTorch the same, written out."""
    if nn is holograd_nn:
        return networks.build(RECIPE, (1, 28, 28), 10, Generator(0))
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def forward(jax: Any, weights: dict[str, Any], inputs: Any) -> Any:
    """The same in JAX, with the samples innermost and convolutions as products.

    A tenth of the time of JAX's own convolution, `lax.conv_general_dilated`, which takes 45 ms a
    step whatever the layout. Of the ways to write the products, one for each row of the kernel is
    quickest: 5 ms, where one for the whole kernel takes 6 and one for each weight 16 or more.
    """
    jnp = jax.numpy

    def convolution(name: str, hidden: Any) -> Any:
        kernel = weights[f"{name}.weight"]
        outer, inner, size, _ = kernel.shape
        _, height, width, samples = hidden.shape
        height, width = height - size + 1, width - size + 1
        shifted = jnp.stack([hidden[:, :, x : x + width] for x in range(size)], 1)
        result = weights[f"{name}.bias"].reshape(-1, 1, 1, 1)
        for y in range(size):
            rows = shifted[:, :, y : y + height].reshape(inner * size, -1)
            product = kernel[:, :, y].reshape(outer, inner * size) @ rows
            result = result + product.reshape(outer, height, width, samples)
        upper = jnp.maximum(result[:, ::2, ::2], result[:, ::2, 1::2])
        lower = jnp.maximum(result[:, 1::2, ::2], result[:, 1::2, 1::2])
        return jax.nn.relu(jnp.maximum(upper, lower))

    pictures = jnp.pad(inputs[:, 0].transpose(1, 2, 0)[None], ((0, 0), (2, 2), (2, 2), (0, 0)))
    hidden = convolution("3", convolution("0", pictures)).reshape(400, -1)
    for name in ("7", "9"):
        product = weights[f"{name}.weight"] @ hidden
        hidden = jax.nn.relu(product + weights[f"{name}.bias"][:, None])
    return (weights["11.weight"] @ hidden).T + weights["11.bias"]


def make_task() -> Task:
    """The training that all contenders do; raises NotFound where MNIST is not at hand."""
    batch = RECIPE.batch_size
    inputs, labels = (tensor.numpy() for tensor in mnist()[0].tensors)
    count = len(inputs) // batch * batch
    steps = 1 + WARM_UP + ROUNDS * STEPS
    return Task(
        inputs[:count].copy(), labels[:count].copy(), batch, LEARNING_RATE, steps, network, forward
    )


def main() -> Report | None:
    """Run the comparison; None where MNIST is not at hand."""
    try:
        task = make_task()
    except NotFound as error:
        print(f"compiled_lenet is left out: {error}")
        return None
    size = sum(one.size for one in task.weights.values())
    return compare(
        "compiled_lenet",
        f"one training step of LeNet-5 on MNIST: {size:,} parameters, ReLU, max-pooling, "
        f"cross-entropy, Adam, {task.batch} rows of {len(task.inputs):,}, float32",
        [
            Contender("holograd", "holograd", partial(build_holograd, task)),
            Contender("jax", "jax", partial(build_jax, task)),
            *torch_compile(partial(build_torch_compile, task)),
            Contender("torch", "torch", partial(build_torch, task)),
            Contender("holograd NumPy", "holograd", partial(build_numpy, task)),
        ],
        subject="holograd",
        baseline="holograd NumPy",
        target_ratio=1 / 3,
        steps=STEPS,
        warm_up=WARM_UP,
        rounds=ROUNDS,
        loss_tolerance=1e-2,
    )


if __name__ == "__main__":
    main()
