"""The network picture: what its shapes say is what the model holds, and nothing overlaps."""

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

import holograd as hg
from explanation_cases import lecture
from holograd import nn
from holograd.pictures import Circle, Group, Path, Picture, Rectangle, Text, network
from holograd.pictures.shapes import flat
from training_cases import same_bits, weights


def chain(*sizes: int, seed: int = 0) -> nn.Sequential:
    """Linear layers with tanh between them."""
    hg.manual_seed(seed)
    layers = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def groups(picture: Picture, role: str) -> list[Group]:
    """All groups of a role, with those inside groups."""
    found, waiting = [], list(picture.shapes)
    while waiting:
        shape = waiting.pop(0)
        if isinstance(shape, Group):
            waiting[:0] = shape.shapes
            if shape.role == role:
                found.append(shape)
    return found


def texts(picture: Picture) -> list[str]:
    return [shape.plain for shape in flat(picture.shapes) if isinstance(shape, Text)]


# --- what the shapes say ---


def test_every_weight_is_an_edge_of_its_width_colour_and_end():
    model = chain(3, 4, 2)
    picture = network(model)
    parameters = dict(model.named_parameters())
    largest = max(float(np.abs(one.value).max()) for one in parameters.values())
    seen = set()
    for found in (*groups(picture, "edge"), *groups(picture, "bias")):
        code = found.tags["code"]
        name, place = re.fullmatch(r"(.*)\[([\d,]+)\]", code).groups()  # pyright: ignore
        number = float(parameters[name].value[tuple(map(int, place.split(",")))])
        seen.add(code)
        line = next(one for one in found.shapes if one.role == "line")
        head = next(one for one in found.shapes if one.role == "head")
        assert isinstance(line, Path) and isinstance(head, Path)
        fine = 1.2 + 5.2 * (abs(number) / largest) ** 0.85
        assert line.line == pytest.approx(fine)
        assert line.stroke == ("p5" if number > 0 else "n5")
        triangle = head.pieces[-1] == ("Z",) and head.fill == "p5"
        bar = len(head.pieces) == 2 and head.stroke == "n5" and not head.fill
        assert triangle if number > 0 else bar
    assert len(seen) == sum(one.numel() for one in parameters.values())


def test_the_table_holds_the_parameters_and_the_values():
    table = network(lecture(hg.float32), sample=[0, 1]).table
    assert table[0] == ["from", "to", "number", "stored as"]
    assert ["x₂", "h₁", "5", "0.weight[0,1]"] in table
    assert ["x₁", "h₂", "−7", "0.weight[1,0]"] in table
    assert ["1", "h₁", "−8", "0.bias[0]"] in table
    assert ["h₂", "o", "−11", "2.weight[0,1]"] in table
    values = {row[1]: row[2] for row in table if row[0] == "value of"}
    assert values == {"x₁": "0", "x₂": "1", "h₁": "0.04743", "h₂": "0.01799", "o": "0.9949"}


def test_labels_and_values_of_the_lecture_are_there():
    drawn = texts(network(lecture(hg.float32), sample=hg.tensor([0.0, 1.0])))
    for label in ("+5", "−7", "−11", "−8", "+3", "+6", "0.04743", "0.01799", "0.9949"):
        assert label in drawn, label
    assert drawn.count("−11") == 2 and drawn.count("+5") == 2 and drawn.count("−7") == 2
    assert {"Inputs", "Hidden layer", "Output", "sigmoid", "x1", "h2", "o"} <= set(drawn)


def test_units_show_what_the_layers_compute():
    model, row = chain(3, 4, 2), np.array([0.5, -1.0, 2.0], np.float32)
    values = {one[1]: one[2] for one in network(model, row).table if one[0] == "value of"}
    hidden = np.tanh(model[0].weight.value @ row + model[0].bias.value)
    output = model[2].weight.value @ hidden + model[2].bias.value
    told = [float(values[f"h{c}"].replace("−", "-")) for c in "₁₂₃₄"]
    assert told == pytest.approx(hidden, rel=1e-3)
    assert [float(values[f"o{c}"].replace("−", "-")) for c in "₁₂"] == pytest.approx(
        output, rel=1e-3
    )


def test_weights_of_zero_have_no_end():
    model = nn.Sequential(nn.Linear(2, 1))
    nn.init.zeros_(model[0].weight)
    nn.init.zeros_(model[0].bias)
    picture = network(model)
    assert not [one for one in flat(picture.shapes) if one.role == "head"]
    assert [one for one in flat(picture.shapes) if one.role == "line" and one.stroke == "faint"]


def test_large_layers_show_eight_and_the_count_of_the_others():
    picture = network(chain(784, 128, 17, 10))
    assert [one for one in texts(picture) if "more" in one] == ["776 more", "120 more", "9 more"]
    assert len(groups(picture, "input")) == 8 and len(groups(picture, "neuron")) == 8 + 8 + 10
    assert len(groups(picture, "edge")) == 64 + 64 + 80
    assert not groups(picture, "label")
    assert len(network(chain(1234, 1)).table) == 1 + 8 + 1
    assert "1,226 more" in texts(network(chain(1234, 1)))


# --- nothing overlaps ---


def apart(boxes: list[tuple[float, float, float, float]]) -> bool:
    return not any(
        a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
        for a, b in combinations(boxes, 2)
    )


@pytest.mark.parametrize(
    "sizes",
    [(2, 2, 1), (1, 1), (3, 4, 3, 2), (4, 4, 4), (2, 3, 1), (2, 16, 16, 1), (5, 8, 3), (40, 30)],
)
@pytest.mark.parametrize("with_sample", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_overlaps(sizes, with_sample, seed):
    sample = np.linspace(-1, 2, sizes[0]) if with_sample else None
    picture = network(chain(*sizes, seed=seed), sample)
    shapes = list(flat(picture.shapes))
    letters = [one for one in shapes if isinstance(one, Text)]
    faces = [one for one in shapes if one.role == "face"]
    rings = [one for one in shapes if one.role == "one"]
    assert apart([one.box for one in letters])
    round_boxes = [
        (one.x - one.radius, one.y - one.radius, one.x + one.radius, one.y + one.radius)
        for one in (*faces, *rings)
        if isinstance(one, Circle)
    ]
    squares = [
        (one.x, one.y, one.x + one.width, one.y + one.height)
        for one in faces
        if isinstance(one, Rectangle)
    ]
    assert apart(round_boxes + squares)
    inside = ("name", "number")
    for one in letters:
        left, top, right, bottom = one.box
        assert min(left, top) >= 0 and right <= picture.width and bottom <= picture.height
        if one.role not in inside and one.plain != "1":
            assert apart([one.box, *round_boxes]) and apart([one.box, *squares])
    # A number on an edge stands on its own edge alone.
    lines = {}
    for found in groups(picture, "edge"):
        line = found.shapes[0]
        assert isinstance(line, Path)
        (_, *a), (_, *rest) = line.pieces
        points = np.array([*a, *rest]).reshape(4, 2)
        t = np.linspace(0, 1, 200)[:, None]
        weighted = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3)
        lines[found.tags["code"]] = sum(w * p for w, p in zip(weighted, points, strict=True))
    for label in groups(picture, "label"):
        left, top, right, bottom = label.shapes[1].box  # pyright: ignore
        for code, path in lines.items():
            crossed = (
                (path[:, 0] > left) & (path[:, 0] < right) & (path[:, 1] > top)
                & (path[:, 1] < bottom)
            ).any()  # fmt: skip
            assert crossed == (code == label.tags["code"])


def test_the_lecture_fits_a_laptop_screen():
    picture = network(lecture(hg.float32), [0, 1])
    assert picture.width <= 1280 and picture.height <= 600


# --- which models ---


def test_modules_that_hold_a_chain_are_drawn_too():
    class Net(nn.Module):
        def __init__(self):
            self.layers = nn.Sequential(nn.Flatten(), nn.Linear(2, 3), nn.Tanh(), nn.Dropout(0.5))
            self.last = nn.Sequential(nn.Linear(3, 1, bias=False), nn.Identity())

        def forward(self, x):
            return self.last(self.layers(x))

    hg.manual_seed(0)
    model = Net()
    model.layers[1].weight.grad = hg.ones(3, 2)
    before, stream = weights(model), hg.default_generator.stream
    picture = network(model, [1.0, 2.0])
    assert picture.title == "network 2–3–1"
    stored = {row[3] for row in picture.table[1:]}
    assert "layers.1.weight[2,0]" in stored and "last.0.weight[0,2]" in stored
    assert not any("last.0.bias" in one for one in stored)
    assert same_bits(before, weights(model)) and model.training
    assert hg.default_generator.stream == stream and not model.layers[1]._after
    assert model.layers[1].weight.grad.tolist() == np.ones((3, 2)).tolist()


def test_one_layer_alone_and_the_perceptron():
    picture = network(nn.Linear(2, 1))
    assert {row[3] for row in picture.table[1:]} == {"weight[0,0]", "weight[0,1]", "bias[0]"}
    assert "step" in texts(network(nn.Perceptron(2), [1, 1]))


class Shortcut(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        return x + self.layer(x)


class Inside(nn.Module):
    def __init__(self):
        self.first, self.second = nn.Linear(2, 2), nn.Linear(2, 1)

    def forward(self, x):
        return self.second(hg.relu(self.first(x)))


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (nn.Sequential(nn.Conv2d(1, 2, 3)), "no linear layer"),
        (nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)), r"LayerNorm.* at 1 is none of them"),
        (nn.Sequential(nn.Tanh(), nn.Linear(2, 2)), "comes before the first linear layer"),
        (Shortcut(), "its output is not that of its last layer"),
        (Inside(), "computes something before second that is no layer"),
    ],
)
def test_other_models_get_one_clear_message(model, why):
    with pytest.raises(hg.HologradError, match=f"(?s)not a chain of linear layers.*{why}"):
        network(model)


def test_errors_teach():
    with pytest.raises(hg.HologradError, match="the model is a str"):
        network("xor")  # pyright: ignore[reportArgumentType]
    with pytest.raises(hg.HologradError, match=r"sample of shape \(3,\).*takes 2 inputs"):
        network(lecture(hg.float32), [1, 2, 3])
    for sample in ("abc", [[1, 2], [3]], [None, {}]):
        with pytest.raises(hg.HologradError, match="numbers of one row.*sample=inputs"):
            network(lecture(hg.float32), sample)


# --- files ---


def test_svg_is_sound_and_says_what_it_shows():
    root = ElementTree.fromstring(network(lecture(hg.float32), [0, 1]).svg())
    name = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{name}title") == "network 2–2–1"
    assert "2 inputs, 2 sigmoid neurons, 1 sigmoid neuron" in str(root.findtext(f"{name}desc"))


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_it_is_saved(tmp_path, ending):
    if ending != "svg":
        pytest.importorskip("matplotlib")
    path = tmp_path / f"network.{ending}"
    network(lecture(hg.float32), [0, 1]).save(path)
    assert path.read_bytes()[:4] in (b"<svg", b"\x89PNG", b"%PDF")
