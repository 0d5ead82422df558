"""The lecture that holograd grew from, section by section, each number checked."""

import numpy as np
import pytest

import holograd as hg
from holograd import nn
from holograd.graph import topological

CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]

# The lecture writes XW + b; a Linear layer stores W transposed, as (out, in).
LECTURE_W1 = np.array([[5.0, -7.0], [5.0, -7.0]], np.float32)
LECTURE_B1 = np.array([-8.0, 3.0], np.float32)
LECTURE_W2 = np.array([[-11.0], [-11.0]], np.float32)
LECTURE_B2 = np.array([6.0], np.float32)


@pytest.fixture
def lecture_network() -> nn.Module:
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    model.load_state_dict(
        {
            "0.weight": hg.tensor(LECTURE_W1.T),
            "0.bias": hg.tensor(LECTURE_B1),
            "2.weight": hg.tensor(LECTURE_W2.T),
            "2.bias": hg.tensor(LECTURE_B2),
        }
    )
    return model


# --- 1. the artificial neuron, and what one of them can do ---


def test_a_neuron_is_a_weighted_sum():
    x, w = hg.tensor([3.0, -2.0]), hg.tensor([0.5, 4.0])
    assert (w * x).sum().item() == 0.5 * 3.0 + 4.0 * -2.0
    assert hg.dot(w, x).item() == (w * x).sum().item()


def test_one_neuron_without_activation_is_linear_regression():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(60, 3))
    y = x @ [1.5, -2.0, 0.25] + 0.75 + 0.1 * draw.normal(size=60)
    neuron = nn.Linear(3, 1, dtype=hg.float64)
    descent = hg.optim.SGD(neuron.parameters(), lr=0.1)
    inputs, targets = hg.tensor(x), hg.tensor(y[:, None])
    for _ in range(2000):
        descent.zero_grad()
        nn.functional.mse_loss(neuron(inputs), targets).backward()
        descent.step()
    solution, *_ = np.linalg.lstsq(np.column_stack([x, np.ones(60)]), y, rcond=None)
    learned = np.concatenate([one.value.reshape(-1) for one in neuron.parameters()])
    np.testing.assert_allclose(learned, solution, atol=1e-10)


@pytest.mark.parametrize("gate", ["and", "or"])
def test_a_perceptron_learns_and_and_or(gate):
    inputs, targets = hg.data.gate(gate)
    neuron = nn.Perceptron(2)
    report = neuron.fit(inputs, targets, epochs=100)
    assert report.converged
    assert neuron.predict(inputs).reshape(-1).tolist() == targets.reshape(-1).tolist()


def test_a_perceptron_never_learns_xor():
    inputs, targets = hg.data.gate("xor")
    neuron = nn.Perceptron(2)
    report = neuron.fit(inputs, targets, epochs=200)
    assert not report.converged
    assert len(report.mistakes) >= 200  # at least one in every epoch, for ever
    # Why: no w and b satisfy b < 0, w1 + b ≥ 0, w2 + b ≥ 0, w1 + w2 + b < 0. Summing the middle two
    # and using the first gives w1 + w2 + b ≥ −b > 0.


# --- 2. the multilayer perceptron: XOR with the lecture's weights ---


def test_hidden_values_rounded_as_in_the_lecture_give_minus_five():
    hidden = hg.tensor([[0.0, 0.0]]) @ hg.tensor(LECTURE_W1) + hg.tensor(LECTURE_B1)
    assert hidden.tolist() == [[-8.0, 3.0]]
    rounded = hidden.sigmoid().round()
    assert rounded.tolist() == [[0.0, 1.0]]
    second = rounded @ hg.tensor(LECTURE_W2) + hg.tensor(LECTURE_B2)
    assert second.item() == -5.0
    assert second.sigmoid().round().item() == 0.0


def test_exact_hidden_values_give_minus_4_4820(lecture_network):
    layers = list(lecture_network)
    hidden = layers[1](layers[0](hg.tensor([[0.0, 0.0]])))
    np.testing.assert_allclose(hidden.detach().value, [[0.00034, 0.9526]], atol=5e-5)
    second = layers[2](hidden)
    assert second.item() == pytest.approx(-4.4820, abs=5e-5)
    assert layers[3](second).item() == pytest.approx(0.0112, abs=5e-5)


def test_the_whole_truth_table_with_the_lectures_weights(lecture_network):
    outputs = lecture_network(hg.tensor(CORNERS))
    assert outputs.round().tolist() == [[0.0], [1.0], [1.0], [0.0]]


def test_four_inputs_in_one_product():
    together = hg.tensor(CORNERS) @ hg.tensor(LECTURE_W1) + hg.tensor(LECTURE_B1)
    one_by_one = [[5 * a + 5 * b - 8, -7 * a - 7 * b + 3] for a, b in CORNERS]
    assert together.tolist() == one_by_one


# --- 3. backpropagation on the computational graph ---


def test_partial_derivatives_of_f_is_wx_plus_b():
    w, x, b = (hg.tensor(number, requires_grad=True) for number in (3.0, 4.0, 5.0))
    g = w * x
    g.retain_grad()
    f = g + b
    f.backward()
    assert f.item() == 17.0
    gradients = [one.grad for one in (g, b, w, x)]
    assert [one.item() for one in gradients if one is not None] == [1.0, 1.0, 4.0, 3.0]
    # The lecture ends in ∂F/∂w = 1, which is its value at x = 1.
    w, x = hg.tensor(3.0, requires_grad=True), hg.tensor(1.0)
    (w * x + 5.0).backward()
    assert w.grad is not None
    assert w.grad.item() == 1.0


def test_the_sigmoid_as_a_graph_of_four_steps():
    x = hg.tensor(-1.0, dtype=hg.float64, requires_grad=True)
    steps = [x * -1.0]
    steps.append(steps[-1].exp())
    steps.append(steps[-1] + 1.0)
    steps.append(steps[-1].reciprocal())
    made_by = [node.operation.name for node in topological([steps[-1].node]) if node.operation]
    assert made_by == ["mul", "exp", "add", "reciprocal"]
    steps[-1].backward()
    value = 1 / (1 + np.exp(1.0))
    assert steps[-1].item() == pytest.approx(value, rel=1e-15)
    assert x.grad is not None
    assert x.grad.item() == pytest.approx(value * (1 - value), rel=1e-15)
    assert hg.sigmoid(x.detach()).item() == pytest.approx(value, rel=1e-15)


def test_mean_squared_error_by_hand():
    output = hg.tensor([[0.8], [0.3]], dtype=hg.float64, requires_grad=True)
    loss = nn.functional.mse_loss(output, hg.tensor([[1.0], [0.0]], dtype=hg.float64))
    loss.backward()
    assert loss.item() == pytest.approx((0.2**2 + 0.3**2) / 2, rel=1e-14)
    assert output.grad is not None
    np.testing.assert_allclose(output.grad.value, [[-0.2], [0.3]], rtol=1e-14)  # 2 (o − y) / n


def test_cross_entropy_by_hand():
    logits = hg.tensor([[1.0, 2.0, 0.5]], dtype=hg.float64, requires_grad=True)
    loss = nn.functional.cross_entropy(logits, hg.tensor([1]))
    loss.backward()
    shares = np.exp([1.0, 2.0, 0.5]) / np.exp([1.0, 2.0, 0.5]).sum()
    assert loss.item() == pytest.approx(-np.log(shares[1]), rel=1e-14)
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad.value, [shares - [0, 1, 0]], rtol=1e-12)  # softmax − y


def _error_after_fitting(hidden: int, x: np.ndarray, y: np.ndarray) -> float:
    hg.manual_seed(1)
    model = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, 1))
    hg.fit(
        model,
        (x.astype(np.float32)[:, None], y.astype(np.float32)[:, None]),
        loss="mse",
        optimizer=hg.optim.Adam(model.parameters(), lr=0.02),
        epochs=800,
        batch_size=len(x),
        quiet=True,
    )
    with hg.no_grad():
        output = model(hg.tensor(x.astype(np.float32)[:, None])).value[:, 0]
    return float(np.mean((output - y) ** 2))


@pytest.mark.parametrize(
    ("function", "bounds"),
    [
        (lambda x: np.sin(3 * x), (0.5, 0.05, 0.001)),
        (lambda x: np.sign(0.7 - abs(x)), (1, 0.07, 0.05)),
    ],
    ids=["sin", "step"],
)
def test_universal_approximation_the_error_falls_as_hidden_units_grow(function, bounds):
    # One unit cannot follow a wave, nor go up and down again; a discontinuity is met ever closer.
    x = np.linspace(-2, 2, 64)
    errors = [_error_after_fitting(hidden, x, function(x)) for hidden in (1, 4, 8)]
    assert errors[0] > 10 * errors[1]
    assert errors[1] > errors[2]
    assert all(error < bound for error, bound in zip(errors, bounds, strict=True))


# --- "all of this is in PyTorch", and in the small libraries that teach it ---


def test_microgradients_readme_expression():
    a = hg.tensor(-4.0, dtype=hg.float64, requires_grad=True)
    b = hg.tensor(2.0, dtype=hg.float64, requires_grad=True)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert a.grad is not None
    assert b.grad is not None
    assert f"{g:.4f}" == "24.7041"
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_stanfords_circuit():
    w = [hg.tensor(number, requires_grad=True) for number in (2.0, -3.0, -3.0)]
    x = [hg.tensor(number, requires_grad=True) for number in (-1.0, -2.0)]
    f = 1 / (1 + (-(w[0] * x[0] + w[1] * x[1] + w[2])).exp())
    f.backward()
    assert f"{f:.2f}" == "0.73"
    gradients = [f"{one.grad:.2f}" for one in (*w, *x) if one.grad is not None]
    assert gradients == ["-0.20", "-0.39", "0.20", "0.39", "-0.59"]
