"""Random graphs: gradients against finite differences, and capture against eager, bit for bit."""

from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings

import holograd as hg
from holograd.check import check_gradient
from holograd.graph import Node
from random_graphs import DIFFERENTIABLE, Program, operations, programs

EXAMPLES = max(60, settings().max_examples)
graphs = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_every_differentiable_operation_can_be_drawn():
    assert set(operations(smooth=False)) == DIFFERENTIABLE


@graphs
@given(programs())
def test_gradients_agree_with_finite_differences(program: Program):
    report = check_gradient(program, program.inputs, order=1, directions=1)
    assume(all(check.verdict != "UNCLEAR" for check in report.checks))
    assert report.ok, str(report)


@graphs
@given(programs(most_steps=4))
def test_second_derivatives_agree_with_finite_differences(program: Program):
    report = check_gradient(program, program.inputs, order=2, directions=1)
    assume(all(check.verdict != "UNCLEAR" for check in report.checks))
    assert report.ok, str(report)


def added(terms: list) -> Any:
    """The sum of tensors of one number."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def step_of(program: Program):
    """The results of a program, and the gradients of their sum by its inputs."""

    def step(*inputs):
        def total(*inputs):
            floats = [one.sum() for one in program(*inputs) if one.dtype.kind == "f"]
            return added(floats).float() if floats else inputs[0].sum()

        gradients = hg.grad(total, argnums=range(len(inputs)))(*inputs)
        return [*program(*inputs), *gradients]

    return step


@graphs
@given(programs(smooth=False))
def test_a_captured_graph_gives_the_eager_bits(program: Program):
    for dtype in (hg.float32, hg.float64):
        inputs = [one.astype(dtype) for one in program.inputs]
        step = step_of(program)
        wanted = step(*map(hg.tensor, inputs))
        found = hg.capture(step, *inputs).run(*inputs)
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            assert (one.shape, one.dtype) == (other.shape, other.dtype)
            assert one.tobytes() == other.value.tobytes()


@graphs
@given(programs(smooth=False))
def test_gradients_are_the_same_as_arrays_and_with_a_graph(program: Program):
    found = []
    for create_graph in (False, True):
        inputs = [hg.tensor(one, requires_grad=True) for one in program.inputs]
        results = [one.sum() for one in program(*inputs) if one.requires_grad]
        assume(results)
        added(results).backward(create_graph=create_graph)
        found.append([None if one.grad is None else one.grad.value.tobytes() for one in inputs])
    assert found[0] == found[1]


@graphs
@given(programs())
def test_nodes_come_after_their_inputs(program: Program):
    """What every reader of a graph relies on."""
    graph = hg.capture(lambda *inputs: list(program(*inputs)), *program.inputs).graph
    place: dict[Node, int] = {node: number for number, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        assert all(place[source] < place[node] for source in node.inputs)
    values = [np.asarray(one) for one in program(*map(hg.tensor, program.inputs))]
    for one, other in zip(graph.run(program.inputs), values, strict=True):
        np.testing.assert_array_equal(one, other)
