"""MNIST and Fashion-MNIST, read from the four files in which they are published.

Nothing is downloaded unless `download=True` asks for it.
"""

from __future__ import annotations

import os
from pathlib import Path
from zlib import crc32

import numpy as np

from holograd.data.dataset import TensorDataset
from holograd.data.fetch import data_folder, fetch
from holograd.data.idx import read_idx
from holograd.errors import DataError

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

# Both sets are published under the same file names; the checksum of the 10,000 test labels tells
# one from the other.
CHECKSUMS = {0xEE8604D9: "mnist", 0x242BC73F: "fashion-mnist"}


class NotFound(DataError):
    """Published files that are not where they were looked for."""


def mnist(
    folder: str | os.PathLike[str] | None = None,
    *,
    download: bool = False,
    address: str | None = None,
    as_bytes: bool = False,
) -> tuple[TensorDataset, TensorDataset]:
    """70,000 handwritten digits of 28 × 28 pixels: 60,000 to train on and 10,000 to test on.

    Args:
        folder: where the four files are, plain or with ".gz", or what holds a folder "mnist" with
            them; None takes the environment variable HOLOGRAD_DATA, or without it the place where
            `download` has put them.
        download: whether to fetch the files where they are not found: into `folder`, or into the
            folder "mnist" of HOLOGRAD_DATA or, without that variable, of the user's cache. It takes
            the extra `data`: pip install 'holograd[data]'.
        address: a folder on the web to fetch them from; None asks the places where they are
            published.
        as_bytes: whether pixels stay bytes in memory, a quarter of the size, and become floats
            when rows are taken.

    Returns:
        The training and the test data set, each with images (N, 1, 28, 28) float32 in 0 .. 1 (0 is
        the background), and labels (N,) int64 in 0 .. 9.

    Raises:
        DataError: when a file is missing or damaged, the files do not belong together, or they are
            those of Fashion-MNIST; or when they cannot be downloaded.

    Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
    recognition", Proceedings of the IEEE 86(11), 1998.

    Example:
        >>> try:
        ...     train, test = mnist("no-such-folder")
        ... except DataError as error:
        ...     print(str(error)[:60])
        mnist was not found: it takes four files, each plain or with
    """
    if download:
        folder = _fetched("mnist", folder, address)
    return _read("mnist", folder, DIGITS, as_bytes)


def fashion_mnist(
    folder: str | os.PathLike[str] | None = None,
    *,
    download: bool = False,
    address: str | None = None,
    as_bytes: bool = False,
) -> tuple[TensorDataset, TensorDataset]:
    """70,000 pictures of clothes of 28 × 28 pixels: 60,000 to train on and 10,000 to test on.

    Args:
        folder: where the four files are, plain or with ".gz", or what holds a folder
            "fashion-mnist" with them; None takes the environment variable HOLOGRAD_DATA, or without
            it the place where `download` has put them.
        download: whether to fetch the files where they are not found: into `folder`, or into the
            folder "fashion-mnist" of HOLOGRAD_DATA or, without that variable, of the user's cache.
            It takes the extra `data`: pip install 'holograd[data]'.
        address: a folder on the web to fetch them from; None asks the places where they are
            published.
        as_bytes: whether pixels stay bytes in memory, a quarter of the size, and become floats
            when rows are taken.

    Returns:
        The training and the test data set, each with images (N, 1, 28, 28) float32 in 0 .. 1 (0 is
        the background), and labels (N,) int64 in 0 .. 9, named by `classes`.

    Raises:
        DataError: when a file is missing or damaged, the files do not belong together, or they are
            those of MNIST; or when they cannot be downloaded.

    Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking
    machine learning algorithms", arXiv:1708.07747, 2017.

    Example:
        >>> try:
        ...     train, test = fashion_mnist("no-such-folder")
        ... except DataError as error:
        ...     print(str(error)[:68])
        fashion-mnist was not found: it takes four files, each plain or with
    """
    if download:
        folder = _fetched("fashion-mnist", folder, address)
    return _read("fashion-mnist", folder, CLOTHES, as_bytes)


def _fetched(
    name: str, folder: str | os.PathLike[str] | None, address: str | None
) -> str | os.PathLike[str] | None:
    """The folder where the four files are, fetched where they were not found."""
    try:
        _find(name, folder)
    except DataError:
        return fetch(name, folder, address=address)
    return folder


def _read(
    name: str, folder: str | os.PathLike[str] | None, classes: tuple[str, ...], as_bytes: bool
) -> tuple[TensorDataset, TensorDataset]:
    train_images, train_labels, test_images, test_labels = _find(name, folder)
    train = _pair(train_images, train_labels, classes, as_bytes)
    test = _pair(test_images, test_labels, classes, as_bytes)
    found = CHECKSUMS.get(crc32(test.tensors[1].value.astype(np.uint8).tobytes()), name)
    if found != name:
        raise DataError(
            f"the files in {test_labels.parent} are those of {found}",
            why=f"{name} was asked for, and both sets have the same file names",
            instead=f"Put the files of {name} into a folder {name}.",
        )
    return train, test


def _find(name: str, folder: str | os.PathLike[str] | None) -> list[Path]:
    """The four files, in the order of FILES, from the first folder that has them all."""
    root = folder if folder is not None else os.environ.get("HOLOGRAD_DATA")
    places = [Path(root) / name, Path(root)] if root else [data_folder(name)]
    if folder is not None and not places[0].is_dir():
        del places[0]
    lacks = []
    for place in places:
        paths = [
            next(filter(os.path.isfile, (place / file, place / f"{file}.gz")), None)
            for file in FILES
        ]
        found = [path for path in paths if path is not None]
        if len(found) == len(FILES):
            return found
        missing = [file for file, path in zip(FILES, paths, strict=True) if path is None]
        lacks.append(f"{place} lacks {', '.join(missing)}")
    unset = "" if root else ", and HOLOGRAD_DATA is not set"
    raise NotFound(
        f"{name} was not found",
        why=f"it takes four files, each plain or with .gz; {'; '.join(lacks)}{unset}",
        instead=_advice(name),
    )


def _advice(name: str) -> str:
    function = name.replace("-", "_")
    return (
        f'Write {function}("path/to/folder"), or set HOLOGRAD_DATA to the folder that holds the '
        f"folder {name}, as in: export HOLOGRAD_DATA=path/to/data. Or let them be fetched from the "
        f"internet: holograd data fetch {name}"
    )


def _pair(
    images_path: Path, labels_path: Path, classes: tuple[str, ...], as_bytes: bool
) -> TensorDataset:
    """Images and labels that fit each other."""
    images, labels = read_idx(images_path, magic=2051), read_idx(labels_path, magic=2049)
    if images.shape[1:] != (28, 28):
        raise DataError(
            f"{images_path} holds images of {images.shape[1]} × {images.shape[2]} pixels",
            why="28 × 28 were expected",
            instead="Read other images with read_idx.",
        )
    if len(images) != len(labels):
        raise DataError(
            f"{images_path} holds {len(images)} images and {labels_path.name} {len(labels)} labels",
            why="each image takes one label",
            instead="Get both files again, from the same place.",
        )
    strange = np.flatnonzero(labels >= len(classes))
    if len(strange):
        raise DataError(
            f"{labels_path} holds the label {labels[strange[0]]} in row {strange[0]}",
            why=f"the {len(classes)} classes are 0 to {len(classes) - 1}",
            instead="Get the file again.",
        )
    inputs = images[:, None] if as_bytes else images[:, None] / np.float32(255)
    scale = 1 / 255 if as_bytes else None
    return TensorDataset(inputs, labels.astype(np.int64), classes=classes, scale=scale)
