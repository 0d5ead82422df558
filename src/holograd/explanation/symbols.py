"""Names as people write them: a letter, with what stands below and above it.

One `Symbol` is written in plain text (`w1_12`), in Unicode (`w⁽¹⁾₁₂`), in LaTeX and in HTML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from holograd.explanation.escaping import GREEK, latex_name, latex_number

_BELOW = str.maketrans("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_ABOVE = str.maketrans("0123456789+-=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾")
_NUMBER = re.compile(r"−?(?:\d[\d.]*(?:·10)?[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*|∞)|NaN")  # as `short` writes it
_LETTER_AND_NUMBER = re.compile(r"([^\W\d_]+)_?(\d+)")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name in a formula.

    Args:
        letter: `w`, or a whole word that the user chose.
        subscript: what stands below: a neuron's number, or `1,2` for a row and a column.
        layer: the number of the layer, which stands above in brackets; empty where there is one.

    Example:
        >>> name = Symbol("w", "12", "1")
        >>> name.text, name.plain, name.latex
        ('w⁽¹⁾₁₂', 'w1_12', 'w^{(1)}_{12}')
    """

    letter: str
    subscript: str = ""
    layer: str = ""

    @property
    def number(self) -> bool:
        """Whether it is a constant that goes by its own value."""
        return _NUMBER.fullmatch(self.letter) is not None

    @property
    def plain(self) -> str:
        """In ASCII as far as the letter is, as one types it."""
        return (
            self.letter
            + self.layer
            + ("_" if self.subscript and self.layer else "")
            + (self.subscript)
        )

    @property
    def text(self) -> str:
        """In Unicode, for terminals."""
        above = f"({self.layer})".translate(_ABOVE) if self.layer else ""
        below = self.subscript.replace(",", ".").translate(_BELOW)
        return self.letter + above + below

    @property
    def latex(self) -> str:
        """In LaTeX, without the dollar signs; digits at the end of a user's name go below."""
        letter, below = self.letter, self.subscript
        if self.number:
            return latex_number(letter)
        found = _LETTER_AND_NUMBER.fullmatch(letter)
        if found and not below:
            letter, below = found.groups()
        if letter in GREEK:
            letter = "\\" + GREEK[letter]
        elif not (len(letter) == 1 and letter.isascii() and letter.isalpha()):
            letter = latex_name(letter)
        above = f"^{{({self.layer})}}" if self.layer else ""
        return letter + above + (f"_{{{below}}}" if below else "")

    @property
    def html(self) -> str:
        """In HTML, with `sub` and `sup`; the letter in italics."""
        letter, below = self.letter, self.subscript
        if self.number:
            return escape(letter)
        found = _LETTER_AND_NUMBER.fullmatch(letter)
        if found and not below:
            letter, below = found.groups()
        above = f"<sup>({escape(self.layer)})</sup>" if self.layer else ""
        return f"<i>{escape(letter)}</i>{above}" + (f"<sub>{escape(below)}</sub>" if below else "")

    def element(self, *places: int, small: bool = True) -> Symbol:
        """One number of the array that this names, with places counted from 1.

        Example:
            >>> Symbol("W", "1").element(1, 2).text
            'w⁽¹⁾₁₂'
        """
        digits = "" if all(place < 10 for place in places) else ","
        below = digits.join(map(str, places))
        letter = self.letter.lower() if small and len(self.letter) == 1 else self.letter
        return Symbol(letter, below, self.layer or self.subscript)
