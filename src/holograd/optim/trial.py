"""What an optimizer's next step would do, without doing it."""

from __future__ import annotations

from typing import Any

import numpy as np

from holograd.graph import Arrays, interpreting, scope, state
from holograd.optim.optimizer import Optimizer
from holograd.tensor import Tensor


class _Trial(Arrays):
    """Values only; a tensor's new value is written down here instead of given to the tensor."""

    def __init__(self) -> None:
        self.values: dict[Tensor, np.ndarray] = {}

    def assign(self, tensor: Any, handle: Any) -> None:
        self.values[tensor] = np.asarray(handle)


def next_values(optimizer: Optimizer) -> dict[Tensor, np.ndarray] | None:
    """What `optimizer.step()` would give to parameters and state, which stay as they are.

    Args:
        optimizer: over parameters with gradients; those without one are left out, as in a step.

    Returns:
        The values by tensor, with the same bits as those of the step; None for an optimizer that
        has a step of its own, such as LBFGS, instead of a rule.

    Example:
        >>> import holograd as hg
        >>> from holograd import optim
        >>> w = hg.tensor([1.0, -2.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> next_values(optim.SGD([w], lr=0.25))[w], w.tolist()
        (array([ 0.5, -1. ], dtype=float32), [1.0, -2.0])
    """
    kind = type(optimizer)
    if kind.step is not Optimizer.step or kind._update is not Optimizer._update:
        return None
    trial = _Trial()
    recording, state.recording = state.recording, False
    try:
        with scope(kind.__name__), interpreting(trial):
            for place, group in enumerate(optimizer.param_groups):
                optimizer._update(group, place, trial)
    finally:
        state.recording = recording
    return trial.values
