"""Seeded splits of a data set, with each class in every part in its proportion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from holograd.data.dataset import TensorDataset, refuse_empty
from holograd.errors import ArgumentError, DataError
from holograd.ops.random import Generator, permutation


def split(
    dataset: TensorDataset | Sequence[Any],
    share: float | Sequence[float],
    seed: int = 0,
    stratify: bool = True,
) -> tuple[TensorDataset, ...]:
    """Deal the rows out into parts at random.

    A stratified part of s of n rows takes s · c / n rows, rounded down or up, of a class that has c
    rows; the parts' sizes are exact. Rows come in random order, and the same seed gives the same
    parts.

    Args:
        dataset: the rows to deal out; each goes into exactly one part. Also a pair of inputs and
            targets, as tensors or arrays.
        share: the first part's share of the rows, between 0 and 1, the second part getting the
            rest; or a share a part, adding up to 1; or the number of rows of each part, adding up
            to `len(dataset)`.
        seed: decides which row goes where.
        stratify: whether to keep the classes' proportions; the last tensor holds the classes,
            integers of shape (N,) or (N, 1).

    Returns:
        A `TensorDataset` a part, each a copy of its rows.

    Raises:
        ArgumentError: a share outside (0, 1), sizes below 1, shares or sizes that do not add up.
        DataError: an empty data set; with `stratify`, a class with too few rows for a row in each
            part, or targets that are not classes.

    Example:
        >>> labels = np.repeat([0, 1], [80, 20])
        >>> train, test = split(TensorDataset(np.arange(100.0), labels), 0.75, seed=1)
        >>> len(train), len(test), int(test.tensors[1].numpy().sum())
        (75, 25, 5)
    """
    if isinstance(dataset, tuple | list):
        dataset = TensorDataset(*dataset)
    if not isinstance(dataset, TensorDataset):
        raise ArgumentError(
            f"split got a {type(dataset).__name__}",
            why="it deals out rows that belong together",
            instead="Write split((inputs, targets), 0.8), or give a TensorDataset.",
        )
    refuse_empty(dataset, "split")
    order = permutation(len(dataset), Generator(seed)).value
    sizes = _sizes(len(dataset), share)
    if stratify:
        names, labels = _classes(dataset)
        parts = _stratified(order, labels[order], sizes, names)
    else:
        parts = np.split(order, np.cumsum(sizes)[:-1])
    return tuple(dataset.part(part) for part in parts)


def _sizes(length: int, share: float | Sequence[float]) -> list[int]:
    """The number of rows of each part."""
    if isinstance(share, int | float | np.number):
        if not 0 < share < 1:
            raise ArgumentError(
                f"split got share={share}",
                why="the first part's share of the rows lies between 0 and 1",
                instead="Write 0.8 for four fifths, or the size of each part, as in (800, 200).",
            )
        sizes = [round(length * float(share))]
        sizes.append(length - sizes[0])
        if min(sizes) == 0:
            raise ArgumentError(
                f"split got share={share} of {length} rows",
                why=f"that leaves parts of {sizes[0]} and {sizes[1]} rows",
                instead="Choose a share that gives each part a row, or take more data.",
            )
        return sizes
    if any(0 < size < 1 for size in share):
        return _shares(length, share)
    if any(size != int(size) for size in share):
        raise ArgumentError(
            f"split got sizes {list(share)}",
            why="a part has a whole number of rows",
            instead="Write integers, or shares that add up to 1, as in (0.8, 0.2).",
        )
    sizes = [int(size) for size in share]
    if not sizes or min(sizes) < 1 or sum(sizes) != length:
        raise ArgumentError(
            f"split got sizes {sizes}, which add up to {sum(sizes)}",
            why=f"each part takes 1 row or more, and all take the data set's {length}",
            instead=f"Write a share, as in 0.8, or sizes that add up to {length}.",
        )
    return sizes


def _shares(length: int, shares: Sequence[float]) -> list[int]:
    """The number of rows of each part by its share; rows left by rounding down go to the first
    parts, one each, as PyTorch's random_split deals them."""
    if min(shares) <= 0 or not math.isclose(sum(shares), 1):
        raise ArgumentError(
            f"split got shares {list(shares)}, which add up to {sum(shares):g}",
            why="each row goes into exactly one part",
            instead="Write shares above 0 that add up to 1, as in (0.8, 0.2).",
        )
    sizes = [math.floor(length * share) for share in shares]
    for part in range(length - sum(sizes)):
        sizes[part % len(sizes)] += 1
    if min(sizes) == 0:
        raise ArgumentError(
            f"split got shares {list(shares)} of {length} rows",
            why=f"that leaves parts of {' and '.join(map(str, sizes))} rows",
            instead="Choose shares that give each part a row, or take more data.",
        )
    return sizes


def _classes(dataset: TensorDataset) -> tuple[np.ndarray, np.ndarray]:
    """The distinct classes in order, and (N,) the place of each row's class among them."""
    targets = dataset.tensors[-1].value
    if targets.dtype.kind not in "iub" or targets.size != len(targets):
        raise DataError(
            f"split got targets of shape {targets.shape} and type {targets.dtype} to stratify by",
            why="classes are one integer a row, in the last tensor",
            instead="Write stratify=False to split without regard to classes.",
        )
    return np.unique(targets.reshape(-1), return_inverse=True)


def _stratified(
    rows: np.ndarray, labels: np.ndarray, sizes: list[int], names: np.ndarray
) -> list[np.ndarray]:
    """The rows of each part: parts are taken off one by one, so that rounding never adds up."""
    counts = np.bincount(labels)
    parts = []
    for number, size in enumerate(sizes):
        quotas = largest_remainders(np.bincount(labels, minlength=len(counts)), size)
        if quotas.min() == 0:
            scarce = int(quotas.argmin())
            raise DataError(
                f"split found {counts[scarce]} row(s) of class {names[scarce]}",
                why=f"that is too few for a row in each part: part {number}, of {size} of "
                f"{sum(sizes)} rows, gets none",
                instead="Write stratify=False, give that part more rows, or leave the class out.",
            )
        taken = np.zeros(len(rows), bool)
        for label, quota in enumerate(quotas):
            taken[np.flatnonzero(labels == label)[:quota]] = True
        parts.append(rows[taken])
        rows, labels = rows[~taken], labels[~taken]
    return parts


def largest_remainders(counts: np.ndarray, size: int) -> np.ndarray:
    """How many rows of each class a part of `size` rows takes, by the largest remainders."""
    whole, remainder = np.divmod(counts * size, counts.sum())
    short = size - int(whole.sum())
    whole[np.argsort(-remainder, kind="stable")[:short]] += 1
    return whole
