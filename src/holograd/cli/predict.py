"""`holograd predict`: a model's answers to the rows of a table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holograd.cli.options import HEADERS, check_writable, one_of
from holograd.cli.output import as_csv, check_format, write_table

if TYPE_CHECKING:
    import polars

    from holograd.tabular import TableModel


def predict(
    model: Annotated[
        Path,
        typer.Argument(metavar="MODEL", help="What [bold]holograd train FILE --save[/] wrote."),
    ],
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Rows as they were trained on: CSV, plain or .gz, .npy, .npz or Parquet. Columns "
            "with names may stand in any order; the target may be missing.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            callback=check_format,
            help="Write a .csv, .json or .parquet file, instead of CSV to standard output.",
        ),
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Also each class's probability.")
    ] = False,
    header: Annotated[
        str,
        typer.Option(
            metavar="|".join(HEADERS),
            callback=one_of("header", HEADERS),
            help="Whether the first row of a CSV file holds the columns' names.",
        ),
    ] = "auto",
) -> None:
    """Predict the target of each row of a table, in the order of its rows.

    Examples:

      [bold]holograd predict income.safetensors people.csv[/]

      [bold]holograd predict income.safetensors people.csv --probabilities -o answers.parquet[/]
    """
    from rich.console import Console

    from holograd.tabular import TableModel

    if output is not None:
        for path in (model, data):
            if output.resolve() == path.resolve():
                raise typer.BadParameter(f"--output {output} would overwrite what is read from it.")
    loaded = TableModel.load(model)
    if probabilities and not loaded.classes:
        raise typer.BadParameter(
            f"{model} predicts numbers, {loaded.target!r}; only classes have --probabilities."
        )
    check_writable(output)
    frame = _answers(loaded, data, probabilities, header)
    if output is None:
        sys.stdout.flush()
        # Bytes as they are: the encoding of a terminal is not that of a file.
        typer.echo(as_csv(frame), nl=False)
        return
    write_table(frame, output)
    console = Console()
    text = f"Wrote {len(frame):,} rows to {output}"
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _answers(model: TableModel, data: Path, probabilities: bool, header: str) -> polars.DataFrame:
    """A column of answers, named as the target, and where wanted one for each class."""
    import polars

    if not probabilities:
        return polars.DataFrame({model.target: model.predict(data, header)})
    shares = model.probabilities(data, header)
    columns = {model.target: model.goal.decode(shares)}
    for place, name in enumerate(model.classes):
        columns[f"P({model.target} = {name})"] = shares[:, place]
    return polars.DataFrame(columns)
