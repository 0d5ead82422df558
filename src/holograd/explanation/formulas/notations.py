"""Formulas as text: the rules for brackets, plain text that one can type, and Unicode.

A `Notation` asks of each part how tightly it binds, and puts brackets where it binds less than its
place demands. What differs between notations are signs, and what needs no brackets: a fraction in
LaTeX is a whole, `a/b` in a line is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holograd.explanation.formulas.formula import Formula
from holograd.pictures.numbers import short

# How tightly a formula binds, from the loosest; brackets go around what is looser than its place.
(CHOICE, LOGIC, RELATION, SUM, NEGATIVE, TIMES, PRODUCT, BARE, FACTOR, POWER, ATOM) = range(11)
_BINDING = {
    "choice": CHOICE, "logic": LOGIC, "compare": RELATION, "sum": SUM, "over": SUM,
    "negative": NEGATIVE, "chain": TIMES, "entrywise": TIMES, "product": PRODUCT,
    "matmul": PRODUCT, "quotient": PRODUCT, "derivative": PRODUCT, "negation": BARE, "root": POWER,
    "power": POWER, "equation": RELATION,
}  # fmt: skip
# Functions: what Python calls them, Unicode, LaTeX, and whether `ln o` needs no brackets.
FUNCTIONS: dict[str, tuple[str, str, str, bool]] = {
    "σ": ("sigmoid", "σ", r"\sigma", False),
    "ln": ("log", "ln", r"\ln", True),
    "sgn": ("sign", "sgn", r"\operatorname{sgn}", True),
    "max": ("max", "max", r"\max", False),
    "min": ("min", "min", r"\min", False),
    **{one: (one, one, rf"\{one}", True) for one in "sin cos tan sinh cosh tanh".split()},
    **{f"arc{one}": (f"a{one}", f"arc{one}", rf"\arc{one}", True) for one in "sin cos tan".split()},
}
_TYPED_SIGNS = {"=": "==", "≠": "!=", "≤": "<=", "≥": ">=", "∧": "and", "∨": "or", "⊕": "xor"}
_TYPED_OVER = {"Σ": "sum", "Π": "prod", "∃": "any", "∀": "all"}
BARS = {"abs": "||", "floor": "⌊⌋", "ceil": "⌈⌉", "norm": "‖‖"}
_ABOVE = str.maketrans("0123456789-−+n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺ⁿ")
_BELOW = str.maketrans("0123456789ijkn", "₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙ")


def names_of(which: str) -> tuple[str, str, str, bool]:
    """How a function is written; one without an entry goes by its name everywhere."""
    latex = r"\operatorname{" + which.replace("_", r"\_") + "}"
    return FUNCTIONS.get(which) or (which, which, latex, False)


def constant(value: float) -> str:
    """A constant of a formula, in full where that takes at most six digits: 0.044715."""
    return short(value, 6) if float(f"{value:.6g}") == value else short(value)


def _starts_negative(formula: Formula) -> bool:
    """Whether a minus sign stands in front, also that of a number in place of a name."""
    while formula.head in ("product", "chain", "entrywise", "quotient"):
        formula = formula.parts[0]
    if formula.head == "negative":
        return True
    number: Any = formula.detail if formula.head == "given" else None
    return type(number) is float and short(number).startswith("−")


class Notation:
    """What all notations share: where brackets and minus signs stand."""

    typed = False
    minus, plus, comma = "−", " + ", ", "
    dot, ring = " · ", " ⊙ "

    def write(self, formula: Formula) -> str:
        """The formula in this notation."""
        return getattr(self, formula.head)(formula)

    def binding(self, formula: Formula) -> int:
        """How tightly the formula binds."""
        if formula.head == "function":
            return BARE if self._is_bare(formula) else ATOM
        return NEGATIVE if _starts_negative(formula) else _BINDING.get(formula.head, ATOM)

    def within(self, formula: Formula, least: int) -> str:
        """The formula at a place that demands a binding of `least`."""
        if least > BARE and self._is_bare(formula):
            return self.function(formula, closed=True)
        text = self.write(formula)
        return self.brackets(text) if self.binding(formula) < least else text

    def _is_bare(self, formula: Formula) -> bool:
        """Whether it is a function written without brackets, `ln o`."""
        if formula.head != "function" or not names_of(formula.detail)[3]:
            return False
        return self._goes_bare(formula.parts[0])

    def _goes_bare(self, argument: Formula) -> bool:
        whole = argument.head in ("name", "number", "indexed", "entry", "over", "enclosed")
        whole = whole or (argument.head == "given" and not _starts_negative(argument))
        return whole or (argument.head == "function" and not self._is_bare(argument))

    def _first_and_others(self, formula: Formula) -> tuple[str, list[tuple[bool, str]]]:
        """A sum's first term, and the others with whether they are taken away."""
        first, *others = formula.parts
        return self.within(first, NEGATIVE), [
            (True, self.within(term.parts[0], TIMES))
            if term.head == "negative"
            else (False, self.within(term, TIMES))
            for term in others
        ]

    def base(self, formula: Formula) -> str:
        """What an index stands at; a name that has one already, in brackets: (v₃)₂."""
        text = self.within(formula, ATOM)
        inside = formula.head == "name" and formula.detail.subscript and not self.typed
        return self.brackets(text) if inside else text

    # --- signs that each notation has its own way for ---

    def brackets(self, text: str) -> str:
        """Brackets around what is written."""
        return f"({text})"

    def joined(self, sign: str, texts: Sequence[str]) -> str:
        """What is written, with a sign between."""
        return sign.join(texts)

    def function(self, formula: Formula, closed: bool = False) -> str:
        """A function's name and arguments."""
        raise NotImplementedError

    # --- what is alike everywhere ---

    def sum(self, formula: Formula) -> str:
        """a + b − c."""
        first, others = self._first_and_others(formula)
        for minus, term in others:
            first = self.joined(f" {self.minus} " if minus else self.plus, [first, term])
        return first

    def negative(self, formula: Formula) -> str:
        """−a."""
        return self.minus + self.within(formula.parts[0], PRODUCT)

    def chain(self, formula: Formula) -> str:
        """Factors with dots between them."""
        return self.joined(self.dot, self.spaced(formula))

    def entrywise(self, formula: Formula) -> str:
        """Factors with rings between them."""
        return self.joined(self.ring, self.spaced(formula))

    def spaced(self, formula: Formula) -> list[str]:
        """The factors of a chain, each as it stands there."""
        first, *others = formula.parts
        texts = [self.within(one, PRODUCT) for one in others]
        front = self.write(first) if _starts_negative(first) else self.within(first, PRODUCT)
        return [front, *texts]

    def _factors(self, formula: Formula) -> list[str]:
        first, *others = formula.parts
        texts = [self.within(one, FACTOR) for one in formula.parts[:-1]]
        if _starts_negative(first):
            texts[0] = self.write(first)
        return [*texts, self.within(others[-1], BARE)]

    def dots(self, formula: Formula) -> str:
        """What is left out."""
        return "…"


class Lines(Notation):
    """Formulas in one line of characters.

    Args:
        typed: whether only what one can type is used, so that Python could read it.
    """

    def __init__(self, typed: bool):
        self.typed = typed
        self.minus = "-" if typed else "−"
        self.dot, self.ring = (" * ", " * ") if typed else (" · ", " ⊙ ")

    def number(self, formula: Formula) -> str:
        """A constant."""
        return self._digits(formula.detail) if self.typed else constant(formula.detail)

    def given(self, formula: Formula) -> str:
        """Numbers in place of a name."""
        detail = formula.detail
        return detail if isinstance(detail, str) else self._digits(detail)

    def _digits(self, value: float) -> str:
        return f"{value:.6g}" if self.typed else short(value)

    def matrix(self, formula: Formula) -> str:
        """The numbers of an array; one row stands for itself."""
        rows = ["[" + ", ".join(map(self._digits, row)) + "]" for row in formula.detail]
        return rows[0] if len(rows) == 1 else "[" + ", ".join(rows) + "]"

    def name(self, formula: Formula) -> str:
        """A symbol."""
        symbol = formula.detail
        return symbol.plain if self.typed else symbol.text

    def product(self, formula: Formula) -> str:
        """2z, h(1 − h), w·x, y ln o."""
        texts = self._factors(formula)
        if self.typed:
            return "*".join(texts)
        line = texts[0]
        for before, after, text in zip(
            formula.parts[:-1], formula.parts[1:], texts[1:], strict=True
        ):
            line += self._between(before, after, text) + text
        return line

    def _between(self, before: Formula, after: Formula, text: str) -> str:
        """What stands between two factors so that they are not read as one."""
        if text[0] in "0123456789−∞" or text.startswith("(−"):
            return " · "
        if after.head == "function" and len(names_of(after.detail)[1]) > 1:
            return " "
        if before.head in ("number", "given"):
            counts = before.head == "number" and before.detail not in (0, 1)
            return "" if counts or text[0] == "(" else "·"
        letter = before.head == "name" and len(before.detail.letter) == 1
        beside = letter or before.head == "power" or self.binding(before) < FACTOR
        return "" if text[0] == "(" and beside else "·"

    def matmul(self, formula: Formula) -> str:
        """A product of matrices."""
        texts = [self.within(one, FACTOR) for one in formula.parts]
        return (" @ " if self.typed else " ").join(texts)

    def transpose(self, formula: Formula) -> str:
        """The transpose of a matrix."""
        return self.within(formula.parts[0], ATOM) + (".T" if self.typed else "ᵀ")

    def quotient(self, formula: Formula) -> str:
        """a/b."""
        above, below = formula.parts
        upper = self.write(above) if _starts_negative(above) else self.within(above, PRODUCT)
        return upper + "/" + self.within(below, POWER)

    def derivative(self, formula: Formula) -> str:
        """∂a/∂b."""
        sign = "d" if self.typed else "∂"
        above, below = (self.within(part, ATOM) for part in formula.parts)
        return f"{sign}{above}/{sign}{below}"

    def power(self, formula: Formula) -> str:
        """x², aᵇ."""
        base, exponent = formula.parts
        below = self.within(base, ATOM)
        if self.typed:
            return f"{below}**{self.within(exponent, POWER)}"
        above = self.write(exponent)
        if above.lstrip("−").isdigit() or above == "n":
            return below + above.translate(_ABOVE)
        return f"{below}^{self.within(exponent, POWER)}"

    def root(self, formula: Formula) -> str:
        """√a."""
        if self.typed:
            return f"sqrt({self.write(formula.parts[0])})"
        return "√" + self.within(formula.parts[0], ATOM)

    def function(self, formula: Formula, closed: bool = False) -> str:
        """f(a, b), ln a."""
        typed, text, _, bare = names_of(formula.detail)
        arguments = ", ".join(map(self.write, formula.parts))
        if self.typed:
            return f"{typed}({arguments})"
        if bare and not closed and self._goes_bare(formula.parts[0]):
            return f"{text} {arguments}"
        return f"{text}({arguments})"

    def enclosed(self, formula: Formula) -> str:
        """|a|, ⌊a⌋."""
        inside = self.write(formula.parts[0])
        if self.typed:
            return f"{formula.detail}({inside})"
        left, right = BARS[formula.detail]
        return left + inside + right

    def compare(self, formula: Formula) -> str:
        """a = b."""
        sign = _TYPED_SIGNS.get(formula.detail, formula.detail) if self.typed else formula.detail
        return f" {sign} ".join(self.within(part, SUM) for part in formula.parts)

    def equation(self, formula: Formula) -> str:
        """a = b, as a statement."""
        return " = ".join(self.within(part, SUM) for part in formula.parts)

    def logic(self, formula: Formula) -> str:
        """a ∧ b."""
        sign = _TYPED_SIGNS[formula.detail] if self.typed else formula.detail
        return f" {sign} ".join(self.within(part, RELATION) for part in formula.parts)

    def negation(self, formula: Formula) -> str:
        """¬a."""
        return ("not " if self.typed else "¬") + self.within(formula.parts[0], ATOM)

    def indicator(self, formula: Formula) -> str:
        """[a > 0], which is 1 where it holds, else 0."""
        return f"[{self.write(formula.parts[0])}]"

    def choice(self, formula: Formula) -> str:
        """a where it holds, else b."""
        condition, yes, no = (self.within(part, LOGIC) for part in formula.parts)
        return f"{yes} if {condition} else {no}"

    def over(self, formula: Formula) -> str:
        """Σ a, max a."""
        sign, below = formula.detail
        body = formula.parts[0]
        if self.typed:
            index = "_" + below.replace(" ", "") if below else ""
            return f"{_TYPED_OVER.get(sign, sign)}{index}({self.write(body)})"
        index = (
            below.translate(_BELOW)
            if below.isalnum()
            else f"_{{{below.replace(' ', '')}}}"
            if below
            else ""
        )
        return f"{sign}{index} {self.within(body, PRODUCT)}"

    def indexed(self, formula: Formula) -> str:
        """One number of an array."""
        base = self.base(formula.parts[0])
        if self.typed or len(formula.detail) > 2:
            return f"{base}[{formula.detail}]"
        return base + formula.detail.translate(_BELOW)

    def entry(self, formula: Formula) -> str:
        """The number of an array that an index names."""
        base, index = formula.parts
        return f"{self.within(base, ATOM)}[{self.write(index)}]"


PLAIN, TEXT = Lines(typed=True), Lines(typed=False)
