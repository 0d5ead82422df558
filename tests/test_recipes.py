"""The recipes: each can be made, and learns what its summary says."""

import shlex
import statistics
import sys
from dataclasses import replace

import numpy as np
import pytest

from holograd import data, nn
from holograd.cli.results import headline
from holograd.errors import ArgumentError
from holograd.ops.random import Generator
from holograd.recipes import ACTIVATIONS, LOSSES, OPTIMIZERS, RECIPES, find, run, variant
from holograd.recipes.measure import outputs_of
from holograd.recipes.networks import build
from holograd.training import fit
from holograd.training.threads import blas_threads, limited_threads

# Weights and biases, counted by hand: (in + 1) · out a layer.
PARAMETERS = {
    "and": 3,
    "or": 3,
    "nand": 3,
    "xor": 3 * 8 + 9,
    "xor-lecture": 9,
    "perceptron-and": 3,
    "perceptron-or": 3,
    "perceptron-xor": 3,
    "moons": 3 * 16 + 17 * 16 + 17 * 2,
    "spirals": 3 * 32 + 33 * 32 + 33 * 2,
    "sine": 2 * 32 + 33,
    "digits": 65 * 256 + 257 * 128 + 129 * 10,
    "mnist": 785 * 500 + 501 * 150 + 151 * 10,
    "fashion-mnist": 785 * 500 + 501 * 150 + 151 * 10,
    "lenet5": 61_706,
}


def shape_and_outputs(recipe):
    """The shape of a sample and the number of outputs, without reading files."""
    if recipe.needs_files:
        return (1, 28, 28), 10
    train, _ = recipe.data(None)
    return train.tensors[0].shape[1:], outputs_of(recipe, train)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_recipe_makes_its_network(recipe):
    inputs, outputs = shape_and_outputs(recipe)
    model = build(recipe, inputs, outputs, Generator(0))
    assert sum(each.numel() for each in model.parameters()) == PARAMETERS[recipe.name]
    model.eval()
    assert model(np_tensor(3, *inputs)).shape == (3, outputs)


def np_tensor(*shape):
    from holograd import from_numpy

    return from_numpy(np.ones(shape, np.float32))


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_recipe_names_what_exists(recipe):
    assert recipe.loss in LOSSES[recipe.kind]
    assert recipe.activation in ACTIVATIONS
    assert recipe.optimizer in OPTIMIZERS or recipe.network == "perceptron"
    assert recipe.summary.endswith(".")
    for command, why in recipe.advice:
        program, train, name, *options = shlex.split(command)
        assert (program, train) == ("holograd", "train") and why
        assert name in RECIPES
        flags = dict(zip(options[::2], options[1::2], strict=True))
        assert set(flags) <= {"--hidden", "--epochs", "--plot", "--save", "--activation"}
        hidden = {None: None, "0": ()}.get(flags.get("--hidden"), (8,))
        variant(find(name), hidden=hidden, activation=flags.get("--activation"))


def test_lenet5_has_the_layers_of_the_literature():
    model = build(find("lenet5"), (1, 28, 28), 10, Generator(0))
    assert [each.shape for each in model.parameters()] == [
        *((6, 1, 5, 5), (6,)),
        *((16, 6, 5, 5), (16,)),
        *((120, 400), (120,)),
        *((84, 120), (84,)),
        *((10, 84), (10,)),
    ]


def test_lecture_weights_give_the_lecture_numbers():
    outcome = run(find("xor-lecture"), quiet=True)
    first, sigmoid, *_ = outcome.model.children()
    hidden = sigmoid(first(np_tensor(1, 2) * 0)).value[0]
    assert hidden.round(5).tolist() == pytest.approx([0.00034, 0.95257], abs=1e-5)
    assert outcome.table[0]["output"] == pytest.approx(0.0112, abs=5e-5)
    assert [row["output"] > 0.5 for row in outcome.table] == [False, True, True, False]
    assert (outcome.history.steps, outcome.to_dict()["samples_per_second"]) == (0, None)


def test_lecture_network_trains_on_when_epochs_are_given():
    before = run(find("xor-lecture"), quiet=True)
    after = run(variant(find("xor-lecture"), epochs=50), quiet=True)
    assert after.history.steps == 50
    assert after.scores["train"]["loss"] < before.scores["train"]["loss"]


@pytest.mark.parametrize("name", ["and", "or", "nand"])
def test_one_neuron_learns_a_separable_gate(name):
    outcome = run(find(name), quiet=True)
    assert outcome.scores["test"]["accuracy"] == 1
    assert all(abs(row["output"] - row["target"]) < 0.1 for row in outcome.table)


def learns_xor(seed: int) -> bool:
    rows = run(find("xor"), seed=seed, quiet=True).table
    return all(abs(row["output"] - row["target"]) < 0.1 for row in rows)


@pytest.mark.parametrize("seed", range(4))
def test_xor_is_learned(seed):
    assert learns_xor(seed)


@pytest.mark.slow
def test_xor_is_learned_from_each_of_twenty_seeds():
    assert [seed for seed in range(20) if not learns_xor(seed)] == []


def test_one_neuron_does_not_learn_xor():
    outcome = run(variant(find("xor"), hidden=()), quiet=True)
    assert outcome.scores["test"]["accuracy"] < 1


@pytest.mark.parametrize(("name", "separable"), [("and", True), ("or", True), ("xor", False)])
def test_perceptron_ends_without_mistakes_where_a_line_separates(name, separable):
    outcome = run(find(f"perceptron-{name}"), quiet=True)
    assert (outcome.history["accuracy"][-1] == 1) == separable
    assert (outcome.scores["test"]["accuracy"] == 1) == separable
    assert outcome.mistakes is not None and len(outcome.mistakes) == outcome.history.steps > 0


@pytest.mark.parametrize(("name", "least"), [("moons", 0.97), ("spirals", 0.97)])
def test_shapes_are_told_apart(name, least):
    assert run(find(name), quiet=True).scores["test"]["accuracy"] >= least


def test_sine_is_fitted_down_to_the_noise():
    score = run(find("sine"), quiet=True).scores["test"]
    assert score["r2"] > 0.97
    assert score["loss"] < 1.3 * 0.1**2  # the noise's variance is the least that any curve leaves


def test_digits_learns_something_in_one_epoch():
    outcome = run(replace(find("digits"), epochs=1), quiet=True)
    assert outcome.scores["test"]["accuracy"] > 0.8
    assert len(outcome.outputs) == 1797


@pytest.mark.slow
def test_digits_reaches_its_accuracy():
    accuracies = [
        run(find("digits"), seed=seed, quiet=True).scores["test"]["accuracy"] for seed in range(5)
    ]
    assert statistics.median(accuracies) >= 0.97


@pytest.mark.slow
def test_mnist_reaches_its_accuracy(real_data):
    recipe = variant(find("mnist"), hidden=(500, 150))
    folder = str(real_data("mnist"))
    scores = [run(recipe, seed=seed, folder=folder, quiet=True).scores for seed in range(3)]
    assert statistics.mean(score["test"]["accuracy"] for score in scores) >= 1 - 0.018


@pytest.mark.slow
def test_lenet5_reaches_its_accuracy(real_data):
    outcome = run(find("lenet5"), folder=str(real_data("mnist")), quiet=True)
    assert outcome.history.epochs[-1] == 5
    assert outcome.scores["test"]["accuracy"] >= 1 - 0.012


def test_same_seed_gives_the_same_bits_and_another_seed_others():
    recipe = replace(find("digits"), epochs=1, hidden=(16,))
    first, second, other = (run(recipe, seed=seed, quiet=True).outputs.value for seed in (3, 3, 4))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_seed_leaves_the_data_as_it_is():
    points = [
        run(replace(find("moons"), epochs=1), seed=seed, quiet=True).inputs for seed in (0, 1)
    ]
    assert np.array_equal(points[0], points[1])


def test_a_batch_as_large_as_the_data_is_not_shuffled():
    recipe = replace(find("xor"), epochs=20)
    outputs = [run(variant(recipe, batch_size=size), quiet=True).outputs.value for size in (4, 100)]
    assert np.array_equal(outputs[0], outputs[1])


@pytest.mark.parametrize("activation", [None, "tanh", "sigmoid"])
def test_squared_error_of_a_gate_ends_in_the_activation(activation):
    changed = variant(find("and"), loss="mse", activation=activation)
    model = build(changed, (2,), 1, Generator(0))
    last = list(model.children())[-1]
    assert isinstance(last, ACTIVATIONS[activation or "sigmoid"])


def test_logits_of_a_gate_are_shown_as_probabilities():
    outcome = run(replace(find("and"), epochs=5), quiet=True)
    logits = outcome.outputs.value[:, 0].astype(float)
    shown = [row["output"] for row in outcome.table]
    assert shown == pytest.approx(1 / (1 + np.exp(-logits)), rel=1e-5)
    assert not isinstance(list(outcome.model.children())[-1], nn.Sigmoid)


def test_squared_error_of_classes_compares_with_ones_and_zeros():
    recipe = variant(find("digits"), epochs=8, loss="mse", hidden=(32,))
    outcome = run(recipe, quiet=True)
    answers = outcome.outputs.value.astype(float)
    wanted = np.eye(10)[data.digits()[1].tensors[1].value]
    assert outcome.scores["test"]["loss"] == pytest.approx(np.square(answers - wanted).mean(), 1e-4)
    right = (answers.argmax(1) == wanted.argmax(1)).mean()
    assert outcome.scores["test"]["accuracy"] == pytest.approx(right)
    assert right > 0.8


def test_another_optimizer_brings_its_learning_rate_and_no_decay():
    changed = variant(find("digits"), optimizer="sgd")
    assert (changed.lr, changed.weight_decay) == (OPTIMIZERS["sgd"][1], 0)
    assert variant(find("digits"), optimizer="sgd", lr=0.5).lr == 0.5


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_makes_the_loss_smaller(name):
    start = run(replace(find("moons"), epochs=0), quiet=True).scores["train"]["loss"]
    recipe = variant(replace(find("moons"), epochs=10), optimizer=name)
    assert run(recipe, quiet=True).scores["train"]["loss"] < start


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("lenet5", {"hidden": (5,)}, "--hidden"),
        ("xor-lecture", {"activation": "relu"}, "--activation"),
        ("perceptron-and", {"batch_size": 2}, "--batch-size"),
        ("xor", {"loss": "cross-entropy"}, "bce-with-logits or mse"),
        ("sine", {"loss": "bce-with-logits"}, "mse, l1 or huber"),
        ("and", {"dropout": 0.5}, "no hidden neurons"),
        ("and", {"activation": "tanh"}, "no hidden layer for --activation tanh"),
        ("moons", {"activation": "tanh", "hidden": ()}, "no hidden layer"),
        ("xor-lecture", {"lr": 0.1, "batch_size": 2}, "--batch-size or --lr does nothing"),
    ],
)
def test_options_that_make_no_sense_are_refused(name, options, words):
    with pytest.raises(ArgumentError, match=words):
        variant(find(name), **options)


def test_an_unknown_recipe_is_named_with_the_closest():
    with pytest.raises(ArgumentError, match="Did you mean 'mnist'"):
        find("mnits")


def test_capitals_and_underscores_name_the_same_recipe():
    assert find("XOR") is find("xor") and find("Fashion_MNIST") is find("fashion-mnist")


@pytest.mark.parametrize(
    ("name", "options", "worse"),
    [
        ("xor", {"lr": 1e30}, True),
        ("xor", {"lr": 1e30, "loss": "mse"}, True),
        ("moons", {"lr": 1e10, "epochs": 2}, True),
        ("moons", {"lr": 1e-12, "epochs": 2}, False),
        ("sine", {"lr": 1e-12, "epochs": 2}, False),
        ("xor", {"hidden": ()}, False),
        ("xor-lecture", {}, False),
        ("perceptron-xor", {}, False),
    ],
)
def test_a_loss_that_grew_is_told_from_one_that_is_stuck(name, options, worse):
    outcome = run(variant(find(name), **options), quiet=True)
    assert outcome.worsened == worse


def test_after_an_interrupt_the_epoch_is_that_of_the_weights(monkeypatch):
    def interrupt(progress):
        if progress.epoch == 6:
            raise KeyboardInterrupt

    def fit_for_a_while(*given, **named):
        return fit(*given, **{**named, "callbacks": [interrupt]})

    monkeypatch.setattr(sys.modules[run.__module__], "fit", fit_for_a_while)
    outcome = run(variant(find("moons"), lr=20.0), quiet=True)
    assert outcome.history.epochs[-1] == 6
    assert outcome.epochs == outcome.history.best_epoch and outcome.epochs < 6
    described = outcome.to_dict()
    assert (described["epochs"], described["interrupted"]) == (outcome.epochs, True)
    assert f"interrupted, with the weights of epoch {outcome.epochs}" in headline(outcome).plain


def test_threads_are_as_before_after_a_block_on_one():
    before = blas_threads()
    with limited_threads(1):
        assert blas_threads() == 1
    with limited_threads(None):
        assert blas_threads() == before
    assert blas_threads() == before
