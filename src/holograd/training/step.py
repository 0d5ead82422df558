"""One training step as one function of tensors: what the loop repeats, and what capture takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holograd.errors import DtypeError, ShapeError
from holograd.nn.module import Module
from holograd.nn.utils import clip_grad_norm_
from holograd.optim import LBFGS, Optimizer
from holograd.tensor import Tensor


class Step:
    """Forward, backward, update: (inputs, targets) → (loss, output).

    It reads no value, so that `capture(step, inputs, targets)` gives its graph (for all optimizers
    but LBFGS, which decides by values).

    Args:
        model: what to train.
        loss: a function of output and target that gives one number.
        optimizer: over the model's parameters.
        clip_norm: the greatest norm of all gradients together; longer ones are scaled down to it.

    Example:
        >>> import holograd as hg
        >>> from holograd import nn, optim
        >>> model = nn.Linear(2, 1)
        >>> step = Step(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1))
        >>> captured = hg.capture(step, hg.zeros(4, 2), hg.zeros(4, 1))
        >>> [one.shape for one in captured.graph.outputs]
        [(), (4, 1), (1, 2), (1,)]
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[..., Any],
        optimizer: Optimizer,
        clip_norm: float | None = None,
    ):
        self.model, self.loss, self.optimizer, self.clip_norm = model, loss, optimizer, clip_norm
        self.clipped = [one for group in optimizer.param_groups for one in group["params"]]

    def __call__(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        if isinstance(self.optimizer, LBFGS):
            return self._repeated(inputs, targets)
        result = self._gradients(inputs, targets)
        self.optimizer.step()
        return result

    def _repeated(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """A step that computes the loss several times; the first result counts."""
        results: list[tuple[Tensor, Tensor]] = []

        def closure() -> Tensor:
            results.append(self._gradients(inputs, targets))
            return results[-1][0]

        self.optimizer.step(closure)
        return results[0]

    def _gradients(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        self.optimizer.zero_grad()
        loss, output = self.forward(inputs, targets)
        loss.backward()
        if self.clip_norm is not None:
            clip_grad_norm_(self.clipped, self.clip_norm)
        return loss, output

    def forward(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """The loss and the output, without a gradient taken.

        Raises:
            DtypeError: the model or the loss gives something else than a tensor.
            ShapeError: the output has other rows than the inputs, or the loss is not one number.
        """
        output = self.model(inputs)
        check_output(self.model, output, inputs)
        loss = self.loss(output, targets)
        if not isinstance(loss, Tensor):
            raise DtypeError(f"the loss gave a {type(loss).__name__}, not a tensor")
        if loss.node.value.shape != ():
            raise ShapeError(
                f"the loss gave shape {loss.shape}",
                why="only one number can be made small",
                instead='Write reduction="mean", or loss.mean().',
            )
        return loss, output


def check_output(model: Module, output: Any, inputs: Tensor) -> None:
    """Raises DtypeError or ShapeError where a model's output cannot be one of `inputs`."""
    if not isinstance(output, Tensor):
        raise DtypeError(
            f"{type(model).__name__} gave a {type(output).__name__}, not a tensor",
            why="a loss compares one tensor with the targets",
            instead="Return one tensor from forward().",
        )
    if output.node.value.shape[:1] != inputs.node.value.shape[:1]:
        raise ShapeError(
            f"{type(model).__name__} gave shape {output.shape} for inputs of shape {inputs.shape}",
            why="there is one output for each row of the inputs",
            instead="Keep the first dimension: x.flatten(1), x.reshape(len(x), -1), dim=1.",
        )
