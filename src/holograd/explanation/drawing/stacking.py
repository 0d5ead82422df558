"""Which brackets over a drawing's gates stand above each other, so that no two overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from holograd.explanation.drawing.places import Bracket
from holograd.explanation.records import Box
from holograd.pictures.lettering import Run, width

TITLE_SIZE = 13.0
BETWEEN_TITLES = 12.0
TRACK = 36.0  # from a bracket to the one around it
OVER_GATES = 22.0  # from the gates to the nearest bracket
TURNED_TRACK, TURNED_OVER = 26.0, 14.0  # the same in a turned drawing


def title_runs(title: str, place: str) -> tuple[Run, ...]:
    """A bracket's title, and more quietly where in the model it is."""
    return (Run(title), Run(f"\N{EN SPACE}{place}", colour="ink3")) if place else (Run(title),)


def title_width(title: str, place: str) -> float:
    """The room of a bracket's title, with the place after it."""
    return width(title_runs(title, place), TITLE_SIZE)


def stacked(
    boxes: Sequence[Box], span: Callable[[Box], tuple[float, float]], places: bool
) -> list[Bracket]:
    """The brackets with their tracks, inner ones first.

    Args:
        boxes: outer ones first.
        span: where a box's gates begin and end along the flow.
        places: whether titles say where in the model they are.
    """
    taken: list[list[tuple[float, float]]] = []
    lowest: dict[str, int] = {}  # of a bracket around others: the first track above those
    found = []
    for box in reversed(boxes):
        start, end = span(box)
        least = lowest.get(box.key, 0)
        names = [box.place, ""] if places and box.place else [""]
        best: tuple[int, str, tuple[float, float]] | None = None
        for name in names:
            room = title_width(box.title, name)
            middle = (start + end) / 2
            whole = min(start, middle - room / 2), max(end, middle + room / 2)
            track = least
            while track < len(taken) and _meets(taken[track], whole):
                track += 1
            if best is None or track < best[0]:
                best = track, name, whole
        assert best is not None
        track, name, whole = best
        taken.extend([] for _ in range(track + 1 - len(taken)))
        taken[track].append(whole)
        if box.parent:
            lowest[box.parent] = max(lowest.get(box.parent, 0), track + 1)
        found.append(Bracket(box, start, end, track, box.title, name))
    return found


def _meets(taken: Sequence[tuple[float, float]], one: tuple[float, float]) -> bool:
    return any(
        start - BETWEEN_TITLES < one[1] and one[0] < end + BETWEEN_TITLES for start, end in taken
    )
