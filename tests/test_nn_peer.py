"""Every layer against PyTorch: one state on both sides, values, gradients, statistics, text."""

import inspect
import warnings
from typing import Any

import numpy as np
import pytest

import holograd as hg
from conftest import optional_peer
from holograd import nn
from holograd.nn import init
from holograd.nn.architecture import layers
from nn_cases import CASES, Case

torch = optional_peer("torch")
pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning"),  # PyTorch copies more
]


def same(found: Any, expected: Any, dtype: np.dtype) -> None:
    """Asserts equality up to a few roundings."""
    tolerance = 2e-5 if dtype == hg.float32 else 1e-11
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape and found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def twins(case: Case, dtype: np.dtype) -> tuple[Any, Any]:
    """The layer in both libraries, with our state loaded into PyTorch's and read back."""
    ours = case.build(dtype)
    theirs = case.make(torch.nn).to(getattr(torch, str(dtype)))
    state = {name: torch.tensor(one.numpy().copy()) for name, one in ours.state_dict().items()}
    theirs.load_state_dict(state)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", [hg.float32, hg.float64], ids=str)
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_values_gradients_and_statistics(case: Case, dtype: np.dtype, training: bool):
    if case.layer == "Dropout" and training and case.arguments != (1.0,):
        pytest.skip("the libraries draw different random numbers")
    ours, theirs = twins(case, dtype)
    ours.train(training)
    theirs.train(training)
    for seed in (1, 2):
        arrays = case.draw(dtype, seed)
        mine = [hg.tensor(one, requires_grad=not case.integers) for one in arrays]
        other = [torch.tensor(one, requires_grad=not case.integers) for one in arrays]
        output, expected = ours(*mine), theirs(*other)
        same(output.detach(), expected.detach(), dtype)
        if not expected.requires_grad:
            continue
        weights = np.cos(np.arange(output.numel())).reshape(output.shape).astype(dtype)
        (output * hg.tensor(weights)).sum().backward()
        (expected * torch.tensor(weights)).sum().backward()
        for one, peer in zip(mine, other, strict=True):
            if peer.grad is not None:
                same(one.grad, peer.grad, dtype)
        for (name, one), (peer_name, peer) in zip(
            ours.named_parameters(), theirs.named_parameters(), strict=True
        ):
            assert name == peer_name
            same(one.grad, peer.grad, dtype)
    for name, buffer in theirs.state_dict().items():
        same(ours.state_dict()[name], buffer, dtype)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_names_order_and_text(case: Case):
    ours, theirs = case.make(), case.make(torch.nn)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours) == repr(theirs)


def test_printed_models_are_alike():
    def model(library: Any) -> Any:
        return library.Sequential(
            library.Sequential(library.Linear(2, 3), library.ReLU()),
            library.ModuleList([library.Conv2d(1, 2, 3), library.BatchNorm2d(2)]),
            library.Sequential(),
        )

    assert repr(model(nn)) == repr(model(torch.nn))


CORNERS = [-1.0, -0.5, -0.0, 0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 100.0, -100.0, np.inf, -np.inf]


@pytest.mark.parametrize(
    "case", [one for one in CASES if one.output == (4, 3, 2) and "oftmax" not in one.layer], ids=str
)
def test_activations_at_corners(case: Case):
    if case.layer == "Dropout":
        pytest.skip("random")
    ours = hg.tensor(np.array(CORNERS), requires_grad=True)
    theirs = torch.tensor(CORNERS, dtype=torch.float64, requires_grad=True)
    output, expected = case.make()(ours), case.make(torch.nn)(theirs)
    output.sum().backward()
    expected.sum().backward()
    finite = np.isfinite(CORNERS)
    np.testing.assert_allclose(output.detach(), expected.detach(), rtol=1e-9, atol=1e-11)
    assert ours.grad is not None
    np.testing.assert_allclose(
        ours.grad.numpy()[finite], theirs.grad.numpy()[finite], rtol=1e-9, atol=1e-11
    )


IN_PLACE: list[tuple[str, tuple[Any, ...]]] = [
    ("ReLU", ()), ("LeakyReLU", (0.2,)), ("ELU", (0.5,)), ("SiLU", ()), ("Hardtanh", (-0.5, 2.0)),
    ("Dropout", (1.0,)),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "arguments"), IN_PLACE, ids=[one[0] for one in IN_PLACE])
def test_inplace_is_taken_and_gives_the_same(layer: str, arguments: tuple[Any, ...]):
    ours = getattr(nn, layer)(*arguments, True)
    theirs = getattr(torch.nn, layer)(*arguments, True)
    assert repr(ours) == repr(theirs)
    x = hg.tensor(np.array([-1.0, 0.25, 3.0]))
    np.testing.assert_allclose(ours(x).numpy(), theirs(torch.tensor(x.tolist())).numpy(), 1e-6)
    assert x.tolist() == [-1.0, 0.25, 3.0]  # unlike PyTorch's, which has changed


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_second_derivative_of_elu_at_zero(alpha: float):
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(torch.nn.functional.elu(x, alpha), x, create_graph=True)
    (expected,) = torch.autograd.grad(slope, x)
    found = hg.hessian(lambda x: nn.functional.elu(x, alpha))(hg.tensor(0.0, hg.float64))
    assert found.item() == expected.item() == 0.0


def test_hardtanh_gives_nan_no_gradient():
    corners = [float("nan")] * 32  # PyTorch's vector code; what it computes singly differs there
    mine = hg.tensor(corners, requires_grad=True)
    other = torch.tensor(corners, requires_grad=True)
    output = nn.functional.hardtanh(mine)
    output.sum().backward()
    torch.nn.functional.hardtanh(other).sum().backward()
    assert np.isnan(output.detach().numpy()).all()
    assert mine.grad is not None
    assert mine.grad.tolist() == other.grad.tolist() == [0.0] * 32


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "silu", "hardtanh", "softplus"])
def test_arguments_of_functions_are_pytorchs(name: str):
    x = np.array(CORNERS)
    arguments = {"softplus": (1, 20)}.get(name, ())
    named = {} if name == "softplus" else {"inplace": True}
    ours = getattr(nn.functional, name)(hg.tensor(x), *arguments, **named)
    theirs = getattr(torch.nn.functional, name)(torch.tensor(x), *arguments, **named)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12)
    short = nn.functional.softplus(hg.tensor(x), 2.0, 0.5).numpy()
    expected = torch.nn.functional.softplus(torch.tensor(x), 2.0, 0.5).numpy()
    np.testing.assert_allclose(short, expected, rtol=1e-12)


@pytest.mark.parametrize(
    "case", [one for one in CASES if "weight" in one.state or "running_mean" in one.state], ids=str
)
def test_initial_weights_are_of_the_same_distribution(case: Case):
    torch.manual_seed(0)
    ours = [case.build(hg.float32, seed).state_dict() for seed in range(300)]
    theirs = [case.make(torch.nn).state_dict() for _ in range(300)]
    for name in ours[0]:
        mine = np.concatenate([np.ravel(state[name].numpy()) for state in ours])
        other = np.concatenate([np.ravel(state[name].numpy()) for state in theirs])
        spread = max(float(other.std()), 1e-6)
        error = 6 * spread / np.sqrt(mine.size)
        assert mine.mean() == pytest.approx(other.mean(), abs=error)
        assert mine.std() == pytest.approx(other.std(), abs=error)
        if case.layer != "Embedding":
            assert np.abs(mine).max() == pytest.approx(np.abs(other).max(), rel=0.05)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("uniform_", (-1.0, 2.0)),
        ("normal_", (0.5, 2.0)),
        ("trunc_normal_", (0.0, 1.0, -1.0, 0.5)),
        ("xavier_uniform_", (2.0,)),
        ("xavier_normal_", (2.0,)),
        ("kaiming_uniform_", (0.5, "fan_out", "leaky_relu")),
        ("kaiming_normal_", (0, "fan_in", "relu")),
        ("orthogonal_", (3.0,)),
    ],
)
def test_init_functions(name: str, arguments: tuple[Any, ...]):
    torch.manual_seed(0)
    shape = (300, 60, 3)
    mine = getattr(init, name)(hg.zeros(shape), *arguments).numpy().ravel()
    other = getattr(torch.nn.init, name)(torch.zeros(shape), *arguments).numpy().ravel()
    assert mine.mean() == pytest.approx(other.mean(), abs=6 * other.std() / np.sqrt(mine.size))
    assert mine.std() == pytest.approx(other.std(), rel=0.03)
    quantiles = np.linspace(0.05, 0.95, 10)
    np.testing.assert_allclose(
        np.quantile(mine, quantiles), np.quantile(other, quantiles), atol=0.05 * other.std()
    )


def test_gains_are_equal():
    for name in ("linear", "conv1d", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


def test_constructor_arguments_have_pytorchs_order_and_defaults():
    left_out = {"device", "return_indices", "divisor_override", "max_norm", "norm_type", "sparse"}
    left_out |= {"scale_grad_by_freq", "_weight", "_freeze", "args", "kwargs"}
    left_out |= {"min_value", "max_value"}  # old names that PyTorch still takes
    for name in {case.layer for case in CASES}:
        ours = inspect.signature(layers()[name]).parameters
        theirs = inspect.signature(getattr(torch.nn, name)).parameters
        own = {"dtype", "generator"}
        mine = {n: one.default for n, one in ours.items() if n not in own}
        peer = {n: one.default for n, one in theirs.items() if n not in left_out | own}
        shared = {n: peer[n] for n in mine}
        assert list(mine.items()) == list(shared.items()), name
        assert set(peer) == set(mine), name


def test_functional_embedding_normalize_and_dropout():
    x = np.random.default_rng(0).normal(0, 1, (3, 4))
    for p, dim in ((2.0, 1), (1.0, 0), (3.0, -1)):
        found = nn.functional.normalize(hg.tensor(x), p, dim)
        expected = torch.nn.functional.normalize(torch.tensor(x), p, dim)
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = torch.nn.functional.dropout(torch.ones(20), 0.9).numpy()
    assert set(nn.functional.dropout(hg.ones(200), 0.9).tolist()) == {0.0, 10.0}
    assert set(expected.tolist()) <= {0.0, 10.0}
