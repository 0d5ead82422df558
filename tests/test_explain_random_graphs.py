"""Random graphs: what an explanation adds up is what backward() gives, at every node and level."""

import numpy as np
from hypothesis import HealthCheck, assume, given, settings

import holograd as hg
from holograd.explanation import Explanation
from holograd.explanation.records import Argument, Step, View
from holograd.graph import Node, topological
from holograd.tensor import Tensor
from random_graphs import Program, programs

graphs = settings(
    max_examples=max(300, settings().max_examples),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# At a kink, as relu(v − v) is always, no difference is taken for the slope.
KINKED = {"abs", "amax", "amin", "maximum", "minimum", "relu", "where"}


def total_of(program: Program) -> Tensor:
    """One number that all results of a program go into, each with a weight of its own."""
    inputs = [hg.tensor(one, requires_grad=True) for one in program.inputs]
    total = None
    for place, result in enumerate(program(*inputs)):
        if result.dtype.kind == "f" and result.requires_grad:
            term = (result * (1.0 + 0.25 * place)).sum()
            total = term if total is None else total + term
    assume(total is not None)
    assert total is not None
    return total.double()


def engine_gradients(total: Tensor) -> dict[Node, np.ndarray]:
    """The gradients that backward() gives at every node."""
    nodes = [node for node in topological([total.node]) if node.requires_grad]
    kept = {}
    for node in nodes:
        kept[node] = Tensor(node)
        kept[node].retain_grad()
    total.backward(retain_graph=True)
    return {node: one.grad.value for node, one in kept.items() if one.grad is not None}


def contribution(step: Step, one: Argument) -> np.ndarray | None:
    """The incoming gradient times the local derivative, worked out here."""
    incoming = step.output.gradient
    assert incoming is not None
    if one.derivative is None:
        return None
    if one.kind == "elementwise":
        product, shape = incoming * one.derivative, one.value.array.shape
        axes = tuple(range(product.ndim - len(shape)))
        product = product.sum(axis=axes)
        stretched = tuple(
            axis for axis, extent in enumerate(shape) if extent == 1 != product.shape[axis]
        )
        return product.sum(axis=stretched, keepdims=True)
    if one.kind == "jacobian":
        return np.tensordot(incoming, one.derivative, axes=incoming.ndim)
    return None  # of the other factor in a product: compared where it is opened


def check_view(view: View) -> None:
    """Contributions are products, and sum up to the gradient."""
    last: dict[str, np.ndarray] = {}
    for step in reversed(view.steps):
        for one in step.arguments:
            if one.contribution is None:
                continue
            assert one.contribution.shape == one.value.array.shape
            wanted = contribution(step, one)
            if wanted is not None and len(step.outputs) == 1:
                np.testing.assert_allclose(one.contribution, wanted, rtol=1e-9, atol=1e-9)
            assert one.total is not None
            last[one.value.key] = one.total
    for value in view.values:
        if value.gradient is not None and value is not view.output:
            np.testing.assert_allclose(last[value.key], value.gradient, rtol=1e-9, atol=1e-9)


@graphs
@given(programs())
def test_contributions_sum_to_the_gradient_at_every_node_and_level(program: Program):
    total = total_of(program)
    explanation = hg.explain(total)
    wanted = engine_gradients(total)
    for view in explanation.views():
        check_view(view)
        for value in view.values:
            if value.gradient is None:
                continue
            node, place = explanation.node_of(view, value)
            if node in wanted:
                gradient = wanted[node] if place is None else wanted[node].reshape(-1)[place]
                near = 1e-9 * max(1.0, float(np.abs(wanted[node]).max(initial=0.0)))
                np.testing.assert_allclose(value.gradient, gradient, rtol=1e-9, atol=near)


@graphs
@given(programs(most_steps=5))
def test_gradients_equal_finite_differences(program: Program):
    explanation: Explanation = hg.explain(total_of(program))
    kinked = not KINKED.isdisjoint(step.name for step in program.steps)
    for level in ("function", "primitive", "scalar"):
        view = explanation.zoom(level).checked().view
        for value in view.values:
            if value.gradient is not None:
                assert value.check is not None
                measured = np.isfinite(value.check) if kinked else np.full(value.check.shape, True)
                size = max(1.0, float(np.abs(value.gradient).max(initial=0.0)))
                np.testing.assert_allclose(
                    value.check[measured], value.gradient[measured],
                    rtol=1e-5, atol=1e-5 * size, err_msg=str(program),
                )  # fmt: skip
