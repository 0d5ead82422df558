"""All schedules of the learning rate, under the name that PyTorch has for their module."""

from holograd.optim.one_cycle import OneCycleLR
from holograd.optim.plateau import ReduceLROnPlateau
from holograd.optim.schedules import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    StepLR,
)
from holograd.optim.sequence import SequentialLR

__all__ = [
    "CosineAnnealingLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
