"""Data sets whose inputs stay bytes in memory, and become floats when rows are taken."""

import numpy as np
import pytest

from holograd import data, nn
from holograd.errors import DtypeError
from holograd.training import evaluate, fit
from training_cases import network, weights


def pictures() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (150, 6)).astype(np.uint8)
    return images, (images[:, 0] > 127).astype(np.int64)


def both() -> list[data.TensorDataset]:
    """The same rows as bytes and as floats."""
    images, labels = pictures()
    floats = images.astype(np.float32) * np.float32(1 / 255)
    return [
        data.TensorDataset(images, labels, scale=1 / 255),
        data.TensorDataset(floats, labels),
    ]


def test_rows_are_floats_and_the_whole_stays_bytes():
    rows, floats = both()
    assert rows.tensors[0].dtype == np.uint8
    assert rows[3:5][0].tolist() == floats[3:5][0].tolist()
    assert rows[3][0].dtype == np.float32
    first, second = data.split(rows, 0.8, seed=0)
    assert first.tensors[0].dtype == second.tensors[0].dtype == np.uint8
    assert first.scale == second.scale == 1 / 255 and len(first) == 120


def test_a_scale_is_for_bytes():
    with pytest.raises(DtypeError, match=r"scale=0.5 for inputs of float32.*a float each would"):
        data.TensorDataset(np.ones((2, 2), np.float32), scale=0.5)


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("size", [32, 150])
def test_training_on_bytes_is_training_on_floats(backend, size):
    results = []
    for rows in both():
        model = network(6, 8, 2)
        history = fit(
            model, rows, epochs=3, batch_size=size, seed=1, metrics="accuracy", validation=0.2,
            backend=backend, quiet=True,
        )  # fmt: skip
        results.append((weights(model), history.columns, evaluate(model, rows)))
    (first, columns, scores), (second, others, wanted) = results
    assert columns == others and scores == wanted
    assert all((one == two).all() for one, two in zip(first, second, strict=True))


def test_a_loader_of_bytes():
    rows, _ = both()
    model = nn.Linear(6, 2)
    loader = data.DataLoader(rows, batch_size=40, shuffle=True, drop_last=True)
    history = fit(model, loader, epochs=2, backend="native", quiet=True)
    assert history.steps == 6 and history.settings["backend"] == "native"


def test_mnist_as_bytes(real_data):
    rows, _ = data.mnist(real_data("mnist"), as_bytes=True)
    floats, _ = data.mnist(real_data("mnist"))
    assert rows.tensors[0].dtype == np.uint8
    some = [0, 59_999]
    np.testing.assert_allclose(rows[some][0].value, floats[some][0].value, rtol=1e-6)
