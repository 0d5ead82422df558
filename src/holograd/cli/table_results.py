"""What a network for a table is worth, on the screen: scores, confusion, columns, importance."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table
from rich.text import Text

from holograd.cli.lines import print_table, say
from holograd.cli.next_commands import print_next
from holograd.cli.results import RIGHT, SOFT, WRONG, by_backend, show_confusion

if TYPE_CHECKING:
    from rich.console import Console

    from holograd.tabular import Evaluation, Importance, TableOutcome

MOST_COLUMNS = 40  # described on the screen; --json has all
MOST_CONFUSIONS = 10
BAR = 24
NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "log_loss": "log-loss",
    "auc": "AUC",
    "r2": "R²",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
}

IN_UNITS = {"mae", "rmse"}  # of the target


def show(outcome: TableOutcome, console: Console) -> None:
    """Prints the whole result of a training."""
    show_columns(outcome.columns, console)
    console.print()
    say(headline(outcome), console)
    say(_work(outcome), console, SOFT)
    parts = {name: scores for name, scores in outcome.scores.items() if scores is not None}
    if len(outcome.seeds) > 1:
        what = f"{len(outcome.seeds)} seeds"
        parts = {**parts, f"mean of {what}": outcome.mean, "spread": outcome.spread}
    show_scores(parts, console)
    show_matrix(outcome.evaluation, console)


def headline(outcome: TableOutcome) -> Text:
    """The result in one line."""
    scores = outcome.evaluation.scores
    part = "unseen" if outcome.scores["test"] else "training"
    text = Text(f"{outcome.model.target}: ")
    rows = outcome.evaluation.rows
    if "r2" in scores:
        text.append(f"R² {scores['r2']:.4f}", "bold")
        text.append(f" on {rows:,} {part} rows, off by {scores['mae']:,.5g} on average")
        return text.append(_over_seeds(outcome, "r2", 1, ""))
    wrong = rows - round(scores["accuracy"] * rows)
    text.append(f"{100 * scores['accuracy']:.2f} % right", "bold")
    text.append(f" of {rows:,} {part} rows ({wrong:,} wrong)")
    return text.append(_over_seeds(outcome, "accuracy", 100, " %"))


def _over_seeds(outcome: TableOutcome, name: str, factor: int, unit: str) -> str:
    """The mean and the spread of a score; nothing for one seed."""
    if len(outcome.seeds) == 1:
        return ""
    mean, spread = (factor * each[name] for each in (outcome.mean, outcome.spread))
    places = 2 if unit else 4
    text = f"; over {len(outcome.seeds)} seeds {mean:.{places}f} ± {spread:.{places}f}"
    return text + unit


def _work(outcome: TableOutcome) -> str:
    """What was trained, and what it took."""
    settings, history = outcome.settings, outcome.history
    epochs = history.epochs[-1] if history.epochs else 0
    hidden = " and ".join(map(str, settings["hidden"])) or "no"
    text = (
        f"{settings['rows']:,} rows, {settings['features']:,} features, {hidden} hidden neurons, "
        f"{settings['parameters']:,} parameters; {epochs:,} of {settings['epochs']:,} epochs, "
        f"{outcome.seconds:.2g} s{by_backend(history)}, seed {settings['seed']}"
    )
    if history.restored is not None:
        text += f"; the weights are those of epoch {history.restored:,}, the best on "
        text += f"{settings['validation_rows']:,} rows kept aside"
    return text


def show_columns(lines: Sequence[str], console: Console) -> None:
    """What became of each column, a line each."""
    console.print("\nColumns")
    grid = Table.grid(padding=(0, 2, 0, 0))
    for line in lines[:MOST_COLUMNS]:
        name, words = re.split(r" {2,}", line, maxsplit=1)
        grid.add_row(Text(f"  {name}"), Text(words))
    print_table(grid, console, wrap=True)
    if len(lines) > MOST_COLUMNS:
        console.print(f"  … {len(lines) - MOST_COLUMNS:,} more (--json has all)", style=SOFT)


def show_scores(parts: Mapping[str, Mapping[str, float]], console: Console) -> None:
    """A row for each score, a column for each part of the data."""
    table = Table(box=None, pad_edge=False, show_header=len(parts) > 1)
    table.add_column("")
    for part in parts:
        table.add_column(part, justify="right")
    for name in dict.fromkeys(name for scores in parts.values() for name in scores):
        places = ",.5g" if name in IN_UNITS else ".4f"
        cells = [f"{scores[name]:{places}}" if name in scores else "" for scores in parts.values()]
        table.add_row(NAMES.get(name, name), *cells)
    console.print()
    print_table(table, console)


def show_matrix(evaluation: Evaluation, console: Console) -> None:
    """The confusion matrix of a classification; where it is too wide, its largest numbers."""
    matrix = evaluation.confusion
    if matrix is None:
        return
    digits = len(str(matrix.max())) + 2
    names = max(map(len, evaluation.classes)) + len(str(len(matrix))) + 1
    if names + digits * len(matrix) <= console.width:
        show_confusion(matrix, evaluation.classes, console)
        return
    wrong = matrix - np.diag(matrix.diagonal())
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_CONFUSIONS]
    pairs = [divmod(int(place), len(matrix)) for place in order]
    told = [(i, j) for i, j in pairs if wrong[i, j]]
    if told:
        console.print("\nConfusion: what was taken for what most often (--json has all)")
    for i, j in told:
        text = Text(f"  {evaluation.classes[i]} for ").append(evaluation.classes[j], WRONG)
        console.print(text.append(f", {wrong[i, j]:,} of {matrix[i].sum():,}"))


def show_importance(found: Sequence[Importance], console: Console) -> None:
    """How much worse the answers become without each column, with a bar."""
    measure = NAMES[found[0].measure]
    console.print(f"\nImportance: how much {measure} is lost when a column is shuffled")
    largest = max(*(one.mean for one in found), 1e-12)
    table = Table.grid(padding=(0, 2, 0, 0))
    for one in found[:MOST_COLUMNS]:
        bar = "█" * round(BAR * max(one.mean, 0) / largest)
        table.add_row(Text(one.column), f"{one.mean:.4f} ± {one.std:.4f}", Text(bar, RIGHT))
    print_table(table, console)
    if len(found) > MOST_COLUMNS:
        console.print(f"… {len(found) - MOST_COLUMNS:,} more (--json has all)", style=SOFT)


def show_next(path: str, outcome: TableOutcome, saved: str | None, console: Console) -> None:
    """Commands to try next."""
    target = outcome.model.target
    train = f"holograd train {quote(path)} --target {quote(target)}"
    if saved is not None:
        commands = [
            (f"holograd predict {quote(saved)} NEW.csv", "answers for new rows"),
            (f"holograd evaluate {quote(saved)} MORE.csv --importance", "what it goes by"),
            (f"holograd summary {quote(saved)}", "what the file holds"),
        ]
    else:
        commands = [(f"{train} --save model.safetensors", "keep it, to predict")]
        if len(outcome.seeds) == 1:
            commands.append((f"{train} --seeds 5", "how much of it is luck?"))
        if outcome.settings["hidden"]:
            commands.append((f"{train} --hidden 0", "is a linear model enough?"))
    print_next(commands, console)
