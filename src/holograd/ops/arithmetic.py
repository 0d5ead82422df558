"""Arithmetic, number by number with broadcasting: sums, products, quotients, and rounding.

Python's operators call the records themselves; the functions `add`, `sub`, `div` and `round` also
take what PyTorch's take besides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from holograd.errors import ArgumentError
from holograd.ops.elementwise import cast, where
from holograd.ops.special import floor_divide_array, integral, remainder_array
from holograd.ops.table import (
    binary_samples,
    check_floating,
    composite,
    elementwise,
    public,
    shape_of,
    unary_samples,
    whole_number,
)

NUMBER, NUMBERS, BOTH = ("number",), ("number", "number"), ("any", "any")

_add = elementwise(
    "add", operator="add", symbol="+", formula="a + b", summary="The sum of two numbers.",
    numpy=np.add, kinds=BOTH, samples=binary_samples(),
    gradient=(lambda g, y, a, b: g, lambda g, y, a, b: g),
    example="hg.tensor([1, 2]) + 3 → tensor([4, 5])",
)  # fmt: skip
_sub = elementwise(
    "sub", operator="sub", symbol="−", formula="a - b", summary="The difference of two numbers.",
    numpy=np.subtract, kinds=NUMBERS, samples=binary_samples(),
    gradient=(lambda g, y, a, b: g, lambda g, y, a, b: -g),
    example="hg.tensor([1, 2]) - 3 → tensor([-2, -1])",
)  # fmt: skip
mul = elementwise(
    "mul", operator="mul", symbol="×", formula="a b", summary="The product of two numbers.",
    numpy=np.multiply, kinds=BOTH, samples=binary_samples(),
    gradient=(lambda g, y, a, b: g * b, lambda g, y, a, b: g * a),
    example="hg.mul(hg.tensor([1, 2]), 3) → tensor([3, 6])",
)  # fmt: skip
_div = elementwise(
    "div", operator="truediv", symbol="÷", formula="a / b", summary="The quotient of two numbers.",
    numpy=np.divide, kinds=("float", "float"), samples=binary_samples(low_b=0.5, high_b=2.0),
    gradient=(lambda g, y, a, b: g / b, lambda g, y, a, b: -(g * y) / b),
    example="hg.tensor([1, 2]) / 2 → tensor([0.5, 1. ])",
)  # fmt: skip
floor_divide = elementwise(
    "floor_divide", operator="floordiv", symbol="⌊÷⌋", formula=r"\lfloor a / b \rfloor",
    summary="The quotient, rounded down.", numpy=floor_divide_array, kinds=NUMBERS,
    samples=binary_samples(low_b=0.5, high_b=2.0), gradient=None,
    example="hg.floor_divide(hg.tensor([-7, 7]), 2) → tensor([-4,  3])",
)  # fmt: skip
remainder = elementwise(
    "remainder", operator="mod", symbol="mod", formula=r"a - b \lfloor a / b \rfloor",
    summary="What is left of a after whole multiples of b; it has the sign of b.",
    numpy=remainder_array, kinds=NUMBERS, samples=binary_samples(0.1, 0.4, 0.5, 2.0),
    gradient=(lambda g, y, a, b: g, lambda g, y, a, b: -(g * floor_divide(a, b))),
    example="hg.remainder(hg.tensor([-7, 7]), 3) → tensor([2, 1])",
)  # fmt: skip
neg = elementwise(
    "neg", operator="neg", symbol="×(−1)", formula="-a", summary="The number with its sign turned.",
    numpy=np.negative, kinds=NUMBER, samples=unary_samples(), gradient=(lambda g, y, a: -g,),
    example="hg.neg(hg.tensor([1, -2])) → tensor([-1,  2])",
)  # fmt: skip
floor = elementwise(
    "floor", symbol="⌊x⌋", formula=r"\lfloor a \rfloor", summary="The next integer below or equal.",
    numpy=integral(np.floor), kinds=NUMBER, samples=unary_samples(0.1, 0.9),
    gradient=(lambda g, y, a: None,),
    example="hg.floor(hg.tensor([-0.5, 1.5])) → tensor([-1.,  1.])",
)  # fmt: skip
ceil = elementwise(
    "ceil", symbol="⌈x⌉", formula=r"\lceil a \rceil", summary="The next integer above or equal.",
    numpy=integral(np.ceil), kinds=NUMBER, samples=unary_samples(0.1, 0.9),
    gradient=(lambda g, y, a: None,),
    example="hg.ceil(hg.tensor([-1.5, 1.5])) → tensor([-1.,  2.])",
)  # fmt: skip
_round = elementwise(
    "round", symbol="round", formula=r"\operatorname{round} a",
    summary="The nearest integer; halves go to the even one.",
    numpy=integral(np.rint), kinds=NUMBER, samples=unary_samples(0.6, 1.4),
    gradient=(lambda g, y, a: None,),
    example="hg.round(hg.tensor([0.5, 1.5, 2.5])) → tensor([0., 2., 2.])",
)  # fmt: skip


@public
def add(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """input + alpha · other.

    Example:
        >>> import holograd as hg
        >>> hg.add(hg.tensor([1, 2]), hg.tensor([3, 4]), alpha=10)
        tensor([31, 42])
    """
    return _add(input, other if alpha == 1 else mul(other, alpha))


@public
def sub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """input − alpha · other.

    Example:
        >>> import holograd as hg
        >>> hg.sub(hg.tensor([1, 2]), 3)
        tensor([-2, -1])
    """
    return _sub(input, other if alpha == 1 else mul(other, alpha))


@public
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """input / other; integers give floats, unless the quotient is rounded.

    Args:
        input, other: numbers of shapes that broadcast together.
        rounding_mode: None for the quotient itself, "floor" to round it down, "trunc" to cut off
            its fraction, as C does.

    Raises:
        ArgumentError: there is no such rounding mode, or integers are divided by 0 and rounded.

    Example:
        >>> import holograd as hg
        >>> hg.div(hg.tensor([-7, 7]), 2)
        tensor([-3.5,  3.5])
        >>> hg.div(hg.tensor([-7, 7]), 2, rounding_mode="trunc")
        tensor([-3,  3])
    """
    if rounding_mode is None:
        return _div(input, other)
    if rounding_mode not in ("floor", "trunc"):
        raise ArgumentError(
            f"div got rounding_mode={rounding_mode!r}",
            instead='Write "floor", "trunc", or None for the quotient itself.',
        )
    lower = floor_divide(input, other)
    if rounding_mode == "floor":
        return lower
    if lower.dtype.kind == "f":
        quotient = _div(input, other)
        return where(quotient < 0, ceil(quotient), floor(quotient))
    cut_off = (lower < 0) & (remainder(input, other) != 0)
    return lower + cast(cut_off, lower.dtype)


@public
def round(input: Any, *, decimals: int = 0) -> Any:
    """The nearest integer, or the nearest number of so many decimals; halves go to the even one.

    Args:
        input: numbers of any shape; floats where `decimals` is not 0.
        decimals: places behind the point; −1 rounds to tens.

    Example:
        >>> import holograd as hg
        >>> hg.round(hg.tensor([0.5, 1.5, 2.5]))
        tensor([0., 2., 2.])
        >>> hg.round(hg.tensor(3.14159), decimals=2)
        tensor(3.14)
    """
    decimals = whole_number(decimals, "round")
    if not decimals:
        return _round(input)
    if hasattr(input, "dtype"):
        check_floating("round with decimals", input.dtype)
    scale = 10.0 ** abs(decimals)
    if decimals < 0:
        return mul(_round(_div(input, scale)), scale)
    return _div(_round(mul(input, scale)), scale)


@public
@composite
def lerp(input: Any, end: Any, weight: Any) -> Any:
    """input + weight · (end − input): the point at share `weight` of the way to `end`.

    Example:
        >>> import holograd as hg
        >>> hg.lerp(hg.tensor(0.0), hg.tensor(10.0), 0.25)
        tensor(2.5)
    """
    shape_of(input, "lerp")
    return input + weight * (end - input)
