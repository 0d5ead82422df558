"""Watching: what the numbers are, and that training does not feel it."""

import json
import math
import sys

import numpy as np
import pytest

import holograd as hg
from holograd import nn, optim
from holograd.optim.trial import next_values
from holograd.training import Callback, Diverged, History, fit
from holograd.training.watched import Watched
from holograd.watching import measure, watch
from holograd.watching.untouched import untouched
from training_cases import moons, network, noisy, same_bits, weights


def seen_of(history: History) -> Watched:
    """What was watched in a run."""
    assert history.watched is not None
    return history.watched


class Keep(Callback):
    """Keeps the parameters of each epoch, from 0."""

    def on_start(self, run):
        self.seen = [self.taken(run)]

    def on_epoch_end(self, run):
        self.seen.append(self.taken(run))

    def taken(self, run):
        return {name: one.value for name, one in run.model.named_parameters()}


# --- training is the same ---


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("size", [90, 32])
def test_training_has_the_same_bits_with_and_without(backend, optimizer, size):
    models, histories, after = [noisy(), noisy()], [], []
    for model, callbacks in zip(models, ([], [watch(models[1])]), strict=True):
        hg.manual_seed(5)
        history = fit(
            model, moons(), optimizer=optimizer, lr=0.05, epochs=4, batch_size=size, seed=3,
            metrics="accuracy", validation=0.2, clip_norm=1.0, backend=backend,
            callbacks=callbacks, quiet=True,
        )  # fmt: skip
        assert history.settings["backend"] == backend
        histories.append(history)
        after.append(hg.rand(1).item())
    assert same_bits(*(weights(model) for model in models))
    assert histories[0].columns == histories[1].columns and after[0] == after[1]
    assert histories[0].watched is None and seen_of(histories[1]).epochs == [0, 1, 2, 3, 4]
    assert all(not module._after and module.training for module in models[1].modules())


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_training_is_the_same_where_machine_code_runs_on_by_itself(backend):
    models = [network(2, 8, 2), network(2, 8, 2)]
    for model, callbacks in zip(models, ([], [watch(models[1], every=20)]), strict=True):
        fit(model, moons(), epochs=50, backend=backend, seed=1, callbacks=callbacks, quiet=True)
    assert same_bits(*(weights(model) for model in models))


def test_the_layers_own_generators_and_attributes_stay():
    class Counting(nn.Module):
        def __init__(self):
            self.calls, self.seen = 0, []

        def forward(self, x):
            self.calls += 1
            self.seen.append(self.calls)
            return x

    def build():
        hg.manual_seed(0)
        own = hg.Generator(9)
        return nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5, generator=own), Counting())

    models = [build(), build()]
    data = (np.ones((6, 2)), np.ones((6, 8)))
    for model, callbacks in zip(models, ([], [watch(models[1])]), strict=True):
        fit(model, data, epochs=3, callbacks=callbacks, quiet=True, backend="numpy")
    assert same_bits(*(weights(model) for model in models))
    assert models[1][2].calls == models[0][2].calls
    assert models[1][2].seen == models[0][2].seen
    assert models[1][1].generator.stream == models[0][1].generator.stream


def test_all_is_put_back_after_an_exception():
    model = noisy()
    model[0].weight.grad = hg.ones(16, 2)
    before, nodes = weights(model), [one.node for one in model.parameters()]
    stream = hg.default_generator.stream

    def change_and_fail():
        with untouched(model):
            model.eval()
            nn.init.zeros_(model[0].weight)
            model.train()
            model(hg.ones(4, 2)).sum().backward()
            model.register_forward_hook(lambda *_: None)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        change_and_fail()
    assert same_bits(before, weights(model)) and hg.default_generator.stream == stream
    assert [one.node for one in model.parameters()] == nodes
    assert model[0].weight.grad.tolist() == np.ones((16, 2)).tolist()
    assert model[0].bias.grad is None and not model._after


# --- the numbers ---


def test_statistics_by_hand():
    model = nn.Sequential(nn.Linear(1, 3), nn.ReLU(), nn.Linear(3, 2), nn.Sigmoid())
    with hg.no_grad():
        model[0].weight.assign(hg.tensor([[1.0], [-1.0], [1.0]]))
        model[0].bias.assign(hg.tensor([0.0, 0.0, -5.0]))
        model[2].weight.assign(hg.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]))
        model[2].bias.assign(hg.tensor([0.0, 0.0]))
    seen = measure(model, [[1.0], [2.0], [4.0]]).columns
    hidden = np.array([[1, -1, -4], [2, -2, -3], [4, -4, -1]], float)
    assert seen["0.mean"] == pytest.approx(hidden.mean())
    assert seen["0.std"] == pytest.approx(hidden.std())
    assert seen["1.dead"] == pytest.approx(2 / 3)  # the second and the third are never above 0
    # the last layer: sigmoid of (1, 2, 4) and of (0, 0, 0); only σ(4) = 0.982 is flat
    assert seen["3.saturated"] == pytest.approx(1 / 6)
    assert "0.dead" not in seen and "1.saturated" not in seen
    assert measure(model, [[1.0]]).layers == {
        "0": "Linear(1 → 3)", "1": "ReLU", "2": "Linear(3 → 2)", "3": "Sigmoid",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "edge"), [(nn.Sigmoid(), 3.6370), (nn.Tanh(), 1.8185), (nn.Hardtanh(), 1.0)]
)
def test_saturated_is_where_the_slope_is_under_a_tenth(layer, edge):
    greatest = 0.25 if isinstance(layer, nn.Sigmoid) else 1.0
    for at, expected in ((edge - 1e-3, 0.0), (edge + 1e-3, 1.0), (-edge - 1e-3, 1.0)):
        x = hg.tensor([[at]], requires_grad=True)
        layer(x).sum().backward()
        assert x.grad is not None and (x.grad.item() < 0.1 * greatest) == bool(expected)
        seen = measure(layer, [[at]]).columns
        assert seen[f"{type(layer).__name__}.saturated"] == expected


def test_a_channel_is_one_unit():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    with hg.no_grad():
        model[0].weight.assign(hg.zeros(2, 1, 3, 3))
        model[0].bias.assign(hg.tensor([-1.0, 1.0]))
    assert measure(model, np.zeros((4, 1, 8, 8))).columns["1.dead"] == 0.5


def test_a_layer_used_twice_counts_both_uses():
    shared = nn.ReLU()
    model = nn.Sequential(nn.Linear(2, 3), shared, nn.Linear(3, 5), shared)
    seen = measure(model, np.ones((4, 2)))
    with hg.no_grad():
        first = shared(model[0](hg.ones(4, 2)))
        second = shared(model[2](first))
    both = np.concatenate([first.value.ravel(), second.value.ravel()])
    assert seen.columns["1.mean"] == pytest.approx(both.mean())
    assert list(seen.layers) == ["0", "1", "2"]


def test_gradient_norms_are_those_of_the_loss():
    model, (x, y) = network(2, 4, 2), moons()
    seen = measure(model, x, y, loss="cross_entropy").columns
    nn.CrossEntropyLoss()(model(x), y).backward()
    for name, one in model.named_parameters():
        assert one.grad is not None
        assert seen[f"{name}.gradient_norm"] == pytest.approx(np.linalg.norm(one.grad.value))
    assert not any(name.endswith("gradient_norm") for name in measure(model, x).columns)


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw", "rmsprop", "adagrad", "adadelta"])
@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_the_update_ratio_tells_the_next_step(kind, backend):
    # All rows are one batch, and at most 256 of them: the look is what the next step does.
    hg.manual_seed(0)
    model, keep = nn.Sequential(
        nn.Linear(2, 16, bias=False), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(16, 2),
    ), Keep()  # fmt: skip
    history = fit(
        model, moons(), optimizer=kind, epochs=4, batch_size=90, clip_norm=0.5, seed=2,
        callbacks=[keep, watch(model)], quiet=True, backend=backend,
    )  # fmt: skip
    for epoch in range(4):
        before, after = keep.seen[epoch], keep.seen[epoch + 1]
        for name, value in before.items():
            told = seen_of(history)[f"{name}.update_ratio"][epoch]
            size = np.linalg.norm(value.astype(float))
            if size == 0:
                assert math.isnan(told)
                continue
            done = np.linalg.norm(after[name].astype(float) - value) / size
            assert told == pytest.approx(done, rel=2e-3 if backend == "native" else 1e-12)


def test_next_values_have_the_bits_of_the_step():
    model, (x, y) = network(2, 4, 2), moons()
    rule = optim.Adam(model.parameters(), lr=0.1, amsgrad=True, weight_decay=0.1)
    for _ in range(3):
        rule.zero_grad()
        nn.CrossEntropyLoss()(model(x), y).backward()
        before = weights(model)
        told = next_values(rule)
        assert told is not None and same_bits(before, weights(model))
        rule.step()
        for tensor, value in told.items():
            assert tensor.value.tobytes() == value.tobytes()


def test_an_optimizer_without_a_rule_is_left_out_and_named():
    model = network(2, 3, 2)
    history = fit(model, moons(), optimizer="lbfgs", epochs=2, callbacks=watch(model), quiet=True)
    assert "LBFGS" in seen_of(history).note and "update_ratio" in seen_of(history).note
    assert not any(name.endswith("update_ratio") for name in seen_of(history))
    assert next_values(optim.LBFGS(model.parameters())) is None


def test_a_frozen_parameter_has_no_numbers():
    model = network(2, 3, 2)
    model[0].requires_grad_(False)
    history = fit(model, moons(), epochs=1, callbacks=watch(model), quiet=True)
    assert all(math.isnan(one) for one in seen_of(history)["0.weight.gradient_norm"])
    assert all(math.isnan(one) for one in seen_of(history)["0.weight.update_ratio"])
    assert seen_of(history)["2.weight.update_ratio"][0] > 0


def test_vanishing_gradients_are_seen():
    hg.manual_seed(0)
    layers = [part for _ in range(8) for part in (nn.Linear(8, 8), nn.Sigmoid())]
    model = nn.Sequential(*layers, nn.Linear(8, 1))
    x = hg.randn(64, 8)
    history = fit(model, (x, x.sum(1, keepdim=True)), epochs=0, callbacks=watch(model), quiet=True)
    assert seen_of(history).epochs == [0]
    sizes = [seen_of(history)[f"{place}.weight.gradient_norm"][0] for place in range(0, 16, 2)]
    assert sizes[0] < 1e-4 * sizes[-1] and sizes == sorted(sizes)


# --- the record ---


def test_epochs_are_every_nth_and_the_last():
    model = network(2, 3, 2)
    history = fit(model, moons(), epochs=10, callbacks=watch(model, every=4), quiet=True)
    seen = seen_of(history)
    assert seen.epochs == [0, 4, 8, 10]
    assert {len(column) for column in seen.columns.values()} == {4}
    assert seen.rows == 90 and len(history) == 10
    described = json.loads(json.dumps(history.to_dict(), allow_nan=False))
    assert described["watched"]["epochs"] == seen.epochs
    assert described["watched"]["layers"] == {
        "0": "Linear(2 → 3)", "1": "Tanh", "2": "Linear(3 → 2)",
    }  # fmt: skip
    assert described["watched"]["columns"]["0.mean"] == seen["0.mean"]
    assert repr(seen) == "Watched(3 layers, 4 parameters, 90 rows; 4 epochs)"
    assert "watched" not in fit(model, moons(), epochs=1, quiet=True).to_dict()


@pytest.mark.parametrize("every", [1, 2, 3])
def test_long_records_are_thinned_out(every):
    seen = Watched(every, 1, {}, [])
    for epoch in range(0, 5001 * every, every):
        seen.add(epoch, {"0.mean": float(epoch)})
        assert len(seen) <= 1000 and seen.epochs[-1] == epoch
    assert seen["0.mean"] == seen.epochs and len(set(np.diff(seen.epochs[:-1]))) == 1


def test_a_second_run_begins_anew():
    model = network(2, 3, 2)
    callback = watch(model)
    first = fit(model, moons(), epochs=2, callbacks=callback, quiet=True)
    second = fit(model, moons(), epochs=1, callbacks=callback, quiet=True)
    assert seen_of(first).epochs == [0, 1, 2] and seen_of(second).epochs == [0, 1]


# --- errors ---


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize(
    ("height", "said"), [(1.0, "the loss became infinite"), (1e15, "the update made 0.weight")]
)
def test_divergence_is_told_as_without(height, said, backend):
    data = (np.linspace(-1, 1, 8)[:, None], np.full((8, 1), height))
    messages = []
    for watched in (False, True):
        model = network(1, 4, 1)
        callbacks = [watch(model)] if watched else []
        with pytest.raises(Diverged, match=said) as caught:
            fit(
                model, data, optimizer="sgd", lr=1e38, epochs=50, loss="mse", quiet=True,
                callbacks=callbacks, backend=backend,
            )  # fmt: skip
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_errors_teach():
    model = network(2, 3, 2)
    with pytest.raises(hg.HologradError, match=r"the model is a list, not a module.*nn\.Module"):
        watch([1, 2])  # pyright: ignore[reportArgumentType]
    for every in (0, -1, 1.5, True):
        with pytest.raises(hg.HologradError, match=r"every=.*epochs between two looks"):
            watch(model, every=every)  # pyright: ignore[reportArgumentType]
    with pytest.raises(hg.HologradError, match="fit trains another model.*callbacks="):
        fit(network(2, 3, 2), moons(), callbacks=watch(model), quiet=True)
    with pytest.raises(hg.HologradError, match="two callbacks of watch"):
        fit(model, moons(), callbacks=[watch(model), watch(model)], quiet=True)
    with pytest.raises(hg.HologradError, match="tensorboard=7.*folder"):
        watch(model, tensorboard=7)  # pyright: ignore[reportArgumentType]
    with pytest.raises(hg.HologradError, match="a loss and no targets"):
        measure(model, [[0.0, 1.0]], loss="mse")


def test_a_missing_tensorboard_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(hg.HologradError, match=r"pip install 'holograd\[tensorboard\]'"):
        watch(network(2, 3, 2), tensorboard="runs")


# --- TensorBoard ---


def test_tensorboard_opens_what_was_written(tmp_path):
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="SKIPPED LOUDLY: tensorboard is not installed, and nobody read the event files",
    )
    model, folder = network(2, 3, 2), tmp_path / "runs" / "moons"
    history = fit(
        model, moons(), epochs=6, metrics="accuracy", quiet=True,
        callbacks=watch(model, every=2, tensorboard=folder),
    )  # fmt: skip
    events = reader.EventAccumulator(str(folder)).Reload()
    tags = events.Tags()
    assert "0/mean" in tags["scalars"] and "loss" in tags["scalars"]
    assert set(tags["histograms"]) == {"0.weight", "0.bias", "2.weight", "2.bias"}
    means = events.Scalars("0/mean")
    assert [one.step for one in means] == seen_of(history).epochs == [0, 2, 4, 6]
    assert [one.value for one in means] == pytest.approx(seen_of(history)["0.mean"])
    ratios = events.Scalars("2.weight/update_ratio")
    assert [one.value for one in ratios] == pytest.approx(seen_of(history)["2.weight.update_ratio"])
    losses = events.Scalars("loss")
    assert [(one.step, one.value) for one in losses] == [
        (epoch, pytest.approx(history["loss"][epoch - 1])) for epoch in (2, 4, 6)
    ]
    last = events.Histograms("2.weight")[-1]
    kept = model[2].weight.value.astype(float)
    told = last.histogram_value
    assert last.step == 6 and told.num == kept.size == sum(told.bucket)
    assert told.min == kept.min() and told.max == kept.max()
    assert told.sum == pytest.approx(kept.sum())
    assert told.sum_squares == pytest.approx((kept**2).sum())
    assert told.bucket_limit[-1] == told.max


def test_each_further_fit_is_a_run_of_its_own(tmp_path):
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="SKIPPED LOUDLY: tensorboard is not installed, and nobody read the event files",
    )
    model, folder = network(2, 3, 2), tmp_path / "moons"
    callback = watch(model, tensorboard=folder)
    fit(model, moons(), epochs=3, callbacks=callback, quiet=True)
    fit(model, moons(), epochs=1, callbacks=callback, quiet=True)
    fit(model, moons(), epochs=2, callbacks=watch(model, tensorboard=folder), quiet=True)
    assert sorted(one.name for one in folder.iterdir() if one.is_dir()) == ["fit-2", "fit-3"]
    for place, epochs in ((folder, 3), (folder / "fit-2", 1), (folder / "fit-3", 2)):
        (path,) = place.glob("events.out.tfevents.*")
        events = reader.EventAccumulator(str(path)).Reload()
        assert [one.step for one in events.Scalars("0/mean")] == list(range(epochs + 1))


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    pytest.importorskip("tensorboard", reason="SKIPPED LOUDLY: tensorboard is not installed")
    (tmp_path / "taken").write_text("a file")
    model = network(2, 3, 2)
    with pytest.raises(hg.HologradError, match="cannot be written"):
        fit(model, moons(), callbacks=watch(model, tensorboard=tmp_path / "taken"), quiet=True)
