"""Losses that compare each output with its own target: of regression, and of two classes.

All losses take the output first and the target second. `reduction` says what becomes of the single
losses: "mean", "sum", or "none" to keep them. `sample_weight` (N,) weights the samples: the mean is
then Σ w·loss / Σ w. (PyTorch's deprecated arguments `size_average` and `reduce` do not exist; the
arguments that stand behind them there are given by name.)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from holograd.eager import as_tensor
from holograd.errors import ArgumentError, ShapeError
from holograd.graph import state
from holograd.nn.loss_checks import (
    check_reduction,
    paired,
    reduced,
    refuse_other_signs,
    refuse_outside,
)
from holograd.ops.elementwise import abs as absolute
from holograd.ops.elementwise import (
    cast,
    identity,
    log,
    log1p,
    log_sigmoid,
    relu,
    square,
    where,
)
from holograd.ops.table import composite
from holograd.tensor import no_grad

# Where binary_cross_entropy cuts off logarithms, and what its gradient is divided by there.
LEAST_LOG = -100.0
LEAST_PRODUCT = 1e-12


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
        tensor([0.125, 2.5  ])
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
        tensor([0.0625, 2.    ])
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
    infinity. The gradient is (p − t) / (p (1 − p)), and there (p − t) / 10⁻¹², as in PyTorch. A
    probability too small for a normal float counts as 0. From logits,
    `binary_cross_entropy_with_logits` is exact everywhere: prefer it for training.

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
        tensor([  0.6931, 100.    ])
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
    with no_grad():
        known = identity(input)
        no_way, sure = known <= least, known >= 1
        certain = no_way | sure
    # Where the output is certain, the logarithms are constants, and a parabola that is 0 at this
    # output gives the gradient.
    inside = where(certain, 0.5, input)
    yes = where(no_way, LEAST_LOG, where(sure, 0.0, log(inside)))
    no = where(sure, LEAST_LOG, where(no_way, 0.0, log1p(-inside)))
    change = where(certain, input - known, 0.0)
    parabola = change * (0.5 * change + known - target)
    losses = parabola / LEAST_PRODUCT - (target * yes + (1.0 - target) * no)
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
    yes = _weighted(name, target, pos_weight, input.dtype, "pos_weight")
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
        tensor([0. , 1.5])
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


def _weighted(
    name: str, losses: Any, weight: Any, dtype: np.dtype | None = None, argument: str = "weight"
) -> Any:
    """`losses` times weights that broadcast to their shape."""
    if weight is None:
        return losses
    weight = cast(as_tensor(state.interpreter, weight), dtype or losses.dtype)
    spread = zip(reversed(weight.shape), reversed(losses.shape), strict=False)
    if weight.ndim > losses.ndim or any(one not in (1, other) for one, other in spread):
        raise ShapeError(
            f"{name} got a {argument} of shape {weight.shape} for losses of shape {losses.shape}",
            why="each loss has one weight",
            instead=f"Give one number, or weights of shape {losses.shape[-1:]}"
            + (f" or {losses.shape}." if losses.ndim > 1 else "."),
        )
    return losses * weight
