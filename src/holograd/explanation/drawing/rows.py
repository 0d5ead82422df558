"""Where the units of a drawing stand: their layers along the flow, and their rows across it.

The order within the layers is that of Sugiyama's method, as igraph computes it: few wires cross.
The rows are then placed with the units' real sizes, so that wires are straight where they can be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from holograd.errors import ArgumentError
from holograd.explanation.drawing.units import Block, Unit

BETWEEN_ROWS = 26.0
PASSING = 13.0  # half of the room across that a wire takes which passes a layer by
ROUNDS = 100  # of igraph's ordering, at most
SWEEPS, FEWEST_SWEEPS, WORK = 12, 2, 50_000  # through all layers; fewer where items are many


@dataclass(slots=True, eq=False)
class Item:
    """A unit, or the place where a wire passes a layer by.

    Attributes:
        layer: from 0, along the flow.
        before: the room across before its middle.
        after: the room after it.
        unit: the unit; None for a wire that passes.
        across: where its middle is.
        sources: items one layer before with the offset of what is taken from them.
        targets: items one layer after, likewise.
        ends: for each argument of a unit's step, by its place, the item that its wire comes from.
    """

    layer: int
    before: float
    after: float
    unit: Unit | None = None
    across: float = 0.0
    sources: list[tuple[Item, float]] = field(default_factory=list)
    targets: list[tuple[Item, float]] = field(default_factory=list)
    ends: dict[int, tuple[Item, float]] = field(default_factory=dict)

    @property
    def entries(self) -> dict[int, float]:
        """How far across the wire of each argument comes from, by its place."""
        return {place: item.across + offset for place, (item, offset) in self.ends.items()}


@dataclass(slots=True)
class Rows:
    """All items by layers, in order across.

    Attributes:
        layers: the items of each layer, in order across.
        of_unit: the item of each unit, by the unit's place in the list.
        makers: for each value's key, the item and the block that show it.
        ways: for each value's key, the items that its wire passes, by layer.
    """

    layers: list[list[Item]]
    of_unit: list[Item]
    makers: dict[str, tuple[Item, Block]]
    ways: dict[str, dict[int, Item]]

    def items(self) -> Iterator[Item]:
        """All items, layer by layer."""
        for layer in self.layers:
            yield from layer


def arrange(units: Sequence[Unit]) -> Rows:
    """Layers, order and rows of units.

    Raises:
        ArgumentError: igraph is not installed, and the units are not one chain.
    """
    of_value = {block.value.key: unit for unit in units for block in unit.blocks}
    _assign_layers(units, [[of_value[one.value.key] for one in unit.arguments] for unit in units])
    of_unit = [Item(unit.layer, unit.above + unit.before, unit.after, unit) for unit in units]
    makers = {
        block.value.key: (item, block)
        for item, unit in zip(of_unit, units, strict=True)
        for block in unit.blocks
    }
    items = list(of_unit)
    ways: dict[str, dict[int, Item]] = {}
    links: dict[tuple[int, int], tuple[Item, Item, float]] = {}

    def link(source: Item, target: Item, offset: float) -> None:
        links.setdefault((id(source), id(target)), (source, target, offset))

    for unit, target in zip(units, of_unit, strict=True):
        for argument in unit.arguments:
            last, block = makers[argument.value.key]
            offset = block.offset
            way = ways.setdefault(block.value.key, {})
            for layer in range(last.layer + 1, unit.layer):
                if layer not in way:
                    way[layer] = Item(layer, PASSING, PASSING)
                    items.append(way[layer])
                link(last, way[layer], offset)
                last, offset = way[layer], 0.0
            link(last, target, offset)
            target.ends[argument.place] = last, offset
    for source, target, offset in links.values():
        source.targets.append((target, offset))
        target.sources.append((source, offset))
    layers = _ordered(items, [(source, target) for source, target, _ in links.values()])
    _place(layers)
    return Rows(layers, of_unit, makers, ways)


def _assign_layers(units: Sequence[Unit], sources: Sequence[Sequence[Unit]]) -> None:
    """Each step after its inputs; leaves, and what is made of leaves alone, just before its use."""
    users: dict[int, list[Unit]] = {}
    for unit, taken in zip(units, sources, strict=True):
        for maker in taken:
            users.setdefault(id(maker), []).append(unit)
        unit.layer = 0
        if unit.step is not None:
            unit.layer = 1 + max((maker.layer for maker in taken), default=0)
    for unit, taken in zip(reversed(units), reversed(sources), strict=True):
        following = users.get(id(unit), [])
        if following and all(maker.step is None for maker in taken):
            unit.layer = min(user.layer for user in following) - 1
    first = min(unit.layer for unit in units)
    for unit in units:
        unit.layer -= first


def _ordered(items: Sequence[Item], links: Sequence[tuple[Item, Item]]) -> list[list[Item]]:
    """The items of each layer in an order with few crossings."""
    layers: list[list[Item]] = [[] for _ in range(max(item.layer for item in items) + 1)]
    for item in items:
        layers[item.layer].append(item)
    if all(len(layer) < 2 for layer in layers):
        return layers
    try:
        import igraph
    except ModuleNotFoundError:
        raise ArgumentError(
            "the drawing of a graph takes igraph, which is not installed",
            instead="Write: pip install 'holograd[pictures]'",
        ) from None
    number = {id(item): place for place, item in enumerate(items)}
    graph = igraph.Graph(
        len(items), [(number[id(one)], number[id(other)]) for one, other in links], directed=True
    )
    placed = graph.layout_sugiyama(layers=[item.layer for item in items], maxiter=ROUNDS)
    for layer in layers:
        layer.sort(key=lambda item: (placed[number[id(item)]][0], number[id(item)]))
    # Of the drawing and its mirror image, the one that has more in the order of the forward pass.
    upright = sum(
        1 if number[id(one)] < number[id(other)] else -1
        for layer in layers
        for one, other in pairwise(layer)
        if one.unit is not None and other.unit is not None
    )
    return layers if upright >= 0 else [layer[::-1] for layer in layers]


def _place(layers: Sequence[Sequence[Item]]) -> None:
    """Rows without overlaps, so that wires are straight, or short, where that is possible."""
    for layer in layers:
        end = 0.0
        for item in layer:
            item.across = end + item.before
            end = item.across + item.after + BETWEEN_ROWS
    count = sum(map(len, layers))
    for _ in range(max(FEWEST_SWEEPS, min(SWEEPS, WORK // count))):
        for layer in reversed(layers):
            _settle(layer, [_wanted(item, item.targets, -1) for item in layer])
        for layer in layers:
            _settle(layer, [_wanted(item, item.sources, 1) for item in layer])
    for layer in reversed(layers):  # leaves follow those who take them
        wanted = [
            _wanted(item, item.targets, -1) if not item.sources else (item.across, 1e6)
            for item in layer
        ]
        _settle(layer, wanted)
    first = min(  # over which all brackets have room
        item.across - item.before + (item.unit.above if item.unit is not None else 0.0)
        for layer in layers
        for item in layer
    )
    for layer in layers:
        for item in layer:
            item.across -= first


def _wanted(item: Item, beside: Sequence[tuple[Item, float]], sign: int) -> tuple[float, float]:
    """Where an item would have straight wires, and how much that matters."""
    if not beside:
        return item.across, 0.1
    main = [one for one in beside if one[0].unit is not None]
    if len(main) == 1 and item.unit is not None:
        beside = main  # a wire that comes from afar bends; the chain stays straight
    middle = sum(other.across + sign * offset for other, offset in beside) / len(beside)
    alone = len(beside) == 1
    return middle, (8.0 if item.unit is None else 4.0) if alone else 1.0


def _settle(layer: Sequence[Item], wanted: Sequence[tuple[float, float]]) -> None:
    """Moves the items of a layer as near to where they want to be as their sizes allow.

    Isotonic regression by pooling: of all orders without overlap, the one with the least sum of
    weighted squared distances.
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many items
    room, rooms = 0.0, []
    for place, (item, (where, weight)) in enumerate(zip(layer, wanted, strict=True)):
        if place:
            room += layer[place - 1].after + BETWEEN_ROWS + item.before
        rooms.append(room)
        pools.append((where - room, weight, 1))
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            (first, left, few), (second, right, more) = pools[-2:]
            total = left + right
            pools[-2:] = [((first * left + second * right) / total, total, few + more)]
    places = (mean for mean, _, count in pools for _ in range(count))
    for item, mean, before in zip(layer, places, rooms, strict=True):
        item.across = mean + before
