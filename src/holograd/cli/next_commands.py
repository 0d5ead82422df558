"""What to try next: commands, each with a word on why."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text

from holograd.cli.program import as_started

if TYPE_CHECKING:
    from rich.console import Console

SOFT = "bright_black"


def print_next(commands: Iterable[tuple[str, str]], console: Console, title: str = "Next") -> None:
    """A line for each command, as this program was started, so that it can be copied.

    Args:
        commands: each with its reason, which stands beside it, or below where there is no room.
        console: where to print them; a command is never broken.
        title: the line above.
    """
    advice = [(f"  {as_started(command)}", why) for command, why in commands]
    console.print(f"\n{title}")
    column = 2 + max(len(command) for command, _ in advice)
    beside = column + max(len(why) for _, why in advice) <= console.width
    for command, why in advice:
        text = Text(command, "bold")
        if beside:
            text.append(" " * (column - len(command))).append(why, f"not bold {SOFT}")
        console.print(text, soft_wrap=True, highlight=False)
        for line in [] if beside else textwrap.wrap(why, max(1, console.width - 4)):
            console.print(f"    {line}", style=SOFT, soft_wrap=True, markup=False, highlight=False)
