"""Misuse of `fit`, `evaluate` and `predict`: each is explained, and leaves the model as it was."""

from typing import Any

import numpy as np
import pytest

from holograd import nn, optim
from holograd.data import DataLoader, TensorDataset
from holograd.errors import ArgumentError, DataError, DtypeError, HologradError, ShapeError
from holograd.training import (
    BestWeights,
    EarlyStopping,
    evaluate,
    fit,
    predict,
)
from training_cases import noisy, same_bits, weights

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
        (lambda: predict(wrong, X), ArgumentError, "the model is a function, not a module"),
        (lambda: predict(nn.Linear(2, 2), X[:0]), DataError, "no row"),
        (
            lambda: predict(nn.Linear(2, 2), TensorDataset(X, Y)),
            ArgumentError,
            "Write predict(model, dataset.tensors[0])",
        ),
        (
            lambda: predict(nn.Linear(2, 2), DataLoader(TensorDataset(X, Y))),
            ArgumentError,
            "loader.dataset.tensors[0]",
        ),
        (lambda: predict(nn.Linear(2, 2), broken(3)), DataError, "which spread to all"),
        (
            lambda: fit(nn.Linear(2, 2), (X, X), loss="mse", metrics="accuracy"),
            ArgumentError,
            "the metric 'accuracy' of targets of shape (6, 2)",
        ),
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
