"""`einsum`: sums of products by labels, one contraction for each further operand."""

from __future__ import annotations

import string
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, ShapeError
from holograd.ops.contract import contract
from holograd.ops.movement import permute, reshape
from holograd.ops.pattern import Pattern
from holograd.ops.reduce import sum
from holograd.ops.table import composite, public, shape_of, with_article


@composite
def einsum(equation: str, *operands: Any) -> Any:
    """Sums of products by labels: `einsum("ij,jk->ik", a, b)` is the matrix product.

    An ellipsis stands for further dimensions, which broadcast. Without `->` the output has the
    labels that occur once, in alphabetical order. Several operands are contracted from the left.

    Args:
        equation: the labels of each operand, letters or an ellipsis, and those of the output.
        operands: tensors, one after the other or in a list.

    Raises:
        ShapeError: a label has two extents.
        ArgumentError: the equation cannot be read, or does not fit the operands.

    Example:
        >>> import holograd as hg
        >>> hg.einsum("ii->i", hg.tensor([[1, 2], [3, 4]])).tolist()
        [1, 4]
    """
    if not isinstance(equation, str):
        raise ArgumentError(
            f"einsum takes labels as text first, and got {with_article(type(equation).__name__)}",
            instead='Write hg.einsum("ij,jk->ik", a, b).',
        )
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    terms, result = _read(equation)
    if len(terms) != len(operands):
        raise ArgumentError(
            f"einsum {equation!r} names {len(terms)} operands, and got {len(operands)}"
        )
    further = [  # how many dimensions the ellipsis of each operand stands for
        len(shape_of(one, "einsum")) - len(term.replace("...", ""))
        for term, one in zip(terms, operands, strict=True)
    ]
    spare = "".join(letter for letter in string.ascii_letters if letter not in equation)
    ellipsis = spare[: max([0, *(n for n, t in zip(further, terms, strict=True) if "..." in t)])]
    wanted = result.replace("...", ellipsis)
    factors = []
    for term, operand, count in zip(terms, operands, further, strict=True):
        labels = term.replace("...", ellipsis[len(ellipsis) - max(count, 0) :])
        if len(labels) != len(operand.shape):
            raise ArgumentError(
                f"einsum {equation!r}: {term!r} does not name the dimensions of {operand.shape}"
            )
        factors.append(_diagonal(operand, labels))
    known = {label for _, labels in factors for label in labels}
    if len(set(wanted)) != len(wanted) or not set(wanted) <= known:
        raise ArgumentError(f"einsum {equation!r} cannot have the output {result!r}")
    value, labels = factors[0]
    for position, (other, other_labels) in enumerate(factors[1:], start=2):
        later = {x for _, names in factors[position:] for x in names} | set(wanted)
        value, labels = _pair(value, labels, other, other_labels, later)
    value, labels = _summed(value, labels, set(wanted))
    return permute(value, tuple(labels.index(label) for label in wanted)) if wanted else value


def _read(equation: str) -> tuple[list[str], str]:
    """The labels of each operand, and those of the output."""
    left, arrow, result = equation.replace(" ", "").partition("->")
    letters = (left + result).replace("...", "").replace(",", "")
    if letters and not (letters.isascii() and letters.isalpha()):
        raise ArgumentError(
            f"einsum cannot read {equation!r}", why="labels are letters, or one ellipsis `...`",
            instead='Write it like "ij,jk->ik".',
        )  # fmt: skip
    if not arrow:
        once = sorted(x for x in set(left) if x.isalpha() and left.count(x) == 1)
        result = ("..." if "..." in left else "") + "".join(once)
    return left.split(","), result


def _summed(value: Any, labels: str, kept: set[str]) -> tuple[Any, str]:
    dims = tuple(place for place, label in enumerate(labels) if label not in kept)
    return (sum(value, dims), "".join(x for x in labels if x in kept)) if dims else (value, labels)


def _diagonal(value: Any, labels: str) -> tuple[Any, str]:
    """A label that occurs twice in one operand keeps only the diagonal."""
    for label in sorted(set(labels)):
        while labels.count(label) > 1:
            first, second = labels.index(label), labels.rindex(label)
            extent = value.shape[first]
            if value.shape[second] != extent:
                raise ShapeError(
                    f"einsum: label {label} has extents {extent} and {value.shape[second]}"
                )
            same = np.arange(extent)[:, None] == np.arange(extent)
            rest = [place for place in range(len(labels)) if place not in (first, second)]
            moved = permute(value, (first, second, *rest))
            same = same.reshape(extent, extent, *[1] * len(rest))
            value = sum(moved * same.astype(value.dtype), 1)
            labels = label + "".join(labels[place] for place in rest)
    return value, labels


def _pair(a: Any, labels_a: str, b: Any, labels_b: str, later: set[str]) -> tuple[Any, str]:
    """One contraction; what only one operand has and nobody needs is summed before it."""
    a, labels_a = _summed(a, labels_a, later | set(labels_b))
    b, labels_b = _summed(b, labels_b, later | set(labels_a))
    for label in set(labels_a) & set(labels_b):
        extents = a.shape[labels_a.index(label)], b.shape[labels_b.index(label)]
        if 1 in extents and extents[0] != extents[1]:  # an ellipsis broadcasts
            a, labels_a = _without(a, labels_a, label, extents[0])
            b, labels_b = _without(b, labels_b, label, extents[1])
    out = "".join(x for x in dict.fromkeys(labels_a + labels_b) if x in later)
    return contract(a, b, Pattern(tuple(labels_a), tuple(labels_b), tuple(out))), out


def _without(value: Any, labels: str, label: str, extent: int) -> tuple[Any, str]:
    if extent != 1:
        return value, labels
    place = labels.index(label)
    shape = value.shape[:place] + value.shape[place + 1 :]
    return reshape(value, shape), labels.replace(label, "")


public(einsum, method=False)
