"""Libraries that are only needed for a part of the work, imported when that part is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from holograd.errors import DataError


def optional(name: str, purpose: str, extra: str = "tables") -> Any:
    """The library `name`, imported now.

    Args:
        name: the module's name.
        purpose: what it is needed for, for the error: "a Parquet file is read by".
        extra: the extra of holograd that installs it.

    Raises:
        DataError: it is not installed; the message says what to install.

    Example:
        >>> optional("json", "an example is read by").dumps([1])
        '[1]'
    """
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise DataError(
            f"{purpose} {name}, which is not installed",
            instead=f"Write: pip install 'holograd[{extra}]'",
        ) from None
