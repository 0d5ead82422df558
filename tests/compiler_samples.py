"""More samples of each operation for the compiler: shapes that are multiples of nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from holograd.graph import Operation
from holograd.ops.pattern import Pattern, Window
from holograd.ops.table import BOOL, FLOAT32, FLOAT64, INT64, SHARED
from random_graphs import domain

Case = tuple[list[np.ndarray], dict[str, Any]]

ONE = [(67,), (3, 5, 7), (17, 1, 3), (33, 2), (1,), (5, 0), ()]
TWO = [
    ((7, 5), (7, 5)), ((33,), (33,)), ((3, 1, 5), (7, 1)), ((5, 17), ()), ((1,), (67,)),
    ((17, 3), (17, 1)), ((4, 0), (4, 1)), ((2, 3, 1, 1), (3, 5, 7)),
]  # fmt: skip
THREE = [((3, 5), (5,), (3, 1)), ((67,), (67,), (67,)), ((7, 1), (), (1, 33)), ((), (), ())]
REDUCED = [
    ((67,), (0,), False), ((17, 33), (1,), False), ((33, 17), (0,), True),
    ((3, 5, 7), (0, 2), False), ((3, 5, 7), (1,), True), ((5, 7, 3, 2), (1, 2), False),
    ((5, 1, 7), (1,), False),
    ((2, 3, 67), (0, 1, 2), False), ((130,), (0,), True), ((1, 1), (0, 1), False),
]  # fmt: skip
ALONG = [((67,), 0), ((17, 33), 1), ((33, 17), 0), ((3, 5, 7), 1), ((5, 1), 1), ((1, 5), 0)]
STEPS = [
    ((3, 11), ((3, 2, 1),)), ((2, 3, 7, 9), ((3, 2, 1), (2, 2, 1))), ((17, 5), ((2, 1, 3),)),
    ((5, 5), ((5, 1, 1), (1, 3, 1))),
]  # fmt: skip


def _windowed(
    n: int, c: int, o: int, size: int, kernel: int, stride: int, dilation: int, padding: int
) -> tuple[tuple[int, ...], tuple[int, ...], Pattern]:
    """A convolution along one dimension."""
    count = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    window = Window("h", "i", stride, dilation, -padding, size)
    pattern = Pattern(
        ("n", "c", window), ("o", "c", "i"), ("n", "o", "h"), (("h", count), ("i", kernel))
    )
    return (n, c, size), (o, c, kernel), pattern


def _image(n: int, c: int, o: int, size: int, kernel: int, padding: int) -> tuple[Any, ...]:
    """A convolution over images."""
    count = size + 2 * padding - kernel + 1
    axes = [Window(f"h{d}", f"i{d}", 1, 1, -padding, size) for d in "01"]
    pattern = Pattern(
        ("n", "c", *axes), ("o", "c", "i0", "i1"), ("n", "o", "h0", "h1"),
        (("h0", count), ("i0", kernel), ("h1", count), ("i1", kernel)),
    )  # fmt: skip
    return (n, c, size, size), (o, c, kernel, kernel), pattern


def _words(a: str, b: str, out: str) -> Pattern:
    return Pattern(tuple(a), tuple(b), tuple(out))


CONTRACTED = [
    ((7, 33), (33, 5), _words("ik", "kj", "ij")), ((17, 3), (67, 3), _words("ik", "jk", "ij")),
    ((5, 17), (5, 33), _words("ki", "kj", "ij")), ((5, 7), (33, 5), _words("ki", "jk", "ji")),
    ((1, 67), (67, 1), _words("ik", "kj", "ij")), ((67,), (67,), _words("k", "k", "")),
    ((3, 5, 7), (3, 7, 2), _words("bik", "bkj", "bij")), ((17,), (33,), _words("i", "j", "ij")),
    ((3, 5), (3, 5), _words("ij", "ij", "ij")), ((33, 17), (33, 17), _words("ij", "ij", "i")),
    ((3, 5, 7), (5, 7), _words("abc", "bc", "a")), ((5, 0), (0, 7), _words("ik", "kj", "ij")),
    ((33, 33), (33, 33), _words("ik", "kj", "ij")),
    ((2, 3, 5), (7, 5, 3), _words("abc", "dcb", "da")),
    _windowed(3, 2, 5, 11, 3, 1, 1, 1), _windowed(2, 3, 7, 17, 3, 2, 2, 2),
    _windowed(1, 1, 1, 5, 5, 1, 1, 0), _windowed(5, 3, 2, 7, 2, 3, 1, 0), _image(3, 2, 5, 7, 3, 1),
]  # fmt: skip


def _draw(generator: np.random.Generator, *shape: int) -> np.ndarray:
    return generator.uniform(-2, 2, shape)


def _reduced(generator: np.random.Generator) -> list[Case]:
    return [
        ([_draw(generator, *shape)], {"dims": dims, "keepdim": keepdim})
        for shape, dims, keepdim in REDUCED
    ]


def _along(generator: np.random.Generator) -> list[Case]:
    return [([_draw(generator, *shape)], {"dim": dim}) for shape, dim in ALONG]


def _moved(name: str, *cases: tuple[tuple[int, ...], Any]) -> Callable[..., list[Case]]:
    return lambda generator: [([_draw(generator, *shape)], {name: one}) for shape, one in cases]


def _overlapping(generator: np.random.Generator) -> list[Case]:
    cases = []
    for shape, steps in STEPS:
        front, extents = shape[: len(shape) - len(steps)], shape[len(shape) - len(steps) :]
        counts = [
            (extent - dilation * (size - 1) - 1) // stride + 1
            for extent, (size, stride, dilation) in zip(extents, steps, strict=True)
        ]
        wide = (*front, *counts, *(size for size, _, _ in steps))
        cases.append(([_draw(generator, *wide)], {"steps": steps, "extents": extents}))
    return cases


def _taken(generator: np.random.Generator) -> list[Case]:
    return [
        ([_draw(generator, *shape), generator.integers(0, shape[0], where)], {})
        for shape, where in [((7, 5), (17,)), ((33,), (3, 5)), ((5, 3, 7), (2, 3)), ((1, 67), (1,))]
    ]


def _accumulated(generator: np.random.Generator) -> list[Case]:
    return [
        ([generator.integers(0, count, where), _draw(generator, *where, *rest)], {"count": count})
        for where, rest, count in [
            ((17,), (5,), 7), ((3, 5), (), 33), ((2, 3), (3, 7), 5), ((5,), (67,), 1)
        ]
    ]  # fmt: skip


def _gathered(generator: np.random.Generator) -> list[Case]:
    return [
        ([_draw(generator, *shape), generator.integers(0, shape[dim], where)], {"dim": dim})
        for shape, where, dim in [
            ((7, 5), (7, 17), 1), ((7, 5), (3, 5), 0), ((3, 5, 7), (3, 1, 7), 1), ((67,), (33,), 0),
            ((33, 17), (33, 1), 1),
        ]
    ]  # fmt: skip


def _scattered(generator: np.random.Generator) -> list[Case]:
    return [
        ([np.zeros(shape) if zero else _draw(generator, *shape),
          generator.integers(0, shape[dim], where), _draw(generator, *wide)], {"dim": dim})
        for shape, where, wide, dim, zero in [
            ((7, 5), (7, 17), (7, 17), 1, False), ((7, 5), (3, 5), (5, 5), 0, False),
            ((33, 17), (33, 1), (33, 1), 1, True), ((3, 5, 7), (3, 1, 7), (3, 1, 7), 1, True),
            ((67,), (33,), (33,), 0, True),
        ]
    ]  # fmt: skip


def _joined(generator: np.random.Generator) -> list[Case]:
    return [
        ([_draw(generator, *shape) for shape in shapes], {"dim": dim})
        for shapes, dim in [
            ([(3, 5), (3, 7), (3, 1)], 1), ([(17, 3), (33, 3)], 0), ([(67,), (0,), (5,)], 0),
            ([(2, 3, 5)] * 3, 1),
        ]
    ]  # fmt: skip


def _sorted(generator: np.random.Generator) -> list[Case]:
    ties = generator.integers(0, 5, (5, 67)).astype(float)
    cases = [((67,), 0, False), ((17, 33), 1, True), ((33, 5), 0, False), ((3, 5, 7), 1, True)]
    return [([ties], {"dim": 1, "descending": True})] + [
        ([_draw(generator, *shape)], {"dim": dim, "descending": descending})
        for shape, dim, descending in cases
    ]


def _random(*parameters: dict[str, Any]) -> Callable[..., list[Case]]:
    return lambda generator: [([generator.integers(0, 2**40, 2)], one) for one in parameters]


def _shaped(**more: Any) -> list[dict[str, Any]]:
    return [{"shape": shape, **more} for shape in [(67,), (5, 33), (3, 5, 7), (1,), ()]]


EXTRA: dict[str, Callable[[np.random.Generator], list[Case]]] = {
    **dict.fromkeys("all amax amin any logsumexp mean prod sum".split(), _reduced),
    **dict.fromkeys("argmax argmin cumprod cumsum log_softmax softmax".split(), _along),
    "accumulate": _accumulated,
    "argsort": _sorted,
    "cat": _joined,
    "contract": lambda generator: [
        ([_draw(generator, *a), _draw(generator, *b)], {"pattern": pattern})
        for a, b, pattern in CONTRACTED
    ],
    "count": _moved("dims", ((3, 67), (0,)), ((5, 7, 3), (0, 2)), ((), ())),
    "expand": _moved(
        "shape", ((17, 1), (17, 33)), ((1, 5), (3, 7, 5)), ((), (67,)), ((3, 1, 1), (3, 5, 7)),
    ),
    "flip": _moved("dims", ((67,), (0,)), ((17, 5), (0, 1)), ((3, 5, 7), (1,)), ((33, 3), (0,))),
    "gather": _gathered,
    "overlap_add": _overlapping,
    "pad": lambda generator: [
        ([_draw(generator, *shape)], {"edges": edges, "value": value})
        for shape, edges, value in [
            ((67,), ((3, 5, 0),), 0.5), ((3, 5, 7), ((1, 0, 0), (0, 2, 1), (3, 3, 2)), 0.0),
            ((17, 3), ((0, 0, 0), (1, 1, 0)), -np.inf),
        ]
    ],
    "permute": _moved(
        "dims", ((17, 33), (1, 0)), ((3, 5, 7), (2, 0, 1)), ((2, 3, 5, 7), (0, 2, 3, 1)),
        ((1, 67), (1, 0)),
    ),
    "reshape": _moved(
        "shape", ((15, 7), (3, 5, 7)), ((6, 35), (10, 21)), ((67,), (1, 67, 1)), ((4, 9), (6, 6)),
        ((3, 5, 7), (7, 15)),
    ),
    "scatter_add": _scattered,
    "slice": _moved(
        "bounds", ((67,), ((3, 60, 7),)), ((17, 33), ((1, 17, 3), (0, 33, 2))),
        ((3, 5, 7), ((0, 3, 1), (1, 4, 1), (6, 7, 1))),
    ),
    "take": _taken,
    "windows": _moved("steps", *STEPS),
    "uniform": _random(*_shaped(dtype=FLOAT32), *_shaped(dtype=FLOAT64)),
    "normal": _random(*_shaped(dtype=FLOAT32), *_shaped(dtype=FLOAT64)),
    "integers": _random(*_shaped(low=-7, high=60), {"shape": (33,), "low": 0, "high": 2**32}),
    "permutation": _random({"count": 67}, {"count": 1}, {"count": 300}),
}  # fmt: skip


def extra_cases(record: Operation) -> list[Case]:
    """Samples from the operation's domain on larger and odder shapes, the same each time."""
    generator = np.random.default_rng(21)
    if record.native is None:
        return EXTRA[record.name](generator)
    count = len(record.kinds)
    if count == 1:
        shapes = [(one,) for one in ONE]
    elif count == 2:
        shapes = TWO
    else:
        shapes = THREE
    named = {"cast": {"dtype": FLOAT32}, "truncate": {"dtype": INT64}}.get(record.name, {})
    return [
        ([_within(record, place, shape, generator) for place, shape in enumerate(one)], named)
        for one in shapes
    ]


def _within(
    record: Operation, place: int, shape: tuple[int, ...], generator: np.random.Generator
) -> np.ndarray:
    low, high = domain(record.name, place)
    drawn = np.asarray(generator.uniform(low, high, shape))
    return drawn > (low + high) / 2 if record.kinds[place] == "bool" else drawn


def as_kind(record: Operation, case: Case, dtype: np.dtype, generator: np.random.Generator) -> Case:
    """A case with another kind of number in place of floats: integers that suit the operation."""
    inputs, parameters = case
    given = []
    for place, one in enumerate(inputs):
        kind = record.kinds[min(place, len(record.kinds) - 1)]
        if kind not in SHARED:
            given.append(one)
        elif dtype.kind == "f":
            given.append(one.astype(dtype))
        else:
            given.append(_whole(record, place, one.shape, dtype, generator))
    return given, parameters


def _whole(
    record: Operation, place: int, shape: tuple[int, ...], dtype: np.dtype,
    generator: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    if dtype == BOOL:
        return generator.random(shape) < 0.5
    least = np.iinfo(dtype).min if dtype.itemsize == 1 else -9
    drawn = generator.integers(least, np.iinfo(np.int8).max, shape)
    if place and record.name in ("floor_divide", "remainder"):
        drawn = np.where(drawn == 0, 3, drawn)
    if place and record.name == "pow":
        drawn = np.abs(drawn) % 6
    return np.asarray(drawn).astype(dtype)
