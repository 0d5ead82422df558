"""`check_gradient`: right gradients pass, planted faults are seen, and the report tells which."""

import dataclasses
import math

import numpy as np
import pytest

import holograd as hg
from holograd.check import Check, check_gradient
from holograd.errors import ArgumentError, DtypeError, GradientError
from holograd.graph import apply
from holograd.ops.table import FLOAT64, TABLE
from holograd.tensor import Tensor

DIFFERENTIABLE = sorted(name for name, record in TABLE.items() if record.gradient is not None)


def planted(name, change, position=0):
    """The record with the rule of one input changed by `change(contribution)`."""
    record = TABLE[name]

    def rule(place, *arguments, **parameters):
        contribution = record.pullback(place, *arguments, **parameters)
        if place == position and contribution is not None:
            return change(contribution)
        return contribution

    return dataclasses.replace(record, gradient=rule)


def called(record, **parameters):
    return lambda *inputs: apply(record, inputs, parameters)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@pytest.mark.parametrize("factor", [1.001, -1.0])
def test_a_factor_in_any_rule_of_any_operation_is_seen(name, factor):
    record = TABLE[name]
    seen = asked = 0
    for inputs, parameters in record.samples(np.random.default_rng(6)):
        named = {"dtype": FLOAT64} if name == "cast" else parameters
        for position, value in enumerate(inputs):
            if np.asarray(value).dtype.kind != "f" or not np.asarray(value).size:
                continue
            right = check_gradient(called(record, **named), inputs, directions=1, order=1)
            if not any(check.numeric for check in right.checks if check.input == position):
                continue  # the gradient is 0 there, and so is 1.001 times it
            wrong = planted(name, lambda contribution: contribution * factor, position)
            report = check_gradient(called(wrong, **named), inputs, directions=1, order=1)
            asked += 1
            seen += {check.input for check in report.wrong} == {position}
    assert seen == asked and (asked or name in ("sign", "floor", "ceil", "round"))


@pytest.mark.parametrize(
    ("change", "difference"),
    [(lambda g: g * 1.001, 1e-3), (lambda g: -g, 2.0), (lambda g: g * 0.0, 1.0)],
)
def test_the_report_tells_which_input_is_wrong_and_by_how_much(change, difference):
    def f(weight, bias):
        return apply(planted("mul", change, position=1), (weight, bias)).exp()

    report = check_gradient(f, [hg.tensor([0.5, -1.0]), hg.tensor([[2.0], [0.25]])], order=1)
    assert not report.ok and not report
    assert {check.name for check in report.wrong} == {"bias"}
    assert all(check.order == 1 and check.input == 1 for check in report.wrong)
    assert [check.difference for check in report.wrong] == pytest.approx([difference] * 2, rel=0.01)
    text = str(report)
    assert "2 of 4 comparisons right" in text
    assert "order 1, weight (2)" in text and text.count("WRONG") == 1
    assert "order 1, bias (2×1)" in text
    assert "look at the rule of the input" in text
    with pytest.raises(GradientError, match=r"bias \(2×1\).*WRONG"):
        report.raise_if_wrong()


def test_a_missing_sum_over_broadcast_dimensions_is_seen():
    right, first_row_only = TABLE["expand"], lambda g, y, a, shape: g[0]
    wrong = dataclasses.replace(right, gradient=(first_row_only,))
    x = hg.tensor([1.0, 2.0])
    assert check_gradient(called(right, shape=(3, 2)), [x]).ok
    assert not check_gradient(called(wrong, shape=(3, 2)), [x]).ok


def test_a_mean_in_place_of_a_sum_is_seen():
    wrong = dataclasses.replace(TABLE["sum"], gradient=TABLE["mean"].gradient)
    assert not check_gradient(called(wrong, dims=(0,), keepdim=False), [hg.ones(3)]).ok


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, y, a: g * apply(planted("cos", lambda part: part * 1.001), (a,)),
        lambda g, y, a: g * apply(planted("cos", lambda part: -part), (a,)),
        lambda g, y, a: g * np.cos(a.value if isinstance(a, Tensor) else a),
    ],
    ids=["factor", "sign", "constant"],
)
def test_a_fault_of_second_order_alone_is_seen(rule):
    wrong = dataclasses.replace(TABLE["sin"], gradient=(rule,))
    report = check_gradient(called(wrong), [hg.tensor([0.5, -1.0, 2.0])])
    assert report.wrong and {check.order for check in report.wrong} == {2}
    assert "The gradient is right, and its own gradient is not" in str(report)
    assert check_gradient(called(wrong), [hg.tensor([0.5, -1.0, 2.0])], order=1).ok


def test_a_mixed_second_derivative_is_checked():
    """∂²(ab)/∂a∂b, which moving `a` alone in ∂f/∂a cannot see."""
    wrong = dataclasses.replace(
        TABLE["mul"],
        gradient=(
            lambda g, y, a, b: g * apply(planted("identity", lambda part: part * 1.001), (b,)),
            TABLE["mul"].gradient[1],  # pyright: ignore[reportOptionalSubscript, reportIndexIssue]
        ),
    )
    report = check_gradient(called(wrong), [hg.tensor([1.0]), hg.tensor([2.0])])
    assert {(check.order, check.name) for check in report.wrong} == {(2, "input 1")}


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (lambda x: x, [2.0]),
        (lambda x: (x * 3, x.exp()), [np.array([1.0, 2.0])]),
        (lambda x: x.log(), [hg.tensor([1e-6, 1.0, 50.0])]),
        (lambda x: x.sin(), [hg.tensor([1000.0, 1.0])]),
        (lambda x: x * 1e9, [1.0]),
        (lambda x: x * 1e-9, [1.0]),
        (lambda x: x**3, [hg.tensor([1e-8, 2e-8])]),
        (lambda x: x.exp().log(), [hg.tensor([0.1, 1.0])]),
        (lambda x: x * 0.0, [1.0]),
        (lambda x: x.sign() + 1.0, [hg.tensor([1.0, -2.0])]),
        (lambda x: x.relu(), [hg.tensor([0.01, -0.01, 1.0])]),
        (lambda x, i: x[i] * 2, [hg.tensor([1.0, 2.0]), np.array([1, 1, 0])]),
        (lambda x, mask: hg.where(mask, x, 0.0), [hg.ones(2), np.array([True, False])]),
        (lambda x: x.sum(), [hg.zeros(0, 3)]),
        (lambda x: x.sqrt(), [hg.zeros(0)]),
        (lambda x, y: hg.einsum("ij,jk,k->i", x, y, y[0]), [hg.randn(2, 3), hg.randn(3, 3)]),
        (hg.grad(lambda x: (x**3).sum()), [hg.tensor([1.0, 2.0])]),
    ],
)
def test_right_gradients_pass(function, inputs):
    report = check_gradient(function, inputs)
    assert report.ok, str(report)


def test_inputs_may_be_one_alone_and_of_float32():
    assert check_gradient(lambda x: x.sigmoid(), hg.randn(3)).ok
    assert check_gradient(lambda x: x.sigmoid(), 0.5).ok
    report = check_gradient(hg.sigmoid, hg.randn(3), directions=3)
    assert len(report.checks) == 6 and report.checks[0].direction.dtype == FLOAT64


@pytest.mark.parametrize(
    ("function", "point"), [(hg.relu, [0.0, 1.0]), (hg.sqrt, [0.0]), (lambda x: x.round(), [0.5])]
)
def test_a_kink_is_told_from_a_fault(function, point):
    report = check_gradient(function, [hg.tensor(point)], order=1)
    assert not report.ok and {check.verdict for check in report.checks} == {"UNCLEAR"}
    text = str(report)
    if function is hg.relu:
        assert "f is not smooth here" in text and "Move the inputs away" in text
    assert "WRONG" not in text


def test_the_slopes_beside_a_kink_are_told():
    (check,) = check_gradient(lambda x: hg.relu(x) * 3, [0.0], order=1, directions=1).checks
    assert check.kink is not None
    least, greatest = sorted(map(abs, check.kink))
    assert least == 0 and greatest > 1
    assert check.numeric == pytest.approx(sum(check.kink) / 2)


def test_misuse_is_told():
    with pytest.raises(ArgumentError, match=r"other numbers each time.*Call model\.eval\(\)"):
        check_gradient(lambda x: x * hg.rand(1).double(), [1.0])
    with pytest.raises(ArgumentError, match="not finite"):
        check_gradient(hg.log, [-1.0])
    weight = hg.ones(1)
    with pytest.raises(DtypeError, match=r"float32.*need float64.*double\(\)"):
        check_gradient(lambda x: (x * weight).float(), [1.0])
    with pytest.raises(ArgumentError, match="the function gave float"):
        check_gradient(lambda x: x.item(), [1.0])


def test_what_compares_nothing_is_told():
    with pytest.raises(ArgumentError, match="nothing to compare: there are no floats in the inp"):
        check_gradient(lambda x: x * 2, [hg.tensor([1])])
    with pytest.raises(ArgumentError, match="nothing to compare: there are no floats in the res"):
        check_gradient(lambda x: x > 0, [1.0])
    with pytest.raises(ArgumentError, match="order=3 and directions=2"):
        check_gradient(hg.exp, [1.0], order=3)
    with pytest.raises(ArgumentError, match="order=2 and directions=0"):
        check_gradient(hg.exp, [1.0], directions=0)


def test_directions_come_from_the_generator():
    def directions(generator):
        return check_gradient(hg.exp, hg.ones(3), generator=generator).checks[0].direction.tolist()

    assert directions(None) == directions(None) == directions(hg.Generator(0))
    assert directions(hg.Generator(1)) != directions(hg.Generator(2))


def test_a_gradient_that_is_not_a_number_is_wrong():
    fields = {"direction": np.ones(1), "uncertainty": 1e-12, "noise": 1e-12, "kink": None}
    check = Check(1, 0, "x", analytic=math.nan, numeric=1.0, tolerance=1e-5, **fields)
    assert check.verdict == "WRONG"
