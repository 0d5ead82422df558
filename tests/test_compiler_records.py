"""Every record of the table as machine code: at each vector level, in loops and in registers."""

import numpy as np
import pytest

from compiler_bounds import MATHEMATICS
from compiler_cases import (
    LEVELS,
    assert_close,
    assert_compiled,
    gradient_graph,
    graph_of,
    run,
)
from compiler_samples import EXTRA, Case, as_kind, extra_cases
from holograd.compiler.target import assembly, level_named
from holograd.graph import Graph, Operation
from holograd.ops.table import BOOL, DTYPES, FLOAT32, FLOAT64, SHARED, TABLE
from test_operations import RANDOM, RECORDS, samples

FLOATS = [FLOAT32, FLOAT64]
SETTINGS = [(level, registers) for level in LEVELS for registers in (True, False)]
NATIVE = [name for name in RECORDS if TABLE[name].native is not None]


def cases(record: Operation) -> list[Case]:
    return [*samples(record), *extra_cases(record)]


def graph_and_values(record: Operation, case: Case) -> tuple[Graph, list[np.ndarray]]:
    """A record with its gradient where it has one."""
    inputs, parameters = case
    if record.gradient is not None and any(one.dtype.kind == "f" for one in inputs):
        return gradient_graph(record, inputs, parameters)
    return graph_of(record, inputs, parameters), inputs


def test_every_record_has_more_samples():
    assert set(EXTRA) | set(NATIVE) == set(RECORDS)
    assert not set(EXTRA) & set(NATIVE)
    assert set(NATIVE) >= MATHEMATICS


@pytest.mark.parametrize("name", RECORDS)
def test_value_and_gradient_are_numpys(name):
    """Levels, kinds of float and both ways of generating code take turns over the cases."""
    record, generator = TABLE[name], np.random.default_rng(5)
    for number, one in enumerate(cases(record)):
        case = as_kind(record, one, FLOATS[number // len(SETTINGS) % 2], generator)
        graph, values = graph_and_values(record, case)
        assert_compiled(graph, values, [SETTINGS[number % len(SETTINGS)]], told(name, case))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("name", RECORDS)
def test_value_and_gradient_are_numpys_in_every_setting(name, dtype):
    record, generator = TABLE[name], np.random.default_rng(6)
    for one in cases(record):
        case = as_kind(record, one, dtype, generator)
        graph, values = graph_and_values(record, case)
        assert_compiled(graph, values, SETTINGS, told(name, case))


def told(name: str, case: Case) -> str:
    inputs, parameters = case
    return f"{name} of {[(str(one.dtype), one.shape) for one in inputs]} with {parameters}"


# --- integers and truth values ---


def whole_kinds(record: Operation) -> list[np.dtype]:
    """The dtypes besides floats that a record takes without promotion."""
    shared = set(record.kinds) & set(SHARED)
    if not shared or shared & {"float", "floating"}:
        return []
    return [one for one in DTYPES if one.kind in ("biu" if "any" in shared else "iu")]


WHOLE = [name for name in RECORDS if whole_kinds(TABLE[name])]


@pytest.mark.parametrize("name", WHOLE)
def test_integers_and_truth_values_are_numpys_exactly(name):
    record, generator = TABLE[name], np.random.default_rng(8)
    for number, dtype in enumerate(whole_kinds(record)):
        for turn, case in enumerate(cases(record)[number % 6 :: 6]):
            setting = SETTINGS[(turn + number) % len(SETTINGS)]
            compare_whole(record, case, dtype, [setting], generator)


@pytest.mark.slow
@pytest.mark.parametrize("name", WHOLE)
def test_integers_and_truth_values_are_numpys_exactly_in_every_setting(name):
    record, generator = TABLE[name], np.random.default_rng(9)
    for number, dtype in enumerate(whole_kinds(record)):
        for turn, case in enumerate(cases(record)):
            chosen = SETTINGS[(turn + number) % 4 :: 4]
            compare_whole(record, case, dtype, chosen, generator)


def compare_whole(record, case, dtype, settings, generator):
    inputs, parameters = as_kind(record, case, dtype, generator)
    if record.name == "pad" and dtype.kind != "f":
        parameters = {**parameters, "value": 1}
    graph = graph_of(record, inputs, parameters)
    (wanted,) = graph.run(inputs)
    for level, registers in settings:
        (found,) = run(graph, inputs, level, registers)
        assert_close(found, wanted, 0.0, f"{told(record.name, (inputs, parameters))} at {level}")


# --- the last bit ---


def ulps_apart(found: np.ndarray, exact: np.ndarray) -> float:
    """How far numbers lie from what is exact, in units of the last place of the result."""
    unit = np.spacing(np.abs(exact).astype(found.dtype)).astype(float)
    return float(np.max(np.abs(found.astype(float) - exact.astype(float)) / unit, initial=0.0))


@pytest.mark.parametrize("name", [name for name in NATIVE if "bool" not in TABLE[name].kinds])
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_one_operation_is_numpys_bits_or_correct_to_some_units(name, dtype):
    record, generator = TABLE[name], np.random.default_rng(10)
    for number, case in enumerate(extra_cases(record)[:4]):
        inputs, parameters = as_kind(record, case, dtype, generator)
        graph = graph_of(record, inputs, parameters)
        level, registers = SETTINGS[(number * 3) % len(SETTINGS)]
        (found,) = run(graph, inputs, level, registers)
        if name not in MATHEMATICS:
            np.testing.assert_array_equal(found, graph.run(inputs)[0], told(name, case))
            continue
        wide = [one.astype(float) for one in inputs]
        (exact,) = graph_of(record, wide, parameters).run(wide)
        limit = 2 if dtype == FLOAT32 else 5  # ours, and NumPy's own
        assert ulps_apart(found, exact) <= limit, told(name, case)


# --- special values ---

INF, NAN = np.inf, np.nan
SPECIAL = [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 1e-40, -1e30]


def special(dtype: np.dtype) -> np.ndarray:
    return np.array(SPECIAL).astype(dtype)


def assert_same(found: np.ndarray, wanted: np.ndarray, ulps: float, zeros: bool, name: str):
    """The same NaN, infinities and (with `zeros`) signs of zeros; other numbers nearly."""
    eps = float(np.finfo(wanted.dtype).eps) if wanted.dtype.kind == "f" else 0.0
    with np.errstate(all="ignore"):
        sizes = np.where(np.isfinite(wanted), np.abs(wanted.astype(float)), 0)
    tiny = float(np.finfo(wanted.dtype).smallest_normal) if wanted.dtype.kind == "f" else 0.0
    assert_close(found, wanted, ulps * (eps * sizes + eps * tiny), name)
    if zeros and wanted.dtype.kind == "f":
        nothing = (wanted == 0) & (found == 0)
        np.testing.assert_array_equal(np.signbit(found)[nothing], np.signbit(wanted)[nothing], name)


EITHER_ZERO = {"maximum", "minimum", "relu", "sign", "log_sigmoid"}  # NumPy's depends on its loops


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("name", [name for name in NATIVE if "bool" not in TABLE[name].kinds])
def test_special_values_of_elementwise_operations(name, dtype):
    record = TABLE[name]
    numbers = special(dtype)
    rows = [numbers] if len(record.kinds) == 1 else list(np.meshgrid(numbers, numbers))
    inputs = [np.ascontiguousarray(one.reshape(-1)) for one in rows]
    named = {"cast": {"dtype": FLOAT64}, "truncate": {"dtype": BOOL}}.get(name, {})
    graph = graph_of(record, inputs, named)
    (wanted,) = graph.run(inputs)
    turn = len(name) + dtype.itemsize // 4
    settings = [(LEVELS[turn % len(LEVELS)], False)]
    if len(record.kinds) == 1:  # few enough numbers for registers
        settings.append((LEVELS[(turn + 1) % len(LEVELS)], True))
    for level, registers in settings:
        (found,) = run(graph, inputs, level, registers)
        ulps = 6 if name in MATHEMATICS else 0
        assert_same(found, wanted, ulps, name not in EITHER_ZERO, f"{name} at {level}")


REDUCED = "all amax amin any argmax argmin logsumexp log_softmax mean prod softmax sum".split()


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("name", [*REDUCED, "cumsum", "cumprod", "argsort"])
def test_special_values_in_reductions(name, dtype):
    """Each row of a matrix holds one special number, or two, at changing places."""
    record, generator = TABLE[name], np.random.default_rng(11)
    for extent in (5, 33):
        matrix = generator.uniform(-2, 2, (len(SPECIAL) + 8, extent)).astype(dtype)
        numbers = [1e-20 if one == 1e-40 else one for one in SPECIAL]
        matrix[np.arange(len(numbers)), generator.integers(0, extent, len(numbers))] = numbers
        pairs = [(NAN, INF), (NAN, NAN), (INF, -INF), (INF, INF), (-INF, -INF), (0.0, -0.0)]
        for row, pair in enumerate(pairs, len(numbers)):
            matrix[row, generator.permutation(extent)[:2]] = pair
        matrix[-2:] = [[-INF], [NAN]]
        for dim, given in ((1, matrix), (0, np.ascontiguousarray(matrix.T))):
            if name in ("cumsum", "cumprod", "softmax", "log_softmax") or name.startswith("arg"):
                parameters: dict = {"dim": dim}
                if name == "argsort":
                    parameters["descending"] = False
            else:
                parameters = {"dims": (dim,), "keepdim": False}
            graph = graph_of(record, [given], parameters)
            settings = [(LEVELS[-1 - dim], False)]
            assert_compiled(graph, [given], settings, f"{name} of {extent} numbers")


@pytest.mark.parametrize("name", "amax amin argmax argmin sum prod any all".split())
def test_special_values_in_registers(name):
    record = TABLE[name]
    rows = [[NAN, 1, 2], [1, NAN, NAN], [-INF, -INF, -INF], [INF, 0, -1], [0.0, -0.0, 0.0]]
    given = np.array(rows, FLOAT32)
    parameters = {"dim": 1} if name.startswith("arg") else {"dims": (1,), "keepdim": False}
    graph = graph_of(record, [given], parameters)
    (wanted,) = graph.run([given])
    for level in LEVELS:
        for registers in (True, False):
            (found,) = run(graph, [given], level, registers)
            np.testing.assert_array_equal(found, wanted)


# --- another machine, and the test itself ---


@pytest.mark.parametrize("name", RECORDS)
def test_code_for_aarch64_is_generated(name):
    from compiler_cases import compiled

    record, generator = TABLE[name], np.random.default_rng(12)
    case = as_kind(record, cases(record)[-1 if name in RANDOM else 0], FLOAT32, generator)
    graph, _ = graph_and_values(record, case)
    program = compiled(graph, "neon", registers=len(name) % 2 == 0)
    text = assembly(str(program.module), level_named("neon"))
    assert "step:" in text and "ret" in text


def test_a_wrong_rule_is_caught(monkeypatch):
    """One term too few, an operand exchanged, a rounding too many."""
    import dataclasses

    record = TABLE["sub"]
    values = [np.linspace(1, 2, 33, dtype=FLOAT32), np.linspace(3, 4, 33, dtype=FLOAT32)]
    wrong = dataclasses.replace(record, native=lambda m, a, b: m.sub(b, a))
    slight = dataclasses.replace(
        record, native=lambda m, a, b: m.sub(a, m.mul(b, m.constant(1 + 2.0**-21, b)))
    )
    for bad in (wrong, slight):
        graph = graph_of(bad, values, {})
        with pytest.raises(AssertionError, match="are wrong"):
            assert_compiled(graph, values, [(LEVELS[-1], False)])


# --- places known at run time ---


@pytest.mark.parametrize("rows", [3, 67])
def test_an_index_outside_of_its_dimension_is_told_and_read_nowhere(rows):
    """In registers (few rows) and in loops: labels beyond the classes, and rows of no table."""
    import holograd as hg
    from holograd.errors import ShapeError

    scores = np.arange(3.0 * rows).reshape(rows, 3).astype(FLOAT32)
    table = scores[:, :2].copy()
    functions = [
        (lambda i: hg.nn.functional.cross_entropy(hg.tensor(scores), i), 3),
        (lambda i: hg.tensor(scores).gather(1, i.reshape(-1, 1)), 3),
        (lambda i: hg.embedding(i, hg.tensor(table)), rows),
        (lambda i: hg.zeros(3).scatter_add(0, i, hg.ones(rows)), 3),
    ]
    for function, extent in functions:
        made, places = hg.compile(function, checked=True), np.zeros(rows, np.int64)
        made(hg.tensor(places))
        for wrong in (extent, -1, 2**40):
            places[rows // 2] = wrong
            with pytest.raises(ShapeError, match="an index of this step is outside"):
                made(hg.tensor(places))
            places[rows // 2] = extent - 1
            made(hg.tensor(places))
        assert made.last is not None and made.last.executable.violations == 0
