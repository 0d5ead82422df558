"""Training in machine code equals training by NumPy: orders, loaders, masks, data, levels."""

from typing import Any

import numpy as np
import pytest

import holograd as hg
from holograd import data, nn, optim
from holograd.compiler.trainer import Trainer
from holograd.ops.random import Generator
from holograd.training import EarlyStopping, Step
from training_cases import moons, near, network, noisy, same_bits, same_training, trained, weights

X = np.random.default_rng(2).normal(size=(10, 4))
LABELS = np.array([0, 2, 1, 1, 0, 2, 2, 0, 1, 0])

# --- orders ---


@pytest.mark.parametrize("seed", [None, 5, -3])
def test_orders_with_a_seed_and_without(seed):
    same_training(
        lambda: network(2, 4, 2).double(), moons(), seed=seed, epochs=3, batch_size=16,
        validation=0.3, metrics=["accuracy", "macro_f1"],
    )  # fmt: skip


LOADERS = [
    (size, shuffle, drop, own)
    for size in (1, 16, 80, 90, 200) for shuffle in (False, True) for drop in (False, True)
    for own in (False, True) if not (drop and size > 90) and not (own and not shuffle)
]  # fmt: skip


@pytest.mark.parametrize(
    ("size", "shuffle", "drop", "own"),
    [pytest.param(*one, marks=[pytest.mark.slow] if place % 2 else [])
     for place, one in enumerate(LOADERS)],
)  # fmt: skip
def test_loaders(size, shuffle, drop, own):
    def rows():
        return data.DataLoader(
            data.TensorDataset(*moons()), batch_size=size, shuffle=shuffle, drop_last=drop,
            generator=hg.Generator(4) if own else None,
        )  # fmt: skip

    runs, after = [], []
    for backend in ("native", "numpy"):
        loader = rows()
        model, history = trained(
            backend, lambda: network(2, 3, 2).double(), loader, epochs=2, metrics="accuracy"
        )
        runs.append((history.columns, history.steps, history.samples, weights(model)))
        after.append((hg.rand(1).item(), loader.generator and loader.generator.stream))
    assert runs[0][1:3] == runs[1][1:3] and after[0] == after[1]
    for name, column in runs[1][0].items():
        near(runs[0][0][name], column, 1e-9, name)
    for one, two in zip(runs[0][3], runs[1][3], strict=True):
        near(one, two, 1e-9)


def passed(output: hg.Tensor, target: Any) -> float:
    """A number that tells which outputs are not 0."""
    mask = output.value.reshape(-1) != 0
    return float(mask @ (np.arange(mask.size) % 8191 + 1.0))


@pytest.mark.parametrize(
    ("size", "seed"),
    [(32, None), (90, 2), *(pytest.param(*one, marks=pytest.mark.slow)
                            for one in [(30, None), (30, 2), (32, 2), (90, None)])],
)  # fmt: skip
def test_masks_and_statistics(size, seed):
    """Dropout's masks are NumPy's to the bit; so is the count of batches."""

    def model():
        return nn.Sequential(
            nn.Linear(2, 9), nn.BatchNorm1d(9), nn.Dropout(0.4), nn.ELU(), nn.Linear(9, 5),
            nn.Dropout(0.3),
        ).double()  # fmt: skip

    inputs = moons()[0]
    found, history = same_training(
        model, (inputs, np.zeros((90, 5))), epochs=3, batch_size=size, seed=seed, metrics=passed
    )
    _, expected = trained(
        "numpy", model, (inputs, np.zeros((90, 5))), epochs=3, batch_size=size, seed=seed,
        metrics=passed,
    )  # fmt: skip
    assert history["passed"] == expected["passed"] and len(set(history["passed"])) == 3
    assert found.state_dict()["1.num_batches_tracked"].item() == history.steps


def test_a_generator_of_a_layers_own():
    class Noise(nn.Module):
        def __init__(self):
            self.generator = hg.Generator(11)

        def forward(self, x):
            return x + 0.1 * hg.randn(*x.shape, dtype=x.dtype, generator=self.generator)

    same_training(
        lambda: nn.Sequential(nn.Linear(2, 4), Noise(), nn.Dropout(0.2), nn.Linear(4, 2)).double(),
        moons(), epochs=3, batch_size=25,
    )  # fmt: skip


class Shared(nn.Module):
    """One matrix twice, one frozen, and one that nothing uses."""

    def __init__(self):
        self.first, self.second, self.third = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)
        self.second.weight = self.first.weight
        self.third.weight.requires_grad_(False)
        self.idle = nn.Parameter([1.0, 2.0])

    def forward(self, x):
        return self.third(hg.tanh(self.second(hg.tanh(self.first(x)))))


@pytest.mark.parametrize("size", [4, 10])
def test_shared_frozen_and_unused_parameters(size):
    model, _ = same_training(
        lambda: Shared().double(), (X[:, :3], X[:, 2:]), epochs=4, batch_size=size, lr=0.05
    )
    assert isinstance(model, Shared)
    assert model.first.weight is model.second.weight and model.idle.tolist() == [1.0, 2.0]
    hg.manual_seed(7)
    assert same_bits([model.third.weight.value], [Shared().double().third.weight.value])


def test_integers_as_inputs_and_floats_as_targets():
    tokens = np.random.default_rng(0).integers(0, 6, (20, 3))
    targets = np.random.default_rng(1).normal(size=(20, 12)).astype(np.float32)
    same_training(
        lambda: nn.Sequential(nn.Embedding(6, 4), nn.Flatten()).double(), (tokens, targets),
        epochs=3, batch_size=8, metrics="r2", lr=0.1,
    )  # fmt: skip


def test_bytes_as_inputs():
    class Scaled(nn.Module):
        def __init__(self):
            self.line = nn.Linear(4, 3)

        def forward(self, x):
            return self.line(x.to(self.line.weight.dtype) / 255)

    pixels = np.random.default_rng(0).integers(0, 256, (10, 4)).astype(np.uint8)
    for size in (4, 10):
        same_training(lambda: Scaled().double(), (pixels, LABELS), epochs=3, batch_size=size)


@pytest.mark.parametrize("size", [32, 90])
def test_float32_stays_near(size):
    model, _ = same_training(
        noisy, moons(), rtol=1e-4, epochs=3, batch_size=size, seed=1, metrics="accuracy",
        optimizer="sgd", lr=0.1,
    )  # fmt: skip
    assert all(one.dtype == hg.float32 for one in model.parameters())


def test_early_stopping():
    for size in (20, 64):
        same_training(
            lambda: network(2, 6, 2).double(), moons(), optimizer="sgd", lr=3.0, epochs=30,
            batch_size=size, validation=0.3, callbacks=[EarlyStopping(patience=2)],
        )  # fmt: skip


# --- levels ---


@pytest.mark.parametrize(
    ("level", "checked"),
    [("sse2", False), ("avx512", True)]
    + [
        pytest.param(level, checked, marks=pytest.mark.slow)
        for level in ("scalar", "sse2", "avx2", "avx512") for checked in (False, True)
        if (level, checked) not in (("sse2", False), ("avx512", True))
    ],
)  # fmt: skip
def test_levels(level, checked):
    """The same training for each machine; with checks, no access is outside of its buffer."""
    results = []
    inputs, labels = (one.value for one in moons())
    for at in (level, None):
        model = noisy(3).double()
        step = Step(model, nn.CrossEntropyLoss(), optim.AdamW(model.parameters(), lr=0.01), 1.0)
        hg.manual_seed(1)
        trainer = Trainer(
            step, inputs.astype(np.float64), labels, 16, shuffled=True, generator=Generator(2),
            level=at, checked=checked and at is not None,
        )  # fmt: skip
        for _ in range(4):
            for left in (4, 2):
                assert trainer.advance(left) == 0
        trainer.give_states()
        assert trainer.executable.violations == 0
        results.append(weights(model))
    for one, two in zip(*results, strict=True):
        near(one, two, 1e-9)
