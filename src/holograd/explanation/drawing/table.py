"""The drawing of a view in words and numbers: one row for each step."""

from __future__ import annotations

import numpy as np

from holograd.explanation.records import Value, View
from holograd.explanation.words.amounts import amount


def table(view: View) -> list[list[str]]:
    """A row of headers, then a row for each step in the order of the forward pass."""
    output = view.output.symbol.text
    rows = [["step", "operation", "inputs", "output", f"gradient of {output}"]]
    for step in view.steps:
        inputs = "; ".join(_equals(one.value) for one in step.arguments)
        outputs = "; ".join(_equals(value) for value in step.outputs)
        gradients = [
            f"∂{output}/∂{value.symbol.text} = {_numbers(value.shown_gradient)}"
            for value in (*step.outputs, *(one.value for one in step.arguments if one.value.leaf))
            if value.gradient is not None
        ]
        rows.append([str(step.number), step.label, inputs, outputs, "; ".join(gradients)])
    return rows


def _equals(value: Value) -> str:
    numbers = _numbers(value.shown)
    return numbers if value.symbol.number else f"{value.symbol.text} = {numbers}"


def _numbers(array: np.ndarray | None) -> str:
    return amount(array) if array is not None else "none"
