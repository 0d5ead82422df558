"""What `holograd explain` does: finds out what is asked, explains it, and shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, count
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from holograd.cli.explain_question import Question, Wishes
from holograd.cli.explain_row import number_of
from holograd.cli.explain_sample import TABLES, of_model, of_recipe
from holograd.cli.lines import print_table
from holograd.cli.lines import say as print_text
from holograd.cli.next_commands import SOFT, print_next
from holograd.cli.options import check_writable, unknown
from holograd.errors import ArgumentError, DataError
from holograd.explanation import explain
from holograd.explanation.checking import MOST_NUMBERS
from holograd.explanation.expressions.expression import parse
from holograd.explanation.expressions.spots import plain_names
from holograd.explanation.levels import MOST_STEPS
from holograd.explanation.records import LEVELS
from holograd.explanation.saving import check_ending
from holograd.explanation.words.narration import headline
from holograd.explanation.words.texts import say
from holograd.recipes import RECIPES

if TYPE_CHECKING:
    from holograd.explanation import Explanation


@dataclass(frozen=True)
class Request:
    """A command line.

    Attributes:
        target: an expression, a recipe's name, or a file.
        values: `w=2`, of an expression.
        wishes: what to explain about a network.
        network: those of the options about networks that were given, by name.
        lang: "en" or "ko".
        lang_option: the language where the option was given.
        zoom: the level.
        check: whether finite differences are wanted.
        step: whether to go through it step by step.
        save: files to write.
        as_json: whether to print one JSON object alone.
    """

    target: str
    values: Sequence[str]
    wishes: Wishes
    network: Mapping[str, object]
    lang: str
    lang_option: str | None
    zoom: str
    check: bool
    step: bool
    save: Sequence[Path]
    as_json: bool


def run(request: Request) -> None:
    """Does what the command line says.

    Raises:
        HologradError: something cannot be read, computed or written.
        typer.BadParameter: options that do not fit each other, or the target.
    """
    _check_files(request.save, request.target)
    if request.step and request.as_json:
        raise typer.BadParameter("--step is for people and --json for programs; give one of them.")
    question = _question(request)
    explanation = explain(
        question.output, index=question.index, names=question.names, zoom=request.zoom,
        title=question.title,
    )  # fmt: skip
    explanation = explanation.noted([*question.lead, *question.notes])
    if request.check:
        explanation = _checked(explanation)
    for path in request.save:
        explanation.save(path, request.lang)
    if request.as_json:
        typer.echo(json.dumps(explanation.to_dict(), allow_nan=False))
        return
    console = Console()
    _show(explanation, question, request, console)
    for path in request.save:
        print_text(say("wrote", request.lang, path=str(path)), console)
    if not request.step:
        _show_next(explanation, request, console)


def _checked(explanation: Explanation) -> Explanation:
    count = _numbers_to_check(explanation)
    if count > MOST_NUMBERS:
        raise ArgumentError(
            f"--check has {count:,} numbers to move",
            why=f"each takes a dozen runs, and {MOST_NUMBERS:,} are the most",
            instead="Leave out --check, or train a smaller network, by --hidden 8 for instance.",
        )
    return explanation.checked()


def _numbers_to_check(explanation: Explanation) -> int:
    gradients = [value.gradient for value in explanation.view.values]
    return sum(one.size for one in gradients if one is not None)


# --- what is asked ---


def _check_files(files: Sequence[Path], target: str) -> None:
    for path in files:
        try:
            check_ending(path)
        except ArgumentError as error:
            raise typer.BadParameter(f"--save {error}") from None
        if path.resolve() == Path(target).resolve():
            raise typer.BadParameter(f"--save {path} would overwrite what is read.")
        check_writable(path)


def _question(request: Request) -> Question:
    """Finds out what the target is: a recipe, a file, or else an expression."""
    target, values = request.target, request.values
    named = target.lower().replace("_", "-")
    network = named in RECIPES or _is_file(target)
    if network and values:
        raise typer.BadParameter(
            f"{target} is {'a recipe' if named in RECIPES else 'a file'}, which takes no "
            f"{values[0]!r}. Write --row with its inputs."
        )
    if named in RECIPES:
        return of_recipe(RECIPES[named], request.wishes)
    if network:
        if "--seed" in request.network:
            raise typer.BadParameter(f"{target} is a trained model, which takes no --seed.")
        return of_model(Path(target), request.wishes)
    if target.lower().endswith(TABLES):
        raise DataError(f"there is no file {target}", instead="Check its name and folder.")
    if target.endswith(".safetensors"):
        raise DataError(
            f"there is no file {target}",
            instead=f"Train one: holograd train xor --save {quote(target)}",
        )
    if request.network or not values:
        _refuse_misspelled(target)
    if request.network:
        raise typer.BadParameter(
            f"an expression takes no {', '.join(request.network)}: give its variables, as in "
            "w=2 x=-1."
        )
    return _of_expression(target, values)


def _is_file(target: str) -> bool:
    try:
        return Path(target).is_file()
    except (OSError, ValueError):  # longer than any file's name, or with a zero byte
        return False


def _refuse_misspelled(target: str) -> None:
    """Refuses what looks like the name of a recipe and is none."""
    word = target.lower().replace("_", "-")
    if re.fullmatch(r"[a-z0-9-]+", word) and get_close_matches(word, RECIPES, cutoff=0.7):
        raise typer.BadParameter(f"{unknown('recipe', target, RECIPES)} Nor is there such a file.")


def _of_expression(text: str, values: Sequence[str]) -> Question:
    numbers = _values(values)
    expression = parse(text, numbers)
    if expression.operations > MOST_STEPS:
        raise ArgumentError(
            f"the expression has {expression.operations:,} operations",
            why=f"an explanation shows at most {MOST_STEPS:,} steps",
            instead="Explain a shorter one, such as a part of it.",
        )
    output, names = expression.run(numbers)
    if not expression.variables:
        raise ArgumentError(
            f"the expression has no variable; its value is {output.item():g}",
            why="there is nothing to take a derivative by",
            instead='Write a name for a number, as in "w*3" w=2.',
        )
    if output.node.operation is None:
        raise ArgumentError(
            "the expression holds no operation", instead='Write one, such as "w*x" w=2 x=3.'
        )
    if not expression.output:
        free = (name for name in chain("FGH", map("F{}".format, count())) if name not in names)
        names[next(free)] = output
    return Question(output, text.strip(), names=names)


def _values(given: Sequence[str]) -> dict[str, float]:
    """`w=2` as a name with its number."""
    numbers: dict[str, float] = {}
    for one in given:
        name, sign, value = one.partition("=")
        name = plain_names(name.strip())
        if not sign or not name.isidentifier():
            raise ArgumentError(
                f"{one!r} is no value of a variable",
                instead='Write w=2. An expression with blanks goes in quotes: "w*x + b".',
            )
        if name in numbers:
            raise ArgumentError(f"{name} has two values", instead="Leave one out.")
        numbers[name] = number_of(value, name)
    return numbers


# --- what is shown ---


def _show(explanation: Explanation, question: Question, request: Request, console: Console) -> None:
    lang = request.lang
    for key, values in question.lead:
        print_text(say(key, lang, **values), console, "bold")
    print_text(headline(explanation, lang), console, "bold")
    for key, values in question.notes:
        print_text(say(key, lang, **values), console, SOFT)
    console.print()
    if request.step:
        explanation.walk(lang)
    else:
        print_table(explanation.table(lang), console, wrap=True)


def _command(request: Request) -> str:
    """This command, to be continued with other options."""
    options = [f"{name} {quote(str(value))}" for name, value in request.network.items()]
    options += [f"--lang {request.lang_option}"] if request.lang_option else []
    return " ".join(["holograd explain", *map(quote, [request.target, *request.values]), *options])


def _show_next(explanation: Explanation, request: Request, console: Console) -> None:
    command, lang, level = _command(request), request.lang, explanation.view.level
    deeper = [
        one
        for one in LEVELS[LEVELS.index(level) + 1 :]
        if explanation.fits(one) and explanation.levels[one] > explanation.levels[level]
    ]
    commands = [(f"{command} --step", say("next_step", lang))]
    if deeper:
        zoomed = f"{command} --zoom {deeper[0]}"
        commands.append((zoomed, say("next_zoom", lang, level=say(f"level_{deeper[0]}", lang))))
    if not explanation.checks and _numbers_to_check(explanation) <= MOST_NUMBERS:
        commands.append((f"{command} --check", say("next_check", lang)))
    if not request.save:
        commands.append((f"{command} --save explanation.html", say("next_save", lang)))
    print_next(commands, console, say("next", lang))
