"""What the tests of training share: a small network, points of two classes, and comparison."""

from itertools import pairwise

import numpy as np

import holograd as hg
from holograd import data, nn


def network(*sizes: int, seed: int = 0, last: nn.Module | None = None) -> nn.Sequential:
    """Linear layers with tanh between them, and weights by `seed`."""
    hg.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*layers[:-1], *([last] if last else []))


def noisy(seed: int = 0) -> nn.Sequential:
    """A network with statistics and with random numbers of its own."""
    hg.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(2, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2)
    )


def moons(seed: int = 0) -> tuple[hg.Tensor, hg.Tensor]:
    """90 points of two classes."""
    return data.moons(90, seed=seed)


def weights(model: nn.Module) -> list[np.ndarray]:
    """Parameters and buffers as they are now."""
    return [one.value for one in model.state_dict().values()]


def same_bits(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    """Whether all arrays are equal to the last bit."""
    return all(a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))
