"""Pictures of fields and courses, which matplotlib draws: regions, landscapes, statistics.

They keep the visual language of the other pictures: ink is interface, colour is signed number.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from io import StringIO
from typing import IO, TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from holograd.pictures import faces
from holograd.pictures.colours import LIGHT, SCALE, colour
from holograd.pictures.matplotlib_writer import needed
from holograd.pictures.saving import save
from holograd.pictures.svg import ROOT, themes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS_AN_INCH = 160
MARGIN = 0.15  # inches around what is drawn
# The same picture is the same file: no date, and names inside that do not change.
STILL: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
# What `use` draws takes its paint from there; rules of the page do not reach into it.
MARKER = re.compile(r'<path id="m[0-9a-f]+" d="[^"]*" style="[^"]*"/>')
PAINT = re.compile(r"(fill|stroke): #[0-9a-f]{6}(; )?")
SETTINGS: Any = {"svg.hashsalt": "holograd"}


@dataclass(frozen=True, slots=True)
class FigurePicture:
    """Something drawn by matplotlib, which can be looked at in a notebook, saved, or read.

    Attributes:
        draw: makes the figure in a theme, "light" or "dark".
        title: what it shows, in a few words.
        description: what it shows, in a sentence or two, for readers who do not see it.
        table: the same as text: a row of headers, then the rows.
    """

    draw: Callable[[str], Figure]
    title: str
    description: str = ""
    table: list[list[str]] = field(default_factory=list)

    def figure(self, theme: str = "light") -> Figure:
        """The picture as a matplotlib figure, to go on with.

        Raises:
            ArgumentError: matplotlib is not installed.
        """
        needed()
        made = self.draw(theme)
        faces.fit(made)
        return made

    def svg(self) -> str:
        """The picture as SVG, which follows its reader's light or dark theme.

        Raises:
            ArgumentError: matplotlib is not installed.
        """
        with StringIO() as file:
            self._write(file, "svg", "light")
            return self._with_themes(file.getvalue())

    def save(self, path: str | os.PathLike[str], *, theme: str = "light") -> None:
        """Writes the picture into a file, which takes an older one's place when it is complete.

        Args:
            path: a file that ends in .svg, .png or .pdf.
            theme: "light" or "dark", for PNG and PDF; an SVG has both, and follows its reader.

        Raises:
            ArgumentError: another ending, or matplotlib is not installed.
            DataError: the file cannot be written.
        """

        def write(file: IO[bytes], form: str) -> None:
            if form == "svg":
                file.write(self.svg().encode())
            else:
                self._write(file, form, theme)

        save(path, write)

    def _write(self, file: Any, form: str, theme: str) -> None:
        needed()
        import matplotlib

        made = self.draw(theme)
        with faces.noticed(faces.fit(made)) as more, matplotlib.rc_context(SETTINGS | more):
            made.savefig(
                file, format=form, dpi=DOTS_AN_INCH, facecolor=made.get_facecolor(),
                bbox_inches="tight", pad_inches=MARGIN, metadata=STILL[form],
            )  # fmt: skip

    def _with_themes(self, svg: str) -> str:
        """The SVG with its title, and with rules that give its colours another theme's values."""
        name = f"p{crc32(svg.encode()):08x}"
        svg = MARKER.sub(lambda found: PAINT.sub("", found[0]), svg)
        rules = "\n".join(
            f'{ROOT} [style*="{use}: {value.lower()}"]{{{use}:var(--{token})!important}}'
            for token, value in LIGHT.items()
            for use in ("fill", "stroke")
        )
        start = svg.index("<svg ")
        end = svg.index(">", start)
        opened = svg[start:end].replace(
            "<svg ",
            f'<svg class="{ROOT[1:]}" role="img" aria-labelledby="{name}-title '
            f'{name}-description" ',
            1,
        )
        return (
            f'{opened}>\n<title id="{name}-title">{escape(self.title)}</title>\n'
            f'<desc id="{name}-description">{escape(self.description)}</desc>\n'
            f"<style>\n{themes()}\n{rules}\n</style>{svg[end + 1 :]}"
        )

    def _repr_svg_(self) -> str:
        return self.svg()


def new_figure(width: float, height: float, theme: str) -> Figure:
    """An empty figure of paper, with sizes in inches.

    It brings its own canvas: no window system is asked, and no global state is touched.
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), facecolor=colour("paper", theme), layout="tight")


def frame(axes: Axes, title: str, theme: str = "light") -> None:
    """Ink on paper: a hairline frame, and quiet numbers."""
    axes.set_facecolor(colour("paper", theme))
    axes.set_title(title, loc="left", color=colour("ink", theme), fontsize=12)
    axes.tick_params(colors=colour("ink2", theme), labelsize=9, length=3)
    for spine in axes.spines.values():
        spine.set_color(colour("rule", theme))


def in_widths(axes: Axes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How the eye measures a plane: its lower left corner, the extent along each axis that looks
    one width of the plane long, and the plane's sides in such widths."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    extent = np.array([right - left, top - bottom])
    unit = np.repeat(extent[0], 2) if axes.get_aspect() == 1.0 else extent
    return np.array([left, bottom]), unit, extent / unit


def bands(theme: str = "light") -> list[str]:
    """The eleven flat colours from indigo (negative) to persimmon (positive)."""
    return [colour(name, theme) for name in SCALE]


def letter(name: str) -> str:
    """A variable such as `x₁` in matplotlib's notation for mathematics; other names as they are.

    Example:
        >>> letter("x₁"), letter("h₁₂"), letter("width in $")
        ('$x_{1}$', '$h_{12}$', 'width in \\\\$')
    """
    found = re.fullmatch(r"([A-Za-zΑ-Ωα-ω])([₀-₉]*)", name)
    if found is None:
        return name.replace("$", r"\$")
    below = found[2].translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))
    return f"${found[1]}_{{{below}}}$" if below else f"${found[1]}$"
