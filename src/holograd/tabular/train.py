"""`train_table`: from a file or a frame to a trained model and what it is worth."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from holograd.data import Encoder, Table, as_table, hold_out, read_table
from holograd.errors import ArgumentError
from holograd.tabular.model import TableModel
from holograd.tabular.reading import read_for
from holograd.tabular.recipe import train_network
from holograd.tabular.scores import Evaluation
from holograd.tabular.settings import settings_for
from holograd.training import Callback, History
from holograd.training.run import Run


@dataclass
class TableOutcome:
    """A model that was trained on a table, and how good it is.

    Attributes:
        model: takes raw rows; of the first seed, where there were several.
        history: of its training.
        scores: by "train" and "test", the scores by name (see `Evaluation`); None for "test" where
            no rows were held out.
        evaluation: all that is known of the answers to the test rows, with the confusion matrix; to
            the training rows where no rows were held out.
        columns: a line for each column: what became of it.
        settings: how the network was made and trained, with the number of "rows", "features",
            "test_rows", "parameters" and, of those rows, "validation_rows", and the "seed".
        seeds: for each seed its number, and its scores on the test rows, or where there are none
            on the training rows.
        seconds: in training, of all seeds.
        total_seconds: with reading, encoding and testing.
        test_scores: of the first seed after each epoch, where they were asked for.
    """

    model: TableModel
    history: History
    scores: dict[str, dict[str, float] | None]
    evaluation: Evaluation
    columns: list[str]
    settings: dict[str, Any]
    seeds: list[dict[str, float]]
    seconds: float
    total_seconds: float
    test_scores: list[dict[str, float]] = field(default_factory=list)

    @property
    def mean(self) -> dict[str, float]:
        """The mean over the seeds, by score."""
        return {name: float(np.mean(values)) for name, values in self._by_score.items()}

    @property
    def spread(self) -> dict[str, float]:
        """The standard deviation over the seeds (n − 1 in the denominator), by score; 0 of one."""
        return {
            name: float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
            for name, values in self._by_score.items()
        }

    @property
    def _by_score(self) -> dict[str, list[float]]:
        names = [name for name in self.seeds[0] if name != "seed"]
        return {name: [seed[name] for seed in self.seeds] for name in names}

    def to_dict(self) -> dict[str, Any]:
        """What JSON takes; numbers that are not finite are None."""
        return _finite(
            {
                "target": self.model.target,
                "task": self.model.task,
                "classes": list(self.model.classes),
                "columns": self.columns,
                "settings": self.settings,
                "epochs": self.history.epochs[-1] if self.history.epochs else 0,
                "stopped": self.history.stopped,
                **self.scores,
                "seeds": self.seeds,
                "mean": self.mean,
                "spread": self.spread,
                "seconds": self.seconds,
                "total_seconds": self.total_seconds,
            }
        )


def train_table(
    data: Any,
    target: str | int,
    *,
    test: Any = None,
    test_last: int | None = None,
    test_share: float | None = None,
    task: str = "auto",
    drop: Collection[str | int] = (),
    label_strip: str = "",
    header: str = "auto",
    hidden: int | Sequence[int] | None = None,
    activation: str | None = None,
    lr: float | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    dropout: float | None = None,
    weight_decay: float | None = None,
    optimizer: str | None = None,
    balance: bool = False,
    seed: int = 0,
    seeds: int = 1,
    watch: bool = False,
    backend: str = "native",
    quiet: bool = False,
) -> TableOutcome:
    """Trains a network on a table by the default recipe (see `settings_for`), and tests it.

    What becomes of the columns is decided by the training part alone. Without `test`, `test_last`
    and `test_share` all rows are trained on, and nothing is tested.

    Args:
        data: a CSV, .npy, .npz or Parquet file, a data frame of pandas or Polars, or an array.
        target: the name or the place of the column to predict; −1 is the last.
        test: the rows to test on, as a file or frame of their own.
        test_last: how many rows at the end to test on.
        test_share: the share of the rows to test on, drawn by the seed, of each class alike.
        task: "classification", "regression", or "auto": classes are text, and at most 20 distinct
            whole numbers.
        drop: names or places of columns not to use.
        label_strip: characters to cut off both ends of labels, besides spaces.
        header: whether a CSV file's first row holds the columns' names: "auto", "yes", "no".
        hidden, activation, lr, epochs, batch_size, dropout, weight_decay, optimizer: what to do
            otherwise than the recipe; None leaves it.
        balance: whether each class counts alike in the loss, however few rows it has.
        seed: decides the test and validation rows, the initial weights, the order of rows and the
            silent neurons.
        seeds: how many networks to train, with the seeds seed, seed + 1, …, on the same rows.
        watch: whether to test after each epoch too, for a picture. It decides nothing.
        backend: "native" for machine code, "numpy" for the reference.
        quiet: whether to show no progress.

    Raises:
        ArgumentError: options that contradict each other, or are out of their range.
        DataError: what cannot be read or learned from; names the file, the line and the column.
        DivergenceError: the loss is no longer a finite number.

    Example:
        >>> import polars
        >>> frame = polars.DataFrame({"x": [float(x) for x in range(60)], "y": ["no", "yes"] * 30})
        >>> frame = frame.with_columns(z=polars.col("y") == "yes")
        >>> outcome = train_table(frame, "y", test_share=0.2, epochs=100, quiet=True)
        >>> outcome.scores["test"]["accuracy"]
        1.0
        >>> outcome.model.predict(polars.DataFrame({"z": [True, False], "x": [1.0, None]})).tolist()
        ['yes', 'no']
    """
    start = perf_counter()
    if sum(one is not None for one in (test, test_last, test_share)) > 1:
        raise ArgumentError(
            "more than one of test, test_last and test_share is given",
            why="each says which rows to test on",
            instead="Give one of them.",
        )
    if seeds < 1:
        raise ArgumentError(f"got seeds={seeds}", instead="Write 1 or more.")
    rows = read_table(data, header) if isinstance(data, str | os.PathLike) else as_table(data)
    tests = None
    if test_last is not None or test_share is not None:
        rows, tests = hold_out(
            rows, test_last=test_last, test_share=test_share, seed=seed, target=target, task=task,
            label_strip=label_strip,
        )  # fmt: skip
    encoder = Encoder.fit(rows, target, drop=drop, task=task, label_strip=label_strip)
    goal = encoder.target
    assert goal is not None
    if balance and not goal.classes:
        raise ArgumentError(
            f"balance was asked for, and {goal.name!r} is a number",
            why="it is the classes that are weighted by their rows",
            instead='Leave it out, or write task="classification".',
        )
    if test is not None:
        tests = read_for(encoder, test, header)
    inputs, targets = _encoded(encoder, rows)
    left_out = len(rows) - len(inputs)
    tested = _encoded(encoder, tests) if tests is not None else None
    del rows, tests, data, test  # the table is not needed any more, and takes memory
    settings = settings_for(
        len(inputs), len(goal.classes), hidden=hidden, activation=activation, lr=lr, epochs=epochs,
        batch_size=batch_size, dropout=dropout, weight_decay=weight_decay, optimizer=optimizer,
    )  # fmt: skip
    trained: list[tuple[TableModel, History]] = []
    evaluations: list[Evaluation] = []
    watched: list[dict[str, float]] = []
    for number in range(seed, seed + seeds):
        callbacks = []
        if watch and tested and not trained:
            callbacks.append(_Watch(encoder, *tested, watched))
        network, history = train_network(
            settings, inputs, targets, len(goal.classes), balance=balance, seed=number,
            callbacks=callbacks, backend=backend, quiet=quiet,
        )  # fmt: skip
        model = TableModel(network, encoder)
        trained.append((model, history))
        evaluations.append(_evaluated(model, *(tested or (inputs, targets))))
        if history.stopped == "interrupted":
            break
    model, history = trained[0]
    evaluation = evaluations[0]
    scores: dict[str, dict[str, float] | None] = {"train": evaluation.scores, "test": None}
    if tested:
        scores = {
            "train": _evaluated(model, inputs, targets).scores,
            "test": evaluation.scores,
        }
    return TableOutcome(
        model=model, history=history, scores=scores, evaluation=evaluation,
        columns=encoder.describe() + _left_out(left_out, goal.name),
        settings={
            **settings.to_dict(),
            "balance": balance,
            "seed": seed,
            "rows": len(inputs),
            "validation_rows": history.settings["validation_rows"],
            "test_rows": len(tested[0]) if tested else 0,
            "features": inputs.shape[1],
            "parameters": sum(one.numel() for one in model.network.parameters()),
        },
        seeds=[
            {"seed": seed + place, **one.scores} for place, one in enumerate(evaluations)
        ],
        seconds=sum(one.seconds for _, one in trained),
        total_seconds=perf_counter() - start, test_scores=watched,
    )  # fmt: skip


class _Watch(Callback):
    """Keeps the scores on the test rows after each epoch."""

    def __init__(
        self,
        encoder: Encoder,
        inputs: np.ndarray,
        targets: np.ndarray,
        into: list[dict[str, float]],
    ):
        self.encoder, self.inputs, self.targets, self.into = encoder, inputs, targets, into

    def on_epoch_end(self, run: Run) -> None:
        model = TableModel(run.model, self.encoder)
        self.into.append(_evaluated(model, self.inputs, self.targets).scores)


def _evaluated(model: TableModel, inputs: np.ndarray, targets: np.ndarray) -> Evaluation:
    """The scores on encoded rows."""
    return model.scores(model.outputs(inputs), targets)


def _encoded(encoder: Encoder, table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Features and targets of the rows whose target is there."""
    inputs, targets = encoder.dataset(table).tensors
    return inputs.value, targets.value


def _finite(value: Any) -> Any:
    """The same with None for numbers that are not finite, which JSON cannot hold."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _left_out(count: int, target: str) -> list[str]:
    """A line on the rows without a target (an empty cell, ?, NA, None), if there are any."""
    if not count:
        return []
    rows = "1 training row has" if count == 1 else f"{count:,} training rows have"
    return [f"{target}  {rows} no target (empty, ?, NA, None …): left out"]
