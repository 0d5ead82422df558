"""A look that leaves no trace: forward and backward passes after which all is as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from holograd.nn.module import Module
from holograd.ops.random import Generator, default_generator
from holograd.tensor import Tensor
from holograd.training.python_state import PythonState


@contextmanager
def untouched(*roots: Any, tensors: Iterable[Tensor] = ()) -> Iterator[None]:
    """A `with` block after which modules are as before it, also where it ends with an exception.

    Put back are parameters, buffers and gradients, the modes and other attributes of modules, hooks
    that were added, and where random numbers come from.

    Args:
        roots: modules, with all below them; what is none is passed over.
        tensors: others to put back, with their gradients.

    Example:
        >>> from holograd import nn
        >>> model = nn.Linear(1, 1)
        >>> with untouched(model):
        ...     model.eval(), nn.init.zeros_(model.weight)
        (Linear(...), ...)
        >>> model.training, bool(model.weight != 0)
        (True, True)
    """
    chosen = [one for one in roots if isinstance(one, Module)]
    modules = list(dict.fromkeys(module for one in chosen for module in one.modules()))
    attributes = [value for module in modules for value in vars(module).values()]
    generators = {default_generator, *(one for one in attributes if isinstance(one, Generator))}
    streams = [(generator, generator.get_state()) for generator in generators]
    kept = [tensor for one in chosen for tensor in (*one.parameters(), *one.buffers())]
    values = [(tensor, tensor.node, tensor.grad) for tensor in dict.fromkeys([*kept, *tensors])]
    python = PythonState(chosen)
    try:
        yield
    finally:
        python.restore()
        for tensor, node, gradient in values:
            if tensor.node is not node:
                tensor.become(node)
            tensor.grad = gradient
        for generator, where in streams:
            generator.set_state(where)
