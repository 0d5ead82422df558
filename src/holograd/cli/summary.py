"""`holograd summary`: what a model file holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from holograd.errors import HologradError

if TYPE_CHECKING:
    from rich.console import Console

    from holograd.nn import Module

SOFT = "bright_black"


def summary(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A file that --save wrote.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
) -> None:
    """Show what a model file holds: layers, parameters, columns, classes, and what else is known.

    Examples:

      [bold]holograd summary digits.safetensors[/]

      [bold]holograd summary income.safetensors --json[/]
    """
    from rich.console import Console

    from holograd import files
    from holograd.nn import Module

    metadata = files.load_metadata(model)
    loaded = files.load(model)
    if as_json:
        state = loaded.state_dict() if isinstance(loaded, Module) else loaded
        described = {
            "model": type(loaded).__name__ if isinstance(loaded, Module) else None,
            "parameters": sum(one.numel() for one in _parameters(loaded)),
            "tensors": {name: list(one.shape) for name, one in state.items()},
            "metadata": metadata,
        }
        typer.echo(json.dumps(described, allow_nan=False))
        return
    console = Console()
    console.print(str(model), style="bold", highlight=False, soft_wrap=True)
    _show_metadata(metadata, console)
    console.print()
    print_layers(loaded, metadata, console)
    if "table" in metadata:
        _show_columns(model, console)


def _parameters(loaded: Module | Mapping[str, Any]) -> list[Any]:
    return list(loaded.values() if isinstance(loaded, Mapping) else loaded.parameters())


def _show_metadata(metadata: Mapping[str, Any], console: Console) -> None:
    """A line for each entry, but for the columns, which are shown below."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, value in metadata.items():
        if name != "table" and value not in (None, [], {}):
            grid.add_row(Text(name.replace("_", " "), SOFT), Text(_words(value)))
    console.print(grid)


def _words(value: Any) -> str:
    """A value of JSON in a line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def print_layers(
    loaded: Module | Mapping[str, Any], metadata: Mapping[str, Any], console: Console
) -> None:
    """The layers with their outputs' shapes; or, where those are not known, the tensors."""
    from holograd import nn

    shapes = _input_shapes(loaded, metadata) if isinstance(loaded, nn.Module) else ()
    for shape in shapes:
        try:
            told = str(nn.summary(cast("Module", loaded), shape))
        except HologradError:
            continue
        console.print(told, markup=False, highlight=False, soft_wrap=True)
        return
    state = loaded if isinstance(loaded, Mapping) else loaded.state_dict()
    width = max(map(len, state), default=0)
    for name, tensor in state.items():
        line = f"{name:{width}}  {tuple(tensor.shape)!s}  {tensor.dtype}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    total = sum(one.numel() for one in _parameters(loaded))
    console.print(f"{total:,} numbers", highlight=False)


def _input_shapes(model: Module, metadata: Mapping[str, Any]) -> Iterator[tuple[int, ...]]:
    """What a batch of one sample may look like, by the recipe and the first layer."""
    from holograd import nn
    from holograd.recipes import RECIPES

    recipe = RECIPES.get(str(metadata.get("recipe")))
    if recipe is not None and recipe.picture is not None:
        yield (1, 1, *recipe.picture)
    for layer in model.modules():
        if isinstance(layer, nn.Linear | nn.Perceptron):
            yield (1, layer.in_features)
            return


def _show_columns(path: Path, console: Console) -> None:
    """What the model makes of each column of its table."""
    from holograd.cli.table_results import show_columns
    from holograd.tabular import TableModel

    show_columns(TableModel.load(path).columns, console)
