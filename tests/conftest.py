"""What all tests share: Hypothesis profiles, the folder of real data, and optional peers."""

import importlib
import os
import signal
import subprocess
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

# `make test` draws few examples, the same every time; `make test-full` draws many, and new ones
# except under CI, where a change must not fail by an example that another run did not see.
settings.register_profile("default", max_examples=25, deadline=None, derandomize=True)
settings.register_profile(
    "full", max_examples=300, deadline=None, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("default")

REPOSITORY = Path(__file__).resolve().parent.parent
PLACES = [os.environ.get("HOLOGRAD_DATA"), REPOSITORY.parent / "shared" / "data"]
DATA = next((Path(place) for place in PLACES if place and Path(place).is_dir()), None)
if DATA is not None:
    # For the library under test, in this process and in those that tests start.
    os.environ["HOLOGRAD_DATA"] = str(DATA)


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """The path of a file or folder of real data, such as ``real_data("mnist")``, or a skip."""

    def find(name: str) -> Path:
        if DATA is None or not (DATA / name).exists():
            pytest.skip(f"no real data {name!r}: set HOLOGRAD_DATA to a folder that holds it")
        return DATA / name

    return find


@pytest.fixture
def cli(capsys, monkeypatch) -> Callable[[str], tuple[int, str, str]]:
    """Runs a command line; gives its exit code, standard output and standard error."""
    from holograd.cli import main

    monkeypatch.setenv("COLUMNS", "200")

    def run(line: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(line.split())
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


def optional_peer(name: str) -> ModuleType:
    """The peer library `name`, or a skip where it is not installed (`make bench` installs it).

    At the top of a module it skips the whole module, inside a test that test. Warnings that the
    peer gives while it is imported are not ours to answer for.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            pytest.skip(f"the peer {name} is not installed: `make bench`", allow_module_level=True)


def interruptible(command: list[str], **settings: Any) -> subprocess.Popen:
    """A program that heeds Ctrl-C, even where the tests themselves run in the background of a
    shell, which ignores it for all that it starts."""
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        **settings,
    )


def interrupt_after(process: subprocess.Popen, seconds: float) -> None:
    """Sends Ctrl-C once a process has worked so long, by its own clock."""
    times = Path(f"/proc/{process.pid}/stat")
    if not times.exists():
        time.sleep(2 * seconds)
    while times.exists() and process.poll() is None:
        fields = times.read_text(encoding="utf-8").rpartition(")")[2].split()
        if (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") >= seconds:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
