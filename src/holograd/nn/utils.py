"""Gradients cut down before a step, so that one bad batch cannot throw the parameters far off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, GradientError
from holograd.graph import Interpreter, interpreting, scope, state
from holograd.ops.elementwise import cast, clamp, minimum
from holograd.ops.pieces import stack
from holograd.ops.statistics import norm
from holograd.ops.table import FLOAT32
from holograd.tensor import Tensor

NO_DIVISION_BY_ZERO = 1e-6


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:  # fmt: skip
    r"""Scales all gradients by one factor where their common norm is greater than `max_norm`.

    .. math::
        g \leftarrow g \cdot \min\left(1, \frac{c}{\lVert g \rVert_p + 10^{-6}}\right)

    Args:
        parameters: the tensors whose `.grad` is scaled; those without one are passed over.
        max_norm: c, the greatest norm to leave.
        norm_type: p of the norm; `math.inf` for the greatest number.
        error_if_nonfinite: whether a norm of NaN or infinity is an error; by default the gradients
            become NaN or 0 by it. A captured step, which knows no values, cannot ask for it.

    Returns:
        The norm before, as a tensor of no dimensions.

    Raises:
        ArgumentError: `max_norm` is negative, or `norm_type` is not above zero.
        GradientError: the norm is not finite, with `error_if_nonfinite`; the gradients are as they
            were.
        CaptureError: `error_if_nonfinite` in a captured step.

    References:
        R. Pascanu, T. Mikolov and Y. Bengio, On the difficulty of training recurrent neural
        networks, 2013.

    Example:
        >>> import holograd as hg
        >>> w = hg.tensor([0.0, 0.0], requires_grad=True)
        >>> (w * hg.tensor([30.0, 40.0])).sum().backward()
        >>> clip_grad_norm_([w], 1.0)
        tensor(50.)
        >>> w.grad
        tensor([0.6, 0.8])
    """
    if not max_norm >= 0:
        raise ArgumentError(
            f"clip_grad_norm_ got max_norm={max_norm!r}", instead="Write a number from 0."
        )
    if not norm_type > 0:
        raise ArgumentError(
            f"clip_grad_norm_ got norm_type={norm_type!r}",
            instead="Write 2.0 for the Euclidean norm, or math.inf for the greatest number.",
        )

    def scale(gradients: list[Any]) -> tuple[list[Any], Any]:
        if not gradients:
            return [], state.interpreter.constant(np.zeros((), FLOAT32))
        widest = np.result_type(*(one.dtype for one in gradients))
        norms = [cast(norm(one, norm_type), widest) for one in gradients]
        total = norm(stack(norms), norm_type)
        if error_if_nonfinite:
            _refuse_not_finite(total)
        factor = max_norm / (total + NO_DIVISION_BY_ZERO)
        factor = cast(minimum(factor, 1.0), widest)
        return [one * cast(factor, one.dtype) for one in gradients], total

    return _rewrite(parameters, scale)


def _refuse_not_finite(total: Any) -> None:
    value = total.value if isinstance(total, Tensor) else total
    if not np.isfinite(value):
        raise GradientError(
            f"clip_grad_norm_ got gradients whose norm is {value}",
            why="no factor makes them finite",
            instead="Take a smaller learning rate, or leave out error_if_nonfinite=True.",
        )


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Moves each number of the gradients into [−clip_value, clip_value].

    Args:
        parameters: the tensors whose `.grad` is cut; those without one are passed over.
        clip_value: the greatest size to leave.

    Raises:
        ArgumentError: `clip_value` is negative.

    Example:
        >>> import holograd as hg
        >>> w = hg.tensor([0.0, 0.0], requires_grad=True)
        >>> (w * hg.tensor([30.0, -0.5])).sum().backward()
        >>> clip_grad_value_([w], 1.0)
        >>> w.grad
        tensor([ 1. , -0.5])
    """
    if not clip_value >= 0:
        raise ArgumentError(
            f"clip_grad_value_ got clip_value={clip_value!r}", instead="Write a number from 0."
        )
    bound = float(clip_value)
    _rewrite(parameters, lambda gradients: ([clamp(one, -bound, bound) for one in gradients], None))


def _rewrite(
    parameters: Tensor | Iterable[Tensor], change: Callable[[list[Any]], tuple[list[Any], Any]]
) -> Any:
    """Gives parameters the gradients that `change` makes of theirs; returns its other result."""
    chosen = [parameters] if isinstance(parameters, Tensor) else list(_tensors(parameters))
    chosen = [one for one in chosen if one.grad is not None]
    outer = state.interpreter
    recording, state.recording = state.recording, False
    try:
        with scope("clip"), interpreting(outer.graphless) as now:
            changed, result = change([now.read(one.grad) for one in chosen])
        for one, gradient in zip(chosen, changed, strict=True):
            one.grad = _handle(outer, now, gradient)
    finally:
        state.recording = recording
    return None if result is None else _handle(outer, now, result)


def _tensors(parameters: Any) -> Iterator[Tensor]:
    """The parameters one by one; raises ArgumentError where they are something else."""
    if not isinstance(parameters, Iterable):
        raise ArgumentError(
            f"clipping got a {type(parameters).__name__}", instead="Write model.parameters()."
        )
    for one in parameters:
        if not isinstance(one, Tensor):
            raise ArgumentError(
                f"clipping got a {type(one).__name__} among the parameters",
                instead="Write model.parameters().",
            )
        yield one


def _handle(outer: Interpreter, now: Interpreter, value: Any) -> Any:
    return value if now is outer else outer.constant(np.asarray(value))
