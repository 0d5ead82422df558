"""Capture: a step run with shapes alone becomes a graph that gives the eager step's very bits."""

import numpy as np
import pytest

import holograd as hg
from holograd.errors import CaptureError, GraphError, ShapeError
from holograd.graph import Graph, Node, Spec, leaf, state
from holograd.ops.random import Generator
from holograd.ops.table import FLOAT32, TABLE
from holograd.tensor import eager


def bits(array) -> tuple:
    array = np.asarray(array)
    return array.shape, array.dtype, array.tobytes()


def regression():
    """A model of two layers with parameters of its own, and data."""
    generator = Generator(3)
    first = hg.randn(4, 3, generator=generator).requires_grad_()
    second = hg.randn(1, 4, generator=generator).requires_grad_()
    x, y = hg.randn(8, 3, generator=generator), hg.randn(8, 1, generator=generator)
    return first, second, x, y


def gradient_step(first, second, rate=0.1):
    def step(x, y):
        loss = ((hg.tanh(x @ first.T) @ second.T - y) ** 2).mean()
        first.grad = second.grad = None
        loss.backward()
        with hg.no_grad():
            for one in (first, second):
                assert one.grad is not None
                one.assign(one - rate * one.grad)
        return loss

    return step


def test_a_captured_training_step_equals_the_eager_one():
    first, second, x, y = regression()
    start, started = np.array(first.value), np.array(second.value)
    eager_step = gradient_step(first, second)
    wanted = [bits(eager_step(x, y).detach()) for _ in range(5)]
    final = bits(first.value), bits(second.value)

    first.assign(start)
    second.assign(started)
    captured = hg.capture(gradient_step(first, second), x, y)
    assert bits(first.value) == bits(start), "capture changes nothing"
    found = [bits(captured.run(x, y)[0]) for _ in range(5)]
    assert found == wanted
    assert (bits(first.value), bits(second.value)) == final
    assert first.requires_grad and first.is_leaf


def test_states_arguments_and_updates_are_found():
    first, second, x, _ = regression()
    scale = hg.tensor(2.0)
    captured = hg.capture(
        lambda x, y: gradient_step(first, second)(x, y) * scale, x, np.zeros((8, 1), np.float32)
    )
    assert {id(tensor) for tensor, _ in captured.states} == {
        id(one) for one in (first, second, scale)
    }
    assert [id(tensor) for tensor, _ in captured.updates] == [id(first), id(second)]
    assert captured.results == 1
    graph = captured.graph
    assert [node.name for node in graph.inputs[:2]] == ["argument 0", "argument 1"]
    assert all(type(node.value) is Spec for node in graph.nodes if node.operation)
    assert all(node.operation is None for node in graph.inputs)


def test_only_shapes_of_arguments_count():
    captured = hg.capture(lambda x: x * 2, hg.zeros(3))
    assert captured.run(np.array([1, 2, 3], FLOAT32))[0].tolist() == [2.0, 4.0, 6.0]
    with pytest.raises(GraphError, match=r"float32\[4\]"):
        captured.run(np.zeros(4, FLOAT32))
    with pytest.raises(CaptureError, match="takes 1 arguments, and got 2"):
        captured.run(np.zeros(3, FLOAT32), np.zeros(3, FLOAT32))


@pytest.mark.parametrize(
    "step",
    [
        lambda x: x if x.sum() > 0 else -x,
        lambda x: x * float(x[0]),
        lambda x: x[: int(x[0])],
        lambda x: hg.tensor(x.numpy()),
        lambda x: x.tolist(),
        lambda x: x[x > 0],
        lambda x: hg.one_hot(x.long()),
        lambda x: [x * one for one in range(int(x.max().item()))],
        np.asarray,
    ],
)
def test_python_that_needs_a_value_is_refused(step):
    with pytest.raises(CaptureError, match=r"captured.*Write where\("):
        hg.capture(step, hg.ones(3))
    assert state.interpreter is eager


def test_results_must_be_tensors():
    with pytest.raises(CaptureError, match="the step returns int"):
        hg.capture(lambda x: 3, hg.ones(2))
    assert hg.capture(lambda x: None, hg.ones(2)).run(hg.ones(2)) == []
    two = hg.capture(lambda x: (x, x.sum()), hg.ones(2)).run(hg.ones(2))
    assert [one.tolist() for one in two] == [[1.0, 1.0], 2.0]


def test_errors_of_shape_are_the_eager_ones():
    with pytest.raises(ShapeError, match=r"add cannot combine shapes \(2,\) and \(3,\)"):
        hg.capture(lambda x: x + hg.ones(3), hg.ones(2))


def test_all_is_as_before_after_a_failure():
    w = hg.ones(2, requires_grad=True)
    (w * 3).sum().backward()
    grad, node = w.grad, w.node

    def step(x):
        loss = (w * x).sum()
        w.grad = None
        loss.backward()
        with hg.no_grad():
            w.assign(w * 2)
        raise KeyError("a fault of the step")

    for _ in range(2):
        with pytest.raises(KeyError):
            hg.capture(step, hg.ones(2))
        assert w.grad is grad and w.node is node and w.requires_grad
        assert state.interpreter is eager and state.scope is None and state.recording


def test_a_tensor_read_after_it_was_assigned_has_the_new_value():
    counter = hg.tensor(0)

    def step(x):
        counter.assign(counter + 1)
        counter.assign(counter * 2)
        return x * counter

    captured = hg.capture(step, hg.ones(1))
    assert [captured.run(hg.ones(1))[0].item() for _ in range(3)] == [2.0, 6.0, 14.0]
    assert counter.item() == 14 and len(captured.states) == 1


def test_parameters_assigned_twice_are_differentiated_at_their_new_value():
    w = hg.tensor([1.0], requires_grad=True)

    def step(x):
        for _ in range(2):
            w.grad = None
            (w * w * x).sum().backward()
            with hg.no_grad():
                assert w.grad is not None
                w.assign(w - 0.25 * w.grad)
        return w * 1

    x = hg.tensor([1.0])
    wanted = bits(step(x).detach())
    w.assign([1.0])
    captured = hg.capture(step, x)
    assert bits(captured.run(x)[0]) == wanted == bits(np.array([0.25], np.float32))


def test_random_numbers_are_drawn_anew_at_each_run_and_equal_eager():
    def step(x):
        noise = hg.randn(4, generator=generator) + hg.rand(4, generator=generator)
        order = hg.randperm(4, generator=generator)
        return x + noise, hg.randint(0, 9, (4,), generator=generator), order

    generator = Generator(5)
    wanted = [[bits(one.value) for one in step(hg.zeros(4))] for _ in range(3)]
    generator = Generator(5)
    captured = hg.capture(step, hg.zeros(4))
    assert len(captured.runtimes) == 4
    assert generator.get_state() == Generator(5).get_state(), "capture draws nothing"
    found = [[bits(one) for one in captured.run(hg.zeros(4))] for _ in range(3)]
    assert found == wanted and found[0] != found[1]


def test_gradients_of_gradients_are_captured():
    w = hg.tensor([1.0, -2.0], requires_grad=True)

    def step(x):
        slope = hg.grad(lambda x: (w * x**3).sum())(x)
        w.grad = None
        (slope * slope).sum().backward()
        assert w.grad is not None
        return w.grad, hg.jvp(lambda x: x.exp(), [x], [x])[1]

    x = hg.tensor([0.5, 2.0])
    wanted = [bits(one.detach()) for one in step(x)]
    assert [bits(one) for one in hg.capture(step, x).run(x)] == wanted


def test_detach_and_no_grad_stay_in_the_graph():
    w = hg.tensor([3.0], requires_grad=True)

    def step(x):
        w.grad = None
        (w * w.detach() * x).sum().backward()
        with hg.no_grad():
            doubled = w * 2
        return w.grad, doubled

    captured = hg.capture(step, hg.ones(1))
    assert [one.tolist() for one in captured.run(hg.ones(1))] == [[3.0], [6.0]]
    w.assign([5.0])
    assert [one.tolist() for one in captured.run(hg.ones(1))] == [[5.0], [10.0]]


def test_accumulated_gradients_are_read():
    """A step that does not reset `.grad` adds to what the tensor holds when it runs."""
    w = hg.tensor([3.0], requires_grad=True)
    (w * 10).sum().backward()

    def step(x):
        (w * x).sum().backward()
        return w.grad

    captured = hg.capture(step, hg.ones(1))
    assert captured.run(hg.tensor([2.0]))[0].tolist() == [12.0]


def test_scopes_are_kept():
    captured = hg.capture(lambda x: hg.std(x * 2), hg.ones(3))
    scopes = {repr(node.scope) for node in captured.graph.nodes if node.operation}
    assert scopes == {"None", "std", "std/var"}


# --- graphs on their own ---


def test_a_graph_checks_its_nodes():
    x = leaf(Spec((2,), FLOAT32))
    wrong = Node(TABLE["exp"], (x,), {}, Spec((3,), FLOAT32), False, None)
    with pytest.raises(GraphError, match=r"should be float32\[2\]"):
        Graph([x], [wrong])
    right = Node(TABLE["exp"], (x,), {}, Spec((2,), FLOAT32), False, None)
    with pytest.raises(GraphError, match="has no value and is not among"):
        Graph([], [right])
    known = Node(TABLE["exp"], (leaf(np.zeros(2, FLOAT32)),), {}, right.value, False, None)
    with pytest.raises(GraphError, match="yet computed by it"):
        Graph([known], [known])
    assert Graph([x], [right]).run([np.zeros(2, FLOAT32)])[0].tolist() == [1.0, 1.0]


def test_nodes_are_printed_for_people():
    x = leaf(Spec((2,), FLOAT32), name="x")
    assert repr(x) == "<x float32[2]>"
    assert repr(Node(TABLE["exp"], (x,), {}, Spec((2,), FLOAT32), False, None)) == (
        "<exp float32[2]>"
    )
    assert repr(TABLE["exp"]) == "<operation exp>"
