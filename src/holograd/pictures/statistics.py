"""Statistics of layers as a picture: activations, and gradients that vanish or explode.

One row a layer, from the inputs downwards. Each column has one scale for all layers, so that a
gradient that shrinks or grows from layer to layer is seen as a staircase.
"""

from __future__ import annotations

import math
from typing import Any

from holograd.errors import ArgumentError
from holograd.nn.module import Module
from holograd.pictures.figure import FigurePicture
from holograd.pictures.layer_rows import SHARES, Seen, draw
from holograd.pictures.numbers import short
from holograd.training.history import History
from holograd.training.watched import Watched
from holograd.watching.layers import measure


def statistics(
    source: Any, inputs: Any = None, targets: Any = None, *, loss: Any = None
) -> FigurePicture:
    """Activations and gradients of each layer, during training or on one batch.

    The first column shows mean and standard deviation of a layer's outputs, the next ones, on
    logarithmic scales, the norms of the gradients of its parameters and how large the optimizer's
    updates are beside the parameters, the last one the share of dead or saturated units.
    `holograd.watch` defines these numbers.

    Args:
        source: a history of `fit` that `holograd.watch` took part in, what it watched, or a model.
        inputs: for a model: rows to look at, (N, …).
        targets: theirs; without them there are no gradients.
        loss: as for `fit`.

    Raises:
        ArgumentError: the history was not watched, or a model came without inputs.
        DataError, ShapeError, DtypeError: as for `fit`.

    Example:
        >>> import holograd as hg
        >>> from holograd import nn
        >>> from holograd.pictures import statistics
        >>> model, (x, y) = nn.Sequential(nn.Linear(2, 3), nn.ReLU()), hg.data.gate("and")
        >>> picture = statistics(model, x)
        >>> [row[0] for row in picture.table]
        ['layer', '0 Linear(2 → 3)', '1 ReLU']
    """
    seen = _seen(source, inputs, targets, loss)
    if seen.epochs:
        title = f"layers, epochs {seen.epochs[0]} to {seen.epochs[-1]}"
    else:
        title = "layers on one batch"

    return FigurePicture(
        lambda theme: draw(seen, title, theme), title, _described(seen), _table(seen)
    )


def _seen(source: Any, inputs: Any, targets: Any, loss: Any) -> Seen:
    if isinstance(source, Module):
        if inputs is None:
            raise ArgumentError(
                "statistics got a model without inputs",
                why="layers have statistics on some rows",
                instead="Write statistics(model, inputs, targets).",
            )
        once = measure(source, inputs, targets, loss)
        columns = {name: [value] for name, value in once.columns.items()}
        return Seen((), once.layers, once.parameters, columns)
    watched = source.watched if isinstance(source, History) else source
    if not isinstance(watched, Watched):
        unwatched = isinstance(source, History)
        raise ArgumentError(
            "nobody watched in this history" if unwatched
            else f"statistics got a {type(source).__name__}",
            why="it shows the layers of a model or of a watched training",
            instead="Write fit(…, callbacks=[holograd.watch(model)]), and statistics(history).",
        )  # fmt: skip
    return Seen(watched.epochs, watched.layers, watched.parameters, watched.columns)


def _described(seen: Seen) -> str:
    """What is seen at a glance, in a sentence."""
    sizes = {
        path: found[-1]
        for path in seen.parameters
        if (found := seen.of(f"{path}.gradient_norm")) is not None and found[-1] > 0
    }
    text = f"{len(seen.layers)} layers, from the inputs downwards."
    if len(sizes) > 1:
        least, most = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
        text += (
            f" The smallest gradient is {short(sizes[least], 3)}, of {least}; the largest "
            f"{short(sizes[most], 3)}, of {most}."
        )
    return text


def _table(seen: Seen) -> list[list[str]]:
    """The last numbers, a layer a row."""

    def last(name: str) -> str:
        found = seen.of(name)
        return "" if found is None or math.isnan(found[-1]) else short(float(found[-1]), 3)

    rows = [["layer", "mean", "std", "share", "gradient norm", "update / weight"]]
    for layer, kind in seen.layers.items():
        share = next(
            (
                f"{last(f'{layer}.{one}')} {one}"
                for one in SHARES
                if f"{layer}.{one}" in seen.columns
            ),
            "",
        )
        own = seen.parameters_of(layer)
        gradients, updates = (
            ", ".join(
                f"{path.rpartition('.')[2]} {last(f'{path}.{name}')}"
                for path in own
                if last(f"{path}.{name}")
            )
            for name in ("gradient_norm", "update_ratio")
        )
        rows.append(
            [_name(layer, kind), last(f"{layer}.mean"), last(f"{layer}.std"), share, gradients,
             updates]
        )  # fmt: skip
    return rows


def _name(layer: str, kind: str) -> str:
    return kind if kind.startswith(layer) else f"{layer} {kind}"
