"""`holograd train`: a recipe or a table of one's own, trained by options, tested and shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from holograd.cli.options import (
    HEADERS,
    check_model_place,
    check_writable,
    columns,
    layer_sizes,
    looks_like_table,
    not_negative,
    one_of,
    positive,
    share,
    unknown,
)
from holograd.cli.train_recipe import Result, train_recipe
from holograd.cli.train_table import check_options, train_table_file
from holograd.recipes import ACTIVATIONS, LOSSES, OPTIMIZERS, RECIPES

INTERRUPTED = 130
EVERY_LOSS = list(dict.fromkeys(name for suited in LOSSES.values() for name in suited))
BACKENDS = ("native", "numpy")
TASKS = ("auto", "classification", "regression")
TABLE = "Table"


def _recipes_and_files(incomplete: str) -> list[str]:
    """What the shell completes to: recipes, and files by their beginnings."""
    folder, _ = os.path.split(incomplete)
    files = [os.path.join(folder, each) for each in os.listdir(folder or ".")]
    return [each for each in [*RECIPES, *files] if each.startswith(incomplete)]


def train(
    what: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE|FILE",
            help=f"What to train: {', '.join(RECIPES)} ([bold]holograd recipes[/] tells about "
            "each); or a table in a file: CSV, plain or .gz, .npy, .npz or Parquet.",
            autocompletion=_recipes_and_files,
        ),
    ],
    target: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|INDEX",
            help="The column to predict, by name or by place; -1 is the last.",
            rich_help_panel=TABLE,
        ),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The rows to test on, in a file.", rich_help_panel=TABLE),
    ] = None,
    test_last: Annotated[
        int | None,
        typer.Option(
            metavar="COUNT", min=1, help="Test on so many last rows.", rich_help_panel=TABLE
        ),
    ] = None,
    test_share: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            callback=share,
            help="Test on this share of the rows, drawn by the seed, of each class alike: 0.2 "
            "where nothing else is said; 0 trains on all.",
            rich_help_panel=TABLE,
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            metavar="TASK",
            callback=one_of("task", TASKS),
            help=f"{', '.join(TASKS)}: auto takes text, and at most 20 distinct whole numbers, "
            "for classes.",
            rich_help_panel=TABLE,
        ),
    ] = None,
    drop: Annotated[
        str | None,
        typer.Option(
            metavar="A,B", help="Columns to leave out, by name or place.", rich_help_panel=TABLE
        ),
    ] = None,
    label_strip: Annotated[
        str | None,
        typer.Option(
            metavar="CHARACTERS",
            help="Cut these off both ends of labels, as [bold].[/] of [bold]yes.[/]",
            rich_help_panel=TABLE,
        ),
    ] = None,
    header: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(HEADERS),
            callback=one_of("header", HEADERS),
            help="Whether the first row of a CSV file holds the columns' names.",
            rich_help_panel=TABLE,
        ),
    ] = None,
    balance: Annotated[
        bool,
        typer.Option(
            "--balance",
            help="Let each class count alike, however few rows it has.",
            rich_help_panel=TABLE,
        ),
    ] = False,
    seeds: Annotated[
        int | None,
        typer.Option(
            metavar="COUNT",
            min=1,
            help="Train so many networks, and tell the mean and the spread.",
            rich_help_panel=TABLE,
        ),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(
            metavar="SIZES",
            help="Neurons of each hidden layer, as in [bold]128,64[/]; 0 for no hidden layer.",
            rich_help_panel="Network",
        ),
    ] = None,
    activation: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            callback=one_of("activation", ACTIVATIONS),
            help=f"After each hidden layer: {', '.join(ACTIVATIONS)}.",
            rich_help_panel="Network",
        ),
    ] = None,
    dropout: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            callback=share,
            help="Share of hidden neurons that are silent in a step, as in 0.2.",
            rich_help_panel="Network",
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            callback=one_of("loss", EVERY_LOSS, {"bce": "bce-with-logits"}),
            help=f"What to make small: {', '.join(EVERY_LOSS)}, as suits the recipe.",
            rich_help_panel="Training",
        ),
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            callback=one_of("optimizer", OPTIMIZERS),
            help=f"How to update: {', '.join(OPTIMIZERS)}.",
            rich_help_panel="Training",
        ),
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option(
            metavar="RATE", callback=positive, help="Learning rate.", rich_help_panel="Training"
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="COUNT", min=1, help="Passes over the data.", rich_help_panel="Training"
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            metavar="COUNT",
            min=1,
            help="Samples a step; with all samples in one batch they stay in their order.",
            rich_help_panel="Training",
        ),
    ] = None,
    weight_decay: Annotated[
        float | None,
        typer.Option(
            metavar="RATE",
            callback=not_negative,
            help="How strongly weights are pulled to 0.",
            rich_help_panel="Training",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            metavar="NUMBER",
            min=0,
            help="Decides initial weights, order and dropout: the same seed, the same network.",
            rich_help_panel="Training",
        ),
    ] = 0,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where the files of mnist or fashion-mnist are, instead of $HOLOGRAD_DATA.",
            rich_help_panel="Training",
        ),
    ] = None,
    backend: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            callback=one_of("backend", BACKENDS),
            help="native: the training loop as machine code; numpy: the reference.",
            rich_help_panel="Training",
        ),
    ] = "native",
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Keep the trained network as a safetensors file.",
            rich_help_panel="Result",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png",
            help="Draw what was learned: regions of the plane, a fitted curve, or the course of "
            "training. Also .svg and .pdf.",
            rich_help_panel="Result",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print one JSON object and nothing else.", rich_help_panel="Result"
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="No progress, and the result in one line.",
            rich_help_panel="Result",
        ),
    ] = False,
) -> None:
    """Train a network by a recipe, or on a table of one's own; test it, and show what it learned.

    Examples:

      [bold]holograd train xor[/]

      [bold]holograd train digits --hidden 32 --epochs 10 --seed 1[/]

      [bold]holograd train moons --plot moons.png[/]

      [bold]holograd train mnist --data path/to/mnist --save mnist.safetensors[/]

      [bold]holograd train xor --hidden 2 --loss mse --json > xor.json[/]

      [bold]holograd train people.csv --target income --save income.safetensors[/]

      [bold]holograd train people.csv --target income --test more.csv --seeds 5[/]

      [bold]holograd train houses.parquet --target price --drop id,date --test-last 500[/]
    """
    from holograd.cli import plot as pictures

    of_network: dict[str, Any] = {
        "hidden": layer_sizes(hidden),
        "activation": activation,
        "dropout": dropout,
        "optimizer": optimizer,
        "lr": lr,
        "epochs": epochs,
        "batch_size": batch_size,
        "weight_decay": weight_decay,
    }
    of_recipe: dict[str, Any] = {"loss": loss, "data": data}
    of_table: dict[str, Any] = {
        "target": target,
        "test": test,
        "test_last": test_last,
        "test_share": test_share,
        "task": task,
        "drop": columns(drop) or None,
        "label_strip": label_strip,
        "header": header,
        "balance": balance or None,
        "seeds": seeds,
    }
    result = Result(save=save, plot=plot, as_json=as_json, quiet=quiet)
    named = what.lower().replace("_", "-")
    if named in RECIPES:
        what = named
    if what in RECIPES:
        refuse_others(of_table, f"the recipe {what}", "they are for tables in files")
    elif looks_like_table(what):
        refuse_others(of_recipe, f"the table {what}", "they are for recipes")
        check_options(what, of_table)
    else:
        told = unknown("recipe", what, RECIPES)
        raise typer.BadParameter(f"{told} Nor is there such a file.", param_hint="RECIPE|FILE")
    if save is not None and plot is not None and save.resolve() == plot.resolve():
        raise typer.BadParameter(f"{save} is the file of both --save and --plot. Name another one.")
    read = {Path(what).resolve(), *([] if test is None else [test.resolve()])}
    for name, path in (("--save", save), ("--plot", plot)):
        if path is not None and path.resolve() in read:
            raise typer.BadParameter(f"{name} {path} would overwrite what is read.")
    check_model_place(save)
    check_writable(plot)
    if plot is not None:
        pictures.check(plot)
    run = train_recipe if what in RECIPES else train_table_file
    others = of_recipe if what in RECIPES else of_table
    history = run(what, {**of_network, **others, "backend": backend}, seed, result)
    if history.stopped == "interrupted":
        raise typer.Exit(INTERRUPTED)


def refuse_others(options: dict[str, Any], what: str, why: str) -> None:
    """Refuses options that are given and have no meaning for what is trained."""
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value is not None]
    if given:
        raise typer.BadParameter(f"{what} takes no {', '.join(given)}: {why}.")
