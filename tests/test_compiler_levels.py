"""Code for each kind of processor: it is generated, uses that one's vectors, and no wider ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import holograd as hg
from compiler_cases import LEVELS, compiled
from holograd import nn
from holograd.compiler.target import LEVELS as ALL
from holograd.compiler.target import assembly, host, level_named
from holograd.errors import ArgumentError
from holograd.graph import Graph
from holograd.nn import functional

generator = np.random.default_rng(14)


def drawn(*shape: int) -> np.ndarray:
    return generator.uniform(-1, 1, shape).astype(np.float32)


def learning(model: nn.Module, inputs: np.ndarray, classes: int) -> Graph:
    """The graph of a training step by SGD with momentum."""
    optimizer = hg.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    labels = generator.integers(0, classes, len(inputs))

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return hg.capture(step, inputs, labels).graph


def perceptron() -> Graph:
    model = nn.Sequential(nn.Linear(17, 33), nn.ReLU(), nn.Linear(33, 5))
    return learning(model, drawn(32, 17), 5)


def lenet() -> Graph:
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(48, 3)
    )
    return learning(model, drawn(16, 1, 8, 8), 3)


def exclusive_or() -> Graph:
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2))
    return learning(model, drawn(4, 2), 2)


def mathematics() -> Graph:
    return hg.capture(lambda x: (x.exp() + x.tanh()).sin() * x.erf(), drawn(67)).graph


def matrices() -> Graph:
    return hg.capture(lambda a, b: a @ b, drawn(33, 17), drawn(17, 67)).graph


PROGRAMS: list[Callable[[], Graph]] = [perceptron, lenet, exclusive_or, mathematics, matrices]


def code(graph: Graph, level: str) -> str:
    return assembly(str(compiled(graph, level, checked=False).module), level_named(level))


@pytest.mark.parametrize("make", PROGRAMS)
def test_aarch64_computes_with_vectors(make):
    text = code(make(), "neon")
    assert re.search(r"\bfmla\s+v\d+\.4s|\bfm(ul|la)\s+v\d+\.[24]s", text), "no vector products"
    assert re.search(r"\bret\b", text) and "%rax" not in text
    assert len(re.findall(r"\bv\d+\.4s\b", text)) > 20


@pytest.mark.parametrize("make", PROGRAMS)
@pytest.mark.parametrize("level", [one for one in LEVELS if one != "neon"])
def test_a_level_uses_its_vectors_and_no_wider_ones(make, level):
    graph = make()
    text = code(graph, level)
    widths = {"zmm": "avx512", "ymm": "avx2"}
    allowed = {"scalar": [], "sse2": [], "avx2": ["ymm"], "avx512": ["ymm", "zmm"]}[level]
    for word in widths:
        assert word in allowed or f"%{word}" not in text, f"{word} at {level}"
    if level in ("scalar", "sse2"):
        assert "vfmadd" not in text and not re.search(r"\bv(mul|add)ps\b", text)
    if level in ("avx2", "avx512") and make is not exclusive_or:
        assert f"%{allowed[-1]}" in text, f"no vectors of {level}"
        assert "vfmadd" in text, "products and sums are two operations"


def test_levels_by_name():
    assert level_named(None) is host() and level_named(host().name) is host()
    for name, level in ALL.items():
        assert level_named(name).vector_bytes == level.vector_bytes
        assert level.lanes(np.dtype(np.float32)) == level.vector_bytes // 4
    with pytest.raises(ArgumentError, match="sse2, avx2, avx512, neon"):
        level_named("mmx")
