"""How many threads NumPy's matrix products use.

The BLAS library under NumPy divides each product among all cores, and its threads wait for each
other by spinning. Where another program has one of the cores, every product waits for the
scheduler: on a busy machine of two cores, MNIST trained ten times slower with two threads than with
one. One thread also gives the same bits on machines with other numbers of cores.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def blas_threads() -> int:
    """How many threads a matrix product may use now."""
    libraries = _controller().select(user_api="blas").info()
    return max((one["num_threads"] for one in libraries), default=1)


@contextmanager
def limited_threads(count: int | None) -> Iterator[None]:
    """A `with` block whose matrix products use at most `count` threads; None changes nothing."""
    if count is None:
        yield
        return
    with _controller().limit(limits=count, user_api="blas"):
        yield
