"""Second names, by which PyTorch knows the same functions and methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holograd.ops.arithmetic import div, mul, neg, sub
from holograd.ops.elementwise import abs, clamp
from holograd.ops.movement import movedim, transpose
from holograd.ops.pieces import cat

ALIASES: dict[str, Callable[..., Any]] = {
    "absolute": abs,
    "clip": clamp,
    "concat": cat,
    "concatenate": cat,
    "divide": div,
    "moveaxis": movedim,
    "multiply": mul,
    "negative": neg,
    "subtract": sub,
    "swapaxes": transpose,
    "true_divide": div,
}
