"""Sweeps: nests that go through the same rows are run block by block of rows, all in one sweep.

The softmax of each row, its loss and its gradient are several nests over the rows of a batch: the
greatest, the sum of exponentials, the logarithm, the gradient. None needs another row than its own.
So a few rows go through all of them before the next ones do, and stay in the nearest cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from holograd.compiler.expressions import Buffer, Load
from holograd.compiler.index import Affine, Extent, Loop
from holograd.compiler.loops import Call, Nest, Reduction

ROWS = 64  # of a block: whole vectors, and little enough of most rows to stay in the nearest cache
FEWEST = 3  # nests that make a sweep


@dataclass(eq=False)
class Sweep:
    """Nests that are run one after the other on each block of rows."""

    nests: list[Nest]

    def lines(self) -> Iterator[str]:
        """The sweep as a program."""
        yield f"in blocks of {ROWS} rows:"
        for nest in self.nests:
            rows = f"for {nest.loops[0]} < {nest.loops[0].extent}:"
            for line in nest.lines():
                yield f"  {line.replace(rows, f'for {nest.loops[0]} in the block:')}"


Item = Nest | Call | Sweep


def parts_of(item: Item) -> list[Nest | Call]:
    """The nests of an item of a program."""
    return list(item.nests) if isinstance(item, Sweep) else [item]


def written(item: Item) -> list[Buffer]:
    """The buffers that an item writes."""
    found = []
    for nest in parts_of(item):
        found += [nest.target] if isinstance(nest, Call) else [one.buffer for one in nest.stores]
    return found


def loads(item: Item) -> list[Load]:
    """All that an item reads."""
    found = []
    for nest in parts_of(item):
        if isinstance(nest, Call):
            found += nest.sources
        else:
            found += [one for one in nest.expressions() if isinstance(one, Load)]
    return found


def swept(program: Sequence[Nest | Call], same: Mapping[Buffer, Buffer]) -> list[Item]:
    """The program with neighbouring nests over rows as sweeps.

    What lies between two of them, and needs none of them, comes before; what needs one comes after,
    and the sweep ends at the first nest that would need that.

    Args:
        program: nests in their order.
        same: new values that lie where a state's old one does.
    """
    done: list[Item] = []
    sweep: list[Nest] = []
    later: list[Nest | Call] = []

    def finish() -> None:
        done.extend([Sweep(sweep[:])] if len(sweep) >= FEWEST else sweep)
        done.extend(later)
        sweep.clear()
        later.clear()

    for nest in program:
        writes, reads = _touched([nest], same)
        made, used = _touched(sweep, same)
        made_later, used_later = _touched(later, same)
        waits = reads & made_later or writes & (made_later | used_later)
        if isinstance(nest, Nest) and _goes_by_rows(nest, made):
            if waits:
                finish()
            sweep.append(nest)
        elif sweep and (waits or reads & made or writes & (made | used)):
            later.append(nest)
        else:
            done.append(nest)
    finish()
    return done


def _touched(
    nests: Sequence[Nest | Call], same: Mapping[Buffer, Buffer]
) -> tuple[set[Buffer], set[Buffer]]:
    """What nests write, and what they read."""
    return {same.get(one, one) for nest in nests for one in written(nest)}, {
        same.get(one, one) for nest in nests for one in _read(nest)
    }


def _read(nest: Nest | Call) -> list[Buffer]:
    return [load.buffer for load in loads(nest)]


def _goes_by_rows(nest: Nest, made: set[Buffer]) -> bool:
    """Whether a nest's outermost loop is over rows, and each turn writes, and reads of what the
    sweep has `made`, its own row alone."""
    if nest.ordered or not (nest.inner is None or isinstance(nest.inner, Reduction)):
        return False
    inner = nest.inner.loops if nest.inner is not None else []
    if not nest.loops or not nest.loops[0].extent.batch:
        return False
    if any(loop.extent.batch for loop in (*nest.loops[1:], *inner)):
        return False
    if any(store.adds for store in nest.stores):
        return False
    rows = nest.loops[0]
    own = [(store.buffer, store.place) for store in nest.stores]
    own += [(load.buffer, load.place) for load in loads(nest) if load.buffer in made]
    return all(_own_row(buffer, place, rows) for buffer, place in own)


def _own_row(buffer: Buffer, place: Affine, rows: Loop) -> bool:
    """Whether a place lies in the row that the loop is at."""
    batch = [dim for dim, extent in enumerate(buffer.extents) if extent.batch]
    if len(batch) != 1 or buffer.strides[batch[0]] * buffer.extents[batch[0]].scale == 0:
        return False
    extent, stride = buffer.extents[batch[0]], buffer.strides[batch[0]]
    if stride != max(buffer.strides) or place.factor(rows) * rows.extent.scale != (
        stride * extent.scale
    ):
        return False
    row = stride * extent.scale // rows.extent.scale
    reach = place.constant
    for loop, factor in place.terms:
        if loop is not rows:
            if factor < 0:
                return False
            reach += factor * (loop.extent.scale - 1)
    for one, factor in place.computed:
        limit = getattr(one, "extent", Extent(1, True))
        if limit.batch or factor < 0:
            return False
        reach += factor * (limit.scale - 1)
    return 0 <= reach < row or (reach == 0 and row == 1)
