"""How many threads NumPy's matrix products use.

The BLAS library under NumPy divides each product among all cores, and its threads wait for each
other by spinning. Where another program has one of the cores, every product waits for the
scheduler: on a busy machine of two cores, MNIST trained ten times slower with two threads than with
one. One thread also gives the same bits on machines with other numbers of cores.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np


@cache
def _openblas() -> tuple[Callable[[], int], Callable[[int], Any]] | None:
    """The functions that tell and set the number of threads, of the OpenBLAS in NumPy's wheels."""
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            library = ctypes.CDLL(str(path))
            for end in ("64_", ""):
                get = getattr(library, f"scipy_openblas_get_num_threads{end}", None)
                put = getattr(library, f"scipy_openblas_set_num_threads{end}", None)
                if get is not None and put is not None:
                    return get, put
    return None


def threads() -> int:
    """How many threads a matrix product may use now; the number of cores where none can tell."""
    functions = _openblas()
    return functions[0]() if functions else os.cpu_count() or 1


@contextmanager
def one_thread() -> Iterator[None]:
    """A `with` block whose matrix products use one thread, unless OPENBLAS_NUM_THREADS is set.

    Where NumPy came with another BLAS library, it changes nothing.
    """
    functions, before = _openblas(), threads()
    if functions is None or "OPENBLAS_NUM_THREADS" in os.environ:
        yield
        return
    functions[1](1)
    try:
        yield
    finally:
        functions[1](before)
