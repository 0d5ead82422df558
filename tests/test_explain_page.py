"""The page of an explanation in a browser: it shows the graph, and is walked through by keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import holograd as hg
import pages
from holograd import nn
from holograd.explanation.page.page import fragment
from holograd.explanation.words.catalogue.page import PAGE
from holograd.pictures.colours import between, under_number
from holograd.pictures.numbers import short
from test_explain_json import xor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

Opened = Callable[..., AbstractContextManager["Page"]]

# Boxes of what is drawn, in pixels of the window.
BOXES = """(nodes) => nodes.map((node) => {
    const box = node.getBoundingClientRect();
    return [box.left, box.top, box.right, box.bottom];
})"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pages.browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "xor.html"
    xor(title="XOR, sample (0, 1)", check=True).save(path)
    return path


@pytest.fixture
def opened(chromium: Browser, saved: Path) -> Opened:
    """Opens the page of the lecture's network, or another one, and waits until it is there."""
    from contextlib import contextmanager

    @contextmanager
    def open_page(path: Path = saved, **more: Any) -> Iterator[Page]:
        with pages.page(chromium, path, **more) as page:
            if more.get("java_script_enabled", True):
                page.locator(".sheet").first.wait_for()
            yield page

    return open_page


def count(page: Page) -> str:
    return page.locator(".counter").inner_text().replace("\n", " ")


def text(page: Page, selector: str) -> str:
    return page.locator(selector).first.inner_text()


def background(page: Page) -> str:
    return page.locator(".sheet").evaluate("(sheet) => getComputedStyle(sheet).backgroundColor")


def boxes(found: Locator) -> np.ndarray:
    return np.array(found.evaluate_all(BOXES)).reshape(-1, 4)


def colours(cells: Locator) -> list[str]:
    return cells.evaluate_all("(cells) => cells.map((cell) => cell.style.background)")


def overlaps(areas: np.ndarray, least: float = 0.7) -> list[tuple[int, int]]:
    """Pairs of boxes that share more than a hairline."""
    low = np.maximum(areas[:, None, :2], areas[None, :, :2])
    high = np.minimum(areas[:, None, 2:], areas[None, :, 2:])
    meets = np.all(high - low > least, axis=-1)
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(meets, 1))]


# --- what is seen ---


def test_the_graph_is_seen_and_nothing_overlaps(opened: Opened):
    with opened() as page:
        gates = boxes(page.locator(".frame .gate"))
        assert len(gates) == 7 and (gates[:, 2] - gates[:, 0] > 30).all()
        assert (gates[:, 0] >= 0).all() and (gates[:, 2] <= 1280).all()  # it fits the window
        cells = boxes(page.locator(".frame .face"))
        assert not overlaps(np.concatenate([gates, cells]))
        assert not overlaps(boxes(page.locator(".frame .bracket-title")))
        parts = boxes(page.locator(".bar, .top, .drawing, .panel, .clock"))
        assert len(parts) == 5 and not overlaps(parts) and parts[:, 3].max() <= 800
        numbers = page.locator(".frame .cell text").all_text_contents()
        assert {"−3", "−4", "0.04743", "0.01799", "5.280", "0.9949", "0.00508"} <= set(numbers)
        assert "XOR, sample (0, 1)" in text(page, ".bar")
        assert "0.995" in text(page, ".headline")


def test_the_page_needs_nothing_else(saved: Path):
    content = saved.read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)\s*=|@import|url\(""", content.split("<script", 1)[0])
    assert "sourceMappingURL" not in content


def test_dark_and_light(opened: Opened):
    with opened() as page:
        light = background(page)
        page.get_by_role("button", name="Light or dark").click()
        assert background(page) != light
    with opened(color_scheme="dark") as page:
        assert background(page) != light
        page.get_by_role("button", name="Light or dark").click()
        assert background(page) == light


def test_korean_and_back(opened: Opened):
    with opened() as page:
        pages.press(page, "p")
        page.get_by_role("button", name="한국어").click()
        assert text(page, ".words h2").startswith("역전파: + b")
        assert re.search("[가-힣]", text(page, ".words p")) and "손실" in text(page, ".headline")
        assert "기본 연산" in text(page, ".rail") and "/ 14단계" in count(page)
        assert page.locator(".sheet").get_attribute("lang") == "ko"
        assert page.evaluate("document.documentElement.lang") == "ko"
        page.get_by_role("button", name="English").click()
        assert text(page, ".words h2").startswith("Back through + b")
        pages.press(page, "+")
        pages.press(page, "+")
        assert text(page, ".whole") == "Show the whole"
        page.get_by_role("button", name="한국어").click()
        assert text(page, ".whole") == "전체 보기"


def test_phone(opened: Opened):
    with opened(width=360, height=740) as page:
        assert page.locator(".frame svg.turned").count() == 1
        gates = boxes(page.locator(".frame .gate"))
        assert gates[:, 0].min() >= 0 and gates[:, 2].max() <= 360
        targets = boxes(page.locator(".transport button, .tools button, .rail button"))
        assert (targets[:, 2:] - targets[:, :2] >= 44).all()
        assert not overlaps(boxes(page.locator(".bar, .top, .drawing, .panel, .clock")))
        assert page.locator(".sheet").evaluate("(sheet) => sheet.scrollWidth") <= 360


def test_without_scripts_the_picture_and_a_table_are_there(opened: Opened):
    with opened(java_script_enabled=False) as page:
        assert len(boxes(page.locator("svg .gate"))) == 7
        assert text(page, "h1") == page.title().removesuffix(" – holograd") == "XOR, sample (0, 1)"
        assert "0.995" in text(page, "p")
        page.locator("summary").click()
        assert "−log" in text(page, "table")


# --- walking ---


def test_keys_step_through_both_passes(opened: Opened):
    with opened() as page:
        assert count(page) == "14 of 14"
        now = page.locator(".frame .step.now")
        assert now.get_attribute("data-step") == "s1" and "backward" in str(
            now.get_attribute("class")
        )
        pages.press(page, "ArrowLeft")
        pages.press(page, "p")
        assert count(page) == "12 of 14"
        assert now.get_attribute("data-step") == "s3"
        assert text(page, ".words h2").startswith("Back through σ")
        assert page.locator(".frame .gradient.marked").count() == 1
        assert page.locator(".frame .gradient.later").count() == 4  # x, its product, W₁, b₁
        assert page.locator(".chain tbody tr").all_inner_texts()[0].split("\t")[1:] == [
            "0.05571", "×", "0.04518", "=", "0.002517", "0.002517 ✓",
        ]  # fmt: skip
        pages.press(page, "Home")
        assert count(page) == "0 of 14" and now.count() == 0
        assert page.locator(".frame .numbers.later").count() == 7
        pages.press(page, "n")
        pages.press(page, "ArrowRight")
        pages.press(page, "ArrowRight")
        assert count(page) == "3 of 14" and "forward" in str(now.get_attribute("class"))
        assert text(page, ".forward-table .given").split() == ["h", "=", "0.04743", "0.01799"]
        pages.press(page, "End")
        assert count(page) == "14 of 14"


def test_clock_and_buttons(opened: Opened):
    with opened() as page:
        page.get_by_role("button", name="To the beginning").click()
        page.get_by_role("button", name="One step on").click()
        assert count(page) == "1 of 14"
        dots = boxes(page.locator(".track circle"))
        x, y = dots[7, :2] + 5  # of step 7: the first one has two circles
        page.mouse.click(float(x), float(y))
        assert count(page) == "7 of 14"
        slider = page.get_by_role("slider")
        assert slider.get_attribute("aria-valuenow") == "7"
        assert slider.get_attribute("aria-valuetext") == "7 of 14: Forward through −log"
        page.get_by_role("button", name="Play").click()
        assert count(page) == "8 of 14"
        page.get_by_role("button", name="Pause").click()
        assert page.get_by_role("button", name="Play").count() == 1


def test_zoom_keeps_the_place(opened: Opened):
    with opened() as page:
        for _ in range(2):
            pages.press(page, "p")
        pages.press(page, "Enter")
        stop = page.locator(".rail [aria-current]")
        assert stop.inner_text() == "primitive"
        assert text(page, ".words h2").startswith("Back through 1/x")  # the first of σ's parts
        pages.press(page, "Escape")
        assert stop.inner_text() == "function" and count(page) == "12 of 14"
        pages.press(page, "+")
        assert stop.inner_text() == "primitive" and count(page) == "40 of 42"
        pages.press(page, "+")
        assert stop.inner_text() == "scalar"
        pages.press(page, "+")
        assert stop.inner_text() == "scalar"
        for name in ("primitive", "function", "layer", "model", "model"):
            pages.press(page, "-")
            assert stop.inner_text() == name
        page.get_by_role("button", name="scalar").click()
        assert stop.inner_text() == "scalar"
        pages.press(page, "Home")
        pages.press(page, "n")
        shown = page.locator(".frame .step.now")
        first = shown.get_attribute("data-step")
        pages.press(page, "ArrowDown")  # to the next product in the same column
        assert shown.get_attribute("data-step") != first
        pages.press(page, "ArrowUp")
        assert shown.get_attribute("data-step") == first


def test_clicks_on_the_drawing(opened: Opened):
    with opened() as page:
        page.locator('.frame [data-step="s3"] .label').click()
        assert count(page) == "3 of 14"
        page.locator('.frame [data-step="s6"] .slopes').click()
        assert count(page) == "9 of 14"
        page.locator(".frame .value .numbers .cell").nth(5).click()
        assert page.locator(".frame .numbers.marked").count() == 1


def test_find_table_check_and_help(opened: Opened):
    with opened() as page:
        pages.press(page, "/")
        page.keyboard.type("w1_21")
        pages.press(page, "Enter")
        assert page.locator(".rail [aria-current]").inner_text() == "scalar"
        assert page.locator(".words h2 .symbol sub").first.inner_text() == "21"
        pages.press(page, "/")
        page.keyboard.type("nothing")
        assert text(page, "dialog li") == "Nothing has that name."
        pages.press(page, "Escape")
        page.locator("dialog.find").wait_for(state="hidden")
        pages.press(page, "t")
        assert page.locator(".overview tbody tr").count() == 33
        assert not page.locator(".frame").is_visible()
        pages.press(page, "Escape")
        assert page.locator(".frame").is_visible()
        assert page.locator(".chain .check").count() > 0
        pages.press(page, "c")
        assert page.locator(".chain .check").count() == 0
        pages.press(page, "?")
        assert page.locator("dialog.help").is_visible()
        page.locator("dialog.help input").uncheck()
        pages.press(page, "Escape")
        page.locator("dialog.help").wait_for(state="hidden")
        pages.press(page, "t")  # single letters are off now
        assert page.locator(".frame").is_visible()


def test_focus_and_the_live_region(opened: Opened):
    with opened() as page:
        page.locator(".frame").focus()
        pages.press(page, "ArrowLeft")
        assert page.locator(".frame").evaluate("(one) => getComputedStyle(one).outlineWidth") == (
            "2px"
        )
        page.wait_for_function(
            """() => document.querySelector("holograd-explanation").shadowRoot
                .querySelector("[aria-live]").textContent.startsWith("13 of 14. Back through")"""
        )
        assert page.locator(".frame [tabindex]").count() == 0  # one stop for the drawing
        pages.press(page, "+")
        page.wait_for_function(
            """() => document.querySelector("holograd-explanation").shadowRoot
                .querySelector("[aria-live]").textContent.startsWith("Level primitive")"""
        )


def test_reduced_motion(opened: Opened):
    with opened(reduced_motion="reduce") as page:
        door = page.locator(".frame .halo").first
        assert door.evaluate("(one) => getComputedStyle(one).transitionDuration") == "0s"


def test_joining_contributions_and_a_level_that_does_not_fit(opened: Opened, tmp_path: Path):
    x = hg.tensor(np.linspace(-1, 1, 40, dtype=np.float32), requires_grad=True)
    y = hg.tanh(x) * x
    loss = (y.reshape(-1, 1) * y).sum()
    path = tmp_path / "joins.html"
    hg.explain(loss, zoom="scalar", names={"x": x, "y": y}).save(path)
    with opened(path) as page:
        stop = page.get_by_role("button", name="scalar")
        assert stop.get_attribute("aria-disabled") == "true"
        assert "2,000" in str(stop.get_attribute("title"))
        assert "2,000" in text(page, ".panel .note")
        names = page.locator(".joins tr").all_inner_texts()
        assert len(names) == 5 and names[0].startswith("sum of 2 of 5")
        assert names[-1].startswith("their sum")


def test_the_check_stands_beside_the_whole_gradient(opened: Opened):
    with opened() as page:
        page.get_by_role("button", name="scalar").click()  # x₁ is used by two products
        rows = page.locator(".chain").nth(1).locator("tr").all_inner_texts()
        assert "✓" not in rows[1] and rows[-1].split() == [
            "their",
            "sum",
            "0.005696",
            "0.005696",
            "✓",
        ]
        uses = page.locator(".joins tr:not(.sum) .words")
        assert len(set(uses.all_text_contents())) == 2  # told apart


def test_slopes_by_a_weight_stand_as_its_gradient_does(opened: Opened):
    with opened() as page:
        page.get_by_role("button", name="model").click()
        row = page.locator(".chain").nth(1).locator("tbody tr").first
        slopes, products = (
            row.locator(f".cell.{face}").all_inner_texts() for face in ("mark", "result")
        )
        assert slopes == ["0", "0", "−0.002504", "−0.0009789"]
        assert products == ["0", "0", "0.002517", "0.0009839"]


def test_under_the_name_of_a_factor_stand_its_numbers(opened: Opened):
    """∂L/∂W₁ = xᵀ · ∂L/∂z, with xᵀ = (0, 1) upright, not the 2 × 4 slopes of z by W₁."""
    with opened() as page:
        page.get_by_role("button", name="layer").click()
        table = page.locator(".chain").nth(1)
        assert table.locator(".cell.mark").all_inner_texts() == ["0", "1"]
        assert table.locator("th").nth(1).text_content() == "x⊤"
        columns = table.locator("tbody tr > td")
        assert columns.nth(1).locator(".cell.mark").count() == 2
        areas = boxes(columns.nth(1).locator(".cell"))
        assert areas[0, 0] == areas[1, 0] and areas[0, 3] <= areas[1, 1]
        assert columns.nth(3).locator(".cell").all_inner_texts() == ["0.002517", "0.0009839"]
        factor = page.locator(".chain").nth(0).locator(".cell.mark")
        assert factor.all_inner_texts() == ["5", "5", "−7", "−7"]  # W₁ᵀ


class Halves(nn.Module):
    """Gives two values."""

    def forward(self, x: hg.Tensor) -> tuple[hg.Tensor, hg.Tensor]:
        return x * 2.0, x * x


def test_slopes_that_are_not_shown_are_told_of(opened: Opened, tmp_path: Path):
    x = hg.tensor(np.linspace(-1, 1, 36, dtype=np.float32).reshape(1, 1, 6, 6), requires_grad=True)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(32, 2))
    path = tmp_path / "told.html"
    hg.explain(nn.functional.cross_entropy(model(x), hg.tensor([1]))).save(path)
    with opened(path) as page:
        rows = page.locator(".chain tbody tr").all_inner_texts()
        assert len(rows) == 2 and "?" not in "".join(rows)
        assert "32 × 36 slopes\ntoo many to show" in rows[0] and rows[0].count("1 × 1 × 6 × 6") == 1
        assert "32 × 18 slopes\ntoo many to show" in rows[1]
        page.get_by_role("button", name="한국어").click()
        assert "경사 32 × 36개\n너무 많아 생략" in page.locator(".chain").first.inner_text()
    first, second = Halves()(hg.tensor([1.0, 2.0], requires_grad=True))
    path = tmp_path / "several.html"
    hg.explain((first * second).sum(), zoom="layer").save(path)
    with opened(path) as page:
        assert "several values come out" in page.locator(".chain").last.inner_text()


def test_headings_set_all_symbols_alike(opened: Opened):
    with opened() as page:
        page.get_by_role("button", name="layer").click()
        symbols = page.locator(".words h2 .symbol")
        assert symbols.all_inner_texts() == ["X", "W1", "b1"]
        assert text(page, ".words h2").startswith("Back through XW1 + b1")
        faces = symbols.locator("i").evaluate_all(
            "(nodes) => nodes.map((node) => getComputedStyle(node).fontFamily)"
        )
        assert len(set(faces)) == 1 and len(faces) == 3
        page.get_by_role("button", name="primitive").click()
        signs = []
        for _ in range(42):
            signs.append(page.locator(".words h2 > span").inner_html())
            pages.press(page, "p")
        assert '1/<span class="symbol"><i>x</i></span>' in signs and "exp" in signs


def test_a_function_without_brackets_stands_apart(opened: Opened, tmp_path: Path):
    o = hg.tensor([[1.0, 2.0]], requires_grad=True)
    path = tmp_path / "apart.html"
    hg.explain(nn.functional.cross_entropy(o, hg.tensor([1])), names={"o": o}).save(path)
    with opened(path) as page:
        pages.press(page, "Home")
        pages.press(page, "n")
        words = page.locator(".formula").first.locator("mi").filter(has_text=re.compile("..", re.S))
        assert words.all_text_contents() == ["ln", "softmax"]
        areas = boxes(words)
        assert 2 < areas[1, 0] - areas[0, 2] < 6


@pytest.mark.parametrize("width", [360, 900])
def test_tables_fit(opened: Opened, width: int):
    with opened(width=width, height=740) as page:
        for _ in range(14):
            sizes = page.locator(".chains").evaluate("(one) => [one.scrollWidth, one.clientWidth]")
            assert sizes[0] <= sizes[1] + 1
            pages.press(page, "p")


def test_signs_on_the_clock_do_not_touch(opened: Opened, tmp_path: Path):
    x = hg.tensor([[0.5, -1.0]])
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3))
    path = tmp_path / "signs.html"
    hg.explain(nn.functional.cross_entropy(model(x), hg.tensor([1])), zoom="primitive").save(path)
    with opened(path) as page:
        for _ in range(3):
            assert not overlaps(boxes(page.locator(".track .sign")))
            pages.press(page, "-")


# --- several, and the numbers ---


def test_two_on_one_page_do_not_disturb_each_other(opened: Opened, tmp_path: Path):
    w = hg.tensor(3.0, requires_grad=True)
    parts = [fragment(xor(), "en"), fragment(hg.explain(hg.sigmoid(w * 2), names={"w": w}), "ko")]
    path = tmp_path / "two.html"
    path.write_text("<!doctype html><meta charset=utf-8><body>" + "<hr>\n".join(parts), "utf-8")
    with opened(path, width=1000) as page:
        first, second = (page.locator("holograd-explanation").nth(place) for place in (0, 1))
        second.locator(".sheet").wait_for()
        assert first.locator(".frame .gate").count() == 7
        assert second.locator(".frame .gate").count() == 2
        counts = [one.locator(".counter b") for one in (first, second)]
        pages.press(page, "p")  # not for anyone
        assert [one.inner_text() for one in counts] == ["14", "4"]
        second.locator(".frame").focus()
        pages.press(page, "p")
        assert [one.inner_text() for one in counts] == ["14", "3"]
        first.locator(".frame").focus()
        pages.press(page, "+")
        assert [one.locator("[aria-current]").inner_text() for one in (first, second)] == [
            "primitive", "함수",
        ]  # fmt: skip


def test_numbers_and_colours_are_those_of_the_drawings(opened: Opened, tmp_path: Path):
    generator = np.random.default_rng(5)
    values = generator.normal(size=40) * 10.0 ** generator.integers(-9, 9, 40)
    extremes = [0.0, 1.0625, 12344.5, 12345.5, 99999.5, 1e6, 1e-5, 9.9995, 0.1, 123456.0, 2.5e-6]
    values = np.concatenate([values, extremes])
    x = hg.tensor(values, requires_grad=True)
    path = tmp_path / "numbers.html"
    hg.explain((x * x).sum(), zoom="scalar", names={"x": x}).save(path)
    with opened(path) as page:
        pages.press(page, "t")
        found = page.locator(".overview tbody tr td:nth-child(3) div:first-child").all_inner_texts()
        assert [one.split(" = ")[1] for one in found[: len(values)]] == [
            short(value) for value in values
        ]
    with opened() as page:
        pages.press(page, "p")
        pages.press(page, "p")
        styles = colours(page.locator(".chain .cell.result"))
        largest = 0.002516644
        for style, number in zip(styles, (largest, 0.0009839), strict=True):
            name = under_number(number, largest)
            expected = [name] if "." not in name else between(name)[:2]
            assert all(f"--{one})" in style for one in expected)


def test_what_rounding_leaves_of_zero_is_not_coloured(opened: Opened, tmp_path: Path):
    """The shares of softmax add up to 1 whatever the scores are: their sum has the slope 0."""
    x = hg.tensor([0.3, -1.2, 0.7, 0.5], dtype=hg.float64, requires_grad=True)
    path = tmp_path / "noise.html"
    explanation = hg.explain(x.softmax(0).sum(), names={"x": x})
    slope = explanation.value("x").gradient
    assert slope is not None and 0 < np.abs(slope).max() < 1e-15
    explanation.save(path)
    with opened(path) as page:
        pages.press(page, "End")
        cells = page.locator(".chain .cell.result")
        assert cells.count() == 4
        assert set(colours(cells)) == {"var(--zero)"}


def test_a_sum_of_large_contributions_may_be_what_rounding_leaves(opened: Opened, tmp_path: Path):
    """x/√(x·x) has the length 1: what the two ways send back is ±1 and more, and adds up to 0."""
    x = hg.tensor([0.1, 0.2, 0.3], dtype=hg.float64, requires_grad=True)
    path = tmp_path / "joins.html"
    explanation = hg.explain(((x / (x * x).sum().sqrt()) ** 2).sum(), names={"x": x})
    slope = explanation.value("x").gradient
    assert slope is not None and 0 < np.abs(slope).max() < 1e-15
    explanation.save(path)
    with opened(path) as page:
        pages.press(page, "End")
        rows = page.locator(".chain").last.locator(".joins tr")
        assert "var(--zero)" not in colours(rows.first.locator(".cell"))
        assert set(colours(rows.last.locator(".cell"))) == {"var(--zero)"}


def test_every_text_is_used_and_there():
    source = Path(__file__).resolve().parent.parent / "web" / "src"
    script = "\n".join(path.read_text(encoding="utf-8") for path in source.glob("*.ts"))
    built = re.findall(r'say\(\s*"(\w+)"', script)
    assert built and not [key for key in built if f"page.{key}" not in PAGE and key[-1] != "_"]
    prefixes = ("level_", "key_", "column_", "through_")
    words = set(re.findall(r'"(\w+)"', script))
    unused = [
        key for key in PAGE
        if key.removeprefix("page.") not in words
        and not key.removeprefix("page.").startswith(prefixes) and key != "page.table"
    ]  # fmt: skip
    assert not unused


def test_models_with_layers_in_layers(opened: Opened, tmp_path: Path):
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.Tanh()), nn.Linear(3, 1))
    path = tmp_path / "nested.html"
    x = hg.tensor([[0.5, -1.0]])
    hg.explain(nn.functional.mse_loss(model(x), hg.tensor([[1.0]]))).save(path, lang="ko")
    with opened(path, color_scheme="dark") as page:
        assert page.locator(".sheet").get_attribute("lang") == "ko"
        for _ in range(20):
            pages.press(page, "p")
            assert text(page, ".words p")
        assert count(page).startswith("0")
