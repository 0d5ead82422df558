"""The tensor: a value, and the node that made it. Its methods come from the table of operations."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partialmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd import graph
from holograd.eager import Eager, as_tensor
from holograd.errors import DtypeError, GradientError, InPlaceError, ShapeError
from holograd.gradient import backward
from holograd.graph import Node, leaf, state
from holograd.ops import elementwise, indexing, movement
from holograd.ops.table import BOOL, FLOAT32, FLOAT64, INT32, INT64, Methods
from holograd.reading import Readable


class no_grad:
    """A `with` block, or a decorator, in which results do not remember how they were made.

    Inside, `w -= rate * w.grad` gives the parameter a new array.
    """

    def __enter__(self) -> None:
        self.before = state.recording
        state.recording = False

    def __exit__(self, *exception: object) -> None:
        state.recording = self.before

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def without(*arguments: Any, **named: Any) -> Any:
            with no_grad():
                return function(*arguments, **named)

        without.__name__, without.__doc__ = function.__name__, function.__doc__
        return without


class enable_grad(no_grad):
    """A `with` block in which results remember how they were made, also inside `no_grad`."""

    def __enter__(self) -> None:
        self.before = state.recording
        state.recording = True


class Tensor(Readable, Methods):
    """Numbers of one kind in any number of dimensions, with the graph that they came from.

    Made by `tensor(…)`, `zeros(…)` and other constructors. Functions of the library are methods:
    `x.exp()` is `exp(x)`.

    Example:
        >>> import holograd as hg
        >>> w = hg.tensor([1.0, 2.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> w.grad
        tensor([2., 4.])
    """

    __slots__ = ("__weakref__", "grad", "node")
    __array_ufunc__ = None  # NumPy's operators leave `array * tensor` to the tensor

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, node: Node):
        if type(node) is not Node:
            raise DtypeError("Tensor(…) takes a node of a graph", instead="Write hg.tensor(data).")
        self.node = node
        self.grad: Tensor | None = None

    # --- what it is ---

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents of the dimensions."""
        return self.node.value.shape

    @property
    def dtype(self) -> np.dtype:
        """The kind of number, as a NumPy dtype."""
        return self.node.value.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.node.value.shape)

    @property
    def requires_grad(self) -> bool:
        """Whether gradients with respect to it, or to what it was made of, can be asked for."""
        return self.node.requires_grad

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        operation = self.node.operation  # in a captured step, a new value is an identity's
        return operation is None or (self.node.owner is not None and operation.name == "identity")

    def dim(self) -> int:
        """The number of dimensions."""
        return self.ndim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the extent of one dimension."""
        return self.shape if dim is None else self.shape[dim]

    def numel(self) -> int:
        """How many numbers it holds."""
        return int(np.prod(self.shape))

    @property
    def T(self) -> Tensor:
        """The dimensions in reverse order; the transposed matrix."""
        return movement.permute(self, tuple(reversed(range(self.ndim))))

    @property
    def mT(self) -> Tensor:
        """Each matrix transposed."""
        return movement.transpose(self, -2, -1)

    # --- the graph ---

    def detach(self) -> Tensor:
        """The same numbers, without the graph."""
        if not self.node.requires_grad:
            return self
        with no_grad():  # an operation, so that a captured step reads the value at each run
            return elementwise.identity(self)

    def clone(self) -> Tensor:
        """The same numbers as a new node."""
        return elementwise.identity(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        """A tensor of its own, of the same class, with the same numbers and gradient."""
        if not self.is_leaf:
            raise GradientError(
                "a tensor that an operation made cannot be copied deeply",
                why="its graph would be copied with it", instead="Write copy.deepcopy(x.detach()).",
            )  # fmt: skip
        copied = memo[id(self)] = type(self).__new__(type(self))
        copied.grad = None if self.grad is None else Tensor(leaf(self.grad.value))
        node = self.node
        copied.become(leaf(self.value, requires_grad=node.requires_grad, name=node.name))
        return copied

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Says whether gradients with respect to this tensor are wanted; returns itself.

        Raises:
            GradientError: an operation made it, or it does not hold floats.
        """
        if self.node.requires_grad == requires_grad:
            return self
        if not self.is_leaf:
            raise GradientError(
                "requires_grad of a tensor that an operation made cannot be changed",
                instead="Write x = x.detach().requires_grad_().",
            )
        if requires_grad and self.dtype.kind != "f":
            raise GradientError(
                f"a tensor of {self.dtype} has no gradient", instead="Write x.float() first."
            )
        self.become(leaf(self.node.value, requires_grad=requires_grad, name=self.node.name))
        return self

    def retain_grad(self) -> None:
        """Keeps `.grad` also of a tensor that an operation made."""
        self.node.owner = weakref.ref(self)

    def become(self, node: Node) -> None:
        """Stands for another leaf from now on; `assign` is the checked way to do that."""
        node.owner = weakref.ref(self) if node.requires_grad else None
        self.node = node

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False
    ) -> None:
        """Adds the gradients of this one number to `.grad` of all leaves that it depends on.

        Args:
            gradient: for other shapes, the vector to multiply the Jacobian with from the left.
            retain_graph: whether backward() may go through this graph again; as `create_graph`.
            create_graph: whether the gradients get a graph of their own, to differentiate again.

        Raises:
            GradientError: nothing here requires grad, the tensor is not one number and no gradient
                was given, or backward() has been through this graph before.
        """
        if gradient is not None:
            gradient = elementwise.cast(as_tensor(state.interpreter, gradient), self.dtype)
        backward(
            self, gradient, create_graph if retain_graph is None else retain_graph, create_graph
        )

    # --- writing ---

    def assign(self, other: Any) -> Tensor:
        """Takes the values of `other`, which must have the same shape; returns itself.

        The old array stays as it was, for the graphs that use it.
        """
        other = as_tensor(state.interpreter, other)
        if other.shape != self.shape:
            raise ShapeError(f"a tensor of shape {self.shape} cannot take values of {other.shape}")
        state.interpreter.assign(self, elementwise.cast(other, self.dtype))
        return self

    copy_ = assign

    def zero_(self) -> Tensor:
        """Takes zeros as its values; returns itself."""
        return self.assign(np.zeros(self.shape, self.dtype))

    def fill_(self, number: float) -> Tensor:
        """Takes one number everywhere; returns itself."""
        return self.assign(np.full(self.shape, number, self.dtype))

    @property
    def data(self) -> Tensor:
        """The values without the graph; assigning to it gives the tensor new values."""
        return self.detach()

    @data.setter
    def data(self, other: Any) -> None:
        self.assign(other)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise InPlaceError(
            "x[…] = value would write into an array that graphs may use",
            instead="Write x = hg.where(mask, value, x), or build it with hg.cat or hg.stack.",
        )

    def __getitem__(self, key: Any) -> Tensor:
        return indexing.index(self, key)

    # --- other kinds of number ---

    def to(self, dtype: Any) -> Tensor:
        """The same numbers as another kind of number."""
        return elementwise.cast(self, dtype)

    def type_as(self, other: Tensor) -> Tensor:
        """As the kind of number that `other` holds."""
        return elementwise.cast(self, other.dtype)

    def contiguous(self) -> Tensor:
        """Itself: layout is not visible here."""
        return self


def _updating(symbol: str, function: Callable[[Any, Any], Any]) -> Callable[[Tensor, Any], Tensor]:
    """`x += y`: a new array for a parameter inside no_grad, else the plain `x = x + y`."""

    def update(self: Tensor, other: Any) -> Tensor:
        result = function(self, other)
        if not (self.node.requires_grad and self.is_leaf):
            return result
        if state.recording:
            raise InPlaceError(
                f"x {symbol}= … on a tensor that requires grad",
                why="the graph needs the values it had",
                instead=f"Write x = x {symbol} …, or put it under `with hg.no_grad():`.",
            )
        return self.assign(result)

    return update


for _name, _symbol, _function in [
    ("iadd", "+", elementwise.add), ("isub", "-", elementwise.sub), ("imul", "*", elementwise.mul),
    ("itruediv", "/", elementwise.div), ("ipow", "**", elementwise.pow),
]:  # fmt: skip
    setattr(Tensor, f"__{_name}__", _updating(_symbol, _function))

for _name, _dtype in [
    ("float", FLOAT32), ("double", FLOAT64), ("int", INT32), ("long", INT64), ("bool", BOOL),
]:  # fmt: skip
    setattr(Tensor, _name, partialmethod(Tensor.to, _dtype))

eager = Eager(Tensor)
graph.use_by_default(eager)
