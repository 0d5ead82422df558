"""The table of operations as a page for people: `python -m holograd.ops.reference` prints it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from holograd.graph import Operation
from holograd.ops.aliases import ALIASES
from holograd.ops.table import FUNCTIONS, TABLE, Methods

SIGNS = {
    "add": "a + b", "sub": "a - b", "mul": "a * b", "truediv": "a / b", "floordiv": "a // b",
    "mod": "a % b", "pow": "a ** b", "matmul": "a @ b", "neg": "-a", "abs": "abs(a)",
    "eq": "a == b", "ne": "a != b", "lt": "a < b", "le": "a <= b", "gt": "a > b", "ge": "a >= b",
    "and": "a & b", "or": "a | b", "xor": "a ^ b", "invert": "~a",
}  # fmt: skip
KINDS = {
    "any": "numbers or truth values",
    "number": "numbers",
    "float": "floats (integers become float32)",
    "floating": "floats",
    "bool": "truth values",
    "index": "integers",
}

INTRODUCTION = """\
# Operations

Written by `python -m holograd.ops.reference` from the table of operations; a test compares the two.

## Functions

Each is `holograd.name(…)`, or a method of the tensor where it says so. Names, arguments and
meaning are PyTorch's.
"""

RECORDS = """
## Primitives

What the functions above are made of, and what a graph's nodes are: each is one record, in a file of
`src/holograd/ops/`. `a`, `b`, `c` are the inputs in their order. An operation with a definition is
there for its numerical stability or speed; the definition says the same in other operations.
"""


def operations_markdown() -> str:
    """All functions and all primitives as two tables in Markdown.

    Example:
        >>> "| `exp(input)` |" in operations_markdown()
        True
    """
    functions = [_function_row(name, FUNCTIONS[name]) for name in sorted(FUNCTIONS)]
    records = [_record_row(TABLE[name]) for name in sorted(TABLE)]
    return "\n".join([
        INTRODUCTION, _row("function", "also", "what it does"), "|---|---|---|", *functions,
        RECORDS, _row("name", "sign", "formula", "what it computes", "inputs", "gradient"),
        "|---|---|---|---|---|---|", *records, "",
    ])  # fmt: skip


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _function_row(name: str, function: Callable[..., Any]) -> str:
    parameters = [
        one.replace(annotation=one.empty) for one in inspect.signature(function).parameters.values()
    ]
    signature = inspect.Signature(parameters)
    also = [f"`{form}`" for operator, form in SIGNS.items() if _is_operator(operator, function)]
    also += [f"`{alias}`" for alias, one in ALIASES.items() if one is function]
    if hasattr(Methods, name):
        also.insert(0, "method")
    line = (function.__doc__ or "").strip().partition("\n\n")[0]
    return _row(f"`{name}{signature}`", ", ".join(also), _text(line))


def _is_operator(operator: str, function: Callable[..., Any]) -> bool:
    method = getattr(Methods, f"__{operator}__", None)  # the function, or that of its record
    return method is not None and method.__name__ == function.__name__


def _record_row(record: Operation) -> str:
    gradient = "none" if record.gradient is None else "yes"
    if record.definition is not None:
        gradient += ", definition"
    inputs = "; ".join(KINDS[kind] for kind in dict.fromkeys(record.kinds))
    formula = record.formula.replace("|", r"\vert ")
    return _row(
        f"`{record.name}`", _text(record.symbol), f"${formula}$", _text(record.summary), inputs,
        gradient,
    )  # fmt: skip


def _text(text: str) -> str:
    """Text that a table's cell can hold."""
    return " ".join(text.split()).replace("|", r"\|")


if __name__ == "__main__":
    print(operations_markdown(), end="")
