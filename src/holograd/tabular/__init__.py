"""Networks for tables: a default recipe, models that take raw rows, scores, importance."""

from holograd.tabular.importance import Importance
from holograd.tabular.model import TableModel
from holograd.tabular.scores import Evaluation
from holograd.tabular.settings import Settings, settings_for
from holograd.tabular.train import TableOutcome, train_table

__all__ = [
    "Evaluation",
    "Importance",
    "Settings",
    "TableModel",
    "TableOutcome",
    "settings_for",
    "train_table",
]
