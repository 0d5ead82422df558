"""A picture: shapes, a title, and a table that says the same in words and numbers."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import IO

from holograd.pictures import matplotlib_writer, saving, svg
from holograd.pictures.shapes import Shape


@dataclass(frozen=True, slots=True)
class Picture:
    """Something drawn, which can be looked at in a notebook, saved, or read as a table.

    Attributes:
        shapes: what is drawn, from the lowest to the uppermost.
        width: in pixels at 100 %.
        height: in pixels at 100 %.
        title: what it shows, in a few words.
        description: what it shows, in a sentence or two, for readers who do not see it.
        table: the same as text: a row of headers, then the rows.
        kind: classes of the whole picture, as ("gates", "turned").

    Example:
        >>> from holograd.pictures import Picture, Rectangle
        >>> square = Rectangle(x=5, y=5, width=20, height=20, fill="p2")
        >>> picture = Picture((square,), 30, 30, "a square")
        >>> "<title" in picture.svg()
        True
    """

    shapes: tuple[Shape, ...]
    width: float
    height: float
    title: str
    description: str = ""
    table: list[list[str]] = field(default_factory=list)
    kind: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Picture({self.title!r}, {self.width:.0f} × {self.height:.0f})"

    def svg(self, standalone: bool = True) -> str:
        """The picture as SVG; see `holograd.pictures.svg.write`."""
        return svg.write(self, standalone=standalone)

    def save(self, path: str | os.PathLike[str], *, theme: str = "light") -> None:
        """Writes the picture into a file, which takes an older one's place when it is complete.

        Args:
            path: a file that ends in .svg, .png or .pdf.
            theme: "light" or "dark", for PNG and PDF; an SVG has both, and follows its reader.

        Raises:
            ArgumentError: another ending, or PNG or PDF without matplotlib.
            DataError: the file cannot be written.
        """

        def write(file: IO[bytes], form: str) -> None:
            if form == "svg":
                file.write(self.svg().encode())
            else:
                matplotlib_writer.write(self, file, form, theme=theme)

        saving.save(path, write)

    def _repr_svg_(self) -> str:
        return self.svg()
