"""The command on tables: training, predicting, evaluating, and what people see."""

import contextlib
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import holograd
from cli_cases import command, made_models, people, plain
from conftest import interrupt_after, interruptible
from holograd import nn

polars = pytest.importorskip("polars", reason="tables take: pip install 'holograd[tables]'")


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    return command(capsys, monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return made_models(tmp_path_factory.mktemp("models"))


KEYS = """
    file target task parameters epochs steps seconds compile_seconds total_seconds backend threads
    samples_per_second seed train test stopped classes confusion columns settings seeds mean spread
""".split()


# --- training ---


def test_a_table_is_trained_tested_and_shown(cli, tmp_path):
    (tmp_path / "people.csv").write_text(people(200))
    code, out, err = cli("train people.csv --target answer --epochs 30 --save model.safetensors")
    assert code == 0
    assert "epoch 30/30" in err
    assert re.search(r"^  age +number, .*missing", out, re.MULTILINE)
    assert re.search(r"^  town +3 categories", out, re.MULTILINE)
    assert re.search(r"^  answer +target: 2 classes: no, yes", out, re.MULTILINE)
    assert re.search(r"^answer: \d+\.\d\d % right of 40 unseen rows \(\d+ wrong\)$", out, re.M)
    assert "balanced accuracy" in out and "Confusion" in out
    assert "Wrote model.safetensors" in out
    assert "holograd predict model.safetensors NEW.csv" in out


def test_json_is_one_object_and_nothing_else(cli, models):
    code, out, err = cli(
        f"train {models}/people.csv --target answer --test-last 30 --seeds 2 --epochs 3 --json"
    )
    assert (code, err, out.count("\n")) == (0, "", 1)
    result = json.loads(out)
    assert list(result) == KEYS
    assert (result["target"], result["task"], result["classes"]) == (
        "answer",
        "classification",
        ["no", "yes"],
    )
    assert [each["seed"] for each in result["seeds"]] == [0, 1]
    accuracies = [each["accuracy"] for each in result["seeds"]]
    assert result["mean"]["accuracy"] == pytest.approx(np.mean(accuracies))
    assert result["spread"]["accuracy"] == pytest.approx(np.std(accuracies, ddof=1))
    confusion = np.array(result["confusion"])
    assert confusion.sum() == 30
    assert confusion.trace() / 30 == pytest.approx(result["test"]["accuracy"])


def test_a_number_is_predicted(cli, models):
    code, out, _ = cli(f"train {models}/numbers.csv --target y --test-share 0 --epochs 5")
    assert code == 0
    assert re.search(r"^y: R² -?\d\.\d{4} on 50 training rows, off by", out, re.MULTILINE)
    assert "root mean squared error" in out and "Confusion" not in out


def test_quiet_leaves_one_line(cli, models):
    line = f"train {models}/people.csv --target answer --epochs 2 --quiet"
    code, out, err = cli(line)
    assert (code, err, out.count("\n")) == (0, "", 1)


def test_options_reach_the_training(cli, models, tmp_path):
    (tmp_path / "test.csv").write_text(
        people(50, seed=1).replace("yes", "yes.").replace("no", "no.")
    )
    result = json.loads(
        cli(
            f"train {models}/people.csv --target -1 --test test.csv --label-strip . --drop town "
            "--hidden 5 --activation tanh --optimizer sgd --lr 0.01 --epochs 2 --batch-size 50 "
            "--dropout 0 --weight-decay 0.1 --balance --header yes --seed 7 --json"
        )[1]
    )
    settings = result["settings"]
    assert (settings["rows"], settings["test_rows"]) == (200, 50)
    assert (settings["hidden"], settings["activation"], settings["optimizer"]) == (
        [5], "tanh", "sgd",
    )  # fmt: skip
    assert (settings["lr"], settings["batch_size"], settings["dropout"]) == (0.01, 50, 0)
    assert (settings["weight_decay"], settings["balance"], result["seed"]) == (0.1, True, 7)
    assert result["steps"] == 2 * 4
    # The age, and whether it is missing.
    assert result["parameters"] == 3 * 5 + 6 * 2


def test_plot_draws_the_course(cli, models, tmp_path):
    image = pytest.importorskip("matplotlib.image")
    line = f"train {models}/people.csv --target answer --epochs 3 --plot course.png"
    assert cli(line)[0] == 0
    assert min(image.imread(tmp_path / "course.png").shape[:2]) > 400


def test_names_with_a_tables_ending_are_files_and_others_recipes(cli, tmp_path):
    for name in ("xorr", "peple"):
        code, _, err = cli(f"train {name}")
        assert code == 2
        assert "there is no recipe" in plain(err)
    assert "Did you mean 'xor'" in plain(cli("train xorr")[2])
    (tmp_path / "table").write_text(people())
    assert cli("train table --target answer --epochs 1 --quiet")[0] == 0


def test_a_confusion_too_wide_for_the_screen_is_told_by_its_largest(cli, tmp_path, monkeypatch):
    rows = "".join(f"{row % 7},{row},class{row % 30:02}\n" for row in range(300))
    (tmp_path / "many.csv").write_text(f"x,y,kind\n{rows}")
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = cli("train many.csv --target kind --epochs 1")
    assert code == 0
    told = re.findall(r"^  class\d\d for class\d\d, (\d+) of \d+$", out, re.MULTILINE)
    assert len(told) == 10 and sorted(told, key=int, reverse=True) == told


# --- predicting and evaluating ---


def test_predict_takes_raw_rows_in_a_new_process(models, tmp_path):
    raw = tmp_path / "new.csv"
    # Columns in another order, a missing value, a category that was not there, no target.
    raw.write_text("town,age\na,70\na,20\nd,\n")
    answer = subprocess.run(
        [sys.executable, "-m", "holograd", "predict", str(models / "people.safetensors"), str(raw)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines = answer.stdout.splitlines()
    assert lines[:3] == ["answer", "yes", "no"]
    assert lines[3] in ("yes", "no") and len(lines) == 4
    assert answer.stderr == ""


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_predictions_are_written_in_each_format(cli, models, tmp_path, ending):
    path = tmp_path / f"answers.{ending}"
    line = f"predict {models}/people.safetensors {models}/people.csv --probabilities -o {path}"
    code, out, _ = cli(line)
    assert (code, out) == (0, f"Wrote 200 rows to {path}\n")
    read = {"csv": polars.read_csv, "json": polars.read_json, "parquet": polars.read_parquet}
    frame = read[ending](path)
    assert frame.columns == ["answer", "P(answer = no)", "P(answer = yes)"]
    shares = frame.select(frame.columns[1:]).to_numpy()
    np.testing.assert_allclose(shares.sum(1), 1)
    names = np.array(["no", "yes"])[shares.argmax(1)]
    assert frame["answer"].to_list() == names.tolist()
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


def test_numbers_are_predicted_in_their_unit(cli, models):
    code, out, _ = cli(f"predict {models}/numbers.safetensors {models}/numbers.csv")
    values = np.array(out.split()[1:], float)
    assert (code, out.split()[0]) == (0, "y")
    assert np.abs(values - (2 * np.arange(50) + 0.5)).mean() < 10


def test_evaluate_tells_scores_confusion_and_importance(cli, models):
    line = f"evaluate {models}/people.safetensors {models}/people.csv --importance"
    code, out, _ = cli(line)
    assert code == 0
    assert re.search(r"accuracy +0\.\d{4}", out) and "Confusion" in out
    assert re.search(r"^age +0\.\d+ ± 0\.\d+  █+", out, re.MULTILINE)
    result = json.loads(cli(f"{line} --json")[1])
    assert result["rows"] == 200
    assert np.trace(result["confusion"]) / 200 == pytest.approx(result["accuracy"])
    assert {each["column"] for each in result["importance"]} == {"age", "town"}
    numbers = json.loads(
        cli(f"evaluate {models}/numbers.safetensors {models}/numbers.csv --json")[1]
    )
    assert numbers["rmse"] >= numbers["mae"] > 0 and numbers["r2"] < 1


def test_summary_tells_layers_columns_and_classes(cli, models, tmp_path):
    code, out, _ = cli(f"summary {models}/people.safetensors")
    assert code == 0
    assert "Linear(" in out and "parameters learn" in out
    assert "target: 2 classes: no, yes" in out
    described = json.loads(cli(f"summary {models}/people.safetensors --json")[1])
    assert described["model"] == "Sequential"
    assert described["parameters"] == sum(np.prod(each) for each in described["tensors"].values())
    assert "recipe xor" in plain(cli(f"summary {models}/xor.safetensors")[1])
    holograd.save({"a": holograd.zeros(3, 2)}, tmp_path / "state.safetensors")
    assert "a  (3, 2)  float32" in cli("summary state.safetensors")[1]
    holograd.save(nn.Conv2d(1, 2, 3), tmp_path / "layer.safetensors")
    assert "weight  (2, 1, 3, 3)" in cli("summary layer.safetensors")[1]


@pytest.mark.parametrize(
    "command", ["train", "predict", "evaluate", "separate", "summary", "recipes", "version"]
)
def test_each_subcommand_has_help_with_an_example(cli, command):
    code, out, _ = cli(f"{command} --help")
    assert code == 0
    assert f"holograd {command}" in out.split("Usage:")[1].split("\n", 1)[1]


def test_shells_complete_recipes_and_files(cli, tmp_path, monkeypatch, capsys):
    (tmp_path / "xylophone.csv").write_text("a\n")
    monkeypatch.setenv("_HOLOGRAD_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "holograd train x")
    monkeypatch.setenv("COMP_CWORD", "2")
    out = cli("")[1]
    assert out.split() == ["xor", "xor-lecture", "xylophone.csv"]


def test_colour_is_for_terminals_and_no_color_is_heard(models, monkeypatch):
    pty = pytest.importorskip("pty")

    def seen(**variables: str) -> bytes:
        ours, theirs = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", **variables}
        command = [sys.executable, "-m", "holograd", "recipes"]
        subprocess.run(command, stdout=theirs, env=environment, check=True, timeout=60)
        os.close(theirs)
        content = b""
        with contextlib.suppress(OSError):  # how Linux tells the end
            while part := os.read(ours, 65536):
                content += part
        os.close(ours)
        return content

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert b"\x1b[1m" in seen()
    coloured = re.compile(rb"\x1b\[(\d+;)*(3|4|9|10)\d")
    assert not coloured.search(seen(NO_COLOR="1"))


def test_interrupt_ends_with_130_and_keeps_the_model(models, tmp_path):
    path = tmp_path / "model.safetensors"
    line = f"train {models}/people.csv --target answer --epochs 1000000 --seeds 3 --save {path}"
    process = interruptible([sys.executable, "-m", "holograd", *line.split()])
    interrupt_after(process, 2.5)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert path.exists()


def test_an_interrupted_run_leaves_an_earlier_model_as_it_was(models, tmp_path):
    path = tmp_path / "model.safetensors"
    line = f"train {models}/people.csv --target answer --save {path}"
    command = [sys.executable, "-m", "holograd", *line.split()]
    subprocess.run([*command, "--epochs", "2"], check=True, capture_output=True)
    before = path.read_bytes()
    process = interruptible([*command, "--epochs", "1000000"])
    interrupt_after(process, 2.5)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert path.read_bytes() == before
    assert (tmp_path / "model-interrupted.safetensors").exists()
    assert b"model-interrupted.safetensors" in out


def test_a_model_is_never_written_over_other_data(cli, models, tmp_path):
    data = tmp_path / "notes.st"
    data.write_text("not a model", encoding="utf-8")
    line = f"train {models}/people.csv --target answer --epochs 1 -q --save"
    code, _, err = cli(f"{line} {data}")
    assert code == 1 and "not a model" in plain(err)
    assert data.read_text(encoding="utf-8") == "not a model"
    code, _, err = cli(f"{line} {tmp_path}/people.csv")
    assert code == 2 and "people.safetensors" in plain(err)
    assert [one.name for one in tmp_path.iterdir()] == ["notes.st"]


def test_rows_without_a_target_are_told(cli, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,t\n1,None\n2,NA\n3,yes\n4,None\n5,yes\n6,no\n", encoding="utf-8")
    code, out, _ = cli(f"train {path} --target t --test-share 0 --epochs 1")
    assert code == 0
    assert "3 training rows have no target" in plain(out)
