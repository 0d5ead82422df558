"""Views of tensors: the steps of a zoom level with all numbers, made of groups of nodes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import count

import numpy as np

from holograd.explanation.brackets import bracketed
from holograd.explanation.formulas.parameters import disagrees, picked_place, read_parameters
from holograd.explanation.formulas.rules import slides
from holograd.explanation.grouping import Group, module_path
from holograd.explanation.labels import group_label, operation_label
from holograd.explanation.naming import Name
from holograd.explanation.records import (
    CONSTANT,
    PARAMETER,
    TARGET,
    Argument,
    Step,
    Value,
    View,
)
from holograd.explanation.symbols import Symbol
from holograd.explanation.trace import Trace, edge_jacobian, jacobian, slopes
from holograd.graph import Node, Scope
from holograd.nn.call import Call
from holograd.nn.loss import Loss

MOST_OUTPUTS = 32  # of a step whose Jacobian is made, one pass for each
LARGEST_JACOBIAN = 1024
PICKED = {"element", "slice", "take", "gather"}
NOTED = "definition_overflows"


def folded(
    trace: Trace,
    groups: Sequence[Group],
    naming: Callable[[Node], Name],
    level: str,
    asked: str,
    limit: int,
    overflowing: Collection[Node] = (),
    opens: Callable[[Group], bool] = lambda group: len(group.nodes) > 1,
) -> tuple[View, dict[str, Node]]:
    """The view of a trace by groups of its nodes, and the node of each value.

    Args:
        trace: the numbers.
        groups: the steps in order.
        naming: the name of each node.
        level: the level that the groups are of.
        asked: the level that was asked for.
        limit: how many steps that would have had, where it is another one.
        overflowing: nodes to say of that their definition overflows.
        opens: whether looking inside a group shows more.
    """
    folder = _Folder(trace, naming, overflowing, opens)
    view = folder.view(groups, level, asked, limit)
    return view, {value.key: node for node, value in folder.values.items()}


class _Folder:
    """Makes one view."""

    def __init__(
        self,
        trace: Trace,
        naming: Callable[[Node], Name],
        overflowing: Collection[Node],
        opens: Callable[[Group], bool],
    ):
        self.trace, self.naming = trace, naming
        self.overflowing, self.opens = overflowing, opens
        self.values: dict[Node, Value] = {}

    def view(self, groups: Sequence[Group], level: str, asked: str, limit: int) -> View:
        outside = _used_outside(groups, self.trace.output)
        steps = [
            self._step(group, number, outside[number - 1])
            for number, group in enumerate(groups, start=1)
        ]
        values = in_order(steps)
        number_unnamed(values)
        for step in steps:
            if step.parameters.get("picked") and step.formula is not None:
                step.label = step.formula.text  # o₂, once everything has its name
        add_up(steps)
        mark_problems(values, steps)
        boxes = bracketed(steps, [scope_of(group) for group in groups])
        output = self.values[self.trace.output]
        return View(level, asked, limit, values, steps, boxes, output)

    # --- values ---

    def _value(self, node: Node) -> Value:
        value = self.values.get(node)
        if value is None:
            name = self.naming(node)
            value = Value(f"v{len(self.values) + 1}", name.symbol or Symbol(""), name.role,
                          node.value, self._gradient(node, name), name.code, name.transposed,
                          named=name.symbol is not None)  # fmt: skip
            self.values[node] = value
        return value

    def _gradient(self, node: Node, name: Name) -> np.ndarray | None:
        if name.role in (TARGET, CONSTANT):
            return None
        return self.trace.gradients.get(node)

    # --- steps ---

    def _step(self, group: Group, number: int, outputs: Sequence[Node]) -> Step:
        taken = self._taken(group)
        values = [self._value(node) for node, _ in taken]
        given = tuple(self._value(node) for node in outputs)
        operation = group.main.operation if group.main is not None else None
        if operation is not None:
            kind = operation.name
            label = operation_label(operation, values, group.nodes[-1].parameters)
        else:
            assert group.scope is not None
            kind = _kind(group)
            label = group_label(kind, values)
        step = Step(f"s{number}", number, kind, label, (), given, operation,
                    dict(group.nodes[-1].parameters) if operation
                    else read_parameters(kind, group.nodes),
                    module_path(scope_of(group)),
                    opens=self.opens(group), nodes=group.nodes)  # fmt: skip
        if kind in PICKED:
            place = picked_place(group.nodes, values[0].transposed)
            step.parameters |= {"picked": place} if place else {}
        if any(node in self.overflowing for node in group.nodes):
            step.note = NOTED
        arguments = []
        for place, ((_, edges), value) in enumerate(zip(taken, values, strict=True)):
            argument = Argument(step, value, place)
            if value.role not in (TARGET, CONSTANT):
                argument.contribution = self._contribution(edges)
            arguments.append(argument)
            if step.key not in value.users:
                value.users.append(step.key)
        step.arguments = tuple(arguments)
        self._differentiate(step, group, outputs, taken)
        if operation is None and len(outputs) == 1 and _misled(step):
            step.parameters["by_name"] = True
        for value in given:
            value.maker = step.key
        return step

    def _taken(self, group: Group) -> list[tuple[Node, list[tuple[Node, int]]]]:
        """What a group takes, with the edges on which: one entry a use for a single operation, one
        entry a value for several nodes, whose constants stay inside."""
        if group.single:
            node = group.nodes[0]
            return [(source, [(node, place)]) for place, source in enumerate(node.inputs)]
        inside = set(group.nodes)
        found: dict[Node, list[tuple[Node, int]]] = {}
        for node in group.nodes:
            for place, source in enumerate(node.inputs):
                if source not in inside and self.naming(source).role != CONSTANT:
                    found.setdefault(source, []).append((node, place))
        return _in_reading_order(list(found.items()), self.naming)

    def _contribution(self, edges: Sequence[tuple[Node, int]]) -> np.ndarray | None:
        found = [
            self.trace.contributions[edge] for edge in edges if edge in self.trace.contributions
        ]
        if not found:
            return None
        total = found[-1]  # backward() meets the last use first
        for contribution in reversed(found[:-1]):
            total = total + contribution
        return total

    def _differentiate(
        self, step: Step, group: Group, outputs: Sequence[Node], taken: Sequence[tuple[Node, list]]
    ) -> None:
        """Sets the local derivatives of the arguments that something flows back to."""
        live = [node for node in outputs if node in self.trace.gradients]
        if len(live) != 1:
            return
        output = live[0]
        wanted = [one for one in step.arguments if one.contribution is not None]
        node = group.main
        if node is not None and node.operation is not None and node.operation.native is not None:
            for one in wanted:
                if group.single or taken[one.place][0] in node.inputs:
                    one.derivative, one.kind = slopes(node, one.place), "elementwise"
        elif group.single and node is not None and _is_product(node):
            for one in wanted:
                other = node.inputs[1 - one.place]
                one.derivative, one.kind = self._value(other).shown, "operand"
        elif node is None and is_affine(step):
            self._differentiate_affine(wanted, group, output, [source for source, _ in taken])
        wanted = [one for one in wanted if not one.kind]
        small = [
            one
            for one in wanted
            if output.value.size <= MOST_OUTPUTS
            and output.value.size * one.value.array.size <= LARGEST_JACOBIAN
        ]
        if group.single:
            for one in small:
                one.derivative, one.kind = edge_jacobian(group.nodes[0], one.place), "jacobian"
            return
        sources = {taken[one.place][0]: one for one in small}
        found = jacobian(group.nodes, output, list(sources)) if sources else {}
        for node, one in sources.items():
            one.derivative, one.kind = found[node], "jacobian"
            if node.shape == output.shape and _works_by_numbers(group):
                size = node.value.size
                diagonal = found[node].reshape(size, size).diagonal().reshape(node.shape)
                one.derivative, one.kind = diagonal, "elementwise"

    def _differentiate_affine(
        self, wanted: Sequence[Argument], group: Group, output: Node, sources: Sequence[Node]
    ) -> None:
        """The factors of a layer's product are each other's slopes, and its bias has slope 1."""
        products = [node for node in group.nodes if _is_product(node)]
        if len(products) != 1:
            return
        factors = products[0].inputs
        for one in wanted:
            source = sources[one.place]
            if source in factors and all(factor in self.values for factor in factors):
                other = factors[1 - factors.index(source)]
                one.derivative, one.kind = self._value(other).shown, "operand"
            elif source not in factors and source.shape == output.shape[-1:]:
                one.derivative, one.kind = np.ones(output.shape, output.dtype), "elementwise"


def is_affine(step: Step) -> bool:
    """Whether a step of several operations is a layer x W + b."""
    return step.operation is None and step.kind.partition("(")[0] in ("Linear", "linear")


def _misled(step: Step) -> bool:
    """Whether the formula of a function does not give its numbers."""
    slopes = {
        one.place: one.derivative.reshape(one.value.array.shape)
        for one in step.arguments
        if one.derivative is not None and one.derivative.size == one.value.array.size
        and one.kind in ("elementwise", "jacobian")
    }  # fmt: skip
    arrays = [one.value.shown for one in step.arguments]
    return disagrees(step.kind, step.parameters, arrays, step.output.array, slopes)


def in_order(steps: Sequence[Step]) -> list[Value]:
    """The values of steps: each leaf before the first step that takes it, then what that gives."""
    found: dict[str, Value] = {}
    for step in steps:
        for value in (*(one.value for one in step.arguments), *step.outputs):
            found.setdefault(value.key, value)
    return list(found.values())


def number_unnamed(values: Sequence[Value]) -> None:
    """Gives the values without a name v₁, v₂, …, but for names that are taken."""
    taken = {value.symbol.plain for value in values if value.named}
    free = (Symbol("v", str(number)) for number in count(1))
    symbols = (symbol for symbol in free if symbol.plain not in taken)
    for value in values:
        if not value.named:
            value.symbol = next(symbols)


def add_up(steps: Sequence[Step]) -> None:
    """Sets the running sums of the contributions to each value, as the backward pass meets them."""
    uses: dict[str, int] = {}
    for step in steps:
        for one in step.arguments:
            if one.contribution is not None:
                uses[one.value.key] = uses.get(one.value.key, 0) + 1
    totals: dict[str, tuple[int, np.ndarray]] = {}
    for step in reversed(steps):
        for one in step.arguments:
            if one.contribution is None:
                continue
            known, total = totals.get(one.value.key, (0, None))
            total = one.contribution if total is None else total + one.contribution
            totals[one.value.key] = known + 1, total
            one.total, one.joins = total, (known + 1, uses[one.value.key])


def mark_problems(values: Sequence[Value], steps: Sequence[Step]) -> None:
    """Marks the values where numbers that are not finite come up first."""
    bad = {value.key for value in values if not _finite(value.array)}
    if not bad:
        return
    spoiled = {
        output.key
        for step in steps
        if any(one.value.key in bad for one in step.arguments)
        for output in step.outputs
    }
    for value in values:
        if value.key in bad and value.key not in spoiled:
            value.problem = "nan" if np.isnan(value.array).any() else "infinite"


def _finite(array: np.ndarray) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _used_outside(groups: Sequence[Group], output: Node) -> list[list[Node]]:
    """For each group the nodes that others take, or that is the output."""
    place = {node: number for number, group in enumerate(groups) for node in group.nodes}
    wanted: set[Node] = {output}
    for number, group in enumerate(groups):
        for node in group.nodes:
            wanted.update(source for source in node.inputs if place.get(source, number) != number)
    return [[node for node in group.nodes if node in wanted] for group in groups]


def _in_reading_order(
    taken: list[tuple[Node, list[tuple[Node, int]]]], naming: Callable[[Node], Name]
) -> list[tuple[Node, list[tuple[Node, int]]]]:
    """What flows through first, then parameters, then targets, each in the order of its use."""
    hanging = {PARAMETER: 1, TARGET: 2}
    return sorted(taken, key=lambda entry: hanging.get(naming(entry[0]).role, 0))


def _kind(group: Group) -> str:
    """`Linear(2 → 2)`, `cross_entropy`: a loss's module goes by the function inside it."""
    scope = group.scope
    assert scope is not None
    if type(scope) is Call and isinstance(scope.module, Loss):
        paths = [node.scope.path for node in group.nodes if node.scope is not None]
        inner = [one for one in paths[0] if all(one in path for path in paths)]
        return inner[-1].kind
    return scope.kind


def _is_product(node: Node) -> bool:
    """Whether a slope is the other factor, as in products of matrices but not in convolutions."""
    product = node.operation is not None and node.operation.name == "contract"
    return product and not slides(node.parameters["pattern"])


def _works_by_numbers(group: Group) -> bool:
    shape = group.nodes[-1].shape
    return all(
        node.operation is not None and node.operation.native is not None and node.shape == shape
        for node in group.nodes
    )


def scope_of(group: Group) -> Scope | None:
    """The scope that a group is, or that its only node was made in."""
    return group.scope or group.nodes[0].scope
