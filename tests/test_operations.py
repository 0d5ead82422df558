"""Every record of the table of operations: its fields, its value, its rules, its gradient."""

import doctest
import io
import math

import numpy as np
import pytest

import holograd as hg
from holograd.check import check_gradient
from holograd.graph import Node, Operation, Spec, apply, arrays, interpreting
from holograd.ops.table import DTYPES, FLOAT32, FLOAT64, FUNCTIONS, SHARED, TABLE
from operation_references import REFERENCES

RECORDS = sorted(TABLE)
DIFFERENTIABLE = [name for name in RECORDS if TABLE[name].gradient is not None]
DEFINED = [name for name in RECORDS if TABLE[name].definition is not None]
RANDOM = ["integers", "normal", "permutation", "uniform"]

OPERATORS = ["matmul"]  # whose example shows the operator

# Operations that stand for a function whose naive form overflows, cancels, or is slow.
STABLE = """
    expm1 log1p log_sigmoid log_softmax logsumexp mean relu rsqrt sigmoid softmax tanh
""".split()


def samples(record: Operation) -> list:
    """The record's samples as arrays: [(arrays, parameters), …], the same each time."""
    drawn = record.samples(np.random.default_rng(20))
    return [([np.asarray(one) for one in inputs], named) for inputs, named in drawn]


def value(record: Operation, inputs, parameters) -> np.ndarray:
    """The record's meaning, with NumPy's warnings silent as they are in the library."""
    with interpreting(arrays):
        return np.asarray(record.numpy(*inputs, **parameters))


def specs_of(inputs) -> list[Spec]:
    return [Spec(one.shape, one.dtype) for one in inputs]


def takes_floats(record: Operation) -> bool:
    return any(kind in SHARED for kind in record.kinds)


def test_every_operation_has_a_reference_and_none_is_left_over():
    assert sorted(REFERENCES) == RECORDS


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_is_there(name):
    record = TABLE[name]
    assert record.name == name and record.symbol
    assert record.formula and record.formula.isascii(), "LaTeX"
    assert record.summary.endswith(".") and len(record.summary) < 100
    assert set(record.kinds) <= {*SHARED, "bool", "index"}
    drawn = samples(record)
    assert len(drawn) >= (1 if name in RANDOM else 3), "samples: more than one shape"
    for inputs, parameters in drawn:
        assert len(inputs) >= len(record.kinds) and all(isinstance(one, str) for one in parameters)
        if isinstance(record.gradient, tuple):
            assert len(record.gradient) == len(record.kinds)


@pytest.mark.parametrize("name", RECORDS)
def test_samples_hold_small_and_empty_shapes(name):
    shapes = [one.shape for inputs, _ in samples(TABLE[name]) for one in inputs]
    if name not in RANDOM:
        assert any(0 in shape for shape in shapes), "no sample is empty"
        assert any(1 in shape or shape == () for shape in shapes), "no extent is 1"


@pytest.mark.parametrize("name", RECORDS)
def test_value_is_the_references(name):
    record = TABLE[name]
    for inputs, parameters in samples(record):
        found = value(record, inputs, parameters)
        wanted = np.asarray(REFERENCES[name](*inputs, **parameters))
        single = parameters.get("dtype") in (FLOAT32,) and name != "uniform"
        np.testing.assert_allclose(
            found.astype(float), wanted.astype(float), rtol=1e-6 if single else 1e-12, atol=1e-14
        )
        assert found.shape == wanted.shape


@pytest.mark.parametrize("name", RECORDS)
def test_rules_foretell_shape_and_dtype(name):
    record = TABLE[name]
    for inputs, parameters in samples(record):
        for dtype in (FLOAT64, FLOAT32) if takes_floats(record) else (None,):
            given = [one.astype(dtype) if one.dtype.kind == "f" else one for one in inputs]
            found = value(record, given, parameters)
            specs = specs_of(given)
            assert record.shape(*specs, **parameters) == found.shape
            assert record.dtype(*specs, **parameters) == found.dtype
            assert found.dtype in DTYPES


@pytest.mark.parametrize("name", RECORDS)
def test_rules_foretell_the_dtype_of_integers_and_truth_values(name):
    record = TABLE[name]
    if set(record.kinds) & {"float", "floating"} or not takes_floats(record):
        return
    for dtype in [one for one in DTYPES if one.kind in ("biu" if "any" in record.kinds else "iu")]:
        for inputs, parameters in samples(record):
            given = [
                np.ones_like(one).astype(dtype) if one.dtype.kind == "f" else one for one in inputs
            ]
            found = value(record, given, parameters)
            specs = specs_of(given)
            assert record.dtype(*specs, **parameters) == found.dtype, dtype
            assert record.shape(*specs, **parameters) == found.shape


@pytest.mark.parametrize("name", RECORDS)
def test_float32_is_float64_within_its_precision(name):
    record = TABLE[name]
    if not takes_floats(record) or record.dtype(
        *specs_of(samples(record)[0][0]), **samples(record)[0][1]
    ).kind != "f":  # fmt: skip
        return
    for inputs, parameters in samples(record):
        single = [one.astype(FLOAT32) if one.dtype.kind == "f" else one for one in inputs]
        double = [one.astype(FLOAT64) if one.dtype == FLOAT32 else one for one in single]
        found = value(record, single, parameters)
        wanted = value(record, double, parameters)
        size = float(np.max(np.abs(wanted), initial=0.0))
        np.testing.assert_allclose(found, wanted, rtol=4e-6, atol=1e-6 * size)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradient_to_second_order(name):
    record = TABLE[name]
    for inputs, parameters in samples(record):
        named = {"dtype": FLOAT64} if name == "cast" else parameters
        report = check_gradient(
            lambda *given, named=named: apply(record, given, named), inputs, directions=1
        )
        assert report.ok, f"{name} of {[one.shape for one in inputs]} with {parameters}:\n{report}"
        moved = [one for one in inputs if one.dtype.kind == "f" and one.size]
        assert len(report.checks) == 2 * len(moved)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64])
def test_gradient_has_the_shape_and_dtype_of_its_input(name, dtype):
    record = TABLE[name]
    for inputs, parameters in samples(record):
        tensors = [
            hg.tensor(one.astype(dtype), requires_grad=True)
            if one.dtype.kind == "f"
            else hg.tensor(one)
            for one in inputs
        ]
        result = apply(record, tensors, parameters)
        seed = np.ones(result.shape, result.dtype)
        result.backward(hg.tensor(seed), retain_graph=True)
        for one in tensors:
            if one.requires_grad:
                assert one.grad is not None
                assert one.grad.shape == one.shape and one.grad.dtype == dtype


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_rules_give_the_same_bits_as_arrays_and_as_tensors(name):
    record = TABLE[name]
    for inputs, parameters in samples(record):
        given = [one.astype(FLOAT32) if one.dtype.kind == "f" else one for one in inputs]
        output = value(record, given, parameters)
        seed = np.linspace(0.5, 2, output.size).astype(output.dtype).reshape(output.shape)
        for position, one in enumerate(given):
            if one.dtype.kind != "f":
                continue
            with interpreting(arrays):
                plain = record.pullback(position, seed, output, *given, **parameters)
            eager = record.pullback(
                position, hg.tensor(seed), hg.tensor(output), *map(hg.tensor, given), **parameters
            )
            if plain is None:
                assert eager is None
            else:
                assert np.asarray(plain).dtype == eager.dtype
                np.testing.assert_array_equal(np.asarray(plain), eager.numpy())


def test_stable_operations_carry_their_definition():
    assert set(STABLE) <= set(DEFINED)


@pytest.mark.parametrize("name", DEFINED)
def test_definition_is_the_rule(name):
    record = TABLE[name]
    assert record.definition is not None
    for inputs, parameters in samples(record):
        tensors = [hg.tensor(one, requires_grad=one.dtype.kind == "f") for one in inputs]
        rule = apply(record, tensors, parameters)
        told = record.definition(*tensors, **parameters)
        assert rule.shape == told.shape and rule.dtype == told.dtype
        np.testing.assert_allclose(told.detach(), rule.detach(), rtol=1e-12, atol=1e-14)
        seed = hg.tensor(np.linspace(0.5, 2, rule.numel()).reshape(rule.shape))
        slopes = []
        for result in (rule, told):
            result.backward(seed)
            slopes.append([one.grad for one in tensors])
            for one in tensors:
                one.grad = None
        for own, other in zip(*slopes, strict=True):
            np.testing.assert_allclose(other, own, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", DEFINED)
def test_definition_does_not_use_its_own_operation(name):
    record = TABLE[name]
    assert record.definition is not None
    inputs, parameters = samples(record)[0]
    tensors = [hg.tensor(one, requires_grad=one.dtype.kind == "f") for one in inputs]
    waiting: list[Node] = [record.definition(*tensors, **parameters).node]
    while waiting:
        node = waiting.pop()
        assert node.operation is not record
        waiting.extend(node.inputs)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_public_function_says_what_it_does(name):
    documentation = FUNCTIONS[name].__doc__
    assert documentation and len(documentation.splitlines()[0]) > 8


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_public_function_has_an_example_that_holds(name):
    """Here and not by `--doctest-modules`, which does not find functions that records made."""
    documentation = FUNCTIONS[name].__doc__ or ""
    example = doctest.DocTestParser().get_doctest(documentation, {}, name, None, 0)
    assert len(example.examples) >= 2, "the import, and a call at least"
    assert f"{name}(" in documentation or name in OPERATORS
    runner = doctest.DocTestRunner(verbose=False)
    written = io.StringIO()
    runner.run(example, out=written.write)
    assert not runner.failures, written.getvalue()


def test_constants_of_the_rules():
    from holograd.ops.elementwise import TWO_OVER_ROOT_PI

    assert pytest.approx(2 / math.sqrt(math.pi), rel=1e-16) == TWO_OVER_ROOT_PI
