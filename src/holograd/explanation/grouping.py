"""Which nodes belong to one step at each zoom level, by the scopes that they were made in.

The scopes of a node, from the outermost, are calls of modules and functions made of operations. The
model level folds by the outermost one, the layer level by the innermost module, the function level
by the outermost function inside of it; products of layers open there into `× W` and `+ b`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from holograd.graph import Node, Scope
from holograd.nn.call import Call

# Functions that the function level opens: what they are made of is what the lecture writes.
OPENED = {"linear", "conv1d", "conv2d", "bilinear"}


@dataclass(frozen=True)
class Group:
    """Nodes that are one step: those of a scope, or one alone.

    Attributes:
        scope: what they have in common; None for a node outside of all scopes, with the reshaping
            of a parameter that it takes.
        nodes: in order.
    """

    scope: Scope | None
    nodes: tuple[Node, ...]

    @property
    def single(self) -> bool:
        """Whether it is one operation, also where a module or a function holds nothing else."""
        return len(self.nodes) == 1

    @property
    def main(self) -> Node | None:
        """The one operation that it is; None for a function, a layer or a model."""
        return self.nodes[-1] if self.single or self.scope is None else None


def grouped(nodes: Sequence[Node], level: str) -> list[Group]:
    """The steps of a level in order: every operation's node is in one of them.

    A scope whose inner result is used both inside and outside does not fold: the contribution from
    inside would be hidden. It opens to the next level.
    """
    rules: list[Callable[[Scope], Scope | None]] = [lambda scope: None]
    if level in ("model", "layer", "function"):
        rules.insert(0, _function_of)
    if level in ("model", "layer"):
        containers = _containers(nodes)
        rules.insert(0, lambda scope: _layer_of(scope, containers))
    if level == "model":
        rules.insert(0, lambda scope: scope.path[0])
    answers: list[dict[Scope, Scope | None]] = [{} for _ in rules]  # asked once for each scope
    operations = [node for node in nodes if node.operation is not None]
    depth = dict.fromkeys(operations, 0)
    users = _users(operations)
    output = nodes[-1]
    while True:
        found: dict[object, list[Node]] = {}
        for node in operations:
            scope = node.scope
            if scope is not None:
                known = answers[depth[node]]
                if scope not in known:
                    known[scope] = rules[depth[node]](scope)
                scope = known[scope]
            found.setdefault(node if scope is None else scope, []).append(node)
        leaking = [
            members
            for members in found.values()
            if len(members) > 1 and _leaks(members, users, output)
        ]
        if not leaking:
            break
        for members in leaking:
            for node in members:
                depth[node] += 1
    groups = [
        Group(key if isinstance(key, Scope) else None, tuple(members))
        for key, members in found.items()
    ]
    return _with_reshaped_parameters(groups, users) if level == "function" else groups


def _with_reshaped_parameters(
    groups: Sequence[Group], users: dict[Node, list[Node]]
) -> list[Group]:
    """A bias that is reshaped to fit goes into the step that adds it."""
    waiting: dict[Node, Node] = {}  # what takes a reshaped parameter, and the reshaping
    made: list[Group] = []
    for group in groups:
        node = group.nodes[-1]
        reshapes = (
            group.single
            and node.operation is not None
            and node.operation.name == "reshape"
            and node.inputs[0].operation is None
            and node.inputs[0].requires_grad
        )
        adds = [one for one in users.get(node, ()) if _adds_to_a_result(one)]
        if reshapes and len(users.get(node, ())) == len(adds) == 1 and adds[0].scope is node.scope:
            waiting[adds[0]] = node
        elif group.single and node in waiting:
            made.append(Group(None, (waiting.pop(node), node)))
        else:
            made.append(group)
    return [*(Group(None, (node,)) for node in waiting.values()), *made]


def _adds_to_a_result(node: Node) -> bool:
    """Whether it adds a result to another one; not to a constant, which groups hide."""
    assert node.operation is not None
    return node.operation.name == "add" and all(one.operation is not None for one in node.inputs)


def _users(operations: Iterable[Node]) -> dict[Node, list[Node]]:
    users: dict[Node, list[Node]] = {}
    for node in operations:
        for source in node.inputs:
            users.setdefault(source, []).append(node)
    return users


def _leaks(members: Sequence[Node], users: dict[Node, list[Node]], output: Node) -> bool:
    inside = set(members)
    for node in members:
        uses = users.get(node, [])
        within = any(user in inside for user in uses)
        if within and (node is output or any(user not in inside for user in uses)):
            return True
    return False


def _containers(nodes: Iterable[Node]) -> set[Scope]:
    """The calls of modules that call other modules."""
    found: set[Scope] = set()
    for scope in {node.scope for node in nodes if node.scope is not None}:
        calls = [one for one in scope.path if type(one) is Call]
        found.update(calls[:-1])
    return found


def _layer_of(scope: Scope, containers: set[Scope]) -> Scope | None:
    """The outermost scope that holds no modules: a layer, or a function beside them."""
    return next((one for one in scope.path if one not in containers), None)


def _function_of(scope: Scope) -> Scope | None:
    """The outermost function inside of the innermost module, unless it is one that opens."""
    function = next((one for one in scope.path if type(one) is not Call), None)
    return None if function is None or function.kind in OPENED else function


def module_path(scope: Scope | None) -> str:
    """Where a scope stands in the model: `layers.0`; empty outside of it."""
    names = [one.name for one in scope.path if type(one) is Call and one.name] if scope else []
    return ".".join(names)
