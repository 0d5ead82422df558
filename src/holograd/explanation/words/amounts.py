"""Numbers and arrays in a line of text: small ones in full, large ones by their size and range."""

from __future__ import annotations

import numpy as np

from holograd.explanation.words.texts import say
from holograd.pictures.numbers import short

MOST_NUMBERS = 6


def amount(array: np.ndarray, lang: str = "en", digits: int = 4, most: int = MOST_NUMBERS) -> str:
    """An array as text in one line; what is one sample is written as a row.

    Args:
        array: numbers of any shape.
        lang: "en" or "ko".
        digits: significant digits of each number.
        most: up to how many numbers are written in full.

    Example:
        >>> amount(np.array([[0.0, 1.0]])), amount(np.array([[5.0, -7.0], [5.0, -7.0]]))
        ('[0, 1]', '[[5, −7], [5, −7]]')
        >>> amount(np.linspace(-1, 1, 64))
        '64 numbers, −1 … 1'
    """
    array = np.asarray(array)
    if array.size == 1:
        return short(array.item(), digits)
    if array.size <= most:
        shape = tuple(extent for extent in array.shape if extent > 1)
        return _written(array.reshape(shape), digits)
    size = "×".join(str(extent) for extent in array.shape if extent > 1)
    low, high = (short(one, min(digits, 3)) for one in (array.min(), array.max()))
    if low == high:
        return say("equal_numbers", lang, size=size, number=low)
    return say("many_numbers", lang, size=size, low=low, high=high)


def point(array: np.ndarray, lang: str = "en", digits: int = 3, most: int = 8) -> str:
    """One sample as people write it, in round brackets.

    Example:
        >>> point(np.array([[0.0, 1.0]]))
        '(0, 1)'
    """
    text = amount(array, lang, digits, most)
    return f"({text[1:-1]})" if text.startswith("[") and not text.startswith("[[") else text


def _written(array: np.ndarray, digits: int) -> str:
    inside = array.tolist() if array.ndim == 1 else array
    texts = (short(one, digits) if array.ndim == 1 else _written(one, digits) for one in inside)
    return "[" + ", ".join(texts) + "]"


def percent(share: float) -> str:
    """A share as percent, with two significant digits.

    Example:
        >>> percent(0.04518), percent(0.01766), percent(1.0)
        ('4.5 %', '1.8 %', '100 %')
    """
    return f"{short(100 * share, 2 if abs(share) < 0.995 else 3)} %"


def listed(words: list[str], lang: str) -> str:
    """Words in a row: `a, b and c`.

    Example:
        >>> listed(["w", "x", "b"], "en"), listed(["w", "x"], "ko")
        ('w, x and b', 'w, x')
    """
    if lang == "ko" or len(words) < 2:
        return ", ".join(words)
    return say("last_of_list", lang, others=", ".join(words[:-1]), last=words[-1])
