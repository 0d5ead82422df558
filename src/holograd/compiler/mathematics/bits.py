"""Lanes: one LLVM value, a scalar or a vector, with arithmetic written by Python's operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

SINGLE_TYPE = ir.FloatType()
DOUBLE_TYPE = ir.DoubleType()


class Lanes:
    """An LLVM value of numbers, integers or truth values, one for each lane, and its builder.

    Operators append one instruction. A Python number beside a `Lanes` becomes a constant of its
    type in every lane. Numbers (float, double) have + - * / and ordered comparisons, false for a
    NaN; integers have wrapping + - *, bit operations, logical shifts and signed comparisons; truth
    values & | ~.
    """

    __slots__ = ("builder", "value")

    def __init__(self, builder: ir.IRBuilder, value: Any) -> None:
        self.builder = builder
        self.value = value

    # ------------------------------------------------------------------ types

    @property
    def type(self) -> Any:
        return self.value.type

    @property
    def count(self) -> int | None:
        """The number of lanes of a vector, None for a scalar."""
        return self.type.count if isinstance(self.type, ir.VectorType) else None

    @property
    def element_type(self) -> ir.Type:
        return self.type.element if isinstance(self.type, ir.VectorType) else self.type

    @property
    def is_single(self) -> bool:
        return isinstance(self.element_type, ir.FloatType)

    @property
    def is_number(self) -> bool:
        return isinstance(self.element_type, ir.FloatType | ir.DoubleType)

    @property
    def mantissa_bits(self) -> int:
        return 23 if self.is_single or self.element_type == ir.IntType(32) else 52

    def _type_of(self, element: ir.Type) -> ir.Type:
        return element if self.count is None else ir.VectorType(element, self.count)

    @property
    def _integer_type(self) -> ir.Type:
        return self._type_of(ir.IntType(32 if self.is_single else 64))

    def _new(self, value: Any) -> Lanes:
        return Lanes(self.builder, value)

    def constant(self, number: float) -> Lanes:
        """The same number in every lane, of this value's type."""
        element = self.element_type
        if isinstance(element, ir.IntType):
            number = int(number) & ((1 << element.width) - 1)
        scalar = ir.Constant(element, number)
        if self.count is None:
            return self._new(scalar)
        return self._new(ir.Constant(self.type, [scalar] * self.count))

    def _operand(self, other: Lanes | float) -> Any:
        return other.value if isinstance(other, Lanes) else self.constant(other).value

    # ------------------------------------------------------------------ arithmetic

    def __add__(self, other: Lanes | float) -> Lanes:
        add = self.builder.fadd if self.is_number else self.builder.add
        return self._new(add(self.value, self._operand(other)))

    __radd__ = __add__

    def __sub__(self, other: Lanes | float) -> Lanes:
        subtract = self.builder.fsub if self.is_number else self.builder.sub
        return self._new(subtract(self.value, self._operand(other)))

    def __rsub__(self, other: float) -> Lanes:
        return self.constant(other) - self

    def __mul__(self, other: Lanes | float) -> Lanes:
        multiply = self.builder.fmul if self.is_number else self.builder.mul
        return self._new(multiply(self.value, self._operand(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: Lanes | float) -> Lanes:
        return self._new(self.builder.fdiv(self.value, self._operand(other)))

    def __rtruediv__(self, other: float) -> Lanes:
        return self.constant(other) / self

    def __neg__(self) -> Lanes:
        return self._new(self.builder.fneg(self.value))

    def __abs__(self) -> Lanes:
        return self._intrinsic("llvm.fabs")

    def multiply_add(self, factor: Lanes | float, term: Lanes | float) -> Lanes:
        """self·factor + term, with one rounding where the hardware can, else with two."""
        return self._intrinsic("llvm.fmuladd", self._operand(factor), self._operand(term))

    def square_root(self) -> Lanes:
        return self._intrinsic("llvm.sqrt")

    def sign(self) -> Lanes:
        """The sign bits of numbers, in place, as integers."""
        return self.bits() & (1 << (31 if self.is_single else 63))

    def with_sign_of(self, other: Lanes) -> Lanes:
        """Numbers without a sign, given that of `other`."""
        return (self.bits() | other.sign()).number()

    def negated_with(self, other: Lanes) -> Lanes:
        """Numbers negated where `other` is negative."""
        return (self.bits() ^ other.sign()).number()

    def _intrinsic(self, name: str, *more: Any) -> Lanes:
        short = "f32" if self.is_single else "f64"
        lanes = "" if self.count is None else f"v{self.count}"
        signature = ir.FunctionType(self.type, [self.type] * (1 + len(more)))
        name = f"{name}.{lanes}{short}"
        function = self.builder.module.globals.get(name)
        if function is None:
            function = ir.Function(self.builder.module, signature, name)
        return self._new(self.builder.call(function, [self.value, *more]))

    # ------------------------------------------------------------------ bits

    def __and__(self, other: Lanes | int) -> Lanes:
        return self._new(self.builder.and_(self.value, self._operand(other)))

    def __or__(self, other: Lanes | int) -> Lanes:
        return self._new(self.builder.or_(self.value, self._operand(other)))

    def __xor__(self, other: Lanes | int) -> Lanes:
        return self._new(self.builder.xor(self.value, self._operand(other)))

    def __invert__(self) -> Lanes:
        return self ^ -1

    def __lshift__(self, count: Lanes | int) -> Lanes:
        return self._new(self.builder.shl(self.value, self._operand(count)))

    def __rshift__(self, count: Lanes | int) -> Lanes:
        """A logical shift: zeros come in from above."""
        return self._new(self.builder.lshr(self.value, self._operand(count)))

    def bits(self) -> Lanes:
        """The bits of numbers as integers of the same width."""
        return self._new(self.builder.bitcast(self.value, self._integer_type))

    def number(self) -> Lanes:
        """Integers taken as the bits of numbers."""
        narrow = self.element_type == ir.IntType(32)
        element = SINGLE_TYPE if narrow else DOUBLE_TYPE
        return self._new(self.builder.bitcast(self.value, self._type_of(element)))

    # ------------------------------------------------------------------ comparisons and choice

    def _compare(self, operator: str, other: Lanes | float) -> Lanes:
        compare = self.builder.fcmp_ordered if self.is_number else self.builder.icmp_signed
        return self._new(compare(operator, self.value, self._operand(other)))

    def __lt__(self, other: Lanes | float) -> Lanes:
        return self._compare("<", other)

    def __le__(self, other: Lanes | float) -> Lanes:
        return self._compare("<=", other)

    def __gt__(self, other: Lanes | float) -> Lanes:
        return self._compare(">", other)

    def __ge__(self, other: Lanes | float) -> Lanes:
        return self._compare(">=", other)

    def equals(self, other: Lanes | float) -> Lanes:
        return self._compare("==", other)

    def is_nan(self) -> Lanes:
        return self._new(self.builder.fcmp_unordered("uno", self.value, self.value))

    def any_lane(self) -> Any:
        """Whether this truth value holds in any lane, as one scalar LLVM value."""
        if self.count is None:
            return self.value
        kind = ir.IntType(self.count)
        together = self.builder.bitcast(self.value, kind)
        return self.builder.icmp_unsigned("!=", together, ir.Constant(kind, 0))

    def choose(self, true: Lanes | float, false: Lanes | float) -> Lanes:
        """`true` in the lanes where this truth value holds, else `false`; one of them a Lanes."""
        model = true if isinstance(true, Lanes) else false
        assert isinstance(model, Lanes)
        yes, no = model._operand(true), model._operand(false)
        return self._new(self.builder.select(self.value, yes, no))

    # ------------------------------------------------------------------ conversions

    def widened(self) -> Lanes:
        """float lanes as double lanes."""
        return self._new(self.builder.fpext(self.value, self._type_of(DOUBLE_TYPE)))

    def narrowed(self) -> Lanes:
        """double lanes rounded to float lanes."""
        return self._new(self.builder.fptrunc(self.value, self._type_of(SINGLE_TYPE)))


def nearest_integer(x: Lanes, factor: float, offset: int = 0) -> tuple[Lanes, Lanes]:
    """n, the integer nearest factor·x, as numbers; and integers whose low bits are n + offset.

    A sum with 1.5·2^(bits of the mantissa) is rounded to an integer, which then stands in its low
    bits. This holds for |factor·x| below 2^(bits of the mantissa - 2).
    """
    magic = 1.5 * 2.0**x.mantissa_bits + offset
    shifted = x.multiply_add(factor, magic)
    return shifted - magic, shifted.bits()


def polynomial(x: Lanes, coefficients: Sequence[float], line: Lanes | None = None) -> Lanes:
    """Σ coefficients[k]·xᵏ by Estrin's scheme: a tree of depth log₂(degree), for low latency.

    With `line`: line + Σ coefficients[k]·xᵏ⁺², where `line` stands for the first two terms.
    """
    terms: list[Lanes | float] = [] if line is None else [line]
    for low, high in zip(coefficients[::2], coefficients[1::2], strict=False):
        terms.append(x.multiply_add(high, low))
    if len(coefficients) % 2:
        terms.append(coefficients[-1])
    power = x
    while len(terms) > 1:
        power = power * power
        paired: list[Lanes | float] = [
            power.multiply_add(high, low)
            for low, high in zip(terms[::2], terms[1::2], strict=False)
        ]
        if len(terms) % 2:
            paired.append(terms[-1])
        terms = paired
    (result,) = terms
    assert isinstance(result, Lanes)
    return result
