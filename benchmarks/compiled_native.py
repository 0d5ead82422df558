"""holograd's compiled side of the training benchmarks: the loop with all its steps is native."""

import importlib
from functools import cache

import numpy as np

from benchmarks.compiled_training import Task
from benchmarks.harness import Run
from holograd.compiler.trainer import Trainer
from holograd.ops.random import Generator
from holograd.training import Step


def native(step: Step, inputs: np.ndarray, targets: np.ndarray, size: int, seed: int | None) -> Run:
    """holograd's compiled loop, shuffled where there is a seed.

    It is compiled in the first call, and so in the first step's time, as with the peers.
    """
    generator = Generator(seed or 0)

    @cache
    def trainer() -> Trainer:
        return Trainer(
            step, inputs, targets, size, shuffled=seed is not None, generator=generator
        )  # fmt: skip

    def run(steps: int) -> float:
        status = trainer().advance(steps)
        if status:
            raise ValueError(f"the compiled loop stopped with status {status}")
        return trainer().last_loss

    return run


def build_holograd(task: Task) -> Run:
    """The loop compiled by holograd: all steps of a call, with shuffling and the gather inside."""
    holograd = importlib.import_module("holograd")
    model = task.network(holograd.nn)
    model.load_state_dict({name: holograd.from_numpy(one) for name, one in task.weights.items()})
    optimizer = holograd.optim.Adam(model.parameters(), lr=task.learning_rate)
    step = Step(model, holograd.nn.CrossEntropyLoss(), optimizer)
    return native(step, task.inputs, task.labels, task.batch, task.seed)
