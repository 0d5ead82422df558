"""What is read back from a model file's JSON: each value is checked before it is believed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, TypeVar

from holograd.errors import ModelError

LARGEST = sys.float_info.max
Plain = TypeVar("Plain", str, int, bool, list, dict)


def damaged(what: str) -> ModelError:
    """The error for a description of a table that cannot be one of ours."""
    return ModelError(
        f"the model file's description of its table is damaged: it has {what}",
        instead="Get the file again, or train the model again.",
    )


def _value(values: Any, key: str) -> Any:
    return values.get(key) if isinstance(values, Mapping) else None


def plain(values: Mapping[str, Any], key: str, kind: type[Plain]) -> Plain:
    """The value of a key, which must be of one type.

    Raises:
        ModelError: there is none, or it is of another type.

    Example:
        >>> plain({"name": "age"}, "name", str)
        'age'
    """
    value = _value(values, key)
    if type(value) is not kind:
        raise damaged(f"{value!r:.100} for {key}, which is a {kind.__name__}")
    return value


def number(values: Mapping[str, Any], key: str) -> float:
    """The finite number of a key."""
    value = _value(values, key)
    if type(value) not in (int, float) or not abs(value) <= LARGEST:
        raise damaged(f"{value!r:.100} for {key}, which is a number")
    return float(value)


def texts(values: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """The distinct texts of a key."""
    items = plain(values, key, list)
    if not all(type(item) is str for item in items) or len(set(items)) < len(items):
        raise damaged(f"{items!r:.100} for {key}, which is a list of distinct texts")
    return tuple(items)


def numbers(values: Mapping[str, Any], key: str) -> tuple[float, ...]:
    """The finite numbers of a key."""
    items = plain(values, key, list)
    return tuple(number({key: item}, key) for item in items)
