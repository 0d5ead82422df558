"""How many plain 2-2-1 networks get stuck on XOR; all seeds train at once, as a batch of networks.

    python -m benchmarks.xor_seeds

The weights begin as those of `nn.Linear` after `manual_seed(seed)`. A network counts as stuck when
it has one of the four rows on the wrong side of ½ after the last step.
"""

import numpy as np

import holograd as hg
from benchmarks.harness import save_record
from holograd import nn

SEEDS = 1000
STEPS = 20_000
SETTINGS = [
    # hidden activation, loss, learning rate
    ("sigmoid", "mse", 1.0),
    ("sigmoid", "cross-entropy", 1.0),
    ("tanh", "cross-entropy", 0.5),
]


def initial_weights(seeds: int) -> list[hg.Tensor]:
    """W1 (seeds, 2, 2), b1 (seeds, 1, 2), W2 (seeds, 2, 1), b2 (seeds, 1, 1), as in `XW + b`."""
    rows: list[list[np.ndarray]] = []
    for seed in range(seeds):
        hg.manual_seed(seed)
        hidden, output = nn.Linear(2, 2), nn.Linear(2, 1)
        values = [one.detach().numpy() for one in (*hidden.parameters(), *output.parameters())]
        rows.append([one.T for one in values])
    stacked = [np.stack(one) for one in zip(*rows, strict=True)]
    shapes = [(seeds, 2, 2), (seeds, 1, 2), (seeds, 2, 1), (seeds, 1, 1)]
    return [
        hg.tensor(array.reshape(shape), requires_grad=True)
        for array, shape in zip(stacked, shapes, strict=True)
    ]


def stuck(activation: str, loss: str, rate: float, seeds: int, steps: int) -> int:
    """How many of the seeds 0 to `seeds` − 1 are stuck after `steps` full-batch steps."""
    inputs, targets = hg.data.gate("xor")
    inputs, targets = inputs.unsqueeze(0), targets.unsqueeze(0)
    parameters = initial_weights(seeds)
    w1, b1, w2, b2 = parameters
    bend = getattr(hg, activation)
    logits = hg.zeros(seeds, 4, 1)
    for _ in range(steps):
        logits = bend(inputs @ w1 + b1) @ w2 + b2
        if loss == "mse":
            each = (logits.sigmoid() - targets).square()
        else:
            each = hg.softplus(logits) - logits * targets
        each.mean(1).sum().backward()  # the mean over a network's rows; networks do not mix
        with hg.no_grad():
            for parameter in parameters:
                assert parameter.grad is not None
                parameter -= rate * parameter.grad  # noqa: PLW2901 (it updates the parameter itself)
                parameter.grad = None
    right = (logits.detach() > 0) == (targets > 0.5)
    return int((~right.all(1)).sum())


def main() -> None:
    """Prints and saves the table."""
    record = {}
    for activation, loss, rate in SETTINGS:
        count = stuck(activation, loss, rate, SEEDS, STEPS)
        record[f"{activation}, {loss}, rate {rate}"] = count
        print(f"{activation:8} {loss:14} rate {rate}: {count} of {SEEDS} stuck after {STEPS} steps")
    save_record("xor_seeds", {"seeds": SEEDS, "steps": STEPS, "stuck": record})


if __name__ == "__main__":
    main()
