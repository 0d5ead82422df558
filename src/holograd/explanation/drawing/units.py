"""What a drawing places: each gate with what it gives and what hangs under it, and its sizes.

A unit is a gate and the values that it gives, or a leaf alone. Sizes are along the flow and across
it: to the right and down, or, in a turned drawing, down and to the right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from holograd.explanation.drawing.cells import Grid, grids
from holograd.explanation.records import CONSTANT, PARAMETER, Argument, Step, Value, View
from holograd.explanation.symbols import Symbol
from holograd.pictures.lettering import MATH, Run, above, below, runs, width
from holograd.pictures.numbers import as_slope

SYMBOL_SIZE, SLOPE_SIZE, GRADIENT_SIZE = 16.0, 13.0, 13.0
SIGN_SIZE, WORD_SIZE, LONG_WORD_SIZE = 17.0, 15.0, 14.0  # of a gate's label
LONGEST_LABEL = 92.0  # a longer one takes two lines
MOST_SLOPES = 3  # shown in one door
WORDS = {"ᵀ": "transpose"}  # for signs that are small alone
_INDEXED = re.compile(r"([^\W\d_₀-₉]+)_?(\d+|[₀-₉]+)")  # x1, size_3, h₂
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


@dataclass(slots=True)
class Block:
    """A value with its gradient: two grids, one over the other."""

    value: Value
    numbers: Grid
    gradient: Grid
    offset: float = 0.0  # across, from the middle of its unit


@dataclass(slots=True)
class Hanging:
    """A value under a gate, or, in a turned drawing, on its doors.

    Attributes:
        block: the value and its cells.
        place: of the argument.
        has_gradient: whether cells for the gradient are shown.
        silent: whether its symbol is left out, since the gate's sign says it.
        numbers_at: the middle of its numbers, along and across from the middle of the gate.
        gradient_at: the middle of its gradient, likewise.
    """

    block: Block
    place: int
    has_gradient: bool
    silent: bool = False
    numbers_at: tuple[float, float] = (0.0, 0.0)
    gradient_at: tuple[float, float] = (0.0, 0.0)


@dataclass(slots=True)
class Slope:
    """A line of text in the lower door."""

    text: str
    place: int  # of the argument that it belongs to


@dataclass(slots=True)
class Unit:
    """A gate with what it gives and what hangs under it, or a leaf alone.

    Attributes:
        step: the gate; None for a leaf.
        blocks: the values given, or the leaf.
        hanging: what hangs under the gate.
        arguments: those that wires lead to.
        label: the gate's sign, in lines.
        label_size: of its letters.
        slopes: the local derivatives in the lower door.
        half: half of the gate's length along the flow.
        sign_at: where label and slopes stand along the flow, from the middle of the gate.
        reach: how far what hangs extends along the flow, before and after the gate's middle.
        before: how far all that belongs to it extends across, before the middle.
        after: likewise, after the middle.
        above: room kept free before all that, for a bracket.
        layer: its layer along the flow, from 0.
    """

    step: Step | None
    blocks: list[Block]
    hanging: list[Hanging] = field(default_factory=list)
    arguments: list[Argument] = field(default_factory=list)
    label: tuple[tuple[Run, ...], ...] = ()
    label_size: float = SIGN_SIZE
    slopes: list[Slope] = field(default_factory=list)
    half: float = 0.0
    sign_at: float = 0.0
    reach: tuple[float, float] = (0.0, 0.0)
    before: float = 0.0
    after: float = 0.0
    above: float = 0.0
    layer: int = 0


def symbol_runs(symbol: Symbol) -> tuple[Run, ...]:
    """A symbol as a drawing writes it.

    Example:
        >>> [run.text for run in symbol_runs(Symbol("W", "1"))]
        ['W', '1']
        >>> [run.text for run in symbol_runs(Symbol("size_of_a")) + symbol_runs(Symbol("x1"))]
        ['size_of_a', 'x', '1']
    """
    indexed = _INDEXED.fullmatch(symbol.letter)
    if symbol.number:
        found = [Run(symbol.letter)]
    elif indexed and not symbol.subscript:
        found = [Run(indexed[1], MATH), below(indexed[2].translate(_DIGITS))]
    else:  # a letter, or a name that the user chose, as one word
        found = [Run(symbol.letter, MATH)]
    if symbol.layer:
        found.append(above(f"({symbol.layer})"))
    if symbol.subscript:
        found.append(below(symbol.subscript))
    return tuple(found)


def gradient_runs(output: Symbol, value: Symbol) -> tuple[Run, ...]:
    """∂L/∂W₂."""
    return (Run("∂", MATH), *symbol_runs(output), Run("/∂", MATH), *symbol_runs(value))


def on_gate(value: Value, step: Step) -> bool:
    """Whether a constant stands in a gate's label already, as in `+ 1`."""
    known = value.role == CONSTANT and value.symbol.number
    return known and value.symbol.text in step.label.split()


def units(view: View, turned: bool) -> list[Unit]:
    """All units of a view in the order of the forward pass, leaves first, without sizes.

    A value hangs where it is taken once. A gate takes at least one value by a wire: where all that
    it takes could hang, none but constants and a model's own parameters do.
    """
    found: list[Unit] = []
    wired: dict[str, Value] = {}
    uses = Counter(one.value.key for step in view.steps for one in step.arguments)
    for step in view.steps:
        arguments = [one for one in step.arguments if not on_gate(one.value, step)]
        hanging = [one for one in arguments if _hangs(one.value) and uses[one.value.key] == 1]
        if len(hanging) == len(arguments):  # something must come in
            hanging = [one for one in hanging if one.value.role == CONSTANT or one.value.code]
            if len(hanging) == len(arguments):
                hanging = [one for one in hanging if one.value.role == CONSTANT]
            if len(hanging) == len(arguments):
                hanging = []
        under = {id(one) for one in hanging}
        unit = Unit(step, [_block(value, turned) for value in step.outputs])
        unit.arguments = [one for one in arguments if id(one) not in under]
        wired |= {one.value.key: one.value for one in unit.arguments if one.value.leaf}
        unit.hanging = [
            Hanging(
                _block(one.value, turned, hangs=True),
                one.place,
                one.value.gradient is not None or one.value.role == PARAMETER,
                turned and len(hanging) == 1 and one.value.symbol.text in step.label,
            )
            for one in hanging
        ]
        unit.label, unit.label_size = label_lines(*_sign(step, unit.arguments))
        unit.slopes = _slopes(unit.arguments, turned)
        found.append(unit)
    leaves = [value for value in view.values if value.key in wired or not view.steps]
    return [*(Unit(None, [_block(value, turned)]) for value in leaves), *found]


def _hangs(value: Value) -> bool:
    """Whether it may hang: a parameter, a target or a constant."""
    return value.leaf and (value.hangs or value.role == CONSTANT)


def _block(value: Value, turned: bool, hangs: bool = False) -> Block:
    numbers, gradient = grids(
        value.array,
        value.gradient,
        hangs=hangs,
        transposed=value.transposed,
        upright=not turned,
    )
    return Block(value, numbers, gradient)


def _sign(step: Step, wired: Sequence[Argument]) -> tuple[str, Symbol | None]:
    """The gate's label, and the name in it, which is set as the drawing sets names.

    The name of a value that a wire leads from is left out: `×`, not `× x`.
    """
    label = WORDS.get(step.label, step.label)
    for one in step.arguments:
        name = one.value.symbol.text
        if name and name in (label[2:], label[:-2]):
            if one.value.leaf and any(one is other for other in wired):
                return label.replace(name, "").strip(), None
            return label, one.value.symbol
    return label, None


def label_lines(
    label: str, name: Symbol | None = None
) -> tuple[tuple[tuple[Run, ...], ...], float]:
    """A gate's sign in one line or two, and the size of its letters.

    Args:
        label: the sign.
        name: of a value, with which the label begins or ends; or None.

    Example:
        >>> lines, size = label_lines("softmax cross-entropy")
        >>> ["".join(run.text for run in line) for line in lines]
        ['softmax', 'cross-entropy']
    """
    if name is not None:
        return _lines_with(label, name)
    whole = runs(label)
    letters = max((sum(map(str.isalpha, run.text)) for run in whole), default=0)
    size = SIGN_SIZE if letters < 2 else WORD_SIZE if letters < 8 else LONG_WORD_SIZE
    if width(whole, size) <= LONGEST_LABEL or " " not in label:
        return (whole,), size
    middle = len(label) / 2
    spaces = [place for place, letter in enumerate(label) if letter == " "]
    cut = min(spaces, key=lambda place: abs(place - middle))
    return (runs(label[:cut]), runs(label[cut + 1 :])), size


def _lines_with(label: str, name: Symbol) -> tuple[tuple[tuple[Run, ...], ...], float]:
    """`× W₁` in one line; a long name in a line of its own."""
    first = label.startswith(name.text)
    sign = label[: -len(name.text)] if not first else label[len(name.text) :]
    letters = symbol_runs(name)
    parts = (letters, runs(sign)) if first else (runs(sign), letters)
    size = SIGN_SIZE if len(name.letter) < 2 or name.number else WORD_SIZE
    whole = (*parts[0], *parts[1])
    if width(whole, size) <= LONGEST_LABEL:
        return (whole,), size
    return (letters, runs(sign.strip())) if first else (runs(sign.strip()), letters), size


def _slopes(arguments: Sequence[Argument], turned: bool) -> list[Slope]:
    """Local derivatives that fit into the lower door; `×` alone where they do not."""
    known = [one for one in arguments if one.contribution is not None]
    if not known:
        return []
    alone = [Slope("×", known[0].place)]
    if len(known) == 1:
        derivative = known[0].derivative
        most = 1 if known[0].kind == "jacobian" else 2 if turned else MOST_SLOPES
        if derivative is not None and 0 < derivative.size <= most:
            numbers = derivative.ravel().tolist()
            return [Slope(f"×{as_slope(number)}", known[0].place) for number in numbers]
    numbers = [number for one in known if (number := _one_number(one)) is not None]
    if len(numbers) < len(known):
        return alone
    if len(set(numbers)) == 1:
        return [Slope(f"×{as_slope(numbers[0])}", known[0].place)]
    if len(known) > MOST_SLOPES:
        return alone
    return [
        Slope(f"×{as_slope(number)}", one.place) for number, one in zip(numbers, known, strict=True)
    ]


def _one_number(argument: Argument) -> float | None:
    """The local derivative, where it is one number, or one slope that is the same everywhere."""
    derivative = argument.derivative
    if derivative is None or not derivative.size:
        return None
    first = derivative.flat[0].item()
    same = argument.kind == "elementwise" and bool((derivative == first).all())
    return first if derivative.size == 1 or same else None
