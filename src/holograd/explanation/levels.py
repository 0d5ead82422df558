"""All zoom levels of one graph, each made when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np

from holograd.errors import ArgumentError
from holograd.explanation.checking import check
from holograd.explanation.folding import folded
from holograd.explanation.grouping import Group, grouped
from holograd.explanation.naming import Name, Names
from holograd.explanation.neurons import neuron_view
from holograd.explanation.records import LEVELS, Value, View
from holograd.explanation.rounding import mark_noise, rounding
from holograd.explanation.scalars import Where, scalar_steps, scalar_view
from holograd.explanation.trace import Trace, traced
from holograd.explanation.unfolding import PLAIN, Unfolded
from holograd.graph import Node
from holograd.nn.module import Module

MOST_STEPS = 2000


class Levels:
    """The views of a graph in order, whose last node is one number.

    Args:
        nodes: in order, each after its inputs.
        given: the names that the user gave.
        variables: the names of the caller's variables.
        models: the caller's variables that hold modules.

    Raises:
        ArgumentError: not even the coarsest level has few enough steps to be shown.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        given: Mapping[Node, str],
        variables: Mapping[Node, str],
        models: Mapping[str, Module],
    ):
        self.nodes, self.given, self.variables, self.models = nodes, given, variables, models
        self._counts: dict[str, int] = {}
        self._groups: dict[str, list[Group]] = {}
        self._views: dict[str, View] = {}
        self._where: dict[str, Mapping[str, Where]] = {}
        self._checked: set[str] = set()
        if self.count("model") > MOST_STEPS:
            operations = sum(node.operation is not None for node in nodes)
            raise ArgumentError(
                f"this graph has {operations:,} operations, and an explanation shows at most "
                f"{MOST_STEPS:,} steps",
                why="they are not made by layers or functions that could be folded into one step",
                instead="Explain a part of it, or compute it by modules (holograd.nn), which fold.",
            )

    @cached_property
    def trace(self) -> Trace:
        """The numbers of the engine's own graph."""
        return traced(self.nodes)

    @cached_property
    def names(self) -> Names:
        """The names of the nodes."""
        return Names(self.nodes, self.given, self.variables, self.models)

    @cached_property
    def _unfolded(self) -> Unfolded:
        return Unfolded(self.nodes)

    @cached_property
    def _unfolded_trace(self) -> Trace:
        return traced(self._unfolded.nodes)

    @cached_property
    def _rounding(self) -> dict[Node, np.ndarray]:
        return rounding(self.trace)

    @cached_property
    def _unfolded_rounding(self) -> dict[Node, np.ndarray]:
        return rounding(self._unfolded_trace)

    # --- how many steps ---

    @property
    def counts(self) -> dict[str, int]:
        """How many steps each level has, or would have."""
        return {level: self.count(level) for level in LEVELS}

    def count(self, level: str) -> int:
        """How many steps a level has; at least so many, where a graph is too large to be opened."""
        if level not in self._counts:
            self._counts[level] = self._counted(level)
        return self._counts[level]

    def _counted(self, level: str) -> int:
        if level in ("model", "layer", "function"):
            return len(self._grouped(level))
        operations = sum(node.operation is not None for node in self.nodes)
        if level == "primitive":
            if operations > MOST_STEPS:
                return operations
            return sum(node.operation is not None for node in self._unfolded.nodes)
        if operations > MOST_STEPS:
            return scalar_steps(self.nodes)
        return scalar_steps(self._unfolded.nodes)

    def _grouped(self, level: str) -> list[Group]:
        if level not in self._groups:
            self._groups[level] = grouped(self.nodes, level)
        return self._groups[level]

    def fits(self, level: str) -> bool:
        """Whether a level has few enough steps to be shown."""
        return self.count(level) <= MOST_STEPS

    def deepest(self, level: str) -> str:
        """The level asked for, or the deepest above it that fits."""
        place = LEVELS.index(level)
        while place and not self.fits(LEVELS[place]):
            place -= 1
        return LEVELS[place]

    # --- views ---

    def view(self, asked: str) -> View:
        """The view of a level, or of the deepest one above it that fits."""
        if asked not in self._views:
            with np.errstate(all="ignore"):  # what is not finite is marked where it comes up
                view = self._views[asked] = self._made(asked)
                if view.level == asked:
                    deep = asked in ("primitive", "scalar")
                    off = self._unfolded_rounding if deep else self._rounding
                    mark_noise(view, self._where[asked], off)
        return self._views[asked]

    def _made(self, asked: str) -> View:
        level = self.deepest(asked)
        if level != asked:
            limit = self.count(asked)
            shown = self.view(level)
            self._where[asked] = self._where[level]
            return View(level, asked, limit, shown.values, shown.steps, shown.boxes, shown.output)
        if level == "scalar":
            trace, unfolded = self._unfolded_trace, self._unfolded
            view, where = scalar_view(trace, self._name_inside, asked, unfolded.overflowing)
            self._where[asked] = where
            return view
        if level == "primitive":
            trace, unfolded = self._unfolded_trace, self._unfolded
            groups = grouped(unfolded.nodes, level)
            view, nodes = folded(
                trace, groups, self._name_inside, level, asked, 0, unfolded.overflowing,
                lambda group: group.nodes[-1].value.size > 1,
            )  # fmt: skip
        else:
            view, nodes = folded(
                self.trace, self._grouped(level), self.names.of, level, asked, 0, opens=_opens
            )
        self._where[asked] = {key: (node, None) for key, node in nodes.items()}
        return view

    @cached_property
    def neurons(self) -> View | None:
        """Single numbers with functions folded, for the chain rule; None where too many."""
        if scalar_steps(self.nodes) > MOST_STEPS:
            return None
        with np.errstate(all="ignore"):
            view, where = neuron_view(self.trace, self._grouped("function"), self.names.of)
        self._where["neurons"] = where
        return view

    def _name_inside(self, node: Node) -> Name:
        """The name of a node of the unfolded graph."""
        origin = self._unfolded.origin.get(node)
        if origin is None:
            return self.names.inner(node)
        if node.operation is None and origin.operation is not None:
            return self.names.constant(node)
        return self.names.of(origin)

    def linked(self) -> list[View]:
        """The views of all levels that fit, with each step's parts at the next level."""
        views = [self.view(level) for level in LEVELS if self.fits(level)]
        for upper, lower in pairwise(views):
            inside: dict[Node, list[str]] = {}
            for step in lower.steps:
                for node in step.nodes:
                    inside.setdefault(self._origin(node), []).append(step.key)
            for step in upper.steps:
                keys = dict.fromkeys(
                    key for node in step.nodes for key in inside.get(self._origin(node), ())
                )
                step.parts = tuple(keys)
        return views

    def _origin(self, node: Node) -> Node:
        """The engine's node that a node stands for or is a part of the definition of."""
        if "_unfolded" not in self.__dict__:
            return node
        return self._unfolded.outer(node)

    def node_of(self, view: View, value: Value) -> Where:
        """The engine's node of a value, or an inner one, and the number's place."""
        node, place = self._where[view.asked][value.key]
        if view.level in ("primitive", "scalar"):
            return self._unfolded.origin.get(node, node), place
        return node, place

    def check(self, asked: str) -> View:
        """The view with finite differences beside the gradients."""
        view = self.view(asked)
        if view.level not in self._checked:
            deep = view.level in ("primitive", "scalar")
            nodes = self._unfolded.nodes if deep else self.nodes
            check(view, nodes, self._where[asked])
            self._checked.add(view.level)
        return view


def _opens(group: Group) -> bool:
    """Whether a group holds several steps, or a primitive with a definition."""
    if not group.single:
        return True
    operation = group.nodes[0].operation
    assert operation is not None
    return (operation.definition is not None and operation.name not in PLAIN) or group.nodes[
        0
    ].value.size > 1
