"""`fit`, `evaluate` and `predict`: what they compute, and that it is the same each time."""

from itertools import chain

import numpy as np
import pytest

import holograd as hg
from holograd import data, nn, optim
from holograd.errors import ArgumentError
from holograd.optim.lr_scheduler import ExponentialLR, OneCycleLR, ReduceLROnPlateau
from holograd.training import (
    Step,
    evaluate,
    fit,
    predict,
)
from training_cases import moons, network, noisy, same_bits, weights

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


# --- capture ---


def test_one_hot_targets_are_classes_to_metrics_of_classes():
    inputs, labels = moons()
    classes = np.asarray(labels)
    model = nn.Linear(2, 2)
    expected = evaluate(model, (inputs, classes), metrics=["accuracy", "macro_f1"])
    one_hot = np.eye(2)[classes]
    told = evaluate(
        model, (inputs, one_hot), loss="cross_entropy", metrics=["accuracy", "macro_f1"]
    )
    assert (told["accuracy"], told["macro_f1"]) == (expected["accuracy"], expected["macro_f1"])
    assert told["loss"] == pytest.approx(expected["loss"], rel=1e-6)


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
