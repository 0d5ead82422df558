"""The eager interpreter: each operation is computed at once by NumPy, and written down as a node.

It also brings inputs of different kinds together: numbers and arrays become constants, and tensors
of different dtypes are cast to the one that PyTorch's rules give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from holograd.errors import DtypeError, HologradError, ShapeError
from holograd.graph import NO_PARAMETERS, Interpreter, Node, Operation, Spec, arrays, leaf, state
from holograd.ops.table import DTYPES, FLOAT32, FLOAT64, SHARED, TABLE, check_kind, promote


class Cast(Node):
    """A leaf with the numbers of another one in another dtype, which keeps that one in reach."""

    __slots__ = ("source",)

    def __init__(self, value: np.ndarray, source: Node):
        super().__init__(None, (), NO_PARAMETERS, value, False, None)
        self.source = source


class Eager(Interpreter):
    """Values and, where a gradient may be asked for, the graph that made them."""

    def __init__(self, tensor_class: type):
        self.tensor_class = tensor_class

    def apply(
        self, operation: Operation, inputs: Sequence[Any], parameters: Mapping = NO_PARAMETERS
    ) -> Any:
        try:
            nodes = [handle.node for handle in inputs]
            dtype = nodes[0].value.dtype
            agreed = dtype is FLOAT32 or dtype is FLOAT64
            requires_grad = False
            for node in nodes:
                agreed = agreed and node.value.dtype is dtype
                requires_grad = requires_grad or node.requires_grad
            agreed = agreed and operation.plain
        except AttributeError:  # a number or an array among the inputs
            agreed = requires_grad = False
            nodes = []
        if not agreed:
            nodes = agree(self, operation, inputs)
            requires_grad = any(node.requires_grad for node in nodes)
        value = compute(operation, nodes, parameters)
        if requires_grad and state.recording and operation.gradient is not None:
            return self.tensor_class(
                Node(operation, tuple(nodes), parameters, value, True, state.scope)
            )
        return self.tensor_class(Node(None, (), NO_PARAMETERS, value, False, None))

    def handle(self, node: Node) -> Any:
        return self.tensor_class(node)

    def constant(self, array: np.ndarray) -> Any:
        return self.tensor_class(leaf(array))

    def variable(self, handle: Any) -> Any:
        handle = as_tensor(self, handle)
        if not handle.node.requires_grad:
            return self.tensor_class(leaf(handle.node.value, requires_grad=True))
        return self.apply(TABLE["identity"], (handle,))

    def runtime(self, name: str, read: Callable[[], Any], spec: Spec) -> Any:
        return self.constant(np.asarray(read(), spec.dtype))

    def read(self, tensor: Any) -> Any:
        return tensor

    def assign(self, tensor: Any, handle: Any) -> None:
        arrays.assign(tensor, handle.node.value)

    @property
    def graphless(self) -> Interpreter:
        return arrays


def compute(operation: Operation, nodes: Sequence[Node], parameters: Mapping) -> np.ndarray:
    """The operation's value by NumPy; what NumPy refuses is explained by the shape rule."""
    values = [node.value for node in nodes]
    try:
        if state.scope is None:
            with np.errstate(all="ignore"):
                value = operation.numpy(*values, **parameters)
        else:
            value = operation.numpy(*values, **parameters)
    except HologradError:
        raise
    except Exception as error:
        specs = [Spec(value.shape, value.dtype) for value in values]
        operation.shape(*specs, **parameters)  # raises the error that teaches
        shapes = ", ".join(f"{spec.dtype}{list(spec.shape)}" for spec in specs)
        raise ShapeError(f"{operation.name} of {shapes} failed", why=str(error)) from error
    return value if type(value) is np.ndarray else np.asarray(value)


def as_tensor(interpreter: Interpreter, value: Any) -> Any:
    """A handle for `value`: itself, or a constant made of a number, a list or an array."""
    if hasattr(value, "node"):
        return value
    return interpreter.constant(as_array(value))


def as_array(value: Any, dtype: Any = None) -> np.ndarray:
    """An array of one of holograd's dtypes; Python floats become float32, integers int64.

    Raises:
        DtypeError: it does not consist of numbers.
    """
    try:
        array = np.asarray(value, dtype)
    except (ValueError, TypeError, OverflowError) as error:
        raise DtypeError(
            f"{type(value).__name__} is not an array of numbers", why=str(error)
        ) from None
    if dtype is None and not hasattr(value, "dtype"):
        kept = [one for one in _flat(value) if hasattr(one, "dtype")]
        if array.dtype.kind == "f" and not kept:
            array = array.astype(FLOAT32)
    if array.dtype.kind not in "biuf":
        held = "text" if array.dtype.kind in "US" else str(array.dtype)
        raise DtypeError(f"a tensor cannot hold {held}", instead="Give numbers or truth values.")
    if array.dtype.byteorder not in "=|":
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype not in DTYPES:
        names = ", ".join(str(one) for one in DTYPES)
        raise DtypeError(
            f"a tensor cannot hold {array.dtype}",
            why=f"holograd has {names}",
            instead="Write array.astype(np.float32), or another of these.",
        )
    return array


def _flat(value: Any) -> list[Any]:
    """The first numbers of nested lists, which tell what they hold."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return [value]


def agree(interpreter: Interpreter, operation: Operation, inputs: Sequence[Any]) -> list[Node]:
    """The inputs as nodes of the dtypes that the operation takes, cast where needed."""
    kinds = operation.kinds + operation.kinds[-1:] * (len(inputs) - len(operation.kinds))
    handles: list[Any] = []
    shared: list[tuple[np.dtype, int]] = []
    weak: list[Any] = []
    for value, kind in zip(inputs, kinds, strict=True):
        handle: Any = value if is_number(value) else as_tensor(interpreter, value)
        handles.append(handle)
        if kind in SHARED:
            if is_number(value):
                weak.append(value)
            else:
                shared.append((handle.node.value.dtype, len(handle.node.value.shape)))
    dtype = promote(shared, weak) if shared or weak else FLOAT32
    if "float" in kinds and dtype.kind != "f":
        dtype = FLOAT32
    nodes = []
    for handle, kind in zip(handles, kinds, strict=True):
        shares = kind in SHARED
        if is_number(handle):
            node = interpreter.constant(as_array(handle, dtype if shares else None)).node
        elif shares and handle.node.value.dtype != dtype:
            node = interpreter.apply(TABLE["cast"], (handle,), {"dtype": dtype}).node
            if node.operation is None:
                node = Cast(node.value, handle.node)
        else:
            node = handle.node
        check_kind(operation, kind, node.value.dtype)
        nodes.append(node)
    return nodes


def is_number(value: Any) -> bool:
    """Whether it is a number of Python or NumPy, whose kind counts less than any tensor's."""
    return isinstance(value, (bool, int, float, np.generic))
