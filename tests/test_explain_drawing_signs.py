"""What a drawing writes on gates and beside numbers: names, constants, brackets, colours."""

import numpy as np

import holograd as hg
from drawing_checks import Piece, faults, pieces
from holograd import nn
from holograd.explanation.drawing.draw import draw
from holograd.explanation.drawing.layout import lay_out
from test_explain_drawing import two_branches, variables, xor


def test_what_rounding_leaves_of_a_gradient_looks_like_zero():
    hg.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    view = hg.explain(model(hg.randn(4, 2)).square().sum()).view_of("function")
    biases = {value.key: value for value in view.values if value.code.endswith("bias")}
    numbers = np.concatenate([one.gradient for one in biases.values() if one.gradient is not None])
    assert len(numbers) == 4 and numbers.any() and abs(numbers).max() < 1e-5
    faces = [
        piece
        for piece in pieces(draw(view).shapes)
        if piece.tags.get("value") in biases and {"gradient", "face"} <= piece.roles
    ]
    assert [piece.shape.fill for piece in faces] == ["zero"] * 4
    sole = hg.tensor([1e-9], requires_grad=True)
    small = draw(hg.explain((sole * 1e-9).sum()).view_of("primitive"))
    assert not any(
        "gradient" in piece.roles and piece.shape.fill == "zero" for piece in pieces(small.shapes)
    )  # 1e-9 beside the output's 1, but nothing was added up to it


def letters_of(piece: Piece) -> list[tuple[str, str]]:
    return [(run.text, run.face) for run in piece.shape.runs]


def test_a_name_that_the_user_chose_is_one_word_in_italics():
    names = {"a_very_long_name_of_a_variable": 2.0, '$x^2$ & "q"': 3.0, "size_3": 4.0}
    made = variables(**names)
    first, second, third = made.values()
    view = hg.explain(first * first * second + third, names=made).view_of("primitive")
    for turned in (False, True):
        picture = draw(view, turned)
        assert not faults(picture)
        written = [
            letters
            for piece in pieces(picture.shapes)
            if {"symbol", "label"} & piece.roles
            for letters in (letters_of(piece), letters_of(piece)[1:])  # with its sign, or without
        ]
        for name in list(names)[:2]:
            assert [(name, "math")] in written
        assert [("size", "math"), ("3", "roman")] in written
    labels = [letters_of(piece) for piece in pieces(draw(view).shapes) if "label" in piece.roles]
    assert [("+ ", "sans"), ("size", "math"), ("3", "roman")] in labels


def test_constants_stand_on_their_gates():
    made = variables(x=2.0)
    x = made["x"]
    view = hg.explain((2 * x * 3.0 + 0.5 - x / 7.0) ** 2, names=made).view_of("primitive")
    labels = [step.label for step in view.steps]
    assert sorted(labels) == sorted(["× 2", "× 3", "+ 0.5", "÷ 7", "−", "^ 2"])
    assert not any(place.hangs for place in lay_out(view).values.values())


def test_the_parameters_of_a_model_hang_even_where_its_input_is_one():
    x = hg.tensor([[1.0, 2.0, 4.0]], requires_grad=True)
    view = hg.explain(nn.LayerNorm(3)(x)[0, 0]).view_of("function")
    hanging = {
        place.block.value.symbol.text for place in lay_out(view).values.values() if place.hangs
    }
    assert hanging == {"γ", "β"}


def test_brackets_come_down_to_their_gates_where_nothing_is_in_the_way():
    view = two_branches()
    layout = lay_out(view)
    near = {}
    for bracket in layout.brackets:
        top = min(layout.gates[key].area.y for key in bracket.box.steps)
        near[bracket.box.place or bracket.title] = top - bracket.across < 40
    assert near == {"a": True, "b": True, "c": True, "squared error": True}
    line = {bracket.across for bracket in layout.brackets if bracket.box.place not in ("a", "b")}
    assert len(line) == 1 and min(line) > 200
    straight = lay_out(xor())
    assert len({bracket.across for bracket in straight.brackets}) == 1


def test_a_transpose_says_so():
    a = hg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    view = hg.explain((a.T @ a).sum(), names={"A": a}).view_of("primitive")
    labels = [piece.shape.plain for piece in pieces(draw(view).shapes) if "label" in piece.roles]
    assert labels[0] == "transpose"
