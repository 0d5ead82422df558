"""The catalogue of texts: both languages complete, all keys in use, particles that fit."""

import ast
import itertools
import re
import string
from pathlib import Path

import pytest

import holograd
from holograd.errors import ArgumentError
from holograd.explanation.words.catalogue import NAMES, TEXTS
from holograd.explanation.words.particles import PARTICLES, ending_of, with_particle
from holograd.explanation.words.texts import LANGUAGES, name_of, say
from holograd.nn import functional
from holograd.ops.table import FUNCTIONS, TABLE

PACKAGE = Path(holograd.__file__).parent
CATALOGUE = PACKAGE / "explanation" / "words" / "catalogue"
WEB = PACKAGE.parents[1] / "web" / "src"


def fields(template: str) -> list[tuple[str, str]]:
    """The placeholders of a template, each with its format."""
    parsed = string.Formatter().parse(template)
    return [(name, form or "") for _, name, form, _ in parsed if name is not None]


def sources() -> list[tuple[Path, ast.Module]]:
    files = (path for path in PACKAGE.rglob("*.py") if CATALOGUE not in path.parents)
    return [(path, ast.parse(path.read_text("utf-8"))) for path in files]


def web_keys() -> set[str]:
    """The page's keys, and the beginnings of those made of parts; all keys without its source."""
    if not WEB.is_dir():
        return {key for key in TEXTS if key.startswith("page.")}
    text = "".join(path.read_text("utf-8") for path in WEB.rglob("*.ts"))
    return {f"page.{word}" for word in re.findall(r"[\"'`]([a-z_]+)", text)}


# --- the catalogue ---


@pytest.mark.parametrize("key", TEXTS)
def test_an_entry_says_the_same_in_both_languages(key):
    english, korean = TEXTS[key]
    assert english.strip() == english != ""
    assert korean.strip() == korean != ""
    assert {name for name, _ in fields(english)} == {name for name, _ in fields(korean)}
    assert all("|" in form or form in ("", ",") for _, form in fields(english))
    assert all(form in ("", ",", *PARTICLES) for _, form in fields(korean))
    assert "!" not in english + korean


def test_particles_after_placeholders_go_through_the_helper():
    either = {form for pair in PARTICLES.values() for form in pair}
    for key, (_, korean) in TEXTS.items():
        parts = list(string.Formatter().parse(korean))
        for (_, name, form, _), (after, *_) in itertools.pairwise(parts):
            if name is not None and not form and not key.startswith("page."):
                assert after.split(" ")[0] not in either, (key, name, after)


@pytest.mark.parametrize("key", [key for key in TEXTS if TEXTS[key][1].endswith("다.")])
def test_korean_sentences_are_polite(key):
    for sentence in TEXTS[key][1].split(". "):
        if sentence.endswith(("다", "다.")):
            assert sentence.rstrip(".").endswith(("니다", "읍니다")), sentence


def test_every_key_is_used_and_every_used_key_is_there():
    literals, prefixes, said = set(), set(), set()
    for path, tree in sources():
        speaks = "explanation.words.texts import" in path.read_text("utf-8")
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                literals.add(node.value)
            if not (speaks and isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id == "say" and node.args:
                key = node.args[0]
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    assert key.value in TEXTS, (path, key.value)
                    said.add(key.value)
                elif isinstance(key, ast.JoinedStr) and isinstance(key.values[0], ast.Constant):
                    prefixes.add(key.values[0].value)
    assert all(len(prefix) > 3 for prefix in prefixes)
    used = literals | web_keys()
    prefixes |= {key for key in used if key.endswith("_")}
    unused = [key for key in TEXTS if key not in used and not key.startswith(tuple(prefixes))]
    assert not unused
    assert len(said) > 30


def test_keys_made_of_parts_are_there():
    from holograd.explanation.records import LEVELS

    for prefix, endings in {
        "level_": LEVELS,
        "size_": ("small", "moderate", "large"),
        "backward_loss_": ("rises", "falls", "level"),
        "walk_": ("forward", "backward"),
    }.items():
        for ending in endings:
            assert prefix + ending in TEXTS


def test_operations_and_functions_have_names():
    known = set(TABLE) | set(FUNCTIONS) | set(functional.__all__)
    assert known == set(NAMES)
    for english, korean in NAMES.values():
        assert english and korean


def test_names_of_code_stay():
    assert name_of("Linear(2 → 2)", "ko") == "Linear(2 → 2)"
    assert [name_of("softmax", lang) for lang in LANGUAGES] == ["softmax", "소프트맥스"]


def test_another_language_gets_a_clear_message():
    with pytest.raises(ArgumentError, match="no explanations in the language 'de'.*lang=\"en\""):
        say("gradients", "de")


def test_plurals():
    assert say("note_features", "en", count=1, features="x₁") == "The row becomes 1 number: x₁"
    assert say("note_features", "en", count=1234, features="…").startswith("The row becomes 1,234")


# --- particles ---


@pytest.mark.parametrize(
    ("word", "topic"),
    [
        # By the last Korean syllable, the last digit as it is read, the letter's Korean name.
        ("손실", "은"), ("기울기", "는"), ("곱", "은"), ("L", "은"), ("M", "은"), ("N", "은"),
        ("x", "는"), ("F", "는"), ("h₁", "은"), ("h₂", "는"), ("z₃", "은"), ("w⁽¹⁾₁₂", "는"),
        ("0", "은"), ("2", "는"), ("10", "은"), ("0.9949", "는"), ("−7", "은"), ("1.2·10¹⁰", "은"),
        ("x²", "은"), ("σ", "는"), ("ε", "은"), ("σ(z)", "는"), ("(0, 1)", "은"), ("4.5 %", "는"),
        ("∞", "는"), ("NaN", "은"), ("ReLU", "는"), ("tanh", "는"), ("exp", "은"), ("sin", "은"),
        ("XOR", "은"), ("Linear(2 → 2)", "는"), ("Sequential", "은"), ("[−3, −4]", "는"),
        ("W₁ᵀ", "는"), ("f′", "은"), ("softmax", "는"), ("dropout", "은"),
    ],
)  # fmt: skip
def test_the_particle_fits_the_sound(word, topic):
    assert with_particle(word, "은/는") == word + topic


@pytest.mark.parametrize(
    ("word", "toward"),
    [
        ("L", "로"), ("h₁", "로"), ("7", "로"), ("8", "로"), ("x", "로"), ("손실", "로"),
        ("3", "으로"), ("곱", "으로"), ("M", "으로"),
    ],
)  # fmt: skip
def test_after_the_sound_of_l_it_is_ro(word, toward):
    assert with_particle(word, "으로/로") == word + toward


def test_all_particles_and_unknown_signs():
    assert [with_particle("z", one) for one in PARTICLES] == ["z는", "z가", "z를", "z와", "z로"]
    assert [with_particle("M", one) for one in PARTICLES] == ["M은", "M이", "M을", "M과", "M으로"]
    assert with_particle("?", "은/는") == "?은(는)"
    assert with_particle("", "으로/로") == "(으)로"
    assert ending_of("ㅋ漢") is None
