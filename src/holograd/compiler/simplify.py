"""All passes over nodes, in order, until nothing changes; the graph is verified after each."""

from __future__ import annotations

from holograd.compiler.common import share
from holograd.compiler.fold import fold
from holograd.compiler.identities import identities
from holograd.compiler.lower import lower
from holograd.graph import Graph

MOST_ROUNDS = 4  # each undoes what the one before has uncovered; few graphs need three


def simplify(graph: Graph, static: bool) -> Graph:
    """The graph that the loops are made of.

    Dead code goes by itself: a graph holds what its outputs depend on.

    Args:
        graph: what was captured.
        static: whether every extent is fixed; else the batch's size is known at run time only.
    """
    graph = lower(graph)
    for _ in range(MOST_ROUNDS):
        before = len(graph.nodes)
        graph = identities(share(fold(graph, static)))
        if len(graph.nodes) == before:
            break
    return share(graph)
