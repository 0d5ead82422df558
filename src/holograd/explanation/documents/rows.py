"""What stands in the tables of a document, whatever it is written in: formulas, not text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from holograd.explanation.formulas.building import derivative, equation, function
from holograd.explanation.formulas.chains import Link
from holograd.explanation.formulas.factors import numbers, passed, slope
from holograd.explanation.formulas.formula import ONE, Formula, given, name
from holograd.explanation.formulas.paths import Path, trace_paths
from holograd.explanation.formulas.rules import listed
from holograd.explanation.records import PARAMETER, Argument, Step, Value, View
from holograd.explanation.words.amounts import MOST_NUMBERS, amount
from holograd.explanation.words.narration import headline
from holograd.explanation.words.texts import say

if TYPE_CHECKING:
    from holograd.explanation.explanation import Explanation

MOST_PATHS = 12  # parameters whose chain rule is written out
MOST_LINKS = 64  # that one of them may have in all its chains


@dataclass
class Row:
    """One row of a table.

    Attributes:
        number: the step's place in both passes; empty in its further rows.
        gate: the sign on the gate, likewise.
        formulas: one above the other: in symbols, with numbers.
        target: the value that is spoken of.
        result: the numbers that come out.
        sum: where contributions join, which one this is and what they add up to, in words.
        total: that sum.
    """

    number: str
    gate: str
    target: Value
    formulas: list[Formula]
    result: Formula
    sum: str = ""
    total: Formula | None = None


@dataclass
class Leaf:
    """A leaf with its gradient, for the last table."""

    value: Value
    amount: Formula
    gradient: Formula
    check: Formula | None = None


@dataclass
class Document:
    """All that a document says.

    Attributes:
        title: a heading; empty where there is none.
        sentences: what was computed, and what is not shown.
        forward: the rows of the forward pass.
        backward: the rows of the backward pass.
        leaves: what has a gradient and was not computed.
        paths: the chain rule for the parameters, where they are few.
        checked: whether finite differences are shown.
        notes: what is to be known about the tables.
    """

    title: str
    sentences: list[str]
    forward: list[Row]
    backward: list[Row]
    leaves: list[Leaf]
    paths: list[Path]
    checked: bool
    notes: list[str] = field(default_factory=list)


def document(explanation: Explanation, lang: str) -> Document:
    """What a document says about an explanation at its zoom level."""
    view = explanation.view
    sentences = [headline(explanation, lang)]
    if view.limit:
        asked, shown = say(f"level_{view.asked}", lang), say(f"level_{view.level}", lang)
        sentences.append(say("limit", lang, asked=asked, count=view.limit, shown=shown))
    leaves = [one for one in view.values if one.leaf and one.gradient is not None]
    notes = []
    if any(value.transposed for value in view.values):
        notes.append(say("stored_transposed", lang))
    return Document(
        explanation.title, sentences, list(_forward(view, lang)), list(_backward(view, lang)),
        [_leaf(one, lang) for one in leaves], _paths(view, leaves),
        any(one.check is not None for one in leaves), notes,
    )  # fmt: skip


def shown(array: np.ndarray | None, value: Value, lang: str) -> Formula:
    """An array of a value's shape as the lecture writes it; a large one by its range."""
    if array is None:
        return given("") or ONE
    turned = array.T if value.transposed else array
    small = given(turned) if turned.size <= MOST_NUMBERS else None
    return small or Formula("given", (), amount(turned, lang))


# --- the forward pass ---


def step_formula(step: Step) -> Formula:
    """What a step computes; where there is no formula, its name with what it takes."""
    if step.formula is not None:
        return step.formula
    kind = step.kind.partition("(")[0]
    return function(kind, *listed([name(one.value.symbol) for one in step.arguments]))


def _forward(view: View, lang: str) -> Iterator[Row]:
    for step in view.steps:
        formula, output = step_formula(step), step.output
        formulas = [equation(output.symbol, formula)]
        values = [one.value for one in step.arguments]
        if all(value.array.size <= MOST_NUMBERS for value in values):
            filled = formula.filled({value.symbol: value.shown for value in values})
            if filled != formula:
                formulas.append(filled)
        result = shown(output.array, output, lang)
        yield Row(str(step.number), step.label, output, formulas, result)


# --- the backward pass ---


def _backward(view: View, lang: str) -> Iterator[Row]:
    for step in reversed(view.steps):
        receivers = [one for one in step.arguments if one.contribution is not None]
        number = str(2 * len(view.steps) + 1 - step.number)
        for place, one in enumerate(receivers):
            first = not place
            row = Row(number if first else "", step.label if first else "", one.value,
                      _arriving(view, step, one),
                      shown(one.contribution, one.value, lang))  # fmt: skip
            if one.joins[1] > 1 and one.total is not None:
                row.sum = say("sum_so_far", lang, place=one.joins[0], count=one.joins[1])
                row.total = shown(one.total, one.value, lang)
            yield row


def _arriving(view: View, step: Step, one: Argument) -> list[Formula]:
    """What arrives times the local derivative, in symbols and with numbers."""
    link = Link((one,), step, step.output)
    local = slope(link)
    partial = derivative(view.output.symbol, step.output.symbol)
    formulas = [passed(partial, link, local)]
    arriving = step.output.gradient
    own = ONE if local == ONE else numbers(link)
    small = arriving is not None and max(arriving.size, one.value.array.size) <= MOST_NUMBERS
    known = given(arriving) if arriving is not None and small else None
    if own is not None and known is not None:
        formulas.append(passed(known, link, own))
    return formulas


# --- gradients ---


def _leaf(value: Value, lang: str) -> Leaf:
    check = None if value.check is None else shown(value.check, value, lang)
    amounts = shown(value.array, value, lang), shown(value.gradient, value, lang)
    return Leaf(value, *amounts, check)


def _paths(view: View, leaves: list[Value]) -> list[Path]:
    """The chain rule for each parameter; for each leaf where there are no parameters of a model."""
    parameters = [one for one in leaves if one.role == PARAMETER] or leaves
    if len(parameters) > MOST_PATHS:
        return []
    found = [trace_paths(view, one, view.output) for one in parameters]
    return [path for path in found if sum(map(len, path.chains)) <= MOST_LINKS]
