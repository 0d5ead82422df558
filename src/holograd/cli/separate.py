"""`holograd separate`: whether one neuron can tell two classes apart, and the proof."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from holograd.cli.lines import print_table, say
from holograd.cli.next_commands import print_next
from holograd.cli.options import HEADERS, columns, looks_like_table, one_of, unknown
from holograd.errors import DataError
from holograd.separability import Combination, Inseparable, Separation
from holograd.separability import separate as find_proof
from holograd.separability.points import read
from holograd.separability.proof import weight_text

if TYPE_CHECKING:
    from holograd.data import Table

MOST_LINES = 20  # of a table on the screen; --json has all
MOST_COLUMNS = 6


@dataclass(frozen=True)
class Question:
    """Points of two classes, and what people call them.

    Attributes:
        source: where they are from.
        names: of the columns.
        points: (N, columns) numbers.
        labels: the N labels.
        lines: (N,) where each point stands in its file; None where it stands in none.
        target: the column of classes; None of a gate.
        notes: what was assumed or left out.
    """

    source: str
    names: list[str]
    points: np.ndarray
    labels: list[Any]
    lines: np.ndarray | None = None
    target: str | None = None
    notes: tuple[str, ...] = ()


def separate(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|GATE",
            help="A table of numbers with a column of classes (CSV, .npy, .npz, Parquet), or a "
            "gate of two inputs, such as xor.",
            autocompletion=lambda: list(_gates()),
        ),
    ],
    target: Annotated[
        str,
        typer.Option(
            metavar="NAME|INDEX", help="The column of classes; -1 is the last, as by default."
        ),
    ] = "-1",
    of_class: Annotated[
        str | None,
        typer.Option("--class", metavar="LABEL", help="This class against all others."),
    ] = None,
    drop: Annotated[
        str | None, typer.Option(metavar="A,B", help="Columns to leave out, by name or place.")
    ] = None,
    header: Annotated[
        str,
        typer.Option(
            metavar="auto|yes|no",
            callback=one_of("header", HEADERS),
            help="Whether the first row of a CSV file holds names.",
        ),
    ] = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
) -> None:
    """Say whether one neuron can tell two classes apart, with a proof either way.

    A neuron answers by the side of a line (in more than two columns, a plane or hyperplane) on
    which a point lies. Either there is such a line: then its weights are given, with the widest
    margin. Or there is none: then some point is a weighted mean of points of both classes, and
    would have to lie on both sides.

    Examples:

      [bold]holograd separate xor[/]

      [bold]holograd separate flowers.csv --target species --class setosa[/]

      [bold]holograd separate table.csv --drop name,date --json[/]
    """
    table = looks_like_table(what)
    if not table and what not in _gates():
        told = unknown("gate", what, _gates()).replace("gate", "file or gate", 1)
        raise typer.BadParameter(told, param_hint="FILE|GATE")
    given = {"--target": target != "-1", "--class": of_class, "--drop": drop}
    given["--header"] = header != "auto"
    for name in (name for name, value in given.items() if value and not table):
        raise typer.BadParameter(f"the gate {what} takes no {name}: it is no table.")
    question = _table(what, target, of_class, drop, header) if table else _gate(what)
    with Console(stderr=True).status("looking for a proof"):
        answer = _answer(question, of_class)
    if as_json:
        typer.echo(json.dumps(_described(answer, question), allow_nan=False))
    else:
        show(answer, question, Console())


def _gates() -> Sequence[str]:
    from holograd.data import GATES

    return list(GATES)


def _gate(name: str) -> Question:
    from holograd.data import gate

    inputs, targets = gate(name)
    labels = targets.value.astype(int).ravel().tolist()
    return Question(f"the gate {name}", ["a", "b"], inputs.value.astype(int), labels)


def _table(path: str, target: str, of_class: str | None, drop: str | None, header: str) -> Question:
    """The rows of a table that have a label."""
    from holograd.data import read_table
    from holograd.data.target import missing_targets

    table = read_table(path, header)
    name = table.column_name(target)
    dropped = {table.column_name(column) for column in columns(drop)}
    if name in dropped:
        raise typer.BadParameter(f"column {name!r} is the target, and to be dropped.")
    notes = [f"classes: column {name!r}"]
    absent = missing_targets(table, name)
    if absent.any():
        notes.append(f"{absent.sum():,} row(s) without a class are left out")
        table = table.rows(~absent)
    if not len(table):
        raise DataError(
            f"{path}, column {name!r}: every cell is missing", instead="Choose another --target."
        )
    names = [each for each in table.names if each != name and each not in dropped]
    if not names:
        raise DataError(
            f"{path} has no column besides the classes", instead="Check --target and --drop."
        )
    points = np.stack([_numbers(table, each) for each in names], axis=1)
    labels = _labels(table, name, of_class)
    return Question(path, names, points, labels, table.lines, name, tuple(notes))


def _numbers(table: Table, column: str) -> np.ndarray:
    """(N,) a column's numbers, all of which must be there."""
    if not table.is_number(column):
        numbers = table.frame[column].str.replace(",", ".").cast(float, strict=False)
        if not numbers.is_not_null().any():
            raise DataError(
                f"{table.place(0, column)}: {table.frame[column][0]!r} is text",
                why="a point is a row of numbers",
                instead=f"Leave the column out: --drop {column!r}",
            )
    values = table.numbers(column)
    absent = np.flatnonzero(np.isnan(values))
    if len(absent):
        raise DataError(
            f"{table.place(int(absent[0]), column)}: the number is missing",
            why=f"so it is in {len(absent):,} row(s), and a point without it is nowhere",
            instead=f"Fill it in, leave out the row, or the column: --drop {column!r}",
        )
    return values


def _labels(table: Table, column: str, of_class: str | None) -> list[Any]:
    """The N labels; where one class is set against all others, True for that class."""
    if table.is_number(column):
        labels = [
            int(each) if each.is_integer() else each for each in table.numbers(column).tolist()
        ]
    else:
        labels = table.frame[column].to_list()
    found = list(dict.fromkeys(map(str, labels)))
    told = ", ".join(found[:10]) + ", …" * (len(found) > 10)
    where = f"{table.source}, column {column!r}"
    if of_class is not None:
        if of_class not in found:
            raise DataError(
                f"{where} has no class {of_class!r}", why=f"its {len(found)} classes are {told}"
            )
        return [str(label) == of_class for label in labels]
    if len(found) > 2:
        raise DataError(
            f"{where} has {len(found):,} classes ({told})",
            why="a line has two sides",
            instead=f"Set one against the others: --class {found[0]!r}; or choose another "
            "column: --target NAME",
        )
    return labels


def _answer(question: Question, of_class: str | None) -> Separation | Inseparable:
    """The answer, with the names of the classes."""
    answer = find_proof(question.points, question.labels)
    if of_class is None:
        return answer
    names = {False: f"not {of_class}", True: of_class, None: None}
    if isinstance(answer, Separation):
        return replace(answer, negative=names[answer.negative], positive=names[answer.positive])
    first, second = (
        replace(each, label=names[each.label]) for each in (answer.first, answer.second)
    )
    return replace(answer, first=first, second=second)


def _described(answer: Separation | Inseparable, question: Question) -> dict[str, Any]:
    """What `--json` prints."""
    described: dict[str, Any] = {
        "source": question.source,
        "rows": len(question.points),
        "columns": question.names,
        **answer.to_dict(),
        "words": str(answer),
    }
    if question.lines is not None and isinstance(answer, Inseparable):
        for name, mean in (("first", answer.first), ("second", answer.second)):
            described[name]["lines"] = question.lines[list(mean.rows)].tolist()
    return described


def show(answer: Separation | Inseparable, question: Question, console: Console) -> None:
    """Prints the answer in words, and the proof in numbers."""
    told = [f"{len(question.points):,} rows of {len(question.names):,} columns", *question.notes]
    say(f"{question.source}: {', '.join(told)}", console, "bright_black")
    console.print()
    first, rest = str(answer).split(": ", 1)
    if question.lines is not None:
        rest = _with_lines(rest, question.lines)
    say(Text(first, "bold").append(f": {rest}", "not bold"), console)
    if isinstance(answer, Separation):
        _show_weights(answer, question, console)
    else:
        _show_means(answer, question, console)
    advice = _next(answer, question)
    if advice is not None:
        print_next([advice], console)


def _with_lines(words: str, lines: np.ndarray) -> str:
    """A proof's words with the lines of a file in place of rows that count from 0."""
    words = re.sub(
        r"\brows (\d+) and (\d+)",
        lambda each: "lines {} and {}".format(*lines[[*map(int, each.groups())]]),
        words,
    )
    return re.sub(r"\brow (\d+)", lambda each: f"line {lines[int(each[1])]}", words)


def _next(answer: Separation | Inseparable, question: Question) -> tuple[str, str] | None:
    """A command to try, and why; None where none helps."""
    from holograd.recipes import RECIPES

    if question.target is not None:
        if isinstance(answer, Separation) and None in (answer.negative, answer.positive):
            return None  # one class alone: there is nothing to learn
        if (
            isinstance(answer, Inseparable)
            and len(answer.first.rows) == len(answer.second.rows) == 1
        ):
            return None  # one point with both labels: no network can tell them apart
        command = f"holograd train {quote(question.source)} --target {quote(question.target)}"
        return command, "let a network learn it"
    if isinstance(answer, Inseparable):
        return "holograd train xor", "a hidden layer of neurons can"
    name = question.source.split()[-1]
    return f"holograd train {name if name in RECIPES else 'and'}", "let a neuron find such a line"


def _show_weights(answer: Separation, question: Question, console: Console) -> None:
    """w and b, and how far they keep the classes apart."""
    if answer.negative is None or answer.positive is None:
        return
    grid = Grid(box=None, pad_edge=False)
    grid.add_column("column")
    grid.add_column("weight", justify="right")
    for name, weight in list(zip(question.names, answer.weights, strict=True))[:MOST_LINES]:
        grid.add_row(name, weight_text(weight))
    if len(question.names) > MOST_LINES:
        grid.add_row(f"… {len(question.names) - MOST_LINES} more", "--json")
    grid.add_row("bias", weight_text(answer.bias))
    console.print()
    print_table(grid, console)
    points = read(question.points, question.labels)
    reached = points.scores(answer.weights, answer.bias)
    above, below = reached[points.side > 0], reached[points.side < 0]
    say(
        f"\nThe proof: w·x + b is at least {above.min():.4g} in the {len(above):,} row(s) of class "
        f"{answer.positive}, and at most {below.max():.4g} in the {len(below):,} of class "
        f"{answer.negative}.",
        console,
    )


def _show_means(answer: Inseparable, question: Question, console: Console) -> None:
    """The points, with their weights, whose means are one point."""
    wide = len(question.names) > MOST_COLUMNS
    names = question.names[:MOST_COLUMNS] + ["…"] * wide
    grid = Grid(box=None, pad_edge=False)
    grid.add_column("class")
    for name in ("weight", *(["line"] if question.lines is not None else []), *names):
        grid.add_column(name, justify="right", no_wrap=True)
    for mean in (answer.first, answer.second):
        for cells in _weighted_rows(mean, question):
            grid.add_row(*cells, *["…"] * wide)
        total = [str(mean.label), "mean"] + [""] * (question.lines is not None)
        shown = [f"{float(each):.6g}" for each in mean.point[:MOST_COLUMNS]]
        grid.add_row(*total, *shown, *["…"] * wide, style="bold")
    console.print("\nThe proof: two weighted means, one of each class, that are the same point")
    print_table(grid, console)
    console.print(
        "There w·x + b would have to be below 0 and above 0, whatever w and b are.",
        highlight=False,
    )


def _weighted_rows(mean: Combination, question: Question) -> list[list[str]]:
    """The cells of each point of a mean."""
    cells = []
    for row, share, point in zip(mean.rows, mean.coefficients, mean.points, strict=True):
        weight = str(share) if len(str(share)) <= 12 else f"{float(share):.6g}"
        line = [] if question.lines is None else [str(question.lines[row])]
        numbers = [f"{each:g}" for each in point[:MOST_COLUMNS]]
        cells.append([str(mean.label), weight, *line, *numbers])
    if len(cells) > MOST_LINES:
        more = [f"… {len(cells) - MOST_LINES} more"]
        cells = [*cells[:MOST_LINES], more + [""] * (len(cells[0]) - 1)]
    return cells
