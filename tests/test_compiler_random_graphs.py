"""Random graphs and their gradients as machine code: what NumPy gives, at each vector level."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import holograd as hg
from compiler_bounds import bounds
from compiler_cases import LEVELS, assert_compiled, compiled
from holograd.graph import Graph
from random_graphs import Program, programs

FULL = settings().max_examples > 60
graphs = settings(
    max_examples=500 if FULL else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SETTINGS = [(level, registers) for level in LEVELS for registers in (True, False)]


def gradient_step(program: Program, dtype: Any) -> tuple[Graph, list[np.ndarray]]:
    """The results of a program and the gradients of their weighted sum, and the inputs' values."""
    inputs = [one.astype(dtype) for one in program.inputs]
    generator = np.random.default_rng(len(program.steps))
    places = [
        place for place, one in enumerate(program(*map(hg.tensor, inputs))) if one.dtype.kind == "f"
    ]

    def step(*given: Any) -> list[Any]:
        def total(*given: Any) -> Any:
            results = program(*given)
            terms = [given[0].sum() * 0.5]
            for place in places:
                weights = np.asarray(generator.uniform(0.5, 2, results[place].shape))
                terms.append((results[place] * weights.astype(results[place].dtype)).sum())
            joined = terms[0]
            for term in terms[1:]:
                joined = joined + term
            return joined

        gradients = hg.grad(total, argnums=range(len(given)))(*given)
        return [*program(*given), *gradients]

    return hg.capture(step, *inputs).graph, inputs


def check(program: Program, dtype: Any, chosen: list[tuple[str, bool]]) -> None:
    graph, inputs = gradient_step(program, dtype)
    assert_compiled(graph, inputs, chosen, program)


@graphs
@given(programs(smooth=False), st.integers(0, len(SETTINGS) - 1), st.booleans())
def test_random_graphs_are_numpys(program: Program, turn: int, double: bool):
    """A graph in both ways of generating code, each at a level that is drawn."""
    level, registers = SETTINGS[turn]
    other = LEVELS[(turn + 1) % len(LEVELS)]
    check(program, hg.float64 if double else hg.float32, [(level, registers), (other, False)])


@pytest.mark.slow
@graphs
@given(programs(smooth=False))
def test_random_graphs_are_numpys_in_every_setting(program: Program):
    for dtype in (hg.float32, hg.float64):
        check(program, dtype, SETTINGS)


def test_bounds_are_finite_and_tight():
    """A bound of infinity would let everything pass: few numbers have one, and few a wide one.

    Some must have a wide one: tanh(cosh(exp(x))) multiplies the rounding of 1 − tanh² by thousands.
    """
    tight: list[bool] = []

    @graphs
    @given(programs(smooth=False, most_steps=4))
    def gather(program: Program) -> None:
        graph, inputs = gradient_step(program, hg.float64)
        if decides(graph):
            return
        for value, bound in zip(graph.run(inputs), bounds(graph, inputs), strict=True):
            if value.dtype.kind == "f":
                far = 1e6 * np.finfo(value.dtype).eps
                tight.extend(bound.ravel() <= far * (1 + np.max(np.abs(value), initial=0.0)))

    gather()
    assert len(tight) > 100
    assert np.mean(tight) > 0.98


def decides(graph: Graph) -> bool:
    """Whether a rounding may decide something in a graph: two numbers are compared, or rounded."""
    names = {node.operation.name for node in graph.nodes if node.operation}
    return bool(names & {"eq", "ge", "gt", "le", "lt", "ne", "ceil", "floor", "round", "sign",
                         "floor_divide", "remainder", "amax", "amin", "relu", "abs", "maximum",
                         "minimum", "cast"})  # fmt: skip


@pytest.mark.slow
@graphs
@given(programs(smooth=False))
def test_checked_and_unchecked_code_give_the_same_bits(program: Program):
    from compiler_cases import outputs

    graph, inputs = gradient_step(program, hg.float32)
    for registers in (True, False):
        found = [
            outputs(compiled(graph, LEVELS[-1], registers, checked), inputs)
            for checked in (True, False)
        ]
        for one, other in zip(*found, strict=True):
            assert one.tobytes() == other.tobytes()
