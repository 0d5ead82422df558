"""What each operation computes, in symbols: one rule a record, from formulas to a formula.

The same rules write the formula of a step and read what gradient rules are made of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from holograd.explanation.formulas.building import (
    DOTS,
    added,
    chained,
    choice,
    compare,
    enclosed,
    entry,
    function,
    indexed,
    logic,
    matmul,
    opposite,
    over,
    picked,
    transpose,
)
from holograd.explanation.formulas.formula import (
    Formula,
    negative,
    power,
    product,
    quotient,
    root,
    total,
)
from holograd.ops.pattern import Axis, Pattern, Window

T = TypeVar("T")
Rule = Callable[..., Formula]
MOST_LISTED = 8  # terms of a sum that are all shown

ELEMENTWISE: dict[str, Rule] = {
    "add": total,
    "sub": lambda a, b: total(a, negative(b)),
    "mul": product,
    "div": quotient,
    "neg": negative,
    "reciprocal": lambda a: quotient(1, a),
    "square": lambda a: power(a, 2),
    "pow": power,
    "abs": lambda a: enclosed("abs", a),
    "sign": lambda a: function("sgn", a),
    "log": lambda a: function("ln", a),
    "log1p": lambda a: function("ln", total(1, a)),
    "expm1": lambda a: total(function("exp", a), -1),
    "sqrt": root,
    "rsqrt": lambda a: quotient(1, root(a)),
    "sigmoid": lambda a: function("σ", a),
    "log_sigmoid": lambda a: function("ln", function("σ", a)),
    "relu": lambda a: function("max", 0, a),
    "maximum": lambda a, b: function("max", a, b),
    "minimum": lambda a, b: function("min", a, b),
    "where": choice,
    "cast": lambda a: a,
    "identity": lambda a: a,
    "truncate": lambda a: function("trunc", a),
    "floor_divide": lambda a, b: enclosed("floor", quotient(a, b)),
    "remainder": lambda a, b: function("mod", a, b),
    "floor": lambda a: enclosed("floor", a),
    "ceil": lambda a: enclosed("ceil", a),
    "eq": lambda a, b: compare("=", a, b),
    "ne": lambda a, b: compare("≠", a, b),
    "lt": lambda a, b: compare("<", a, b),
    "le": lambda a, b: compare("≤", a, b),
    "gt": lambda a, b: compare(">", a, b),
    "ge": lambda a, b: compare("≥", a, b),
    "logical_and": lambda a, b: logic("∧", a, b),
    "logical_or": lambda a, b: logic("∨", a, b),
    "logical_xor": lambda a, b: logic("⊕", a, b),
    "logical_not": opposite,
    "asin": lambda a: function("arcsin", a),
    "acos": lambda a: function("arccos", a),
    "atan": lambda a: function("arctan", a),
}
# As they stand: a step that multiplies by 1 or adds a to a says so.
AS_IT_STANDS: dict[str, Rule] = {
    "add": lambda *terms: added(*listed(terms)),
    "sub": lambda a, b: added(a, Formula("negative", (b,))),
    "mul": lambda *factors: Formula("product", factors),
    "div": lambda a, b: Formula("quotient", (a, b)),
    "pow": lambda a, b: Formula("power", (a, b)),
    "neg": lambda a: Formula("negative", (a,)),
    "where": lambda a, b, c: Formula("choice", (a, b, c)),
}
# Of whole arrays; where the scalar level has taken one apart, `SINGLE` says it of the numbers.
WHOLE: dict[str, Rule] = {
    "sum": lambda a: over("Σ", a),
    "mean": lambda a: function("mean", a),
    "amax": lambda a: over("max", a),
    "amin": lambda a: over("min", a),
    "prod": lambda a: over("Π", a),
    "any": lambda a: over("∃", a),
    "all": lambda a: over("∀", a),
    "logsumexp": lambda a: function("ln", over("Σ", function("exp", indexed(a, "j")), "j")),
    "log_softmax": lambda a: function("ln", function("softmax", a)),
    "cumsum": lambda a: over("Σ", indexed(a, "j"), "j ≤ i"),
    "cumprod": lambda a: over("Π", indexed(a, "j"), "j ≤ i"),
    "take": entry,
    "gather": entry,
}
SINGLE: dict[str, Rule] = {
    "sum": lambda *terms: added(*listed(terms)),
    "mean": lambda *terms: quotient(added(*listed(terms)), len(terms)),
    "amax": lambda *terms: function("max", *listed(terms)),
    "amin": lambda *terms: function("min", *listed(terms)),
    "prod": lambda *factors: Formula("product", listed(factors)),
    "cumsum": lambda *terms: added(*listed(terms)),
    "cumprod": lambda *factors: Formula("product", listed(factors)),
    "logsumexp": lambda *terms: function(
        "ln", added(*listed([function("exp", one) for one in terms]))
    ),
}


def listed(parts: Sequence[T]) -> tuple[T | Formula, ...]:
    """All of a few things; of many the first ones, dots, and the last one."""
    if len(parts) <= MOST_LISTED:
        return tuple(parts)
    return (*parts[:3], DOTS, parts[-1])


def written(
    name: str, parameters: Mapping[str, Any], arguments: tuple[Formula, ...], faithful: bool
) -> Formula:
    """What the operation `name` computes of `arguments`.

    Args:
        name: of the record.
        parameters: of the operation.
        arguments: one formula an input.
        faithful: whether to leave it as it stands, or to make it simpler for reading.
    """
    if parameters.get("picked"):
        return picked(arguments[0], parameters["picked"])
    if name == "reshape" and math.prod(parameters["shape"]) == 1:
        return arguments[0]
    if name == "truncate" and parameters["dtype"].kind == "b":
        return compare("≠", *arguments, 0)
    if faithful and name in AS_IT_STANDS:
        return AS_IT_STANDS[name](*arguments)
    if name in ELEMENTWISE:
        return ELEMENTWISE[name](*arguments)
    if name in SINGLE and len(arguments) > 1:
        return SINGLE[name](*arguments)
    if name in WHOLE and len(arguments) == 1:
        return WHOLE[name](*arguments)
    if name == "contract":
        left, right, kind = operands(parameters["pattern"], *arguments)
        return _PRODUCTS[kind](left, right)
    if name == "permute" and tuple(parameters["dims"]) == (1, 0):
        return transpose(*arguments)
    return function(name, *listed(arguments))


_PRODUCTS: dict[str, Rule] = {
    "matrix": matmul,
    "numbers": chained,
    "conv": lambda a, b: function("conv", a, b),
    "einsum": lambda a, b: function("einsum", a, b),
}


def operands(pattern: Pattern, a: Formula, b: Formula) -> tuple[Formula, Formula, str]:
    """The two factors of a contraction in the order and the orientation in which they are written.

    A layer's weight, stored (out, in), goes by the lecture's matrix W, which is (in, out).

    Returns:
        The left and the right factor, and what joins them: "matrix", "numbers" (two vectors),
        "conv" or "einsum".
    """
    if slides(pattern):
        return a, b, "conv"
    common = [one for one in pattern.a if one in pattern.b and one not in pattern.out]
    if not common and len(pattern.a) == len(pattern.b) == 1:
        outer = (a, transpose(b)) if pattern.out[:1] == pattern.a[:1] else (b, transpose(a))
        return (*outer, "matrix")
    if len(common) != 1:
        return a, b, "einsum"
    if not pattern.out:
        return a, b, "numbers"
    rows = [axes[-2:] for axes in (pattern.a, pattern.b) if len(axes) > 1]
    if any(one in pattern.a and one in pattern.b for two in rows for one in {*two} - {*common}):
        return a, b, "einsum"  # a dimension that both share is no row and no column
    left = _oriented(a, pattern.a, common[0], inner_last=True)
    stored = pattern.b == ("o", "i")
    right = b if stored else _oriented(b, pattern.b, common[0], inner_last=False)
    if left is None or right is None:
        return a, b, "einsum"
    last = pattern.out[-1]
    if len(pattern.a) > 1 and len(pattern.b) > 1 and last in pattern.a and last not in pattern.b:
        left, right = transpose(right), transpose(left)
    return left, right, "matrix"


def slides(pattern: Pattern | None) -> bool:
    """Whether a contraction lays a kernel over many places of its input, as a convolution does."""
    if pattern is None:
        return False
    axes = (*pattern.a, *pattern.b, *pattern.out)
    return any(isinstance(axis, Window) for axis in axes)


def _oriented(
    matrix: Formula, axes: tuple[Axis, ...], inner: Axis, inner_last: bool
) -> Formula | None:
    """A matrix so that `inner` is the last dimension, or the last but one; None where it is
    neither."""
    if len(axes) == 1:
        return matrix
    if inner not in axes[-2:]:
        return None
    return matrix if (axes[-1] == inner) == inner_last else transpose(matrix)


def other_factor(
    pattern: Pattern, position: int, a: Formula, b: Formula
) -> tuple[Formula, str, bool]:
    """What a gradient is multiplied by on its way back to one operand of a contraction.

    Returns:
        The other factor, transposed where matrices are multiplied; on which side of the gradient
        it stands, "left", "right", or "" where it is no product of matrices; and whether the
        product is then to be transposed.
    """
    marks = (function("a"), function("b"))
    left, right, kind = operands(pattern, *marks)
    if kind != "matrix":
        return (a, b)[1 - position], "", False
    mine = marks[position]
    sides = operands(pattern, a, b)
    if left in (mine, transpose(mine)):
        return transpose(sides[1]), "right", left != mine
    return transpose(sides[0]), "left", right != mine
