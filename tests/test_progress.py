"""Progress: a bar on a terminal, a few lines elsewhere, silence where it is wanted."""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import interruptible

PROGRAM = """
import sys
import holograd as hg
from holograd import data, nn
from holograd.training import fit
model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2))
history = fit(model, data.moons(90, seed=0), epochs={epochs}, metrics="accuracy", seed=0{more})
print(f"result: {{history.stopped}}")
print("rich" in sys.modules)
"""
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9]")
SOURCE = str(Path(__file__).resolve().parent.parent / "src")


def program(epochs: int, more: str = "") -> list[str]:
    return [sys.executable, "-c", PROGRAM.format(epochs=epochs, more=more)]


def environment(**named: str) -> dict[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")
    }
    return {**kept, "TERM": "xterm-256color", "COLUMNS": "150", "PYTHONPATH": SOURCE, **named}


def on_a_terminal(command: list[str], **named: str) -> str:
    """What the command writes to a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env=environment(**named)
    ) as running:
        os.close(follower)
        written = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # how Linux says that the other side has closed
                break
            if not part:
                break
            written += part
        assert running.wait() == 0, written.decode()
    os.close(leader)
    return written.decode()


def piped(command: list[str], **named: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment(**named)
    )


@pytest.mark.parametrize(("epochs", "lines"), [(1, 1), (3, 3), (10, 10), (95, 10), (300, 10)])
def test_a_few_plain_lines_where_there_is_no_terminal(epochs, lines):
    done = piped(program(epochs))
    written = done.stderr.splitlines()
    assert len(written) == lines
    form = r"epoch \d+/\d+  loss [0-9.e-]+  accuracy [0-9.]+  [0-9,]+ samples/s"
    assert all(re.fullmatch(form, line) for line in written), written
    assert written[-1].startswith(f"epoch {epochs}/{epochs}")
    numbers = [int(line.split()[1].split("/")[0]) for line in written]
    gaps = {b - a for a, b in zip([0, *numbers], numbers, strict=False)}
    assert max(gaps) - min(gaps) <= 1, "evenly spread"
    assert done.stdout.splitlines() == ["result: finished", "False"], "rich was not needed"


def test_an_early_end_is_told():
    text = ", callbacks=[lambda run: 'enough' if run.epoch == 2 else None]"
    assert piped(program(50, text)).stderr.splitlines()[-1] == "stopped: enough"


def test_quiet_writes_nothing():
    assert piped(program(3, ", quiet=True")).stderr == ""


def test_a_bar_on_a_terminal():
    written = on_a_terminal(program(300))
    assert "\x1b[?25l" in written and "\x1b[?25h" in written, "the cursor is hidden, and comes back"
    assert COLOUR.search(written)
    last = written[written.rindex("epoch 300/300") :]
    assert re.search(
        r"━{30}.* [0-9,]+ samples/s\s+.*loss [0-9.e-]+  accuracy [0-9.]+", last, re.DOTALL
    )
    assert "left" in written
    assert "result: finished" in written and written.rstrip().endswith("True")


def test_no_color_is_honoured():
    written = on_a_terminal(program(3), NO_COLOR="1")
    assert "epoch 3/3" in written and not COLOUR.search(written)


def test_a_dumb_terminal_gets_plain_lines():
    written = on_a_terminal(program(3), TERM="dumb")
    assert "\x1b" not in written and written.count("samples/s") == 3


def test_ctrl_c_ends_without_a_traceback():
    say = "lambda run: print('under way', flush=True) if run.epoch == 5 else None"
    command = program(10**9, f", callbacks={say}")
    with interruptible(command, text=True, env=environment()) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "under way\n"
        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=60)
    assert running.returncode == 0
    assert out.splitlines()[0] == "result: interrupted"
    assert "Traceback" not in error
    assert re.search(r"stopped: interrupted; the model has the weights of epoch [0-9,]+", error)
