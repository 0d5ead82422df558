"""The vocabulary in which operations say what they are natively: typed numbers, one or many.

A `Value` is a number, or a vector of them, in a register. A `Machine` appends instructions; its
methods are the words that the records of `holograd.ops` use in their `native` rule. What they mean
is NumPy's meaning: integers wrap around, floor division rounds down, NaN is propagated by maximum
and minimum, comparisons with NaN are false.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from holograd.compiler import mathematics

BOOL, INT64, FLOAT32, FLOAT64 = (np.dtype(name) for name in ("bool", "int64", "float32", "float64"))

# What llvmlite gives, and does not annotate.
Builder = Register = Any

I1, I8, I32, I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))
POINTER = ir.PointerType()


def scalar_type(dtype: np.dtype) -> ir.Type:
    """The LLVM type of one number in a register."""
    if dtype == BOOL:
        return I1
    if dtype.kind == "f":
        return ir.FloatType() if dtype == FLOAT32 else ir.DoubleType()
    return ir.IntType(8 * dtype.itemsize)


def memory_type(dtype: np.dtype) -> ir.Type:
    """The LLVM type of one number in memory, where a truth value takes a byte."""
    return I8 if dtype == BOOL else scalar_type(dtype)


def widened(kind: ir.Type, lanes: int) -> ir.Type:
    """The type of `lanes` numbers; one number is no vector."""
    return ir.VectorType(kind, lanes) if lanes > 1 else kind


# Functions short enough to stand wherever they are called; LLVM takes 10 ms for each sine.
INLINED = {"exp", "log", "sigmoid", "tanh"}


class Value:
    """A number or a vector of numbers in a register, and what kind of number it is."""

    __slots__ = ("dtype", "ir")

    def __init__(self, value: Register, dtype: np.dtype):
        self.ir, self.dtype = value, dtype

    @property
    def lanes(self) -> int:
        """How many numbers it holds."""
        return self.ir.type.count if isinstance(self.ir.type, ir.VectorType) else 1

    @property
    def signed(self) -> bool:
        """Whether it is an integer that may be negative."""
        return self.dtype.kind == "i"


def literal(number: Any, dtype: np.dtype, lanes: int = 1) -> Value:
    """The same constant in all lanes."""
    plain = dtype.type(number).item()
    if dtype == FLOAT32:
        plain = float(np.float32(number))
    one = ir.Constant(scalar_type(dtype), plain)
    return Value(ir.Constant(ir.VectorType(one.type, lanes), [one] * lanes), dtype) if (
        lanes > 1
    ) else Value(one, dtype)  # fmt: skip


def literals(numbers: np.ndarray) -> Value:
    """Constants, a lane each."""
    flat = numbers.reshape(-1)
    if flat.size == 1:
        return literal(flat[0], numbers.dtype)
    kind = scalar_type(numbers.dtype)
    constants = [ir.Constant(kind, one.item()) for one in flat]
    return Value(ir.Constant(ir.VectorType(kind, flat.size), constants), numbers.dtype)


class Machine:
    """Appends instructions at a builder's position.

    Args:
        builder: where to append.
    """

    def __init__(self, builder: Builder):
        self.builder = builder

    # --- constants and lanes ---

    def constant(self, number: Any, like: Value) -> Value:
        """A constant of the dtype and lanes of `like`."""
        return literal(number, like.dtype, like.lanes)

    def splat(self, value: Value, lanes: int) -> Value:
        """One number in all lanes."""
        if lanes == 1 or value.lanes == lanes:
            return value
        if isinstance(value.ir, ir.Constant) and not isinstance(value.ir.type, ir.VectorType):
            kind = ir.VectorType(value.ir.type, lanes)
            return Value(ir.Constant(kind, [value.ir] * lanes), value.dtype)
        kind = ir.VectorType(value.ir.type, lanes)
        first = self.builder.insert_element(ir.Constant(kind, ir.Undefined), value.ir, I32(0))
        places = ir.Constant(ir.VectorType(I32, lanes), [0] * lanes)
        return Value(self.builder.shuffle_vector(first, first, places), value.dtype)

    def shuffle(self, value: Value, places: list[int], other: Value | None = None) -> Value:
        """The lanes of `value` (and, behind them, of `other`) at `places`."""
        if value.lanes == 1 and other is None:
            return self.splat(value, len(places))
        if other is None and places == list(range(value.lanes)):
            return value
        if len(places) == 1:
            source = value if places[0] < value.lanes else other
            at = places[0] if source is value else places[0] - value.lanes
            return self.lane(source, at) if source is not None else value
        second = value.ir if other is None else other.ir
        mask = ir.Constant(ir.VectorType(I32, len(places)), list(places))
        return Value(self.builder.shuffle_vector(value.ir, second, mask), value.dtype)

    def lane(self, value: Value, place: int) -> Value:
        """One number of a vector."""
        if value.lanes == 1:
            return value
        return Value(self.builder.extract_element(value.ir, I32(place)), value.dtype)

    def joined(self, values: list[Value]) -> Value:
        """Single numbers as one vector."""
        if len(values) == 1:
            return values[0]
        vector = ir.Constant(ir.VectorType(values[0].ir.type, len(values)), ir.Undefined)
        for place, one in enumerate(values):
            vector = self.builder.insert_element(vector, one.ir, I32(place))
        return Value(vector, values[0].dtype)

    def intrinsic(self, name: str, *values: Register) -> Register:
        """A call of one of LLVM's own functions, overloaded by its first argument's type."""
        kind = values[0].type
        text = f"llvm.{name}.{suffix(kind)}"
        function = self.builder.module.globals.get(text)
        if function is None:
            shape = ir.FunctionType(kind, [one.type for one in values])
            function = ir.Function(self.builder.module, shape, text)
        return self.builder.call(function, list(values))

    # --- arithmetic ---

    def _each(self, a: Value, whole: Callable, floating: Callable, *others: Value) -> Value:
        make = floating if a.dtype.kind == "f" else whole
        return Value(make(a.ir, *(one.ir for one in others)), a.dtype)

    def add(self, a: Value, b: Value) -> Value:
        """a + b; of truth values, whether one holds."""
        if a.dtype == BOOL:
            return self.logical_or(a, b)
        return self._each(a, self.builder.add, self.builder.fadd, b)

    def sub(self, a: Value, b: Value) -> Value:
        """a − b."""
        return self._each(a, self.builder.sub, self.builder.fsub, b)

    def mul(self, a: Value, b: Value) -> Value:
        """a · b; of truth values, whether both hold."""
        if a.dtype == BOOL:
            return self.logical_and(a, b)
        return self._each(a, self.builder.mul, self.builder.fmul, b)

    def multiply_add(self, a: Value, b: Value, c: Value) -> Value:
        """a · b + c, rounded once where the machine can; only inside products and their sums."""
        if a.dtype.kind == "f":
            return Value(self.intrinsic("fmuladd", a.ir, b.ir, c.ir), a.dtype)
        return self.add(self.mul(a, b), c)

    def div(self, a: Value, b: Value) -> Value:
        """a / b of floats."""
        return Value(self.builder.fdiv(a.ir, b.ir), a.dtype)

    def neg(self, a: Value) -> Value:
        """−a."""
        return self._each(a, self.builder.neg, self.builder.fneg)

    def _safe_divisor(self, a: Value, b: Value) -> Value:
        """b, or 1 where the processor would trap: at 0, and at −1 under the least integer."""
        zero, one = self.constant(0, b), self.constant(1, b)
        bad = self.eq(b, zero)
        if b.signed:
            least = self.constant(np.iinfo(b.dtype).min, a)
            overflow = self.logical_and(self.eq(a, least), self.eq(b, self.constant(-1, b)))
            bad = self.logical_or(bad, overflow)
        return self.where(bad, one, b)

    def floor_divide(self, a: Value, b: Value) -> Value:
        """⌊a / b⌋, for floats from the exact remainder, as Python and NumPy have it."""
        if a.dtype.kind == "f":
            return self._float_floor_divide(a, b)[0]
        divisor = self._safe_divisor(a, b)
        if not a.signed:
            return Value(self.builder.udiv(a.ir, divisor.ir), a.dtype)
        quotient = Value(self.builder.sdiv(a.ir, divisor.ir), a.dtype)
        rest = Value(self.builder.srem(a.ir, divisor.ir), a.dtype)
        zero = self.constant(0, a)
        below = self.logical_and(
            self.ne(rest, zero), self.logical_xor(self.lt(rest, zero), self.lt(divisor, zero))
        )
        return self.sub(quotient, self.where(below, self.constant(1, a), zero))

    def remainder(self, a: Value, b: Value) -> Value:
        """a − b·⌊a / b⌋, with the sign of b."""
        if a.dtype.kind == "f":
            return self._float_floor_divide(a, b)[1]
        divisor = self._safe_divisor(a, b)
        if not a.signed:
            return Value(self.builder.urem(a.ir, divisor.ir), a.dtype)
        rest = Value(self.builder.srem(a.ir, divisor.ir), a.dtype)
        zero = self.constant(0, a)
        other = self.logical_and(
            self.ne(rest, zero), self.logical_xor(self.lt(rest, zero), self.lt(divisor, zero))
        )
        return self.add(rest, self.where(other, divisor, zero))

    def _float_floor_divide(self, a: Value, b: Value) -> tuple[Value, Value]:
        """Quotient and remainder: fmod is exact, and what is left of a divides evenly."""
        rest = Value(self.builder.frem(a.ir, b.ir), a.dtype)
        zero = self.constant(0, a)
        some = self.ne(rest, zero)
        turned = self.logical_and(some, self.logical_xor(self.lt(rest, zero), self.lt(b, zero)))
        quotient = self.div(self.sub(a, rest), b)
        quotient = self.where(turned, self.sub(quotient, self.constant(1, a)), quotient)
        nearest = self.floor(quotient)
        half = self.gt(self.sub(quotient, nearest), self.constant(0.5, a))
        nearest = self.where(half, self.add(nearest, self.constant(1, a)), nearest)
        signed_zero = Value(self.intrinsic("copysign", zero.ir, self.div(a, b).ir), a.dtype)
        whole = self.where(self.ne(quotient, zero), nearest, signed_zero)
        infinite = self.eq(b, zero)
        whole = self.where(infinite, self.div(a, b), whole)
        left = self.where(turned, self.add(rest, b), rest)
        left = self.where(some, left, Value(self.intrinsic("copysign", rest.ir, b.ir), a.dtype))
        left = self.where(self.isnan(rest), rest, left)
        return whole, left

    # --- the greater, choices, comparisons ---

    def where(self, condition: Value, a: Value, b: Value) -> Value:
        """a in the lanes where the condition holds, else b."""
        return Value(self.builder.select(condition.ir, a.ir, b.ir), a.dtype)

    def _compare(self, sign: str, a: Value, b: Value) -> Value:
        if a.dtype.kind == "f":
            ordered = self.builder.fcmp_unordered if sign == "!=" else self.builder.fcmp_ordered
            return Value(ordered(sign, a.ir, b.ir), BOOL)
        make = self.builder.icmp_signed if a.signed else self.builder.icmp_unsigned
        return Value(make(sign, a.ir, b.ir), BOOL)

    def eq(self, a: Value, b: Value) -> Value:
        """a = b."""
        return self._compare("==", a, b)

    def ne(self, a: Value, b: Value) -> Value:
        """a ≠ b; true for NaN."""
        return self._compare("!=", a, b)

    def lt(self, a: Value, b: Value) -> Value:
        """a < b."""
        return self._compare("<", a, b)

    def le(self, a: Value, b: Value) -> Value:
        """a ≤ b."""
        return self._compare("<=", a, b)

    def gt(self, a: Value, b: Value) -> Value:
        """a > b."""
        return self._compare(">", a, b)

    def ge(self, a: Value, b: Value) -> Value:
        """a ≥ b."""
        return self._compare(">=", a, b)

    def maximum(self, a: Value, b: Value) -> Value:
        """The greater; NaN where one is NaN."""
        return self._extreme(">", a, b)

    def minimum(self, a: Value, b: Value) -> Value:
        """The lesser; NaN where one is NaN."""
        return self._extreme("<", a, b)

    def _extreme(self, sign: str, a: Value, b: Value) -> Value:
        if a.dtype.kind != "f":
            return self.where(self._compare(sign, a, b), a, b)
        if _is_number(b.ir):  # where the comparison has no answer, a is NaN
            return self.where(Value(self.builder.fcmp_unordered(sign, a.ir, b.ir), BOOL), a, b)
        return self.where(self.logical_or(self._compare(sign, a, b), self.isnan(a)), a, b)

    def logical_and(self, a: Value, b: Value) -> Value:
        """Whether both hold."""
        return Value(self.builder.and_(a.ir, b.ir), BOOL)

    def logical_or(self, a: Value, b: Value) -> Value:
        """Whether one holds."""
        return Value(self.builder.or_(a.ir, b.ir), BOOL)

    def logical_xor(self, a: Value, b: Value) -> Value:
        """Whether exactly one holds."""
        return Value(self.builder.xor(a.ir, b.ir), BOOL)

    def logical_not(self, a: Value) -> Value:
        """Whether it does not hold."""
        return Value(self.builder.not_(a.ir), BOOL)

    def isnan(self, a: Value) -> Value:
        """Whether it is not a number."""
        return Value(self.builder.fcmp_unordered("uno", a.ir, a.ir), BOOL)

    # --- sizes and rounding ---

    def abs(self, a: Value) -> Value:
        """|a|."""
        if a.dtype.kind == "f":
            return Value(self.intrinsic("fabs", a.ir), a.dtype)
        return self.where(self.lt(a, self.constant(0, a)), self.neg(a), a) if a.signed else a

    def sqrt(self, a: Value) -> Value:
        """√a, correctly rounded."""
        return Value(self.intrinsic("sqrt", a.ir), a.dtype)

    def floor(self, a: Value) -> Value:
        """⌊a⌋; an integer is its own."""
        return Value(self.intrinsic("floor", a.ir), a.dtype) if a.dtype.kind == "f" else a

    def ceil(self, a: Value) -> Value:
        """⌈a⌉."""
        return Value(self.intrinsic("ceil", a.ir), a.dtype) if a.dtype.kind == "f" else a

    def round(self, a: Value) -> Value:
        """The nearest integer, halves to the even one."""
        return Value(self.intrinsic("rint", a.ir), a.dtype) if a.dtype.kind == "f" else a

    # --- kinds of number ---

    def cast(self, a: Value, dtype: np.dtype) -> Value:
        """The same number as another kind; floats as integers lose their fraction."""
        if a.dtype == dtype:
            return a
        builder, kind = self.builder, widened(scalar_type(dtype), a.lanes)
        if dtype == BOOL:
            return self.ne(a, self.constant(0, a))
        if a.dtype == BOOL:
            make = builder.uitofp if dtype.kind == "f" else builder.zext
        elif a.dtype.kind == "f" and dtype.kind == "f":
            make = builder.fpext if dtype == FLOAT64 else builder.fptrunc
        elif dtype.kind == "f":
            make = builder.sitofp if a.signed else builder.uitofp
        elif a.dtype.kind == "f":
            return self._whole(a, dtype)
        elif dtype.itemsize > a.dtype.itemsize:
            make = builder.sext if a.signed else builder.zext
        elif dtype.itemsize < a.dtype.itemsize:
            make = builder.trunc
        else:
            return Value(a.ir, dtype)
        return Value(make(a.ir, kind), dtype)

    def _whole(self, a: Value, dtype: np.dtype) -> Value:
        """A float as an integer as the processor's own conversion has it: through 32 or 64 bits,
        and what lies outside of them, and NaN, as the least number."""
        wide = INT64 if dtype.itemsize == 8 else np.dtype(np.int32)
        limit = 2.0 ** (8 * wide.itemsize - 1)
        inside = self.logical_and(
            self.ge(a, self.constant(-limit, a)), self.lt(a, self.constant(limit, a))
        )
        safe = self.where(inside, a, self.constant(0, a))
        whole = Value(self.builder.fptosi(safe.ir, widened(scalar_type(wide), a.lanes)), wide)
        return self.cast(self.where(inside, whole, self.constant(np.iinfo(wide).min, whole)), dtype)

    # --- functions of mathematics ---

    def call(self, name: str, *values: Value) -> Value:
        """A function of `mathematics`: one LLVM function a name and type."""
        kind = values[0].ir.type
        module = self.builder.module
        text = f"{name}.{suffix(kind)}"
        function = module.globals.get(text)
        if function is None:
            shape = ir.FunctionType(kind, [kind] * len(values))
            function = ir.Function(module, shape, text)
            function.linkage = "internal"
            if name in INLINED:
                function.attributes.add("alwaysinline")
            inner = ir.IRBuilder(function.append_basic_block("entry"))
            inner.ret(mathematics.FUNCTIONS[name](inner, *function.args))
        return Value(self.builder.call(function, [one.ir for one in values]), values[0].dtype)

    def pow(self, a: Value, b: Value) -> Value:
        """aᵇ; of integers by repeated squaring, as NumPy wraps them."""
        if a.dtype.kind == "f":
            return self.call("pow", a, b)
        one, zero = self.constant(1, a), self.constant(0, a)
        result, base, exponent = one, a, b
        for _ in range(min(8 * a.dtype.itemsize - (1 if a.signed else 0), 64)):
            odd = self.ne(Value(self.builder.and_(exponent.ir, one.ir), a.dtype), zero)
            result = self.where(odd, self.mul(result, base), result)
            base = self.mul(base, base)
            exponent = Value(self.builder.lshr(exponent.ir, one.ir), a.dtype)
        return result


def _is_number(value: Register) -> bool:
    """Whether it is a constant, and not NaN in any lane."""
    if not isinstance(value, ir.Constant):
        return False
    lanes = value.constant if isinstance(value.constant, list) else [value]
    return all(isinstance(one.constant, float) and one.constant == one.constant for one in lanes)


def suffix(kind: Any) -> str:
    """What LLVM appends to an intrinsic's name for a type: `v8f32`."""
    if isinstance(kind, ir.VectorType):
        return f"v{kind.count}{suffix(kind.element)}"
    if isinstance(kind, ir.FloatType):
        return "f32"
    return "f64" if isinstance(kind, ir.DoubleType) else f"i{kind.width}"


def _function_word(name: str) -> Callable[[Machine, Value], Value]:
    def word(self: Machine, a: Value) -> Value:
        return self.call(name, a)

    word.__name__, word.__doc__ = name, f"{name}(a), by `mathematics`."
    return word


for _name in mathematics.FUNCTIONS:
    if _name != "pow":
        setattr(Machine, _name, _function_word(_name))
