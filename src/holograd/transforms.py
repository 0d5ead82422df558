"""Functions of functions: the gradient, Jacobian and Hessian of a function as functions again."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, GradientError, ShapeError
from holograd.gradient import pull, zeros_for
from holograd.graph import Node, state
from holograd.ops.movement import reshape
from holograd.ops.pieces import stack
from holograd.tensor import enable_grad


def _varied(arguments: Sequence[Any], argnums: int | Sequence[int]) -> tuple[list[Any], list[Any]]:
    """The arguments with those of `argnums` replaced by variables, and the variables."""
    places = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    replaced = list(arguments)
    for place in places:
        if not -len(arguments) <= place < len(arguments):
            raise ArgumentError(
                f"argnums={argnums} of a function that got {len(arguments)} arguments",
                why="arguments are counted from 0",
            )
        variable = state.interpreter.variable(arguments[place])
        if variable.dtype.kind != "f":
            raise GradientError(
                f"argument {place} holds {variable.dtype}, which has no gradient",
                instead="Write x.float() first.",
            )
        replaced[place] = variable
    return replaced, [replaced[place] for place in places]


def _tensor(output: Any) -> Any:
    """The function's result, which must be one tensor."""
    if not hasattr(output, "node"):
        raise GradientError(
            f"a function to differentiate returned a {type(output).__name__}",
            why="its result must be a tensor, computed from its arguments",
            instead="Return one tensor; join several by hg.cat or hg.stack.",
        )
    return output


def _pulled(output: Any, seed: Any, variables: Sequence[Any]) -> list[Any]:
    nodes = [variable.node for variable in variables]
    found = pull([output.node], [seed], nodes) if output.node.requires_grad else {}
    wrap = state.interpreter.constant
    inner = set(nodes)
    zero = {node: wrap(zeros_for(node)) for node in nodes if node not in found}
    return [_settled(zero[node] if node in zero else found[node], inner) for node in nodes]


def _settled(result: Any, inner: Collection[Node]) -> Any:
    """`result` without a graph, where only the variables of this very call could use one.

    Args:
        result: a tensor.
        inner: those variables.
    """
    if result.node in inner:
        return result if result.node.inputs else result.detach()
    waiting, seen = [result.node], set()
    while waiting:
        node = waiting.pop()
        if node in seen or node in inner or not node.requires_grad:
            continue
        seen.add(node)
        if node.operation is None or any(
            source in inner and source.inputs for source in node.inputs
        ):
            return result
        waiting.extend(node.inputs)
    return result.detach()


def _handed_out(result: Any) -> Any:
    """`result` for the caller: inside of `no_grad` without a graph, whatever it was made of."""
    return result if state.recording else result.detach()


def _scalar(output: Any, name: str) -> Any:
    if _tensor(output).shape not in ((), (1,)):
        raise GradientError(
            f"{name} takes a function with one number as its result, and got shape {output.shape}",
            instead="Return a sum or a mean, or write jacobian(f).",
        )
    return output


def value_and_grad(function: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable:
    """The function (…) → (value, gradient) for a function whose result is one number.

    Args:
        function: takes tensors, gives a tensor of one number.
        argnums: the position of the argument to differentiate by, or several of them.

    Example:
        >>> import holograd as hg
        >>> value, slope = value_and_grad(lambda x: x * x)(hg.tensor(3.0))
        >>> float(value), float(slope)
        (9.0, 6.0)
    """

    def differentiated(*arguments: Any) -> tuple[Any, Any]:
        with enable_grad():
            replaced, variables = _varied(arguments, argnums)
            output = _scalar(function(*replaced), "value_and_grad")
            one = state.interpreter.constant(np.ones(output.shape, output.dtype))
            found = _pulled(output, one, variables)
            value = _settled(output, {variable.node for variable in variables})
        slopes = tuple(_handed_out(slope) for slope in found)
        return _handed_out(value), slopes[0] if isinstance(argnums, int) else slopes

    return differentiated


def grad(function: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The gradient function of a function whose result is one number; may be nested.

    Example:
        >>> import holograd as hg
        >>> float(grad(grad(lambda x: x * x * x))(hg.tensor(2.0)))
        12.0
    """
    both = value_and_grad(function, argnums)
    return lambda *arguments: both(*arguments)[1]


def vjp(function: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., tuple[Any, ...]]]:
    """The function's value, and the function v → vᵀJ, one result a primal.

    Example:
        >>> import holograd as hg
        >>> value, pullback = vjp(lambda x: x * x, hg.tensor([1.0, 2.0]))
        >>> pullback(hg.tensor([1.0, 10.0]))[0].tolist()
        [2.0, 40.0]
    """
    with enable_grad():
        replaced, variables = _varied(primals, range(len(primals)))
        output = _tensor(function(*replaced))
        value = _settled(output, {variable.node for variable in variables})

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        if cotangent.shape != output.shape:
            raise ShapeError(f"vjp got a vector of shape {cotangent.shape} for {output.shape}")
        with enable_grad():
            found = _pulled(output, cotangent, variables)
        return tuple(_handed_out(slope) for slope in found)

    return _handed_out(value), pullback


def jvp(
    function: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]:
    """The function's value, and its derivative J·t in the direction of the tangents.

    Forward mode out of two backward passes: v → vᵀJ is linear, and its own vjp at t is J·t.

    Example:
        >>> import holograd as hg
        >>> value, slope = jvp(lambda x: x * x, [hg.tensor([1.0, 2.0])], [hg.tensor([1.0, 10.0])])
        >>> slope.tolist()
        [2.0, 40.0]
    """
    if len(primals) != len(tangents):
        raise ShapeError(f"jvp got {len(tangents)} tangents for {len(primals)} primals")
    for primal, tangent in zip(primals, tangents, strict=True):
        if primal.shape != tangent.shape:
            raise ShapeError(f"jvp got a tangent of shape {tangent.shape} for {primal.shape}")
    with enable_grad():
        replaced, variables = _varied(primals, range(len(primals)))
        output = _tensor(function(*replaced))
        dummy = state.interpreter.variable(state.interpreter.constant(zeros_for(output.node)))
        pairs = [
            (pulled.node, tangent)
            for pulled, tangent in zip(_pulled(output, dummy, variables), tangents, strict=True)
            if pulled.node.requires_grad
        ]
        total = pull([node for node, _ in pairs], [tangent for _, tangent in pairs], [dummy.node])
        slope = total.get(dummy.node)
        if slope is None:
            slope = state.interpreter.constant(zeros_for(output.node))
        nodes = [dummy.node, *(variable.node for variable in variables)]
        value, slope = _settled(output, nodes), _settled(slope, nodes)
    return _handed_out(value), _handed_out(slope)


def jacobian(function: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The function of all partial derivatives: result of shape output.shape + input.shape.

    Example:
        >>> import holograd as hg
        >>> jacobian(lambda x: x * x)(hg.tensor([1.0, 2.0])).tolist()
        [[2.0, 0.0], [0.0, 4.0]]
    """

    def differentiated(*arguments: Any) -> Any:
        with enable_grad():
            replaced, (variable,) = _varied(arguments, [argnums])
            output = _tensor(function(*replaced))
            shape = output.shape + variable.shape
            rows = []
            for place in range(math.prod(output.shape)):
                seed = np.zeros(output.shape, output.dtype)
                seed.flat[place] = 1
                rows += _pulled(output, state.interpreter.constant(seed), [variable])
            if not rows:
                return state.interpreter.constant(np.zeros(shape, output.dtype))
            result = reshape(stack(rows), shape)
        return _handed_out(result)

    return differentiated


def hessian(function: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The function of all second derivatives, of shape input.shape + input.shape.

    Example:
        >>> import holograd as hg
        >>> hessian(lambda x: (x * x * x).sum())(hg.tensor([1.0, 2.0])).tolist()
        [[6.0, 0.0], [0.0, 12.0]]
    """
    return jacobian(grad(function, argnums), argnums)
