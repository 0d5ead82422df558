"""The passes over nodes: what each does, that it keeps the meaning, and what none of them does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import holograd as hg
from compiler_bounds import bounds
from compiler_cases import assert_close
from holograd.compiler.common import share
from holograd.compiler.fold import fold
from holograd.compiler.identities import identities
from holograd.compiler.lower import RULES as LOWERED
from holograd.compiler.lower import lower
from holograd.compiler.simplify import simplify
from holograd.graph import Graph, apply
from holograd.ops.table import FLOAT32, FLOAT64, TABLE
from random_graphs import Program, programs
from test_operations import samples

PASSES: dict[str, Callable[[Graph], Graph]] = {
    "fold": lambda graph: fold(graph, True),
    "fold with a batch": lambda graph: fold(graph, False),
    "share": share,
    "identities": identities,
    "lower": lower,
    "simplify": lambda graph: simplify(graph, True),
    "simplify with a batch": lambda graph: simplify(graph, False),
}
INF, NAN = np.inf, np.nan
SPECIAL = [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 2.5, -3.0, 1e-30, 1e30]


def graph_of(function: Callable[..., Any], *arguments: Any) -> Graph:
    return hg.capture(function, *arguments).graph


def names(graph: Graph) -> Counter[str]:
    """How often each operation stands in a graph."""
    return Counter(node.operation.name for node in graph.nodes if node.operation)


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    """Equal in every bit but for the payload of NaN."""
    return one.dtype == other.dtype and np.array_equal(
        np.where(np.isnan(one), 0, one).view(f"i{one.dtype.itemsize}"),
        np.where(np.isnan(other), 0, other).view(f"i{other.dtype.itemsize}"),
    ) and np.array_equal(np.isnan(one), np.isnan(other))  # fmt: skip


# --- all passes ---


@settings(
    max_examples=max(25, settings().max_examples), deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(programs(smooth=False))
def test_every_pass_keeps_the_meaning_and_the_interface(program: Program):
    inputs = [one.astype(np.float32) for one in program.inputs]
    graph = graph_of(lambda *given: list(program(*given)), *inputs)
    wanted, room = graph.run(inputs), bounds(graph, inputs)
    for name, transform in PASSES.items():
        made = transform(graph)
        made.verify()
        assert made.inputs == graph.inputs and len(made.outputs) == len(graph.outputs)
        for one, other, bound in zip(made.run(inputs), wanted, room, strict=True):
            assert_close(one, other, bound, name)
        again = transform(made)
        assert len(again.nodes) <= len(made.nodes), f"{name} undoes itself"


@pytest.mark.parametrize("name", sorted(TABLE))
def test_lowering_gives_numpys_bits_with_fewer_kinds_of_operation(name):
    record = TABLE[name]
    for inputs, parameters in samples(record):
        given = [one.astype(FLOAT32) if one.dtype.kind == "f" else one for one in inputs]
        graph = graph_of(lambda *given, p=parameters: apply(record, given, p), *given)
        made = lower(graph)
        (found,), (wanted,) = made.run(given), graph.run(given)
        if name == "contract":  # windows are read from a padded operand, in another order
            assert_close(found, wanted, bounds(graph, given)[0], name)
        else:
            np.testing.assert_array_equal(found, wanted)
        left = names(made)
        gone = set(LOWERED) - {"contract", "amax", "amin", "any", "all"}
        assert not gone & set(left)
        assert all(TABLE[one].native or TABLE[one].definition is None for one in left), (
            "an operation that has a definition, and neither a rule nor a word"
        )


def test_windows_that_leave_the_image_are_padded():
    images, kernels = hg.zeros(2, 1, 5, 5), hg.zeros(3, 1, 3, 3)
    graph = graph_of(lambda x, w: hg.conv2d(x, w, padding=1), images, kernels)
    assert names(lower(graph)) == {"pad": 1, "contract": 1}
    graph = graph_of(hg.conv2d, images, kernels)
    assert names(lower(graph)) == {"contract": 1}


def test_results_without_numbers_are_constants():
    graph = graph_of(lambda x: (x * 2).exp(), hg.zeros(0, 3))
    assert not names(lower(graph))


# --- folding, and what is computed twice ---


def test_constants_are_folded():
    graph = graph_of(lambda x: x * (hg.tensor([1.0, 2.0]) + 3.0).exp(), hg.zeros(2))
    assert names(fold(graph, True)) == {"mul": 1}


def test_counts_are_folded_where_the_batch_is_fixed():
    graph = lower(graph_of(lambda x: x.mean(), hg.zeros(3, 5)))
    assert "count" not in names(fold(graph, True)) and "count" in names(fold(graph, False))


def test_stretched_numbers_stay_small_and_large_constants_are_computed():
    wide = graph_of(lambda x: x + hg.tensor(2.0).expand(300, 300), hg.zeros(300, 300))
    assert names(fold(wide, True)) == {"expand": 1, "add": 1}
    large = graph_of(lambda x: x + hg.arange(70_000.0).exp(), hg.zeros(1))
    assert names(fold(large, True))["exp"] == 1


def test_an_error_is_left_to_the_step():
    graph = graph_of(lambda x: x + hg.tensor([1, 2]) // hg.tensor([1, 0]), hg.tensor([1, 2]))
    assert "floor_divide" in names(fold(graph, True))


def test_what_is_computed_twice_is_computed_once():
    graph = graph_of(lambda x: x.exp() * x.exp() + x.exp().sum(), hg.zeros(3))
    assert names(graph)["exp"] == 3
    assert names(share(graph)) == {"exp": 1, "mul": 1, "sum": 1, "add": 1}


def test_other_parameters_inputs_and_zeros_are_other_nodes():
    graph = graph_of(lambda x: x.sum(0) + x.sum(1), hg.zeros(3, 3))
    assert names(share(graph))["sum"] == 2
    graph = graph_of(lambda x, y: (x - y) * (y - x), hg.zeros(3), hg.zeros(3))
    assert names(share(graph))["sub"] == 2
    graph = graph_of(lambda x: (x / 0.0) + (x / -0.0), hg.zeros(3))
    assert names(share(graph))["div"] == 2
    graph = graph_of(lambda x: (x + NAN) * (x + NAN), hg.zeros(3))
    assert names(share(graph))["add"] == 1


def test_draws_of_two_streams_are_not_shared():
    graph = graph_of(lambda: hg.rand(3) + hg.rand(3))
    assert names(share(graph))["uniform"] == 2


# --- identities ---

EXACT: dict[str, tuple[Callable[[Any], Any], dict[str, int]]] = {
    "x · 1": (lambda x: x * 1.0, {}),
    "1 · x": (lambda x: 1.0 * x, {}),
    "x / 1": (lambda x: x / 1.0, {}),
    "x − 0": (lambda x: x - 0.0, {}),
    "x + −0": (lambda x: x + -0.0, {}),
    "x · −1": (lambda x: x * -1.0, {"neg": 1}),
    "−−x": (lambda x: hg.neg(hg.neg(x)), {}),
    "x / 4": (lambda x: x / 4.0, {"mul": 1}),
    "x¹": (lambda x: x**1.0, {}),
    "x²": (lambda x: x**2.0, {"mul": 1}),
    "a choice that is made": (lambda x: hg.where(hg.tensor(True), x, 0.0), {}),
    "the other choice": (lambda x: hg.where(hg.tensor(False), 0.0, x), {}),
    "reshaped and back": (lambda x: x.reshape(1, -1).reshape(-1), {}),
    "turned and back": (lambda x: x.reshape(1, -1).T.T.reshape(-1), {}),
    "stretched twice": (
        lambda x: x.expand(2, len(x)).expand(3, 2, len(x)), {"expand": 1}),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=str)
@pytest.mark.parametrize("name", EXACT)
def test_identities_are_exact(name, dtype):
    function, wanted = EXACT[name]
    values = np.array(SPECIAL).astype(dtype)
    graph = graph_of(function, values)
    made = identities(identities(graph))
    assert names(made) == wanted
    assert same_bits(made.run([values])[0], graph.run([values])[0])


INEXACT: dict[str, tuple[Callable[[Any], Any], str]] = {
    "x · 0": (lambda x: x * 0.0, "mul"),
    "x − x": (lambda x: x - x, "sub"),
    "x + 0": (lambda x: x + 0.0, "add"),
    "x − −0": (lambda x: x - -0.0, "sub"),
    "0 − x": (lambda x: 0.0 - x, "sub"),
    "x / x": (lambda x: x / x, "div"),
    "x / 3": (lambda x: x / 3.0, "div"),
    "0 / x": (lambda x: 0.0 / x, "div"),
    "x / 2¹²⁷, whose inverse is subnormal": (lambda x: x / 2.0**127, "div"),
    "x / 0": (lambda x: x / 0.0, "div"),
    "x / ∞": (lambda x: x / INF, "div"),
    "x⁰": (lambda x: x**0.0, "pow"),
    "√x": (lambda x: x**0.5, "pow"),
    "x³": (lambda x: x**3.0, "pow"),
    "x⁻¹": (lambda x: x**-1.0, "pow"),
    "x = x": (lambda x: x == x, "eq"),
    "max(x, x)": (lambda x: hg.maximum(x, x * 1.5), "maximum"),
    "(x + 1) − 1": (lambda x: (x + 1.0) - 1.0, "sub"),
    "ln eˣ": (lambda x: x.exp().log(), "log"),
    "√x²": (lambda x: (x * x).sqrt(), "sqrt"),
}


@pytest.mark.parametrize("name", INEXACT)
def test_what_is_not_exact_is_left_as_it_is(name):
    function, operation = INEXACT[name]
    values = np.array(SPECIAL, np.float32)
    graph = graph_of(function, values)
    made = simplify(graph, True)
    assert names(made)[operation] == names(graph)[operation]
    assert same_bits(made.run([values])[0].astype(FLOAT32), graph.run([values])[0].astype(FLOAT32))


def test_identities_keep_a_broadcast_shape():
    values = np.array([1.0, 2.0], np.float32)
    graph = graph_of(lambda x: x * hg.ones(3, 2), values)
    made = simplify(graph, True)
    assert made.outputs[0].shape == (3, 2) and names(made) == {"expand": 1}


def test_integers_keep_their_products_of_zero_and_sums():
    graph = graph_of(lambda x: x + 0, hg.tensor([1, 2]))
    assert made_of(graph) == {"add": 1}
    graph = graph_of(lambda x: x * 1, hg.tensor([1, 2]))
    assert made_of(graph) == {}


def made_of(graph: Graph) -> Counter[str]:
    return names(simplify(graph, True))


def test_the_greatest_picked_by_its_place_is_the_greatest():
    rows = np.array([[1.0, 3.0, 2.0], [NAN, 1.0, 2.0], [-INF, -INF, -INF]], np.float32)
    graph = graph_of(lambda x: x.max(1).values, rows)
    made = simplify(graph, True)
    assert names(made)["gather"] == 0 and names(made)["amax"] == 1
    np.testing.assert_array_equal(made.run([rows])[0], graph.run([rows])[0])
    graph = graph_of(lambda x, y: x.gather(1, y.argmax(1, keepdim=True)), rows, rows)
    assert made_of(graph)["gather"] == 1, "the greatest of another tensor"


def test_simplify_reaches_an_end():
    function = lambda x: hg.neg(-(x * 1.0 / 1.0).reshape(3, 1).reshape(3)) * x.exp()  # noqa: E731
    graph = graph_of(function, hg.zeros(3))
    once = simplify(graph, True)
    assert names(once) == {"exp": 1, "mul": 1}
    assert len(simplify(once, True).nodes) == len(once.nodes)


def test_softmax_with_cross_entropy_shares_its_exponentials():
    def loss(x: Any, labels: Any) -> Any:
        return hg.nn.functional.cross_entropy(x, labels)

    graph = graph_of(
        lambda x, labels: list(hg.value_and_grad(loss)(x, labels)),
        hg.zeros(4, 3), hg.tensor([0, 1, 2, 0]),
    )  # fmt: skip
    made = simplify(graph, True)
    assert names(made)["exp"] <= 2 and names(made)["log"] == 1
