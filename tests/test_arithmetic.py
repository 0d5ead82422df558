"""Arithmetic's further arguments, which have PyTorch's meaning: alpha, rounding_mode, decimals."""

import numpy as np
import pytest

import holograd as hg
from conftest import optional_peer
from holograd.check import check_gradient

A, B = [[-7, 7, 6], [8, -9, 0]], [2, -2, -3]


def test_add_and_sub_take_a_multiple_of_the_other():
    x, y = hg.tensor([1.0, 2.0]), hg.tensor([10.0, 20.0])
    assert hg.add(x, y, alpha=0.5).tolist() == [6.0, 12.0] == x.add(y, alpha=0.5).tolist()
    assert hg.sub(x, y, alpha=2).tolist() == [-19.0, -38.0] == x.sub(y, alpha=2).tolist()
    assert hg.add(hg.tensor([1]), 2, alpha=3).dtype == hg.int64
    assert check_gradient(lambda x, y: hg.add(x, y, alpha=3) * hg.sub(x, y, alpha=0.5), [x, y]).ok


@pytest.mark.parametrize("kind", [hg.int64, hg.float32])
def test_quotients_are_rounded_down_or_cut_off(kind):
    a, b = hg.tensor(A, dtype=kind), hg.tensor(B, dtype=kind)
    exact = np.array(A) / np.array(B)
    for mode, rounded in (("floor", np.floor(exact)), ("trunc", np.trunc(exact))):
        found = hg.div(a, b, rounding_mode=mode)
        assert found.dtype == kind
        np.testing.assert_array_equal(found, rounded)
    assert a.div(b).dtype == hg.float32
    assert hg.div(7, -2, rounding_mode="trunc").item() == -3


def test_rounding_to_decimals():
    x = hg.tensor([1.25, -0.125, 155.0, 0.5])
    assert x.round(decimals=1).tolist() == pytest.approx([1.2, -0.1, 155.0, 0.5])
    assert hg.round(x, decimals=-1).tolist() == [0.0, 0.0, 160.0, 0.0]
    assert x.round().tolist() == [1.0, 0.0, 155.0, 0.0]


@pytest.mark.parametrize(("name", "sign"), [("add", "+"), ("sub", "-"), ("div", "/")])
def test_operators_and_functions_are_the_same_operation(name, sign):
    x = hg.tensor([1.0, 2.0], requires_grad=True)
    operator = {"+": x + 3, "-": x - 3, "/": x / 3}[sign]
    function = getattr(hg, name)(x, 3)
    assert operator.tolist() == function.tolist()
    assert operator.node.operation is function.node.operation is not None


@pytest.mark.peer
def test_further_arguments_are_pytorchs():
    torch = optional_peer("torch")
    rows = np.random.default_rng(2).uniform(-9, 9, (50, 2))
    for kind in ("int64", "float32", "float64"):
        a, b = rows[:, 0].astype(kind), np.where(np.abs(rows[:, 1]) < 1, 1, rows[:, 1]).astype(kind)
        for mode in ("floor", "trunc", None):
            found = hg.div(hg.tensor(a), hg.tensor(b), rounding_mode=mode)
            wanted = torch.div(torch.tensor(a), torch.tensor(b), rounding_mode=mode)
            assert str(found.dtype) == str(wanted.dtype).removeprefix("torch.")
            np.testing.assert_array_equal(found, wanted)
        if kind != "int64":
            for decimals in (-1, 0, 1, 3):
                found = hg.round(hg.tensor(a), decimals=decimals)
                wanted = torch.round(torch.tensor(a), decimals=decimals)
                np.testing.assert_array_equal(found, wanted)
