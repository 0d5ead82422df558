"""`make run` sets the environment up once, and anew where its checkout was moved."""

import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).resolve().parent.parent / "Makefile"


def what_run_does(folder: Path) -> str:
    """The commands that `make run` would carry out."""
    line = ["make", "--dry-run", "--silent", "run"]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_a_moved_checkout_is_set_up_anew(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    (here / ".venv").mkdir(parents=True)
    shutil.copy(MAKEFILE, here / "Makefile")
    (here / "pyproject.toml").touch()
    assert "pip install" in what_run_does(here)
    (here / ".venv" / "run.stamp").write_text(f"{here.resolve()}\n")
    assert what_run_does(here) == ".venv/bin/holograd train digits\n"
    here.rename(there)
    assert "pip install" in what_run_does(there)
