"""Expressions that people type, such as `F = w*x + b`: read by Python's parser, run by holograd.

Python reads the text into a tree, and never evaluates it. Of the tree, what is in the whitelist
becomes holograd operations on tensors of float64; anything else is an error with a mark under the
spot. Several assignments may follow each other, separated by semicolons; the last one is explained.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from holograd.creation import tensor
from holograd.errors import ArgumentError
from holograd.explanation.expressions.reader import Instruction, Reader
from holograd.explanation.expressions.spots import closest
from holograd.ops.table import FLOAT64
from holograd.tensor import Tensor, enable_grad


@dataclass(frozen=True)
class Expression:
    """An expression that was read.

    Attributes:
        text: as it was typed.
        variables: the names whose values must be given, in order.
        output: the name of the result; empty where it has none.
        instructions: what to do, in order.

    Example:
        >>> expression = parse("F = w*x + b")
        >>> expression.variables, expression.output
        (('w', 'x', 'b'), 'F')
        >>> result, tensors = expression.run({"w": 3, "x": 2, "b": 1})
        >>> result.item(), list(tensors)
        (7.0, ['w', 'x', 'b', 'F'])
    """

    text: str
    variables: tuple[str, ...]
    output: str
    instructions: tuple[Instruction, ...]

    @property
    def operations(self) -> int:
        """How many operations of one or two numbers there are; `max` of three has two."""
        return sum(max(1, one.count - 1) for one in self.instructions if one.run is not None)

    def run(self, values: Mapping[str, float]) -> tuple[Tensor, dict[str, Tensor]]:
        """Computes the result by holograd, with a graph of how it came about.

        Args:
            values: a number for each variable.

        Returns:
            The result, and the tensors by their names: variables, and what was assigned.

        Raises:
            ArgumentError: a value is missing, not needed, or not a finite number.
        """
        self._check(values)
        kept: dict[str, Tensor] = {
            name: tensor(float(values[name]), dtype=FLOAT64, requires_grad=True)
            for name in self.variables
        }
        names = dict(kept)
        stack: list[Any] = []
        with enable_grad():
            for one in self.instructions:
                if one.store:
                    stack[-1] = kept[one.store] = _tensor(stack[-1])
                    inner = one.store not in self.variables  # `x += 1`: x is the name of the input
                    if inner and not any(stack[-1] is known for known in names.values()):
                        names[one.store] = stack[-1]
                elif one.run is not None:
                    taken = stack[len(stack) - one.count :]
                    del stack[len(stack) - one.count :]
                    stack.append(one.run(*map(_tensor, taken)))
                else:
                    stack.append(kept[one.name] if one.name else one.number)
        return _tensor(stack[-1]), names

    def _check(self, values: Mapping[str, float]) -> None:
        missing = [name for name in self.variables if name not in values]
        if missing:
            given = " ".join(f"{name}=2" for name in missing)
            raise ArgumentError(
                f"{' and '.join(missing)} {'has' if len(missing) == 1 else 'have'} no value",
                instead=f"Give one to each variable, as in {given}",
            )
        unused = [name for name in values if name not in self.variables]
        if unused:
            known = (
                f"its variables are {', '.join(self.variables)}"
                if self.variables
                else ("it has no variables")
            )
            raise ArgumentError(
                f"{unused[0]} has a value, and the expression has no {unused[0]}",
                why=known,
                instead=closest(unused[0], self.variables) or "Leave it out.",
            )
        for name, value in values.items():
            if not math.isfinite(value):
                raise ArgumentError(f"{name} is {value}", why="that is not a finite number")


def _tensor(one: Any) -> Tensor:
    return one if isinstance(one, Tensor) else tensor(one, dtype=FLOAT64)


def parse(text: str, given: Iterable[str] = ()) -> Expression:
    """Reads an expression.

    Args:
        text: numbers, names, `+ − * / **`, brackets, the functions of `FUNCTIONS`, max and min,
            the constants pi and e; `F = …` names the result.
        given: names that have values: `e` and `pi` among them are variables.

    Raises:
        ArgumentError: anything else is in it; the message shows where.

    Example:
        >>> parse("2x + 1")
        Traceback (most recent call last):
        holograd.errors.ArgumentError: the expression cannot be read: a sign is missing after 2. ...
    """
    reader = Reader(text, frozenset(given))
    reader.read()
    return Expression(text, tuple(reader.variables), reader.output, tuple(reader.instructions))
