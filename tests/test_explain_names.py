"""Names of values in explanations: those of people, of models, of variables, and mistaken ones."""

import numpy as np
import pytest

import holograd as hg
from explanation_cases import lecture, scalar, xor
from holograd import nn
from holograd.errors import ArgumentError, ShapeError


def test_names_of_people():
    explanation = xor((0, 1))
    names = {value.symbol.text: value for value in explanation.view.values}
    assert set("x y z h u o L W₁ b₁ W₂ b₂".split()) <= set(names)
    assert (names["y"].role, names["x"].role, names["W₁"].role) == ("target", "input", "parameter")
    assert names["W₁"].code == "0.weight" and names["W₁"].transposed
    assert explanation.value("h₂").array == names["h"].array[0, 1]
    assert explanation.value("w⁽¹⁾₂₁") is explanation.value("0.weight[0, 1]")
    given = hg.explain((scalar(2.0) * 3.0), names={})
    assert [one.value.symbol.text for one in given.forward[0].arguments] == ["v₁", "3"]


def test_variables_keep_their_names():
    slope, offset = scalar(2.0), scalar(1.0)
    names = [value.symbol.text for value in hg.explain(slope * 3 + offset).view.values]
    assert {"slope", "offset", "3"} <= set(names)
    renamed = hg.explain(slope * 3 + offset, names={"a": slope})
    assert renamed.value("a").array == 2.0


# --- names that could be mistaken ---


def test_names_that_are_taken_are_not_given_twice():
    F, v1, t = scalar(1.0), scalar(2.0), scalar(3.0)
    explanation = hg.explain(v1 * t + F)
    names = [value.symbol.plain for value in explanation.view.values]
    assert names == ["v1", "t", "v2", "F", "G"]
    assert float(explanation.value("F").array) == 1.0


def test_an_input_that_gradients_are_taken_by_is_no_parameter():
    layer, x = nn.Linear(2, 3), hg.tensor([[1.0, 2.0]], requires_grad=True)
    explanation = hg.explain((layer(x) ** 2).sum(), names={"x": x})
    assert explanation.value("x").role == "input"
    assert explanation.forward[0].label == "× W"
    assert explanation.zoom("layer").forward[0].label == "XW + b"


def test_the_output_of_an_inner_layer_is_not_called_the_output():
    network = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2), nn.LayerNorm(2))
    explanation = hg.explain(network(hg.ones(1, 2)).sum())
    names = {value.symbol.text for value in explanation.view.values}
    assert {"z₁", "h₁", "z₂"} <= names
    assert not names & {"u", "o"}


def test_an_element_is_explained_inside_no_grad_too():
    output = nn.Linear(2, 3)(hg.ones(1, 2))
    with hg.no_grad():
        assert hg.explain(output, index=[0, 1]).forward
    with pytest.raises(ShapeError, match="Leave the index out"):
        hg.explain(output.sum(), index=0)
    with pytest.raises(ArgumentError, match="'' is no name"):
        hg.explain(output.sum(), names={"": output})
    with pytest.raises(ArgumentError, match="not by a Tensor"):
        hg.explain(output.sum()).path(output)


def test_variables_of_other_graphs_take_no_names():
    z = scalar(1.0)  # as a cell of a notebook may have left it
    network = lecture()
    explanation = hg.explain(network(hg.tensor([[0.0, 1.0]], dtype=hg.float64)))
    assert {"z", "h"} <= {value.symbol.text for value in explanation.view.values}
    h = network[0](hg.tensor([[0.0, 1.0]], dtype=hg.float64))
    names = [one.symbol.text for one in hg.explain((hg.sigmoid(h) * z).sum()).view.values]
    assert names.count("h") == 1


# --- several inputs, several models, other dtypes ---


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.i, self.h, self.o = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 1)

    def forward(self, x):
        state = hg.zeros(1, 2)
        for place in range(x.shape[0]):
            state = hg.tanh(self.i(x[place : place + 1]) + self.h(state))
        return self.o(state)


class Compared(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Linear(2, 2)

    def forward(self, one, other):
        return ((self.e(one) - self.e(other)) ** 2).sum()


class Chosen(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Linear(2, 2)

    def forward(self, mask, places, x):
        return hg.gather(hg.where(mask, self.e(x), 0.0), 1, places)


def inputs_of(explanation):
    """The inputs by their names, in the order of these."""
    found = [value for value in explanation.view.values if value.role == "input"]
    return {value.symbol.text: value.array.tolist() for value in sorted(found, key=_text)}


def taken(explanation):
    """The names of what the first step takes."""
    return [one.value.symbol.text for one in explanation.forward[0].arguments]


def _text(value):
    return value.symbol.text


def test_several_inputs_are_numbered():
    explanation = hg.explain(Compared()(hg.tensor([[1.0, 2.0]]), hg.tensor([[3.0, 4.0]])))
    assert inputs_of(explanation) == {"x₁": [[1.0, 2.0]], "x₂": [[3.0, 4.0]]}
    assert explanation.value("x2_1").array == 3.0
    explanation = hg.explain(nn.Bilinear(2, 2, 1)(hg.tensor([[1.0, 2.0]]), hg.tensor([[3.0, 4.0]])))
    assert inputs_of(explanation) == {"x₁": [[1.0, 2.0]], "x₂": [[3.0, 4.0]]}
    left, right = hg.tensor([[1.0, 2.0]]), hg.tensor([[3.0, 4.0]])
    explanation = hg.explain(Compared()(left, right))
    assert inputs_of(explanation) == {"left": [[1.0, 2.0]], "right": [[3.0, 4.0]]}
    explanation = hg.explain(Compared()(hg.tensor([[1.0, 2.0]]), right))
    assert inputs_of(explanation) == {"right": [[3.0, 4.0]], "x": [[1.0, 2.0]]}


def test_the_first_state_of_a_recurrent_network_is_not_its_only_input():
    sequence = hg.tensor([[1.0, 2.0], [3.0, 4.0]])
    explanation = hg.explain(Recurrent()(sequence))
    assert list(inputs_of(explanation).values()) == [[[0.0, 0.0]], [[1.0, 2.0]], [[3.0, 4.0]]]


def test_masks_and_places_are_no_inputs_but_words_are():
    mask, places = [[True, False]], [[0]]
    explanation = hg.explain(
        Chosen()(hg.tensor(mask), hg.tensor(places), hg.tensor([[1.0, 2.0]])), zoom="primitive"
    )
    assert inputs_of(explanation) == {"x": [[1.0, 2.0]]}
    words = nn.Sequential(nn.Embedding(4, 2, padding_idx=1), nn.Linear(2, 1))
    explanation = hg.explain(words(hg.tensor([2])), zoom="primitive")
    assert inputs_of(explanation) == {"x": [2]}


def test_two_models_in_one_graph_are_told_apart():
    encoder, decoder = nn.Linear(2, 1), nn.Linear(1, 2)
    explanation = hg.explain(decoder(encoder(hg.tensor([[1.0, 2.0]]))).sum())
    parameters = [value for value in explanation.view.values if value.role == "parameter"]
    assert [(one.symbol.text, one.code) for one in parameters] == [
        ("W₁", "encoder.weight"), ("b₁", "encoder.bias"),
        ("W₂", "decoder.weight"), ("b₂", "decoder.bias"),
    ]  # fmt: skip
    assert explanation.value("decoder.weight") is explanation.value("W₂")
    assert explanation.value("encoder.weight").array.shape == (1, 2)
    # ∂F/∂w of the encoder: x times the sum of the decoder's weights
    slope = explanation.value("encoder.weight[0,1]").gradient
    assert slope == pytest.approx(2 * decoder.weight.value.sum(), rel=1e-5)
    assert str(explanation.path("encoder.weight[0,1]")).startswith("∂F/∂w⁽¹⁾₂₁ = ")
    with pytest.raises(ArgumentError, match=r"encoder\.weight or decoder\.weight"):
        explanation.value("weight")


def test_models_without_a_variable_go_by_their_place_or_a_number():
    def codes(explanation):
        return [one.code for one in explanation.view.values if one.code.endswith("weight")]

    layers = [nn.Sequential(nn.Linear(2, 1)), nn.Sequential(nn.Linear(1, 1))]
    output = layers[1](layers[0](hg.tensor([[1.0, 2.0]])))
    assert codes(hg.explain(output)) == ["Sequential1.0.weight", "Sequential2.0.weight"]
    whole = nn.ModuleList(layers)
    assert codes(hg.explain(output)) == ["whole.0.0.weight", "whole.1.0.weight"]
    alone = nn.CrossEntropyLoss(hg.ones(2))(whole[0][0](hg.ones(1, 2)).expand(1, 2), hg.tensor([0]))
    assert codes(hg.explain(alone)) == ["weight"]


def test_names_stay_where_the_engine_casts():
    w = hg.tensor([2.0, 3.0, 4.0], requires_grad=True)
    numbers = hg.tensor([1, 2, 3])
    explanation = hg.explain((numbers * w).sum(), names={"a": numbers})
    assert taken(explanation) == ["a", "w"]
    assert explanation.value("a").array.tolist() == [1.0, 2.0, 3.0]
    truths, precise = hg.tensor([True, False, True]), w.double().detach().requires_grad_()
    assert taken(hg.explain((truths * w).sum())) == ["truths", "w"]
    single = hg.tensor([1.0, 2.0, 3.0])
    assert taken(hg.explain((single * precise).sum())) == ["single", "precise"]
    twice = hg.explain((numbers * w).sum() + (w * numbers).sum())
    for name in ("numbers_1", "numbers_2"):  # each use has a gradient of its own
        assert np.asarray(twice.value(name).gradient).tolist() == [2.0, 3.0, 4.0]
    row = hg.tensor([[1, 2]])
    assert inputs_of(hg.explain(nn.Linear(2, 1)(row))) == {"row": [[1.0, 2.0]]}
