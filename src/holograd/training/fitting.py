"""`fit`: from a model and data to a trained model and its history."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from holograd.data import DataLoader
from holograd.errors import ArgumentError
from holograd.nn.module import Module
from holograd.ops.random import Generator, default_generator
from holograd.optim import Optimizer
from holograd.optim.lr_scheduler import (
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
)
from holograd.training.batches import Batches, Data, Loaded, Rows, batch_size_of
from holograd.training.callbacks import Callback, as_callbacks
from holograd.training.choices import choose_loss, choose_metrics, choose_optimizer
from holograd.training.evaluation import (
    ROWS_AT_ONCE,
    check_model,
    dtype_of,
    in_eval_mode,
    in_mode,
    predictor_for,
)
from holograd.training.history import History
from holograd.training.run import Run
from holograd.training.step import Step
from holograd.training.threads import limited_threads

BATCH_SIZE = 32
FIRST_STREAM_OF_LAYERS = 2**32  # the streams below are the shuffles', one an epoch


def fit(
    model: Module,
    data: Data,
    *,
    loss: Any = None,
    optimizer: Any = "adam",
    lr: float | None = None,
    epochs: int = 10,
    batch_size: int | None = None,
    validation: Data | float | None = None,
    metrics: str | Callable[..., Any] | Sequence[Any] | None = None,
    schedule: Any = None,
    schedule_per: str | None = None,
    clip_norm: float | None = None,
    callbacks: Callback | Callable[..., Any] | Sequence[Any] = (),
    seed: int | None = None,
    threads: int | None = 1,
    backend: str | None = None,
    quiet: bool = False,
) -> History:
    """Trains a model, and returns what each epoch told.

    Each step takes one batch: output, loss, gradients, update. Layers are in training mode
    meanwhile, and afterwards in the mode that each was in. Training's own loss and metrics come
    from the outputs of the steps, in training mode and with the weights of their time; those of
    validation from eval mode, with the weights at the end of the epoch.

    Ctrl-C ends training as a callback would: the model gets the best weights so far (by the
    validation loss, or else the training loss), and the history is returned.

    Args:
        model: takes inputs (N, …), and has parameters.
        data: a `TensorDataset` of inputs and targets, a pair of them as tensors or arrays, or a
            `DataLoader`. Floats are converted to the model's float type.
        loss: a function or module of (output, target) that gives one number, or a name: "mse",
            "l1", "huber", "smooth_l1", "cross_entropy", "nll", "kl_div", "bce",
            "bce_with_logits", "hinge". None takes "cross_entropy" for targets that are integers,
            the classes' numbers, and "mse" for floats. Class weights belong to the loss.
        optimizer: a name ("sgd", "adam", "adamw", "rmsprop", "adagrad", "adadelta", "lbfgs"), a
            function that makes one of parameters (and `lr`), or an optimizer of these parameters.
        lr: the learning rate, where the optimizer is not made yet; None takes the optimizer's.
        epochs: how often to go through the data; 0 only evaluates.
        batch_size: rows a step, 32 where it is None; the last batch of an epoch may be smaller.
            With as many as there are rows, or more, all rows make one batch in their order,
            unshuffled; else each epoch takes them in a new random order. A `DataLoader` has its own
            size and order.
        validation: data to measure on after each epoch, or the share of `data`, between 0 and 1, to
            keep for that: taken at random by `seed` (0 where there is none), with each class in its
            proportion where targets are class numbers.
        metrics: names ("accuracy", "top_5_accuracy", "macro_f1", "r2", "mean_absolute_error",
            "mean_squared_error") or functions of (output, target), one or several.
        schedule: of learning rates: a schedule of that optimizer, or a function that makes one of
            an optimizer. `ReduceLROnPlateau` goes by the validation loss, or else the training's.
        schedule_per: whether the schedule goes on after each "epoch" or each "step"; None asks the
            schedule, which goes on by epochs unless it is a `OneCycleLR`.
        clip_norm: the greatest norm of all gradients together; longer ones are scaled down to it.
        callbacks: what to do after each epoch: `EarlyStopping`, `BestWeights`, `Checkpoint`,
            functions of the run; one or several.
        seed: decides the order of rows, and what layers draw (dropout); with the same seed, weights
            and data, results have the same bits. What the default generator draws elsewhere goes on
            as if nothing had happened. None draws from the default generator.
        backend: "native" for machine code, "numpy" for the reference; None takes machine code where
            the step can be captured and there are enough steps to make up for compiling it.
            `history.settings["backend"]` says which it was, and "backend_note" why not native.
        threads: how many threads a matrix product of NumPy's may use. More than one pays for large
            layers on a machine that does nothing else; None leaves it to NumPy.
        quiet: whether to show no progress.

    Returns:
        The numbers of each epoch.

    Raises:
        ArgumentError: an unknown loss, optimizer or metric, a number out of its range, a model with
            nothing to train.
        DataError: there is no row, or one holds NaN or infinity.
        ShapeError, DtypeError: the output does not fit the loss.
        DivergenceError: the loss or a parameter became NaN or infinite. It says at which step, and
            which operation of which layer was the first. Model and optimizer are as before that
            step.

    Example:
        >>> import holograd as hg
        >>> from holograd import nn
        >>> model = nn.Linear(1, 1)
        >>> x = np.linspace(-1, 1, 20)[:, None]
        >>> history = fit(model, (x, 2 * x + 1), optimizer="sgd", lr=0.3, epochs=100, quiet=True)
        >>> round(model.weight.item(), 3), round(model.bias.item(), 3), history["loss"][-1] < 1e-6
        (2.0, 1.0, True)
    """
    check(model, epochs, clip_norm, schedule_per, threads)
    check_backend(backend)
    dtype = dtype_of(model)
    rows, others = Rows(data, dtype, "data"), None
    if isinstance(validation, float | int):
        if isinstance(data, DataLoader):
            raise ArgumentError(
                f"validation={validation} of a DataLoader", why="its rows are already dealt out",
                instead="Write train, rest = holograd.data.split(dataset, 0.8), a DataLoader of "
                "train, and validation=rest.",
            )  # fmt: skip
        rows, others = rows.held_out(validation, seed or 0)
    elif validation is not None:
        others = Rows(validation, dtype, "validation")
    function, loss_name = choose_loss(loss, rows.targets)
    measures = choose_metrics(metrics, function, rows.targets)
    chosen = choose_optimizer(optimizer, model, lr)
    order = default_generator if seed is None else Generator(seed)
    if isinstance(data, DataLoader):
        if batch_size is not None:
            raise ArgumentError(
                f"batch_size={batch_size} beside a DataLoader, which has {data.batch_size}",
                instead="Leave it out, or give the data set itself.",
            )
        batches: Batches | Loaded = Loaded(data, dtype)
    else:
        size = BATCH_SIZE if batch_size is None else batch_size_of(batch_size)
        batches = Batches(rows, size, order)
    plan = choose_schedule(schedule, chosen)
    each_step = schedule_per == "step" or (schedule_per is None and isinstance(plan, OneCycleLR))
    run = Run(
        step=Step(model, function, chosen, clip_norm), rows=rows, batches=batches,
        validation=others, metrics=measures, schedule=plan,
        schedule_each_step=plan is not None and each_step, epochs=int(epochs),
        callbacks=as_callbacks(callbacks),
    )  # fmt: skip
    run.history.settings = {
        "loss": loss_name,
        "optimizer": type(chosen).__name__,
        "learning_rate": chosen.param_groups[0]["lr"],
        "batch_size": batches.size,
        "shuffled": batches.shuffled,
        "rows": len(rows),
        "validation_rows": len(others) if others else 0,
        "epochs": epochs,
        "seed": seed,
    }
    with seeded(seed), in_mode(model, training=True), limited_threads(threads):
        use_native(run, backend)
        run.execute(quiet)
    return run.history


def check_backend(backend: Any) -> None:
    """Raises ArgumentError for a backend that there is not."""
    if backend not in (None, "native", "numpy"):
        raise ArgumentError(
            f"backend={backend!r}", instead='Write "native", "numpy", or leave it out.'
        )


def use_native(run: Run, backend: str | None) -> None:
    """Compiles the run's steps where that is asked for, or possible and worth it."""
    note, settings = "", run.history.settings
    if backend != "numpy":
        from holograd.training.native import native_steps  # on first use: it brings LLVM

        run.native, note = native_steps(run, backend)
    if run.native is not None and run.validation is not None:
        with in_eval_mode(run.model):
            run.predictor = predictor_for(
                run.model, run.validation.inputs, ROWS_AT_ONCE, run.epochs, run.validation.scale
            )
    if run.native is not None:
        run.history.compile_seconds = run.native.trainer.compile_seconds
    settings["backend"] = "numpy" if run.native is None else "native"
    if note:
        settings["backend_note"] = note


def check(model: Any, epochs: Any, clip_norm: Any, schedule_per: Any, threads: Any) -> None:
    """Raises ArgumentError for what is not a model, and for numbers outside of their range."""
    check_model(model)
    if isinstance(epochs, bool) or not isinstance(epochs, int | np.integer) or epochs < 0:
        raise ArgumentError(
            f"epochs={epochs!r}", why="it counts how often to go through the data",
            instead="Write epochs=10, or epochs=0 to evaluate only.",
        )  # fmt: skip
    if clip_norm is not None and not 0 < clip_norm < math.inf:
        raise ArgumentError(
            f"clip_norm={clip_norm!r}", why="gradients are scaled down to that length",
            instead="Write clip_norm=1.0, or leave it out.",
        )  # fmt: skip
    if threads is not None and (not isinstance(threads, int) or threads < 1):
        raise ArgumentError(f"threads={threads!r}", instead="Write 1, more, or None.")
    if schedule_per not in (None, "epoch", "step"):
        raise ArgumentError(
            f"schedule_per={schedule_per!r}", instead='Write "epoch" or "step", or leave it out.'
        )


def choose_schedule(schedule: Any, optimizer: Optimizer) -> Any:
    """The schedule of this optimizer's learning rates, or None.

    Raises:
        ArgumentError: it is none, belongs to another optimizer, or waits for something to rise.
    """
    if schedule is None:
        return None
    name = getattr(schedule, "__name__", type(schedule).__name__)
    made = schedule(optimizer) if callable(schedule) else schedule
    if not isinstance(made, LRScheduler | ReduceLROnPlateau | SequentialLR):
        raise ArgumentError(
            f"schedule={name} gave a {type(made).__name__}, not a schedule",
            instead="Write schedule=lambda optimizer: StepLR(optimizer, step_size=10).",
        )
    if made.optimizer is not optimizer:
        raise ArgumentError(
            f"the {name} belongs to another optimizer",
            instead=f"Write schedule=lambda optimizer: {name}(optimizer, …).",
        )
    if isinstance(made, ReduceLROnPlateau) and made.mode == "max":
        raise ArgumentError(
            'ReduceLROnPlateau has mode="max", and fit gives it a loss',
            instead='Write mode="min", or call plateau.step(run.values["accuracy"]) in a callback.',
        )
    return made


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """A `with` block in which the default generator draws by `seed`; afterwards it goes on where
    it was. None leaves it as it is."""
    if seed is None:
        yield
        return
    before = default_generator.get_state()
    default_generator.set_state({"seed": seed, "stream": FIRST_STREAM_OF_LAYERS})
    try:
        yield
    finally:
        default_generator.set_state(before)
