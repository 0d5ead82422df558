"""Printing that cuts nothing off and leaves no blanks at the ends of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.measure import Measurement
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

UNBOUNDED = 10_000  # columns


def say(text: Text | str, console: Console, style: str = "") -> None:
    """Prints text: wrapped between words on a terminal, in one line into a file or a pipe."""
    console.print(
        text, style=style or None, soft_wrap=not console.is_terminal, markup=False, highlight=False
    )


def width_of(table: RenderableType, console: Console) -> int:
    """How many columns a table, or several, take where there is room."""
    return Measurement.get(console, console.options.update(width=UNBOUNDED), table).maximum


def print_table(table: RenderableType, console: Console, wrap: bool = False) -> None:
    """Prints a table in its full width, or, with `wrap`, in the console's where that is less."""
    width = width_of(table, console)
    options = console.options.update(width=min(width, console.width) if wrap else width)
    for segments in console.render_lines(table, options, pad=False):
        line = Text.assemble(*((part.text, part.style or "") for part in segments))
        line.rstrip()
        console.print(line, soft_wrap=True, markup=False, highlight=False)
