"""What an optimizer accepts: which tensors it can train, and which numbers its options may be."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from holograd.errors import ArgumentError
from holograd.tensor import Tensor

# The least and the greatest value of each option that is a number, and whether the greatest one
# itself is allowed. Dampening may be any number.
RANGES: Mapping[str, tuple[float, float, bool]] = {
    "lr": (0, math.inf, False),
    "momentum": (0, math.inf, False),
    "dampening": (-math.inf, math.inf, False),
    "weight_decay": (0, math.inf, False),
    "betas": (0, 1, False),
    "eps": (0, math.inf, False),
    "alpha": (0, math.inf, False),
    "rho": (0, 1, True),
    "lr_decay": (0, math.inf, False),
    "initial_accumulator_value": (0, math.inf, False),
}

# Keys of a group that are not options of the rule: who is in it, what a schedule started from.
OF_THE_GROUP = ("params", "param_names", "name", "initial_lr")


def groups_of(params: Any, optimizer: str) -> list[dict[str, Any]]:
    """What a user gave as parameters, as a list of groups.

    Args:
        params: tensors, (name, tensor) pairs, or dicts with the key "params".
        optimizer: the optimizer's name, for errors.

    Raises:
        ArgumentError: it is one tensor, nothing, or not a collection.
    """
    if isinstance(params, Tensor):
        raise ArgumentError(
            f"{optimizer} takes a list of parameters, and got one tensor",
            instead=f"Write {optimizer}([w]), or {optimizer}(model.parameters()).",
        )
    if isinstance(params, Mapping) or not isinstance(params, Iterable):
        raise ArgumentError(
            f"{optimizer} takes a list of parameters, and got {type(params).__name__}",
            instead=f"Write {optimizer}(model.parameters()), or a list of groups: "
            f'{optimizer}([{{"params": model.parameters()}}]).',
        )
    given = list(params)
    if not given:
        raise ArgumentError(
            f"{optimizer} got no parameters",
            why="there is nothing to train; an iterator that was used before is empty, too",
            instead="Write model.parameters() anew, for a model that has layers with parameters.",
        )
    if isinstance(given[0], Mapping):
        for one in given:
            if not isinstance(one, Mapping):
                raise ArgumentError(
                    f"{optimizer} got groups and a {type(one).__name__} in one list",
                    instead='Put it into a group of its own: {"params": [w]}.',
                )
        return [dict(one) for one in given]
    return [{"params": given}]


def named_tensors(group: Mapping[str, Any], place: str) -> tuple[list[Any], list[str] | None]:
    """The members of a group, and their names where they came as pairs.

    Raises:
        ArgumentError: the group has no "params", or some have names and some do not.
    """
    if "params" not in group:
        raise ArgumentError(
            f'{place} has no "params"', instead='Write {"params": [w, b], "lr": 0.1}.'
        )
    given = group["params"]
    given = [given] if isinstance(given, Tensor) else list(given)
    pairs = [isinstance(one, tuple) and len(one) == 2 for one in given]
    if not any(pairs):
        return given, None
    if not all(pairs):
        raise ArgumentError(
            f"{place} has parameters with names and without",
            instead="Give all as (name, tensor), or none: list(model.named_parameters()).",
        )
    return [tensor for _, tensor in given], [str(name) for name, _ in given]


def check_tensor(tensor: Any, place: str) -> None:
    """Raises ArgumentError where `tensor` is not something that can be trained."""
    if not isinstance(tensor, Tensor):
        raise ArgumentError(
            f"{place} is a {type(tensor).__name__}, not a tensor",
            instead="Write hg.tensor(data, requires_grad=True), or nn.Parameter(data).",
        )
    if not tensor.is_leaf:
        operation = tensor.node.operation
        assert operation is not None
        raise ArgumentError(
            f"{place}, of shape {tensor.shape}, was computed by {operation.name}",
            why="only a tensor that nothing computed can take new values",
            instead="Give the tensors it was computed from, or x.detach().requires_grad_().",
        )
    if not tensor.requires_grad:
        raise ArgumentError(
            f"{place}, of shape {tensor.shape}, does not require grad",
            why="it would get no gradient, and never change",
            instead="Make it with requires_grad=True, or leave it out: "
            "[p for p in model.parameters() if p.requires_grad].",
        )


def check_known(group: Mapping[str, Any], known: Iterable[str], optimizer: str) -> None:
    """Raises ArgumentError where a group sets an option that the optimizer does not have."""
    known = [*known, *OF_THE_GROUP]
    for name in group:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, 1, 0.5)
            options = ", ".join(one for one in known if one not in OF_THE_GROUP)
            raise ArgumentError(
                f"{optimizer} has no option {name!r}",
                instead=f'Write "{near[0]}".' if near else f"It has {options}.",
            )


def check_numbers(group: Mapping[str, Any], optimizer: str) -> None:
    """Raises ArgumentError where an option is not a number, or outside of its range."""
    for name, (low, high, closed) in RANGES.items():
        if name not in group:
            continue
        value = group[name]
        numbers = value if name == "betas" else [value]
        if name == "betas" and not (isinstance(value, (tuple, list)) and len(value) == 2):
            raise ArgumentError(
                f"{optimizer} got betas={value!r}", instead="Give two numbers: betas=(0.9, 0.999)."
            )
        for number in numbers:
            if not isinstance(number, Real):
                raise ArgumentError(
                    f"{optimizer} got {name}={value!r}, a {type(number).__name__}",
                    instead=f"Give a number, for example {name}=0.1.",
                )
            inside = low <= float(number) < high or (closed and number == high)
            if not inside:
                raise ArgumentError(
                    f"{optimizer} got {name}={value!r}",
                    instead=_range_text(name, low, high, closed),
                )


def _range_text(name: str, low: float, high: float, closed: bool) -> str:
    if high == math.inf:
        return "Write a finite number" + (", zero or more." if low == 0 else ".")
    end = "included" if closed else "excluded"
    return f"Write {'numbers' if name == 'betas' else 'a number'} from {low} to {high}, {end}."
