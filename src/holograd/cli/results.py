"""The end of `holograd train`: what the network answers, what it gets wrong, and what to try."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table
from rich.text import Text

from holograd.cli.lines import print_table, say, width_of
from holograd.cli.next_commands import print_next
from holograd.cli.options import layer_sizes
from holograd.cli.pictures import COLUMNS, picture
from holograd.cli.program import as_started
from holograd.recipes import RECIPES, variant
from holograd.recipes.table import smaller_rate
from holograd.separability import Inseparable, separate
from holograd.training import confusion_matrix

if TYPE_CHECKING:
    from rich.console import Console

    from holograd.nn.perceptron import Mistake
    from holograd.recipes import Outcome
    from holograd.training import History

WRONG, RIGHT, SOFT = "#CE6D32", "#668ACD", "bright_black"
MOST_PICTURES = 6
GAP = 3
FIRST_MISTAKES, LAST_MISTAKES = 16, 4
LARGE = 1000  # a loss from which on decimal places tell nothing


def show(outcome: Outcome, console: Console, files: Collection[str] = ()) -> None:
    """Prints the whole result.

    Args:
        outcome: what to tell about.
        console: where to print it.
        files: which of the options --save and --plot were given.
    """
    console.print()
    if outcome.mistakes is not None:
        _show_mistakes(outcome.mistakes, console)
    if outcome.recipe.kind == "gate":
        _show_truth_table(outcome, console)
    say(headline(outcome), console)
    say(_work(outcome), console, SOFT)
    if outcome.recipe.kind == "classes":
        matrix = confusion_matrix(outcome.outputs, outcome.labels)
        if len(matrix) > 2:
            names = [str(number) for number in range(len(matrix))]
            show_confusion(matrix, outcome.test.classes or names, console)
        if outcome.recipe.picture:
            _show_misread(outcome, console)
    if outcome.worsened:
        _show_worsened(outcome, console)
    elif outcome.recipe.kind == "gate" and outcome.scores["test"]["accuracy"] < 1:
        _show_stuck(outcome, console)
    _show_advice(outcome, console, files)


def headline(outcome: Outcome) -> Text:
    """The result in one line."""
    text = _result(outcome)
    if outcome.interrupted:
        kept = f", with the weights of epoch {outcome.epochs:,}" if outcome.epochs else ""
        text.append(f"; interrupted{kept or ' in the first epoch'}")
    if outcome.worsened:
        text.append(f"; --lr {outcome.recipe.lr:g} is too large", WRONG)
    return text


def _result(outcome: Outcome) -> Text:
    test, recipe = outcome.scores["test"], outcome.recipe
    text = Text(f"{recipe.name}: ")
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
        f"loss {test['loss']:{'.4f' if test['loss'] < LARGE else '.4g'}}"
    )


def _work(outcome: Outcome) -> str:
    """What the training took."""
    history, text = outcome.history, f"{outcome.parameters:,} parameters"
    if history.steps:
        epochs = history.epochs[-1] if history.epochs else 0
        text += (
            f", {epochs:,} epoch{'s' * (epochs != 1)} ({history.steps:,} steps) in "
            f"{history.seconds:.2g} s, {history.samples_per_second:,.0f} samples/s"
            f"{by_backend(history)}"
        )
    return f"{text}, seed {outcome.seed}"


def by_backend(history: History) -> str:
    """What did the training, and why it was not machine code where it could not be."""
    if history.settings.get("backend") == "native":
        return f" by machine code, compiled in {history.compile_seconds:.2g} s"
    note = history.settings.get("backend_note")
    return f" by NumPy ({note})" if note else " by NumPy"


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
    print_table(table, console)
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
    print_table(table, console)
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
    elif outcome.mistakes is not None:
        text = (
            f"{recipe.epochs} epochs were too few: in the last one the perceptron still made "
            "mistakes, and where a line separates the classes it comes to an end. More epochs:"
        )
        tries = [f"{recipe.name} --epochs {max(100, 4 * recipe.epochs)}"]
    else:
        text = (
            f"Seed {outcome.seed} did not learn {recipe.name}: the loss is flat where it ended, or "
            "there were too few steps. Another start, more neurons or more epochs help:"
        )
        more = max(1000, 4 * recipe.epochs)
        tries = [f"{recipe.name} --seed {outcome.seed + 1}", f"{recipe.name} --epochs {more}"]
        if recipe.network == "multilayer":
            tries.append(f"{recipe.name} --hidden {2 * max(recipe.hidden, default=2)}")
    _suggest(text, [f"holograd train {each}" for each in tries], console)


def _show_worsened(outcome: Outcome, console: Console) -> None:
    """Says that training did harm, and what learning rate to take."""
    recipe, loss = outcome.recipe, outcome.scores["train"]["loss"]
    text = (
        f"Training made the loss larger, from {outcome.first_loss:.4g} to {loss:.4g}: its steps "
        f"jump over what they look for. The learning rate, --lr {recipe.lr:g}, is too large:"
    )
    _suggest(text, [f"holograd train {recipe.name} --lr {smaller_rate(recipe):g}"], console)


def _suggest(text: str, commands: list[str], console: Console) -> None:
    say(f"\n{text}", console)
    for command in commands:
        console.print(f"  {as_started(command)}", style="bold", highlight=False, soft_wrap=True)


def show_confusion(matrix: np.ndarray, classes: Sequence[str], console: Console) -> None:
    """Rows are true classes, columns are answers; what is off the diagonal is wrong.

    Where there is no room, columns come closer, and then names go below: counts are never cut.
    """
    names = [str(number) for number in range(len(matrix))]
    full = list(classes)
    labels = names
    if full != names:
        labels = [f"{name} {each}" for name, each in zip(names, full, strict=True)]
    say("\nConfusion: a row is what it is, a column what it was taken for", console)
    zero = "." if console.options.ascii_only else "·"
    for rows, gap in ((labels, 2), (labels, 1), (names, 1)):
        table = _confusion_table(matrix, rows, gap, zero)
        if width_of(table, console) <= console.width:
            break
    print_table(table, console)
    if rows != labels:
        say(", ".join(labels), console, SOFT)


def _confusion_table(matrix: np.ndarray, labels: list[str], gap: int, zero: str) -> Table:
    table = Table.grid(padding=(0, gap, 0, 0))
    table.add_column()
    for _ in labels:
        table.add_column(justify="right")
    table.add_row("", *(Text(str(number), "bold") for number in range(len(labels))))
    for place, (label, row) in enumerate(zip(labels, matrix, strict=True)):
        cells = [
            Text(zero, SOFT) if count == 0 else Text(str(count), "" if column == place else WRONG)
            for column, count in enumerate(row)
        ]
        table.add_row(Text(label, "bold"), *cells)
    return table


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
    for _ in chosen:
        grid.add_column(width=width)
    pictures, captions = [], []
    for row in chosen:
        values = outcome.inputs[row].reshape(outcome.recipe.picture)
        pictures.append(picture(values, console))
        caption = Text(f"{names[labels[row]]}, read as ").append(names[answers[row]], WRONG)
        captions.append(caption)
    grid.add_row(*pictures)
    grid.add_row(*captions)
    text = f"\nOf {len(wrong):,} wrong answers, the {len(chosen)} it was surest of"
    say(text, console)
    print_table(grid, console)


def _show_advice(outcome: Outcome, console: Console, files: Collection[str]) -> None:
    """What to try next; a reason has a line of its own where it does not fit beside its command."""
    advice = [each for each in outcome.recipe.advice if not _repeats(each[0], outcome, files)]
    if advice:
        print_next(advice, console)


def _repeats(command: str, outcome: Outcome, files: Collection[str]) -> bool:
    """Whether a command would do what was just done."""
    _, _, name, *words = shlex.split(command)
    options = dict(zip(words[::2], words[1::2], strict=True))
    if name not in RECIPES or not set(files) >= {"--save", "--plot"} & options.keys():
        return False
    epochs = options.get("--epochs")
    same = variant(
        RECIPES[name],
        hidden=layer_sizes(options.get("--hidden")),
        activation=options.get("--activation"),
        epochs=None if epochs is None else int(epochs),
    )
    return same == outcome.recipe
