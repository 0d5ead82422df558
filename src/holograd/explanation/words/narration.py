"""Sentences about an explanation: a headline, and one to three sentences for each step.

A sentence states what the step does in the words of the field, with the numbers at hand, and says
only what is true for them: that a neuron sits where σ is nearly flat only if it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    return " ".join([_headline(view, lang), *_problems(view, lang)])


def _problems(view: View, lang: str) -> list[str]:
    """Where numbers that are not finite come up first."""
    broken = [step for step in view.steps if step.output.problem]
    return [forward_sentences.problem(step, lang) for step in broken[:1]]


def _headline(view: View, lang: str) -> str:
    inputs = [value for value in view.values if value.role == INPUT and value.leaf]
    judged = losses.verdict(view.steps[-1]) if view.steps else None
    if judged is None or judged.target is None:
        return _of_output(view, inputs, lang)
    loss = short(view.output.array.item(), 3)
    if len(inputs) == 1 and inputs[0].array.ndim > 1 and len(inputs[0].array) > 1:
        return say("headline_batch", lang, count=len(inputs[0].array), loss=loss)
    target = amount(judged.target.array, lang, 3)
    first = say("headline_target", lang, input=_input_text(inputs, lang), target=target)
    size = say(f"size_{judged.size}", lang) if judged.size else ""
    if judged.share is not None and judged.answer is None:
        second = say("headline_share", lang, share=percent(judged.share), size=size, loss=loss)
    elif judged.answer is not None and size:
        second = say("headline_answer", lang, answer=short(judged.answer, 3), size=size, loss=loss)
    else:
        given = amount(judged.given.array, lang, 3)
        second = say("headline_plain", lang, answer=given, loss=loss)
    return f"{first} {second}"


def forward_sentence(step: Step, view: View, lang: str = "en") -> str:
    """What a step computes, with its numbers."""
    return forward_sentences.sentence(step, lang)


def backward_sentence(step: Step, view: View, lang: str = "en") -> str:
    """What a step does to the gradient that arrives at it; empty where none does."""
    return backward_sentences.sentence(step, view, lang)


def _of_output(view: View, inputs: list[Value], lang: str) -> str:
    name = view.output.symbol.text
    result = amount(view.output.array, lang)
    if inputs and any(value.code for value in view.values):
        return say("headline_output", lang, input=_input_text(inputs, lang), result=result)
    known = [value for value in view.values if value.leaf and value.named]
    known = [value for value in known if value.role != CONSTANT]
    if not known or len(known) > MOST_INPUTS:
        return say("headline_value", lang, name=name, result=result)
    given = listed([f"{value.symbol.text} = {amount(value.shown, lang)}" for value in known], lang)
    return say("headline_given", lang, given=given, name=name, result=result)


def _input_text(inputs: list[Value], lang: str) -> str:
    if len(inputs) == 1 and inputs[0].array.size <= MOST_INPUTS:
        return point(inputs[0].array, lang, most=MOST_INPUTS)
    count = sum(value.array.size for value in inputs)
    return say("headline_inputs", lang, count=count)
