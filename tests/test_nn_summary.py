"""The summary's numbers: known counts of known networks, and nothing changed by asking."""

import numpy as np
import pytest

import holograd as hg
from holograd import nn
from holograd.errors import ArgumentError, ShapeError


def lenet5() -> nn.Sequential:
    """LeNet-5 in its modern form."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def test_lenet5():
    told = nn.summary(lenet5(), (1, 1, 28, 28))
    assert told.parameters == told.trainable == 61_706
    assert told.bytes == 4 * 61_706
    # Output places × kernel area × channels in and out; then inputs × outputs.
    counts = [28 * 28 * 25 * 6, 10 * 10 * 25 * 6 * 16, 400 * 120, 120 * 84, 84 * 10]
    assert told.multiply_adds == sum(counts) == 416_520
    assert [row.multiply_adds for row in told.rows[1:] if row.multiply_adds] == counts
    assert [row.output for row in told.rows[1:4]] == [
        ((1, 6, 28, 28),), ((1, 6, 28, 28),), ((1, 6, 14, 14),),
    ]  # fmt: skip
    assert nn.summary(lenet5(), (64, 1, 28, 28)).multiply_adds == 64 * 416_520
    text = str(told)
    assert "3: Conv2d(6 → 16, 5×5)" in text and "61,706" in text and "416,520" in text


def test_nothing_changes():
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    model[2].eval()
    before = {name: one.numpy().copy() for name, one in model.state_dict().items()}
    stream = hg.default_generator.get_state()
    told = nn.summary(model, hg.ones(1, 4))
    assert [row.kind for row in told.rows[1:]] == [
        "Linear(4 → 4)",
        "BatchNorm1d(4)",
        "Dropout(p=0.5)",
    ]
    assert all((one.numpy() == before[name]).all() for name, one in model.state_dict().items())
    assert hg.default_generator.get_state() == stream
    assert [module.training for module in model.modules()] == [True, True, True, False]
    assert model(hg.ones(2, 4)).shape == (2, 4)
    assert all(not module._before and not module._after for module in model.modules())


def test_shared_layers_count_once_in_the_totals():
    layer = nn.Linear(3, 3)
    layer.weight.requires_grad_(False)
    told = nn.summary(nn.Sequential(layer, layer), (2, 3))
    assert (told.parameters, told.trainable, told.multiply_adds) == (12, 3, 36)
    assert [row.multiply_adds for row in told.rows] == [36, 18, 18]


def test_several_inputs_and_integers():
    assert nn.summary(nn.Bilinear(3, 4, 2), [(5, 3), (5, 4)]).rows[0].output == ((5, 2),)
    assert nn.summary(nn.Embedding(9, 2), (4, 6), dtype=hg.int64).rows[0].output == ((4, 6, 2),)
    words = np.zeros((4, 6), np.int64)
    assert nn.summary(nn.Embedding(9, 2), words).rows[0].output == ((4, 6, 2),)


def test_what_does_not_fit():
    with pytest.raises(ShapeError, match="at 0 takes"):
        nn.summary(lenet5(), (1, 3, 28, 28))
    for wrong in (28, "batch", (1, -1), ()):
        with pytest.raises(ArgumentError, match="Write its shape"):
            nn.summary(lenet5(), wrong)
    assert hg.ones(1).exp().shape == (1,), "the interpreter is as before"
