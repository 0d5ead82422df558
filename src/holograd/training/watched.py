"""What `holograd.watch` saw of a model's layers during training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from holograd.training.course import Course


class Watched(Course):
    """Statistics of layers and parameters, epoch by epoch; epoch 0 is before training.

    `watched["0.mean"]` is the list of a layer's means, one for each of `watched.epochs`. A layer
    has the columns `mean` and `std`, and `dead` or `saturated` where it is an activation that can
    be; a parameter has `gradient_norm`, and `update_ratio` where the optimizer's next update is
    known. `holograd.watch` defines them. A number that does not exist is NaN: the gradient of a
    parameter that does not learn, the ratio of an update to a parameter that is 0.

    Args:
        every: the epochs that come are multiples of this.
        rows: how many rows of the training data it looks at.
        layers: the layers' kinds by their paths, `{"0": "Linear(2 → 2)"}`, in the order of use.
        parameters: the parameters' paths.
        note: what is left out, and why; empty where nothing is.
    """

    def __init__(
        self,
        every: int,
        rows: int,
        layers: Mapping[str, str],
        parameters: Sequence[str],
        note: str = "",
    ):
        super().__init__(every)
        self.rows, self.layers, self.parameters = rows, dict(layers), list(parameters)
        self.note = note

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON takes it; numbers that are not finite become None."""
        return {
            **super().to_dict(),
            "rows": self.rows,
            "layers": dict(self.layers),
            "parameters": list(self.parameters),
            "note": self.note,
        }

    def __repr__(self) -> str:
        what = f"{len(self.layers)} layers, {len(self.parameters)} parameters"
        return f"Watched({what}, {self.rows} rows; {len(self)} epochs)"
