"""`fit`, `evaluate` and `predict`: results, reproducibility, endings, and misuse."""

import json
import math
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pytest

import holograd as hg
from holograd import data, nn, optim
from holograd.errors import ArgumentError, DataError, DtypeError, HologradError, ShapeError
from holograd.optim.lr_scheduler import ExponentialLR, OneCycleLR, ReduceLROnPlateau
from holograd.training import (
    BestWeights,
    Callback,
    Checkpoint,
    EarlyStopping,
    History,
    Step,
    evaluate,
    fit,
    predict,
)


def network(*sizes: int, seed: int = 0, last: nn.Module | None = None) -> nn.Sequential:
    """Linear layers with tanh between them, and weights by `seed`."""
    hg.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*layers[:-1], *([last] if last else []))


def weights(model: nn.Module) -> list[np.ndarray]:
    return [one.value for one in model.state_dict().values()]


def same_bits(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))


def moons(seed: int = 0, samples: int = 90) -> tuple[hg.Tensor, hg.Tensor]:
    return data.moons(samples, seed=seed)


# --- what it computes ---


def test_one_step_is_the_update_rule():
    model = nn.Linear(2, 1)
    w, b = (one.value.astype(np.float64) for one in model.parameters())
    x, y = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[1.0], [0.0]])
    error = x @ w.T + b - y
    history = fit(model, (x, y), loss="mse", optimizer="sgd", lr=0.1, epochs=1, quiet=True)
    assert history["loss"][0] == pytest.approx((error**2).mean(), rel=1e-5)
    weight, bias = weights(model)
    np.testing.assert_allclose(weight, w - 0.1 * error.T @ x, rtol=1e-5)
    np.testing.assert_allclose(bias, b - 0.1 * error.sum(0), rtol=1e-5)


def test_every_row_is_used_once_an_epoch_and_the_loss_is_their_mean():
    class Rows(nn.Module):
        """Gives a constant, and writes down which rows it saw."""

        def __init__(self):
            self.level = nn.Parameter([0.0])
            self.seen: list[list[float]] = []

        def forward(self, x):
            if self.training:
                self.seen.append(x.value[:, 0].tolist())
            return x * 0 + self.level

    model, x = Rows(), np.arange(10.0)[:, None]
    history = fit(model, (x, x), optimizer="sgd", lr=0, epochs=3, batch_size=4, seed=5, quiet=True)
    assert [len(batch) for batch in model.seen] == [4, 4, 2] * 3
    epochs = [[*chain(*model.seen[start : start + 3])] for start in (0, 3, 6)]
    assert all(sorted(one) == x[:, 0].tolist() for one in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert history["loss"] == pytest.approx([np.square(x).mean()] * 3)
    assert (history.steps, history.samples) == (9, 30)
    model.seen.clear()
    fit(model, (x, x), optimizer="sgd", lr=0, epochs=2, batch_size=99, seed=5, quiet=True)
    assert model.seen == [x[:, 0].tolist()] * 2, "all rows at once keep their order"


def test_a_loss_that_adds_rows_up_is_told_by_row():
    x = np.arange(10.0)[:, None]
    losses = [
        fit(
            nn.Linear(1, 1).requires_grad_(),
            (x, x),
            loss=nn.MSELoss(reduction=reduction),
            optimizer="sgd",
            lr=0,
            epochs=1,
            batch_size=4,
            quiet=True,
        )["loss"]
        for reduction in ["sum", "mean"]
        if hg.manual_seed(3)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "last"),
    [("bce_with_logits", None), ("bce", nn.Sigmoid()), ("mse", nn.Sigmoid()), ("hinge", None)],
)
def test_xor_is_learned_with_each_loss_of_two_classes(loss, last):
    inputs, targets = data.gate("xor")
    if loss == "hinge":
        targets = hg.tensor(targets.value * 2 - 1)
    model = network(2, 4, 1, seed=1, last=last)
    history = fit(
        model, (inputs, targets), loss=loss, lr=0.1, epochs=200, metrics="accuracy", quiet=True
    )
    assert history["accuracy"][-1] == 1.0 and history["loss"][-1] < 0.05
    assert evaluate(model, (inputs, targets), loss, "accuracy")["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("optimizer", "lr"),
    [
        ("sgd", 0.5), ("adam", 0.02), ("adamw", 0.02), ("rmsprop", 0.02), ("adagrad", 0.1),
        ("adadelta", 5.0), ("lbfgs", None),
    ],
)  # fmt: skip
def test_each_optimizer_by_name_lowers_the_loss(optimizer, lr):
    model = network(2, 8, 2, seed=2)
    history = fit(model, moons(), optimizer=optimizer, lr=lr, epochs=15, batch_size=90, quiet=True)
    assert history["loss"][-1] < 0.7 * history["loss"][0]
    assert history.settings["optimizer"].lower() == optimizer


def test_what_was_chosen_is_told():
    history = fit(network(2, 3, 2), moons(), epochs=1, seed=4, quiet=True)
    assert history.settings["loss"] == "cross_entropy (chosen for targets of type int64)"
    assert history.settings["optimizer"] == "Adam" and history.settings["learning_rate"] == 0.001
    assert history.settings["batch_size"] == 32 and history.settings["seed"] == 4
    x, y = data.sine(20, seed=0)
    history = fit(network(1, 3, 1), (x, y), epochs=1, quiet=True)
    assert history.settings["loss"] == "mse (chosen for targets of type float32)"


@pytest.mark.parametrize("form", ["pair", "arrays", "dataset", "loader"])
def test_forms_of_data(form):
    x, y = moons()
    given = {
        "pair": (x, y),
        "arrays": [x.value.astype(np.float64), y.value],
        "dataset": data.TensorDataset(x, y),
        "loader": data.DataLoader(data.TensorDataset(x, y), batch_size=90),
    }[form]
    model = network(2, 4, 2, seed=1)
    size = None if form == "loader" else 90
    history = fit(model, given, epochs=4, batch_size=size, quiet=True)
    expected = network(2, 4, 2, seed=1)
    assert history["loss"] == fit(expected, (x, y), epochs=4, batch_size=90, quiet=True)["loss"]
    assert same_bits(weights(model), weights(expected))
    assert all(one.dtype == hg.float32 for one in model.parameters())


def test_a_loaders_batches_are_taken_as_they_come():
    x = np.arange(10.0, dtype=np.float32)[:, None]
    loader = data.DataLoader(data.TensorDataset(x, x), batch_size=4, drop_last=True)
    history = fit(nn.Linear(1, 1), loader, epochs=2, quiet=True)
    assert (history.steps, history.samples) == (4, 16)
    with pytest.raises(ArgumentError, match="batch_size=2 beside a DataLoader, which has 4"):
        fit(nn.Linear(1, 1), loader, batch_size=2, quiet=True)


def test_a_model_in_float64_stays_there():
    model = nn.Linear(2, 2).double()
    fit(model, moons(), epochs=1, quiet=True)
    assert model.weight.dtype == hg.float64
    assert predict(model, np.zeros((3, 2), np.float32)).dtype == hg.float64


# --- the same seed, the same bits ---


def noisy(seed: int = 0) -> nn.Sequential:
    hg.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(2, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2)
    )


def test_same_seed_same_bits():
    results = []
    for before in (0, 7):
        model = noisy()
        hg.manual_seed(before)
        for _ in range(before):
            hg.rand(3)
        history = fit(
            model, moons(), epochs=3, seed=11, validation=0.2, metrics="accuracy", quiet=True
        )
        results.append((weights(model), history.columns))
    assert same_bits(results[0][0], results[1][0])
    assert results[0][1] == results[1][1]
    model = noisy()
    fit(model, moons(), epochs=3, seed=12, validation=0.2, quiet=True)
    assert not same_bits(results[0][0], weights(model))


def test_a_seed_leaves_other_random_numbers_alone_and_none_draws_from_the_default():
    hg.manual_seed(5)
    expected = hg.rand(4).tolist()
    hg.manual_seed(5)
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(2, 2, bias=False).requires_grad_())
    hg.manual_seed(5)
    fit(model, moons(), epochs=1, seed=0, quiet=True)
    assert hg.rand(4).tolist() == expected
    hg.manual_seed(5)
    fit(model, moons(), epochs=1, quiet=True)
    assert hg.rand(4).tolist() != expected


def test_shuffles_do_not_depend_on_what_layers_draw():
    orders = []
    for share in (0.0, 0.5):
        seen = []
        model = nn.Sequential(nn.Linear(1, 4), nn.Dropout(share), nn.Linear(4, 1))
        model.register_forward_pre_hook(lambda module, x, seen=seen: seen.append(x[0].tolist()))
        x = np.arange(9.0)[:, None]
        fit(model, (x, x), epochs=2, batch_size=2, seed=3, quiet=True)
        orders.append(seen)
    assert orders[0] == orders[1] and len(orders[0]) == 10


# --- validation ---


def test_a_share_for_validation_is_stratified_and_kept_out():
    x = np.arange(100.0)[:, None]
    y = np.repeat([0, 1], [80, 20])
    seen = set()
    model = nn.Linear(1, 2)
    model.register_forward_pre_hook(
        lambda module, given: seen.update(given[0].value[:, 0]) if module.training else None
    )
    history = fit(model, (x, y), epochs=2, validation=0.25, seed=1, quiet=True)
    assert len(seen) == 75 and sum(one >= 80 for one in seen) == 15
    assert history.settings["rows"] == 75 and history.settings["validation_rows"] == 25


def test_validation_is_evaluate_at_the_end_of_the_epoch():
    model, rest = noisy(), moons(seed=1)
    told = []

    def check(run):
        told.append(evaluate(run.model, rest, metrics=["accuracy"]))
        assert all(module.training for module in run.model.modules())

    history = fit(
        model,
        moons(),
        epochs=3,
        validation=rest,
        metrics=["accuracy"],
        callbacks=[check],
        quiet=True,
    )
    assert history["validation_loss"] == [one["loss"] for one in told]
    assert history["validation_accuracy"] == [one["accuracy"] for one in told]


def test_no_epoch_only_evaluates():
    model = noisy()
    before = weights(model)
    history = fit(model, moons(), epochs=0, validation=moons(1), metrics="accuracy", quiet=True)
    assert same_bits(before, weights(model))
    assert history.epochs == [0] and history.steps == 0 and history.stopped == "finished"
    assert history["loss"] == [evaluate(model, moons())["loss"]]
    assert history["validation_accuracy"] == [
        evaluate(model, moons(1), metrics="accuracy")["accuracy"]
    ]


def test_predict_and_evaluate_do_not_depend_on_the_batch_size_or_change_the_mode():
    model = noisy()
    fit(model, moons(), epochs=2, quiet=True)
    model[3].eval()
    x, y = moons(2)
    model.eval()
    whole = model(x).detach().value
    model.train()
    model[3].eval()
    for size in (1, 7, 90, 1000):
        np.testing.assert_allclose(predict(model, x, size).value, whole, rtol=1e-5, atol=1e-6)
        told = evaluate(model, (x, y), metrics="accuracy", batch_size=size)
        assert told["accuracy"] == pytest.approx((whole.argmax(1) == y.value).mean())
    assert [module.training for module in model] == [True, True, True, False, True]
    assert not predict(model, x).requires_grad


def test_modes_are_restored_after_fit():
    model = noisy().eval()
    fit(model, moons(), epochs=1, callbacks=[lambda run: None], quiet=True)
    assert not any(module.training for module in model.modules())


# --- schedules, clipping ---


def test_schedules_go_on_by_epoch_or_by_step():
    x = np.arange(8.0)[:, None]
    rates = {}
    for name, schedule, per in [
        ("epoch", lambda o: ExponentialLR(o, gamma=0.5), None),
        ("step", lambda o: ExponentialLR(o, gamma=0.5), "step"),
        ("cycle", lambda o: OneCycleLR(o, max_lr=1.0, total_steps=12), None),
    ]:
        rates[name] = fit(
            nn.Linear(1, 1), (x, x), optimizer="sgd", lr=0.01, epochs=3, batch_size=2,
            schedule=schedule, schedule_per=per, quiet=True,
        )["learning_rate"]  # fmt: skip
    assert rates["epoch"] == pytest.approx([0.01, 0.005, 0.0025])
    assert rates["step"] == pytest.approx([0.01 / 8, 0.01 / 128, 0.01 / 2048]), "of the last step"
    assert rates["cycle"][0] > 0.9 and rates["cycle"][2] == pytest.approx(1 / 25e4)


def test_a_plateau_lowers_the_rate():
    history = fit(
        nn.Linear(1, 1), (np.zeros((4, 1)), np.ones((4, 1))), optimizer="sgd", lr=1e-9, epochs=6,
        schedule=lambda o: ReduceLROnPlateau(o, patience=1, factor=0.1, eps=0), quiet=True,
    )  # fmt: skip
    assert history["learning_rate"][-1] < 1e-9


def test_clipping_bounds_the_update():
    model = nn.Linear(1, 1)
    before = np.concatenate([one.value.ravel() for one in model.parameters()])
    x = np.full((4, 1), 100.0)
    fit(model, (x, x * 50), optimizer="sgd", lr=1.0, epochs=1, clip_norm=0.5, quiet=True)
    after = np.concatenate([one.value.ravel() for one in model.parameters()])
    assert np.linalg.norm(after - before) == pytest.approx(0.5, rel=1e-4)


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


def test_a_change_must_be_large_enough_and_nan_is_never_better():
    losses = [5.0, 4.9, 4.8, 4.7]
    _, history = run_prescribed(losses, [EarlyStopping(patience=2, minimum_change=0.15)])
    assert history.epochs == [1, 2, 3, 4], "4.8 is better than 5 by more than 0.15"
    _, history = run_prescribed(losses, [EarlyStopping(patience=2, minimum_change=0.5)])
    assert history.epochs == [1, 2, 3] and history.restored == 1


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


# --- misuse ---

wrong: Any = fit  # called with what its types forbid
X, Y = np.zeros((6, 2)), np.array([0, 1, 0, 1, 0, 1])


def broken(row: int) -> np.ndarray:
    x = np.ones((6, 2))
    x[row, 1] = np.nan
    return x


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: fit(nn.ReLU(), (X, Y)), ArgumentError, "ReLU has no parameter"),
        (
            lambda: fit(nn.Linear(2, 2).requires_grad_(False), (X, Y)),
            ArgumentError,
            "model.requires_grad_()",
        ),
        (lambda: wrong(lambda x: x, (X, Y)), ArgumentError, "the model is a function"),
        (lambda: fit(nn.Linear(2, 2), (X[:0], Y[:0])), DataError, "data has no row"),
        (lambda: fit(nn.Linear(2, 2), (X, Y[:4])), ShapeError, "6 rows of inputs"),
        (lambda: wrong(nn.Linear(2, 2), X), ArgumentError, "pair (inputs, targets)"),
        (lambda: fit(nn.Linear(2, 2), (X, Y, Y)), ArgumentError, "a tuple of 3"),
        (lambda: fit(nn.Linear(2, 2), ("a", Y)), DtypeError, "the inputs of data"),
        (lambda: fit(nn.Linear(2, 2), (broken(4), Y)), DataError, "nan in row 4, place 1"),
        (
            lambda: fit(nn.Linear(2, 2), (X, Y), validation=(broken(2), Y)),
            DataError,
            "inputs of validation hold nan in row 2",
        ),
        (lambda: fit(nn.Linear(2, 2), (X, broken(0))), DataError, "targets of data"),
        (lambda: fit(nn.Linear(2, 2), (X, Y), epochs=-1), ArgumentError, "epochs=-1"),
        (lambda: wrong(nn.Linear(2, 2), (X, Y), epochs=1.5), ArgumentError, "epochs=1.5"),
        (lambda: fit(nn.Linear(2, 2), (X, Y), batch_size=0), ArgumentError, "batch_size=0"),
        (lambda: fit(nn.Linear(2, 2), (X, Y), loss="mes"), ArgumentError, 'Did you mean "mse"?'),
        (lambda: fit(nn.Linear(2, 2), (X, Y), loss=nn.MSELoss), ArgumentError, "MSELoss()"),
        (lambda: fit(nn.Linear(2, 2), (X, Y), loss=3), ArgumentError, "loss=3"),
        (lambda: fit(nn.Linear(2, 2), (X, Y > 0)), ArgumentError, "truth values"),
        (
            lambda: fit(nn.Linear(2, 2), (X, Y), optimizer="adan"),
            ArgumentError,
            'Did you mean "adam"?',
        ),
        (lambda: fit(nn.Linear(2, 2), (X, Y), optimizer=7), ArgumentError, "optimizer=7"),
        (lambda: fit(nn.Linear(2, 2), (X, Y), lr=-1), ArgumentError, "lr=-1"),
        (
            lambda: fit(nn.Linear(2, 2), (X, Y), optimizer=optim.SGD(nn.Linear(2, 2).parameters())),
            ArgumentError,
            "trains no parameter of this model",
        ),
        (
            lambda: fit(nn.Linear(2, 2), (X, Y), metrics=["acuracy"]),
            ArgumentError,
            'Did you mean "accuracy"?',
        ),
        (
            lambda: fit(nn.Linear(2, 2), (X, Y), metrics=["accuracy", "accuracy"]),
            ArgumentError,
            "there already",
        ),
        (lambda: fit(nn.Linear(2, 2), (X, Y), metrics=[3]), ArgumentError, "metrics holds 3"),
        (lambda: fit(nn.Linear(2, 2), (X, Y), validation=1.5), ArgumentError, "validation=1.5"),
        (lambda: fit(nn.Linear(2, 2), (X, Y), validation=True), ArgumentError, "validation=True"),
        (
            lambda: fit(nn.Linear(2, 2), (X, np.array([0, 1, 1, 1, 1, 1])), validation=0.5),
            DataError,
            "stratify=False",
        ),
        (lambda: fit(nn.Linear(2, 2), (X, Y), clip_norm=0), ArgumentError, "clip_norm=0"),
        (lambda: wrong(nn.Linear(2, 2), (X, Y), seed="one"), ArgumentError, "a seed is 'one'"),
        (
            lambda: fit(nn.Linear(2, 2), (X, Y), callbacks=[EarlyStopping]),
            ArgumentError,
            "EarlyStopping()",
        ),
        (
            lambda: fit(
                nn.Linear(2, 2), (X, Y), callbacks=[EarlyStopping(monitor="validation_loss")]
            ),
            ArgumentError,
            "its columns are loss, learning_rate",
        ),
        (
            lambda: fit(
                nn.Linear(2, 2),
                (X, Y),
                metrics=[lambda output, target: 1.0],
                callbacks=[BestWeights("<lambda>")],
            ),
            ArgumentError,
            'best="highest"',
        ),
        (lambda: EarlyStopping(patience=0), ArgumentError, "patience=0"),
        (lambda: BestWeights(best="up"), ArgumentError, 'best="lowest"'),
        (lambda: BestWeights(minimum_change=-1), ArgumentError, "minimum_change=-1"),
        (
            lambda: fit(nn.Linear(2, 2), (X, Y), schedule=lambda optimizer: 3),
            ArgumentError,
            "not a schedule",
        ),
        (
            lambda: fit(nn.Linear(2, 2), (X, Y), schedule_per="batch"),
            ArgumentError,
            "schedule_per='batch'",
        ),
        (lambda: fit(nn.Linear(3, 2), (X, Y)), ShapeError, "Linear"),
        (lambda: fit(nn.Linear(2, 1), (X, np.zeros(6)), loss="mse"), ShapeError, "(6, 1)"),
        (lambda: fit(nn.Linear(2, 2), (X, Y + 2)), HologradError, "label"),
        (
            lambda: fit(nn.Sequential(nn.Linear(2, 2), nn.Flatten(0)), (X, np.zeros(6))),
            ShapeError,
            "one output for each row",
        ),
        (
            lambda: fit(nn.Linear(2, 2), (X, X), loss=nn.MSELoss(reduction="none")),
            ShapeError,
            'reduction="mean"',
        ),
        (lambda: predict(nn.Linear(2, 2), X[:0]), DataError, "no row"),
        (lambda: predict(nn.Linear(2, 2), X, batch_size=-2), ArgumentError, "batch_size=-2"),
        (lambda: evaluate(nn.Linear(2, 2), (X, Y), loss="nope"), ArgumentError, "cross_entropy"),
    ],
)
def test_misuse_is_explained(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


def test_misuse_leaves_the_model_as_it_was():
    model = noisy().eval()
    before = weights(model)
    with pytest.raises(HologradError):
        fit(model, (np.zeros((6, 3)), Y), quiet=True)
    assert same_bits(before, weights(model))
    assert not any(module.training for module in model.modules())


# --- capture ---


@pytest.mark.parametrize("clip_norm", [None, 0.1])
def test_the_step_of_fit_is_captured_and_gives_the_same_bits(clip_norm):
    def build():
        model = noisy(seed=2)
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        return model, optimizer, Step(model, nn.CrossEntropyLoss(), optimizer, clip_norm)

    x, y = moons()
    eager_model, eager_optimizer, eager = build()
    model, optimizer, step = build()
    captured = hg.capture(step, x, y)
    results = []
    for one, rates in (eager, eager_optimizer), (captured.run, optimizer):
        hg.manual_seed(9)
        told = []
        for rate in (0.01, 0.02, 0.005):
            rates.param_groups[0]["lr"] = rate
            loss, output = one(x, y)
            told += [np.asarray(getattr(part, "value", part)) for part in (loss, output)]
        results.append(told)
    assert same_bits(*results)
    assert same_bits(weights(eager_model), weights(model))
