"""Rosenblatt's neuron: what one line can separate it learns, and tells every mistake on the way."""

import itertools
import math

import numpy as np
import pytest

import holograd as hg
from holograd import nn
from holograd.capture import capture
from holograd.data import GATES, gate
from holograd.errors import ArgumentError, DataError, DtypeError, ShapeError
from holograd.nn.perceptron import novikoff_bound

SEPARABLE = sorted(set(GATES) - {"xor", "xnor"})


@pytest.mark.parametrize("name", SEPARABLE)
def test_learns_all_gates_that_one_line_separates(name):
    inputs, targets = gate(name)
    neuron = nn.Perceptron(2)
    report = neuron.fit(inputs, targets)
    assert report.converged
    assert report.by_epoch()[-1] == 0
    np.testing.assert_array_equal(neuron.predict(inputs).value, targets.value)
    np.testing.assert_array_equal(neuron(inputs).value, targets.value)


@pytest.mark.parametrize("name", ["xor", "xnor"])
def test_never_learns_what_no_line_separates(name):
    inputs, targets = gate(name)
    neuron = nn.Perceptron(2)
    report = neuron.fit(inputs, targets, epochs=300)
    assert not report.converged
    assert report.epochs == 300
    assert min(report.by_epoch()) >= 1
    assert (
        len(np.unique([mistake.weight_after for mistake in report.mistakes], axis=0)) < 10
    )  # a cycle


def test_and_mistake_by_mistake():
    """Worked by hand from w = (0, 0), b = 0, in the order 00, 01, 10, 11."""
    inputs, targets = gate("and")
    neuron = nn.Perceptron(2)
    report = neuron.fit(inputs, targets)
    first = report.mistakes[0]
    assert (first.epoch, first.sample, first.inputs, first.target, first.output) == (
        1, 0, (0.0, 0.0), 0, 1,
    )  # fmt: skip
    assert (first.weight_before, first.bias_before) == ((0.0, 0.0), 0.0)
    assert [(*mistake.weight_after, mistake.bias_after) for mistake in report.mistakes] == [
        (0, 0, -1), (1, 1, 0),
        (1, 1, -1), (1, 0, -2), (2, 1, -1),
        (2, 0, -2), (1, 0, -3), (2, 1, -2),
        (1, 1, -3), (2, 2, -2),
        (2, 1, -3),
    ]  # fmt: skip
    assert report.by_epoch() == [2, 3, 3, 2, 1, 0]
    assert (neuron.weight.tolist(), neuron.bias.tolist()) == ([[2.0, 1.0]], [-3.0])
    assert str(report.mistakes[3]) == (
        "epoch 2, sample 1: for (0, 1) it answered 1 instead of 0; w (1, 1) → (1, 0), b -1 → -2"
    )


def test_mistakes_are_a_chain():
    generator = np.random.default_rng(0)
    inputs, targets = generator.normal(size=(40, 3)), generator.integers(0, 2, 40)
    neuron = nn.Perceptron(3, learning_rate=0.25)
    mistakes = neuron.fit(inputs, targets, epochs=5).mistakes
    for mistake, following in itertools.pairwise(mistakes):
        assert mistake.weight_after == following.weight_before
        assert mistake.bias_after == following.bias_before
        change = 0.25 * (mistake.target - mistake.output)
        np.testing.assert_allclose(
            np.subtract(mistake.weight_after, mistake.weight_before),
            change * np.array(mistake.inputs), atol=1e-6,
        )  # fmt: skip
        assert mistake.bias_after - mistake.bias_before == change
    assert mistakes[-1].weight_after == tuple(neuron.weight.tolist()[0])


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("features", [2, 5])
def test_novikoffs_bound_holds(seed, features):
    generator = np.random.default_rng(seed)
    weight, bias = generator.normal(size=features), 0.3
    inputs = generator.normal(size=(400, features))
    distance = (inputs @ weight + bias) / np.linalg.norm([*weight, bias])
    kept = np.abs(distance) > 0.2
    inputs, targets = inputs[kept], (distance[kept] > 0).astype(int)
    radius = np.sqrt((inputs**2).sum(1) + 1).max()
    margin = np.abs(distance[kept]).min()
    assert novikoff_bound(inputs, targets, weight, bias) == pytest.approx((radius / margin) ** 2)
    neuron = nn.Perceptron(features, dtype=hg.float64)
    report = neuron.fit(inputs, targets, epochs=1000)
    assert report.converged
    assert 1 <= len(report.mistakes) <= (radius / margin) ** 2
    # The line it found is a proof too, of a bound of its own.
    own = novikoff_bound(inputs, targets, neuron.weight, neuron.bias)
    assert len(report.mistakes) <= own < math.inf


def test_no_bound_where_the_line_does_not_separate():
    inputs, targets = gate("xor")
    assert novikoff_bound(inputs, targets, [1.0, 1.0], -0.5) == math.inf


def test_learning_rate_only_scales_weights_that_begin_at_zero():
    inputs, targets = gate("and")
    one, half = nn.Perceptron(2), nn.Perceptron(2, learning_rate=0.5)
    assert one.fit(inputs, targets).by_epoch() == half.fit(inputs, targets).by_epoch()
    np.testing.assert_array_equal(one.weight.value, 2 * half.weight.value)


def test_fit_goes_on_from_the_present_weights():
    inputs, targets = gate("and")
    at_once, in_parts = nn.Perceptron(2), nn.Perceptron(2)
    at_once.fit(inputs, targets)
    epochs = 0
    while not in_parts.fit(inputs, targets, epochs=1).converged:
        epochs += 1
    assert epochs == 5
    assert in_parts.weight.tolist() == at_once.weight.tolist()


def test_is_a_module():
    neuron = nn.Perceptron(2)
    neuron.fit(*gate("or"))
    other = nn.Perceptron(2)
    other.load_state_dict(neuron.state_dict())
    assert list(neuron.state_dict()) == ["weight", "bias"]
    assert other.weight.shape == (1, 2) and other.bias.shape == (1,)
    inputs, targets = gate("or")
    assert other(inputs).tolist() == targets.tolist()
    assert repr(neuron) == "Perceptron(in_features=2, learning_rate=1.0)"
    captured = capture(neuron, inputs)
    assert captured.run(inputs)[0].tolist() == targets.tolist()


def test_a_report_is_printed_as_a_table():
    lines = str(nn.Perceptron(2).fit(*gate("and"))).splitlines()
    assert lines[0] == "11 mistakes in 6 epochs, the last without a mistake"
    assert lines[1].split("  ")[0] == "epoch"
    assert lines[3].split() == ["1", "3", "(1,", "1)", "0", "1", "(1,", "1)", "0"]
    assert len(lines) == 2 + 11 and len({len(line) for line in lines[1:]}) == 1
    long = repr(nn.Perceptron(2).fit(*gate("xor"))).splitlines()
    assert long[0] == "398 mistakes in 100 epochs, mistakes in the last one too"
    assert long[2 + 16] == "… 378 more …" and len(long) == 2 + 16 + 1 + 4
    wide = nn.Perceptron(64).fit(np.ones((2, 64)), [0, 1], epochs=1)
    assert max(map(len, repr(wide).splitlines())) < 100


X, Y = np.zeros((4, 2)), np.array([0, 1, 1, 0])


@pytest.mark.parametrize(
    ("misuse", "kind", "words"),
    [
        (lambda: nn.Perceptron(0), ArgumentError, "in_features=0"),
        (lambda: nn.Perceptron(2, learning_rate=0.0), ArgumentError, "positive"),
        (lambda: nn.Perceptron(2, dtype=hg.int64), DtypeError, "int64"),
        (lambda: nn.Perceptron(3).fit(X, Y), ShapeError, r"\(N, 3\), and got \(4, 2\)"),
        (lambda: nn.Perceptron(3)(hg.zeros(4, 2)), ShapeError, r"3 → 1.*\(4, 2\)"),
        (lambda: nn.Perceptron(2).fit(X, Y[:3]), ShapeError, r"\(4, 2\).*\(3,\)"),
        (lambda: nn.Perceptron(2).fit(X, 2 * Y - 1), ArgumentError, r"target -1.*\(y \+ 1\) / 2"),
        (lambda: nn.Perceptron(2).fit(X, Y, epochs=0), ArgumentError, "epochs=0"),
        (lambda: nn.Perceptron(2).fit(X[:0], Y[:0]), DataError, "no samples"),
        (
            lambda: nn.Perceptron(2).fit(X + np.diag([0, 0, 0, math.inf])[:, 2:], Y),
            DataError,
            "row 3",
        ),
    ],
)
def test_misuse(misuse, kind, words):
    with pytest.raises(kind, match=words):
        misuse()
