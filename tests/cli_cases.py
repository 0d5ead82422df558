"""What the tests of the command share: running a line of it, a table, and models of it."""

import contextlib
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from holograd.cli import main


def command(capsys, monkeypatch, tmp_path) -> Callable[[str], tuple[int, str, str]]:
    """What runs a command line in an empty folder, by pytest's fixtures of these names; it gives
    exit code, standard output and standard error."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run(line: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(line))
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


def plain(text: str) -> str:
    """Text in one line, without the frame that typer draws around errors."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())


def people(rows: int = 60, seed: int = 0) -> str:
    """A CSV file in which the answer is yes for people above 40 of towns a and b; some cells
    are not known."""
    random = np.random.default_rng(seed)
    lines = ["age,town,answer"]
    for _ in range(rows):
        age, town = int(random.integers(18, 80)), "abc"[random.integers(3)]
        answer = "yes" if age > 40 and town != "c" else "no"
        lines.append(f"{'?' if random.random() < 0.05 else age},{town},{answer}")
    return "\n".join(lines) + "\n"


def made_models(folder: Path) -> Path:
    """A folder, filled with people.csv, a model of it, a model of numbers, and one of a recipe."""
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
