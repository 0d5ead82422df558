"""`compile`: a function of tensors that runs as machine code."""

from __future__ import annotations

import ctypes
import functools
import gc
import struct
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from holograd.capture import Captured, capture
from holograd.compiler.executable import Executable, make_program
from holograd.compiler.extents import compared
from holograd.compiler.index import Unbatchable
from holograd.compiler.lower import lower
from holograd.compiler.numbers import emit_numbers, of_numbers
from holograd.compiler.program import Program, listing
from holograd.compiler.roll import roll
from holograd.compiler.target import assembly, level_named, optimized
from holograd.eager import as_array
from holograd.errors import ArgumentError, CaptureError
from holograd.graph import Node, apply, leaf, topological
from holograd.tensor import Tensor

STAGES = ("capture", "simplify", "fuse", "plan", "loops", "llvm", "asm")
PACKAGE = str(Path(__file__).resolve().parents[1])

Signature = tuple[tuple[tuple[int, ...], np.dtype], ...]


class Compiled:
    """A function that was compiled; `compile` makes it.

    It is called as the function is. At the first call with arguments of some shapes and kinds it is
    captured and compiled for them. Where only the number of rows changes from call to call, it is
    compiled once more, for any number of rows up to the next power of two.

    Attributes:
        function: what was given to `compile`.
        level: the vector level that it is compiled for.
        checked: whether each access is compared with its buffer.
    """

    def __init__(self, function: Callable[..., Any], level: str | None, checked: bool):
        self.function, self.level, self.checked = function, level_named(level), checked
        self.made: dict[Signature, _Version] = {}
        self.batched: dict[Signature, _Version] = {}
        self.alone: set[Signature] = set()  # signatures without rows that can vary
        self.last: _Version | None = None
        self.quick: Callable[..., Any] | None = None
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *arguments: Any) -> Any:
        if self.quick is not None:
            try:
                return self.quick(*arguments)
            except (ctypes.ArgumentError, TypeError, struct.error):
                pass  # other arguments than last time
        if arguments and all(type(one) is float or type(one) is int for one in arguments):
            return self._of_numbers(arguments)
        arrays = [_array(one) for one in arguments]
        version, batch = self._version(arrays)
        return version(arrays, batch)

    # --- which version ---

    def _version(self, arrays: list[np.ndarray]) -> tuple[_Version, int]:
        signature = tuple((one.shape, one.dtype) for one in arrays)
        version = self.made.get(signature)
        if version is None:
            rows = {one.shape[0] for one in arrays if one.ndim}
            trailing = tuple((one.shape[1:], one.dtype) for one in arrays)
            version = self.batched.get(trailing)
            batch = next(iter(rows), 1)
            varies = len(rows) == 1 and batch > 0 and trailing not in self.alone
            if varies and self._seen(trailing) and (version is None or batch > version.rows):
                version = self._batched(arrays, batch)
                if version is not None:
                    self.batched[trailing] = version
                elif batch > 1:  # one row is special for much that broadcasts
                    self.alone.add(trailing)
            if varies and version is not None and version.takes(arrays, batch):
                self.last = version
                return version, batch
            version = self.made[signature] = _Version(self, arrays, None)
        self.last = version
        return version, 1

    def _seen(self, trailing: Any) -> bool:
        return any(
            tuple((shape[1:], dtype) for shape, dtype in known) == trailing for known in self.made
        )

    def _batched(self, arrays: list[np.ndarray], batch: int) -> _Version | None:
        """The version for any number of rows; None where the function depends on it otherwise."""
        capacity = 1 << max(batch - 1, 1).bit_length()
        try:
            version = _Version(self, arrays, capacity)
        except Unbatchable:
            return None
        return version if version.takes(arrays, batch) else None

    # --- numbers in, numbers out ---

    def _of_numbers(self, numbers: tuple[Any, ...]) -> Any:
        """Python's numbers are float64 scalars, and so are the results, as Python's numbers."""
        arrays = [np.asarray(float(one)) for one in numbers]
        version, batch = self._version(arrays)
        self.quick = of_numbers(version.executable, version.structure)
        return version(arrays, batch) if self.quick is None else self.quick(*numbers)

    # --- looking inside ---

    def show(self, stage: str = "loops") -> str:
        """The last version after a pass, as text.

        Args:
            stage: "capture" (the graph as it was captured), "simplify" (after the passes over
                nodes), "fuse" (which nodes are computed together), "plan" (memory), "loops" (the
                nests as a program), "llvm" (what LLVM makes of them), "asm" (assembly).

        Raises:
            ArgumentError: there is no such stage, or nothing was compiled yet.
        """
        if stage not in STAGES:
            raise ArgumentError(
                f"show({stage!r})", instead=f"Write one of {', '.join(map(repr, STAGES))}."
            )
        if self.last is None:
            raise ArgumentError(
                "nothing was compiled yet", why="shapes are known at the first call",
                instead="Call it once before show().",
            )  # fmt: skip
        return show(self.last.captured, self.last.program, stage)

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return f"<compiled {name} for {self.level.name}, {len(self.made)} versions>"


def show(captured: Captured, program: Program, stage: str) -> str:
    """A program after a pass, as text: see `Compiled.show`."""
    if stage == "capture":
        return listing(captured.graph)
    if stage == "llvm":
        return str(optimized(str(program.module), program.level, program.effort))
    if stage == "asm":
        return assembly(str(program.module), program.level, program.effort)
    return program.show(stage)


class _Version:
    """A function compiled for arguments of some shapes.

    Args:
        owner: the compiled function.
        arrays: arguments of these shapes.
        rows: for batches of up to so many rows; None for these shapes alone.
    """

    def __init__(self, owner: Compiled, arrays: list[np.ndarray], rows: int | None):
        self.rows = rows or 1
        self.sizes = {self.rows: True}  # numbers of rows, and whether it is right for them
        self.owner = owner
        self.structure: Any = None
        sizes = (self.rows, self.rows + 1)
        given = [[_rows(one, size) for one in arrays] if rows else arrays for size in sizes]
        with without_collection():
            with located(owner.function):
                flat = self._flat(owner.function)
                self.captured = capture(flat, *given[0], condenser=roll)
                twin = capture(flat, *given[1], condenser=roll) if rows else None
            if twin is not None:
                self.plain = lower(self.captured.graph)
                self.extents = compared(self.plain, lower(twin.graph), *sizes)
            self.program = make_program(self.captured, twin, sizes, owner.level, owner.checked)
            names = ("step", "numbers") if emit_numbers(self.program) else ("step",)
            library = self.program.library(names)
        self.executable = Executable(self.captured, self.program, library)

    def _flat(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def flat(*arguments: Any) -> list[Any]:
            leaves: list[Any] = []
            self.structure = _structure(function(*arguments), leaves)
            return leaves

        return flat

    def takes(self, arrays: list[np.ndarray], batch: int) -> bool:
        """Whether the function does the same with so many rows; they are captured once to see.

        Two sizes alone would not tell: half of 8 rows is 4, and so is half of 9, rounded down.
        """
        if batch not in self.sizes:
            structure = self.structure
            with located(self.owner.function):
                twin = capture(self._flat(self.owner.function), *arrays, condenser=roll)
            self.structure = structure
            try:
                found = compared(self.plain, lower(twin.graph), self.rows, batch)
                self.sizes[batch] = found == self.extents
            except Unbatchable:
                self.sizes[batch] = False
        return self.sizes[batch]

    def __call__(self, arrays: list[np.ndarray], batch: int) -> Any:
        results = iter(self.executable.run(arrays, batch))
        return _rebuilt(self.structure, lambda: Tensor(leaf(next(results))))


@contextmanager
def without_collection() -> Iterator[None]:
    """A `with` block without the garbage collector, which would look for cycles, again and again,
    among ever more nodes and instructions that are all still needed."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class located:
    """A `with` block in which an error of capture says at which line of the user's it happened."""

    def __init__(self, function: Any):
        self.function = function

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if not isinstance(error, CaptureError) or "line" in vars(error):
            return
        frames = [
            one for one in traceback.extract_tb(trace) if not one.filename.startswith(PACKAGE)
        ]
        if frames:
            last = frames[-1]
            vars(error)["line"] = last.lineno
            code = f": {last.line}" if last.line else ""
            error.args = (f"{error} It is {last.filename}, line {last.lineno}{code}",)


def _array(value: Any) -> np.ndarray:
    return value.value if isinstance(value, Tensor) else as_array(value)


def _rows(array: np.ndarray, rows: int) -> np.ndarray:
    """Something with another number of rows, of which only the shape counts."""
    return np.broadcast_to(array[:1], (rows, *array.shape[1:])) if array.ndim else array


def _structure(result: Any, leaves: list[Any]) -> Any:
    """How tensors are nested in a result: None for one, (type, parts) for several."""
    if isinstance(result, (tuple, list)):
        made = tuple if isinstance(result, tuple) else list
        if hasattr(result, "_fields"):
            kind = type(result)
            return (lambda parts: kind(*parts)), [_structure(one, leaves) for one in result]
        return made, [_structure(one, leaves) for one in result]
    if isinstance(result, dict):
        names = list(result)
        parts = [_structure(one, leaves) for one in result.values()]
        return (lambda values: dict(zip(names, values, strict=True))), parts
    if result is None:
        return (lambda parts: None), []
    leaves.append(result)
    return None


def _rebuilt(structure: Any, take: Callable[[], Any]) -> Any:
    if structure is None:
        return take()
    made, parts = structure
    return made([_rebuilt(one, take) for one in parts])


def expression(result: Tensor) -> Callable[[], Tensor]:
    """The function that computes a tensor anew, from the present values of the tensors that require
    a gradient; all others stay as they were."""
    order = topological([result.node])

    def again() -> Tensor:
        values: dict[Node, Any] = {}
        for node in order:
            if node.operation is None:
                owner = node.owner and node.owner()
                values[node] = Tensor(node) if owner is None else owner
            else:
                inputs = [values[source] for source in node.inputs]
                values[node] = apply(node.operation, inputs, node.parameters)
        return values[result.node]

    again.__name__ = "expression"
    return again


def compile(
    function: Callable[..., Any], *, level: str | None = None, checked: bool = False
) -> Compiled:
    """The same function as machine code.

    The function is captured at the first call: it runs once with shapes instead of values, and the
    graph of what it did is compiled. It may call `backward()` and an optimizer's `step()`: tensors
    that it assigns to (parameters, running statistics) take their new values at each call, and
    numbers such as the learning rate are read anew. Results are tensors without a graph; compile
    `grad(f)` or `value_and_grad(f)` where gradients are wanted. Python floats as arguments are
    float64, and give Python floats.

    Args:
        function: takes tensors, arrays or numbers; returns tensors, alone or nested in tuples,
            lists and dicts. A tensor that operations made counts as the function () that computes
            it anew from what its parameters hold then.
        level: "sse2", "avx2", "avx512" or "neon", to compile for a lesser machine than this one.
        checked: whether to compare each load and store with its buffer, which is slow; for tests.

    Returns:
        A callable, with `show(stage)`.

    Raises:
        ArgumentError: it cannot be called, or there is no such level.
        CaptureError: at a call: the function needs a tensor's value; the error names the line.

    Example:
        >>> import holograd as hg
        >>> f = compile(lambda x: (x * x).sum())
        >>> f(hg.tensor([1.0, 2.0, 3.0]))
        tensor(14.)
        >>> value, slope = compile(hg.value_and_grad(lambda x: x * x))(3.0)
        >>> value, slope
        (9.0, 6.0)
    """
    if isinstance(function, Tensor):
        function = expression(function)
    if not callable(function):
        raise ArgumentError(
            f"compile got a {type(function).__name__}",
            instead="Give a function of tensors, or a tensor that was computed.",
        )
    return Compiled(function, level, checked)
