"""Losses: how far an output is from its target, as one number to make small.

All take the output first and the target second. `reduction` says what becomes of the single
losses: "mean", "sum", or "none" to keep them. `sample_weight` (N,) weights the samples: the mean is
then Σ w·loss / Σ w. (PyTorch's deprecated arguments `size_average` and `reduce` do not exist; the
arguments that stand behind them there are given by name.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from holograd.eager import as_tensor
from holograd.errors import ArgumentError, DtypeError, ShapeError
from holograd.graph import state
from holograd.nn.loss_checks import (
    check_reduction,
    paired,
    reduced,
    refuse_other_signs,
    refuse_outside,
    refuse_strange_labels,
    refuse_whole_numbers,
)
from holograd.ops.elementwise import abs as absolute
from holograd.ops.elementwise import cast, exp, log, log1p, log_sigmoid, relu, square, where
from holograd.ops.gather import embedding, gather
from holograd.ops.movement import flatten, squeeze, unsqueeze
from holograd.ops.reduce import log_softmax
from holograd.ops.reduce import sum as total
from holograd.ops.table import INT64, composite

LEAST_LOG = -100.0  # where binary_cross_entropy cuts logarithms off, as PyTorch does


# --- regression ---


@composite
def mse_loss(input: Any, target: Any, *, reduction: str = "mean", sample_weight: Any = None) -> Any:
    """The mean squared error, the mean of (input − target)².

    Args:
        input: the output, floats of any shape.
        target: of the same shape.
        reduction: "mean", "sum" or "none".
        sample_weight: (N,), what each sample counts.

    Raises:
        ShapeError: the shapes differ, also (N,) and (N, 1).

    Example:
        >>> import holograd as hg
        >>> float(mse_loss(hg.tensor([1.0, 2.0]), hg.tensor([0.0, 4.0])))
        2.5
    """
    check_reduction("mse_loss", reduction)
    input, target = paired("mse_loss", input, target)
    return reduced("mse_loss", square(input - target), reduction, sample_weight)


@composite
def l1_loss(input: Any, target: Any, *, reduction: str = "mean", sample_weight: Any = None) -> Any:
    """The mean absolute error, the mean of |input − target|; its gradient is 0 where they agree.

    Takes and raises what `mse_loss` does.

    Example:
        >>> import holograd as hg
        >>> float(l1_loss(hg.tensor([1.0, 2.0]), hg.tensor([0.0, 4.0])))
        1.5
    """
    check_reduction("l1_loss", reduction)
    input, target = paired("l1_loss", input, target)
    return reduced("l1_loss", absolute(input - target), reduction, sample_weight)


@composite
def huber_loss(
    input: Any,
    target: Any,
    reduction: str = "mean",
    delta: float = 1.0,
    *,
    sample_weight: Any = None,
) -> Any:
    """Huber's loss: r²/2 for |r| = |input − target| below δ, and δ·(|r| − δ/2) above, so that an
    outlier pulls with a force of at most δ.

    Takes and raises what `mse_loss` does; `delta` is positive. P. J. Huber, "Robust Estimation of a
    Location Parameter", 1964.

    Example:
        >>> import holograd as hg
        >>> huber_loss(hg.tensor([0.5, 3.0]), hg.tensor([0.0, 0.0]), reduction="none")
        tensor([0.1250, 2.5000])
    """
    check_reduction("huber_loss", reduction)
    if not delta > 0:
        raise ArgumentError(f"huber_loss got delta={delta}", instead="Give a positive number.")
    input, target = paired("huber_loss", input, target)
    size = absolute(input - target)
    losses = where(size < delta, 0.5 * square(size), delta * (size - 0.5 * delta))
    return reduced("huber_loss", losses, reduction, sample_weight)


@composite
def smooth_l1_loss(
    input: Any,
    target: Any,
    *,
    reduction: str = "mean",
    beta: float = 1.0,
    sample_weight: Any = None,
) -> Any:
    """|r| = |input − target| with a round bottom: r²/2β below β, and |r| − β/2 above; it is
    huber_loss / β, and l1_loss where β is 0.

    Takes and raises what `mse_loss` does; `beta` is not negative. R. Girshick, "Fast R-CNN", 2015.

    Example:
        >>> import holograd as hg
        >>> smooth_l1_loss(hg.tensor([0.5, 3.0]), hg.tensor([0.0, 0.0]), reduction="none", beta=2.0)
        tensor([0.0625, 2.0000])
    """
    check_reduction("smooth_l1_loss", reduction)
    if not beta >= 0:
        raise ArgumentError(
            f"smooth_l1_loss got beta={beta}", instead="Give 0 or a positive number."
        )
    input, target = paired("smooth_l1_loss", input, target)
    size = absolute(input - target)
    losses = where(size < beta, square(size) * (0.5 / beta), size - 0.5 * beta) if beta else size
    return reduced("smooth_l1_loss", losses, reduction, sample_weight)


# --- two classes ---


@composite
def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    reduction: str = "mean",
    sample_weight: Any = None,
) -> Any:
    """The cross-entropy of probabilities of a yes: −t·ln p − (1 − t)·ln(1 − p).

    Logarithms are cut off at −100, so that a certain and wrong output costs 100 instead of
    infinity; the gradient is 0 there. A probability too small for a normal float counts as 0. From
    logits, `binary_cross_entropy_with_logits` is exact everywhere: prefer it for training.

    Args:
        input: probabilities, of any shape, as the sigmoid gives them.
        target: the probability wanted, usually 0 or 1, of the same shape.
        weight: factors for the single losses, broadcast to their shape.
        reduction: "mean", "sum" or "none".
        sample_weight: (N,), what each sample counts.

    Raises:
        ShapeError: the shapes differ, also (N,) and (N, 1).
        ArgumentError: an output or a target is not between 0 and 1.

    Example:
        >>> import holograd as hg
        >>> binary_cross_entropy(hg.tensor([0.5, 0.0]), hg.tensor([1.0, 1.0]), reduction="none")
        tensor([  0.6931, 100.0000])
    """
    name = "binary_cross_entropy"
    check_reduction(name, reduction)
    input, target = paired(name, input, target)
    refuse_outside(
        name, "output", input,
        "End the model in a sigmoid, or write binary_cross_entropy_with_logits for raw outputs.",
    )  # fmt: skip
    _refuse_labels_not_binary(name, target)
    least = max(math.exp(LEAST_LOG), float(np.finfo(input.dtype).smallest_normal))
    # The inner `where` keeps 1/p finite for the gradient of the side that is not chosen.
    yes = where(input > least, log(where(input > least, input, 1.0)), LEAST_LOG)
    no = where(input < 1, log1p(-where(input < 1, input, 0.0)), LEAST_LOG)
    losses = -(target * yes + (1.0 - target) * no)
    return reduced(name, _weighted(name, losses, weight), reduction, sample_weight)


@composite
def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    reduction: str = "mean",
    pos_weight: Any = None,
    sample_weight: Any = None,
) -> Any:
    """The cross-entropy of the sigmoid of raw outputs: −t·ln σ(x) − (1 − t)·ln σ(−x).

    Exact for logits of any size, since σ itself is never formed.

    Args:
        input: raw outputs (logits), of any shape.
        target: the probability wanted, usually 0 or 1, of the same shape.
        weight: factors for the single losses, broadcast to their shape.
        reduction: "mean", "sum" or "none".
        pos_weight: factors for the part of the yes, broadcast from the last dimension; greater
            than 1 where yes is rare.
        sample_weight: (N,), what each sample counts.

    Raises:
        ShapeError: the shapes differ, also (N,) and (N, 1).
        ArgumentError: a target is not between 0 and 1.

    Example:
        >>> import holograd as hg
        >>> logits, target = hg.tensor([0.0, -10000.0]), hg.tensor([1.0, 1.0])
        >>> binary_cross_entropy_with_logits(logits, target, reduction="none").tolist()
        [0.6931471824645996, 10000.0]
    """
    name = "binary_cross_entropy_with_logits"
    check_reduction(name, reduction)
    input, target = paired(name, input, target)
    _refuse_labels_not_binary(name, target)
    yes = target if pos_weight is None else _weighted(name, target, pos_weight, input.dtype)
    losses = -(yes * log_sigmoid(input) + (1.0 - target) * log_sigmoid(-input))
    return reduced(name, _weighted(name, losses, weight), reduction, sample_weight)


@composite
def hinge_loss(
    input: Any, target: Any, *, reduction: str = "mean", sample_weight: Any = None
) -> Any:
    """The hinge of support vector machines: max(0, 1 − t·x), 0 from a margin of 1 on.

    Args:
        input: raw outputs, of any shape; their sign is the class predicted.
        target: −1 or +1, of the same shape.
        reduction: "mean", "sum" or "none".
        sample_weight: (N,), what each sample counts.

    Raises:
        ShapeError: the shapes differ, also (N,) and (N, 1).
        ArgumentError: a target is neither −1 nor +1.

    Example:
        >>> import holograd as hg
        >>> hinge_loss(hg.tensor([2.0, 0.5]), hg.tensor([1.0, -1.0]), reduction="none")
        tensor([0.0000, 1.5000])
    """
    check_reduction("hinge_loss", reduction)
    input, target = paired("hinge_loss", input, target)
    refuse_other_signs("hinge_loss", target)
    return reduced("hinge_loss", relu(1.0 - target * input), reduction, sample_weight)


def _refuse_labels_not_binary(name: str, target: Any) -> None:
    refuse_outside(
        name, "target", target,
        "From labels −1 and +1 write (target + 1) / 2; for several classes write cross_entropy.",
    )  # fmt: skip


def _weighted(name: str, losses: Any, weight: Any, dtype: np.dtype | None = None) -> Any:
    """`losses` times weights that broadcast to their shape."""
    if weight is None:
        return losses
    weight = cast(as_tensor(state.interpreter, weight), dtype or losses.dtype)
    result = losses * weight
    if result.shape != losses.shape:
        raise ShapeError(
            f"{name} got weights of shape {weight.shape} for losses of shape {losses.shape}",
            why="each loss has one weight",
        )
    return result


# --- several classes ---


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
        ArgumentError: a label outside of 0 … C − 1.

    Example:
        >>> import holograd as hg
        >>> logits = hg.tensor([[2.0, 0.0], [0.0, 10000.0]])
        >>> cross_entropy(logits, hg.tensor([0, 0]), reduction="none")
        tensor([1.2693e-01, 1.0000e+04])
    """
    name = "cross_entropy"
    check_reduction(name, reduction)
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(
            f"{name} got label_smoothing={label_smoothing}", instead="Give a share from 0 to 1."
        )
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
