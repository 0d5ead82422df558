"""Stepping through both passes in the terminal, by single keys or by lines of them.

The place in the network stays the same when the zoom changes: looking inside a step leads to the
first of its parts, or going backward to the last; looking from outside to the step that holds it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from holograd.errors import HologradError
from holograd.explanation.lookup import find_value
from holograd.explanation.records import LEVELS, Step, Value, View
from holograd.explanation.terminal.table import (
    SOFT,
    backward_rows,
    backward_table,
    forward_table,
    limit_text,
    step_title,
)
from holograd.explanation.words.narration import backward_sentence, forward_sentence
from holograd.explanation.words.texts import say

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from holograd.explanation.explanation import Explanation

HERE = "black on #FFE88A"
MOST_MARKS = 30
ARROWS = {"\x1b[C": "n", "\x1bOC": "n", "\x1b[D": "p", "\x1bOD": "p"}
KEYS = {" ": "n", "\r": "n", "\n": "n", "": "n", "=": "+", "_": "-", "−": "-"}
KEYS |= {"ㅜ": "n", "ㅔ": "p", "ㅊ": "c", "ㅂ": "q"}  # the same keys on a Korean keyboard


class Walk:
    """A place in an explanation, and the ways on from it.

    Attributes:
        explanation: what is walked through.
        level: the zoom level.
        number: the place in the whole course, from 1: with n steps, forward 1 to n, backward n + 1
            to 2n.
        checks: whether finite differences are shown.
        message: what the last key led to, where that is no place.
    """

    def __init__(self, explanation: Explanation, lang: str):
        self.explanation, self.lang = explanation, lang
        self.level = explanation.view.level
        self.checks = explanation.checks
        self.number = 1
        self.message = ""
        self.done = False

    @property
    def view(self) -> View:
        """The steps and values at this zoom."""
        return self.explanation.view_of(self.level)

    @property
    def steps(self) -> int:
        """How many steps there are forward; as many go backward."""
        return len(self.view.steps)

    @property
    def backward(self) -> bool:
        """Whether it is the way back."""
        return self.number > self.steps

    @property
    def step(self) -> Step:
        """The step at this place."""
        place = 2 * self.steps - self.number if self.backward else self.number - 1
        return self.view.steps[place]

    def places(self) -> list[int]:
        """The numbers of the course that there is something to see at."""
        return [*range(1, self.steps + 1), *(row[0] for row in backward_rows(self.view))]

    def press(self, key: str) -> None:
        """Does what a key says; `/name` goes to a value."""
        self.message = ""
        if key.startswith("/"):
            self._find(key[1:].strip())
            return
        action = {
            "n": self._next, "p": self._previous, "+": self._inwards, "-": self._outwards,
            "c": self._check, "?": self._help, "q": self._quit,
        }.get(key)  # fmt: skip
        if action is None:
            self.message = say("walk_unknown_key", self.lang, key=key)
        else:
            action()

    def _next(self) -> None:
        after = [place for place in self.places() if place > self.number]
        if after:
            self.number = after[0]
        else:
            self.message = say("walk_end", self.lang)

    def _previous(self) -> None:
        before = [place for place in self.places() if place < self.number]
        if before:
            self.number = before[-1]
        else:
            self.message = say("walk_start", self.lang)

    def _inwards(self) -> None:
        views = self.explanation.views()
        place = [view.level for view in views].index(self.level)
        if place + 1 < len(views):
            parts = self.step.parts
            self._go(views[place + 1], parts[-1 if self.backward else 0] if parts else "")
            return
        deeper = LEVELS.index(self.level) + 1
        if deeper == len(LEVELS):
            self.message = say("walk_deepest", self.lang)
            return
        asked = self.explanation.view_of(LEVELS[deeper])
        self.message = limit_text(asked, self.lang)

    def _outwards(self) -> None:
        views = self.explanation.views()
        place = [view.level for view in views].index(self.level)
        if not place:
            self.message = say("walk_shallowest", self.lang)
            return
        upper, key = views[place - 1], self.step.key
        holder = next((step.key for step in upper.steps if key in step.parts), "")
        self._go(upper, holder)

    def _go(self, view: View, key: str) -> None:
        """To a step of another view, on the same way."""
        backward = self.backward
        self.level = view.level
        number = view.step(key).number if key else 1
        self.number = 2 * self.steps + 1 - number if backward else number

    def _find(self, name: str) -> None:
        views = [self.view, *(view for view in self.explanation.views() if view is not self.view)]
        try:
            view, value = find_value(views, name)
        except HologradError as error:
            self.message = str(error)
            return
        self._go(view, step_of(view, value))

    def _check(self) -> None:
        if self.checks:
            self.checks = False
            return
        try:
            self.explanation = self.explanation.zoom(self.level).checked()
            self.checks = True
        except HologradError as error:
            self.message = str(error)

    def _help(self) -> None:
        self.message = say("walk_help", self.lang)

    def _quit(self) -> None:
        self.done = True

    # --- what is seen ---

    def panel(self) -> RenderableType:
        """The step at this place, with where that is."""
        from rich.console import Group
        from rich.panel import Panel
        from rich.text import Text

        step, view = self.step, self.view
        tell = backward_sentence if self.backward else forward_sentence
        parts: list[RenderableType] = [self._where(), self._rail(), Text()]
        around = [box for box in view.boxes if box.key in step.boxes[:1]]
        title = step_title(step, self.lang)
        said = title.split("  ")  # a layer that is one step has its name in the title
        inside = [word for box in around for word in (box.title, box.place) if word not in said]
        told = "".join(f"  {word}" for word in inside if word)
        parts.append(Text.assemble((title, "bold"), (told, SOFT)))
        parts += [Text(tell(step, view, self.lang)), Text()]
        if self.backward:
            rows = [row for row in backward_rows(view) if row[1] is step]
            parts.append(backward_table(view, rows, self.lang, self.checks))
        else:
            parts.append(forward_table([step], self.lang))
        parts += [Text(), *self._map()]
        if self.message:
            parts += [Text(), Text(self.message, "italic")]
        return Panel(
            Group(*parts), subtitle=Text(say("walk_keys", self.lang)), subtitle_align="left",
            padding=(0, 1),
        )  # fmt: skip

    def _where(self) -> Text:
        from rich.text import Text

        way = say("walk_backward" if self.backward else "walk_forward", self.lang)
        place = say("place_in_pass", self.lang, place=self.number, count=2 * self.steps)
        return Text.assemble((place, "bold"), f"  {way}")

    def _rail(self) -> Text:
        """The zoom levels: the one shown is marked, those that do not fit are grey."""
        from rich.text import Text

        rail = Text()
        for level in LEVELS:
            if rail:
                rail.append(" – ", SOFT)
            name = say(f"level_{level}", self.lang)
            if level == self.level:
                rail.append(f" {name} ", HERE)
            else:
                rail.append(name, "" if self.explanation.fits(level) else f"{SOFT} strike")
        return rail

    def _map(self) -> Iterator[Text]:
        """Both ways as rows of marks: filled where we have been, marked where we are."""
        names = [say(f"walk_{way}", self.lang) for way in ("forward", "backward")]
        yield self._row(names[0], backward=False)
        yield self._row(names[1], backward=True)

    def _row(self, name: str, backward: bool) -> Text:
        from rich.cells import cell_len
        from rich.text import Text

        marks = min(self.steps, MOST_MARKS)
        row = Text(name + " " * (10 - cell_len(name)), SOFT)
        for mark in range(marks):
            first = mark * self.steps // marks + 1  # the steps that the mark stands for
            last = (mark + 1) * self.steps // marks
            if backward:
                first, last = 2 * self.steps + 1 - last, 2 * self.steps + 1 - first
            if first <= self.number <= last:
                row.append("◉", HERE)
            else:
                row.append("●" if last < self.number else "○")
            row.append("" if mark == marks - 1 else "·" if backward else "─", SOFT)
        return row


def step_of(view: View, value: Value) -> str:
    """The step to look at for a value: the one that makes it, or the first that takes it."""
    return value.maker or value.users[0]


def walk(explanation: Explanation, lang: str = "en", console: Console | None = None) -> None:
    """Shows one step at a time, until `q` or the end of the input.

    On a terminal a single key does; otherwise each line of the input holds keys, or a slash and a
    name.

    Args:
        explanation: what to go through; begins at its zoom level.
        lang: "en" or "ko".
        console: where to draw.
    """
    from rich.console import Console as NewConsole

    console = console or NewConsole()
    walker = Walk(explanation, lang)
    try:
        if sys.stdin.isatty() and console.is_terminal:
            _by_keys(walker, console)
        else:
            _by_lines(walker, console)
    except (KeyboardInterrupt, EOFError):
        console.print()


def _by_lines(walker: Walk, console: Console) -> None:
    console.print(walker.panel())
    for line in sys.stdin:
        text = line.rstrip("\r\n")
        for key in [text] if text.startswith("/") else list(text) or [""]:
            walker.press(KEYS.get(key, key))
            if walker.done:
                return
        console.print(walker.panel())


def _by_keys(walker: Walk, console: Console) -> None:
    from rich.live import Live

    live = Live(walker.panel(), console=console, auto_refresh=False, vertical_overflow="crop")
    with live:
        while not walker.done:
            key = _key()
            if key == "/":
                live.stop()
                key += console.input(say("walk_find", walker.lang) + " ")
                walker.press(key)
                live.start()
            else:
                walker.press(key)
            live.update(walker.panel(), refresh=True)


def _key(read: Callable[[], str] | None = None) -> str:
    """One key, by the letter that it stands for."""
    import typer

    key = (read or typer.getchar)()
    return ARROWS.get(key) or KEYS.get(key, key.lower())
