"""Chains of steps from one value to another, and the derivative that they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from holograd.errors import ArgumentError
from holograd.explanation.records import Argument, Step, Value, View
from holograd.explanation.trace import flow
from holograd.graph import Node

MOST_CHAINS = 64
MOST_ROWS = 64  # numbers of a target whose derivatives are all taken
LARGEST_DERIVATIVE = 65_536


@dataclass(frozen=True, eq=False)
class Link:
    """One step of a chain.

    Attributes:
        arguments: the uses of the value by the step; several where it takes the value twice.
        step: the step.
        output: what the step gives, and where the chain goes on.
    """

    arguments: tuple[Argument, ...]
    step: Step
    output: Value

    @property
    def value(self) -> Value:
        """The value that the step takes."""
        return self.arguments[0].value

    @property
    def place(self) -> int:
        """The first of its arguments' places in the step."""
        return self.arguments[0].place

    @property
    def derivative(self) -> np.ndarray | None:
        """The local derivative, summed over the uses; None where it is not known."""
        found = [one.derivative for one in self.arguments]
        if self.output is not self.step.output or any(one is None for one in found):
            return None
        return np.asarray(sum(one for one in found if one is not None))

    @property
    def kind(self) -> str:
        """The kind of the local derivative; see `records.Argument`."""
        kinds = {one.kind for one in self.arguments}
        return kinds.pop() if len(kinds) == 1 else ""


class Chains:
    """All chains of steps from `source` to `target`.

    Attributes:
        count: how many there are; they may be too many to be listed.
        links: for each value on the way the links that lead on towards the target.

    Raises:
        ArgumentError: there are none; says what does lead to the target.
    """

    def __init__(self, view: View, source: Value, target: Value):
        self.view, self.source, self.target = view, source, target
        counts: dict[str, int] = {target.key: 1}
        links: dict[str, list[Link]] = {}
        for step in reversed(view.steps):
            for output in reversed(step.outputs):
                beyond = counts.get(output.key, 0)
                if not beyond or output.maker != step.key:
                    continue
                for arguments in _uses(step):
                    value = arguments[0].value
                    counts[value.key] = counts.get(value.key, 0) + beyond
                    links.setdefault(value.key, []).insert(0, Link(arguments, step, output))
        self.links = links
        self.count = counts.get(source.key, 0)
        if not self.count:
            raise self._none(counts)

    def _none(self, counts: dict[str, int]) -> ArgumentError:
        leading = [one for one in self.view.values if one.key in counts and one is not self.target]
        leaves = [one.symbol.plain for one in leading if one.named and one.leaf]
        names = ", ".join((leaves or [one.symbol.plain for one in leading])[:8])
        source, target = self.source.symbol.plain, self.target.symbol.plain
        back = _leads(self.view, self.target, self.source)
        return ArgumentError(
            f"{source} does not lead to {target}",
            why=f"no gradient of {target} flows back to it",
            instead=f"{target} leads to {source}: exchange the two." if back
            else f"What leads to {target} is {names}." if names else "",
        )  # fmt: skip

    def listed(self) -> list[tuple[Link, ...]]:
        """At most 64 chains, each with its links from the target back to the source."""
        return list(islice(self._walk(), MOST_CHAINS))

    def _walk(self) -> Iterator[tuple[Link, ...]]:
        """Every link leads on to the target, so that each branch ends in a chain."""
        waiting: list[tuple[Value, tuple[Link, ...]]] = [(self.source, ())]
        while waiting:
            value, chain = waiting.pop()
            if value is self.target:
                yield chain
                continue
            for link in reversed(self.links[value.key]):
                waiting.append((link.output, (link, *chain)))

    def derivative(self) -> np.ndarray:
        """Of the target by the source.

        Returns:
            Of the source's shape where the target is one number, or where each of its numbers
            depends on its own number of the source alone; else of the target's shape followed by
            the source's.

        Raises:
            ArgumentError: that would be too many numbers.
        """
        source, target = self.source, self.target
        if target is self.view.output and source.gradient is not None:
            return source.gradient
        if source is target:
            return np.ones(source.array.shape, source.array.dtype)
        size = target.array.size
        if size == 1 or self._number_by_number():
            return self.pulled(np.ones(target.array.shape, target.array.dtype))
        if size > MOST_ROWS or size * source.array.size > LARGEST_DERIVATIVE:
            raise ArgumentError(
                f"{target.symbol.plain} has {size} numbers",
                why=f"each has its own derivative by {source.symbol.plain}",
                instead="Ask for one of them, at the scalar level.",
            )
        rows = []
        for place in range(size):
            seed = np.zeros(target.array.shape, target.array.dtype)
            seed.reshape(-1)[place] = 1
            rows.append(self.pulled(seed))
        return np.stack(rows).reshape(target.array.shape + source.array.shape)

    def between(self) -> list[Link]:
        """The links on the way, each once."""
        reached, found = {self.source.key}, []
        waiting = [self.source]
        while waiting:
            value = waiting.pop()
            if value is self.target:
                continue
            for link in self.links.get(value.key, ()):
                found.append(link)
                if link.output.key not in reached:
                    reached.add(link.output.key)
                    waiting.append(link.output)
        return found

    def _number_by_number(self) -> bool:
        shape = self.source.array.shape
        return all(
            link.kind == "elementwise" and link.output.array.shape == shape
            for link in self.between()
        )

    def pulled(self, seed: np.ndarray) -> np.ndarray:
        """What `seed` at the target causes at the source."""
        links = self.between()
        if self.view.level == "scalar":
            return self._pulled_by_slopes(links, seed)
        nodes = {node for link in links for node in link.step.nodes}
        ordered = sorted(nodes, key=lambda node: node.serial)
        found = flow(ordered, {_node_of(self.target, ordered): seed})
        return found[_node_of(self.source, ordered)]

    def _pulled_by_slopes(self, links: Sequence[Link], seed: np.ndarray) -> np.ndarray:
        gradients = {self.target.key: seed}
        for link in sorted(links, key=lambda one: one.step.number, reverse=True):
            slope = link.derivative
            assert slope is not None
            known = gradients.get(link.value.key, 0)
            gradients[link.value.key] = known + gradients[link.output.key] * slope
        return np.asarray(gradients[self.source.key])


def _uses(step: Step) -> list[tuple[Argument, ...]]:
    """The arguments that something flows back to, those of one value together."""
    found: dict[str, list[Argument]] = {}
    for one in step.arguments:
        if one.contribution is not None:
            found.setdefault(one.value.key, []).append(one)
    return [tuple(arguments) for arguments in found.values()]


def _leads(view: View, source: Value, target: Value) -> bool:
    reached = {source.key}
    for step in view.steps:
        if any(one.value.key in reached for one in step.arguments):
            reached.update(output.key for output in step.outputs)
    return target is not source and target.key in reached


def _node_of(value: Value, nodes: Sequence[Node]) -> Node:
    """The node whose numbers a value shows: made by one of the nodes, or taken by them."""
    taken = [source for node in nodes for source in node.inputs]
    fitting = [node for node in (*nodes, *taken) if node.value is value.array]
    made = [node for node in fitting if (node.operation is not None) == bool(value.maker)]
    return (made or fitting)[0]
