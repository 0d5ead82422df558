"""The harness measures what it says: with a clock that only the contenders turn."""

import json
from pathlib import Path

import pytest

from benchmarks.harness import Contender, Report, Run, compare


class Clock:
    """A clock that stands still until a contender works."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def contender(
        self, name: str, module: str, seconds: list[float], loss: float = 0.25
    ) -> Contender:
        """Works with the given seconds a step: one for the first, the last for the steady state."""

        def build() -> Run:
            waiting = list(seconds)

            def run(steps: int) -> float:
                for _ in range(steps):
                    self.seconds += waiting.pop(0) if len(waiting) > 1 else waiting[0]
                return loss

            return run

        return Contender(name, module, build)


def race(
    contenders: list[Contender], clock: Clock, folder: Path, target_ratio: float = 1.5
) -> Report:
    return compare(
        "race",
        "one tick",
        contenders,
        subject="ours",
        baseline="theirs",
        target_ratio=target_ratio,
        steps=10,
        warm_up=4,
        rounds=5,
        results=folder,
        clock=clock,
    )


@pytest.mark.parametrize(("target_ratio", "missed"), [(1.5, True), (2.5, False)])
def test_steady_state_apart_from_first_step_and_warm_up(tmp_path, capsys, target_ratio, missed):
    clock = Clock()
    ours = clock.contender("ours", "json", [0.5, 0.1, 0.1, 0.1, 0.1, 0.002])
    theirs = clock.contender("theirs", "math", [0.001])
    report = race([ours, theirs], clock, tmp_path, target_ratio)
    first = report.timings[0]
    assert first.first_step_us == pytest.approx(500_000)
    assert first.warm_up_seconds == pytest.approx(0.4)
    assert first.quartiles_us == pytest.approx([2000, 2000, 2000])
    assert report.ratios == {"ours": pytest.approx(2)}
    assert report.missed is missed
    saved = json.loads((tmp_path / "race.json").read_text(encoding="utf-8"))
    assert saved["ratios"]["ours"] == pytest.approx(2)
    assert saved["machine"]["processor"]
    assert ("missed" if missed else "met") in capsys.readouterr().out


def test_ratio_is_of_neighbours_so_drift_cancels(tmp_path):
    # The machine gets ten times slower on the way; both contenders feel it, and the ratio does not.
    clock = Clock()
    slowing = [0.001 * 10 ** (step / 55) for step in range(56)]
    ours = clock.contender("ours", "json", [2 * second for second in slowing])
    report = race([ours, clock.contender("theirs", "math", slowing)], clock, tmp_path)
    assert report.ratios["ours"] == pytest.approx(2)


def test_absent_peer_is_reported_and_no_target_judged(tmp_path, capsys):
    def build() -> Run:
        raise ModuleNotFoundError("No module named 'theirs'", name="theirs")

    clock = Clock()
    ours = clock.contender("ours", "json", [0.001])
    report = race([ours, Contender("theirs", "theirs", build)], clock, tmp_path)
    assert report.absent == ["theirs"]
    assert report.ratios == {}
    assert not report.missed
    assert "absent" in capsys.readouterr().out


def test_other_module_missing_is_an_error_not_an_absence(tmp_path):
    def build() -> Run:
        raise ModuleNotFoundError("No module named 'helper'", name="helper")

    with pytest.raises(ModuleNotFoundError, match="helper"):
        race([Contender("theirs", "theirs", build)], Clock(), tmp_path)


def test_other_final_loss_is_other_work(tmp_path):
    clock = Clock()
    ours = clock.contender("ours", "json", [0.001])
    theirs = clock.contender("theirs", "math", [0.001], loss=0.2)
    with pytest.raises(ValueError, match="theirs ends with the loss 0.2, ours with 0.25"):
        race([ours, theirs], clock, tmp_path)
