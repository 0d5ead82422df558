"""An explanation as a page: one file, or one output of a notebook, that needs nothing else.

Everything is inside: the facts as JSON, the drawings as SVG, the texts in both languages, and the
script, which is built from `web/` and holds no maths of its own. Where scripts do not run, the
picture and a table of its numbers are still there.
"""

from __future__ import annotations

import base64
import gzip
import json
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from holograd.errors import ArgumentError
from holograd.explanation.drawing.draw import draw
from holograd.explanation.page.facts import facts
from holograd.explanation.page.sameness import same
from holograd.explanation.words.catalogue import TEXTS
from holograd.explanation.words.narration import headline
from holograd.explanation.words.texts import LANGUAGES, say
from holograd.pictures.colours import THEMES
from holograd.pictures.svg import STYLESHEET

if TYPE_CHECKING:
    from holograd.explanation.explanation import Explanation
    from holograd.explanation.records import View
    from holograd.pictures import Picture

_PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{element}
</body>
</html>
"""
# A notebook's own shortcuts must not act while the keys are meant for the explanation in it.
_ELEMENT = """<holograd-explanation style="display:block" data-lm-suppress-shortcuts="true">
<div class="still">
{heading}{picture}
<details><summary>{summary}</summary>
{table}
</details>
</div>
<script type="application/gzip">{data}</script>
</holograd-explanation>
<script>{script}</script>"""


# Of the page until the script is there, or where there is none.
_STYLE = """html{background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
body{margin:0}
.still{padding:24px 32px;overflow-x:auto}
.still h1{font-size:20px}
.still table{border-collapse:collapse}
.still th,.still td{padding:4px 16px 4px 0;text-align:start}"""
TITLE_LENGTH = 80


def page(explanation: Explanation, lang: str = "en") -> str:
    """A whole HTML file; open it in a browser, or send it to somebody.

    Args:
        explanation: what to show; the page opens at its zoom, and holds every level that fits.
        lang: the language that it opens in; the page changes to the other one at a button.

    Raises:
        ArgumentError: the graph is no chain, and igraph is not installed.

    Example:
        >>> import holograd as hg
        >>> w, x = (hg.tensor(value, requires_grad=True) for value in (3.0, 2.0))
        >>> text = page(hg.explain(w * x, names={"w": w, "x": x}))
        >>> text.startswith("<!doctype html>"), "http://" in text.replace("http://www.w3.org", "")
        (True, False)
    """
    return _PAGE.format(
        lang=lang,
        title=escape(_title(explanation, lang)),
        style=f"{_tokens(':root')}\n{_STYLE}",
        element=_element(explanation, lang, whole=True),
    )


def fragment(explanation: Explanation, lang: str = "en") -> str:
    """An element for a page of other things, such as a notebook; several do not disturb each other.

    Where it cannot be drawn, because igraph is not installed, it is the message that says so.
    """
    try:
        return _element(explanation, lang, whole=False)
    except ArgumentError as error:
        return f"<pre>{escape(repr(explanation))}\n{escape(str(error))}</pre>"


def _element(explanation: Explanation, lang: str, *, whole: bool) -> str:
    drawings, shown = _drawings(explanation)
    sheet = {
        "facts": facts(explanation, positions=False),
        "language": lang,
        "whole": whole,
        "texts": {one: _texts(one) for one in LANGUAGES},
        "stylesheet": "\n".join([_tokens(":host"), STYLESHEET]),
        "titles": {one: _title(explanation, one) for one in LANGUAGES},
        "drawings": drawings,
    }
    return _ELEMENT.format(
        heading=_heading(explanation, lang) if whole else "",
        picture=shown.svg(),
        summary=escape(say("page.table", lang)),
        table=_table(shown),
        data=_packed(sheet),
        script=_script(),
    )


def _drawings(explanation: Explanation) -> tuple[dict[str, dict[str, str] | str], Picture]:
    """The drawings of each level, and the picture of the one to begin with.

    A level that shows the same as another one before has that one's name in their place.
    """
    found: dict[str, dict[str, str] | str] = {}
    drawn: dict[str, View] = {}
    shown = None
    for view in explanation.views():
        like = next((level for level, other in drawn.items() if same(other, view)), None)
        if like is not None:
            found[view.level] = like
            continue
        picture = draw(view)
        drawn[view.level] = view
        found[view.level] = {
            "plain": picture.svg(standalone=False),
            "turned": draw(view, turned=True).svg(standalone=False),
        }
        if view.level == explanation.view.level:
            shown = picture
    return found, shown or draw(explanation.view)


def _heading(explanation: Explanation, lang: str) -> str:
    """What stands above the picture where scripts do not run."""
    title = escape(explanation.title or "holograd")
    told = [headline(explanation, lang)]
    told += [say(key, lang, **values) for key, values in explanation.notes]
    return f"<h1>{title}</h1>\n" + "".join(f"<p>{escape(one)}</p>\n" for one in told)


def _title(explanation: Explanation, lang: str) -> str:
    """What the window is called: what is explained, or what came out."""
    return f"{explanation.title or _shortened(headline(explanation, lang))} – holograd"


def _shortened(sentence: str) -> str:
    """A sentence as a title: without its end, and cut where it is long."""
    text = sentence.rstrip(".")
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"


def _texts(lang: str) -> dict[str, str]:
    """The page's texts; their places for values are filled by the page."""
    return {
        key: templates[LANGUAGES.index(lang)]
        for key, templates in TEXTS.items()
        if key.startswith("page.")
    }


def _tokens(root: str) -> str:
    """The colours of both themes as CSS variables of an element."""
    light, dark = (
        "".join(f"--{name}:{colour};" for name, colour in theme.items())
        for theme in (THEMES["light"], THEMES["dark"])
    )
    chosen = (
        (":host([data-theme=dark])", ":host(:not([data-theme=light]))")
        if root == ":host"
        else (f"{root}[data-theme=dark]", f"{root}:not([data-theme=light])")
    )
    return (
        f"{root}{{{light}color-scheme:light}}\n"
        f"@media(prefers-color-scheme:dark){{{chosen[1]}{{{dark}color-scheme:dark}}}}\n"
        f"{chosen[0]}{{{dark}color-scheme:dark}}"
    )


def _table(picture: Picture) -> str:
    """The picture's text alternative."""
    head, *rows = picture.table
    cells = "".join(f"<th>{escape(text)}</th>" for text in head)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows
    )
    return f"<table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _packed(data: Any) -> str:
    """JSON as base64 of gzip, which browsers unpack themselves: a tenth of its length."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode("ascii")


@cache
def _script() -> str:
    """The page's script, as it was built from `web/`."""
    return (files("holograd.explanation.page") / "static" / "explanation.js").read_text(
        encoding="utf-8"
    )
