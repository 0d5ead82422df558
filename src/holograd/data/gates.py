"""The 16 Boolean functions of two inputs, the smallest data sets there are."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np

from holograd.creation import tensor
from holograd.errors import ArgumentError
from holograd.tensor import Tensor

# Each gate's output for the inputs (0, 0), (0, 1), (1, 0), (1, 1), where the first input is a.
GATES = {
    "false": (0, 0, 0, 0),
    "and": (0, 0, 0, 1),
    "a-and-not-b": (0, 0, 1, 0),
    "a": (0, 0, 1, 1),
    "b-and-not-a": (0, 1, 0, 0),
    "b": (0, 1, 0, 1),
    "xor": (0, 1, 1, 0),
    "or": (0, 1, 1, 1),
    "nor": (1, 0, 0, 0),
    "xnor": (1, 0, 0, 1),
    "not-b": (1, 0, 1, 0),
    "b-implies-a": (1, 0, 1, 1),
    "not-a": (1, 1, 0, 0),
    "a-implies-b": (1, 1, 0, 1),
    "nand": (1, 1, 1, 0),
    "true": (1, 1, 1, 1),
}

ROWS = [[0, 0], [0, 1], [1, 0], [1, 1]]


def gate(name: str) -> tuple[Tensor, Tensor]:
    """The whole truth table of a two-input gate.

    All but "xor" and "xnor" are linearly separable: a single neuron computes them.

    Args:
        name: one of the 16 names in `GATES`.

    Returns:
        The inputs, (4, 2) float32, in the order (0, 0), (0, 1), (1, 0), (1, 1), and the targets,
        (4, 1) float32, each 0 or 1.

    Raises:
        ArgumentError: when there is no gate of that name.

    Example:
        >>> inputs, targets = gate("xor")
        >>> inputs.shape, targets.numpy().ravel().tolist()
        ((4, 2), [0.0, 1.0, 1.0, 0.0])
    """
    if name not in GATES:
        close = get_close_matches(str(name).lower(), GATES, cutoff=0.5)
        names = ", ".join(GATES)
        raise ArgumentError(
            f"gate({name!r}) is not known",
            why=f"the 16 gates of two inputs are {names}",
            instead=" or ".join(f"gate({match!r})" for match in close).join(
                ("Did you mean ", "?") if close else ("Write one of these", ".")
            ),
        )
    return tensor(np.array(ROWS, np.float32)), tensor(np.array(GATES[name], np.float32)[:, None])
