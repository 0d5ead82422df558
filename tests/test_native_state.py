"""What is around training in machine code: copies, threads, forks, callbacks, attributes."""

import copy
import os
import threading
from typing import Any

import numpy as np
import pytest

import holograd as hg
from holograd import nn, optim
from holograd.compiler.trainer import Trainer
from holograd.errors import ShapeError
from holograd.training import BestWeights, evaluate, fit
from training_cases import moons, near, network, noisy, same_bits, same_training, trained, weights


def learned(seed: int = 0, size: int = 16, build: Any = network) -> Any:
    """The weights after a native run, and its losses."""
    model = build(2, 5, 2, seed=seed) if build is network else build(seed)
    history = fit(model, moons(), epochs=4, batch_size=size, seed=seed, backend="native",
                  quiet=True)  # fmt: skip
    assert history.settings["backend"] == "native"
    return [*weights(model), np.array(history["loss"])]


# --- the same bits ---


@pytest.mark.parametrize("size", [16, pytest.param(90, marks=pytest.mark.slow)])
def test_the_same_seed_gives_the_same_bits(size):
    first, second = learned(3, size, build=noisy), learned(3, size, build=noisy)
    assert same_bits(first, second) and not same_bits(first, learned(4, size, build=noisy))


@pytest.mark.parametrize("size", [16, pytest.param(90, marks=pytest.mark.slow)])
def test_the_number_of_steps_at_once_does_not_show(size, monkeypatch):
    expected = learned(1, size), learned(1, size, build=noisy)
    for count in (1, 5):
        monkeypatch.setattr(Trainer, "steps_at_once", lambda trainer, count=count: count)
        assert same_bits(learned(1, size), expected[0])
        assert same_bits(learned(1, size, build=noisy), expected[1])


def test_two_threads_train_two_models():
    sizes = 16, 90
    models = [network(2, 5, 2, seed=place % 2) for place in range(4)]
    ready = threading.Barrier(2)

    def work(place: int, alone: bool) -> None:
        if not alone:
            ready.wait()
        fit(models[place], moons(), epochs=300, batch_size=sizes[place % 2], seed=place % 2,
            backend="native", quiet=True)  # fmt: skip

    threads = [threading.Thread(target=work, args=(place, False)) for place in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for place in (2, 3):
        work(place, alone=True)
        assert same_bits(weights(models[place]), weights(models[place - 2]))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_trains_on():
    expected = learned(2)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        told = b"broken"
        try:
            told = b"same" if same_bits(learned(2), expected) else b"other"
        finally:
            os.write(writing, told)
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b"same"
    os.waitpid(child, 0)
    assert same_bits(learned(2), expected)


@pytest.mark.parametrize("size", [16, pytest.param(90, marks=pytest.mark.slow)])
def test_a_copy_of_a_trained_model_trains_by_itself(size):
    model = noisy(1)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    named: dict[str, Any] = {"batch_size": size, "backend": "native", "quiet": True, "seed": 0}
    fit(model, moons(), optimizer=optimizer, epochs=2, **named)
    other = copy.deepcopy(model)
    before = weights(model)
    fit(other, moons(), epochs=2, **named)
    assert same_bits(weights(model), before) and not same_bits(weights(other), before)
    third = noisy(2)
    third.load_state_dict(model.state_dict())
    fit(third, moons(), epochs=2, **named)
    assert same_bits(weights(other), weights(third))


def test_a_run_goes_on_with_its_optimizer():
    """Runs of two and three epochs are one of five, where all rows make one batch."""
    kept = []
    for parts in ((5,), (2, 3)):
        model = network(2, 4, 2).double()
        optimizer = optim.Adam(model.parameters(), lr=0.05)
        for epochs in parts:
            fit(model, moons(), optimizer=optimizer, epochs=epochs, batch_size=90,
                backend="native", quiet=True)  # fmt: skip
        kept.append(weights(model))
    assert same_bits(kept[0], kept[1])


def test_weights_set_between_runs_are_taken():
    model, start = network(2, 4, 2), network(2, 4, 2, seed=9)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        model.load_state_dict(start.state_dict())
        fit(model, moons(), optimizer=optimizer, epochs=2, batch_size=90, backend="native",
            quiet=True)  # fmt: skip
    other = network(2, 4, 2, seed=9)
    fit(other, moons(), optimizer="sgd", lr=0.1, epochs=2, batch_size=90, backend="native",
        quiet=True)  # fmt: skip
    assert same_bits(weights(model), weights(other))


# --- what callbacks change ---


def freeze(run: Any) -> None:
    if run.epoch == 2:
        run.model[0].requires_grad_(False)


def unfreeze(run: Any) -> None:
    run.model[0].requires_grad_(run.epoch == 1 or run.epoch >= 3)


def to_eval(run: Any) -> None:
    run.model[2].eval() if run.epoch == 2 else run.model[2].train()


def less_dropout(run: Any) -> None:
    run.model[2].p = 0.5 / run.epoch


def other_options(run: Any) -> None:
    for group in run.optimizer.param_groups:
        group["lr"] *= 0.7
        group["weight_decay"] = 0.0 if run.epoch % 2 else 0.1


def new_weights(run: Any) -> None:
    if run.epoch == 2:
        run.model[0].weight.assign(run.model[0].weight.detach() * 0.5)


def another_layer(run: Any) -> None:
    if run.epoch == 2:
        run.model[1] = nn.Tanh()


def a_note(run: Any) -> None:
    run.model.epochs_seen = run.epoch


def a_hook(run: Any) -> None:
    if run.epoch == 2:
        run.model.register_forward_hook(lambda module, inputs, output: output * 2.0)


def dropping() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 2)).double()


CHANGES = [freeze, unfreeze, to_eval, less_dropout, other_options, new_weights, another_layer,
           a_note]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_what_a_callback_changes_counts_from_then_on(change):
    same_training(dropping, moons(), epochs=5, batch_size=32, callbacks=[change], lr=0.05)


def test_a_note_on_the_model_costs_no_second_compilation():
    made = []
    trainer = Trainer.__init__

    def counted(self, *arguments, **named):
        made.append(1)
        trainer(self, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "__init__", counted)
        trained("native", dropping, moons(), epochs=5, callbacks=[a_note, other_options])
        assert len(made) == 4, "weight decay comes and goes three times"
        made.clear()
        trained("native", dropping, moons(), epochs=5, callbacks=[a_note, BestWeights()])
        assert len(made) == 1


def test_a_step_that_changes_again_and_again_is_left_to_numpy():
    hg.manual_seed(7)
    model = dropping()
    history = fit(model, moons(), epochs=9, callbacks=[other_options], lr=0.05, backend="native",
                  quiet=True)  # fmt: skip
    assert "again and again" in history.settings["backend_note"]
    other, expected = trained("numpy", dropping, moons(), epochs=9, callbacks=[other_options],
                              lr=0.05)  # fmt: skip
    near(history["loss"], expected["loss"], 1e-9)
    for one, two in zip(weights(model), weights(other), strict=True):
        near(one, two, 1e-9)


def test_a_hook_is_called_at_each_step():
    hg.manual_seed(7)
    model = dropping()
    history = fit(model, moons(), epochs=4, callbacks=[a_hook], backend="native", quiet=True)
    assert history.settings["backend"] == "numpy"
    assert "hooks of Sequential" in history.settings["backend_note"]
    other, expected = trained("numpy", dropping, moons(), epochs=4, callbacks=[a_hook])
    near(history["loss"], expected["loss"], 1e-9)
    for one, two in zip(weights(model), weights(other), strict=True):
        near(one, two, 1e-9)


# --- what Python keeps ---


class Counting(nn.Module):
    """Counts its calls, and computes with the count."""

    def __init__(self):
        self.line, self.calls, self.seen = nn.Linear(2, 2), 0, []

    def forward(self, x):
        self.calls += 1
        self.seen.append(len(x))
        return self.line(x) / self.calls


class Remembering(nn.Module):
    """Keeps its last output."""

    def __init__(self):
        self.line, self.last = nn.Linear(2, 2), None

    def forward(self, x):
        self.last = self.line(x)
        return self.last


class Noisy(nn.Module):
    """Adds NumPy's random numbers."""

    def __init__(self):
        self.line, self.generator = nn.Linear(2, 2), np.random.default_rng(0)

    def forward(self, x):
        return self.line(x) + self.generator.normal()


class Reading(nn.Module):
    """Decides by a value."""

    def __init__(self):
        self.line = nn.Linear(2, 2)

    def forward(self, x):
        output = self.line(x)
        return output if output.sum().item() > 0 else output * 0.5


@pytest.mark.parametrize(
    ("kind", "words"),
    [(Counting, "Counting.calls"), (Remembering, "Remembering.last"),
     (Noisy, "another one each time"), (Reading, "item()")],
)  # fmt: skip
@pytest.mark.parametrize("size", [90, 45, 32])
def test_what_machine_code_cannot_do_is_left_to_numpy(kind, words, size):
    models, histories = [], []
    for backend in ("native", "numpy"):
        hg.manual_seed(7)
        model = kind().double()
        history = fit(model, moons(), epochs=3, batch_size=size, backend=backend, quiet=True)
        assert history.settings["backend"] == "numpy"
        models.append(model)
        histories.append(history)
    note = histories[0].settings["backend_note"]
    assert words in note or (kind is Noisy and "batch size" in note), note
    assert "backend_note" not in histories[1].settings
    if kind is Counting:
        assert models[0].calls == models[1].calls and models[0].seen == models[1].seen
    if kind is not Noisy:  # what was drawn for the captures is gone
        assert histories[0].columns == histories[1].columns
        assert same_bits(weights(models[0]), weights(models[1]))


def test_an_interrupted_capture_leaves_no_trace():
    """Ctrl-C while the step is captured, or compiled: nothing was done yet."""
    model = Counting()
    before = weights(model)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nn.Linear, "forward", lambda self, x: interrupt())
        with pytest.raises(KeyboardInterrupt):
            fit(model, moons(), backend="native", quiet=True)
    assert (model.calls, model.seen) == (0, []) and same_bits(weights(model), before)
    assert fit(model, moons(), quiet=True).stopped == "finished"


def interrupt() -> None:
    raise KeyboardInterrupt


# --- batches of other sizes ---


class Fixed(nn.Module):
    """Works for batches of 30 rows alone."""

    def __init__(self):
        self.line = nn.Linear(2, 2)

    def forward(self, x):
        return self.line(x.reshape(30, 2))


@pytest.mark.parametrize("size", [30, 45, 32, 90])
def test_a_loss_that_divides_by_the_number_of_rows(size):
    def loss(output, target):
        return ((output - target) ** 2).sum() / len(output)

    models, columns = [], []
    rows = moons()[0], np.random.default_rng(0).normal(size=(90, 2))
    for backend in ("native", "numpy"):
        hg.manual_seed(7)
        model = network(2, 4, 2).double()
        history = fit(model, rows, loss=loss, epochs=3, batch_size=size, seed=0, backend=backend,
                      quiet=True)  # fmt: skip
        if backend == "native":
            assert history.settings["backend"] == ("numpy" if size == 32 else "native")
        models.append(weights(model))
        columns.append(history["loss"])
    near(columns[0], columns[1], 1e-9)
    for one, two in zip(*models, strict=True):
        near(one, two, 1e-9)


def test_a_model_of_one_batch_size():
    same_training(lambda: Fixed().double(), moons(), epochs=2, batch_size=30)
    with pytest.raises(ShapeError, match="reshape"):
        fit(Fixed(), moons(), epochs=2, batch_size=32, backend="native", quiet=True)


def test_shuffled_whole_batches():
    """All rows at once, each time in a new order: a network that would fit into registers."""
    for drop, size in ((False, 4), (False, 9), (True, 3)):
        rows = hg.data.DataLoader(
            hg.data.TensorDataset(np.random.default_rng(1).normal(size=(4, 2)), np.arange(4) % 2),
            batch_size=size, shuffle=True, drop_last=drop,
        )  # fmt: skip
        same_training(lambda: network(2, 2, 2).double(), rows, epochs=5, metrics="accuracy", lr=0.1)


# --- what is left behind ---


def test_the_trained_model_is_an_ordinary_one():
    model, _ = trained("native", lambda: noisy(1), moons(), epochs=2)
    names = [name for name, _ in model.named_parameters()]
    assert all(one.requires_grad and one.node.operation is None for one in model.parameters())
    assert names == [name for name, _ in noisy(1).named_parameters()]
    x, y = moons()
    nn.functional.cross_entropy(model(x), y).backward()
    assert all(one.grad is not None for one in model.parameters())
    optim.SGD(model.parameters(), lr=0.1).step()
    assert np.isfinite(evaluate(model, (x, y))["loss"])
