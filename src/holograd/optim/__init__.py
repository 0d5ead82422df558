"""Optimizers, and schedules of their learning rate."""

from holograd.optim import lr_scheduler
from holograd.optim.adagrad import Adadelta, Adagrad
from holograd.optim.adam import Adam, AdamW
from holograd.optim.lbfgs import LBFGS
from holograd.optim.optimizer import Optimizer
from holograd.optim.rmsprop import RMSprop
from holograd.optim.sgd import SGD

__all__ = [
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "lr_scheduler",
]
