"""`holograd separate`: either answer in words and numbers, with a proof that can be checked."""

import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cli_cases import command, plain
from holograd.data import GATES

pytest.importorskip("polars", reason="tables take: pip install 'holograd[tables]'")


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    return command(capsys, monkeypatch, tmp_path)


def test_each_gate_is_answered_and_its_proof_holds(cli):
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    answers = {}
    for name, outputs in GATES.items():
        code, out, err = cli(f"separate {name} --json")
        assert (code, err, out.count("\n")) == (0, "", 1)
        answer = json.loads(out)
        answers[name] = answer["separable"]
        if answer["separable"]:
            reached = corners @ answer["weights"] + answer["bias"]
            assert ((reached > 0) == outputs).all() and (reached != 0).all()
            continue
        means = []
        for part in ("first", "second"):
            mean = answer[part]
            shares = [Fraction(share) for share in mean["coefficients"]]
            assert sum(shares) == 1 and min(shares) > 0
            assert all(outputs[row] == mean["label"] for row in mean["rows"])
            assert mean["points"] == corners[mean["rows"]].tolist()
            columns = zip(*mean["points"], strict=True)
            means.append(
                [sum(c * x for c, x in zip(shares, each, strict=True)) for each in columns]
            )
        assert means[0] == means[1]
    assert [name for name, separable in answers.items() if not separable] == ["xor", "xnor"]


def test_xor_is_refused_in_words_and_numbers(cli):
    code, out, err = cli("separate xor")
    assert (code, err) == (0, "")
    assert "No line separates class 0 from class 1" in out
    assert "½·(0, 0) + ½·(1, 1) = ½·(0, 1) + ½·(1, 0)" in out
    rows = re.findall(r"^([01]) +(1/2|mean) +([\d.]+) +([\d.]+)$", out, re.MULTILINE)
    assert rows == [
        ("0", "1/2", "0", "0"),
        ("0", "1/2", "1", "1"),
        ("0", "mean", "0.5", "0.5"),
        ("1", "1/2", "0", "1"),
        ("1", "1/2", "1", "0"),
        ("1", "mean", "0.5", "0.5"),
    ]
    assert "holograd train xor" in out


def test_and_is_separated_with_weights_and_margin(cli):
    code, out, err = cli("separate and")
    assert (code, err) == (0, "")
    assert "A line separates class 0 from class 1: 2·x₁ + 2·x₂ − 3" in out
    assert re.search(r"^a +2\nb +2\nbias +-3$", out, re.MULTILINE)
    assert "at least 1 in the 1 row(s) of class 1, and at most -1 in the 3 of class 0" in out


def test_one_class_alone_is_separable(cli):
    code, out, _ = cli("separate true")
    assert code == 0
    assert "All rows are of one class" in out


def test_a_table_is_answered_with_its_lines(cli, tmp_path):
    table = "name,x,y,class\np,0,0,no\nq,1,1,no\n\nr,0,1,yes\ns,1,0,yes\nt,5,5,\n"
    (tmp_path / "points.csv").write_text(table)
    code, out, _ = cli("separate points.csv --drop name")
    assert code == 0
    assert "1 row(s) without a class are left out" in plain(out)
    lines = re.findall(r"^(no|yes) +1/2 +(\d) +([01]) +([01])$", out, re.MULTILINE)
    assert sorted(lines) == [
        ("no", "2", "0", "0"),
        ("no", "3", "1", "1"),
        ("yes", "5", "0", "1"),
        ("yes", "6", "1", "0"),
    ]
    assert "holograd train points.csv --target class" in out
    answer = json.loads(cli("separate points.csv --drop name --json")[1])
    assert (answer["first"]["lines"], answer["second"]["lines"]) == ([2, 3], [5, 6])
    assert (answer["columns"], answer["rows"]) == (["x", "y"], 4)


def test_lines_count_as_in_an_editor(cli, tmp_path):
    (tmp_path / "same.csv").write_text("x,y,class\n\n3,4,a\n1,2,b\n3,4,b\n")
    out = cli("separate same.csv")[1]
    assert "lines 3 and 5 are the same point (3, 4)." in out


def test_one_class_is_set_against_the_others(cli, real_data):
    iris = real_data("small") / "iris.csv"
    values = np.genfromtxt(iris, delimiter=",", usecols=range(4))
    setosa = np.genfromtxt(iris, delimiter=",", usecols=[4], dtype=np.str_) == "Iris-setosa"
    answer = json.loads(cli(f"separate {iris} --class Iris-setosa --json")[1])
    assert (answer["positive"], answer["negative"]) == ("Iris-setosa", "not Iris-setosa")
    assert ((values @ answer["weights"] + answer["bias"] > 0) == setosa).all()
    for name in ("Iris-versicolor", "Iris-virginica"):
        answer = json.loads(cli(f"separate {iris} --class {name} --json")[1])
        assert (answer["separable"], answer["exact"]) == (False, True)


def test_a_wide_table_is_cut_on_the_screen(cli, tmp_path):
    random = np.random.default_rng(0)
    values = np.c_[random.normal(size=(60, 30)), np.arange(60) % 2]
    np.save(tmp_path / "wide.npy", values)
    code, out, _ = cli("separate wide.npy")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 200 and len(out.splitlines()) < 70


BAD = {
    "neither": ("xr", 2, "there is no file or gate 'xr'. Did you mean 'xor'"),
    "a gate's target": ("xor --target 1", 2, "the gate xor takes no --target"),
    "a gate's class": ("and --class 1", 2, "the gate and takes no --class"),
    "missing": ("none.csv", 1, "none.csv cannot be read"),
    "text": ("text.csv", 1, "text.csv, line 2, column 'town': 'a' is text"),
    "text among numbers": ("odd.csv", 1, "odd.csv, line 6, column 'x': 'six' is not a number"),
    "a missing number": ("hole.csv", 1, "hole.csv, line 3, column 'x': the number is missing"),
    "infinity": ("infinite.csv", 1, "infinite.csv, line 3, column 'x': the number is infinite"),
    "three classes": ("three.csv", 1, "column 'c' has 3 classes (1, 2, 3)"),
    "no such class": ("three.csv --class 4", 1, "has no class '4': its 3 classes are 1, 2, 3"),
    "no such column": ("three.csv --target d", 1, "three.csv has no column 'd'"),
    "no class at all": ("unlabelled.csv", 1, "column 'c': every cell is missing"),
    "no points": ("three.csv --drop x", 1, "three.csv has no column besides the classes"),
    "target dropped": ("three.csv --drop c", 2, "column 'c' is the target, and to be dropped"),
    "another header": ("three.csv --header perhaps", 2, "no header 'perhaps'"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_question_gets_one_clear_message(cli, tmp_path, kind):
    line, code, words = BAD[kind]
    for name, content in {
        "text.csv": "town,c\na,0\nb,1\n",
        "odd.csv": "x,c\n1,0\n2,0\n3,1\n4,1\nsix,1\n",
        "hole.csv": "x,c\n1,0\n?,1\n",
        "infinite.csv": "x,c\n1,0\ninf,1\n",
        "three.csv": "x,c\n1,1\n2,2\n3,3\n",
        "unlabelled.csv": "x,c\n1,\n2,\n",
    }.items():
        Path(tmp_path / name).write_text(content)
    found, out, err = cli(f"separate {line}")
    assert (found, out) == (code, ""), plain(err)
    assert words in plain(err)
    assert "Traceback" not in err and "defect" not in err


def test_a_margin_close_to_rounding_is_told_in_full(cli, tmp_path):
    path = tmp_path / "near.csv"
    path.write_text("a,b,t\n0.1,0.1,0\n0.2,0.2,1\n0.30000000000000004,0.3,0\n", encoding="utf-8")
    code, out, err = cli(f"separate {path}")
    assert (code, err) == (0, "")
    assert "1.0000000000000002e+17" in out
    assert "in the 1 row(s) of class 1" in " ".join(out.split())
