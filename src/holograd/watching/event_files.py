"""Event files as TensorBoard reads them: numbers and histograms, step by step.

TensorBoard's own package frames the records, and neither TensorFlow nor a thread is needed for it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, DataError

BINS = 30
VERSION = "brain.Event:2"  # what the first record of an event file says


def check(folder: Any) -> None:
    """Makes sure that event files can be written.

    Raises:
        ArgumentError: `folder` is not a path, or tensorboard is not installed.
    """
    if not isinstance(folder, str | PathLike) or not fspath(folder):
        raise ArgumentError(
            f"watch got tensorboard={folder!r}", why="it is the folder of the event files",
            instead='Write tensorboard="runs/first".',
        )  # fmt: skip
    try:
        import tensorboard  # noqa: F401
    except ModuleNotFoundError:
        raise ArgumentError(
            "watch(…, tensorboard=…) takes tensorboard, which is not installed",
            instead="Write: pip install 'holograd[tensorboard]'",
        ) from None


class EventFile:
    """One event file in a folder, which is made where it is missing.

    The file is opened for each write alone, so that it is whole whenever training ends. Where the
    folder has an event file already, the next one goes into the sub-folder `fit-2`, the one after
    that into `fit-3`, so that two runs never share one curve.

    Args:
        folder: where; TensorBoard takes each folder for a run.

    Raises:
        DataError: it cannot be written.
    """

    def __init__(self, folder: str | PathLike[str]):
        place = _free(Path(fspath(folder)))
        self.path = place / f"events.out.tfevents.{int(time.time())}.{token_hex(4)}.holograd"
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._failed(error) from error
        self._append(file_version=VERSION)

    def write(
        self, step: int, values: Mapping[str, float], weights: Mapping[str, np.ndarray]
    ) -> None:
        """Adds numbers and histograms that belong to a step.

        Args:
            step: the number on TensorBoard's horizontal axis.
            values: numbers by name; the part before the last dot is the group that TensorBoard
                shows them in.
            weights: arrays by name.
        """
        from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]

        summary = Summary()
        for name, value in values.items():
            summary.value.add(tag="/".join(name.rsplit(".", 1)), simple_value=value)
        for name, array in weights.items():
            summary.value.add(tag=name, histo=_histogram(array))
        self._append(step=step, summary=summary)

    def _append(self, **content: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event  # pyright: ignore[reportAttributeAccessIssue]
        from tensorboard.summary.writer.record_writer import RecordWriter

        try:
            with self.path.open("ab") as file:
                RecordWriter(file).write(
                    Event(wall_time=time.time(), **content).SerializeToString()
                )
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> DataError:
        return DataError(f"{self.path} cannot be written", why=error.strerror or str(error))


def _free(folder: Path) -> Path:
    """The folder, or the first of its sub-folders `fit-2`, `fit-3`, … without event files."""
    place, number = folder, 1
    while any(place.glob("events.out.tfevents.*")):
        number += 1
        place = folder / f"fit-{number}"
    return place


def _histogram(array: np.ndarray) -> Any:
    """Counts of the finite numbers between the least and the greatest, in equal bins."""
    from tensorboard.compat.proto.summary_pb2 import HistogramProto  # pyright: ignore[reportAttributeAccessIssue]

    numbers = array.astype(np.float64).ravel()
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        return HistogramProto()
    counts, edges = np.histogram(numbers, BINS)
    return HistogramProto(
        min=numbers.min(), max=numbers.max(), num=numbers.size, sum=numbers.sum(),
        sum_squares=np.square(numbers).sum(), bucket_limit=edges[1:], bucket=counts,
    )  # fmt: skip
