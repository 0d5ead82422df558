"""Linear equations in whole numbers: a solution without negatives, or the proof of none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

Solution = tuple[dict[int, Fraction] | None, list[Fraction]]


def unique_solution(matrix: np.ndarray, right: list[int]) -> list[Fraction] | None:
    """The u with A u = b; None where there is none, or more than one.

    Gauss's elimination; entries stay whole, for after each step they are determinants over one
    common denominator.

    Args:
        matrix: A, (m, n) of Python integers.
        right: b, m integers.

    Source: E. H. Bareiss, Sylvester's identity and multistep integer-preserving Gaussian
    elimination, 1968.

    Example:
        >>> unique_solution(np.array([[1, 1], [1, -1]], object), [2, 1])
        [Fraction(3, 2), Fraction(1, 2)]
    """
    table = np.column_stack([matrix, np.array(right, object)])
    columns = matrix.shape[1]
    denominator = 1
    for column in range(columns):
        usable = np.flatnonzero(table[column:, column])
        if not len(usable):
            return None
        table[[column, column + usable[0]]] = table[[column + usable[0], column]]
        pivot, line = table[column, column], table[column].copy()
        table = (table * pivot - np.outer(table[:, column], line)) // denominator
        table[column] = line
        denominator = pivot
    if table[columns:, -1].any():
        return None
    return [Fraction(each, denominator) for each in table[:columns, -1]]


def nonnegative_solution(matrix: np.ndarray, right: list[int]) -> Solution:
    """Either u ≥ 0 with A u = b, or y with Aᵀy ≤ 0 and b·y > 0, which rules such a u out.

    This is Farkas' lemma, and the first phase of the simplex method: it starts from a slack in each
    equation, and makes their sum as small as it gets, by the steepest column, or while it is stuck
    in a corner by Bland's rule, which goes in no circles.
    Entries stay whole as in `unique_solution`.

    Args:
        matrix: A, (m, n) of Python integers.
        right: b, m integers, none below 0.

    Returns:
        The positive entries of u by their place, at most m of them, or None; and y, which is all 0
        when there is a u.

    Source: R. G. Bland, New finite pivoting rules for the simplex method, 1977.

    Example:
        >>> nonnegative_solution(np.array([[1, 1], [1, -1]], object), [2, 1])[0]
        {0: Fraction(3, 2), 1: Fraction(1, 2)}
        >>> nonnegative_solution(np.array([[1, 1], [1, 1]], object), [2, 1])
        (None, [Fraction(1, 1), Fraction(-1, 1)])
    """
    rows, columns = matrix.shape
    table = np.empty((rows + 1, columns + rows + 1), object)
    table[:rows, :columns] = matrix
    table[:rows, columns:-1] = np.eye(rows, dtype=int)
    table[:rows, -1] = right
    # The last line holds the reduced costs of the sum of slacks, and less its value.
    table[rows] = -table[:rows].sum(axis=0)
    table[rows, columns:-1] = 0
    basis = list(range(columns, columns + rows))
    denominator, stuck = 1, False
    while True:
        falling = np.flatnonzero(table[rows, :columns] < 0)
        if not len(falling):
            break
        entering = int(falling[0] if stuck else falling[table[rows, falling].argmin()])
        candidates = [i for i in range(rows) if table[i, entering] > 0]
        ratios = [(Fraction(table[i, -1], table[i, entering]), basis[i], i) for i in candidates]
        leaving = min(ratios)[2]
        pivot, line = table[leaving, entering], table[leaving].copy()
        stuck = not line[-1]
        table = (table * pivot - np.outer(table[:, entering], line)) // denominator
        table[leaving] = line
        basis[leaving], denominator = entering, pivot
    costs = table[rows]
    duals = [1 - Fraction(each, denominator) for each in costs[columns:-1]]
    if costs[-1]:
        return None, duals
    solution = {
        place: Fraction(table[i, -1], denominator)
        for i, place in enumerate(basis)
        if place < columns and table[i, -1]
    }
    return dict(sorted(solution.items())), [Fraction(0)] * rows
