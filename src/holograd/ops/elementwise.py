"""Functions that work number by number, with broadcasting: each one record.

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
    pow_array,
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
    shape_of,
    unary_samples,
    word,
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


# --- powers and sizes ---

reciprocal = elementwise(
    "reciprocal", symbol="1/x", formula="1 / a", summary="One divided by the number.",
    numpy=lambda a: np.divide(a.dtype.type(1), a), kinds=FLOAT, samples=unary_samples(0.5, 2.0),
    gradient=(lambda g, y, a: -(g * (y * y)),),
    native=lambda m, a: m.div(m.constant(1, a), a),
    example="hg.reciprocal(hg.tensor([2.0, 0.5])) → tensor([0.5, 2. ])",
)  # fmt: skip
square = elementwise(
    "square", symbol="x²", formula="a^2", summary="The number times itself.",
    numpy=np.square, kinds=NUMBER, samples=unary_samples(),
    gradient=(lambda g, y, a: g * (a + a),),
    native=lambda m, a: m.mul(a, a),
    example="hg.square(hg.tensor([2, -3])) → tensor([4, 9])",
)  # fmt: skip
_POW = operation(
    "pow", symbol="xʸ", formula="a^b", summary="a raised to the power b.",
    numpy=pow_array, kinds=NUMBERS, samples=binary_samples(0.5, 2.0, -2.0, 2.0),
    native=word("pow"),
    gradient=(
        # The choices inside keep 0⁻¹ and ln 0 out, which would spoil the gradient's own gradient.
        lambda g, y, a, b: g * where(b == 0, 0.0, b * pow(a, where(b == 0, 1.0, b - 1))),
        lambda g, y, a, b: g * (y * log(where((a == 0) & (b >= 0), 1.0, a))),
    ),
)  # fmt: skip


def pow(input: Any, exponent: Any) -> Any:
    """Each number raised to a power, with broadcasting; 0⁰ is 1, and so is NaN⁰.

    Example:
        >>> import holograd as hg
        >>> hg.pow(hg.tensor([1.0, 2.0]), 3).tolist()
        [1.0, 8.0]
    """
    return apply(_POW, (input, exponent))


public(pow, operator="pow")
abs = elementwise(
    "abs", operator="abs", symbol="|x|", formula="|a|", summary="The number without its sign.",
    numpy=np.abs, kinds=NUMBER, samples=unary_samples(0.1, 2.0),
    gradient=(lambda g, y, a: g * sign(a),),
    example="hg.abs(hg.tensor([2, -3])) → tensor([2, 3])",
)  # fmt: skip
sign = elementwise(
    "sign", symbol="sgn", formula=r"\operatorname{sgn} a",
    summary="−1, 0 or 1 by the number's sign; 0 for NaN.",
    numpy=sign_array, kinds=NUMBER, samples=unary_samples(0.1, 2.0),
    gradient=(lambda g, y, a: None,),
    native=lambda m, a: m.sub(m.cast(m.gt(a, m.constant(0, a)), a.dtype),
                          m.cast(m.lt(a, m.constant(0, a)), a.dtype)),
    example="hg.sign(hg.tensor([2, 0, -3])) → tensor([ 1,  0, -1])",
)  # fmt: skip

# --- powers, exponentials, logarithms ---

exp = elementwise(
    "exp", formula="e^{a}", summary="e raised to the number.",
    numpy=np.exp, kinds=FLOAT, samples=unary_samples(), gradient=(lambda g, y, a: g * y,),
    example="hg.exp(hg.tensor(1.0)) → tensor(2.7183)",
)  # fmt: skip
log = elementwise(
    "log", formula=r"\ln a", summary="The natural logarithm.",
    numpy=np.log, kinds=FLOAT, samples=unary_samples(0.2, 3.0), gradient=(lambda g, y, a: g / a,),
    example="hg.log(hg.tensor(2.0)) → tensor(0.6931)",
)  # fmt: skip
log1p = elementwise(
    "log1p", formula=r"\ln (1 + a)", summary="The logarithm of 1 + a, exact for small a.",
    numpy=np.log1p, kinds=FLOAT, samples=unary_samples(-0.5, 2.0),
    gradient=(lambda g, y, a: g / (1 + a),), definition=lambda a: log(1 + a),
    native=word("log1p"),
    example="hg.log1p(hg.tensor(1e-20)) → tensor(1.e-20)",
)  # fmt: skip
expm1 = elementwise(
    "expm1", formula="e^{a} - 1", summary="e raised to the number, less 1, exact for small a.",
    numpy=np.expm1, kinds=FLOAT, samples=unary_samples(), gradient=(lambda g, y, a: g * (y + 1),),
    definition=lambda a: exp(a) - 1,
    native=word("expm1"),
    example="hg.expm1(hg.tensor(1e-20)) → tensor(1.e-20)",
)  # fmt: skip
sqrt = elementwise(
    "sqrt", symbol="√x", formula=r"\sqrt{a}", summary="The square root.",
    numpy=np.sqrt, kinds=FLOAT, samples=unary_samples(0.2, 3.0),
    gradient=(lambda g, y, a: g / (y + y),),
    example="hg.sqrt(hg.tensor([4.0, 9.0])) → tensor([2., 3.])",
)  # fmt: skip
rsqrt = elementwise(
    "rsqrt", symbol="1/√x", formula=r"1 / \sqrt{a}", summary="One divided by the square root.",
    numpy=lambda a: np.divide(a.dtype.type(1), np.sqrt(a)), kinds=FLOAT,
    samples=unary_samples(0.2, 3.0), gradient=(lambda g, y, a: -0.5 * (g * (y * y * y)),),
    definition=lambda a: reciprocal(sqrt(a)),
    native=lambda m, a: m.div(m.constant(1, a), m.sqrt(a)),
    example="hg.rsqrt(hg.tensor([4.0, 0.25])) → tensor([0.5, 2. ])",
)  # fmt: skip
sin = elementwise(
    "sin", formula=r"\sin a", summary="The sine, of an angle in radians.",
    numpy=np.sin, kinds=FLOAT, samples=unary_samples(), gradient=(lambda g, y, a: g * cos(a),),
    example="hg.sin(hg.tensor(1.0)) → tensor(0.8415)",
)  # fmt: skip
cos = elementwise(
    "cos", formula=r"\cos a", summary="The cosine, of an angle in radians.",
    numpy=np.cos, kinds=FLOAT, samples=unary_samples(), gradient=(lambda g, y, a: -(g * sin(a)),),
    example="hg.cos(hg.tensor(1.0)) → tensor(0.5403)",
)  # fmt: skip
tan = elementwise(
    "tan", formula=r"\tan a", summary="The tangent, of an angle in radians.",
    numpy=np.tan, kinds=FLOAT, samples=unary_samples(-1.2, 1.2),
    gradient=(lambda g, y, a: g * (1 + y * y),),
    example="hg.tan(hg.tensor(1.0)) → tensor(1.5574)",
)  # fmt: skip
asin = elementwise(
    "asin", formula=r"\arcsin a", summary="The angle whose sine is the number.",
    numpy=np.arcsin, kinds=FLOAT, samples=unary_samples(-0.8, 0.8),
    gradient=(lambda g, y, a: g * rsqrt(1 - a * a),),
    example="hg.asin(hg.tensor(1.0)) → tensor(1.5708)",
)  # fmt: skip
acos = elementwise(
    "acos", formula=r"\arccos a", summary="The angle whose cosine is the number.",
    numpy=np.arccos, kinds=FLOAT, samples=unary_samples(-0.8, 0.8),
    gradient=(lambda g, y, a: -(g * rsqrt(1 - a * a)),),
    example="hg.acos(hg.tensor(0.0)) → tensor(1.5708)",
)  # fmt: skip
atan = elementwise(
    "atan", formula=r"\arctan a", summary="The angle whose tangent is the number.",
    numpy=np.arctan, kinds=FLOAT, samples=unary_samples(),
    gradient=(lambda g, y, a: g / (1 + a * a),),
    example="hg.atan(hg.tensor(1.0)) → tensor(0.7854)",
)  # fmt: skip
sinh = elementwise(
    "sinh", formula=r"\sinh a", summary="The hyperbolic sine.",
    numpy=np.sinh, kinds=FLOAT, samples=unary_samples(), gradient=(lambda g, y, a: g * cosh(a),),
    example="hg.sinh(hg.tensor(1.0)) → tensor(1.1752)",
)  # fmt: skip
cosh = elementwise(
    "cosh", formula=r"\cosh a", summary="The hyperbolic cosine.",
    numpy=np.cosh, kinds=FLOAT, samples=unary_samples(), gradient=(lambda g, y, a: g * sinh(a),),
    example="hg.cosh(hg.tensor(1.0)) → tensor(1.5431)",
)  # fmt: skip
tanh = elementwise(
    "tanh", formula=r"\tanh a", summary="The hyperbolic tangent, between −1 and 1.",
    numpy=np.tanh, kinds=FLOAT, samples=unary_samples(),
    gradient=(lambda g, y, a: g * (1 - y * y),),
    definition=lambda a: (exp(a) - exp(-a)) / (exp(a) + exp(-a)),
    native=word("tanh"),
    example="hg.tanh(hg.tensor(1.0)) → tensor(0.7616)",
)  # fmt: skip

# --- activations and special functions ---

sigmoid = elementwise(
    "sigmoid", symbol="σ", formula=r"\frac{1}{1 + e^{-a}}",
    summary="The logistic function, between 0 and 1.",
    numpy=sigmoid_array, kinds=FLOAT, samples=unary_samples(),
    gradient=(lambda g, y, a: g * (y * (1 - y)),), definition=lambda a: reciprocal(exp(-a) + 1),
    native=word("sigmoid"),
    example="hg.sigmoid(hg.tensor(1.0)) → tensor(0.7311)",
)  # fmt: skip
relu = elementwise(
    "relu", symbol="ReLU", formula=r"\max(0, a)", summary="The number where positive, else 0.",
    numpy=lambda a: np.maximum(a, a.dtype.type(0)), kinds=NUMBER, samples=unary_samples(0.1, 2.0),
    gradient=(lambda g, y, a: where(a <= 0, 0.0, g),),
    definition=lambda a: where(a <= 0, 0.0, a),
    native=lambda m, a: m.maximum(a, m.constant(0, a)),
    example="hg.relu(hg.tensor([-1.0, 2.0])) → tensor([0., 2.])",
)  # fmt: skip
log_sigmoid = elementwise(
    "log_sigmoid", symbol="ln σ", formula=r"-\ln(1 + e^{-a})",
    summary="The logarithm of the logistic function, which never overflows.",
    numpy=lambda a: -np.logaddexp(a.dtype.type(0), -a), kinds=FLOAT, samples=unary_samples(),
    gradient=(lambda g, y, a: g * sigmoid(-a),), definition=lambda a: log(reciprocal(exp(-a) + 1)),
    native=word("log_sigmoid"),
    example="hg.log_sigmoid(hg.tensor(-1000.0)) → tensor(-1000.)",
)  # fmt: skip
erf = elementwise(
    "erf", formula=r"\frac{2}{\sqrt\pi}\int_0^a e^{-t^2}\,dt", summary="The error function.",
    numpy=erf_array, kinds=FLOAT, samples=unary_samples(),
    gradient=(lambda g, y, a: g * (TWO_OVER_ROOT_PI * exp(-(a * a))),),
    example="hg.erf(hg.tensor(1.0)) → tensor(0.8427)",
)  # fmt: skip

# --- the greater, the lesser, choices ---

maximum = elementwise(
    "maximum", symbol="max", formula=r"\max(a, b)", summary="The greater of two numbers.",
    numpy=np.maximum, kinds=BOTH, samples=binary_samples(),
    gradient=(
        lambda g, y, a, b: where(a == b, 0.5 * g, where(a < b, 0.0, g)),
        lambda g, y, a, b: where(a == b, 0.5 * g, where(b < a, 0.0, g)),
    ),
    example="hg.maximum(hg.tensor([1, 5]), 3) → tensor([3, 5])",
)  # fmt: skip
minimum = elementwise(
    "minimum", symbol="min", formula=r"\min(a, b)", summary="The lesser of two numbers.",
    numpy=np.minimum, kinds=BOTH, samples=binary_samples(),
    gradient=(
        lambda g, y, a, b: where(a == b, 0.5 * g, where(a > b, 0.0, g)),
        lambda g, y, a, b: where(a == b, 0.5 * g, where(b > a, 0.0, g)),
    ),
    example="hg.minimum(hg.tensor([1, 5]), 3) → tensor([1, 3])",
)  # fmt: skip
where = elementwise(
    "where", symbol="?", formula=r"a \;?\; b : c", summary="b where a holds, else c.",
    numpy=np.where, kinds=("bool", "any", "any"), samples=_ternary_samples,
    gradient=(
        lambda g, y, a, b, c: None,
        lambda g, y, a, b, c: where(a, g, 0.0),
        lambda g, y, a, b, c: where(a, 0.0, g),
    ),
    example="hg.where(hg.tensor([True, False]), hg.tensor([1, 2]), 0) → tensor([1, 0])",
)  # fmt: skip


def _where_method(self: Any, condition: Any, other: Any) -> Any:
    """The numbers where the condition holds, elsewhere those of `other`."""
    return where(condition, self, other)


setattr(Methods, "where", _where_method)  # noqa: B010 (pyright knows methods by the table alone)

# --- other kinds of number, and a new node ---

_CAST = operation(
    "cast", symbol="as", formula="a", summary="The same number as another kind of float.",
    numpy=lambda a, dtype: a.astype(dtype), dtype=lambda a, dtype: dtype, kinds=ONE,
    native=word("cast"),
    gradient=(lambda g, y, a, dtype: cast(g, a.dtype) if a.dtype.kind == "f" else None,),
    samples=sample_shapes(
        ((2, 3), {"dtype": FLOAT32}), ((2, 1), {"dtype": FLOAT64}), ((0,), {"dtype": FLOAT32}),
    ),
)  # fmt: skip
_TRUNCATE = operation(
    "truncate", symbol="as", formula=r"\operatorname{trunc} a", gradient=None, kinds=ONE,
    summary="The number as an integer, its fraction cut off, or as whether it is not 0.",
    numpy=lambda a, dtype: a.astype(dtype), dtype=lambda a, dtype: dtype,
    native=word("cast"),
    samples=sample_shapes(
        ((2, 3), {"dtype": INT64}), ((2, 1), {"dtype": BOOL}), ((0,), {"dtype": INT32}),
    ),
)  # fmt: skip


def cast(input: Any, dtype: Any) -> Any:
    """The same numbers as another kind of number; itself where it is of that kind already.

    Example:
        >>> import holograd as hg
        >>> hg.cast(hg.tensor([1.5, -1.5]), hg.int64)
        tensor([ 1, -1])
    """
    dtype = np.dtype(dtype)
    try:
        if input.dtype == dtype:
            return input
    except AttributeError:
        shape_of(input, "cast")  # raises the error that teaches
        raise
    return apply(_CAST if dtype.kind == "f" else _TRUNCATE, (input,), {"dtype": dtype})


_IDENTITY = operation(
    "identity", symbol="=", formula="a", summary="The number itself, as a new node.",
    numpy=lambda a: a, kinds=ONE, samples=unary_samples(), gradient=(lambda g, y, a: g,),
    native=lambda m, a: a,
)  # fmt: skip


def identity(input: Any) -> Any:
    """The same values as a new node of the graph."""
    return apply(_IDENTITY, (input,))


# --- composites ---


@public
@composite
def softplus(input: Any, beta: float = 1.0) -> Any:
    """ln(1 + e^(βx)) / β, a smooth ReLU that never overflows.

    Example:
        >>> import holograd as hg
        >>> hg.softplus(hg.tensor(0.0))
        tensor(0.6931)
    """
    shape_of(input, "softplus")
    return -log_sigmoid(-input) if beta == 1.0 else -log_sigmoid(input * -beta) / beta


@public
@composite
def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """Each number moved into [min, max]; the gradient is 1 inside and at the bounds, else 0.

    Example:
        >>> import holograd as hg
        >>> hg.tensor([-1.0, 0.5, 3.0]).clamp(0, 1).tolist()
        [0.0, 0.5, 1.0]
    """
    shape_of(input, "clamp")
    if min is None and max is None:
        raise ArgumentError("clamp got neither min nor max", instead="Write x.clamp(min=0).")
    if min is not None:
        input = where(input < min, min, input)
    if max is not None:
        input = where(input > max, max, input)
    return input
