"""The part of a table that is held out to test on: its last rows, or a seeded share."""

from __future__ import annotations

import numpy as np

from holograd.data.split import largest_remainders
from holograd.data.table import Table
from holograd.data.target import labels, task_of
from holograd.errors import ArgumentError, DataError
from holograd.ops.random import Generator, permutation


def hold_out(
    table: Table,
    *,
    test_last: int | None = None,
    test_share: float | None = None,
    seed: int = 0,
    target: str | int | None = None,
    task: str = "auto",
    label_strip: str = "",
) -> tuple[Table, Table]:
    """Divide the rows into a training and a test part, each in the order of the table.

    Args:
        table: the rows.
        test_last: how many rows at the end are the test part.
        test_share: the test part's share of the rows, drawn at random.
        seed: decides which rows are drawn.
        target: a column of classes: each class is held out in its share of the rows, and keeps one
            row at least to train on. None, or a target of regression, draws from all rows alike.
        task: whether `target` is to be classified: "auto", "classification" or "regression".
        label_strip: characters to cut off both ends of labels.

    Returns:
        The training part and the test part.

    Raises:
        ArgumentError: not exactly one of `test_last` and `test_share`; a number of rows that is
            negative, a share that is not between 0 and 1.
        DataError: a part would be empty, or there is no such column.

    Example:
        >>> from holograd.data import as_table
        >>> table = as_table(np.repeat([[0.0], [1.0]], [80, 20], axis=0))
        >>> train, test = hold_out(table, test_share=0.25, target=0)
        >>> len(train), len(test), int(test.numbers("column_0").sum())
        (75, 25, 5)
    """
    if (test_last is None) == (test_share is None):
        raise ArgumentError(
            f"hold_out got test_last={test_last} and test_share={test_share}",
            why="the test part is either the last rows or a share of all",
            instead="Give one of them.",
        )
    if test_last is not None:
        if test_last < 1:
            raise ArgumentError(
                f"hold_out got test_last={test_last}", instead="Write a number of rows, 1 or more."
            )
        size = test_last
        chosen = np.arange(len(table)) >= len(table) - size
    else:
        assert test_share is not None
        if not 0 < test_share < 1:
            raise ArgumentError(
                f"hold_out got test_share={test_share}",
                why="a share lies between 0 and 1",
                instead="Write 0.2 for a fifth of the rows.",
            )
        size = round(len(table) * test_share)
        chosen = _drawn(_strata(table, target, task, label_strip), size, seed)
    if not 0 < chosen.sum() < len(table):
        raise DataError(
            f"{table.source} has {len(table)} row(s), and {size} would be the test part",
            why="there must be rows to train on, and rows to test on",
            instead="Hold out fewer rows or more, or give the test part in a file of its own.",
        )
    return table.rows(~chosen), table.rows(chosen)


def _strata(table: Table, target: str | int | None, task: str, label_strip: str) -> np.ndarray:
    """(N,) a number for the class of each row; missing labels are a class."""
    if target is None or task_of(table, target, task) == "regression":
        return np.zeros(len(table), np.int64)
    found = labels(table, table.column_name(target), label_strip)
    return found.rank("dense").fill_null(0).to_numpy().astype(np.int64)


def _drawn(strata: np.ndarray, size: int, seed: int) -> np.ndarray:
    """(N,) which rows are drawn: of each stratum its share of `size`, but never all rows."""
    _, strata = np.unique(strata, return_inverse=True)
    counts = np.bincount(strata)
    wanted = np.minimum(largest_remainders(counts, size), np.maximum(counts - 1, 0))
    order = permutation(len(strata), Generator(seed)).value
    by_stratum = order[np.argsort(strata[order], kind="stable")]
    rank = np.arange(len(strata)) - np.repeat(np.cumsum(counts) - counts, counts)
    drawn = np.zeros(len(strata), bool)
    drawn[by_stratum[rank < np.repeat(wanted, counts)]] = True
    return drawn
