"""The history, callbacks, and the ways in which training ends."""

import json
import math

import numpy as np
import pytest

import holograd as hg
from holograd import nn, optim
from holograd.training import (
    BestWeights,
    Callback,
    Checkpoint,
    EarlyStopping,
    History,
    evaluate,
    fit,
)
from training_cases import moons, network, same_bits, weights

# --- the history ---


@pytest.mark.parametrize("epochs", [1, 7, 999, 1000, 1001, 1500, 2000, 2001, 12345])
def test_the_history_keeps_evenly_spaced_epochs_and_the_last(epochs):
    history = History()
    for epoch in range(1, epochs + 1):
        history.add(epoch, {"loss": 1 / epoch})
        assert len(history) <= 1000 and history.epochs[-1] == epoch
    assert len(history) >= min(epochs, 500)
    assert history["loss"] == [1 / epoch for epoch in history.epochs]
    steps = set(np.diff(history.epochs[:-1]))
    assert len(steps) <= 1
    if epochs <= 1000:
        assert history.epochs == list(range(1, epochs + 1))


def test_the_history_tells_all_of_it():
    history = fit(
        network(2, 4, 2), moons(), epochs=3, metrics=["accuracy"], validation=0.3, quiet=True
    )
    assert list(history) == [
        "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate",
    ]  # fmt: skip
    assert history.epochs == [1, 2, 3] and history.stopped == "finished"
    assert history.monitor == "validation_loss"
    losses = history["validation_loss"]
    assert history.best_epoch == losses.index(min(losses)) + 1
    assert history.best["validation_loss"] == min(losses)
    assert history.seconds > 0
    assert history.samples_per_second == pytest.approx(history.samples / history.seconds)
    assert json.loads(json.dumps(history.to_dict(), allow_nan=False))["epochs"] == [1, 2, 3]
    assert "epoch 3: loss" in repr(history) and "finished" in repr(history)
    with pytest.raises(KeyError, match="'los' is not in this history, which has loss"):
        history["los"]


def test_numbers_that_json_lacks_become_null():
    history = History()
    history.add(1, {"loss": math.nan})
    assert history.to_dict()["columns"]["loss"] == [None]


def test_metrics_of_ones_own():
    def largest(output, target):
        assert isinstance(output, hg.Tensor) and output.shape == (90, 2)
        return output.value.max()

    history = fit(network(2, 3, 2), moons(), epochs=2, metrics=[largest, "macro_f1"], quiet=True)
    assert len(history["largest"]) == 2 and 0 <= history["macro_f1"][0] <= 1


# --- callbacks ---


class Prescribed(nn.Module):
    """A model whose loss is what a list says, epoch by epoch, and whose weight counts the steps."""

    def __init__(self, losses: list[float]):
        self.weight = nn.Parameter([0.0])
        self.losses = losses
        self.epoch = 0

    def forward(self, x):
        if self.training:
            self.epoch += 1
        level = self.losses[min(self.epoch, len(self.losses)) - 1]
        return x * 0 + self.weight - self.weight.detach() + level


def prescribed_loss(output, target):
    return (output * -1).mean() * -1


def run_prescribed(losses, callbacks, validation=True):
    """The parameter after a run of epochs of one step each, whose gradient is always 1."""
    model = Prescribed(losses)
    x = np.zeros((4, 1))
    history = fit(
        model, (x, x), loss=prescribed_loss, optimizer="sgd", lr=1.0, epochs=len(losses),
        validation=(x, x) if validation else None, callbacks=callbacks, quiet=True,
    )  # fmt: skip
    return -model.weight.item(), history


def test_early_stopping_waits_and_restores():
    losses = [5.0, 4.0, 3.0, 3.5, 3.0, 3.2, 1.0]
    weight, history = run_prescribed(losses, [EarlyStopping(patience=3)])
    assert history.epochs == [1, 2, 3, 4, 5, 6]
    assert history.stopped == "early: validation_loss has not become better for 3 epochs"
    assert weight == 3 and history.restored == 3 and history.best_epoch == 3
    weight, history = run_prescribed(losses, [EarlyStopping(patience=3, restore_best=False)])
    assert weight == 6 and history.restored is None


def test_a_training_loss_of_one_step_belongs_to_the_weights_before_it():
    weight, history = run_prescribed([5.0, 4.0, 6.0], [BestWeights()], validation=False)
    assert history.best_epoch == 2 and weight == 1
    model = network(2, 4, 2, seed=3)
    history = fit(
        model, moons(), optimizer="sgd", lr=30.0, epochs=20, batch_size=90,
        callbacks=[BestWeights()], quiet=True,
    )  # fmt: skip
    assert evaluate(model, moons())["loss"] == pytest.approx(min(history["loss"]), rel=1e-6)


def test_a_change_must_be_large_enough():
    losses = [5.0, 4.9, 4.8, 4.7]
    _, history = run_prescribed(losses, [EarlyStopping(patience=2, minimum_change=0.15)])
    assert history.epochs == [1, 2, 3, 4], "4.8 is better than 5 by more than 0.15"
    _, history = run_prescribed(losses, [EarlyStopping(patience=2, minimum_change=0.5)])
    assert history.epochs == [1, 2, 3] and history.restored == 1


def test_nan_is_never_the_best():
    scores = [math.nan, 1.0, math.nan, 3.0, 2.0, math.nan]
    told = iter(scores)

    def score(output, target):
        return next(told)

    history = fit(
        network(2, 2), moons(), epochs=6, metrics=score, quiet=True,
        callbacks=BestWeights(monitor="score", best="highest"),
    )  # fmt: skip
    assert history.restored == 4


def test_monitoring_what_should_rise():
    model = network(2, 4, 2, seed=3)
    history = fit(
        model, moons(), lr=0.05, epochs=30, metrics="accuracy", validation=moons(1),
        callbacks=[EarlyStopping(patience=4, monitor="validation_accuracy")], quiet=True,
    )  # fmt: skip
    best = max(history["validation_accuracy"])
    assert history.restored == history.epochs[history["validation_accuracy"].index(best)]
    assert evaluate(model, moons(1), metrics="accuracy")["accuracy"] == best


def test_the_optimizers_state_is_restored_with_the_weights():
    model = network(2, 4, 2, seed=3)
    optimizer = optim.Adam(model.parameters(), lr=3.0)
    kept = {}

    def note(run):
        kept[run.epoch] = [
            one.value for state in optimizer.state.values() for one in state.values()
        ]

    history = fit(
        model, moons(), optimizer=optimizer, epochs=12, validation=moons(1),
        callbacks=[note, BestWeights()], quiet=True,
    )  # fmt: skip
    assert history.restored is not None and history.restored < 12, "or this test shows nothing"
    now = [one.value for state in optimizer.state.values() for one in state.values()]
    assert same_bits(now, kept[history.restored])


def test_what_lbfgs_remembers_is_restored_too():
    model = network(2, 4, 2, seed=3)
    optimizer = optim.LBFGS(model.parameters(), max_iter=3)
    iterations = [0]

    def note(run):
        (kept,) = (one for one in optimizer.state.values() if one)
        iterations.append(kept["n_iter"].item())

    history = fit(
        model, moons(), optimizer=optimizer, epochs=3, batch_size=90, quiet=True,
        callbacks=[note, BestWeights()],
    )  # fmt: skip
    assert history.restored == 3, "whose loss is that of the weights after two epochs"
    (kept,) = (one for one in optimizer.state.values() if one)
    assert kept["n_iter"].item() == iterations[2] < iterations[3]


def test_callbacks_see_the_run_and_stop_it():
    calls = []

    class Watch(Callback):
        def on_start(self, run):
            calls.append(("start", run.epoch))

        def on_epoch_end(self, run):
            calls.append((run.epoch, round(run.values["loss"], 6)))
            return "enough" if run.epoch == 2 else None

        def on_end(self, run):
            calls.append(("end", run.history.stopped))

    history = fit(network(2, 3, 2), moons(), epochs=5, callbacks=[Watch()], quiet=True)
    losses = [round(one, 6) for one in history["loss"]]
    assert calls == [("start", 0), (1, losses[0]), (2, losses[1]), ("end", "enough")]


def test_one_callback_needs_no_list():
    epochs = []
    fit(
        network(2, 2), moons(), epochs=2, quiet=True, callbacks=lambda run: epochs.append(run.epoch)
    )
    assert epochs == [1, 2]
    history = fit(network(2, 2), moons(), epochs=2, quiet=True, callbacks=BestWeights())
    assert history.restored == 2


def test_checkpoints_hold_the_best_weights(tmp_path):
    files = pytest.importorskip("holograd.files")
    path = tmp_path / "best.safetensors"
    model = network(2, 4, 2, seed=3)
    history = fit(
        model,
        moons(),
        lr=3.0,
        epochs=12,
        validation=moons(1),
        callbacks=[Checkpoint(path)],
        quiet=True,
    )
    assert history.best_epoch is not None and history.best_epoch < 12, "or this test shows nothing"
    loaded = files.load(path)
    assert evaluate(loaded, moons(1))["loss"] == pytest.approx(history.best["validation_loss"])
    assert list(tmp_path.iterdir()) == [path]


# --- Ctrl-C ---


def test_ctrl_c_ends_with_the_best_weights():
    def press(run):
        if run.epoch == 4:
            raise KeyboardInterrupt

    weight, history = run_prescribed([5.0, 3.0, 4.0, 6.0, 1.0], [press])
    assert history.stopped == "interrupted" and history.epochs == [1, 2, 3, 4]
    assert weight == 2 and history.restored == 2


class HalfWay(optim.SGD):
    """An optimizer that is interrupted in the midst of its update."""

    def rule(self, parameter, gradient, state, c, group):
        if parameter.shape == (2,) and self.countdown() == 0:
            raise KeyboardInterrupt
        return super().rule(parameter, gradient, state, c, group)

    def countdown(self):
        self.left = getattr(self, "left", 4) - 1
        return self.left


@pytest.mark.parametrize("size", [90, 10])
def test_ctrl_c_within_an_update_leaves_no_half_of_it(size):
    model = network(2, 4, 2, seed=3).eval()
    states = [weights(model)]
    optimizer = HalfWay(model.parameters(), lr=0.5)
    history = fit(
        model, moons(), optimizer=optimizer, epochs=5, batch_size=size, seed=0,
        callbacks=[lambda run: states.append(weights(run.model))], quiet=True,
    )  # fmt: skip
    assert history.stopped == "interrupted"
    if size == 90:  # three epochs were done; the loss of the third belongs to the weights before
        assert history.restored == 3 and same_bits(weights(model), states[2])
        assert evaluate(model, moons())["loss"] == pytest.approx(min(history["loss"]), rel=1e-6)
    else:  # the fourth of nine steps: three updates are kept, as a run of three steps gives them
        assert history.epochs == [] and history.steps == 3 and repr(history)
        expected = network(2, 4, 2, seed=3)
        optimizer = HalfWay(expected.parameters(), lr=0.5)
        seen = []

        def stop(module, given):
            seen.append(1)
            if len(seen) > 3:
                raise KeyboardInterrupt

        expected.register_forward_pre_hook(stop)
        optimizer.left = 99
        fit(expected, moons(), optimizer=optimizer, epochs=5, batch_size=10, seed=0, quiet=True)
        assert same_bits(weights(model), weights(expected))
    assert not any(module.training for module in model.modules())
    assert all(one.grad is None for one in model.parameters())
