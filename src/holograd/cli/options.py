"""How the text of an option becomes a value, and what is said when it cannot."""

from __future__ import annotations

import math
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from shlex import quote

import typer

from holograd.errors import DataError

HEADERS = ("auto", "yes", "no")
TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".data", ".gz", ".npy", ".npz", ".parquet")

# Arguments of functions that are options of the command line too.
ARGUMENT = re.compile(
    r"\b(task|header|label_strip|test_last|test_share)=(\"[^\"]*\"|'[^']*'|[\d.]+)"
)
LIST = re.compile(r"\b(drop)=\[([^\]]+)\]")
QUOTES = "\"'"


def in_options(message: str) -> str:
    """A message of the library, with the command line's options in place of Python's arguments.

    Example:
        >>> in_options('Write task="regression".')
        'Write --task regression.'
    """
    for pattern in (ARGUMENT, LIST):
        message = pattern.sub(
            lambda found: f"--{found[1].replace('_', '-')} {quote(found[2].strip(QUOTES))}", message
        )
    return message


def one_of(
    what: str, known: Iterable[str], short: Mapping[str, str] | None = None
) -> Callable[[str | None], str | None]:
    """A check that a value is one of `known`; hyphens and underscores make no difference.

    Args:
        what: what is named, for the message: "loss".
        known: the names.
        short: other spellings of some names.
    """

    def check(value: str | None) -> str | None:
        if value is None:
            return None
        name = value.lower().replace("_", "-")
        name = (short or {}).get(name, name)
        if name not in known:
            raise typer.BadParameter(unknown(what, value, known))
        return name

    return check


def unknown(what: str, value: str, known: Iterable[str]) -> str:
    """The sentences that say what there is instead of `value`, the closest names first."""
    known = list(known)
    close = get_close_matches(value.lower().replace("_", "-"), known, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    return f"there is no {what} {value!r}.{hint} There are: {', '.join(known)}."


def layer_sizes(text: str | None) -> tuple[int, ...] | None:
    """`128,64` as (128, 64), and `0` as (): no hidden layer."""
    if text is None:
        return None
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = (-1,)
    if sizes == (0,):
        return ()
    if min(sizes) < 1:
        raise typer.BadParameter(
            f"{text!r} is not a list of layer sizes. "
            "Write 128,64 for two hidden layers of 128 and 64 neurons, or 0 for none."
        )
    return sizes


def positive(value: float | None) -> float | None:
    """A finite number above 0."""
    if value is not None and not 0 < value < math.inf:
        raise typer.BadParameter(f"{value} is not a number above 0. Write 0.01, for instance.")
    return value


def not_negative(value: float | None) -> float | None:
    """A finite number, 0 or more."""
    if value is not None and not 0 <= value < math.inf:
        raise typer.BadParameter(f"{value} is not a number from 0. Write 0.01, for instance.")
    return value


def share(value: float | None) -> float | None:
    """A number from 0 to below 1."""
    if value is not None and not 0 <= value < 1:
        raise typer.BadParameter(f"{value} is no share from 0 to below 1. Write 0.2 for a fifth.")
    return value


def check_writable(path: Path | None) -> None:
    """Makes sure that a file can be written at `path`, without writing it.

    Raises:
        DataError: the folder is missing, or does not let a file be made; or `path` is a folder or
            a file that may not be written.
    """
    if path is None:
        return
    folder = path.absolute().parent
    reason, way_out = "", "Choose another place."
    if path.is_dir():
        reason, way_out = "it is a folder", f"Write {path / 'name'}, with a file's name."
    elif not folder.is_dir():
        reason, way_out = f"there is no folder {folder}", f"Make it first: mkdir -p {folder}"
    elif path.exists() and not path.is_file():
        reason = "it is a device, not a file"
    elif path.exists() and not os.access(path, os.W_OK):
        reason = "the file there is protected against writing"
    else:
        try:
            tempfile.TemporaryFile(dir=folder).close()
        except (OSError, ValueError) as error:  # ValueError: the path holds a zero byte
            reason = getattr(error, "strerror", None) or str(error)
    if reason:
        raise DataError(f"{path} cannot be written", why=reason, instead=way_out)


def check_model_place(path: Path | None) -> None:
    """Makes sure that a trained network can be written at `path`, and that nothing else is lost.

    Raises:
        typer.BadParameter: its ending is that of a table or a picture.
        DataError: it cannot be written, or the file there is not a model.
    """
    if path is None:
        return
    if path.name.lower().endswith((*TABLE_ENDINGS, ".json", ".png", ".svg", ".pdf")):
        raise typer.BadParameter(
            f"--save {path}: a network is kept as a safetensors file. "
            f"Write {path.with_suffix('.safetensors')}."
        )
    check_writable(path)
    if path.suffix != ".safetensors" and path.is_file() and path.stat().st_size:
        from holograd.errors import ModelError
        from holograd.files import load_metadata

        try:
            load_metadata(path)
        except ModelError:
            raise DataError(
                f"{path} cannot be written",
                why="the file there is not a model, and would be lost",
                instead="Choose another place, or remove it first.",
            ) from None


def place_for(path: Path, interrupted: bool) -> Path:
    """Where a network is saved: `path`, or beside it where training was interrupted and an earlier
    network is there."""
    if interrupted and path.exists():
        return path.with_name(f"{path.stem}-interrupted{path.suffix}")
    return path


def looks_like_table(name: str) -> bool:
    """Whether a file is meant: it is there, or its name has a folder or a table's ending."""
    path = Path(name)
    return path.exists() or len(path.parts) > 1 or name.lower().endswith(TABLE_ENDINGS)


def columns(text: str | None) -> tuple[str, ...]:
    """`age,name` as ("age", "name"); a name that holds a comma goes by its place."""
    if text is None:
        return ()
    names = tuple(part.strip() for part in text.split(","))
    if not all(names):
        raise typer.BadParameter(
            f"{text!r} is not a list of columns. Write age,name, or places such as 0,-1."
        )
    return names
