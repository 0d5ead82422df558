"""`holograd train FILE`: a network for a table of one's own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from holograd.cli.options import in_options, place_for
from holograd.cli.train_recipe import Result, tell_written
from holograd.errors import ArgumentError
from holograd.training import History

if TYPE_CHECKING:
    from holograd.tabular import TableOutcome

TEST_SHARE = 0.2
HOLD_OUTS = ("test", "test_last", "test_share")


def check_options(path: str, options: dict[str, Any]) -> None:
    """Refuses a table without a target, and options that contradict each other.

    Raises:
        BadParameter: what is wrong, with the table's columns where a target is wanted.
    """
    given = [f"--{name.replace('_', '-')}" for name in HOLD_OUTS if options[name] is not None]
    if len(given) > 1:
        raise typer.BadParameter(f"{' and '.join(given)} contradict each other. Give one of them.")
    if options["balance"] and options["task"] == "regression":
        raise typer.BadParameter("--balance weighs classes, and --task regression has none.")
    if options["target"] is None:
        from holograd.data import read_table

        table = read_table(path, options["header"] or "auto")
        names = ", ".join(table.names[:20]) + ", …" * (len(table.names) > 20)
        raise typer.BadParameter(
            f"--target is missing: which column is to be predicted? {path} has {names}. "
            "Write its name, or its place, such as --target -1 for the last."
        )


def train_table_file(path: str, options: dict[str, Any], seed: int, result: Result) -> History:
    """Trains, tests, writes and shows.

    Args:
        path: of the table.
        options: those of `train_table`; None for what was not given.
        seed: decides everything random.
        result: what to do with it.
    """
    from holograd.tabular import train_table

    chosen = {name: value for name, value in options.items() if value is not None}
    if not any(name in chosen for name in HOLD_OUTS):
        chosen["test_share"] = TEST_SHARE
    elif chosen.get("test_share") == 0:
        del chosen["test_share"]
    try:
        outcome = train_table(
            path,
            chosen.pop("target"),
            seed=seed,
            watch=result.plot is not None,
            quiet=result.quiet or result.as_json,
            **chosen,
        )
    except ArgumentError as error:
        raise typer.BadParameter(in_options(str(error))) from None
    described = describe(path, outcome)
    if result.save is not None:
        interrupted = outcome.history.stopped == "interrupted"
        result = replace(result, save=place_for(result.save, interrupted))
        assert result.save is not None
        kept = ("file", "task", "seed", "epochs", "train", "test")
        outcome.model.save(result.save, **{name: described[name] for name in kept})
    if result.plot is not None:
        from holograd.cli.plot import draw_table

        draw_table(outcome, result.plot)
    if result.as_json:
        typer.echo(json.dumps(described, allow_nan=False))
        return outcome.history
    from rich.console import Console

    from holograd.cli.table_results import headline, show, show_next

    console = Console()
    if result.quiet:
        console.print(headline(outcome), soft_wrap=True, highlight=False)
    else:
        show(outcome, console)
        tell_written(result, console)
        show_next(path, outcome, None if result.save is None else str(result.save), console)
    return outcome.history


def describe(path: str, outcome: TableOutcome) -> dict[str, Any]:
    """What `--json` prints: the names that a recipe's result has, and what a table needs more."""
    history, described = outcome.history, outcome.to_dict()
    settings = described["settings"]
    confusion = outcome.evaluation.confusion
    return {
        "file": Path(path).name,
        "target": described["target"],
        "task": described["task"],
        "parameters": settings["parameters"],
        "epochs": described["epochs"],
        "steps": history.steps,
        "seconds": described["seconds"],
        "compile_seconds": history.compile_seconds,
        "total_seconds": described["total_seconds"],
        "backend": history.settings["backend"],
        "threads": 1,
        "samples_per_second": history.samples_per_second if history.steps else None,
        "seed": settings["seed"],
        "train": described["train"],
        "test": described["test"],
        "stopped": described["stopped"],
        "classes": described["classes"],
        "confusion": None if confusion is None else confusion.tolist(),
        "columns": described["columns"],
        "settings": settings,
        "seeds": described["seeds"],
        "mean": described["mean"],
        "spread": described["spread"],
    }
