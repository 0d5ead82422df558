"""An explanation as plain data, for front ends in any language: `schema.json` describes each field.

Numbers keep the shape that the engine stores them in, gradients, contributions and local
derivatives too; `transposed` of a value says where a lecture's matrix is the other way round. JSON
has no infinities and no NaN: they are written as the strings "Infinity", "-Infinity" and "NaN".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.explanation.drawing.layout import lay_out
from holograd.explanation.formulas.chains import Link
from holograd.explanation.formulas.factors import multiplies, side
from holograd.explanation.formulas.formula import Formula, name
from holograd.explanation.page.curves import curve
from holograd.explanation.page.sameness import same
from holograd.explanation.records import LEVELS, Argument, Box, Step, Value, View
from holograd.explanation.symbols import Symbol
from holograd.explanation.words.narration import backward_sentence, forward_sentence, headline
from holograd.explanation.words.texts import LANGUAGES, say

if TYPE_CHECKING:
    from holograd.explanation.explanation import Explanation

FORMAT, VERSION = "holograd-explanation", 1
MOST_NUMBERS = 10_000
"""How many numbers of one array are written in full; of more, a summary is."""


def facts(explanation: Explanation, *, positions: bool = True) -> dict[str, Any]:
    """Everything that an explanation knows, at every level that fits, as JSON values.

    Args:
        explanation: what to write down.
        positions: whether to add where a drawing puts each gate, value, wire and bracket.

    Raises:
        ArgumentError: positions were asked for, and the graph is no chain and igraph not installed.

    Example:
        >>> import holograd as hg
        >>> w, x = (hg.tensor(value, requires_grad=True) for value in (3.0, 2.0))
        >>> found = facts(hg.explain(w * x, names={"w": w, "x": x}))
        >>> found["format"], found["version"], [one["level"] for one in found["levels"]]
        ('holograd-explanation', 1, ['model', 'layer', 'function', 'primitive', 'scalar'])
        >>> found["levels"][2]["steps"][0]["formula"]["text"]
        'w·x'
    """
    written = _written(explanation.views(), positions)
    counts = explanation.levels
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": explanation.title,
        "headline": {lang: headline(explanation, lang) for lang in LANGUAGES},
        "notes": [
            {lang: say(key, lang, **values) for lang in LANGUAGES}
            for key, values in explanation.notes
        ],
        "asked": explanation.view.asked,
        "zoom": explanation.view.level,
        "checked": explanation.checks,
        "levels": [
            written.get(level, {"level": level, "fits": False, "count": counts[level]})
            for level in LEVELS
        ],
    }


def _written(views: Sequence[View], positions: bool) -> dict[str, dict[str, Any]]:
    """The facts of each level; one that shows the same as the level before has the same ones."""
    found: dict[str, dict[str, Any]] = {}
    for place, view in enumerate(views):
        before = views[place - 1] if place else None
        if before is None or not same(before, view):
            found[view.level] = level_facts(view, positions=positions)
            continue
        given = found[before.level]
        steps = [
            {**one, "parts": list(step.parts)}
            for one, step in zip(given["steps"], view.steps, strict=True)
        ]
        found[view.level] = {**given, "level": view.level, "steps": steps}
    return found


def level_facts(view: View, *, positions: bool = True) -> dict[str, Any]:
    """One zoom level that fits: its values, steps, boxes and edges."""
    found = {
        "level": view.level,
        "fits": True,
        "count": len(view.steps),
        "output": view.output.key,
        "values": [_value(value) for value in view.values],
        "steps": [_step(step, view) for step in view.steps],
        "backward": [step.key for step in reversed(view.steps) if _returns(step)],
        "boxes": [_box(box) for box in view.boxes],
        "edges": [
            {"value": one.value.key, "from": one.value.maker, "to": step.key, "place": one.place}
            for step in view.steps
            for one in step.arguments
        ],
    }
    if positions:
        found["drawing"] = {
            "plain": lay_out(view).to_dict(),
            "turned": lay_out(view, turned=True).to_dict(),
        }
    return found


def _returns(step: Step) -> bool:
    """Whether something flows back through a step."""
    return any(one.contribution is not None for one in step.arguments)


def _value(value: Value) -> dict[str, Any]:
    return {
        "key": value.key,
        "symbol": _symbol(value.symbol),
        "named": value.named,
        "role": value.role,
        "array": _numbers(value.array),
        "gradient": _numbers(value.gradient),
        "check": _numbers(value.check),
        "agrees": value.agrees,
        "code": value.code,
        "transposed": value.transposed,
        "maker": value.maker,
        "users": list(value.users),
        "problem": value.problem,
        "noise": _numbers(value.noise),
    }


def _symbol(symbol: Symbol) -> dict[str, Any]:
    return {
        "letter": symbol.letter,
        "subscript": symbol.subscript,
        "layer": symbol.layer,
        "plain": symbol.plain,
        "text": symbol.text,
        "latex": symbol.latex,
        "mathml": name(symbol).mathml,
        "html": symbol.html,
    }


def _numbers(array: np.ndarray | None) -> dict[str, Any] | None:
    """An array's shape, its dtype, and its numbers row by row, or what sums them up."""
    if array is None:
        return None
    found: dict[str, Any] = {"shape": list(array.shape), "dtype": array.dtype.name}
    if array.size <= MOST_NUMBERS:
        found["numbers"] = [_number(one) for one in _plain(array.reshape(-1))]
        return found
    with np.errstate(all="ignore"):
        summary = np.array([array.min(), array.max(), array.mean(dtype=np.float64)])
    least, greatest, mean = map(_number, summary.tolist())
    found["summary"] = {"least": least, "greatest": greatest, "mean": mean}
    return found


def _plain(array: np.ndarray) -> list[Any]:
    """Python's numbers; of float32 the shortest decimal that stands for the same number."""
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        return array.astype(str).astype(np.float64).tolist()
    return array.astype(int).tolist() if array.dtype.kind == "b" else array.tolist()


def _number(number: float) -> float | str:
    if isfinite(number):
        return number
    return "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"


def _formula(formula: Formula | None) -> dict[str, str] | None:
    if formula is None:
        return None
    return {
        "plain": formula.plain,
        "text": formula.text,
        "latex": formula.latex,
        "mathml": formula.mathml,
    }


def _filled(formula: Formula | None, values: Sequence[Value]) -> Formula | None:
    """A formula with the numbers of `values` in place of their names."""
    known: Mapping[Symbol, Any] = {value.symbol: value.shown for value in values}
    return formula.filled(known) if formula is not None else None


def _step(step: Step, view: View) -> dict[str, Any]:
    values = [one.value for one in step.arguments]
    returns = _returns(step)
    return {
        "key": step.key,
        "number": step.number,
        "kind": step.kind,
        "label": step.label,
        "place": step.place,
        "boxes": list(step.boxes),
        "parts": list(step.parts),
        "opens": step.opens,
        "note": step.note,
        "arguments": [_argument(one, [*values, *step.outputs]) for one in step.arguments],
        "outputs": [value.key for value in step.outputs],
        "formula": _formula(step.formula),
        "numbers": _formula(_filled(step.formula, values)),
        "sentences": {
            "forward": {lang: forward_sentence(step, view, lang) for lang in LANGUAGES},
            "backward": {lang: backward_sentence(step, view, lang) for lang in LANGUAGES}
            if returns
            else None,
        },
        "curve": curve(step),
    }


def _argument(one: Argument, values: Sequence[Value]) -> dict[str, Any]:
    return {
        "value": one.value.key,
        "place": one.place,
        "kind": one.kind,
        "derivative": _numbers(one.derivative),
        "product": _product(one),
        "formula": _formula(one.formula),
        "numbers": _formula(_filled(one.formula, values)),
        "contribution": _numbers(one.contribution),
        "total": _numbers(one.total),
        "joins": list(one.joins),
    }


def _product(one: Argument) -> dict[str, Any] | None:
    """How the derivative, the other factor of a product of matrices, stands beside what arrives."""
    link = Link((one,), one.step, one.step.output)
    if one.kind != "operand" or one.formula is None or not multiplies(link):
        return None
    which, turned = side(link)
    if not which:
        return None
    matrix = one.derivative is not None and one.derivative.ndim > 1
    transposed = matrix and one.formula.head == "transpose"
    return {"side": which, "transposed": transposed, "turned": turned}


def _box(box: Box) -> dict[str, Any]:
    return {
        "key": box.key,
        "title": box.title,
        "place": box.place,
        "parent": box.parent,
        "steps": list(box.steps),
    }
