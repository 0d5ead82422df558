"""`hg.compile`: functions, gradients, expressions and steps as machine code; what it refuses."""

import threading
from typing import Any, cast

import numpy as np
import pytest

import holograd as hg
from holograd import nn, optim
from holograd.errors import ArgumentError, CaptureError, ShapeError


def micrograd(a, b):
    """The expression of micrograd's README."""
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c + -a
    d = d + d * 2 + (b + a).relu()
    d = d + 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    return f / 2.0 + 10.0 / f


def test_numbers_in_and_numbers_out():
    compiled = hg.compile(hg.value_and_grad(micrograd, (0, 1)))
    value, slopes = compiled(-4.0, 2.0)
    assert type(value) is float and type(slopes) is tuple
    assert round(value, 4) == 24.7041
    assert [round(one, 4) for one in slopes] == [138.8338, 645.5773]
    assert compiled(-4, 2) == (value, slopes), "integers count as floats"
    assert compiled(1.0, 2.0) != (value, slopes)


def test_variables_may_be_updated_in_place():
    def function(a, b):
        c = a + b
        c += c + 1
        c += 1 + c + (-a)
        c *= b
        return c

    value, slopes = hg.compile(hg.value_and_grad(function, (0, 1)))(-4.0, 2.0)
    wanted = hg.value_and_grad(function, (0, 1))(hg.tensor(-4.0), hg.tensor(2.0))
    assert (value, slopes) == (wanted[0].item(), tuple(one.item() for one in wanted[1]))


def test_numbers_tensors_and_other_numbers_of_arguments():
    compiled = hg.compile(lambda *given: sum(given, start=0.0) * 2)
    assert compiled(1.0, 2.0) == 6.0
    assert compiled(1.0, 2.0, 3.0) == 12.0
    assert compiled(hg.tensor([1.0]), 2.0).tolist() == [6.0]
    assert compiled(1.0, 2.0) == 6.0
    many = [float(number) for number in range(40)]
    assert compiled(*many) == 2 * sum(many)


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (lambda x: x, 3.0),
        (lambda x: (x, [x + 1, x + 2]), (3.0, [4.0, 5.0])),
        (lambda x: {"a": x, "b": (x * 2, None)}, {"a": 3.0, "b": (6.0, None)}),
        (lambda x: (x * 0, x, x), (0.0, 3.0, 3.0)),
    ],
)
def test_results_are_nested_as_the_functions(function, wanted):
    assert hg.compile(function)(3.0) == wanted


def test_tensors_keep_their_kind():
    compiled = hg.compile(lambda x, i: (x[i], i + 1, x > 1))
    values, places, truth = compiled(hg.tensor([1.0, 2.0, 3.0]), hg.tensor([2, 0]))
    assert values.tolist() == [3.0, 1.0] and places.tolist() == [3, 1]
    assert truth.tolist() == [False, True, True]
    assert [one.dtype for one in (values, places, truth)] == [hg.float32, hg.int64, hg.bool]


def test_results_are_arrays_of_their_own():
    compiled = hg.compile(lambda x: x * 2)
    first = compiled(hg.ones(2))
    compiled(hg.zeros(2))
    assert first.tolist() == [2.0, 2.0]


def test_an_expression_is_computed_anew_from_its_parameters():
    w, x = hg.tensor([1.0, 2.0], requires_grad=True), hg.tensor([3.0, 4.0])
    compiled = hg.compile((w * x).sum())
    assert compiled().item() == 11.0
    w.assign([2.0, 2.0])
    assert compiled().item() == 14.0


def training_step():
    hg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.05)

    def step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return model, optimizer, step


def test_a_step_assigns_to_parameters_and_optimizer():
    generator = hg.Generator(1)
    x, y = hg.randn(7, 3, generator=generator), hg.randn(7, 2, generator=generator)
    model, optimizer, step = training_step()
    compiled = hg.compile(step)
    losses = [compiled(x, y).item() for _ in range(5)]
    optimizer.param_groups[0]["lr"] = 0.0
    kept = model[0].weight.value
    losses.append(compiled(x, y).item())
    assert model[0].weight.value is not kept and (model[0].weight.value == kept).all()
    with hg.no_grad():
        model[0].weight.zero_()
    losses.append(compiled(x, y).item())

    other, optimizer, step = training_step()
    wanted = [step(x, y).item() for _ in range(5)]
    optimizer.param_groups[0]["lr"] = 0.0
    wanted.append(step(x, y).item())
    with hg.no_grad():
        other[0].weight.zero_()
    wanted.append(step(x, y).item())
    np.testing.assert_allclose(losses, wanted, rtol=1e-5)
    for one, two in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(one.value, two.value, rtol=1e-4, atol=1e-6)


def test_random_numbers_are_those_of_eager():
    generator = hg.Generator(3)
    compiled = hg.compile(lambda x: x + hg.rand(50, generator=generator))
    first, second = (compiled(hg.zeros(50)).tolist() for _ in range(2))
    assert first != second
    again = hg.Generator(3)
    assert first == hg.rand(50, generator=again).tolist()
    assert second == hg.rand(50, generator=again).tolist()


def test_one_version_serves_any_number_of_rows():
    compiled = hg.compile(lambda x: (x.mean(), x.softmax(1)))
    for rows in (4, 7, 8, 1, 3, 5):
        x = np.random.default_rng(rows).normal(size=(rows, 3)).astype(np.float32)
        mean, shares = compiled(x)
        np.testing.assert_allclose(mean.item(), x.mean(), rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(shares.value, hg.tensor(x).softmax(1).value, rtol=1e-6)
    assert len(compiled.made) == 1 and len(compiled.batched) == 1


def test_grad_of_grad():
    third = hg.compile(hg.grad(hg.grad(hg.grad(lambda x: x**4 + hg.sin(x)))))
    assert third(0.5) == pytest.approx(24 * 0.5 - np.cos(0.5))


# --- large graphs of scalars ---


def neurons(points):
    """A loss written with Python's loops over points and neurons."""

    def loss(*w):
        total = 0.0
        for first, second, goal in points:
            hidden = [(w[3 * n] * first + w[3 * n + 1] * second + w[3 * n + 2]).tanh()
                      for n in range(4)]  # fmt: skip
            out = sum((w[12 + n] * one for n, one in enumerate(hidden)), start=w[16] * 1.0)
            total = total + (out - goal) ** 2
        return total / len(points) + 0.01 * sum((one * one for one in w), start=0.0)

    return loss


def test_repeated_expressions_become_vectors():
    generator = np.random.default_rng(0)
    points = generator.normal(size=(90, 3)).tolist()
    weights = generator.normal(size=17).tolist()
    function = hg.value_and_grad(neurons(points), range(17))
    compiled = hg.compile(function)
    value, slopes = compiled(*weights)
    wanted, wanted_slopes = function(*(hg.tensor(one, dtype=hg.float64) for one in weights))
    assert value == pytest.approx(wanted.item(), rel=1e-12)
    np.testing.assert_allclose(slopes, [one.item() for one in wanted_slopes], rtol=1e-11)
    assert "over 90 lanes" in compiled.show("loops")
    assert compiled.last is not None
    assert len(compiled.last.captured.graph.nodes) < 700, "of some 5,000"


@pytest.mark.parametrize("level", ["sse2", "avx2", None])
@pytest.mark.parametrize("length", [9, 16, 23])
def test_vectors_of_any_length_at_any_level(level, length):
    generator = np.random.default_rng(length)
    points = generator.normal(size=(length, 3)).tolist()
    weights = generator.normal(size=17).tolist()
    many = hg.value_and_grad(neurons(points * 8), range(17))
    value, slopes = hg.compile(many, level=level)(*weights)
    wanted, wanted_slopes = many(*(hg.tensor(one, dtype=hg.float64) for one in weights))
    assert value == pytest.approx(wanted.item(), rel=1e-12)
    np.testing.assert_allclose(slopes, [one.item() for one in wanted_slopes], rtol=1e-11)


@pytest.mark.parametrize("size", [100, 400, 3000])
def test_straight_code_in_pieces(size):
    """Expressions without repetition: random operations on two earlier values."""

    def function(a, b):
        choose = np.random.default_rng(size)
        values = [a, b]
        for _ in range(size):
            one, two = (values[int(place)] for place in choose.integers(0, len(values), 2))
            kind = choose.integers(0, 5)
            values.append(
                [one * 0.5 + two, (one * two).tanh(), one.sin(), (one - two).relu(), -two][kind]
            )
        return sum(values[-20:], start=0.0), values[len(values) // 2]

    compiled = hg.compile(function)
    found = compiled(0.3, -0.7)
    given = [hg.tensor(x, dtype=hg.float64) for x in (0.3, -0.7)]
    wanted = [one.item() for one in cast(Any, function)(*given)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13)


# --- looking inside ---


def test_every_stage_is_shown():
    small = hg.compile(lambda x: x.sigmoid() * 2)
    with pytest.raises(ArgumentError, match=r"nothing was compiled yet.*Call it once"):
        small.show()
    small(hg.ones(3))
    large = hg.compile(lambda x, w: nn.functional.relu(x @ w).sum(0))
    large(hg.ones(20, 30), hg.ones(30, 40))
    assert "sigmoid(v0)" in small.show("capture") and "returns" in small.show("simplify")
    assert "one vector register" in small.show("loops")
    assert "contract" in large.show("fuse") and "arena of" in large.show("plan")
    assert "for i < 20" in large.show("loops")
    for compiled in (small, large):
        assert "define" in compiled.show("llvm") and "ret" in compiled.show("asm")
    with pytest.raises(ArgumentError, match="Write one of 'capture'"):
        small.show("assembly")
    assert "compiled" in repr(small)


# --- what it refuses ---


def branches(x):
    if x.sum() > 0:
        return x
    return -x


def test_control_flow_on_values_is_refused_at_its_line():
    with pytest.raises(CaptureError, match=r"Write where\(.*line \d+: if x.sum\(\) > 0:"):
        hg.compile(branches)(hg.ones(2))
    with pytest.raises(CaptureError, match=r"line \d+"):
        hg.compile(lambda x: x[x > 0])(hg.ones(2))


def test_errors_of_shape_are_the_eager_ones():
    compiled = hg.compile(lambda x, y: x + y)
    with pytest.raises(ShapeError, match=r"add cannot combine shapes \(2,\) and \(3,\)"):
        compiled(hg.ones(2), hg.ones(3))
    assert compiled(hg.ones(2), hg.ones(2)).tolist() == [2.0, 2.0]


def test_an_index_out_of_range_is_told_and_reads_nothing():
    table = hg.arange(100.0)
    compiled = hg.compile(lambda x, i: x[i])
    with pytest.raises(ShapeError, match="an index of this step is outside"):
        compiled(table, hg.tensor([5, 100]))
    assert compiled(table, hg.tensor([5, -1])).tolist() == [5.0, 99.0]


def test_what_is_no_function_or_no_level():
    with pytest.raises(ArgumentError, match="compile got a int"):
        hg.compile(3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ArgumentError, match="no vector level 'mmx'"):
        hg.compile(branches, level="mmx")


def test_two_threads_may_call_one_function():
    compiled = hg.compile(lambda x: (x * x).sum())
    wanted = {number: float(number * number * 500) for number in range(8)}
    found: dict[int, set[float]] = {number: set() for number in wanted}

    def work(number):
        x = hg.full((500,), float(number))
        for _ in range(50):
            found[number].add(compiled(x).item())

    threads = [threading.Thread(target=work, args=(number,)) for number in wanted]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == {number: {value} for number, value in wanted.items()}
