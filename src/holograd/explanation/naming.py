"""The names that a person would use: x, W₁, z, h, o, L, and those that the user gave.

A model's layers with weights are numbered in the order of their use: W₁ and b₁, W₂ and b₂. What a
hidden one gives is z, after its activation h; what the last one gives is u, after its activation o.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from holograd.explanation.codes import codes_of, scopes_of
from holograd.explanation.grouping import OPENED, Group, grouped
from holograd.explanation.records import BETWEEN, CONSTANT, INPUT, OUTPUT, PARAMETER, TARGET
from holograd.explanation.symbols import Symbol
from holograd.graph import Node, Scope
from holograd.nn import functional
from holograd.nn.call import Call
from holograd.nn.loss import Loss
from holograd.nn.module import Module
from holograd.pictures.numbers import short

LOSSES = {name for name in functional.__all__ if name.endswith("_loss")}
LOSSES |= {"cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div"}


@dataclass(frozen=True, slots=True)
class Name:
    """What a node is called, and what it is to the network; see `records.Value`."""

    symbol: Symbol | None
    role: str
    code: str = ""
    transposed: bool = False


class Names:
    """The names of a graph's nodes.

    Args:
        nodes: in order; the last one is the output.
        given: the names that the user gave on purpose, which come first.
        variables: the names of the caller's variables, which come after those in the model.
        models: the caller's variables that hold modules.

    Attributes:
        doubtful: leaves called x₁, x₂, … that the model's own code may have made.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        given: Mapping[Node, str],
        variables: Mapping[Node, str],
        models: Mapping[str, Module] = MappingProxyType({}),
    ):
        self.given, self.variables = given, variables
        inside = set(nodes)
        known = {**variables, **given}
        self._taken_by = {name: node for node, name in known.items() if node in inside}
        self._names: dict[Node, Name] = {}
        self._nodes = nodes
        self._leaves = [node for node in nodes if node.operation is None]
        self._codes = codes_of(nodes, models)
        self.doubtful: set[Node] = set()
        self._groups = grouped(nodes, "function")
        self._name_parameters()
        self._name_leaves()
        self._name_layers()
        self._name_output()

    def of(self, node: Node) -> Name:
        """What `node` is called; a name without a symbol where it is merely numbered."""
        known = self._names.get(node)
        name = known or Name(None, BETWEEN if node.operation is not None else CONSTANT)
        given = self.given.get(node) or (None if name.code else self.variables.get(node))
        if given is not None:
            return Name(Symbol(given), name.role, name.code, name.transposed)
        if name.role == CONSTANT and not name.code and node.value.size == 1:
            return self.constant(node)
        if name.symbol is not None and self._taken_by.get(name.symbol.plain, node) is not node:
            return Name(None, name.role, name.code, name.transposed)  # the user's names come first
        return name

    def inner(self, node: Node) -> Name:
        """What a node inside of a definition is called: a constant, or a numbered value."""
        return self.constant(node) if node.operation is None else Name(None, BETWEEN)

    def constant(self, node: Node) -> Name:
        """A constant goes by its value, where it is one number."""
        if node.value.size != 1:
            return Name(None, CONSTANT)
        return Name(Symbol(short(node.value.item() + 0)), CONSTANT)  # −0 + 0 is 0

    # --- leaves ---

    def _name_parameters(self) -> None:
        order: dict[str, list[tuple[str, Node]]] = {}
        for node in self._taken():
            code = self._codes.get(node, "")
            if code and node.requires_grad:
                layer, _, attribute = code.rpartition(".")
                entries = order.setdefault(layer, [])
                if (attribute, node) not in entries:
                    entries.append((attribute, node))
        transposed = _stored_transposed(self._nodes)
        several = len(order) > 1
        for number, (layer, entries) in enumerate(order.items(), start=1):
            flat = all(node.value.ndim < 2 for attribute, node in entries if attribute == "weight")
            letters = {"weight": "γ", "bias": "β"} if flat else {"weight": "W", "bias": "b"}
            for attribute, node in entries:
                symbol = Symbol(letters.get(attribute, attribute), str(number) if several else "")
                code = f"{layer}.{attribute}" if layer else attribute
                self._names[node] = Name(symbol, PARAMETER, code, node in transposed)
        for node in self._leaves:
            if node.requires_grad and node not in self._names and not self._codes:
                self._names[node] = Name(Symbol(node.name) if node.name else None, PARAMETER)

    def _taken(self) -> Iterator[Node]:
        """The leaves in the order in which operations take them."""
        for node in self._nodes:
            for source in node.inputs:
                if source.operation is None:
                    yield source

    def _name_leaves(self) -> None:
        """The input of a model is x, the target of a loss is y; other leaves are constants."""
        users: dict[Node, list[Node]] = {}
        for node in self._nodes:
            for source in node.inputs:
                users.setdefault(source, []).append(node)
        first = _first_serials(self._nodes)
        inputs: list[Node] = []
        target = False
        for node in sorted(self._leaves, key=lambda one: one.serial):
            if node in self._names:
                continue
            if node in self._codes:
                self._names[node] = Name(None, CONSTANT, self._codes[node])
                continue
            number = node.value.ndim == 0 and not self._known(node)
            symbol = Symbol(node.name) if node.name else None
            in_loss = all(loss_of(user) is not None for user in users[node])
            if node.requires_grad:  # beside a model's parameters: what one asks the gradient by
                self._names[node] = Name(None, INPUT)
                if any(_in_module(user) for user in users[node]):
                    inputs.append(node)
            elif in_loss and not (number and target) and self._has_input(users, node):
                if not target:
                    self._names[node] = Name(symbol or Symbol("y"), TARGET)
                    target = True
            elif not number and _is_input(node, users[node], first):
                inputs.append(node)
            elif self._known(node):
                self._names[node] = Name(symbol, INPUT)
        nameless = [node for node in inputs if not (self._known(node) or node.name)]
        for node in inputs:
            several = node in nameless and len(nameless) > 1
            below = str(nameless.index(node) + 1) if several else ""
            self._names[node] = Name(Symbol(node.name or "x", below), INPUT)
            if len(inputs) > 1 and not self._known(node):
                self._doubt(node, users[node], first)

    def _known(self, node: Node) -> bool:
        """Whether the user has a name for it."""
        return node in self.given or node in self.variables

    def _doubt(self, node: Node, users: Sequence[Node], first: Mapping[Scope, int]) -> None:
        """Beside other inputs, what is made while the model computes, and what holds nothing but 0
        or one number over and over, as a state does at first, may be no input."""
        inside = any(_made_in_call(node, user) for user in users)
        same = (node.value == node.value.flat[0]).all() if node.value.size > 1 else False
        if inside or same or not node.value.any():
            self.doubtful.add(node)

    def _has_input(self, users: Mapping[Node, Sequence[Node]], leaf: Node) -> bool:
        """Whether the loss that takes `leaf` has its numbers from elsewhere too."""
        loss = loss_of(users[leaf][0])
        assert loss is not None
        inside = {node for node in self._nodes if loss in scopes_of(node)}
        return any(
            source.requires_grad and source not in inside
            for node in inside
            for source in node.inputs
        )

    # --- what layers give ---

    def _name_layers(self) -> None:
        affine = list(_last_of_products(self._nodes))
        by_input: dict[Node, list[Group]] = {}
        for group in self._groups:
            for source in _live_inputs(group):
                by_input.setdefault(source, []).append(group)
        bent = [_activation(node, by_input.get(node, [])) for node in affine]
        ends = bool(affine) and self._leaves_the_model(bent[-1] or affine[-1])
        hidden = len(affine) - ends
        for number, (node, activation) in enumerate(zip(affine, bent, strict=True), start=1):
            last = number > hidden
            below = str(number) if not last and hidden > 1 else ""
            if activation is not None:
                self._put(node, Symbol("u" if last else "z", below))
                self._put(activation, Symbol("o" if last else "h", below))
            else:
                self._put(node, Symbol("o" if last else "z", below))

    def _leaves_the_model(self, node: Node) -> bool:
        """Whether a value is what the model gives, not something inside of it."""
        if node is self._nodes[-1] or node.scope is None:
            return True
        model = node.scope.path[0]
        users = [one for one in self._nodes if node in one.inputs]
        return any(one.scope is None or one.scope.path[0] is not model for one in users)

    def _name_output(self) -> None:
        output = self._nodes[-1]
        loss = loss_of(output) is not None
        known = self._names.get(output)
        free = next((one for one in "FGHQRSTUVYZ" if one not in self._taken_by), "F")
        symbol = Symbol("L") if loss else (known.symbol if known else None) or Symbol(free)
        self._names[output] = Name(symbol, OUTPUT)

    def _put(self, node: Node, symbol: Symbol) -> None:
        self._names.setdefault(node, Name(symbol, BETWEEN))


def _stored_transposed(nodes: Iterable[Node]) -> set[Node]:
    """The weights (out, in) of products that the lecture writes with W (in, out)."""
    return {
        node.inputs[1]
        for node in nodes
        if node.operation is not None
        and node.operation.name == "contract"
        and node.scope is not None
        and node.scope.kind == "linear"
        and node.inputs[1].operation is None
        and node.inputs[1].value.ndim == 2
    }


def _last_of_products(nodes: Sequence[Node]) -> Iterator[Node]:
    """What each product of a layer gives, with its bias added."""
    last: dict[Scope, Node] = {}
    for node in nodes:
        if node.operation is not None and node.scope is not None and node.scope.kind in OPENED:
            last[node.scope] = node
    return iter(last.values())


def _live_inputs(group: Group) -> list[Node]:
    inside = set(group.nodes)
    found: dict[Node, None] = {}
    for node in group.nodes:
        for source in node.inputs:
            if source not in inside and (source.operation is not None or source.requires_grad):
                found[source] = None
    return list(found)


def _activation(node: Node, groups: Sequence[Group]) -> Node | None:
    """The value after the one function that is applied to `node` alone, if there is such."""
    fitting = [group.nodes[-1] for group in groups if _bends(group, node)]
    return fitting[0] if len(fitting) == 1 else None


def _bends(group: Group, node: Node) -> bool:
    """Whether a step is a function of `node` alone, number by number or as softmax is."""
    *_, result = group.nodes
    if _live_inputs(group) != [node] or loss_of(result) is not None:
        return False
    if result.shape != node.shape or result.dtype != node.dtype:
        return False
    if not group.single or result.operation is None:
        return True
    return len(result.inputs) == 1 and result.operation.name not in ("neg", "identity")


def loss_of(node: Node) -> Scope | None:
    """The loss that a node is computed in."""
    for scope in scopes_of(node):
        if scope.kind in LOSSES or (type(scope) is Call and isinstance(scope.module, Loss)):
            return scope
    return None


def _in_module(node: Node) -> bool:
    return any(type(scope) is Call for scope in scopes_of(node))


def _is_input(leaf: Node, users: Sequence[Node], first: Mapping[Scope, int]) -> bool:
    """Whether a leaf may be what a model was given: numbers, or the rows of a table that it looks
    up, but no mask, and nothing that a function made for itself."""
    fitting = [user for user in users if _in_module(user)]
    if leaf.dtype.kind != "f":
        fitting = [user for user in fitting if _looks_up(user, leaf)]
    return any(not _made_in_function(leaf, user, first) for user in fitting)


def _looks_up(node: Node, leaf: Node) -> bool:
    """Whether `leaf` names rows of a parameter, as words do in an embedding."""
    table, *places = node.inputs
    if table.operation is not None or not table.requires_grad or leaf not in places:
        return False
    embedding = any(scope.kind == "embedding" for scope in scopes_of(node) if type(scope) is Scope)
    return embedding or not _made_in_call(leaf, node)


def _first_serials(nodes: Iterable[Node]) -> dict[Scope, int]:
    """When the first operation of each scope was computed."""
    found: dict[Scope, int] = {}
    for node in nodes:
        for scope in scopes_of(node):
            found.setdefault(scope, node.serial)
    return found


def _made_in_call(leaf: Node, user: Node) -> bool:
    """Whether `leaf` came up in a call of the module that `user` belongs to: inputs are there
    before."""
    return any(type(one) is Call and one.serial < leaf.serial for one in scopes_of(user))


def _made_in_function(leaf: Node, user: Node, first: Mapping[Scope, int]) -> bool:
    """Whether `leaf` came up in the course of a function that `user` belongs to."""
    return any(type(one) is Scope and first[one] < leaf.serial for one in scopes_of(user))
