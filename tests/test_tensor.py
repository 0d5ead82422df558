"""The tensor behaves as PyTorch's does: gradients that add up, no_grad, detach, reading numbers."""

import gc
import math
import threading
import time
import weakref

import numpy as np
import pytest

import holograd as hg
from holograd.errors import CaptureError, DtypeError, GradientError, InPlaceError, ShapeError
from holograd.graph import Node


def variable(*numbers):
    return hg.tensor(list(numbers), requires_grad=True)


def gradient_of(tensor) -> list:
    assert tensor.grad is not None
    return tensor.grad.tolist()


# --- backward ---


def test_gradients_of_several_graphs_add_up():
    w = variable(1.0, 2.0)
    (w * w).sum().backward()
    assert gradient_of(w) == [2.0, 4.0]
    (3 * w).sum().backward()
    assert gradient_of(w) == [5.0, 7.0]
    w.grad = None
    (3 * w).sum().backward()
    assert gradient_of(w) == [3.0, 3.0]


def test_a_node_used_twice_gets_the_sum():
    x = variable(3.0)
    y = x * x
    z = y * y + y + x
    z.sum().backward()
    assert gradient_of(x) == [4 * 27 + 2 * 3 + 1]


def test_one_tensor_in_both_places_of_an_operation():
    x = variable(2.0, 5.0)
    (x + x).sum().backward()
    assert gradient_of(x) == [2.0, 2.0]


def test_a_second_backward_needs_retain_graph():
    w = variable(1.0)
    loss = (w * w).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    assert gradient_of(w) == [4.0]
    with pytest.raises(GradientError, match=r"through this graph already.*retain_graph=True"):
        loss.backward()
    assert gradient_of(w) == [4.0]


def test_a_spent_part_of_another_graph_is_told():
    w = variable(2.0)
    shared = w * w
    shared.sum().backward()
    with pytest.raises(GradientError, match="through this graph already"):
        (shared * 3).sum().backward()


def test_backward_of_many_numbers_needs_a_gradient():
    x = variable(1.0, 2.0)
    with pytest.raises(GradientError, match=r"shape \(2,\).*x\.sum\(\)\.backward\(\)"):
        (x * 2).backward()
    for seed in (hg.tensor([1.0, 10.0]), [1, 10], np.array([1.0, 10.0])):
        x.grad = None
        (x * x).backward(seed)
        assert x.grad is not None and x.grad.dtype == hg.float32
        assert gradient_of(x) == [2.0, 40.0]
    with pytest.raises(GradientError, match=r"shape \(2,\) got a gradient of \(3,\)"):
        (x * x).backward(hg.ones(3))


def test_backward_of_what_has_no_graph_is_told():
    with pytest.raises(GradientError, match="requires_grad=True"):
        hg.ones(1).sum().backward()
    with hg.no_grad():
        loss = variable(1.0).sum()
    with pytest.raises(GradientError, match=r"no_grad\(\)"):
        loss.backward()


def test_gradients_reach_leaves_alone_unless_retained():
    x = variable(1.0, 2.0)
    hidden, kept = x * 2, x * 3
    kept.retain_grad()
    (hidden * kept).sum().backward()
    assert hidden.grad is None
    assert gradient_of(kept) == [2.0, 4.0]
    assert gradient_of(x) == [12.0, 24.0]
    assert x.is_leaf and not kept.is_leaf and not hidden.is_leaf


def test_leaves_that_do_not_matter_get_zeros_where_they_were_used():
    x, unused = variable(1.5), variable(1.0)
    (x.floor() * 2).sum().backward()
    assert gradient_of(x) == [0.0] and unused.grad is None


def test_broadcast_inputs_get_gradients_of_their_own_shape():
    column, row, number = hg.ones(3, 1), hg.ones(4), hg.tensor(2.0)
    inputs = [one.requires_grad_() for one in (column, row, number)]
    (column * row * number).sum().backward()
    assert [one.grad.shape for one in inputs if one.grad is not None] == [(3, 1), (4,), ()]
    assert gradient_of(number) == 12.0 and gradient_of(row) == [6.0] * 4


def test_gradients_have_the_dtype_of_their_tensor():
    single, double = variable(1.0), hg.tensor([1.0], dtype=hg.float64, requires_grad=True)
    (single * double * hg.tensor([2])).sum().backward()
    assert single.grad is not None and single.grad.dtype == hg.float32
    assert double.grad is not None and double.grad.dtype == hg.float64


def test_zeroing_one_gradient_leaves_another_that_came_from_the_same_numbers():
    a, b = variable(1.0), variable(1.0)
    (a + b).sum().backward()
    assert a.grad is not None
    a.grad.zero_()
    assert gradient_of(a) == [0.0] and gradient_of(b) == [1.0]


def test_a_long_chain_is_differentiated_in_time_and_freed():
    x = variable(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    start = time.process_time()
    y.backward()
    assert time.process_time() - start < 2
    assert gradient_of(x) == [1.0]
    del y  # 100,000 nodes that hold each other are freed one after the other
    gc.collect()


def test_create_graph_gives_gradients_to_differentiate_again():
    x = variable(2.0)
    (x**3).sum().backward(create_graph=True)
    slope = x.grad
    assert slope is not None and slope.requires_grad
    x.grad = None
    slope.sum().backward()
    assert gradient_of(x) == [12.0]


# --- graphs on and off ---


def test_no_grad_updates_a_parameter_as_learners_write_it():
    w = variable(1.0, 2.0)
    before, values = w, w.value
    for _ in range(2):
        (w * w).sum().backward()
        assert w.grad is not None
        with hg.no_grad():
            w -= 0.25 * w.grad
        w.grad = None
    assert w is before and w.requires_grad and w.is_leaf
    assert w.tolist() == [0.25, 0.5]
    assert values.tolist() == [1.0, 2.0], "the old array is left to the graphs that use it"


@pytest.mark.parametrize(
    ("update", "sign"),
    [
        (lambda w: w.__iadd__(1), r"\+"), (lambda w: w.__isub__(1), "-"),
        (lambda w: w.__imul__(2), r"\*"), (lambda w: w.__itruediv__(2), "/"),
        (lambda w: w.__ipow__(2), r"\*\*"),
    ],
)  # fmt: skip
def test_updates_with_a_graph_are_told_how_to_be_written(update, sign):
    w = variable(1.0)
    with pytest.raises(InPlaceError, match=rf"x {sign}= .*Write x = x {sign}.*hg\.no_grad\(\)"):
        update(w)
    assert w.tolist() == [1.0]


def test_augmented_assignment_of_results_goes_on_with_their_graph():
    x = variable(1.0)
    y = x * 2
    same, before = y, y * 5
    y += 1
    y *= 3
    assert same is y and y.tolist() == [9.0] and before.tolist() == [10.0]
    (y + before).sum().backward()
    assert gradient_of(x) == [16.0]


def test_writing_into_elements_is_told_how_to_be_written():
    with pytest.raises(InPlaceError, match=r"hg\.where\(mask, value, x\).*hg\.cat or hg\.stack"):
        hg.zeros(3)[0] = 1.0


def test_no_grad_and_enable_grad_nest_and_end_with_errors():
    x = variable(1.0)
    with hg.no_grad():
        assert not (x * 2).requires_grad
        with hg.enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad

    @hg.no_grad()
    def half(x):
        """Half of it."""
        return x / 2

    assert not half(x).requires_grad and half.__doc__ == "Half of it."
    with pytest.raises(ZeroDivisionError), hg.no_grad():
        _ = 1 / 0
    assert (x * 2).requires_grad


def test_detach_cuts_the_graph():
    x = variable(3.0)
    (x * x.detach()).sum().backward()
    assert gradient_of(x) == [3.0]
    assert x.requires_grad and not x.detach().requires_grad
    assert hg.ones(2).detach().tolist() == [1.0, 1.0]


def test_clone_keeps_the_graph():
    x = variable(3.0)
    x.clone().sum().backward()
    assert gradient_of(x) == [1.0]


def test_requires_grad_can_be_switched_for_leaves_of_floats():
    x = hg.ones(2)
    assert x.requires_grad_() is x and x.requires_grad
    assert not x.requires_grad_(False).requires_grad
    x.requires_grad_()
    with pytest.raises(GradientError, match=r"x\.detach\(\)\.requires_grad_\(\)"):
        (x * 2).requires_grad_(False)
    with pytest.raises(GradientError, match=r"int64 has no gradient.*x\.float\(\)"):
        hg.tensor([1]).requires_grad_()


@pytest.mark.parametrize("kind", ["long", "int", "bool"])
def test_integers_made_of_floats_have_no_graph(kind):
    assert not getattr(variable(1.5, 0.0), kind)().requires_grad
    assert not (variable(1.5) > 1).requires_grad and not variable(1.5).argmax().requires_grad


def test_assign_gives_new_values_of_the_same_shape():
    w = variable(1.0, 2.0)
    assert w.assign([3, 4]) is w and w.tolist() == [3.0, 4.0] and w.dtype == hg.float32
    with hg.no_grad():
        assert w.zero_().tolist() == [0.0, 0.0] and w.fill_(5).tolist() == [5.0, 5.0]
    w.data = hg.ones(2)
    assert w.tolist() == [1.0, 1.0] and w.requires_grad and not w.data.requires_grad
    with pytest.raises(ShapeError, match=r"\(2,\) cannot take values of \(3,\)"):
        w.assign(hg.ones(3))


# --- reading numbers ---


def test_numpy_is_a_view_that_cannot_be_written_to():
    x = hg.tensor([1.0, 2.0])
    array = x.numpy()
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 5.0
    assert np.shares_memory(array, x.value)
    assert np.asarray(x).tolist() == [1.0, 2.0] and np.array(x, dtype=int).dtype == int
    with pytest.raises(GradientError, match=r"Write x\.detach\(\)\.numpy\(\)"):
        variable(1.0).numpy()
    with hg.no_grad():
        assert variable(1.0).numpy().tolist() == [1.0]


def test_a_tensor_keeps_a_copy_of_the_data_it_was_made_of():
    array = np.array([1.0, 2.0])
    x, shared = hg.tensor(array), hg.from_numpy(array)
    array[0] = 9.0
    assert x.tolist() == [1.0, 2.0] and shared.tolist() == [9.0, 2.0]


def test_one_number_becomes_a_python_number():
    x = hg.tensor([[2.5]])
    assert x.item() == 2.5 and float(x) == 2.5 and int(x) == 2 and bool(x)
    assert type(hg.tensor(3).item()) is int and type(hg.tensor(True).item()) is bool
    assert [10, 20, 30][hg.tensor(2)] == 30
    with pytest.raises(ShapeError, match=r"item\(\) of shape \(2,\).*tolist"):
        hg.ones(2).item()
    with pytest.raises(ShapeError, match=r"truth.*ambiguous.*x\.any\(\) or x\.all\(\)"):
        bool(hg.ones(2))
    with pytest.raises(DtypeError, match=r"float32 is not an index.*int\(x\)"):
        _ = [1, 2][hg.tensor(1.0)]


def test_length_iteration_and_containment():
    x = hg.tensor([[1, 2], [3, 4], [5, 6]])
    assert len(x) == 3 and [row.tolist() for row in x] == [[1, 2], [3, 4], [5, 6]]
    assert 3 in x and 7 not in x
    a, b = hg.tensor([1.0, 2.0])
    assert (a.item(), b.item()) == (1.0, 2.0)
    with pytest.raises(ShapeError, match="no length"):
        len(hg.tensor(1.0))
    assert (x.shape, x.size(), x.size(0), x.ndim, x.dim(), x.numel()) == (
        (3, 2),
        (3, 2),
        3,
        2,
        2,
        6,
    )


def test_equality_with_none_is_false_and_tensors_are_keys():
    x, y = hg.ones(1), hg.ones(1)
    assert (x == None) is False and (x != None) is True  # noqa: E711 (as learners write it)
    assert {x: 1, y: 2}[x] == 1


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (lambda: hg.tensor([1.0, 2.5]), "tensor([1. , 2.5])"),
        (lambda: hg.tensor([1, 2]), "tensor([1, 2])"),
        (lambda: hg.tensor(True), "tensor(True)"),
        (lambda: variable(1.0), "tensor([1.], requires_grad=True)"),
        (lambda: variable(1.0) * 2, "tensor([2.], grad_fn=<mul>)"),
        (lambda: hg.zeros(2, dtype=hg.float64), "tensor([0., 0.], dtype=float64)"),
        (lambda: hg.zeros(0), "tensor([])"),
        (lambda: hg.tensor([math.nan, math.inf]), "tensor([nan, inf])"),
    ],
)
def test_printed_form(tensor, text):
    assert repr(tensor()) == text


def test_format():
    assert f"{hg.tensor(1.2345):.2f}" == "1.23" and f"{hg.tensor([1.0])}" == "tensor([1.])"


def test_numpy_on_either_side_of_an_operator():
    x = variable(1.0, 2.0)
    for result in (np.array([2.0, 2.0], np.float32) * x, x * np.array([2.0, 2.0], np.float32)):
        assert isinstance(result, hg.Tensor) and result.requires_grad
        assert result.tolist() == [2.0, 4.0] and result.dtype == hg.float32
    assert (x.sum() * np.float64(2)).dtype == hg.float32, "numbers of NumPy count as plain numbers"
    assert (np.float64(2) - x).tolist() == [1.0, 0.0]


def test_in_place_of_tensors_other_things_are_refused():
    for wrong in ("a", None, object(), [1, "b"]):
        with pytest.raises(DtypeError):
            _ = hg.ones(2) + wrong
    with pytest.raises(DtypeError):
        hg.tensor([[1, 2], [3]])


def test_values_are_refused_while_only_shapes_are_known():
    with pytest.raises(CaptureError, match=r"Write where\(condition, a, b\)"):
        hg.capture(lambda x: x * 2 if x.sum() > 0 else x, hg.ones(2))


# --- memory and threads ---


def test_a_graph_is_freed_when_its_loss_goes():
    x = variable(1.0, 2.0)
    hidden = x * x
    watched = weakref.ref(hidden.value)
    loss = (hidden + 1).sum()
    loss.backward()
    del hidden
    assert watched() is not None, "the loss holds its graph"
    gc.disable()
    try:
        del loss
        assert watched() is None, "freed at once, not when cycles are next looked for"
    finally:
        gc.enable()


def test_training_does_not_gather_nodes():
    w = variable(1.0, 2.0)

    def steps(count):
        for _ in range(count):
            (w * w).sum().backward()
            assert w.grad is not None
            with hg.no_grad():
                w.assign(w - 0.1 * w.grad)
        gc.collect()
        return sum(type(one) is Node for one in gc.get_objects())

    assert steps(20) == steps(3)


def test_threads_have_a_no_grad_of_their_own():
    x = variable(1.0)
    inside, leave = threading.Event(), threading.Event()
    found = {}

    def without():
        with hg.no_grad():
            inside.set()
            leave.wait(10)
            found["without"] = (x * 2).requires_grad

    thread = threading.Thread(target=without)
    thread.start()
    assert inside.wait(10)
    found["with"] = (x * 2).requires_grad
    leave.set()
    thread.join()
    assert found == {"with": True, "without": False}


def test_threads_differentiate_at_the_same_time():
    results = {}

    def work(number):
        w = variable(float(number))
        for _ in range(50):
            ((w * w) * w).sum().backward()
        results[number] = gradient_of(w)

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: [50 * 3.0 * number**2] for number in range(4)}
