"""One factor of the chain rule: a local derivative in names, in symbols, in numbers, and what it
does to the gradient that flows back through it."""

from __future__ import annotations

import numpy as np

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
from holograd.explanation.formulas.rules import other_factor, slides

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
    if found is None or _slides(link):
        return None
    if found.size > 1 and multiplies(link):
        shown = {one.value.symbol: one.value.shown for one in link.step.arguments}
        filled = slope(link).filled(shown)
        return None if _unfilled(filled) else filled
    return given(_as_matrix(found, link) if link.kind == "jacobian" else found)


def _as_matrix(jacobian: np.ndarray, link: Link) -> np.ndarray:
    """Of one number, in the shape of the value as the lecture writes it; of a row by a row, with a
    row for each number that the step gives."""
    value, output = link.value.array, link.output.array
    if output.size == 1:
        shape = value.shape
        return jacobian.reshape(shape).T if link.value.transposed else jacobian.reshape(shape)
    if all(one.shape[-1:] in ((), (one.size,)) for one in (value, output)):
        return jacobian.reshape(output.size, value.size)
    return jacobian


def _unfilled(formula: Formula) -> bool:
    """Whether a name is left in place of an array that is too large."""
    return formula.head == "name" or any(map(_unfilled, formula.parts))


def passed(flowing: Formula, link: Link, own: Formula) -> Formula:
    """What is left of `flowing` after it has gone back through a link with the factor `own`."""
    if multiplies(link):
        return _times_matrix(flowing, link, own)
    if link.value.array.size == 1 == link.output.array.size:
        return chained(*[one for one in (flowing, own) if one != ONE] or [ONE])
    if link.step.kind in SPREAD and flowing != ONE and own.head != "matrix":
        return over("Σ", chained(indexed(flowing, "j"), own), "j")
    if own != ONE and (link.kind != "elementwise" or link.output.array.size == 1):
        return chained(*[one for one in (flowing, own) if one != ONE])
    joined = entrywise(flowing, own)
    if link.value.array.size < link.output.array.size:
        return over("Σ", joined)
    return joined


def multiplies(link: Link) -> bool:
    """Whether the step multiplies matrices, one of which is the link's value."""
    if len(link.arguments) > 1:
        return False
    return (link.kind == "operand" and not _slides(link)) or (_layer(link) and link.place < 2)


def side(link: Link) -> tuple[str, bool]:
    """Of a step that multiplies matrices: on which side of what arrives its factor stands, "left",
    "right", or "" where it is no product of matrices; and whether the product is transposed."""
    if _layer(link):
        return ("right", "left")[link.place], False
    _, which, turned = other_factor(link.step.parameters["pattern"], link.place, ONE, ONE)
    return which, turned


def _slides(link: Link) -> bool:
    return link.step.kind == "contract" and slides(link.step.parameters.get("pattern"))


def _layer(link: Link) -> bool:
    named = link.step.operation is None and link.step.kind.partition("(")[0] in LAYERS
    return named and link.arguments[0].formula is not None


def _times_matrix(flowing: Formula, link: Link, own: Formula) -> Formula:
    which, turned = side(link)
    if not which:
        return chained(*[one for one in (flowing, own) if one != ONE])
    if flowing == ONE:
        return own
    product = matmul(flowing, own) if which == "right" else matmul(own, flowing)
    return transpose(product) if turned else product
