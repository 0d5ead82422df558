"""Sentences about an explanation: a headline, and one to three sentences for each step.

A sentence states what the step does in the words of the field, with the numbers at hand, and says
only what is true for them: that a neuron sits where σ is nearly flat only if it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from holograd.explanation.records import CONSTANT, INPUT, Step, Value, View
from holograd.explanation.words import backward_sentences, forward_sentences, losses
from holograd.explanation.words.amounts import amount, listed, percent, point
from holograd.explanation.words.texts import say
from holograd.pictures.numbers import short

if TYPE_CHECKING:
    from holograd.explanation.explanation import Explanation

MOST_INPUTS = 8  # that a headline names


def headline(explanation: Explanation, lang: str = "en") -> str:
    """What was computed from what, in one or two sentences.

    Example:
        >>> import holograd as hg
        >>> w, x = (hg.tensor(value, requires_grad=True) for value in (3.0, 2.0))
        >>> headline(hg.explain(w * x + 1, names={"w": w, "x": x}))
        'With w = 3 and x = 2, F is 7.'
    """
    view = explanation.view_of("model")
    return " ".join([_headline(explanation, view, lang), *_problems(view, lang)])


def _problems(view: View, lang: str) -> list[str]:
    """Where numbers that are not finite come up first."""
    broken = [step for step in view.steps if step.output.problem]
    return [forward_sentences.problem(step, lang) for step in broken[:1]]


def _headline(explanation: Explanation, view: View, lang: str) -> str:
    inputs = _inputs(explanation, view)
    judged = losses.verdict(view.steps[-1]) if view.steps else None
    if judged is None or judged.target is None:
        return _of_output(explanation, view, inputs, lang)
    loss = short(view.output.array.item(), 3)
    count = len(inputs[0].array) if inputs and inputs[0].array.ndim > 1 else 1
    if count > 1 and all(len(np.atleast_1d(one.array)) == count for one in inputs):
        return say("headline_batch", lang, count=count, loss=loss)
    if not inputs and judged.given.array.ndim > 1 and len(judged.given.array) > 1:
        return say("headline_loss", lang, result=loss)
    target = amount(judged.target_shown, lang, 3)
    if inputs:
        first = say("headline_target", lang, input=_input_text(inputs, lang), target=target)
    else:
        first = say("headline_target_alone", lang, target=target)
    size = say(f"size_{judged.size}", lang) if judged.size else ""
    if judged.share is not None and judged.answer is None:
        second = say("headline_share", lang, share=percent(judged.share), size=size, loss=loss)
    elif judged.answer is not None and size:
        second = say("headline_answer", lang, answer=short(judged.answer, 3), size=size, loss=loss)
    else:
        given = amount(judged.given_shown, lang, 3)
        second = say("headline_plain", lang, answer=given, loss=loss)
    return f"{first} {second}"


def forward_sentence(step: Step, view: View, lang: str = "en") -> str:
    """What a step computes, with its numbers."""
    return forward_sentences.sentence(step, lang)


def backward_sentence(step: Step, view: View, lang: str = "en") -> str:
    """What a step does to the gradient that arrives at it; empty where none does."""
    return backward_sentences.sentence(step, view, lang)


def _of_output(explanation: Explanation, view: View, inputs: Sequence[Value], lang: str) -> str:
    name = view.output.symbol.text
    result = amount(view.output.array, lang)
    if any(value.code for value in view.values):
        what = losses.what_is(explanation.node_of(view, view.output)[0])
        picked = _picked(view, inputs)
        if picked is None:
            return say(f"headline_{what}", lang, name=name, result=result)
        text = _input_text(inputs, lang, picked)
        return say(f"headline_{what}_for", lang, input=text, name=name, result=result)
    known = [value for value in view.values if value.leaf and value.named]
    known = [value for value in known if value.role != CONSTANT]
    if not known or len(known) > MOST_INPUTS:
        return say("headline_value", lang, name=name, result=result)
    given = listed([f"{value.symbol.text} = {amount(value.shown, lang)}" for value in known], lang)
    return say("headline_given", lang, given=given, name=name, result=result)


def _inputs(explanation: Explanation, view: View) -> list[Value]:
    """What the model was given; nothing where that cannot be told from what its code made."""
    found = [value for value in view.values if value.role == INPUT and value.leaf]
    found = [value for value in found if value.array.dtype.kind != "b"]  # a mask says little
    unsure = any(not one.named or explanation.may_be_no_input(view, one) for one in found)
    return [] if unsure and len(found) > 1 else found


def _picked(view: View, inputs: Sequence[Value]) -> list[np.ndarray] | None:
    """The numbers of the inputs that the output was computed from: where it is one element of a
    batch's results, the sample that it alone depends on; None where that is not certain."""
    arrays = [value.array for value in inputs]
    last = view.steps[-1]
    if last.kind == "element":
        (row, _, _), *_ = last.nodes[0].parameters["bounds"]
        results = last.arguments[0].value.array
        for place, value in enumerate(inputs):
            if value.array.ndim < 1 or len(value.array) != len(results) or len(results) == 1:
                continue
            depends = [] if value.gradient is None else [one.any() for one in value.gradient]
            if [number for number, one in enumerate(depends) if one] == [row]:
                arrays[place] = value.array[row]
            elif value.gradient is None or value.array.ndim > 1 or results.ndim > 1:
                return None
    return arrays or None


def _input_text(
    inputs: Sequence[Value], lang: str, arrays: Sequence[np.ndarray] | None = None
) -> str:
    arrays = [value.array for value in inputs] if arrays is None else arrays
    count = sum(array.size for array in arrays)
    if count > MOST_INPUTS:
        return say("headline_inputs", lang, count=count)
    points = [point(array, lang, most=MOST_INPUTS) for array in arrays]
    if len(points) == 1:
        return points[0]
    named = zip(inputs, points, strict=True)
    return listed([f"{value.symbol.text} = {text}" for value, text in named], lang)
