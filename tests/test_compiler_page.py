"""docs/compiler.md is true: its examples run, and its blocks are what the compiler prints."""

import re
from functools import cache

import pytest

from holograd.compiler.target import host
from scripts.make_compiler_page import PAGE, chosen, filled, folded

pytestmark = pytest.mark.skipif(
    host().name not in ("avx2", "avx512"), reason="the page shows code for AVX2, and runs it"
)

ORDER = re.compile(r"<!-- ((?:show|run) [^\n]*) -->\n(```\n.*?```)", re.DOTALL)
PAGE_NOW = PAGE.read_text(encoding="utf-8")
BLOCKS = dict(ORDER.findall(PAGE_NOW))
NATIVE = [order for order in BLOCKS if {"llvm", "asm"} & set(order.split()[2:3])]
REMAKE = "python -m scripts.make_compiler_page writes the page anew"


@cache
def written() -> dict[str, str]:
    """The blocks as they would be written now; to do so, the page's examples are run."""
    return dict(ORDER.findall(filled(PAGE_NOW, lambda order: order != "figures")))


@pytest.mark.parametrize("order", [one for one in BLOCKS if one not in NATIVE])
def test_block_is_what_the_compiler_prints(order: str):
    assert written()[order] == BLOCKS[order], REMAKE


@pytest.mark.parametrize("order", NATIVE)
def test_native_code_has_the_lines_that_the_page_explains(order: str):
    # Registers and the order of instructions are LLVM's business, and differ by its version.
    assert _kinds(BLOCKS[order]) <= _kinds(written()[order]), REMAKE


def _kinds(block: str) -> set[str]:
    words = r"fdiv|fmuladd|shufflevector|phi|vdivps|vfmadd|vbroadcastss"
    return set(re.findall(words, block))


def test_stages_are_all_shown():
    stages = {order.split()[2] for order in BLOCKS if order.startswith("show")}
    assert stages == {"capture", "simplify", "fuse", "plan", "loops", "llvm", "asm"}


def test_lines_are_short():
    table = PAGE_NOW.partition("<!-- figures -->")[2].partition("<!-- end of figures -->")[0]
    long = [line for line in PAGE_NOW.replace(table, "").splitlines() if len(line) > 120]
    assert not long


def test_excerpts():
    lines = ["a 1", "b", "a 2", "b 2", "c"]
    assert chosen(lines, [("past", "b"), ("from", "a"), ("to", "b")]) == ["a 2", "b 2"]
    pairs = [("from", "a"), ("to", "b"), ("from", "b"), ("to", "c")]
    assert chosen(lines, pairs) == ["a 1", "b", "…", "b 2", "c"]
    with pytest.raises(ValueError, match="no line with 'd'"):
        chosen(lines, [("from", "a"), ("to", "d")])


def test_long_lines_are_folded():
    line = "  " + "word " * 40
    pieces = folded(line).splitlines()
    assert max(map(len, pieces)) <= 116 and pieces[1].startswith("      word")
    assert folded("a short  line") == "a short  line"
