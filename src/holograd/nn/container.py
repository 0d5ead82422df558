"""Modules that hold other modules in a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

import numpy as np

from holograd.errors import ArgumentError
from holograd.nn.module import CHILD, Module


class _Row(Module):
    """What Sequential and ModuleList share: children that are counted."""

    def _names_and_modules(self) -> list[tuple[str, Module]]:
        return list(self._own(CHILD))

    def _place(self, index: int) -> str:
        """The name of the child at `index`, which may count from the end."""
        if not isinstance(index, (int, np.integer)):
            raise ArgumentError(
                f"{type(self).__name__} got {index!r} as the place of a module",
                why="its modules are counted from 0",
                instead="Write model[0] for the first, or model.get_submodule(name) for a name.",
            )
        names = [name for name, _ in self._names_and_modules()]
        if not -len(names) <= index < len(names):
            raise ArgumentError(
                f"{type(self).__name__} has no module {index}", why=f"it holds {len(names)}"
            )
        return names[index]

    def __len__(self) -> int:
        return len(self._names_and_modules())

    def __iter__(self) -> Iterator[Module]:
        own, roles = vars(self), self._roles
        return iter([own[name] for name in roles if roles[name] == CHILD and own[name] is not None])

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(self._place(index), module)

    def append(self, module: Module) -> Self:
        """Puts a module at the end; returns itself."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Puts several modules at the end; returns itself."""
        for module in modules:
            self.append(module)
        return self


class Sequential(_Row):
    """Modules called one after the other, each with what the one before returned.

    Args:
        modules: the modules, or one dictionary of them by their names.

    Raises:
        ArgumentError: one of them is not a module.

    Example:
        >>> import holograd as hg
        >>> from holograd import nn
        >>> model = Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
        >>> model
        Sequential(
          (0): Linear(in_features=2, out_features=3, bias=True)
          (1): Tanh()
          (2): Linear(in_features=3, out_features=1, bias=True)
        )
        >>> model(hg.zeros(4, 2)).shape, len(model[:2])
        ((4, 1), 2)
    """

    def __init__(self, *modules: Any) -> None:
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            self.extend(modules)

    def __getitem__(self, index: int | slice) -> Any:
        """One module, or a Sequential of several, which keep their names."""
        if isinstance(index, slice):
            return type(self)(dict(self._names_and_modules()[index]))
        return vars(self)[self._place(index)]

    def forward(self, input: Any) -> Any:
        for module in self:
            input = module(input)
        return input


class ModuleList(_Row):
    """A list of modules whose parameters are found; it computes nothing by itself.

    Args:
        modules: the modules.

    Raises:
        ArgumentError: one of them is not a module.

    Example:
        >>> from holograd import nn
        >>> layers = ModuleList(nn.Linear(2, 2) for _ in range(3))
        >>> [name for name, _ in layers.named_parameters()][:2]
        ['0.weight', '0.bias']
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        self.extend(modules or ())

    def __getitem__(self, index: int | slice) -> Any:
        """One module, or a ModuleList of several."""
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return vars(self)[self._place(index)]
