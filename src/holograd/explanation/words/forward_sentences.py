"""What a step of the forward pass does, in a sentence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from holograd.explanation.formulas.rules import slides
from holograd.explanation.records import PARAMETER, Step, Value
from holograd.explanation.words import losses
from holograd.explanation.words.amounts import amount, listed, percent
from holograd.explanation.words.texts import name_of, say
from holograd.pictures.numbers import shape_text, short

# What gives the numbers that it takes, at the same places or at others.
MOVED = {
    "reshape", "permute", "expand", "flip", "identity", "cast", "roll", "pad", "cat", "stack",
    "diag",
}  # fmt: skip
REPEATED = {"expand", "stack"}
GREATEST, SMALLEST = {"maximum", "amax", "max", "max_pool2d"}, {"minimum", "amin", "min"}
PICKED = {"element", "slice", "take", "gather"}
SQUEEZED = {"sigmoid": "0", "tanh": "−1"}
MOST_TERMS = 3


def sentence(step: Step, lang: str) -> str:
    """What the step computes; what goes wrong in it; what is to be noted about it."""
    wrong = problem(step, lang)
    parts = [wrong or _usual(step, lang)]
    if step.note:
        parts.append(say(step.note, lang))
    return " ".join(parts)


def _usual(step: Step, lang: str) -> str:
    special = _SPECIAL.get(of_kind(step))
    if special is not None and step.arguments:
        return special(step, lang)
    if step.kind in losses.KINDS and step.arguments:
        return _loss(step, lang)
    result = _result(step, lang)
    several = step.output.array.size > 1
    for kinds, one, each in (
        (GREATEST, "forward_greatest", "forward_greatest_each"),
        (SMALLEST, "forward_smallest", "forward_smallest_each"),
    ):
        if step.kind in kinds:
            grouped = several and len(step.arguments) == 1
            return say(each if grouped else one, lang, result=result)
    if step.kind in PICKED:
        return _picked(step, lang)
    if step.kind in ("reshape", "expand"):
        if not several:
            return say("forward_alone", lang, result=result)
        key = "forward_repeated" if repeats(step) else "forward_moved"
        return say(key, lang, shape=shape_text(step.output.shown.shape))
    name = name_of(step.kind, lang)
    inputs = [value for value in _values(step) if not value.hangs]
    if step.operation is None and inputs:
        names = listed(_symbols(inputs), lang)
        return say("forward_layer", lang, layer=name, inputs=names, result=result)
    if len(step.arguments) == 1:
        symbol = step.arguments[0].value.symbol.text
        return say("forward_function", lang, function=name, input=symbol, result=result)
    return say("forward_other", lang, name=name, result=result)


def of_kind(step: Step) -> str:
    """What sentences know a step by: of a dropout's layer, the function."""
    return "dropout" if step.kind.partition("(")[0] == "Dropout" else step.kind


def repeats(step: Step) -> bool:
    """Whether a step gives the same numbers more than once."""
    taken = sum(one.value.array.size for one in step.arguments)
    return step.kind in REPEATED and step.output.array.size > taken


def _picked(step: Step, lang: str) -> str:
    result, values = _result(step, lang), _values(step)
    if step.output.array.size > 1:
        all_of_them = step.output.array.size >= values[0].array.size
        key = "forward_picked_places" if all_of_them else "forward_picked_some"
        return say(key, lang, result=result)
    if not step.parameters.get("picked") or step.formula is None:
        return say("forward_picked", lang, result=result)
    named = {"input": values[0].symbol.text, "element": step.formula.text}
    return say("forward_picked_one", lang, **named, result=result)


def _permuted(step: Step, lang: str) -> str:
    symbol, dims = step.arguments[0].value.symbol.text, tuple(step.parameters["dims"])
    if dims == (1, 0):
        return say("forward_transposed", lang, input=symbol, result=_result(step, lang))
    return say("forward_permuted", lang, input=symbol, shape=shape_text(step.output.shown.shape))


def _flipped(step: Step, lang: str) -> str:
    value, dims = step.arguments[0].value, tuple(step.parameters["dims"])
    named = {"input": value.symbol.text, "result": _result(step, lang)}
    if value.array.ndim == 1:
        return say("forward_flipped", lang, **named)
    if value.array.ndim == 2 and len(dims) == 1:
        rows = (dims == (0,)) != value.transposed
        return say("forward_flipped_rows" if rows else "forward_flipped_columns", lang, **named)
    return say("forward_flipped_some", lang, **named, count=len(dims))


def _cast(step: Step, lang: str) -> str:
    return say("forward_cast", lang, dtype=step.output.array.dtype.name, result=_result(step, lang))


def _joined(step: Step, lang: str) -> str:
    names = listed(_symbols(_values(step)), lang)
    return say("forward_joined", lang, inputs=names, result=_result(step, lang))


def _of_result(key: str) -> Callable[[Step, str], str]:
    return lambda step, lang: say(key, lang, result=_result(step, lang))


def _where(step: Step, lang: str) -> str:
    condition, first, second = _values(step)
    if masks(step):
        kept = int(np.broadcast_to(condition.array, step.output.array.shape).sum())
        return say(
            "forward_mask", lang, mask=condition.symbol.text, input=first.symbol.text, kept=kept,
            count=step.output.array.size,
        )  # fmt: skip
    named = {"condition": condition.symbol.text, "result": _result(step, lang)}
    return say("forward_where", lang, **named, first=first.symbol.text, second=second.symbol.text)


def masks(step: Step) -> bool:
    """Whether a choice is the one of a dropout, between a number and 0."""
    scope = step.nodes[-1].scope if step.nodes else None
    return step.kind == "where" and scope is not None and scope.kind == "dropout"


def _dropout(step: Step, lang: str) -> str:
    kept, factor = dropped(step)
    if not factor:
        return say("forward_other", lang, name=name_of("dropout", lang), result=_result(step, lang))
    return say("forward_dropout", lang, kept=kept, count=step.output.array.size, factor=factor)


def dropped(step: Step) -> tuple[int, str]:
    """How many numbers a dropout keeps, and what it multiplies them by; "" where nothing tells."""
    choice = step.nodes[-1]
    scaled = choice.inputs[1] if len(choice.inputs) == 3 else None
    if scaled is None or scaled.operation is None or scaled.operation.name != "div":
        return 0, ""
    kept = np.broadcast_to(choice.inputs[0].value, choice.shape)
    return int(kept.sum()), short(1 / scaled.inputs[1].value.item())


def _pow(step: Step, lang: str) -> str:
    base, exponent = _values(step)[:2]
    known = {"2": "forward_square", "3": "forward_cube"}.get(exponent.symbol.text)
    if known is None:
        return _two("forward_pow")(step, lang)
    return say(known, lang, input=base.symbol.text, result=_result(step, lang))


def _values(step: Step) -> list[Value]:
    return [one.value for one in step.arguments]


def _symbols(values: list[Value]) -> list[str]:
    return [value.symbol.text for value in values]


def _result(step: Step, lang: str) -> str:
    return amount(step.output.shown, lang)


def in_layer(value: Value) -> bool:
    """Whether it is a parameter of a layer, whose columns belong to neurons."""
    return value.role == PARAMETER and bool(value.code)


def _product(step: Step, lang: str) -> str:
    first, second = _values(step)[:2]
    if in_layer(second) and not in_layer(first):
        key = "forward_product"
        if slides(step.parameters.get("pattern")):
            key = "forward_convolution"
        names = {"input": first.symbol.text, "weight": second.symbol.text}
        return say(key, lang, **names, result=_result(step, lang))
    return say(
        "forward_matrix_product", lang, first=first.symbol.text, second=second.symbol.text,
        result=_result(step, lang),
    )  # fmt: skip


def _add(step: Step, lang: str) -> str:
    values, result = _values(step), _result(step, lang)
    biases = [value for value in values if value.code.partition("[")[0].endswith("bias")]
    if len(values) == 2 and len(biases) == 1:
        return say("forward_bias", lang, bias=biases[0].symbol.text, result=result)
    if len(values) > MOST_TERMS:
        return say("forward_add_many", lang, count=len(values), result=result)
    return say("forward_add", lang, terms=listed(_symbols(values), lang), result=result)


def _sum(step: Step, lang: str) -> str:
    if len(step.arguments) > 1:
        return _add(step, lang)
    value = step.arguments[0].value
    if value.array.size == 1:
        return say("forward_alone", lang, result=_result(step, lang))
    key = "forward_mean" if step.kind == "mean" else "forward_sum"
    return say(
        key, lang, count=value.array.size, input=value.symbol.text, result=_result(step, lang)
    )


def _two(key: str) -> Callable[[Step, str], str]:
    def told(step: Step, lang: str) -> str:
        values, result = _values(step), _result(step, lang)
        first, second = _symbols(values)[:2]
        return say(key, lang, first=first, second=second, result=result)

    return told


def _one(key: str) -> Callable[[Step, str], str]:
    def told(step: Step, lang: str) -> str:
        symbol = step.arguments[0].value.symbol.text
        return say(key, lang, input=symbol, result=_result(step, lang))

    return told


def _squeezed(step: Step, lang: str) -> str:
    return say(
        "forward_squeezed", lang, function=step.label, input=step.arguments[0].value.symbol.text,
        low=SQUEEZED[step.kind], result=_result(step, lang),
    )  # fmt: skip


def _relu(step: Step, lang: str) -> str:
    value = step.arguments[0].value
    kept = int((value.array > 0).sum())
    if value.array.size > 1:
        return say("forward_relu_some", lang, kept=kept, count=value.array.size)
    if kept:
        result = _result(step, lang)
        return say("forward_relu_kept", lang, input=value.symbol.text, result=result)
    return say("forward_relu_cut", lang, input=value.symbol.text)


def _softmax(step: Step, lang: str) -> str:
    return say("forward_softmax", lang, greatest=short(step.output.array.max()))


def _loss(step: Step, lang: str) -> str:
    judged, result = losses.verdict(step), _result(step, lang)
    assert judged is not None
    if judged.share is not None:
        return say("forward_loss_share", lang, share=percent(judged.share), result=result)
    if judged.target is None:
        return say("forward_other", lang, name=name_of(step.kind, lang), result=result)
    given, target = judged.given.symbol.text, judged.target.symbol.text
    if judged.miss is not None:
        return say(
            "forward_loss_squared", lang, input=given, target=target,
            difference=short(judged.miss), result=result,
        )  # fmt: skip
    return say("forward_loss", lang, input=given, target=target, result=result)


_SPECIAL: dict[str, Callable[[Step, str], str]] = {
    "contract": _product,
    "add": _add,
    "sum": _sum,
    "mean": _sum,
    "sub": _two("forward_sub"),
    "mul": _two("forward_mul"),
    "div": _two("forward_div"),
    "pow": _pow,
    "log1p": _one("forward_log1p"),
    "expm1": _one("forward_expm1"),
    "permute": _permuted,
    "flip": _flipped,
    "identity": _of_result("forward_kept"),
    "cast": _cast,
    "roll": _one("forward_rolled"),
    "pad": _one("forward_padded"),
    "cat": _joined,
    "stack": _of_result("forward_stacked"),
    "where": _where,
    "dropout": _dropout,
    "neg": _one("forward_neg"),
    "abs": _one("forward_absolute"),
    "windows": _one("forward_patches"),
    "sigmoid": _squeezed,
    "tanh": _squeezed,
    "relu": _relu,
    "softmax": _softmax,
}


# --- what goes wrong ---


def problem(step: Step, lang: str) -> str:
    """Why the result is not a finite number; empty where it is one."""
    if _finite(step.output.array):
        return ""
    values = _values(step)
    for value in values:
        if not _finite(value.array):
            key = "problem_leaf" if value.leaf else "problem_inherited"
            return say(key, lang, input=value.symbol.text)
    cause = _cause(step, values, lang)
    if cause:
        return cause
    if np.isnan(step.output.array).any():
        return say("problem_undefined", lang)
    infinite = step.output.array[np.isinf(step.output.array)]
    return say("problem_overflow", lang, result=short(infinite.flat[0]))


def _cause(step: Step, values: list[Value], lang: str) -> str:
    """The number that an operation has no finite result for."""
    if not values:
        return ""
    first, last = values[0], values[-1]
    if step.kind in ("div", "reciprocal", "rsqrt") and (last.array == 0).any():
        return say("problem_division", lang, divisor=last.symbol.text)
    if step.kind == "pow" and (first.array == 0).any() and (last.array < 0).any():
        return say("problem_division", lang, divisor=first.symbol.text)
    if step.kind in ("log", "log1p"):
        shift = 1 if step.kind == "log1p" else 0
        name = "1 + " * shift + first.symbol.text
        least = first.array.min() + shift
        if least == 0:
            return say("problem_log_zero", lang, input=name)
        return say("problem_log_negative", lang, input=name, number=short(least))
    if step.kind in ("sqrt", "rsqrt") and (first.array < 0).any():
        return say("problem_root", lang, input=first.symbol.text, number=short(first.array.min()))
    return ""


def _finite(array: np.ndarray) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())
