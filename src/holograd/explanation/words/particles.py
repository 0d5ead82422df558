"""Korean particles (josa), whose form follows the sound that the word before them ends in.

`L` is read 엘, so it takes 은; `h₁` is read 에이치 일, so it takes 은; `σ` is read 시그마: 는.
"""

from __future__ import annotations

import unicodedata

VOWEL, CONSONANT, LIEUL = 0, 1, 2
"""What a word ends in: a vowel, a consonant, or ㄹ, after which 으로 is 로."""

# After a consonant, and after a vowel.
PARTICLES = {
    "은/는": ("은", "는"),
    "이/가": ("이", "가"),
    "을/를": ("을", "를"),
    "와/과": ("과", "와"),
    "으로/로": ("으로", "로"),
}

_DIGITS = dict(zip("0123456789", (1, 2, 0, 1, 0, 0, 1, 2, 2, 0), strict=True))
_LETTERS = dict.fromkeys("mn", CONSONANT) | {"l": LIEUL, "r": LIEUL}
_GREEK_WITH_CONSONANT = "ευο"  # 엡실론, 입실론, 오미크론
_SIGNS = {
    "²": CONSONANT, "³": CONSONANT,  # 제곱, 세제곱
    "′": CONSONANT, "'": CONSONANT,  # 프라임
    "%": VOWEL, "∞": VOWEL, "+": VOWEL, "−": VOWEL, "-": VOWEL, "×": VOWEL, "÷": VOWEL, "ᵀ": VOWEL,
}  # fmt: skip
_ABOVE = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_CLOSING = ")]}⁾₎\"'’”›»| \t"
_WORDS = {"exp": CONSONANT, "log": VOWEL, "sin": CONSONANT, "max": VOWEL, "min": CONSONANT}


def with_particle(word: str, particle: str) -> str:
    """A word with the form of a particle that fits its sound.

    Args:
        word: Korean, a name, a number, a formula; brackets and quotes at its end are not read.
        particle: one of `PARTICLES`, such as "은/는".

    Example:
        >>> [with_particle(word, "은/는") for word in ("손실", "L", "h₁", "σ(z)", "100", "0.5 %")]
        ['손실은', 'L은', 'h₁은', 'σ(z)는', '100은', '0.5 %는']
        >>> with_particle("h₁", "으로/로"), with_particle("3", "으로/로")
        ('h₁로', '3으로')
    """
    closed, open_ = PARTICLES[particle]
    ending = ending_of(word)
    if ending is None:  # a sign that nobody knows how to read: both forms, as Koreans write then
        return f"{word}(으)로" if particle == "으로/로" else f"{word}{closed}({open_})"
    if particle == "으로/로" and ending == LIEUL:
        ending = VOWEL
    return word + (open_ if ending == VOWEL else closed)


def ending_of(word: str) -> int | None:
    """What a word ends in when it is read aloud; None where that is not known."""
    word = word.rstrip()
    if word.endswith(("′", "'")) and len(word) > 1 and word[-2].isalnum():
        return CONSONANT
    bare = word.rstrip(_CLOSING)
    if not bare:
        return None
    last = bare[-1]
    if last in _ABOVE:  # an exponent is read …제곱, a layer's number in brackets as a number
        return CONSONANT if bare == word else _number(unicodedata.normalize("NFKC", last))
    bare = unicodedata.normalize("NFKC", bare)  # digits and letters below or above the line
    last = bare[-1]
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        return LIEUL if final == 8 else min(final, CONSONANT)
    if last.isdigit():
        return _number(bare)
    if last.isascii() and last.isalpha():
        return _latin(bare)
    if "α" <= last.lower() <= "ω":
        return CONSONANT if last.lower() in _GREEK_WITH_CONSONANT else VOWEL
    return _SIGNS.get(last, VOWEL if last in "∂∇√" else None)


def _number(text: str) -> int | None:
    """A number ends as its last digit; zeros are read 영 or 십, 백, 천."""
    return _DIGITS.get(text[-1])


def _latin(text: str) -> int:
    """A single letter, or an abbreviation in capitals, is spelled; a word is read as Korean
    borrows it."""
    start = len(text)
    while start and text[start - 1].isascii() and text[start - 1].isalpha():
        start -= 1
    word = text[start:]
    lower = word.lower()
    if lower in _WORDS:
        return _WORDS[lower]
    if len(word) == 1 or word.isupper():
        return _LETTERS.get(lower[-1], VOWEL)
    if lower.endswith(("l", "le")):
        return LIEUL
    if lower.endswith(("m", "n", "ng", "ne", "me")):
        return CONSONANT
    stop_after_vowel = lower[-1] in "ptkcb" and lower[-2] in "aeiou"
    return CONSONANT if stop_after_vowel or lower.endswith("ck") else VOWEL
