"""The 16 gates against Python's own logic, and how many of them one neuron can compute."""

import itertools

import numpy as np
import pytest

from holograd.data import GATES, gate
from holograd.errors import ArgumentError

MEANING = {
    "false": lambda a, b: False,
    "and": lambda a, b: a and b,
    "a-and-not-b": lambda a, b: a and not b,
    "a": lambda a, b: a,
    "b-and-not-a": lambda a, b: b and not a,
    "b": lambda a, b: b,
    "xor": lambda a, b: a != b,
    "or": lambda a, b: a or b,
    "nor": lambda a, b: not (a or b),
    "xnor": lambda a, b: a == b,
    "not-b": lambda a, b: not b,
    "b-implies-a": lambda a, b: a or not b,
    "not-a": lambda a, b: not a,
    "a-implies-b": lambda a, b: b or not a,
    "nand": lambda a, b: not (a and b),
    "true": lambda a, b: True,
}


@pytest.mark.parametrize("name", GATES)
def test_gate_is_its_name(name):
    inputs, targets = gate(name)
    assert inputs.shape == (4, 2) and inputs.dtype == np.float32
    assert targets.shape == (4, 1) and targets.dtype == np.float32
    for (a, b), target in zip(inputs.numpy().tolist(), targets.numpy()[:, 0], strict=True):
        assert target == MEANING[name](bool(a), bool(b))


def test_the_rows_are_all_inputs_in_counting_order():
    assert gate("and")[0].numpy().tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_there_are_16_different_gates():
    assert len(set(GATES.values())) == len(GATES) == len(MEANING) == 16


def test_fourteen_gates_are_linearly_separable():
    # Half-integer thresholds with weights of −1, 0 and 1 separate whatever a line can separate.
    inputs = gate("and")[0].numpy()
    lines = itertools.product((-1, 0, 1), (-1, 0, 1), (-1.5, -0.5, 0.5, 1.5))
    separable = {tuple((inputs @ [v, w] + bias > 0).astype(int).tolist()) for v, w, bias in lines}
    assert {name for name, outputs in GATES.items() if outputs not in separable} == {"xor", "xnor"}


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ("XOR", r"Did you mean .*gate\('xor'\)"),
        ("nandd", r"Did you mean gate\('nand'\)"),
        ("implies", r"gate\('a-implies-b'\)"),
        ("", "Write one of these"),
        (3, "Write one of these"),
    ],
)
def test_an_unknown_name_names_close_ones(wrong, advice):
    with pytest.raises(ArgumentError, match=advice):
        gate(wrong)
