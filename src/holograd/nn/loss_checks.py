"""What the losses share: checks of outputs and targets, whose errors teach, and the reduction.

Checks of values (labels in range, probabilities between 0 and 1) look only where values are known;
while a step is captured from shapes alone they pass, and so does NaN, which the training loop
follows back to its origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from holograd.eager import as_tensor
from holograd.errors import ArgumentError, DtypeError, ShapeError
from holograd.graph import state
from holograd.ops.elementwise import cast
from holograd.ops.movement import expand, unsqueeze
from holograd.ops.reduce import mean
from holograd.ops.reduce import sum as total

REDUCTIONS = ("mean", "sum", "none")


def paired(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """The output and the target as tensors, which must be of one shape.

    Raises:
        ShapeError: their shapes differ.
        DtypeError: the output does not hold floats.
    """
    input, target = as_tensor(state.interpreter, input), as_tensor(state.interpreter, target)
    refuse_whole_numbers(name, input)
    if input.shape != target.shape:
        raise ShapeError(
            f"{name} got an output of shape {input.shape} and a target of shape {target.shape}",
            why="each output is compared with its own target; broadcasting would compare it with "
            "the others' too",
            instead=_way_out(input.shape, target.shape),
        )
    return input, target


def _way_out(output: tuple[int, ...], target: tuple[int, ...]) -> str:
    """The line that makes the two shapes equal, where one dimension of extent 1 is too many."""
    for dim in reversed(range(max(len(output), len(target)))):
        if output == (*target[:dim], 1, *target[dim:]):
            return f"Write target.unsqueeze({dim}) or output.squeeze({dim})."
        if target == (*output[:dim], 1, *output[dim:]):
            return f"Write target.squeeze({dim}) or output.unsqueeze({dim})."
    if len(output) == 2 and target == output[:1]:
        return (
            "For class labels write cross_entropy(output, target); "
            f"for one number a sample let the last layer give 1 output instead of {output[1]}."
        )
    return "Give a target of the output's shape."


def refuse_whole_numbers(name: str, input: Any) -> None:
    """Raises DtypeError where the output does not hold floats."""
    if input.dtype.kind != "f":
        raise DtypeError(
            f"{name} got an output of {input.dtype}", why="whole numbers have no gradient",
            instead="Write output.float(); predicted classes cannot be trained on, outputs can.",
        )  # fmt: skip


def known(tensor: Any) -> np.ndarray | None:
    """The tensor's values, or None while only its shape is known."""
    value = tensor.node.value
    return value if isinstance(value, np.ndarray) else None


def refuse_outside(name: str, role: str, tensor: Any, instead: str) -> None:
    """Raises ArgumentError where a known number lies outside of [0, 1]."""
    values = known(tensor)
    if values is None or not values.size or values.dtype.kind == "b":
        return
    outside = (values < 0) | (values > 1)
    if outside.any():
        place = np.unravel_index(int(outside.argmax()), values.shape)
        raise ArgumentError(
            f"{name} got the {role} {values[place]:.6g}{_at(place)}",
            why="a probability lies between 0 and 1",
            instead=instead,
        )


def refuse_other_signs(name: str, target: Any) -> None:
    """Raises ArgumentError where a known target is neither −1 nor +1."""
    values = known(target)
    if values is None:
        return
    strange = np.abs(values) != 1 if values.dtype.kind != "b" else np.ones(values.shape, bool)
    if strange.any():
        place = np.unravel_index(int(strange.argmax()), values.shape)
        raise ArgumentError(
            f"{name} got the target {values[place].item()!r}{_at(place)}",
            why="the two classes are −1 and +1",
            instead="From labels 0 and 1 write 2.0 * target - 1.0.",
        )


def refuse_strange_labels(name: str, target: Any, classes: int, ignore_index: int) -> bool:
    """Whether labels may have to be ignored; where they are known, they must be those of classes.

    Raises:
        ArgumentError: a label is neither in 0 … classes − 1 nor `ignore_index`.
    """
    labels = known(target)
    if labels is None:
        return True
    ignored = labels == ignore_index
    strange = ((labels < 0) | (labels >= classes)) & ~ignored
    if strange.any():
        place = np.unravel_index(int(strange.argmax()), labels.shape)
        from_one = labels.min() >= 1 and labels.max() == classes
        raise ArgumentError(
            f"{name} got the label {labels[place]}{_at(place)}",
            why=f"the output has {classes} classes, with labels 0 to {classes - 1}",
            instead="Labels that count from 1 become target - 1."
            if from_one
            else f"Mend the label, or let the last layer give {int(labels.max()) + 1} outputs."
            if labels[place] > 0
            else "Mend the label, or name it as ignore_index.",
        )
    return bool(ignored.any())


def _at(place: Sequence[Any]) -> str:
    """Where a value stands, in words: its row, and its place in the row."""
    if not place:
        return ""
    inside = f", place {', '.join(map(str, place[1:]))}" if len(place) > 1 else ""
    return f" in row {place[0]}{inside}"


def check_reduction(name: str, reduction: str, *more: str) -> None:
    """Raises ArgumentError for a reduction that does not exist."""
    if reduction not in (*REDUCTIONS, *more):
        choices = ", ".join(repr(one) for one in (*REDUCTIONS, *more))
        raise ArgumentError(
            f"{name} got reduction={reduction!r}", instead=f"Write one of {choices}."
        )


def check_smoothing(name: str, label_smoothing: Any) -> None:
    """Raises ArgumentError where the share of a target to spread is not within [0, 1]."""
    if not isinstance(label_smoothing, Real) or not 0 <= float(label_smoothing) <= 1:
        raise ArgumentError(
            f"{name} got label_smoothing={label_smoothing!r}", instead="Give a share from 0 to 1."
        )


def reduced(
    name: str, losses: Any, reduction: str, sample_weight: Any = None, share: Any = None
) -> Any:
    """The losses as they are, their sum, or their weighted mean.

    Args:
        name: the loss, for errors.
        losses: (N, …), with class weights multiplied in already.
        reduction: "none", "sum" or "mean".
        sample_weight: (N,), what each sample counts; 1 where it is None.
        share: (N, …), what each loss counts in the mean before that; 1 where it is None.

    Raises:
        ShapeError: there is not one weight a sample.
    """
    if sample_weight is not None:
        weight = _spread(name, sample_weight, losses)
        losses = losses * weight
        share = weight if share is None else share * weight
    if reduction == "none":
        return losses
    if reduction == "sum":
        return total(losses)
    return mean(losses) if share is None else total(losses) / total(share)


def _spread(name: str, sample_weight: Any, losses: Any) -> Any:
    weight = as_tensor(state.interpreter, sample_weight)
    if not losses.shape or weight.shape != losses.shape[:1]:
        raise ShapeError(
            f"{name} got sample weights of shape {weight.shape} for losses of shape {losses.shape}",
            why="each sample, a row, has one weight",
            instead=f"Give weights of shape {losses.shape[:1]}." if losses.shape else "",
        )
    weight = cast(weight, losses.dtype)
    for _ in losses.shape[1:]:
        weight = unsqueeze(weight, -1)
    return weight if weight.shape == losses.shape else expand(weight, losses.shape)
