"""What to try next: commands, each with a word on why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

SHARE = 0.65  # of the width, for commands with the reasons beside them


def print_next(commands: Iterable[tuple[str, str]], console: Console) -> None:
    """A line for each command, with the reason beside it, or below it where it is long.

    Args:
        commands: each with its reason.
        console: where to print them; a command is never broken, so that it can be copied.
    """
    from rich.table import Table
    from rich.text import Text

    commands = list(commands)
    console.print("\nNext")
    if max(len(command) for command, _ in commands) <= SHARE * console.width:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column()
        for command, why in commands:
            grid.add_row(Text(f"  {command}", "bold"), Text(why, "bright_black"))
        console.print(grid)
        return
    for command, why in commands:
        console.print(Text(f"  {command}", "bold"), soft_wrap=True)
        console.print(Text(f"    {why}", "bright_black"))
