"""Infinities, NaN, signed zeros, overflow, nothing, and ties: PyTorch's documented results."""

import math

import numpy as np
import pytest

import holograd as hg
from holograd.errors import ShapeError
from holograd.ops.table import FUNCTIONS

INF, NAN = math.inf, math.nan
DTYPES = [hg.float32, hg.float64]

# The value at 0, −0, ∞, −∞ and NaN. A zero after ~ may have either sign.
ONE_NUMBER = """
    neg         -0     0      -inf   inf    nan
    reciprocal  inf    -inf   0      -0     nan
    square      0      0      inf    inf    nan
    abs         0      0      inf    inf    nan
    sign        ~0     ~0     1      -1     0
    floor       0      -0     inf    -inf   nan
    ceil        0      -0     inf    -inf   nan
    round       0      -0     inf    -inf   nan
    exp         1      1      inf    0      nan
    log         -inf   -inf   inf    nan    nan
    log1p       0      -0     inf    nan    nan
    expm1       0      -0     inf    -1     nan
    sqrt        0      -0     inf    nan    nan
    rsqrt       inf    -inf   0      nan    nan
    sin         0      -0     nan    nan    nan
    cos         1      1      nan    nan    nan
    tan         0      -0     nan    nan    nan
    asin        0      -0     nan    nan    nan
    acos        pi/2   pi/2   nan    nan    nan
    atan        0      -0     pi/2   -pi/2  nan
    sinh        0      -0     inf    -inf   nan
    cosh        1      1      inf    inf    nan
    tanh        0      -0     1      -1     nan
    sigmoid     0.5    0.5    1      0      nan
    relu        ~0     ~0     inf    ~0     nan
    softplus    ln2    ln2    inf    0      nan
    log_sigmoid -ln2   -ln2   ~0     -inf   nan
    erf         0      -0     1      -1     nan
"""
WORDS = {"pi/2": math.pi / 2, "-pi/2": -math.pi / 2, "ln2": math.log(2), "-ln2": -math.log(2)}
ROWS = [line.split() for line in ONE_NUMBER.strip().splitlines()]


def number(word: str) -> float:
    return WORDS[word] if word in WORDS else float(word.lstrip("~"))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_functions_at_the_ends_of_the_numbers(row, dtype):
    name, *words = row
    found = FUNCTIONS[name](hg.tensor([0.0, -0.0, INF, -INF, NAN], dtype=dtype)).numpy()
    assert found.dtype == dtype
    for place, word in zip(found.tolist(), words, strict=True):
        wanted = number(word)
        assert place == pytest.approx(wanted, rel=1e-6, nan_ok=True), (name, word)
        if wanted == 0 and not word.startswith("~"):
            assert math.copysign(1, place) == math.copysign(1, wanted), (name, word)


@pytest.mark.parametrize(
    ("name", "a", "b", "wanted"),
    [
        ("add", INF, -INF, NAN), ("sub", INF, INF, NAN), ("mul", 0.0, INF, NAN),
        ("div", 1.0, 0.0, INF), ("div", 1.0, -0.0, -INF), ("div", 0.0, 0.0, NAN),
        ("div", -1.0, INF, -0.0), ("floor_divide", 1.0, 0.0, INF), ("floor_divide", 0.0, 0.0, NAN),
        ("floor_divide", 5.0, INF, 0.0), ("floor_divide", -7.0, 2.0, -4.0),
        ("remainder", -7.0, 2.0, 1.0), ("remainder", 7.0, -2.0, -1.0),
        ("remainder", 1.0, 0.0, NAN), ("remainder", INF, 2.0, NAN), ("remainder", 5.0, INF, 5.0),
        ("remainder", -5.0, INF, INF), ("pow", 0.0, 0.0, 1.0), ("pow", NAN, 0.0, 1.0),
        ("pow", 1.0, NAN, 1.0), ("pow", 0.0, -1.0, INF), ("pow", -8.0, 1 / 3, NAN),
        ("pow", INF, 0.0, 1.0), ("pow", -INF, -1.0, -0.0), ("pow", -1.0, INF, 1.0),
        ("pow", 0.5, INF, 0.0), ("maximum", NAN, 1.0, NAN), ("maximum", 1.0, NAN, NAN),
        ("minimum", NAN, 1.0, NAN), ("minimum", -INF, 1.0, -INF),
    ],
)  # fmt: skip
def test_pairs_at_the_ends_of_the_numbers(name, a, b, wanted):
    for dtype in DTYPES:
        found = FUNCTIONS[name](hg.tensor([a], dtype=dtype), hg.tensor([b], dtype=dtype)).item()
        assert found == pytest.approx(wanted, nan_ok=True)
        assert wanted != 0 or math.copysign(1, found) == math.copysign(1, wanted)


def test_nan_is_neither_less_nor_greater_nor_equal():
    x = hg.tensor([NAN])
    for name in ("eq", "lt", "le", "gt", "ge"):
        assert not FUNCTIONS[name](x, x).item() and not FUNCTIONS[name](x, 1.0).item()
    assert (x != x).item()
    special = hg.tensor([NAN, INF, -INF, 0.0])
    assert hg.isnan(special).tolist() == [True, False, False, False]
    assert special.isinf().tolist() == [False, True, True, False]
    assert hg.isfinite(special).tolist() == [False, False, False, True]
    assert hg.isfinite(hg.tensor([1, 2])).all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_nothing_overflows_on_the_way_to_a_finite_result(dtype):
    x = hg.tensor([1e4, -1e4, 0.0], dtype=dtype)
    assert hg.sigmoid(x).tolist() == [1.0, 0.0, 0.5]
    assert hg.softplus(x).tolist() == pytest.approx([1e4, 0.0, math.log(2)], rel=1e-6)
    assert hg.log_sigmoid(x).tolist() == pytest.approx([0.0, -1e4, -math.log(2)], rel=1e-6)
    assert hg.logsumexp(x, 0).item() == 1e4
    assert hg.softmax(x, 0).tolist() == [1.0, 0.0, 0.0]
    assert hg.log_softmax(x, 0).tolist() == [0.0, -2e4, -1e4]
    assert hg.tanh(x).tolist() == [1.0, -1.0, 0.0]
    assert hg.expm1(hg.tensor([1e-12], dtype=dtype)).item() == pytest.approx(1e-12, rel=1e-6)
    assert hg.log1p(hg.tensor([1e-12], dtype=dtype)).item() == pytest.approx(1e-12, rel=1e-6)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_overflow_and_underflow(dtype):
    huge, tiny = float(np.finfo(dtype).max), float(np.finfo(dtype).smallest_subnormal)
    x = hg.tensor([huge, -huge, tiny, -tiny], dtype=dtype)
    assert (x * x).tolist() == [INF, INF, 0.0, 0.0]
    assert x.sqrt().tolist()[0] == pytest.approx(math.sqrt(huge), rel=1e-6)
    assert x.exp().tolist() == [INF, 0.0, 1.0, 1.0]
    assert x.sinh().tolist() == [INF, -INF, tiny, -tiny]
    assert x.reciprocal().tolist()[2:] == [INF, -INF]
    assert x.sign().tolist() == [1.0, -1.0, 1.0, -1.0]
    assert x.ceil().tolist()[2:] == [1.0, 0.0] and x.floor().tolist()[2:] == [0.0, -1.0]
    assert x.erf().tolist() == pytest.approx([1.0, -1.0, tiny, -tiny], abs=tiny)


def test_nothing_at_all():
    none = hg.zeros(0)
    assert none.sum().item() == 0 and none.prod().item() == 1
    assert math.isnan(none.mean().item()) and math.isnan(none.var().item())
    assert none.logsumexp(0).item() == -INF
    assert none.any().item() is False and none.all().item() is True
    assert none.softmax(0).shape == (0,) and none.cumsum(0).shape == (0,)
    assert none.norm().item() == 0
    assert hg.zeros(0, 3).amax(1).shape == (0,)
    for name in ("amax", "amin", "argmax", "argmin", "max", "min"):
        with pytest.raises(ShapeError, match="of no numbers does not exist"):
            FUNCTIONS[name](none)


def test_reductions_over_special_values():
    assert math.isnan(hg.tensor([1.0, NAN]).amax().item())
    assert math.isnan(hg.tensor([NAN, 1.0]).max(0).values.item())
    assert hg.tensor([1.0, NAN, NAN]).argmax().item() == 1
    assert hg.tensor([NAN, 0.0]).any().item() and hg.tensor([NAN, 1.0]).all().item()
    assert hg.tensor([INF, 0.0]).logsumexp(0).item() == INF
    assert hg.tensor([-INF, -INF]).logsumexp(0).item() == -INF
    assert hg.tensor([-INF, 0.0, 0.0]).softmax(0).tolist() == [0.0, 0.5, 0.5]
    assert all(map(math.isnan, hg.tensor([-INF, -INF]).softmax(0).tolist()))
    assert hg.tensor([-INF, 0.0]).log_softmax(0).tolist() == [-INF, 0.0]
    for nowhere in ([3.0, INF, -INF], [-INF, -INF], [NAN, 1.0]):
        assert all(map(math.isnan, hg.tensor(nowhere).log_softmax(0).tolist()))
        assert all(map(math.isnan, hg.tensor(nowhere).softmax(0).tolist()))
    assert math.isnan(hg.tensor([1.0]).var().item()) and hg.tensor([1.0]).var(False).item() == 0
    assert hg.tensor([1.0, 2.0]).var(correction=3).item() == INF
    assert hg.tensor([INF, 1.0]).norm().item() == INF


def test_sort_puts_nan_last():
    x = hg.tensor([NAN, 1.0, INF, -INF])
    assert x.argsort().tolist() == [3, 1, 2, 0]
    assert x.argsort(descending=True).tolist() == [0, 2, 1, 3]
    assert x.sort().values.tolist()[:3] == [-INF, 1.0, INF]
    assert x.topk(2).indices.tolist() == [0, 2] and x.topk(1, largest=False).indices.item() == 3


def test_clamp_of_special_values():
    x = hg.tensor([NAN, INF, -INF, 0.5])
    assert str(x.clamp(0.0, 1.0).tolist()) == "[nan, 1.0, 0.0, 0.5]"
    assert x.clamp(min=3.0, max=0.0).tolist()[1:] == [0.0, 0.0, 0.0]


# --- ties, and places where a derivative has to be chosen ---


def gradients(function, *inputs):
    """The gradients of the sum of what `function` gives, as lists."""
    tensors = [hg.tensor(one, requires_grad=True) for one in inputs]
    function(*tensors).sum().backward()
    return [one.grad.tolist() for one in tensors if one.grad is not None]


@pytest.mark.parametrize(
    ("function", "inputs", "wanted"),
    [
        (hg.maximum, ([1.0, 2.0], [1.0, 1.0]), [[0.5, 1.0], [0.5, 0.0]]),
        (hg.minimum, ([1.0, 2.0], [1.0, 1.0]), [[0.5, 0.0], [0.5, 1.0]]),
        (hg.maximum, ([NAN], [1.0]), [[1.0], [1.0]]),
        (lambda x: x.amax(), ([1.0, 1.0, 0.0],), [[0.5, 0.5, 0.0]]),
        (lambda x: x.max(), ([1.0, 1.0, 0.0],), [[0.5, 0.5, 0.0]]),
        (lambda x: x.min(), ([0.0, 0.0, 0.0, 0.0],), [[0.25] * 4]),
        (lambda x: x.max(0).values, ([1.0, 1.0, 0.0],), [[1.0, 0.0, 0.0]]),
        (lambda x: x.min(0).values, ([1.0, 0.0, 0.0],), [[0.0, 1.0, 0.0]]),
        (lambda x: x.clamp(0.0, 1.0), ([0.0, 1.0, -1.0, 2.0, 0.5],), [[1.0, 1.0, 0.0, 0.0, 1.0]]),
        (hg.clamp, ([0.0, -1.0, 2.0, 5.0], [0.0, 0.0, 0.0, 6.0], [1.0, 1.0, 1.0, 1.0]),
         [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]),
        (hg.relu, ([0.0, -0.0, 1.0, NAN],), [[0.0, 0.0, 1.0, 1.0]]),
        (hg.abs, ([0.0, -0.0, -2.0, NAN],), [[0.0, 0.0, -1.0, 0.0]]),
        (hg.sign, ([0.0, 2.0],), [[0.0, 0.0]]),
        (hg.floor, ([1.0, 1.5],), [[0.0, 0.0]]),
        (hg.sqrt, ([0.0],), [[INF]]),
        (lambda x: x.sort().values * hg.tensor([1.0, 2.0, 3.0]), ([1.0, 1.0, 0.0],), [[2, 3, 1]]),
        (lambda x: x.sort(descending=True).values * hg.tensor([1.0, 2.0]), ([1.0, 1.0],), [[1, 2]]),
        (lambda x: x.topk(1).values, ([1.0, 1.0],), [[1.0, 0.0]]),
        (lambda x: hg.max_pool2d(x, 2), ([[[1.0, 1.0], [1.0, 0.0]]],), [[[[1.0, 0], [0, 0]]]]),
        (lambda x: x.prod(), ([0.0, 0.0, 2.0],), [[0.0, 0.0, 0.0]]),
        (lambda x: x.prod(), ([0.0, 3.0, 2.0],), [[6.0, 0.0, 0.0]]),
        (lambda x: x.cumprod(0), ([0.0, 3.0, 2.0],), [[10.0, 0.0, 0.0]]),
        (lambda x: x.std(), ([1.0, 1.0],), [[0.0, 0.0]]),
        (lambda x: x.norm(), ([0.0, 0.0],), [[0.0, 0.0]]),
        (lambda x: x.norm(3), ([0.0, 0.0],), [[0.0, 0.0]]),
        (lambda x: x.norm(0.5), ([0.0, 1.0],), [[0.0, 1.0]]),
        (lambda x: x.norm(1), ([0.0, -1.0],), [[0.0, -1.0]]),
        (lambda x: x.norm(INF), ([-1.0, 1.0, 0.0],), [[-0.5, 0.5, 0.0]]),
        (hg.pow, ([0.0, 0.0, 2.0], [0.0, 2.0, 0.0]), [[0, 0, 0], [0, 0, pytest.approx(0.693147)]]),
        (hg.remainder, ([5.0, -5.0], [3.0, 3.0]), [[1.0, 1.0], [-1.0, 2.0]]),
        (lambda x: x.logsumexp(0), ([-INF, 0.0],), [[0.0, 1.0]]),
        (hg.sigmoid, ([1000.0, -1000.0],), [[0.0, 0.0]]),
        (hg.softplus, ([1000.0, -1000.0],), [[1.0, 0.0]]),
        (hg.log_sigmoid, ([1000.0, -1000.0],), [[0.0, 1.0]]),
        (lambda x: x.softmax(0), ([1000.0, -1000.0],), [[0.0, 0.0]]),
    ],
)  # fmt: skip
def test_gradient_where_one_has_to_be_chosen(function, inputs, wanted):
    assert gradients(function, *inputs) == wanted


@pytest.mark.parametrize("name", ["amax", "amin", "max", "min"])
def test_gradient_of_an_extreme_that_is_nan_goes_to_the_nan(name):
    assert gradients(FUNCTIONS[name], [1.0, NAN, 2.0, NAN]) == [[0.0, 0.5, 0.0, 0.5]]
    rows = [[1.0, 3.0], [NAN, 2.0]]
    wanted = [[0.0, 1.0], [1.0, 0.0]] if "max" in name else [[1.0, 0.0], [1.0, 0.0]]
    if name in ("amax", "amin"):
        assert gradients(lambda x: FUNCTIONS[name](x, 1), rows) == [wanted]
    else:
        assert gradients(lambda x: FUNCTIONS[name](x, 1).values, rows) == [wanted]


def test_powers_of_zero_have_every_derivative():
    """3x² + 2x + 1, term by term: at 0 the terms' own derivatives are of 0⁰, 0¹ and 0²."""

    def polynomial(x):
        return sum(factor * x**power for power, factor in enumerate([1.0, 2.0, 3.0]))

    zero = hg.tensor(0.0)
    assert hg.grad(polynomial)(zero).item() == 2
    assert hg.hessian(polynomial)(zero).item() == 6
    assert hg.grad(hg.hessian(polynomial))(zero).item() == 0
    assert hg.hessian(lambda b: hg.tensor(0.0) ** b)(hg.tensor(2.0)).item() == 0
    assert hg.hessian(lambda b: hg.tensor(2.0) ** b)(hg.tensor(0.0)).item() == pytest.approx(
        math.log(2) ** 2
    )
