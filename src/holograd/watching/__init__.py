"""Watching a model learn: statistics of its layers during training, which they do not change."""

from holograd.watching.layers import Measured, measure
from holograd.watching.watch import Watch, watch

__all__ = ["Measured", "Watch", "measure", "watch"]
