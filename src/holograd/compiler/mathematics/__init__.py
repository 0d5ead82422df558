"""The mathematics of native code: functions of float and double lanes as straight LLVM code."""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from holograd.compiler.mathematics import (
    error_function,
    exponential,
    hyperbolic,
    logarithm,
    power,
    trigonometric,
)
from holograd.compiler.mathematics.bits import Lanes


def _emitter(function: Callable[..., Lanes], widen: bool) -> Callable[..., ir.Value]:
    def emit(builder: ir.IRBuilder, *values: ir.Value) -> ir.Value:
        lanes = [Lanes(builder, value) for value in values]
        if lanes[0].is_single and widen:
            return function(*(value.widened() for value in lanes)).narrowed().value
        return function(*lanes).value

    return emit


WIDE = {"sin", "cos", "tan", "asin", "acos", "atan", "pow"}
FUNCTIONS: dict[str, Callable[..., ir.Value]] = {
    name: _emitter(function, name in WIDE)
    for name, function in {
        "exp": exponential.exponential,
        "expm1": exponential.expm1,
        "sigmoid": exponential.sigmoid,
        "tanh": hyperbolic.tanh,
        "sinh": hyperbolic.sinh,
        "cosh": hyperbolic.cosh,
        "log": logarithm.logarithm,
        "log1p": logarithm.log1p,
        "log_sigmoid": logarithm.log_sigmoid,
        "erf": error_function.error_function,
        "sin": trigonometric.sine,
        "cos": trigonometric.cosine,
        "tan": trigonometric.tangent,
        "asin": trigonometric.arc_sine,
        "acos": trigonometric.arc_cosine,
        "atan": trigonometric.arc_tangent,
        "pow": power.power,
    }.items()
}
