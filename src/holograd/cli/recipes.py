"""`holograd recipes`: what there is to train."""

from __future__ import annotations

from holograd.recipes import RECIPES


def recipes() -> None:
    """List the recipes that `holograd train` knows.

    Example: [bold]holograd recipes[/]
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from holograd.cli.lines import print_table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for name, recipe in RECIPES.items():
        table.add_row(Text(name, "bold"), recipe.summary)
    console = Console()
    print_table(table, console, wrap=console.is_terminal)
