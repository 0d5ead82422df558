"""The end of `holograd train`: what the network answers, what it gets wrong, and what to try."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table
from rich.text import Text

from holograd.cli.next_commands import print_next
from holograd.cli.pictures import COLUMNS, picture
from holograd.separate import Inseparable, separate
from holograd.training import confusion_matrix

if TYPE_CHECKING:
    from rich.console import Console

    from holograd.nn.perceptron import Mistake
    from holograd.recipes import Outcome

WRONG, RIGHT, SOFT = "#CE6D32", "#668ACD", "bright_black"
MOST_PICTURES = 6
GAP = 3
FIRST_MISTAKES, LAST_MISTAKES = 16, 4


def show(outcome: Outcome, console: Console) -> None:
    """Prints the whole result."""
    console.print()
    if outcome.mistakes is not None:
        _show_mistakes(outcome.mistakes, console)
    if outcome.recipe.kind == "gate":
        _show_truth_table(outcome, console)
    console.print(headline(outcome))
    console.print(_work(outcome), style=SOFT, highlight=False)
    if outcome.recipe.kind == "classes":
        matrix = confusion_matrix(outcome.outputs, outcome.labels)
        if len(matrix) > 2:
            names = [str(number) for number in range(len(matrix))]
            show_confusion(matrix, outcome.test.classes or names, console)
        if outcome.recipe.picture:
            _show_misread(outcome, console)
    if outcome.recipe.kind == "gate" and outcome.scores["test"]["accuracy"] < 1:
        _show_stuck(outcome, console)
    print_next(outcome.recipe.advice, console)


def headline(outcome: Outcome) -> Text:
    """The result in one line."""
    test, recipe = outcome.scores["test"], outcome.recipe
    text = Text(f"{recipe.name}: ", no_wrap=True, overflow="ignore")
    if recipe.kind == "curve":
        return text.append(f"R² {test['r2']:.4f}", "bold").append(
            f" on {len(outcome.labels):,} unseen points, loss {test['loss']:.4g}"
        )
    right = round(test["accuracy"] * len(outcome.labels))
    if recipe.kind == "gate":
        text.append(f"{right} of {len(outcome.labels)} rows right", "bold")
        return text.append(f", loss {test['loss']:.4g}")
    what = "pictures" if recipe.picture else "points"
    return text.append(f"{100 * test['accuracy']:.2f} % right", "bold").append(
        f" of {len(outcome.labels):,} unseen {what} ({len(outcome.labels) - right:,} wrong), "
        f"loss {test['loss']:.4f}"
    )


def _work(outcome: Outcome) -> str:
    """What the training took."""
    history, text = outcome.history, f"{outcome.parameters:,} parameters"
    if history.steps:
        epochs = history.epochs[-1]
        text += (
            f", {epochs:,} epoch{'s' * (epochs != 1)} ({history.steps:,} steps) in "
            f"{history.seconds:.2g} s, {history.samples_per_second:,.0f} samples/s"
        )
    return f"{text}, seed {outcome.seed}"


def _show_mistakes(mistakes: list[Mistake], console: Console) -> None:
    """Rosenblatt's rule: each mistake, and what it changed."""
    table = Table(box=None, pad_edge=False)
    for name in ("", "epoch", "inputs", "answer", "target", "weights", "bias"):
        table.add_column(name, justify="right")
    hidden = range(FIRST_MISTAKES, len(mistakes) - LAST_MISTAKES)
    for place, mistake in enumerate(mistakes):
        if hidden and place == hidden.start:
            table.add_row("…", "", f"{len(hidden)} more", "", "", "", "", style=SOFT)
        if place not in hidden:
            table.add_row(
                str(place + 1),
                str(mistake.epoch),
                _numbers(mistake.inputs),
                str(mistake.output),
                str(mistake.target),
                _numbers(mistake.weight_after),
                f"{mistake.bias_after:g}",
            )
    console.print("Each mistake, with the weights and the bias after it")
    console.print(table)
    console.print()


def _numbers(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{value:g}" for value in values) + ")"


def _show_truth_table(outcome: Outcome, console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("a", "b", "target", "output", ""):
        table.add_column(name, justify="right")
    for row in outcome.table:
        right = (row["output"] > 0.5) == bool(row["target"])
        mark = Text("right", RIGHT) if right else Text("wrong", WRONG)
        table.add_row(*map(str, row["inputs"]), str(row["target"]), f"{row['output']:.4f}", mark)
    console.print(table)
    console.print()


def _show_stuck(outcome: Outcome, console: Console) -> None:
    """Says plainly that a gate was not learned, why that may be, and what to try."""
    recipe = outcome.recipe
    one_neuron = not recipe.hidden and recipe.network != "lecture"
    answer = separate(outcome.inputs, outcome.labels.astype(int)) if one_neuron else None
    if isinstance(answer, Inseparable):
        gate = recipe.name.removeprefix("perceptron-").upper()
        text = (
            f"One neuron answers by which side of a line a point lies on, and no line separates "
            f"{gate}: {answer.first} = {answer.second}, and this one point would have to lie on "
            "both sides. It takes a hidden layer:"
        )
        tries = ["xor"]
    else:
        text = (
            f"Seed {outcome.seed} did not learn {recipe.name}: the loss is flat where it ended, or "
            "there were too few steps. Another start, more neurons or more epochs help:"
        )
        more = max(1000, 4 * recipe.epochs)
        tries = [f"{recipe.name} --seed {outcome.seed + 1}", f"{recipe.name} --epochs {more}"]
        if recipe.network == "multilayer":
            tries.append(f"{recipe.name} --hidden {2 * max(recipe.hidden, default=2)}")
    console.print(f"\n{text}", highlight=False)
    for each in tries:
        console.print(f"  holograd train {each}", style="bold", highlight=False)


def show_confusion(matrix: np.ndarray, classes: Sequence[str], console: Console) -> None:
    """Rows are true classes, columns are answers; what is off the diagonal is wrong."""
    names = [str(number) for number in range(len(matrix))]
    full = list(classes)
    console.print("\nConfusion: a row is what it is, a column what it was taken for")
    table = Table(box=None, pad_edge=False)
    table.add_column("", justify="left")
    for name in names:
        table.add_column(name, justify="right", header_style="bold", no_wrap=True)
    for place, row in enumerate(matrix):
        label = names[place] if full == names else f"{names[place]} {full[place]}"
        cells = [
            Text("·", SOFT) if count == 0 else Text(str(count), "" if column == place else WRONG)
            for column, count in enumerate(row)
        ]
        table.add_row(Text(label, "bold"), *cells)
    console.print(table)


def _show_misread(outcome: Outcome, console: Console) -> None:
    """The wrong answers that the network was surest of, drawn."""
    answers, labels = outcome.outputs.value.argmax(1), outcome.labels
    wrong = np.flatnonzero(answers != labels)
    if not len(wrong) or outcome.recipe.picture is None:
        return
    certainty = outcome.outputs.value[wrong].max(1) - outcome.outputs.value[wrong, labels[wrong]]
    width = max(COLUMNS, outcome.recipe.picture[1])
    room = max(1, min(MOST_PICTURES, (console.width + GAP) // (width + GAP)))
    chosen = wrong[np.argsort(-certainty, kind="stable")[:room]]
    names = outcome.test.classes or [str(number) for number in range(10)]
    grid = Table.grid(padding=(0, GAP, 0, 0))
    pictures, captions = [], []
    for row in chosen:
        values = outcome.inputs[row].reshape(outcome.recipe.picture)
        pictures.append(picture(values, console))
        caption = Text(f"{names[labels[row]]}, read as ").append(names[answers[row]], WRONG)
        captions.append(caption)
    grid.add_row(*pictures)
    grid.add_row(*captions)
    text = f"\nOf {len(wrong):,} wrong answers, the {len(chosen)} it was surest of"
    console.print(text, highlight=False)
    console.print(grid)
