"""The mathematics of native code: functions of float and double lanes as straight LLVM code."""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from holograd.compiler.mathematics.bits import Lanes
from holograd.compiler.mathematics.error_function import error_function
from holograd.compiler.mathematics.exponential import expm1, exponential, sigmoid
from holograd.compiler.mathematics.hyperbolic import cosh, sinh, tanh
from holograd.compiler.mathematics.inverse_trigonometric import arc_cosine, arc_sine, arc_tangent
from holograd.compiler.mathematics.logarithm import log1p, log_sigmoid, logarithm
from holograd.compiler.mathematics.power import power
from holograd.compiler.mathematics.trigonometric import cosine, sine, tangent


def _emitter(function: Callable[..., Lanes]) -> Callable[..., ir.Value]:
    def emit(builder: ir.IRBuilder, *values: ir.Value) -> ir.Value:
        return function(*(Lanes(builder, value) for value in values)).value

    return emit


FUNCTIONS: dict[str, Callable[..., ir.Value]] = {
    "exp": _emitter(exponential),
    "log": _emitter(logarithm),
    "log1p": _emitter(log1p),
    "expm1": _emitter(expm1),
    "tanh": _emitter(tanh),
    "sigmoid": _emitter(sigmoid),
    "log_sigmoid": _emitter(log_sigmoid),
    "erf": _emitter(error_function),
    "sin": _emitter(sine),
    "cos": _emitter(cosine),
    "tan": _emitter(tangent),
    "asin": _emitter(arc_sine),
    "acos": _emitter(arc_cosine),
    "atan": _emitter(arc_tangent),
    "sinh": _emitter(sinh),
    "cosh": _emitter(cosh),
    "pow": _emitter(power),
}
"""name → emit(builder, *values) → value: code at the builder's position for values of one type."""
