"""How a tensor takes new values: `assign`, `x += y`, `x.zero_()`.

Arrays are never written in place. A tensor that is "changed in place" stands for another node from
then on, with a new array, and graphs that used the old one keep it. So everyone who holds the
tensor sees the new values, as in PyTorch; other tensors that were made from it do not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.eager import as_tensor
from holograd.errors import DtypeError, InPlaceError, ShapeError
from holograd.graph import Node, Spec, state
from holograd.ops import elementwise, random
from holograd.ops.table import FUNCTIONS


class Writable:
    """The part of a tensor that gives it new values."""

    __slots__ = ()

    if TYPE_CHECKING:
        node: Node

        @property
        def is_leaf(self) -> bool: ...
        @property
        def shape(self) -> tuple[int, ...]: ...
        @property
        def dtype(self) -> np.dtype: ...

    def assign(self, other: Any) -> Any:
        """Takes the values of `other`, which must have the same shape; returns itself.

        The old array stays as it was, for the graphs that use it.

        Raises:
            ShapeError: `other` has another shape.

        Example:
            >>> import holograd as hg
            >>> hg.zeros(2).assign([1, 2])
            tensor([1., 2.])
        """
        other = as_tensor(state.interpreter, other)
        if other.shape != self.shape:
            raise ShapeError(f"a tensor of shape {self.shape} cannot take values of {other.shape}")
        state.interpreter.assign(self, elementwise.cast(other, self.dtype))
        return self

    def _checked_assign(self, call: str, values: Any) -> Any:
        if self.node.requires_grad and self.is_leaf and state.recording:
            raise InPlaceError(
                f"{call} on a tensor that requires grad",
                why="a graph may need the values it had",
                instead="Put it under `with hg.no_grad():`.",
            )
        return self.assign(values)

    def copy_(self, src: Any) -> Any:
        """Takes the values of `src`, stretched to this shape; returns itself."""
        source = as_tensor(state.interpreter, src)
        return self._checked_assign("x.copy_(…)", source.expand(self.shape))

    def zero_(self) -> Any:
        """Takes zeros as its values; returns itself."""
        return self._checked_assign("x.zero_()", np.zeros(self.shape, self.dtype))

    def fill_(self, value: float) -> Any:
        """Takes one number everywhere; returns itself."""
        return self._checked_assign("x.fill_(…)", np.full(self.shape, value, self.dtype))

    def uniform_(self, low: float = 0.0, high: float = 1.0, *, generator: Any = None) -> Any:
        """Takes random numbers from [low, high); returns itself."""
        drawn = random.uniform(self.shape, self.dtype, generator)
        return self._checked_assign("x.uniform_()", drawn * (high - low) + low)

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Any:
        """Takes random numbers of the normal distribution; returns itself."""
        drawn = random.normal(self.shape, self.dtype, generator)
        return self._checked_assign("x.normal_()", drawn * std + mean)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise InPlaceError(
            "x[…] = value would write into an array that graphs may use",
            instead="Write x = hg.where(mask, value, x), or build it with hg.cat or hg.stack.",
        )


def changing(call: str, instead: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The method that makes a tensor stand for what `function` gives for it."""

    def change(self: Any, *others: Any, **named: Any) -> Any:
        if self.node.requires_grad and self.is_leaf and state.recording:
            raise InPlaceError(
                f"{call} on a tensor that requires grad",
                why="the graph needs the values it had",
                instead=f"Write {instead}, or put it under `with hg.no_grad():`.",
            )
        result = function(self, *others, **named)
        if result.shape != self.shape or result.dtype != self.dtype:
            error = ShapeError if result.shape != self.shape else DtypeError
            raise error(
                f"{call} would turn {self.dtype}{list(self.shape)} into "
                f"{result.dtype}{list(result.shape)}",
                why="a tensor keeps its shape and its kind of number",
                instead=f"Write {instead}.",
            )
        # What a capture has made itself simply becomes the result.
        inner = type(self.node.value) is Spec and self.node.owner is None
        if inner or (result.node.requires_grad and type(result.node.value) is not Spec):
            self.node = result.node  # from now on it is the result, with the graph that made it
            return self
        return self.assign(result)

    return change


for _name, _symbol in [("add", "+"), ("sub", "-"), ("mul", "*"), ("truediv", "/"), ("pow", "**")]:
    _function = FUNCTIONS["div" if _name == "truediv" else _name]
    _method = changing(f"x {_symbol}= …", f"x = x {_symbol} …", _function)
    setattr(Writable, f"__i{_name}__", _method)

for _name in """
    abs add ceil clamp cos div exp floor lerp log masked_fill mul neg pow reciprocal relu round
    sigmoid sin sqrt square sub tanh
""".split():
    _method = changing(f"x.{_name}_(…)", f"x = x.{_name}(…)", FUNCTIONS[_name])
    _method.__name__, _method.__doc__ = f"{_name}_", f"`{_name}` in place; returns itself."
    setattr(Writable, f"{_name}_", _method)
