"""Small grey pictures drawn with characters, in a terminal or in a text file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

PAPER, INK = np.array([0xFB, 0xFA, 0xF6]), np.array([0x1E, 0x1D, 0x1A])
SHADES = " ░▒▓█"
SHADES_OF_ASCII = " .:+*#@"
COLUMNS = 16


def picture(values: np.ndarray, console: Console) -> Text:
    """A picture as text, two pixels above each other in each character.

    Where the console shows colours and half blocks, the block's two halves are the two pixels, dark
    ink on light paper; elsewhere a character as dark as both together stands for them.

    Args:
        values: (rows, columns), 0 for paper to 1 for ink.
        console: where it will be printed.
    """
    from rich.text import Text

    enlarged = max(1, COLUMNS // values.shape[1])
    pixels = np.clip(values, 0, 1).repeat(enlarged, 0).repeat(enlarged, 1)
    if len(pixels) % 2:
        pixels = np.vstack([pixels, np.zeros_like(pixels[:1])])
    text = Text(no_wrap=True)
    ascii_only = console.options.ascii_only
    plain = ascii_only or console.no_color or console.color_system is None
    shades = SHADES_OF_ASCII if ascii_only else SHADES
    for upper, lower in zip(pixels[::2], pixels[1::2], strict=True):
        if text:
            text.append("\n")
        for pair in zip(upper, lower, strict=True):
            if plain:
                text.append(shades[round(sum(pair) / 2 * (len(shades) - 1))])
            else:
                text.append("▀", f"{_grey(pair[0])} on {_grey(pair[1])}")
    return text


def _grey(value: float) -> str:
    red, green, blue = (PAPER + value * (INK - PAPER)).round().astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"
