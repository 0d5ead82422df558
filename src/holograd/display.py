"""How a tensor is printed."""

from __future__ import annotations

from typing import Any

import numpy as np

from holograd.graph import Spec
from holograd.ops.table import BOOL, FLOAT32, INT64


def tensor_text(tensor: Any) -> str:
    """`tensor([1., 2.], requires_grad=True)`: numbers, then what is not the usual."""
    node = tensor.node
    notes = []
    if isinstance(node.value, Spec):
        body = f"of shape {node.shape}"
    else:
        body = np.array2string(
            node.value, precision=4, separator=", ", prefix="tensor(", floatmode="maxprec"
        )
    if node.dtype not in (FLOAT32, INT64, BOOL):
        notes.append(f"dtype={node.dtype}")
    if node.operation is not None:
        notes.append(f"grad_fn=<{node.operation.name}>")
    elif node.requires_grad:
        notes.append("requires_grad=True")
    return f"tensor({', '.join([body, *notes])})"
