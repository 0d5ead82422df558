"""The sign on a gate: `σ`, `× W₁`, `+ b₁`, `−log`; and the title of a bracket around gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from holograd.explanation.formulas.rules import slides
from holograd.explanation.records import CONSTANT, Value
from holograd.graph import Operation, Scope
from holograd.nn.call import Call

# Functions made of operations, where their name is long or their sign is known.
SIGNS = {
    "binary_cross_entropy": "−log",
    "binary_cross_entropy_with_logits": "−log σ",
    "cross_entropy": "−log softmax",
    "nll_loss": "−log p",
    "mse_loss": "(o − y)²",
    "l1_loss": "|o − y|",
    "hinge_loss": "hinge",
    "huber_loss": "Huber",
    "kl_div": "KL",
    "element": "[i]",
    "leaky_relu": "LeakyReLU",
    "layer_norm": "LayerNorm",
    "batch_norm": "BatchNorm",
    "max_pool2d": "max",
    "avg_pool2d": "mean",
}
CONVOLUTIONS = {"conv1d", "conv2d", "Conv1d", "Conv2d"}
TITLES = {
    "binary_cross_entropy": "cross-entropy",
    "binary_cross_entropy_with_logits": "cross-entropy",
    "cross_entropy": "cross-entropy",
    "mse_loss": "squared error",
    "element": "one element",
}
WORDS = {"where": "where"}  # operations whose symbol says nothing without its operands
# Operations of two inputs, written with the one that hangs below or is a constant.
INFIX = {"contract": "×", "mul": "×", "add": "+", "sub": "−", "div": "÷", "pow": "^"}


def operation_label(
    operation: Operation, taken: Sequence[Value], parameters: Mapping[str, Any] | None = None
) -> str:
    """The sign of one operation, with the parameter or the constant that it takes.

    Args:
        operation: the record.
        taken: what it takes.
        parameters: of the operation; a contraction that lays a kernel over its input is `∗ W₁`.
    """
    sign = INFIX.get(operation.name)
    if operation.name == "contract" and slides((parameters or {}).get("pattern")):
        sign = "∗"
    if sign is None or len(taken) != 2:
        return WORDS.get(operation.name, operation.symbol)
    first, second = taken
    beside = [_beside(one) for one in taken]
    if all(beside):  # the one that goes by its own value
        beside = [one.role == CONSTANT for one in taken]
    if all(beside):
        return sign
    if beside[1]:
        return f"{sign} {second.symbol.text}"
    if beside[0]:
        return f"{first.symbol.text} {sign}" if sign in "−÷^" else f"{sign} {first.symbol.text}"
    return sign


def _beside(value: Value) -> bool:
    """Whether it goes on the gate: a parameter, a target or a number, not what flows through."""
    if value.role == CONSTANT:
        return value.symbol.number
    return value.hangs and value.named


def group_label(kind: str, taken: Sequence[Value]) -> str:
    """The sign of a function, a layer or a model."""
    name = kind.partition("(")[0]
    if name in ("linear", "Linear"):
        letters = [value.symbol.text for value in taken if value.hangs]
        return " + ".join(["X" + letters[0], *letters[1:]]) if letters else "XW"
    if name in CONVOLUTIONS:
        letters = [value.symbol.text for value in taken if value.hangs]
        return "∗ " + " + ".join(letters or ["W"])
    return SIGNS.get(name, name.replace("_", " "))


def title(scope: Scope) -> str:
    """What stands on the bracket around a scope's steps: `Linear(2 → 2)`, `cross-entropy`."""
    if type(scope) is Call:
        return scope.kind
    return TITLES.get(scope.kind, scope.kind.replace("_", " "))
