"""Explanations as files: which reader writes which ending, and files that are whole or absent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from holograd.errors import ArgumentError
from holograd.whole_files import write_whole

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
    text = TEXTS[ending](explanation, lang)
    write_whole(path, lambda file: file.write(text.encode("utf-8")))
