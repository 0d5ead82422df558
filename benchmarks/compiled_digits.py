"""Training a small classifier: compiled code of holograd beside JAX and PyTorch.

    python -m benchmarks.compiled_digits

The arithmetic of a step takes about ten microseconds, so both the code and what is around it count.
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
from holograd.data import digits

BATCH = 32
BATCHES = 119  # of an epoch; the 15 rows that are left of 3,823 are left out for everyone
STEPS = 2 * BATCHES  # of a round
ROUNDS = 15  # many more, and rounding would part the losses


def network(nn: Any) -> Any:
    """The model; holograd and PyTorch read the same line."""
    return nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))


def forward(jax: Any, weights: dict[str, Any], inputs: Any) -> Any:
    """The same in JAX."""
    hidden = jax.nn.relu(inputs @ weights["0.weight"].T + weights["0.bias"])
    return hidden @ weights["2.weight"].T + weights["2.bias"]


def make_task() -> Task:
    """The training that all contenders do."""
    inputs, labels = (tensor.numpy()[: BATCH * BATCHES].copy() for tensor in digits()[0].tensors)
    steps = BATCHES + ROUNDS * STEPS
    return Task(inputs, labels, BATCH, 1e-3, steps, network, forward)


def main() -> Report:
    """Run the comparison."""
    task = make_task()
    return compare(
        "compiled_digits",
        "one training step on digits: 64-128-10, ReLU, cross-entropy, Adam, 32 rows out of 3,808 "
        "(the last 15 of the 3,823 left out), shuffled each epoch, float32",
        [
            Contender("holograd", "holograd", partial(build_holograd, task)),
            Contender("jax", "jax", partial(build_jax, task)),
            *torch_compile(partial(build_torch_compile, task)),
            Contender("torch", "torch", partial(build_torch, task)),
            Contender("holograd NumPy", "holograd", partial(build_numpy, task)),
        ],
        subject="holograd",
        baseline="jax",
        target_ratio=12 / 21,
        steps=STEPS,
        warm_up=BATCHES - 1,
        rounds=ROUNDS,
        loss_tolerance=1e-2,
    )


if __name__ == "__main__":
    main()
