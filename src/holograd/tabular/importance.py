"""Which columns a model goes by: how much worse it answers when one is shuffled."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.data import Table
from holograd.errors import ArgumentError
from holograd.ops.random import Generator, permutation

if TYPE_CHECKING:
    from holograd.tabular.model import TableModel

MOST_ROWS = 20_000


@dataclass(frozen=True)
class Importance:
    """What a column is worth to a model.

    Attributes:
        column: its name.
        measure: what is compared: "accuracy" or "r2".
        mean: how much lower the measure is with the column shuffled; the mean over the repeats.
        std: the standard deviation over the repeats.
    """

    column: str
    measure: str
    mean: float
    std: float

    def to_dict(self) -> dict[str, Any]:
        """The same as plain numbers and texts."""
        return asdict(self)


def permutation_importance(
    model: TableModel, table: Table, seed: int, repeats: int
) -> list[Importance]:
    """The importance of each column that the model uses, the highest first.

    All features of a column are shuffled together, among the rows. Two columns that say the same
    share their importance, or neither has much.

    Args:
        model: whose answers are compared.
        table: rows with their target.
        seed: decides which rows are used, where there are more than 20,000, and the shuffles.
        repeats: how often each column is shuffled.

    Raises:
        ArgumentError: less than one repeat.

    Source: L. Breiman, Random forests, Machine Learning 45, 2001, section 10.
    """
    if repeats < 1:
        raise ArgumentError(
            f"importance got repeats={repeats}", instead="Write a number of shuffles, 1 or more."
        )
    generator = Generator(seed)
    if len(table) > MOST_ROWS:
        table = table.rows(np.sort(permutation(len(table), generator).value[:MOST_ROWS]))
    inputs, targets = model.encoder.transform(table), model.encoder.targets(table)
    measure = "accuracy" if model.classes else "r2"
    whole = model.scores(model.outputs(inputs), targets).scores[measure]
    found, place = [], 0
    for column in model.encoder.columns:
        part = slice(place, place + len(column.features))
        place = part.stop
        if not column.features:
            continue
        kept = inputs[:, part].copy()
        lost = []
        for _ in range(repeats):
            inputs[:, part] = kept[permutation(len(inputs), generator).value]
            lost.append(whole - model.scores(model.outputs(inputs), targets).scores[measure])
        inputs[:, part] = kept
        found.append(Importance(column.name, measure, float(np.mean(lost)), float(np.std(lost))))
    return sorted(found, key=lambda one: -one.mean)
