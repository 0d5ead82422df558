"""How long explanations take: two moons in single numbers, a LeNet-sized MLP in layers, and files.

    python -m benchmarks.explanation

Each is made anew from a loss that was computed before; medians of several runs. No other library
makes explanations, so there is nothing to compare with but a target of one second.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import holograd as hg
from benchmarks.harness import save_record
from holograd import nn
from holograd.explanation import Explanation

ROUNDS = 7
MOST_SECONDS = 1.0


def multilayer(*sizes: int) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def moons() -> hg.Tensor:
    """The hinge loss of a 2-16-16-1 network on one sample."""
    hg.manual_seed(0)
    network = multilayer(2, 16, 16, 1)
    return nn.functional.hinge_loss(network(hg.tensor([[0.5, -1.0]])), hg.tensor([[1.0]]))


def digits() -> hg.Tensor:
    """The cross-entropy of a 784-128-64-10 network on one sample."""
    hg.manual_seed(0)
    network = multilayer(784, 128, 64, 10)
    return nn.functional.cross_entropy(network(hg.rand(1, 784)), hg.tensor([3]))


def seconds(make: Callable[[], hg.Tensor], read: Callable[[hg.Tensor], object]) -> float:
    """The median time of `read`, each time of a loss computed anew."""
    measured = []
    for _ in range(ROUNDS):
        loss = make()
        begin = time.perf_counter()
        read(loss)
        measured.append(time.perf_counter() - begin)
    return statistics.median(measured)


def saved(ending: str) -> Callable[[hg.Tensor], None]:
    """Explains and saves a file of that ending."""

    def read(loss: hg.Tensor) -> None:
        with tempfile.TemporaryDirectory() as folder:
            hg.explain(loss).save(Path(folder) / f"explanation{ending}")

    return read


def whole(explanation: Explanation) -> int:
    """Reads every step, also its formulas."""
    steps = explanation.view.steps
    return sum(len(step.formula.text) for step in steps if step.formula is not None)


def main() -> None:
    """Prints and saves the table."""
    work: dict[str, tuple[Callable[[], hg.Tensor], Callable[[hg.Tensor], object]]] = {
        "moons, single numbers": (moons, lambda loss: hg.explain(loss, zoom="scalar").view),
        "moons, with formulas": (moons, lambda loss: whole(hg.explain(loss, zoom="scalar"))),
        "784-128-64-10, layers": (digits, lambda loss: hg.explain(loss, zoom="layer").view),
        "moons as JSON, all levels": (moons, saved(".json")),
        "moons as a page, all levels": (moons, saved(".html")),
    }
    record = {}
    for name, (make, read) in work.items():
        record[name] = seconds(make, read)
        print(f"{name:28} {1000 * record[name]:8.1f} ms")
    aimed = list(record)[:3]
    for name in aimed:
        if record[name] > MOST_SECONDS:
            print(f"{name} takes longer than {MOST_SECONDS} s")
    save_record("explanation", {"seconds": record, "target_seconds": MOST_SECONDS})


if __name__ == "__main__":
    main()
