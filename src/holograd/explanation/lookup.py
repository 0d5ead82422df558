"""Finding values by the names that people type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from holograd.errors import ArgumentError
from holograd.explanation.records import Value, View

_UNWRITTEN = str.maketrans("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹", "01234567890123456789", "⁽⁾(){}_ ")


def names_of(value: Value) -> list[str]:
    """The ways to write a value's name: `w⁽¹⁾₁₂`, `w1_12`, `layers.0.weight[0,1]`."""
    names = [value.symbol.text, value.symbol.plain]
    return [*names, value.code] if value.code else names


def find_value(views: Sequence[View], name: str) -> tuple[View, Value]:
    """The first view that holds a value of that name, and the value.

    Brackets, spaces and the place of digits make no difference: `w⁽¹⁾₁₂`, `w1_12` and `w112`.

    Raises:
        ArgumentError: there is none, or the name fits two numbers; says what there is instead.
    """
    if not isinstance(name, str):
        raise ArgumentError(
            f"a value goes by its name, not by a {type(name).__name__}",
            instead='Write explanation.value("w"), and give names with explain(…, names={"w": w}).',
        )
    for alike in (_same, _similar):
        for view in views:
            fitting = [value for value in view.values if alike(name, value)]
            if len(fitting) > 1 and not all(one.named for one in fitting):
                fitting = [one for one in fitting if one.named]
            if len(fitting) == 1:
                return view, fitting[0]
            if fitting:
                told = ", ".join(one.code or one.symbol.plain for one in fitting[:4])
                raise ArgumentError(f"{name!r} fits {told}", instead="Write one of these in full.")
    named = [value for view in views for value in view.values if value.named]
    known = list(dict.fromkeys(one for value in named for one in names_of(value)))
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    raise ArgumentError(
        f"nothing here goes by the name {name!r}",
        instead=f"Did you mean {' or '.join(close)}?" if close
        else f"There are {', '.join(known[:12])}.",
    )  # fmt: skip


def _same(name: str, value: Value) -> bool:
    wanted = re.sub(r"\s", "", name)
    return wanted == value.key if not value.named else wanted in names_of(value)


def _similar(name: str, value: Value) -> bool:
    wanted = name.translate(_UNWRITTEN)
    return any(wanted == one.translate(_UNWRITTEN) for one in names_of(value))
