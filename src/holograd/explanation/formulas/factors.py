"""One factor of the chain rule: a local derivative in names, in symbols, in numbers, and what it
does to the gradient that flows back through it."""

from __future__ import annotations

from holograd.explanation.formulas.building import (
    chained,
    derivative,
    entrywise,
    indexed,
    matmul,
    over,
    transpose,
)
from holograd.explanation.formulas.chains import Link
from holograd.explanation.formulas.formula import ONE, Formula, given, total
from holograd.explanation.formulas.rules import other_factor

LAYERS = ("Linear", "linear")
SPREAD = ("softmax", "log_softmax", "cumsum", "cumprod")  # each output depends on many inputs


def partial(link: Link) -> Formula:
    """∂o/∂z."""
    return derivative(link.output.symbol, link.value.symbol)


def slope(link: Link) -> Formula:
    """The local derivative in symbols; its name where there is no formula."""
    found = [one.formula for one in link.arguments]
    if link.output is not link.step.output or any(one is None for one in found):
        return partial(link)
    return total(*found)


def numbers(link: Link) -> Formula | None:
    """The local derivative as numbers; None where they are not known, or too many."""
    found = link.derivative
    if found is None:
        return None
    if found.size > 1 and _multiplies(link):
        shown = {one.value.symbol: one.value.shown for one in link.step.arguments}
        filled = slope(link).filled(shown)
        return None if _unfilled(filled) else filled
    if link.kind == "jacobian" and link.output.array.size == 1:
        found = found.reshape(link.value.array.shape)
    return given(found)


def _unfilled(formula: Formula) -> bool:
    """Whether a name is left in place of an array that is too large."""
    return formula.head == "name" or any(map(_unfilled, formula.parts))


def passed(flowing: Formula, link: Link, own: Formula) -> Formula:
    """What is left of `flowing` after it has gone back through a link with the factor `own`."""
    if _multiplies(link):
        return _times_matrix(flowing, link, own)
    if link.value.array.size == 1 == link.output.array.size:
        return chained(*[one for one in (flowing, own) if one != ONE] or [ONE])
    if link.step.kind in SPREAD and flowing != ONE:
        return over("Σ", chained(indexed(flowing, "j"), own), "j")
    joined = entrywise(flowing, own)
    if link.value.array.size < link.output.array.size:
        return over("Σ", joined)
    return joined


def _multiplies(link: Link) -> bool:
    """Whether the step multiplies matrices, one of which is the link's value."""
    if len(link.arguments) > 1:
        return False
    return link.kind == "operand" or (_layer(link) and link.place < 2)


def _layer(link: Link) -> bool:
    return link.step.operation is None and link.step.kind.partition("(")[0] in LAYERS


def _times_matrix(flowing: Formula, link: Link, own: Formula) -> Formula:
    place = link.place
    side, turned = ("right", "left")[place], False
    if not _layer(link):
        pattern = link.step.parameters["pattern"]
        _, side, turned = other_factor(pattern, place, ONE, ONE)
    if not side:
        return entrywise(flowing, own)
    if flowing == ONE:
        return own
    product = matmul(flowing, own) if side == "right" else matmul(own, flowing)
    return transpose(product) if turned else product
