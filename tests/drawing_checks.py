"""Checks of drawings by their shapes: what overlaps, and what crosses what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from holograd.pictures import Group, Path, Picture, Rectangle, Shape, Text

TOUCH = 0.6  # pixels that two boxes may share: estimates of widths are no more exact


@dataclass(frozen=True)
class Piece:
    """A shape with the classes and the tags of all groups around it."""

    shape: Any
    roles: frozenset[str]
    tags: dict[str, str]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        if isinstance(self.shape, Rectangle):
            one = self.shape
            return one.x, one.y, one.x + one.width, one.y + one.height
        return self.shape.box

    @property
    def owner(self) -> tuple[str, str]:
        for name in ("step", "value", "box"):
            if name in self.tags:
                return name, self.tags[name]
        return "", ""


def pieces(
    shapes: Iterable[Shape], roles: frozenset[str] = frozenset(), tags: dict[str, str] | None = None
) -> Iterator[Piece]:
    """All shapes, with what the groups around them say."""
    for shape in shapes:
        own = roles | set(shape.role.split())
        known = {**(tags or {}), **shape.tags}
        if isinstance(shape, Group):
            yield from pieces(shape.shapes, own, known)
        else:
            yield Piece(shape, frozenset(own), known)


def overlap(first: tuple, second: tuple) -> bool:
    return (
        first[0] < second[2] - TOUCH
        and second[0] < first[2] - TOUCH
        and first[1] < second[3] - TOUCH
        and second[1] < first[3] - TOUCH
    )


def pairs_that_overlap(found: list[Piece]) -> Iterator[tuple[Piece, Piece]]:
    """A sweep along the longer side, since drawings can have thousands of shapes."""
    boxes = np.array([piece.box for piece in found]).reshape(-1, 4)
    side = int(np.ptp(boxes[:, 1]) > np.ptp(boxes[:, 0])) if len(boxes) else 0
    open_ones: list[Piece] = []
    for piece in sorted(found, key=lambda piece: piece.box[side]):
        open_ones = [one for one in open_ones if one.box[side + 2] > piece.box[side]]
        for one in open_ones:
            if overlap(one.box, piece.box):
                yield one, piece
        open_ones.append(piece)


def along(path: Path) -> np.ndarray:
    """Points on a path, close to each other."""
    found, here = [], np.zeros(2)
    share = np.linspace(0, 1, 40)[:, None]
    for letter, *numbers in path.pieces:
        points = np.reshape(np.array(numbers, dtype=float), (-1, 2))
        if letter == "L":
            found.append(here + share * (points[0] - here))
        elif letter == "C":
            a, b, c = points
            rest = 1 - share
            found.append(
                rest**3 * here + 3 * rest**2 * share * a + 3 * rest * share**2 * b + share**3 * c
            )
        here = points[-1] if len(points) else here
    return np.concatenate(found)


def faults(picture: Picture) -> list[str]:
    """All that overlaps in a drawing of gates, in words."""
    everything = list(pieces(picture.shapes))
    texts = [piece for piece in everything if isinstance(piece.shape, Text)]
    gates = [piece for piece in everything if "gate" in piece.roles]
    faces = [piece for piece in everything if "face" in piece.roles]
    found = [
        f"the text {one.shape.plain!r} overlaps the text {other.shape.plain!r}"
        for one, other in pairs_that_overlap(texts)
    ]
    turned = "turned" in picture.kind
    for one, other in pairs_that_overlap(gates + faces):
        if turned and {"gate", "hanging"} <= one.roles | other.roles:
            continue  # turned gates carry what would hang under them
        found.append(f"{one.owner} overlaps {other.owner}")
    for one, other in pairs_that_overlap(gates + texts):
        gate, word = (one, other) if "gate" in one.roles else (other, one)
        if not isinstance(word.shape, Text) or gate is word or "gate" in word.roles:
            continue
        if gate.owner != word.owner and not (turned and "hanging" in word.roles):
            found.append(f"the text {word.shape.plain!r} crosses the gate {gate.owner}")
    for one, other in pairs_that_overlap(faces + texts):
        face, word = (one, other) if "face" in one.roles else (other, one)
        if not isinstance(word.shape, Text) or "face" in word.roles:
            continue
        if face.owner != word.owner or "symbol" in word.roles:
            found.append(f"the text {word.shape.plain!r} crosses the numbers {face.owner}")
    for piece in texts:
        left, top, right, bottom = piece.box
        if left < 0 or top < 0 or right > picture.width or bottom > picture.height:
            found.append(f"the text {piece.shape.plain!r} leaves the picture")
        if "number" in piece.shape.role and "summary" not in piece.roles:
            inside = [
                face for face in faces if face.owner == piece.owner and overlap(face.box, piece.box)
            ]
            if not any(face.box[0] <= left and right <= face.box[2] for face in inside):
                found.append(f"the number {piece.shape.plain!r} leaves its cell")
    return found + list(crossings(everything, gates + faces + texts))


def crossings(everything: list[Piece], solid: list[Piece]) -> Iterator[str]:
    """Wires that cross gates, numbers or words."""
    boxes = np.array([piece.box for piece in solid]).reshape(-1, 4)
    for piece in everything:
        if "line" not in piece.roles or not isinstance(piece.shape, Path):
            continue
        points = along(piece.shape)
        low, high = points.min(0), points.max(0)
        near = np.flatnonzero(
            (boxes[:, 0] < high[0]) & (boxes[:, 2] > low[0])
            & (boxes[:, 1] < high[1]) & (boxes[:, 3] > low[1])
        )  # fmt: skip
        for place in near:
            left, top, right, bottom = boxes[place]
            inside = (
                (points[:, 0] > left + 1) & (points[:, 0] < right - 1)
                & (points[:, 1] > top + 1) & (points[:, 1] < bottom - 1)
            )  # fmt: skip
            if inside.any():
                yield f"the wire {piece.tags} crosses {solid[place].owner} {solid[place].roles}"
