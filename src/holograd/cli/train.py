"""`holograd train`: a recipe, changed by options, trained, tested and shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from holograd.cli.options import (
    check_writable,
    layer_sizes,
    not_negative,
    one_of,
    positive,
    share,
    unknown,
)
from holograd.errors import ArgumentError
from holograd.recipes import ACTIVATIONS, LOSSES, OPTIMIZERS, RECIPES, run, variant

INTERRUPTED = 130
EVERY_LOSS = list(dict.fromkeys(name for suited in LOSSES.values() for name in suited))


def train(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help=f"What to train: {', '.join(RECIPES)}. "
            "[bold]holograd recipes[/] tells about each.",
            autocompletion=lambda: list(RECIPES),
        ),
    ],
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
    """Train a network by a recipe, test it, and show what it learned.

    Examples:

      [bold]holograd train xor[/]

      [bold]holograd train digits --hidden 32 --epochs 10 --seed 1[/]

      [bold]holograd train moons --plot moons.png[/]

      [bold]holograd train mnist --data path/to/mnist --save mnist.safetensors[/]

      [bold]holograd train xor --hidden 2 --loss mse --json > xor.json[/]
    """
    from holograd.cli import plot as pictures

    if recipe not in RECIPES:
        recipe = recipe.lower().replace("_", "-")
    if recipe not in RECIPES:
        raise typer.BadParameter(unknown("recipe", recipe, RECIPES), param_hint="RECIPE")
    if save is not None and plot is not None and save.resolve() == plot.resolve():
        raise typer.BadParameter(f"{save} is the file of both --save and --plot. Name another one.")
    try:
        chosen = variant(
            RECIPES[recipe],
            hidden=layer_sizes(hidden),
            activation=activation,
            dropout=dropout,
            loss=loss,
            optimizer=optimizer,
            lr=lr,
            epochs=epochs,
            batch_size=batch_size,
            weight_decay=weight_decay,
        )
        if data is not None and not chosen.needs_files:
            raise ArgumentError(f"{recipe} takes no --data", why="its data comes with holograd")
    except ArgumentError as error:
        raise typer.BadParameter(str(error)) from None
    check_writable(save)
    check_writable(plot)
    if plot is not None:
        pictures.check(plot)
    outcome = run(
        chosen,
        seed=seed,
        folder=None if data is None else str(data),
        watch=plot is not None and chosen.picture is not None,
        quiet=quiet or as_json,
    )
    if save is not None:
        from holograd.files import save as save_model

        described = outcome.to_dict()
        names = ("recipe", "seed", "epochs", "interrupted", "train", "test")
        kept = {name: described[name] for name in names if name in described}
        save_model(outcome.model, save, classes=outcome.test.classes, **kept)
    if plot is not None:
        pictures.draw(outcome, plot)
    if as_json:
        typer.echo(json.dumps(outcome.to_dict(), allow_nan=False))
    else:
        from rich.console import Console

        from holograd.cli.results import headline, show

        console = Console()
        if quiet:
            console.print(headline(outcome), soft_wrap=True)
        else:
            written = {"--save": save, "--plot": plot}
            show(outcome, console, [option for option, path in written.items() if path])
            for path in filter(None, written.values()):
                console.print(f"\nWrote {path}", markup=False, highlight=False, soft_wrap=True)
    if outcome.history.stopped == "interrupted":
        raise typer.Exit(INTERRUPTED)
