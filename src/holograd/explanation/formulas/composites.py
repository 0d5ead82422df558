"""What functions made of several operations compute, and their slopes, in symbols.

A function's own parameters (the slope of a leaky ReLU, the kind of a GELU) are read from its nodes
by `parameters.py`; what is not known goes by a letter, and what has no formula by its name alone.
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
    picked,
    transpose,
)
from holograd.explanation.formulas.formula import (
    ONE,
    ZERO,
    Formula,
    name,
    number,
    of,
    power,
    quotient,
    root,
    total,
)
from holograd.explanation.formulas.rules import listed

# Letters for what the engine's constants do not tell.
ALPHA, BETA, DELTA, TAU = name("α"), name("β"), name("δ"), name("τ")
Known = Mapping[str, Any]  # what `parameters.read_parameters` found
MOST_ARGUMENTS = 4
CUBIC = 0.044715  # of the approximation of GELU by tanh
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


def _size(o: Formula, y: Formula) -> Formula:
    return enclosed("abs", o - y)


def _with_half(known: Known, which: str, letter: Formula) -> tuple[Formula, Formula]:
    """A parameter and its half."""
    value = known.get(which)
    return (letter, letter / 2) if value is None else (number(value), number(value / 2))


def _huber(o: Formula, y: Formula, known: Known) -> Formula:
    delta, half, size = *_with_half(known, "delta", DELTA), _size(o, y)
    return choice(compare("<", size, delta), power(o - y, 2) / 2, delta * (size - half))


def _huber_slope(o: Formula, y: Formula, known: Known) -> Formula:
    delta = of(known.get("delta", DELTA))
    return choice(compare("<", _size(o, y), delta), o - y, delta * function("sgn", o - y))


def _smooth(o: Formula, y: Formula, known: Known) -> Formula:
    beta, half, size = *_with_half(known, "beta", BETA), _size(o, y)
    if beta == ZERO:
        return size
    return choice(compare("<", size, beta), power(o - y, 2) / (2 * beta), size - half)


def _smooth_slope(o: Formula, y: Formula, known: Known) -> Formula:
    beta, sign = of(known.get("beta", BETA)), function("sgn", o - y)
    if beta == ZERO:
        return sign
    return choice(compare("<", _size(o, y), beta), (o - y) / beta, sign)


# Losses: of one output and its target, and the slopes by the output and by the target.
LOSSES: dict[str, Callable[[Formula, Formula, Known], Formula]] = {
    "mse_loss": lambda o, y, known: power(o - y, 2),
    "l1_loss": lambda o, y, known: _size(o, y),
    "huber_loss": _huber,
    "smooth_l1_loss": _smooth,
    "hinge_loss": lambda o, y, known: function("max", 0, 1 - y * o),
    "binary_cross_entropy": lambda o, y, known: _binary(o, y),
    "binary_cross_entropy_with_logits": lambda u, y, known: _binary(sigmoid(u), y),
    "cross_entropy": lambda u, y, known: -ln(entry(function("softmax", u), y)),
    "nll_loss": lambda u, y, known: -entry(u, y),
    "kl_div": lambda u, y, known: y * (ln(y) - u),
}
LOSS_SLOPES: dict[str, Callable[[Formula, Formula, Known], Formula]] = {
    "mse_loss": lambda o, y, known: 2 * (o - y),
    "l1_loss": lambda o, y, known: function("sgn", o - y),
    "huber_loss": _huber_slope,
    "smooth_l1_loss": _smooth_slope,
    "hinge_loss": lambda o, y, known: -(y * Formula("indicator", (compare("<", y * o, 1),))),
    "binary_cross_entropy": lambda o, y, known: (o - y) / (o * (1 - o)),
    "binary_cross_entropy_with_logits": lambda u, y, known: sigmoid(u) - y,
    "cross_entropy": lambda u, y, known: function("softmax", u) - function("onehot", y),
    "nll_loss": lambda u, y, known: -function("onehot", y),
    "kl_div": lambda u, y, known: -y,
}


def _softplus(z: Formula, known: Known) -> Formula:
    beta = of(known.get("beta", 1.0))
    curve = ln(1 + function("exp", beta * z)) / beta
    return choice(compare(">", beta * z, TAU), z, curve) if known.get("straight") else curve


def _softplus_slope(z: Formula, y: Formula, known: Known) -> Formula:
    beta = of(known.get("beta", 1.0))
    slope = sigmoid(beta * z)
    return choice(compare(">", beta * z, TAU), 1, slope) if known.get("straight") else slope


def _gelu(z: Formula, known: Known) -> Formula:
    if not known.get("tanh"):
        return z * function("Φ", z)
    return z * (1 + _gelu_bend(z)) / 2


def _gelu_slope(z: Formula, y: Formula, known: Known) -> Formula:
    if not known.get("tanh"):
        return function("Φ", z) + z * function("φ", z)
    bend, steep = _gelu_bend(z), number(math.sqrt(2 / math.pi))
    inner = steep * (1 + number(3 * CUBIC) * power(z, 2))
    return (1 + bend) / 2 + z * (1 - power(bend, 2)) * inner / 2


def _gelu_bend(z: Formula) -> Formula:
    return function("tanh", number(math.sqrt(2 / math.pi)) * (z + CUBIC * power(z, 3)))


def _leaky(z: Formula, known: Known) -> Formula:
    return choice(compare(">", z, 0), z, of(known.get("alpha", ALPHA)) * z)


def _elu(z: Formula, known: Known) -> Formula:
    alpha = of(known.get("alpha", ALPHA))
    return choice(compare(">", z, 0), z, alpha * (function("exp", z) - 1))


# Functions of one array, with the slope from the argument and the result.
FUNCTIONS: dict[str, tuple[Callable[..., Formula], Callable[..., Formula] | None]] = {
    "softplus": (_softplus, _softplus_slope),
    "silu": (
        lambda z, known: z * sigmoid(z),
        lambda z, y, known: sigmoid(z) * (1 + z * (1 - sigmoid(z))),
    ),
    "gelu": (_gelu, _gelu_slope),
    "leaky_relu": (
        _leaky,
        lambda z, y, known: choice(compare(">", z, 0), 1, known.get("alpha", ALPHA)),
    ),
    "elu": (
        _elu,
        lambda z, y, known: choice(compare(">", z, 0), 1, y + known.get("alpha", ALPHA)),
    ),
    "norm": (lambda a, known: enclosed("norm", a), None),
    "max": (lambda a, known: over("max", a), None),
    "min": (lambda a, known: over("min", a), None),
    "max_pool2d": (lambda a, known: over("max", a), None),
    "avg_pool2d": (lambda a, known: function("mean", a), None),
    "element": (
        lambda a, known: picked(a, known["picked"]) if "picked" in known else indexed(a, "i"),
        None,
    ),
    "softmax": (lambda a, known: function("softmax", a), None),
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
    which = which_of(kind)
    if parameters.get("by_name"):
        return _named(kind, arguments)
    if which in LOSSES and len(arguments) == 2:
        return _loss(which, parameters, arguments, shapes)
    if which in FUNCTIONS and len(arguments) == 1:
        return FUNCTIONS[which][0](*arguments, parameters)
    if which in SEVERAL:
        try:
            return SEVERAL[which](*arguments)
        except TypeError:  # another number of arguments: some of them are constants inside
            pass
    return _named(kind, arguments)


def _named(kind: str, arguments: Sequence[Formula]) -> Formula | None:
    """A function by its name alone."""
    which = which_of(kind)
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
    which = which_of(kind)
    if parameters.get("by_name"):
        return None
    if which in LOSS_SLOPES and len(arguments) == 2 and position == 0:
        return _loss_slope(which, parameters, arguments, shapes)
    if which in FUNCTIONS and len(arguments) == 1:
        rule = FUNCTIONS[which][1]
        return None if rule is None else rule(*arguments, output, parameters)
    if which in SEVERAL_SLOPES:
        try:
            return SEVERAL_SLOPES[which](position, *arguments)
        except (TypeError, IndexError):
            pass
    return None


def which_of(kind: str) -> str:
    """The function that a function's or a layer's kind names."""
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


def of_shares(which: str, shapes: Shapes) -> bool:
    """Whether the targets of a loss over classes are shares of the classes."""
    return which == "cross_entropy" and len(shapes) > 1 and shapes[0] == shapes[1]


def _loss(
    which: str, parameters: Mapping[str, Any], arguments: Sequence[Formula], shapes: Shapes
) -> Formula:
    u, y = arguments
    body = LOSSES[which](u, y, parameters)
    if of_shares(which, shapes):
        body = -over("Σ", y * ln(function("softmax", u)))
    reduction = parameters.get("reduction", "mean")
    if reduction == "batchmean":
        return quotient(over("Σ", body), number(shapes[0][0]) if shapes else name("n"))
    if reduction == "none" or _losses(which, shapes) == ONE:
        return body
    return over("Σ", body) if reduction == "sum" else function("mean", body)


def _loss_slope(
    which: str, parameters: Mapping[str, Any], arguments: Sequence[Formula], shapes: Shapes
) -> Formula:
    u, y = arguments
    slope = LOSS_SLOPES[which](u, y, parameters)
    if of_shares(which, shapes):
        slope = function("softmax", u) - y
    reduction = parameters.get("reduction", "mean")
    if reduction == "batchmean":
        return quotient(slope, number(shapes[0][0]) if shapes else name("n"))
    return quotient(slope, _losses(which, shapes)) if reduction == "mean" else slope
