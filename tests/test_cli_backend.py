"""`holograd train --backend`: machine code by default, NumPy for the reference; either says so."""

import json

import numpy as np
import pytest

from conftest import DATA


@pytest.mark.parametrize("line", ["xor", "moons --epochs 20", "sine --epochs 20"])
def test_both_backends_train_the_same_network(cli, line):
    results = {}
    for backend in ("native", "numpy"):
        code, out, _ = cli(f"train {line} --json --backend {backend}")
        results[backend] = json.loads(out)
        assert code == 0 and results[backend]["backend"] == backend
        assert (results[backend]["compile_seconds"] > 0) == (backend == "native")
    losses = [one["test"]["loss"] for one in results.values()]
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.02)


def test_the_result_says_which_backend_ran(cli):
    _, out, _ = cli("train xor --epochs 30")
    assert "by machine code, compiled in" in out
    _, out, _ = cli("train xor --epochs 30 --backend numpy")
    assert "samples/s by NumPy, seed 0" in out
    _, out, _ = cli("train perceptron-and")
    assert "machine code" not in out


@pytest.mark.skipif(DATA is None, reason="no real data: set HOLOGRAD_DATA")
def test_a_table_says_it_too(cli):
    path = f"{DATA}/small/iris.csv"
    _, out, _ = cli(f"train {path} --target -1 --epochs 3")
    assert "by machine code" in out
    _, out, _ = cli(f"train {path} --target -1 --epochs 3 --backend numpy --json")
    assert json.loads(out)["backend"] == "numpy"


def test_another_backend_is_refused(cli):
    code, _, err = cli("train xor --backend cuda")
    assert code == 2 and "cuda" in err and "native" in err and "Traceback" not in err
