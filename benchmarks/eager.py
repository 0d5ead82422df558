"""What a step costs where the arithmetic is nothing: XOR in holograd eager and in PyTorch eager.

The arithmetic of a 2-2-1 network's step takes some forty nanoseconds, so this measures what the
libraries add to it: calls, checks, the graph, its gradient and the update.
"""

import importlib
from typing import Any

import numpy as np

from benchmarks.harness import Contender, Report, Run, compare

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
TARGETS = np.array([[0], [1], [1], [0]], np.float32)
LEARNING_RATE = 0.5


def initial_state() -> dict[str, np.ndarray]:
    """The same weights for every contender, under the names that both libraries give them."""
    generator = np.random.default_rng(0)
    shapes = {"0.weight": (2, 2), "0.bias": (2,), "2.weight": (1, 2), "2.bias": (1,)}
    return {
        name: generator.uniform(-0.7, 0.7, shape).astype(np.float32)
        for name, shape in shapes.items()
    }


def xor_step(library: Any, nn: Any, optim: Any) -> Run:
    """The training loop as a learner writes it; holograd and PyTorch read the same lines."""
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    model.load_state_dict({name: library.tensor(array) for name, array in initial_state().items()})
    inputs, targets = library.tensor(INPUTS), library.tensor(TARGETS)
    criterion = nn.MSELoss()
    optimizer = optim.SGD(model.parameters(), lr=LEARNING_RATE)

    def run(steps: int) -> float:
        loss = library.tensor(float("nan"))
        for _ in range(steps):
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            optimizer.step()
        return loss.item()

    return run


def build_holograd() -> Run:
    """The step in holograd eager."""
    holograd = importlib.import_module("holograd")
    return xor_step(holograd, holograd.nn, holograd.optim)


def build_torch() -> Run:
    """The step in PyTorch eager, on one thread."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    return xor_step(torch, torch.nn, torch.optim)


def main() -> Report:
    """Run the comparison."""
    return compare(
        "eager",
        "one training step on XOR: 2-2-1, Linear, Sigmoid, MSELoss, SGD, the four rows, float32",
        [
            Contender("holograd", "holograd", build_holograd),
            Contender("torch", "torch", build_torch),
        ],
        subject="holograd",
        baseline="torch",
        target_ratio=1.5,
        steps=500,
        warm_up=200,
        rounds=31,
    )


if __name__ == "__main__":
    main()
