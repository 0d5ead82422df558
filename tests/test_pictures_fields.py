"""Pictures of fields: decision regions and loss landscapes."""

import math
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import holograd as hg
from explanation_cases import lecture
from holograd import nn
from holograd.pictures import FigurePicture, loss_landscape, regions
from holograd.pictures.answers import answers_of, classes_of
from holograd.pictures.colours import DARK, LIGHT
from holograd.pictures.directions import random_directions
from holograd.pictures.figure import letter
from holograd.pictures.landscape import differences
from holograd.pictures.neuron_lines import MOST_LINES, Line, _ends, drawn_lines, hidden_lines
from holograd.pictures.parameters import find_number
from holograd.pictures.regions import CLEAR, Plane
from holograd.training import evaluate
from training_cases import moons, network, noisy, same_bits, weights

pytest.importorskip(
    "matplotlib", reason="SKIPPED LOUDLY: matplotlib is not installed, and no field was drawn"
)


def pixels(picture: FigurePicture, theme: str = "light") -> np.ndarray:
    """The picture as (rows, columns, 3) bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(picture.figure(theme))
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def count(image: np.ndarray, colour: str) -> int:
    """How many pixels have exactly that colour."""
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return int((image == wanted).all(axis=2).sum())


# --- regions ---


def test_regions_of_the_lecture():
    x, y = hg.data.gate("xor")
    picture = regions(lecture(hg.float32), x, y)
    assert picture.title == "4 of 4 right"
    assert picture.table[0][1] == "x₁, x₂"
    assert [row[2:4] for row in picture.table[1:5]] == [
        ["0", "0"],
        ["1", "1"],
        ["1", "1"],
        ["0", "0"],
    ]
    assert picture.table[5:] == [
        ["h₁", "5 x₁ + 5 x₂ − 8 = 0", "", "", ""],
        ["h₂", "−7 x₁ − 7 x₂ + 3 = 0", "", "", ""],
    ]
    image = pixels(picture)
    assert count(image, LIGHT["p5"]) > 20_000 and count(image, LIGHT["n5"]) > 20_000
    assert all(count(image, LIGHT[name]) > 300 for name in ("n3", "n1", "p1", "p3"))
    dark = pixels(picture, "dark")
    assert count(dark, DARK["p5"]) > 20_000 and not count(dark, LIGHT["p5"])


def test_the_field_is_what_the_model_answers():
    model = lecture(hg.float32)
    to_answer = answers_of(model)
    plane = Plane(
        np.array([[0.0, 0.0], [1.0, 1.0]]),
        None,
        lambda rows: to_answer(model(hg.tensor(rows)).value),
    )
    x, y, field = plane.grid()
    assert x[0] == y[0] == -0.25 and x[-1] == y[-1] == 1.25
    for row, column in ((0, 0), (10, 200), (240, 17)):
        expected = model(hg.tensor([[x[column], y[row]]], dtype=hg.float32)).item()
        assert field[row, column] == pytest.approx(10 * (expected - 0.5), rel=1e-4)


def test_wrong_answers_are_counted():
    x, _ = hg.data.gate("xor")
    assert regions(lecture(hg.float32), x, [0, 0, 1, 1]).title == "2 of 4 right"
    assert regions(lecture(hg.float32), x).title == "decision regions"
    assert regions(lecture(hg.float32), x, title="XOR").title == "XOR"


@pytest.mark.parametrize("last", [None, nn.Softmax(dim=1)])
def test_several_classes(last):
    hg.manual_seed(0)
    source = np.random.default_rng(0)
    x = (source.normal(size=(60, 2)) + np.repeat([[0, 0], [5, 0], [2, 5]], 20, 0)).astype("f")
    y = np.repeat([0, 1, 2], 20)
    model = nn.Sequential(nn.Linear(2, 3), *([last] if last else []))
    with hg.no_grad():
        model[0].weight.assign(hg.tensor([[-2.0, -2.0], [2.0, -2.0], [0.0, 2.0]]))
        model[0].bias.assign(hg.tensor([6.0, -4.0, -4.0]))
    picture = regions(model, x, y)
    right = int((model(hg.tensor(x)).value.argmax(1) == y).sum())
    assert picture.title == f"{right} of 60 right" and right > 55
    assert {row[3] for row in picture.table[1:]} == {"0", "1", "2"}
    assert not hidden_lines(model)
    image = pixels(picture)
    assert not count(image, LIGHT["p5"]) and not count(image, LIGHT["n5"])


def test_what_outputs_mean():
    values = np.array([[0.9], [0.2]])
    assert answers_of(nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()))(values) == pytest.approx(
        [4, -3]
    )
    assert answers_of(nn.Sequential(nn.Linear(2, 1), nn.Tanh()))(values) == pytest.approx([4.5, 1])
    assert answers_of(nn.Linear(2, 1))(values) == pytest.approx([0.9, 0.2])
    assert answers_of(nn.Linear(2, 1), 0.5)(values) == pytest.approx([4, -3])
    assert answers_of(nn.Perceptron(2))(np.array([[1.0], [0.0]])) == pytest.approx([5, -5])
    pair = np.array([[0.25, 0.75]])
    assert answers_of(nn.Linear(2, 2))(pair) == pytest.approx([0.5])
    assert answers_of(nn.Sequential(nn.Linear(2, 2), nn.Softmax(dim=1)))(pair) == pytest.approx(
        [2.5]
    )
    assert answers_of(nn.Linear(2, 3))(np.eye(3)).shape == (3, 3)


def test_what_targets_mean():
    for given in ([0, 1], [[0], [1]], [[0.0], [1.0]], [-1, 1], [-1.0, 1.0], [False, True]):
        assert classes_of(given, 2).tolist() == [0, 1], given
    assert classes_of([[0, 0, 1], [1, 0, 0]], 2).tolist() == [2, 0]
    with pytest.raises(hg.HologradError, match=r"targets of shape \(3,\) for 2 rows"):
        classes_of([0, 1, 1], 2)


@pytest.mark.parametrize("seed", range(20))
def test_a_neurons_line_runs_from_frame_to_frame(seed):
    source = np.random.default_rng(seed)
    line = Line("h₁", tuple(source.normal(size=2)), float(source.normal()))
    ends = _ends(line, -2, 1, -1, 3)
    grid = np.stack(np.meshgrid(np.linspace(-2, 1, 200), np.linspace(-1, 3, 200)), -1)
    signs = np.sign(grid @ np.array(line.weights) + line.bias)
    assert (ends is None) == bool((signs == signs.flat[0]).all())
    if ends is not None:
        for x, y in ends:
            assert line.weights[0] * x + line.weights[1] * y + line.bias == pytest.approx(
                0, abs=1e-9
            )
            assert x in (-2, 1) or y in (-1, 3)


def test_lines_are_those_of_hidden_neurons_alone():
    assert [one.name for one in hidden_lines(lecture(hg.float32))] == ["h₁", "h₂"]
    assert not hidden_lines(nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()))
    assert not hidden_lines(nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1)))
    assert Line("h₁", (0.0, -1.0), 0.5).equation(("a", "b")) == "0 a − 1 b + 0.5 = 0"
    assert _ends(Line("h₁", (0.0, 0.0), 1.0), 0, 1, 0, 1) is None


def test_neurons_without_a_line_are_left_out():
    for model in (network(2, 40, 2), nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))):
        nn.init.zeros_(model[0].weight)  # no neuron has a line
        picture = regions(model, *moons())
        assert pixels(picture).std() > 0


def test_axes_of_different_scales_fill_the_picture():
    points = [[20.0, 20_000.0], [60.0, 90_000.0], [30.0, 50_000.0]]
    model = nn.Sequential(nn.Linear(2, 1), nn.Tanh(), nn.Linear(1, 2))
    # x/10 + y/17 500 − 7: 0 from (12, 101 500) at the top left to (70, 0) beyond the lower edge.
    model[0].weight.data = np.array([[0.1, 1 / 17_500]], np.float32)
    model[0].bias.data = np.array([-7.0], np.float32)
    figure = regions(model, points, [0, 1, 0], names=("age", "income")).figure()
    figure.canvas.draw()
    axes = figure.axes[0]
    box = axes.get_window_extent()
    assert box.width == pytest.approx(box.height, rel=0.02) and box.width > 0.6 * figure.bbox.width
    assert axes.get_xlim() == pytest.approx((10, 70))
    assert axes.get_ylim() == pytest.approx((2_500, 107_500))
    line, tick = (np.stack(one.get_data(), 1) for one in axes.lines[:2])
    for x, y in line:
        assert x / 10 + y / 17_500 == pytest.approx(7.0, abs=1e-4)
    # The plane is square: as the eye sees it, the tick stands upright on the line and is short.
    seen_line, seen_tick = (
        np.diff(axes.transData.transform(one), axis=0)[0] for one in (line, tick)
    )
    assert abs(seen_line @ seen_tick) < 0.02 * np.hypot(*seen_line) * np.hypot(*seen_tick)
    assert np.hypot(*seen_tick) == pytest.approx(0.022 * box.width, rel=0.02)
    alike = regions(lecture(hg.float32), [[0.0, 0.0], [1.0, 2.0]]).figure().axes[0]
    assert alike.get_aspect() == 1.0


def test_of_many_lines_the_steepest_are_drawn():
    hg.manual_seed(0)
    model = network(2, 300, 1)
    lines = hidden_lines(model)
    steepness = [math.hypot(*one.weights) for one in lines]
    shown = [lines.index(one) for one in drawn_lines(lines)]
    assert shown == sorted(np.argsort(steepness)[-MOST_LINES:].tolist())
    picture = regions(model, hg.data.gate("xor")[0])
    written = [one.get_text() for one in picture.figure().axes[0].texts]
    assert any("268 more lines" in one for one in written)
    assert "the 32 steepest of 300 hidden neurons" in picture.description
    assert len(picture.table) == 1 + 4 + 300
    assert drawn_lines(lines[:MOST_LINES]) == lines[:MOST_LINES]


def test_the_number_of_a_region_stands_clear_of_the_rows():
    model = nn.Sequential(nn.Linear(2, 3))
    nn.init.zeros_(model[0].bias)
    model[0].weight.data = np.array([[0, 1], [1, -1], [-1, -1]], np.float32)
    around = np.linspace(-0.2, 0.2, 7)
    rows = np.stack(np.meshgrid(around, around), -1).reshape(-1, 2)
    points = np.concatenate([rows + centre for centre in ([0, 1.2], [1, -1], [-1, -1])])
    axes = regions(model, points, np.repeat([0, 1, 2], len(rows))).figure().axes[0]
    numbers = [one for one in axes.texts if one.get_text() in ("0", "1", "2")]
    across = axes.get_xlim()[1] - axes.get_xlim()[0]
    assert len(numbers) == 3
    for one in numbers:
        distance = np.linalg.norm(points - np.array(one.get_position()), axis=1).min()
        assert distance > CLEAR * across


def test_regions_errors_teach():
    x, y = hg.data.gate("xor")
    with pytest.raises(hg.HologradError, match="the model is a int"):
        regions(3, x, y)  # pyright: ignore[reportArgumentType]
    with pytest.raises(hg.HologradError, match=r"shape \(4, 3\).*two coordinates"):
        regions(lecture(hg.float32), np.zeros((4, 3)), y)
    with pytest.raises(hg.HologradError, match=r"names=\('a',\)"):
        regions(lecture(hg.float32), x, y, names=("a",))
    with pytest.raises(hg.HologradError, match="hold nan"):
        regions(lecture(hg.float32), [[math.nan, 0.0]])
    with pytest.raises(hg.HologradError, match="class 2 for a model that tells 2 classes"):
        regions(lecture(hg.float32), x, [0, 1, 2, 0])
    with pytest.raises(hg.HologradError, match="class 4 for a model that tells 3 classes.*0 to 2"):
        regions(network(2, 4, 3), x, [0, 1, 4, 3])


# --- loss landscapes ---


def test_the_landscape_is_the_loss_at_each_point():
    model, (x, y) = lecture(hg.float32), hg.data.gate("xor")
    picture = loss_landscape(
        model, "bce", x, y, parameters=("0.weight[1,0]", "2.bias[0]"), span=(2.0, 1.0), points=5
    )
    assert picture.title == "loss over 0.weight[1,0] and 2.bias[0]"
    assert picture.table[0] == ["2.bias[0] ↓  0.weight[1,0] →", "−9", "−8", "−7", "−6", "−5"]
    assert [row[0] for row in picture.table[1:]] == ["7", "6.5", "6", "5.5", "5"]
    for row in (1, 3, 5):
        for column in (1, 3, 5):
            other = lecture(hg.float32)
            with hg.no_grad():
                weight = other[0].weight.value.copy()
                weight[1, 0] = -10 + column
                other[0].weight.assign(hg.tensor(weight))
                other[2].bias.assign(hg.tensor([7.5 - row / 2]))
            expected = evaluate(other, (x, y), loss="bce")["loss"]
            assert float(picture.table[row][column]) == pytest.approx(expected, rel=6e-3)
    assert "The loss is 0.01152 where the model is." in picture.description


def test_the_model_stays_untouched_also_after_an_error():
    model, (x, y) = noisy(), moons()
    model[0].weight.grad = hg.ones(16, 2)
    before, nodes = weights(model), [one.node for one in model.parameters()]
    stream = hg.default_generator.stream
    loss_landscape(model, "cross_entropy", x, y, points=4)
    calls = []

    def breaks(output, target):
        calls.append(1)
        if len(calls) == 7:
            raise RuntimeError("enough")
        return nn.functional.cross_entropy(output, target)

    with pytest.raises(RuntimeError, match="enough"):
        loss_landscape(model, breaks, x, y, points=4)
    assert len(calls) == 7
    assert same_bits(before, weights(model)) and model.training
    assert [one.node for one in model.parameters()] == nodes
    assert hg.default_generator.stream == stream and model[0].weight.grad is not None


def test_directions_are_normalised_filter_by_filter():
    hg.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(12, 2))
    first, second = random_directions(model, 0, None)
    for axis in (first, second):
        assert set(axis.moves) == {model[0].weight, model[2].weight}  # biases stay
        for tensor, move in axis.moves.items():
            rows = len(move)
            for a, b in zip(move.reshape(rows, -1), tensor.value.reshape(rows, -1), strict=True):
                assert np.linalg.norm(a) == pytest.approx(np.linalg.norm(b), rel=1e-5)
    assert not np.allclose(first.moves[model[2].weight], second.moves[model[2].weight])
    again = random_directions(model, 0, None)[0]
    assert np.array_equal(again.moves[model[2].weight], first.moves[model[2].weight])


def test_given_directions_and_the_seed():
    model, data = network(2, 3, 2), moons()
    one = {"0.weight": np.ones((3, 2))}
    two = {"2.bias": hg.tensor([1.0, -1.0])}
    picture = loss_landscape(model, None, *data, directions=(one, two), points=3, span=0.5)
    here = evaluate(model, data)["loss"]
    assert float(picture.table[2][2]) == pytest.approx(here, rel=6e-3)
    tables = [loss_landscape(model, None, *data, points=3, seed=seed).table for seed in (0, 0, 1)]
    assert tables[0] == tables[1] != tables[2]


def test_bands_are_logarithms_where_losses_are_positive():
    signed, ratio = differences(np.array([[0.5, 1.0], [2.0, np.inf]]), 1.0)
    assert ratio and signed[0] == pytest.approx([-math.log(2), 0])
    assert math.isnan(signed[1, 1])
    signed, ratio = differences(np.array([[-1.0, 3.0]]), 1.0)
    assert not ratio and signed.tolist() == [[-2.0, 2.0]]


def test_landscapes_are_drawn():
    model, data = lecture(hg.float32), hg.data.gate("xor")
    picture = loss_landscape(
        model, "bce", *data, parameters=("0.weight[0,0]", "0.weight[0,1]"), points=21
    )
    image = pixels(picture)
    assert count(image, LIGHT["p5"]) > 20_000 and count(image, LIGHT["mark"]) > 20
    flat_model = nn.Linear(1, 1)  # a loss that is the same everywhere, and one that is infinite
    zeros = np.zeros((2, 1), np.float32)
    names = ("weight[0,0]", "bias[0]")
    same = loss_landscape(flat_model, lambda o, t: (o * 0).sum(), zeros, zeros, parameters=names,
                          points=3)  # fmt: skip
    assert same.table[1][1] == "0" and pixels(same).std() > 0
    nn.init.zeros_(next(one for name, one in flat_model.named_parameters() if name == "bias"))
    wild = loss_landscape(flat_model, lambda o, t: ((o - t) * 1e38).square().mean(), zeros, zeros,
                          parameters=names, points=3)  # fmt: skip
    assert "∞" in str(wild.table) and pixels(wild).std() > 0


def test_landscape_errors_teach():
    model, data = lecture(hg.float32), hg.data.gate("xor")

    def fails(match, **named):
        with pytest.raises(hg.HologradError, match=match):
            loss_landscape(model, "bce", *data, **named)

    fails(
        r'no number .*0\.wieght.*Write "0\.weight\[0,0\]"', parameters=("0.wieght[0,0]", "2.bias")
    )
    fails(r"0\.weight\[2,0\] is not one number.*\[1,1\]", parameters=("0.weight[2,0]", "2.bias"))
    fails("0.weight is not one number", parameters=("0.weight", "2.bias"))
    fails("are the same number", parameters=("2.bias", "2.bias[0]"))
    fails("a landscape lies over two numbers", parameters="0.weight[0,0]")
    fails("parameters and directions", parameters=("2.bias", "0.bias[0]"), directions=({}, {}))
    fails("directions are not two", directions=({},))
    fails("direction 1 is a list", directions=([1], [2]))
    fails(r"direction 1 has 0\.bias of shape \(3,\)", directions=({"0.bias": [1, 2, 3]}, {}))
    fails("no such parameter", directions=({"9.bias": [1]}, {}))
    for span in (0, -1, math.inf, (1, 2, 3), "far"):
        fails("span=", span=span)
    for points in (2, 4.5, True):
        fails("points=", points=points)
    with pytest.raises(hg.HologradError, match="no weight to move"):
        loss_landscape(nn.Identity(), "mse", [[1.0]], [[1.0]])


def test_numbers_are_found_by_name():
    model = network(2, 3, 1)
    assert find_number(model, " 0.weight[2, 1] ")[1] == (2, 1)
    assert find_number(model, "2.bias")[1] == (0,)
    for name in ("", "0.weight[-1,0]", "0.weight[a]", "0.weight[0,0", 3, "[0]"):
        with pytest.raises(hg.HologradError, match="no number"):
            find_number(model, name)  # pyright: ignore[reportArgumentType]


# --- files ---


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_fields_are_saved_the_same_each_time(tmp_path, ending):
    x, y = hg.data.gate("xor")
    files = [tmp_path / f"{name}.{ending}" for name in "ab"]
    for file in files:
        regions(lecture(hg.float32), x, y).save(file)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_bytes()[:5] in (b"<svg ", b"\x89PNG\r", b"%PDF-")
    assert sorted(tmp_path.iterdir()) == files


def test_names_of_other_scripts_are_no_mathematics():
    picture = regions(lecture(hg.float32), [[0.0, 0.0], [1.0, 1.0]], names=("가", "나이"))
    assert picture.figure().axes[0].get_xlabel() == "가"
    assert [letter(one) for one in ("x₂", "ж₂", "σ")] == ["$x_{2}$", "ж₂", "$σ$"]


def test_svg_says_what_it_shows_and_follows_the_theme():
    x, y = hg.data.gate("xor")
    picture = regions(lecture(hg.float32), x, y)
    text = picture.svg()
    root = ElementTree.fromstring(text)
    name = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{name}title") == "4 of 4 right"
    assert "h" in str(root.findtext(f"{name}desc")) and root.get("role") == "img"
    style = str(root.findtext(f"{name}style"))
    assert '[style*="fill: #1e1d1a"]{fill:var(--ink)!important}' in style
    assert DARK["ink"] in style and "prefers-color-scheme:dark" in style
    assert "fill: #be4800" in text  # what the rules find
    assert picture._repr_svg_() == text


def test_other_endings_and_folders_are_refused(tmp_path):
    picture = regions(lecture(hg.float32), hg.data.gate("xor")[0])
    with pytest.raises(hg.HologradError, match=r"ends in \.jpg.*\.svg, \.png, \.pdf"):
        picture.save(tmp_path / "a.jpg")
    with pytest.raises(hg.HologradError, match="cannot be written"):
        picture.save(tmp_path / "missing" / "a.png")


def test_missing_matplotlib_is_named(monkeypatch, tmp_path):
    picture = regions(lecture(hg.float32), hg.data.gate("xor")[0])
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for action in (picture.svg, picture.figure, lambda: picture.save(tmp_path / "a.png")):
        with pytest.raises(hg.HologradError, match=r"pip install 'holograd\[pictures\]'"):
            action()
    assert not list(tmp_path.iterdir())
