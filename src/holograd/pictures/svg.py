"""Writes a picture as SVG: it follows light and dark, and a page's script can find its parts.

Every shape carries its light colours as attributes, which any program for SVG understands, and a
class for each colour, through which a browser takes the theme's. A picture for a page leaves the
style sheet to the page (`STYLESHEET`); one that stands alone carries it with the colours of both
themes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING
from zlib import crc32

from holograd.pictures.colours import LIGHT, THEMES, between, colour
from holograd.pictures.lettering import MATH, ROMAN, SANS, Run
from holograd.pictures.shapes import START, Circle, Group, Path, Rectangle, Shape, Text

if TYPE_CHECKING:
    from holograd.pictures.picture import Picture

FACES = {
    SANS: '-apple-system,BlinkMacSystemFont,"Segoe UI","Apple SD Gothic Neo","Malgun Gothic",'
    '"Noto Sans KR","Noto Sans CJK KR","Noto Sans",system-ui,sans-serif',
    MATH: '"STIX Two Text","STIX Two Math","Cambria Math",Cambria,STIX,STIXGeneral,'
    '"Latin Modern Math","Times New Roman",serif',
}
PLAIN_FACES = {SANS: "sans-serif", MATH: "serif", ROMAN: "serif"}
ROOT = ".holograd-picture"
_SHADES = [f"{side}{quarter / 4:g}" for side in "np" for quarter in range(1, 8) if quarter != 4]


def _paint_rules() -> Iterator[str]:
    """One class for each colour and use: `.f-ink` fills with ink, `.s-ink` draws with it."""
    for name in [*LIGHT, *_SHADES]:
        if name in LIGHT:
            value = f"var(--{name})"
        else:
            lower, upper, share = between(name)
            value = f"color-mix(in srgb, var(--{upper}) {share:.0%}, var(--{lower}))"
        for use, letter in (("fill", "f"), ("stroke", "s")):
            yield f"{ROOT} .{letter}-{name.replace('.', '_')}{{{use}:{value}}}"


STYLESHEET = "\n".join(
    [
        f"{ROOT} text{{font-family:var(--sans);font-variant-numeric:tabular-nums}}",
        f"{ROOT} .math{{font-family:var(--math);font-style:italic}}",
        f"{ROOT} .roman{{font-family:var(--math)}}",
        *_paint_rules(),
        # States that a page's script sets on groups while somebody steps through the passes.
        f"{ROOT} .dim{{opacity:.4}}",
        f"{ROOT} .step.now .halo{{fill:var(--mark)}}",
        f"{ROOT} .step.now.forward .door.upper{{fill:var(--mark)}}",
        f"{ROOT} .step.now.backward .door.lower{{fill:var(--mark)}}",
        f"{ROOT} .step.now .gate{{stroke-width:2}}",
        f"{ROOT} .step.later-backward .slope tspan:not(.f-ink3){{visibility:hidden}}",
        f"{ROOT} .later .face,{ROOT} .later .face.f-zero"
        "{fill:none;stroke:var(--faint);stroke-dasharray:1.5 3}",
        f"{ROOT} .later .number,{ROOT} .later .heat{{visibility:hidden}}",
        f"{ROOT} .wire.later path.line{{stroke:var(--faint);stroke-dasharray:1.5 3}}",
        f"{ROOT} .wire.later .head{{fill:var(--faint)}}",
        f"{ROOT} .wire.now path.line{{stroke-width:2.2}}",
        f"{ROOT} .marker{{fill:none;stroke:none}}",
        f"{ROOT} .marked .marker{{stroke:var(--markline);stroke-width:2}}",
    ]
)


def _variables(theme: str) -> str:
    return "".join(f"--{name}:{value};" for name, value in THEMES[theme].items())


def themes() -> str:
    """The style sheet's colours and faces of both themes, for a picture that stands alone."""
    faces = "".join(f"--{name}:{value};" for name, value in FACES.items())
    return "\n".join(
        [
            f"{ROOT}{{{_variables('light')}{faces}color-scheme:light}}",
            f'@media (prefers-color-scheme:dark){{{ROOT}:not([data-theme="light"])'
            f"{{{_variables('dark')}color-scheme:dark}}}}",
            f'{ROOT}[data-theme="dark"]{{{_variables("dark")}color-scheme:dark}}',
        ]
    )


def write(picture: Picture, *, standalone: bool = True) -> str:
    """A picture as the text of an SVG element.

    Args:
        picture: what is drawn.
        standalone: whether it brings its style sheet, both themes and its paper; without, it stands
            in a page that has the colours as CSS variables and `STYLESHEET` once.

    Returns:
        The element; with `standalone=True`, it is a whole file too.
    """
    name = f"p{crc32((picture.title + picture.description).encode()):08x}"
    name += f"-{crc32(repr(picture.shapes).encode()):08x}"
    width, height = _number(picture.width), _number(picture.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{" ".join([ROOT[1:], *picture.kind])}"'
        f' role="img" aria-labelledby="{name}-title {name}-description"'
        f' viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="{PLAIN_FACES[SANS]}">',
        f'<title id="{name}-title">{_safe(picture.title)}</title>',
        f'<desc id="{name}-description">{_safe(picture.description)}</desc>',
    ]
    shapes = picture.shapes
    if standalone:
        parts.append(f"<style>\n{themes()}\n{STYLESHEET}\n</style>")
        paper = Rectangle(
            x=0, y=0, width=picture.width, height=picture.height, role="paper", fill="paper"
        )
        shapes = (paper, *shapes)
    parts += _elements(shapes)
    return "\n".join([*parts, "</svg>", ""])


def _elements(shapes: Iterable[Shape]) -> Iterator[str]:
    for shape in shapes:
        note = f"<title>{_safe(shape.note)}</title>" if shape.note else ""
        match shape:
            case Group():
                yield f"<g{_attributes(shape)}>{note}"
                yield from _elements(shape.shapes)
                yield "</g>"
            case Text():
                letters = _letters(shape)
                # Some programs drop spaces at the ends of spans unless they are to be kept.
                kept = ' xml:space="preserve"' if letters.startswith("<") else ""
                yield f"<text{_place(shape)}{_attributes(shape)}{kept}>{note}{letters}</text>"
            case _:
                name = {Rectangle: "rect", Circle: "circle", Path: "path"}[type(shape)]
                end = f">{note}</{name}>" if note else "/>"
                yield f"<{name}{_place(shape)}{_attributes(shape)}{end}"


def _place(shape: Shape) -> str:
    match shape:
        case Rectangle():
            numbers = {"x": shape.x, "y": shape.y, "width": shape.width, "height": shape.height}
            if shape.radius:
                numbers["rx"] = shape.radius
        case Circle():
            numbers = {"cx": shape.x, "cy": shape.y, "r": shape.radius}
        case Text():
            numbers = {"x": shape.x, "y": shape.y, "font-size": shape.size}
        case Path():
            steps = [letter + " ".join(map(_number, numbers)) for letter, *numbers in shape.pieces]
            return f' d="{"".join(steps)}"'
        case _:
            raise TypeError(f"no way to write a {type(shape).__name__}")
    return "".join(f' {name}="{_number(number)}"' for name, number in numbers.items())


def _attributes(shape: Shape) -> str:
    """Classes, tags and paint."""
    classes = shape.role.split()
    paint: dict[str, str] = {}
    if not isinstance(shape, Group):
        if shape.fill:
            classes.append(f"f-{shape.fill.replace('.', '_')}")
        paint["fill"] = colour(shape.fill) if shape.fill else "none"
    if shape.stroke:
        classes.append(f"s-{shape.stroke.replace('.', '_')}")
        paint["stroke"] = colour(shape.stroke)
        paint["stroke-width"] = _number(shape.line)
        if shape.dash:
            paint["stroke-dasharray"] = " ".join(map(_number, shape.dash))
    if shape.opacity != 1:
        paint["opacity"] = _number(shape.opacity)
    if isinstance(shape, Text):
        if shape.anchor != START:
            paint["text-anchor"] = shape.anchor
        if shape.weight != "normal":
            paint["font-weight"] = shape.weight
        if shape.turn:
            paint["transform"] = (
                f"rotate({_number(shape.turn)} {_number(shape.x)} {_number(shape.y)})"
            )
    named = {f"data-{name}": value for name, value in shape.tags.items()}
    if classes:
        named = {"class": " ".join(classes), **named}
    return "".join(f' {key}="{_safe(value)}"' for key, value in {**named, **paint}.items())


def _letters(shape: Text) -> str:
    """The runs as text spans; one of plain sans alone needs no span."""
    if len(shape.runs) == 1 and shape.runs[0] == Run(shape.runs[0].text):
        return _safe(shape.runs[0].text)
    spans, height = [], 0.0
    for run in shape.runs:
        wanted = -run.shift * shape.size
        attributes = {}
        classes = [] if run.face == SANS else [run.face]
        if run.colour:
            classes.append(f"f-{run.colour}")
            attributes["fill"] = colour(run.colour)
        if run.face != SANS:
            attributes["font-family"] = PLAIN_FACES[run.face]
        if run.face == MATH:
            attributes["font-style"] = "italic"
        if abs(wanted - height) > 1e-9:
            attributes["dy"] = _number(wanted - height)
            height = wanted
        if run.scale != 1:
            attributes["font-size"] = _number(run.scale * shape.size)
        if classes:
            attributes = {"class": " ".join(classes), **attributes}
        written = "".join(f' {name}="{value}"' for name, value in attributes.items())
        spans.append(f"<tspan{written}>{_safe(run.text)}</tspan>")
    return "".join(spans)


def _number(number: float) -> str:
    """At most two decimals, and none that say nothing."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _safe(text: str) -> str:
    """Text for XML, which knows no control characters, not even escaped."""
    return escape("".join(letter if letter.isprintable() else " " for letter in text))
