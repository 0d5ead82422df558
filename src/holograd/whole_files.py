"""Files that are written whole: a reader sees the old one or the new one, whatever happens."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

from holograd.errors import DataError, HologradError


def write_whole(
    path: Path, write: Callable[[IO[bytes]], object], error: type[HologradError] = DataError
) -> None:
    """Writes a file that takes the place of an older one when it is complete.

    A link stays, and what it points to is replaced; the permissions stay too.

    Args:
        path: where the file will stand.
        write: writes the content into an open file.
        error: what is raised.

    Raises:
        DataError: or the `error` given: it cannot be written. What was there before is as it was.
    """
    try:
        target = Path(os.path.realpath(path))
    except ValueError as cause:  # the path holds a zero byte
        raise _refusal(error, path, str(cause)) from cause
    beside = target.with_name(f".{secrets.token_hex(8)}")  # short, as names may be long already
    try:
        mode = _mode_of(target)
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            with open(descriptor, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            if mode is not None:
                os.chmod(beside, mode)
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)  # only there where something failed
    except OSError as cause:
        raise _refusal(error, path, cause.strerror or str(cause)) from cause
    _settle(target.parent)


def _refusal(error: type[HologradError], path: Path, why: str) -> HologradError:
    """The error, with what to do."""
    advice = "What was there before is as it was."
    if not os.path.isdir(path.parent):
        advice = f"There is no folder {path.parent}: make it first."
    return error(f"{path} cannot be written", why=why, instead=advice)


def _mode_of(target: Path) -> int | None:
    """The permissions of the file that is replaced; None where there is none.

    Raises:
        OSError: it may not be written to, or is not a plain file.
    """
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise IsADirectoryError(0, "it is not a file, but a folder or a device")
    if not os.access(target, os.W_OK):
        raise PermissionError(0, "the file there is protected against writing")
    return stat.S_IMODE(mode)


def _settle(folder: Path) -> None:
    """Makes the new name last through a power cut, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
