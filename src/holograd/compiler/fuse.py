"""Fusion: which nodes are computed together, in one nest of loops, and which need memory.

A node that works number by number, or only moves numbers about, is computed where it is used; it
gets memory of its own where it would otherwise be computed again and again. A reduction or a
product (an anchor) is a nest of loops, into whose end the operations behind it are fused. Nests
over the same places that do not wait for each other become one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from holograd.compiler.extents import Extents
from holograd.compiler.rewriting import uniform
from holograd.graph import Graph, Node

MOVEMENTS = {"reshape", "permute", "expand", "flip", "slice", "windows"}
PICKING = {"take", "gather"}  # computed where they are used, at places known at run time
REDUCTIONS = {"sum", "prod", "amax", "amin", "any", "all", "argmax", "argmin"}
ANCHORS = {
    *REDUCTIONS, "contract", "cumsum", "cumprod", "accumulate", "scatter_add", "overlap_add", "pad",
    "cat", "uniform", "normal", "integers", "permutation", "argsort",
}  # fmt: skip
FUSED = {"sum", "prod", "amax", "amin", "any", "all", "contract"}  # nests that take more at the end

# What computing a number costs, in the time of an addition.
COSTS = {"exp": 8, "log": 8, "tanh": 10, "sigmoid": 10, "erf": 12, "pow": 40, "sin": 15, "cos": 15,
         "tan": 20, "log1p": 12, "expm1": 12, "log_sigmoid": 16, "sqrt": 4, "rsqrt": 8, "div": 4,
         "reciprocal": 4, "remainder": 20, "floor_divide": 20, "cast": 1}  # fmt: skip
WORTH_VECTORS = 8  # a cost that is worth a nest of its own, for whole vectors of it
WORTH_KEEPING = 3  # a cost that is not paid twice
TOO_LARGE = 60  # operations in one expression
MOST_STORES = 16  # of one nest


@dataclass(eq=False)
class Group:
    """One nest of loops: what it computes first, and the nodes that it stores."""

    anchor: Node | None
    stores: list[Node] = field(default_factory=list)

    def __str__(self) -> str:
        names = ", ".join(_name(one) for one in self.stores)
        if self.anchor is None or self.anchor in self.stores:
            return names
        return f"{_name(self.anchor)} → {names}"


def _name(node: Node) -> str:
    return node.operation.name if node.operation else node.name or "leaf"


def is_inline(node: Node) -> bool:
    """Whether a node is computed where it is used."""
    return node.operation is not None and node.operation.name not in ANCHORS


def is_fused(node: Node) -> bool:
    """Whether a node's nest can take more at its end: one that finishes its numbers one by one."""
    if node.operation is None or node.operation.name not in FUSED:
        return False
    pattern = node.parameters.get("pattern")
    return pattern is None or all(isinstance(axis, str) for axis in pattern.out)


def is_choice(node: Node) -> bool:
    """A `scatter_add` of one number a row onto zeros: a choice, number by number."""
    if node.operation is None or node.operation.name != "scatter_add":
        return False
    base, index, source = node.inputs
    dim = node.parameters["dim"]
    others = [place for place in range(len(base.shape)) if place != dim]
    return (
        uniform(base) is not None
        and float(uniform(base)) == 0
        and index.shape[dim] == 1
        and all(index.shape[place] == base.shape[place] == source.shape[place] for place in others)
    )


class Fusion:
    """Decides for a graph; `groups` is the result, in the order in which they run.

    Args:
        graph: what to compute.
        extents: its dimensions.
    """

    def __init__(self, graph: Graph, extents: Extents):
        self.graph, self.extents = graph, extents
        self.users: dict[Node, list[Node]] = defaultdict(list)
        for node in graph.nodes:
            for source in dict.fromkeys(node.inputs):
                self.users[source].append(node)
        self.outputs = set(graph.outputs)
        self.cost: dict[Node, int] = {}  # of computing a node from what is stored
        self.weight: dict[Node, int] = {}  # the same, also where it is stored itself
        self.size: dict[Node, int] = {}  # of the expression at a node
        self.stored: set[Node] = set()
        for node in graph.nodes:
            self._decide(node)
        self.anchor_of: dict[Node, Node] = {}
        for node in graph.nodes:
            if is_fused(node):
                self._fuse_behind(node)
        self.groups = self._grouped()

    # --- what gets memory ---

    def _decide(self, node: Node) -> None:
        """Whether a node is stored; inputs come before."""
        if node.operation is None:
            self.cost[node] = self.size[node] = 0
            return
        inline = is_inline(node) or is_choice(node)
        if not inline:
            self._keep(node)
            return
        name = node.operation.name
        own = 0 if name in MOVEMENTS or name == "count" else COSTS.get(name, 1)
        self.cost[node] = own + sum(self.cost[one] for one in node.inputs)
        self.size[node] = 1 + sum(self.size[one] for one in node.inputs)
        self.weight[node] = self.cost[node]
        if node in self.outputs or self._pays(node):
            self._keep(node)

    def _keep(self, node: Node) -> None:
        self.stored.add(node)
        self.cost[node] = self.size[node] = 0

    def _pays(self, node: Node) -> bool:
        """Whether a node that could be computed where it is used had better be kept."""
        cost = self.cost[node]
        if self.size[node] > TOO_LARGE:
            return True
        users = self.users[node]
        if any(self._reads_memory(node, user) for user in users):
            return True
        if cost == 0:
            return False
        if any(self._repeats(node, user) for user in users):
            return True
        return len(users) > 1 and cost >= WORTH_KEEPING

    def _reads_memory(self, node: Node, user: Node) -> bool:
        """Whether `user` needs its input in memory: products, sorting, adding at places."""
        name = user.operation.name if user.operation else ""
        return name in ("contract", "argsort") and not self._is_view(node)

    def _is_view(self, node: Node) -> bool:
        """Whether a node only shows what lies in memory already."""
        while node.operation is not None and node not in self.stored:
            if node.operation.name not in MOVEMENTS - {"reshape"}:
                return False
            node = node.inputs[0]
        return True

    def _repeats(self, node: Node, user: Node) -> bool:
        """Whether `user` would compute a number of `node` several times."""
        record = user.operation
        assert record is not None
        if record.name in ("windows", "expand"):
            return True
        if record.native is not None:
            return math.prod(user.shape) > math.prod(node.shape)
        return record.name in PICKING and user.inputs[0] is node

    # --- fusing into the end of a nest ---

    def _fuse_behind(self, anchor: Node) -> None:
        """Lets what follows an anchor alone, number by number, be computed in its nest."""
        last = anchor
        while last not in self.outputs or last is anchor:
            users = self.users[last]
            if last in self.outputs or len(users) != 1:
                break
            (user,) = users
            record = user.operation
            if record is None or record.native is None or user in self.anchor_of:
                break
            if self.extents[user] != self.extents[last] or not self._all_here(user, last):
                break
            if self._wastes_vectors(anchor, COSTS.get(record.name, 1)):
                break
            last = user
            if last in self.stored:
                break
        if last is anchor:
            return
        self.stored.discard(anchor)
        self.stored.add(last)
        self.anchor_of[last] = anchor

    def _wastes_vectors(self, anchor: Node | None, cost: int) -> bool:
        """Whether something is too costly for the end of an anchor's nest: the sum of a row is one
        number, and its logarithm better taken together with those of other rows."""
        if anchor is None or anchor.operation is None or anchor.operation.name == "contract":
            return False
        dims = anchor.parameters.get("dims", ())
        by_row = len(anchor.inputs[0].shape) - 1 in dims and math.prod(anchor.shape) > 1
        return by_row and cost >= WORTH_VECTORS

    def _all_here(self, user: Node, last: Node) -> bool:
        """Whether the other inputs of `user` carry no unfinished nest of their own."""
        waiting = [one for one in user.inputs if one is not last]
        seen: set[Node] = set()
        while waiting:
            node = waiting.pop()
            if node in seen or node.operation is None or node in self.stored:
                continue
            if is_fused(node):
                return False
            seen.add(node)
            waiting.extend(node.inputs)
        return True

    # --- nests over the same places ---

    def _grouped(self) -> list[Group]:
        groups: list[Group] = []
        home: dict[Node, int] = {}
        for node in self.graph.nodes:
            if node not in self.stored:
                continue
            anchor = self.anchor_of.get(node)
            if anchor is None and not (is_inline(node) or is_choice(node)):
                anchor = node
            place = None
            if anchor is None:
                place = self._room_for(node, groups, home)
            if place is None:
                groups.append(Group(anchor))
                place = len(groups) - 1
            groups[place].stores.append(node)
            home[node] = place
        return groups

    def _room_for(self, node: Node, groups: list[Group], home: dict[Node, int]) -> int | None:
        """The last nest over the same places that all of the node's sources are ready in."""
        earliest = -1
        for source, elementwise in self.reads(node).items():
            if source in home:
                place = home[source]
                earliest = max(earliest, place if elementwise else place + 1)
        for place in range(len(groups) - 1, max(earliest, 0) - 1, -1):
            group = groups[place]
            first = group.anchor if group.anchor is not None else group.stores[0]
            mergeable = group.anchor is None or is_fused(group.anchor)
            if self._wastes_vectors(group.anchor, self.weight.get(node, 0)):
                continue
            if (
                mergeable
                and len(group.stores) < MOST_STORES
                and self.extents[group.stores[0]] == self.extents[node]
                and (group.anchor is None or self.extents[first] == self.extents[node])
            ):
                return place
        return None

    def reads(self, node: Node) -> dict[Node, bool]:
        """The stored nodes that a node is computed from, and whether only at its own place."""
        found: dict[Node, bool] = {}
        waiting = [(one, self._same_place(node, one)) for one in node.inputs]
        while waiting:
            source, same = waiting.pop()
            if source.operation is None:
                continue
            if source in self.stored:
                found[source] = found.get(source, True) and same
                continue
            waiting += [(one, same and self._same_place(source, one)) for one in source.inputs]
        return found

    def _same_place(self, node: Node, source: Node) -> bool:
        record = node.operation
        return (
            record is not None
            and record.native is not None
            and self.extents[node] == self.extents[source]
        )
