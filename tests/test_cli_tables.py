"""The command on tables: training, predicting, evaluating, and what it says to bad input."""

import contextlib
import gzip
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import holograd
from holograd import nn
from holograd.cli import main

polars = pytest.importorskip("polars", reason="tables take: pip install 'holograd[tables]'")

KEYS = """
    file target task parameters epochs steps seconds compile_seconds total_seconds backend threads
    samples_per_second seed train test stopped classes confusion columns settings seeds mean spread
""".split()


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    """Runs a command line in an empty folder; gives exit code, standard output and error."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run(line: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(line.split())
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


def plain(text: str) -> str:
    """Text in one line, without the frame that typer draws around errors."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())


def people(rows: int = 60, seed: int = 0) -> str:
    """A CSV file in which the answer is yes for older people of town a, and some cells are not
    known."""
    random = np.random.default_rng(seed)
    lines = ["age,town,answer"]
    for _ in range(rows):
        age, town = int(random.integers(18, 80)), "abc"[random.integers(3)]
        answer = "yes" if age > 40 and town != "c" else "no"
        lines.append(f"{'?' if random.random() < 0.05 else age},{town},{answer}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """A folder with people.csv, a model of it, a model of numbers, and one of a recipe."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "people.csv").write_text(people(200))
    numbers = "x,y\n" + "".join(f"{x},{2 * x + 0.5}\n" for x in range(50))
    (folder / "numbers.csv").write_text(numbers)
    for line in (
        "people.csv --target answer --epochs 30 --save people.safetensors",
        "numbers.csv --target y --epochs 60 --save numbers.safetensors",
        "xor --epochs 1 --save xor.safetensors",
    ):
        with contextlib.chdir(folder), pytest.raises(SystemExit) as ended:
            main(f"train {line} --json".split())
        assert not ended.value.code
    return folder


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
    assert "Did you mean xor" in plain(cli("train xorr")[2])
    (tmp_path / "table").write_text(people())
    assert cli("train table --target answer --epochs 1 --quiet")[0] == 0


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
    process = subprocess.Popen(
        [sys.executable, "-m", "holograd", *line.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert path.exists()


# --- what it says to bad input ---

GOOD = people()


def ragged() -> str:
    lines = GOOD.splitlines()
    lines[6] += ",more"
    return "\n".join(lines)


def wide() -> bytes:
    return (
        b",".join(b"c%d" % place for place in range(1_000_000)) + b"\n" + b"1," * 999_999 + b"1\n"
    )


# Each a file's name and content, the options, the exit code, and words of the message.
BAD_TABLES = {
    "missing": ("none.csv", None, "", 1, "none.csv cannot be read: there is no such file"),
    "a folder": ("folder/", None, "", 1, "folder cannot be read: it is not a file"),
    "empty": ("a.csv", "", "", 1, "a.csv is empty"),
    "blank lines": ("a.csv", "\n\n\n", "", 1, "a.csv is empty"),
    "cut": ("a.csv.gz", gzip.compress(GOOD.encode())[:-40], "", 1, "a.csv.gz is cut short"),
    "damaged": ("a.csv.gz", b"\x1f\x8b\x08\x00" + b"junk" * 9, "", 1, "a.csv.gz is damaged"),
    "binary": ("a.csv", bytes(range(256)) * 9, "", 1, "a.csv"),
    "a picture": ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(99), "", 1, "a.csv"),
    "ragged": ("a.csv", ragged(), "", 1, "line 7"),
    "wrong encoding": ("a.csv", GOOD.replace("b", "ü").encode("latin-1"), "", 1, "UTF-8"),
    "utf-16": ("a.csv", GOOD.encode("utf-16"), "", 1, "UTF-16"),
    "an open quote": ("a.csv", GOOD.replace("a", '"a', 1).replace("town", '"town'), "", 1, "a.csv"),
    "header only": ("a.csv", "age,town,answer\n", "", 1, "a.csv"),
    "duplicate names": ("a.csv", GOOD.replace("age", "town", 1), "", 1, "'town'"),
    "no such column": ("a.csv", GOOD, "--target answr", 1, "Did you mean 'answer'?"),
    "no such place": ("a.csv", GOOD, "--target 9", 1, "a.csv has no column 9: it has 3"),
    "nothing to drop": ("a.csv", GOOD, "--drop shoe", 1, "a.csv has no column 'shoe'"),
    "target dropped": ("a.csv", GOOD, "--drop answer", 2, "is the target, and to be dropped"),
    "all dropped": ("a.csv", GOOD, "--drop age,town", 1, "no column to learn from"),
    "target missing": ("a.csv", re.sub("yes|no", "?", GOOD), "", 1, "column 'answer': every one"),
    "one class": ("a.csv", GOOD.replace("no", "yes"), "", 1, "every label is 'yes'"),
    "a class for each row": (
        "a.csv", "x,answer\n" + "".join(f"{row},name{row}\n" for row in range(50)),
        "--test-share 0", 1, "50 classes in 50 rows",
    ),
    "text to regress on": ("a.csv", GOOD, "--task regression", 1, "is not a number"),
    "one number": (
        "a.csv", "x,answer\n" + "".join(f"{row},2.5\n" for row in range(50)), "--task regression",
        1, "every number is 2.5",
    ),
    "dates": ("a.csv", re.sub(r"\n(\d+|\?),", "\n2024-01-02,", GOOD), "", 1, "column 'age'"),
    "infinity": ("a.csv", GOOD.replace("\n3", "\ninf,a,no\n3", 1), "", 1, "infinite"),
    "infinite target": ("a.csv", "x,answer\n" + "1,2.5\n2,-inf\n3,4\n" * 9, "", 1, "line 3"),
    "too few rows": ("a.csv", "age,answer\n1,yes\n2,no\n", "", 1, "a.csv"),
    "all for the test": ("a.csv", GOOD, "--test-last 60", 1, "60 would be the test part"),
    "a million columns": ("a.csv", wide(), "--target c0", 1, "a.csv"),
    "strange labels in the test": ("a.csv", GOOD, "--test test.csv", 1, "test.csv, line 2"),
    "no file to test on": ("a.csv", GOOD, "--test none.csv", 1, "none.csv cannot be read"),
    "an array of three dimensions": ("a.npy", np.zeros((3, 2, 2)), "--target 0", 1, "(3, 2, 2)"),
    "an array of objects": ("a.npy", np.array([[None]]), "--target 0", 1, "a.npy"),
    "a cut array": ("a.npy", np.zeros((9, 2)).tobytes()[:9], "--target 0", 1, "a.npy"),
    "no Parquet": ("a.parquet", b"PAR1 and so on", "", 1, "a.parquet"),
    "no npz": ("a.npz", b"PK\x03\x04 and so on", "", 1, "a.npz"),
    # Wrong use.
    "no target": ("a.csv", GOOD, "--target", 2, "--target"),
    "two test parts": ("a.csv", GOOD, "--test-last 5 --test-share 0.1", 2, "contradict"),
    "test file and share": ("a.csv", GOOD, "--test a.csv --test-share 0.1", 2, "contradict"),
    "balance of numbers": ("a.csv", GOOD, "--task regression --balance", 2, "--balance"),
    "balance of a number": ("a.csv", GOOD, "--target age --balance", 2, "or write --task class"),
    "a share of 2": ("a.csv", GOOD, "--test-share 2", 2, "no share"),
    "another task": ("a.csv", GOOD, "--task classify", 2, "Did you mean classification"),
    "another header": ("a.csv", GOOD, "--header maybe", 2, "no header 'maybe'"),
    "no columns to drop": ("a.csv", GOOD, "--drop age,,", 2, "not a list of columns"),
    "no seeds": ("a.csv", GOOD, "--seeds 0", 2, "--seeds"),
    "a recipe's loss": ("a.csv", GOOD, "--loss mse", 2, "takes no --loss: they are for recipes"),
    "a recipe's data": ("a.csv", GOOD, "--data here", 2, "takes no --data"),
}  # fmt: skip


def put(path: Path, content: str | bytes | np.ndarray | None) -> None:
    """Writes what a file is to hold; a folder, or nothing, for None."""
    if isinstance(content, np.ndarray):
        buffer = io.BytesIO()
        np.save(buffer, content, allow_pickle=True)
        content = buffer.getvalue()
    if isinstance(content, str):
        content = content.encode()
    if content is not None:
        path.write_bytes(content)


def state(folder: Path) -> dict[str, str]:
    """The checksum of each file in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def check_message(ran: tuple[int, str, str], code: int, words: str) -> None:
    """One clear message, no traceback, and nothing else."""
    found, out, err = ran
    assert (found, out) == (code, ""), plain(err)
    assert words in plain(err)
    assert "Traceback" not in err and "defect in holograd" not in err
    assert err.count("\n") == 1 if code == 1 else err.count("─ Error ─") == 1


@pytest.mark.parametrize("kind", BAD_TABLES)
def test_a_bad_table_gets_one_clear_message(cli, tmp_path, kind):
    name, content, options, code, words = BAD_TABLES[kind]
    (tmp_path / "folder").mkdir()
    (tmp_path / "old.safetensors").write_text("as it was")
    (tmp_path / "test.csv").write_text("age,town,answer\n20,a,perhaps\n")
    put(tmp_path / name.rstrip("/"), content)
    before = state(tmp_path)
    target = "" if "--target" in options else "--target answer"
    line = f"train {name} {target} --save old.safetensors --epochs 1 {options}"
    check_message(cli(line), code, words)
    assert state(tmp_path) == before


def test_a_table_without_a_target_is_told_its_columns(cli, tmp_path):
    (tmp_path / "a.csv").write_text(GOOD)
    check_message(cli("train a.csv"), 2, "a.csv has age, town, answer")


def test_a_huge_file_is_not_read(cli, tmp_path):
    with open(tmp_path / "huge.csv", "wb") as file:
        file.truncate(2**40)  # takes no room
    start = time.perf_counter()
    check_message(cli("train huge.csv --target 0"), 1, "huge.csv has 1099511627776 bytes")
    assert time.perf_counter() - start < 5


def test_a_table_is_not_overwritten_by_its_model(cli, tmp_path):
    (tmp_path / "a.csv").write_text(GOOD)
    line = "train a.csv --target answer --save a.csv"
    check_message(cli(line), 2, "--save a.csv would overwrite what is read")
    assert (tmp_path / "a.csv").read_text() == GOOD


def test_a_confusion_too_wide_for_the_screen_is_told_by_its_largest(cli, tmp_path, monkeypatch):
    rows = "".join(f"{row % 7},{row},class{row % 30:02}\n" for row in range(300))
    (tmp_path / "many.csv").write_text(f"x,y,kind\n{rows}")
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = cli("train many.csv --target kind --epochs 1")
    assert code == 0
    told = re.findall(r"^  class\d\d for class\d\d, (\d+) of \d+$", out, re.MULTILINE)
    assert len(told) == 10 and sorted(told, key=int, reverse=True) == told


def test_a_recipe_takes_no_table_options(cli):
    line = "train xor --target a --seeds 2 --balance"
    check_message(cli(line), 2, "the recipe xor takes no --target, --balance, --seeds")


PREDICT = "predict {models}/people.safetensors"
BAD_USES = {
    "no model": ("predict none.safetensors a.csv", 1, "there is no file none.safetensors"),
    "a model that is a table": ("predict a.csv a.csv", 1, "not a safetensors file"),
    "a cut model": ("predict cut.safetensors a.csv", 1, "cut.safetensors is cut short"),
    "a recipe's model": ("predict {models}/xor.safetensors a.csv", 1, "a model of another kind"),
    "evaluating a recipe's model": ("evaluate {models}/xor.safetensors a.csv", 1, "another kind"),
    "no rows": (f"{PREDICT} none.csv", 1, "none.csv cannot be read"),
    "no column": (f"{PREDICT} narrow.csv", 1, "narrow.csv has no column(s) 'town'"),
    "one column more": (f"{PREDICT} wide.csv", 1, "wide.csv has the column(s) 'shoe'"),
    "text for numbers": (f"{PREDICT} text.csv", 1, "text.csv, line 3, column 'age': 'old'"),
    "infinity": (f"{PREDICT} infinite.csv", 1, "infinite.csv, line 2, column 'age'"),
    "names turned data": (f"{PREDICT} a.csv --header no", 1, "a.csv has no names of columns"),
    "another format": (f"{PREDICT} a.csv -o a.xlsx", 2, ".csv, .json, .parquet"),
    "over its own input": (f"{PREDICT} a.csv -o a.csv", 2, "would overwrite"),
    "into no folder": (f"{PREDICT} a.csv -o none/a.csv", 1, "there is no folder"),
    "into a folder": (f"{PREDICT} a.csv -o folder.csv", 1, "it is a folder"),
    "probabilities of numbers": (
        "predict {models}/numbers.safetensors {models}/numbers.csv --probabilities", 2,
        "only classes have --probabilities",
    ),
    "no target to compare": ("evaluate {models}/people.safetensors bare.csv", 1, "'answer'"),
    "a strange label": (
        "evaluate {models}/people.safetensors strange.csv", 1,
        "strange.csv, line 2, column 'answer': the label 'perhaps'",
    ),
    "no file to summarise": ("summary none.safetensors", 1, "there is no file none.safetensors"),
    "a table to summarise": ("summary a.csv", 1, "not a safetensors file"),
    "nothing to predict": (f"{PREDICT}", 2, "Missing argument"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_USES)
def test_a_bad_use_gets_one_clear_message(cli, models, tmp_path, kind):
    line, code, words = BAD_USES[kind]
    (tmp_path / "folder.csv").mkdir()
    for name, content in {
        "a.csv": GOOD,
        "narrow.csv": "age\n20\n",
        "wide.csv": "age,town,shoe\n20,a,40\n",
        "text.csv": "age,town\n20,a\nold,a\n",
        "infinite.csv": "age,town\ninf,a\n",
        "bare.csv": "age,town\n20,a\n",
        "strange.csv": "age,town,answer\n20,a,perhaps\n",
        "cut.safetensors": (models / "people.safetensors").read_bytes()[:-9],
    }.items():
        put(tmp_path / name, content)
    before = state(tmp_path) | state(models)
    check_message(cli(line.format(models=models)), code, words)
    assert state(tmp_path) | state(models) == before


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """What a disk that fills up is like: no file can grow beyond some bytes."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (f"{PREDICT} {{models}}/people.csv -o old.csv", "old.csv"),
        (f"{PREDICT} {{models}}/people.csv -o old.parquet", "old.parquet"),
        (
            "train {models}/people.csv --target answer --epochs 1 --json --save old.safetensors",
            "old.safetensors",
        ),
        (
            "train {models}/people.csv --target answer --epochs 1 --json --plot old.png",
            "old.png",
        ),
    ],
)
def test_a_disk_that_fills_up_leaves_the_older_file(cli, models, tmp_path, line, name):
    (tmp_path / name).write_text("as it was")
    with largest_file(200):
        ran = cli(line.format(models=models))
    check_message(ran, 1, name)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: "as it was"}


def test_a_protected_file_is_told_before_the_work(cli, models, tmp_path, monkeypatch):
    path = tmp_path / "locked.csv"
    path.write_text("as it was")
    access = os.access
    # A test that runs as the superuser may write everywhere.
    monkeypatch.setattr(
        os,
        "access",
        lambda where, mode: (
            access(where, mode) and (mode != os.W_OK or Path(where).resolve() != path)
        ),
    )
    ran = cli(f"predict {models}/people.safetensors {models}/people.csv -o locked.csv")
    monkeypatch.undo()
    check_message(ran, 1, "locked.csv")
    assert path.read_text() == "as it was"
