"""`holograd train RECIPE`: a recipe, changed by options."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

from holograd.cli.options import place_for
from holograd.errors import ArgumentError
from holograd.recipes import RECIPES, run, variant
from holograd.training import History


@dataclass(frozen=True)
class Result:
    """What to do with what was trained: the options `--save`, `--plot`, `--json`, `--quiet`."""

    save: Path | None
    plot: Path | None
    as_json: bool
    quiet: bool


def train_recipe(name: str, options: dict[str, Any], seed: int, result: Result) -> History:
    """Trains, tests, writes and shows.

    Args:
        name: of the recipe.
        options: those of `variant`, "data", the folder of the data files, and "backend"; None for
            what was not given.
        seed: decides everything random.
        result: what to do with it.
    """
    data: Path | None = options.pop("data")
    backend: str = options.pop("backend")
    try:
        chosen = variant(RECIPES[name], **options)
        if data is not None and not chosen.needs_files:
            raise ArgumentError(f"{name} takes no --data", why="its data comes with holograd")
    except ArgumentError as error:
        raise typer.BadParameter(str(error)) from None
    outcome = run(
        chosen,
        seed=seed,
        folder=None if data is None else str(data),
        watch=result.plot is not None and chosen.picture is not None,
        backend=backend,
        quiet=result.quiet or result.as_json,
    )
    if result.save is not None:
        from holograd.files import save

        interrupted = outcome.history.stopped == "interrupted"
        result = replace(result, save=place_for(result.save, interrupted))

        described = outcome.to_dict()
        names = ("recipe", "seed", "epochs", "interrupted", "train", "test")
        kept = {name: described[name] for name in names if name in described}
        assert result.save is not None
        save(outcome.model, result.save, classes=outcome.test.classes, **kept)
    if result.plot is not None:
        from holograd.cli.plot import draw

        draw(outcome, result.plot)
    if result.as_json:
        typer.echo(json.dumps(outcome.to_dict(), allow_nan=False))
        return outcome.history
    from rich.console import Console

    from holograd.cli.results import headline, show

    console = Console()
    if result.quiet:
        console.print(headline(outcome), soft_wrap=True, highlight=False)
    else:
        written = {"--save": result.save, "--plot": result.plot}
        show(outcome, console, [option for option, path in written.items() if path])
        tell_written(result, console)
    return outcome.history


def tell_written(result: Result, console: Any) -> None:
    """Which files were written."""
    for path in filter(None, (result.save, result.plot)):
        console.print(f"\nWrote {path}", markup=False, highlight=False, soft_wrap=True)
