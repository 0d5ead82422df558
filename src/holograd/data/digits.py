"""The handwritten digits that ship with the package: small real data, there without a download."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from holograd.data.dataset import TensorDataset

# Made by scripts/make_digits.py; optdigits.NOTICE.txt tells the source and the licence.
FILE = Path(__file__).parent / "optdigits.npz"


def digits() -> tuple[TensorDataset, TensorDataset]:
    """5,620 handwritten digits of 8 × 8 pixels: 3,823 to train on, 1,797 by others to test on.

    Each digit was scanned as 32 × 32 black or white pixels; a value here is the share of black in a
    block of 4 × 4 of them, n / 16.

    Returns:
        The training and the test data set, each with inputs (N, 64) float32 in 0 .. 1, a picture's
        rows one after the other, and labels (N,) int64 in 0 .. 9.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
    Learning Repository, 1998, https://doi.org/10.24432/C50P49, licence CC BY 4.0.

    Example:
        >>> train, test = digits()
        >>> inputs, labels = train.tensors
        >>> inputs.shape, len(test), labels.numpy()[:3].tolist()
        ((3823, 64), 1797, [0, 0, 7])
    """
    with np.load(FILE, allow_pickle=False) as file:
        train, test = _dataset(file["train"]), _dataset(file["test"])
    return train, test


def _dataset(rows: np.ndarray) -> TensorDataset:
    """From (N, 65) uint8: 64 pixels of 0 .. 16, then the class."""
    inputs = rows[:, :64] / np.float32(16)
    return TensorDataset(inputs, rows[:, 64].astype(np.int64), classes=[*"0123456789"])
