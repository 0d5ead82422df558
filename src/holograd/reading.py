"""How a tensor's numbers are read from Python: as arrays, numbers, lists, truth values, text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.display import tensor_text
from holograd.errors import CaptureError, DtypeError, GradientError, ShapeError
from holograd.graph import Node, Spec, state


class Readable:
    """The part of a tensor that leaves the graph: what it takes to read its numbers."""

    __slots__ = ()

    if TYPE_CHECKING:
        node: Node

        def __getattr__(self, name: str) -> Any: ...

        def __getitem__(self, key: Any) -> Any: ...

    @property
    def value(self) -> np.ndarray:
        """The array; not to be written to.

        Raises:
            CaptureError: only the shape is known, because a step is being captured.
        """
        value = self.node.value
        if type(value) is Spec:
            raise CaptureError(
                "this step needs a tensor's value while it is captured from shapes alone",
                why="control flow that depends on values cannot become part of a graph",
                instead="Write where(condition, a, b), or move it out of the step.",
            )
        return value

    def numpy(self) -> np.ndarray:
        """The numbers as an array that cannot be written to; copy it to change it."""
        if self.node.requires_grad and state.recording:
            raise GradientError(
                "numpy() of a tensor that requires grad would leave the graph unnoticed",
                instead="Write x.detach().numpy().",
            )
        return self._read_only()

    def _read_only(self) -> np.ndarray:
        view = self.value.view()
        view.flags.writeable = False
        return view

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy or (dtype is not None and np.dtype(dtype) != self.node.dtype):
            return np.array(self.value, dtype)
        return self._read_only()

    def item(self) -> Any:
        """The one number it holds, as a Python number."""
        if math.prod(self.node.shape) != 1:
            raise ShapeError(
                f"item() of shape {self.node.shape}",
                why="only one number can become a Python number",
                instead="Write x.tolist(), or x[place].item().",
            )
        return self.value.reshape(-1)[0].item()

    def tolist(self) -> Any:
        """The numbers as nested lists."""
        return self.value.tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.node.dtype.kind == "f":
            raise DtypeError(
                f"a tensor of {self.node.dtype} is not an index", instead="Write int(x)."
            )
        return int(self.item())

    def __bool__(self) -> bool:
        if math.prod(self.node.shape) != 1:
            raise ShapeError(
                f"the truth of a tensor of shape {self.node.shape} is ambiguous",
                instead="Write x.any() or x.all().",
            )
        return bool(self.item())

    def __len__(self) -> int:
        if not self.node.shape:
            raise ShapeError("a tensor of no dimensions has no length")
        return self.node.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[place] for place in range(len(self)))

    def __contains__(self, number: Any) -> bool:
        return bool((self == number).any())

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return tensor_text(self)

    def __format__(self, form: str) -> str:
        return format(self.item(), form) if form and not self.node.shape else repr(self)
