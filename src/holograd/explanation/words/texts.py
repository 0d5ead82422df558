"""What explanations say to people, in English and in Korean, by keys.

An entry of the catalogue is a pair of templates. Beside `{name}` and Python's formats, `{name:,}`,
a template may hold `{count:step|steps}`, a number with the word that fits it, and in Korean
`{name:은/는}`, a word with the particle that fits its sound.
"""

from __future__ import annotations

from string import Formatter
from typing import Any

from holograd.errors import ArgumentError
from holograd.explanation.words.catalogue import NAMES, TEXTS
from holograd.explanation.words.particles import PARTICLES, with_particle

LANGUAGES = ("en", "ko")


class _Writer(Formatter):
    """Python's formats, the plural, and Korean particles."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec in PARTICLES:
            return with_particle(str(value), format_spec)
        if "|" in format_spec:
            one, many = format_spec.split("|")
            return f"{value:,} {one if value == 1 else many}"
        return format(value, format_spec)


_writer = _Writer()


def say(key: str, lang: str, /, **values: Any) -> str:
    """A text of the catalogue, with its values filled in.

    Args:
        key: the entry's name.
        lang: "en" or "ko".
        values: one for each placeholder, as texts or whole numbers.

    Raises:
        ArgumentError: another language.
        KeyError: there is no such entry, or a value is missing; both are defects.

    Example:
        >>> say("place_in_pass", "en", place=12, count=14)
        '12 of 14'
        >>> say("place_in_pass", "ko", place=12, count=14)
        '14단계 중 12단계'
    """
    return _writer.vformat(TEXTS[key][LANGUAGES.index(checked(lang))], (), values)


def name_of(kind: str, lang: str) -> str:
    """What people call an operation, a function or a layer; names of code stay as they are.

    Example:
        >>> name_of("cross_entropy", "en"), name_of("cross_entropy", "ko")
        ('cross-entropy', '교차 엔트로피')
        >>> name_of("Linear(2 → 2)", "ko")
        'Linear(2 → 2)'
    """
    return NAMES[kind][LANGUAGES.index(checked(lang))] if kind in NAMES else kind


def checked(lang: str) -> str:
    """The language itself, where there are texts in it.

    Raises:
        ArgumentError: there are none.
    """
    if lang not in LANGUAGES:
        raise ArgumentError(
            f"there are no explanations in the language {lang!r}",
            instead='Write lang="en" for English, or lang="ko" for Korean.',
        )
    return lang
