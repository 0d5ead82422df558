"""What the tests of explanations explain: the lecture's network, and single numbers."""

import math
from collections.abc import Callable

import numpy as np

import holograd as hg
from holograd import nn
from holograd.explanation import Explanation


def scalar(number: float) -> hg.Tensor:
    return hg.tensor(number, dtype=hg.float64, requires_grad=True)


def lecture(dtype: np.dtype = hg.float64) -> nn.Sequential:
    """The lecture's network for XOR."""
    network = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid()).to(dtype)
    weights = ([[5, 5], [-7, -7]], [-8, 3], [[-11, -11]], [6])
    for parameter, values in zip(network.parameters(), weights, strict=True):
        parameter.data = np.array(values, dtype)
    return network


def xor(
    row: tuple[int, int] = (0, 1),
    zoom: str = "function",
    loss: Callable[..., hg.Tensor] = nn.functional.binary_cross_entropy,
    title: str = "",
) -> Explanation:
    """The lecture's network on one of its inputs, in float64."""
    x = hg.tensor([row], dtype=hg.float64)
    y = hg.tensor([[row[0] ^ row[1]]], dtype=hg.float64)
    return hg.explain(loss(lecture()(x), y), zoom=zoom, title=title)


def number(explanation: Explanation, name: str) -> float:
    return float(explanation.value(name).array.reshape(-1)[0])


def gradient(explanation: Explanation, name: str) -> float:
    found = explanation.value(name).gradient
    assert found is not None
    return float(found.reshape(-1)[0])


def of(array: np.ndarray | None) -> float:
    """The one number of an array that is there."""
    assert array is not None
    return float(array.reshape(-1)[0])


def there(array: np.ndarray | None) -> np.ndarray:
    assert array is not None
    return array


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))
