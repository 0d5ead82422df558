"""An explanation as a graph for Graphviz: gates in their brackets, numbers along the edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from holograd.explanation.documents.rows import step_formula
from holograd.explanation.escaping import dot_text
from holograd.explanation.records import Box, Step, Value, View
from holograd.explanation.words.amounts import amount
from holograd.explanation.words.texts import say

if TYPE_CHECKING:
    from holograd.explanation.explanation import Explanation

_HEAD = """digraph explanation {
  rankdir=LR;
  bgcolor="#FBFAF6";
  fontname="Helvetica"; fontcolor="#55524B"; fontsize=12;
  node [fontname="Helvetica", fontcolor="#1E1D1A", color="#1E1D1A", fontsize=13];
  edge [fontname="Helvetica", fontcolor="#1E1D1A", color="#55524B", fontsize=11];"""


def dot(explanation: Explanation, lang: str = "en") -> str:
    """A graph in Graphviz's language; `dot -Tsvg x.dot > x.svg` draws it.

    A gate says what it computes. Values stand on the edges with their gradients below; those that
    are given, used several times or explained have nodes of their own.

    Args:
        explanation: at the zoom level to be shown.
        lang: "en" or "ko".
    """
    view = explanation.view
    lines = [_HEAD]
    if explanation.title:
        lines.append(f"  label={dot_text(explanation.title)}; labelloc=t;")
    lines.append(f"  // {say('dot_compile', 'en')}")
    lines += _boxes(view, "", "  ")
    lines += [f"  {_gate(step)}" for step in view.steps if not step.boxes]
    nodes = [value for value in view.values if _stands_alone(value, view)]
    lines += [f"  {_value(value, view, lang)}" for value in nodes]
    lines += [f"  {edge}" for edge in _edges(view, {value.key for value in nodes}, lang)]
    return "\n".join([*lines, "}", ""])


def _boxes(view: View, parent: str, margin: str) -> Iterable[str]:
    """The brackets inside another one, with their gates."""
    for box in view.boxes:
        if box.parent != parent:
            continue
        inside = [step for step in view.steps if step.boxes and step.boxes[-1] == box.key]
        yield f"{margin}subgraph cluster_{box.key} {{"
        yield f'{margin}  label={dot_text(_title(box))}; color="#B9B4A7"; labeljust=l;'
        yield from (f"{margin}  {_gate(step)}" for step in inside)
        yield from _boxes(view, box.key, margin + "  ")
        yield f"{margin}}}"


def _title(box: Box) -> str:
    return f"{box.title}  {box.place}" if box.place else box.title


def _gate(step: Step) -> str:
    label = f"{step.label}\n{step.output.symbol.text} = {step_formula(step).text}"
    return f"{step.key} [shape=box, style=rounded, label={dot_text(label)}];"


def _stands_alone(value: Value, view: View) -> bool:
    return value.leaf or value is view.output or len(value.users) != 1


def _value(value: Value, view: View, lang: str) -> str:
    return f"{value.key} [shape=plaintext, label={dot_text(_numbers(value, view, lang))}];"


def _numbers(value: Value, view: View, lang: str) -> str:
    """A value's name and numbers, and its gradient below."""
    shown = amount(value.shown, lang)
    lines = [shown if value.symbol.number else f"{value.symbol.text} = {shown}"]
    gradient = value.shown_gradient
    if gradient is not None:
        partial = f"∂{view.output.symbol.text}/∂{value.symbol.text}"
        lines.append(f"{partial} = {amount(gradient, lang)}")
    return "\n".join(lines)


def _edges(view: View, nodes: set[str], lang: str) -> Iterable[str]:
    makers = {output.key: step.key for step in view.steps for output in step.outputs}
    for value in view.values:
        if value.key in nodes and value.key in makers:
            yield f"{makers[value.key]} -> {value.key} [arrowhead=none];"
    for step in view.steps:
        for one in step.arguments:
            value = one.value
            if value.key in nodes:
                yield f"{value.key} -> {step.key};"
            else:
                label = dot_text(_numbers(value, view, lang))
                yield f"{makers[value.key]} -> {step.key} [label={label}];"
