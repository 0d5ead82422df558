"""Pictures as files: a whole one, or what was there before."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from holograd.errors import ArgumentError
from holograd.whole_files import write_whole

FORMATS = (".svg", ".png", ".pdf")


def save(path: str | os.PathLike[str], write: Callable[[IO[bytes], str], None]) -> None:
    """Writes a picture into a file, which takes an older one's place when it is complete.

    Args:
        path: a file that ends in .svg, .png or .pdf.
        write: writes the picture into an open file, as "svg", "png" or "pdf".

    Raises:
        ArgumentError: another ending.
        DataError: the file cannot be written.
    """
    path = Path(path)
    form = path.suffix.lower()
    if form not in FORMATS:
        raise ArgumentError(
            f"{path} ends in {path.suffix or 'nothing'}",
            why=f"a picture is saved as {', '.join(FORMATS)}",
            instead=f"Write {path.with_suffix('.svg')}",
        )
    write_whole(path, lambda file: write(file, form[1:]))
