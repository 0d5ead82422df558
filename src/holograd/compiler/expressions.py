"""What a loop computes at one place: a tree of loads and operations, each made once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from holograd.compiler.index import Affine, Extent
from holograd.graph import Operation


@dataclass(frozen=True, eq=False)
class Buffer:
    """A piece of memory that holds a node's numbers, or a constant's.

    Attributes:
        name: what it is called in listings.
        dtype: the kind of number.
        extents: of the node's dimensions.
        strides: how far apart neighbours along each dimension lie, in numbers.
        size: how many numbers it has room for.
        value: what it holds from the start, where it is a constant.
    """

    name: str
    dtype: np.dtype
    extents: tuple[Extent, ...]
    strides: tuple[int, ...]
    size: int
    value: np.ndarray | None = None

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False)
class Expression:
    """A number at each turn of a loop; `dtype` says which kind."""

    dtype: np.dtype


@dataclass(frozen=True, eq=False)
class Load(Expression):
    """What lies at a place of a buffer."""

    buffer: Buffer
    place: Affine

    def __str__(self) -> str:
        return f"{self.buffer}[{self.place}]"


@dataclass(frozen=True, eq=False)
class Constant(Expression):
    """The same number everywhere."""

    number: Any

    def __str__(self) -> str:
        return f"{self.number:g}" if self.dtype.kind == "f" else str(self.number)


@dataclass(frozen=True, eq=False)
class Apply(Expression):
    """An operation of the table that works number by number."""

    operation: Operation
    inputs: tuple[Expression, ...]
    parameters: Any

    def __str__(self) -> str:
        return f"{self.operation.name}({', '.join(map(str, self.inputs))})"


@dataclass(frozen=True, eq=False)
class Position(Expression):
    """A position as a number (int64)."""

    place: Affine

    def __str__(self) -> str:
        return f"({self.place})"


@dataclass(frozen=True, eq=False)
class Count(Expression):
    """How many places dimensions have, as a number."""

    extent: Extent

    def __str__(self) -> str:
        return str(self.extent)


@dataclass(frozen=True, eq=False)
class Index(Expression):
    """An integer that names a place; what is outside of the dimension is told, and read as a place
    inside."""

    source: Expression
    extent: Extent

    def __str__(self) -> str:
        return str(self.source)


@dataclass(frozen=True, eq=False)
class Result(Expression):
    """What the reduction or product of the same nest gave."""

    number: int

    def __str__(self) -> str:
        return "result" if self.number == 0 else f"result{self.number}"
