"""Parameters: the tensors that a module learns."""

from __future__ import annotations

from typing import Any

from holograd.creation import tensor as new_tensor
from holograd.graph import leaf
from holograd.tensor import Tensor


class Parameter(Tensor):
    """A tensor that a module learns: assigned to an attribute, it is among `parameters()`.

    Args:
        data: a tensor, an array or nested lists.
        requires_grad: whether gradients with respect to it are wanted.

    Raises:
        GradientError: `data` holds integers or truth values, and `requires_grad` is True.

    Example:
        >>> Parameter([0.5, -1.0])
        Parameter containing:
        tensor([ 0.5, -1. ], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True):
        value = (data if isinstance(data, Tensor) else new_tensor(data)).value
        super().__init__(leaf(value))
        self.requires_grad_(requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
