"""Make src/holograd/data/optdigits.npz from the two CSV files of the UCI repository.

python scripts/make_digits.py optdigits-tra.csv optdigits-tes.csv src/holograd/data/optdigits.npz
"""

import sys
from pathlib import Path

import numpy as np


def make_digits(train_csv: Path, test_csv: Path, target: Path) -> None:
    """Write both tables, (3823, 65) and (1797, 65) uint8, as one compressed file."""
    train, test = (np.loadtxt(path, np.uint8, delimiter=",") for path in (train_csv, test_csv))
    np.savez_compressed(target, train=train, test=test)


if __name__ == "__main__":
    make_digits(*map(Path, sys.argv[1:4]))
