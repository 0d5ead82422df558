"""Explanations of what the lecture draws by hand, each number against hand calculation."""

import math

import numpy as np
import pytest

import holograd as hg
from explanation_cases import gradient, number, of, scalar, sigmoid, there, xor
from holograd import nn
from holograd.errors import ArgumentError, GradientError, ShapeError
from holograd.explanation.records import LEVELS

# --- F = wx + b ---


def test_a_line_step_by_step():
    w, x, b = scalar(3.0), scalar(2.0), scalar(1.0)
    F = w * x + b
    explanation = hg.explain(F)
    product, total = explanation.forward
    assert (product.label, float(product.output.array)) == ("×", 6.0)
    assert (total.label, float(total.output.array)) == ("+ b", 7.0)
    assert explanation.output.symbol.text == "F"
    by_total, by_product = explanation.backward
    assert [(one.value.symbol.text, of(one.contribution)) for one in by_total.arguments] == [
        (product.output.symbol.text, 1.0), ("b", 1.0)
    ]  # fmt: skip
    assert [of(one.derivative) for one in by_product.arguments] == [2.0, 3.0]
    # The lecture ends in 1 for ∂F/∂w; in general it is x.
    assert (gradient(explanation, "w"), gradient(explanation, "x")) == (2.0, 3.0)


def test_a_value_that_is_used_three_times():
    x = scalar(3.0)
    F = x * x + x
    explanation = hg.explain(F)
    joined = [
        one
        for step in explanation.backward
        for one in step.arguments
        if one.value.symbol.text == "x"
    ]
    assert [one.joins for one in joined] == [(1, 3), (2, 3), (3, 3)]
    assert [of(one.contribution) for one in joined] == [1.0, 3.0, 3.0]
    assert [of(one.total) for one in joined] == [1.0, 4.0, 7.0]


# --- the sigmoid as a graph ---


def test_the_sigmoid_opens_into_the_lecture_s_graph():
    z = scalar(-2.0)
    explanation = hg.explain(hg.sigmoid(z))
    assert [step.label for step in explanation.forward] == ["σ"]
    opened = explanation.zoom("primitive")
    assert [step.kind for step in opened.forward] == ["neg", "exp", "add", "reciprocal"]
    values = [float(step.output.array) for step in opened.forward]
    assert values == pytest.approx([2.0, math.exp(2), 1 + math.exp(2), sigmoid(-2)], rel=1e-12)
    slopes = [of(step.arguments[0].derivative) for step in opened.forward]
    wanted = [-1.0, math.exp(2), 1.0, -1 / (1 + math.exp(2)) ** 2]
    assert slopes == pytest.approx(wanted, rel=1e-12)
    assert gradient(opened, "z") == pytest.approx(sigmoid(-2) * (1 - sigmoid(-2)), rel=1e-12)


def test_where_a_definition_overflows_the_stable_form_stays():
    z = hg.tensor(-1000.0, requires_grad=True)
    (step,) = hg.explain(hg.sigmoid(z), zoom="primitive").forward
    assert (step.kind, step.note) == ("sigmoid", "definition_overflows")


# --- the lecture's network on all its inputs ---


@pytest.mark.parametrize("row", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_the_lecture_s_network_by_hand(row: tuple[int, int]):
    x1, x2 = row
    y = x1 ^ x2
    z = (5 * x1 + 5 * x2 - 8, -7 * x1 - 7 * x2 + 3)
    h = tuple(map(sigmoid, z))
    u = -11 * h[0] - 11 * h[1] + 6
    o = sigmoid(u)
    loss = -math.log(o if y else 1 - o)
    explanation = xor(row)
    assert [step.label for step in explanation.forward] == [
        "× W₁", "+ b₁", "σ", "× W₂", "+ b₂", "σ", "−log"
    ]  # fmt: skip
    np.testing.assert_allclose(explanation.value("z").array, [z], rtol=1e-12)
    np.testing.assert_allclose(explanation.value("h").array, [h], rtol=1e-12)
    for name, wanted in (("u", u), ("o", o), ("L", loss)):
        assert number(explanation, name) == pytest.approx(wanted, rel=1e-9)
    by_u = o - y
    by_h = -11 * by_u
    by_z = [by_h * one * (1 - one) for one in h]
    assert gradient(explanation, "o") == pytest.approx(-1 / o if y else 1 / (1 - o), rel=1e-9)
    assert gradient(explanation, "u") == pytest.approx(by_u, rel=1e-9)
    np.testing.assert_allclose(there(explanation.value("h").gradient), [[by_h, by_h]], rtol=1e-9)
    np.testing.assert_allclose(there(explanation.value("z").gradient), [by_z], rtol=1e-9)
    for i, j in ((1, 1), (1, 2), (2, 1), (2, 2)):
        wanted = by_z[j - 1] * row[i - 1]
        assert gradient(explanation, f"w1_{i}{j}") == pytest.approx(wanted, rel=1e-9)
        code = f"0.weight[{j - 1},{i - 1}]"  # stored (out, in), counted from 0
        assert gradient(explanation, code) == pytest.approx(wanted, rel=1e-9)
    for j in (1, 2):
        assert gradient(explanation, f"w2_{j}1") == pytest.approx(by_u * h[j - 1], rel=1e-9)
    assert gradient(explanation, "b2_1") == pytest.approx(by_u, rel=1e-9)


def test_where_the_lecture_rounds():
    explanation = xor((0, 0))
    assert number(explanation, "h1") == pytest.approx(0.00034, abs=5e-6)
    assert number(explanation, "h2") == pytest.approx(0.9526, abs=5e-5)
    assert number(explanation, "u") == pytest.approx(-4.4820, abs=5e-5)  # the lecture: −5
    assert number(explanation, "o") == pytest.approx(0.0112, abs=5e-5)


def test_all_levels_give_the_same_numbers():
    explanation = xor((0, 1))
    for level in LEVELS:
        view = explanation.view_of(level)
        assert view.level == level
        by_name = {value.symbol.text: value for value in view.values}
        assert float(by_name["L"].array) == number(explanation, "L")
        if level != "scalar":
            for name in ("W₁", "b₁", "W₂", "b₂", "x"):
                np.testing.assert_allclose(
                    there(by_name[name].gradient),
                    there(explanation.value(name).gradient),
                    rtol=1e-9,
                )
        else:
            for i, j in ((1, 1), (1, 2), (2, 1), (2, 2)):
                wanted = explanation.value("W₁").shown_gradient
                assert wanted is not None
                found = by_name[f"w⁽¹⁾{'₁₂'[i - 1]}{'₁₂'[j - 1]}"].gradient
                assert of(found) == pytest.approx(wanted[i - 1, j - 1], rel=1e-9)


def test_steps_open_into_parts():
    model, layer, function, primitive, single = xor((0, 1)).views()
    assert [len(view.steps) for view in (model, layer, function)] == [2, 5, 7]
    assert model.steps[0].parts == ("s1", "s2", "s3", "s4")
    assert layer.steps[0].parts == ("s1", "s2")
    inside = [primitive.step(key).kind for key in function.steps[2].parts]
    assert inside == ["neg", "exp", "add", "reciprocal"]
    assert [single.step(key).kind for key in primitive.steps[0].parts] == ["mul", "mul", "add"] * 2
    assert [box.title for box in function.boxes] == [
        "Linear(2 → 2)", "Sigmoid", "Linear(2 → 1)", "Sigmoid", "cross-entropy"
    ]  # fmt: skip


# --- published figures ---


def test_cs231n_s_circuit():
    w0, x0, w1, x1, w2 = map(scalar, (2.0, -1.0, -3.0, -2.0, -3.0))
    explanation = hg.explain(1 / (1 + hg.exp(-(w0 * x0 + w1 * x1 + w2))))
    assert number(explanation, "F") == pytest.approx(0.73, abs=5e-3)
    published = {"w0": -0.20, "x0": 0.39, "w1": -0.39, "x1": -0.59, "w2": 0.20}
    for name, wanted in published.items():
        assert gradient(explanation, name) == pytest.approx(wanted, abs=5e-3)


def test_micrograd_s_expression():
    a, b = scalar(-4.0), scalar(2.0)
    c = a + b
    d = a * b + b**3
    c = c + (c + 1)
    c = c + (1 + c + (-a))
    d = d + (d * 2 + (b + a).relu())
    d = d + (3 * d + (b - a).relu())
    e = c - d
    f = e**2
    g = f / 2.0
    g = g + 10.0 / f
    explanation = hg.explain(g)
    assert number(explanation, "g") == pytest.approx(24.7041, abs=5e-5)
    assert gradient(explanation, "a") == pytest.approx(138.8338, abs=5e-5)
    assert gradient(explanation, "b") == pytest.approx(645.5773, abs=5e-5)


# --- size ---


def test_a_network_for_moons_opens_into_single_numbers():
    hg.manual_seed(0)
    network = nn.Sequential(
        nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)
    )
    loss = nn.functional.hinge_loss(network(hg.tensor([[0.5, -1.0]])), hg.tensor([[1.0]]))
    view = hg.explain(loss, zoom="scalar").view
    assert view.level == "scalar"
    products = [step for step in view.steps if step.kind == "mul" and step.place]
    assert len(products) == 2 * 16 + 16 * 16 + 16
    loss.backward()
    by_code = {value.code: value for value in view.values if value.code}
    for code, parameter in network.named_parameters():
        assert parameter.grad is not None
        for index in np.ndindex(parameter.shape):
            found = by_code[f"{code}[{','.join(map(str, index))}]"].gradient
            found = 0.0 if found is None else of(found)
            assert found == pytest.approx(float(parameter.grad.value[index]), rel=1e-4, abs=1e-6)


def test_a_large_network_stops_at_the_level_that_fits():
    network = nn.Sequential(
        nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    loss = nn.functional.cross_entropy(network(hg.zeros(1, 784)), hg.tensor([3]))
    view = hg.explain(loss, zoom="scalar").view
    assert (view.level, view.asked) == ("primitive", "scalar")
    assert view.limit > 100_000
    layers = hg.explain(loss, zoom="layer").view
    assert [step.label for step in layers.steps] == [
        "XW₁ + b₁", "ReLU", "XW₂ + b₂", "ReLU", "XW₃ + b₃", "−log softmax"
    ]  # fmt: skip


def test_a_chain_of_a_hundred_thousand_operations():
    a = hg.tensor(1.0, requires_grad=True)
    for _ in range(100_000):
        a = a * 1.00001
    with pytest.raises(ArgumentError, match="100,000 operations.*at most 2,000 steps"):
        hg.explain(a)

    class Chain(nn.Module):
        def forward(self, x):
            for _ in range(100_000):
                x = x * 1.00001
            return x

    explanation = hg.explain(Chain()(hg.tensor(1.0, requires_grad=True)), zoom="scalar")
    (step,) = explanation.forward
    assert explanation.view.limit >= 100_000
    assert of(step.arguments[0].contribution) == pytest.approx(math.e, rel=1e-2)


# --- folding ---


def test_one_layer_used_twice_is_two_steps():
    layer = nn.Linear(2, 2)
    explanation = hg.explain(layer(layer(hg.ones(1, 2))).sum(), zoom="layer")
    assert [step.kind for step in explanation.forward] == ["Linear(2 → 2)", "Linear(2 → 2)", "sum"]
    weight = explanation.value("W")
    assert weight.users == ["s1", "s2"]


def test_a_model_whose_inner_result_is_used_outside_does_not_fold():
    class Both(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(2, 2)

        def forward(self, x):
            hidden = self.layer(x)
            return hidden, hg.tanh(hidden)

    hidden, output = Both()(hg.ones(1, 2))
    loss = (output * hidden).sum()
    explanation = hg.explain(loss, zoom="model")
    loss.backward()
    assert [step.kind for step in explanation.forward][:2] == ["Linear(2 → 2)", "tanh"]


def test_gradients_are_those_of_backward_with_a_batch_and_softmax():
    hg.manual_seed(1)
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))
    loss = nn.functional.cross_entropy(network(hg.randn(5, 3)), hg.tensor([0, 1, 2, 1, 0]))
    explanation = hg.explain(loss)
    loss.backward()
    for level in ("model", "layer", "function", "primitive"):
        by_code = {value.code: value for value in explanation.view_of(level).values if value.code}
        for code, parameter in network.named_parameters():
            assert parameter.grad is not None
            np.testing.assert_allclose(
                there(by_code[code].gradient), parameter.grad.value, rtol=1e-5, atol=1e-6
            )


# --- one element, and bad input ---


def test_one_element_of_a_vector():
    x = hg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    explanation = hg.explain(x * x, index=1)
    assert explanation.value("x").gradient is not None
    np.testing.assert_array_equal(there(explanation.value("x").gradient), [0, 4, 0])
    for index in (3, (0, 0), -4):
        with pytest.raises(ShapeError):
            hg.explain(x * x, index=index)
    with pytest.raises(ShapeError, match=r"takes one number.*index=\(2,\)"):
        hg.explain(x * x)


def test_what_cannot_be_explained():
    x = hg.tensor(1.0, requires_grad=True)
    with pytest.raises(GradientError, match="nothing to explain"):
        hg.explain(hg.tensor(1.0) * 2)
    with pytest.raises(GradientError, match="nothing to explain"):
        hg.explain(x)
    with pytest.raises(ArgumentError, match="takes a tensor"):
        hg.explain(1.0)
    with pytest.raises(ArgumentError, match="no zoom level 'neuron'.*model, layer"):
        hg.explain(x * 2, zoom="neuron")
    with pytest.raises(ArgumentError, match=r"names\['x'\] is float"):
        hg.explain(x * 2, names={"x": 1.0})
    explanation = hg.explain(x * 2)
    with pytest.raises(ArgumentError, match="nothing here goes by the name 'weight'"):
        explanation.value("weight")
    with pytest.raises(ArgumentError, match="ends in .gif"):
        explanation.save("x.gif")
    with pytest.raises(ArgumentError, match="in the language 'fr'"):
        explanation.save("x.html", lang="fr")


@pytest.mark.parametrize(
    ("make", "kind", "problem"),
    [
        (lambda x: 1 / (x - x), "div", "infinite"),
        (lambda x: hg.log(x - 2 * x) + 1, "log", "nan"),
        (lambda x: hg.log(x * 0) * 2, "log", "infinite"),
        (lambda x: hg.exp(x * 1e6) - 1, "exp", "infinite"),
    ],
)
def test_where_a_number_stops_being_finite(make, kind, problem):
    x = scalar(1.0)
    view = hg.explain(make(x)).view
    (bad,) = [value for value in view.values if value.problem]
    assert (view.step(bad.maker).kind, bad.problem) == (kind, problem)


def test_a_convolution_adds_its_bias_in_one_step_and_opens_into_single_products():
    hg.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)
    )
    loss = nn.functional.cross_entropy(network(hg.randn(1, 1, 6, 6)), hg.tensor([1]))
    explanation = hg.explain(loss)
    _, adds_bias, *_ = explanation.forward
    assert (adds_bias.kind, adds_bias.label) == ("add", "+ b₁")
    assert [one.value.code for one in adds_bias.arguments] == ["", "0.bias"]
    loss.backward()
    for level in ("model", "layer", "function", "primitive", "scalar"):
        by_code = {one.code: one for one in explanation.view_of(level).values if one.code}
        for code, parameter in network.named_parameters():
            assert parameter.grad is not None
            for index in np.ndindex(parameter.shape):
                place = f"{code}[{','.join(map(str, index))}]"
                found = (
                    by_code[place].gradient
                    if level == "scalar"
                    else there(by_code[code].gradient)[index]
                )
                wanted = float(parameter.grad.value[index])
                assert (0.0 if found is None else float(found)) == pytest.approx(wanted, abs=1e-5)
    path = explanation.path("0.weight[0,0,1,1]")
    assert of(path.array) == pytest.approx(
        float(network[0].weight.grad.value[0, 0, 1, 1]), rel=1e-4
    )


def test_a_number_that_is_only_moved_has_no_steps_as_single_numbers(tmp_path):
    """And is drawn alone; a row of an embedding is one, too."""
    table = nn.Embedding(5, 1)
    for explanation in (
        hg.explain(hg.tensor([2.0, 1.0], requires_grad=True).reshape(2, 1)[0, 0]),
        hg.explain(table(hg.tensor([3]))),
    ):
        view = explanation.view_of("scalar")
        assert not view.steps and len(view.values) == 1 and view.output.gradient == 1
        for ending in (".html", ".svg", ".json", ".md", ".tex", ".dot"):
            explanation.zoom("scalar").save(tmp_path / f"moved{ending}")


def test_a_table_with_a_row_for_padding():
    table = nn.Embedding(5, 2, padding_idx=0)
    explanation = hg.explain(table(hg.tensor([3, 0])), index=(0, 1))
    assert of(explanation.view.output.array) == float(table.weight.value[3, 1])
