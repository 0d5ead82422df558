"""How good the default recipe for tables is, beside scikit-learn's MLPClassifier and MLPRegressor.

    python -m benchmarks.tables

Each run trains in a process of its own, so that its peak of memory is its own. Both get the same
rows: `hold_out` draws them. holograd reads the raw file. The peer gets what is usual before it:
numbers standardised (StandardScaler), texts one-hot, missing numbers as the mean, a regression's
target standardised; all else is its default. Small tables are split and trained with five seeds.
The real data lies in the folder that HOLOGRAD_DATA names.
"""

import multiprocessing
import os
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.harness import save_record
from benchmarks.memory import peak_gigabytes

SMALL_SEEDS = 5
MILLION = 1_000_000
MOST_GIGABYTES = 1.5


@dataclass(frozen=True)
class Case:
    """A table, which of its rows are tested on, and what is to be reached there.

    `target_score` is None where the peer's mean score is what is to be reached.
    """

    name: str
    path: str
    target: int
    test: str | None = None
    test_last: int | None = None
    test_share: float | None = None
    label_strip: str = ""
    task: str = "classification"
    target_score: float | None = None
    seeds: int = 1

    @property
    def measure(self) -> str:
        """The score that counts."""
        return "r2" if self.task == "regression" else "accuracy"


CASES = [
    Case("adult", "adult/adult-train.csv.gz", -1, test="adult/adult-test.csv.gz",
         label_strip=".", target_score=0.853),
    Case("california-housing", "california-housing/cal_housing.csv.gz", -1, test_share=0.2,
         task="regression", target_score=0.78),
    Case("letter-recognition", "letter-recognition/letter-recognition.csv", 0, test_last=4000,
         target_score=0.965),
    Case("spambase", "spambase/spambase.csv", -1, test_share=0.2, target_score=0.935),
    Case("iris", "small/iris.csv", -1, test_share=0.2, seeds=SMALL_SEEDS),
    Case("wine", "small/wine.csv", -1, test_share=0.2, seeds=SMALL_SEEDS),
    Case("banknote", "small/banknote_authentication.csv", -1, test_share=0.2, seeds=SMALL_SEEDS),
    Case("breast-cancer", "small/breast-cancer-wisconsin.csv", -1, test_share=0.2,
         seeds=SMALL_SEEDS),
]  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """What one library reached on one table.

    `scores` has one for each seed; `seconds` is the time of one run from the file to the score,
    without imports, the mean over the seeds; `gigabytes` is the process's peak, with imports.
    """

    scores: list[float]
    seconds: float
    gigabytes: float

    @property
    def mean(self) -> float:
        """The mean score."""
        return float(np.mean(self.scores))


@dataclass
class Report:
    """The table of results, and the cases whose target was not reached.

    A row's "scikit_learn" is None where it is not installed, and for the million rows, which only
    have a target of memory.
    """

    rows: list[dict[str, Any]]
    missed: list[str]


def with_holograd(case: Case, folder: Path, seed: int) -> float:
    """The default recipe's score on the test rows."""
    from holograd.tabular import train_table

    outcome = train_table(
        folder / case.path, case.target, test=folder / case.test if case.test else None,
        test_last=case.test_last, test_share=case.test_share, task=case.task,
        label_strip=case.label_strip, seed=seed, quiet=True,
    )  # fmt: skip
    scores = outcome.scores["test"]
    assert scores is not None
    return scores[case.measure]


def with_scikit_learn(case: Case, folder: Path, seed: int) -> float:
    """The peer's score with its defaults on the same test rows."""
    # Not in holograd's environment, but in that of `make bench`.
    from sklearn.neural_network import (  # pyright: ignore[reportMissingImports]
        MLPClassifier,
        MLPRegressor,
    )

    train, test, labels, test_labels = plain_rows(case, folder, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 200 epochs, its default, do not always converge
        if case.task == "regression":
            mean, spread = labels.mean(), labels.std()
            model = MLPRegressor(random_state=seed).fit(train, (labels - mean) / spread)
            return float(model.score(test, (test_labels - mean) / spread))
        return float(MLPClassifier(random_state=seed).fit(train, labels).score(test, test_labels))


def plain_rows(
    case: Case, folder: Path, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features of the training and of the test rows, and their labels, as a peer takes them."""
    from sklearn.preprocessing import StandardScaler  # pyright: ignore[reportMissingImports]

    from holograd.data import hold_out, read_table
    from holograd.data.target import labels

    train = read_table(folder / case.path)
    if case.test:
        test = read_table(folder / case.test)
    else:
        train, test = hold_out(
            train, test_last=case.test_last, test_share=case.test_share, seed=seed,
            target=case.target, task=case.task,
        )  # fmt: skip
    target = train.column_name(case.target)
    parts: list[list[np.ndarray]] = [[], []]
    for name in train.names:
        if name == target:
            continue
        if train.is_number(name):
            mean = np.nanmean(train.numbers(name))
            for part, table in zip(parts, (train, test), strict=True):
                numbers = table.numbers(name)
                part.append(np.where(np.isnan(numbers), mean, numbers)[:, None])
        else:
            known = np.array(sorted(set(train.texts(name).fill_null("missing"))))
            for part, table in zip(parts, (train, test), strict=True):
                cells = np.array(table.texts(name).fill_null("missing").to_list())
                part.append((cells[:, None] == known).astype(np.float64))
    inputs, test_inputs = (np.concatenate(part, axis=1) for part in parts)
    scaler = StandardScaler().fit(inputs)
    if case.task == "regression":
        found = [table.numbers(target) for table in (train, test)]
    else:
        found = [np.array(labels(table, target, case.label_strip)) for table in (train, test)]
    return scaler.transform(inputs), scaler.transform(test_inputs), found[0], found[1]


def measure(run: Callable[..., float], case: Case, folder: Path) -> Measured | None:
    """All seeds of a case in a new process; None where the library is not installed."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measure, (run, case, folder))


def _measure(run: Callable[..., float], case: Case, folder: Path) -> Measured | None:
    scores, seconds = [], []
    try:
        import holograd.tabular  # noqa: F401 (so that imports are not timed)

        if run is with_scikit_learn:
            import sklearn.neural_network  # noqa: F401 # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError as error:
        if error.name != "sklearn":
            raise
        return None
    for seed in range(case.seeds):
        start = perf_counter()
        scores.append(run(case, folder, seed))
        seconds.append(perf_counter() - start)
    return Measured(scores, float(np.mean(seconds)), peak_gigabytes())


def write_million(path: Path) -> None:
    """A CSV of a million rows: 17 numbers, two categories, and a class that depends on four."""
    import polars

    random = np.random.default_rng(0)
    numbers = random.normal(size=(MILLION, 17)).round(4)
    colour = random.integers(0, 3, MILLION)
    noise = 0.5 * random.normal(size=MILLION)
    answer = numbers[:, 0] + numbers[:, 1] * numbers[:, 2] + (colour == 0) + noise > 0
    frame = polars.DataFrame({f"x{place}": numbers[:, place] for place in range(17)})
    frame = frame.with_columns(
        polars.Series("colour", np.array(["red", "green", "blue"])[colour]),
        polars.Series("letter", np.array(list("abcdefgh"))[random.integers(0, 8, MILLION)]),
        polars.Series("answer", np.where(answer, "yes", "no")),
    )
    frame.write_csv(path)


def line_of(row: dict[str, Any]) -> str:
    """A case's results to read."""
    cells = [f"{row['case']:20}{row['measure']:10}"]
    for name in ("holograd", "scikit_learn"):
        own = row[name]
        if own is None:
            cells.append(f"{'-':>30}")
        else:
            cells.append(f"{own['mean']:9.4f} {own['seconds']:8.1f} s {own['gigabytes']:6.2f} GB ")
    goal = row["to_reach"]
    cells.append("" if goal is None else f"  at least {goal:.4f}: {row['verdict']}")
    return " ".join(cells)


def main() -> Report | None:
    """Prints and saves the table; None where there is no real data."""
    folder = Path(os.environ.get("HOLOGRAD_DATA", ""))
    if "HOLOGRAD_DATA" not in os.environ or not folder.is_dir():
        print("tables: set HOLOGRAD_DATA to the folder of the real data")
        return None
    print(f"{'tables':20} {'':9} {'holograd':>29} {'scikit-learn':>30}")
    rows: list[dict[str, Any]] = []
    for case in CASES:
        own, peer = measure(with_holograd, case, folder), measure(with_scikit_learn, case, folder)
        goal = case.target_score
        if goal is None and peer is not None:
            goal = peer.mean
        rows.append(_row(case, own, peer, goal))
        print(line_of(rows[-1]), flush=True)
    with tempfile.TemporaryDirectory() as place:
        write_million(Path(place) / "million.csv")
        case = Case("a million rows", "million.csv", -1, test_share=0.1)
        rows.append(_row(case, measure(with_holograd, case, Path(place)), None, None))
    print(line_of(rows[-1]), flush=True)
    missed = [row["case"] for row in rows if row["verdict"] == "missed"]
    if rows[-1]["holograd"]["gigabytes"] > MOST_GIGABYTES:
        missed.append("memory for a million rows")
    print(f"missed: {', '.join(missed)}" if missed else "all targets are met")
    save_record("tables", {"rows": rows, "missed": missed})
    return Report(rows, missed)


def _row(
    case: Case, own: Measured | None, peer: Measured | None, goal: float | None
) -> dict[str, Any]:
    assert own is not None
    verdict = None if goal is None else ("met" if own.mean >= goal else "missed")
    described = {
        name: None if one is None else {"mean": one.mean, **asdict(one)}
        for name, one in (("holograd", own), ("scikit_learn", peer))
    }
    return {
        "case": case.name, "measure": case.measure, **described,
        "to_reach": goal, "verdict": verdict,
    }  # fmt: skip


if __name__ == "__main__":
    main()
