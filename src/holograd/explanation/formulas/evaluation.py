"""The value of a formula for given numbers; arrays are taken number by number.

Functions of whole arrays take all numbers of one; softmax and the entry of a class, those of each
sample."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from holograd.errors import ArgumentError
from holograd.explanation.formulas.formula import Formula
from holograd.explanation.symbols import Symbol
from holograd.ops.special import erf_array, sigmoid_array, sign_array
from holograd.ops.table import TABLE

_CONSTANTS = {"π": math.pi}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "σ": lambda a: sigmoid_array(np.asarray(a, np.float64)),
    "sgn": lambda a: sign_array(np.asarray(a, np.float64)),
    "erf": lambda a: erf_array(np.asarray(a, np.float64)),
    "Φ": lambda a: (1 + erf_array(np.asarray(a, np.float64) * math.sqrt(0.5))) / 2,
    "φ": lambda a: np.exp(-np.square(a) / 2) / math.sqrt(2 * math.pi),
    "ln": np.log,
    "mean": np.mean,
    "softmax": lambda a: _softmax(np.asarray(a, np.float64)),
    "max": np.maximum,
    "min": np.minimum,
    "trunc": np.trunc,
    "round": np.rint,
    "mod": np.mod,
    "isnan": np.isnan,
    "isinf": np.isinf,
    "isfinite": np.isfinite,
    **{name: getattr(np, name) for name in "exp sin cos tan sinh cosh tanh".split()},
    **{f"arc{name}": getattr(np, f"arc{name}") for name in "sin cos tan".split()},
}
_ENCLOSED: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
    "norm": lambda a: np.sqrt(np.sum(np.square(a))),
}
_OVER: dict[str, Callable[..., Any]] = {"Σ": np.sum, "Π": np.prod, "max": np.max, "min": np.min}
_COMPARE: dict[str, Callable[..., Any]] = {
    "=": np.equal,
    "≠": np.not_equal,
    "<": np.less,
    "≤": np.less_equal,
    ">": np.greater,
    "≥": np.greater_equal,
}
_LOGIC: dict[str, Callable[..., Any]] = {
    "∧": np.logical_and,
    "∨": np.logical_or,
    "⊕": np.logical_xor,
}


def evaluate(formula: Formula, values: Mapping[Symbol, Any]) -> Any:
    """The value of `formula` where each symbol stands for a number or an array.

    Raises:
        ArgumentError: it has a part that is no function of single numbers, or a symbol has no
            value.
    """
    with np.errstate(all="ignore"):
        result = _value(formula, values)
    return result if np.ndim(result) else np.asarray(result).item()


def _value(formula: Formula, values: Mapping[Symbol, Any]) -> Any:
    head: str = formula.head
    detail: Any = formula.detail
    if head == "name":
        if detail in values:
            return np.asarray(values[detail])
        if detail.letter in _CONSTANTS and not detail.subscript:
            return np.float64(_CONSTANTS[detail.letter])
        raise ArgumentError(f"{detail.text} has no value here")
    if head in ("number", "given") and type(detail) is float:
        return np.float64(detail)
    rule = _rule(head, detail)
    if rule is None:
        raise ArgumentError(
            f"{formula.text} has no value", why="it is no function of single numbers"
        )
    return rule(*[_value(part, values) for part in formula.parts])


def _rule(head: str, detail: Any) -> Callable[..., Any] | None:
    """What a formula of that head does with the values of its parts."""
    if head in ("function", "enclosed", "logic", "compare"):
        table = {"function": _FUNCTIONS, "enclosed": _ENCLOSED, "logic": _LOGIC}
        return table.get(head, _COMPARE).get(detail)
    if head == "over":
        sign, below = detail
        return None if below else _OVER.get(sign)
    return _RULES.get(head)


_RULES: dict[str, Callable[..., Any]] = {
    "sum": lambda *terms: _folded(np.add, terms),
    "product": lambda *factors: _folded(np.multiply, factors),
    "chain": lambda *factors: _folded(np.multiply, factors),
    "entrywise": lambda *factors: _folded(np.multiply, factors),
    "negative": np.negative,
    "quotient": np.divide,
    "power": lambda a, b: np.power(np.asarray(a, np.float64), b),
    "root": np.sqrt,
    "negation": np.logical_not,
    "indicator": lambda condition: np.where(condition, 1.0, 0.0),
    "choice": np.where,
    "matmul": lambda *factors: _folded(np.matmul, factors),
    "transpose": lambda a: np.swapaxes(a, -1, -2) if np.ndim(a) > 1 else a,
    "entry": lambda a, label: _of_class(np.asarray(a), np.asarray(label)),
}


def _softmax(scores: np.ndarray) -> np.ndarray:
    """Shares of classes, which lie along the second dimension, or the only one."""
    return TABLE["softmax"].numpy(scores, dim=min(1, scores.ndim - 1))


def _of_class(shares: np.ndarray, label: np.ndarray) -> np.ndarray:
    """The number of each sample's class."""
    dim = min(1, shares.ndim - 1)
    if label.ndim < shares.ndim:
        label = np.expand_dims(label, dim)
    return np.take_along_axis(shares, label, dim).squeeze(dim)


def _folded(join: Callable[[Any, Any], Any], values: tuple[Any, ...]) -> Any:
    result = values[0]
    for value in values[1:]:
        result = join(result, value)
    return result
