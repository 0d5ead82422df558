"""What `holograd` prints where there is little room, no colour, no reader, or no time."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from holograd.cli.pictures import SHADES_OF_ASCII
from holograd.cli.program import program
from test_cli import command, plain


@pytest.mark.parametrize("width", [30, 50, 80])
def test_a_narrow_terminal_cuts_neither_counts_nor_commands(cli, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    out = cli("train digits --epochs 1 --hidden 16")[1]
    rows = re.findall(r"^\d(?: +(?:\d+|·)){10}$", out, re.MULTILINE)
    counts = [int(count) for row in rows for count in re.findall(r" (\d+)", row)]
    assert (len(rows), sum(counts)) == (10, 1797)
    assert "…" not in out
    for ending in ("digits --save digits.safetensors", "digits --plot digits.png", "xor"):
        assert re.search(rf"^  holograd train {ending}( |$)", out, re.MULTILINE)
    assert "keep the trained network" in out
    if width < 70:
        assert "\n    keep the trained network\n" in out


def test_printed_lines_have_no_blanks_at_their_ends(cli):
    for line in ("train digits --epochs 1 --hidden 16", "train perceptron-xor", "train xor"):
        assert not re.search(r" +$", cli(line)[1], re.MULTILINE)
    assert not re.search(r" +$", cli("recipes")[1], re.MULTILINE)


# --- what is suggested ---


def test_next_does_not_repeat_what_was_just_done(cli, tmp_path):
    def suggested(line: str) -> str:
        return cli(f"train {line}")[1].partition("\nNext\n")[2]

    assert "xor --hidden 0" in suggested("xor --epochs 2")
    assert "xor --hidden 0" not in suggested("xor --hidden 0 --seed 3")
    assert "and --plot" in suggested("and")
    assert "and --plot" not in suggested(f"and --plot {tmp_path / 'a.png'}")
    assert "train xor " in suggested("perceptron-and")


def test_a_loss_that_grew_is_told_with_the_rate(cli):
    out = plain(cli("train xor --lr 1e30")[1])
    assert "--lr 1e+30 is too large" in out and "did not learn" not in out
    assert "holograd train xor --lr 0.05" in out
    assert "; --lr 1e+10 is too large" in cli("train moons --lr 1e10 --epochs 5 -q")[1]


def test_a_perceptron_without_time_is_told_to_take_more(cli):
    out = cli("train perceptron-and --epochs 2")[1]
    assert "holograd train perceptron-and --epochs 100" in out and "--seed" not in out


@pytest.mark.parametrize("name", ["XOR", "Xor-Lecture", "xor_lecture"])
def test_capitals_and_underscores_name_the_same_recipe(cli, name):
    code, out, _ = cli(f"train {name} -q")
    assert code == 0 and out.startswith(name.lower().replace("_", "-") + ": ")


@pytest.mark.parametrize(
    ("started", "path", "expected"),
    [
        ("{}/bin/holograd", "{}/bin", "holograd"),
        ("{}/bin/holograd", "/nowhere", "{}/bin/holograd"),
        ("{}/a folder/holograd", "/nowhere", "'{}/a folder/holograd'"),
        ("{}/bin/holograd", "{}/other", "{}/bin/holograd"),
        ("/usr/lib/holograd/__main__.py", "/nowhere", "{} -m holograd"),
        ("/usr/bin/pytest", "/nowhere", "holograd"),
    ],
)
def test_commands_are_suggested_as_they_run(tmp_path, monkeypatch, started, path, expected):
    for folder in ("bin", "other", "a folder"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "holograd").touch(0o755)
    monkeypatch.setattr(sys, "argv", [started.format(tmp_path), "train", "xor"])
    monkeypatch.setattr(sys, "orig_argv", [str(tmp_path)])
    monkeypatch.setenv("PATH", path.format(tmp_path))
    assert program() == expected.format(tmp_path)


def test_a_suggested_command_runs_as_printed():
    out = command("train", "and").communicate(timeout=60)[0].decode()
    suggested = re.findall(r"^  (.* train and --plot and.png)$", out, re.MULTILINE)
    assert suggested, out
    shown = suggested[0].replace("--plot and.png", "--help")
    assert subprocess.run(shown, shell=True, capture_output=True, check=True).stdout


# --- terminals and streams ---


def test_a_colour_terminal_without_unicode_gets_shades():
    leader, follower = pty.openpty()
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    line = [sys.executable, "-m", "holograd", "train", "digits", "--epochs", "1", "--hidden", "8"]
    with subprocess.Popen(line, stdout=follower, stderr=subprocess.DEVNULL, env=environment) as run:
        os.close(follower)
        written = b""
        while part := _read(leader):
            written += part
    os.close(leader)
    assert run.returncode == 0
    text = re.sub(r"\x1b\[[0-9;]*m", "", written.decode("ascii")).replace("\r", "")
    pictures = text.partition("surest of\n")[2].partition(" read as ")[0].splitlines()[:8]
    assert pictures and set("".join(pictures)) <= set(SHADES_OF_ASCII) and "@" in "".join(pictures)
    assert re.search(r"^0( +(\d+|\.)){10}$", text, re.MULTILINE)


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # how Linux says that the other side has closed
        return b""


def in_a_shell(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f"{sys.executable} -m holograd {line}"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_closed_standard_output_is_told():
    ended = in_a_shell("train and --json >&-")
    assert ended.returncode == 1
    assert ended.stderr == "error: standard output is closed, where the result would go.\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("line", ["train and --json", "train and -q", "version"])
def test_full_standard_output_is_told(line):
    ended = in_a_shell(f"{line} >/dev/full")
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == ["error: standard output: No space left on device."]


def test_closed_standard_error_leaves_the_exit_code():
    assert in_a_shell("train xor --save missing/a.safetensors 2>&-").returncode == 1


# Ctrl-C while typer is imported, as if it came then.
INTERRUPTED_IMPORT = """
import sys
import holograd.__main__

class Interrupt:
    def find_spec(self, name, *_):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
holograd.__main__.main()
"""


def test_an_interrupted_import_has_one_word():
    line = [sys.executable, "-c", INTERRUPTED_IMPORT]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "Interrupted.\n")


def test_an_interrupt_while_data_is_read_has_one_word(cli, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("holograd.cli.train_recipe.run", interrupt)
    assert cli("train xor") == (130, "", "Interrupted.\n")
