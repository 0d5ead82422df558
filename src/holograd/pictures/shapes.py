"""The shapes that a picture is made of: one list, which several writers draw.

Lengths are pixels at 100 %, from the upper left corner. Colours are names (see `colours`); an empty
name paints nothing. A role is what a shape is (`gate`, `head`), as words that become classes of the
SVG; tags say which step or value it belongs to and become its `data-…` attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from holograd.pictures.lettering import Run, width

START, MIDDLE, END = "start", "middle", "end"
DASHED, DOTTED = (5.0, 3.0), (1.5, 3.0)
ROUND = 0.5523  # how far a curve's handles reach for a quarter of a circle of radius 1
ASCENT, DESCENT = 0.76, 0.24  # of a line of text, in heights of the text
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What all shapes have: paint, a role and tags.

    Attributes:
        role: what it is, as one or more words.
        tags: to which step, value or place it belongs.
        fill: the colour's name inside.
        stroke: the colour's name of the outline.
        line: the outline's width.
        dash: lengths of dashes and gaps; empty for a solid line.
        opacity: of the whole shape, from 0 to 1.
        note: what a reader who points at it is told; empty for nothing.
    """

    role: str = ""
    tags: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    fill: str = ""
    stroke: str = ""
    line: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle(Shape):
    """A rectangle with corners of a radius."""

    x: float
    y: float
    width: float
    height: float
    radius: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle(Shape):
    """A circle around (x, y)."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Path(Shape):
    """Straight and curved pieces.

    Attributes:
        pieces: ("M", x, y) moves, ("L", x, y) is a line, ("C", x1, y1, x2, y2, x, y) a curve with
            two handles, ("Z",) closes.
    """

    pieces: tuple[tuple, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Shape):
    """Runs of letters on one line, whose baseline is at y.

    Attributes:
        anchor: which end of the text is at x: "start", "middle" or "end".
        size: of the letters; 12 for axes, 13 for labels and numbers.
        turn: degrees by which it is turned around (x, y), clockwise.
        weight: "normal" or "bold".
    """

    x: float
    y: float
    runs: tuple[Run, ...]
    size: float = 13.0
    anchor: str = MIDDLE
    turn: float = 0.0
    weight: str = "normal"

    @property
    def plain(self) -> str:
        """Its letters alone."""
        return "".join(run.text for run in self.runs)

    @property
    def width(self) -> float:
        """The room that it takes along its line."""
        return width(self.runs, self.size)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the room that it takes."""
        before = {START: 0.0, MIDDLE: 0.5, END: 1.0}[self.anchor] * self.width
        left, right = -before, self.width - before
        top, bottom = -ASCENT * self.size, DESCENT * self.size
        if self.turn % 180:  # a quarter turn: what ran right runs down, or up
            sign = 1 if self.turn % 360 == 90 else -1
            left, right, top, bottom = (
                *sorted((-sign * top, -sign * bottom)),
                *sorted((sign * left, sign * right)),
            )
        return self.x + left, self.y + top, self.x + right, self.y + bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Shape):
    """Shapes that belong together, drawn in order."""

    shapes: tuple[Shape, ...]


def text(x: float, y: float, content: str | Iterable[Run], *, middle: bool = False, **more) -> Text:
    """A text; `middle=True` puts the middle of its figures, not its baseline, at y.

    Example:
        >>> text(0, 10, "−0.7195", size=13).plain
        '−0.7195'
    """
    pieces = (Run(content),) if isinstance(content, str) else tuple(content)
    more = {"fill": "ink", "size": 13.0, **more}
    return Text(x=x, y=y + 0.35 * more["size"] if middle else y, runs=pieces, **more)


def line(*points: Sequence[float], **more) -> Path:
    """Straight pieces through points."""
    pieces = tuple(("L" if place else "M", *point) for place, point in enumerate(points))
    return Path(pieces=pieces, **{"stroke": "ink", **more})


def arrowhead(
    x: float, y: float, direction: tuple[float, float], *, length: float = 8.0, **more
) -> Path:
    """A filled triangle whose tip is at (x, y).

    Args:
        x: of the tip.
        y: of the tip.
        direction: where it points to, as a vector of length 1.
        length: from its foot to its tip; it is a little broader than long.
        more: role, tags and paint.
    """
    (dx, dy), half = direction, 0.55 * length
    foot = x - length * dx, y - length * dy
    return Path(
        pieces=(
            ("M", x, y),
            ("L", foot[0] - half * dy, foot[1] + half * dx),
            ("L", foot[0] + half * dy, foot[1] - half * dx),
            ("Z",),
        ),
        **{"fill": "ink", **more},
    )


def group(role: str, shapes: Iterable[Shape], note: str = "", **tags: str) -> Group:
    """Shapes with a role and tags together: `group("step", shapes, step="s3")`."""
    return Group(role=role, shapes=tuple(shapes), tags=tags, note=note)


def flat(shapes: Iterable[Shape]) -> Iterator[Shape]:
    """All shapes in the order of drawing, without the groups."""
    for shape in shapes:
        if isinstance(shape, Group):
            yield from flat(shape.shapes)
        else:
            yield shape
