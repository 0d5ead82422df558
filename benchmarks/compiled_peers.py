"""What the benchmarks of compiled code share: how the peers are set up, on one thread.

What was tried for each peer, and what was quickest, stands where it is set up.
"""

import importlib
import os
import shutil
from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks.harness import Contender, Report, Run


def import_torch() -> Any:
    """PyTorch on one thread."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    return torch


def import_jax() -> Any:
    """JAX on one thread, the caller's: its pool takes its size from NPROC when it starts.

    With that, and with asynchronous dispatch off, it is a tenth quicker, and steadier. Its
    flags for wider vectors, oneDNN, XNNPACK, YNNPACK and Eigen on one thread gained nothing here.
    """
    before = os.environ.get("NPROC")
    os.environ["NPROC"] = "1"
    jax = importlib.import_module("jax")
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    jax.devices()
    if before is None:
        del os.environ["NPROC"]
    else:
        os.environ["NPROC"] = before
    return jax


def compile_torch(torch: Any, step: Callable[..., Any]) -> Callable[..., Any]:
    """`torch.compile` of a whole step: one graph, its launcher in C++, no guards at each call.

    For the digits a quarter of the time of compiling the model alone beside a fused optimizer, and
    three quarters of what the default options take.
    """
    options = {
        "cpp_wrapper": True,
        "guard_filter_fn": lambda guards: [False for _ in guards],
        "compile_threads": 1,
    }
    torch.compiler.reset()  # without guards, this step would run the code of the benchmark before
    return torch.compile(step, fullgraph=True, dynamic=False, options=options)


def torch_compile(build: Callable[[], Run]) -> list[Contender]:
    """The contender of `torch.compile`, where there is the C++ compiler that it calls."""
    if any(map(shutil.which, (os.environ.get("CXX", "g++"), "clang++"))):
        return [Contender("torch.compile", "torch", build)]
    print("torch.compile is absent: it calls a C++ compiler, and there is none")
    return []


class Outcome(NamedTuple):
    """Of several comparisons: whether one missed its target."""

    missed: bool


def together(*reports: Report) -> Outcome:
    """Several comparisons as one."""
    return Outcome(any(report.missed for report in reports))
