"""Fill the blocks of docs/compiler.md with what the compiler prints now.

    python -m scripts.make_compiler_page

The page's examples are run from top to bottom, and each block behind a comment is written anew:

- `<!-- show xor simplify -->`: what `xor.show("simplify")` returns. With `from "a" to "b"` behind
  the stage, the lines from the next one with the text a up to the next one with b, as often as
  there are such pairs; `past "c"` goes on behind the next line with c.
- `<!-- run clip.py -->`: the error that the Python code before it ends with, run as a file.
- `<!-- figures -->`, up to `<!-- end of figures -->`: the table of benchmarks/results.

Long lines are folded.
"""

import contextlib
import doctest
import os
import re
import runpy
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.compiler_figures import table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "compiler.md"
WIDTH = 116
BLOCK = re.compile(
    r"<!-- (?P<order>(?:show|run) [^\n]*) -->\n```\n.*?```"
    r"|<!-- figures -->\n.*?<!-- end of figures -->",
    re.DOTALL,
)
EXCERPT = re.compile(r'(past|from|to) "([^"]*)"')
CODE = re.compile(r"```python\n(?P<code>.*?)```", re.DOTALL)


def examples(page: str) -> dict[str, Any]:
    """Runs the page's examples; what they define.

    Raises:
        ValueError: one gives something else than the page says.
    """
    names: dict[str, Any] = {}
    test = doctest.DocTestParser().get_doctest(page, names, PAGE.name, str(PAGE), 0)
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    report: list[str] = []
    if runner.run(test, out=report.append, clear_globs=False).failed:
        raise ValueError("\n".join(report))
    return test.globs


def content(order: str, names: dict[str, Any], before: str) -> str:
    """What stands behind a comment.

    Args:
        order: the comment's text.
        names: what the page's examples define.
        before: the page up to the comment.
    """
    kind, *words = order.split()
    if kind == "figures":
        return f"{table()}\n<!-- end of figures -->"
    if kind == "show":
        name, stage = words[:2]
        text = names[name].show(stage).expandtabs()
        excerpts = EXCERPT.findall(order)
        lines = text.splitlines()
        text = "\n".join(folded(one) for one in (chosen(lines, excerpts) if excerpts else lines))
    else:
        text = "\n".join(textwrap.wrap(error_of(words[0], before), 100))
    return f"```\n{text.strip(chr(10))}\n```"


def folded(line: str) -> str:
    """A line in pieces of at most WIDTH characters."""
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    pieces = textwrap.wrap(
        line, WIDTH, subsequent_indent=indent, drop_whitespace=True, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return "\n".join(pieces) if len(line) > WIDTH else line


def chosen(lines: list[str], excerpts: list[tuple[str, str]]) -> list[str]:
    """The lines that the excerpts name, "…" between them.

    Raises:
        ValueError: a text is in none of the lines that follow.
    """
    at, start = 0, 0
    parts: list[list[str]] = []
    for word, text in excerpts:
        found = next((place for place in range(at, len(lines)) if text in lines[place]), None)
        if found is None:
            raise ValueError(f"no line with {text!r} behind line {at}")
        at = found + (word != "from")
        if word == "from":
            start = found
        elif word == "to":
            parts.append(lines[start:at])
    joined = parts[0]
    for part in parts[1:]:
        joined = [*joined, "…", *part]
    return joined


def error_of(name: str, before: str) -> str:
    """What the last Python code before an order ends with, run as the file `name`."""
    code = [one["code"] for one in CODE.finditer(before)][-1]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path(name).write_text(code, encoding="utf-8")
        try:
            runpy.run_path(name)
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            return text.replace(os.getcwd() + os.sep, "")
    raise ValueError(f"{name} raised nothing")


def filled(page: str, wanted: Callable[[str], bool] = lambda order: True) -> str:
    """The page with its blocks written anew, those whose order is `wanted`."""
    names = examples(page)

    def fill(found: re.Match[str]) -> str:
        order = found["order"] or "figures"
        if not wanted(order):
            return found[0]
        return f"<!-- {order} -->\n{content(order, names, page[: found.start()])}"

    return BLOCK.sub(fill, page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
