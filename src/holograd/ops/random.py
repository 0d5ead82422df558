"""Random numbers as operations: functions of a seed and a stream number, with nothing hidden.

Each draw takes a stream of its own from a `Generator`. The seed and the stream number are inputs of
the graph, so a captured step draws anew at each run, and any backend draws the same bits.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from holograd.errors import ArgumentError
from holograd.graph import Spec, apply, state
from holograd.ops.philox import random_words
from holograd.ops.table import FLOAT32, FLOAT64, INT64, operation


class Generator:
    """A source of streams of random numbers: a seed, and a count of the streams handed out.

    Example:
        >>> Generator(7).next_stream()
        (7, 0)
    """

    def __init__(self, seed: int = 0):
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> Generator:
        """Begins again from `seed`; returns itself."""
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
            raise ArgumentError(f"a seed is {seed!r}", instead="Write an integer.")
        self.seed = int(seed)
        self.stream = 0
        return self

    def initial_seed(self) -> int:
        """The seed."""
        return self.seed

    def next_stream(self) -> tuple[int, int]:
        """The seed, and a stream number that was not handed out before."""
        self.stream += 1
        signed = (self.seed + 2**63) % 2**64 - 2**63  # any integer counts, modulo 2⁶⁴
        return signed, self.stream - 1

    def get_state(self) -> dict[str, int]:
        """Seed and stream count, for `set_state`."""
        return {"seed": self.seed, "stream": self.stream}

    def set_state(self, saved: dict[str, int]) -> None:
        """Goes on where `get_state` was asked."""
        self.seed, self.stream = int(saved["seed"]), int(saved["stream"])


default_generator = Generator(0)


def manual_seed(seed: int) -> Generator:
    """Seeds the default generator, from which every draw without `generator=` takes.

    Until this is called the seed is 0: a program draws the same numbers each time it runs.
    """
    return default_generator.manual_seed(seed)


def _words(key: np.ndarray, count: int) -> np.ndarray:
    return random_words(int(key[0]), int(key[1]), count)


def _uniform(key: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    count = math.prod(shape)
    if dtype == FLOAT32:
        numbers = (_words(key, count) >> np.uint32(8)) * np.float32(2.0**-24)
        return numbers.astype(FLOAT32, copy=False).reshape(shape)
    words = _words(key, 2 * count).astype(np.uint64)
    bits = ((words[0::2] >> np.uint64(5)) << np.uint64(26)) + (words[1::2] >> np.uint64(6))
    return (bits.astype(FLOAT64) * 2.0**-53).reshape(shape)


def _normal(key: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Box and Muller (1958): √(−2 ln u) · cos 2πv, in float64, for u in (0, 1] and v in [0, 1)."""
    pairs = _uniform(key, (math.prod(shape), 2), FLOAT64)
    size = np.sqrt(-2.0 * np.log(1.0 - pairs[:, 0]))
    return (size * np.cos(2.0 * math.pi * pairs[:, 1])).astype(dtype).reshape(shape)


def _integers(key: np.ndarray, shape: tuple[int, ...], low: int, high: int) -> np.ndarray:
    words = _words(key, math.prod(shape)).astype(np.uint64)
    return ((words * np.uint64(high - low)) >> np.uint64(32)).astype(np.int64).reshape(shape) + low


def _draw(name: str, summary: str, formula: str, numpy: Any, **fields: Any) -> Any:
    """A record whose input is the key: the seed and the stream number."""
    parameters = fields.pop("sample")
    return operation(
        name, summary=summary, formula=formula, numpy=numpy, gradient=None, kinds=("index",),
        shape=fields.pop("shape", lambda key, shape, **rest: tuple(shape)),
        dtype=fields.pop("dtype", lambda key, shape, dtype: dtype),
        samples=lambda generator: [((np.array([3, 5]),), parameters)],
    )  # fmt: skip


_UNIFORM = _draw(
    "uniform", "Numbers spread evenly over [0, 1).", r"U(0, 1)", _uniform,
    sample={"shape": (2, 3), "dtype": FLOAT32},
)  # fmt: skip
_NORMAL = _draw(
    "normal", "Numbers of the standard normal distribution.", r"N(0, 1)", _normal,
    sample={"shape": (2, 3), "dtype": FLOAT64},
)  # fmt: skip
_INTEGERS = _draw(
    "integers", "Integers from low to below high, equally likely.",
    r"U\{\text{low}, \dots, \text{high} - 1\}",
    _integers, dtype=INT64, sample={"shape": (4,), "low": -2, "high": 5},
)  # fmt: skip
_PERMUTATION = _draw(
    "permutation", "The numbers 0 to count − 1 in a random order.", r"\pi",
    lambda key, count: np.argsort(_words(key, count), kind="stable"),
    shape=lambda key, count: (count,), dtype=INT64, sample={"count": 6},
)  # fmt: skip


def draw(record: Any, parameters: dict[str, Any], generator: Generator | None) -> Any:
    """Calls a random operation on the next stream of `generator`."""
    source = default_generator if generator is None else generator
    if not isinstance(source, Generator):
        raise ArgumentError(f"generator is {source!r}", instead="Write hg.Generator(seed).")
    key = state.interpreter.runtime("random stream", source.next_stream, Spec((2,), INT64))
    return apply(record, (key,), parameters)


def uniform(shape: tuple[int, ...], dtype: np.dtype, generator: Generator | None = None) -> Any:
    """Numbers spread evenly over [0, 1), of the given shape."""
    return draw(_UNIFORM, {"shape": shape, "dtype": dtype}, generator)


def normal(shape: tuple[int, ...], dtype: np.dtype, generator: Generator | None = None) -> Any:
    """Numbers of the standard normal distribution, of the given shape."""
    return draw(_NORMAL, {"shape": shape, "dtype": dtype}, generator)


def integers(
    low: int, high: int, shape: tuple[int, ...], generator: Generator | None = None
) -> Any:
    """Integers from `low` to below `high`; raises ArgumentError for an empty or too wide range."""
    if not 0 < high - low <= 2**32:
        raise ArgumentError(
            f"random integers from {low} to below {high}", instead="Write 1 to 2³² of them."
        )
    return draw(_INTEGERS, {"shape": shape, "low": int(low), "high": int(high)}, generator)


def permutation(count: int, generator: Generator | None = None) -> Any:
    """The numbers 0 to count − 1 in a random order (int64)."""
    return draw(_PERMUTATION, {"count": int(count)}, generator)
