"""Initial weights: the distributions that are promised, and the same numbers from the same seed."""

import math
from typing import Any

import numpy as np
import pytest

import holograd as hg
from holograd import nn
from holograd.errors import ArgumentError, ShapeError
from holograd.nn import init

SHAPE = (200, 30, 3, 3)  # fan-in 270, fan-out 1,800
FAN_IN, FAN_OUT = 270, 1800

UNIFORM: list[tuple[Any, float]] = [
    (lambda w, g: init.uniform_(w, -0.5, 0.5, g), 0.5),
    (lambda w, g: init.xavier_uniform_(w, generator=g), math.sqrt(6 / (FAN_IN + FAN_OUT))),
    (lambda w, g: init.xavier_uniform_(w, 2.0, g), 2 * math.sqrt(6 / (FAN_IN + FAN_OUT))),
    (lambda w, g: init.kaiming_uniform_(w, generator=g), math.sqrt(6 / FAN_IN)),
    (lambda w, g: init.kaiming_uniform_(w, math.sqrt(5), generator=g), 1 / math.sqrt(FAN_IN)),
    (lambda w, g: init.kaiming_uniform_(w, 0, "fan_out", "tanh", g), 5 / math.sqrt(3 * FAN_OUT)),
    (init.lecun_uniform_, math.sqrt(3 / FAN_IN)),
]  # fmt: skip
NORMAL: list[tuple[Any, float]] = [
    (lambda w, g: init.normal_(w, 0, 0.3, g), 0.3),
    (lambda w, g: init.xavier_normal_(w, generator=g), math.sqrt(2 / (FAN_IN + FAN_OUT))),
    (lambda w, g: init.kaiming_normal_(w, generator=g), math.sqrt(2 / FAN_IN)),
    (lambda w, g: init.kaiming_normal_(w, 0, "fan_out", "relu", g), math.sqrt(2 / FAN_OUT)),
    (init.lecun_normal_, 1 / math.sqrt(FAN_IN)),
]


def filled(fill: Any, seed: int = 0, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    weight = nn.Parameter(np.zeros(shape, np.float32))
    assert fill(weight, hg.Generator(seed)) is weight
    assert weight.requires_grad and weight.is_leaf
    return weight.detach().numpy()


@pytest.mark.parametrize(("fill", "bound"), UNIFORM)
def test_uniform(fill: Any, bound: float):
    numbers = filled(fill)
    assert np.abs(numbers).max() <= np.float32(bound)
    assert np.abs(numbers).max() > 0.999 * bound
    assert numbers.std() == pytest.approx(bound / math.sqrt(3), rel=0.01)
    assert abs(numbers.mean()) < 4 * bound / math.sqrt(3 * numbers.size)


@pytest.mark.parametrize(("fill", "std"), NORMAL)
def test_normal(fill: Any, std: float):
    numbers = filled(fill)
    assert numbers.std() == pytest.approx(std, rel=0.01)
    assert abs(numbers.mean()) < 4 * std / math.sqrt(numbers.size)
    assert (np.abs(numbers) < std).mean() == pytest.approx(0.6827, abs=0.01)


@pytest.mark.parametrize(
    ("mean", "std", "a", "b"), [(0, 1, -2, 2), (0.5, 2, -1, 0.5), (0, 1, 3, 4), (0, 1, 9, 10)]
)
def test_truncated_normal(mean: float, std: float, a: float, b: float):
    numbers = filled(lambda w, g: init.trunc_normal_(w, mean, std, a, b, g), shape=(20_000,))
    assert a <= numbers.min() and numbers.max() <= b
    places = np.linspace(a, b, 20_001)
    density = np.exp(-(((places - mean) / std) ** 2) / 2)
    if density.sum() > 1e-10:
        expected = (places * density).sum() / density.sum()
        assert numbers.mean() == pytest.approx(expected, abs=0.02)
    with pytest.raises(ArgumentError, match="std > 0 and a < b"):
        init.trunc_normal_(hg.zeros(2), a=1.0, b=1.0)


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3), (4, 2, 3)])
def test_orthogonal(shape: tuple[int, ...]):
    numbers = filled(lambda w, g: init.orthogonal_(w, 2.0, g), shape=shape)
    matrix = numbers.reshape(shape[0], -1).astype(float)
    gram = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    assert gram == pytest.approx(4 * np.eye(len(gram)), abs=1e-5)


def test_orthogonal_matrices_turn_either_way():
    fill = lambda w, g: init.orthogonal_(w, generator=g)  # noqa: E731
    determinants = [np.linalg.det(filled(fill, seed, (3, 3))) for seed in range(8)]
    assert min(determinants) == pytest.approx(-1) and max(determinants) == pytest.approx(1)


def test_constants():
    assert init.constant_(hg.zeros(2), 3.0).tolist() == [3, 3]
    assert init.ones_(hg.zeros(2)).tolist() == [1, 1]
    assert init.zeros_(hg.ones(2)).tolist() == [0, 0]
    assert init.eye_(hg.zeros(2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]
    with pytest.raises(ShapeError, match="eye_ takes a matrix"):
        init.eye_(hg.zeros(2))


def test_gains():
    assert [init.calculate_gain(one) for one in ("linear", "sigmoid", "conv2d")] == [1, 1, 1]
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("selu") == 0.75
    assert init.calculate_gain("leaky_relu", 1) == 1
    assert init.calculate_gain("leaky_relu") == pytest.approx(math.sqrt(2 / 1.0001))
    with pytest.raises(ArgumentError, match=r"no gain is known for 'swish'.*relu"):
        init.calculate_gain("swish")


def test_fans_need_two_dimensions():
    with pytest.raises(ShapeError, match=r"xavier_uniform_ takes a weight of two.*zeros_\(bias\)"):
        init.xavier_uniform_(hg.zeros(3))
    with pytest.raises(ArgumentError, match='Write "fan_in" or "fan_out"'):
        init.kaiming_normal_(hg.zeros(3, 3), mode="in")


@pytest.mark.parametrize(
    ("make", "fan_in"),
    [
        (lambda **more: nn.Linear(50, 400, **more), 50),
        (lambda **more: nn.Bilinear(40, 9, 80, **more), 40),
        (lambda **more: nn.Conv1d(20, 60, 7, groups=2, **more), 70),
        (lambda **more: nn.Conv2d(4, 200, (3, 5), **more), 60),
    ],
)
def test_layers_begin_within_one_over_the_root_of_fan_in(make: Any, fan_in: int):
    layer = make(generator=hg.Generator(1))
    bound = 1 / math.sqrt(fan_in)
    for parameter in layer.parameters():
        numbers = np.abs(parameter.detach().numpy())
        assert 0.9 * bound < numbers.max() <= np.float32(bound)
    assert layer.weight.detach().numpy().std() == pytest.approx(bound / math.sqrt(3), rel=0.03)


def test_embeddings_begin_standard_normal():
    numbers = nn.Embedding(300, 40, generator=hg.Generator(2)).weight.detach().numpy()
    assert numbers.std() == pytest.approx(1, rel=0.03) and abs(numbers.mean()) < 0.03


def test_the_same_seed_gives_the_same_weights():
    for make in (nn.Linear, nn.Embedding):
        hg.manual_seed(4)
        first, second = make(3, 3), make(3, 3)
        hg.manual_seed(4)
        again = make(3, 3)
        assert first.weight.tolist() == again.weight.tolist() != second.weight.tolist()
        own = [make(3, 3, generator=hg.Generator(9)).weight.tolist() for _ in range(2)]
        assert own[0] == own[1]
