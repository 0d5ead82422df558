"""Training: `fit`, what it tells, what can happen between epochs; evaluation and metrics."""

from holograd.training.callbacks import BestWeights, Callback, Checkpoint, EarlyStopping
from holograd.training.evaluation import evaluate, predict
from holograd.training.fitting import fit
from holograd.training.history import History
from holograd.training.metrics import (
    ClassScores,
    accuracy,
    confusion_matrix,
    macro_f1,
    mean_absolute_error,
    mean_squared_error,
    precision_recall_f1,
    r2_score,
    top_k_accuracy,
)
from holograd.training.nonfinite import Diverged
from holograd.training.step import Step

__all__ = [
    "BestWeights",
    "Callback",
    "Checkpoint",
    "ClassScores",
    "Diverged",
    "EarlyStopping",
    "History",
    "Step",
    "accuracy",
    "confusion_matrix",
    "evaluate",
    "fit",
    "macro_f1",
    "mean_absolute_error",
    "mean_squared_error",
    "precision_recall_f1",
    "predict",
    "r2_score",
    "top_k_accuracy",
]
