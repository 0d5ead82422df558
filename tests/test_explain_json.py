"""The JSON of explanations: it keeps to its schema, and says what the engine computed."""

import json
import math
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

import holograd as hg
from explanation_cases import lecture
from holograd import nn
from holograd.explanation import Explanation
from holograd.explanation.page.curves import curve
from holograd.explanation.page.facts import facts, level_facts
from holograd.explanation.records import LEVELS
from random_graphs import Program, programs
from test_explain_random_graphs import total_of

Data = dict[str, Any]


@cache
def schema() -> Data:
    text = (files("holograd.explanation.page") / "schema.json").read_text(encoding="utf-8")
    return json.loads(text)


def written(explanation: Explanation, *, positions: bool = True) -> Data:
    """The explanation as another program reads it, after the schema has passed it."""
    text = json.dumps(facts(explanation, positions=positions), allow_nan=False)
    data = json.loads(text)
    error = next(Draft202012Validator(schema()).iter_errors(data), None)
    assert error is None, (error.message[:400], list(error.absolute_path))
    return data


def shown(data: Data) -> list[Data]:
    return [level for level in data["levels"] if level["fits"]]


def level(data: Data, name: str) -> Data:
    return next(one for one in data["levels"] if one["level"] == name)


def array(given: Data | None) -> np.ndarray:
    assert given is not None
    numbers = [float(one.replace("Infinity", "inf")) if isinstance(one, str) else one
               for one in given["numbers"]]  # fmt: skip
    return np.array(numbers, np.float64).reshape(given["shape"])


def xor(**more: Any) -> Explanation:
    """The lecture's network on (0, 1)."""
    x, y = hg.tensor([[0.0, 1.0]]), hg.tensor([[1.0]])
    return hg.explain(nn.functional.binary_cross_entropy(lecture(hg.float32)(x), y), **more)


def check_level(given: Data) -> None:
    """Keys lead somewhere, and contributions add up, by the JSON alone."""
    values = {one["key"]: one for one in given["values"]}
    steps = {one["key"]: one for one in given["steps"]}
    boxes = {one["key"]: one for one in given["boxes"]}
    assert [one["number"] for one in given["steps"]] == list(range(1, len(steps) + 1))
    assert given["count"] == len(steps)
    added: dict[str, np.ndarray] = {}
    for key in given["backward"]:
        for one in steps[key]["arguments"]:
            if one["contribution"] is None:
                continue
            before = added.get(one["value"])
            contribution = array(one["contribution"])
            added[one["value"]] = contribution if before is None else before + contribution
            np.testing.assert_allclose(array(one["total"]), added[one["value"]], rtol=1e-5)
    for key, total in added.items():
        np.testing.assert_allclose(total, array(values[key]["gradient"]), rtol=1e-5, atol=1e-9)
    assert np.all(array(values[given["output"]]["gradient"]) == 1)
    for edge in given["edges"]:
        assert values[edge["value"]]["maker"] == edge["from"]
        assert edge["to"] in values[edge["value"]]["users"]
        assert steps[edge["to"]]["arguments"][edge["place"]]["value"] == edge["value"]
    for step in steps.values():
        assert all(step["key"] in boxes[key]["steps"] for key in step["boxes"])
        assert all(values[key]["maker"] == step["key"] for key in step["outputs"])


def check_places(given: Data) -> None:
    """Each gate and value has a place inside of the drawing, in both arrangements."""
    for places in given["drawing"].values():
        assert set(places["gates"]) == {step["key"] for step in given["steps"]}
        areas = list(places["gates"].values())
        areas += [place["numbers"] for place in places["values"].values()]
        for x, y, width, height in areas:
            assert x >= 0 and x + width <= places["width"]
            assert y >= 0 and y + height <= places["height"]


def test_the_schema_is_one_and_describes_everything():
    Draft202012Validator.check_schema(schema())

    def undescribed(place: str, given: Any) -> list[str]:
        if isinstance(given, list):
            return [name for one in given for name in undescribed(place, one)]
        if not isinstance(given, dict):
            return []
        found = []
        for name, one in given.get("properties", {}).items():
            found += [] if one.get("description") else [f"{place}.{name}"]
        for name, one in given.items():
            found += undescribed(f"{place}.{name}", one)
        return found

    assert not undescribed("", schema())


def test_lecture_network():
    data = written(xor(title="XOR, sample (0, 1)", check=True))
    assert (data["format"], data["version"]) == ("holograd-explanation", 1)
    assert [one["level"] for one in data["levels"]] == list(LEVELS)
    assert data["zoom"] == data["asked"] == "function" and data["checked"]
    for one in shown(data):
        check_level(one)
        check_places(one)
        assert all(value["agrees"] for value in one["values"] if value["check"] is not None)
    function = level(data, "function")
    assert [step["label"] for step in function["steps"]] == [
        "× W₁", "+ b₁", "σ", "× W₂", "+ b₂", "σ", "−log",
    ]  # fmt: skip
    assert function["backward"] == ["s7", "s6", "s5", "s4", "s3", "s2", "s1"]
    sigma = function["steps"][2]
    assert sigma["formula"]["text"] == "σ(z)"
    (argument,) = sigma["arguments"]
    assert argument["formula"]["latex"].startswith("h")
    np.testing.assert_allclose(array(argument["derivative"]), [[0.04518, 0.01766]], atol=1e-5)
    np.testing.assert_allclose(array(argument["contribution"]), [[0.002517, 0.000984]], atol=1e-6)
    assert "σ" in sigma["sentences"]["backward"]["en"] and sigma["sentences"]["backward"]["ko"]
    weight = next(one for one in function["values"] if one["code"] == "0.weight")
    assert weight["transposed"] and weight["array"]["numbers"] == [5, 5, -7, -7]
    curve_of_sigma = sigma["curve"]
    assert [point["x"] for point in curve_of_sigma["points"]] == [-3, -4]
    assert len(curve_of_sigma["x"]) == len(curve_of_sigma["y"]) > 40


def multiplied() -> dict[str, Explanation]:
    """Products of matrices: through a weight, and with the result either way round."""
    a, b = (hg.tensor(np.arange(float(n)).reshape(-1, 3) - 2, requires_grad=True) for n in (6, 12))
    made = {one: hg.einsum(one, a, b) for one in ("ij,kj->ik", "ij,kj->ki")}
    made["a @ b.T"] = a @ b.T
    return {"layer": xor(), **{key: hg.explain((one**2).sum()) for key, one in made.items()}}


@pytest.mark.parametrize("name", multiplied())
def test_products_of_matrices_give_the_contributions(name: str):
    shown_at = level(written(multiplied()[name]), "layer")
    values = {one["key"]: one for one in shown_at["values"]}
    sides = set()
    for step in shown_at["steps"]:
        for one in step["arguments"]:
            product = one["product"]
            if product is None:
                continue
            arriving = array(values[step["outputs"][0]]["gradient"])
            factor = array(one["derivative"])
            factor = factor.T if product["transposed"] else factor
            left = product["side"] == "left"
            made = factor @ arriving if left else arriving @ factor
            made = made.T if product["turned"] else made
            contribution = array(one["contribution"])
            wanted = contribution.T if values[one["value"]]["transposed"] else contribution
            np.testing.assert_allclose(made, wanted, rtol=1e-5)
            sides.add(product["side"])
    assert sides == {"left", "right"} or name == "ij,kj->ki"


def test_levels_lead_into_each_other():
    levels = shown(written(xor()))
    for outer, inner in pairwise(levels):
        known = {step["key"] for step in inner["steps"]}
        reached = [key for step in outer["steps"] for key in step["parts"]]
        assert set(reached) == known
    assert all(not step["parts"] for step in levels[-1]["steps"])


def test_levels_that_show_the_same_lead_into_each_other():
    x = hg.tensor(0.5, requires_grad=True)
    explanation = hg.explain(hg.sin(x) * x, names={"x": x})
    levels = shown(written(explanation))
    assert [one["level"] for one in levels] == list(LEVELS)
    for one, view in zip(levels, explanation.views(), strict=True):
        assert one["level"] == view.level
        assert [step["parts"] for step in one["steps"]] == [list(step.parts) for step in view.steps]
        assert one["steps"][0]["parts"] == (["s1"] if view.level != "scalar" else [])
    alone = [level_facts(view) for view in explanation.views()]
    assert json.loads(json.dumps(alone)) == levels


def test_numbers_that_are_not_finite_are_words():
    x = hg.tensor(0.0, requires_grad=True)
    function = level(written(hg.explain(hg.log(x) * 0.0, names={"x": x})), "function")
    by_key = {one["key"]: one for one in function["values"]}
    made = by_key[function["steps"][0]["outputs"][0]]
    assert made["array"]["numbers"] == ["-Infinity"] and made["problem"] == "infinite"
    assert by_key[function["output"]]["array"]["numbers"] == ["NaN"]
    assert function["steps"][0]["curve"] is None


def test_large_arrays_are_summed_up_and_deep_levels_left_out():
    model = nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))
    inputs = hg.tensor(np.linspace(0, 1, 784, dtype=np.float32)[None])
    loss = nn.functional.cross_entropy(model(inputs), hg.tensor([3]))
    data = written(hg.explain(loss, zoom="scalar"))
    assert (data["asked"], data["zoom"]) == ("scalar", "primitive")
    deepest = level(data, "scalar")
    assert set(deepest) == {"level", "fits", "count"} and deepest["count"] > 2000
    weight = next(one for one in level(data, "layer")["values"] if one["code"] == "0.weight")
    assert weight["array"]["shape"] == [32, 784] and "numbers" not in weight["array"]
    wanted = model.state_dict()["0.weight"].numpy()
    for key, number in (("least", wanted.min()), ("greatest", wanted.max())):
        assert math.isclose(weight["array"]["summary"][key], number, rel_tol=1e-6)
    given = next(one for one in level(data, "layer")["values"] if one["role"] == "input")
    assert np.array_equal(array(given["array"]).astype(np.float32), inputs.numpy())


def test_a_level_with_too_many_numbers_to_check_goes_without():
    model = nn.Sequential(nn.Linear(2, 8), nn.Sigmoid(), nn.Linear(8, 1))
    loss = nn.functional.mse_loss(model(hg.tensor([[0.5, -0.5]])), hg.tensor([[1.0]]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("holograd.explanation.checking.MOST_NUMBERS", 64)
        data = written(hg.explain(loss, check=True))
    checked = {one["level"]: any(value["check"] for value in one["values"]) for one in shown(data)}
    assert checked["function"] and not checked["primitive"]


def test_what_rounding_may_have_left_of_zero_is_told_by_what_was_added_up():
    x = hg.tensor([0.3, -1.2, 0.7, 0.5], dtype=hg.float64, requires_grad=True)
    for name in ("function", "primitive"):
        data = level(written(hg.explain(x.softmax(0).sum(), names={"x": x})), name)
        value = next(one for one in data["values"] if one["symbol"]["text"] == "x")
        p = np.exp(x.detach().numpy())
        p /= p.sum()
        slopes = np.diag(p) - np.outer(p, p)
        off = 4 * np.finfo(float).eps  # of a product, once for the sum and once for softmax
        by_hand = np.sqrt((2 * off**2 * slopes**2).sum(0))
        np.testing.assert_allclose(array(value["noise"]), by_hand, rtol=1e-9)
        assert (np.abs(array(value["gradient"])) < by_hand).all()
    small = hg.tensor([1e-9, 1.0], requires_grad=True)
    data = level(written(hg.explain((small * small).sum())), "function")
    assert [one["noise"] for one in data["values"]] == [None] * len(data["values"])


def test_gradients_beyond_the_squares_of_floats_are_no_noise():
    x = hg.tensor([1e-100, -1e-120], dtype=hg.float64, requires_grad=True)
    view = hg.explain((1 / x).sum(), names={"x": x}).view_of("function")
    assert all(value.noise is None for value in view.values)


def test_float32_is_written_as_short_as_it_can_be():
    x = hg.tensor([0.1, 0.2], requires_grad=True)
    values = level(written(hg.explain((x * 2.0).sum(), names={"x": x})), "function")["values"]
    assert values[0]["array"]["numbers"] == [0.1, 0.2]


def test_positions_can_be_left_out():
    explanation = xor()
    assert all("drawing" in one for one in explanation.to_dict()["levels"])
    assert not any("drawing" in one for one in written(explanation, positions=False)["levels"])


@pytest.mark.parametrize(
    ("function", "number", "slope"),
    [(hg.tanh, 0.5, 1 - math.tanh(0.5) ** 2), (hg.exp, 1.0, math.e), (hg.log, 2.0, 0.5),
     (hg.relu, -1.0, 0.0), (hg.reciprocal, -2.0, -0.25), (hg.square, 3.0, 6.0)],
)  # fmt: skip
def test_curves(function: Any, number: float, slope: float):
    z = hg.tensor(number, dtype=hg.float64, requires_grad=True)
    found = curve(hg.explain(function(z)).forward[0])
    assert found is not None
    (point,) = found["points"]
    assert point["x"] == number and math.isclose(point["slope"], slope, rel_tol=1e-4, abs_tol=1e-9)
    assert min(found["x"]) < number < max(found["x"])
    place = np.interp(number, found["x"], found["y"])
    assert math.isclose(place, point["y"], rel_tol=0.02, abs_tol=0.02)


def test_straight_lines_have_no_curve():
    z = hg.tensor(1.0, requires_grad=True)
    assert curve(hg.explain(-z).forward[0]) is None


@settings(
    max_examples=max(8, settings().max_examples // 3),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(programs())
def test_random_graphs(program: Program):
    for one in shown(written(hg.explain(total_of(program)), positions=False)):
        check_level(one)
