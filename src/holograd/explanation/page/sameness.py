"""Whether two zoom levels show the same, so that what was written of one serves for both."""

from __future__ import annotations

import numpy as np

from holograd.explanation.records import Argument, Box, Step, Value, View


def same(one: View, other: View) -> bool:
    """Whether readers see the same steps with the same numbers; only the level's name may differ.

    Example:
        >>> import holograd as hg
        >>> x = hg.tensor(0.5, requires_grad=True)
        >>> views = {view.level: view for view in hg.explain(hg.sigmoid(x)).views()}
        >>> same(views["model"], views["function"]), same(views["function"], views["primitive"])
        (True, False)
    """
    return (
        one.output.key == other.output.key
        and len(one.steps) == len(other.steps)
        and len(one.values) == len(other.values)
        and len(one.boxes) == len(other.boxes)
        and all(map(_same_step, one.steps, other.steps))
        and all(map(_same_value, one.values, other.values))
        and all(map(_same_box, one.boxes, other.boxes))
    )


def _same_step(one: Step, other: Step) -> bool:
    names = "key", "kind", "label", "operation", "place", "boxes", "opens", "note"
    return (
        all(getattr(one, name) == getattr(other, name) for name in names)
        and repr(one.parameters) == repr(other.parameters)
        and [value.key for value in one.outputs] == [value.key for value in other.outputs]
        and len(one.arguments) == len(other.arguments)
        and all(map(_same_argument, one.arguments, other.arguments))
    )


def _same_argument(one: Argument, other: Argument) -> bool:
    names = "place", "kind", "joins"
    return (
        one.value.key == other.value.key
        and all(getattr(one, name) == getattr(other, name) for name in names)
        and _same_numbers(one.derivative, other.derivative)
        and _same_numbers(one.contribution, other.contribution)
        and _same_numbers(one.total, other.total)
    )


def _same_value(one: Value, other: Value) -> bool:
    names = "key", "symbol", "role", "code", "transposed", "maker", "users", "named", "problem"
    return (
        all(getattr(one, name) == getattr(other, name) for name in names)
        and _same_numbers(one.array, other.array)
        and _same_numbers(one.gradient, other.gradient)
        and _same_numbers(one.check, other.check)
    )


def _same_box(one: Box, other: Box) -> bool:
    names = "key", "title", "place", "parent", "steps"
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _same_numbers(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None:
        return one is other
    alike = one.dtype == other.dtype and one.shape == other.shape
    return alike and one.tobytes() == other.tobytes()
