"""A loss that is no longer finite: what `fit` says of it, and what it leaves behind."""

import math
from typing import Any

import numpy as np
import pytest

import holograd as hg
from holograd import data, nn, optim
from holograd.errors import DivergenceError
from holograd.training import fit
from holograd.training.nonfinite import Diverged, backward_origin, forward_origin
from holograd.training.snapshot import all_finite
from training_cases import same_bits, weights


class Log(nn.Module):
    """A logarithm of what may be negative."""

    def forward(self, x):
        return hg.log(x - 4.0)


class Root(nn.Module):
    """A root whose slope at 0 is infinite, of a parameter that is 0."""

    def __init__(self):
        self.scale = nn.Parameter([0.0])

    def forward(self, x):
        return hg.sqrt(hg.abs(self.scale * x))


def diverge(*arguments, **named) -> Diverged:
    with pytest.raises(DivergenceError) as caught:
        fit(*arguments, quiet=True, **named)
    assert isinstance(caught.value, Diverged)
    return caught.value


@pytest.fixture
def sine():
    return data.sine(60, seed=0)


def test_the_first_operation_is_named_with_its_layer_and_inputs(sine):
    hg.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.Identity(), Log()))
    error = diverge(model, sine, epochs=5, batch_size=60)
    assert (error.epoch, error.step) == (1, 1)
    assert (error.origin.operation, error.origin.place) == ("log", "Log at 1.1")
    low = (model[0](sine[0]).value - 4).min()
    text = str(error)
    assert "the loss became NaN at step 1, in epoch 1" in text
    assert "the operation log in Log at 1.1 gave NaN in 60 of 60 numbers" in text
    assert f"the result of sub of shape (60, 1) with values from {low:.4g} to" in text
    assert "clamp" in text, "says what to write instead"
    assert "No weight has moved yet" in text


def test_a_learning_rate_that_is_too_large(sine):
    hg.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = optim.SGD(model.parameters(), lr=1e4, momentum=0.9)
    states = []

    def note(run):
        kept = [one.value for state in optimizer.state.values() for one in state.values()]
        states.append(weights(model) + kept)

    error = diverge(
        model, sine, optimizer=optimizer, epochs=50, batch_size=60, callbacks=[note], metrics="r2"
    )
    assert error.step == error.epoch == len(states) + 1 > 1
    kept = [one.value for state in optimizer.state.values() for one in state.values()]
    assert same_bits(weights(model) + kept, states[-1]), "as before the step"
    assert all(one.grad is None for one in model.parameters())
    assert "Try a learning rate below 10000, or fit(…, clip_norm=1.0)" in str(error)
    assert error.history.epochs == list(range(1, error.epoch))
    assert error.history.stopped == "diverged"
    assert all(math.isfinite(one) for one in error.history["loss"])
    output = model(sine[0]).value
    assert all_finite(output), "the state before still gives finite outputs"


@pytest.mark.parametrize(("epochs", "size"), [(1, 60), (3, 60), (1, 20), (2, 7)])
def test_a_gradient_that_is_not_finite_at_a_finite_loss(sine, epochs, size):
    model = nn.Sequential(nn.Linear(1, 1), Root())
    before = weights(model)
    error = diverge(model, sine, epochs=epochs, batch_size=size, seed=0)
    assert (error.epoch, error.step) == (1, 1)
    assert error.origin.operation == "sqrt" and error.origin.backward
    assert "the update made 0.weight NaN or infinite, after a finite loss" in str(error)
    assert "the gradient of the operation sqrt in Root at 1" in str(error)
    assert "the result of abs of shape" in str(error) and "with the value 0" in str(error)
    assert same_bits(weights(model), before)


def test_statistics_and_draws_are_undone_too(sine):
    """The step is repeated to find the operation; buffers and random streams do not show it."""
    model = nn.Sequential(nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), Root())
    hg.manual_seed(4)
    diverge(model, sine, loss=lambda a, b: a.mean(), epochs=1, batch_size=30)
    assert model[1].running_mean.value.tolist() == [0.0] * 4
    following = hg.rand(3).tolist()
    hg.manual_seed(4)
    for _ in range(3):  # the order of the rows, and the draws of two steps
        hg.rand(1)
    assert following == hg.rand(3).tolist()


def test_finite_gradients_with_an_update_that_overflows(sine):
    x, y = (one.value * 1e3 for one in sine)
    model = nn.Linear(1, 1)
    before = weights(model)
    error = diverge(model, (x, y), optimizer="sgd", lr=1e37, epochs=2, batch_size=60)
    assert error.origin.operation == "" and "the update itself too large" in str(error)
    assert "Try a learning rate below 1e+37" in str(error)
    assert same_bits(weights(model), before)


def test_infinities_that_vanish_again_are_not_blamed():
    """A mask of −∞ before a softmax is sound; the fault lies elsewhere."""
    w: Any = hg.ones(3, requires_grad=True)
    masked = hg.where(hg.tensor([True, False, True]), w, -math.inf)
    loss = (hg.softmax(masked, 0) * hg.log(w - 1.0)).sum()
    origin = forward_origin(loss.node, {})
    assert origin.operation == "log" and "infinity in 3 of 3 numbers" in str(origin)


def test_rows_that_a_loader_spoils():
    class Spoiled(data.DataLoader):
        def __iter__(self):
            for inputs, targets in super().__iter__():
                array = inputs.value.copy()
                array[2, 1] = np.inf
                yield hg.tensor(array), targets

    loader = Spoiled(data.TensorDataset(np.ones((8, 2)), np.ones((8, 1))), batch_size=4)
    error = diverge(nn.Linear(2, 1), loader, epochs=1)
    assert "the inputs of shape (4, 2) with the value 1 holding infinity in 1 of 8" in str(error)
    assert "first in row 2" in str(error)


def test_no_origin_of_finite_gradients():
    w: Any = hg.ones(3, requires_grad=True)
    assert backward_origin((w * w).sum().node, {}) is None


def test_all_finite_where_the_sum_overflows():
    assert all_finite(np.full(3, 1e308))
    assert not all_finite(np.array([1e308, 1e308, -np.inf]))
    assert all_finite(np.array([1, 2])) and all_finite(np.zeros(0))
