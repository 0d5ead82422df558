"""The drawing of an explanation: everything is there, nothing overlaps, and it is readable."""

import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import holograd as hg
from drawing_checks import faults, pieces
from explanation_cases import lecture
from holograd import nn
from holograd.errors import ArgumentError
from holograd.explanation.drawing.cells import MOST_COLUMNS, MOST_ROWS, grids
from holograd.explanation.drawing.draw import draw
from holograd.explanation.drawing.layout import lay_out
from holograd.explanation.drawing.units import on_gate
from holograd.explanation.records import LEVELS, Argument, Box, Step, Value, View
from holograd.explanation.symbols import Symbol
from holograd.pictures import Text, matplotlib_writer
from holograd.pictures.lettering import SANS_SCALE
from holograd.pictures.shapes import flat
from random_graphs import programs
from test_explain_random_graphs import total_of

SCREEN = 1280  # pixels of a laptop, at 100 %
PHONE = 360


def xor() -> View:
    return explain_xor("function")


def explain_xor(level: str, loss_of: Any = nn.functional.binary_cross_entropy) -> View:
    loss = loss_of(lecture(hg.float32)(hg.tensor([[0.0, 1.0]])), hg.tensor([[1.0]]))
    return hg.explain(loss).view_of(level)


def variables(**numbers: float) -> dict[str, hg.Tensor]:
    return {
        name: hg.tensor(number, requires_grad=True, dtype=hg.float64)
        for name, number in numbers.items()
    }


def expression(build: Callable[..., hg.Tensor], **numbers: float) -> View:
    made = variables(**numbers)
    return hg.explain(build(**made), names=made).view_of("primitive")


def micrograd(a: hg.Tensor, b: hg.Tensor) -> hg.Tensor:
    c, d = a + b, a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + (b + a).relu()
    d = d + 3 * d + (b - a).relu()
    f = (c - d) ** 2
    return f / 2.0 + 10.0 / f


def moons(level: str, hidden: int = 4) -> View:
    hg.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(),
        nn.Linear(hidden, 1), nn.Sigmoid(),
    )  # fmt: skip
    out = model(hg.tensor([[0.3, -0.7]]))
    loss = nn.functional.binary_cross_entropy(out, hg.tensor([[1.0]]))
    return hg.explain(loss).view_of(level)


def lenet(level: str) -> View:
    hg.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    images = np.random.default_rng(0).random((3, 784), dtype=np.float32)
    loss = nn.functional.cross_entropy(model(hg.tensor(images)), hg.tensor([3, 1, 4]))
    return hg.explain(loss).view_of(level)


def skip_connection() -> View:
    x, w = hg.tensor([[1.0, -2.0, 0.5]]), hg.tensor(np.eye(3), requires_grad=True).float()
    h = x @ w
    total = (h + hg.exp(hg.tanh(h))).sum()
    return hg.explain(total, names={"x": x, "weights": w}).view_of("function")


def two_branches() -> View:
    class Branches(nn.Module):
        def __init__(self):
            self.a, self.b, self.c = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 1)

        def forward(self, x: hg.Tensor) -> hg.Tensor:
            return self.c(self.a(x).relu() * hg.tanh(self.b(x)))

    hg.manual_seed(0)
    out = Branches()(hg.tensor([[1.0, 2.0, 3.0]]))
    return hg.explain(nn.functional.mse_loss(out, hg.tensor([[1.0]]))).view_of("function")


def recurrent(level: str) -> View:
    class Recurrent(nn.Module):
        def __init__(self):
            self.i, self.h, self.o = nn.Linear(1, 2), nn.Linear(2, 2), nn.Linear(2, 1)

        def forward(self, x: hg.Tensor) -> hg.Tensor:
            h = hg.zeros(1, 2)
            for t in range(3):
                h = hg.tanh(self.i(x[t : t + 1]) + self.h(h))
            return self.o(h)

    hg.manual_seed(0)
    x = hg.tensor([[0.5], [1.0], [2.0]])
    return hg.explain(nn.functional.mse_loss(Recurrent()(x), hg.tensor([[1.0]]))).view_of(level)


def sigmoid_of_sums(**v: hg.Tensor) -> hg.Tensor:
    return 1 / (1 + hg.exp(-(v["w0"] * v["x0"] + v["w1"] * v["x1"] + v["w2"])))


VIEWS: dict[str, Callable[[], View]] = {
    **{f"xor, {level}": lambda level=level: explain_xor(level) for level in LEVELS},
    **{f"moons, {level}": lambda level=level: moons(level) for level in LEVELS},
    "moons of 16, layer": lambda: moons("layer", 16),
    "lenet, layer": lambda: lenet("layer"),
    "lenet, function": lambda: lenet("function"),
    "a line": lambda: expression(lambda w, x, b: w * x + b, w=2.0, x=3.0, b=-1.0),
    "sigmoid": lambda: expression(lambda **v: hg.sigmoid(v["z"]), z=1.0),
    "a join": lambda: expression(lambda x, y, z: (x + y) * z, x=-2.0, y=5.0, z=-4.0),
    "cs231n": lambda: expression(sigmoid_of_sums, w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0),
    "micrograd": lambda: expression(micrograd, a=-4.0, b=2.0),
    "used three times": lambda: expression(lambda x: x * x + hg.sin(x) * x, x=0.5),
    "division by zero": lambda: expression(lambda x, y: x / y + x, x=1.0, y=0.0),
    "long names": lambda: expression(
        lambda temperature_outside, y: temperature_outside**2 / y, temperature_outside=3.0, y=2.0
    ),
    "skip connection": skip_connection,
    "two branches": two_branches,
    **{f"recurrent, {level}": lambda level=level: recurrent(level) for level in LEVELS},
}


@pytest.mark.parametrize("turned", [False, True], ids=["right", "down"])
@pytest.mark.parametrize("name", VIEWS)
def test_nothing_overlaps_and_nothing_is_missing(name: str, turned: bool):
    view = VIEWS[name]()
    picture = draw(view, turned)
    assert not faults(picture)
    check_all_is_there(view, turned)


def check_all_is_there(view: View, turned: bool) -> None:
    picture = draw(view, turned)
    everything = list(pieces(picture.shapes))
    places = lay_out(view, turned).values
    steps = {piece.tags["step"] for piece in everything if "gate" in piece.roles}
    assert steps == {step.key for step in view.steps}
    shown = {piece.tags["value"] for piece in everything if "numbers" in piece.roles}
    on_gates = {
        one.value.key for step in view.steps for one in step.arguments if on_gate(one.value, step)
    }
    assert shown == {value.key for value in view.values} - on_gates
    forward = {
        (piece.tags["value"], piece.tags.get("step"), piece.tags.get("place"))
        for piece in everything
        if {"wire", "forward", "head"} <= piece.roles
    }
    drawn = {
        (one.value.key, step.key, str(one.place))
        for step in view.steps
        for one in step.arguments
        if one.value.key not in on_gates and not (turned and places[one.value.key].hangs)
    }
    made = {(value.key, None, None) for step in view.steps for value in step.outputs}
    assert forward == drawn | made
    root = ElementTree.fromstring(picture.svg())
    assert {one.get("data-value") for one in root.iter()} >= shown
    assert len(picture.table) == len(view.steps) + 1


def test_the_lectures_network_is_drawn_as_designed():
    picture = draw(xor())
    assert picture.width <= SCREEN
    assert picture.height <= 400
    words = [shape.plain for shape in flat(picture.shapes) if isinstance(shape, Text)]
    for wanted in (
        *("x", "z", "h", "u", "o", "L", "W1", "b1", "W2", "b2", "y"),
        *("× W1", "+ b1", "σ", "× W2", "+ b2", "−log"),
        *("0.04743", "0.01799", "−0.7195", "5.280", "0.9949", "0.00508", "−8"),
        *("0.00252", "0.000984", "0.0557", "−0.00506", "−1.005", "−0.000240", "−0.0000911"),
        *("×0.0452", "×0.0177", "×−11", "×1", "×0.00504", "×−1.005"),
        *("Linear(2 → 2)\N{EN SPACE}0", "Linear(2 → 1)\N{EN SPACE}2", "cross-entropy"),
        *("∂L/∂W2", "upper row: value →", "lower row: ← gradient of L"),
    ):
        assert wanted in words, wanted
    layout = lay_out(xor())
    levels = {gate.area.y for gate in layout.gates.values()}
    assert len(levels) == 1  # a chain is one row
    for wire in layout.wires:
        assert not any(piece[0] == "C" for piece in wire.pieces)
    turned = draw(xor(), turned=True)
    assert turned.width <= PHONE


def test_signs_are_seen_without_colour():
    view = xor()
    cells = [piece for piece in pieces(draw(view).shapes) if "number" in piece.shape.role.split()]
    values = {value.key: value for value in view.values}
    for piece in cells:
        value = values[piece.tags["value"]]
        numbers = value.gradient if "gradient" in piece.roles else value.array
        assert numbers is not None
        index = tuple(int(one) for one in piece.tags["index"].split(",") if one)
        assert piece.shape.plain.startswith("−") == (numbers[index] < 0)
    dashes = {
        "forward" in piece.roles: bool(piece.shape.dash)
        for piece in pieces(draw(view).shapes)
        if {"wire", "line"} <= piece.roles
    }
    assert dashes == {True: False, False: True}


@pytest.mark.parametrize("level", ["function", "primitive", "scalar"])
def test_small_gradients_keep_the_colour_of_their_sign(level: str):
    """The lecture's squared error: ∂L/∂w⁽²⁾₂₁ is −9·10⁻⁷, an exact product of the chain."""
    view = explain_xor(level, nn.functional.mse_loss)
    values = {value.key: value for value in view.values}
    numbers = []
    for piece in pieces(draw(view).shapes):
        if {"gradient", "face"} <= piece.roles and "index" in piece.tags:
            gradient = values[piece.tags["value"]].gradient
            assert gradient is not None
            number = float(
                gradient[tuple(int(one) for one in piece.tags["index"].split(",") if one)]
            )
            sign = "p" if number > 0 else "n" if number < 0 else "z"
            assert piece.shape.fill[0] == sign, number
            numbers.append(number)
    assert any(-1e-6 < number < 0 for number in numbers)


def test_numbers_fit_their_cells_in_a_broad_face_and_are_large_enough():
    for view in (xor(), expression(micrograd, a=-4.0, b=2.0)):
        everything = list(pieces(draw(view).shapes))
        faces = {
            (piece.owner, piece.tags.get("index"), "gradient" in piece.roles): piece.shape.width
            for piece in everything
            if "face" in piece.roles
        }
        for piece in everything:
            if not isinstance(piece.shape, Text):
                continue
            assert piece.shape.size >= 11 and (piece.shape.size >= 12 or piece.shape.plain == "!")
            if piece.shape.role == "number":
                place = piece.owner, piece.tags.get("index"), "gradient" in piece.roles
                assert piece.shape.width / SANS_SCALE <= faces[place]


def test_both_writers_draw_all_of_it(tmp_path: Path):
    picture = draw(explain_xor("layer"))
    axes = matplotlib_writer.figure(picture).axes[0]
    texts = [shape for shape in flat(picture.shapes) if isinstance(shape, Text)]
    others = len(list(flat(picture.shapes))) - len(texts)
    assert len(axes.patches) == others
    root = ElementTree.fromstring(picture.svg(standalone=False))
    names = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert names.count("text") == len(texts)
    assert names.count("rect") + names.count("path") == others
    for ending in ("svg", "png", "pdf"):
        picture.save(tmp_path / f"xor.{ending}")


def test_the_same_view_is_drawn_the_same():
    first, second = (draw(VIEWS["micrograd"]()).svg() for _ in range(2))
    assert first == second


def test_the_table_says_what_the_drawing_shows():
    table = draw(xor()).table
    assert table[0] == ["step", "operation", "inputs", "output", "gradient of L"]
    assert [row[0] for row in table[1:]] == [str(number) for number in range(1, 8)]
    assert table[3][1] == "σ" and "z = " in table[3][2] and "h = " in table[3][3]
    assert "∂L/∂h = " in table[3][4] and "0.05571" in table[3][4]


def test_problems_are_marked_where_they_happen():
    view = VIEWS["division by zero"]()
    marked = {
        piece.tags["value"] for piece in pieces(draw(view).shapes) if "warning" in piece.roles
    }
    assert marked == {value.key for value in view.values if value.problem} != set()


def test_layout_as_json_has_every_place():
    view = moons("scalar")
    layout = lay_out(view)
    written = layout.to_dict()
    assert set(written["gates"]) == {step.key for step in view.steps}
    assert written["width"] == pytest.approx(layout.width, abs=0.01)
    for x, y, width, height in written["gates"].values():
        assert x >= 0 and x + width <= written["width"]
        assert y >= 0 and y + height <= written["height"]
    for wire in written["wires"]:
        assert wire["direction"] in ("forward", "backward") and wire["path"][0][0] == "M"


# --- views made by hand ---


def by_hand() -> View:
    """x goes into a group with two outputs; one is used by no gradient, both by a sum."""

    def value(key: str, letter: str, array: object, **more: object) -> Value:
        return Value(key, Symbol(letter), array=np.asarray(array), **{"role": "between", **more})

    x = value("v1", "x", [1.0, -2.0], role="input", gradient=np.ones(2), users=["s1"])
    first = value("v2", "a", [0.5, 0.25], gradient=np.ones(2), maker="s1", users=["s2"])
    second = value("v3", "index", [3, 1], maker="s1", users=["s2"])
    out = value("v4", "F", 4.75, role="output", gradient=np.ones(()), maker="s2")
    steps = []
    for number, (taken, given_, label) in enumerate(
        [([x], (first, second), "split in two parts"), ([first, second], (out,), "Σ")], start=1
    ):
        step = Step(f"s{number}", number, label, label, (), given_, boxes=("b1", f"b{number + 1}"))
        step.arguments = tuple(
            Argument(step, one, place, contribution=one.gradient) for place, one in enumerate(taken)
        )
        steps.append(step)
    boxes = [
        Box("b1", "a group with a title much longer than its gates", "m", "", ["s1", "s2"]),
        Box("b2", "the first of its parts, also with a long title", "m.first", "b1", ["s1"]),
        Box("b3", "the second of its parts, also with a long title", "m.second", "b1", ["s2"]),
    ]
    return View("function", "function", 0, [x, first, second, out], steps, boxes, out)


@pytest.mark.parametrize("turned", [False, True], ids=["right", "down"])
def test_several_outputs_and_long_titles(turned: bool):
    view = by_hand()
    picture = draw(view, turned)
    assert not faults(picture)
    check_all_is_there(view, turned)
    tracks = {bracket.box.key: bracket.track for bracket in lay_out(view, turned).brackets}
    assert tracks["b1"] > max(tracks["b2"], tracks["b3"])
    outlines = [
        piece for piece in pieces(picture.shapes)
        if {"face", "none"} <= piece.roles and piece.tags["value"] == "v3"
    ]  # fmt: skip
    assert outlines and all(piece.shape.dash and not piece.shape.fill for piece in outlines)


def test_a_value_alone_is_drawn():
    alone = Value("v1", Symbol("x"), "output", np.asarray(2.0), np.ones(()))
    picture = draw(View("function", "function", 0, [alone], [], [], alone))
    assert not faults(picture) and len(picture.table) == 1


def test_without_igraph_chains_are_drawn_and_others_say_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setitem(sys.modules, "igraph", None)
    assert draw(xor()).width <= SCREEN
    with pytest.raises(ArgumentError, match=r"igraph.*pip install 'holograd\[pictures\]'"):
        draw(VIEWS["micrograd"]())


# --- cells ---


def test_cells_are_arranged_as_the_lecture_writes_them():
    sample = np.array([[1.0, -2.0, 3.0]])
    numbers, gradient = grids(sample, None, hangs=False)
    assert [row[0] for row in numbers.texts] == ["1", "−2", "3"]
    assert [row[0] for row in numbers.places] == ["0,0", "0,1", "0,2"]
    assert gradient.rows == 3 and gradient.numbers is None
    lying, _ = grids(sample, None, hangs=False, upright=False)
    assert lying.texts == (("1", "−2", "3"),)
    stored = np.array([[5.0, 6.0], [-7.0, -8.0]])  # (out, in)
    shown, _ = grids(stored, None, hangs=True, transposed=True)
    assert shown.texts == (("5", "−7"), ("6", "−8"))
    assert shown.places == (("0,0", "1,0"), ("0,1", "1,1"))
    bias, _ = grids(np.array([1.0, 2.0]), None, hangs=True)
    assert bias.texts == (("1", "2"),)


def test_large_arrays_are_summed_up():
    fits = np.ones((MOST_ROWS, MOST_COLUMNS))
    assert not grids(fits, fits, hangs=True)[0].summary
    for shape in ((MOST_ROWS, MOST_COLUMNS + 1), (2, 2, 2), (1, MOST_ROWS + 1), (0,)):
        numbers, gradient = grids(np.full(shape, -0.25), None, hangs=False)
        assert numbers.summary and gradient.summary
    numbers, _ = grids(np.linspace(-1, 2, 784 * 128).reshape(128, 784), None, hangs=True,
                       transposed=True)  # fmt: skip
    assert numbers.lines == ("784 × 128", "−1 … 2")
    assert (
        numbers.numbers is not None and numbers.numbers.min() == -1 and numbers.numbers.max() == 2
    )


# --- random graphs ---


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(program=programs(smooth=False, most_steps=8))
def test_random_graphs_do_not_overlap(program):
    explanation = hg.explain(total_of(program))
    for level in ("function", "scalar"):
        view = explanation.view_of(level)
        if len(view.steps) <= 120:
            for turned in (False, True):
                assert not faults(draw(view, turned))


@pytest.mark.parametrize("turned", [False, True], ids=["right", "down"])
@pytest.mark.parametrize("name", VIEWS)
def test_a_bracket_spans_nothing_but_its_own_gates(name: str, turned: bool):
    layout = lay_out(VIEWS[name](), turned)
    spans = {}  # of gates: from, to along the flow; from, to across it
    for key, gate in layout.gates.items():
        area = gate.area
        spans[key] = area.x, area.right, area.y, area.bottom
        if turned:
            spans[key] = area.y, area.bottom, area.x, area.right
    for bracket in layout.brackets:
        own = bracket.box.steps
        first, last = min(spans[key][2] for key in own), max(spans[key][3] for key in own)
        others = {
            key: span
            for key, span in spans.items()
            if key not in own and span[0] < bracket.end and bracket.start < span[1]
        }
        if not others:  # no other gate is in its columns
            continue
        inner = sum(one.box.parent == bracket.box.key for one in layout.brackets)
        assert not turned and first - bracket.across < 100 + 36 * inner, bracket.title
        for key, (_, _, begin, end) in others.items():
            assert end <= bracket.across or begin >= last, (bracket.title, key)
            if begin >= last:
                assert any(
                    key in one.box.steps and one.across >= last for one in layout.brackets
                ), (bracket.title, key)


def test_a_layer_that_is_used_again_has_a_bracket_for_each_use_that_shows_its_gates():
    shown = {
        level: [bracket.box.place for bracket in lay_out(recurrent(level)).brackets]
        for level in ("layer", "function")
    }
    assert sorted(one for one in shown["layer"] if one) == ["h", "h", "h", "i", "i", "i", "o"]
    # One step further in, the three first products stand in one column.
    assert sorted(one for one in shown["function"] if one) == ["h", "h", "o"]


@pytest.mark.parametrize("level", ["layer", "function"])
def test_a_chain_has_all_its_brackets_on_one_line(level: str):
    view = explain_xor(level)
    for turned in (False, True):
        layout = lay_out(view, turned)
        labels = {step.key: step.label for step in view.steps}
        wanted = {
            box.key for box in view.boxes if [labels[key] for key in box.steps] != [box.title]
        }
        assert {bracket.box.key for bracket in layout.brackets} == wanted
        assert len({bracket.across for bracket in layout.brackets}) == 1
