"""Comparisons and logical connectives: truth values, number by number, without a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from holograd.ops.table import BOOL, binary_samples, elementwise, unary_samples

BOTH, FLOAT = ("any", "any"), ("float",)

_TEX = {"≠": r"\ne", "≤": r"\le", "≥": r"\ge", "∧": r"\land", "∨": r"\lor", "⊕": r"\oplus"}


def _truth(name: str, numpy: Any, symbol: str, operator: str, summary: str, **fields: Any) -> Any:
    """A comparison or a logical connective: truth values, without gradient."""
    kinds = fields.pop("kinds", BOTH)
    formula = fields.pop("formula", rf"a {_TEX.get(symbol, symbol)} b")
    samples = unary_samples() if len(kinds) == 1 else binary_samples()
    if kinds[0] == "bool":
        numbers, samples = samples, lambda generator: _as_truth(numbers(generator))
    return elementwise(
        name, numpy=numpy, symbol=symbol, operator=operator, summary=summary, gradient=None,
        dtype=BOOL, kinds=kinds, samples=samples, formula=formula, **fields,
    )  # fmt: skip


def _as_truth(samples: list) -> list:
    return [(tuple(array > 0 for array in inputs), named) for inputs, named in samples]


eq = _truth(
    "eq", np.equal, "=", "eq", "Whether two numbers are equal.",
    example="hg.eq(hg.tensor([1, 2, 3]), 2) → tensor([False,  True, False])",
)  # fmt: skip
ne = _truth(
    "ne", np.not_equal, "≠", "ne", "Whether two numbers differ.",
    example="hg.ne(hg.tensor([1, 2, 3]), 2) → tensor([ True, False,  True])",
)  # fmt: skip
lt = _truth(
    "lt", np.less, "<", "lt", "Whether a is less than b.",
    example="hg.lt(hg.tensor([1, 2, 3]), 2) → tensor([ True, False, False])",
)  # fmt: skip
le = _truth(
    "le", np.less_equal, "≤", "le", "Whether a is at most b.",
    example="hg.le(hg.tensor([1, 2, 3]), 2) → tensor([ True,  True, False])",
)  # fmt: skip
gt = _truth(
    "gt", np.greater, ">", "gt", "Whether a is greater than b.",
    example="hg.gt(hg.tensor([1, 2, 3]), 2) → tensor([False, False,  True])",
)  # fmt: skip
ge = _truth(
    "ge", np.greater_equal, "≥", "ge", "Whether a is at least b.",
    example="hg.ge(hg.tensor([1, 2, 3]), 2) → tensor([False,  True,  True])",
)  # fmt: skip
logical_and = _truth(
    "logical_and", np.logical_and, "∧", "and", "Whether both hold.", kinds=("bool", "bool"),
    example="hg.logical_and(hg.tensor([True, False]), True) → tensor([ True, False])",
)  # fmt: skip
logical_or = _truth(
    "logical_or", np.logical_or, "∨", "or", "Whether one of the two holds.", kinds=("bool", "bool"),
    example="hg.logical_or(hg.tensor([True, False]), True) → tensor([ True,  True])",
)  # fmt: skip
logical_xor = _truth(
    "logical_xor", np.logical_xor, "⊕", "xor", "Whether exactly one holds.", kinds=("bool", "bool"),
    example="hg.logical_xor(hg.tensor([True, False]), True) → tensor([False,  True])",
)  # fmt: skip
logical_not = _truth(
    "logical_not", np.logical_not, "¬", "invert", "Whether it does not hold.", kinds=("bool",),
    formula=r"\neg a",
    example="hg.logical_not(hg.tensor([True, False])) → tensor([False,  True])",
)  # fmt: skip
isnan = _truth(
    "isnan", np.isnan, "NaN?", "", "Whether it is not a number.", kinds=FLOAT, formula=r"a \ne a",
    example="hg.isnan(hg.tensor([1.0, float('nan')])) → tensor([False,  True])",
)  # fmt: skip
isinf = _truth(
    "isinf", np.isinf, "∞?", "", "Whether it is infinite.", kinds=FLOAT, formula=r"|a| = \infty",
    native=lambda m, a: m.eq(m.abs(a), m.constant(np.inf, a)),
    example="hg.tensor([1.0, float('inf')]).isinf() → tensor([False,  True])",
)  # fmt: skip
isfinite = _truth(
    "isfinite", np.isfinite, "finite?", "", "Whether it is neither infinite nor NaN.", kinds=FLOAT,
    formula=r"|a| < \infty",
    native=lambda m, a: m.lt(m.abs(a), m.constant(np.inf, a)),
    example="hg.isfinite(hg.tensor([1.0, float('inf')])) → tensor([ True, False])",
)  # fmt: skip
