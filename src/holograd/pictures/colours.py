"""The colours of both themes by their names, and which of them a signed number gets.

Ink is interface; colour is signed number, from indigo (negative) over paper to persimmon
(positive). Shapes name their colours: a token such as `ink` or `p2`, or a shade between two steps
of the scale such as `p1.25`. Writers look the names up.
"""

from __future__ import annotations

LIGHT = {
    "paper": "#FBFAF6",
    "wash": "#F2F0E9",
    "raised": "#FFFFFF",
    "ink": "#1E1D1A",
    "ink2": "#55524B",
    "ink3": "#6F6B62",
    "rule": "#DEDACF",
    "faint": "#B9B4A7",
    "mark": "#FFE88A",
    "markline": "#A87F00",
    "pos": "#9E3E09",
    "neg": "#405CA4",
    "n5": "#4F6FBF",
    "n4": "#668ACD",
    "n3": "#82A6DB",
    "n2": "#A2C0E6",
    "n1": "#C6DAF0",
    "zero": "#F5F2EA",
    "p1": "#F1D2B1",
    "p2": "#E7B182",
    "p3": "#DC8F59",
    "p4": "#CE6D32",
    "p5": "#BE4800",
}
DARK = {
    "paper": "#161615",
    "wash": "#1F1E1C",
    "raised": "#262523",
    "ink": "#ECE9E2",
    "ink2": "#B5B1A7",
    "ink3": "#97938A",
    "rule": "#34332F",
    "faint": "#5B5850",
    "mark": "#4B400E",
    "markline": "#E3B92E",
    "pos": "#F5A06A",
    "neg": "#93BCFF",
    "n5": "#7DB1FE",
    "n4": "#6991D1",
    "n3": "#5672A5",
    "n2": "#43557A",
    "n1": "#313A50",
    "zero": "#201F1D",
    "p1": "#4F3328",
    "p2": "#784832",
    "p3": "#A25F3C",
    "p4": "#CB7845",
    "p5": "#F5944E",
}
THEMES = {"light": LIGHT, "dark": DARK}
SCALE = "n5 n4 n3 n2 n1 zero p1 p2 p3 p4 p5".split()
MOST_UNDER_NUMBERS = 2.0  # steps of the scale; farther out, ink on the colour is hard to read
SHADES = 4  # between two steps, under numbers


def band(number: float, largest: float) -> str:
    """The flat band, one of the scale's eleven, for a number of a map.

    Args:
        number: the signed number; one that is not finite counts as the largest.
        largest: the size of the number that gets the outermost band.

    Example:
        >>> band(-0.5, 1.0), band(0.0, 1.0), band(7.0, 7.0)
        ('n3', 'zero', 'p5')
    """
    ratio = _ratio(number, largest)
    steps = min(5, round(abs(ratio) * 5.5))
    return SCALE[5 + steps] if ratio > 0 else SCALE[5 - steps]


def under_number(number: float, largest: float) -> str:
    """The shade under a printed number, light enough for ink.

    Args:
        number: the signed number.
        largest: the size of the largest number of the same array.

    Example:
        >>> under_number(-4.0, 4.0), under_number(-3.0, 4.0), under_number(0.0, 4.0)
        ('n2', 'n1.5', 'zero')
    """
    ratio = _ratio(number, largest)
    level = max(1, round(abs(ratio) * MOST_UNDER_NUMBERS * SHADES)) / SHADES if ratio else 0
    return f"{'p' if ratio > 0 else 'n'}{level:g}" if level else "zero"


def colour(name: str, theme: str = "light") -> str:
    """The six hexadecimal digits of a named colour.

    Example:
        >>> colour("ink"), colour("n1.5"), colour("n1.5", "dark")
        ('#1E1D1A', '#B4CDEB', '#3A4865')
    """
    tokens = THEMES[theme]
    if name in tokens:
        return tokens[name]
    lower, upper, share = between(name)
    ends = [
        [int(tokens[end][place : place + 2], 16) for place in (1, 3, 5)] for end in (lower, upper)
    ]
    mixed = [round(first + share * (second - first)) for first, second in zip(*ends, strict=True)]
    return "#" + "".join(f"{part:02X}" for part in mixed)


def between(name: str) -> tuple[str, str, float]:
    """The two steps that a shade lies between, and how far it is on the way to the second.

    Example:
        >>> between("p0.25"), between("n1.5")
        (('zero', 'p1', 0.25), ('n1', 'n2', 0.5))
    """
    side, level = name[0], float(name[1:])
    below = int(level)
    lower = f"{side}{below}" if below else "zero"
    return lower, f"{side}{below + 1}", level - below


def _ratio(number: float, largest: float) -> float:
    """The number as a share of the largest, from −1 to 1; NaN is 0."""
    if number != number or not number:
        return 0.0
    if abs(number) == float("inf") or not 0 < largest < float("inf"):
        return 1.0 if number > 0 else -1.0
    return max(-1.0, min(1.0, number / largest))
