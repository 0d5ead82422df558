"""The chain rule along the way from one value to another: in names, in symbols, in numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from holograd.explanation.formulas.building import (
    DOTS,
    added,
    chained,
    derivative,
    equation,
)
from holograd.explanation.formulas.chains import MOST_CHAINS, Chains, Link
from holograd.explanation.formulas.factors import numbers, partial, passed, slope
from holograd.explanation.formulas.formula import ONE, Formula, given
from holograd.explanation.formulas.markup import LATEX, MATHML
from holograd.explanation.formulas.rules import listed
from holograd.explanation.records import Value, View
from holograd.explanation.words.amounts import amount
from holograd.explanation.words.texts import say

MOST_FACTORS = 24  # of a chain that are all shown
MOST_IN_ROW = 10  # factors of a row in LaTeX
MOST_NUMBERS = 24  # of all arrays in a line
WIDEST = 100  # characters of a line; a longer sum has one line a chain
Factor = Callable[[Link], Formula | None]


def trace_paths(view: View, source: Value, target: Value) -> Path:
    """All chains of steps from `source` to `target`, and the derivative that they add up to.

    Args:
        view: the zoom level that both values are of.
        source: the value that the derivative is taken by.
        target: the value whose derivative it is; it may lie in the middle.

    Raises:
        ArgumentError: no gradient of `target` flows back to `source`.
    """
    return Path(Chains(view, source, target))


class Path:
    """The derivative of one value by another, by the chain rule.

    Attributes:
        source: the value that the derivative is taken by.
        target: the value whose derivative it is.
        count: how many chains of steps lead from one to the other.
        chains: at most 64 of them, each with its links from the target back to the source.
        array: the derivative: of the source's shape, as the engine stores it, where the target is
            one number.

    Example:
        >>> import holograd as hg
        >>> o, y = hg.tensor(0.5, requires_grad=True), hg.tensor(3.0)
        >>> print(hg.explain((o - y) * (o - y), names={"o": o, "y": y}).path("o"))
        ∂F/∂o = ∂F/∂v₁ · ∂v₁/∂o + ∂F/∂v₂ · ∂v₂/∂o
              = v₂ · 1 + v₁ · 1
              = −2.5 · 1 + (−2.5 · 1)
              = −5
    """

    def __init__(self, chains: Chains):
        self._chains = chains
        self.source, self.target, self.count = chains.source, chains.target, chains.count
        self.chains: tuple[tuple[Link, ...], ...] = tuple(chains.listed())
        self.array: np.ndarray = chains.derivative()

    # --- the lines ---

    @property
    def left(self) -> Formula:
        """∂L/∂w."""
        return derivative(self.target.symbol, self.source.symbol)

    @property
    def formula(self) -> Formula:
        """∂L/∂w = ∂L/∂o · ∂o/∂z · ∂z/∂w; the sum over chains where there are several."""
        if self.source is self.target:
            return equation(self.left, ONE)
        return equation(self.left, self._names)

    @cached_property
    def _names(self) -> Formula:
        if self.factored:
            return self._by_first_links(partial, self._partial_to) or DOTS
        return added(*[_in_row(chain, partial) or DOTS for chain in self.chains])

    @cached_property
    def symbolic(self) -> Formula | None:
        """The same with the local derivatives in symbols; None where that says no more."""
        found = self._summed(slope, self._partial_to)
        return None if found == self._names else found

    @cached_property
    def numbers(self) -> Formula | None:
        """The same with numbers; None where an array is too large to be written down."""
        return self._summed(numbers, self._number_to)

    def _summed(self, factor: Factor, rest: Factor) -> Formula | None:
        """The sum over chains of what `factor` says of their links; None where one says nothing."""
        if self.source is self.target:
            return None
        if self.factored:
            return self._by_first_links(factor, rest) if self.scalar else None
        write = _in_row if self.scalar else _of_arrays
        terms = [write(chain, factor) for chain in self.chains]
        known = [one for one in terms if one is not None]
        return added(*known) if len(known) == len(terms) else None

    def _by_first_links(self, factor: Factor, rest: Factor) -> Formula | None:
        """The sum over the links out of the source, each times the derivative by what it gives."""
        terms: list[Formula] = []
        for link in listed(self._chains.links[self.source.key]):
            if not isinstance(link, Link):
                terms.append(DOTS)
                continue
            parts = [factor(link)] if link.output is self.target else [rest(link), factor(link)]
            if any(one is None for one in parts):
                return None
            terms.append(chained(*parts))
        return added(*terms)

    def _partial_to(self, link: Link) -> Formula:
        return derivative(self.target.symbol, link.output.symbol)

    def _number_to(self, link: Link) -> Formula | None:
        """The derivative of the target by what a link gives, as a number."""
        return given(Chains(self._chains.view, link.output, self.target).derivative())

    @cached_property
    def result(self) -> Formula:
        """The derivative as a number, or an array as the lecture writes it; a large one by its
        range."""
        array = self.array
        if self.source.transposed and array.shape == self.source.array.shape:
            array = array.T
        return given(array) or given(amount(array)) or DOTS

    @property
    def lines(self) -> list[Formula]:
        """What the derivative is equal to, line by line: names, symbols, numbers, and the result.

        A line that says the same as the one before is left out.
        """
        lines = [self._names if self.source is not self.target else ONE]
        for line in (self.symbolic, self.numbers, self.result):
            if line is not None and line.text != lines[-1].text:
                lines.append(line)
        return lines

    @property
    def note(self) -> str:
        """How many chains there are, where they are not all written; empty where they are."""
        if not self.factored:
            return ""
        return say("chains_shown", "en", count=self.count)

    # --- how it is written ---

    @property
    def scalar(self) -> bool:
        """Whether every value on the way is one number."""
        values = [self.target, *(link.value for chain in self.chains for link in chain)]
        return all(value.array.size == 1 for value in values)

    @property
    def factored(self) -> bool:
        """Whether there are too many chains, so that the sum is taken over the first links."""
        return self.count > MOST_CHAINS

    @property
    def text(self) -> str:
        """In Unicode, for terminals."""
        return self._aligned(lambda formula: formula.text)

    @property
    def plain(self) -> str:
        """In characters that one can type."""
        return self._aligned(lambda formula: formula.plain)

    def _aligned(self, write: Callable[[Formula], str]) -> str:
        left = write(self.left)
        margin = " " * len(left)
        written: list[str] = []
        for line in self.lines:
            text = write(line)
            if len(left) + len(text) > WIDEST:
                first, *others = (_wrapped(write(one), f"{margin}   ") for one in _terms(line))
                text = first
                for other in others:
                    minus = other[0] in "-−"
                    text += (
                        f"\n{margin} {other[0]} {other[1:]}" if minus else f"\n{margin} + {other}"
                    )
            written.append(f"{margin if written else left} = {text}")
        return "\n".join([*written, *([f"({self.note})"] if self.note else [])])

    @property
    def latex(self) -> str:
        """In LaTeX: an aligned block, without the dollar signs."""
        rows = " \\\\\n".join(row for line in self.lines for row in _rows(line))
        return f"\\begin{{aligned}}\n{self.left.latex} {rows}\n\\end{{aligned}}"

    @property
    def mathml(self) -> str:
        """In presentation MathML: one `math` element with a row a line."""
        rows = []
        for number, line in enumerate(self.lines):
            left = MATHML.write(self.left) if not number else ""
            rows.append(
                f'<mtr><mtd style="text-align:right">{left}</mtd><mtd><mo>=</mo></mtd>'
                f'<mtd style="text-align:left">{MATHML.write(line)}</mtd></mtr>'
            )
        return f'<math display="block"><mtable>{"".join(rows)}</mtable></math>'

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Path({self.left.text} = {self.result.text}; {self.count:,} chains)"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex}$"


def _rows(line: Formula) -> list[str]:
    """A line in LaTeX; a long sum has a row a chain, and a long chain several rows."""
    if len(line.text) <= WIDEST:
        return [f"&= {line.latex}"]
    rows = []
    for place, term in enumerate(_terms(line)):
        texts = LATEX.spaced(term) if term.head == "chain" else [term.latex]
        for start in range(0, len(texts), MOST_IN_ROW):
            text = r" \cdot ".join(texts[start : start + MOST_IN_ROW])
            if start:
                rows.append(rf"&\quad \cdot {text}")
            elif place:
                rows.append(f"&- {text[1:]}" if text.startswith("-") else f"&+ {text}")
            else:
                rows.append(f"&= {text}")
    return rows


def _terms(line: Formula) -> tuple[Formula, ...]:
    return line.parts if line.head == "sum" else (line,)


def _wrapped(text: str, margin: str) -> str:
    """A long chain on several lines, each beginning with the dot before a factor."""
    sign = " · " if " · " in text else " * "
    lines: list[str] = []
    for factor in text.split(sign):
        if lines and len(margin) + len(lines[-1]) + len(factor) + 3 <= WIDEST:
            lines[-1] += sign + factor
        else:
            lines.append(factor)
    return f"\n{margin}{sign.lstrip()}".join(lines)


def _in_row(chain: Sequence[Link], factor: Factor) -> Formula | None:
    """The factors of a chain in a row; of a long one the first and the last."""
    factors = [factor(link) for link in chain]
    known = [one for one in factors if one is not None]
    if len(known) < len(factors):
        return None
    if len(known) > MOST_FACTORS:
        half = MOST_FACTORS // 2
        known = [*known[:half], DOTS, *known[-half:]]
    return chained(*known)


def _of_arrays(chain: Sequence[Link], factor: Factor) -> Formula | None:
    """What flows back through a chain of arrays, as products of matrices and number by number."""
    if len(chain) > MOST_FACTORS:
        return None
    flowing = ONE
    for link in chain:
        own = ONE if slope(link) == ONE else factor(link)
        if own is None:
            return None
        flowing = passed(flowing, link, own)
    return flowing if _numbers_in(flowing) <= MOST_NUMBERS else None


def _numbers_in(formula: Formula) -> int:
    own = sum(map(len, formula.detail)) if formula.head == "matrix" else 0
    return own + sum(map(_numbers_in, formula.parts))
