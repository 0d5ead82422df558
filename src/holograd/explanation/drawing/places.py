"""Places in a drawing, in pixels from the upper left corner: of gates, numbers, wires, brackets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from holograd.explanation.drawing.units import Block, Unit
from holograd.explanation.records import Box, View
from holograd.pictures import Rectangle


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle.

    Attributes:
        x: of its left side.
        y: of its upper side.
        width: in pixels.
        height: in pixels.
    """

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """x of its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """y of its lower side."""
        return self.y + self.height

    @property
    def middle(self) -> tuple[float, float]:
        """x and y of its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def rectangle(self, **more: Any) -> Rectangle:
        """As a shape, with a radius, role and paint."""
        return Rectangle(x=self.x, y=self.y, width=self.width, height=self.height, **more)

    def meets(self, other: Area) -> bool:
        """Whether the two share more than an edge."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )


@dataclass(frozen=True, slots=True)
class Gate:
    """A step's capsule.

    Attributes:
        unit: the step with its labels.
        area: of the whole capsule.
        forward: of the door for values.
        backward: of the door for gradients.
        ports: how far each argument's wires are from the doors' middles, by its place.
    """

    unit: Unit
    area: Area
    forward: Area
    backward: Area
    ports: dict[int, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands.

    Attributes:
        block: the value and its cells.
        numbers: the area of its numbers.
        gradient: the area of its gradient; None where a value that hangs has none.
        hangs: whether it hangs under a gate, or stands on a turned one.
        silent: whether its symbol is left out, since the gate's sign says it.
    """

    block: Block
    numbers: Area
    gradient: Area | None
    hangs: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Wire:
    """A line between a value and a gate.

    Attributes:
        value: the value's key.
        step: the gate's key.
        place: of the argument; −1 where the gate gives the value.
        forward: whether numbers run along it, or gradients.
        pieces: as of a `pictures.Path`. A forward one runs with the flow; a backward one too, so
            that the dashes of wires that share a way fall together, and its head is at its start.
        head: the tip of its arrow, and the direction of it.
    """

    value: str
    step: str
    place: int
    forward: bool
    pieces: tuple[tuple, ...]
    head: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Bracket:
    """A line over the gates of a layer or a function, with its title.

    Attributes:
        box: which one.
        start: where it begins along the flow.
        end: where it ends.
        track: how many brackets are between it and the gates.
        title: what stands on it.
        place: where in the model it is, for a quieter text after the title; or empty.
        across: of its line, across the flow.
    """

    box: Box
    start: float
    end: float
    track: int
    title: str
    place: str
    across: float = 0.0


@dataclass(slots=True)
class Layout:
    """A view with places.

    Attributes:
        view: what is laid out.
        turned: whether the flow runs down.
        width: of everything, with margins.
        height: likewise.
        gates: by the key of their step.
        values: by their key.
        wires: in the order of the forward pass.
        brackets: inner ones first.
        legend: where the words about the two rows stand; in a turned layout the line over all.
    """

    view: View
    turned: bool
    width: float = 0.0
    height: float = 0.0
    gates: dict[str, Gate] = field(default_factory=dict)
    values: dict[str, Place] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)
    brackets: list[Bracket] = field(default_factory=list)
    legend: Area | None = None

    def to_dict(self) -> dict[str, Any]:
        """All places as JSON values; an area is [x, y, width, height]."""

        def written(area: Area | None) -> list[float] | None:
            if area is None:
                return None
            return [round(one, 2) for one in (area.x, area.y, area.width, area.height)]

        return {
            "turned": self.turned,
            "width": round(self.width, 2),
            "height": round(self.height, 2),
            "gates": {key: written(gate.area) for key, gate in self.gates.items()},
            "values": {
                key: {
                    "numbers": written(place.numbers),
                    "gradient": written(place.gradient),
                    "hangs": place.hangs,
                }
                for key, place in self.values.items()
            },
            "wires": [
                {
                    "value": wire.value,
                    "step": wire.step,
                    "place": wire.place if wire.place >= 0 else None,
                    "direction": "forward" if wire.forward else "backward",
                    "path": [
                        [letter, *(round(one, 2) for one in numbers)]
                        for letter, *numbers in wire.pieces
                    ],
                }
                for wire in self.wires
            ],
            "brackets": [
                {
                    "box": bracket.box.key,
                    "start": round(bracket.start, 2),
                    "end": round(bracket.end, 2),
                    "track": bracket.track,
                }
                for bracket in self.brackets
            ],
        }
