"""One harness for every layer: shapes, kinds of number, state, gradients, capture, printed form."""

import copy
import json
from typing import Any

import numpy as np
import pytest

import holograd as hg
from holograd import nn
from holograd.errors import DtypeError
from holograd.nn.architecture import build, describe, layers
from nn_cases import CASES, CONTAINERS, Case

every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_dtype = pytest.mark.parametrize("dtype", [hg.float32, hg.float64], ids=str)
both_modes = pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])


def test_the_table_has_every_layer():
    kept = {name for name, layer in layers().items() if layer.__module__ != "holograd.nn.loss"}
    kept -= CONTAINERS | {"Perceptron"}
    assert {case.layer for case in CASES} == kept


@every_case
@every_dtype
@both_modes
def test_shape_and_dtype(case: Case, dtype: np.dtype, training: bool):
    module = case.build(dtype).train(training)
    output = module(*map(hg.tensor, case.draw(dtype))).detach()
    assert output.shape == case.output
    assert output.dtype == dtype
    assert np.isfinite(
        output.numpy() if not output.requires_grad else output.detach().numpy()
    ).all()


@every_case
def test_constructor_takes_a_dtype_where_there_are_weights(case: Case):
    if any(name in case.state for name in ("weight", "running_mean")):
        module = case.make(dtype=hg.float64)
        assert {one.dtype for one in module.parameters()} <= {hg.float64}
        with pytest.raises(DtypeError, match="float32 or dtype=hg.float64"):
            case.make(dtype=hg.int64)


@every_case
def test_state_names_and_shapes(case: Case):
    assert {name: one.shape for name, one in case.make().state_dict().items()} == case.state


@every_case
def test_printed_form(case: Case):
    assert repr(case.make()) == case.text


@every_case
@every_dtype
def test_state_carries_everything(case: Case, dtype: np.dtype):
    inputs = [hg.tensor(array) for array in case.draw(dtype)]
    first, second = case.build(dtype, seed=1), case.build(dtype, seed=2)
    first(*inputs)  # statistics of batch norm are state too
    saved = {name: one.numpy().copy() for name, one in first.state_dict().items()}
    second.load_state_dict(saved)
    first.eval()
    second.eval()
    assert (second(*inputs).detach().numpy() == first(*inputs).detach().numpy()).all()


@every_case
def test_architecture_is_plain_data(case: Case):
    module = case.make().double()
    told = json.loads(json.dumps(describe(module)))
    built = build(told)
    assert repr(built) == repr(module)
    expected = {name: (one.shape, one.dtype) for name, one in module.state_dict().items()}
    assert {n: (one.shape, one.dtype) for n, one in built.state_dict().items()} == expected


def loss_of(module: nn.Module, inputs: list[hg.Tensor]) -> hg.Tensor:
    """A weighted sum of the outputs, with fixed weights that differ from one another."""
    output = module(*inputs)
    weights = np.cos(np.arange(output.numel())).reshape(output.shape) + 0.5
    return (output * weights.astype(output.dtype)).sum()


@every_case
@both_modes
def test_gradient_against_finite_differences(case: Case, training: bool):
    module = case.build(hg.float64).train(training)
    inputs = [hg.tensor(array, requires_grad=not case.integers) for array in case.draw(hg.float64)]
    varied = [one for one in (*inputs, *module.parameters()) if one.requires_grad]

    def loss() -> hg.Tensor:
        hg.manual_seed(5)  # the same numbers are dropped each time
        return loss_of(module, inputs)

    if not varied or not loss().requires_grad:
        pytest.skip("nothing here has a gradient")
    loss().backward()
    generator = np.random.default_rng(3)
    step = 1e-5
    for one in varied:
        assert one.grad is not None and one.grad.shape == one.shape
        direction = generator.normal(0, 1, one.shape)
        if case.named.get("padding_idx") is not None:
            direction[case.named["padding_idx"]] = 0  # that row has no gradient by intent
        start, ends = one.value, []
        for sign in (1, -1):
            with hg.no_grad():
                one.assign(start + sign * step * direction)
                ends.append(loss().item())
        with hg.no_grad():
            one.assign(start)
        slope = (ends[0] - ends[1]) / (2 * step)
        assert float((one.grad.numpy() * direction).sum()) == pytest.approx(
            slope, rel=1e-6, abs=1e-7
        )


class Scaled(nn.Module):
    """A layer behind a learnt factor, so that a gradient has to pass through the layer."""

    def __init__(self, layer: nn.Module, dtype: np.dtype):
        self.factor = nn.Parameter(np.array(1.25, dtype))
        self.layer = layer

    def forward(self, *inputs: Any) -> Any:
        floats = [one.dtype.kind == "f" for one in inputs]
        scaled = [self.factor * one if f else one for one, f in zip(inputs, floats, strict=True)]
        return self.layer(*scaled)


@every_case
@every_dtype
@both_modes
def test_captured_equals_eager_bit_for_bit(case: Case, dtype: np.dtype, training: bool):
    eager = Scaled(case.build(dtype), dtype).train(training)
    compiled = copy.deepcopy(eager)
    batches = [case.draw(dtype, seed) for seed in (1, 2, 3)]

    def step_of(model: nn.Module) -> Any:
        def step(*inputs: hg.Tensor) -> list[hg.Tensor]:
            model.zero_grad()
            loss = loss_of(model, list(inputs))
            if loss.requires_grad:
                loss.backward()
            return [loss, *(one.grad for one in model.parameters() if one.grad is not None)]

        return step

    before = {name: one.numpy().copy() for name, one in compiled.state_dict().items()}
    captured = hg.capture(step_of(compiled), *batches[0])
    for name, one in compiled.state_dict().items():
        assert (one.numpy() == before[name]).all(), f"capturing changed {name}"
    hg.manual_seed(9)
    expected = [[one.detach().numpy() for one in step_of(eager)(*map(hg.tensor, batch))]
                for batch in batches]  # fmt: skip
    hg.manual_seed(9)
    found = [captured.run(*batch) for batch in batches]
    for one, other in zip(expected, found, strict=True):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True)
    for (name, one), other in zip(
        eager.state_dict().items(), compiled.state_dict().values(), strict=True
    ):
        assert np.array_equal(one.numpy(), other.numpy()), name


@pytest.mark.parametrize("case", [one for one in CASES if one.layer != "Identity"], ids=str)
def test_nodes_know_their_layer(case: Case):
    model = nn.Sequential(Scaled(case.make(), hg.float32))
    output = model[0](*map(hg.tensor, case.draw(hg.float32)))
    assert output.node.scope is not None
    root, layer = output.node.scope.path[:2]
    assert (root.name, root.kind, layer.name) == ("", "Scaled", "layer")
    assert layer.kind.partition("(")[0] == case.layer
