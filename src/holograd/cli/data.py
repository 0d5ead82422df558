"""`holograd data fetch`: published data sets, downloaded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from holograd.cli.next_commands import print_next
from holograd.cli.options import one_of
from holograd.data.fetch import PUBLISHED, Report, data_folder, fetch

app = typer.Typer(help="Published data sets.", no_args_is_help=True, rich_markup_mode="rich")


@app.callback()
def data() -> None:
    """Published data sets.

    Example: [bold]holograd data fetch mnist[/]
    """


@app.command("fetch")
def fetch_data(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help=f"Which one: {' or '.join(PUBLISHED)}.",
            callback=one_of("data set", PUBLISHED),
            autocompletion=lambda: list(PUBLISHED),
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where to put its files, instead of the folder of its name in $HOLOGRAD_DATA or, "
            "without that, in the user's cache.",
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="A folder on the web that holds the files, instead of the usual."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Download MNIST or Fashion-MNIST, checked by SHA-256; a cut download goes on where it stopped.

    Examples:

      [bold]holograd data fetch mnist[/]

      [bold]holograd data fetch fashion-mnist --folder data/fashion-mnist[/]
    """
    from rich.console import Console

    if quiet:
        place = fetch(name, folder, address=address)
    else:
        place = _with_progress(name, folder, address)
    console = Console()
    console.print(f"{name} is in {place}", markup=False, highlight=False, soft_wrap=True)
    if not quiet:
        at = "" if place == data_folder(name) else f" --data {place}"
        print_next([(f"holograd train {name}{at}", "train a network on it")], console)


def _with_progress(name: str, folder: Path | None, address: str | None) -> Path:
    """Bars on a terminal, and a line for each file elsewhere, both on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TransferSpeedColumn

    console = Console(file=sys.stderr)
    files: dict[str, TaskID] = {}
    if not console.is_terminal:
        return fetch(name, folder, address=address, report=_lines())
    with Progress(
        "{task.description}",
        BarColumn(20),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
    ) as bars:

        def show(file: str, done: int, size: int) -> None:
            if file not in files:
                files[file] = bars.add_task(file, total=size)
            bars.update(files[file], completed=done)

        return fetch(name, folder, address=address, report=show)


def _lines() -> Report:
    """Tells of each file when it is whole."""

    def say(file: str, done: int, size: int) -> None:
        if done == size and file not in told:
            told.add(file)
            print(f"{file}  {size:,} bytes", file=sys.stderr, flush=True)

    told: set[str] = set()
    return say
