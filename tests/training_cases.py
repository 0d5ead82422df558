"""What the tests of training share: a small network, points of two classes, and comparison."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import holograd as hg
from holograd import data, nn
from holograd.training import History, fit


def network(*sizes: int, seed: int = 0, last: nn.Module | None = None) -> nn.Sequential:
    """Linear layers with tanh between them, and weights by `seed`."""
    hg.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*layers[:-1], *([last] if last else []))


def noisy(seed: int = 0) -> nn.Sequential:
    """A network with statistics and with random numbers of its own."""
    hg.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(2, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2)
    )


def moons(seed: int = 0) -> tuple[hg.Tensor, hg.Tensor]:
    """90 points of two classes."""
    return data.moons(90, seed=seed)


def weights(model: nn.Module) -> list[np.ndarray]:
    """Parameters and buffers as they are now."""
    return [one.value for one in model.state_dict().values()]


def same_bits(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    """Whether all arrays are equal to the last bit."""
    return all(a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))


# --- machine code and NumPy ---


def trained(backend: str, build: Callable[[], nn.Module], rows: Any, **named: Any) -> Any:
    """A model and its history, trained by one backend."""
    hg.manual_seed(7)
    model = build()
    history = fit(model, rows, backend=backend, quiet=True, **named)
    assert history.settings["backend"] == backend, history.settings
    return model, history


def same_training(
    build: Callable[[], nn.Module], rows: Any, rtol: float = 1e-9, **named: Any
) -> tuple[nn.Module, History]:
    """Trains by machine code and by NumPy, and asserts that all they leave behind is the same.

    Args:
        build: makes the model, the same at each call.
        rows, named: what `fit` takes.
        rtol: how far numbers may be apart, in shares of the largest one of their array.

    Returns:
        The model that machine code trained, and the history of that.
    """
    runs, after = [], []
    for backend in ("native", "numpy"):
        runs.append(trained(backend, build, rows, **named))
        after.append(hg.rand(1).item())
    (model, history), (other, expected) = runs
    assert after[0] == after[1], "the default generator stands elsewhere"
    for told in ("epochs", "steps", "samples", "monitor", "best_epoch", "restored", "stopped"):
        assert getattr(history, told) == getattr(expected, told), told
    assert list(history.columns) == list(expected.columns)
    for name, column in expected.columns.items():
        near(history[name], column, rtol, name)
    assert history.best.keys() == expected.best.keys()
    for name, one in other.state_dict().items():
        near(model.state_dict()[name].value, one.value, rtol, name)
        assert model.state_dict()[name].dtype == one.dtype
    return model, history


def near(got: Any, wanted: Any, rtol: float, name: str = "") -> None:
    """Asserts that arrays are equal within a share of the largest number."""
    got, wanted = np.asarray(got, np.float64), np.asarray(wanted, np.float64)
    assert got.shape == wanted.shape, name
    size = np.abs(wanted).max(initial=0.0)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=rtol * max(size, 1e-3), err_msg=name)
