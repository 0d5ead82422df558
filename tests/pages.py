"""Pages in a real browser, for tests: Chromium by Playwright, with nothing reachable but files.

Where either is missing the tests are skipped, and say what to install.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = """
    --no-sandbox --disable-gpu --disable-background-networking --disable-component-update
    --disable-sync --no-first-run --disable-quic
""".split()


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser without a window, or a skip."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        pytest.skip("NOT TESTED: pages in a browser. Install Playwright: pip install playwright")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("NOT TESTED: pages in a browser. Install Chromium: sudo apt install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def page(
    opened: Browser, path: Path, width: int = 1280, height: int = 800, **more: Any
) -> Iterator[Page]:
    """A file in a tab of its own; at the end there must have been no error, and no request but
    that for the file."""
    complaints: list[str] = []
    context = opened.new_context(viewport={"width": width, "height": height}, **more)
    tab = context.new_page()
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on(
        "console",
        lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None,
    )
    address = path.as_uri()
    tab.on(
        "request",
        lambda request: (
            complaints.append(request.url)
            if not request.url.startswith((address, "data:", "blob:"))
            else None
        ),
    )
    tab.goto(address)
    try:
        yield tab
        assert not complaints
    finally:
        context.close()


def press(tab: Page, key: str) -> None:
    """A key, and the frame after it: under load a press returns before the page has heard it."""
    tab.keyboard.press(key)
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
