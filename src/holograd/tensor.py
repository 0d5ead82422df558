"""The tensor: a value, and the node that made it. Its methods come from the table of operations."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd import graph
from holograd.converting import Convertible
from holograd.eager import Eager, as_tensor
from holograd.errors import DtypeError, GradientError
from holograd.gradient import backward
from holograd.graph import Node, leaf, state
from holograd.ops import elementwise, indexing, movement
from holograd.ops.aliases import ALIASES
from holograd.ops.table import Methods
from holograd.reading import Readable
from holograd.writing import Writable


class no_grad:
    """A `with` block, or a decorator, in which results do not remember how they were made.

    Inside, `w -= rate * w.grad` gives the parameter a new array.

    Example:
        >>> import holograd as hg
        >>> w = hg.tensor(1.0, requires_grad=True)
        >>> with hg.no_grad():
        ...     print((w * 2).requires_grad)
        False
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        block = super().__new__(cls)
        return block if function is None else block(function)  # `@no_grad` without parentheses

    def __enter__(self) -> None:
        self.before = state.recording
        state.recording = False

    def __exit__(self, *exception: object) -> None:
        state.recording = self.before

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def without(*arguments: Any, **named: Any) -> Any:
            with type(self)():
                return function(*arguments, **named)

        return functools.update_wrapper(without, function)


class enable_grad(no_grad):
    """A `with` block in which results remember how they were made, also inside `no_grad`."""

    def __enter__(self) -> None:
        self.before = state.recording
        state.recording = True


class Tensor(Readable, Writable, Convertible, Methods):
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

    __slots__ = ("__weakref__", "_grad", "node")
    __array_ufunc__ = None  # NumPy's operators leave `array * tensor` to the tensor

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, node: Node):
        if type(node) is not Node:
            raise DtypeError("Tensor(…) takes a node of a graph", instead="Write hg.tensor(data).")
        self.node = node
        self._grad: Tensor | None = None

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

    @requires_grad.setter
    def requires_grad(self, requires_grad: bool) -> None:
        self.requires_grad_(requires_grad)

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward() calls added up here; None where there was none."""
        return self._grad

    @grad.setter
    def grad(self, gradient: Tensor | None) -> None:
        if gradient is not None and not (
            isinstance(gradient, Tensor)
            and gradient.shape == self.shape
            and gradient.dtype == self.dtype
        ):
            known = isinstance(gradient, Tensor)
            got = f"{gradient.dtype}{list(gradient.shape)}" if known else repr(gradient)
            raise GradientError(
                f"the gradient of a tensor of {self.dtype}{list(self.shape)} cannot be {got}",
                instead="Give a tensor of the same shape and dtype, or None.",
            )
        if state.interpreter is not eager:
            state.interpreter.read(self)  # a capture notes the gradient, to put it back
        self._grad = gradient

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
            return Tensor(self.node)
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
        node = self.node
        copied.become(leaf(self.value, requires_grad=node.requires_grad, name=node.name))
        copied.grad = None if self.grad is None else Tensor(leaf(self.grad.value))
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

    @property
    def data(self) -> Tensor:
        """The values without the graph. Writing to it, or assigning it, writes to this tensor."""
        return _Data(self)

    @data.setter
    def data(self, other: Any) -> None:
        if not (isinstance(other, _Data) and other.origin is self):
            self.assign(other)

    def __getitem__(self, key: Any) -> Tensor:
        return indexing.index(self, key)


class _Data(Tensor):
    """The values of another tensor: what is written here is written there."""

    __slots__ = ("origin",)

    def __init__(self, origin: Tensor):
        super().__init__(origin.detach().node)
        self.origin = origin

    def assign(self, other: Any) -> Tensor:
        self.origin.assign(other)
        return super().assign(other)


for _name, _function in ALIASES.items():
    if hasattr(Tensor, _function.__name__):  # `cat` and the like are functions alone
        setattr(Tensor, _name, _function)

eager = Eager(Tensor)
graph.use_by_default(eager)
