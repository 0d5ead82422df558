"""The command `holograd`: its subcommands, a file each, and what becomes of errors.

Exit codes: 0 done, 1 failure, 2 wrong use, 130 ended by Ctrl-C.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from traceback import extract_tb
from typing import Annotated, Any, NoReturn

import typer

from holograd.cli import (
    data,
    evaluate,
    explain,
    predict,
    recipes,
    separate,
    spelling,
    summary,
    train,
)
from holograd.cli.options import in_options
from holograd.cli.program import program
from holograd.errors import HologradError

FAILURE, INTERRUPTED = 1, 130

app = typer.Typer(
    name="holograd",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback(
    epilog="Begin with [bold]holograd train xor[/], and go on with [bold]holograd train digits[/]."
)
def holograd(
    asked: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Neural networks in which nothing is hidden and nothing is slow."""


app.command()(train.train)
app.command()(predict.predict)
app.command()(evaluate.evaluate)
app.command(cls=explain.Command)(explain.explain)
app.command()(separate.separate)
app.command()(summary.summary)
app.command()(recipes.recipes)
app.add_typer(data.app, name="data")


@app.command()
def version() -> None:
    """Print the version.

    Example: [bold]holograd version[/]
    """
    import holograd

    typer.echo(f"holograd {holograd.__version__}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line `arguments`, by default the program's own, and exits.

    Raises:
        SystemExit: always, with the exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        # Signs that a terminal's encoding lacks are spelled, never an error.
        getattr(stream, "reconfigure", lambda **_: None)(errors=spelling.NAME)
    if sys.stdout is None:
        _fail("standard output is closed, where the result would go.")
    try:
        try:
            with warnings.catch_warnings():
                warnings.showwarning = partial(_note, warnings.showwarning)
                app(arguments, prog_name=program())
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough.
        _say_no_more()
        sys.exit(FAILURE)
    except KeyboardInterrupt:
        interrupted()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            interrupted()
        raise
    except HologradError as error:
        _fail(in_options(str(error)))
    except MemoryError:
        _fail("there is not enough memory. Take less data, fewer neurons, or a smaller batch.")
    except OSError as error:
        if error.filename is None:  # errors about files name them: it is what was to be printed
            _say_no_more()
        _fail(f"{error.filename or 'standard output'}: {error.strerror or error}.")
    except Exception as error:
        place = extract_tb(error.__traceback__)[-1]
        _fail(
            f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno}). "
            "This is a defect in holograd; please report it together with the command."
        )


def interrupted() -> NoReturn:
    """Says that Ctrl-C ended the program, and ends it."""
    print("Interrupted.", file=sys.stderr)
    sys.exit(INTERRUPTED)


def _say_no_more() -> None:
    """Sends nowhere what is still in the buffer of standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _note(
    show: Callable[..., None], message: Warning | str, category: type[Warning], *place: Any
) -> None:
    """Shows a warning: one of holograd as a note, without a place in the code."""
    if not category.__module__.startswith("holograd."):
        show(message, category, *place)
    elif sys.stderr is not None:
        from rich.console import Console

        console = Console(stderr=True, soft_wrap=True)
        console.print("note:", style="bold", end=" ")
        console.print(str(message), markup=False, highlight=False)


def _fail(message: str) -> NoReturn:
    from rich.console import Console

    if sys.stderr is None:
        sys.exit(FAILURE)
    console = Console(stderr=True, soft_wrap=True)
    console.print("error:", style="bold red", end=" ")
    console.print(message, markup=False, highlight=False)
    sys.exit(FAILURE)
