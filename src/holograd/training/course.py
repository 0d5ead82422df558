"""Numbers that change from epoch to epoch, of any number of epochs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import compress
from typing import Any

MOST_EPOCHS = 1000  # enough for a smooth curve, little enough for any run length


class Course:
    """Numbers by their names, epoch by epoch.

    Up to 1,000 epochs are kept each; of more, every 2nd, 4th, 8th, … so that at most 1,000 evenly
    spaced ones are there. The last one always is.

    Args:
        every: the epochs that come are multiples of this.
    """

    def __init__(self, every: int = 1):
        self.epochs: list[int] = []
        self.columns: dict[str, list[float]] = {}
        self._stride = every

    def add(self, epoch: int, values: Mapping[str, float]) -> None:
        """Enters an epoch's numbers: the same names in each epoch."""
        if self.epochs and self.epochs[-1] % self._stride:
            for column in (self.epochs, *self.columns.values()):
                column.pop()  # it was there as the last one only
        if len(self.epochs) == MOST_EPOCHS:
            self._stride *= 2
            kept = [epoch % self._stride == 0 for epoch in self.epochs]
            self.epochs = list(compress(self.epochs, kept))
            self.columns = {
                name: list(compress(column, kept)) for name, column in self.columns.items()
            }
        self.epochs.append(epoch)
        for name, value in values.items():
            self.columns.setdefault(name, []).append(value)

    @property
    def last(self) -> dict[str, float]:
        """All numbers of the last epoch by name."""
        return {name: column[-1] for name, column in self.columns.items()}

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.columns:
            raise KeyError(f"{name!r} is not in this history, which has {', '.join(self.columns)}")
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.epochs)

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON takes it; numbers that are not finite become None."""
        return {
            "epochs": list(self.epochs),
            "columns": {
                name: [plain(one) for one in column] for name, column in self.columns.items()
            },
        }


def plain(number: float) -> float | None:
    """The number, or None where it is not finite, which JSON cannot hold."""
    return number if math.isfinite(number) else None
