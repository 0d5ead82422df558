"""The check column: finite differences beside each gradient, and where they tell nothing."""

import math

import numpy as np
import pytest

import holograd as hg
from explanation_cases import of, scalar, there, xor


def test_the_check_column():
    for level in ("layer", "primitive", "scalar"):
        view = xor((0, 1), level).checked().view
        for value in view.values:
            if value.gradient is not None:
                np.testing.assert_allclose(there(value.check), value.gradient, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("make", "at", "slope"),
    [
        (hg.log, 1e-5, 1e5),
        (lambda x: 1 / x, 1e-4, -1e8),
        (hg.sqrt, 1e-6, 500.0),
        (lambda x: hg.relu(x) * 3, 1e-6, 3.0),
        (lambda x: x * x, 0.0, 0.0),
        (lambda x: x * x, 1e8, 2e8),
    ],
)
def test_differences_at_small_and_large_numbers(make, at, slope):
    x = scalar(at)
    value = hg.explain(make(x), check=True).value("x")
    assert of(value.check) == pytest.approx(slope, rel=1e-6)
    assert value.agrees is True


@pytest.mark.parametrize("make", [hg.log, lambda x: 1 / (x + 1), lambda x: (x + 1e16) - 1e16])
def test_where_differences_tell_nothing(make):
    x = scalar(-1.0)
    value = hg.explain(make(x), check=True).value("x")
    assert math.isnan(of(value.check))
    assert value.agrees is None


@pytest.mark.parametrize(
    "make",
    [hg.relu, hg.abs, lambda x: hg.maximum(x, -x), lambda x: hg.relu(x - x) + x * hg.relu(x)],
)
def test_at_a_kink_no_difference_is_held_against_the_gradient(make):
    """What differences find there is the middle of the slopes on both sides."""
    explanation = hg.explain(make(scalar(0.0)), check=True)
    for value in explanation.view.values:
        assert value.agrees is not False
    kinked = [
        one for one in explanation.view.values if one.check is not None and one.agrees is None
    ]
    assert kinked
