"""`holograd explain`: every number of the forward and the backward pass, of an expression or a
network."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from holograd.cli.options import one_of
from holograd.recipes import RECIPES

# The explanation's own lists, which are not imported for the other commands' sake; a test compares.
LEVELS = ("model", "layer", "function", "primitive", "scalar")
LANGUAGES = ("en", "ko")
LOSSES = ("mse", "cross-entropy")


class Command(TyperCommand):
    """A command whose argument may begin with a minus, as `-log(p)` does."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keeps what begins with one minus from being read as an option."""
        kept = [f" {one}" if re.match("-[^-h]|-h.", one) else one for one in args]
        return super().parse_args(ctx, kept)


def explain(
    target: Annotated[
        str,
        typer.Argument(
            metavar="EXPRESSION|RECIPE|MODEL",
            help='A formula, such as [bold]"w*x + b"[/]; a recipe, such as xor-lecture; or a file '
            "that [bold]holograd train … --save[/] wrote. A name that is a recipe's is one; a name "
            "of a file that is there is a model.",
            autocompletion=lambda: list(RECIPES),
        ),
    ],
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]…", help="The expression's variables."),
    ] = None,
    row: Annotated[
        str | None,
        typer.Option(
            metavar="ROW",
            help="The network's sample: numbers, [bold]0,1[/]; the number of a test sample; or a "
            'row of the model\'s table, [bold]"age=39, town=a"[/] or its cells in order. Where it '
            "ends with the right answer, the loss is explained.",
        ),
    ] = None,
    answer: Annotated[
        str | None,
        typer.Option("--target", metavar="VALUE", help="The right answer, if not in --row."),
    ] = None,
    index: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER", min=0, help="Explain this output, counted from 0, not the loss."
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(LOSSES),
            callback=one_of("loss", LOSSES, {"bce": "cross-entropy"}),
            help="Another loss than the one that the network learned by.",
        ),
    ] = None,
    zoom: Annotated[
        str,
        typer.Option(
            metavar="LEVEL", callback=one_of("level", LEVELS), help=f"{', '.join(LEVELS)}."
        ),
    ] = "function",
    check: Annotated[
        bool, typer.Option("--check", help="Also each gradient by finite differences.")
    ] = False,
    step: Annotated[
        bool, typer.Option("--step", help="Go through it step by step, by single keys.")
    ] = False,
    save: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Write a picture (.svg, .png, .pdf), a page (.html), formulas (.tex, .md), data "
            "(.json) or a graph (.dot); can be given several times.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
    lang: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(LANGUAGES),
            callback=one_of("language", LANGUAGES),
            help="The language of sentences; otherwise that of the terminal.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", min=0, help="Decides a recipe's random weights."),
    ] = None,
) -> None:
    """Explain a result number by number: forward to the value, and backward to the gradients.

    Examples:

      [bold]holograd explain "F = w*x + b" w=3 x=2 b=1[/]

      [bold]holograd explain "1/(1+exp(-(w0*x0+w1*x1+w2)))" w0=2 x0=-1 w1=-3 x1=-2 w2=-3[/]

      [bold]holograd explain xor-lecture --row 0,1 --step[/]

      [bold]holograd explain flowers.safetensors --row "5.1,3.5,1.4,0.2,setosa" --save page.html[/]
    """
    from holograd.cli.explain_run import Request, run
    from holograd.cli.explain_sample import Wishes

    given = {"--row": row, "--target": answer, "--index": index, "--loss": loss, "--seed": seed}
    run(
        Request(
            target=target.strip(),
            values=values or [],
            wishes=Wishes(row, answer, index, loss, seed or 0),
            network={name: value for name, value in given.items() if value is not None},
            lang=lang or terminal_language(os.environ),
            lang_option=lang,
            zoom=zoom,
            check=check,
            step=step,
            save=save or [],
            as_json=as_json,
        )
    )


def terminal_language(environment: Mapping[str, str]) -> str:
    """Korean where the terminal's language is Korean, else English.

    Example:
        >>> terminal_language({"LANG": "ko_KR.UTF-8"}), terminal_language({})
        ('ko', 'en')
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((environment[name] for name in names if environment.get(name)), "")
    return "ko" if re.match(r"ko([_.\-@]|$)", chosen) else "en"
