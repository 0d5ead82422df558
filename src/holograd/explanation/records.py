"""What an explanation consists of: values, steps, brackets around steps, and views of them.

A `View` is one zoom level: an ordered list of steps from values to values. The steps of the forward
pass in order are `view.steps`; the backward pass is the same steps from the last to the first. All
numbers are in place when a view is made: readers (tables, drawings, pages, documents) only read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.explanation.formulas.derivations import slope_formula, value_formula
from holograd.explanation.symbols import Symbol
from holograd.graph import Node, Operation

if TYPE_CHECKING:
    from holograd.explanation.formulas.formula import Formula

LEVELS = ("model", "layer", "function", "primitive", "scalar")

PARAMETER, INPUT, TARGET, CONSTANT, BETWEEN, OUTPUT = (
    "parameter input target constant between output".split()
)


@dataclass(slots=True, eq=False)
class Value:
    """Numbers that flow along the wires of a view: a leaf, or what a step gives.

    Attributes:
        key: its name among the values of one view, `v3`.
        symbol: how people write it: `W₁`, `z`, `h₂`, or the name that the user gave.
        role: parameter, input, target, constant, between or output.
        array: the numbers, as the engine stores them; of shape () at scalar zoom.
        gradient: of the output with respect to it, of the same shape; None where there is none
            (integers, truth values, what the output does not depend on smoothly).
        code: where a parameter stands in the model, `layers.0.weight`, with `[1, 0]` at scalar
            zoom; empty for other values.
        transposed: whether the lecture's matrix (in × out) is the transpose of `array` (out, in).
        check: the gradient by finite differences, where that was asked for; NaN where they tell
            nothing, as at a value that is not finite, or at a kink.
        agrees: whether `gradient` and `check` agree, but for rounding and the doubt of a
            difference; None without a check, and where one of its numbers is NaN and no other
            disagrees.
        maker: the key of the step that gives it; empty for leaves.
        users: the keys of the steps that take it, in the order of the forward pass.
        named: whether the symbol says something; it does not where values are merely numbered, v₁.
        problem: "nan" or "infinite" where a number is not finite, and it is the first value on the
            way that is not; empty elsewhere.
        noise: the sizes up to which the gradient's numbers may be what rounding left of 0; None
            where neither it nor a contribution to it has such a number.
    """

    key: str
    symbol: Symbol
    role: str
    array: np.ndarray
    gradient: np.ndarray | None = None
    code: str = ""
    transposed: bool = False
    check: np.ndarray | None = None
    agrees: bool | None = None
    maker: str = ""
    users: list[str] = field(default_factory=list)
    named: bool = True
    problem: str = ""
    noise: np.ndarray | None = None

    @property
    def shown(self) -> np.ndarray:
        """The numbers as the lecture writes them: a weight as (in, out)."""
        return self.array.T if self.transposed else self.array

    @property
    def shown_gradient(self) -> np.ndarray | None:
        """The gradient in the same orientation as `shown`."""
        return self.gradient.T if self.transposed and self.gradient is not None else self.gradient

    @property
    def clear_gradient(self) -> np.ndarray | None:
        """The gradient with 0 in place of what rounding left of it."""
        if self.gradient is None or self.noise is None:
            return self.gradient
        return np.where(np.abs(self.gradient) <= self.noise, 0, self.gradient)

    @property
    def leaf(self) -> bool:
        """Whether no step gives it."""
        return not self.maker

    @property
    def hangs(self) -> bool:
        """Whether a drawing hangs it under the gate that takes it: parameters and targets."""
        return self.role in (PARAMETER, TARGET)


@dataclass(eq=False)
class Argument:
    """One input of a step, and what flows back to it.

    Attributes:
        value: the value taken.
        place: the argument's place in the step, from 0.
        derivative: the local derivative. Of "elementwise" kind it has the output's shape: one slope
            a number. Of "operand" kind it is the other factor of a product. Of "jacobian" kind it
            has the output's shape followed by the input's. None where it is not smooth, or where
            the Jacobian would be too large to be looked at.
        kind: "elementwise", "operand", "jacobian", or "" without a derivative.
        contribution: the incoming gradient times the local derivative, of the value's shape: what
            this use adds to the value's gradient. None where nothing flows back.
        total: the sum of contributions so far in the backward pass, this one included; the last
            one to be added is the value's gradient.
        joins: which of how many contributions to the value this is, as (2, 3).
        step: the step that takes it.
    """

    step: Step
    value: Value
    place: int
    derivative: np.ndarray | None = None
    kind: str = ""
    contribution: np.ndarray | None = None
    total: np.ndarray | None = None
    joins: tuple[int, int] = (1, 1)

    @property
    def shown(self) -> np.ndarray | None:
        """The local derivative in the orientation of `value.shown`: by a weight as (in, out)."""
        if self.derivative is None or self.kind != "jacobian" or not self.value.transposed:
            return self.derivative
        return self.derivative.swapaxes(-1, -2)

    @property
    def shown_contribution(self) -> np.ndarray | None:
        """The contribution in the same orientation."""
        if self.contribution is None or not self.value.transposed:
            return self.contribution
        return self.contribution.T

    @cached_property
    def formula(self) -> Formula | None:
        """The local derivative in symbols, as `h(1 − h)`; None where there is none."""
        if not self.kind:
            return None
        step = self.step
        symbols = [one.value.symbol for one in step.arguments]
        shapes = [one.value.array.shape for one in step.arguments]
        return slope_formula(
            step.kind, step.operation, step.parameters, self.place, symbols,
            step.output.symbol, shapes,
        )  # fmt: skip


@dataclass(eq=False)
class Step:
    """One gate: an operation, a function, a layer or a whole model.

    Attributes:
        key: its name among the steps of one view, `s3`.
        number: its place in the forward pass, from 1.
        kind: what it is: an operation's name (`contract`), a function's (`cross_entropy`), or a
            module's (`Linear(2 → 2)`).
        label: the sign on the gate: `σ`, `× W₁`, `+ b₁`, `−log`.
        operation: the record, where it is one primitive operation.
        parameters: of that operation.
        arguments: what it takes, in order; a value taken twice stands twice.
        outputs: what it gives; one value but for folded groups.
        place: where in the model it belongs, `layers.0`; empty outside.
        boxes: the keys of the brackets around it, from the outermost.
        parts: the keys of the steps that it opens into at the next level; empty where it is the
            same step there.
        opens: whether looking inside shows more, at a deeper level than this view's.
        note: something to say about it, from the catalogue: `definition_overflows`; or empty.
        nodes: the graph's nodes that it stands for.
    """

    key: str
    number: int
    kind: str
    label: str
    arguments: Sequence[Argument]
    outputs: tuple[Value, ...]
    operation: Operation | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    place: str = ""
    boxes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    opens: bool = False
    note: str = ""
    nodes: tuple[Node, ...] = ()

    @cached_property
    def formula(self) -> Formula | None:
        """What it computes, in symbols, `σ(z)`; None where a group has no formula."""
        symbols = [one.value.symbol for one in self.arguments]
        shapes = [one.value.array.shape for one in self.arguments]
        return value_formula(self.kind, self.operation, self.parameters, symbols, shapes)

    @property
    def output(self) -> Value:
        """The value given; the last one of several."""
        return self.outputs[-1]


@dataclass(slots=True, eq=False)
class Box:
    """A bracket around steps: a layer, or a function, that a shallower level shows as one step."""

    key: str
    title: str
    """`Linear(2 → 2)`, `cross-entropy`."""
    place: str
    """`layers.0`, where it is a module of the model."""
    parent: str
    """The key of the bracket around it, or empty."""
    steps: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class View:
    """One zoom level of an explanation.

    Attributes:
        level: one of `LEVELS`: the one shown.
        asked: the one that was asked for; where it differs, `limit` says why.
        limit: the number of steps the level asked for would have had; 0 where it fits.
        values: leaves and results, in order of their making.
        steps: in the order of the forward pass.
        boxes: brackets, outer ones first.
        output: the value that is explained, whose gradient is 1.
    """

    level: str
    asked: str
    limit: int
    values: Sequence[Value]
    steps: Sequence[Step]
    boxes: Sequence[Box]
    output: Value

    def step(self, key: str) -> Step:
        """The step of that key."""
        return self.steps[int(key[1:]) - 1]
