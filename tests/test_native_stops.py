"""How training in machine code ends early: numbers that are not finite, strange labels, Ctrl-C."""

import sys
import time
from typing import Any

import numpy as np
import pytest

import holograd as hg
from conftest import interrupt_after, interruptible
from holograd import nn, optim
from holograd.compiler.trainer import Trainer
from holograd.errors import HologradError
from holograd.optim.lr_scheduler import LambdaLR
from holograd.training import BestWeights, Step, evaluate, fit
from holograd.training.fitting import seeded
from holograd.training.nonfinite import Diverged
from training_cases import moons, near, network, noisy, same_bits, trained, weights

# --- numbers that are not finite ---


class Countdown(nn.Module):
    """A model with a number that each step lowers by 1, and that must not become 0."""

    def __init__(self, steps: int, function: Any, dropout: float = 0.0):
        self.left = nn.Parameter([float(steps)])
        self.function = function
        self.line = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Dropout(dropout), nn.Linear(3, 2))

    def forward(self, x):
        return self.line(x) + 0.0 * self.function(self.left)

    def loss(self, output, target):
        falling = self.left - self.left.detach()
        return nn.functional.cross_entropy(output, target) + falling.sum()


def one_a_step(parameters):
    left, *rest = parameters
    return optim.SGD([{"params": [left], "lr": 1.0}, {"params": rest, "momentum": 0.5}], lr=0.3)


def diverged(backend: str, steps: int, function: Any, dropout: float = 0.0, **named: Any) -> Any:
    """What a run that must fail says, and the state that it leaves."""
    hg.manual_seed(7)
    model = Countdown(steps, function, dropout).double()
    optimizer = one_a_step(model.parameters())
    if named.pop("stepwise", False):
        named["schedule"] = LambdaLR(optimizer, [lambda n: 1.0, lambda n: 0.99**n])
        named["schedule_per"] = "step"
    with pytest.raises(Diverged) as caught:
        fit(model, moons(), loss=model.loss, optimizer=optimizer, backend=backend, quiet=True,
            **named)  # fmt: skip
    error = caught.value
    assert error.history.settings["backend"] == backend, error.history.settings
    kept = [one.value for slots in optimizer.state.values() for one in slots.values()]
    schedule = named.get("schedule")
    return error, weights(model) + kept, schedule and schedule.state_dict(), hg.rand(1).item()


WAYS: dict[str, dict[str, Any]] = {
    "free": {},
    "a callback": {"callbacks": [lambda run: None]},
    "metrics": {"metrics": "accuracy", "seed": 3},
    "dropout": {"dropout": 0.3},
    "dropout and a seed": {"dropout": 0.3, "seed": 5},
    "a schedule": {"stepwise": True},
}


# Steps before the one that fails, rows a batch, and steps between two returns to Python.
SOME = [(0, 16, None), (3, 90, None), (17, 16, 5)]
FULL = [
    (steps, size, at_once)
    for steps in (0, 1, 3, 5, 6, 17, 40) for size in (90, 16) for at_once in (None, 1, 5)
]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "size", "at_once"),
    [pytest.param(*one, marks=[] if one in SOME else pytest.mark.slow) for one in FULL],
)
@pytest.mark.parametrize("function", [hg.log, hg.sqrt], ids=["the loss", "an update"])
@pytest.mark.parametrize("way", WAYS)
def test_the_report_is_numpys(way, function, steps, size, at_once, monkeypatch):
    """At its first step, in the middle and at the end of an epoch, in later ones, however many
    steps are done between two returns to Python."""
    if at_once is not None:
        monkeypatch.setattr(Trainer, "steps_at_once", lambda self: at_once)
    named = {"epochs": 60, "batch_size": size, **WAYS[way]}
    error, state, schedule, following = diverged("native", steps, function, **named)
    expected, wanted, other_schedule, other_following = diverged("numpy", steps, function, **named)
    assert error.step == expected.step == steps + 1
    assert error.epoch == expected.epoch == steps // -(-90 // size) + 1
    assert error.origin == expected.origin
    assert str(error) == str(expected)
    assert schedule == other_schedule
    assert error.history.epochs == expected.history.epochs
    for told in ("stopped", "best_epoch", "steps"):
        assert getattr(error.history, told) == getattr(expected.history, told), told
    for name, column in expected.history.columns.items():
        near(error.history[name], column, 1e-9, name)
    for one, two in zip(state, wanted, strict=True):
        near(one, two, 1e-9)
    if at_once is None:
        assert following == other_following, "the default generator"


@pytest.mark.parametrize(
    ("steps", "size", "dropout"),
    [(7, 90, 0.0), (25, 16, 0.4)]
    + [pytest.param(*one, marks=pytest.mark.slow)
       for one in [(0, 90, 0.4), (7, 16, 0.0), (25, 16, 0.0), (7, 90, 0.4)]],
)  # fmt: skip
def test_the_model_has_the_bits_from_before_the_step(steps, size, dropout):
    _, state, _, _ = diverged("native", steps, hg.log, dropout, epochs=60, batch_size=size, seed=2)
    hg.manual_seed(7)
    model = Countdown(steps, hg.log, dropout).double()
    optimizer = one_a_step(model.parameters())
    step = Step(model, model.loss, optimizer)
    inputs, labels = (one.value for one in moons())
    with seeded(2):
        trainer = Trainer(
            step, inputs.astype(np.float64), labels, size, shuffled=size < 90,
            generator=hg.Generator(2),
        )  # fmt: skip
        while steps:
            some = min(steps, trainer.steps_an_epoch)
            assert trainer.advance(some) == 0
            steps -= some
    trainer.give_states()
    kept = [one.value for slots in optimizer.state.values() for one in slots.values()]
    assert same_bits(state, weights(model) + kept)


def test_weights_that_are_infinite_long_before_the_loss_is():
    """The first step of all that spoilt a parameter is found, where the loss does not show it."""

    class Saturated(nn.Module):
        def __init__(self):
            self.line = nn.Linear(2, 1)
            self.large = nn.Parameter([1.0])

        def forward(self, x):
            return self.line(x) + 0.0 * hg.tanh(self.large)

    class Growing(optim.SGD):
        """The large number is squared at each step."""

        def rule(self, parameter, gradient, state, c, group):
            if group["maximize"]:
                return parameter * 1e30, state
            return super().rule(parameter, gradient, state, c, group)

    def optimizer(parameters):
        large, *line = parameters
        return Growing([{"params": [large], "maximize": True}, {"params": line}], lr=0.01)

    model = Saturated().double()
    rows = moons()[0], np.ones((90, 1))
    with pytest.raises(Diverged, match=r"made large NaN or infinite") as caught:
        fit(model, rows, loss="mse", optimizer=optimizer, epochs=500, batch_size=90,
            backend="native", quiet=True)  # fmt: skip
    assert caught.value.step == 11 and np.isfinite(model.large.value).all()
    assert caught.value.history.epochs == list(range(1, 12))


# --- labels ---


@pytest.mark.parametrize(
    ("label", "size", "named"),
    [(2, 90, {}), (-1, 16, {}), (77, 16, {"metrics": "accuracy"}), (-1, 90, {})],
)
def test_strange_labels_in_the_middle_of_the_data(label, size, named):
    inputs, labels = moons()
    labels = labels.value.copy()
    labels[61] = label
    said, left = [], []
    for backend in ("native", "numpy"):
        hg.manual_seed(7)
        model = network(2, 3, 2).double()
        with pytest.raises(HologradError, match="label") as caught:
            fit(model, (inputs, labels), epochs=3, batch_size=size, seed=4, backend=backend,
                quiet=True, **named)  # fmt: skip
        said.append((type(caught.value), str(caught.value)))
        left.append(weights(model))
    assert said[0] == said[1]
    for one, two in zip(*left, strict=True):
        near(one, two, 1e-9)


@pytest.mark.parametrize("size", [6, 20])
def test_strange_tokens(size):
    tokens = np.zeros((20, 2), np.int64)
    tokens[13, 1] = 5
    said = []
    for backend in ("native", "numpy"):
        model = nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(6, 1))
        with pytest.raises(HologradError, match="index 5") as caught:
            fit(model, (tokens, np.zeros((20, 1))), batch_size=size, seed=1, backend=backend,
                quiet=True)  # fmt: skip
        said.append(str(caught.value))
    assert said[0] == said[1]


# --- Ctrl-C ---

LONG_RUN = """
import time
import numpy as np
import holograd as hg
from holograd import data, nn
from holograd.training import evaluate, fit

hg.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2)).double()
rows = data.moons(90, seed=0)
history = fit(model, rows, epochs=10**9, batch_size={size}, lr={lr}, quiet=True,
              backend="native", {more})
print(time.perf_counter(), history.stopped, history.settings["backend"], history.restored,
      history.best_epoch, history.best[history.monitor],
      evaluate(model, rows if {size} == 90 else rows)["loss"], flush=True)
"""


@pytest.mark.parametrize(
    ("size", "lr", "more"),
    [
        (90, 0.01, ""),
        (16, 0.01, "validation=0.3, metrics='accuracy'"),
        pytest.param(16, 0.01, "", marks=pytest.mark.slow),
        pytest.param(90, 0.01, "metrics='accuracy'", marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_ends_at_once_with_the_best_weights(size, lr, more):
    code = LONG_RUN.format(size=size, lr=lr, more=more)
    process = interruptible([sys.executable, "-c", code], text=True)
    interrupt_after(process, 3.0)
    sent = time.perf_counter()
    out, err = process.communicate(timeout=60)
    ended, stopped, backend, restored, best_epoch, best, loss = out.split()
    assert (stopped, backend) == ("interrupted", "native"), err
    assert float(ended) - sent < 2.0, "it takes 0.1 s on a machine that does nothing else"
    assert restored == best_epoch != "None"
    if size == 90:
        assert float(loss) == pytest.approx(float(best), rel=1e-6)


class Interrupted:
    """Calls of the native loop, after one of which Ctrl-C comes."""

    def __init__(self, monkeypatch, calls: int, before: bool = False):
        run = Trainer._run
        self.left = calls

        def interrupted(trainer, steps):
            self.left -= 1
            if self.left == 0 and before:
                raise KeyboardInterrupt
            status = run(trainer, steps)
            if self.left == 0:
                raise KeyboardInterrupt
            return status

        monkeypatch.setattr(Trainer, "_run", interrupted)
        monkeypatch.setattr(Trainer, "steps_at_once", lambda trainer: 4)


@pytest.mark.parametrize(
    ("named", "size", "before"),
    [
        ({}, 90, False), ({}, 16, True), ({"callbacks": [BestWeights()]}, 16, False),
        pytest.param({}, 90, True, marks=pytest.mark.slow),
        pytest.param({}, 16, False, marks=pytest.mark.slow),
        pytest.param({"callbacks": [BestWeights()]}, 90, False, marks=pytest.mark.slow),
        pytest.param({"callbacks": [BestWeights()]}, 16, True, marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_ctrl_c_between_steps(size, named, before, monkeypatch):
    """Whatever was done is accounted for, once, and the best weights are there."""
    told: list[Any] = []
    _, history = trained(
        "native", lambda: network(2, 4, 2).double(), moons(), optimizer="sgd", lr=2.0, epochs=20,
        batch_size=size, seed=0,
        callbacks=[lambda run: told.append((run.history.steps, weights(run.model)))],
    )  # fmt: skip
    start = weights(network(2, 4, 2).double())
    Interrupted(monkeypatch, 5, before)
    model, stopped = trained(
        "native", lambda: network(2, 4, 2).double(), moons(), optimizer="sgd", lr=2.0, epochs=20,
        batch_size=size, seed=0, **named,
    )  # fmt: skip
    assert stopped.stopped == "interrupted"
    a_epoch = -(-90 // size)
    epochs = len(stopped.epochs)
    assert stopped.steps >= 4 and stopped.epochs == list(range(1, epochs + 1))
    assert epochs in {stopped.steps // a_epoch, stopped.steps // a_epoch - bool(named)}
    near(stopped["loss"], history["loss"][: len(stopped.epochs)], 1e-12)
    best = int(np.argmin(stopped["loss"])) + 1
    assert stopped.best_epoch == stopped.restored == best
    kept = best - 1 if size == 90 else best
    assert same_bits(weights(model), told[kept - 1][1] if kept else start)
    # It goes on from there.
    monkeypatch.undo()
    again = fit(model, moons(), optimizer="sgd", lr=0.1, epochs=5, batch_size=size, seed=0,
                backend="native", quiet=True)  # fmt: skip
    assert again.epochs == [1, 2, 3, 4, 5] and again["loss"][-1] < stopped["loss"][0]


def test_ctrl_c_in_the_first_epoch_keeps_its_whole_steps(monkeypatch):
    Interrupted(monkeypatch, 1)
    model, history = trained(
        "native", lambda: network(2, 4, 2).double(), moons(), optimizer="sgd", lr=0.5,
        batch_size=16, seed=0,
    )  # fmt: skip
    assert (history.stopped, history.steps, history.epochs) == ("interrupted", 4, [])
    monkeypatch.undo()
    other = network(2, 4, 2).double()
    step = Step(other, nn.CrossEntropyLoss(), optim.SGD(other.parameters(), lr=0.5))
    inputs, labels = (one.value for one in moons())
    trainer = Trainer(step, inputs.astype(np.float64), labels, 16, shuffled=True,
                      generator=hg.Generator(0))  # fmt: skip
    assert trainer.advance(4) == 0
    trainer.give_states()
    assert same_bits(weights(model), weights(other))


def test_ctrl_c_before_a_step_leaves_the_schedule_at_the_steps_done(monkeypatch):
    ask, calls = Trainer._ask, []

    def interrupted(trainer, steps, between):
        ask(trainer, steps, between)
        calls.append(steps)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "_ask", interrupted)
    monkeypatch.setattr(Trainer, "steps_at_once", lambda trainer: 2)
    model = noisy(0).double()
    hg.manual_seed(1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    schedule = LambdaLR(optimizer, lambda n: 0.9**n)
    history = fit(model, moons(), optimizer=optimizer, batch_size=16, schedule=schedule,
                  schedule_per="step", backend="native", quiet=True)  # fmt: skip
    assert (history.stopped, history.steps) == ("interrupted", 4)
    assert schedule.last_epoch == 4
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1 * 0.9**4)
    following = hg.rand(2).tolist()
    hg.manual_seed(1)
    for _ in range(1 + 4):  # an order, and the masks of four steps
        hg.rand(1)
    assert hg.rand(2).tolist() == following


def test_the_first_call_is_short():
    model = network(2, 3, 2)
    step = Step(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1))
    inputs, labels = (one.value for one in moons())
    trainer = Trainer(step, inputs, labels, 89, shuffled=True, generator=hg.Generator(0))
    assert trainer.steps_at_once() == 1, "nobody knows how long a step takes"
    trainer.advance(1)
    trainer.advance(1)
    assert trainer.seconds_a_step > 89e-9, "a batch of one row tells of a whole one"


# --- callbacks that raise ---


@pytest.mark.parametrize("size", [90, 16])
def test_a_callback_that_raises_leaves_the_model_of_its_epoch(size):
    def broken(run):
        if run.epoch == 3:
            raise ZeroDivisionError("a mistake")

    left = []
    for backend in ("native", "numpy"):
        model = network(2, 4, 2).double()
        with pytest.raises(ZeroDivisionError):
            fit(model, moons(), epochs=9, batch_size=size, seed=1, callbacks=[broken],
                backend=backend, quiet=True)  # fmt: skip
        left.append(weights(model))
        loss = evaluate(model, moons())["loss"]
        history = fit(model, moons(), epochs=3, batch_size=size, backend=backend, quiet=True)
        assert history.settings["backend"] == backend and history["loss"][-1] < loss * 1.01
    for one, two in zip(*left, strict=True):
        near(one, two, 1e-9)
