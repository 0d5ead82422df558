"""Brackets around steps: the layers and functions that shallower levels show as one step."""

from __future__ import annotations

from collections.abc import Sequence

from holograd.explanation.grouping import module_path
from holograd.explanation.labels import title
from holograd.explanation.records import Box, Step
from holograd.graph import Scope
from holograd.nn.call import Call


def bracketed(steps: Sequence[Step], scopes: Sequence[Scope | None]) -> list[Box]:
    """The brackets around `steps`, outer ones first, and sets `step.boxes`.

    The whole model gets none, nor does a scope that brackets the same steps as the one around it.

    Args:
        steps: of a view, in order.
        scopes: the scope that each was made in.
    """
    members: dict[Scope, list[Step]] = {}
    for step, scope in zip(steps, scopes, strict=True):
        for one in scope.path if scope is not None else ():
            members.setdefault(one, []).append(step)
    holds_layers = {one.parent for one in members if type(one) is Call and type(one.parent) is Call}
    kept: dict[Scope, Box] = {}
    for scope, inside in members.items():  # an outer scope is met before those in it
        if scope.parent is None and scope in holds_layers:
            continue
        around = _kept_around(scope, kept)
        keys = [step.key for step in inside]
        if around is not None and around.steps == keys:
            continue
        parent = around.key if around is not None else ""
        kept[scope] = Box(f"b{len(kept) + 1}", title(scope), module_path(scope), parent, keys)
    for box in kept.values():
        for key in box.steps:
            step = steps[int(key[1:]) - 1]
            step.boxes = (*step.boxes, box.key)
    return list(kept.values())


def _kept_around(scope: Scope, kept: dict[Scope, Box]) -> Box | None:
    outer = scope.parent
    while outer is not None:
        if outer in kept:
            return kept[outer]
        outer = outer.parent
    return None
