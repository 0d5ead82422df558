"""Explanations as files: which reader writes which ending, and files that are whole or absent."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from holograd.errors import ArgumentError, DataError

if TYPE_CHECKING:
    from holograd.explanation.explanation import Explanation


def _json(explanation: Explanation, lang: str) -> str:
    return json.dumps(explanation.to_dict(), ensure_ascii=False, allow_nan=False) + "\n"


def _html(explanation: Explanation, lang: str) -> str:
    from holograd.explanation.page.page import page

    return page(explanation, lang)


def _tex(explanation: Explanation, lang: str) -> str:
    from holograd.explanation.documents import tex

    return tex(explanation, lang)


def _markdown(explanation: Explanation, lang: str) -> str:
    from holograd.explanation.documents import markdown

    return markdown(explanation, lang)


def _dot(explanation: Explanation, lang: str) -> str:
    from holograd.explanation.documents import dot

    return dot(explanation, lang)


TEXTS: dict[str, Callable[[Explanation, str], str]] = {
    ".html": _html,
    ".tex": _tex,
    ".json": _json,
    ".dot": _dot,
    ".md": _markdown,
}
PICTURES = (".svg", ".png", ".pdf")


def check_ending(path: Path) -> Path:
    """Raises ArgumentError where no reader writes files of that ending."""
    if path.suffix.lower() not in (*TEXTS, *PICTURES):
        raise ArgumentError(
            f"{path} ends in {path.suffix or 'nothing'}",
            why=f"an explanation is saved as {', '.join((*PICTURES, *TEXTS))}",
            instead=f"Write {path.with_suffix('.html')}.",
        )
    return path


def save(explanation: Explanation, path: Path, lang: str) -> None:
    """Writes an explanation; it takes the place of an older file when it is complete.

    Raises:
        ArgumentError: no reader writes that ending, or what it needs is not installed.
        DataError: the file cannot be written.
    """
    check_ending(path)
    ending = path.suffix.lower()
    if ending in PICTURES:
        explanation.picture().save(path)
        return
    write_text(TEXTS[ending](explanation, lang), path)


def write_text(text: str, path: Path) -> None:
    """Writes a file of text that takes the place of an older one when it is complete.

    Raises:
        DataError: it cannot be written; what was there before is as it was.
    """
    beside = path.with_name(f".{token_hex(8)}{path.suffix}")
    try:
        try:
            beside.write_text(text, encoding="utf-8")
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            f"{path} cannot be written",
            why=error.strerror or str(error),
            instead="What was there before is as it was.",
        ) from error
