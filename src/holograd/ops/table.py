"""The table of operations, and how a record becomes a function and a method.

`TABLE` holds the primitives, `FUNCTIONS` every public function (primitives and composites), and
`Methods` is the class that the tensor inherits its methods and operators from. What stands in the
table has a function, a method, tests and documentation; there is no second place to enter it.
"""

from __future__ import annotations

import functools
import operator as operators
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd import graph
from holograd.errors import ArgumentError, DtypeError, ShapeError
from holograd.graph import NO_PARAMETERS, Operation, Spec

TABLE: dict[str, Operation] = {}
FUNCTIONS: dict[str, Callable[..., Any]] = {}

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
INT32, INT64, BOOL = np.dtype(np.int32), np.dtype(np.int64), np.dtype(np.bool_)
_NAMES = "bool uint8 int8 int16 int32 int64 float32 float64".split()
DTYPES = tuple(np.dtype(name) for name in _NAMES)


UNARY = ("neg", "abs", "invert")  # Python's operators that take one number

# The kinds of input that share one dtype, to which they are promoted: any; number (no truth
# values); float (integers become float32); floating (floats only).
SHARED = ("any", "number", "float", "floating")


class Methods:
    """The functions of the table as methods; the tensor class inherits from it."""

    __slots__ = ()
    __hash__ = object.__hash__

    if TYPE_CHECKING:  # what the records' `operator` fields put here, for type checkers

        def __add__(self, other: Any) -> Any: ...
        def __neg__(self) -> Any: ...
        def __eq__(self, other: object) -> Any: ...
        def __ne__(self, other: object) -> Any: ...

        __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = __matmul__ = __add__
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __add__
        __rpow__ = __rmatmul__ = __and__ = __or__ = __xor__ = __rand__ = __ror__ = __add__
        __rxor__ = __lt__ = __le__ = __gt__ = __ge__ = __add__
        __abs__ = __invert__ = __neg__


def public(function: Callable, *, operator: str = "", method: bool = True) -> Callable[..., Any]:
    """Enters `function` into the table, as a method too, and as an operator where it has one."""
    name = function.__name__
    FUNCTIONS[name] = function
    if method:
        setattr(Methods, name, function)
    if operator in ("eq", "ne"):
        # Nothing equals None: Python then compares by identity, as `x.grad == None` means it.
        setattr(
            Methods,
            f"__{operator}__",
            lambda a, b: NotImplemented if b is None else function(a, b),
        )
    elif operator:
        setattr(Methods, f"__{operator}__", function)
        if operator not in UNARY:
            setattr(Methods, f"__r{operator}__", lambda a, b: function(b, a))
    return function


def composite(function: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a function made of other operations: its nodes carry its name as their scope."""
    name = function.__name__

    @functools.wraps(function)
    def scoped(*arguments: Any, **named: Any) -> Any:
        with graph.scope(name):
            return function(*arguments, **named)

    return scoped


def operation(
    name: str,
    *,
    summary: str,
    formula: str,
    numpy: Callable[..., Any],
    gradient: Sequence[Callable[..., Any]] | Callable[..., Any] | None,
    samples: Callable[..., list],
    symbol: str = "",
    shape: Callable[..., tuple[int, ...]] | None = None,
    dtype: Callable[..., np.dtype] | np.dtype | None = None,
    kinds: tuple[str, ...] = ("any",),
    definition: Callable[..., Any] | None = None,
    native: Callable[..., Any] | None = None,
) -> Operation:
    """Enters a primitive into the table and returns its record.

    Where `shape` is not given, the inputs broadcast; where `dtype` is not given, the result has
    the dtype that the inputs agree on.
    """
    shape_rule = shape or functools.partial(broadcast_shape, name)
    if isinstance(dtype, np.dtype):
        constant = dtype
        dtype_rule: Callable[..., np.dtype] = lambda *specs, **parameters: constant  # noqa: E731
    else:
        dtype_rule = dtype or _common_dtype(kinds)
    record = Operation(
        name, summary, formula, symbol or name, numpy, shape_rule, dtype_rule, kinds, gradient,
        definition, samples, native,
    )  # fmt: skip
    if name in TABLE:
        raise ValueError(f"there is an operation {name} already")
    TABLE[name] = record
    return record


def elementwise(
    name: str, *, example: str, operator: str = "", **fields: Any
) -> Callable[..., Any]:
    """Enters a primitive that works number by number, and returns its public function.

    Where neither `native` nor `definition` is given, the machine has a word of the same name.
    """
    if "native" not in fields and "definition" not in fields:
        fields["native"] = word(name)
    record = operation(name, **fields)
    state = graph.state
    if len(record.kinds) == 1:

        def function(input: Any) -> Any:  # pyright: ignore[reportRedeclaration]
            return state.interpreter.apply(record, (input,), NO_PARAMETERS)

    elif len(record.kinds) == 2:

        def function(  # pyright: ignore[reportRedeclaration]
            input: Any, other: Any
        ) -> Any:
            return state.interpreter.apply(record, (input, other), NO_PARAMETERS)

    else:

        def function(condition: Any, input: Any, other: Any) -> Any:
            return state.interpreter.apply(record, (condition, input, other), NO_PARAMETERS)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"{record.summary}\n\n    .. math:: {record.formula}\n\n{example_text(example)}"
    )
    return public(function, operator=operator)


def word(name: str) -> Callable[..., Any]:
    """The native rule of what the machine has a word for."""
    return lambda machine, *numbers, **parameters: getattr(machine, name)(*numbers, **parameters)


def example_text(example: str) -> str:
    """`call → result` as the example in a docstring."""
    call, _, result = example.partition(" → ")
    return (
        f"    Example:\n        >>> import holograd as hg\n        >>> {call}\n        {result}\n"
    )


def _common_dtype(kinds: tuple[str, ...]) -> Callable[..., np.dtype]:
    position = next((i for i, kind in enumerate(kinds) if kind in SHARED), 0)
    return lambda *specs, **parameters: specs[position].dtype


# --- shape rules ---


def broadcast_shape(name: str, *specs: Spec, **parameters: Any) -> tuple[int, ...]:
    """The shape that `specs` broadcast to: aligned at the last dimension, 1 stretches."""
    try:
        return np.broadcast_shapes(*(spec.shape for spec in specs))
    except ValueError:
        shapes = " and ".join(str(spec.shape) for spec in specs)
        raise ShapeError(
            f"{name} cannot combine shapes {shapes}",
            why="aligned at the last dimension, extents must be equal or 1",
            instead="Use reshape, unsqueeze or transpose to line the dimensions up.",
        ) from None


def shape_of(input: Any, name: str) -> tuple[int, ...]:
    """The shape of what `name` takes as a tensor.

    Raises:
        DtypeError: it is no tensor, but a list or a number.
    """
    try:
        return input.shape
    except AttributeError:
        raise DtypeError(
            f"{name} takes a tensor, and got {with_article(type(input).__name__)}",
            instead="Write hg.tensor([…])." if isinstance(input, (list, tuple)) else "",
        ) from None


def with_article(noun: str) -> str:
    """`a list`, `an int`."""
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def whole_number(value: Any, name: str) -> int:
    """`value` as an integer; raises ArgumentError where it is none."""
    try:
        return operators.index(value)
    except TypeError:
        raise ArgumentError(
            f"{name} takes integers, and got {value!r}",
            instead="Write x // 2 for half an extent, or int(…).",
        ) from None


def normal_dim(dim: Any, ndim: int, name: str) -> int:
    """`dim` counted from the front; −1 is the last one.

    Raises:
        ShapeError: there is no such dimension.
    """
    room = max(ndim, 1)
    if not isinstance(dim, (int, np.integer)) or isinstance(dim, bool):
        raise ShapeError(f"{name} takes a dimension as an integer, and got {dim!r}")
    if not -room <= dim < room:
        raise ShapeError(
            f"{name} got dim={dim} for a tensor of {ndim} dimensions",
            instead=f"Write a dim from {-room} to {room - 1}.",
        )
    return int(dim) % room


def normal_dims(dim: Any, ndim: int, name: str) -> tuple[int, ...]:
    """`dim` (None for all, an integer, or several) as sorted dimensions counted from the front."""
    if dim is None:
        return tuple(range(ndim))
    dims = tuple(dim) if isinstance(dim, (tuple, list)) else (dim,)
    if not dims:
        return tuple(range(ndim))
    normal = sorted(normal_dim(one, ndim, name) for one in dims)
    if len(set(normal)) != len(normal):
        raise ShapeError(f"{name} got the same dimension twice in dim={dims}")
    return () if ndim == 0 else tuple(normal)


# --- promotion ---

_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}


def promote(values: Sequence[tuple[np.dtype, int]], weak: Sequence[Any] = ()) -> np.dtype:
    """The dtype that values of different dtypes share in one operation, by PyTorch's rules.

    Args:
        values: the dtype and the number of dimensions of each tensor. A tensor of no dimensions
            decides only where its kind of number is higher (bool < integer < float).
        weak: plain numbers, which decide only where their kind is higher than every tensor's.
    """
    dimensioned = [dtype for dtype, ndim in values if ndim]
    scalars = [dtype for dtype, ndim in values if not ndim]
    result = _widest(dimensioned)
    other = _widest(scalars)
    if result is None or (other is not None and _RANK[other.kind] > _RANK[result.kind]):
        result = other
    for number in weak:
        truth, whole = isinstance(number, (bool, np.bool_)), isinstance(number, (int, np.integer))
        kind = BOOL if truth else INT64 if whole else FLOAT32
        if result is None or _RANK[kind.kind] > _RANK[result.kind]:
            result = kind
    assert result is not None
    return result


def _widest(dtypes: Sequence[np.dtype]) -> np.dtype | None:
    if not dtypes:
        return None
    floats = [dtype for dtype in dtypes if dtype.kind == "f"]
    return np.result_type(*(floats or dtypes))


def check_kind(record: Operation, kind: str, dtype: np.dtype) -> None:
    """Raises DtypeError where `dtype` cannot be the input of that kind."""
    if kind == "bool" and dtype != BOOL:
        raise DtypeError(
            f"{record.name} takes truth values, and got {dtype}",
            instead="Compare first, for example `x > 0` or `x != 0`.",
        )
    if kind == "index" and dtype.kind not in "iu":
        raise DtypeError(
            f"{record.name} takes integers as indices, and got {dtype}",
            instead="Convert them with `.long()`.",
        )
    if kind == "number" and dtype == BOOL:
        raise DtypeError(
            f"{record.name} takes numbers, and got truth values",
            instead="Convert them with `.float()`, or write `~x` for their opposite.",
        )
    if kind == "floating":
        check_floating(record.name, dtype)
    if dtype not in DTYPES:
        names = ", ".join(str(one) for one in DTYPES)
        raise DtypeError(f"{record.name} does not take {dtype}", why=f"holograd has {names}")


def check_floating(name: str, dtype: np.dtype) -> None:
    """Raises DtypeError where `dtype` is not one of floats."""
    if dtype.kind != "f":
        raise DtypeError(
            f"{name} takes floats, and got {dtype}",
            instead="Convert them first, for example x.float().",
        )


# --- sample tables ---


def sample_shapes(*cases: tuple[tuple[int, ...], dict[str, Any]]) -> Callable[..., list]:
    """Samples for one input, uniform between −2 and 2: its shape, and the parameters with it."""

    def make(generator: np.random.Generator) -> list:
        return [((generator.uniform(-2, 2, shape),), parameters) for shape, parameters in cases]

    return make


def unary_samples(low: float = -2.0, high: float = 2.0) -> Callable[..., list]:
    """Samples for one input: a vector, a matrix, a scalar, an empty one."""

    def make(generator: np.random.Generator) -> list:
        shapes = [(5,), (2, 3), (1, 1), (), (0, 3)]
        return [((generator.uniform(low, high, shape),), {}) for shape in shapes]

    return make


def binary_samples(
    low: float = -2.0, high: float = 2.0, low_b: float | None = None, high_b: float | None = None
) -> Callable[..., list]:
    """Samples for two inputs: equal shapes, broadcasting both ways, size one, empty, scalars."""
    low_b, high_b = (low if low_b is None else low_b), (high if high_b is None else high_b)
    pairs = [((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 4)), ((1,), (2, 2)), ((), (3,)),
             ((2, 2), ()), ((0, 2), (2,)), ((), ())]  # fmt: skip

    def make(generator: np.random.Generator) -> list:
        return [
            ((generator.uniform(low, high, a), generator.uniform(low_b, high_b, b)), {})
            for a, b in pairs
        ]

    return make
