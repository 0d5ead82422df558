"""Formulas beyond arithmetic: functions, conditions, sums over indices, matrices, chains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holograd.explanation.formulas.formula import ONE, ZERO, Formula, of, product
from holograd.explanation.symbols import Symbol

NUMBERED = "v"  # the letter of values without a name
OPPOSITE = {"=": "≠", "≠": "=", "<": "≥", "≥": "<", ">": "≤", "≤": ">"}


# --- functions, conditions, choices ---


def function(which: str, *arguments: Any) -> Formula:
    """A function by its name: ln, exp, σ, max, softmax; see `notations.FUNCTIONS`."""
    return Formula("function", tuple(map(of, arguments)), which)


def enclosed(which: str, value: Any) -> Formula:
    """What stands between bars: "abs", "floor", "ceil" or "norm"."""
    return Formula("enclosed", (of(value),), which)


def compare(sign: str, *parts: Any) -> Formula:
    """A comparison, which holds or does not: a > b."""
    return Formula("compare", tuple(map(of, parts)), sign)


def equation(*parts: Any) -> Formula:
    """A statement: a = b = c."""
    return Formula("equation", tuple(map(of, parts)))


def logic(sign: str, *parts: Any) -> Formula:
    """Conditions joined by ∧, ∨ or ⊕."""
    return Formula("logic", tuple(map(of, parts)), sign)


def opposite(condition: Formula) -> Formula:
    """Where a condition does not hold."""
    if condition.head == "compare":
        return Formula("compare", condition.parts, OPPOSITE[condition.detail])
    if condition.head == "negation":
        return condition.parts[0]
    return Formula("negation", (condition,))


def choice(condition: Formula, yes: Any, no: Any) -> Formula:
    """`yes` where the condition holds, else `no`; 1 and 0 are [condition]."""
    yes, no = of(yes), of(no)
    if yes == no:
        return yes
    if no == ZERO:
        return product(Formula("indicator", (condition,)), yes)
    if yes == ZERO:
        return product(Formula("indicator", (opposite(condition),)), no)
    return Formula("choice", (condition, yes, no))


# --- sums over indices, matrices ---


def over(sign: str, body: Any, below: str = "") -> Formula:
    """Σ, Π, max, min, ∃ or ∀ of `body`, over the index that stands below."""
    return Formula("over", (of(body),), (sign, below))


def indexed(base: Any, index: str) -> Formula:
    """One number of an array: pⱼ; of one that is merely numbered (v₃)ⱼ."""
    base = of(base)
    if base.head == "name" and not (base.detail.letter == NUMBERED and base.detail.subscript):
        symbol = base.detail
        letter = symbol.letter.lower() if len(symbol.letter) == 1 else symbol.letter
        return Formula("name", (), Symbol(letter, index, symbol.layer or symbol.subscript))
    return Formula("indexed", (base,), index)


def picked(base: Any, places: Sequence[int]) -> Formula:
    """One number of an array by its places, which count from 1: o₂, w₁₂."""
    comma = "," if any(place > 9 for place in places) else ""
    return indexed(base, comma.join(map(str, places)))


def entry(base: Any, index: Any) -> Formula:
    """The number of an array that an index names: a[i]."""
    return Formula("entry", (of(base), of(index)))


def transpose(value: Any) -> Formula:
    """The transpose of a matrix; of a transpose it is the matrix."""
    formula = of(value)
    return formula.parts[0] if formula.head == "transpose" else Formula("transpose", (formula,))


def matmul(*factors: Any) -> Formula:
    """A matrix product, whose factors keep their order."""
    flat: list[Formula] = []
    for factor in map(of, factors):
        flat.extend(factor.parts if factor.head == "matmul" else (factor,))
    return flat[0] if len(flat) == 1 else Formula("matmul", tuple(flat))


def entrywise(*factors: Any) -> Formula:
    """The product of arrays number by number; 1 is left out."""
    flat: list[Formula] = []
    for factor in map(of, factors):
        flat.extend(factor.parts if factor.head == "entrywise" else (factor,))
    flat = [one for one in flat if one != ONE]
    if not flat:
        return ONE
    return flat[0] if len(flat) == 1 else Formula("entrywise", tuple(flat))


# --- the chain rule ---


def derivative(a: Any, b: Any) -> Formula:
    """∂a/∂b."""
    return Formula("derivative", (of(a), of(b)))


def chained(*factors: Any) -> Formula:
    """Factors with dots between them, as they are: nothing is simplified."""
    flat: list[Formula] = []
    for factor in map(of, factors):
        flat.extend(factor.parts if factor.head == "chain" else (factor,))
    parts = tuple(flat)
    return parts[0] if len(parts) == 1 else Formula("chain", parts)


def added(*terms: Any) -> Formula:
    """Terms with plus signs between them, as they are."""
    parts = tuple(map(of, terms))
    return parts[0] if len(parts) == 1 else Formula("sum", parts)


DOTS = Formula("dots")
