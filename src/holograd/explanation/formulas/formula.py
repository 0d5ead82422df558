"""Formulas as trees: made by operators, simplified a little for reading, evaluated, and written.

The simplifications are exact and few, those that a person makes without thinking: 1·x is x, a + a
is 2a, −(−a) is a. What is built is `h·(1 − h)`; `notations.py` and `markup.py` write it down in
plain text, in Unicode, in LaTeX and in MathML.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from holograd.explanation.symbols import Symbol

MOST_GIVEN = 12  # numbers of an array that a formula still shows one by one
_POWER_OF_TEN = re.compile(r"(−?)(?:([\d.]+)·)?10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)")
_DOWN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: what it is made of, and how.

    Formulas are made with Python's operators from `name(…)` and `number(…)`, and with the
    functions of this module and of `building.py`.

    Args:
        head: what it is: number, name, given, sum, product, quotient, power, function, and so on;
            `notations.Notation` has a method for each.
        parts: the formulas that it is made of.
        detail: a number's value, a name's symbol, a function's name, a comparison's sign.

    Example:
        >>> h = name("h")
        >>> slope = h * (1 - h)
        >>> slope.text, slope.plain, slope.latex
        ('h(1 − h)', 'h*(1 - h)', 'h (1 - h)')
        >>> slope.filled({Symbol("h"): 0.25}).text
        '0.25(1 − 0.25)'
        >>> slope.evaluate({Symbol("h"): 0.25})
        0.1875
    """

    head: str
    parts: tuple[Formula, ...] = ()
    detail: Any = None

    @property
    def plain(self) -> str:
        """In characters that one can type, as Python would read it."""
        from holograd.explanation.formulas.notations import PLAIN

        return PLAIN.write(self)

    @property
    def text(self) -> str:
        """In Unicode, for terminals and titles."""
        from holograd.explanation.formulas.notations import TEXT

        return TEXT.write(self)

    @property
    def latex(self) -> str:
        """In LaTeX, without the dollar signs."""
        from holograd.explanation.formulas.markup import LATEX

        return LATEX.write(self)

    @property
    def mathml(self) -> str:
        """In presentation MathML: one `math` element."""
        from holograd.explanation.formulas.markup import MATHML

        return f"<math>{MATHML.write(self)}</math>"

    def __str__(self) -> str:
        return self.text

    def _repr_latex_(self) -> str:
        return f"${self.latex}$"

    def __add__(self, other: Any) -> Formula:
        return total(self, other)

    def __radd__(self, other: Any) -> Formula:
        return total(other, self)

    def __sub__(self, other: Any) -> Formula:
        return total(self, negative(other))

    def __rsub__(self, other: Any) -> Formula:
        return total(other, negative(self))

    def __mul__(self, other: Any) -> Formula:
        return product(self, other)

    def __rmul__(self, other: Any) -> Formula:
        return product(other, self)

    def __truediv__(self, other: Any) -> Formula:
        return quotient(self, other)

    def __rtruediv__(self, other: Any) -> Formula:
        return quotient(other, self)

    def __pow__(self, other: Any) -> Formula:
        return power(self, other)

    def __neg__(self) -> Formula:
        return negative(self)

    def filled(self, values: Mapping[Symbol, Any]) -> Formula:
        """The same formula with numbers in place of names.

        Args:
            values: for each symbol a number, an array, or a text; an array of more than 12 numbers
                leaves the name.

        Example:
            >>> (name("x") + name("b")).filled({Symbol("x"): 5.0, Symbol("b"): -8.0}).text
            '5 + (−8)'
        """
        if self.head == "name":
            value = values.get(self.detail)
            return self if value is None else given(value) or self
        parts = tuple(part.filled(values) for part in self.parts)
        if self.head == "transpose" and parts[0].head in ("given", "matrix"):
            return _turned(parts[0])
        return Formula(self.head, parts, self.detail)

    def evaluate(self, values: Mapping[Symbol, Any]) -> Any:
        """Its value where each symbol stands for a number, or for an array of them.

        Raises:
            ArgumentError: it has a part that is no function of single numbers, or a symbol has no
                value.
        """
        from holograd.explanation.formulas.evaluation import evaluate

        return evaluate(self, values)


ZERO, ONE = Formula("number", (), 0.0), Formula("number", (), 1.0)


# --- leaves ---


def of(value: Any) -> Formula:
    """A formula of what is one, or a number, a symbol or a name."""
    if isinstance(value, Formula):
        return value
    if isinstance(value, (Symbol, str)):
        return name(value)
    return number(value)


def number(value: float) -> Formula:
    """A constant; known ones as people write them: 2/√π."""
    value = float(value)
    if value < 0:
        return Formula("negative", (number(-value),))
    known = {2 / math.sqrt(math.pi): quotient(2.0, root(name("π"))),
             math.sqrt(2 / math.pi): root(quotient(2.0, name("π"))),
             math.sqrt(0.5): quotient(1.0, root(2.0))} if value % 1 else {}  # fmt: skip
    return known.get(value) or Formula("number", (), value)


def name(symbol: Symbol | str) -> Formula:
    """A name; a symbol that is a constant's value becomes that number."""
    if isinstance(symbol, str):
        symbol = Symbol(symbol)
    if symbol.number:
        value = _value_of(symbol.letter)
        if value is not None:
            return number(value)
    return Formula("name", (), symbol)


def _value_of(text: str) -> float | None:
    """The number that `pictures.numbers.short` wrote."""
    found = _POWER_OF_TEN.fullmatch(text)
    if found:
        sign, mantissa, exponent = found.groups()
        text = f"{sign}{mantissa or 1}e{exponent}"
    text = text.replace("∞", "inf")
    try:
        return float(text.translate(_DOWN))
    except ValueError:
        return None


def given(value: Any) -> Formula | None:
    """Numbers that were put in place of a name; None where they are too many to be shown."""
    if isinstance(value, str):
        return Formula("given", (), value)
    array = np.asarray(value)
    if array.size > MOST_GIVEN or (array.ndim > 2 and array.size > 1):
        return None
    if array.size == 1:
        return Formula("given", (), float(array.reshape(-1)[0]))
    rows = np.atleast_2d(array).astype(np.float64).tolist()
    return Formula("matrix", (), tuple(tuple(row) for row in rows))


def _turned(numbers: Formula) -> Formula:
    """The transpose of numbers that were put in place of a name."""
    rows: Any = numbers.detail
    return (
        numbers
        if numbers.head == "given"
        else Formula("matrix", (), tuple(zip(*rows, strict=True)))
    )


# --- arithmetic ---


def total(*terms: Any) -> Formula:
    """A sum: 0 is left out, numbers are added up where there are several, a + a is 2a."""
    flat: list[Formula] = []
    for term in map(of, terms):
        flat.extend(term.parts if term.head == "sum" else (term,))
    numbers = [value for value in map(_constant, flat) if value is not None]
    if len(numbers) > 1:
        flat = [number(sum(numbers)), *(one for one in flat if _constant(one) is None)]
    counted: dict[Formula, int] = {}
    for term in flat:
        if _constant(term) != 0:
            counted[term] = counted.get(term, 0) + 1
    terms_left = [one if count == 1 else product(count, one) for one, count in counted.items()]
    if not terms_left:
        return ZERO
    return terms_left[0] if len(terms_left) == 1 else Formula("sum", tuple(terms_left))


def negative(value: Any) -> Formula:
    """−a; −(−a) is a, and −0 is 0."""
    formula = of(value)
    if formula.head == "negative":
        return formula.parts[0]
    return formula if formula == ZERO else Formula("negative", (formula,))


def product(*factors: Any) -> Formula:
    """A product: 1 is left out, signs and numbers go to the front, a·a is a², a·(1/b) is a/b."""
    flat: list[Formula] = []
    minus, coefficient = False, 1.0
    waiting = [of(one) for one in reversed(factors)]
    while waiting:
        factor = waiting.pop()
        if factor.head == "negative":
            minus = not minus
            waiting.append(factor.parts[0])
        elif factor.head == "product":
            waiting.extend(reversed(factor.parts))
        elif factor.head == "number":
            coefficient *= factor.detail
        else:
            flat.append(factor)
    below = [one.parts[1] for one in flat if one.head == "quotient" and one.parts[0] == ONE]
    flat = [one for one in flat if not (one.head == "quotient" and one.parts[0] == ONE)]
    powers: dict[Formula, int] = {}
    for factor in flat:
        base, exponent = _base(factor)
        powers[base] = powers.get(base, 0) + exponent
    parts = [power(base, exponent) for base, exponent in powers.items()]
    if coefficient == 0:
        return ZERO
    if coefficient != 1 or not parts:
        parts.insert(0, number(coefficient))
    result = parts[0] if len(parts) == 1 else Formula("product", tuple(parts))
    if below:
        result = quotient(result, product(*below))
    return negative(result) if minus else result


def quotient(a: Any, b: Any) -> Formula:
    """a/b; a/1 is a, 0/b is 0, and the sign stands in front."""
    a, b = of(a), of(b)
    if b == ONE or a == ZERO:
        return a
    minus = (a.head == "negative") != (b.head == "negative")
    a, b = (one.parts[0] if one.head == "negative" else one for one in (a, b))
    if a.head == "quotient":
        a, b = a.parts[0], product(a.parts[1], b)
    result = a if b == ONE else Formula("quotient", (a, b))
    return negative(result) if minus else result


def power(base: Any, exponent: Any) -> Formula:
    """a to the power b; a¹ is a, and a⁰ is 1."""
    base, exponent = of(base), of(exponent)
    if exponent == ONE:
        return base
    return ONE if exponent == ZERO else Formula("power", (base, exponent))


def root(value: Any) -> Formula:
    """The square root."""
    return Formula("root", (of(value),))


def _constant(formula: Formula) -> float | None:
    if formula.head == "negative":
        inner = _constant(formula.parts[0])
        return None if inner is None else -inner
    return formula.detail if formula.head == "number" else None


def _base(factor: Formula) -> tuple[Formula, int]:
    """A factor as a base and a whole exponent."""
    if factor.head == "power":
        exponent = _constant(factor.parts[1])
        if exponent is not None and exponent.is_integer():
            return factor.parts[0], int(exponent)
    return factor, 1
