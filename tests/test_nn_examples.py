"""Every public name of layers and optimizers shows how it is used; pytest runs what it shows."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from holograd import nn, optim

MODULES = [nn, nn.functional, nn.init, nn.utils, optim, optim.lr_scheduler]


def public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The functions and classes that a module offers."""
    own = [name for name, one in vars(module).items() if _is_of(one, module)]
    for name in getattr(module, "__all__", own):
        one = getattr(module, name)
        if callable(one) and not name.startswith("_"):
            yield f"{module.__name__}.{name}", one


def _is_of(one: Any, module: ModuleType) -> bool:
    return getattr(one, "__module__", "") == module.__name__


NAMES = dict(pair for module in MODULES for pair in public(module))


@pytest.mark.parametrize("name", NAMES)
def test_it_has_an_example(name: str):
    assert ">>> " in (NAMES[name].__doc__ or "")
