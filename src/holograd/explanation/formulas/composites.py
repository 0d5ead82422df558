"""What functions made of several operations compute, and their slopes, in symbols.

Functions whose parameters a graph does not keep (the slope of a leaky ReLU, the kind of a variance)
go by letters for them, or by their names alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from holograd.explanation.formulas.building import (
    DOTS,
    choice,
    compare,
    enclosed,
    entry,
    function,
    indexed,
    matmul,
    over,
    transpose,
)
from holograd.explanation.formulas.formula import (
    ONE,
    Formula,
    name,
    number,
    power,
    quotient,
    root,
    total,
)
from holograd.explanation.formulas.rules import listed
from holograd.graph import Node

ALPHA, DELTA = name("α"), name("δ")
MOST_ARGUMENTS = 4
# Modules that are one function of the same arguments.
MODULES = {
    "Linear": "linear", "GELU": "gelu", "SiLU": "silu", "LeakyReLU": "leaky_relu", "ELU": "elu",
    "Softplus": "softplus", "LayerNorm": "layer_norm", "BatchNorm1d": "batch_norm",
    "BatchNorm2d": "batch_norm", "Conv1d": "conv", "Conv2d": "conv", "conv1d": "conv",
    "conv2d": "conv", "MaxPool2d": "max_pool2d", "AvgPool2d": "avg_pool2d", "Dropout": "dropout",
    "Embedding": "embedding", "Hardtanh": "hardtanh", "Bilinear": "bilinear",
    "Flatten": "flatten", "Softmax": "softmax",
}  # fmt: skip
Shapes = Sequence[tuple[int, ...]]


def ln(value: Formula) -> Formula:
    """The natural logarithm."""
    return function("ln", value)


def sigmoid(value: Formula) -> Formula:
    """The logistic function."""
    return function("σ", value)


def _binary(p: Formula, y: Formula) -> Formula:
    return -(y * ln(p) + (1 - y) * ln(1 - p))


def _huber(r: Formula) -> Formula:
    small = compare("<", enclosed("abs", r), DELTA)
    return choice(small, power(r, 2) / 2, DELTA * (enclosed("abs", r) - DELTA / 2))


# Losses: of one output and its target, and the slopes by the output and by the target.
LOSSES: dict[str, Callable[[Formula, Formula], Formula]] = {
    "mse_loss": lambda o, y: power(o - y, 2),
    "l1_loss": lambda o, y: enclosed("abs", o - y),
    "huber_loss": lambda o, y: _huber(o - y),
    "hinge_loss": lambda o, y: function("max", 0, 1 - y * o),
    "binary_cross_entropy": _binary,
    "binary_cross_entropy_with_logits": lambda u, y: _binary(sigmoid(u), y),
    "cross_entropy": lambda u, y: -ln(entry(function("softmax", u), y)),
    "nll_loss": lambda u, y: -entry(u, y),
    "kl_div": lambda u, y: y * (ln(y) - u),
}
LOSS_SLOPES: dict[str, Callable[[Formula, Formula], Formula]] = {
    "mse_loss": lambda o, y: 2 * (o - y),
    "l1_loss": lambda o, y: function("sgn", o - y),
    "huber_loss": lambda o, y: choice(
        compare("<", enclosed("abs", o - y), DELTA), o - y, DELTA * function("sgn", o - y)
    ),
    "hinge_loss": lambda o, y: -(y * Formula("indicator", (compare("<", y * o, 1),))),
    "binary_cross_entropy": lambda o, y: (o - y) / (o * (1 - o)),
    "binary_cross_entropy_with_logits": lambda u, y: sigmoid(u) - y,
    "cross_entropy": lambda u, y: function("softmax", u) - function("onehot", y),
    "nll_loss": lambda u, y: -function("onehot", y),
    "kl_div": lambda u, y: -y,
}
# Functions of one array, with the slope from the argument and the result.
FUNCTIONS: dict[str, tuple[Callable[..., Formula], Callable[..., Formula] | None]] = {
    "softplus": (lambda z: ln(1 + function("exp", z)), lambda z, y: sigmoid(z)),
    "silu": (lambda z: z * sigmoid(z), lambda z, y: sigmoid(z) * (1 + z * (1 - sigmoid(z)))),
    "gelu": (
        lambda z: z * function("Φ", z),
        lambda z, y: function("Φ", z) + z * function("φ", z),
    ),
    "leaky_relu": (
        lambda z: choice(compare(">", z, 0), z, ALPHA * z),
        lambda z, y: choice(compare(">", z, 0), 1, ALPHA),
    ),
    "elu": (
        lambda z: choice(compare(">", z, 0), z, ALPHA * (function("exp", z) - 1)),
        lambda z, y: choice(compare(">", z, 0), 1, y + ALPHA),
    ),
    "norm": (lambda a: enclosed("norm", a), None),
    "max_pool2d": (lambda a: over("max", a), None),
    "avg_pool2d": (lambda a: function("mean", a), None),
    "element": (lambda a: indexed(a, "i"), None),
    "softmax": (lambda a: function("softmax", a), None),
}


def _weighted_sum(*parts: Formula) -> Formula:
    """w₁x₁ + w₂x₂ + b, of weights and inputs in turn and the bias at the end."""
    *factors, bias = parts
    products = [weight * x for weight, x in zip(factors[::2], factors[1::2], strict=True)]
    return total(*listed(products), bias)


def _normalized(x: Formula, *rest: Formula) -> Formula:
    """(x − μ)/√(s² + ε), times γ, plus β."""
    middle = quotient(x - name("μ"), root(power(name("s"), 2) + name("ε")))
    for factor in rest[:1]:
        middle = factor * middle
    return total(middle, *rest[1:])


def _affine(x: Formula, weight: Formula, *bias: Formula) -> Formula:
    return total(matmul(x, weight), *bias)


# Functions of several arrays.
SEVERAL: dict[str, Callable[..., Formula]] = {
    "neuron": _weighted_sum,
    "linear": _affine,
    "layer_norm": _normalized,
    "batch_norm": _normalized,
    "conv": lambda x, weight, *bias: total(function("conv", x, weight), *bias),
    "lerp": lambda a, end, weight: a + weight * (end - a),
    "embedding": lambda x, weight: entry(weight, x),
}
SEVERAL_SLOPES: dict[str, Callable[..., Formula | None]] = {
    "neuron": lambda position, *parts: ONE if position == len(parts) - 1 else parts[position ^ 1],
    "linear": lambda place, x, weight, *bias: (transpose(weight), transpose(x), ONE)[place],
    "lerp": lambda place, a, end, weight: (1 - weight, weight, end - a)[place],
    "conv": lambda place, x, weight, *bias: ONE if place == 2 else None,
    "layer_norm": lambda place, *taken: ONE if place == 2 else None,
    "batch_norm": lambda place, *taken: ONE if place == 2 else None,
}


def composite_value(
    kind: str, parameters: Mapping[str, Any], arguments: Sequence[Formula], shapes: Shapes
) -> Formula | None:
    """What a function, a layer or a model computes; f(x) where there is no more to say."""
    which = _which(kind)
    if which in LOSSES and len(arguments) == 2:
        return _loss(which, parameters, arguments, shapes)
    if which in FUNCTIONS and len(arguments) == 1:
        return FUNCTIONS[which][0](*arguments)
    if which in SEVERAL:
        try:
            return SEVERAL[which](*arguments)
        except TypeError:  # another number of arguments: some of them are constants inside
            pass
    model = kind[:1].isupper() and which == kind.partition("(")[0]
    shown = list(arguments[:MOST_ARGUMENTS])
    if len(arguments) > MOST_ARGUMENTS:
        shown[-1:] = [DOTS]
    return function("f" if model else which, *shown) if shown else None


def composite_slope(
    kind: str,
    parameters: Mapping[str, Any],
    position: int,
    arguments: Sequence[Formula],
    output: Formula,
    shapes: Shapes,
) -> Formula | None:
    """The local derivative of a function or a layer by one argument; None where none is known."""
    which = _which(kind)
    if which in LOSS_SLOPES and len(arguments) == 2 and position == 0:
        return _loss_slope(which, parameters, arguments, shapes)
    if which in FUNCTIONS and len(arguments) == 1:
        rule = FUNCTIONS[which][1]
        return None if rule is None else rule(*arguments, output)
    if which in SEVERAL_SLOPES:
        try:
            return SEVERAL_SLOPES[which](position, *arguments)
        except (TypeError, IndexError):
            pass
    return None


def _which(kind: str) -> str:
    bare = kind.partition("(")[0]
    return MODULES.get(bare, bare)


def _losses(which: str, shapes: Shapes) -> Formula:
    """How many single losses there are; n where the shapes are not known."""
    if not shapes:
        return ONE if which.startswith(("binary", "cross", "nll")) else name("n")
    shape = shapes[0]
    if which in ("cross_entropy", "nll_loss"):  # one loss of all classes
        shape = (*shape[:1], *shape[2:]) if len(shape) > 1 else ()
    return number(math.prod(shape))


def _shared(which: str, shapes: Shapes) -> bool:
    """Whether the targets of a loss over classes are shares of the classes."""
    return which == "cross_entropy" and len(shapes) > 1 and shapes[0] == shapes[1]


def _loss(
    which: str, parameters: Mapping[str, Any], arguments: Sequence[Formula], shapes: Shapes
) -> Formula:
    u, y = arguments
    body = LOSSES[which](u, y)
    if _shared(which, shapes):
        body = -over("Σ", y * ln(function("softmax", u)))
    reduction = parameters.get("reduction", "mean")
    if reduction == "none" or _losses(which, shapes) == ONE:
        return body
    return over("Σ", body) if reduction == "sum" else function("mean", body)


def _loss_slope(
    which: str, parameters: Mapping[str, Any], arguments: Sequence[Formula], shapes: Shapes
) -> Formula:
    u, y = arguments
    slope = LOSS_SLOPES[which](u, y)
    if _shared(which, shapes):
        slope = function("softmax", u) - y
    mean = parameters.get("reduction", "mean") == "mean"
    return quotient(slope, _losses(which, shapes)) if mean else slope


def loss_parameters(kind: str, nodes: Sequence[Node]) -> dict[str, Any]:
    """What became of a loss's single numbers: "mean", "sum", "weighted" or "none", by what its
    last operation is; nothing for other functions."""
    last = nodes[-1].operation
    if _which(kind) not in LOSSES or last is None:
        return {}
    return {"reduction": {"mean": "mean", "sum": "sum", "div": "weighted"}.get(last.name, "none")}
