"""An explanation as Markdown: tables that can be read as they are, with formulas in `$…$`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from holograd.explanation.documents.rows import Document, Row, document
from holograd.explanation.escaping import markdown_text
from holograd.explanation.expressions.spots import columns
from holograd.explanation.formulas.building import derivative
from holograd.explanation.formulas.formula import Formula
from holograd.explanation.words.texts import say

if TYPE_CHECKING:
    from holograd.explanation.explanation import Explanation

WIDEST = 60  # characters up to which a column is padded


def markdown(explanation: Explanation, lang: str = "en") -> str:
    """A Markdown document with the tables of both passes.

    Args:
        explanation: at the zoom level to be shown.
        lang: "en" or "ko".
    """
    found = document(explanation, lang)
    return "\n".join(_parts(found, explanation, lang)) + "\n"


def _parts(found: Document, explanation: Explanation, lang: str) -> Iterable[str]:
    yield f"# {markdown_text(found.title or say('document_title', lang))}"
    for sentence in found.sentences:
        yield f"\n{markdown_text(sentence)}"
    yield _heading("pass_forward", lang)
    heads = ["", *(say(f"head_{one}", lang) for one in ("gate", "computes", "value"))]
    yield from _table(heads, [_forward(row) for row in found.forward])
    if found.backward:
        yield _heading("pass_backward", lang)
        keys = ("gate", "to", "arriving", "contribution")
        heads = ["", *(say(f"head_{one}", lang) for one in keys)]
        yield from _table(heads, [_backward(row) for row in found.backward])
    if found.leaves:
        yield _heading("gradients", lang)
        yield from _gradients(found, explanation, lang)
    if found.paths:
        yield _heading("chain_rule", lang)
        for path in found.paths:
            yield f"$$\n{path.latex}\n$$\n"
            yield from ([markdown_text(path.note)] if path.note else [])
    for note in found.notes:
        yield f"\n{markdown_text(note)}"


def _heading(key: str, lang: str) -> str:
    return f"\n## {markdown_text(say(key, lang))}\n"


def _forward(row: Row) -> list[str]:
    return [row.number, markdown_text(row.gate), _stacked(row.formulas), _numbers(row.result)]


def _backward(row: Row) -> list[str]:
    result = _numbers(row.result)
    if row.total is not None:
        result += f"<br>{markdown_text(row.sum)} {_numbers(row.total)}"
    gate = markdown_text(row.gate)
    return [row.number, gate, f"${row.target.symbol.latex}$", _stacked(row.formulas), result]


def _gradients(found: Document, explanation: Explanation, lang: str) -> Iterable[str]:
    coded = any(leaf.value.code for leaf in found.leaves)
    output = explanation.view.output.symbol
    keys = ["name", *["stored"] * coded, "value", "gradient", *["check"] * found.checked]
    rows = []
    for leaf in found.leaves:
        partial = _math(derivative(output, leaf.value.symbol))
        cells = [f"${leaf.value.symbol.latex}$"]
        cells += [f"`{leaf.value.code}`" if leaf.value.code else ""] * coded
        cells += [_numbers(leaf.amount), f"{partial} = {_numbers(leaf.gradient)}"]
        cells += [_numbers(leaf.check) if leaf.check is not None else ""] * found.checked
        rows.append(cells)
    yield from _table([say(f"head_{key}", lang) for key in keys], rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """A table whose columns stand below each other, as far as they are narrow."""
    lines = [[markdown_text(head) for head in heads], *rows]
    widths = [min(max(3, *map(columns, column)), WIDEST) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        cells = zip(line, widths, strict=True)
        padded = (cell + " " * (width - columns(cell)) for cell, width in cells)
        yield f"| {' | '.join(padded)} |"


def _stacked(formulas: Sequence[Formula]) -> str:
    """A formula, and what it is with numbers."""
    first, *others = formulas
    return "<br>".join([_math(first), *(f"= {_numbers(one)}" for one in others)])


def _math(formula: Formula) -> str:
    """A formula; of several lines it is text, since renderers differ about line ends in tables."""
    latex = formula.latex
    return _numbers(formula) if r"\\" in latex else f"${latex}$"


def _numbers(formula: Formula) -> str:
    """Numbers as text, which can be read as it is."""
    return markdown_text(formula.text).replace(r"\[", "[").replace(r"\]", "]")
