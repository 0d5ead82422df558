"""The memory plan: one arena, in which what is needed at different times shares its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holograd.compiler.expressions import Buffer
from holograd.compiler.loops import Nest
from holograd.compiler.memory_access import HEADER
from holograd.compiler.sweep import Item, loads, written

ALIGNMENT = 64  # a cache line, and the widest vector


@dataclass
class Plan:
    """Where each buffer lies, and how much memory there is.

    Attributes:
        offsets: in bytes, from the start of the arena.
        bytes: the whole arena.
        kept: of these, what lasts from step to step.
        unshared: what it would be if no buffer shared its place with another.
    """

    offsets: dict[Buffer, int]
    bytes: int
    kept: int
    unshared: int

    @property
    def end(self) -> int:
        """Where memory behind the arena begins, for what calls of the runtime need."""
        return -(-self.bytes // ALIGNMENT) * ALIGNMENT

    def lines(self, program: Sequence[Item]) -> list[str]:
        """The plan as a table."""
        lives = lifetimes(program)
        between = self.bytes - ALIGNMENT - self.kept
        rows = [
            f"arena of {self.bytes:,} bytes: {self.kept:,} kept from step to step, "
            f"{between:,} for what a step needs in between "
            f"({self.unshared - self.kept:,} without sharing), {ALIGNMENT} to spare"
        ]
        for buffer, offset in sorted(self.offsets.items(), key=lambda pair: pair[1]):
            first, last = lives.get(buffer, (0, len(program)))
            when = "kept" if offset < self.kept else f"nests {first} to {last}"
            shape = "×".join(map(str, buffer.extents)) or "one number"
            rows.append(f"{offset:>10,}  {buffer.name:<24} {buffer.dtype} {shape}, {when}")
        return rows


def plan(
    kept: Iterable[Buffer],
    program: Sequence[Item],
    same: dict[Buffer, Buffer],
    close: bool = False,
) -> Plan:
    """Lays buffers out.

    Args:
        kept: what lasts from step to step, in the order in which it is to lie.
        program: what runs, in order.
        same: buffers that lie where another lies: a state's new value, in place.
        close: whether what is kept lies one number behind the other: scalars of eight bytes.
    """
    offsets: dict[Buffer, int] = {}
    top = HEADER
    for buffer in kept:
        offsets[buffer] = top
        top += buffer.size * buffer.dtype.itemsize if close else _rounded(buffer)
    kept_bytes = top
    lives = {one: life for one, life in lifetimes(program).items() if one not in offsets}
    placed: list[tuple[Buffer, int]] = []
    for buffer in sorted(lives, key=lambda one: (-_rounded(one), lives[one][0])):
        if buffer in same:
            continue
        offset = kept_bytes
        for other, start in sorted(placed, key=lambda pair: pair[1]):
            if _meet(lives[buffer], lives[other]) and start < offset + _rounded(buffer):
                offset = max(offset, start + _rounded(other))
        offsets[buffer] = offset
        placed.append((buffer, offset))
        top = max(top, offset + _rounded(buffer))
    for buffer, other in same.items():
        offsets[buffer] = offsets[other]
    unshared = kept_bytes + sum(_rounded(one) for one in lives if one not in same)
    return Plan(offsets, top + ALIGNMENT, kept_bytes, unshared)


def _rounded(buffer: Buffer) -> int:
    size = buffer.size * buffer.dtype.itemsize
    return -(-max(size, 1) // ALIGNMENT) * ALIGNMENT


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def lifetimes(program: Sequence[Item]) -> dict[Buffer, tuple[int, int]]:
    """For each buffer the first and the last nest that touches it."""
    lives: dict[Buffer, tuple[int, int]] = {}
    for place, nest in enumerate(program):
        for buffer in touched(nest):
            first, _ = lives.get(buffer, (place, place))
            lives[buffer] = (first, place)
    return lives


def touched(nest: Item) -> list[Buffer]:
    """The buffers that a nest reads or writes."""
    return [*written(nest), *(load.buffer for load in loads(nest))]


def in_place(
    program: Sequence[Item], pairs: Iterable[tuple[Buffer, Buffer]]
) -> dict[Buffer, Buffer]:
    """Which new values may lie where the old ones lie: {new: old}.

    That is so where nothing reads the old value after the nest that writes the new one, and that
    nest reads it only at the place that it writes.
    """
    same: dict[Buffer, Buffer] = {}
    for old, new in pairs:
        writers = [place for place, nest in enumerate(program) if new in written(nest)]
        if len(writers) != 1 or new.strides != old.strides:
            continue
        writer = program[writers[0]]
        if not isinstance(writer, Nest) or any(
            load.buffer is old for nest in program[writers[0] + 1 :] for load in loads(nest)
        ):
            continue
        target = next(store for store in writer.stores if store.buffer is new)
        if all(load.place == target.place for load in loads(writer) if load.buffer is old):
            same[new] = old
    return same
