"""What one call of a module leaves behind: its scope, and its place in errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holograd.errors import HologradError, ShapeError
from holograd.graph import Scope, serials, state

if TYPE_CHECKING:
    from holograd.nn.module import Module


def kind_of(module: Module) -> str:
    """`Linear(2 → 2)`: what kind of layer a module is, in drawings and messages."""
    known = vars(module).get("_kind")
    if known is None:
        text = module.short_repr()
        known = f"{type(module).__name__}({text})" if text else type(module).__name__
        vars(module)["_kind"] = known
    return known


class Call(Scope):
    """The scope of one call of a module: its name in the module that called it, its kind, and when
    it began, which is after its inputs were made."""

    __slots__ = ("module", "serial")

    def __init__(self, module: Module, parent: Scope | None):
        self.module = module
        self.parent = parent
        self.serial = next(serials)
        self.kind = kind_of(module)
        caller = parent
        while caller is not None and type(caller) is not Call:
            caller = caller.parent
        self.name = caller.module._name_of(module) if type(caller) is Call else ""


def place_of(module: Module) -> str:
    """`Linear(3 → 2) at layers.0`, or `Linear(3 → 2)` where it was not called by another module."""
    scope = state.scope
    while scope is not None and not (type(scope) is Call and scope.module is module):
        scope = scope.parent
    if scope is None:
        return kind_of(module)
    path = ".".join(one.name for one in scope.path if type(one) is Call and one.name)
    return f"{kind_of(module)} at {path}" if path else kind_of(module)


def misfit(module: Module, takes: str, got: Any, why: str = "", instead: str = "") -> ShapeError:
    """The error that says what `module` takes, what it got, and where it stands in the model."""
    return ShapeError(f"{place_of(module)} takes {takes}, and got {got}", why=why, instead=instead)


def locate(error: HologradError, module: Module) -> None:
    """Adds to an error in which layer it happened; the innermost layer is the first to say so."""
    if "place" in vars(error):
        return
    vars(error)["place"] = place = place_of(module)
    if place not in str(error):
        error.args = (f"{error} It happened in {place}.",)


class Handle:
    """What registering a hook returns: `remove()` takes the hook away."""

    def __init__(self, module: Module, attribute: str, hook: Callable[..., Any]):
        self.module, self.attribute, self.hook = module, attribute, hook

    def remove(self) -> None:
        """Takes the hook away; does nothing where it was taken away before."""
        kept = tuple(one for one in getattr(self.module, self.attribute) if one is not self)
        vars(self.module)[self.attribute] = kept
