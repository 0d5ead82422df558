"""How this program was started, so that the commands that it suggests run as they are printed."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

NAME = "holograd"


def program() -> str:
    """What to type for this program: `holograd` where that finds it, else the way it was started.

    As in `.venv/bin/holograd` or `.venv/bin/python -m holograd`.
    """
    started = Path(sys.argv[0])
    if started.name == "__main__.py" and started.parent.name == NAME:
        return f"{shlex.quote(sys.orig_argv[0])} -m {NAME}"
    if started.name != NAME or shutil.which(NAME) == shutil.which(sys.argv[0]):
        return NAME
    return shlex.quote(sys.argv[0])


def as_started(command: str) -> str:
    """A command `holograd …` with the program as it was started."""
    return program() + command.removeprefix(NAME)
