"""The vector mathematics: errors in ulp against a wider type, special values, and the code made.

Each function is compiled into a loop over an array, for several lane counts and, by choosing lesser
processors than this one, for several levels of hardware. For one level all lane counts must give
the same bits, and so must all levels with a fused multiply-add; so the error is measured once for
those with it and once for those without.
"""

from __future__ import annotations

import ctypes
import functools
import math
import platform
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from llvmlite import binding, ir

from holograd.compiler.mathematics import FUNCTIONS
from holograd.compiler.mathematics.bits import Lanes

binding.initialize_all_targets()
binding.initialize_all_asmprinters()
HOST_FEATURES = binding.get_host_cpu_features()
X86 = platform.machine().lower() in ("x86_64", "amd64")
HAS_FUSED = not X86 or bool(HOST_FEATURES.get("fma"))
# Levels that this machine can run: processor, features, and the number of floats in a register.
LEVELS = {"host": (binding.get_host_cpu_name(), HOST_FEATURES.flatten(), 8 if X86 else 4)}
if X86:
    LEVELS["sse2"] = ("x86-64", "", 4)
    if HOST_FEATURES.get("avx2") and HAS_FUSED:
        LEVELS["avx2"] = ("haswell", "", 8)
    if HOST_FEATURES.get("avx512f"):
        LEVELS["host"] = (*LEVELS["host"][:2], 16)

NAMES = sorted(FUNCTIONS)
UNARY = [name for name in NAMES if name != "pow"]
DTYPES = [np.float32, np.float64]
EXTENDED = np.longdouble
has_extended = pytest.mark.skipif(
    np.finfo(EXTENDED).nmant < 63, reason="this machine's long double is not wider than double"
)

# The largest errors in ulp, for float and double. The design allows 2 and 4.
LIMITS = {
    "exp": (1.3, 1.6), "log": (0.9, 1.0), "log1p": (1.5, 1.6), "expm1": (1.3, 1.6),
    "tanh": (1.3, 2.7), "sigmoid": (1.9, 2.1), "log_sigmoid": (1.8, 1.9), "erf": (1.4, 1.6),
    "sin": (0.6, 1.6), "cos": (0.6, 1.6), "tan": (0.6, 3.0), "asin": (0.6, 2.4),
    "acos": (0.6, 1.5), "atan": (0.6, 2.3), "sinh": (1.9, 2.4), "cosh": (1.8, 1.9),
    "pow": (0.6, 1.7),
}  # fmt: skip


# ---------------------------------------------------------------------- references


def erf(x: np.ndarray) -> np.ndarray:
    """2/√π·exp(-x²)·Σ 2ⁿ·x²ⁿ⁺¹/(2n + 1)‼, all of whose terms have one sign."""
    x = np.clip(x, -7, 7)
    term = total = x * EXTENDED("1.12837916709551257389615890312154517169") * np.exp(-x * x)
    for n in range(1, 170):
        term = term * (2 * x * x / (2 * n + 1))
        total = total + term
    return total


def sigmoid(x: np.ndarray) -> np.ndarray:
    decay = np.exp(-np.abs(x))
    return np.where(x < 0, decay, 1) / (1 + decay)


def log_sigmoid(x: np.ndarray) -> np.ndarray:
    return -(np.log1p(np.exp(-np.abs(x))) + np.maximum(-x, 0))


REFERENCES: dict[str, Callable[..., np.ndarray]] = {
    "exp": np.exp, "log": np.log, "log1p": np.log1p, "expm1": np.expm1, "tanh": np.tanh,
    "sigmoid": sigmoid, "log_sigmoid": log_sigmoid, "erf": erf, "sin": np.sin, "cos": np.cos,
    "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh,
    "cosh": np.cosh, "pow": np.power,
}  # fmt: skip


def ulps(got: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """How far `got` is from `exact`, of a wider type, in units of the last place of the result.

    ∞ where one of them is NaN, or where the signs differ, of zeros too. Overflow is judged as if
    the exponent had no limit.
    """
    kind = got.dtype.type
    wide = exact.dtype.type
    top = wide(2.0) ** (np.finfo(kind).maxexp)
    with np.errstate(all="ignore"):
        magnitude = np.abs(exact).clip(0, np.nextafter(np.finfo(kind).max, kind(0)))
        place = magnitude.astype(kind)
        place = np.where(place > magnitude, np.nextafter(place, kind(0)), place)
        unit = np.spacing(place).astype(wide)
        error = np.abs(got.astype(wide).clip(-top, top) - exact.clip(-top, top)) / unit
    wrong = (np.isnan(got) != np.isnan(exact)) | (np.signbit(got) != np.signbit(exact))
    both_nan = np.isnan(got) & np.isnan(exact)
    return np.where(both_nan, 0, np.where(wrong, np.inf, error)).astype(np.float64)


# ---------------------------------------------------------------------- samples

EDGES = [
    0.0, 1.0, 0.5, 2.0, 3.0, 0.25, 1.5, math.inf, 1e30, 1e300, 20.0, 0.6, 4.0, 6.0, 1.6e6,
    88.722839, 88.72284, 87.3365, 103.279, 103.972, 104.0, 89.4159, 709.782712893384, 709.8,
    708.3964, 745.1332, 745.14, 710.4758600739439, 710.4759, 1e-45, 1e-40, 2.0**-126, 5e-324,
    1e-310, 2.0**-1022, math.pi / 2, math.pi, 1e22, math.sqrt(0.5), math.sqrt(2), 2.0**24,
    # The double that comes closest to a multiple of π/2.
    6381956970095103 * 2.0**797,
]  # fmt: skip


def edges(dtype: type) -> np.ndarray:
    """Both signs of numbers where something changes, their neighbours, and NaN."""
    with np.errstate(over="ignore"):
        numbers = np.array([*EDGES, *(-edge for edge in EDGES)]).astype(dtype)
    limits = [np.nextafter(numbers, dtype(limit)) for limit in (-np.inf, np.inf)]
    largest = np.finfo(dtype).max
    return np.concatenate([numbers, *limits, np.array([np.nan, largest, -largest], dtype)])


@functools.cache
def samples(dtype: type, count: int) -> np.ndarray:
    """Edges, then `count` numbers: any bits, magnitudes about 1, quarter turns, near 1 and -1."""
    generator = np.random.default_rng(0)
    integers: Any = np.uint32 if dtype is np.float32 else np.uint64
    part = count // 4
    any_bits = generator.integers(np.iinfo(integers).max, size=part, dtype=integers).view(dtype)
    around = generator.normal(size=part) * np.exp(generator.uniform(-12, 7, part))
    near_one = 1 - np.exp(generator.uniform(-36, 0, part)) * generator.choice([-1, 1], part)
    near_one *= generator.choice([-1, 1], part)
    turns = generator.integers(1 << 21, size=part) * (math.pi / 2)
    numbers = [array.astype(dtype) for array in (around, turns, near_one)]
    return np.concatenate([edges(dtype), any_bits, *numbers])


@functools.cache
def pairs(dtype: type, count: int) -> tuple[np.ndarray, np.ndarray]:
    """For pow: all pairs of edges, any bits, small integers, and results over the whole range."""
    generator = np.random.default_rng(1)
    part = count // 4
    grid = np.meshgrid(edges(dtype)[::2], edges(dtype))
    anything = samples(dtype, count)[-part - 1 : -1], generator.permutation(samples(dtype, part))
    bases, whole = (generator.integers(-40, 41, part).astype(dtype) for _ in range(2))
    wide = np.exp(generator.uniform(-60, 60, part)).astype(dtype)
    near_one = samples(dtype, count)[-part:]
    positive = np.concatenate([wide, np.abs(near_one)])
    with np.errstate(all="ignore"):
        largest = np.log(EXTENDED(np.finfo(dtype).max)) * 1.1
        results = generator.uniform(-largest, largest, len(positive))
        exponents = (results / np.log(positive.astype(EXTENDED))).astype(dtype)
    x = [grid[0].ravel(), anything[0], bases, positive]
    y = [grid[1].ravel(), anything[1][:part], whole, exponents]
    return np.concatenate(x), np.concatenate(y)


def arguments(name: str, dtype: type, count: int) -> tuple[np.ndarray, ...]:
    return pairs(dtype, count) if name == "pow" else (samples(dtype, count),)


# ---------------------------------------------------------------------- the harness


def lane_type(dtype: Any, lanes: int) -> Any:
    element = ir.FloatType() if dtype is np.float32 else ir.DoubleType()
    return element if lanes == 1 else ir.VectorType(element, lanes)


def loop_module(name: str, dtype: type, lanes: int) -> ir.Module:
    """run(inputs…, output, n): output[i:i+lanes] = f(inputs[i:i+lanes]) for i = 0, lanes, … < n."""
    kind = lane_type(dtype, lanes)
    element = lane_type(dtype, 1)
    arity = 2 if name == "pow" else 1
    index = ir.IntType(64)
    module = ir.Module("mathematics")
    signature = ir.FunctionType(ir.VoidType(), [ir.PointerType()] * (arity + 1) + [index])
    function = ir.Function(module, signature, "run")
    *inputs, output, count = function.args
    blocks = [function.append_basic_block(part) for part in ("start", "loop", "end")]
    builder = ir.IRBuilder(blocks[0])
    builder.branch(blocks[1])
    builder.position_at_end(blocks[1])
    i = builder.phi(index)
    i.add_incoming(ir.Constant(index, 0), blocks[0])
    align = dtype().itemsize
    values = [
        builder.load(builder.gep(pointer, [i], source_etype=element), align=align, typ=kind)
        for pointer in inputs
    ]
    result: Any = FUNCTIONS[name](builder, *values)
    assert result.type == kind
    builder.store(result, builder.gep(output, [i], source_etype=element), align=align)
    following = builder.add(i, ir.Constant(index, lanes))
    i.add_incoming(following, builder.block)
    builder.cbranch(builder.icmp_unsigned("<", following, count), *blocks[1:])
    builder.position_at_end(blocks[2])
    builder.ret_void()
    return module


def optimised(module: ir.Module, machine: Any) -> Any:
    parsed = binding.parse_assembly(str(module))
    parsed.verify()
    options = binding.create_pipeline_tuning_options(speed_level=2)
    passes = binding.create_pass_builder(machine, options)
    passes.getModulePassManager().run(parsed, passes)
    return parsed


def machine_for(level: str) -> Any:
    processor, features, _ = LEVELS[level]
    target = binding.Target.from_default_triple()
    return target.create_target_machine(cpu=processor, features=features, opt=2)


def native(module: ir.Module, level: str, *signature: Any) -> Callable[..., None]:
    machine = machine_for(level)
    engine = binding.create_mcjit_compiler(optimised(module, machine), machine)
    engine.finalize_object()
    function = ctypes.CFUNCTYPE(None, *signature)(engine.get_function_address("run"))

    def call(*values: Any) -> None:
        assert engine is not None, "the engine lives as long as this closure"
        function(*values)

    return call


def run(name: str, level: str, lanes: int, *inputs: np.ndarray) -> np.ndarray:
    """The function on whole arrays, by loops over `lanes` numbers at a time."""
    dtype = inputs[0].dtype.type
    parameters = [ctypes.c_void_p] * (len(inputs) + 1) + [ctypes.c_int64]
    function = native(loop_module(name, dtype, lanes), level, *parameters)
    count = len(inputs[0])
    padded = [np.concatenate([x, np.ones(-count % lanes, dtype)]) for x in inputs]
    output = np.empty_like(padded[0])
    function(*(x.ctypes.data for x in padded), output.ctypes.data, len(output))
    return output[:count]


def assert_same_bits(a: np.ndarray, b: np.ndarray) -> None:
    different = (a != b) & ~(np.isnan(a) & np.isnan(b))
    different |= (np.signbit(a) != np.signbit(b)) & ~np.isnan(a)
    assert not different.any(), (a[different][:3], b[different][:3])


# ---------------------------------------------------------------------- tests


def test_ulps_measures_what_it_says() -> None:
    got = np.array([1.0, 1.0, 1.0, 0.0, -0.0, np.nan, np.nan, np.inf], np.float32)
    below = float(np.nextafter(np.float32(1), np.float32(0)))
    exact = np.array([1.0, 1 + 2.0**-23, below, 2.0**-149, 0.0, np.nan, 1.0, 2.0**128])
    expected = [0.0, 1.0, 1.0, 1.0, np.inf, 0.0, np.inf, 0.0]
    np.testing.assert_array_equal(ulps(got, exact), expected)
    largest = np.array([np.finfo(np.float32).max])
    np.testing.assert_array_equal(ulps(np.array([np.inf], np.float32), largest.astype(float)), 1)


def check_error(name: str, dtype: type, wide: type, limit: float, count: int) -> None:
    inputs = arguments(name, dtype, count)
    with np.errstate(all="ignore"):
        exact = REFERENCES[name](*(x.astype(wide) for x in inputs))
    fused = None
    for level, (_, _, width) in LEVELS.items():
        natural = max(1, width * 4 // dtype().itemsize)
        got = run(name, level, natural, *inputs)
        if level == "sse2" or fused is None:
            error = ulps(got, exact)
            worst = int(np.argmax(error))
            message = f"{level}: {[x[worst] for x in inputs]} gives {got[worst]}"
            assert error[worst] <= limit, f"{message}, not {exact[worst]}: {error[worst]} ulp"
        if level != "sse2" and HAS_FUSED:
            fused = got if fused is None else fused
            assert_same_bits(got, fused)
        some = slice(0, 30_000)
        for lanes in (1, 3):
            others = run(name, level, lanes, *(x[some] for x in inputs))
            assert_same_bits(others, got[some])


@pytest.mark.parametrize("name", NAMES)
def test_float_errors(name: str) -> None:
    wide = np.float64 if name != "erf" else EXTENDED
    check_error(name, np.float32, wide, LIMITS[name][0], 30_000 if name == "erf" else 1_000_000)


@has_extended
@pytest.mark.parametrize("name", NAMES)
def test_double_errors(name: str) -> None:
    check_error(name, np.float64, EXTENDED, LIMITS[name][1], 30_000 if name == "erf" else 500_000)


@pytest.mark.parametrize("name", ["exp", "log", "sin", "pow"])
@pytest.mark.parametrize("lanes", [2, 9, 32])
def test_any_number_of_lanes_gives_the_same_bits(name: str, lanes: int) -> None:
    for dtype in DTYPES:
        inputs = [x[:3_000] for x in arguments(name, dtype, 30_000)]
        assert_same_bits(run(name, "host", lanes, *inputs), run(name, "host", 1, *inputs))


# What C99 and IEEE 754 prescribe; each also holds for both signs where the function is odd.
INF, NAN = math.inf, math.nan
SPECIAL: dict[str, list[tuple[float, ...]]] = {
    "exp": [(-INF, 0.0), (INF, INF), (0.0, 1.0), (-0.0, 1.0), (-1e4, 0.0), (1e4, INF)],
    "expm1": [(-INF, -1.0), (INF, INF), (0.0, 0.0), (-0.0, -0.0), (-1e4, -1.0), (1e-40, 1e-40)],
    "log": [(0.0, -INF), (-0.0, -INF), (1.0, 0.0), (INF, INF), (-1.0, NAN), (-INF, NAN)],
    "log1p": [(-1.0, -INF), (0.0, 0.0), (-0.0, -0.0), (INF, INF), (-2.0, NAN), (-INF, NAN)],
    "sigmoid": [(-INF, 0.0), (INF, 1.0), (0.0, 0.5), (-1e4, 0.0), (1e4, 1.0)],
    "log_sigmoid": [(-INF, -INF), (-1000.0, -1000.0), (INF, -0.0), (1e4, -0.0)],
    "tanh": [(0.0, 0.0), (INF, 1.0), (1e4, 1.0), (1e-40, 1e-40)],
    "erf": [(0.0, 0.0), (INF, 1.0), (30.0, 1.0)],
    "sinh": [(0.0, 0.0), (INF, INF), (1e4, INF), (1e-40, 1e-40)],
    "cosh": [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, INF), (-1e4, INF)],
    "sin": [(0.0, 0.0), (INF, NAN), (1e-40, 1e-40)],
    "tan": [(0.0, 0.0), (INF, NAN), (1e-40, 1e-40)],
    "cos": [(0.0, 1.0), (-0.0, 1.0), (INF, NAN), (-INF, NAN)],
    "asin": [(0.0, 0.0), (2.0, NAN), (INF, NAN), (1e-40, 1e-40)],
    "acos": [(1.0, 0.0), (2.0, NAN), (-2.0, NAN), (-INF, NAN)],
    "atan": [(0.0, 0.0), (1e-40, 1e-40)],
    "pow": [
        (0.0, 0.0, 1.0), (INF, 0.0, 1.0), (NAN, -0.0, 1.0), (1.0, NAN, 1.0), (1.0, INF, 1.0),
        (-1.0, INF, 1.0), (-1.0, -INF, 1.0), (-1.0, NAN, NAN), (2.0, NAN, NAN), (NAN, 1.0, NAN),
        (0.0, 3.0, 0.0), (-0.0, 3.0, -0.0), (-0.0, 2.0, 0.0), (-0.0, 0.5, 0.0), (0.0, INF, 0.0),
        (0.0, -3.0, INF), (-0.0, -3.0, -INF), (-0.0, -2.0, INF), (-0.0, -INF, INF),
        (0.5, INF, 0.0), (0.5, -INF, INF), (2.0, INF, INF), (-2.0, -INF, 0.0), (INF, -0.5, 0.0),
        (INF, 0.5, INF), (-INF, 3.0, -INF), (-INF, 2.0, INF), (-INF, 0.5, INF),
        (-INF, -3.0, -0.0), (-INF, -2.0, 0.0), (-8.0, 1 / 3, NAN), (-2.0, 3.0, -8.0),
        (-2.0, -3.0, -0.125), (-2.0, 2.0, 4.0), (-1.0, 1e10, 1.0), (4.0, 0.5, 2.0),
        (10.0, 2.0, 100.0), (-2.0, 1e4, INF), (-2.0, -1e4, 0.0), (3.0, 1.0, 3.0),
    ],
}  # fmt: skip
ODD = ["expm1", "tanh", "erf", "sinh", "sin", "tan", "asin", "atan"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_special_values(name: str, dtype: type) -> None:
    cases = SPECIAL[name]
    if name != "pow":
        cases = [*cases, (NAN, NAN)]
    if name in ODD and name != "expm1":
        cases = cases + [tuple(-number for number in case) for case in cases]
    *inputs, expected = np.array(cases, dtype).T
    for level in LEVELS:
        assert_same_bits(run(name, level, 3, *inputs), expected)


def test_small_sigmoids_keep_their_precision() -> None:
    x = np.array([-100.0, -700.0, -740.0])
    np.testing.assert_allclose(run("sigmoid", "host", 1, x), np.exp(x), rtol=1e-15, atol=5e-324)


def straight_line_blocks(name: str) -> int:
    module = ir.Module("mathematics")
    kind = lane_type(np.float32, 4)
    arity = 2 if name == "pow" else 1
    function = ir.Function(module, ir.FunctionType(kind, [kind] * arity), "f")
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(FUNCTIONS[name](builder, *function.args))
    return len(function.blocks)


@pytest.mark.parametrize("name", NAMES)
def test_code_is_straight(name: str) -> None:
    """One block, but for huge angles: a block for them, and one after them."""
    assert straight_line_blocks(name) == (3 if name in ("sin", "cos", "tan") else 1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_no_calls_without_fused_multiply_add(name: str, dtype: type) -> None:
    """On plain SSE2, where rounding and fused products would be calls of a library."""
    triple = "x86_64-unknown-linux-gnu"
    machine = binding.Target.from_triple(triple).create_target_machine(cpu="x86-64", opt=2)
    assembly = assembled_for(machine, triple, name, dtype)
    assert not re.search(r"\bcall|\bjmp\s+[a-z]", assembly)
    assert re.search(r"\bmulp[sd]\b", assembly)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_vectors_and_no_calls_on_arm(name: str, dtype: type) -> None:
    triple = "aarch64-unknown-linux-gnu"
    machine = binding.Target.from_triple(triple).create_target_machine(cpu="generic", opt=2)
    assembly = assembled_for(machine, triple, name, dtype)
    assert not re.search(r"\tbl\t|\tb\t[a-z]", assembly)
    assert re.search(r"\bfmla\s+v\d+\.(4s|2d)", assembly)


def assembled_for(machine: Any, triple: str, name: str, dtype: type) -> str:
    module = loop_module(name, dtype, 16 // dtype().itemsize)
    module.triple = triple
    return machine.emit_assembly(optimised(module, machine))


# ---------------------------------------------------------------------- all floats


def ulps_in_lanes(got: Lanes, exact: Lanes) -> Lanes:
    """`ulps` for float and double lanes, in native code."""
    got = got.widened()
    top = 2.0**128
    near, far = (
        (abs(number) > top).choose(top, abs(number)).bits().number() for number in (got, exact)
    )
    field = far.bits() & (0x7FF << 52)
    least = field.constant((1023 - 126) << 52)
    field = (field > least).choose(field, least)
    # 2^(2·1023 + 23 - exponent field) is one over the unit in the last place.
    error = abs(near - far) * (field.constant((2 * 1023 + 23) << 52) - field).number()
    signs_differ = (got.bits() ^ exact.bits()) < 0
    wrong = (got.is_nan() ^ exact.is_nan()) | (signs_differ & ~got.is_nan())
    return (got.is_nan() & exact.is_nan()).choose(0.0, wrong.choose(INF, error))


def exhaustive_module(name: str, lanes: int) -> ir.Module:
    """run(first, last, errors, places): each lane's largest error among bits from first to last."""
    module = ir.Module("exhaustive")
    word = ir.IntType(32)
    words = ir.VectorType(word, lanes)
    doubles = lane_type(np.float64, lanes)
    pointer = ir.PointerType()
    signature = ir.FunctionType(ir.VoidType(), [word, word, pointer, pointer])
    function = ir.Function(module, signature, "run")
    first, last, errors, places = function.args
    blocks = [function.append_basic_block(part) for part in ("start", "loop", "end")]
    builder = ir.IRBuilder(blocks[0])
    builder.branch(blocks[1])
    builder.position_at_end(blocks[1])
    i, worst, place = builder.phi(word), builder.phi(doubles), builder.phi(words)
    zero = ir.Constant(word, 0)
    every = builder.insert_element(ir.Constant(words, ir.Undefined), i, zero)
    every = builder.shuffle_vector(every, every, ir.Constant(words, [0] * lanes))
    bits = builder.add(every, ir.Constant(words, list(range(lanes))))
    x = Lanes(builder, bits).number()
    got = FUNCTIONS[name](builder, x.value)
    exact = FUNCTIONS[name](builder, x.widened().value)
    error = ulps_in_lanes(Lanes(builder, got), Lanes(builder, exact))
    more = error > Lanes(builder, worst)
    new_worst = more.choose(error, Lanes(builder, worst)).value
    new_place = builder.select(more.value, bits, place)
    following = builder.add(i, ir.Constant(word, lanes))
    for phi, start, later in (
        (i, first, following),
        (worst, ir.Constant(doubles, [0.0] * lanes), new_worst),
        (place, ir.Constant(words, [0] * lanes), new_place),
    ):
        phi.add_incoming(start, blocks[0])
        phi.add_incoming(later, builder.block)
    builder.cbranch(builder.icmp_unsigned("!=", following, last), *blocks[1:])
    builder.position_at_end(blocks[2])
    builder.store(new_worst, errors, align=8)
    builder.store(new_place, places, align=4)
    builder.ret_void()
    return module


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", UNARY)
def test_all_floats(name: str) -> None:
    """Every float there is, against the double function, which other tests compare with more."""
    lanes = LEVELS["host"][2]
    signature = [ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p]
    search = native(exhaustive_module(name, lanes), "host", *signature)
    errors, places = np.zeros(lanes), np.zeros(lanes, np.uint32)
    step = 1 << 28
    for first in range(0, 1 << 32, step):
        last = (first + step) % (1 << 32)
        search(first, last, errors.ctypes.data, places.ctypes.data)
        worst = int(np.argmax(errors))
        message = f"at {places.view(np.float32)[worst]}: {errors[worst]} ulp"
        assert errors[worst] <= LIMITS[name][0], message


@pytest.mark.slow
@has_extended
@pytest.mark.parametrize("dtype", DTYPES)
def test_many_powers(dtype: type) -> None:
    wide = np.float64 if dtype is np.float32 else EXTENDED
    check_error("pow", dtype, wide, LIMITS["pow"][DTYPES.index(dtype)], 8_000_000)
