"""Gradients cut down before a step, so that one bad batch cannot throw the parameters far off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from holograd.errors import ArgumentError
from holograd.graph import Interpreter, interpreting, scope, state
from holograd.ops.elementwise import cast, clamp, minimum
from holograd.ops.pieces import stack
from holograd.ops.statistics import norm
from holograd.ops.table import FLOAT32
from holograd.tensor import Tensor

NO_DIVISION_BY_ZERO = 1e-6


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0
) -> Tensor:
    r"""Scales all gradients by one factor where their common norm is greater than `max_norm`.

    .. math::
        g \leftarrow g \cdot \min\left(1, \frac{c}{\lVert g \rVert_p + 10^{-6}}\right)

    Args:
        parameters: the tensors whose `.grad` is scaled; those without one are passed over.
        max_norm: c, the greatest norm to leave.
        norm_type: p of the norm; `math.inf` for the greatest number.

    Returns:
        The norm before, as a tensor of no dimensions.

    Raises:
        ArgumentError: `max_norm` is negative, or `norm_type` is not above zero.

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
        factor = max_norm / (total + NO_DIVISION_BY_ZERO)
        factor = cast(minimum(factor, 1.0), widest)
        return [one * cast(factor, one.dtype) for one in gradients], total

    return _rewrite(parameters, scale)


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
    outer = state.interpreter
    recording, state.recording = state.recording, False
    chosen = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    chosen = [one for one in chosen if one.grad is not None]
    try:
        with scope("clip"), interpreting(outer.graphless) as now:
            changed, result = change([now.read(one.grad) for one in chosen])
        for one, gradient in zip(chosen, changed, strict=True):
            one.grad = _handle(outer, now, gradient)
    finally:
        state.recording = recording
    return None if result is None else _handle(outer, now, result)


def _handle(outer: Interpreter, now: Interpreter, value: Any) -> Any:
    return value if now is outer else outer.constant(np.asarray(value))
