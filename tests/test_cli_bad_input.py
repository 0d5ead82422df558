"""What the command says to bad tables and bad use: one clear message, and no file is touched."""

import contextlib
import gzip
import hashlib
import io
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cli_cases import command, made_models, people, plain

pytest.importorskip("polars", reason="tables take: pip install 'holograd[tables]'")


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    return command(capsys, monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return made_models(tmp_path_factory.mktemp("models"))


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
    "another task": ("a.csv", GOOD, "--task classify", 2, "Did you mean 'classification'"),
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
