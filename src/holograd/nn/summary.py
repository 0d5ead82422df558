"""What a model consists of: its layers, their outputs' shapes, parameters and multiply-adds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holograd.capture import Shapes
from holograd.errors import ArgumentError
from holograd.graph import Node, Scope, Spec, interpreting, leaf, state, topological
from holograd.nn.call import Call
from holograd.nn.module import Module
from holograd.ops.table import FLOAT32
from holograd.tensor import Tensor, no_grad


@dataclass(frozen=True)
class Row:
    """One call of one module."""

    path: str
    kind: str
    depth: int
    output: tuple[tuple[int, ...], ...]
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Summary:
    """The calls of a model's modules in their order, and the totals.

    `multiply_adds` counts the products that matrix products and convolutions add up in one forward
    pass of the whole batch; what activations and poolings compute is not in it.
    """

    rows: tuple[Row, ...]
    parameters: int
    trainable: int
    multiply_adds: int
    bytes: int

    def __str__(self) -> str:
        table = [("layer", "output", "parameters", "multiply-adds")]
        for row in self.rows:
            name = "  " * row.depth + (f"{row.path}: " if row.path else "") + row.kind
            shapes = ", ".join(map(str, row.output))
            table.append((name, shapes, f"{row.parameters:,}", f"{row.multiply_adds:,}"))
        table.append(("in all", "", f"{self.parameters:,}", f"{self.multiply_adds:,}"))
        widths = [max(len(line[column]) for line in table) for column in range(4)]
        lines = [
            f"{line[0]:<{widths[0]}}  {line[1]:<{widths[1]}}  "
            f"{line[2]:>{widths[2]}}  {line[3]:>{widths[3]}}"
            for line in table
        ]
        rule = "─" * len(lines[0])
        lines = [lines[0], rule, *lines[1:-1], rule, lines[-1]]
        lines.append(f"{self.trainable:,} parameters learn; all take {self.bytes:,} bytes.")
        return "\n".join(lines)

    __repr__ = __str__


def summary(model: Module, input: Any, *, dtype: Any = None) -> Summary:
    """What `model` consists of, worked out from shapes alone: nothing is computed or changed.

    Layers are taken as after `eval()`. The parameters of a module are its own and those below it;
    a module called twice has two rows and counts once in the totals.

    Args:
        model: any module.
        input: the shape of a batch (N, …), or a tensor or array of such a shape; a list of those
            for several inputs.
        dtype: the kind of number of inputs given as shapes; that of the model's parameters by
            default. Embeddings take integers: write `dtype=hg.int64`.

    Raises:
        ShapeError: the model does not take such a batch.
        CaptureError: the model's forward decides by values, which shapes do not have.

    Example:
        >>> from holograd import nn
        >>> print(summary(nn.Sequential(nn.Linear(2, 2), nn.Sigmoid()), (4, 2)))
        layer               output  parameters  multiply-adds
        ─────────────────────────────────────────────────────
        Sequential          (4, 2)           6             16
          0: Linear(2 → 2)  (4, 2)           6             16
          1: Sigmoid        (4, 2)           0              0
        ─────────────────────────────────────────────────────
        in all                               6             16
        6 parameters learn; all take 24 bytes.
    """
    inputs = input if isinstance(input, list) else [input]
    parameters = list(model.parameters())
    usual = next((one.dtype for one in parameters), FLOAT32)
    specs = [_spec(one, usual if dtype is None else np.dtype(dtype)) for one in inputs]
    calls, outputs = _calls(model, specs)
    products = _multiply_adds(outputs)
    rows = tuple(
        Row(
            _path(call), call.kind, len(_modules_above(call)), shapes,
            sum(one.numel() for one in call.module.parameters()), products.get(call, 0),
        )
        for call, shapes in calls.items()
    )  # fmt: skip
    return Summary(
        rows,
        sum(one.numel() for one in parameters),
        sum(one.numel() for one in parameters if one.requires_grad),
        sum(row.multiply_adds for row in rows if not row.depth),
        sum(one.numel() * one.dtype.itemsize for one in parameters),
    )


def _spec(input: Any, dtype: np.dtype) -> Spec:
    if isinstance(input, Tensor | np.ndarray):
        return Spec(tuple(input.shape), input.dtype)
    shape = tuple(input) if isinstance(input, Sequence) else ()
    if not shape or not all(isinstance(one, int) and one >= 0 for one in shape):
        raise ArgumentError(
            f"summary got {input!r} for the input", instead="Write its shape: (1, 1, 28, 28)."
        )
    return Spec(shape, dtype)


def _calls(
    model: Module, specs: list[Spec]
) -> tuple[dict[Call, tuple[tuple[int, ...], ...]], list[Node]]:
    """Each call in the order in which they begin, its outputs' shapes, and all output nodes."""
    calls: dict[Call, tuple[tuple[int, ...], ...]] = {}
    nodes: list[Node] = []

    def begin(module: Module, inputs: tuple[Any, ...]) -> None:
        calls[_current()] = ()

    def end(module: Module, inputs: tuple[Any, ...], output: Any) -> None:
        tensors = output if isinstance(output, (tuple, list)) else [output]
        tensors = [one for one in tensors if isinstance(one, Tensor)]
        calls[_current()] = tuple(one.shape for one in tensors)
        nodes.extend(one.node for one in tensors)

    shapes = Shapes()
    training = {module: module.training for module in model.modules()}
    hooks = [module.register_forward_pre_hook(begin) for module in training]
    hooks += [module.register_forward_hook(end) for module in training]
    try:
        model.eval()
        with interpreting(shapes), no_grad():
            model(*(Tensor(leaf(spec)) for spec in specs))
    finally:
        shapes.restore()
        for hook in hooks:
            hook.remove()
        for module, mode in training.items():
            module.training = mode
    return calls, nodes


def _current() -> Call:
    scope = state.scope
    assert type(scope) is Call, "hooks run directly inside of a call"
    return scope


def _multiply_adds(outputs: list[Node]) -> dict[Scope, int]:
    """The products added up within each call, also of modules below it."""
    counts: dict[Scope, int] = {}
    for node in topological(outputs):
        if node.operation is not None and node.operation.name == "contract":
            a, b = node.inputs
            extents = node.parameters["pattern"].label_extents(a.shape, b.shape)
            for scope in node.scope.path if node.scope is not None else ():
                counts[scope] = counts.get(scope, 0) + math.prod(extents.values())
    return counts


def _modules_above(call: Call) -> list[Scope]:
    return [scope for scope in call.path[:-1] if type(scope) is Call]


def _path(call: Call) -> str:
    return ".".join(scope.name for scope in call.path if type(scope) is Call and scope.name)
