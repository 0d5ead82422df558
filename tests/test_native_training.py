"""Training in machine code equals training by NumPy: layers, losses, optimizers, data."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import holograd as hg
from holograd import nn, optim
from holograd.compiler.control import Word
from holograd.compiler.trainer import Trainer
from holograd.ops.random import Generator
from holograd.optim import lr_scheduler as schedules
from holograd.recipes import RECIPES, measure
from holograd.recipes.networks import build
from holograd.recipes.variant import OPTIMIZERS
from holograd.training import Step, fit
from nn_cases import CASES, Case
from training_cases import moons, near, network, same_training, weights

ROWS, SIZE = 8, 3  # batches of 3, 3 and 2 rows


# --- layers ---


class Within(nn.Module):
    """A layer between a parameter before it and one behind it."""

    def __init__(self, case: Case):
        self.layer = case.make()
        self.before, self.after = nn.Parameter([0.9]), nn.Parameter([1.1])
        self.widths = [0, *np.cumsum([shape[-1] for shape in case.inputs]).tolist()]
        self.integers = case.integers

    def forward(self, x):
        if not self.integers:
            x = x * self.before
        parts = [x[..., one:two] for one, two in pairwise(self.widths)]
        output = self.layer(*(parts if len(parts) > 1 else [x])) * self.after
        return output.reshape(len(x), -1)


def rows_of(case: Case, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """Inputs for one run of a case's layer, and targets of its outputs' shape."""
    generator = np.random.default_rng(5)
    if case.integers:
        inputs = generator.integers(0, case.integers, (ROWS, *case.inputs[0][1:]))
    else:
        shape = (ROWS, *case.inputs[0][1:-1], sum(one[-1] for one in case.inputs))
        inputs = generator.normal(0, 1.2, shape)
    with hg.no_grad():
        wide = Within(case).to(dtype)(hg.tensor(inputs if case.integers else inputs.astype(dtype)))
    return inputs, generator.normal(0, 1, wide.shape)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_layer(case):
    same_training(
        lambda: Within(case).double(), rows_of(case, np.float64), optimizer="sgd", lr=0.05,
        epochs=2, batch_size=SIZE, metrics="mean_squared_error", loss="mse",
    )  # fmt: skip


FIRST_OF_KIND = {case.layer: case for case in reversed(CASES)}.values()


@pytest.mark.slow
@pytest.mark.parametrize("case", FIRST_OF_KIND, ids=str)
def test_every_kind_of_layer_in_float32(case):
    same_training(
        lambda: Within(case), rows_of(case, np.float32), rtol=2e-5, optimizer="sgd", lr=0.05,
        epochs=2, batch_size=SIZE, metrics="mean_squared_error", loss="mse",
    )  # fmt: skip


# --- losses ---

LOGITS = np.random.default_rng(2)
X = LOGITS.normal(size=(10, 4))
LABELS = np.array([0, 2, 1, 1, 0, 2, 2, 0, 1, 0])
SOME = np.where(np.arange(10) == 4, -7, LABELS)
NUMBERS, ZEROS_AND_ONES = LOGITS.normal(size=(10, 3)), LOGITS.integers(0, 2, (10, 3)) * 1.0
SHARES = np.exp(NUMBERS) / np.exp(NUMBERS).sum(1, keepdims=True)
WEIGHTS = hg.tensor([0.5, 2.0, 1.0], dtype=hg.float64)
LOSSES: list[tuple[Any, Any, Any]] = [
    (nn.MSELoss(), NUMBERS, None),
    (nn.MSELoss(reduction="sum"), NUMBERS, None),
    (nn.L1Loss(), NUMBERS, None),
    (nn.HuberLoss(delta=0.7), NUMBERS, None),
    (nn.SmoothL1Loss(beta=0.4), NUMBERS, None),
    (nn.BCELoss(), ZEROS_AND_ONES, nn.Sigmoid()),
    (nn.BCEWithLogitsLoss(), ZEROS_AND_ONES, None),
    (nn.BCEWithLogitsLoss(pos_weight=WEIGHTS), ZEROS_AND_ONES, None),
    (nn.CrossEntropyLoss(), LABELS, None),
    (nn.CrossEntropyLoss(WEIGHTS), LABELS, None),
    (nn.CrossEntropyLoss(WEIGHTS, ignore_index=-7, label_smoothing=0.1), SOME, None),
    (nn.CrossEntropyLoss(label_smoothing=0.2, reduction="sum"), LABELS, None),
    (nn.CrossEntropyLoss(), SHARES, None),
    (nn.NLLLoss(WEIGHTS), LABELS, nn.LogSoftmax(1)),
    (nn.KLDivLoss(), SHARES, nn.LogSoftmax(1)),
    (nn.KLDivLoss(reduction="batchmean"), SHARES, nn.LogSoftmax(1)),
    (nn.KLDivLoss(log_target=True), np.log(SHARES), nn.LogSoftmax(1)),
    (nn.HingeLoss(), ZEROS_AND_ONES * 2 - 1, None),
]


SIZES = [4, pytest.param(10, marks=pytest.mark.slow)]  # batches, and all rows at once


@pytest.mark.parametrize("size", SIZES, ids=["batches", "whole"])
@pytest.mark.parametrize(("loss", "targets", "last"), LOSSES, ids=lambda one: type(one).__name__)
def test_every_loss(loss, targets, last, size):
    same_training(
        lambda: network(4, 5, 3, last=last).double(), (X, targets), loss=loss, optimizer="sgd",
        lr=0.2, epochs=3, batch_size=size,
    )  # fmt: skip


def test_every_loss_is_here():
    names = {name for name in dir(nn) if name.endswith("Loss")} - {"Loss"}
    assert names == {type(loss).__name__ for loss, _, _ in LOSSES}


# --- optimizers ---

UPDATES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "dampening": 0.3, "maximize": True}),
    ("Adam", {"lr": 0.01}),
    ("Adam", {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1, "betas": (0.8, 0.95)}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.3}),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.5, "centered": True, "weight_decay": 0.1}),
    ("Adagrad", {"lr": 0.05}),
    ("Adagrad", {"lr": 0.05, "lr_decay": 0.1, "weight_decay": 0.1,
                 "initial_accumulator_value": 0.2}),
    ("Adadelta", {"lr": 1.0}),
    ("Adadelta", {"lr": 1.0, "rho": 0.7, "weight_decay": 0.1}),
]  # fmt: skip


@pytest.mark.parametrize(
    "size", [32, pytest.param(90, marks=pytest.mark.slow)], ids=["batches", "whole"]
)
@pytest.mark.parametrize(("name", "options"), UPDATES, ids=str)
def test_every_optimizer(name, options, size):
    made = []

    def optimizer(parameters):
        made.append(getattr(optim, name)(parameters, **options))
        return made[-1]

    same_training(
        lambda: network(2, 6, 2).double(), moons(), optimizer=optimizer, epochs=4, batch_size=size
    )
    states = [one.state_dict()["state"] for one in made]
    for index, slots in states[1].items():
        for slot, one in slots.items():
            near(states[0][index][slot].value, one.value, 1e-9, slot)


def test_every_optimizer_is_here():
    others = {"Optimizer", "LBFGS"}
    assert {name for name in optim.__all__ if name[0].isupper()} - others == {
        name for name, _ in UPDATES
    }


def test_lbfgs_falls_back_with_a_note():
    history = fit(network(2, 3, 2), moons(), optimizer="lbfgs", epochs=2, backend="native",
                  batch_size=90, quiet=True)  # fmt: skip
    assert history.settings["backend"] == "numpy" and "LBFGS" in history.settings["backend_note"]


def grouped(parameters):
    one, two, *rest = parameters
    return optim.SGD(
        [
            {"params": [one], "lr": 0.3},
            {"params": [two], "momentum": 0.9},
            {"params": rest, "weight_decay": 0.1, "momentum": 0.5, "nesterov": True},
        ],
        lr=0.1,
    )


@pytest.mark.parametrize("size", [32, 90])
def test_groups_with_their_own_options(size):
    def schedule(optimizer):
        rates = [lambda n: 0.9**n, lambda n: 1.0, lambda n: 1 / (n + 1)]
        return schedules.LambdaLR(optimizer, rates)

    same_training(
        lambda: network(2, 5, 2).double(), moons(), optimizer=grouped, epochs=4,
        batch_size=size, schedule=schedule, schedule_per="step",
    )  # fmt: skip


@pytest.mark.parametrize("size", [32, 90])
@pytest.mark.parametrize("norm", [0.05, 100.0])
def test_clipping(norm, size):
    same_training(
        lambda: network(2, 5, 2).double(), moons(), clip_norm=norm, optimizer="sgd", lr=0.5,
        epochs=4, batch_size=size,
    )  # fmt: skip


# --- schedules ---

SCHEDULES = {
    "StepLR": lambda o: schedules.StepLR(o, 2, gamma=0.5),
    "MultiStepLR": lambda o: schedules.MultiStepLR(o, [2, 4], gamma=0.3),
    "ExponentialLR": lambda o: schedules.ExponentialLR(o, 0.8),
    "CosineAnnealingLR": lambda o: schedules.CosineAnnealingLR(o, 10),
    "LinearLR": lambda o: schedules.LinearLR(o, 0.2, total_iters=3),
    "LambdaLR": lambda o: schedules.LambdaLR(o, lambda n: 1 / (1 + n)),
    "OneCycleLR": lambda o: schedules.OneCycleLR(o, 0.5, total_steps=20),
    "SequentialLR": lambda o: schedules.SequentialLR(
        o, [schedules.LinearLR(o, 0.1, total_iters=2), schedules.ExponentialLR(o, 0.7)], [2]
    ),
    "ReduceLROnPlateau": lambda o: schedules.ReduceLROnPlateau(o, patience=1, threshold=0.2),
}


@pytest.mark.parametrize(
    ("kind", "per"),
    [(kind, "step") for kind in SCHEDULES if kind != "ReduceLROnPlateau"]
    + [("ReduceLROnPlateau", "epoch"), ("StepLR", "epoch")]
    + [pytest.param(kind, "epoch", marks=pytest.mark.slow)
       for kind in SCHEDULES if kind not in ("ReduceLROnPlateau", "StepLR")],
)  # fmt: skip
def test_every_schedule(kind, per):
    same_training(
        lambda: network(2, 4, 2).double(), moons(), schedule=SCHEDULES[kind], schedule_per=per,
        optimizer=lambda parameters: optim.SGD(parameters, lr=0.3, momentum=0.9), epochs=5,
        batch_size=32, validation=0.2,
    )  # fmt: skip


def test_every_schedule_is_here():
    assert SCHEDULES.keys() == set(schedules.__all__) - {"LRScheduler"}


# --- the recipes ---

WITHIN_THE_PACKAGE = [
    name for name, one in RECIPES.items() if not one.needs_files and one.network != "perceptron"
]


@pytest.mark.parametrize("name", WITHIN_THE_PACKAGE)
def test_the_recipes_first_hundred_steps(name):
    """The curve of the losses, step by step: each is the loss of an epoch of one batch's rows."""
    recipe = RECIPES[name]
    rows, _ = recipe.data(None)
    outputs = measure.outputs_of(recipe, rows)
    rows = measure.with_targets(recipe, rows, outputs)
    shape = rows.tensors[0].shape[1:]
    loss = measure.LOSSES[recipe.kind][recipe.loss]()
    inputs, targets = (one.value for one in rows.tensors)
    if inputs.dtype.kind == "f":
        inputs = inputs.astype(np.float64)
    if targets.dtype.kind == "f":
        targets = targets.astype(np.float64)
    curves = []
    for native in (True, False):
        hg.manual_seed(3)
        model = build(recipe, shape, outputs, Generator(0)).double().train()
        optimizer = OPTIMIZERS[recipe.optimizer][0](
            model.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay
        )
        schedule = schedules.OneCycleLR(
            optimizer, max_lr=recipe.lr, total_steps=200, cycle_momentum=False
        ) if recipe.schedule == "one-cycle" else None  # fmt: skip
        step, curve = Step(model, loss, optimizer), []
        size = min(recipe.batch_size, len(inputs))
        trainer = (
            Trainer(
                step, inputs, targets, size, shuffled=size < len(inputs), generator=Generator(1)
            )
            if native
            else None
        )
        order, generator = np.arange(len(inputs)), Generator(1)
        for number in range(100):
            if trainer is not None:
                assert trainer.advance(1) == 0
                alone = trainer.steps_an_epoch == 1
                told = trainer.losses[0] if alone else trainer.control.floats[Word.LAST_LOSS]
                curve.append(float(told))
            else:
                at = number % -(-len(inputs) // size) * size
                if at == 0 and size < len(inputs):
                    order = hg.randperm(len(inputs), generator=generator).value
                batch = order[at : at + size]
                told, _ = step(hg.tensor(inputs[batch]), hg.tensor(targets[batch]))
                curve.append(told.item())
            if schedule is not None:
                schedule.step()
        if trainer is not None:
            trainer.give_states()
        curves.append((curve, weights(model)))
    np.testing.assert_allclose(curves[0][0], curves[1][0], rtol=1e-8)
    for one, two in zip(curves[0][1], curves[1][1], strict=True):
        near(one, two, 1e-8)
