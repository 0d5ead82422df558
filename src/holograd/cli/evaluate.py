"""`holograd evaluate`: how good a model's answers to the rows of a table are."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated

import typer

from holograd.cli.options import HEADERS, one_of


def evaluate(
    model: Annotated[
        Path,
        typer.Argument(metavar="MODEL", help="What [bold]holograd train FILE --save[/] wrote."),
    ],
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA", help="Rows with their target: CSV, .npy, .npz or Parquet."),
    ],
    importance: Annotated[
        bool,
        typer.Option("--importance", help="Also which columns it goes by: each one is shuffled."),
    ] = False,
    seed: Annotated[
        int,
        typer.Option(metavar="NUMBER", min=0, help="Decides how columns are shuffled."),
    ] = 0,
    header: Annotated[
        str,
        typer.Option(
            metavar="|".join(HEADERS),
            callback=one_of("header", HEADERS),
            help="Whether the first row of a CSV file holds the columns' names.",
        ),
    ] = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
) -> None:
    """Compare a model's answers with the target of each row.

    Classes: accuracy, balanced accuracy, macro F1, log-loss, AUC, and the confusion matrix.
    Numbers: R², mean absolute error, root mean squared error.

    Examples:

      [bold]holograd evaluate income.safetensors people.csv[/]

      [bold]holograd evaluate income.safetensors people.csv --importance[/]
    """
    from rich.console import Console

    from holograd.tabular import TableModel
    from holograd.tabular.reading import read_for

    loaded = TableModel.load(model)
    table = read_for(loaded.encoder, data, header)
    evaluation = loaded.evaluate(table)
    found = loaded.importance(table, seed=seed) if importance else []
    if as_json:
        described = {"model": str(model), "data": str(data), "target": loaded.target}
        described |= {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in evaluation.to_dict().items()
        }
        if importance:
            described["importance"] = [each.to_dict() for each in found]
        typer.echo(json.dumps(described, allow_nan=False))
        return
    from holograd.cli.table_results import show_importance, show_matrix, show_scores

    console = Console()
    text = f"{loaded.target} of {evaluation.rows:,} rows of {data}"
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    left_out = len(table) - evaluation.rows
    if left_out:
        console.print(f"{left_out:,} row(s) without a target are left out", highlight=False)
    show_scores({"": evaluation.scores}, console)
    show_matrix(evaluation, console)
    if found:
        show_importance(found, console)
