"""The computational graph: operations, nodes, scopes, and the interpreter that makes them.

A `Node` is an operation, the nodes it takes, its parameters, and its value: an array where numbers
are known, a `Spec` (shape and dtype) where they are not yet. A `Graph` is an ordered and checked
set of nodes. Whatever computes, differentiates, draws, explains or compiles reads nodes; nodes
know nothing of their readers.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from holograd.errors import GraphError

if TYPE_CHECKING:
    import weakref


class Spec(NamedTuple):
    """What is known of an array before its numbers are: its shape and its dtype."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One primitive operation: everything that any reader needs to know about it, in one place."""

    name: str
    """Its name in PyTorch, which is also the function's and the method's name."""
    summary: str
    """One sentence for people."""
    formula: str
    """What it computes, in LaTeX, with inputs a, b, … and parameters by their names."""
    symbol: str
    """The short sign that a drawing puts on its gate."""
    numpy: Callable[..., Any]
    """Its meaning: (*arrays, **parameters) → array."""
    shape: Callable[..., tuple[int, ...]]
    """The shape rule: (*specs, **parameters) → shape; raises ShapeError with the way out."""
    dtype: Callable[..., np.dtype]
    """The dtype rule: (*specs, **parameters) → dtype, after the inputs were promoted."""
    kinds: tuple[str, ...]
    """What each input may be: any, number, float, floating (these share one dtype), bool, index.
    The last one repeats where an operation takes any number of inputs."""
    gradient: Sequence[Callable[..., Any]] | Callable[..., Any] | None
    """One pullback an input, (g, output, *inputs, **parameters) → contribution or None for zero,
    written in operations. One function with the input's position in front where an operation takes
    any number of inputs. None where the output has no gradient (integers, truth values)."""
    definition: Callable[..., Any] | None
    """For a primitive that exists for stability: the textbook definition, in operations."""
    samples: Callable[[np.random.Generator], list[tuple[tuple[Any, ...], dict[str, Any]]]]
    """Inputs from its safe domain, where it is smooth: [(inputs, parameters), …]."""
    native: Callable[..., Any] | None = None
    """Where it works number by number: (machine, *numbers, **parameters) → number, written with
    the words of `compiler.machine.Machine`."""

    plain: bool = field(init=False)
    """Whether all inputs share one dtype, so that equal floats need no second look."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", not {"bool", "index"} & set(self.kinds))

    def pullback(self, position: int, *arguments: Any, **parameters: Any) -> Any:
        """What the gradient of the output contributes to that of the input at `position`."""
        rules = self.gradient
        if callable(rules):
            return rules(position, *arguments, **parameters)
        assert rules is not None, f"{self.name} has no gradient"
        return rules[position](*arguments, **parameters)

    def __repr__(self) -> str:
        return f"<operation {self.name}>"


class Scope:
    """The composite or layer that made a node: a name, a kind (`Linear`, `softmax`), and the scope
    around it. Each call makes a new one, so that two uses of one layer fold into two."""

    __slots__ = ("kind", "name", "parent")

    def __init__(self, name: str, kind: str, parent: Scope | None = None):
        self.name, self.kind, self.parent = name, kind, parent

    @property
    def path(self) -> tuple[Scope, ...]:
        """The scopes from the outermost to this one."""
        scopes: list[Scope] = []
        scope: Scope | None = self
        while scope is not None:
            scopes.append(scope)
            scope = scope.parent
        return tuple(reversed(scopes))

    def __repr__(self) -> str:
        return "/".join(scope.name or scope.kind for scope in self.path)


serials = itertools.count()


class Node:
    """One value in a graph, and where it came from. Never changed once made."""

    __slots__ = (
        "inputs",
        "name",
        "operation",
        "owner",
        "parameters",
        "requires_grad",
        "scope",
        "serial",
        "spent",
        "value",
    )

    def __init__(
        self,
        operation: Operation | None,
        inputs: tuple[Node, ...],
        parameters: Mapping[str, Any],
        value: np.ndarray | Spec,
        requires_grad: bool,
        scope: Scope | None,
    ):
        self.operation = operation  # None: a leaf (an input, a parameter, a constant)
        self.inputs = inputs
        self.parameters = parameters
        self.value: Any = value
        self.requires_grad = requires_grad
        self.scope = scope
        self.serial = next(serials)  # inputs are made before what uses them: a topological order
        self.name = ""
        self.owner: weakref.ref[Any] | None = None  # the tensor whose .grad a leaf's gradient joins
        self.spent = False  # whether backward() has been through, which it may do once

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents of the dimensions."""
        return self.value.shape

    @property
    def dtype(self) -> np.dtype:
        """The kind of number."""
        return self.value.dtype

    @property
    def spec(self) -> Spec:
        """Both."""
        value = self.value
        return value if type(value) is Spec else Spec(value.shape, value.dtype)

    def __repr__(self) -> str:
        made_by = self.operation.name if self.operation else (self.name or "leaf")
        place = f" in {self.scope}" if self.scope else ""
        return f"<{made_by} {self.dtype}{list(self.shape)}{place}>"


def leaf(value: Any, *, requires_grad: bool = False, name: str = "") -> Node:
    """A node that no operation made."""
    node = Node(None, (), NO_PARAMETERS, value, requires_grad, None)
    node.name = name
    return node


NO_PARAMETERS: Mapping[str, Any] = {}


def topological(roots: Iterable[Node], follow: Callable[[Node], bool] | None = None) -> list[Node]:
    """All nodes that `roots` depend on, each after its inputs; walks without recursion.

    Args:
        roots: where to begin.
        follow: which nodes to visit; all where it is None.
    """
    seen: set[Node] = set()
    waiting = [node for node in roots if follow is None or follow(node)]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            for source in node.inputs:
                if source not in seen and (follow is None or follow(source)):
                    waiting.append(source)
    return sorted(seen, key=_by_serial)


def _by_serial(node: Node) -> int:
    return node.serial


class Graph:
    """An ordered, checked graph from `inputs` to `outputs`.

    Args:
        inputs: leaves whose values are given at each run.
        outputs: the nodes wanted.

    Raises:
        GraphError: a node's shape or dtype is not what its operation's rules say, an input is not
            a leaf, or a leaf that is not an input has no value.
    """

    def __init__(self, inputs: Sequence[Node], outputs: Sequence[Node]):
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.nodes = tuple(topological([*inputs, *outputs]))
        self.verify()

    def verify(self) -> None:
        """Checks every node against its operation's rules."""
        given = set(self.inputs)
        sound: set[Any] = set()  # what was asked before: scalar expressions ask little else
        for node in self.nodes:
            if node.operation is None:
                if node not in given and type(node.value) is Spec:
                    raise GraphError(f"{node} has no value and is not among the graph's inputs")
                continue
            if node in given:
                raise GraphError(f"{node} is an input of the graph and yet computed by it")
            specs = tuple([one.spec for one in node.inputs])
            key = (node.operation, specs, node.spec)
            if key in sound:
                continue
            shape = node.operation.shape(*specs, **node.parameters)
            dtype = node.operation.dtype(*specs, **node.parameters)
            if shape != node.shape or dtype != node.dtype:
                raise GraphError(f"{node} should be {dtype}{list(shape)} by its rules")
            if not node.parameters:
                sound.add(key)

    def run(self, values: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs for the inputs' `values`, computed by NumPy, one node after the other.

        Raises:
            GraphError: the number of values, a shape or a dtype is not that of the inputs.
        """
        if len(values) != len(self.inputs):
            raise GraphError(f"the graph takes {len(self.inputs)} inputs, and got {len(values)}")
        known: dict[Node, np.ndarray] = {}
        for node, value in zip(self.inputs, values, strict=True):
            if value.shape != node.shape or value.dtype != node.dtype:
                raise GraphError(f"{node} got {value.dtype}{list(value.shape)}")
            known[node] = value
        with np.errstate(all="ignore"):
            for node in self.nodes:
                if node.operation is not None:
                    arrays = [known[source] for source in node.inputs]
                    known[node] = np.asarray(node.operation.numpy(*arrays, **node.parameters))
                elif node not in known:
                    known[node] = node.value
        return [known[node] for node in self.outputs]


class Interpreter:
    """What an operation does when it is called: the questions that every interpreter answers.

    There are three: values with a graph (`eager.Eager`), values alone (`Arrays`), and a graph alone
    (`capture.Shapes`). Operations, gradient rules and optimizer rules are written once and run in
    all of them. What an interpreter passes around is called a handle: a tensor, or an array.
    """

    def apply(self, operation: Operation, inputs: Sequence[Any], parameters: Mapping) -> Any:
        """Carry out, or write down, one operation; `inputs` and the result are handles."""
        raise NotImplementedError

    def handle(self, node: Node) -> Any:
        """What operations take and give for `node`: an array, or a tensor."""
        raise NotImplementedError

    def constant(self, array: np.ndarray) -> Any:
        """A handle for an array that does not depend on anything."""
        raise NotImplementedError

    def variable(self, handle: Any) -> Any:
        """The same value as a new node, by which one can differentiate."""
        raise NotImplementedError

    def runtime(self, name: str, read: Callable[[], Any], spec: Spec) -> Any:
        """Numbers that may be others at each run (a learning rate), asked from `read`."""
        raise NotImplementedError

    def read(self, tensor: Any) -> Any:
        """A handle for a tensor's present value."""
        raise NotImplementedError

    def assign(self, tensor: Any, handle: Any) -> None:
        """Gives a tensor a new value, of the same shape and dtype."""
        raise NotImplementedError

    def condense(self, outputs: Sequence[Node], wanted: Iterable[Node] | None) -> Sequence[Node]:
        """The same values of fewer nodes, before gradients are taken; `wanted` stay themselves."""
        return outputs

    @property
    def graphless(self) -> Interpreter:
        """The interpreter to work in where no graph of the results is wanted."""
        return self


class Arrays(Interpreter):
    """Values only: operations take arrays and give arrays, which must already agree in dtype."""

    def apply(self, operation: Operation, inputs: Sequence[Any], parameters: Mapping) -> Any:
        return operation.numpy(*inputs, **parameters)

    def handle(self, node: Node) -> Any:
        return node.value

    def constant(self, array: np.ndarray) -> Any:
        return array

    def runtime(self, name: str, read: Callable[[], Any], spec: Spec) -> Any:
        return np.asarray(read(), spec.dtype)

    def read(self, tensor: Any) -> Any:
        return tensor.node.value

    def assign(self, tensor: Any, handle: Any) -> None:
        node = tensor.node
        tensor.become(leaf(np.asarray(handle), requires_grad=node.requires_grad, name=node.name))


arrays = Arrays()


class _State(threading.local):
    """Who interprets operations in this thread, in which scope, and whether gradients are kept."""

    interpreter: Interpreter = arrays
    scope: Scope | None = None
    recording: bool = True


state = _State()


def use_by_default(interpreter: Interpreter) -> None:
    """Makes `interpreter` the one that answers in every thread where no other was chosen."""
    _State.interpreter = interpreter


def apply(operation: Operation, inputs: Sequence[Any], parameters: Mapping = NO_PARAMETERS) -> Any:
    """Calls an operation: the current interpreter decides what that means."""
    return state.interpreter.apply(operation, inputs, parameters)


class interpreting:
    """A `with` block in which `interpreter` answers; NumPy's warnings are silent in it."""

    def __init__(self, interpreter: Interpreter):
        self.interpreter = interpreter
        self.quiet = np.errstate(all="ignore")

    def __enter__(self) -> Interpreter:
        self.before = state.interpreter
        state.interpreter = self.interpreter
        self.quiet.__enter__()
        return self.interpreter

    def __exit__(self, *exception: object) -> None:
        self.quiet.__exit__(None, None, None)
        state.interpreter = self.before


class scope:
    """A `with` block whose nodes belong to the layer or composite `name` of the given `kind`.

    The outermost one also silences NumPy's floating-point warnings, once for all that is inside:
    infinities and NaN are values here, and the training loop reports where they began.
    """

    __slots__ = ("inner", "outer", "quiet")

    def __init__(self, name: str, kind: str = ""):
        self.outer = state.scope
        self.inner = Scope(name, kind or name, self.outer)

    def __enter__(self) -> Scope:
        if self.outer is None:
            self.quiet = np.errstate(all="ignore")
            self.quiet.__enter__()
        state.scope = self.inner
        return self.inner

    def __exit__(self, *exception: object) -> None:
        state.scope = self.outer
        if self.outer is None:
            self.quiet.__exit__(None, None, None)
