"""A network of neurons as a picture needs it: layers of units, and the weights between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holograd import nn
from holograd.errors import ArgumentError, ShapeError
from holograd.nn.call import kind_of
from holograd.nn.module import Module
from holograd.tensor import Tensor
from holograd.training.batches import tensor_of
from holograd.training.evaluation import check_model, dtype_of, in_eval_mode
from holograd.watching.layers import leaf_layers
from holograd.watching.untouched import untouched

ACTIVATIONS = {
    nn.Sigmoid: "sigmoid",
    nn.Tanh: "tanh",
    nn.ReLU: "ReLU",
    nn.LeakyReLU: "leaky ReLU",
    nn.ELU: "ELU",
    nn.GELU: "GELU",
    nn.SiLU: "SiLU",
    nn.Softplus: "softplus",
    nn.Hardtanh: "hard tanh",
    nn.Softmax: "softmax",
    nn.LogSoftmax: "log-softmax",
}
PASSING = nn.Identity, nn.Dropout, nn.Flatten  # numbers go through them unchanged, in eval mode
_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_ABOVE = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, eq=False)
class Layer:
    """A column of units.

    Attributes:
        letter: what its units are called: x, h, h⁽²⁾, o.
        count: how many there are.
        weights: (count, units before); None for inputs.
        biases: (count,); None where there are none.
        activation: in words; empty for none.
        path: of the linear layer in the model, `layers.0`; empty for inputs.
        values: (count,) what the units give for the sample; None without one.
    """

    letter: str
    count: int
    weights: np.ndarray | None = None
    biases: np.ndarray | None = None
    activation: str = ""
    path: str = ""
    values: np.ndarray | None = None

    def name(self, unit: int) -> str:
        """A unit's name; they count from 1, and one alone in the last layer needs no number.

        Example:
            >>> Layer("h", 2).name(0), Layer("o", 1).name(0)
            ('h₁', 'o')
        """
        alone = self.count == 1 and self.letter == "o"
        return self.letter if alone else self.letter + str(unit + 1).translate(_BELOW)

    def stored(self, unit: int, source: int | None = None) -> str:
        """Where a weight, or without `source` a bias, stands in the model; from 0, (out, in)."""
        prefix = f"{self.path}." if self.path else ""
        place = f"bias[{unit}]" if source is None else f"weight[{unit},{source}]"
        return prefix + place


def layers_of(model: Module, sample: Any = None) -> list[Layer]:
    """The columns of a network that is a chain of linear layers and activations.

    Args:
        model: a `Sequential` of them, or any module whose calls make such a chain.
        sample: the inputs of one row, to compute the units' values for; or None.

    Raises:
        ArgumentError: the model is none, or does something else; the sample is no numbers.
        ShapeError: the sample has another number of inputs.
    """
    check_model(model)
    leaves = leaf_layers(model)
    first = next(
        (one for one in leaves.values() if isinstance(one, nn.Linear | nn.Perceptron)), None
    )
    if first is None:
        raise _other(model, "it has no linear layer")
    inputs = first.weight.shape[1]
    row = np.zeros(inputs) if sample is None else _row(sample, inputs)
    found: list[Layer] = []
    before = row.astype(dtype_of(model))[None]
    calls = _calls(model, leaves, before)
    if not calls or calls[-1][2] is not calls[-1][3]:
        raise _other(model, "its output is not that of its last layer")
    for path, given, output, _ in calls:
        module = leaves[path]
        if given is not before:
            raise _other(model, f"it computes something before {path} that is no layer")
        before = output
        if isinstance(module, nn.Linear | nn.Perceptron):
            bias = module.bias
            own = path if path in dict(model.named_modules()) else ""
            activation = "step" if isinstance(module, nn.Perceptron) else ""
            found.append(
                Layer("h", len(module.weight), module.weight.value,
                      None if bias is None else bias.value, activation, own)
            )  # fmt: skip
        elif found and type(module) in ACTIVATIONS:
            word = ACTIVATIONS[type(module)]
            last = found[-1]
            word = f"{last.activation}, {word}" if last.activation else word
            found[-1] = _with(last, activation=word)
        elif not isinstance(module, PASSING):
            what = "comes before the first linear layer" if type(module) in ACTIVATIONS else ""
            raise _other(model, f"{kind_of(module)} at {path} {what or 'is none of them'}")
        if found:
            found[-1] = _with(found[-1], values=output.reshape(-1) if sample is not None else None)
    hidden = len(found) - 1
    named = [_with(layer, letter=_letter(place, hidden)) for place, layer in enumerate(found)]
    return [Layer("x", inputs, values=row if sample is not None else None), *named]


def _with(layer: Layer, **changed: Any) -> Layer:
    return Layer(**{**vars(layer), **changed})


def _letter(place: int, hidden: int) -> str:
    if place == hidden:
        return "o"
    return "h" if hidden == 1 else f"h⁽{str(place + 1).translate(_ABOVE)}⁾"


def _row(sample: Any, inputs: int) -> np.ndarray:
    try:
        values = np.asarray(sample.value if isinstance(sample, Tensor) else sample, np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"network got sample={sample!r}",
            why="a sample is the numbers of one row",
            instead="Write sample=inputs[0], or [0.0, 1.0].",
        ) from None
    if values.size != inputs:
        raise ShapeError(
            f"network got a sample of shape {values.shape}",
            why=f"the model takes {inputs} inputs",
            instead="Give one row: sample=inputs[0].",
        )
    return values.reshape(-1)


def _calls(
    model: Module, leaves: dict[str, Module], row: np.ndarray
) -> list[tuple[str, np.ndarray, np.ndarray, Any]]:
    """Path, input, output and, at the last one, the model's output, of each call of a layer."""
    made: list[tuple[str, np.ndarray, np.ndarray]] = []

    def hook_of(path: str) -> Any:
        def note(module: Module, inputs: Sequence[Any], output: Any) -> None:
            if isinstance(output, Tensor) and len(inputs) == 1 and isinstance(inputs[0], Tensor):
                made.append((path, inputs[0].value, output.value))

        return note

    with untouched(model), in_eval_mode(model):
        for path, module in leaves.items():
            module.register_forward_hook(hook_of(path))
        result = model(tensor_of(row))
    end = result.value if isinstance(result, Tensor) else None
    return [(*call, end) for call in made]


def _other(model: Module, why: str) -> ArgumentError:
    return ArgumentError(
        f"{type(model).__name__} is not a chain of linear layers and activations",
        why=why,
        instead="Write nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), …), or draw the graph: "
        "holograd.explain(model(x)[0, 0]).picture().",
    )
