"""Pictures: numbers and colours as they are printed, and the two writers of one list of shapes."""

import re
import xml.etree.ElementTree as ElementTree
from io import BytesIO
from pathlib import Path as FilePath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holograd.cli import main
from holograd.errors import ArgumentError, DataError
from holograd.pictures import (
    Circle,
    Path,
    Picture,
    Rectangle,
    Text,
    arrowhead,
    faces,
    group,
    line,
    matplotlib_writer,
    svg,
    text,
)
from holograd.pictures.colours import SCALE, THEMES, band, colour, under_number
from holograd.pictures.lettering import SANS_SCALE, Run, runs, width
from holograd.pictures.numbers import as_slope, in_cell, short
from holograd.pictures.shapes import flat

# The design's colours: light and dark.
TOKENS = """
    paper FBFAF6/161615 wash F2F0E9/1F1E1C raised FFFFFF/262523 ink 1E1D1A/ECE9E2
    ink2 55524B/B5B1A7 ink3 6F6B62/97938A rule DEDACF/34332F faint B9B4A7/5B5850
    mark FFE88A/4B400E markline A87F00/E3B92E pos 9E3E09/F5A06A neg 405CA4/93BCFF
    n5 4F6FBF/7DB1FE n4 668ACD/6991D1 n3 82A6DB/5672A5 n2 A2C0E6/43557A n1 C6DAF0/313A50
    zero F5F2EA/201F1D p1 F1D2B1/4F3328 p2 E7B182/784832 p3 DC8F59/A25F3C p4 CE6D32/CB7845
    p5 BE4800/F5944E
""".split()


def example() -> Picture:
    """A picture with every kind of shape."""
    shapes = (
        Rectangle(x=10, y=10, width=60, height=30, radius=4, fill="p1.25", stroke="ink"),
        Circle(x=90, y=25, radius=8, fill="n2", role="ring"),
        Path(pieces=(("M", 10, 60), ("C", 30, 40, 50, 80, 70, 60)), stroke="ink2", dash=(5, 3)),
        line((10, 80), (70, 80), (70, 90), stroke="faint", role="wire"),
        arrowhead(90, 80, (1, 0), role="head"),
        group(
            "value leaf",
            [
                text(40, 30, "−0.5 & <b>", role="number"),
                text(20, 70, runs("∂L/∂W₁"), turn=-90.0, weight="bold"),
            ],
            note="a value",
            value="v1",
        ),
    )
    return Picture(shapes, 120, 100, "a <title>", "what it shows", [["a"], ["1"]], ("gates",))


# --- numbers ---


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (-0.0, "0"),
        (5, "5"),
        (5.0, "5"),
        (0.5, "0.5"),
        (0.9949, "0.9949"),
        (0.0050815, "0.005082"),
        (-0.00009114, "−0.00009114"),
        (5.27951, "5.280"),
        (-7.0000001, "−7"),
        (float(np.float32(0.1)), "0.1"),
        (12345.6, "12346"),
        (123456, "123456"),
        (1.2e10, "1.2·10¹⁰"),
        (1e6, "10⁶"),
        (-3.14159e-7, "−3.142·10⁻⁷"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (float("nan"), "NaN"),
        (True, "1"),
    ],
)
def test_short_numbers(number: float, shown: str):
    assert short(number) == shown


@given(st.floats(-1e300, 1e300), st.integers(2, 8))
def test_a_short_number_is_near(number: float, digits: int):
    written = short(number, digits)
    scientific = re.fullmatch("(−?)(?:(.+)·)?10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", written)
    plain = written.replace("−", "-")
    if scientific:
        sign, mantissa, power = scientific.groups()
        power = power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
        plain = f"{'-' if sign else ''}{mantissa or 1}e{power}"
    assert float(plain) == pytest.approx(number, rel=0.6 * 10.0 ** (1 - digits))
    assert "-" not in written and "e" not in written


def test_numbers_in_cells_are_as_in_the_design():
    assert [in_cell(one) for one in (0.047426, 0.0050815, -0.71954, 5.27951)] == [
        "0.04743", "0.00508", "−0.7195", "5.280",
    ]  # fmt: skip
    assert [as_slope(one) for one in (0.045177, -1.0051, -11, 0.00098386, -0.000091094)] == [
        "0.0452", "−1.005", "−11", "0.000984", "−0.0000911",
    ]  # fmt: skip


# --- colours ---


def test_the_colours_are_those_of_the_design():
    wanted = dict(zip(TOKENS[::2], TOKENS[1::2], strict=True))
    for place, theme in enumerate(("light", "dark")):
        assert THEMES[theme] == {
            name: f"#{pair.split('/')[place]}" for name, pair in wanted.items()
        }


def test_bands_and_shades_follow_sign_and_size():
    assert [band(one, 1.0) for one in np.linspace(-1, 1, 11)] == SCALE
    assert band(0.0, 0.0) == band(float("nan"), 1.0) == under_number(0.0, 0.0) == "zero"
    assert under_number(float("inf"), 1.0) == "p2" and under_number(-1e-9, 1.0) == "n0.25"
    sizes = [under_number(one, 8.0) for one in range(1, 9)]
    assert sizes == "p0.25 p0.5 p0.75 p1 p1.25 p1.5 p1.75 p2".split()
    for name in sizes:
        assert re.fullmatch("#[0-9A-F]{6}", colour(name, "dark"))


def contrast(first: str, second: str) -> float:
    """By the rule of WCAG."""
    lights = []
    for name in (first, second):
        parts = np.array([int(name[place : place + 2], 16) for place in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ink_is_read_on_all_shades_under_numbers(theme: str):
    for share in np.linspace(-1, 1, 41):
        shade = colour(under_number(float(share), 1.0), theme)
        assert contrast(shade, colour("ink", theme)) > 4.5


# --- letters ---


def test_labels_become_runs():
    def parts(label: str) -> list[tuple[str, str]]:
        return [(run.text, run.face) for run in runs(label)]

    assert parts("w⁽¹⁾₁₂") == [("w", "math"), ("(1)", "roman"), ("12", "roman")]
    assert parts("−log softmax") == [("−log softmax", "sans")]
    assert parts("w_10") == [("w", "math"), ("10", "roman")]
    assert parts("한국") == [("한국", "sans")]
    low, high = runs("w⁽¹⁾₁₂")[2].shift, runs("w⁽¹⁾₁₂")[1].shift
    assert low < 0 < high


def test_widths_are_those_of_the_faces_that_matplotlib_brings():
    pen = matplotlib_writer._Pen(None, "light", 1.0)
    for face, letters in (
        ("sans", "0123456789.−×+=()→← Linear(784 → 128) cross-entropy softmax σ∂"),
        ("math", "xyzhLWbuoFwσαβ∂/"),
        ("roman", "0123456789()"),
    ):
        for letter in letters:
            run = Run(letter, face)
            drawn = pen.measure(run, 100.0)
            assert drawn <= 1.04 * run.width(100.0) + 2, (face, letter)
    assert width("−0.7195", 13) == pytest.approx(
        sum(pen.measure(Run(one), 13) for one in "−0.7195"), rel=0.03
    )


# --- writers ---


def test_svg_has_every_shape_and_is_xml():
    picture = example()
    for standalone in (True, False):
        root = ElementTree.fromstring(picture.svg(standalone))
        names = [element.tag.rpartition("}")[2] for element in root.iter()]
        extra = int(standalone)  # the paper
        assert names.count("rect") == 1 + extra and names.count("circle") == 1
        assert names.count("path") == 3 and names.count("text") == 2
        assert ("style" in names) == standalone
        assert root.get("role") == "img" and root.get("class") == "holograd-picture gates"
        labels = str(root.get("aria-labelledby")).split()
        found = {element.get("id"): element.text for element in root.iter() if element.get("id")}
        assert [found[name] for name in labels] == ["a <title>", "what it shows"]
    leaf = next(element for element in root.iter() if element.get("data-value") == "v1")
    assert leaf.get("class") == "value leaf"
    assert "".join(leaf.itertext()) == "\n".join(["a value", "−0.5 & <b>", "∂L/∂W1", ""])


def test_svg_paints_by_attributes_and_by_classes_of_the_style_sheet():
    written = example().svg()
    for name in re.findall(r'class="[^"]*\b([fs]-[\w]+)', written):
        assert f".{name}{{" in svg.STYLESHEET, name
    assert 'fill="#EECAA5"' in written  # p1.25, for programs that know no style sheets
    assert "prefers-color-scheme:dark" in written and "--paper:#161615" in written
    assert "prefers-color-scheme" not in example().svg(standalone=False)


def test_svg_takes_letters_that_xml_does_not_know():
    picture = Picture((text(0, 0, "a\x00b\x1b"),), 10, 10, "\x07")
    assert ElementTree.fromstring(picture.svg()) is not None


def test_svg_keeps_the_spaces_at_the_ends_of_spans():
    written = Picture((text(0, 0, [Run("× "), Run("W", "math")]),), 10, 10, "sign").svg(False)
    assert ">× </tspan>" in written and 'xml:space="preserve"' in written


def test_matplotlib_draws_every_shape():
    picture = example()
    figure = matplotlib_writer.figure(picture)
    axes = figure.axes[0]
    texts = [shape for shape in flat(picture.shapes) if isinstance(shape, Text)]
    assert len(axes.texts) == sum(len(shape.runs) for shape in texts)
    assert len(axes.patches) == len(list(flat(picture.shapes))) - len(texts)
    assert figure.get_size_inches().tolist() == [120 / 96, 100 / 96]
    assert {one.get_text() for one in axes.texts} >= {"−0.5 & <b>", "W", "1"}


def test_matplotlib_paints_in_both_themes():
    from matplotlib.image import imread

    picture = Picture((Rectangle(x=10, y=10, width=20, height=20, fill="p2"),), 40, 40, "square")
    for theme in ("light", "dark"):
        file = BytesIO()
        matplotlib_writer.write(picture, file, "png", theme=theme)
        file.seek(0)
        pixels = (imread(file)[..., :3] * 255).round().astype(int)
        assert pixels.shape == (80, 80, 3)
        for at, name in (((40, 40), "p2"), ((5, 5), "paper")):
            assert "#" + "".join(f"{part:02X}" for part in pixels[at]) == colour(name, theme)


RESORT = "Last Resort High-Efficiency"  # has a box for every letter
KOREAN = Picture((text(20, 20, [Run("가중치", "math")]), text(20, 50, "값 ℊ")), 80, 60, "names")


def with_fonts(monkeypatch: pytest.MonkeyPatch, *families: str) -> None:
    """Lets there be no fonts but some of matplotlib's."""
    fonts = tuple(one for one in faces._fonts() if one.family in families)
    monkeypatch.setattr(faces, "_fonts", lambda: fonts)
    monkeypatch.setattr(faces, "_find", faces._find.__wrapped__)


@pytest.mark.filterwarnings("always")
@pytest.mark.parametrize("form", ["png", "pdf"])
def test_letters_that_no_font_has_are_named_once(form: str, monkeypatch: pytest.MonkeyPatch):
    with_fonts(monkeypatch, "DejaVu Sans", "STIXGeneral")
    file = BytesIO()
    with pytest.warns(faces.LettersWarning) as warned:
        matplotlib_writer.write(KOREAN, file, form)
    assert [str(one.message) for one in warned] == [
        "no font of this machine has 가, 값, 중, 치: boxes stand for them in the picture. Save it "
        "as .svg, or install a font that has them, such as Noto Sans CJK."
    ]
    assert warned[0].filename == __file__ and len(file.getvalue()) > 500


@pytest.mark.filterwarnings("always")
def test_the_command_line_says_so_in_a_note(
    monkeypatch: pytest.MonkeyPatch, tmp_path: FilePath, capsys: pytest.CaptureFixture[str]
):
    with_fonts(monkeypatch, "DejaVu Sans", "STIXGeneral")
    picture = tmp_path / "names.png"
    with pytest.raises(SystemExit) as ended:
        main(["explain", "가중치 * 2", "가중치=3", "--save", str(picture)])
    said = capsys.readouterr().err
    assert not ended.value.code and picture.exists()
    assert said.startswith("note: no font of this machine has 가, 중, 치: boxes stand for them")
    assert said.count("\n") == 1


def test_letters_come_from_the_first_font_that_has_them(monkeypatch: pytest.MonkeyPatch):
    with_fonts(monkeypatch, "DejaVu Sans", "STIXGeneral")
    assert faces.find(["x = 0.5", "∂L/∂σ ₂"]) == faces.Found((), "")
    assert faces.find(["ℊ", "x"]) == faces.Found(("STIXGeneral",), "")
    picture = Picture((text(20, 20, "ℊ"),), 40, 40, "a letter")
    matplotlib_writer.write(picture, BytesIO(), "png")  # without a warning
    drawn = matplotlib_writer.figure(picture).axes[0].texts[0]
    assert drawn.get_fontfamily() == ["DejaVu Sans", "STIXGeneral"]
    pen = matplotlib_writer._Pen(None, "light", 1.0, ["STIXGeneral"])
    alone = matplotlib_writer._Pen(None, "light", 1.0).measure(Run("ℊ"), 100.0)
    assert alone == width("ℊ", 100.0)  # from the table
    assert pen.measure(Run("ℊℊ"), 100.0) == pytest.approx(2 * 73.8 * SANS_SCALE, rel=2e-3)


def test_fonts_that_matplotlib_does_not_list_yet_are_found(monkeypatch: pytest.MonkeyPatch):
    from matplotlib.font_manager import findfont, fontManager

    path = findfont("STIXGeneral")
    listed = [one for one in fontManager.ttflist if one.name in (faces.OWN, RESORT)]
    monkeypatch.setattr(fontManager, "ttflist", listed)
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: [path, __file__])
    monkeypatch.setattr(faces, "_fonts", faces._fonts.__wrapped__)
    monkeypatch.setattr(faces, "_find", faces._find.__wrapped__)
    assert RESORT not in [one.family for one in faces._fonts()]
    assert faces.find(["\N{SCRIPT SMALL G}"]) == faces.Found(("STIXGeneral",), "")
    assert findfont("STIXGeneral") == path


def test_pictures_are_saved_whole_and_the_same_each_time(tmp_path: FilePath):
    picture = example()
    starts = {".svg": b"<svg", ".png": b"\x89PNG", ".pdf": b"%PDF"}
    for ending, start in starts.items():
        contents = []
        for name in ("one", "two"):
            picture.save(tmp_path / (name + ending))
            contents.append((tmp_path / (name + ending)).read_bytes())
        assert contents[0].startswith(start) and contents[0] == contents[1]
    assert sorted(path.suffix for path in tmp_path.iterdir()) == sorted(2 * list(starts))
    assert picture._repr_svg_() == (tmp_path / "one.svg").read_text(encoding="utf-8")


def test_what_cannot_be_saved_is_said(tmp_path: FilePath, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ArgumentError, match=r"a.jpg ends in .jpg: .* Write a.svg"):
        example().save("a.jpg")
    with pytest.raises(ArgumentError, match=r"picture ends in nothing"):
        example().save("picture")
    with pytest.raises(DataError, match="cannot be written"):
        example().save(tmp_path / "nowhere" / "a.svg")
    wide = Picture((), 40_000, 100, "wide")
    with pytest.raises(ArgumentError, match=r"40000 × 100 pixels are too many for a PNG"):
        wide.save(tmp_path / "a.png")
    wide.save(tmp_path / "a.pdf")
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(ArgumentError, match=r"pip install 'holograd\[pictures\]'"):
        example().save(tmp_path / "b.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]


def test_turned_text_has_a_turned_box():
    flat_box = text(50, 50, "abc", anchor="start").box
    left, top, right, bottom = text(50, 50, "abc", anchor="start", turn=-90.0).box
    assert (right - left, bottom - top) == pytest.approx(
        (flat_box[3] - flat_box[1], flat_box[2] - flat_box[0])
    )
    assert bottom == pytest.approx(50) and left < 50 < right
    assert SANS_SCALE < 1
