"""What the nodes of a function tell of its parameters, and whether its formula is true of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from holograd.errors import ArgumentError
from holograd.explanation.formulas.composites import (
    FUNCTIONS,
    LOSSES,
    composite_slope,
    composite_value,
    of_shares,
    which_of,
)
from holograd.explanation.formulas.evaluation import evaluate
from holograd.explanation.formulas.formula import Formula, name
from holograd.explanation.symbols import Symbol
from holograd.graph import Node

NEAR = {4: 1e-4, 8: 1e-9}  # by the bytes of a float: how near a formula's number must come


def read_parameters(kind: str, nodes: Sequence[Node]) -> dict[str, Any]:
    """The parameters of a function or a layer, as `composites.py` knows them; of a loss also what
    became of its single numbers: "mean", "sum", "weighted", "batchmean" or "none"."""
    which = which_of(kind)
    found: dict[str, Any] = {}
    if which == "gelu":
        found["tanh"] = "tanh" in _kinds(nodes)
    elif which == "leaky_relu":
        found["alpha"] = _constant(nodes, "mul")
    elif which == "elu":
        found["alpha"] = _constant(nodes, "mul", "expm1")
    elif which == "softplus":
        found["beta"] = _constant(nodes, "div")
        found["straight"] = any(_takes_straight(node) for node in nodes)
    elif which == "huber_loss":
        found["delta"] = _constant(nodes, "mul", "sub")
    elif which == "smooth_l1_loss":
        share = _constant(nodes, "sub", "abs")
        found["beta"] = 0.0 if "square" not in _kinds(nodes) else 2 * share if share else None
    elif which == "norm":
        found["by_name"] = "square" not in _kinds(nodes)
    elif which in ("cross_entropy", "nll_loss"):
        # A label's logarithm alone is neither weighted, nor smoothed, nor left out.
        found["by_name"] = "gather" in _kinds(nodes) and not {"mul", "where"}.isdisjoint(
            _kinds(nodes)
        )
    if which in LOSSES:
        found["reduction"] = _reduction(which, nodes)
    return {key: value for key, value in found.items() if value is not None}


PICKING = {"slice", "take", "gather", "reshape", "permute", "flip"}


def picked_place(nodes: Sequence[Node], transposed: bool = False) -> tuple[int, ...]:
    """Which number of what they take operations pick, with places counted from 1; empty where
    they pick several, compute, or take but one number. Dimensions of one number are left out.

    Args:
        nodes: in order.
        transposed: whether the array is written the other way round.
    """
    source = nodes[0].inputs[0]
    if nodes[-1].value.size != 1 or source.value.size < 2:
        return ()
    places = {source: np.arange(source.value.size).reshape(source.shape)}
    for node in nodes:
        if node.operation is None or node.operation.name not in PICKING:
            return ()
        values = [places.get(one, one.value) for one in node.inputs]
        places[node] = node.operation.numpy(*values, **node.parameters)
    found = np.unravel_index(int(places[nodes[-1]].item()), source.shape)
    counted = [int(one) + 1 for one, size in zip(found, source.shape, strict=True) if size > 1]
    return tuple(reversed(counted) if transposed else counted)


def _kinds(nodes: Sequence[Node]) -> set[str]:
    return {node.operation.name for node in nodes if node.operation is not None}


def _reduction(which: str, nodes: Sequence[Node]) -> str:
    last = nodes[-1].operation
    if last is None:
        return "none"
    if which == "kl_div" and last.name == "mean" and "sum" in _kinds(nodes):
        return "batchmean"
    return {"mean": "mean", "sum": "sum", "div": "weighted"}.get(last.name, "none")


def _constant(nodes: Sequence[Node], which: str, beside: str = "") -> float | None:
    """The one number that an operation takes; `beside` names what made its other input."""
    for node in nodes:
        if node.operation is None or node.operation.name != which:
            continue
        makers = [one.operation.name for one in node.inputs if one.operation is not None]
        if beside and beside not in makers:
            continue
        for one in node.inputs:
            if one.operation is None and not one.requires_grad and one.value.size == 1:
                return float(f"{one.value.item():.7g}")
    return None


def _takes_straight(node: Node) -> bool:
    """Whether a choice takes its first side somewhere."""
    choice = node.operation is not None and node.operation.name == "where"
    return choice and bool(node.inputs[0].value.any())


def disagrees(
    kind: str,
    parameters: Mapping[str, Any],
    arrays: Sequence[np.ndarray],
    output: np.ndarray,
    slopes: Mapping[int, np.ndarray],
) -> bool:
    """Whether a function's formula gives other numbers than the function, where both are finite.

    So it is where a parameter went in that the formula does not know: weights of samples, say.

    Args:
        kind, parameters: as `composite_value` takes them.
        arrays: what the function takes, as formulas write it.
        output: what it gives.
        slopes: local derivatives number by number, or of one number, by places.
    """
    names = [name(Symbol("a", str(place))) for place in range(len(arrays))]
    shapes = [array.shape for array in arrays]
    known = {one.detail: array for one, array in zip(names, arrays, strict=True)}
    known[Symbol("y")] = output
    which = which_of(kind)
    near = max((NEAR.get(one.dtype.itemsize, 1e-4) for one in (output, *arrays)
                if one.dtype.kind == "f"), default=1e-4)  # fmt: skip
    # The entry of a table is a row of it, which formulas as they are evaluated do not know.
    apart = of_shares(which, shapes) or which == "embedding"
    value = None if apart else composite_value(kind, parameters, names, shapes)
    if _differs(value, known, output, near, fits=which not in FUNCTIONS):
        return True
    if which not in LOSSES and which not in FUNCTIONS:
        return False
    y = name(Symbol("y"))
    return any(
        _differs(composite_slope(kind, parameters, place, names, y, shapes), known, slope, near)
        for place, slope in slopes.items()
    )


def _differs(
    formula: Formula | None,
    known: Mapping[Symbol, np.ndarray],
    given: np.ndarray,
    near: float,
    fits: bool = False,
) -> bool:
    """Whether a formula gives other numbers than `given`.

    Args:
        formula: in the names of `known`.
        known: the numbers of its names.
        given: what it should give.
        near: how near they must come.
        fits: whether it must give as many; the length of each row is written as that of one.
    """
    if formula is None:
        return False
    try:
        found = np.asarray(evaluate(formula, known))
    except (ArgumentError, TypeError):
        return False  # it is no function of numbers: nothing to compare
    except ValueError:
        return True  # it multiplies what does not fit: an input that goes without a name
    if found.size != given.size:
        return fits
    found = found.reshape(given.shape)
    finite = np.isfinite(found) & np.isfinite(given)
    scale = max([1.0, *(float(np.abs(one).max(initial=0)) for one in known.values()
                        if one.dtype.kind == "f" and np.isfinite(one).all())])  # fmt: skip
    return not np.allclose(found[finite], given[finite], rtol=10 * near, atol=near * scale)
