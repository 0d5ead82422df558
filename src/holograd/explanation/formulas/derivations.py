"""What steps compute, and the slopes of what they compute, in symbols.

The slope of an operation that works number by number comes from its gradient rule: rules are
written in operations and run in any interpreter, so one that only writes down a graph gives the
derivative, which is then read as a formula.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from holograd.capture import Shapes
from holograd.explanation.formulas.building import compare, function, indexed, over
from holograd.explanation.formulas.composites import composite_slope, composite_value
from holograd.explanation.formulas.formula import ONE, ZERO, Formula, given, name, number, quotient
from holograd.explanation.formulas.rules import ELEMENTWISE, other_factor, slides, written
from holograd.explanation.symbols import Symbol
from holograd.graph import Node, Operation, Spec, interpreting, leaf, topological
from holograd.tensor import Tensor

# What is the same number in another place: each output has slope 1 by the input it comes from.
MOVED = {
    "reshape", "permute", "expand", "flip", "pad", "slice", "cat", "take", "accumulate", "gather",
    "scatter_add", "windows", "overlap_add",
}  # fmt: skip
BOOL, FLOAT, INDEX = np.dtype(np.bool_), np.dtype(np.float64), np.dtype(np.int64)
SPECS = {"bool": Spec((), BOOL), "index": Spec((), INDEX)}


def value_formula(
    kind: str,
    operation: Operation | None,
    parameters: Mapping[str, Any],
    arguments: Sequence[Symbol],
    shapes: Sequence[tuple[int, ...]] = (),
) -> Formula | None:
    """What a step computes, in symbols.

    Args:
        kind: the name of the operation, the function, or the module.
        operation: the record, where the step is one operation.
        parameters: of the operation; of a loss its "reduction", where it is not the mean.
        arguments: what the step's inputs are called. A weight stored (out, in) goes by the name of
            the lecture's matrix (in, out).
        shapes: of the inputs.

    Returns:
        The formula; None where there is nothing to be said.

    Example:
        >>> from holograd.ops.table import TABLE
        >>> value_formula("sigmoid", TABLE["sigmoid"], {}, [Symbol("z")]).text
        'σ(z)'
        >>> names = [Symbol("x"), Symbol("W", "1"), Symbol("b", "1")]
        >>> value_formula("Linear(2 → 2)", None, {}, names).text
        'x W₁ + b₁'
    """
    if operation is None:
        return composite_value(kind, parameters, list(map(name, arguments)), shapes)
    return written(operation.name, parameters, tuple(map(_as_given, arguments)), faithful=True)


def slope_formula(
    kind: str,
    operation: Operation | None,
    parameters: Mapping[str, Any],
    position: int,
    arguments: Sequence[Symbol],
    output: Symbol,
    shapes: Sequence[tuple[int, ...]] = (),
) -> Formula | None:
    """The local derivative of a step by one of its arguments, in symbols.

    Args:
        kind, operation, parameters, arguments, shapes: as `value_formula` takes them.
        position: the argument's place.
        output: what the step's output is called.

    Returns:
        The formula; None where there is no derivative, or no formula for it.

    Example:
        >>> from holograd.ops.table import TABLE
        >>> slope_formula("sigmoid", TABLE["sigmoid"], {}, 0, [Symbol("z")], Symbol("h")).text
        'h(1 − h)'
    """
    names, y = tuple(map(name, arguments)), name(output)
    if operation is None:
        return composite_slope(kind, parameters, position, names, y, shapes)
    if operation.gradient is None:
        return None
    if operation.kinds[min(position, len(operation.kinds) - 1)] in SPECS:
        return None
    if operation.native is not None:
        if len(names) > len(operation.kinds):  # a sum of many terms
            return ONE
        places = {Symbol("a", str(at)): one for at, one in enumerate(names)}
        return _replaced(_slope(operation, position), {**places, Symbol("y"): y})
    return _slope_of_array(operation.name, parameters, position, names, y, shapes)


def _as_given(symbol: Symbol) -> Formula:
    """A name; a negative constant keeps its sign where it stands: −1·x."""
    formula = name(symbol)
    if formula.head == "negative":
        return given(-formula.parts[0].evaluate({})) or formula
    return formula


# --- number by number ---


@functools.cache
def _slope(operation: Operation, position: int) -> Formula:
    """The slope of an operation by one input, in the names a0, a1, … and y."""
    inputs = [name(Symbol("a", str(place))) for place in range(len(operation.kinds))]
    if operation.name == "pow":  # its rule keeps 0⁻¹ and ln 0 out, which formulas need not
        a, b = inputs
        return (b * a ** (b - 1), name("y") * function("ln", a))[position]
    leaves = [leaf(SPECS.get(kind, Spec((), FLOAT))) for kind in operation.kinds]
    result = leaf(Spec((), FLOAT))
    known = dict(zip([*leaves, result], [*inputs, name("y")], strict=True))
    parameters = {"dtype": FLOAT} if operation.name == "cast" else {}
    with interpreting(Shapes()):
        one = leaf(np.ones(()))  # made after the interpreter, which would make an input of it
        handles = [Tensor(node) for node in (one, result, *leaves)]
        slope = operation.pullback(position, *handles, **parameters)
    return ZERO if slope is None else read(slope.node, known)


def read(node: Node, known: Mapping[Node, Formula]) -> Formula:
    """A graph of single numbers as a formula.

    Args:
        node: the result.
        known: the leaves, and other nodes, that have names.
    """
    found = dict(known)
    for one in topological([node]):
        if one in found:
            continue
        if one.operation is None:
            found[one] = number(float(one.value))
        else:
            parts = tuple(found[source] for source in one.inputs)
            found[one] = written(one.operation.name, one.parameters, parts, faithful=False)
    return found[node]


def _replaced(formula: Formula, names: Mapping[Symbol, Formula]) -> Formula:
    """The formula with other formulas for names, and made simpler again: 2·a¹ is 2a."""
    if formula.head == "name":
        return names.get(formula.detail, formula)
    if not formula.parts:
        return formula
    parts = [_replaced(part, names) for part in formula.parts]
    again = {"sum": "add", "product": "mul", "quotient": "div", "power": "pow", "negative": "neg"}
    if formula.head in again:
        return ELEMENTWISE[again[formula.head]](*parts)
    return Formula(formula.head, tuple(parts), formula.detail)


# --- whole arrays ---


def _slope_of_array(
    which: str,
    parameters: Mapping[str, Any],
    position: int,
    arguments: tuple[Formula, ...],
    y: Formula,
    shapes: Sequence[tuple[int, ...]],
) -> Formula | None:
    if which in MOVED or which == "sum":
        return ONE
    if which == "contract":
        if slides(parameters["pattern"]):
            return None  # each number is used at many places, with another weight at each
        return other_factor(parameters["pattern"], position, *arguments)[0]
    a, single = arguments[position], len(arguments) > 1
    place = a if single else indexed(a, "i")
    if which == "mean":
        return quotient(1, _count(parameters, len(arguments), shapes))
    hit = Formula("indicator", (compare("=", place, y),))
    hits = over("Σ", Formula("indicator", (compare("=", indexed(a, "j"), y),)), "j")
    shared = hit if single else quotient(hit, hits)
    delta = Formula("name", (), Symbol("δ", "ij"))
    before = Formula("indicator", (compare("≤", Formula("name", (), Symbol("j")), name("i")),))
    known = {
        "amax": shared,
        "amin": shared,
        "prod": quotient(y, place),
        "logsumexp": function("exp", place - y),
        "softmax": indexed(y, "j") * (delta - indexed(y, "i")),
        "log_softmax": delta - function("exp", indexed(y, "j")),
        "cumsum": ONE if single else before,
        "cumprod": quotient(y, place) if single else before * indexed(y, "i") / indexed(a, "j"),
    }
    return None if single and which.endswith("softmax") else known.get(which)


def _count(parameters: Mapping[str, Any], terms: int, shapes: Sequence[tuple[int, ...]]) -> Formula:
    """How many numbers a mean is of; n where the shape is not known."""
    if terms > 1:
        return number(terms)
    if not shapes:
        return name("n")
    return number(math.prod(shapes[0][dim] for dim in parameters.get("dims", ())))
