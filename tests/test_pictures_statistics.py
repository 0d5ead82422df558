"""Statistics of layers as a picture: a row a layer, one scale a column."""

import numpy as np
import pytest

import holograd as hg
from holograd import nn
from holograd.pictures import statistics
from holograd.training import fit
from holograd.watching import measure, watch
from test_pictures_fields import pixels
from training_cases import moons, network, same_bits, weights

pytest.importorskip(
    "matplotlib", reason="SKIPPED LOUDLY: matplotlib is not installed, and no statistics were drawn"
)


def test_statistics_of_a_watched_training():
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 2))
    history = fit(model, moons(), epochs=3, callbacks=watch(model), quiet=True)
    watched = history.watched
    assert watched is not None
    for source in (history, watched):
        picture = statistics(source)
        assert picture.title == "layers, epochs 0 to 3"
        assert [row[0] for row in picture.table[1:]] == [
            "0 Linear(2 → 8)", "1 ReLU", "2 Linear(8 → 4)", "3 Tanh", "4 Linear(4 → 2)",
        ]  # fmt: skip
        first, second = picture.table[1:3]
        assert float(first[1].replace("−", "-")) == pytest.approx(watched["0.mean"][-1], rel=6e-3)
        assert first[4].startswith("weight ") and ", bias " in first[5]
        assert second[3].endswith(" dead") and picture.table[4][3].endswith(" saturated")
        assert second[4] == second[5] == ""
    figure = statistics(history).figure()
    assert len(figure.axes) == 5 * 4
    scales = [axes.get_yscale() for axes in figure.axes[:4]]
    assert scales == ["linear", "log", "log", "linear"]
    limits = {axes.get_ylim() for axes in figure.axes[1::4]}
    assert len(limits) == 1  # one scale for all layers


def test_statistics_of_one_batch():
    hg.manual_seed(0)
    layers = [part for _ in range(6) for part in (nn.Linear(4, 4), nn.Sigmoid())]
    model = nn.Sequential(*layers, nn.Linear(4, 1))
    x = hg.randn(32, 4)
    before, picture = weights(model), statistics(model, x, x.sum(1, keepdim=True))
    assert same_bits(before, weights(model)) and picture.title == "layers on one batch"
    assert "The smallest gradient is" in picture.description and "of 0." in picture.description
    figure = picture.figure()
    assert len(figure.axes) == 13 * 3 and figure.axes[1].get_xscale() == "log"
    seen = measure(model, x, x.sum(1, keepdim=True)).columns
    place = figure.axes[1].collections[0].get_offsets()
    assert float(np.asarray(place)[0, 0]) == pytest.approx(seen["0.weight.gradient_norm"])
    without = statistics(model, x)
    assert len(without.figure().axes) == 13 * 2 and without.table[1][4] == ""
    assert pixels(statistics(nn.Linear(2, 1), [[1.0, 2.0]], [[1.0]])).std() > 0


def test_a_gradient_of_zero_has_a_mark_at_the_edge():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    nn.init.constant_(model[0].bias, -50.0)  # no unit is alive
    x, y = hg.data.gate("xor")
    once = statistics(model, x, y, loss="mse").figure()
    history = fit(model, (x, y), loss="mse", epochs=3, callbacks=watch(model), quiet=True)
    course = statistics(history).figure()
    for axes, wanted in ((once.axes[1], 1), (course.axes[1], 4)):
        assert [one.get_text() for one in axes.texts][-1] == "0"
        for path in axes.collections:  # of the weight and of the bias
            offsets = np.asarray(path.get_offsets())
            edge = offsets[:, 1] if wanted > 1 else offsets[:, 0]
            assert len(offsets) == wanted and ((edge > 0) & (edge < 0.1)).all()
    assert "0" not in [
        one.get_text() for one in statistics(network(2, 1), x, y).figure().axes[1].texts
    ]


def dead() -> nn.Sequential:
    """Each unit is below 0 on all rows: no gradient reaches any parameter."""
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3), nn.ReLU())
    for layer in (model[0], model[2]):
        nn.init.constant_(layer.bias, -10.0)
    return model


def test_gradients_that_are_all_zero_have_a_picture(tmp_path):
    x = hg.rand(8, 2)
    perfect, silent = nn.Linear(2, 1), dead()
    pictures = {
        "perfect": statistics(perfect, x, perfect(x).detach(), loss=nn.MSELoss()),
        "dead": statistics(silent, x, hg.zeros(8, 3), loss=nn.MSELoss()),
    }
    data = (x, hg.zeros(8, 3))
    history = fit(silent, data, loss=nn.MSELoss(), epochs=2, callbacks=watch(silent), quiet=True)
    pictures["watched"] = statistics(history)
    for name, picture in pictures.items():
        picture.save(tmp_path / f"{name}.png")
        axes = picture.figure().axes[1]  # of the first layer's gradients
        assert axes.texts[0].get_text() == "0", name
        which = "y" if name == "watched" else "x"
        assert getattr(axes, f"get_{which}scale")() == "linear", name
        assert not list(getattr(axes, f"get_{which}ticks")()), name
        marks = np.concatenate([np.asarray(one.get_offsets()) for one in axes.collections])
        edge = marks[:, "xy".index(which)]
        assert len(edge) in (2, 6) and ((edge > 0) & (edge < 0.1)).all(), name


def test_zeros_stand_apart_from_the_numbers_of_their_scale():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    nn.init.constant_(model[0].bias, -10.0)  # only the last bias has a gradient, 2 · mean(o − y)
    x = hg.rand(8, 2)
    nn.init.constant_(model[2].bias, 4.0)
    axes = statistics(model, x, hg.ones(8, 1), loss=nn.MSELoss()).figure().axes
    last = axes[7]
    assert last.texts[0].get_text() == "0"
    weight, bias = (np.asarray(one.get_offsets())[0, 0] for one in last.collections)
    low, high = np.log10(last.get_xlim())
    assert weight < 0.1 and bias == pytest.approx(6.0)
    assert (np.log10(bias) - low) / (high - low) > 0.24
    assert all(10**low * 1.5 < tick < 10**high * 1.001 for tick in last.get_xticks())


def test_a_scale_without_a_power_of_ten_names_its_ends():
    from holograd.pictures.layer_rows import Seen, draw

    columns = {"a.weight.gradient_norm": [2.0], "b.weight.gradient_norm": [5.0]}
    seen = Seen((), {"a": "A", "b": "B"}, ["a.weight", "b.weight"], columns)
    axes = draw(seen, "", "light").axes[3]
    assert axes.get_xticks().tolist() == [2.0, 5.0]
    assert [one.get_text() for one in axes.get_xticklabels()] == ["2", "5"]


def test_statistics_errors_teach():
    model = network(2, 3, 2)
    history = fit(model, moons(), epochs=1, quiet=True)
    with pytest.raises(hg.HologradError, match=r"nobody watched.*holograd\.watch\(model\)"):
        statistics(history)
    with pytest.raises(hg.HologradError, match="a model without inputs"):
        statistics(model)
    with pytest.raises(hg.HologradError, match="statistics got a list"):
        statistics([1.0])
