"""Whether a saved state fits a module: found out completely before anything changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from holograd.errors import ModelError
from holograd.tensor import Tensor


class Keys(NamedTuple):
    """What `load_state_dict(strict=False)` passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def fitting(
    model: str, own: Mapping[str, Tensor], given: Mapping[str, Any], strict: bool
) -> tuple[dict[str, np.ndarray], Keys]:
    """The values in `given` for the tensors of `own`, and the names that only one of them has.

    Raises:
        ModelError: it is no dict, or lists all names, shapes and kinds of number that do not fit.
    """
    if not isinstance(given, Mapping):
        raise ModelError(
            f"{model} cannot take its state from a {type(given).__name__}",
            why="a state is a dict of tensors by their names",
            instead="Give what model.state_dict() returned, or hg.load(path).",
        )
    keys = Keys(
        [name for name in own if name not in given], [name for name in given if name not in own]
    )
    values: dict[str, np.ndarray] = {}
    problems: list[str] = []
    for name, target in own.items():
        if name not in given:
            continue
        one = given[name]
        # Copied, except tensors: their arrays are never written to.
        value = one.value if isinstance(one, Tensor) else np.asarray(one).copy()
        values[name] = value
        if value.shape != target.shape:
            problems.append(
                f"{name} has shape {target.shape} in the model and {value.shape} in the state"
            )
        elif (value.dtype.kind == "f") != (target.dtype.kind == "f"):
            problems.append(f"{name} is {target.dtype} in the model and {value.dtype} in the state")
    if strict and keys.missing_keys:
        problems.append(f"missing from the state: {', '.join(keys.missing_keys)}")
    if strict and keys.unexpected_keys:
        problems.append(f"not in the model: {', '.join(keys.unexpected_keys)}")
    if problems:
        raise ModelError(
            f"this state does not fit {model}", why="; ".join(problems),
            instead="The model is as it was. Build it as it was when the state was saved.",
        )  # fmt: skip
    return values, keys
