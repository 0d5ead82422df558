"""Saved documents: LaTeX that compiles, Markdown that is a table, a graph that Graphviz draws."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import explanation_cases
import holograd as hg
from holograd import nn
from holograd.explanation import Explanation
from holograd.explanation.documents import dot, markdown, tex
from holograd.explanation.escaping import (
    beyond_latin,
    dot_text,
    latex_name,
    latex_text,
    markdown_text,
)
from holograd.explanation.words.catalogue.documents import DOCUMENTS
from holograd.nn import functional

STRANGE = ["learning_rate", "50% & #1", "a|b*", 'say "$x$"', "back\\slash^~{}"]


def xor(zoom: str = "function", title: str = "XOR, sample (0, 1)") -> Explanation:
    return explanation_cases.xor(zoom=zoom, title=title)


def classes(zoom: str = "function") -> Explanation:
    """A batch, with values that are used twice at primitive zoom."""
    network = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3))
    inputs = np.random.default_rng(4).normal(size=(4, 2)).astype(np.float32)
    loss = functional.cross_entropy(network(hg.tensor(inputs)), hg.tensor([0, 1, 2, 0]))
    return hg.explain(loss, zoom=zoom)


def strange() -> Explanation:
    """Names that mean something to each format, and one of another script."""
    tensors = {one: hg.tensor(0.5, requires_grad=True) for one in [*STRANGE, "손실"]}
    result = hg.tensor(1.0)
    for one in tensors.values():
        result = result * one + one
    return hg.explain(result, names=tensors, title="A_b & <c>")


def long_names() -> Explanation:
    """Names and a title that no column has room for."""
    x = hg.tensor([0.5, 0.1], requires_grad=True)
    rate = hg.tensor([2.0, 3.0], requires_grad=True)
    result = hg.sum(hg.sin(x * rate) * x + rate)
    names = {"a_very_long_name_of_a_variable_that_goes_on": x, "another_very_long_name": rate}
    return hg.explain(result, names=names, title="x" * 90)


def images() -> Explanation:
    """A convolutional network."""
    network = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 20), nn.ReLU(), nn.Linear(20, 10),
    )  # fmt: skip
    inputs = np.random.default_rng(4).normal(size=(1, 1, 16, 16)).astype(np.float32)
    loss = functional.cross_entropy(network(hg.tensor(inputs)), hg.tensor([3]))
    return hg.explain(loss)


EXPLANATIONS = {
    "xor": xor,
    "xor at primitive zoom": lambda: xor("primitive"),
    "xor at scalar zoom": lambda: xor("scalar"),
    "classes": classes,
    "classes at primitive zoom": lambda: classes("primitive"),
    "long names": long_names,
    "images": images,
    "strange names": strange,
}


def run(program: str, *arguments: str, folder: Path) -> str:
    """What a program prints; the test is skipped where it is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: whether it takes the document was NOT tested")
    done = subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return done.stdout + done.stderr


# --- LaTeX ---


@pytest.mark.parametrize("case", [one for one in EXPLANATIONS if "strange" not in one])
def test_latex_compiles(case, tmp_path):
    EXPLANATIONS[case]().save(tmp_path / "explanation.tex")
    told = ""
    for _ in range(2):  # tables find their widths in the first run
        told = run(
            "pdflatex", "-interaction=nonstopmode", "-halt-on-error", "explanation.tex",
            folder=tmp_path,
        )  # fmt: skip
    assert "Missing character" not in told
    assert (tmp_path / "explanation.pdf").stat().st_size > 10_000
    wide = [float(one) for one in re.findall(r"Overfull \\hbox \(([\d.]+)pt", told)]
    assert max(wide, default=0) < 1, "nothing runs over the edge of the page"


@pytest.mark.parametrize(("make", "lang"), [(xor, "ko"), (strange, "en")])
def test_latex_of_other_scripts_compiles(make, lang, tmp_path):
    make().save(tmp_path / "explanation.tex", lang=lang)
    text = (tmp_path / "explanation.tex").read_text(encoding="utf-8")
    assert text.splitlines()[0].startswith("% Compile twice with xelatex (or lualatex)")
    if run("fc-list", ":lang=ko", "family", folder=tmp_path).find("Noto Serif CJK KR") < 0:
        pytest.skip("Noto Serif CJK KR is not installed: Korean LaTeX was NOT tested")
    told = run(
        "xelatex", "-interaction=nonstopmode", "-halt-on-error", "explanation.tex",
        folder=tmp_path,
    )  # fmt: skip
    assert "Missing character" not in told


def test_latex_says_what_the_tables_say():
    text = tex(xor())
    assert text.startswith("% Compile twice with pdflatex")
    for piece in (
        "XOR, sample (0, 1)",
        "The network says 0.995",
        r"$v_{1} = x \, W_{1}$",
        r"$h = \sigma(z)$",
        r"\frac{\partial L}{\partial h} \odot h (1 - h)",
        r"x^{\top} \, \frac{\partial L}{\partial v_{1}}",
        r"\begin{bmatrix} 0 & 0 \\ 0.002517 & 0.0009839 \end{bmatrix}",
        r"\texttt{0.weight}",
        "the model stores it transposed",
    ):
        assert piece in text
    assert tex(xor(), "ko").count("순전파") == 1


# --- Markdown ---


def tables(text: str) -> list[list[list[str]]]:
    """The tables of a Markdown text as rows of cells."""
    found: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            cells = re.split(r"(?<!\\)\|", line)[1:-1]
            found[-1].append([cell.strip() for cell in cells])
        elif found[-1]:
            found.append([])
    return [one for one in found if one]


@pytest.mark.parametrize("case", EXPLANATIONS)
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_markdown_is_tables_and_formulas(case, lang):
    explanation = EXPLANATIONS[case]()
    text = markdown(explanation, lang)
    found = tables(text)
    assert len(found) == 3
    for table in found:
        assert len({len(row) for row in table}) == 1, "each row has as many cells"
        assert all(set(cell) == {"-"} for cell in table[1])
    assert len(found[0]) - 2 == len(explanation.view.steps)
    outside = re.sub(r"\\\$", "", text)
    assert outside.count("$") % 2 == 0
    assert ("## Forward pass" in text) == (lang == "en")


def test_markdown_says_which_contributions_join():
    u = hg.tensor(2.0, requires_grad=True)
    text = markdown(hg.explain(u * 3 + hg.exp(u), names={"u": u}))
    rows = tables(text)[1]
    joined = [row[4] for row in rows if "sum:" in row[4]]
    assert joined == ["7.389<br>1 of 2, sum: 7.389", "3<br>2 of 2, sum: 10.39"]


def test_finite_differences_have_a_column():
    w, x = (hg.tensor(one, dtype=hg.float64, requires_grad=True) for one in (3.0, 2.0))
    text = markdown(hg.explain(w * x, names={"w": w, "x": x}, check=True))
    assert tables(text)[2][0] == ["name", "value", "gradient", "by differences"]
    assert [row[3] for row in tables(text)[2][2:]] == ["2", "3"]


def test_large_arrays_are_told_by_their_range_and_levels_that_do_not_fit_are_named():
    network = nn.Sequential(nn.Linear(64, 50), nn.ReLU(), nn.Linear(50, 10))
    loss = functional.cross_entropy(network(hg.ones(1, 64)), hg.tensor([3]))
    for make in (markdown, tex, dot):
        text = make(hg.explain(loss, zoom="scalar"))
        assert "64×50 numbers" in text or r"64\ensuremath{\times}50 numbers" in text
        assert len(text) < 20_000
    assert "The scalar level would have" in markdown(hg.explain(loss, zoom="scalar"))
    assert "64×50" not in markdown(hg.explain(loss, zoom="model"), "ko") or "수 64×50" in markdown(
        hg.explain(loss, zoom="model"), "ko"
    )


# --- Graphviz ---


@pytest.mark.parametrize("case", EXPLANATIONS)
def test_graphviz_draws_the_graph(case, tmp_path):
    explanation = EXPLANATIONS[case]()
    explanation.save(tmp_path / "explanation.dot")
    told = run("dot", "-Tsvg", "explanation.dot", "-o", "explanation.svg", folder=tmp_path)
    assert not told
    drawn = (tmp_path / "explanation.svg").read_text(encoding="utf-8")
    boxes, gates = len(explanation.view.boxes), len(explanation.view.steps)
    assert drawn.count('class="cluster"') == boxes
    nodes = re.findall(r'class="node">\s*<title>(\w+)</title>', drawn)
    assert sum(one.startswith("s") for one in nodes) == gates


def test_graphviz_shows_brackets_values_and_gradients():
    text = dot(xor())
    assert 'label="Linear(2 → 2)  0"' in text
    assert r'label="σ\nh = σ(z)"' in text
    assert r"W₁ = [[5, −7], [5, −7]]\n∂L/∂W₁ = [[0, 0], [0.002517, 0.0009839]]" in text
    assert r'[label="z = [−3, −4]\n∂L/∂z = [0.002517, 0.0009839]"]' in text
    assert text.count("->") == 13


# --- escaping ---


def test_special_signs_are_escaped():
    assert latex_text("50% of $a_b$ & #1 {x} ~^") == (
        r"50\% of \$a\_b\$ \& \#1 \{x\} \textasciitilde{}\textasciicircum{}"
    )
    assert latex_text("a --> ``b''") == r"a -{}-\ensuremath{>} `{}`b'{}'"
    assert latex_text("σ → −1") == r"\ensuremath{\sigma} \ensuremath{\to} \ensuremath{-}1"
    assert markdown_text("a|b *c*\nd`") == r"a\|b \*c\* d\`"
    assert dot_text('a "b" \\ c\nd') == r'"a \"b\" \\ c\nd"'
    assert beyond_latin("손실") and not beyond_latin("W₁ᵀ ⊙ σ′"[:6] + "é")


def test_names_in_formulas_are_known_to_the_renderers_of_markdown():
    assert latex_name("learning_rate") == r"\mathit{learning\_rate}"
    assert latex_name("50% & #1") == r"\mathit{50\%\text{ }\&\text{ }\#1}"
    assert latex_name("x<손실^2") == r"\mathit{x{<}\text{손}\text{실}\wedge 2}"
    text = markdown(strange())
    assert r"\ensuremath" not in text and r"\text" not in text.replace(r"\text{", "")


def test_a_jacobian_is_a_factor_in_the_orientation_of_its_contribution():
    for text in (markdown(xor("model")), tex(xor("model"))):
        assert "⊙" not in text and r"\odot" not in text
    assert (
        "= −1.005 · [[0, 0], [−0.002504, −0.0009790]] | [[0, 0], [0.002517, 0.0009839]]"
        in markdown(xor("model"))
    )


def test_the_catalogue_has_both_languages():
    for english, korean in DOCUMENTS.values():
        assert english and korean
        assert set(re.findall(r"\{(\w+)", english)) == set(re.findall(r"\{(\w+)", korean))
