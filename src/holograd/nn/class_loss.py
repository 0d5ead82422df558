"""Losses over classes: cross-entropy of labels or of probabilities, and relative entropy."""

from __future__ import annotations

from typing import Any

from holograd.eager import as_tensor
from holograd.errors import DtypeError, ShapeError
from holograd.graph import state
from holograd.nn.loss_checks import (
    check_reduction,
    check_smoothing,
    paired,
    reduced,
    refuse_strange_labels,
    refuse_whole_numbers,
)
from holograd.ops.elementwise import cast, exp, log, where
from holograd.ops.gather import embedding, gather
from holograd.ops.movement import flatten, squeeze, unsqueeze
from holograd.ops.reduce import log_softmax
from holograd.ops.reduce import sum as total
from holograd.ops.table import INT64, composite


@composite
def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    sample_weight: Any = None,
) -> Any:
    """The cross-entropy of the softmax of raw outputs: −ln softmax(x)[label].

    For targets that are probabilities q of the classes it is −Σ q·ln softmax(x). With class weights
    w and labels, "mean" is Σ w[label]·loss / Σ w[label].

    Args:
        input: raw outputs (logits), (C,), (N, C) or (N, C, d1, …): C is the number of classes.
        target: labels from 0 to C − 1 as integers, of shape (), (N,) or (N, d1, …); or
            probabilities as floats, of the shape of `input`.
        weight: (C,), what each class counts.
        ignore_index: labels of this number count nothing.
        reduction: "mean", "sum" or "none".
        label_smoothing: the share ε of each target that is spread over all classes alike.
        sample_weight: (N,), what each sample counts.

    Raises:
        ShapeError: the shapes do not fit, or there is only one class, whose loss is always 0.
        DtypeError: labels that are not integers, probabilities that are not floats.
        ArgumentError: a label outside of 0 … C − 1, or a share outside of 0 … 1.

    Example:
        >>> import holograd as hg
        >>> logits = hg.tensor([[2.0, 0.0], [0.0, 10000.0]])
        >>> cross_entropy(logits, hg.tensor([0, 0]), reduction="none")
        tensor([1.2693e-01, 1.0000e+04])
    """
    name = "cross_entropy"
    check_reduction(name, reduction)
    check_smoothing(name, label_smoothing)
    input, target = as_tensor(state.interpreter, input), as_tensor(state.interpreter, target)
    dim = _class_dim(name, input)
    if input.shape[dim] == 1:
        raise ShapeError(
            f"{name} got outputs of shape {input.shape}, with one class",
            why="the softmax of one number is 1, so that the loss is always 0",
            instead="Write binary_cross_entropy_with_logits, or let the last layer give 2 outputs.",
        )
    logarithms = log_softmax(input, dim)
    if target.shape == input.shape and target.dtype.kind == "f":
        if label_smoothing:
            target = target * (1.0 - label_smoothing) + label_smoothing / input.shape[dim]
        losses = -total(_by_class(name, target * logarithms, weight, dim), dim)
        return reduced(name, losses, reduction, sample_weight)
    return _of_labels(
        name, logarithms, target, weight, ignore_index, reduction, label_smoothing, sample_weight
    )


@composite
def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    sample_weight: Any = None,
) -> Any:
    """The negative log-likelihood: −input[label], for outputs of `log_softmax`.

    Takes and raises what `cross_entropy` does, for labels.

    Example:
        >>> import holograd as hg
        >>> logarithms = hg.log_softmax(hg.tensor([[2.0, 0.0]]), 1)
        >>> nll_loss(logarithms, hg.tensor([0]))
        tensor(0.1269)
    """
    check_reduction("nll_loss", reduction)
    input, target = as_tensor(state.interpreter, input), as_tensor(state.interpreter, target)
    _class_dim("nll_loss", input)
    return _of_labels(
        "nll_loss", input, target, weight, ignore_index, reduction, 0.0, sample_weight
    )


@composite
def kl_div(
    input: Any,
    target: Any,
    *,
    reduction: str = "mean",
    log_target: bool = False,
    sample_weight: Any = None,
) -> Any:
    """The Kullback-Leibler divergence of log-probabilities from a target: t·(ln t − input).

    The divergence itself is the sum over the classes: write reduction="batchmean", which divides by
    the number of samples; "mean", the default as in PyTorch, also divides by that of classes.

    Args:
        input: log-probabilities, of any shape.
        target: probabilities, of the same shape; their logarithms where `log_target` is true.
        reduction: "mean", "batchmean", "sum" or "none".
        log_target: whether the target holds logarithms.
        sample_weight: (N,), what each sample counts.

    Raises:
        ShapeError: the shapes differ, or there are no samples to divide by.

    Example:
        >>> import holograd as hg
        >>> even, target = hg.log(hg.tensor([[0.5, 0.5]])), hg.tensor([[1.0, 0.0]])
        >>> kl_div(even, target, reduction="batchmean")
        tensor(0.6931)
    """
    name = "kl_div"
    check_reduction(name, reduction, "batchmean")
    input, target = paired(name, input, target)
    if log_target:
        losses = exp(target) * (target - input)
    else:
        losses = target * log(where(target == 0, 1.0, target)) - target * input  # 0·ln 0 is 0
    if reduction != "batchmean":
        return reduced(name, losses, reduction, sample_weight)
    if not losses.shape:
        raise ShapeError(
            "kl_div got reduction='batchmean' for one number", instead="Write reduction='sum'."
        )
    by_sample = total(flatten(losses, 1), 1) if len(losses.shape) > 1 else losses
    return reduced(name, by_sample, "mean", sample_weight)


def _class_dim(name: str, input: Any) -> int:
    """The dimension of the classes: the only one, or the second."""
    refuse_whole_numbers(name, input)
    if not input.shape:
        raise ShapeError(f"{name} got one number as output", instead="Give outputs (N, C).")
    return 0 if len(input.shape) == 1 else 1


def _by_class(name: str, values: Any, weight: Any, dim: int) -> Any:
    """`values` times the weights of the classes, which lie along `dim`."""
    if weight is None:
        return values
    weight = _class_weights(name, weight, values, dim)
    for _ in values.shape[dim + 1 :]:
        weight = unsqueeze(weight, -1)
    return values * weight


def _class_weights(name: str, weight: Any, values: Any, dim: int) -> Any:
    weight = as_tensor(state.interpreter, weight)
    if weight.shape != (values.shape[dim],):
        raise ShapeError(
            f"{name} got class weights of shape {weight.shape} for {values.shape[dim]} classes",
            instead=f"Give one weight a class, shape ({values.shape[dim]},).",
        )
    return cast(weight, values.dtype)


def _of_labels(
    name: str,
    logarithms: Any,
    target: Any,
    weight: Any,
    ignore_index: int,
    reduction: str,
    smoothing: float,
    sample_weight: Any,
) -> Any:
    """−logarithms[label], weighted, smoothed, and 0 where the label is to be ignored."""
    dim = _class_dim(name, logarithms)
    classes = logarithms.shape[dim]
    _check_labels(name, logarithms.shape, target, dim)
    label = cast(target, INT64)
    ignored = None
    if refuse_strange_labels(name, target, classes, ignore_index):
        ignored = label == ignore_index
        label = where(ignored, 0, label)
    losses = -squeeze(gather(logarithms, dim, unsqueeze(label, dim)), dim)
    share = None
    if weight is not None:
        share = embedding(label, _class_weights(name, weight, logarithms, dim))
        losses = losses * share
    if smoothing:
        spread = -total(_by_class(name, logarithms, weight, dim), dim)
        losses = (1.0 - smoothing) * losses + (smoothing / classes) * spread
    if ignored is not None:
        share = where(ignored, 0.0, cast(~ignored, losses.dtype) if share is None else share)
        losses = where(ignored, 0.0, losses)
    return reduced(name, losses, reduction, sample_weight, share)


def _check_labels(name: str, shape: tuple[int, ...], target: Any, dim: int) -> None:
    """Raises ShapeError or DtypeError where `target` cannot be the labels for outputs (N, C, …)."""
    wanted = (*shape[:dim], *shape[dim + 1 :])
    if target.shape == shape and name == "cross_entropy":
        raise DtypeError(
            f"{name} got a target of {target.dtype} with the output's shape {shape}",
            why="a target of that shape holds the classes' probabilities, as floats",
            instead=f"Write target.float(), or the labels, target.argmax({dim}).",
        )
    if target.shape != wanted:
        excess = target.shape == (*shape[:dim], 1, *shape[dim + 1 :])
        probable = f", or probabilities of shape {shape}" if name == "cross_entropy" else ""
        raise ShapeError(
            f"{name} of an output of shape {shape} takes labels of shape {wanted}{probable}, and "
            f"got a target of shape {target.shape}",
            instead=f"Write target.squeeze({dim})." if excess else "",
        )
    if target.dtype.kind not in "iu":
        raise DtypeError(
            f"{name} got labels of {target.dtype}",
            why="labels are integers, the numbers of the classes",
            instead="Write target.long().",
        )
