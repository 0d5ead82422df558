"""Operations that work number by number, with broadcasting: each one record.

Gradient rules are written as `g * …` for the incoming gradient `g`, the output `y` and the inputs;
the sum over broadcast dimensions is taken by `gradient.py`, once for all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from holograd.errors import ArgumentError
from holograd.graph import apply
from holograd.ops.special import (
    erf_array,
    floor_divide_array,
    integral,
    pow_array,
    remainder_array,
    sigmoid_array,
    sign_array,
)
from holograd.ops.table import (
    BOOL,
    FLOAT32,
    FLOAT64,
    INT32,
    INT64,
    Methods,
    binary_samples,
    composite,
    elementwise,
    operation,
    public,
    sample_shapes,
    unary_samples,
)

FLOAT, NUMBER, ONE = ("float",), ("number",), ("any",)
NUMBERS, BOTH = ("number", "number"), ("any", "any")
TWO_OVER_ROOT_PI = 1.1283791670955126


def _ternary_samples(generator: np.random.Generator) -> list:
    draw = lambda *shape: generator.uniform(-2, 2, shape)  # noqa: E731
    return [
        ((draw(2, 3) > 0, draw(2, 3), draw(3)), {}),
        ((draw(2, 1) > 0, draw(1, 3), draw()), {}),
        ((draw(0) > 0, draw(0), draw(1)), {}),
    ]


# --- arithmetic ---

add = elementwise(
    "add", operator="add", symbol="+", formula="a + b", summary="The sum of two numbers.",
    numpy=np.add, kinds=BOTH, samples=binary_samples(),
    gradient=(lambda g, y, a, b: g, lambda g, y, a, b: g),
)  # fmt: skip
sub = elementwise(
    "sub", operator="sub", symbol="−", formula="a - b", summary="The difference of two numbers.",
    numpy=np.subtract, kinds=NUMBERS, samples=binary_samples(),
    gradient=(lambda g, y, a, b: g, lambda g, y, a, b: -g),
)  # fmt: skip
mul = elementwise(
    "mul", operator="mul", symbol="×", formula="a b", summary="The product of two numbers.",
    numpy=np.multiply, kinds=BOTH, samples=binary_samples(),
    gradient=(lambda g, y, a, b: g * b, lambda g, y, a, b: g * a),
)  # fmt: skip
div = elementwise(
    "div", operator="truediv", symbol="÷", formula="a / b", summary="The quotient of two numbers.",
    numpy=np.divide, kinds=("float", "float"), samples=binary_samples(low_b=0.5, high_b=2.0),
    gradient=(lambda g, y, a, b: g / b, lambda g, y, a, b: -(g * y) / b),
)  # fmt: skip
floor_divide = elementwise(
    "floor_divide", operator="floordiv", symbol="⌊÷⌋", formula=r"\lfloor a / b \rfloor",
    summary="The quotient, rounded down.", numpy=floor_divide_array, kinds=NUMBERS,
    samples=binary_samples(low_b=0.5, high_b=2.0), gradient=None,
)  # fmt: skip
remainder = elementwise(
    "remainder", operator="mod", symbol="mod", formula=r"a - b \lfloor a / b \rfloor",
    summary="What is left of a after whole multiples of b; it has the sign of b.",
    numpy=remainder_array, kinds=NUMBERS, samples=binary_samples(0.1, 0.4, 0.5, 2.0),
    gradient=(lambda g, y, a, b: g, lambda g, y, a, b: -(g * floor_divide(a, b))),
)  # fmt: skip
neg = elementwise(
    "neg", operator="neg", symbol="×(−1)", formula="-a", summary="The number with its sign turned.",
    numpy=np.negative, kinds=NUMBER, samples=unary_samples(), gradient=(lambda g, y, a: -g,),
)  # fmt: skip
reciprocal = elementwise(
    "reciprocal", symbol="1/x", formula="1 / a", summary="One divided by the number.",
    numpy=lambda a: np.divide(a.dtype.type(1), a), kinds=FLOAT, samples=unary_samples(0.5, 2.0),
    gradient=(lambda g, y, a: -(g * (y * y)),),
)  # fmt: skip
square = elementwise(
    "square", symbol="x²", formula="a^2", summary="The number times itself.",
    numpy=np.square, kinds=NUMBER, samples=unary_samples(),
    gradient=(lambda g, y, a: g * (a + a),),
)  # fmt: skip
_POW = operation(
    "pow", symbol="xʸ", formula="a^b", summary="a raised to the power b.",
    numpy=pow_array, kinds=NUMBERS, samples=binary_samples(0.5, 2.0, -2.0, 2.0),
    gradient=(
        lambda g, y, a, b: g * where(b == 0, 0.0, b * pow(a, b - 1)),
        lambda g, y, a, b: g * where((a == 0) & (b >= 0), 0.0, y * log(a)),
    ),
)  # fmt: skip


def pow(input: Any, exponent: Any) -> Any:
    """Each number raised to a power, with broadcasting; 0⁰ is 1, and so is NaN⁰."""
    return apply(_POW, (input, exponent))


public(pow, operator="pow")
abs = elementwise(
    "abs", operator="abs", symbol="|x|", formula="|a|", summary="The number without its sign.",
    numpy=np.abs, kinds=NUMBER, samples=unary_samples(0.1, 2.0),
    gradient=(lambda g, y, a: g * sign(a),),
)  # fmt: skip
sign = elementwise(
    "sign", symbol="sgn", formula=r"\operatorname{sgn} a",
    summary="−1, 0 or 1 by the number's sign; 0 for NaN.",
    numpy=sign_array, kinds=NUMBER, samples=unary_samples(0.1, 2.0),
    gradient=(lambda g, y, a: None,),
)  # fmt: skip
floor = elementwise(
    "floor", symbol="⌊x⌋", formula=r"\lfloor a \rfloor", summary="The next integer below or equal.",
    numpy=integral(np.floor), kinds=NUMBER, samples=unary_samples(0.1, 0.9),
    gradient=(lambda g, y, a: None,),
)  # fmt: skip
ceil = elementwise(
    "ceil", symbol="⌈x⌉", formula=r"\lceil a \rceil", summary="The next integer above or equal.",
    numpy=integral(np.ceil), kinds=NUMBER, samples=unary_samples(0.1, 0.9),
    gradient=(lambda g, y, a: None,),
)  # fmt: skip
round = elementwise(
    "round", symbol="round", formula=r"\operatorname{round} a",
    summary="The nearest integer; halves go to the even one.",
    numpy=integral(np.rint), kinds=NUMBER, samples=unary_samples(0.6, 1.4),
    gradient=(lambda g, y, a: None,),
)  # fmt: skip

# --- powers, exponentials, logarithms ---

exp = elementwise(
    "exp", formula="e^{a}", summary="e raised to the number.",
    numpy=np.exp, kinds=FLOAT, samples=unary_samples(), gradient=(lambda g, y, a: g * y,),
)  # fmt: skip
log = elementwise(
    "log", formula=r"\ln a", summary="The natural logarithm.",
    numpy=np.log, kinds=FLOAT, samples=unary_samples(0.2, 3.0), gradient=(lambda g, y, a: g / a,),
)  # fmt: skip
log1p = elementwise(
    "log1p", formula=r"\ln (1 + a)", summary="The logarithm of 1 + a, exact for small a.",
    numpy=np.log1p, kinds=FLOAT, samples=unary_samples(-0.5, 2.0),
    gradient=(lambda g, y, a: g / (1 + a),), definition=lambda a: log(1 + a),
)  # fmt: skip
expm1 = elementwise(
    "expm1", formula="e^{a} - 1", summary="e raised to the number, less 1, exact for small a.",
    numpy=np.expm1, kinds=FLOAT, samples=unary_samples(), gradient=(lambda g, y, a: g * (y + 1),),
    definition=lambda a: exp(a) - 1,
)  # fmt: skip
sqrt = elementwise(
    "sqrt", symbol="√x", formula=r"\sqrt{a}", summary="The square root.",
    numpy=np.sqrt, kinds=FLOAT, samples=unary_samples(0.2, 3.0),
    gradient=(lambda g, y, a: g / (y + y),),
)  # fmt: skip
rsqrt = elementwise(
    "rsqrt", symbol="1/√x", formula=r"1 / \sqrt{a}", summary="One divided by the square root.",
    numpy=lambda a: np.divide(a.dtype.type(1), np.sqrt(a)), kinds=FLOAT,
    samples=unary_samples(0.2, 3.0), gradient=(lambda g, y, a: -0.5 * (g * (y * y * y)),),
    definition=lambda a: reciprocal(sqrt(a)),
)  # fmt: skip
sin = elementwise(
    "sin", formula=r"\sin a", summary="The sine, of an angle in radians.",
    numpy=np.sin, kinds=FLOAT, samples=unary_samples(), gradient=(lambda g, y, a: g * cos(a),),
)  # fmt: skip
cos = elementwise(
    "cos", formula=r"\cos a", summary="The cosine, of an angle in radians.",
    numpy=np.cos, kinds=FLOAT, samples=unary_samples(), gradient=(lambda g, y, a: -(g * sin(a)),),
)  # fmt: skip
tan = elementwise(
    "tan", formula=r"\tan a", summary="The tangent, of an angle in radians.",
    numpy=np.tan, kinds=FLOAT, samples=unary_samples(-1.2, 1.2),
    gradient=(lambda g, y, a: g * (1 + y * y),),
)  # fmt: skip
asin = elementwise(
    "asin", formula=r"\arcsin a", summary="The angle whose sine is the number.",
    numpy=np.arcsin, kinds=FLOAT, samples=unary_samples(-0.8, 0.8),
    gradient=(lambda g, y, a: g * rsqrt(1 - a * a),),
)  # fmt: skip
acos = elementwise(
    "acos", formula=r"\arccos a", summary="The angle whose cosine is the number.",
    numpy=np.arccos, kinds=FLOAT, samples=unary_samples(-0.8, 0.8),
    gradient=(lambda g, y, a: -(g * rsqrt(1 - a * a)),),
)  # fmt: skip
atan = elementwise(
    "atan", formula=r"\arctan a", summary="The angle whose tangent is the number.",
    numpy=np.arctan, kinds=FLOAT, samples=unary_samples(),
    gradient=(lambda g, y, a: g / (1 + a * a),),
)  # fmt: skip
sinh = elementwise(
    "sinh", formula=r"\sinh a", summary="The hyperbolic sine.",
    numpy=np.sinh, kinds=FLOAT, samples=unary_samples(), gradient=(lambda g, y, a: g * cosh(a),),
)  # fmt: skip
cosh = elementwise(
    "cosh", formula=r"\cosh a", summary="The hyperbolic cosine.",
    numpy=np.cosh, kinds=FLOAT, samples=unary_samples(), gradient=(lambda g, y, a: g * sinh(a),),
)  # fmt: skip
tanh = elementwise(
    "tanh", formula=r"\tanh a", summary="The hyperbolic tangent, between −1 and 1.",
    numpy=np.tanh, kinds=FLOAT, samples=unary_samples(),
    gradient=(lambda g, y, a: g * (1 - y * y),),
    definition=lambda a: (exp(a) - exp(-a)) / (exp(a) + exp(-a)),
)  # fmt: skip

# --- activations and special functions ---

sigmoid = elementwise(
    "sigmoid", symbol="σ", formula=r"\frac{1}{1 + e^{-a}}",
    summary="The logistic function, between 0 and 1.",
    numpy=sigmoid_array, kinds=FLOAT, samples=unary_samples(),
    gradient=(lambda g, y, a: g * (y * (1 - y)),), definition=lambda a: reciprocal(exp(-a) + 1),
)  # fmt: skip
relu = elementwise(
    "relu", symbol="ReLU", formula=r"\max(0, a)", summary="The number where positive, else 0.",
    numpy=lambda a: np.maximum(a, a.dtype.type(0)), kinds=NUMBER, samples=unary_samples(0.1, 2.0),
    gradient=(lambda g, y, a: where(a <= 0, 0.0, g),),
    definition=lambda a: where(a <= 0, 0.0, a),
)  # fmt: skip
log_sigmoid = elementwise(
    "log_sigmoid", symbol="ln σ", formula=r"-\ln(1 + e^{-a})",
    summary="The logarithm of the logistic function, which never overflows.",
    numpy=lambda a: -np.logaddexp(a.dtype.type(0), -a), kinds=FLOAT, samples=unary_samples(),
    gradient=(lambda g, y, a: g * sigmoid(-a),), definition=lambda a: log(reciprocal(exp(-a) + 1)),
)  # fmt: skip
erf = elementwise(
    "erf", formula=r"\frac{2}{\sqrt\pi}\int_0^a e^{-t^2}\,dt", summary="The error function.",
    numpy=erf_array, kinds=FLOAT, samples=unary_samples(),
    gradient=(lambda g, y, a: g * (TWO_OVER_ROOT_PI * exp(-(a * a))),),
)  # fmt: skip

# --- the greater, the lesser, choices ---

maximum = elementwise(
    "maximum", symbol="max", formula=r"\max(a, b)", summary="The greater of two numbers.",
    numpy=np.maximum, kinds=BOTH, samples=binary_samples(),
    gradient=(
        lambda g, y, a, b: where(a == b, 0.5 * g, where(a < b, 0.0, g)),
        lambda g, y, a, b: where(a == b, 0.5 * g, where(b < a, 0.0, g)),
    ),
)  # fmt: skip
minimum = elementwise(
    "minimum", symbol="min", formula=r"\min(a, b)", summary="The lesser of two numbers.",
    numpy=np.minimum, kinds=BOTH, samples=binary_samples(),
    gradient=(
        lambda g, y, a, b: where(a == b, 0.5 * g, where(a > b, 0.0, g)),
        lambda g, y, a, b: where(a == b, 0.5 * g, where(b > a, 0.0, g)),
    ),
)  # fmt: skip
where = elementwise(
    "where", symbol="?", formula=r"a \;?\; b : c", summary="b where a holds, else c.",
    numpy=np.where, kinds=("bool", "any", "any"), samples=_ternary_samples,
    gradient=(
        lambda g, y, a, b, c: None,
        lambda g, y, a, b, c: where(a, g, 0.0),
        lambda g, y, a, b, c: where(a, 0.0, g),
    ),
)  # fmt: skip


def _where_method(self: Any, condition: Any, other: Any) -> Any:
    """The numbers where the condition holds, elsewhere those of `other`."""
    return where(condition, self, other)


setattr(Methods, "where", _where_method)  # noqa: B010 (pyright knows methods by the table alone)


def _truth(name: str, numpy: Any, symbol: str, operator: str, summary: str, **fields: Any) -> Any:
    """A comparison or a logical connective: truth values, without gradient."""
    kinds = fields.pop("kinds", BOTH)
    formula = fields.pop("formula", rf"a \,{symbol}\, b")
    samples = unary_samples() if len(kinds) == 1 else binary_samples()
    if kinds[0] == "bool":
        numbers, samples = samples, lambda generator: _as_truth(numbers(generator))
    return elementwise(
        name, numpy=numpy, symbol=symbol, operator=operator, summary=summary, gradient=None,
        dtype=BOOL, kinds=kinds, samples=samples, formula=formula,
    )  # fmt: skip


def _as_truth(samples: list) -> list:
    return [(tuple(array > 0 for array in inputs), named) for inputs, named in samples]


eq = _truth("eq", np.equal, "=", "eq", "Whether two numbers are equal.")
ne = _truth("ne", np.not_equal, "≠", "ne", "Whether two numbers differ.")
lt = _truth("lt", np.less, "<", "lt", "Whether a is less than b.")
le = _truth("le", np.less_equal, "≤", "le", "Whether a is at most b.")
gt = _truth("gt", np.greater, ">", "gt", "Whether a is greater than b.")
ge = _truth("ge", np.greater_equal, "≥", "ge", "Whether a is at least b.")
logical_and = _truth(
    "logical_and", np.logical_and, "∧", "and", "Whether both hold.", kinds=("bool", "bool")
)
logical_or = _truth(
    "logical_or", np.logical_or, "∨", "or", "Whether one of the two holds.", kinds=("bool", "bool")
)
logical_xor = _truth(
    "logical_xor", np.logical_xor, "⊕", "xor", "Whether exactly one holds.", kinds=("bool", "bool")
)
logical_not = _truth(
    "logical_not", np.logical_not, "¬", "invert", "Whether it does not hold.", kinds=("bool",),
    formula=r"\neg a",
)  # fmt: skip
isnan = _truth(
    "isnan", np.isnan, "NaN?", "", "Whether it is not a number.", kinds=FLOAT, formula=r"a \ne a"
)
isinf = _truth(
    "isinf", np.isinf, "∞?", "", "Whether it is infinite.", kinds=FLOAT, formula=r"|a| = \infty"
)
isfinite = _truth(
    "isfinite", np.isfinite, "finite?", "", "Whether it is neither infinite nor NaN.", kinds=FLOAT,
    formula=r"|a| < \infty",
)  # fmt: skip

_CAST = operation(
    "cast", symbol="as", formula="a", summary="The same number as another kind of float.",
    numpy=lambda a, dtype: a.astype(dtype), dtype=lambda a, dtype: dtype, kinds=ONE,
    gradient=(lambda g, y, a, dtype: cast(g, a.dtype) if a.dtype.kind == "f" else None,),
    samples=sample_shapes(
        ((2, 3), {"dtype": FLOAT32}), ((2, 1), {"dtype": FLOAT64}), ((0,), {"dtype": FLOAT32}),
    ),
)  # fmt: skip
_TRUNCATE = operation(
    "truncate", symbol="as", formula=r"\operatorname{trunc} a", gradient=None, kinds=ONE,
    summary="The number as an integer, its fraction cut off, or as whether it is not 0.",
    numpy=lambda a, dtype: a.astype(dtype), dtype=lambda a, dtype: dtype,
    samples=sample_shapes(
        ((2, 3), {"dtype": INT64}), ((2, 1), {"dtype": BOOL}), ((0,), {"dtype": INT32}),
    ),
)  # fmt: skip


def cast(input: Any, dtype: Any) -> Any:
    """The same numbers as another kind of number; itself where it is of that kind already."""
    dtype = np.dtype(dtype)
    if input.dtype == dtype:
        return input
    return apply(_CAST if dtype.kind == "f" else _TRUNCATE, (input,), {"dtype": dtype})


_IDENTITY = operation(
    "identity", symbol="=", formula="a", summary="The number itself, as a new node.",
    numpy=lambda a: a, kinds=ONE, samples=unary_samples(), gradient=(lambda g, y, a: g,),
)  # fmt: skip


def identity(input: Any) -> Any:
    """The same values as a new node of the graph."""
    return apply(_IDENTITY, (input,))


# --- composites ---


@public
@composite
def softplus(input: Any, beta: float = 1.0) -> Any:
    """ln(1 + e^(βx)) / β, a smooth ReLU that never overflows."""
    return -log_sigmoid(-input) if beta == 1.0 else -log_sigmoid(input * -beta) / beta


@public
@composite
def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """Each number moved into [min, max]; the gradient is 1 inside and at the bounds, else 0."""
    if min is None and max is None:
        raise ArgumentError("clamp got neither min nor max", instead="Write x.clamp(min=0).")
    if min is not None:
        input = where(input < min, min, input)
    if max is not None:
        input = where(input > max, max, input)
    return input


@public
@composite
def lerp(input: Any, end: Any, weight: Any) -> Any:
    """input + weight · (end − input): the point at share `weight` of the way to `end`."""
    return input + weight * (end - input)
