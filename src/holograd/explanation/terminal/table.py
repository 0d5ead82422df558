"""An explanation as a table for the terminal: the forward pass, the backward pass, the gradients.

Colour shows the sign of a number, which its minus shows too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from holograd.explanation.formulas.chains import Link
from holograd.explanation.formulas.factors import multiplies, side
from holograd.explanation.formulas.factors import numbers as factor_numbers
from holograd.explanation.formulas.formula import given
from holograd.explanation.formulas.rules import slides
from holograd.explanation.records import Argument, Step, Value, View
from holograd.explanation.words.amounts import MOST_NUMBERS, amount
from holograd.explanation.words.forward_sentences import problem
from holograd.explanation.words.texts import name_of, say
from holograd.pictures.numbers import short

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

POSITIVE, NEGATIVE, SOFT, WRONG = "#CE6D32", "#668ACD", "bright_black", "bold"
NUMBER = re.compile(r"(?<![\w.])(−?)(?:\d[\d.]*(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|∞)")


def table(view: View, lang: str = "en") -> RenderableType:
    """Both passes with all numbers, to be printed by `rich`.

    Args:
        view: a zoom level.
        lang: "en" or "ko".
    """
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = []
    if view.limit:
        parts.append(Text(limit_text(view, lang), SOFT))
    parts += [heading("pass_forward", lang), forward_table(view.steps, lang)]
    backward = backward_rows(view)
    if backward:
        checked = any(value.check is not None for value in view.values)
        parts += [Text(), heading("pass_backward", lang)]
        parts.append(backward_table(view, backward, lang, checked))
        parts += [Text(), heading("gradients", lang), _gradients(view, lang, checked)]
    if any(value.transposed for value in view.values):
        parts.append(Text(say("stored_transposed", lang), SOFT))
    return Group(*parts)


def heading(key: str, lang: str) -> Text:
    """The title of a part."""
    from rich.text import Text

    return Text(say(key, lang), "bold")


def limit_text(view: View, lang: str) -> str:
    """Why another level than the one that was asked for is shown."""
    asked, shown = say(f"level_{view.asked}", lang), say(f"level_{view.level}", lang)
    return say("limit", lang, asked=asked, count=view.limit, shown=shown)


# --- cells ---


def stacked(array: np.ndarray, lang: str) -> list[str]:
    """An array in lines: a row a line where its numbers are few, else one line about it."""
    if not 1 < array.size <= MOST_NUMBERS:
        return [amount(array, lang)]
    rows = array.reshape(-1, array.shape[-1])
    return [f"[{', '.join(short(one.item()) for one in row)}]" for row in rows]


def lines_of(lines: Sequence[str], coloured: bool = True) -> Text:
    """Lines of numbers in the colour of their sign."""
    from rich.text import Text

    return Text("\n").join(signed(line, coloured) for line in lines)


def numbers(array: np.ndarray, lang: str) -> Text:
    """An array in lines, in colour where its numbers are shown."""
    return lines_of(stacked(array, lang), array.size <= MOST_NUMBERS)


def signed(text: str, coloured: bool = True) -> Text:
    """Text whose numbers have the colour of their sign."""
    from rich.text import Text

    result = Text(text)
    for found in NUMBER.finditer(text) if coloured else ():
        if found[1]:
            result.stylize(NEGATIVE, *found.span())
        elif found[0] != "0":
            result.stylize(POSITIVE, *found.span())
    return result


def formula_lines(step: Step) -> list[str]:
    """What a step computes: in symbols, and, where its numbers are few, with the numbers."""
    output = step.output.symbol.text
    if step.formula is None:
        taken = ", ".join(one.value.symbol.text for one in step.arguments)
        return [f"{output} = {step.kind.partition('(')[0]}({taken})"]
    lines = [f"{output} = {step.formula.text}"]
    values = [one.value for one in step.arguments]
    if all(value.array.size <= MOST_NUMBERS for value in values):
        filled = step.formula.filled({value.symbol: value.shown for value in values}).text
        if filled != step.formula.text:
            lines.append(f"= {filled}")
    return lines


def slope_lines(view: View, step: Step, one: Argument, lang: str) -> list[str]:
    """What arrives times the local derivative: in symbols, and with the numbers.

    The gradient of a product's second matrix has the first one in front: XᵀG.
    """
    arriving, local = step.output.gradient, one.shown
    assert arriving is not None
    symbols = _derivative(view.output, step.output), _slope(step, one)
    link = Link((one,), step, step.output)
    if multiplies(link):
        return _matrix_lines(link, arriving, symbols)
    lines = [" × ".join(symbols)]
    if local is None or slides(step.parameters.get("pattern")):
        return lines
    if (one.kind == "jacobian" and local.size > 1) or max(local.size, arriving.size) > MOST_NUMBERS:
        return lines
    if one.kind == "elementwise" and arriving.size > 1:
        pairs = zip(arriving.flat, local.flat, strict=True)
        return lines + [f"{short(first)} × {_closed(short(second))}" for first, second in pairs]
    return [*lines, f"{amount(arriving, lang)} × {_closed(amount(local, lang))}"]


def _matrix_lines(link: Link, arriving: np.ndarray, symbols: tuple[str, str]) -> list[str]:
    """The two factors of a product of matrices in their order."""
    which, turned = side(link)

    def product(flowing: str, own: str) -> str:
        first, second = (own, flowing) if which == "left" else (flowing, own)
        text = f"{first} × {_closed(second)}"
        return f"({text})ᵀ" if turned else text

    lines = [product(*symbols)]
    known, own = given(arriving), factor_numbers(link)
    if own is None or known is None:
        return lines
    assert link.derivative is not None
    if max(link.derivative.size, arriving.size) > MOST_NUMBERS:
        return lines
    return [*lines, product(known.text, own.text)]


def _slope(step: Step, one: Argument) -> str:
    """The local derivative in symbols, in brackets where it is a sum."""
    if one.formula is None:
        return _derivative(step.output, one.value)
    text = one.formula.text
    return f"({text})" if one.formula.head in ("sum", "negative") else text


def _derivative(above: Value, below: Value) -> str:
    return f"∂{above.symbol.text}/∂{below.symbol.text}"


def _closed(text: str) -> str:
    """A number in brackets, where it has a sign."""
    return f"({text})" if text.startswith("−") else text


# --- the forward pass ---


def _grid(*heads: tuple[str, dict], lang: str) -> Table:
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=SOFT)
    for key, options in heads:
        grid.add_column(say(key, lang) if key else "", **options)
    return grid


def forward_table(steps: Iterable[Step], lang: str) -> Table:
    """A row for each step: its gate, its formula, and what it gives."""
    from rich.text import Text

    grid = _grid(
        ("", {"justify": "right"}), ("head_gate", {"min_width": 6}), ("head_computes", {}),
        ("head_value", {}), lang=lang,
    )  # fmt: skip
    for step in steps:
        symbols, *filled = formula_lines(step)
        begin = [Text(str(step.number)), Text(step.label)]
        if filled:
            grid.add_row(*begin, Text(symbols))
            begin = [Text(), Text()]
        computes = lines_of(filled) if filled else Text(symbols)
        if step.output.problem:
            computes.append(f"\n{problem(step, lang)}", WRONG)
        small = step.output.array.size <= MOST_NUMBERS
        grid.add_row(*begin, computes, signed(amount(step.output.shown, lang), small))
    return grid


# --- the backward pass ---


def backward_rows(view: View) -> list[tuple[int, Step, list[Argument]]]:
    """The steps that something flows back through, with their numbers in the whole course."""
    rows = []
    for step in reversed(view.steps):
        receivers = [one for one in step.arguments if one.contribution is not None]
        if receivers:
            rows.append((2 * len(view.steps) + 1 - step.number, step, receivers))
    return rows


def backward_table(
    view: View, rows: Iterable[tuple[int, Step, list[Argument]]], lang: str, checked: bool
) -> Table:
    """A row for each use of a value: what flows back to it, and how.

    Args:
        view: what the steps are of.
        rows: as `backward_rows` gives them.
        lang: "en" or "ko".
        checked: whether finite differences are shown.
    """
    from rich.text import Text

    heads = [
        ("", {"justify": "right"}), ("head_gate", {}), ("head_to", {}),
        ("head_arriving", {}), ("head_contribution", {}),
    ]  # fmt: skip
    grid = _grid(*heads, *[("head_check", {})] * checked, lang=lang)
    for number, step, receivers in rows:
        for place, one in enumerate(receivers):
            symbols, *filled = slope_lines(view, step, one, lang)
            begin = [
                Text("" if place else str(number)), Text("" if place else step.label),
                Text(one.value.symbol.text),
            ]  # fmt: skip
            if filled:  # numbers stand below the symbols, in a row of their own
                grid.add_row(*begin, Text(symbols))
                begin = [Text()] * 3
            local = lines_of(filled) if filled else Text(symbols)
            if _breaks(step, one):
                told = say("problem_gradient", lang, input=one.value.symbol.text)
                local.append(f"\n{told}", WRONG)
            assert one.shown_contribution is not None
            contribution = numbers(one.shown_contribution, lang)
            cells = [*begin, local, contribution + _total(one, lang)]
            if checked:
                cells.append(checks(one.value, lang) if one.joins[0] == one.joins[1] else Text())
            grid.add_row(*cells)
    return grid


def _breaks(step: Step, one: Argument) -> bool:
    """Whether numbers that are not finite begin with this local derivative."""
    assert one.contribution is not None and step.output.gradient is not None
    return bool(
        np.isfinite(step.output.gradient).all()
        and not np.isfinite(one.contribution).all()
        and all(np.isfinite(other.value.array).all() for other in step.arguments)
    )


def _total(one: Argument, lang: str) -> Text:
    """Where several contributions join: which one this is, and the sum so far."""
    from rich.text import Text

    place, count = one.joins
    if count == 1 or one.total is None:
        return Text()
    told = Text("\n" + say("sum_so_far", lang, place=place, count=count), SOFT)
    return told + Text(" ") + numbers(_turned(one.value, one.total), lang)


def _turned(value: Value, array: np.ndarray) -> np.ndarray:
    """As the lecture writes it."""
    return array.T if value.transposed else array


def checks(value: Value, lang: str) -> Text:
    """The gradient by finite differences, and whether it agrees."""
    from rich.text import Text

    if value.check is None or value.gradient is None:
        return Text()
    lines = stacked(_turned(value, value.check), lang)
    lines = [line.replace("NaN", "—") for line in lines]
    lines[-1] += {True: " ✓", False: " ≠", None: ""}[value.agrees]
    return Text("\n".join(lines), SOFT)


# --- the gradients of what can be changed ---


def _gradients(view: View, lang: str, checked: bool) -> Table:
    """The leaves that have a gradient: what the whole pass was for."""
    from rich.text import Text

    leaves = [value for value in view.values if value.leaf and value.gradient is not None]
    coded = any(value.code for value in leaves)
    heads = [("head_name", {})] + [("head_stored", {})] * coded
    heads += [("head_value", {}), ("", {}), ("head_gradient", {})] + [("head_check", {})] * checked
    grid = _grid(*heads, lang=lang)
    for value in leaves:
        assert value.shown_gradient is not None
        cells: list[Text | str] = [Text(value.symbol.text)]
        cells += [Text(value.code, SOFT)] * coded
        cells += [numbers(value.shown, lang), f"{_derivative(view.output, value)} ="]
        cells.append(numbers(value.shown_gradient, lang))
        cells += [checks(value, lang)] * checked
        grid.add_row(*cells)
    return grid


def step_title(step: Step, lang: str) -> str:
    """What a step is called: its sign, and the name where that says more."""
    name = name_of(step.kind, lang)
    return step.label if name == step.label else f"{step.label}  {name}"
