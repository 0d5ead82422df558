"""Random graphs from the table of operations, as a Hypothesis strategy.

`programs()` draws a `Program`: inputs, and steps that each apply one operation to values made
before, with sharing, broadcasting, reductions and products. Calling it with tensors runs it in
whatever interpreter is current. Its values stay finite and inside of each operation's domain, which
is read off the record's samples: where a value lies outside, steps that squash it come before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from holograd.graph import Spec, apply, arrays, interpreting
from holograd.ops.pattern import Pattern, Window
from holograd.ops.table import FLOAT32, FLOAT64, SHARED, TABLE

LARGEST = 50.0  # values beyond this are squashed
MOST_NUMBERS = 64
DIFFERENTIABLE = frozenset(name for name, one in TABLE.items() if one.gradient is not None)


@dataclass(frozen=True)
class Step:
    """One operation: its inputs are places of values made before, or constants."""

    name: str
    inputs: tuple[Any, ...]
    parameters: dict[str, Any]


@dataclass
class Program:
    """Inputs, steps, and the places of the values that no other step takes: the results."""

    inputs: list[np.ndarray]
    steps: list[Step] = field(default_factory=list)

    @property
    def results(self) -> list[int]:
        used = {place for step in self.steps for place in step.inputs if isinstance(place, int)}
        first = len(self.inputs)
        return [place for place in range(first, first + len(self.steps)) if place not in used]

    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        values: list[Any] = list(inputs)
        for step in self.steps:
            given = [values[one] if isinstance(one, int) else one for one in step.inputs]
            values.append(apply(TABLE[step.name], given, step.parameters))
        return tuple(values[place] for place in self.results)

    def __repr__(self) -> str:
        lines = [f"v{place} = {one.dtype}{one.shape}" for place, one in enumerate(self.inputs)]
        for place, step in enumerate(self.steps, start=len(self.inputs)):
            given = [f"v{one}" if isinstance(one, int) else repr(one) for one in step.inputs]
            given += [f"{name}={value}" for name, value in step.parameters.items()]
            lines.append(f"v{place} = {step.name}({', '.join(given)})")
        return "\n" + "\n".join(lines)


# --- what an operation needs ---


@cache
def domain(name: str, position: int) -> tuple[float, float]:
    """The least and the greatest number among the record's samples: its safe domain."""
    numbers = [
        np.asarray(inputs[position]).ravel()
        for seed in range(8)
        for inputs, _ in TABLE[name].samples(np.random.default_rng(seed))
    ]
    joined = np.concatenate(numbers)
    return float(joined.min()), float(joined.max())


FREE = {"abs", "relu"}  # whose samples only keep off a kink
EVERYWHERE = (-1.9, 1.9)  # samples that reach so far do not mean a domain

UNARY = sorted(
    name for name in DIFFERENTIABLE
    if len(TABLE[name].kinds) == 1 and not TABLE[name].samples(np.random.default_rng(0))[0][1]
)  # fmt: skip
BINARY = sorted(
    name for name in DIFFERENTIABLE - {"cat"}
    if len(TABLE[name].kinds) == 2 and set(TABLE[name].kinds) <= set(SHARED)
    and not TABLE[name].samples(np.random.default_rng(0))[0][1]
)  # fmt: skip
COMPARISONS = ("eq", "ge", "gt", "le", "lt", "ne")
REDUCTIONS = ("amax", "amin", "logsumexp", "mean", "prod", "sum")
ALONG = ("cumprod", "cumsum", "log_softmax", "softmax")
SPECIAL = """
    accumulate cat contract expand flip gather overlap_add pad permute reshape scatter_add slice
    take where windows
""".split()
STEPPED = {"cast", "floor_divide", "remainder"}  # left out of smooth programs
JUMPING = {"ceil", "floor", "round", "sign"}


class Builder:
    """A program that grows: draws steps, keeps the values, and squashes what leaves a domain."""

    def __init__(self, draw: Callable[[Any], Any], inputs: list[np.ndarray]):
        self.draw = draw
        self.program = Program(inputs)
        self.values: list[np.ndarray] = list(inputs)

    def pick(self, options: Any) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def add(self, name: str, *inputs: Any, **parameters: Any) -> int | None:
        """Appends a step and returns its place; None where its result would be too large."""
        given = [self.values[one] if isinstance(one, int) else one for one in inputs]
        plain = [np.asarray(one, FLOAT64) if isinstance(one, float) else one for one in given]
        record = TABLE[name]
        specs = [Spec(one.shape, one.dtype) for one in plain]
        if math.prod(record.shape(*specs, **parameters)) > MOST_NUMBERS:
            return None
        with interpreting(arrays):
            value = np.asarray(record.numpy(*plain, **parameters))
        self.values.append(value)
        self.program.steps.append(Step(name, inputs, parameters))
        place = len(self.values) - 1
        if value.dtype.kind == "f" and not is_tame(value):
            assert not np.any(np.isnan(value)), f"{name} left its domain:{self.program}"
            return self.add("tanh", place)
        return place

    def inside(self, name: str, position: int, place: int) -> int:
        """`place`, or a value made of it that lies in the operation's domain."""
        low, high = domain(name, position)
        if name in FREE or (low < EVERYWHERE[0] and high > EVERYWHERE[1]):
            return place
        value = self.values[place]
        if not value.size or (value.min() > low and value.max() < high):
            return place
        scaled = self.add("mul", self.sure("sigmoid", place), high - low)
        assert scaled is not None
        return self.sure("add", scaled, low)

    def sure(self, name: str, *inputs: Any, **parameters: Any) -> int:
        place = self.add(name, *inputs, **parameters)
        assert place is not None
        return place

    def places(self, fits: Callable[[np.ndarray], bool] = lambda value: True) -> list[int]:
        return [
            place
            for place, value in enumerate(self.values)
            if value.dtype.kind == "f" and is_tame(value) and fits(value)
        ]

    def place(self, fits: Callable[[np.ndarray], bool] = lambda value: True) -> int | None:
        """A value of floats that fits; the later ones are likelier."""
        options = self.places(fits)
        return self.pick([*options[-3:], *options]) if options else None

    def dims(self, ndim: int) -> tuple[int, ...]:
        return tuple(sorted(self.draw(st.sets(st.integers(0, ndim - 1))))) if ndim else ()

    def index(self, shape: tuple[int, ...], below: int) -> np.ndarray:
        numbers = st.lists(
            st.integers(0, below - 1), min_size=math.prod(shape), max_size=math.prod(shape)
        )
        return np.array(self.draw(numbers), np.int64).reshape(shape)

    # --- one more step ---

    def unary(self, name: str) -> None:
        self.add(name, self.inside(name, 0, self.place() or 0))

    def binary(self, name: str) -> None:
        first = self.place() or 0
        shape = self.values[first].shape
        second = self.place(lambda value: broadcast(value.shape, shape))
        assert second is not None
        places: list[Any] = [self.inside(name, 0, first), self.inside(name, 1, second)]
        if self.draw(st.booleans()) and self.draw(st.booleans()):
            low, high = domain(name, 1)
            places[1] = round(0.25 * low + 0.75 * high, 3)
        elif self.draw(st.booleans()) and name not in ("div", "pow"):
            places.reverse()
        self.add(name, *places)

    def reduction(self, name: str) -> None:
        place = self.place(lambda value: value.size > 0) or 0
        dims = self.dims(self.values[place].ndim)
        self.add(name, place, dims=dims, keepdim=self.draw(st.booleans()))

    def along(self, name: str) -> None:
        place = self.place(lambda value: value.ndim > 0)
        if place is not None:
            self.add(name, place, dim=self.pick(range(self.values[place].ndim)))

    def special(self, name: str) -> None:
        place = self.place(lambda value: value.ndim > 0 and value.size > 0)
        if place is not None:
            getattr(self, name)(place, self.values[place].shape)

    def reshape(self, place: int, shape: tuple[int, ...]) -> None:
        options = [(math.prod(shape),), (1, *shape), (*shape[1:], 1, shape[0])]
        self.add("reshape", place, shape=self.pick(options))

    def permute(self, place: int, shape: tuple[int, ...]) -> None:
        self.add("permute", place, dims=tuple(self.draw(st.permutations(range(len(shape))))))

    def expand(self, place: int, shape: tuple[int, ...]) -> None:
        wide = tuple(2 if extent == 1 else extent for extent in shape)
        self.add("expand", place, shape=self.pick([wide, (2, *shape), (1, *wide)]))

    def flip(self, place: int, shape: tuple[int, ...]) -> None:
        self.add("flip", place, dims=self.dims(len(shape)) or (0,))

    def pad(self, place: int, shape: tuple[int, ...]) -> None:
        width = st.integers(0, 1)
        edges = tuple(tuple(self.draw(width) for _ in range(3)) for _ in shape)
        self.add("pad", place, edges=edges, value=self.pick([0.0, 0.5]))

    def slice(self, place: int, shape: tuple[int, ...]) -> None:
        bounds = []
        for extent in shape:
            start = self.draw(st.integers(0, extent - 1))
            stop = self.draw(st.integers(start + 1, extent))
            bounds.append((start, stop, self.draw(st.integers(1, 2))))
        self.add("slice", place, bounds=tuple(bounds))

    def cat(self, place: int, shape: tuple[int, ...]) -> None:
        dim = self.pick(range(len(shape)))
        rest = shape[:dim] + shape[dim + 1 :]
        other = self.place(
            lambda value: (
                value.ndim == len(shape) and value.shape[:dim] + value.shape[dim + 1 :] == rest
            )
        )
        self.add("cat", place, other, place, dim=dim)

    def take(self, place: int, shape: tuple[int, ...]) -> None:
        self.add("take", place, self.index(self.pick([(3,), (2, 2), ()]), shape[0]))

    def accumulate(self, place: int, shape: tuple[int, ...]) -> None:
        self.add("accumulate", self.index(shape[:1], 3), place, count=3)

    def gather(self, place: int, shape: tuple[int, ...]) -> None:
        dim = self.pick(range(len(shape)))
        wanted = (*shape[:dim], 2, *shape[dim + 1 :])
        self.add("gather", place, self.index(wanted, shape[dim]), dim=dim)

    def scatter_add(self, place: int, shape: tuple[int, ...]) -> None:
        dim = self.pick(range(len(shape)))
        source = self.place(
            lambda value: (
                value.ndim == len(shape)
                and all(value.shape[d] <= extent for d, extent in enumerate(shape) if d != dim)
            )
        )
        if source is not None:
            index = self.index(self.values[source].shape, shape[dim])
            self.add("scatter_add", place, index, source, dim=dim)

    def where(self, place: int, shape: tuple[int, ...]) -> None:
        other = self.place(lambda value: broadcast(value.shape, shape))
        condition = self.add(self.pick(COMPARISONS), place, other)
        if condition is not None:
            third = self.place(lambda value: broadcast(value.shape, self.values[condition].shape))
            self.add("where", condition, place, third)

    def contract(self, place: int, shape: tuple[int, ...]) -> None:
        if len(shape) == 3:
            other = self.place(
                lambda value: (
                    value.ndim == 3
                    and value.shape[1] == shape[1]
                    and 0 < value.shape[2] <= shape[2] + 2
                )
            )
            if other is not None:
                self.convolution(place, other)
        elif len(shape) == 2:
            other = self.place(lambda value: value.ndim == 2 and value.shape[1] == shape[1])
            turned = self.pick([("i", "j"), ("j", "i")])
            self.add("contract", place, other, pattern=Pattern(("i", "k"), ("j", "k"), turned))
        elif len(shape) == 1:
            other = self.place(lambda value: value.ndim == 1)
            self.add("contract", place, other, pattern=Pattern(("i",), ("j",), ("i", "j")))

    def convolution(self, place: int, weight: int) -> None:
        extent, kernel = self.values[place].shape[2], self.values[weight].shape[2]
        stride = self.pick([1, 2])
        count = (extent + 2 - kernel) // stride + 1
        window = Window("h", "i", stride=stride, dilation=1, offset=-1, size=extent)
        pattern = Pattern(
            ("n", "c", window), ("o", "c", "i"), ("n", "o", "h"), (("h", count), ("i", kernel))
        )
        self.add("contract", place, weight, pattern=pattern)

    def windows(self, place: int, shape: tuple[int, ...]) -> None:
        size = self.draw(st.integers(1, shape[-1]))
        self.add("windows", place, steps=((size, self.pick([1, 2]), 1),))

    def overlap_add(self, place: int, shape: tuple[int, ...]) -> None:
        if len(shape) > 1:
            stride = self.pick([1, 2])
            extent = (shape[-2] - 1) * stride + shape[-1]
            self.add("overlap_add", place, steps=((shape[-1], stride, 1),), extents=(extent,))

    def cast(self, place: int, shape: tuple[int, ...]) -> None:
        self.add("cast", place, dtype=self.pick([FLOAT32, FLOAT64]))


def is_tame(value: np.ndarray) -> bool:
    """Whether its numbers are small enough for further operations."""
    return not value.size or bool(np.max(np.abs(value)) < LARGEST)


def broadcast(first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    """Whether the two shapes broadcast together."""
    try:
        np.broadcast_shapes(first, second)
    except ValueError:
        return False
    return True


SHAPES = [(), (1,), (3,), (2, 3), (3, 1), (1, 2), (2, 2, 3), (2, 1, 2), (1, 1)]


def operations(smooth: bool) -> list[str]:
    """The operations that programs are drawn from."""
    names = [*UNARY, *BINARY, *REDUCTIONS, *ALONG, *SPECIAL]
    return sorted(set(names) - STEPPED - JUMPING) if smooth else [*names, "cast"]


@st.composite
def programs(draw: Any, smooth: bool = True, most_steps: int = 10) -> Program:
    """Programs of one to `most_steps` drawn steps, with inputs of float64.

    Args:
        draw: what Hypothesis gives.
        smooth: whether operations that jump, or change the dtype, are left out.
        most_steps: how many operations are drawn at most; squashing adds some.
    """
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
    builder = Builder(draw, [np.asarray(generator.uniform(-2, 2, shape)) for shape in shapes])
    groups = {
        **dict.fromkeys(UNARY, Builder.unary),
        **dict.fromkeys(BINARY, Builder.binary),
        **dict.fromkeys(REDUCTIONS, Builder.reduction),
        **dict.fromkeys(ALONG, Builder.along),
        **dict.fromkeys([*SPECIAL, "cast"], Builder.special),
    }
    names = draw(st.lists(st.sampled_from(operations(smooth)), min_size=1, max_size=most_steps))
    for name in names:
        groups[name](builder, name)
    if not builder.program.steps:
        builder.add("sin", 0)
    return builder.program
