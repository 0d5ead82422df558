"""What Python code keeps beside tensors: a captured step neither sees it change nor changes it.

A layer that counts its calls, or stores its last output, does so once, while it is captured, and
not again at each step of machine code. So a step that changes such an attribute is left to NumPy;
and where a callback changes one between epochs (which layers learn, their modes, options), the step
is captured anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from holograd.nn.module import Module
from holograd.tensor import Tensor

if TYPE_CHECKING:
    from holograd.training.run import Run

CACHES = {"_kind", "_names"}  # of modules: what they are called
PLAIN = bool, int, float, str, type(None)


class PythonState:
    """The attributes of some objects, of modules with all modules below, as they are now.

    Args:
        roots: the objects.
        groups: an optimizer's groups, whose options count too.
    """

    def __init__(self, roots: Sequence[Any], groups: Sequence[dict[str, Any]] = ()):
        modules = [part for one in roots if isinstance(one, Module) for part in one.modules()]
        others = [one for one in roots if not isinstance(one, Module) and hasattr(one, "__dict__")]
        self.kept = [
            (one, {name: (value, _copy(value), _mark(value)) for name, value in vars(one).items()})
            for one in dict.fromkeys([*modules, *others])
        ]
        self.groups = groups
        self.options = _used(self.groups)

    @classmethod
    def of_run(cls, run: Run) -> PythonState:
        """That of a run's layers, loss and optimizer."""
        step = run.step
        return cls([step.model, step.loss, step.optimizer], step.optimizer.param_groups)

    def changed(self) -> str:
        """What is otherwise now, in words, or ""."""
        for owner, name, _ in self._changes():
            return f"{type(owner).__name__}.{name}"
        return "" if self.options == _used(self.groups) else "an option of the optimizer"

    def restore(self) -> None:
        """Puts back what has changed."""
        for owner, name, known in list(self._changes()):
            if name not in known:
                del vars(owner)[name]
                continue
            value, copy, _ = known[name]
            vars(owner)[name] = value
            if isinstance(value, list):
                value[:] = copy
            elif copy is not None:
                value.clear()
                value.update(copy)

    def _changes(self) -> Iterator[tuple[Any, str, dict[str, Any]]]:
        for owner, known in self.kept:
            now = vars(owner)
            for name in dict.fromkeys([*known, *now]):
                if name in CACHES:
                    continue
                if name not in now or name not in known or _mark(now[name]) != known[name][2]:
                    yield owner, name, known


def _copy(value: Any) -> Any:
    return value.copy() if type(value) in (list, dict, set) else None


def _mark(value: Any, inside: bool = True) -> Any:
    """Something that is equal for values that are the same, and holds the same objects."""
    kind = type(value)
    if kind in PLAIN:
        return kind, value
    if isinstance(value, Tensor):
        return id(value), value.requires_grad
    if not inside or kind not in (list, tuple, set, dict):
        return id(value)
    if kind is set:
        return id(value), value.copy()
    parts = value.items() if kind is dict else enumerate(value)
    return 0 if kind is tuple else id(value), {key: _mark(one, False) for key, one in parts}


def _used(value: Any) -> Any:
    """Which terms an update has, by the optimizer's options, whatever their numbers are."""
    if isinstance(value, dict):
        return {name: _used(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_used(one) for one in value]
    return bool(value) if isinstance(value, int | float) else id(value)
