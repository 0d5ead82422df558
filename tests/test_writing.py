"""Tensors that take new values: in place for who holds them, never for graphs that used them."""

import pytest

import holograd as hg
from holograd import nn
from holograd.errors import DtypeError, GradientError, InPlaceError, ShapeError


def test_momentum_written_by_hand_keeps_its_velocity():
    w = hg.tensor([1.0], requires_grad=True)
    velocities = [hg.zeros(1)]
    expected_w, expected_v = 1.0, 0.0
    for _ in range(3):
        w.grad = None
        (w * w).sum().backward()
        expected_v = 0.9 * expected_v + 2 * expected_w
        expected_w -= 0.1 * expected_v
        with hg.no_grad():
            for parameter, velocity in zip([w], velocities, strict=True):
                velocity *= 0.9  # noqa: PLW2901
                velocity += parameter.grad  # noqa: PLW2901
                parameter -= 0.1 * velocity  # noqa: PLW2901
    assert velocities[0].item() == pytest.approx(expected_v, rel=1e-6)
    assert w.item() == pytest.approx(expected_w, rel=1e-6)


def test_a_function_that_adds_in_place_is_seen_outside():
    def add_one(tensor):
        tensor += 1

    counts = hg.zeros(2)
    add_one(counts)
    assert counts.tolist() == [1.0, 1.0]


def test_a_sum_of_losses_keeps_its_graph():
    w = hg.tensor([1.0, 2.0], requires_grad=True)
    total = hg.zeros(())
    for power in (1, 2, 3):
        total += (w**power).sum()
    total.backward()
    assert w.grad is not None
    assert w.grad.tolist() == [1 + 2 * 1 + 3 * 1, 1 + 2 * 2 + 3 * 4]


def test_graphs_keep_the_values_they_used():
    x = hg.tensor([2.0])
    w = hg.tensor([3.0], requires_grad=True)
    y = (w * x).sum()
    x += 5.0
    y.backward()
    assert w.grad is not None
    assert w.grad.tolist() == [2.0]
    assert x.tolist() == [7.0]


def test_writing_to_data_writes_to_the_tensor():
    layer = nn.Linear(2, 1)
    layer.weight.data.fill_(0.5)
    layer.weight.data -= 0.25
    layer.weight.data.mul_(2.0)
    assert layer.weight.tolist() == [[0.5, 0.5]]
    assert layer.weight.requires_grad
    layer.weight.data = hg.ones(1, 2)
    assert layer.weight.tolist() == [[1.0, 1.0]]
    hg.manual_seed(0)
    layer.weight.data.normal_(0.0, 1e-3)
    assert layer.weight.abs().max().item() < 0.01


def test_a_detached_tensor_is_one_of_its_own():
    x = hg.ones(2)
    x.detach().requires_grad_()
    assert not x.requires_grad
    copy = x.detach()
    copy += 1
    assert x.tolist() == [1.0, 1.0]


def test_copy_stretches_and_zero_and_uniform_fill():
    x = hg.zeros(2, 2).copy_(hg.tensor([1.0, 2.0]))
    assert x.tolist() == [[1.0, 2.0], [1.0, 2.0]]
    assert x.zero_().tolist() == [[0.0, 0.0], [0.0, 0.0]]
    drawn = hg.zeros(1000).uniform_(2.0, 3.0, generator=hg.Generator(1))
    assert 2.0 <= drawn.min().item() < 2.01
    assert 2.99 < drawn.max().item() < 3.0


def test_a_captured_step_updates_what_is_changed_in_place():
    average = hg.zeros(2)

    def step(x):
        with hg.no_grad():
            nonlocal average
            average *= 0.5
            average += 0.5 * x

    captured = hg.capture(step, hg.zeros(2))
    assert average.tolist() == [0.0, 0.0]
    captured.run(hg.tensor([4.0, 8.0]))
    captured.run(hg.tensor([4.0, 8.0]))
    assert average.tolist() == [3.0, 6.0]


@pytest.mark.parametrize(
    ("write", "error", "message"),
    [
        (lambda w: w.fill_(1.0), InPlaceError, r"no_grad"),
        (lambda w: w.add_(1.0), InPlaceError, r"x = x\.add\(…\)"),
        (lambda w: w.detach().add_(hg.ones(3, 2)), ShapeError, r"keeps its shape"),
        (lambda w: w.detach().long().add_(0.5), DtypeError, r"kind of number"),
        (lambda w: setattr(w, "grad", 5), GradientError, r"float32\[2\].*5"),
        (lambda w: setattr(w, "grad", hg.ones(3)), GradientError, r"float32\[2\].*float32\[3\]"),
        (lambda w: w.assign(hg.ones(3)), ShapeError, r"\(2,\).*\(3,\)"),
        (lambda w: w.to("cuda"), DtypeError, r"CPU"),
        (lambda w: w.to("float99"), DtypeError, r"float99.*hg\.float32"),
    ],
)
def test_writes_that_cannot_be(write, error, message):
    w = hg.ones(2, requires_grad=True)
    with pytest.raises(error, match=message):
        write(w)
    assert w.tolist() == [1.0, 1.0]
    assert w.grad is None


def test_clipping_of_what_has_no_parameters_leaves_recording_on():
    model = nn.Linear(2, 1)
    for wrong in (model, [model.weight, 3]):
        with pytest.raises(hg.HologradError, match=r"model\.parameters\(\)"):
            nn.utils.clip_grad_norm_(wrong, 1.0)  # pyright: ignore[reportArgumentType]
    assert model(hg.ones(1, 2)).requires_grad


def test_no_grad_without_parentheses():
    w = hg.ones(2, requires_grad=True)

    @hg.no_grad
    def double(x):
        return x * 2

    assert not double(w).requires_grad
    assert (w * 2).requires_grad


def test_a_capture_puts_back_gradients_that_the_step_takes_away():
    w = hg.ones(2, requires_grad=True)
    (3 * w).sum().backward()

    def step(x):
        w.grad = None
        loss = (w * x).sum()
        loss.backward()
        return loss

    hg.capture(step, hg.ones(2))
    assert w.grad is not None
    assert w.grad.tolist() == [3.0, 3.0]
