"""Faces for letters that matplotlib's own lack, as those of Korean: fonts of the machine."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.ft2font import FT2Font

OWN = "DejaVu Sans"
PREFERRED = (
    "Noto Sans CJK KR", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", "NanumGothic",
    "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans",
)  # fmt: skip
BOXES = "lastresort"  # a font whose letters are all boxes
MOST_NAMED = 8  # letters
PACKAGE = str(Path(__file__).parents[1])


class LettersWarning(UserWarning):
    """No font of the machine has some letters of a picture."""


@dataclass(frozen=True)
class Found:
    """Which fonts have the letters that matplotlib's own lack.

    Attributes:
        families: to be tried after matplotlib's own.
        lacking: letters that no font has.
    """

    families: tuple[str, ...]
    lacking: str


def find(texts: Iterable[str]) -> Found:
    """The fonts for all letters of texts."""
    letters = {letter for text in texts for letter in text if ord(letter) > 127}
    return _find(frozenset(letter for letter in letters if letter.isprintable()))


@cache
def _find(letters: frozenset[str]) -> Found:
    from matplotlib.font_manager import findfont, fontManager

    left = letters - _of_them(letters, findfont(OWN))
    fonts = [(font, _of_them(left, font.path)) for font in (_fonts() if left else ())]
    families = []
    while left:
        best, has = max(fonts, key=lambda one: (len(left & one[1]), *one[0].rank))
        if not left & has:
            break
        left -= has
        families.append(best.family)
        if not best.listed:
            fontManager.addfont(best.path)
    return Found(tuple(families), "".join(sorted(left)))


@dataclass(frozen=True)
class _Font:
    """A font file of the machine: its family, how well it suits, and if matplotlib lists it."""

    family: str
    path: str
    rank: tuple[float, ...]
    listed: bool


@cache
def _fonts() -> tuple[_Font, ...]:
    """All fonts that matplotlib lists, and those that were installed since it made its list."""
    from matplotlib.font_manager import findSystemFonts, fontManager, ttfFontProperty

    entries = [(one, True) for one in fontManager.ttflist]
    listed = {one.fname for one in fontManager.ttflist}
    for path in sorted(set(findSystemFonts()) - listed):
        font = _opened(path)
        if font is not None and font.scalable:
            entries.append((ttfFontProperty(font), False))
    return tuple(
        _Font(entry.name, entry.fname, _rank(entry), known)
        for entry, known in entries
        if not entry.name.replace(" ", "").lower().lstrip(".").startswith(BOXES)
    )


def _rank(entry: Any) -> tuple[float, ...]:
    """The greater, the better it suits the other letters of a picture."""
    known = entry.name in PREFERRED
    weight = entry.weight if isinstance(entry.weight, int) else 400
    return (
        len(PREFERRED) - PREFERRED.index(entry.name) if known else 0,
        entry.style == "normal", -abs(weight - 400), "Sans" in entry.name,
    )  # fmt: skip


def _opened(path: str) -> FT2Font | None:
    from matplotlib.ft2font import FT2Font

    try:
        return FT2Font(path)
    except (OSError, RuntimeError):  # no font, or one that FreeType does not read
        return None


def _of_them(letters: frozenset[str], path: str) -> frozenset[str]:
    """Those of the letters that a font file has."""
    font = _opened(path)
    if font is None:
        return frozenset()
    return frozenset(one for one in letters if font.get_char_index(ord(one)))


def fit(figure: Figure) -> Found:
    """Lets the texts of a figure take letters that their faces lack from other fonts."""
    from matplotlib.text import Text

    texts: list[Any] = figure.findobj(Text)
    found = find(one.get_text() for one in texts)
    for one in texts if found.families else ():
        one.set_fontfamily([*one.get_fontfamily(), *found.families])
    return found


@contextmanager
def noticed(found: Found, instead: str = "Install") -> Iterator[Any]:
    """A block that saves a figure with the settings given; says once which letters are boxes.

    Args:
        found: for the letters of the figure.
        instead: what to do, before "a font that has them".
    """
    if found.lacking:
        named = ", ".join(found.lacking[:MOST_NAMED])
        more = len(found.lacking) - MOST_NAMED
        named += f" and {more} more" if more > 0 else ""
        warnings.warn(
            f"no font of this machine has {named}: boxes stand for them in the picture. "
            f"{instead} a font that has them, such as Noto Sans CJK.",
            LettersWarning,
            stacklevel=_outside(),
        )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        # As type 42, readers do not show what is cut out of a font with PostScript outlines.
        yield {"pdf.fonttype": 3 if found.families else 42}


def _outside() -> int:
    """The stack level, for the caller's warning, of the code that called this package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and (
        frame.f_code.co_filename.startswith(PACKAGE) or "contextlib" in frame.f_code.co_filename
    ):
        level, frame = level + 1, frame.f_back
    return level
