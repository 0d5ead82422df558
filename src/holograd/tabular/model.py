"""A network that takes raw rows of a table: the encoder, the network, and the target's coding."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from holograd import files
from holograd.data import Encoder, Table
from holograd.data.stored import plain
from holograd.data.target import Target
from holograd.errors import ArgumentError, DataError, ModelError
from holograd.nn import Linear
from holograd.nn.module import Module
from holograd.tabular.importance import Importance, permutation_importance
from holograd.tabular.reading import read_for
from holograd.tabular.scores import (
    Evaluation,
    evaluate_classes,
    evaluate_numbers,
    probabilities,
)
from holograd.training import predict
from holograd.training.threads import limited_threads

ROWS_AT_ONCE = 2048
KEY = "table"


class TableModel:
    """A trained network, with what it knows of the table's columns.

    All methods take the rows as a CSV, .npy, .npz or Parquet file, as a data frame of pandas or
    Polars, or as an array. Columns that have names may stand in any order; the target may be there
    or not. A category that was not there in training and a missing value are no errors.

    Args:
        network: takes (N, features), gives logits (N, classes) or (N, 1).
        encoder: what becomes of the columns; with a target.
        metadata: what else is kept in the model's file.

    Raises:
        ModelError: the encoder has no target, or the network does not fit it.
    """

    def __init__(self, network: Module, encoder: Encoder, metadata: dict[str, Any] | None = None):
        if encoder.target is None:
            raise ModelError("a table model needs a target", instead="Name one in Encoder.fit.")
        self.network, self.encoder, self.goal = network, encoder, encoder.target
        self.metadata = dict(metadata or {})
        self._check_network()

    @property
    def target(self) -> str:
        """The name of the column that is predicted."""
        return self.goal.name

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return self.goal.task

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes' names, in the order of the outputs; empty for regression."""
        return self.goal.classes

    @property
    def columns(self) -> list[str]:
        """A line for each column: what became of it."""
        return self.encoder.describe()

    def __repr__(self) -> str:
        parameters = sum(one.numel() for one in self.network.parameters())
        used = sum(bool(column.features) for column in self.encoder.columns)
        return (
            f"TableModel({self.target!r} from {used} columns, {self.goal.describe()}; "
            f"{parameters:,} parameters)"
        )

    def predict(self, data: Any, header: str = "auto") -> np.ndarray:
        """(N,) the predicted labels as texts, or numbers in the target's unit as float64.

        Args:
            data: the rows.
            header: whether a CSV file's first row holds the columns' names: "auto", "yes", "no".

        Raises:
            DataError: a column is missing, or one is there that was not there in training.
        """
        return self.goal.decode(self.outputs(read_for(self.encoder, data, header)))

    def probabilities(self, data: Any, header: str = "auto") -> np.ndarray:
        """(N, C) float64: each class's probability, in the order of `classes`.

        Raises:
            ArgumentError: the model predicts a number.
            DataError: as for `predict`.
        """
        if not self.classes:
            raise ArgumentError(
                f"the model predicts a number, {self.target!r}",
                why="only classes have probabilities",
                instead="Write model.predict(…).",
            )
        return probabilities(self.outputs(read_for(self.encoder, data, header)))

    def evaluate(self, data: Any, header: str = "auto") -> Evaluation:
        """The scores on rows whose target is there.

        Raises:
            DataError: as for `predict`; there is no target, or a class that was not there in
                training.
        """
        table = self._labelled(read_for(self.encoder, data, header))
        return self.scores(self.outputs(table), self.encoder.targets(table))

    def importance(
        self, data: Any, seed: int = 0, repeats: int = 5, header: str = "auto"
    ) -> list[Importance]:
        """How much worse the answers become when a column's cells are shuffled; worst first.

        It goes by accuracy or R²; of many rows, 20,000 drawn by the seed are used.

        Args:
            data: rows with their target, best such that were not trained on.
            seed: decides the shuffles.
            repeats: how often each column is shuffled.
            header: as for `predict`.

        Raises:
            ArgumentError: less than one repeat.
            DataError: as for `evaluate`.
        """
        table = self._labelled(read_for(self.encoder, data, header))
        return permutation_importance(self, table, seed, repeats)

    def scores(self, outputs: np.ndarray, targets: np.ndarray) -> Evaluation:
        """The scores of the network's outputs against targets as the encoder gives them."""
        if self.classes:
            return evaluate_classes(outputs, targets, self.classes)
        return evaluate_numbers(self.goal.decode(outputs), self.goal.decode(targets))

    def outputs(self, rows: Table | np.ndarray) -> np.ndarray:
        """What the network gives for rows of a table, or for encoded rows (N, features)."""
        encoded = self.encoder.transform(rows) if isinstance(rows, Table) else rows
        with limited_threads(1):
            return predict(self.network, encoded, ROWS_AT_ONCE).value

    def save(self, path: str | os.PathLike[str], **metadata: Any) -> None:
        """Write the model into one file that `TableModel.load` reads, in a new process too.

        Args:
            path: the file.
            metadata: more to keep, as JSON values.

        Raises:
            ArgumentError: metadata of the name "table", which is taken.
            ModelError: the file cannot be written.
        """
        if KEY in metadata:
            raise ArgumentError(
                f"save() got metadata of the name {KEY!r}", why="that is where the columns are kept"
            )
        files.save(self.network, path, **{**self.metadata, **metadata, KEY: self.encoder.to_dict()})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TableModel:
        """Read what `save` wrote.

        Raises:
            ModelError: there is no such file, it is damaged, or its model is not of a table.
        """
        metadata = files.load_metadata(path)
        if KEY not in metadata:
            raise ModelError(
                f"{Path(path)} holds a model of another kind",
                why="it does not say of which table's columns its inputs are made",
                instead="Give a model that was trained on a table, or use holograd.load(path).",
            )
        network = files.load(path)
        table = metadata.pop(KEY)
        try:
            if not isinstance(network, Module):
                raise ModelError("it holds weights without a network")
            encoder = Encoder.from_dict(plain({KEY: table}, KEY, dict))
            return cls(network.eval(), encoder, metadata)
        except ModelError as error:
            raise ModelError(
                f"{Path(path)}: {error.what}", why=error.why, instead=error.instead
            ) from error

    def _labelled(self, table: Table) -> Table:
        labelled = self.encoder.labelled(table)
        if not len(labelled):
            raise DataError(
                f"{table.source} has no row whose {self.target!r} is there",
                why="it is the target, and the answers are to be compared with it",
                instead="Check the column.",
            )
        return labelled

    def _check_network(self) -> None:
        """Raise when the network does not take the features, or give what the target needs."""
        layers = [one for one in self.network.modules() if isinstance(one, Linear)]
        features, outputs = len(self.encoder.features), outputs_for(self.goal)
        if not layers or (layers[0].in_features, layers[-1].out_features) != (features, outputs):
            raise ModelError(
                "the network does not fit the table",
                why=f"there are {features} features and {outputs} output(s)",
                instead="Train the model again.",
            )


def outputs_for(target: Target) -> int:
    """How many numbers the network's last layer gives: a logit for each class, or one number."""
    return len(target.classes) or 1
