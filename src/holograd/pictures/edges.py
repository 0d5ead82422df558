"""Weighted edges: width is size, colour and the form of the end are the sign.

A positive weight ends in an arrowhead, a negative one in a flat bar, so that the sign is seen
without colour too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from holograd.pictures.numbers import short
from holograd.pictures.shapes import Path, Shape, arrowhead, line

THINNEST, RANGE, POWER = 1.2, 5.2, 0.85
HEAD, BAR, BAR_LINE = 9.0, 15.0, 2.6
POSITIVE, NEGATIVE, NONE = "p5", "n5", "faint"
LEAVING, ARRIVING = 0.45, 0.3  # how far a curve keeps its direction, in shares of the way
SAMPLES = 33  # places on a curve, to find room for its number


@dataclass(frozen=True)
class Edge:
    """A curve between two units.

    Attributes:
        start: where it leaves.
        end: where it arrives.
        towards: the direction in which it arrives, of length 1.
        weight: the number.
        largest: the size of the largest number of the picture.
        fine: from 0 to 1: how much thinner than at full size it is drawn.
        tail: where it goes on, thin, after its sign; None where it ends there.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    towards: tuple[float, float]
    weight: float
    largest: float
    fine: float = 1.0
    tail: tuple[float, float] | None = None

    @property
    def width(self) -> float:
        """How wide it is drawn."""
        return width(self.weight, self.largest) * self.fine

    @property
    def head(self) -> float:
        """The length of its arrowhead."""
        return max(HEAD * self.fine, 1.7 * self.width)

    def handles(self) -> tuple[tuple[float, float], ...]:
        """The four points of the curve: it leaves to the right, and arrives as it should."""
        way = hypot(self.end[0] - self.start[0], self.end[1] - self.start[1])
        x, y = self.foot
        return (
            self.start,
            (self.start[0] + LEAVING * way, self.start[1]),
            (x - ARRIVING * way * self.towards[0], y - ARRIVING * way * self.towards[1]),
            (x, y),
        )

    @property
    def foot(self) -> tuple[float, float]:
        """Where the line meets its head."""
        back = 0.9 * self.head if self.weight > 0 else 0.0
        return self.end[0] - back * self.towards[0], self.end[1] - back * self.towards[1]

    def at(self, share: float) -> tuple[float, float]:
        """The point of the curve at a share of its way."""
        a, b, c, d = self.handles()
        t, s = share, 1 - share
        weights = s**3, 3 * s * s * t, 3 * s * t * t, t**3
        x, y = (
            sum(w * point[k] for w, point in zip(weights, (a, b, c, d), strict=True))
            for k in (0, 1)
        )
        return x, y

    def points(self) -> list[tuple[float, float]]:
        """Places along the curve."""
        return [self.at(place / (SAMPLES - 1)) for place in range(SAMPLES)]

    def shapes(self, **tags: str) -> list[Shape]:
        """The line, and the end that shows its sign."""
        a, b, c, d = self.handles()
        colour = colour_of(self.weight)
        drawn: list[Shape] = [
            Path(
                pieces=(("M", *a), ("C", *b, *c, *d)), stroke=colour, line=self.width, role="line",
                note=f"{tags.get('code', '')} = {short(self.weight)}".strip(" ="),
            )
        ]  # fmt: skip
        if self.tail is not None:
            drawn.append(line(self.end, self.tail, stroke=colour, line=min(self.width, 0.8)))
        return drawn + ending(self.end, self.towards, self.weight, self.head, self.fine)


def ending(
    end: tuple[float, float],
    towards: tuple[float, float],
    weight: float,
    head: float = HEAD,
    fine: float = 1.0,
) -> list[Shape]:
    """An arrowhead for a positive number, a flat bar for a negative one, nothing for 0."""
    if not weight:
        return []
    (x, y), (dx, dy) = end, towards
    if weight > 0:
        return [arrowhead(x, y, towards, length=head, fill=POSITIVE, role="head")]
    half = max(BAR * fine, 1.5 * head * fine) / 2
    back = BAR_LINE * fine / 2  # the bar touches with its edge
    x, y = x - back * dx, y - back * dy
    foot, tip = (x - half * dy, y + half * dx), (x + half * dy, y - half * dx)
    return [line(foot, tip, stroke=NEGATIVE, line=BAR_LINE * fine, role="head")]


def width(weight: float, largest: float) -> float:
    """The width of an edge, from 1.2 for 0 to 6.4 for the largest weight.

    Example:
        >>> width(0.0, 2.0), width(-2.0, 2.0)
        (1.2, 6.4)
    """
    return THINNEST + RANGE * (abs(weight) / largest if largest else 0.0) ** POWER


def colour_of(weight: float) -> str:
    """Persimmon, indigo, or grey for 0."""
    return POSITIVE if weight > 0 else NEGATIVE if weight < 0 else NONE


def signed(number: float) -> str:
    """A weight as a label: three digits, with its sign.

    Example:
        >>> signed(2.0551), signed(-11.0)
        ('+2.06', '−11')
    """
    return ("+" if number > 0 else "") + short(number, 3)


def free(
    box: tuple[float, float, float, float], taken: Sequence[tuple[float, float, float, float]]
) -> bool:
    """Whether a box (left, top, right, bottom) stands on none of others."""
    left, top, right, bottom = box
    return not any(
        left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
        for other in taken
    )
