"""Formulas in LaTeX and in presentation MathML, where fractions and roots are drawn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from holograd.explanation.escaping import latex_number, latex_text
from holograd.explanation.formulas.building import opposite
from holograd.explanation.formulas.formula import Formula
from holograd.explanation.formulas.notations import (
    ATOM,
    BARS,
    FACTOR,
    LOGIC,
    PRODUCT,
    RELATION,
    SUM,
    Notation,
    constant,
    names_of,
)
from holograd.explanation.symbols import Symbol
from holograd.pictures.numbers import short

_DIGITS_ABOVE = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_DOWN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_LATEX_SIGNS = {
    "−": "-", "·": r"\cdot", "⊙": r"\odot", "≠": r"\ne", "≤": r"\le", "≥": r"\ge", "∧": r"\land",
    "∨": r"\lor", "⊕": r"\oplus", "¬": r"\lnot", "⊤": r"\top", "∂": r"\partial",
}  # fmt: skip
_LATEX_OVER = {
    "Σ": r"\sum", "Π": r"\prod", "max": r"\max", "min": r"\min", "∃": r"\exists", "∀": r"\forall",
}  # fmt: skip
_LATEX_BARS = {
    "abs": (r"\lvert", r"\rvert"), "floor": (r"\lfloor", r"\rfloor"),
    "ceil": (r"\lceil", r"\rceil"), "norm": (r"\lVert", r"\rVert"),
}  # fmt: skip


class Markup(Notation):
    """What LaTeX and MathML share: fractions bind like factors, and are never in brackets there."""

    def binding(self, formula: Formula) -> int:
        """How tightly the formula binds."""
        if formula.head in ("quotient", "derivative"):
            return FACTOR
        if formula.head == "function" and formula.detail == "exp":
            return FACTOR
        return super().binding(formula)

    def row(self, *pieces: str) -> str:
        """Pieces beside each other."""
        raise NotImplementedError

    def sign(self, sign: str) -> str:
        """An operator's sign."""
        raise NotImplementedError

    def layer(self, base: str, below: str, above: str) -> str:
        """What stands below and above on the right."""
        raise NotImplementedError

    def fraction(self, above: str, below: str) -> str:
        """A fraction."""
        raise NotImplementedError

    def digits(self, text: str) -> str:
        """A number as `short` writes it."""
        raise NotImplementedError

    def words(self, text: str) -> str:
        """Words between formulas."""
        raise NotImplementedError

    def rows(self, rows: Sequence[Sequence[str]], left: str, right: str) -> str:
        """A table between two brackets, either of which may be empty."""
        raise NotImplementedError

    def joined(self, sign: str, texts: Sequence[str]) -> str:
        """What is written, with a sign between."""
        pieces = [texts[0]]
        for text in texts[1:]:
            pieces += [self.sign(sign.strip()), text]
        return self.row(*pieces)

    def number(self, formula: Formula) -> str:
        """A constant."""
        return self.digits(constant(formula.detail))

    def given(self, formula: Formula) -> str:
        """Numbers in place of a name."""
        detail: Any = formula.detail
        if isinstance(detail, str):
            return self.words(detail) if any(map(str.isalpha, detail)) else self.digits(detail)
        return self.digits(short(detail))

    def matrix(self, formula: Formula) -> str:
        """The numbers of an array."""
        rows = [[self.digits(short(one)) for one in row] for row in formula.detail]
        return self.rows(rows, "[", "]")

    def negative(self, formula: Formula) -> str:
        """−a."""
        return self.row(self.sign("−"), self.within(formula.parts[0], PRODUCT))

    def quotient(self, formula: Formula) -> str:
        """a over b."""
        return self.fraction(*map(self.write, formula.parts))

    def derivative(self, formula: Formula) -> str:
        """∂a over ∂b."""
        above, below = (self.row(self.sign("∂"), self.within(part, ATOM)) for part in formula.parts)
        return self.fraction(above, below)

    def power(self, formula: Formula) -> str:
        """a with b above."""
        base, exponent = formula.parts
        return self.layer(self.within(base, ATOM), "", self.write(exponent))

    def transpose(self, formula: Formula) -> str:
        """The transpose of a matrix."""
        return self.layer(self.within(formula.parts[0], ATOM), "", self.sign("⊤"))

    def indexed(self, formula: Formula) -> str:
        """One number of an array."""
        index = self.name(Formula("name", (), Symbol(formula.detail)))
        return self.layer(self.base(formula.parts[0]), index, "")

    def entry(self, formula: Formula) -> str:
        """The number of an array that an index names."""
        base, index = formula.parts
        return self.layer(self.within(base, ATOM), self.write(index), "")

    def compare(self, formula: Formula) -> str:
        """a = b."""
        return self.joined(formula.detail, [self.within(part, SUM) for part in formula.parts])

    def equation(self, formula: Formula) -> str:
        """a = b, as a statement."""
        return self.joined("=", [self.within(part, SUM) for part in formula.parts])

    def logic(self, formula: Formula) -> str:
        """a ∧ b."""
        return self.joined(formula.detail, [self.within(one, RELATION) for one in formula.parts])

    def negation(self, formula: Formula) -> str:
        """¬a."""
        return self.row(self.sign("¬"), self.within(formula.parts[0], ATOM))

    def choice(self, formula: Formula) -> str:
        """Two lines: a where it holds, b where it does not."""
        condition, yes, no = formula.parts
        lines = ((yes, condition), (no, opposite(condition)))
        rows = [[self.write(value), self.within(where, LOGIC)] for value, where in lines]
        return self.rows(rows, "{", "")

    def name(self, formula: Formula) -> str:
        """A symbol."""
        raise NotImplementedError


class Latex(Markup):
    """LaTeX, for `amsmath`."""

    def row(self, *pieces: str) -> str:
        return " ".join(pieces)

    def sign(self, sign: str) -> str:
        return _LATEX_SIGNS.get(sign, sign)

    def brackets(self, text: str) -> str:
        tall = any(one in text for one in (r"\frac", r"\begin", r"\sum", r"\prod", r"\left"))
        return rf"\left({text}\right)" if tall else f"({text})"

    def layer(self, base: str, below: str, above: str) -> str:
        if (below and "_" in base) or (above and "^" in base):
            base = f"{{{base}}}"
        return base + (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")

    def fraction(self, above: str, below: str) -> str:
        return rf"\frac{{{above}}}{{{below}}}"

    def rows(self, rows: Sequence[Sequence[str]], left: str, right: str) -> str:
        body = r" \\ ".join(" & ".join(row) for row in rows)
        kind = "bmatrix" if right else "cases"
        return rf"\begin{{{kind}}} {body} \end{{{kind}}}"

    def digits(self, text: str) -> str:
        return latex_number(text)

    def words(self, text: str) -> str:
        return rf"\text{{{latex_text(text)}}}"

    def name(self, formula: Formula) -> str:
        return formula.detail.latex

    def dots(self, formula: Formula) -> str:
        return r"\cdots"

    def negative(self, formula: Formula) -> str:
        return "-" + self.within(formula.parts[0], PRODUCT)

    def product(self, formula: Formula) -> str:
        """Factors side by side; a dot where they would be read as one."""
        texts = self._factors(formula)
        line = texts[0]
        for before, text in zip(formula.parts[:-1], texts[1:], strict=True):
            word = before.head == "name" and before.detail.latex.startswith(r"\mathit")
            if word or text[0].isdigit() or text.startswith(("(-", r"\left(-", r"\infty")):
                line += r" \cdot "
            else:
                line += " "
            line += text
        return line

    def matmul(self, formula: Formula) -> str:
        """A product of matrices."""
        return r" \, ".join(self.within(one, FACTOR) for one in formula.parts)

    def root(self, formula: Formula) -> str:
        """The square root."""
        return rf"\sqrt{{{self.write(formula.parts[0])}}}"

    def function(self, formula: Formula, closed: bool = False) -> str:
        """f(a, b), ln a, e to the power a."""
        _, _, latex, bare = names_of(formula.detail)
        arguments = ", ".join(map(self.write, formula.parts))
        if formula.detail == "exp":
            return f"e^{{{arguments}}}"
        if bare and not closed and self._goes_bare(formula.parts[0]):
            return f"{latex} {arguments}"
        return latex + self.brackets(arguments)

    def enclosed(self, formula: Formula) -> str:
        """|a|, ⌊a⌋."""
        left, right = _LATEX_BARS[formula.detail]
        return rf"\left{left} {self.write(formula.parts[0])} \right{right}"

    def indicator(self, formula: Formula) -> str:
        """[a > 0], which is 1 where it holds, else 0."""
        return rf"\left[{self.write(formula.parts[0])}\right]"

    def over(self, formula: Formula) -> str:
        """The sum over an index."""
        sign, below = formula.detail
        below = below.replace("≤", r"\le ")
        return (
            f"{self.layer(_LATEX_OVER[sign], below, '')} {self.within(formula.parts[0], PRODUCT)}"
        )


class Mathml(Markup):
    """Presentation MathML, as browsers show it (MathML Core)."""

    APPLY, TIMES = "<mo>&#x2061;</mo>", "<mo>&#x2062;</mo>"  # both are invisible
    SPACE = '<mspace width="0.17em"></mspace>'

    def row(self, *pieces: str) -> str:
        return "<mrow>" + "".join(pieces) + "</mrow>"

    def sign(self, sign: str) -> str:
        return f"<mo>{escape(sign)}</mo>"

    def brackets(self, text: str) -> str:
        return self.between("(", text, ")")

    def between(self, left: str, text: str, right: str) -> str:
        """What is written between two fences."""
        ends = [f'<mo fence="true">{escape(one)}</mo>' if one else "" for one in (left, right)]
        return self.row(ends[0], text, ends[1])

    def layer(self, base: str, below: str, above: str) -> str:
        if below and above:
            return f"<msubsup>{base}{below}{above}</msubsup>"
        if below:
            return f"<msub>{base}{below}</msub>"
        return f"<msup>{base}{above}</msup>" if above else base

    def fraction(self, above: str, below: str) -> str:
        return f"<mfrac>{above}{below}</mfrac>"

    def rows(self, rows: Sequence[Sequence[str]], left: str, right: str) -> str:
        cells = [[f"<mtd>{cell}</mtd>" for cell in row] for row in rows]
        body = "".join(f"<mtr>{''.join(row)}</mtr>" for row in cells)
        return self.between(left, f"<mtable>{body}</mtable>", right)

    def digits(self, text: str) -> str:
        sign, size = ("<mo>−</mo>", text[1:]) if text.startswith("−") else ("", text)
        mantissa, dot, ten = size.rpartition("·10")
        if dot or (size.startswith("10") and _DIGITS_ABOVE.search(size)):
            exponent = (ten if dot else size[2:]).translate(_DOWN).replace("-", "−")
            power = self.layer("<mn>10</mn>", "", f"<mn>{exponent}</mn>")
            size = self.row(*([f"<mn>{mantissa}</mn>", "<mo>·</mo>"] if dot else []), power)
        else:
            size = f"<mn>{escape(size)}</mn>"
        return self.row(sign, size) if sign else size

    def words(self, text: str) -> str:
        return f"<mtext>{escape(text)}</mtext>"

    def name(self, formula: Formula) -> str:
        symbol = formula.detail
        letter, below = symbol.letter, symbol.subscript
        found = re.fullmatch(r"([^\W\d_]+)_?(\d+)", letter)
        if found and not below:
            letter, below = found.groups()
        above = ""
        if symbol.layer:
            above = self.row("<mo>(</mo>", self._index(symbol.layer), "<mo>)</mo>")
        base = f"<mi>{escape(letter)}</mi>"
        return self.layer(base, self._index(below) if below else "", above)

    def _index(self, text: str) -> str:
        tag = "mi" if text.isalpha() else "mn"
        return f"<{tag}>{escape(text)}</{tag}>"

    def dots(self, formula: Formula) -> str:
        return "<mo>⋯</mo>"

    def product(self, formula: Formula) -> str:
        """Factors side by side; a dot where they would be read as one."""
        texts = self._factors(formula)
        pieces = [texts[0]]
        for before, after, text in zip(
            formula.parts[:-1], formula.parts[1:], texts[1:], strict=True
        ):
            dotted = after.head in ("number", "given", "negative")
            word = before.head == "name" and len(before.detail.letter) > 1
            pieces += [self.sign("·") if dotted or word else self.TIMES, text]
        return self.row(*pieces)

    def matmul(self, formula: Formula) -> str:
        """A product of matrices."""
        space = self.TIMES + self.SPACE
        return self.row(space.join(self.within(one, FACTOR) for one in formula.parts))

    def root(self, formula: Formula) -> str:
        """The square root."""
        return f"<msqrt>{self.write(formula.parts[0])}</msqrt>"

    def function(self, formula: Formula, closed: bool = False) -> str:
        """f(a, b), ln a, e to the power a."""
        _, text, _, bare = names_of(formula.detail)
        if formula.detail == "exp":
            return self.layer("<mi>e</mi>", "", self.write(formula.parts[0]))
        arguments = [self.write(part) for part in formula.parts]
        if bare and not closed and self._goes_bare(formula.parts[0]):
            return self.row(f"<mi>{text}</mi>", self.APPLY, self.SPACE, *arguments)
        inside = self.row(self.sign(",").join(arguments))
        return self.row(f"<mi>{escape(text)}</mi>", self.APPLY, self.brackets(inside))

    def enclosed(self, formula: Formula) -> str:
        """|a|, ⌊a⌋."""
        left, right = BARS[formula.detail]
        return self.between(left, self.write(formula.parts[0]), right)

    def indicator(self, formula: Formula) -> str:
        """[a > 0], which is 1 where it holds, else 0."""
        return self.between("[", self.write(formula.parts[0]), "]")

    def over(self, formula: Formula) -> str:
        """The sum over an index."""
        sign, below = formula.detail
        mark = f"<mo>{ {'Σ': '∑', 'Π': '∏'}.get(sign, sign) }</mo>"
        if below:
            mark = f"<munder>{mark}<mi>{escape(below)}</mi></munder>"
        return self.row(mark, self.within(formula.parts[0], PRODUCT))


LATEX, MATHML = Latex(), Mathml()
