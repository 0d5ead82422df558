"""Where numbers stopped being finite: the first operation that turned finite ones into others.

A loss that is NaN or infinite got so through a chain of operations, each of which took a number
that was not finite. The chain's first one took finite numbers only: that is where to look. In the
backward pass the same is asked of gradients.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from holograd.errors import DivergenceError
from holograd.gradient import pull
from holograd.graph import Node, Scope, interpreting, state, topological
from holograd.nn.call import Call
from holograd.training.history import History
from holograd.training.snapshot import all_finite

# What helps against the operations that leave the finite numbers most often.
HINTS = {
    "log": "Take a loss from logits, such as bce_with_logits, or log(clamp(x, min=1e-7)).",
    "div": "Divide by x + 1e-7, or by where(x == 0, 1, x).",
    "reciprocal": "Divide by x + 1e-7, or by where(x == 0, 1, x).",
    "sqrt": "Write sqrt(x + 1e-12): the slope of the root is infinite at 0.",
    "pow": "Powers of 0 and of negative numbers have bounds: clamp(x, min=1e-7).",
    "exp": "Take log_softmax, softplus or sigmoid, which do not overflow, instead of exp.",
}


class Origin(NamedTuple):
    """The first place where numbers were no longer finite.

    Attributes:
        operation: the name of the operation in the table, or "" where the numbers came so.
        place: the layer that it belongs to, and the functions in that: "Linear(2 → 3) at layers.0 /
            linear".
        what: what came out, in words.
        inputs: what went in, in words: names, shapes, ranges.
        backward: whether it was a gradient, in the backward pass.
    """

    operation: str
    place: str
    what: str
    inputs: tuple[str, ...]
    backward: bool = False

    def __str__(self) -> str:
        if not self.operation:
            return self.what
        where = f" in {self.place}" if self.place else ""
        step = "the gradient of the operation" if self.backward else "the operation"
        return f"{step} {self.operation}{where} gave {self.what}, from {' and '.join(self.inputs)}"


class Diverged(DivergenceError):
    """Training stopped at a loss that is not finite; the model is as it was before that step.

    Attributes:
        epoch: in which epoch, from 1.
        step: at which update, from 1.
        origin: what made the first number that was not finite.
        history: the epochs before.
    """

    def __init__(
        self, what: str, *, epoch: int, step: int, origin: Origin, history: History, instead: str
    ):
        super().__init__(what, why=str(origin), instead=instead)
        self.epoch, self.step, self.origin, self.history = epoch, step, origin, history


def forward_origin(loss: Node, names: Mapping[Node, str]) -> Origin:
    """What made the first number that was not finite, of those that made `loss` so.

    Args:
        loss: a node whose value is not finite.
        names: what known leaves are called: parameters, the batch.
    """
    chain = topological([loss], lambda node: not all_finite(node.value))
    first = next(node for node in chain if all(all_finite(one.value) for one in node.inputs))
    called = f"{names[first]} " if first in names else "a value that no parameter went into "
    if first.operation is None:
        return Origin("", "", f"{called}{holding(first.value)}", ())
    return Origin(
        first.operation.name,
        place(first.scope),
        strange(first.value),
        tuple(described(one, names) for one in first.inputs),
    )


def backward_origin(loss: Node, names: Mapping[Node, str]) -> Origin | None:
    """The operation whose gradient rule made the first gradient that was not finite.

    Args:
        loss: one number, not gone through by backward() before.
        names: what known leaves are called.

    Returns:
        None where all gradients are finite.
    """
    order = topological([loss], lambda node: node.requires_grad)
    recording, state.recording = state.recording, False
    try:
        with interpreting(state.interpreter.graphless) as now:
            seed = now.constant(np.ones(loss.shape, loss.dtype))
            gradients = pull([loss], [seed], wanted=set(order))
    finally:
        state.recording = recording
    for node in reversed(order):
        if node.operation is None or node not in gradients or not all_finite(gradients[node]):
            continue
        for source in node.inputs:
            if source in gradients and not all_finite(gradients[source]):
                inputs = [f"a gradient {holding(gradients[node])}"]
                inputs += [described(one, names) for one in node.inputs]
                return Origin(
                    node.operation.name,
                    place(node.scope),
                    strange(gradients[source]),
                    tuple(inputs),
                    backward=True,
                )
    return None


def way_out(origin: Origin, step: int, learning_rate: float) -> str:
    """What to try, and what the model is like now."""
    if step == 1 and origin.operation and not origin.backward:
        general = "No weight has moved yet: look at the scale of the inputs and of the weights."
    else:
        general = f"Try a learning rate below {learning_rate:g}, or fit(…, clip_norm=1.0)."
    state_now = f"Model and optimizer are as before step {step:,}."
    return " ".join(filter(None, [HINTS.get(origin.operation, ""), general, state_now]))


def place(scope: Scope | None) -> str:
    """The innermost layer and the functions in it: `Linear(2 → 3) at layers.0 / linear`."""
    if scope is None:
        return ""
    words: list[str] = []
    names: list[str] = []
    for one in scope.path:
        if isinstance(one, Call):
            names += [one.name] if one.name else []
            words = [f"{one.kind} at {'.'.join(names)}" if names else one.kind]
        else:
            words.append(one.kind)
    return " / ".join(words)


def described(node: Node, names: Mapping[Node, str]) -> str:
    """An input in words: what it is called, its shape, and the range of its values."""
    if node in names:
        called = names[node]
    elif node.operation is not None:
        called = f"the result of {node.operation.name}"
    else:
        called = node.name or "a constant"
    return f"{called} {holding(node.value)}"


def holding(array: Any) -> str:
    """`of shape (2, 3) with values from −1 to 88.5`, and what is not finite among them."""
    text = f"of shape {array.shape}"
    if array.size == 0:
        return text
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    if finite.size:
        low, high = finite.min(), finite.max()
        text += f" with the value {low:.4g}" if low == high else (
            f" with values from {low:.4g} to {high:.4g}"
        )  # fmt: skip
    return text if finite.size == array.size else f"{text} holding {strange(array)}"


def strange(array: Any) -> str:
    """`NaN in 2 of 6 numbers, first in row 1`: what is not finite in an array, and where."""
    nan, infinite = np.isnan(array), np.isinf(array)
    kinds = [name for name, mask in (("NaN", nan), ("infinity", infinite)) if mask.any()]
    mask = nan | infinite
    text = " and ".join(kinds)
    if array.size == 1:
        return text
    text += f" in {int(mask.sum()):,} of {array.size:,} numbers"
    row = int(np.argmax(mask.reshape(len(array), -1).any(axis=1)))
    return f"{text}, first in row {row}"
