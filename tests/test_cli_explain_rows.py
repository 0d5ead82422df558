"""`holograd explain` with a row of a model's table: as it was written, and what becomes of it."""

import re

import numpy as np
import pytest

import holograd as hg
from cli_cases import command, made_models, plain

pytest.importorskip("polars", reason="tables take: pip install 'holograd[tables]'")


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return command(capsys, monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return made_models(tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize("row", ["age=39, town=a", "town=a,age=39", "39,a"])
def test_a_row_of_a_table_without_its_answer(run, models, row):
    out = plain(run(f'explain {models}/people.safetensors --row "{row}"')[1])
    assert "The right answer is not given, so the greatest output" in out
    assert "The row becomes 5 numbers: x₁ age −0." in out and "town = a 1" in out
    assert "The network's answer is no (class 0)." in out


@pytest.mark.parametrize("row", ["answer=yes,age=39, town=a", "39,a,yes", "?,a,yes"])
def test_a_row_of_a_table_with_its_answer(run, models, row):
    out = plain(run(f'explain {models}/people.safetensors --row "{row}"')[1])
    assert "the right one is yes (class 1)." in out and "the loss is" in out


def test_a_row_and_its_answer_apart(run, models):
    path = models / "people.safetensors"
    together = run(f"explain {path} --row 39,a,yes")[1]
    apart = run(f"explain {path} --row 39,a --target yes")[1]
    assert together.split("\nNext")[0] == apart.split("\nNext")[0]


def test_a_model_of_numbers_tells_what_its_answer_stands_for(run, models):
    model = hg.TableModel.load(models / "numbers.safetensors")
    wanted = model.predict(np.array([[3.0]]))[0] if not model.encoder.named else None
    out = plain(run(f"explain {models}/numbers.safetensors --row 3,6.5")[1])
    told = re.search(r"its answer stands for y = ([\d.]+), and the right one for 6.5", out)
    assert told and (wanted is None or float(told[1]) == pytest.approx(wanted, rel=1e-4))
    assert float(told[1]) == pytest.approx(6.5, abs=3)


def test_the_row_stands_as_it_was_written(run, models):
    out = plain(run(f"explain {models}/people.safetensors --row 39,a,yes")[1])
    assert out.startswith("The row: age = 39, town = a. The right answer: answer = yes. For (−0.")
    out = plain(run(f"explain {models}/people.safetensors --row ?,a --lang ko")[1])
    assert out.startswith("행: age = ?, town = a. (0, ")


def test_what_the_network_cannot_see_of_a_row_is_told(run, models):
    people, numbers = models / "people.safetensors", models / "numbers.safetensors"
    for row in ("1e300,Mars", "1e308,Mars"):
        code, out, err = run(f"explain {people} --row {row}")
        assert (code, err) == (0, "")
        assert "Mars did not occur in column town in training" in plain(out)
        assert re.search(rf"age = {row[:5]} is beyond .* and enters as 10\.", plain(out))
        korean = plain(run(f"explain {people} --row {row} --lang ko")[1])
        assert "town 열의 Mars는 학습할 때 없던 값이므로" in korean and "10으로 잘려" in korean
    assert "The cell of column x is empty" in plain(run(f"explain {numbers} --row ?")[1])
    seen = plain(run(f"explain {people} --row 39,a")[1])
    assert "did not occur" not in seen and "beyond" not in seen and "is empty" not in seen
