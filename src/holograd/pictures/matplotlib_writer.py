"""Writes a picture with matplotlib: as PNG, as PDF, or as a figure to go on with.

The faces are those that matplotlib brings, so that a picture is the same on every machine; only
letters that they lack come from fonts of the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

from holograd.errors import ArgumentError
from holograd.pictures import faces
from holograd.pictures.colours import colour
from holograd.pictures.lettering import MATH, ROMAN, SANS, SANS_SCALE, Run, width
from holograd.pictures.shapes import (
    END,
    MIDDLE,
    ROUND,
    START,
    Circle,
    Path,
    Rectangle,
    Shape,
    Text,
    flat,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from holograd.pictures.picture import Picture

POINTS_OF_A_PIXEL = 0.75
SHARPNESS = 2.0  # dots of a PNG for a pixel at 100 %, where it is not too large for that
MANY_DOTS = 40_000_000  # of a PNG; a larger one gets fewer for a pixel, but at least one
MOST_DOTS, LONGEST = 120_000_000, 32_000  # of a PNG, and of its longer side
LONGEST_PAGE = 190.0  # inches of a PDF's longer side; readers end at 200
SCALES = {SANS: SANS_SCALE, MATH: 1.0, ROMAN: 1.0}


def needed() -> None:
    """Makes sure that matplotlib is there.

    Raises:
        ArgumentError: it is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise ArgumentError(
            "pictures as PNG or PDF take matplotlib, which is not installed",
            instead="Write: pip install 'holograd[pictures]', or save the picture as .svg.",
        ) from None


def figure(picture: Picture, *, theme: str = "light", scale: float = 1.0) -> Figure:
    """The picture as a matplotlib figure of its size, with 96 pixels an inch.

    Args:
        picture: what is drawn.
        theme: "light" or "dark".
        scale: of the whole.

    Raises:
        ArgumentError: matplotlib is not installed.
    """
    needed()
    from matplotlib.figure import Figure

    inches = picture.width * scale / 96, picture.height * scale / 96
    made = Figure(figsize=inches, facecolor=colour("paper", theme))
    axes = made.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, picture.width), ylim=(picture.height, 0))
    axes.axis("off")
    pen = _Pen(axes, theme, POINTS_OF_A_PIXEL * scale, _found(picture).families)
    for order, shape in enumerate(flat(picture.shapes)):
        pen.draw(shape, order)
    return made


def write(picture: Picture, file: IO[bytes], form: str, *, theme: str = "light") -> None:
    """Writes the picture into an open file.

    Args:
        picture: what is drawn.
        file: open for bytes.
        form: "png" or "pdf".
        theme: "light" or "dark".

    Raises:
        ArgumentError: matplotlib is not installed, or the picture is too large for a PNG.
    """
    needed()
    import matplotlib

    longer, dots = max(picture.width, picture.height), picture.width * picture.height
    if form == "png" and (longer > LONGEST or dots > MOST_DOTS):
        raise ArgumentError(
            f"{picture.width:.0f} × {picture.height:.0f} pixels are too many for a PNG",
            why=f"it has at most {LONGEST:,} on a side and {MOST_DOTS:,} in all",
            instead="Save it as .svg or .pdf, or show fewer steps.",
        )
    sharpness = max(1.0, min(SHARPNESS, LONGEST / longer, (MANY_DOTS / dots) ** 0.5))
    scale = min(1.0, LONGEST_PAGE * 96 / longer) if form == "pdf" else 1.0
    # The date of writing is left out, so that the same picture is the same file.
    metadata: dict[str, Any] = {"Title": picture.title}
    metadata |= {"CreationDate": None} if form == "pdf" else {"Description": picture.description}
    instead = "Save it as .svg, or install"
    with faces.noticed(_found(picture), instead) as settings, matplotlib.rc_context(settings):
        made = figure(picture, theme=theme, scale=scale)
        made.savefig(
            file, format=form, dpi=96 * sharpness, facecolor=made.get_facecolor(), metadata=metadata
        )


def _found(picture: Picture) -> faces.Found:
    """The fonts for the letters of a picture."""
    return faces.find(one.plain for one in flat(picture.shapes) if isinstance(one, Text))


class _Pen:
    """Draws shapes on axes whose unit is a pixel."""

    def __init__(self, axes: Any, theme: str, points: float, more: Sequence[str] = ()) -> None:
        from matplotlib.font_manager import FontProperties

        self.axes, self.theme, self.points = axes, theme, points
        self.faces = {
            SANS: FontProperties(family=[faces.OWN, *more]),
            MATH: FontProperties(family=["STIXGeneral", faces.OWN, *more], style="italic"),
            ROMAN: FontProperties(family=["STIXGeneral", faces.OWN, *more]),
        }

    def draw(self, shape: Shape, order: int) -> None:
        """One shape, above those of a lower order."""
        if isinstance(shape, Text):
            self.letters(shape, order)
        else:
            from matplotlib.patches import PathPatch

            patch = PathPatch(self.outline(shape), zorder=order, **self.paint(shape))
            self.axes.add_artist(patch)

    def paint(self, shape: Shape) -> dict[str, Any]:
        """Colours and lines in matplotlib's words."""
        line = shape.line * self.points
        dashes = tuple(length / shape.line for length in shape.dash)
        return {
            "facecolor": colour(shape.fill, self.theme) if shape.fill else "none",
            "edgecolor": colour(shape.stroke, self.theme) if shape.stroke else "none",
            "linewidth": line if shape.stroke else 0,
            "linestyle": (0, dashes) if dashes else "solid",
            "alpha": shape.opacity,
            "joinstyle": "miter",
            "capstyle": "butt",
        }

    def outline(self, shape: Shape) -> Any:
        """The path of a shape."""
        from matplotlib import path as paths

        match shape:
            case Path():
                pieces = shape.pieces
            case Circle():
                r = shape.radius
                pieces = _round(shape.x - r, shape.y - r, 2 * r, 2 * r, r)
            case Rectangle():
                radius = min(shape.radius, shape.width / 2, shape.height / 2)
                pieces = _round(shape.x, shape.y, shape.width, shape.height, radius)
            case _:
                raise TypeError(f"no way to draw a {type(shape).__name__}")
        codes, points = [], []
        kinds = {"M": paths.Path.MOVETO, "L": paths.Path.LINETO, "C": paths.Path.CURVE4}
        for letter, *numbers in pieces:
            if letter == "Z":
                codes.append(paths.Path.CLOSEPOLY)
                points.append((0.0, 0.0))
            for place in range(0, len(numbers), 2):
                codes.append(kinds[letter])
                points.append((numbers[place], numbers[place + 1]))
        return paths.Path(points, codes)

    def letters(self, shape: Text, order: int) -> None:
        """Each run where the one before it ends, measured in the face that draws it."""
        from math import cos, radians, sin

        widths = [self.measure(run, shape.size) for run in shape.runs]
        along = -{START: 0.0, MIDDLE: 0.5, END: 1.0}[shape.anchor] * sum(widths)
        angle = radians(shape.turn)
        for run, room in zip(shape.runs, widths, strict=True):
            across = -run.shift * shape.size
            face = self.faces[run.face].copy()
            face.set_size(shape.size * run.scale * SCALES[run.face] * self.points)
            face.set_weight(shape.weight)
            self.axes.text(
                shape.x + along * cos(angle) - across * sin(angle),
                shape.y + along * sin(angle) + across * cos(angle),
                run.text.replace("$", r"\$"),
                fontproperties=face,
                color=colour(run.colour or shape.fill, self.theme),
                ha="left",
                va="baseline",
                rotation=-shape.turn,
                rotation_mode="anchor",
                alpha=shape.opacity,
                zorder=order,
            )
            along += room

    def measure(self, run: Run, size: float) -> float:
        """How far a run reaches, in pixels; from the table of widths where a letter is missing."""
        return _advance(run, self.faces[run.face]) * size * run.scale or width([run], size)


def _round(x: float, y: float, width: float, height: float, radius: float) -> tuple[tuple, ...]:
    """A rectangle's pieces, clockwise from the upper left corner's end."""
    if not radius:
        right, bottom = x + width, y + height
        return ("M", x, y), ("L", right, y), ("L", right, bottom), ("L", x, bottom), ("Z",)
    r, k, right, bottom = radius, radius * (1 - ROUND), x + width, y + height
    return (
        ("M", x + r, y),
        ("L", right - r, y),
        ("C", right - k, y, right, y + k, right, y + r),
        ("L", right, bottom - r),
        ("C", right, bottom - k, right - k, bottom, right - r, bottom),
        ("L", x + r, bottom),
        ("C", x + k, bottom, x, bottom - k, x, bottom - r),
        ("L", x, y + r),
        ("C", x, y + k, x + k, y, x + r, y),
        ("Z",),
    )


def _advance(run: Run, face: Any) -> float:
    """The width of a run's letters at size 1, or 0 where its fonts lack one of them."""
    from matplotlib.font_manager import findfont, get_font
    from matplotlib.ft2font import LoadFlags

    fonts = []
    for family in face.get_family():
        one = face.copy()
        one.set_family([family])
        fonts.append(get_font(findfont(one)))
        fonts[-1].set_size(100, 72)
    total = 0.0
    for letter in run.text:
        font = next((one for one in fonts if one.get_char_index(ord(letter))), None)
        if font is None:
            return 0.0
        total += font.load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536
    return total / 100 * SCALES[run.face]
