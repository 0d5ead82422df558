"""The state of a schedule: whether it fits, and PyTorch's state in the form that is kept here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holograd.errors import ModelError

# What PyTorch's schedules keep for themselves: calls counted, functions, values told otherwise.
BOOKKEEPING = frozenset({
    "_step_count", "_is_initial", "_get_lr_called_within_step", "lr_lambdas", "mode_worse",
    "default_min_lr", "use_beta1", "verbose",
})  # fmt: skip


def fitting_state(schedule: Any, given: Any, own: Mapping[str, Any]) -> dict[str, Any]:
    """The state `given`, here or by PyTorch's schedule of the same name, with the keys of `own`.

    Raises:
        ModelError: it is not the state of such a schedule.
    """
    name = type(schedule).__name__
    if not isinstance(given, Mapping):
        raise ModelError(
            f"{name} cannot take its state from a {type(given).__name__}",
            why=f"{name} keeps {sorted(own)}",
            instead=f"Give what {name}.state_dict() returned.",
        )
    state = {key: one for key, one in given.items() if key in own or key not in BOOKKEEPING}
    if isinstance(state.get("milestones"), Mapping):  # PyTorch counts how often each is there
        counts = state["milestones"].items()
        state["milestones"] = sorted(one for one, count in counts for _ in range(count))
    if state.keys() != own.keys():
        raise ModelError(
            f"the state holds {sorted(map(str, given))}",
            why=f"{name} keeps {sorted(own)}",
            instead=f"Give what {name}.state_dict() returned.",
        )
    for key in ("base_lrs", "_last_lr"):
        if key in own and not isinstance(state[key], (list, tuple)):
            raise ModelError(f"{key} of {name} is {state[key]!r}", why="it is a list of numbers")
    if len(state["_last_lr"]) != len(own["_last_lr"]):
        raise ModelError(
            f"the state is of {len(state['_last_lr'])} groups of parameters",
            why=f"this {name} has {len(own['_last_lr'])}",
        )
    return state


def take_state(schedule: Any, state: Mapping[str, Any]) -> None:
    """Gives a schedule the values of a state that fits."""
    for name, one in state.items():
        setattr(schedule, name, list(one) if isinstance(one, (list, tuple)) else one)
