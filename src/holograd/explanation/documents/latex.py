"""An explanation as a LaTeX document: both passes as tables, and the chain rule in formulas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from holograd.explanation.documents.rows import Document, Row, document
from holograd.explanation.escaping import beyond_latin, latex_text
from holograd.explanation.formulas.building import derivative
from holograd.explanation.formulas.formula import Formula
from holograd.explanation.records import Value
from holograd.explanation.words.texts import say

if TYPE_CHECKING:
    from holograd.explanation.explanation import Explanation

LONGEST = 12  # letters of a word that are not broken
_PREAMBLE = r"""\documentclass[a4paper]{article}
\usepackage[landscape,margin=18mm]{geometry}
\usepackage{amsmath,amssymb,array,booktabs,graphicx,longtable}
"""
_LATIN = r"""\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
"""
_WIDE = r"""\usepackage{iftex}
\ifpdftex
  \usepackage{kotex}
\else
  \usepackage{fontspec}
  \IfFontExistsTF{Noto Serif CJK KR}{\setmainfont{Noto Serif CJK KR}}{\usepackage{kotex}}
\fi
"""
_LAYOUT = r"""\setlength{\parindent}{0pt}
\setlength{\emergencystretch}{3em}
\setlength{\LTleft}{0pt}
\setlength{\LTpre}{6pt}
\renewcommand{\arraystretch}{1.5}
\setcounter{MaxMatrixCols}{20}
\newcolumntype{L}[1]{>{\raggedright\arraybackslash}p{#1\linewidth}}
\allowdisplaybreaks
% what is too wide for its column is made smaller
\newcommand{\fit}[1]{\sbox0{#1}\ifdim\wd0>\linewidth
  \resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi}
% a new page where there is hardly room for more than a heading
\newcommand{\makeroom}{\par\ifdim\pagegoal=\maxdimen\else
  \ifdim\dimexpr\pagegoal-\pagetotal\relax<40mm\newpage\fi\fi}
"""


def tex(explanation: Explanation, lang: str = "en") -> str:
    """A LaTeX document with the tables of both passes; its first line says how to compile it.

    Args:
        explanation: at the zoom level to be shown.
        lang: "en" or "ko".
    """
    found = document(explanation, lang)
    body = "\n".join(_body(found, explanation, lang))
    wide = lang == "ko" or beyond_latin(body)
    programs = ("xelatex", "lualatex") if wide else ("pdflatex", "lualatex")
    how = say("tex_compile", "en", first=programs[0], second=programs[1])
    fonts = _WIDE if wide else _LATIN
    begin = "\\begin{document}\n\\raggedright"
    return f"% {how}\n{_PREAMBLE}{fonts}{_LAYOUT}{begin}\n{body}\n\\end{{document}}\n"


def _body(found: Document, explanation: Explanation, lang: str) -> Iterable[str]:
    yield rf"\section*{{{_running(found.title or say('document_title', lang))}}}"
    yield from (_running(sentence) + r"\par" for sentence in found.sentences)
    heads = ["", *(say(f"head_{one}", lang) for one in ("gate", "computes", "value"))]
    yield _heading("pass_forward", lang)
    yield from _table("rL{0.13}L{0.48}L{0.26}", heads, (_forward(row) for row in found.forward))
    if found.backward:
        keys = ("gate", "to", "arriving", "contribution")
        heads = ["", *(say(f"head_{one}", lang) for one in keys)]
        yield _heading("pass_backward", lang)
        rows = (_backward(row) for row in found.backward)
        yield from _table("rL{0.13}L{0.11}L{0.38}L{0.25}", heads, rows)
    if found.leaves:
        yield from _gradients(found, explanation, lang)
    if found.paths:
        yield _heading("chain_rule", lang)
        for path in found.paths:
            yield rf"\begin{{center}}\fit{{$\displaystyle {path.latex}$}}\end{{center}}"
            yield from ([latex_text(path.note) + r"\par"] if path.note else [])
    yield from (_running(note) + r"\par" for note in found.notes)


def _heading(key: str, lang: str) -> str:
    return rf"\makeroom\subsection*{{{latex_text(say(key, lang))}}}"


def _forward(row: Row) -> list[str]:
    return [row.number, _running(row.gate), _stacked(row.formulas), _math(row.result)]


def _backward(row: Row) -> list[str]:
    result = _math(row.result)
    if row.total is not None:
        result += rf"\newline {latex_text(row.sum)} {_math(row.total)}"
    gate, target = _running(row.gate), _symbol(row.target)
    return [row.number, gate, target, _stacked(row.formulas), result]


def _gradients(found: Document, explanation: Explanation, lang: str) -> Iterable[str]:
    coded = any(leaf.value.code for leaf in found.leaves)
    output = explanation.view.output.symbol
    keys = ["name", *["stored"] * coded, "value", "gradient", *["check"] * found.checked]
    rows = []
    for leaf in found.leaves:
        gradient = derivative(output, leaf.value.symbol).latex
        cells = [_symbol(leaf.value)]
        cells += [_fit(rf"\texttt{{{latex_text(leaf.value.code)}}}")] * coded
        cells += [_math(leaf.amount), _fit(f"${gradient} = {leaf.gradient.latex}$")]
        cells += [_math(leaf.check) if leaf.check is not None else ""] * found.checked
        rows.append(cells)
    width = 0.78 - 0.14 * coded
    columns = "L{0.12}" + "L{0.14}" * coded
    columns += f"L{{{width / (2 + found.checked):.3f}}}" * (2 + found.checked)
    yield _heading("gradients", lang)
    yield from _table(columns, [say(f"head_{key}", lang) for key in keys], rows)


def _table(columns: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """A table that goes on over pages."""
    yield rf"\begin{{longtable}}{{@{{}}{columns}@{{}}}}"
    yield r"\toprule"
    yield " & ".join(map(latex_text, heads)) + r" \\ \midrule \endhead"
    yield from (" & ".join(row) + r" \\" for row in rows)
    yield r"\bottomrule"
    yield r"\end{longtable}"


def _stacked(formulas: Sequence[Formula]) -> str:
    """Formulas one above the other, each but the first after an equals sign."""
    first, *others = (formula.latex for formula in formulas)
    return r"\newline ".join([_fit(f"${first}$"), *(_fit(f"${{}}= {one}$") for one in others)])


def _math(formula: Formula) -> str:
    return _fit(f"${formula.latex}$")


def _fit(text: str) -> str:
    """What is not broken into lines: as it is where it is narrow, else no wider than its column."""
    return rf"\fit{{{text}}}"


def _symbol(value: Value) -> str:
    """What a value is called; a long name is broken into lines."""
    symbol = value.symbol
    if len(symbol.text) > LONGEST:
        return rf"\textit{{{_running(symbol.text)}}}"
    return _fit(f"${symbol.latex}$")


def _running(text: str) -> str:
    """Sentences, in which names without a space may be broken too."""
    words = text.split(" ")
    return " ".join(
        r"\allowbreak{}".join(
            latex_text(word[start : start + LONGEST]) for start in range(0, len(word), LONGEST)
        )
        for word in words
    )
