"""Constant folding: what depends on nothing is computed once, by NumPy."""

from __future__ import annotations

import math

import numpy as np

from holograd.compiler.rewriting import known, rewrite
from holograd.errors import HologradError
from holograd.graph import Graph, Node, arrays, interpreting, leaf

LARGEST = 1 << 16  # numbers; what is larger is cheaper to compute than to keep
KEPT = {"expand"}  # a stretched number costs nothing, and an array of equal numbers does


def fold(graph: Graph, static: bool) -> Graph:
    """The graph with constants in place of what is computed from constants alone.

    Args:
        graph: what to fold.
        static: whether the batch's size is fixed, so that counts of numbers are constants too.
    """

    def rule(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        record = node.operation
        if record is None or record.name in KEPT:
            return None
        if record.name == "count":
            return leaf(record.numpy(inputs[0], **node.parameters)) if static else None
        values = [known(one) for one in inputs]
        if not values or math.prod(node.shape) > LARGEST:
            return None
        present = [one for one in values if one is not None]
        if len(present) < len(values):
            return None
        try:
            with interpreting(arrays):
                return leaf(np.asarray(record.numpy(*present, **node.parameters)))
        except HologradError:
            return None  # an integer divided by 0, say: the step itself reports it

    return rewrite(graph, rule)
