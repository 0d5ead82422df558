"""NumPy meanings of functions that NumPy lacks, or computes less well from their definition."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from holograd.errors import ArgumentError

_erf = np.frompyfunc(math.erf, 1, 1)


def sigmoid_array(a: np.ndarray) -> np.ndarray:
    """1 / (1 + e⁻ᵃ) from e^−|a| alone, which cannot overflow and keeps small results exact."""
    decay = np.exp(-np.abs(a))
    share = np.divide(a.dtype.type(1), 1 + decay)
    return np.where(a < 0, decay * share, share)


def erf_array(a: np.ndarray) -> np.ndarray:
    """The error function by the C library, number by number: NumPy has none."""
    return np.asarray(_erf(a)).astype(a.dtype)


def sign_array(a: np.ndarray) -> np.ndarray:
    """−1, 0 or 1; 0 for NaN as in PyTorch, where NumPy gives NaN."""
    signs = np.sign(a)
    return np.where(signs == signs, signs, a.dtype.type(0)) if a.dtype.kind == "f" else signs


def integral(ufunc: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """A rounding function that leaves integers as they are; NumPy makes floats of them."""
    return lambda a: ufunc(a) if a.dtype.kind == "f" else a


def floor_divide_array(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """NumPy's floor division, with an error for integers divided by 0, which NumPy calls 0."""
    _nonzero(b)
    return np.floor_divide(a, b)


def remainder_array(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """NumPy's remainder, with an error for integers divided by 0, which NumPy calls 0."""
    _nonzero(b)
    return np.remainder(a, b)


def _nonzero(b: np.ndarray) -> None:
    if b.dtype.kind in "iu" and not b.all():
        raise ArgumentError(
            "integers divided by 0", why="no integer is infinite", instead="Write x.float()."
        )


def pow_array(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """NumPy's power, with its refusal of negative powers of integers explained."""
    if a.dtype.kind in "iu" and b.size and b.min() < 0:
        raise ArgumentError(
            f"integers raised to the power {b.min()}", why="the results are no integers",
            instead="Write x.float() ** power.",
        )  # fmt: skip
    return np.power(a, b)
