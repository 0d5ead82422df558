"""What machine the code is for: its vectors and registers; and how LLVM turns IR into functions.

A level is a set of instructions to rely on. The host's own level is the default; a lesser one can
be named, so that what an older processor would run is tested on a newer one.
"""

from __future__ import annotations

import ctypes
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from holograd.errors import ArgumentError


@dataclass(frozen=True)
class Level:
    """A kind of processor.

    Attributes:
        name: what it is called here.
        triple: LLVM's name for architecture and system; "" for this machine's.
        cpu, features: LLVM's names for the processor and what it can do beyond it.
        vector_bytes: the width of its vectors.
        registers: how many vectors it holds in registers.
        masks: whether parts of a vector are loaded and stored at no extra cost.
    """

    name: str
    triple: str
    cpu: str
    features: str
    vector_bytes: int
    registers: int
    masks: bool

    def lanes(self, dtype: np.dtype) -> int:
        """How many numbers of a dtype fit into a vector."""
        return self.vector_bytes // dtype.itemsize


LEVELS = {
    "sse2": Level("sse2", "", "x86-64", "", 16, 16, False),
    "avx2": Level("avx2", "", "haswell", "", 32, 16, True),
    "avx512": Level("avx512", "", "x86-64-v4", "", 64, 32, True),
    "neon": Level("neon", "aarch64-unknown-linux-gnu", "generic", "+neon", 16, 32, False),
}
LEVELS["scalar"] = Level("scalar", "", "", "", 4, 16, False)


@cache
def host() -> Level:
    """The level of the machine that this runs on."""
    _initialize()
    features = llvm.get_host_cpu_features()
    cpu, flags = llvm.get_host_cpu_name(), features.flatten()
    if features.get("avx512f") and features.get("avx512vl") and features.get("avx512dq"):
        # LLVM prefers vectors of half the width on some processors; ours are given explicitly.
        return Level("avx512", "", cpu, f"{flags},-prefer-256-bit", 64, 32, True)
    if features.get("avx2") and features.get("fma"):
        return Level("avx2", "", cpu, flags, 32, 16, True)
    if llvm.get_process_triple().startswith(("aarch64", "arm64")):
        return Level("neon", "", cpu, flags, 16, 32, False)
    if llvm.get_process_triple().startswith("x86_64"):
        return Level("sse2", "", cpu, flags, 16, 16, False)
    return Level("scalar", "", cpu, flags, 4, 16, False)


def level_named(name: str | None) -> Level:
    """A level by its name; the host's where it is None.

    Raises:
        ArgumentError: there is none of that name.
    """
    if name is None or name == host().name:
        return host()
    if name not in LEVELS:
        raise ArgumentError(
            f"there is no vector level {name!r}", instead=f"Write one of {', '.join(LEVELS)}."
        )
    return LEVELS[name]


@cache
def _initialize() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


@cache
def _machine(level: Level, codegen: int) -> Any:
    if level.triple:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
        target = llvm.Target.from_triple(level.triple)
    else:
        _initialize()
        target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=level.cpu, features=level.features, opt=codegen, reloc="pic", codemodel="small"
    )


@cache
def _engine() -> Any:
    return llvm.create_lljit_compiler()


_lock = threading.Lock()  # LLVM's objects here are shared by all threads of Python
_numbers = itertools.count()


def parsed(text: str, machine: Any) -> Any:
    """LLVM's module for IR as text, verified."""
    module = llvm.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    module.verify()
    return module


class Effort(IntEnum):
    """How much LLVM does to code: what compiling takes and what running takes pull apart."""

    LITTLE = 0  # much straight code, of which it makes little better
    SOME = 1  # loops, whose instructions are what they should be: accumulators become registers
    MUCH = 2  # a small step that is run a million times

    @property
    def codegen(self) -> int:
        """LLVM's own number for its code generator."""
        return 0 if self is Effort.LITTLE else 2


def optimized(text: str, level: Level, effort: Effort = Effort.MUCH) -> Any:
    """LLVM's module for IR as text, verified and put through its passes.

    Vectors are explicit in the IR, so that the passes only clean up: no loop is vectorised, and
    nothing is reordered that IEEE arithmetic would notice.
    """
    machine = _machine(level, effort.codegen)
    module = parsed(text, machine)
    if effort is Effort.LITTLE:
        return module
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = options.slp_vectorization = False
    options.loop_interleaving = options.loop_unrolling = False
    builder = llvm.create_pass_builder(machine, options)
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_sroa_pass()
    if effort is Effort.MUCH:
        passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    passes.add_new_gvn_pass()
    passes.add_loop_simplify_pass()
    passes.add_dead_code_elimination_pass()
    passes.run(module, builder)
    return module


class Library:
    """Functions compiled for the machine that this runs on.

    Args:
        text: the IR.
        level: what to compile it for.
        names: the functions to be called, each of pointers alone, giving an int64.
        effort: how much to do about it.
    """

    def __init__(
        self, text: str, level: Level, names: tuple[str, ...], effort: Effort = Effort.MUCH
    ):
        with _lock:
            module = optimized(text, level, effort)
            code = _machine(level, effort.codegen).emit_object(module)
            builder = llvm.JITLibraryBuilder().add_object_img(code).add_current_process()
            for name in names:
                builder.export_symbol(name)
            # The tracker keeps the code in memory for as long as this object lives.
            self.tracker = builder.link(_engine(), f"holograd{next(_numbers)}")
        self.addresses = {name: self.tracker[name] for name in names}
        self.bytes = len(code)

    def function(self, name: str, pointers: int) -> Callable[..., int]:
        """A function as Python calls it: with addresses; other threads go on meanwhile."""
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, *(ctypes.c_void_p,) * pointers)
        return kind(self.addresses[name])


def assembly(text: str, level: Level, effort: Effort = Effort.MUCH) -> str:
    """The assembly that IR becomes on a level, whether this machine could run it or not."""
    with _lock:
        machine = _machine(level, effort.codegen)
        return machine.emit_assembly(optimized(text, level, effort))
