"""The state of a run at one moment, so that it can be put back.

Arrays are never written in place, and a parameter's new value is a new node: a snapshot is a list
of references, which costs some tens of nanoseconds a tensor and no copy.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from holograd.graph import Node
from holograd.nn.module import Module
from holograd.optim import Optimizer
from holograd.tensor import Tensor


class Snapshot(NamedTuple):
    """A state: the node that each tensor stood for, and the optimizer's state by parameter."""

    nodes: list[Node]
    kept: dict[Tensor, dict[str, Any]]  # LBFGS replaces what is in it, instead of the nodes


class Keeper:
    """Takes snapshots of a model with its optimizer, and puts them back.

    Args:
        model: whose parameters and buffers to keep.
        optimizer: whose state to keep.
    """

    def __init__(self, model: Module, optimizer: Optimizer):
        self.optimizer = optimizer
        named = [(name, one) for name, one in model.named_parameters()]
        known = {id(one) for _, one in named}
        trained = [one for group in optimizer.param_groups for one in group["params"]]
        others = [("a parameter", one) for one in trained if id(one) not in known]
        self.names = [name for name, _ in named + others]
        self.parameters = [one for _, one in named + others]
        self.tensors = [*self.parameters, *model.buffers()]
        self.tensors += [one for kept in optimizer.state.values() for one in kept.values()]

    def take(self) -> Snapshot:
        """The present state."""
        return Snapshot([tensor.node for tensor in self.tensors], dict(self.optimizer.state))

    def restore(self, snapshot: Snapshot) -> None:
        """Makes a snapshot the present state again; gradients, which belong to another, go."""
        for tensor, node in zip(self.tensors, snapshot.nodes, strict=True):
            tensor.become(node)
        self.optimizer.state.update(snapshot.kept)
        for parameter in self.parameters:
            parameter.grad = None

    def names_in(self, snapshot: Snapshot) -> dict[Node, str]:
        """The parameters' names by their nodes in a snapshot."""
        return dict(zip(snapshot.nodes, self.names, strict=False))

    def strange(self, snapshot: Snapshot) -> str:
        """The name of the first parameter in a snapshot with a number that is not finite, or ""."""
        for name, node in zip(self.names, snapshot.nodes, strict=False):
            if not all_finite(node.value):
                return name
        return ""


def all_finite(array: np.ndarray) -> bool:
    """Whether no number is NaN or infinite; quick where that is so."""
    if array.dtype.kind != "f":
        return True
    with np.errstate(all="ignore"):
        total = array.sum(dtype=np.float64)  # NaN and infinity never leave a sum
    return bool(np.isfinite(total)) or bool(np.isfinite(array).all())
