"""The command line: what it prints where, its JSON, its exit codes, and what it says to misuse."""

import io
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console

import holograd
from conftest import interrupt_after, interruptible
from holograd.cli.pictures import picture
from holograd.files import load_metadata
from holograd.recipes import RECIPES

KEYS = """
    recipe parameters epochs steps seconds compile_seconds total_seconds backend threads
    samples_per_second seed train test
""".split()


def plain(text: str) -> str:
    """Text in one line, without the frame that typer draws around errors."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())


# --- JSON ---


@pytest.mark.parametrize(
    ("line", "metric"),
    [
        ("xor --epochs 5", "accuracy"),
        ("xor-lecture", "accuracy"),
        ("perceptron-and", "accuracy"),
        ("moons --epochs 2", "accuracy"),
        ("sine --epochs 2", "r2"),
        ("digits --epochs 1 --hidden 8", "accuracy"),
    ],
)
def test_json_is_one_object_and_nothing_else(cli, line, metric):
    code, out, err = cli(f"train {line} --json --seed 3")
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    result = json.loads(out)
    table = ["table"] if "table" in result else []
    assert list(result) == KEYS + table
    assert bool(table) == (RECIPES[line.split()[0]].kind == "gate")
    assert (result["recipe"], result["seed"]) == (line.split()[0], 3)
    native = line.split()[0] not in (
        "perceptron-and",
        "xor-lecture",
    )  # which nothing trains by steps
    assert (result["backend"] == "native") == native == (result["compile_seconds"] > 0)
    assert result["threads"] >= 1
    assert result["total_seconds"] >= result["seconds"] >= 0
    for part in ("train", "test"):
        assert list(result[part]) == ["loss", metric]


def test_json_counts_what_was_trained(cli):
    result = json.loads(cli("train digits --epochs 2 --hidden 8 --batch-size 100 --json")[1])
    assert (result["epochs"], result["steps"]) == (2, 2 * 39)
    assert result["parameters"] == 65 * 8 + 9 * 10
    assert result["samples_per_second"] == pytest.approx(2 * 3823 / result["seconds"])


def test_json_of_a_gate_holds_its_truth_table(cli):
    table = json.loads(cli("train and --json")[1])["table"]
    assert [row["inputs"] for row in table] == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert [row["target"] for row in table] == [0, 0, 0, 1]
    assert [round(row["output"]) for row in table] == [0, 0, 0, 1]
    assert [list(row) for row in table] == [["inputs", "target", "output"]] * 4


def test_json_writes_null_for_what_is_no_number(cli):
    assert json.loads(cli("train xor-lecture --json")[1])["samples_per_second"] is None
    line = "train sine --loss mse --optimizer sgd --lr 3 --epochs 1 --batch-size 400 --json"
    out = cli(line)[1]
    assert "NaN" not in out and "Infinity" not in out


def test_seed_decides_everything(cli):
    first, second, other = (
        json.loads(cli(f"train xor --epochs 20 --json --seed {seed}")[1]) for seed in (1, 1, 2)
    )
    assert first["table"] == second["table"] != other["table"]


def test_options_reach_the_training(cli):
    line = (
        "train moons --hidden 4,3 --activation relu --optimizer sgd --lr 0.01 --epochs 1 "
        "--batch-size 400 --dropout 0.1 --weight-decay 0.1 --loss cross_entropy --json"
    )
    result = json.loads(cli(line)[1])
    assert (result["parameters"], result["steps"]) == (3 * 4 + 5 * 3 + 4 * 2, 1)


# --- what people see ---


def test_a_gate_is_shown_as_its_truth_table(cli):
    code, out, err = cli("train and")
    assert code == 0
    assert "epoch 300/300" in err
    rows = re.findall(r"^([01])  ([01]) +([01])  ([01]\.\d{4})  right$", out, re.MULTILINE)
    assert [row[:3] for row in rows] == [tuple("000"), tuple("010"), tuple("100"), tuple("111")]
    assert "and: 4 of 4 rows right" in out
    assert "holograd train perceptron-and" in out


def test_a_seed_that_gets_stuck_is_told_with_ways_out(cli):
    code, out, _ = cli("train xor --epochs 1 --seed 4")
    assert code == 0
    assert "Seed 4 did not learn xor" in plain(out)
    for command in ("xor --seed 5", "xor --epochs 1000", "xor --hidden 16"):
        assert f"holograd train {command}" in out


@pytest.mark.parametrize("line", ["xor --hidden 0", "perceptron-xor"])
def test_one_neuron_on_xor_is_explained(cli, line):
    out = plain(cli(f"train {line}")[1])
    assert "no line separates XOR" in out
    assert "½·(0, 0) + ½·(1, 1) = ½·(0, 1) + ½·(1, 0)" in out


def test_a_perceptron_tells_each_mistake(cli):
    out = cli("train perceptron-and")[1]
    assert re.search(r"2 +1 +\(1, 1\) +0 +1 +\(1, 1\) +0$", out, re.MULTILINE)
    assert "perceptron-and: 4 of 4 rows right" in out


def test_digits_end_with_confusion_and_misread_pictures(cli):
    out = cli("train digits --epochs 1 --hidden 16")[1]
    match = re.search(r"digits: (\d+\.\d\d) % right of 1,797 unseen pictures \((\d+) wrong\)", out)
    assert match
    wrong = int(match[2])
    assert float(match[1]) == pytest.approx(100 * (1 - wrong / 1797), abs=0.006)
    rows = re.findall(r"^(\d)((?: +(?:\d+|·)){10})$", out, re.MULTILINE)
    matrix = np.array([[int(cell.replace("·", "0")) for cell in row.split()] for _, row in rows])
    assert matrix.shape == (10, 10)
    assert (matrix.sum(), matrix.sum() - matrix.trace()) == (1797, wrong)
    assert f"Of {wrong} wrong answers" in out
    assert len(re.findall(r"\d, read as \d", out)) == 6
    assert "▓" in out and "\x1b" not in out
    assert "holograd train digits --save digits.safetensors" in out


def test_quiet_leaves_one_line(cli):
    code, out, err = cli("train xor --quiet")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"xor: 4 of 4 rows right, loss [\d.e-]+\n", out)


def test_recipes_and_version_are_listed(cli):
    code, out, _ = cli("recipes")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(RECIPES)
    assert cli("version")[1] == cli("--version")[1] == f"holograd {holograd.__version__}\n"


def test_help_has_examples(cli):
    code, out, _ = cli("train --help")
    assert code == 0
    assert "holograd train digits --hidden 32" in out
    for name in RECIPES:
        assert name in plain(out)


def test_pictures_are_half_blocks_in_greys_or_shades():
    values = np.array([[0.0, 1.0], [0.0, 0.0]])
    colour = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")
    text = picture(values, colour)
    assert text.plain.splitlines() == ["▀" * 16] * 8
    assert {str(span.style) for span in text.spans} == {
        "#fbfaf6 on #fbfaf6",
        "#1e1d1a on #1e1d1a",
    }
    shades = picture(values, Console(file=io.StringIO(), no_color=True))
    assert shades.plain.splitlines() == [" " * 8 + "█" * 8] * 4 + [" " * 16] * 4
    ascii_only = Console(file=io.TextIOWrapper(io.BytesIO(), encoding="ascii"), no_color=True)
    assert "@" * 8 in picture(values, ascii_only).plain


# --- files ---


def test_save_writes_a_model_that_can_be_read(cli, tmp_path):
    path = tmp_path / "xor.safetensors"
    assert cli(f"train xor --save {path} --quiet")[0] == 0
    model = holograd.load(path)
    inputs, targets = holograd.data.gate("xor")
    assert ((model(inputs) > 0).value == (targets.value > 0)).all()


@pytest.mark.parametrize(
    "line",
    ["xor --epochs 5", "moons --epochs 1", "sine --epochs 1", "digits --epochs 1 --hidden 8"],
)
def test_plot_draws_a_picture(cli, tmp_path, line):
    image = pytest.importorskip("matplotlib.image")
    path = tmp_path / "plot.png"
    code, out, _ = cli(f"train {line} --plot {path}")
    assert code == 0
    assert f"Wrote {path}" in out
    pixels = image.imread(path)[..., :3]
    assert min(pixels.shape[:2]) > 400
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10


def test_missing_matplotlib_is_told_before_training(cli, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, err = cli(f"train digits --plot {tmp_path / 'a.png'}")
    assert (code, out) == (1, "")
    assert "pip install 'holograd[pictures]'" in plain(err)
    assert "epoch" not in err


@pytest.mark.parametrize(("option", "ending"), [("--save", ".safetensors"), ("--plot", ".png")])
@pytest.mark.parametrize("name", ["folder", "missing/a", "locked"])
def test_an_unwritable_place_is_told_before_training(
    cli, tmp_path, monkeypatch, option, ending, name
):
    (tmp_path / "folder").mkdir()
    place = name if name == "folder" else name + ending
    locked = tmp_path / f"locked{ending}"
    locked.write_text("as it was")
    # A test that runs as the superuser may write everywhere.
    allowed = os.access
    monkeypatch.setattr(
        os,
        "access",
        lambda path, mode: not (path == locked and mode == os.W_OK) and allowed(path, mode),
    )
    code, out, err = cli(f"train digits {option} {tmp_path / place}")
    assert (code, out) == (1, "")
    assert f"{tmp_path / place} cannot be written" in plain(err)
    assert "epoch" not in err
    assert locked.read_text() == "as it was"


# --- misuse ---


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("train mnits", "Did you mean 'mnist'"),
        ("train nothing-like-it", "There are: and, or, nand"),
        ("train", "RECIPE"),
        ("trian xor", "Did you mean 'train'"),
        ("train xor --lrr 3", "--lr"),
        ("train xor --loss ms", "Did you mean 'mse'"),
        ("train xor --optimizer adan", "Did you mean 'adam'"),
        ("train xor --activation rellu", "Did you mean 'relu'"),
        ("train xor --hidden 12,,3", "Write 128,64"),
        ("train xor --hidden -4", "Write 128,64"),
        ("train xor --lr 0", "above 0"),
        ("train xor --lr nan", "above 0"),
        ("train xor --lr fast", "--lr"),
        ("train xor --epochs 0", "--epochs"),
        ("train xor --batch-size 0", "--batch-size"),
        ("train xor --batch-size 2.5", "--batch-size"),
        ("train xor --seed -1", "--seed"),
        ("train xor --dropout 1", "below 1"),
        ("train xor --weight-decay -1", "from 0"),
        ("train xor --loss cross-entropy", "bce-with-logits or mse"),
        ("train and --dropout 0.5", "--hidden 8"),
        ("train lenet5 --hidden 3", "takes no --hidden"),
        ("train perceptron-and --optimizer sgd", "Rosenblatt"),
        ("train xor --data somewhere", "takes no --data"),
        ("train digits --data somewhere", "its data comes with holograd"),
        ("train and --activation tanh", "no hidden layer for --activation tanh"),
        ("train xor-lecture --lr 0.1", "Add --epochs 200"),
        ("train xor --save a.png --plot ./a.png", "both --save and --plot"),
    ],
)
def test_wrong_use_is_told_with_the_way_out(cli, line, words):
    code, out, err = cli(line)
    assert (code, out) == (2, "")
    assert words in plain(err)
    assert "Traceback" not in err


def test_missing_data_is_told_with_the_way_out(cli, tmp_path, monkeypatch):
    monkeypatch.delenv("HOLOGRAD_DATA", raising=False)
    for line in ("train mnist", f"train fashion-mnist --data {tmp_path}"):
        code, out, err = cli(line)
        assert (code, out) == (1, "")
        assert "was not found" in err and "HOLOGRAD_DATA" in err and "--data FOLDER" in err


def test_data_may_be_in_the_folder_or_in_its_own_folder_there(cli, tmp_path):
    (tmp_path / "mnist").mkdir()
    for folder in (tmp_path, tmp_path / "mnist"):
        assert f"{tmp_path / 'mnist'} lacks" in plain(cli(f"train mnist --data {folder}")[2])


def test_divergence_is_told(cli):
    code, out, err = cli("train sine --optimizer sgd --lr 1e6 --json")
    assert (code, out) == (1, "")
    assert "step" in err and "Traceback" not in err
    assert "instead of --lr 1e+06 write, for instance, --lr 0.1." in err and "fit(" not in err


def test_a_defect_is_told_in_one_line(cli, monkeypatch):
    def break_down(*_, **__):
        raise ZeroDivisionError("an accident")

    monkeypatch.setattr("holograd.cli.train_recipe.run", break_down)
    code, out, err = cli("train xor")
    assert (code, out) == (1, "")
    assert "ZeroDivisionError: an accident" in err and "defect in holograd" in err
    assert err.count("\n") == 1


# --- processes ---


def command(*arguments: str, **settings) -> subprocess.Popen:
    environment = {**os.environ, **settings.pop("environment", {})}
    line = [sys.executable, "-m", "holograd", *arguments]
    return interruptible(line, env=environment, **settings)


def test_interrupt_ends_with_130_and_keeps_the_weights(tmp_path):
    path = tmp_path / "digits.safetensors"
    process = command("train", "digits", "--epochs", "500", "--json", "--save", str(path))
    interrupt_after(process, 2.5)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b"Interrupted.\n"
    result = json.loads(out)
    assert 0 < result["epochs"] < 500 and result["interrupted"] is True
    kept = load_metadata(path)
    assert (kept["epochs"], kept["interrupted"]) == (result["epochs"], True)


def test_a_reader_that_leaves_ends_it_quietly():
    process = command("train", "digits", "--epochs", "1", "--hidden", "8")
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert b"Error" not in err and b"Traceback" not in err and b"Broken" not in err


def test_a_terminal_without_unicode_gets_question_marks():
    process = command("train", "digits", "--epochs", "1", environment={"PYTHONIOENCODING": "ascii"})
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "@" in out.decode("ascii")


def test_help_reads_nothing_that_takes_long():
    """No library but NumPy and those of the terminal; the compiler and the drawings not either."""
    code = "import atexit, sys; from holograd.cli import main;"
    code += "atexit.register(lambda: print(*sys.modules)); main(['--help'])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage" in run.stdout
    loaded = set(run.stdout.splitlines()[-1].split())
    assert "holograd.cli" in loaded and "typer" in loaded
    long = "igraph llvmlite matplotlib polars safetensors scipy sklearn threadpoolctl"
    long += " holograd.compiler holograd.explanation holograd.pictures holograd.tabular"
    assert not loaded & set(long.split())
