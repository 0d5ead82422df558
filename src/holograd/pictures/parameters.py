"""Single numbers of a model by their names: `0.weight[1,0]`."""

from __future__ import annotations

import re
from difflib import get_close_matches

from holograd.errors import ArgumentError
from holograd.nn.module import Module
from holograd.tensor import Tensor

_NAME = re.compile(r"(?P<path>[^\[\]]+)(?:\[(?P<places>\s*\d+\s*(?:,\s*\d+\s*)*)\])?")


def find_number(model: Module, name: str) -> tuple[Tensor, tuple[int, ...]]:
    """The parameter that a name belongs to, and the place of the number in it.

    Args:
        model: whose parameters.
        name: a path with places in brackets, counted from 0; a parameter of one number needs none.

    Raises:
        ArgumentError: there is no such parameter or place.

    Example:
        >>> from holograd import nn
        >>> find_number(nn.Sequential(nn.Linear(3, 2)), "0.weight[1, 2]")[1]
        (1, 2)
    """
    known = dict(model.named_parameters())
    found = _NAME.fullmatch(name.strip()) if isinstance(name, str) else None
    path = found["path"].strip() if found else name
    if found is None or path not in known:
        near = get_close_matches(str(path), known, 1) or list(known)[:1]
        shown = ",".join("0" for _ in known[near[0]].shape) if near else ""
        raise ArgumentError(
            f"there is no number {name!r} in {type(model).__name__}",
            why=f"its parameters are {', '.join(known) or 'none'}",
            instead=f'Write "{near[0]}[{shown}]".' if near else "",
        )
    parameter = known[path]
    places = tuple(int(one) for one in found["places"].split(",")) if found["places"] else ()
    if not places and parameter.numel() == 1:
        places = (0,) * parameter.ndim
    sizes = parameter.shape
    if len(places) != len(sizes) or any(a >= b for a, b in zip(places, sizes, strict=True)):
        least = ",".join("0" for _ in sizes)
        most = ",".join(str(size - 1) for size in sizes)
        raise ArgumentError(
            f"{name} is not one number", why=f"{path} has shape {tuple(sizes)}",
            instead=f'Write places from "{path}[{least}]" to "{path}[{most}]".',
        )  # fmt: skip
    return parameter, places
