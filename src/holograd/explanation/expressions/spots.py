"""A spot in a line that someone typed, and the mark under it."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from keyword import iskeyword

from holograd.errors import ArgumentError

MOST_SHOWN = 76  # columns of a line
UNREADABLE = "the expression cannot be read"
# What people write and Python reads otherwise or not at all: a pattern, what is wrong, and advice.
HABITS: tuple[tuple[str, str, str], ...] = (
    (
        r"(?<![\w.])((?>(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))(?<!0(?=[xXoObB]))"
        r"(?= *(?!and\b|or\b|if\b|else\b|for\b|in\b|is\b|not\b)([^\W\d]\w*|\())",
        "a sign is missing after {0}",
        "Write {0}*{1} for a product.",
    ),
    (
        r"\b(exp|log|ln|sin|cos|tan|sqrt|abs|tanh|sigmoid|relu)(?= +([\w.]+))",
        "{0} has no brackets",
        "Write {0}({1}).",
    ),
    (
        r"(\)) *(?=([\w(]))",
        "a sign is missing after the bracket",
        "Put * there for a product, as in (x + 1)*y.",
    ),
    (r"([−–—])", "this minus is not the one of the keyboard", "Write - for a minus."),
    (r"([×·∙⋅])", "this sign is not the one of the keyboard", "Write * for a product."),
    (r"(÷)", "this sign is not the one of the keyboard", "Write / for a quotient."),
    (r"([²³⁰¹⁴-⁹])", "this power cannot be read", "Write **2 for a square."),
)

SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


@dataclass(frozen=True)
class Spot:
    """Some characters of a line.

    Attributes:
        line: the whole line.
        start: the first character, counted from 0.
        end: the one after the last.
    """

    line: str
    start: int
    end: int

    @classmethod
    def of(cls, line: str, shift: int, node: ast.AST) -> Spot:
        """Where a part of Python's tree stands; Python counts bytes.

        Args:
            line: the whole line.
            shift: how many characters stand before what Python read.
            node: the part.
        """
        read = line[shift:].encode("utf-8", "surrogatepass")
        start, end = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None)

        def characters(count: int) -> int:
            return shift + len(read[:count].decode("utf-8", "ignore"))

        return cls(line, characters(start), characters(end if end is not None else start + 1))

    def shown(self) -> str:
        """The line, and the mark under the spot, in two lines; of a long line a part."""
        start, end = self.start, max(self.end, self.start + 1)
        first = max(0, start - MOST_SHOWN // 2) if len(self.line) > MOST_SHOWN else 0
        part = self.line[first : first + MOST_SHOWN]
        before = "…" * (first > 0)
        after = "…" * (first + MOST_SHOWN < len(self.line))
        room = columns(before + self.line[first:start])
        width = max(1, columns(self.line[start : min(end, first + MOST_SHOWN)]))
        return f"  {before}{part}{after}\n  {' ' * room}{'^' * width}"

    def error(self, what: str, why: str, instead: str = "") -> ArgumentError:
        """An error that shows the spot."""
        error = ArgumentError(what, why=why, instead=instead)
        error.args = (f"{error}\n{self.shown()}",)
        return error


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: Korean characters take two."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def marked(line: str) -> ArgumentError | None:
    """The error about a habit of writing that Python would not understand; None without one."""
    for sign in line:
        if not sign.isprintable():
            return ArgumentError(UNREADABLE, why=f"it holds the character U+{ord(sign):04X}")
    for pattern, why, instead in HABITS:
        found = re.search(pattern, line)
        if found:
            words = (*found.groups(), "")
            spot = Spot(line, *found.span())
            return spot.error(UNREADABLE, why.format(*words), instead.format(*words))
    return None


def plain_names(text: str) -> str:
    """Names with the digits of the keyboard, as Python reads them, for those that formulas print.

    Example:
        >>> plain_names("w₀*x + b₁₂")
        'w0*x + b12'
    """
    return re.sub(r"\b[^\W\d]\w*", lambda found: found[0].translate(SUBSCRIPTS), text)


def foreign_word(line: str) -> Spot | None:
    """The first word that belongs to Python's grammar, such as lambda; None without one."""
    words = re.finditer(r"\b[^\W\d]\w*", line)
    found = next((word for word in words if iskeyword(word[0])), None)
    return Spot(line, *found.span()) if found else None


def closest(name: str, known: Iterable[str]) -> str:
    """A question whether another name was meant; empty where none is near."""
    near = get_close_matches(name, list(known), 2, cutoff=0.6)
    return f"Did you mean {' or '.join(near)}?" if near else ""
