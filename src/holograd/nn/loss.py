"""The losses as modules that keep their settings: `loss = MSELoss()`, then `loss(output, target)`.

Each is called with the output, the target and, by name, `sample_weight` (N,). The formulas, shapes
and errors are those of the functions of `holograd.nn.functional`.
"""

from __future__ import annotations

from typing import Any

from holograd.creation import tensor as new_tensor
from holograd.nn.class_loss import cross_entropy, kl_div, nll_loss
from holograd.nn.functional_loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_loss,
    huber_loss,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)
from holograd.nn.loss_checks import check_reduction, check_smoothing
from holograd.nn.module import Module
from holograd.tensor import Tensor


class Loss(Module):
    """The base of the losses: what becomes of the single losses is the same for all.

    Args:
        reduction: "mean", "sum" or "none".

    Raises:
        ArgumentError: another reduction.

    Example:
        A loss of one's own:

        >>> import holograd as hg
        >>> class CubeLoss(Loss):
        ...     def forward(self, input, target):
        ...         return (abs(input - target) ** 3).mean()
        >>> float(CubeLoss()(hg.tensor([2.0]), hg.tensor([0.0])))
        8.0
    """

    def __init__(self, *, reduction: str = "mean"):
        check_reduction(type(self).__name__, reduction, *self.more_reductions)
        self.reduction = reduction

    more_reductions: tuple[str, ...] = ()


def _buffer(weight: Any) -> Tensor | None:
    return weight if weight is None or isinstance(weight, Tensor) else new_tensor(weight)


class MSELoss(Loss):
    """The mean squared error, the mean of (output − target)²: see `functional.mse_loss`.

    Example:
        >>> import holograd as hg
        >>> float(MSELoss()(hg.tensor([1.0, 2.0]), hg.tensor([0.0, 4.0])))
        2.5
    """

    def forward(self, input: Any, target: Any, *, sample_weight: Any = None) -> Any:
        """The loss of `input` against `target`, of one shape."""
        return mse_loss(input, target, reduction=self.reduction, sample_weight=sample_weight)


class L1Loss(Loss):
    """The mean absolute error, the mean of |output − target|: see `functional.l1_loss`.

    Example:
        >>> import holograd as hg
        >>> float(L1Loss(reduction="sum")(hg.tensor([1.0, 2.0]), hg.tensor([0.0, 4.0])))
        3.0
    """

    def forward(self, input: Any, target: Any, *, sample_weight: Any = None) -> Any:
        """The loss of `input` against `target`, of one shape."""
        return l1_loss(input, target, reduction=self.reduction, sample_weight=sample_weight)


class HuberLoss(Loss):
    """Half the square of small errors, δ times large ones: see `functional.huber_loss`.

    Args:
        reduction: "mean", "sum" or "none".
        delta: δ, the error from which on it is large.

    Example:
        >>> import holograd as hg
        >>> float(HuberLoss(delta=2.0)(hg.tensor([3.0]), hg.tensor([0.0])))
        4.0
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0):
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any, *, sample_weight: Any = None) -> Any:
        """The loss of `input` against `target`, of one shape."""
        return huber_loss(input, target, self.reduction, self.delta, sample_weight=sample_weight)


class SmoothL1Loss(Loss):
    """The absolute error with a round bottom of width β: see `functional.smooth_l1_loss`.

    Args:
        reduction: "mean", "sum" or "none".
        beta: β, the error from which on it counts in full.

    Example:
        >>> import holograd as hg
        >>> float(SmoothL1Loss(beta=2.0)(hg.tensor([3.0]), hg.tensor([0.0])))
        2.0
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0):
        super().__init__(reduction=reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any, *, sample_weight: Any = None) -> Any:
        """The loss of `input` against `target`, of one shape."""
        return smooth_l1_loss(
            input, target, reduction=self.reduction, beta=self.beta, sample_weight=sample_weight
        )


class BCELoss(Loss):
    """The cross-entropy of probabilities of a yes: see `functional.binary_cross_entropy`.

    Args:
        weight: factors for the single losses, broadcast to their shape.
        reduction: "mean", "sum" or "none".

    Example:
        >>> import holograd as hg
        >>> round(float(BCELoss()(hg.tensor([0.5]), hg.tensor([1.0]))), 4)
        0.6931
    """

    weight: Tensor | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        self.register_buffer("weight", _buffer(weight))

    def forward(self, input: Any, target: Any, *, sample_weight: Any = None) -> Any:
        """The loss of probabilities against `target`, of one shape."""
        return binary_cross_entropy(
            input, target, self.weight, reduction=self.reduction, sample_weight=sample_weight
        )


class BCEWithLogitsLoss(Loss):
    """The cross-entropy of the sigmoid of raw outputs: see
    `functional.binary_cross_entropy_with_logits`.

    Args:
        weight: factors for the single losses, broadcast to their shape.
        reduction: "mean", "sum" or "none".
        pos_weight: factors for the part of the yes, broadcast from the last dimension.

    Example:
        >>> import holograd as hg
        >>> float(BCEWithLogitsLoss()(hg.tensor([-10000.0]), hg.tensor([1.0])))
        10000.0
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None):
        super().__init__(reduction=reduction)
        self.register_buffer("weight", _buffer(weight))
        self.register_buffer("pos_weight", _buffer(pos_weight))

    def forward(self, input: Any, target: Any, *, sample_weight: Any = None) -> Any:
        """The loss of logits against `target`, of one shape."""
        return binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight,
            sample_weight=sample_weight,
        )  # fmt: skip


class CrossEntropyLoss(Loss):
    """The cross-entropy of the softmax of raw outputs (N, C, …) with labels or probabilities: see
    `functional.cross_entropy`.

    Args:
        weight: (C,), what each class counts.
        ignore_index: labels of this number count nothing.
        reduction: "mean", "sum" or "none".
        label_smoothing: the share of each target that is spread over all classes alike.

    Raises:
        ArgumentError: an unknown reduction, or a share outside of 0 … 1.

    Example:
        >>> import holograd as hg
        >>> round(float(CrossEntropyLoss()(hg.tensor([[2.0, 0.0]]), hg.tensor([0]))), 4)
        0.1269
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Any = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ):
        super().__init__(reduction=reduction)
        self.register_buffer("weight", _buffer(weight))
        self.ignore_index = ignore_index
        check_smoothing("CrossEntropyLoss", label_smoothing)
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any, *, sample_weight: Any = None) -> Any:
        """The loss of logits (N, C, …) against labels (N, …) or probabilities (N, C, …)."""
        return cross_entropy(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction,
            label_smoothing=self.label_smoothing, sample_weight=sample_weight,
        )  # fmt: skip


class NLLLoss(Loss):
    """The negative log-likelihood, of outputs of `LogSoftmax` (N, C, …): see `functional.nll_loss`.

    Args:
        weight: (C,), what each class counts.
        ignore_index: labels of this number count nothing.
        reduction: "mean", "sum" or "none".

    Example:
        >>> import holograd as hg
        >>> float(NLLLoss()(hg.tensor([[-1.5, -0.25]]), hg.tensor([1])))
        0.25
    """

    weight: Tensor | None

    def __init__(self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        self.register_buffer("weight", _buffer(weight))
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any, *, sample_weight: Any = None) -> Any:
        """The loss of log-probabilities (N, C, …) against labels (N, …)."""
        return nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction,
            sample_weight=sample_weight,
        )  # fmt: skip


class KLDivLoss(Loss):
    """The Kullback-Leibler divergence of log-probabilities from a target: see `functional.kl_div`.

    Args:
        reduction: "mean", "batchmean" (the divergence as it is defined), "sum" or "none".
        log_target: whether the target holds logarithms.

    Example:
        >>> import holograd as hg
        >>> even, target = hg.log(hg.tensor([[0.5, 0.5]])), hg.tensor([[1.0, 0.0]])
        >>> round(float(KLDivLoss(reduction="batchmean")(even, target)), 4)
        0.6931
    """

    more_reductions = ("batchmean",)

    def __init__(self, *, reduction: str = "mean", log_target: bool = False):
        super().__init__(reduction=reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any, *, sample_weight: Any = None) -> Any:
        """The loss of log-probabilities against `target`, of one shape."""
        return kl_div(
            input, target, reduction=self.reduction, log_target=self.log_target,
            sample_weight=sample_weight,
        )  # fmt: skip


class HingeLoss(Loss):
    """The hinge of support vector machines, for targets −1 and +1: see `functional.hinge_loss`.

    Example:
        >>> import holograd as hg
        >>> float(HingeLoss()(hg.tensor([0.5]), hg.tensor([-1.0])))
        1.5
    """

    def forward(self, input: Any, target: Any, *, sample_weight: Any = None) -> Any:
        """The loss of raw outputs against `target`, of one shape."""
        return hinge_loss(input, target, reduction=self.reduction, sample_weight=sample_weight)
