"""Layers' functions against their closed forms, written out in plain NumPy."""

import math
from typing import Any

import numpy as np
import pytest

import holograd as hg
import holograd.nn.functional as F
from holograd import nn
from holograd.errors import ArgumentError, ShapeError

X = np.linspace(-6, 6, 49)


def phi(x: float) -> float:
    """The normal distribution function."""
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


CLOSED_FORMS: list[tuple[Any, Any]] = [
    (F.relu, lambda x: max(x, 0.0)),
    (F.leaky_relu, lambda x: x if x > 0 else 0.01 * x),
    (lambda x: F.leaky_relu(x, 0.3), lambda x: x if x > 0 else 0.3 * x),
    (F.elu, lambda x: x if x > 0 else math.exp(x) - 1),
    (lambda x: F.elu(x, 2.0), lambda x: x if x > 0 else 2 * (math.exp(x) - 1)),
    (F.gelu, lambda x: x * phi(x)),
    (lambda x: F.gelu(x, "tanh"),
     lambda x: 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))),
    (F.silu, lambda x: x / (1 + math.exp(-x))),
    (F.sigmoid, lambda x: 1 / (1 + math.exp(-x))),
    (F.tanh, math.tanh),
    (F.softplus, lambda x: math.log(1 + math.exp(x))),
    (lambda x: F.softplus(x, 2.0), lambda x: math.log(1 + math.exp(2 * x)) / 2),
    (F.hardtanh, lambda x: min(max(x, -1.0), 1.0)),
    (lambda x: F.hardtanh(x, 0.25, 3.0), lambda x: min(max(x, 0.25), 3.0)),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(CLOSED_FORMS)))
def test_activations(number: int):
    function, formula = CLOSED_FORMS[number]
    found = function(hg.tensor(X)).numpy()
    assert found == pytest.approx([formula(x) for x in X], rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("dtype", [hg.float32, hg.float64], ids=str)
@pytest.mark.parametrize(
    ("function", "left", "right"),
    [
        (F.elu, (-1.0, 0.0), (None, 1.0)),
        (F.gelu, (0.0, 0.0), (None, 1.0)),
        (F.silu, (0.0, 0.0), (None, 1.0)),
        (F.softplus, (0.0, 0.0), (None, 1.0)),
        (F.leaky_relu, (None, 0.01), (None, 1.0)),
        (F.hardtanh, (-1.0, 0.0), (1.0, 0.0)),
        (lambda x: F.softmax(hg.stack([x, x * 0]), 0)[0], (0.0, 0.0), (1.0, 0.0)),
    ],
)
def test_far_out_nothing_overflows(function: Any, left: Any, right: Any, dtype: np.dtype):
    far = hg.tensor([-1e4, 1e4], dtype=dtype, requires_grad=True)
    values = function(far)
    values.sum().backward()
    assert far.grad is not None
    for place, (value, slope) in enumerate((left, right)):
        assert values[place].item() == (far[place].item() * slope if value is None else value)
        assert far.grad[place].item() == dtype.type(slope)


def test_slopes_at_the_corners_are_as_in_pytorch():
    zero = hg.tensor([0.0, -1.0, 1.0], requires_grad=True)
    for function, expected in [
        (F.relu, [0, 0, 1]),
        (lambda x: F.leaky_relu(x, 0.5), [0.5, 0.5, 1]),
        (lambda x: F.elu(x, 0.5), [0.5, 0.5 * np.exp(np.float32(-1)), 1]),
        (F.hardtanh, [1, 0, 0]),
    ]:
        zero.grad = None
        function(zero).sum().backward()
        assert zero.grad is not None and zero.grad.numpy() == pytest.approx(expected, rel=1e-6)


def test_batch_norm_by_hand():
    generator = np.random.default_rng(0)
    x = generator.normal(3, 2, (6, 2, 5))
    layer = nn.BatchNorm1d(2, eps=0.01, momentum=0.2, dtype=hg.float64)
    layer.load_state_dict({"weight": [2.0, 3.0], "bias": [0.5, -1.0]}, strict=False)
    rows = np.moveaxis(x, 1, 2).reshape(-1, 2)
    mean, variance = rows.mean(0), rows.var(0)
    scale, shift = np.array([2, 3.0]) / np.sqrt(variance + 0.01), np.array([0.5, -1.0])
    expected = (x - mean[:, None]) * scale[:, None] + shift[:, None]
    assert layer(hg.tensor(x)).detach().numpy() == pytest.approx(expected, rel=1e-10)
    assert layer.running_mean.numpy() == pytest.approx(0.2 * mean)
    unbiased = rows.var(0, ddof=1)
    assert layer.running_var.numpy() == pytest.approx(0.8 + 0.2 * unbiased)
    assert layer.num_batches_tracked.item() == 1
    layer.eval()
    scale = np.array([2, 3.0]) / np.sqrt(0.8 + 0.2 * unbiased + 0.01)
    expected = (x - 0.2 * mean[:, None]) * scale[:, None] + shift[:, None]
    assert layer(hg.tensor(x)).detach().numpy() == pytest.approx(expected, rel=1e-10)
    assert layer.num_batches_tracked.item() == 1
    layer.reset_running_stats()
    assert layer.running_mean.tolist() == [0, 0] and layer.running_var.tolist() == [1, 1]
    assert layer.num_batches_tracked.item() == 0


def test_batch_norm_without_momentum_keeps_the_mean_of_all_batches():
    batches = np.random.default_rng(0).normal(1, 2, (3, 8, 2))
    layer = nn.BatchNorm1d(2, momentum=None, dtype=hg.float64)
    for batch in batches:
        layer(hg.tensor(batch))
    assert layer.running_mean.numpy() == pytest.approx(batches.mean((0, 1)))
    assert layer.running_var.numpy() == pytest.approx(batches.var(1, ddof=1).mean(0))


def test_momentum_and_dropout_share_may_change_between_runs_of_a_captured_step():
    x = np.random.default_rng(0).normal(0, 1, (8, 2)).astype(np.float32)
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.5))
    captured = hg.capture(model, x)
    model[0].momentum, model[1].p = 1.0, 0.0
    (output,) = captured.run(x)
    assert model[0].running_mean.numpy() == pytest.approx(x.mean(0), abs=1e-6)
    assert (output != 0).all()
    model[1].p = 1.0
    assert (captured.run(x)[0] == 0).all()


def test_statistics_without_a_gradient():
    layer = nn.BatchNorm1d(2)
    layer(hg.mul(hg.randn(4, 2, requires_grad=True), 2))
    assert not layer.running_mean.requires_grad and layer.running_mean.is_leaf


def test_batch_norm_needs_statistics_or_a_batch():
    with pytest.raises(ArgumentError, match="running_mean and running_var, or training=True"):
        F.batch_norm(hg.ones(3, 2), None, None)
    with pytest.raises(ShapeError, match="one number has no variance"):
        F.batch_norm(hg.ones(1, 2), None, None, training=True)


def test_layer_norm_by_hand():
    x = np.random.default_rng(0).normal(3, 2, (4, 3, 2))
    weight, bias = np.arange(6.0).reshape(3, 2), np.ones((3, 2))
    mean = x.mean((1, 2), keepdims=True)
    expected = (x - mean) / np.sqrt(x.var((1, 2), keepdims=True) + 0.1) * weight + bias
    found = F.layer_norm(hg.tensor(x), (3, 2), hg.tensor(weight), hg.tensor(bias), 0.1)
    assert found.numpy() == pytest.approx(expected, rel=1e-10)
    with pytest.raises(ShapeError, match=r"it does not end in \(2, 3\).*normalized_shape=\(3, 2\)"):
        F.layer_norm(hg.tensor(x), (2, 3))


def test_bilinear_by_hand():
    generator = np.random.default_rng(0)
    first, second = generator.normal(0, 1, (5, 3)), generator.normal(0, 1, (5, 4))
    weight, bias = generator.normal(0, 1, (2, 3, 4)), generator.normal(0, 1, 2)
    expected = [[a @ one @ b + c for one, c in zip(weight, bias, strict=True)]
                for a, b in zip(first, second, strict=True)]  # fmt: skip
    found = F.bilinear(*map(hg.tensor, (first, second, weight, bias)))
    assert found.numpy() == pytest.approx(np.array(expected), rel=1e-10)


def test_embedding_gives_its_padding_row_no_gradient():
    weight = hg.tensor(np.arange(6.0).reshape(3, 2), requires_grad=True)
    rows = F.embedding(hg.tensor([[0, 2], [2, 0]]), weight, padding_idx=-1)
    assert rows.tolist() == [[[0, 1], [4, 5]], [[4, 5], [0, 1]]]
    rows.sum().backward()
    assert weight.grad is not None and weight.grad.tolist() == [[2, 2], [0, 0], [0, 0]]
    assert nn.Embedding(3, 2, padding_idx=1).weight[1].tolist() == [0, 0]


@pytest.mark.parametrize("p", [0.0, 0.25, 0.9, 1.0])
def test_dropout_drops_its_share_and_keeps_the_mean(p: float):
    generator = hg.Generator(3)
    x = hg.ones(200, 100, requires_grad=True)
    y = F.dropout(x, p, generator=generator)
    dropped = (y.detach().numpy() == 0).mean()
    assert dropped == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 20_000))
    y.sum().backward()
    assert x.grad is not None and (x.grad.numpy() == y.detach().numpy()).all()
    if p < 1:
        assert set(np.unique(y.detach().numpy())) <= {np.float32(0), 1 / np.float32(1 - p)}
    assert F.dropout(x, p, training=False) is x


def test_dropout_follows_its_generator():
    x = hg.ones(50)
    first, second = (nn.Dropout(0.5, generator=hg.Generator(7)) for _ in range(2))
    once, again = first(x).tolist(), first(x).tolist()
    assert once != again
    assert (second(x).tolist(), second(x).tolist()) == (once, again)
    hg.manual_seed(1)
    one = nn.Dropout(0.5)(x).tolist()
    hg.manual_seed(1)
    assert nn.Dropout(0.5)(x).tolist() == one


def test_normalize_gives_unit_vectors_and_zero_for_zero():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    assert F.normalize(hg.tensor(x)).tolist() == [[0.6, 0.8], [0.0, 0.0]]
    assert F.normalize(hg.tensor(x), p=1.0, dim=0).tolist() == [[1.0, 1.0], [0.0, 0.0]]


def test_softmax_of_a_layer_is_a_share():
    shares = nn.Softmax(dim=0)(hg.tensor([[1000.0, 0.0], [1000.0, math.log(3.0)]]))
    assert shares.numpy() == pytest.approx(np.array([[0.5, 0.25], [0.5, 0.75]]))
    assert nn.LogSoftmax(0)(hg.tensor([0.0, math.log(3.0)])).exp().numpy() == pytest.approx(
        np.array([0.25, 0.75])
    )


def test_every_name_of_functional_is_a_function():
    assert F.__all__ == sorted(F.__all__)
    assert all(callable(getattr(F, name)) for name in F.__all__)
    assert {"mse_loss", "cross_entropy", "hinge_loss", "conv2d", "one_hot", "pad"} <= set(F.__all__)
