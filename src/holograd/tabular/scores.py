"""How good a table model's answers are: the scores that people quote, and who was taken for whom.

Classification goes by logits (N, C) and class numbers (N,); regression by numbers in the target's
own unit. Everything is computed in float64.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from holograd.training.metrics import (
    confusion_matrix,
    macro_f1,
    mean_absolute_error,
    mean_squared_error,
    r2_score,
)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The scores of a model on some rows.

    Attributes:
        task: "classification" or "regression".
        rows: how many rows were compared; those without a target are left out.
        scores: for classification "accuracy", "balanced_accuracy", "macro_f1", "log_loss" and, if
            the rows are of two classes or more, "auc"; for regression "r2", "mae" and "rmse".
        classes: the classes' names, in order; empty for regression.
        confusion: (C, C) how many rows of class i (a row) got the answer j (a column); None for
            regression.
    """

    task: str
    rows: int
    scores: dict[str, float]
    classes: tuple[str, ...] = ()
    confusion: np.ndarray | None = None

    def to_dict(self) -> dict[str, Any]:
        """The same as plain numbers, texts, lists and dictionaries, for JSON; a score that does not
        exist, such as the AUC of one class, is None."""
        return {
            "task": self.task,
            "rows": self.rows,
            **({"auc": None} if self.task == "classification" else {}),
            **self.scores,
            "classes": list(self.classes),
            "confusion": None if self.confusion is None else self.confusion.tolist(),
        }


def evaluate_classes(
    logits: np.ndarray, targets: np.ndarray, classes: tuple[str, ...]
) -> Evaluation:
    """The scores of a classification.

    Args:
        logits: (N, C).
        targets: (N,) class numbers.
        classes: the C names.
    """
    confusion = confusion_matrix(logits, targets, classes=len(classes))
    right, support = confusion.diagonal(), confusion.sum(1)
    present = support > 0
    scores = {
        "accuracy": float(right.sum() / len(targets)),
        "balanced_accuracy": float((right[present] / support[present]).mean()),
        "macro_f1": macro_f1(logits, targets),
        "log_loss": log_loss(logits, targets),
    }
    if present.sum() > 1:
        scores["auc"] = auc(logits, targets)
    return Evaluation("classification", len(targets), scores, classes, confusion)


def evaluate_numbers(predicted: np.ndarray, targets: np.ndarray) -> Evaluation:
    """The scores of a regression: R², mean absolute error, root of the mean squared error.

    Args:
        predicted: (N,).
        targets: (N,).
    """
    scores = {
        "r2": r2_score(predicted, targets),
        "mae": mean_absolute_error(predicted, targets),
        "rmse": math.sqrt(mean_squared_error(predicted, targets)),
    }
    return Evaluation("regression", len(targets), scores)


def probabilities(logits: np.ndarray) -> np.ndarray:
    """The softmax of each row, (N, C) float64."""
    exponentials = np.exp(_below_zero(logits))
    return exponentials / exponentials.sum(1, keepdims=True)


def log_loss(logits: np.ndarray, targets: np.ndarray) -> float:
    """The mean of −ln p(true class), in nats. Nothing is cut off: a sure wrong answer costs much.

    Example:
        >>> round(log_loss(np.array([[0.0, 0.0], [9.0, 0.0]]), np.array([1, 0])), 4)
        0.3466
    """
    shifted = _below_zero(logits)
    own = np.take_along_axis(shifted, targets[:, None], 1)[:, 0]
    return float((np.log(np.exp(shifted).sum(1)) - own).mean())


def auc(logits: np.ndarray, targets: np.ndarray) -> float:
    """The area under the ROC curve: how often a row of a class gets a higher score for it than a
    row of another class; equal scores count one half.

    Of two classes it is that of the second; of more, the mean over the classes that occur, each
    against all others.

    Args:
        logits: (N, C).
        targets: (N,) class numbers, of two different ones at least.

    Source: J. A. Hanley and B. J. McNeil, The meaning and use of the area under a receiver
    operating characteristic (ROC) curve, Radiology 143, 1982.

    Example:
        >>> logits = np.array([[0.0, -1.0], [0.0, 2.0], [0.0, 2.0], [0.0, 3.0]])
        >>> auc(logits, np.array([0, 0, 1, 1]))
        0.875
    """
    if logits.shape[1] == 2:
        return _area(logits[:, 1].astype(np.float64) - logits[:, 0], targets == 1)
    shares = probabilities(logits)
    return float(np.mean([_area(shares[:, one], targets == one) for one in np.unique(targets)]))


def _area(scores: np.ndarray, positive: np.ndarray) -> float:
    """By the sum of the ranks of the positive rows; equal scores share their mean rank."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    count = int(positive.sum())
    pairs = count * (len(scores) - count)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / pairs)


def _below_zero(logits: np.ndarray) -> np.ndarray:
    """Logits less the highest one of each row, so that no exponential is too large."""
    logits = logits.astype(np.float64)
    return logits - logits.max(1, keepdims=True)
