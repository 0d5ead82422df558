"""Carries a recipe out, and holds what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from holograd import nn, optim
from holograd.data import TensorDataset
from holograd.nn.perceptron import Mistake
from holograd.ops.random import Generator
from holograd.recipes import measure
from holograd.recipes.networks import build
from holograd.recipes.recipe import Recipe
from holograd.recipes.table import smaller_rate
from holograd.recipes.variant import OPTIMIZERS
from holograd.tensor import Tensor
from holograd.training import Diverged, History, fit, predict
from holograd.training.threads import blas_threads, limited_threads

THREADS = 1  # of matrix products: these networks are small
SAMPLE = 256  # rows are enough to tell the loss before training
GREW = 1.25  # times the loss before training: more than a sample's chance


@dataclass
class Outcome:
    """A trained network, and how good it is.

    Attributes:
        recipe: what was carried out.
        seed: decided the initial weights, the order of samples and the silent neurons.
        model: the network.
        train, test: the data that it learned from and that it is judged on; the same for a gate.
        history: the course of training.
        scores: for "train" and "test" the loss, and "accuracy" or "r2".
        first_loss: the loss before training, on the first rows of `train`.
        outputs: what the network gives for the rows of `test`.
        total_seconds: the whole run, with reading the data and testing.
        threads: how many threads matrix products used.
        mistakes: of a perceptron, in order; None for other networks.
        test_scores: those after each epoch, where they were asked for.
    """

    recipe: Recipe
    seed: int
    model: nn.Module
    train: TensorDataset
    test: TensorDataset
    history: History
    scores: dict[str, dict[str, float]]
    first_loss: float
    outputs: Tensor
    total_seconds: float
    threads: int
    mistakes: list[Mistake] | None = None
    test_scores: list[dict[str, float]] = field(default_factory=list)

    @property
    def parameters(self) -> int:
        """How many numbers the network learned."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    @property
    def epochs(self) -> int:
        """The epoch whose weights the network has: the last one, or the best before Ctrl-C."""
        history = self.history
        last = history.epochs[-1] if history.epochs else 0
        return last if history.restored is None else history.restored

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the training."""
        return self.history.stopped == "interrupted"

    @property
    def worsened(self) -> bool:
        """Whether training by gradients ended with a far greater loss than it began with."""
        loss = self.scores["train"]["loss"]
        return self.mistakes is None and not loss <= GREW * self.first_loss

    @property
    def inputs(self) -> np.ndarray:
        """The inputs of the test data."""
        return self.test.tensors[0].value

    @property
    def labels(self) -> np.ndarray:
        """(N,) the right answers to the test data: class numbers, or numbers of a curve."""
        targets = self.test.tensors[1].value
        if self.recipe.kind == "classes" and targets.ndim > 1:
            return targets.argmax(1)
        return targets.reshape(-1)

    def signed(self, inputs: np.ndarray) -> np.ndarray:
        """(N,) above 0 where the answer to an input is class 1; for two classes."""
        return measure.signed(self.recipe, predict(self.model, inputs))

    @property
    def table(self) -> list[dict[str, Any]]:
        """A gate's rows: inputs, target, and the output as people read it."""
        shown = measure.shown(self.recipe, self.outputs).reshape(-1)
        rows = zip(self.inputs, self.labels, shown, strict=True)
        return [
            {"inputs": [int(each) for each in row], "target": int(target), "output": float(output)}
            for row, target, output in rows
        ]

    def to_dict(self) -> dict[str, Any]:
        """What `--json` prints; numbers that are not finite are None.

        After Ctrl-C, "epochs" is the epoch whose weights were kept, and "interrupted" is there.
        """
        history = self.history
        described = {
            "recipe": self.recipe.name,
            "parameters": self.parameters,
            "epochs": self.epochs,
            "steps": history.steps,
            "seconds": history.seconds,
            "compile_seconds": history.compile_seconds,
            "total_seconds": self.total_seconds,
            "backend": history.settings.get("backend", "numpy"),
            "threads": self.threads,
            "samples_per_second": history.samples_per_second if history.steps else None,
            "seed": self.seed,
            **self.scores,
        }
        if self.interrupted:
            described["interrupted"] = True
        if self.recipe.kind == "gate":
            described["table"] = self.table
        return _finite(described)


def run(
    recipe: Recipe,
    *,
    seed: int = 0,
    folder: str | None = None,
    watch: bool = False,
    backend: str = "native",
    quiet: bool = False,
) -> Outcome:
    """Makes the recipe's network, trains it, and tests it.

    Args:
        recipe: what to do; `variant` changes one.
        seed: decides everything random; the same seed gives the same bits on one machine.
        folder: where the data files are, for a recipe that needs some; None looks where
            `holograd.data` does.
        watch: whether to test after each epoch too, for a picture. It decides nothing.
        backend: "native" for machine code, "numpy" for the reference.
        quiet: whether to show no progress.

    Raises:
        DataError: the data is missing or damaged.
        DivergenceError: the loss is no longer a finite number.

    Example:
        >>> from holograd.recipes import find
        >>> outcome = run(find("and"), quiet=True)
        >>> outcome.parameters, outcome.scores["test"]["accuracy"]
        (3, 1.0)
    """
    start = perf_counter()
    train, test = recipe.data(folder)
    outputs = measure.outputs_of(recipe, train)
    same = test is train
    train = measure.with_targets(recipe, train, outputs)
    test = train if same else measure.with_targets(recipe, test, outputs)
    model = build(recipe, train.tensors[0].shape[1:], outputs, Generator(seed))
    watched: list[dict[str, float]] = []
    mistakes = None

    def test_again(progress: object) -> None:
        watched.append(measure.score(recipe, predict(model, test.tensors[0]), test))

    with limited_threads(THREADS):
        some = TensorDataset(*train[:SAMPLE])
        first_loss = measure.score(recipe, predict(model, some.tensors[0]), some)["loss"]
        if isinstance(model, nn.Perceptron):
            history, mistakes = _learn_by_mistakes(model, recipe, train)
        else:
            callbacks = [test_again] if watch else []
            history = _fit(model, recipe, train, seed, callbacks, backend, quiet)
        answers = predict(model, test.tensors[0])
        tested = measure.score(recipe, answers, test)
        trained = tested
        if not same:
            trained = measure.score(recipe, predict(model, train.tensors[0]), train)
        used = blas_threads()
    return Outcome(
        recipe=recipe,
        seed=seed,
        model=model,
        train=train,
        test=test,
        history=history,
        scores={"train": trained, "test": tested},
        first_loss=first_loss,
        outputs=answers,
        total_seconds=perf_counter() - start,
        threads=used,
        mistakes=mistakes,
        test_scores=watched,
    )


def _fit(
    model: nn.Module,
    recipe: Recipe,
    train: TensorDataset,
    seed: int,
    callbacks: Sequence[Callable[[Any], None]],
    backend: str,
    quiet: bool,
) -> History:
    """Training by gradients."""
    optimizer_class, _ = OPTIMIZERS[recipe.optimizer]
    optimizer = optimizer_class(model.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay)
    steps = recipe.epochs * -(-len(train) // recipe.batch_size)
    schedule = None
    if recipe.schedule == "one-cycle" and steps:
        schedule = optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=recipe.lr, total_steps=steps, cycle_momentum=False
        )
    # Nobody sees the numbers of the epochs of a quiet run without a picture.
    shown = None if quiet and not callbacks else measure.metric(recipe)
    try:
        return fit(
            model,
            train,
            loss=measure.LOSSES[recipe.kind][recipe.loss](),
            optimizer=optimizer,
            epochs=recipe.epochs,
            batch_size=recipe.batch_size,
            metrics=shown,
            schedule=schedule,
            callbacks=callbacks,
            seed=seed,
            backend=backend,
            quiet=quiet,
        )
    except Diverged as error:
        raise Diverged(
            error.what,
            epoch=error.epoch,
            step=error.step,
            origin=error.origin,
            history=error.history,
            instead=f"The learning rate is too large: instead of --lr {recipe.lr:g} write, for "
            f"instance, --lr {smaller_rate(recipe):g}.",
        ) from None


def _learn_by_mistakes(
    model: nn.Perceptron, recipe: Recipe, train: TensorDataset
) -> tuple[History, list[Mistake]]:
    """Rosenblatt's rule, told as a history whose steps are the mistakes."""
    inputs, targets = train.tensors
    start = perf_counter()
    report = model.fit(inputs, targets, epochs=recipe.epochs)
    history = History()
    history.seconds = perf_counter() - start
    for epoch, mistakes in enumerate(report.by_epoch(), 1):
        history.add(epoch, {"loss": mistakes / len(train), "accuracy": 1 - mistakes / len(train)})
    history.steps = len(report.mistakes)
    history.samples = report.epochs * len(train)
    history.stopped = "finished"
    return history, report.mistakes


def _finite(value: Any) -> Any:
    """The same with None for each number that JSON cannot hold."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
