"""The table of an explanation, and the stepping mode, as a terminal shows them."""

import io
import re
import sys

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

import holograd as hg
from holograd.explanation import Explanation
from holograd.explanation.records import LEVELS
from holograd.explanation.terminal.table import NEGATIVE, POSITIVE, signed
from holograd.explanation.terminal.walking import Walk, walk
from holograd.explanation.words.amounts import amount, listed, percent, point
from test_explain_narration import explained, xor


def printed(renderable, width: int = 80) -> str:
    file = io.StringIO()
    Console(file=file, width=width, color_system=None).print(renderable)
    return file.getvalue()


def rows(text: str) -> list[list[str]]:
    """The cells of each line."""
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if line.strip()]


# --- numbers ---


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array(5.0), "5"),
        (np.array([[5.0]]), "5"),
        (np.array([[0.0, -1.0]]), "[0, −1]"),
        (np.array([[5.0, -7.0], [5.0, -7.0]]), "[[5, −7], [5, −7]]"),
        (np.array([[1.0], [2.0]]), "[1, 2]"),
        (np.arange(8.0), "8 numbers, 0 … 7"),
        (np.ones((16, 4)), "16×4 numbers, each 1"),
        (np.array([np.nan, np.inf]), "[NaN, ∞]"),
        (np.array([True, False]), "[1, 0]"),
    ],
)
def test_arrays_in_a_line(array, text):
    assert amount(array) == text


def test_amounts_in_words():
    assert amount(np.zeros(9), "ko") == "수 9개, 모두 0"
    assert point(np.array([[1.5, 2.0]])) == "(1.5, 2)"
    assert [percent(one) for one in (0.5, 0.97, 0.999, 0.0451, 1e-9)] == (
        ["50 %", "97 %", "99.9 %", "4.5 %", "10⁻⁷ %"]
    )
    assert [listed(list("abc"[:count]), "en") for count in (0, 1, 2, 3)] == (
        ["", "a", "a and b", "a, b and c"]
    )


def test_the_sign_has_a_colour():
    text = signed("x₁ = −3.5 + 2·10⁻⁷ · 0 − b2")
    spans = [(text.plain[span.start : span.end], span.style) for span in text.spans]
    assert spans == [("−3.5", NEGATIVE), ("2·10⁻⁷", POSITIVE)]


# --- the table ---


def test_the_table_of_a_line():
    text = printed(explained(lambda w, x, b: w * x + b, w=3.0, x=2.0, b=1.0).table())
    assert [row for row in rows(text) if row[0] in "1234"] == [
        ["1", "×", "v₁ = w·x"],
        ["2", "+ b", "F = v₁ + b"],
        ["3", "+ b", "v₁", "∂F/∂F × 1"],
        ["4", "×", "w", "∂F/∂v₁ × x"],
    ]
    assert ["= 3 · 2", "6"] in rows(text) and ["= 6 + 1", "7"] in rows(text)
    assert rows(text)[-3:] == [
        ["w", "3", "∂F/∂w =", "2"],
        ["x", "2", "∂F/∂x =", "3"],
        ["b", "1", "∂F/∂b =", "1"],
    ]


def test_the_lecture_network_names_weights_both_ways():
    text = printed(xor().table())
    assert re.search(r"W₁ +0\.weight +\[5, −7\] +∂L/∂W₁ = +\[0, 0\]", text)
    assert re.search(r"^ +\[5, −7\] +\[0\.002517, 0\.0009839\]$", text.rstrip(), re.MULTILINE)
    assert "transposed (out, in)" in text
    assert "hᵀ × ∂L/∂v₂" in text and "∂L/∂v₂ × W₂ᵀ" in text
    assert re.search(r"0\.05571 × 0\.04518 +\[0\.002517, 0\.0009839\]", text)


@pytest.mark.parametrize("zoom", ["layer", "function"])
def test_rows_are_printed_as_rows_and_columns_as_columns(zoom):
    text = printed(xor(zoom=zoom).table(), 120)
    row, column = r"\[0\.002517, 0\.0009839\]", r"\[−0\.0002402\] *\n +\[−0\.00009109\]"
    assert re.search(rf"\[\[0\], \[1\]\] × {row} +\[0, 0\]", text), "xᵀ is a column"
    assert re.search(rf"\[\[0\.04743\], \[0\.01799\]\] × \(−0\.005064\) +{column}", text), "hᵀ"
    assert re.search(r"−0\.005064 × \[−11, −11\] +\[0\.05571, 0\.05571\]", text), "W₂ᵀ is a row"
    assert re.search(rf"{row} × \[\[5, 5\], \[−7, −7\]\]", text), "W₁ᵀ has W₁'s columns as rows"
    assert re.search(r"b₁ +0\.bias +\[−8, 3\] ", text)


@pytest.mark.parametrize("zoom", ["layer", "function"])
def test_products_of_layers_stand_in_the_order_in_which_they_fit(zoom):
    text = printed(xor(zoom=zoom).table(), 120)
    made = {"layer": ("z", "u"), "function": ("v₁", "v₂")}[zoom]
    assert f"xᵀ × ∂L/∂{made[0]}" in text and f"∂L/∂{made[0]} × W₁ᵀ" in text
    assert f"hᵀ × ∂L/∂{made[1]}" in text and f"∂L/∂{made[1]} × W₂ᵀ" in text


def test_a_product_that_is_turned_is_turned_back():
    a, b = hg.ones(3, 2, requires_grad=True), hg.ones(3, 4, requires_grad=True)
    text = printed(hg.explain(hg.einsum("ki,kj->ij", a, b).sum(), names={"A": a, "B": b}).table())
    assert "(∂F/∂v₁ × Bᵀ)ᵀ" in text and "A × ∂F/∂v₁" in text


def test_contributions_that_join_show_their_sum():
    text = printed(explained(lambda x: x * x + x, x=3.0).table())
    assert re.findall(r"(\d of 3), sum: (\d)", text) == [
        ("1 of 3", "1"),
        ("2 of 3", "4"),
        ("3 of 3", "7"),
    ]


def test_the_check_column_agrees():
    plain, checked = printed(xor().table()), printed(xor().checked().table())
    assert "✓" not in plain and "by differences" not in plain
    assert checked.count("✓") == 11 + 5 and "≠" not in checked
    tells_nothing = printed(explained(hg.log, x=-1.0).checked().table())
    assert "—" in tells_nothing and "✓" not in tells_nothing.split("Gradients")[1]


def test_large_arrays_are_summed_up():
    x = hg.tensor(np.linspace(-1, 1, 64)[None], dtype=hg.float64, requires_grad=True)
    text = printed(hg.explain(hg.sum(hg.tanh(x))).table())
    assert "64 numbers, −0.762 … 0.762" in text and "× 64 numbers" not in text


def test_what_is_not_finite_is_told_at_its_node():
    text = printed(explained(lambda x, y: hg.log(x) / y, x=-1.0, y=0.0).table(), 100)
    assert text.count("no logarithm: x is −1 here.") == 1
    assert "Division by zero" not in text  # it is NaN already


def test_a_level_that_does_not_fit_says_so():
    x = hg.tensor(np.ones((1, 300)), dtype=hg.float64, requires_grad=True)
    weight = hg.tensor(np.ones((300, 10)), dtype=hg.float64, requires_grad=True)
    explanation = hg.explain(hg.sum(x @ weight), zoom="scalar")
    assert re.search(r"The scalar level would have [\d,]+ steps.*primitive level",
                     " ".join(printed(explanation.table()).split()))  # fmt: skip
    assert "스칼라 수준은" in printed(explanation.table("ko"))


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("level", LEVELS)
def test_the_table_fits_80_columns(level, lang):
    for explanation in (xor(zoom=level), xor(zoom=level).checked()):
        lines = printed(explanation.table(lang)).splitlines()
        assert max(map(cell_len, lines)) <= 80
        text = "\n".join(lines)
        assert ("순전파" in text) == (lang == "ko") and "[bold]" not in text
        assert text.count("[") == text.count("]") and text.count("(") == text.count(")")


# --- stepping ---


def walked(explanation: Explanation, keys: str, monkeypatch, lang: str = "en") -> list[str]:
    """The panels that lines of keys lead to."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(keys))
    file = io.StringIO()
    walk(explanation, lang, Console(file=file, width=80, color_system=None))
    return [part for part in file.getvalue().split("╭") if part.strip()]


def places(panels: list[str]) -> list[str]:
    return [match[0] for panel in panels if (match := re.search(r"\d+ of \d+  \w+", panel))]


def test_steps_forward_and_back(monkeypatch):
    panels = walked(xor(), "n\n\nnnnnn\np\nq\nn\n", monkeypatch)
    assert places(panels) == [
        "1 of 14  forward", "2 of 14  forward", "3 of 14  forward", "8 of 14  backward",
        "7 of 14  forward",
    ]  # fmt: skip
    assert "Each number of x is multiplied" in panels[0]
    assert "The backward pass begins at L" in panels[3]
    assert "forward   ●─●─●─●─●─●─●" in panels[3] and "backward  ○·○·○·○·○·○·◉" in panels[3]


def test_a_title_says_nothing_twice(monkeypatch):
    panels = walked(xor(), "-\n-\n", monkeypatch)
    titles = [panel.splitlines()[4].strip("│ ") for panel in panels]
    assert titles == ["× W₁  matrix product  Linear(2 → 2)  0", "XW₁ + b₁  Linear(2 → 2)  0",
                      "Sequential"]  # fmt: skip


def test_the_input_may_end_anywhere(monkeypatch):
    assert places(walked(xor(), "", monkeypatch)) == ["1 of 14  forward"]
    assert places(walked(xor(), "n", monkeypatch)) == ["1 of 14  forward", "2 of 14  forward"]


def test_ctrl_c_ends_quietly(monkeypatch):
    class Interrupted(io.StringIO):
        def __next__(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Interrupted())
    walk(xor(), "en", Console(file=io.StringIO(), width=80))


def test_both_ends_say_so(monkeypatch):
    panels = walked(xor(), "p\n" + "n" * 30 + "\n", monkeypatch)
    assert "This is the first step." in panels[1]
    assert places(panels)[-1] == "14 of 14  backward"
    assert "This is the last step: all gradients are known." in panels[-1]


def test_zoom_stays_at_the_same_place():
    walker = Walk(xor(), "en")
    for _ in range(3):
        walker.press("n")
    assert walker.step.label == "× W₂"
    walker.press("-")
    assert (walker.level, walker.step.kind) == ("layer", "Linear(2 → 1)")
    walker.press("-")
    walker.press("-")
    assert (walker.level, walker.message[:11]) == ("model", "This is the")
    for _ in range(4):
        walker.press("+")
    assert walker.level == "scalar" and not walker.backward
    walker.press("+")
    assert walker.message == "This is the deepest level: single numbers."


@pytest.mark.parametrize("start", range(1, 15))
def test_inside_and_out_again_is_the_same_step(start):
    walker = Walk(xor(), "en")
    walker.number = start
    before = walker.step.key, walker.backward
    walker.press("+")
    walker.press("+")
    assert walker.backward == before[1]
    walker.press("-")
    walker.press("-")
    assert (walker.level, walker.step.key, walker.backward) == ("function", *before)


def test_backward_one_enters_a_step_at_its_end():
    walker = Walk(xor(), "en")
    walker.number = 12  # σ, on the way back
    walker.press("+")
    assert (walker.step.label, walker.step.output.symbol.text) == ("1/x", "h")


def test_jumps_go_to_values_by_name(monkeypatch):
    walker = Walk(xor(), "en")
    for name, label in {"z": "+ b₁", "W2": "× W₂", "0.bias": "+ b₁", "y": "−log"}.items():
        walker.press(f"/{name}")
        assert walker.step.label == label
    walker.press("/w1_12")
    assert (walker.level, walker.step.label) == ("scalar", "× w⁽¹⁾₁₂")
    walker.press("/nothing")
    assert "nothing here goes by the name 'nothing'" in walker.message
    assert "Go to:" not in "".join(walked(xor(), "/z\n", monkeypatch))


def test_checks_come_and_go(monkeypatch):
    panels = walked(xor(), "n" * 11 + "\nc\nc\n+\n", monkeypatch)
    assert ["✓" in panel for panel in panels] == [False, False, True, False, False]


def test_other_keys_are_explained(monkeypatch):
    panels = walked(xor(), "?\nx\n", monkeypatch)
    assert "zoom in and out, at the" in " ".join(panels[1].replace("│", " ").split())
    assert "The key x does nothing here. ? names the keys." in panels[2]


def test_stepping_in_korean(monkeypatch):
    panels = walked(xor(), "ㅜ\n" + "n" * 10 + "\n", monkeypatch, "ko")
    assert "14단계 중 2단계  순전파" in panels[1]
    assert "14단계 중 12단계  역전파" in panels[2] and "두 뉴런 모두" in panels[2]
    assert all(cell_len(line) == 80 for panel in panels for line in panel.splitlines()[1:-1])


def test_a_level_that_does_not_fit_is_not_entered():
    x = hg.tensor(np.ones((1, 300)), dtype=hg.float64, requires_grad=True)
    weight = hg.tensor(np.ones((300, 10)), dtype=hg.float64, requires_grad=True)
    walker = Walk(hg.explain(hg.sum(x @ weight), zoom="primitive"), "en")
    walker.press("+")
    assert walker.level == "primitive" and "more than can be shown" in walker.message


def test_many_steps_have_a_short_map():
    x = hg.tensor(2.0, dtype=hg.float64, requires_grad=True)
    output = x * 1.0
    for _ in range(99):
        output = hg.sin(output)
    walker = Walk(hg.explain(output), "en")
    for number in (1, 50, 100, 101, 200):
        walker.number = number
        text = printed(walker.panel())
        assert text.count("◉") == 1
        assert all(cell_len(line) == 80 for line in text.splitlines())


def test_arrow_keys():
    from holograd.explanation.terminal.walking import _key

    assert [_key(lambda key=key: key) for key in ("\x1b[C", "\x1b[D", " ", "N", "=", "\r")] == (
        ["n", "p", "n", "n", "+", "n"]
    )
