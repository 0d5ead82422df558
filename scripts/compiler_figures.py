"""The table of docs/compiler.md: what benchmarks/results say of compiled code."""

import json
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).resolve().parent.parent / "benchmarks" / "results"
PEERS = {
    "JAX": ("jax", "jax on tensors"),
    "`torch.compile`": ("torch.compile",),
    "PyTorch": ("torch",),
    "micrograd": ("micrograd",),
    "NumPy": ("holograd NumPy", "numpy by hand"),
}
ABSENT = "not measured yet"


class Row(NamedTuple):
    """A benchmark: its file, what it is called, what it is to reach, and how much it does."""

    file: str
    what: str
    most: float | None = None  # microseconds
    steps: int = 1  # that one of the file's steps does


ROWS = [
    Row("compiled_xor", "XOR, a step in the loop", 0.045, 1000),
    Row("compiled_xor_eager", "XOR, beside steps called from Python"),
    Row("compiled_digits", "digits (64-128-10, Adam, 32 rows), a step", 12),
    Row("compiled_lenet", "LeNet-5 (64 images), a step"),
    Row("compiled_scalars", "micrograd's expression with gradients, a call", 1.5),
    Row("compiled_scalar_network", "its 2-16-16-1 network on 100 points, a pass", 30),
    Row("compiled_scalar_network_micrograd", "the same"),
]
SECONDS = {"xor": 0.15, "digits": 0.5, "scalar_network": 1.0}


def table() -> str:
    """The table, the machine that it was measured on, and what misses its target."""
    rows, missed, dates = [], [], []
    for row in ROWS:
        report = _read(row.file)
        cells, misses = _measured(row, report)
        rows.append([row.what, *cells])
        missed += misses
        dates.append(report["date"])
    report = _read("compile_time")
    dates.append(report["date"])
    for name, most in SECONDS.items():
        ours, jax = (report["loops_seconds"].get(one, {}).get(name) for one in ("holograd", "jax"))
        what = f"compiling {name.replace('_', ' ')}"
        cells = [_duration(ours * 1e6) if ours else ABSENT, _duration(jax * 1e6) if jax else ""]
        rows.append([what, *cells, *("" for _ in range(len(PEERS) - 1))])
        if ours and ours > most:
            missed.append(f"{what} takes {_duration(ours * 1e6)}, and was to take {most} s")
    lines = [f"| {' | '.join(['', 'holograd', *PEERS])} |", "|---" * (len(PEERS) + 2) + "|"]
    lines += [f"| {' | '.join(cells)} |" for cells in rows]
    machine = report["machine"]
    text = (
        f"{machine['processor']}, {machine['cores']} cores that other programs used too; one "
        f"thread; {max(dates)}. Medians; in brackets, how many times as long as holograd's in the "
        "same rounds."
    )
    lines += ["", *textwrap.wrap(text, 116)]
    if missed:
        lines += ["", "What misses its target:", ""]
        lines += [f"- {one}." for one in missed]
    return "\n".join(lines)


def _measured(row: Row, report: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The cells of a benchmark, and what it was to reach and did not."""
    found = {one["name"]: one["quartiles_us"][1] / row.steps for one in report["timings"]}
    ratios, ours = report["ratios"] | {report["baseline"]: 1.0}, found.get("holograd")
    cells = [ABSENT if ours is None else _duration(ours)]
    for names in PEERS.values():
        name = next((one for one in names if one in found), None)
        cell = "" if name is None else _duration(found[name])
        if name is not None and ours is not None:
            cell += f" ({_digits(ratios[name] / ratios['holograd'])}×)"
        cells.append(cell)
    missed = []
    if ours is not None and row.most is not None and ours > row.most:
        missed.append(f"{row.what} takes {_duration(ours)}, and was to take {_duration(row.most)}")
    ratio, target = ratios.get("holograd"), report["target_ratio"]
    if ratio is not None and ratio > target:
        missed.append(
            f"{row.what} is {_digits(1 / ratio)} times as fast as {report['baseline']}, and was "
            f"to be {_digits(1 / target)} times"
        )
    return cells, missed


def _read(name: str) -> dict[str, Any]:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def _duration(microseconds: float) -> str:
    """A time in the unit in which it is a number of 1 to 1,000."""
    for unit, size in (("s", 1e6), ("ms", 1e3), ("µs", 1.0)):
        if microseconds >= size:
            return f"{_digits(microseconds / size)} {unit}"
    return f"{_digits(microseconds * 1e3)} ns"


def _digits(number: float) -> str:
    """Three digits, or all before the point."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


if __name__ == "__main__":
    print(table())
