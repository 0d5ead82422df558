"""Where parameters stand in the models that made a graph: `layers.0.weight`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from holograd.graph import Node, Scope
from holograd.nn.call import Call
from holograd.nn.module import Module


def codes_of(nodes: Iterable[Node], models: Mapping[str, Module]) -> dict[Node, str]:
    """Where leaves stand in the models whose calls made the graph; with the name of the model
    before it where there are several: `encoder.weight`.

    Args:
        nodes: of the graph.
        models: the caller's variables that hold modules.
    """
    called = _called(nodes)
    learning = [one for one in called if any(True for _ in one.parameters())]
    names = _names(learning, models) if len(learning) > 1 else {}
    by_owner: dict[int, str] = {}
    by_node: dict[Node, str] = {}
    for module in called:
        before = f"{names[id(module)]}." if id(module) in names else ""
        for code, parameter in module.named_parameters():
            by_owner.setdefault(id(parameter), before + code)
        for code, buffer in module.named_buffers():
            by_node.setdefault(buffer.node, before + code)
    found = {}
    for node in nodes:
        owner = node.owner() if node.operation is None and node.owner is not None else None
        code = by_owner.get(id(owner)) if owner is not None else by_node.get(node)
        if code:
            found[node] = code
    return found


def scopes_of(node: Node) -> tuple[Scope, ...]:
    """The scopes around a node, from the outermost; none around a leaf."""
    return node.scope.path if node.scope is not None else ()


def _called(nodes: Iterable[Node]) -> list[Module]:
    """The outermost modules in the order of their use, without parts of one another."""
    modules: dict[Any, None] = {}
    for node in nodes:
        for scope in scopes_of(node):
            if type(scope) is Call:
                modules[scope.module] = None
                break
    parts = {id(part) for one in modules for part in one.modules() if part is not one}
    return [one for one in modules if id(one) not in parts]


def _names(called: Sequence[Module], models: Mapping[str, Module]) -> dict[int, str]:
    """What the caller calls each of several models: by a variable, by its place in the module that
    a variable holds, or else by its kind and a number."""
    variables: dict[int, str] = {}
    for name, module in models.items():
        variables.setdefault(id(module), name)
    places: dict[int, str] = {}
    for name, module in models.items():
        for place, part in module.named_modules():
            places.setdefault(id(part), f"{name}.{place}" if place else name)
    return {
        id(one): variables.get(id(one)) or places.get(id(one)) or f"{type(one).__name__}{number}"
        for number, one in enumerate(called, start=1)
    }
