"""The table of docs/compiler.md: what benchmarks/results say of compiled code."""

import json
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
    """A benchmark: its file, what it is called, in which unit, and what it is to reach."""

    file: str
    what: str
    unit: str
    most: float | None = None  # of that unit
    times: float = 1.0  # of the file's microseconds


ROWS = [
    Row("compiled_xor", "a step of XOR, in the loop", "ns", 45),
    Row("compiled_xor_eager", "the same beside steps called from Python", "µs"),
    Row("compiled_digits", "a step of digits (64-128-10, Adam, 32 rows)", "µs", 12),
    Row("compiled_lenet", "a step of LeNet-5 (64 images)", "ms", times=1e-3),
    Row("compiled_scalars", "micrograd's expression with gradients, called from Python", "µs", 1.5),
    Row("compiled_scalar_network", "a pass of its 2-16-16-1 network on 100 points", "µs", 30),
    Row("compiled_scalar_network_micrograd", "the same", "s", times=1e-6),
]
SECONDS = {"xor": 0.15, "digits": 0.5, "scalar_network": 1.0}


def read(name: str) -> dict[str, Any]:
    """A file of results."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def number(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def medians(report: dict[str, Any], times: float) -> dict[str, float]:
    """The median time of each contender."""
    return {one["name"]: one["quartiles_us"][1] * times for one in report["timings"]}


def table() -> str:
    """The table, the machine that it was measured on, and what misses its target."""
    lines = [
        f"| | holograd | {' | '.join(PEERS)} |",
        f"|---|---|{'---|' * len(PEERS)}",
    ]
    missed, date = [], ""
    for row in ROWS:
        report = read(row.file)
        found, ratios = medians(report, row.times), report["ratios"]
        ours = found.get("holograd")
        date = max(date, report["date"])
        cells = [row.what, f"{number(ours)} {row.unit}" if ours else ABSENT]
        for names in PEERS.values():
            name = next((one for one in names if one in found), None)
            if name is None:
                cells.append("")
            elif ours is None:
                cells.append(f"{number(found[name])} {row.unit}")
            else:
                factor = ratios[name] / ratios["holograd"]
                cells.append(f"{number(found[name])} {row.unit} ({number(factor)}×)")
        lines.append(f"| {' | '.join(cells)} |")
        if ours is not None:
            missed += _missed(row, report, ours)
    seconds = read("compile_time")
    for name, most in SECONDS.items():
        ours = seconds["loops_seconds"].get("holograd", {}).get(name)
        jax = seconds["loops_seconds"].get("jax", {}).get(name)
        cells = [f"to compile {name.replace('_', ' ')}", f"{number(ours)} s" if ours else ABSENT]
        cells += [f"{number(jax)} s" if jax else "", *("" for _ in range(len(PEERS) - 1))]
        lines.append(f"| {' | '.join(cells)} |")
        if ours is not None and ours > most:
            missed.append(f"compiling {name} takes {number(ours)} s, not {most} s")
    machine = seconds["machine"]
    where = f"{machine['processor']}, {machine['cores']} cores that other programs used too"
    lines += [
        "",
        f"{where}; one thread; {date}. Medians; in brackets,",
        "how many times as long as holograd's in the same rounds.",
    ]
    if missed:
        lines += [f"Missed: {'; '.join(missed)}."]
    return "\n".join(lines)


def _missed(row: Row, report: dict[str, Any], ours: float) -> list[str]:
    """What a benchmark was to reach and did not."""
    found = []
    if row.most is not None and ours > row.most:
        found.append(f"{row.what} takes {number(ours)} {row.unit}, not {row.most}")
    ratio, target = report["ratios"].get("holograd", 0.0), report["target_ratio"]
    if ratio > target:
        found.append(
            f"{row.what} takes 1/{1 / ratio:,.3g} of {report['baseline']}'s time, not "
            f"1/{1 / target:,.3g}"
        )
    return found


if __name__ == "__main__":
    print(table())
