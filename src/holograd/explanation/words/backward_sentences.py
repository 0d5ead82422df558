"""What a step does to the gradient that arrives at it, in one to three sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from holograd.explanation.formulas.rules import slides
from holograd.explanation.records import CONSTANT, PARAMETER, Argument, Step, View
from holograd.explanation.words import losses
from holograd.explanation.words.amounts import amount, listed, percent
from holograd.explanation.words.forward_sentences import (
    GREATEST,
    MOVED,
    PICKED,
    SMALLEST,
    dropped,
    in_layer,
    masks,
    of_kind,
    repeats,
)
from holograd.explanation.words.texts import name_of, say
from holograd.pictures.numbers import short

STEEPEST = {"sigmoid": 0.25, "tanh": 1.0}
FLAT = 0.2  # of the steepest slope: below this a curve is called nearly flat
MOST_ZEROS = 3  # that are named
MOST_JOINS = 2  # values whose contributions are told of
NEAR = 1e-4


def sentence(step: Step, view: View, lang: str) -> str:
    """What flows back through the step; empty where nothing does."""
    receivers = [one for one in step.arguments if one.contribution is not None]
    incoming = step.output.gradient
    if incoming is None or not receivers:
        return ""
    parts = []
    if step.output is view.output:
        parts.append(say("backward_start", lang, output=step.output.symbol.text))
    unclear = [one for one in receivers if not np.isfinite(_given(one)).all()]
    if unclear:
        parts.append(say("problem_gradient", lang, input=unclear[0].value.symbol.text))
    elif not incoming.any():
        parts.append(say("backward_nothing", lang))
    else:
        parts += _usual(step, receivers, lang)
    parts += _joins(step, receivers, lang)
    return " ".join(parts)


def _usual(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    special = _SPECIAL.get(of_kind(step))
    if special is not None:
        yield from special(step, receivers, lang)
    elif step.kind in losses.KINDS:
        yield from _loss(step, receivers, lang)
    elif step.kind in GREATEST | SMALLEST:
        reached = [int(np.count_nonzero(_given(one))) for one in receivers]
        if sum(reached) <= step.output.array.size:
            yield say("backward_greatest", lang)
        else:
            yield _through(step, receivers, lang)
    elif step.kind in MOVED | PICKED:
        yield say("backward_repeated" if repeats(step) else "backward_moved", lang)
    elif step.kind == "windows":
        yield say("backward_patches", lang)
    elif step.operation is not None and len(receivers) == 1 and receivers[0].kind == "elementwise":
        yield from _slope(step, receivers, lang)
    else:
        yield _through(step, receivers, lang)


def _given(one: Argument) -> np.ndarray:
    """What flows back to one input."""
    assert one.contribution is not None
    return one.contribution


def _symbol(one: Argument) -> str:
    return one.value.symbol.text


def _names(receivers: list[Argument], lang: str) -> str:
    return listed(list(dict.fromkeys(map(_symbol, receivers))), lang)


def _through(step: Step, receivers: list[Argument], lang: str) -> str:
    return say(
        "backward_through", lang, name=name_of(step.kind, lang), receivers=_names(receivers, lang)
    )


# --- sums ---


def _add(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    incoming, names = step.output.gradient, _names(receivers, lang)
    assert incoming is not None
    if incoming.size == 1:
        yield say("backward_add_number", lang, incoming=amount(incoming, lang), receivers=names)
    else:
        yield say("backward_add", lang, receivers=names)
    yield from _summed(step, receivers, lang)


def _summed(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    """A parameter that serves several samples gets the sum of what they send back."""
    shape = step.output.array.shape
    for one in receivers:
        if in_layer(one.value) and len(shape) > 1 and shape[0] > 1:
            yield say("backward_summed", lang, value=_symbol(one), count=shape[0])
            return


def _sum(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    if len(step.arguments) > 1:
        yield from _add(step, receivers, lang)
        return
    incoming = step.output.gradient
    assert incoming is not None
    count = receivers[0].value.array.size // max(incoming.size, 1)
    if count == 1:
        yield say("backward_alone", lang)
    elif step.kind == "mean":
        yield say("backward_mean", lang, count=count)
    else:
        yield say("backward_sum", lang, count=count, incoming=amount(incoming, lang))


def _sub(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    if len(receivers) == 2:
        first, second = map(_symbol, receivers)
        yield say("backward_sub", lang, first=first, second=second)
    elif receivers[0].place == 0:
        yield from _add(step, receivers, lang)
    else:
        yield say("backward_neg", lang)


def _neg(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    yield say("backward_neg", lang)


# --- products ---


def _mul(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    values = [one.value for one in step.arguments]
    if len(receivers) == 2 and values[0] is values[1]:
        yield say("backward_mul_itself", lang, value=_symbol(receivers[0]))
        return
    if len(receivers) == 2:
        first, second = map(_symbol, receivers)
        yield say("backward_mul", lang, first=first, second=second)
    else:
        other = values[1 - receivers[0].place]
        yield say(
            "backward_mul_one", lang, receiver=_symbol(receivers[0]), factor=other.symbol.text
        )
    yield from _zero_inputs(step, lang)
    yield from _summed(step, receivers, lang)


def _contract(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    if not slides(step.parameters.get("pattern")):
        yield from _mul(step, receivers, lang)
        return
    x, weight = (one.value.symbol.text for one in step.arguments)
    for one in receivers:
        key = ("backward_convolution_input", "backward_convolution_weight")[one.place]
        yield say(key, lang, **({"weight": weight} if one.place else {}), input=x)
    yield from _summed(step, receivers, lang)


def _div(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    if len(receivers) == 2 and receivers[0].value is not receivers[1].value:
        first, second = map(_symbol, receivers)
        yield say("backward_div", lang, first=first, second=second, output=step.output.symbol.text)
    else:
        yield from _slope(step, receivers[:1], lang)


def _zero_inputs(step: Step, lang: str) -> Iterator[str]:
    """An input of a layer that is 0 leaves its weights without a gradient."""
    first, second = (one.value for one in step.arguments)
    if not in_layer(second) or first.role in (PARAMETER, CONSTANT):
        return
    if first.array.size != first.array.shape[-1] if first.array.ndim else True:
        return
    zeros = np.flatnonzero(first.array.reshape(-1) == 0)
    if 0 < len(zeros) <= MOST_ZEROS and first.array.size > 1:
        names = [first.symbol.element(int(place) + 1).text for place in zeros]
        yield say("backward_zero_factor", lang, input=listed(names, lang))


# --- functions of one number ---


def _slope(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    one, incoming = receivers[0], step.output.gradient
    assert incoming is not None
    function = step.label
    if len(step.arguments) > 1 and step.formula is not None:
        function = step.formula.text  # x³, and not ^ 3, the sign on the gate
    named = {"output": step.output.symbol.text, "function": function, "input": _symbol(one)}
    if incoming.size == 1 and one.derivative is not None:
        yield say(
            "backward_slope_number", lang, **named, incoming=amount(incoming, lang),
            slope=amount(one.derivative, lang), contribution=amount(_given(one), lang),
        )  # fmt: skip
    else:
        yield say("backward_slope", lang, **named)


def _saturating(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    """σ and tanh, whose slopes say which share of the gradient gets through."""
    yield from _slope(step, receivers, lang)
    slopes = receivers[0].derivative
    if slopes is None:
        return
    slopes = slopes.reshape(-1)
    flat = int((slopes < FLAT * STEEPEST[step.kind]).sum())
    neurons = bool(step.place) and step.output.array.shape[-1:] == (slopes.size,)
    units = say("unit_neurons" if neurons else "unit_numbers", lang)
    if slopes.size == 1:
        key = "backward_flat_one" if flat else "backward_through_one"
        yield say(key, lang, function=step.label, share=percent(slopes[0]))
    elif flat == slopes.size == 2:
        first, second = map(percent, slopes)
        yield say(
            "backward_flat_two", lang, units=units, function=step.label, first=first, second=second
        )
    elif flat == slopes.size:
        yield say(
            "backward_flat_all", lang, count=flat, units=units, function=step.label,
            most=percent(slopes.max()),
        )  # fmt: skip
    elif flat:
        yield say(
            "backward_flat_some", lang, flat=flat, count=slopes.size, units=units,
            function=step.label,
        )  # fmt: skip
    else:
        yield say(
            "backward_through_range", lang, least=percent(slopes.min()), most=percent(slopes.max())
        )


def _relu(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    value = receivers[0].value
    opened = int((value.array > 0).sum())
    if value.array.size > 1:
        yield say("backward_relu_some", lang, open=opened, count=value.array.size)
    else:
        key = "backward_relu_open" if opened else "backward_relu_shut"
        yield say(key, lang, input=value.symbol.text)


# --- choices ---


def _where(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    condition = step.arguments[0].value.symbol.text
    if masks(step):
        yield say("backward_mask", lang, mask=condition, receiver=_symbol(receivers[0]))
    elif len(receivers) == 2:
        first, second = map(_symbol, receivers)
        yield say("backward_where", lang, condition=condition, first=first, second=second)
    else:
        key = "backward_where_true" if receivers[0].place == 1 else "backward_where_false"
        yield say(key, lang, condition=condition, receiver=_symbol(receivers[0]))


def _dropout(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    _, factor = dropped(step)
    if factor:
        yield say("backward_dropout", lang, receiver=_symbol(receivers[0]), factor=factor)
    else:
        yield _through(step, receivers, lang)


# --- losses ---


def _loss(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    one = receivers[0]
    slope = one.derivative if one.derivative is not None else one.contribution
    if slope is not None and slope.size == 1:
        number = float(slope.item())
        key = "rises" if number > 0 else "falls" if number < 0 else "level"
        yield say(f"backward_loss_{key}", lang, input=_symbol(one), slope=short(number))
    elif _less_one(step, one):
        yield say("backward_loss_shares", lang)
    else:
        yield _through(step, receivers, lang)


def _less_one(step: Step, one: Argument) -> bool:
    """Whether the gradient is the classes' shares with 1 less for the right one."""
    shares = losses.class_shares(step.kind, one.value.array)
    judged, incoming = losses.verdict(step), step.output.gradient
    if step.kind != "cross_entropy" or shares is None or judged is None or judged.share is None:
        return False
    assert judged.target is not None and incoming is not None
    shares[int(judged.target.array.item())] -= 1
    given = _given(one).reshape(-1)
    return bool(np.allclose(given, shares * float(incoming.item()), rtol=NEAR, atol=NEAR))


# --- contributions that join ---


def _joins(step: Step, receivers: list[Argument], lang: str) -> Iterator[str]:
    """One sentence for each value, also where the step takes it several times."""
    uses: dict[str, list[Argument]] = {}
    for one in receivers:
        uses.setdefault(one.value.key, []).append(one)
    for same in list(uses.values())[:MOST_JOINS]:
        same.sort(key=lambda one: one.joins)
        first, (place, count), total = same[0].joins[0], same[-1].joins, same[-1].total
        if count == 1 or total is None:
            continue
        shown = total.T if same[0].value.transposed else total
        named = {"value": _symbol(same[0]), "count": count, "total": amount(shown, lang)}
        if len(same) == count:
            yield say("backward_join_here", lang, **named)
            continue
        named["output"] = step.output.symbol.text
        if place == count:
            yield say("backward_join_last", lang, **named)
        elif len(same) > 1:
            yield say("backward_join_several", lang, **named, first=first, place=place)
        else:
            yield say("backward_join", lang, **named, place=place)


_SPECIAL: dict[str, Callable[[Step, list[Argument], str], Iterator[str]]] = {
    "add": _add,
    "sum": _sum,
    "mean": _sum,
    "sub": _sub,
    "neg": _neg,
    "mul": _mul,
    "div": _div,
    "contract": _contract,
    "sigmoid": _saturating,
    "tanh": _saturating,
    "relu": _relu,
    "where": _where,
    "dropout": _dropout,
}
