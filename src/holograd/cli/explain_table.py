"""A model of a table on one raw row: what becomes of it, and what the network cannot see of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from holograd.cli.explain_question import Note, Question, Sample, Wishes, answer_note, choose
from holograd.cli.explain_row import coded_target, table_row
from holograd.creation import tensor
from holograd.data.columns import FARTHEST, CategoryColumn, NumberColumn
from holograd.errors import ArgumentError
from holograd.explanation.symbols import Symbol
from holograd.pictures.numbers import short

MOST_LISTED = 8  # cells and features
DIGITS = 6  # of a number in the table's own unit


def of_table(model: Any, path: Path, wishes: Wishes) -> Question:
    """A model of a table on one raw row.

    Args:
        model: a `TableModel`.
        path: where it was saved.
        wishes: the options.

    Raises:
        ArgumentError, DataError: the row or another wish does not fit it.
    """
    encoder = model.encoder
    if wishes.row is None:
        names = ",".join(f"{column.name}=…" for column in encoder.columns[:6])
        raise ArgumentError(
            f"{path} takes a row of its table", instead=f'Say which, as in --row "{names}"'
        )
    table = table_row(encoder, wishes.row, wishes.target)
    cells = {name: table.frame[name][0] for name in table.names}
    right = cells.pop(model.target, None)
    target = None
    if right is not None:
        target = coded_target(encoder, table, "--row" if wishes.target is None else "--target")
    with np.errstate(over="ignore"):  # what is far out is cut off
        inputs = encoder.transform(table)
    outputs = model.network(tensor(inputs))
    question = Question(outputs, f"{path.stem}, {wishes.row}", lead=[_row(cells, model, right)])
    sample = Sample(inputs, target, wishes.row)
    question.notes += [_features(encoder, inputs[0]), *_losses(encoder, table, cells, inputs[0])]
    choose(question, model.network, None, sample, wishes, model.classes)
    if model.classes:
        question.notes.append(answer_note(outputs, model.classes, target))
    else:
        given = model.goal.decode(outputs.value)[0]
        told = {"answer": short(given, DIGITS), "target": model.target}
        key = "note_standardised" if right is None else "note_standardised_target"
        question.notes.append((key, told if right is None else {**told, "right": right}))
    return question


def _row(cells: dict[str, str | None], model: Any, right: str | None) -> Note:
    """The row as people wrote it."""
    shown = [f"{name} = {'?' if cell is None else cell}" for name, cell in cells.items()]
    told = {"row": _listed(shown)}
    if right is None:
        return "note_row", told
    return "note_row_and_target", {**told, "target": model.target, "answer": right}


def _features(encoder: Any, inputs: np.ndarray) -> Note:
    """The numbers that the row becomes."""
    features = [
        f"{Symbol('x', str(place)).text} {name} {short(value)}"
        for place, (name, value) in enumerate(zip(encoder.features, inputs, strict=True), 1)
    ]
    return "note_features", {"count": len(features), "features": _listed(features)}


def _losses(
    encoder: Any, table: Any, cells: dict[str, str | None], inputs: np.ndarray
) -> list[Note]:
    """The cells that the network does not see as they are."""
    notes: list[Note] = []
    place = 0
    for column in encoder.columns:
        first, place = place, place + len(column.features)
        if not column.features:
            continue
        name, cell = column.name, cells[column.name]
        if cell is None:
            notes += [] if column.missing else [("note_unknown", {"column": name})]
        elif isinstance(column, CategoryColumn):
            notes += [("note_unseen", {"column": name, "cell": cell})] * bool(column.unseen(table))
        elif _is_cut(column, float(table.numbers(name)[0])):
            told = {"column": name, "cell": cell, "value": short(inputs[first])}
            notes.append(("note_cut", told))
    return notes


def _is_cut(column: NumberColumn, number: float) -> bool:
    """Whether a number lies beyond the range of its column's code."""
    if column.std == 0:  # the column tells only what is missing
        return False
    if column.knots:
        return not column.knots[0] <= number <= column.knots[-1]
    return abs(number - column.mean) / column.std > FARTHEST


def _listed(words: list[str]) -> str:
    return ", ".join(words[:MOST_LISTED]) + (", …" if len(words) > MOST_LISTED else "")
