"""How good predictions are, in numbers that people quote: accuracy, F1, R² and their like.

All take the model's outputs first and the targets second, as the losses do, as tensors or as
arrays, and give Python numbers or NumPy arrays: what they tell is no part of a graph.

Functions of classes take three forms of outputs:

- scores (N, C) of C ≥ 2 classes, logits or probabilities alike: the highest score is the answer,
  the first one where several are equal. Targets are class numbers (N,), integers 0 .. C − 1.
- scores (N,) or (N, 1) of one class against the other: it is the answer above `threshold`, which
  is 0 for logits and 0.5 for probabilities and has to be said. Targets are 0 and 1, or −1 and +1,
  of shape (N,) or (N, 1).
- class numbers (N,), integers, against the same as targets.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from holograd.errors import ArgumentError, DataError, DtypeError, ShapeError
from holograd.tensor import Tensor

Numbers = Tensor | np.ndarray


def accuracy(output: Numbers, target: Numbers, threshold: float | None = None) -> float:
    """The share of rows whose class is the right one, between 0 and 1.

    Args:
        output: scores or class numbers, in one of the three forms above.
        target: the true classes.
        threshold: for scores of one class: above it the answer is 1.

    Raises:
        ArgumentError: a threshold is missing, or was given where there is none.
        DataError: there is no row, an output is NaN, or a target is no class.
        DtypeError, ShapeError: outputs and targets of none of the three forms.

    Example:
        >>> accuracy(np.array([[2.0, 1.0], [0.5, 0.1], [0.0, 3.0]]), np.array([0, 1, 1]))
        0.6666666666666666
    """
    predicted, true, _ = _classes("accuracy", output, target, threshold)
    return float((predicted == true).mean())


def top_k_accuracy(output: Numbers, target: Numbers, k: int = 5) -> float:
    """The share of rows whose true class is among the `k` with the highest scores.

    Equal scores rank in the order of the classes, so that k = 1 is `accuracy`.

    Args:
        output: scores (N, C).
        target: class numbers (N,), integers 0 .. C − 1.
        k: how many guesses a row has, 1 to C.

    Raises:
        ArgumentError: k is not from 1 to C.
        DataError, DtypeError, ShapeError: as for `accuracy`.

    Example:
        >>> top_k_accuracy(np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]]), np.array([1, 2]), k=2)
        0.5
    """
    scores = _array(output)
    if scores.ndim != 2 or scores.shape[1] < 2 or scores.dtype.kind != "f":
        raise ShapeError(
            f"top_k_accuracy got outputs {_form(scores)}",
            why="it ranks the scores of two or more classes",
            instead="Give scores (N, C).",
        )
    _, true, classes = _classes("top_k_accuracy", scores, target, None)
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= classes:
        raise ArgumentError(
            f"top_k_accuracy got k={k!r} for {classes} classes",
            instead=f"Write k=1 to k={classes}.",
        )
    own = np.take_along_axis(scores, true[:, None], axis=1)
    before = (scores == own) & (np.arange(classes) < true[:, None])
    rank = ((scores > own) | before).sum(axis=1)
    return float((rank < k).mean())


def confusion_matrix(
    output: Numbers, target: Numbers, threshold: float | None = None, classes: int | None = None
) -> np.ndarray:
    """How often rows of each true class were taken for each class.

    Args:
        output: scores or class numbers, in one of the three forms above.
        target: the true classes.
        threshold: for scores of one class: above it the answer is 1.
        classes: the number of classes, where outputs are class numbers; None takes the highest
            number that occurs, plus one.

    Returns:
        (C, C) int64: row i, column j counts rows of true class i that were taken for class j. The
        diagonal is what was right.

    Raises:
        ArgumentError, DataError, DtypeError, ShapeError: as for `accuracy`.

    Example:
        >>> confusion_matrix(np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0]))
        array([[2, 1],
               [0, 1]])
    """
    predicted, true, count = _classes("confusion_matrix", output, target, threshold, classes)
    return np.bincount(true * count + predicted, minlength=count * count).reshape(count, count)


class ClassScores(NamedTuple):
    """Precision, recall and F1 of each class, and their means.

    Attributes:
        precision: (C,) of the rows taken for a class, the share that is of it.
        recall: (C,) of the rows of a class, the share that was taken for it.
        f1: (C,) the harmonic mean of the two.
        support: (C,) int64, the number of rows of each class.
        macro: the plain means over the classes that occur among targets or answers.
        weighted: the means weighted by support.
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray
    macro: dict[str, float]
    weighted: dict[str, float]

    def __str__(self) -> str:
        lines = ["           precision     recall         f1    support"]
        columns = zip(self.precision, self.recall, self.f1, self.support, strict=True)
        for name, (precision, recall, f1, support) in enumerate(columns):
            lines.append(f"{name:>9}{precision:>11.3f}{recall:>11.3f}{f1:>11.3f}{support:>11}")
        for name, means in ("macro", self.macro), ("weighted", self.weighted):
            lines.append(f"{name:>9}" + "".join(f"{mean:>11.3f}" for mean in means.values()))
        return "\n".join(lines)


def precision_recall_f1(
    output: Numbers, target: Numbers, threshold: float | None = None, classes: int | None = None
) -> ClassScores:
    """Precision, recall and F1 of each class, and their macro and weighted means.

    With the counts of right answers (true positives t), wrong answers for the class (false
    positives p) and rows of the class missed (false negatives n): precision t / (t + p), recall
    t / (t + n), F1 2t / (2t + p + n). What would be 0 / 0 is 0.

    Args:
        output: scores or class numbers, in one of the three forms above.
        target: the true classes.
        threshold: for scores of one class: above it the answer is 1.
        classes: as for `confusion_matrix`.

    Raises:
        ArgumentError, DataError, DtypeError, ShapeError: as for `accuracy`.

    Source: C. J. van Rijsbergen, Information Retrieval, 2nd edition, 1979, chapter 7.

    Example:
        >>> scores = precision_recall_f1(np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0]))
        >>> scores.precision.tolist(), scores.recall.round(3).tolist(), scores.macro["f1"]
        ([1.0, 0.5], [0.667, 1.0], 0.7333333333333334)
    """
    matrix = confusion_matrix(output, target, threshold, classes)
    right, taken, support = matrix.diagonal(), matrix.sum(axis=0), matrix.sum(axis=1)
    columns = {
        "precision": right / np.maximum(taken, 1),
        "recall": right / np.maximum(support, 1),
        "f1": 2 * right / np.maximum(taken + support, 1),
    }
    occurring = (taken + support) > 0
    macro = {name: float(column[occurring].mean()) for name, column in columns.items()}
    weighted = {name: float(column @ support / support.sum()) for name, column in columns.items()}
    return ClassScores(**columns, support=support, macro=macro, weighted=weighted)


def macro_f1(output: Numbers, target: Numbers, threshold: float | None = None) -> float:
    """The plain mean of the classes' F1: see `precision_recall_f1`.

    Args:
        output: scores or class numbers, in one of the three forms above.
        target: the true classes.
        threshold: for scores of one class: above it the answer is 1.

    Example:
        >>> macro_f1(np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0]))
        0.7333333333333334
    """
    return precision_recall_f1(output, target, threshold).macro["f1"]


def mean_absolute_error(output: Numbers, target: Numbers) -> float:
    """The mean distance |output − target| over all numbers, in the targets' unit.

    Args:
        output: predictions, any shape.
        target: the true values, of the same shape.

    Raises:
        DataError: there is no number.
        ShapeError: the shapes differ.

    Example:
        >>> mean_absolute_error(np.array([1.0, 2.0]), np.array([1.5, 4.0]))
        1.25
    """
    predicted, true = _pair("mean_absolute_error", output, target)
    return float(np.abs(predicted - true).mean())


def mean_squared_error(output: Numbers, target: Numbers) -> float:
    """The mean of (output − target)² over all numbers, in the targets' unit squared.

    Args:
        output: predictions, any shape.
        target: the true values, of the same shape.

    Raises:
        DataError: there is no number.
        ShapeError: the shapes differ.

    Example:
        >>> mean_squared_error(np.array([1.0, 2.0]), np.array([1.5, 4.0]))
        2.125
    """
    predicted, true = _pair("mean_squared_error", output, target)
    return float(np.square(predicted - true).mean())


def r2_score(output: Numbers, target: Numbers) -> float:
    """R², the share of the targets' variance that the predictions explain: 1 is perfect.

    1 − Σ (target − output)² / Σ (target − mean of targets)², for each column of (N, D), and the
    mean of the D numbers. Predicting the mean gives 0, and worse predictions give less than 0. For
    a column whose targets are all equal it is 1 where the predictions are exact, else 0.

    Args:
        output: predictions, (N,) or (N, D).
        target: the true values, of the same shape.

    Raises:
        DataError: there is no number.
        ShapeError: the shapes differ.

    Example:
        >>> r2_score(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0]))
        0.5
    """
    predicted, true = _pair("r2_score", output, target)
    predicted, true = predicted.reshape(len(true), -1), true.reshape(len(true), -1)
    left = np.square(true - predicted).sum(axis=0)
    constant = (true == true[0]).all(axis=0)
    spread = np.square(true - true.mean(axis=0)).sum(axis=0)
    share = 1 - left / np.where(constant, 1, spread)
    return float(np.where(constant, np.where(left == 0, 1.0, 0.0), share).mean())


def _array(value: Any) -> np.ndarray:
    return value.value if isinstance(value, Tensor) else np.asarray(value)


def _form(array: np.ndarray) -> str:
    return f"of shape {array.shape} and type {array.dtype}"


def _pair(name: str, output: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both in float64, of one shape with at least one dimension."""
    predicted, true = _array(output), _array(target)
    if predicted.shape != true.shape:
        raise ShapeError(
            f"{name} got outputs of shape {predicted.shape} and targets of shape {true.shape}",
            why="number is compared with number, and broadcasting would compare all with all",
            instead=f"Write target.reshape({predicted.shape})."
            if predicted.size == true.size
            else "Give one target for each output.",
        )
    if predicted.size == 0:
        raise DataError(f"{name} got outputs of shape {predicted.shape}", why="there is no number")
    return np.atleast_1d(predicted.astype(np.float64)), np.atleast_1d(true.astype(np.float64))


def _classes(
    name: str, output: Any, target: Any, threshold: float | None, classes: int | None = None
) -> tuple[np.ndarray, np.ndarray, int]:
    """The predicted classes (N,), the true ones (N,), and the number of classes."""
    scores, true = _array(output), _array(target)
    if scores.ndim not in (1, 2) or (scores.ndim == 2 and 0 in scores.shape[1:]):
        raise ShapeError(
            f"{name} got outputs {_form(scores)}",
            instead="Give scores (N, C) or (N,), or class numbers (N,).",
        )
    if true.size != len(scores) or true.ndim not in (1, 2) or len(true) != len(scores):
        raise ShapeError(
            f"{name} got outputs of shape {scores.shape} and targets of shape {true.shape}",
            why="each row has one target, its class",
            instead="Give the outputs first; write target.argmax(1) for one-hot targets.",
        )
    if len(scores) == 0:
        raise DataError(f"{name} got outputs of shape {scores.shape}", why="there is no row")
    true = true.reshape(-1)
    if scores.dtype.kind != "f":
        predicted = scores
        if scores.size != len(scores):
            raise DtypeError(
                f"{name} got outputs {_form(scores)}",
                why="scores are floats, and class numbers are one a row",
            )
    elif np.isnan(scores).any():
        row = int(np.isnan(scores.reshape(len(scores), -1)).any(axis=1).argmax())
        raise DataError(f"{name} got NaN as an output in row {row}", why="NaN is no answer")
    elif scores.size == len(scores):
        return *_above(name, scores.reshape(-1), true, threshold), 2
    else:
        predicted, classes = scores.argmax(axis=1), scores.shape[1]
    if threshold is not None:
        raise ArgumentError(
            f"{name} got threshold={threshold} for outputs {_form(scores)}",
            why="a threshold is for one score a row",
            instead="Leave it out.",
        )
    predicted = predicted.reshape(-1)
    return predicted.astype(np.int64), *_labels(name, predicted, true, classes)


def _above(
    name: str, scores: np.ndarray, true: np.ndarray, threshold: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Classes 0 and 1 from scores against a threshold, and from targets 0 and 1, or −1 and +1."""
    if threshold is None:
        raise ArgumentError(
            f"{name} got one score a row and no threshold",
            why="above 0 for logits, or above 0.5 for probabilities, the answer is 1",
            instead="Write threshold=0 or threshold=0.5.",
        )
    low = true.min()
    if low not in (-1, 0, 1) or not ((true == low) | (true == 1)).all():
        raise DataError(
            f"{name} got targets from {low} to {true.max()}",
            why="with one score a row they are 0 and 1, or −1 and +1",
        )
    return (scores > threshold).astype(np.int64), (true > 0).astype(np.int64)


def _labels(
    name: str, predicted: np.ndarray, true: np.ndarray, classes: int | None
) -> tuple[np.ndarray, int]:
    """The true classes, checked, and the number of classes."""
    if true.dtype.kind not in "iub":
        raise DtypeError(
            f"{name} got targets {_form(true)}",
            why="class numbers are integers",
            instead="Write target.long().",
        )
    highest = int(max(true.max(), predicted.max()))
    classes = highest + 1 if classes is None else classes
    lowest = int(min(true.min(), predicted.min()))
    if lowest < 0 or highest >= classes:
        raise DataError(
            f"{name} got class {lowest if lowest < 0 else highest} among {classes} classes",
            why=f"classes are 0 .. {classes - 1}",
        )
    return true.astype(np.int64), classes
