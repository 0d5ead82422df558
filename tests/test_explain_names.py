"""Names of values in explanations: those of people, of models, of variables, and mistaken ones."""

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
