"""What a step started from, so that it can be undone and repeated."""

from __future__ import annotations

from typing import NamedTuple

from holograd.tensor import Tensor
from holograd.training.snapshot import Snapshot


class Moment(NamedTuple):
    """The state, the batch, and where the random numbers were."""

    state: Snapshot
    inputs: Tensor
    targets: Tensor
    stream: int  # of the default generator, from which layers draw
