"""Text in pictures: runs of letters, signs and words, and the room that they take.

Variables are set in an italic face for mathematics, their indices upright and lower, words and
numbers in the sans of the interface. Widths come from a table, so that a layout is the same on
every machine: those of the faces that matplotlib brings, which are broad, so that other faces fit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

SANS, MATH, ROMAN = "sans", "math", "roman"
SIGNS = "ΣΠ"  # letters that are no variables
SMALLER = 0.72  # an index beside its letter
SANS_SCALE = 0.92  # DejaVu Sans at this scale takes the room of the system's sans faces
BROADEST = 1.35  # an italic face, beside that of the table, which a program may take instead
FEW = 2  # letters, for which that makes no difference to be seen

_SANS = {
    0.28: "'ijl′",
    0.32: "IJ,. ·",
    0.35: '/:;\\|f-ι"',
    0.40: "()[]t!²³r",
    0.52: "*_`∂szςv\N{EN SPACE}",
    0.56: "?cLΓξεζ",
    0.60: "Fkxyγλπτ",
    0.62: "PTYθδaeχυκν",
    0.64: "EΣhnuησbdgpqSρ0123456789${}√βo",
    0.68: "KAVΔΛXZBαφψμ",
    0.72: "RC",
    0.76: "UNHΩD",
    0.79: "G&OQΘΦΨ",
    0.84: "w∞ω#+<=>^~−×→←↑↓⊙÷±≤≥✓",
    0.88: "M",
    0.96: "%",
    1.00: "mW@…",
}
_MATH = {
    0.26: " ,.'",
    0.30: "fijlt/ι|",
    0.35: "I()[]",
    0.41: "rszJγτ",
    0.46: "cekvxyεκζξχλδ",
    0.50: "ν∂ηυθσbdghnoquS0123456789apπρβ",
    0.56: "αLTYZμ",
    0.62: "ABEFPRVXΓΔΛΣφψ×",
    0.68: "wCKNΨω+−=",
    0.74: "mDGHOQUΘΦ",
    0.78: "Ω",
    0.86: "MW",
}
_WIDTHS = {
    name: {letter: width for width, letters in table.items() for letter in letters}
    for name, table in ((SANS, _SANS), (MATH, _MATH), (ROMAN, _MATH))
}
_BELOW = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜ", "0123456789+−=()aeoxhklmnpst", strict=True))
_ABOVE = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾", "0123456789+−=()", strict=True))
_SMALL = "".join([*_BELOW, *_ABOVE])
_PIECES = re.compile(
    f"(?P<below>[{''.join(_BELOW)}]+)|(?P<above>[{''.join(_ABOVE)}]+)"
    rf"|(?P<indexed>(?<![^\W_])(?![{_SMALL}])[^\W\d_]_?\d+(?![^\W{_SMALL}]))"
    rf"|(?P<letters>[A-Z]+(?=[{''.join(_BELOW)}])|XW\b)"
    rf"|(?P<word>(?:(?![{_SMALL}])[^\W\d_])+)|(?P<rest>.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one face on one line.

    Attributes:
        text: the letters.
        face: "sans" for words and numbers, "math" for variables (italic), "roman" for indices.
        shift: how far they stand above the line (or, negative, below it), in heights of the text.
        scale: their size as a share of the text's.
        colour: another colour than the text's, or empty.
    """

    text: str
    face: str = SANS
    shift: float = 0.0
    scale: float = 1.0
    colour: str = ""

    def width(self, size: float) -> float:
        """The room that it takes at a text size, in the same unit."""
        table = _WIDTHS[self.face]
        sans = SANS_SCALE if self.face == SANS else 1.0
        widths = (
            table[letter] * sans if letter in table else _other(letter) for letter in self.text
        )
        broad = BROADEST if self.face == MATH and len(self.text) > FEW else 1.0
        return sum(widths) * size * self.scale * broad


def _other(letter: str) -> float:
    """The width of a letter that is not in the tables."""
    if unicodedata.combining(letter):
        return 0.0
    return 1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.66


def below(text: str) -> Run:
    """An index under the line."""
    return Run(text, ROMAN, -0.22, SMALLER)


def above(text: str) -> Run:
    """An exponent, or the number of a layer, over the line."""
    return Run(text, ROMAN, 0.34, SMALLER)


def runs(text: str) -> tuple[Run, ...]:
    """A label in Unicode as runs: single letters as variables, words upright, small digits moved.

    Example:
        >>> [(run.text, run.face) for run in runs("× W₁")]
        [('× ', 'sans'), ('W', 'math'), ('1', 'roman')]
        >>> [run.text for run in runs("exp XW₁ + x0")]
        ['exp ', 'XW', '1', ' + ', 'x', '0']
    """
    found: list[Run] = []
    plain = ""
    for piece in _PIECES.finditer(text):
        kind, letters = piece.lastgroup, piece.group()
        if kind == "rest" or (kind == "word" and (len(letters) > 1 or letters in SIGNS)):
            plain += letters
            continue
        if plain:
            found.append(Run(plain))
            plain = ""
        if kind == "below":
            found.append(below("".join(_BELOW[letter] for letter in letters)))
        elif kind == "indexed":
            found += [Run(letters[0], MATH), below(letters[1:].lstrip("_"))]
        elif kind == "above":
            found.append(above("".join(_ABOVE[letter] for letter in letters)))
        else:
            found.append(Run(letters, MATH))
    if plain:
        found.append(Run(plain))
    return tuple(found)


def width(pieces: Iterable[Run] | str, size: float) -> float:
    """The room that runs, or a text in sans, take at a text size.

    Example:
        >>> round(width("0.0557", 13), 2), round(width(runs("W₁"), 16), 2)
        (42.1, 19.52)
    """
    pieces = (Run(pieces),) if isinstance(pieces, str) else pieces
    return sum(run.width(size) for run in pieces)
