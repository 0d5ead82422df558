"""A model's architecture as plain data, and the model of an architecture.

A layer keeps each argument of its constructor as an attribute of the same name, so that the
arguments can be told at any time: `{"layer": "Linear", "arguments": {"in_features": 2, …}}`.
Containers tell their children: `{"layer": "Sequential", "children": {"0": {…}, …}}`. Only layers of
holograd.nn can be told and built: a model file names layers, and never code.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from holograd.errors import HologradError, ModelError
from holograd.nn.container import ModuleList, Sequential
from holograd.nn.module import PARAMETER, Module
from holograd.ops.random import default_generator


def layers() -> dict[str, type[Module]]:
    """The layers of holograd.nn by their names."""
    known: dict[str, type[Module]] = {}
    waiting: list[type[Module]] = [Module]
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            if one.__module__.startswith("holograd.nn.") and not one.__name__.startswith("_"):
                known[one.__name__] = one
    return known


def describe(module: Module) -> dict[str, Any]:
    """The architecture of a module as plain data, for `build`.

    Raises:
        ModelError: the module, or one inside of it, is not a layer of holograd.nn.

    Example:
        >>> from holograd import nn
        >>> describe(nn.Sequential(nn.Softmax(1)))
        {'layer': 'Sequential', 'children': {'0': {'layer': 'Softmax', 'arguments': {'dim': 1}}}}
    """
    name = type(module).__name__
    if layers().get(name) is not type(module):
        raise ModelError(
            f"the architecture of {name} cannot be told",
            why="it is a class outside of holograd.nn",
            instead="Save its state alone, and load it into an instance of the class.",
        )
    if isinstance(module, (Sequential, ModuleList)):
        children = {one: describe(child) for one, child in module._names_and_modules()}
        return {"layer": name, "children": children}
    names = inspect.signature(type(module)).parameters
    return {
        "layer": name,
        "arguments": {one: _argument(module, one) for one in names if one != "generator"},
    }


def _argument(module: Module, name: str) -> Any:
    """The constructor's argument `name`, as a JSON value."""
    if name == "dtype":
        kinds = [one.dtype for one in (*module.parameters(), *module.buffers())]
        return next((str(dtype) for dtype in kinds if dtype.kind == "f"), None)
    if module._roles.get(name) == PARAMETER:  # bias=True makes one, bias=False leaves it out
        return getattr(module, name) is not None
    value = getattr(module, name)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, tuple):
        value = list(value)
    plain = value if isinstance(value, list) else [value]
    if not all(one is None or isinstance(one, (bool, int, float, str)) for one in plain):
        raise ModelError(
            f"the architecture of {type(module).__name__} cannot be told",
            why=f"its {name} is a {type(value).__name__}",
        )
    return value


def build(architecture: Mapping[str, Any]) -> Module:
    """A module of the `architecture` that `describe` told, with initial weights.

    The default random generator stays where it was.

    Raises:
        ModelError: it is not such a description, or a layer refuses its arguments.

    Example:
        >>> from holograd import nn
        >>> build(describe(nn.Linear(2, 3)))
        Linear(in_features=2, out_features=3, bias=True)
    """
    before = default_generator.get_state()
    try:
        return _build(architecture)
    finally:
        default_generator.set_state(before)


def _build(architecture: Any) -> Module:
    if not isinstance(architecture, Mapping):
        raise ModelError(f"a layer is described as {architecture!r}", why="that is not a table")
    name = architecture.get("layer")
    layer = layers().get(name) if isinstance(name, str) else None
    if layer is None:
        raise ModelError(f"holograd.nn has no layer {name!r}")
    try:
        if issubclass(layer, (Sequential, ModuleList)):
            children = {one: _build(child) for one, child in architecture["children"].items()}
            return layer(children) if layer is Sequential else layer(list(children.values()))
        return layer(**architecture["arguments"])
    except (KeyError, AttributeError, TypeError, HologradError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{name} cannot be built as described", why=str(error)) from error
