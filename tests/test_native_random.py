"""Native random numbers and sorting give NumPy's results, bit for bit, at every vector level."""

import ctypes
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest
from llvmlite import ir

from holograd.compiler import native_random, native_sort
from holograd.errors import ArgumentError
from holograd.ops import random
from holograd.ops.philox import random_words
from holograd.ops.sorting import _argsort
from test_philox import KNOWN_ANSWERS, words

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()

X86 = llvm.get_process_triple().startswith("x86_64")
LEVELS = ["host", "x86-64", "haswell"] if X86 else ["host"]
if not llvm.get_host_cpu_features().get("avx2"):
    LEVELS = [level for level in LEVELS if level != "haswell"]
LANES = [4, 8, 16]
DTYPES = [
    np.dtype(name) for name in "float32 float64 uint8 int8 int16 int32 int64 bool uint32".split()
]

COUNTS = [0, 1, 3, 4, 5, 63, 64, 65, 1000]
LARGE = 100_003
KEYS = [(0, 0), (-1, 2**32 + 7), (2**63 + 12345, 2**40 - 1), (-(2**40) - 3, 1), (2**33, 2**64 - 2)]

GUARD = 64  # bytes on either side of what a function may write
UNTOUCHED = 0xA5

POINTER, WORD, BIT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_bool
DRAW = (POINTER, WORD, WORD, WORD)
SORT = (POINTER, WORD, WORD, BIT, POINTER, WORD, POINTER)


def compiled(level: str, module: ir.Module, functions: list[ir.Function]) -> tuple[Any, list[int]]:
    """The engine, which must live as long as the code, and the addresses of the functions."""
    for function in functions:
        function.linkage = ""
    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    host = level == "host"
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name() if host else level,
        features=llvm.get_host_cpu_features().flatten() if host else "",
        opt=2,
    )
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(parsed, passes)
    engine = llvm.create_mcjit_compiler(parsed, machine)
    engine.finalize_object()
    return engine, [engine.get_function_address(function.name) for function in functions]


@cache
def draws(level: str, lanes: int) -> dict[str, Any]:
    module = ir.Module("random")
    kinds = {
        "words": (native_random.words_function(module, lanes), DRAW),
        "uniform32": (native_random.uniform_function(module, lanes, False), DRAW),
        "uniform64": (native_random.uniform_function(module, lanes, True), DRAW),
        "normal32": (native_random.normal_function(module, lanes, False), DRAW),
        "normal64": (native_random.normal_function(module, lanes, True), DRAW),
        "integers": (native_random.integers_function(module, lanes), (*DRAW, WORD, WORD)),
        "permutation": (native_random.permutation_function(module, lanes), (*DRAW, POINTER)),
    }
    engine, addresses = compiled(level, module, [function for function, _ in kinds.values()])
    functions = {
        name: ctypes.CFUNCTYPE(None, *arguments)(address)
        for (name, (_, arguments)), address in zip(kinds.items(), addresses, strict=True)
    }
    return functions | {"engine": engine}


@cache
def sorts(level: str) -> dict[Any, Any]:
    module = ir.Module("sort")
    functions = [native_sort.argsort_function(module, dtype) for dtype in DTYPES]
    engine, addresses = compiled(level, module, functions)
    kind = ctypes.CFUNCTYPE(None, *SORT)
    return dict(zip(DTYPES, map(kind, addresses), strict=True)) | {"engine": engine}


class Memory:
    """Room for an array, with guard bytes before and behind."""

    def __init__(self, count: int, dtype: Any):
        size = count * np.dtype(dtype).itemsize
        self.bytes = np.full(size + 2 * GUARD, UNTOUCHED, np.uint8)
        self.address = self.bytes.ctypes.data + GUARD
        self.array = self.bytes[GUARD : GUARD + size].view(dtype)

    def checked(self) -> np.ndarray:
        assert (self.bytes[:GUARD] == UNTOUCHED).all(), "written before the beginning"
        assert (self.bytes[len(self.bytes) - GUARD :] == UNTOUCHED).all(), "written past the end"
        return self.array


def drawn(function: Any, dtype: Any, count: int, key: tuple[int, int], *rest: Any) -> np.ndarray:
    memory = Memory(count, dtype)
    function(memory.address, count, *key, *rest)
    return memory.checked()


def cases(large_key: tuple[int, int] = KEYS[1]) -> list[tuple[int, tuple[int, int]]]:
    return [(count, key) for count in COUNTS for key in KEYS] + [(LARGE, large_key)]


def key_array(key: tuple[int, int]) -> Any:
    """What the NumPy functions take: the two numbers, here as Python's, of any size."""
    return np.array(key, object)


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("level", LEVELS)
def test_words_and_uniform_numbers_are_the_bits_of_numpy(level, lanes):
    functions = draws(level, lanes)
    for count, key in cases():
        got = drawn(functions["words"], np.uint32, count, key)
        np.testing.assert_array_equal(got, random_words(*key, count))
        for name, dtype in (("uniform32", np.float32), ("uniform64", np.float64)):
            got = drawn(functions[name], dtype, count, key)
            expected = random._uniform(key_array(key), (count,), np.dtype(dtype))
            assert got.tobytes() == expected.tobytes()


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("level", LEVELS)
def test_normal_numbers_are_within_4_units_in_the_last_place(level, lanes):
    functions = draws(level, lanes)
    for count, key in cases():
        for name, dtype in (("normal32", np.float32), ("normal64", np.float64)):
            got = drawn(functions[name], dtype, count, key)
            expected = random._normal(key_array(key), (count,), np.dtype(dtype))
            assert got.dtype == expected.dtype
            assert (np.abs(got - expected) <= 4 * np.spacing(np.abs(expected))).all()


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("level", LEVELS)
def test_integers_are_the_bits_of_numpy(level, lanes):
    functions = draws(level, lanes)
    ranges = [(0, 10), (-5, 6), (7, 8), (-(2**31), 2**31), (2**62, 2**62 + 2**32 - 1)]
    for count, key in cases():
        for low, high in ranges if count in (5, 65, LARGE) else ranges[:2]:
            got = drawn(functions["integers"], np.int64, count, key, low, high)
            expected = random._integers(key_array(key), (count,), low, high)
            np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("level", LEVELS)
def test_permutations_are_those_of_numpy(level, lanes):
    functions = draws(level, lanes)
    for count, key in cases():
        scratch = Memory(native_random.permutation_scratch(count), np.uint8)
        got = drawn(functions["permutation"], np.int64, count, key, scratch.address)
        scratch.checked()
        np.testing.assert_array_equal(got, np.argsort(random_words(*key, count), kind="stable"))


@cache
def philox_of_lane_0(level: str, lanes: int) -> Any:
    """void (ptr four_words_of_64_bits, i64 counter, i64 seed, i64 stream)."""
    module = ir.Module("philox")
    function = native_sort.new_function(
        module, "philox", ir.VoidType(),
        {"destination": ir.PointerType()}
        | {name: ir.IntType(64) for name in ("counter", "seed", "stream")},
    )  # fmt: skip
    destination, counter, seed, stream = function.args
    builder = native_sort.building(function)
    keys = native_random.round_keys(builder, seed, lanes)
    vector = ir.VectorType(ir.IntType(64), lanes)
    streams = vector(ir.Undefined)
    for lane in range(lanes):
        streams = builder.insert_element(streams, stream, ir.IntType(32)(lane))
    for place, word in enumerate(native_random.philox(builder, counter, streams, keys)):
        first = builder.extract_element(word, ir.IntType(32)(0))
        builder.store(
            first, builder.gep(destination, [ir.IntType(64)(place)], source_etype=seed.type)
        )
    builder.ret_void()
    engine, addresses = compiled(level, module, [function])
    return engine, ctypes.CFUNCTYPE(None, *DRAW)(addresses[0])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_random123_known_answers_with_high_counters(counter, key, expected, level):
    _, function = philox_of_lane_0(level, 8)
    c0, c1, c2, c3, k0, k1 = (int(word) for word in (*words(counter), *words(key)))
    got = Memory(4, np.uint64)
    function(got.address, c0 | c1 << 32, k0 | k1 << 32, c2 | c3 << 32)
    np.testing.assert_array_equal(got.checked(), words(expected))


def samples(dtype: np.dtype, count: int, generator: np.random.Generator) -> list[np.ndarray]:
    """Rows with many different numbers, with many equal ones, and with all of one kind."""
    if dtype == np.bool_:
        return [generator.integers(0, 2, count).astype(bool), np.ones(count, bool)]
    few = generator.integers(0, 4, count).astype(dtype)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        wide = generator.integers(limits.min, limits.max, count, dtype, endpoint=True)
        return [wide, few, np.full(count, limits.min, dtype)]
    bits = np.dtype(f"u{dtype.itemsize}")
    any_bits = generator.integers(0, np.iinfo(bits).max, count, bits, endpoint=True).view(dtype)
    special = np.array([0.0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 1.0, 5e-324], dtype)
    mixed = special[generator.integers(0, len(special), count)]
    return [any_bits, few, mixed, generator.standard_normal(count).astype(dtype)]


def sorted_positions(
    function: Any, row: np.ndarray, descending: bool, stride: int, destination_stride: int
) -> np.ndarray:
    count = len(row)
    source = np.zeros(max(1, count * stride), row.dtype)
    source[: count * stride : stride] = row
    room = Memory(count * destination_stride, np.int64)
    scratch = Memory(native_sort.argsort_scratch(count, row.dtype), np.uint8)
    function(
        source.ctypes.data, count, stride, descending, room.address, destination_stride,
        scratch.address,
    )  # fmt: skip
    scratch.checked()
    between = room.checked().reshape(count, destination_stride)[:, 1:]
    assert (between.view(np.uint8) == UNTOUCHED).all(), "written between the strides"
    return room.array[::destination_stride]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("level", LEVELS)
def test_argsort_is_that_of_the_operation(level, dtype):
    function = sorts(level)[dtype]
    generator = np.random.default_rng(0)
    limit = native_sort.INSERTION_LIMIT
    for count in (0, 1, 2, 3, 20, limit, limit + 1, 300, 20_000):
        for row in samples(dtype, count, generator):
            for descending in (False, True):
                expected = _argsort(row, 0, descending)
                for strides in ((1, 1), (3, 2)):
                    got = sorted_positions(function, row, descending, *strides)
                    np.testing.assert_array_equal(got, expected)


def test_a_function_is_added_to_a_module_once():
    module = ir.Module("twice")
    dtype = np.dtype(np.float32)
    assert native_sort.argsort_function(module, dtype) is native_sort.argsort_function(
        module, dtype
    )
    first = native_random.permutation_function(module, 8)
    count = len(module.functions)
    assert native_random.permutation_function(module, 8) is first
    native_random.words_function(module, 8)
    assert len(module.functions) == count
    assert {function.linkage for function in module.functions} == {"internal"}


def test_a_row_too_long_for_positions_of_32_bits_is_refused():
    with pytest.raises(ArgumentError, match="4294967296 numbers"):
        native_random.permutation_scratch(2**32)
