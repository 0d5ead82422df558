"""The chain rule from one value to another: its lines, and the derivative it adds up to."""

import math
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import holograd as hg
from explanation_cases import scalar, sigmoid, xor
from holograd import nn
from holograd.errors import ArgumentError
from holograd.explanation import Explanation
from holograd.explanation.formulas.chains import Chains
from holograd.explanation.formulas.paths import Path, trace_paths
from holograd.nn import functional


def numbers_of(path: Path) -> float:
    """What the line of numbers comes to."""
    assert path.numbers is not None
    return path.numbers.evaluate({})


# --- the lecture's examples ---


def test_a_weight_of_the_weighted_sum():
    w, x, b = scalar(-2), scalar(3), scalar(4)
    explanation = hg.explain(w * x + b, names={"w": w, "x": x, "b": b})
    path = explanation.path("w")
    assert str(path) == (
        "∂F/∂w = ∂F/∂v₁ · ∂v₁/∂w\n      = 1 · x\n      = 1 · 3\n      = 3"
    )  # fmt: skip
    assert path.plain.splitlines()[0] == "dF/dw = dF/dv1 * dv1/dw"
    assert path.formula.text == "∂F/∂w = ∂F/∂v₁ · ∂v₁/∂w"
    assert [path.array.item(), path.count] == [3.0, 1]
    assert str(explanation.path("b")) == "∂F/∂b = ∂F/∂b\n      = 1"
    assert explanation.path("F").formula.text == "∂F/∂F = 1"


def test_the_sigmoid_as_a_graph():
    z = scalar(1.0)
    path = hg.explain(1 / (1 + hg.exp(-z)), names={"z": z}).path("z")
    lines = [line.text for line in path.lines]
    assert lines[0] == "∂F/∂v₃ · ∂v₃/∂v₂ · ∂v₂/∂v₁ · ∂v₁/∂z"
    assert lines[1] == "−F/v₃ · 1 · v₂ · (−1)"
    assert lines[2] == "−0.5344 · 1 · 0.3679 · (−1)"
    assert path.array.item() == pytest.approx(sigmoid(1) * (1 - sigmoid(1)))
    assert numbers_of(path) == pytest.approx(path.array.item())


def test_a_weight_of_the_hidden_layer_of_xor():
    explanation = xor()
    h, o = sigmoid(-3), sigmoid(-11 * (sigmoid(-3) + sigmoid(-4)) + 6)
    expected = -1 / o * o * (1 - o) * -11 * h * (1 - h) * 1
    path = explanation.path("w1_21")
    assert path.array.item() == pytest.approx(expected)
    assert path.result.text == "0.002517"
    assert numbers_of(path) == pytest.approx(expected)
    assert explanation.path("w1_11").array.item() == 0
    whole = explanation.path("W1")
    assert [line.text for line in whole.lines] == [
        "∂L/∂o · ∂o/∂u · ∂u/∂v₂ · ∂v₂/∂h · ∂h/∂z · ∂z/∂v₁ · ∂v₁/∂W₁",
        "xᵀ (((o − y)/(o(1 − o)) · o(1 − o)) W₂ᵀ ⊙ h(1 − h))",
        "[[0], [1]] ((−1.005 · 0.005039) [−11, −11] ⊙ [0.04518, 0.01766])",
        "[[0, 0], [0.002517, 0.0009839]]",
    ]
    assert whole.array.tolist() == explanation.value("W1").gradient.tolist()  # pyright: ignore[reportOptionalMemberAccess]
    assert whole.array.shape == (2, 2)
    assert whole.array[:, 0].tolist() == [0, 0], "stored (out, in): x₁ is 0"


def test_layers_multiply_by_their_weights():
    path = xor().zoom("layer").path("b1")
    assert path.symbolic is not None
    assert path.symbolic.text == "((o − y)/(o(1 − o)) · o(1 − o)) W₂ᵀ ⊙ h(1 − h)"


# --- other ends ---


def test_a_path_may_end_in_the_middle():
    explanation = xor()
    h = np.array([sigmoid(-3), sigmoid(-4)])
    inner = explanation.path("z", "h")
    assert [line.text for line in inner.lines[:2]] == ["∂h/∂z", "h(1 − h)"]
    np.testing.assert_allclose(inner.array, [h * (1 - h)])
    longer = explanation.path("z", "u")
    np.testing.assert_allclose(longer.array, [-11 * h * (1 - h)])
    assert longer.lines[1].text == "W₂ᵀ ⊙ h(1 − h)"
    single = explanation.path("w1_21", "h1")
    assert single.array.item() == pytest.approx(h[0] * (1 - h[0]))


def test_every_number_of_a_target_has_its_own_derivative():
    explanation = xor()
    path = explanation.path("W1", "z")
    assert path.array.shape == (1, 2, 2, 2)
    expected = np.zeros((2, 2, 2))
    expected[0, 0], expected[1, 1] = [0, 1], [0, 1]
    np.testing.assert_array_equal(path.array[0], expected)
    x = hg.tensor(np.ones((20, 20)), requires_grad=True)
    large = hg.explain((x * x).sum(), names={"x": x})
    assert large.path("x").result.text.startswith("20×20 numbers, each 2")
    with pytest.raises(ArgumentError, match="400 numbers"):
        hg.explain((x @ x).sum(), names={"x": x}).path("x", "v1")


def test_what_does_not_lead_there_says_what_does():
    explanation = xor()
    with pytest.raises(ArgumentError, match=r"u does not lead to z.*exchange the two"):
        explanation.path("u", "z")
    with pytest.raises(ArgumentError, match=r"b2 does not lead to z.*is x, W1, b1"):
        explanation.path("b2", "z")
    with pytest.raises(ArgumentError, match="y does not lead to L"):
        explanation.path("y")


# --- several chains ---


def test_chains_that_join_are_added():
    x = scalar(0.5)
    a, b = x * 3, hg.exp(x)
    explanation = hg.explain(a * b, names={"x": x, "a": a, "b": b})
    path = explanation.path("x")
    assert path.count == len(path.chains) == 2
    assert str(path).splitlines()[:2] == [
        "∂F/∂x = ∂F/∂a · ∂a/∂x + ∂F/∂b · ∂b/∂x",
        "      = b · 3 + a · b",
    ]
    assert path.array.item() == pytest.approx(3 * math.exp(0.5) + 1.5 * math.exp(0.5))
    assert numbers_of(path) == pytest.approx(path.array.item())


def test_a_value_taken_twice_by_one_step_is_one_chain():
    x = scalar(3.0)
    path = hg.explain(x * x, names={"x": x}).path("x")
    assert path.count == 1
    assert [line.text for line in path.lines] == ["∂F/∂x", "2x", "6"]


def test_a_term_with_a_minus_is_put_in_brackets():
    x = scalar(2.0)
    path = hg.explain(x * 5 - x * 3, names={"x": x}).path("x")
    assert [line.text for line in path.lines[1:]] == [
        "1 · 5 + (−1 · 3)",
        "2",
    ]


def test_more_chains_than_can_be_listed_are_summed_by_their_last_links():
    x = scalar(1.0)
    values = [x]
    for _ in range(200):  # 2²⁰⁰ chains
        values.append(values[-1] * 0.5 + values[-1] * 0.25)
    explanation = hg.explain(values[-1], names={"x": x, "m": values[10], "F": values[-1]})
    path = explanation.path("x")
    assert path.count == 2**200 and len(path.chains) == 64
    assert path.array.item() == pytest.approx(0.75**200)
    assert numbers_of(path) == pytest.approx(0.75**200)
    assert path.lines[0].text == "∂F/∂v₁ · ∂v₁/∂x + ∂F/∂v₂ · ∂v₂/∂x"
    assert "1,606,938,044" in path.note and path.note in str(path)
    middle = explanation.path("x", "m")
    assert middle.count == 1024 and middle.note == "1,024 chains, summed up by their last links"
    assert middle.array.item() == pytest.approx(0.75**10)


def test_long_chains_are_shortened():
    x = scalar(1.0)
    value = x
    for _ in range(1500):
        value = value * 1.001
    path = hg.explain(value, names={"x": x}).path("x")
    assert path.array.item() == pytest.approx(1.001**1500)
    assert path.lines[0].text.count("·") == 24 and "…" in path.lines[0].text
    assert len(path.chains[0]) == 1500
    assert max(map(len, str(path).splitlines())) <= 110


# --- every value of a network ---


def every_derivative(explanation: Explanation, level: str) -> None:
    """The path's derivative is the gradient, and numbers in a row multiply to it."""
    view = explanation.view_of(level)
    for value in view.values:
        if value.gradient is None or not any(
            one.contribution is not None and one.value is value
            for step in view.steps
            for one in step.arguments
        ):
            continue
        path = trace_paths(view, value, view.output)
        np.testing.assert_array_equal(path.array, value.gradient)
        again = Chains(view, value, view.output).pulled(np.ones_like(view.output.array))
        np.testing.assert_allclose(again, value.gradient, rtol=1e-9, atol=1e-15)
        if path.scalar and path.numbers is not None and "…" not in path.numbers.text:
            assert path.numbers.evaluate({}) == pytest.approx(value.gradient.item(), rel=1e-6)


@pytest.mark.parametrize("level", ["model", "layer", "function", "primitive", "scalar"])
def test_accumulation_agrees_with_the_gradient_everywhere(level):
    every_derivative(xor(), level)


@pytest.mark.parametrize("level", ["function", "primitive", "scalar"])
def test_accumulation_agrees_for_classes_and_a_batch(level):
    generator = np.random.default_rng(2)
    network = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3)).double()
    x = hg.tensor(generator.normal(size=(3, 2)))
    loss = functional.cross_entropy(network(x), hg.tensor([0, 2, 1]))
    every_derivative(hg.explain(loss), level)


def test_sums_over_a_batch_and_over_classes_are_written_as_sums():
    network = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 3))
    x = hg.tensor(np.ones((4, 2), np.float32))
    explanation = hg.explain(functional.cross_entropy(network(x), hg.tensor([0, 1, 2, 0])))
    assert [one.text for one in explanation.path("b1").lines[1:2]] == [
        "Σ (((softmax(o) − onehot(y))/4) W₂ᵀ ⊙ (1 − h²))"
    ]
    u = hg.tensor([0.5, 1.5], requires_grad=True)
    p = hg.softmax(u, 0)
    loss = hg.explain((p * p).sum(), names={"u": u, "p": p})
    assert loss.path("u").lines[1].text == "Σⱼ ((2p)ⱼ · pⱼ(δᵢⱼ − pᵢ))"


def test_a_step_that_gives_two_values_is_gone_through_exactly():
    class Branch(nn.Module):
        def forward(self, x):
            return x * 2, hg.exp(x)

    x = scalar(0.3)
    branch = Branch()
    a, b = branch(x)
    explanation = hg.explain(a * b, names={"x": x, "a": a, "b": b}, zoom="model")
    assert len(explanation.view.steps) == 2
    path = explanation.path("x")
    expected = 2 * math.exp(0.3) + 0.6 * math.exp(0.3)
    assert path.array.item() == pytest.approx(expected)
    assert path.count == 2
    assert path.lines[1].text == "b · ∂a/∂x + a · ∂b/∂x"
    assert explanation.path("x", "b").array.item() == pytest.approx(math.exp(0.3))


# --- notations ---


def test_all_notations_are_well_formed():
    explanation = xor()
    for name in ("W1", "b2", "x", "w1_12", "b1_1"):
        path = explanation.path(name)
        ElementTree.fromstring(path.mathml)
        assert path.latex.count("{") == path.latex.count("}")
        assert path.latex.startswith(r"\begin{aligned}")
        assert path._repr_latex_() == rf"$\displaystyle {path.latex}$"
        assert path.plain.isascii() or name in ("W1", "b2", "x")
    assert repr(explanation.path("b2")) == "Path(∂L/∂b₂ = −0.005064; 1 chains)"
