"""Table models: their scores against peers, files that take raw rows, the default recipe."""

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from conftest import optional_peer
from holograd import files, nn
from holograd.data import as_table, hold_out
from holograd.errors import ArgumentError, DataError, ModelError
from holograd.tabular import TableModel, train_table
from holograd.tabular.recipe import validation_rows, weighted
from holograd.tabular.scores import evaluate_classes, evaluate_numbers, probabilities
from holograd.tabular.settings import settings_for

polars = optional_peer("polars")


def people(rows=300, seed=0):
    """Who buys: those over 40, and everyone from the north; the shoe size tells nothing."""
    random = np.random.default_rng(seed)
    age = random.uniform(20, 60, rows).round(1)
    region = random.choice(["north", "south", "west"], rows)
    shoe = random.integers(36, 47, rows).astype(float)
    buys = np.where((age > 40) | (region == "north"), "yes", "no")
    return polars.DataFrame({"age": age, "region": region, "shoe": shoe, "buys": buys})


def line(rows=300, seed=0):
    """A price: 1000 and 50 a square metre, with noise of 20."""
    random = np.random.default_rng(seed)
    size = random.uniform(20, 120, rows)
    price = 1000 + 50 * size + random.normal(0, 20, rows)
    return polars.DataFrame({"size": size, "price": price})


def trained(frame: Any = None, target: str | int = "buys", **options: Any) -> Any:
    return train_table(people() if frame is None else frame, target, quiet=True, **options)


@pytest.fixture(scope="module")
def buyers():
    """A model of who buys, and what came of its training; tests must not change it."""
    return trained(test_share=0.2, seed=3)


class TestScores:
    def test_classes_by_hand(self):
        """Ten rows: of six a's five are right, of four b's one is."""
        targets = np.array([0] * 6 + [1] * 4)
        answers = np.array([0] * 5 + [1] + [0] * 3 + [1])
        logits = np.where(np.arange(2) == answers[:, None], np.log(3.0), 0.0)
        found = evaluate_classes(logits, targets, ("a", "b"))
        assert found.confusion is not None and found.confusion.tolist() == [[5, 1], [3, 1]]
        expected = {
            "accuracy": 6 / 10,
            "balanced_accuracy": (5 / 6 + 1 / 4) / 2,
            "macro_f1": (2 * 5 / 14 + 2 * 1 / 6) / 2,
            "log_loss": -(6 * np.log(3 / 4) + 4 * np.log(1 / 4)) / 10,
            # Of 24 pairs of a b and an a, 5 · 1 are in order, 5 · 3 + 1 · 1 are equal.
            "auc": (5 + 16 / 2) / 24,
        }
        assert found.scores == pytest.approx(expected)

    def test_numbers_by_hand(self):
        found = evaluate_numbers(np.array([1.0, 2, 5]), np.array([1.0, 2, 3]))
        expected = {"r2": 1 - 4 / 2, "mae": 2 / 3, "rmse": (4 / 3) ** 0.5}
        assert found.scores == pytest.approx(expected)

    def test_one_class_alone_has_no_area(self):
        found = evaluate_classes(np.array([[1.0, 0], [0, 1]]), np.array([0, 0]), ("a", "b"))
        assert "auc" not in found.scores and found.scores["balanced_accuracy"] == 0.5

    def test_sure_answers_stay_finite(self):
        found = evaluate_classes(np.array([[1e4, 0], [1e4, 0]]), np.array([0, 1]), ("a", "b"))
        assert found.scores["log_loss"] == 5000

    @pytest.mark.peer
    @pytest.mark.parametrize("classes", [2, 5])
    def test_as_scikit_learn(self, classes):
        metrics = optional_peer("sklearn.metrics")
        random = np.random.default_rng(classes)
        targets = random.integers(0, classes, 400)
        # In eighths, so that many scores are exactly equal.
        logits = (8 * (random.normal(size=(400, classes)) + np.eye(classes)[targets])).round() / 8
        found = evaluate_classes(logits, targets, tuple("abcde"[:classes])).scores
        shares, answers = probabilities(logits), logits.argmax(1)
        assert found["balanced_accuracy"] == pytest.approx(
            metrics.balanced_accuracy_score(targets, answers)
        )
        assert found["macro_f1"] == pytest.approx(
            metrics.f1_score(targets, answers, average="macro")
        )
        assert found["log_loss"] == pytest.approx(metrics.log_loss(targets, shares))
        score = shares[:, 1] if classes == 2 else shares
        area = metrics.roc_auc_score(targets, score, multi_class="ovr")
        assert found["auc"] == pytest.approx(area)


class TestTraining:
    def test_classes(self, buyers):
        scores = buyers.scores["test"]
        assert buyers.model.task == "classification" and buyers.model.classes == ("no", "yes")
        assert scores["accuracy"] > 0.9 and scores["auc"] > 0.97
        assert buyers.settings["rows"] == 240 and buyers.settings["test_rows"] == 60

    def test_the_outcome_as_json(self, buyers):
        told = json.loads(json.dumps(buyers.to_dict(), allow_nan=False))
        assert told["test"] == buyers.scores["test"] and told["target"] == "buys"

    def test_a_number(self):
        outcome = trained(line(), "price", test_share=0.2)
        assert outcome.model.task == "regression"
        # Noise of 20 is left; a network of 240 rows does not get all of the line.
        assert outcome.scores["test"]["rmse"] < 60 and outcome.scores["test"]["r2"] > 0.99
        predicted = outcome.model.predict(polars.DataFrame({"size": [50.0, 100.0]}))
        np.testing.assert_allclose(predicted, [3500, 6000], atol=100)

    def test_without_rows_to_test_on(self):
        outcome = trained(epochs=2)
        assert outcome.scores["test"] is None and outcome.settings["rows"] == 300
        assert outcome.seeds[0]["accuracy"] == outcome.scores["train"]["accuracy"]

    def test_a_table_of_its_own_to_test_on(self):
        tests = people(50, seed=9)
        outcome = trained(test=tests, epochs=5)
        assert outcome.scores["test"] == outcome.model.evaluate(tests).scores

    def test_the_encoding_is_of_the_training_part_alone(self):
        frame = line(100)
        outcome = trained(frame, "price", test_last=50, epochs=1)
        column = outcome.model.encoder.columns[0]
        assert column.mean == pytest.approx(frame["size"][:50].mean())

    def test_same_seed_same_bits(self):
        first, again, other = (trained(epochs=3, seed=seed) for seed in (1, 1, 2))
        rows = people(20, seed=5)
        assert (first.model.probabilities(rows) == again.model.probabilities(rows)).all()
        assert (first.model.probabilities(rows) != other.model.probabilities(rows)).any()

    def test_several_seeds(self):
        outcome = trained(test_share=0.2, epochs=3, seed=4, seeds=3)
        assert [one["seed"] for one in outcome.seeds] == [4, 5, 6]
        losses = [one["log_loss"] for one in outcome.seeds]
        assert len(set(losses)) == 3
        assert outcome.mean["log_loss"] == pytest.approx(np.mean(losses))
        assert outcome.spread["log_loss"] == pytest.approx(np.std(losses, ddof=1))
        assert outcome.scores["test"]["log_loss"] == losses[0]

    def test_watched_epoch_by_epoch(self):
        plain, watched = (trained(test_share=0.2, epochs=4, watch=watch) for watch in (0, 1))
        assert len(watched.test_scores) == 4 and plain.test_scores == []
        assert watched.test_scores[-1] == watched.scores["test"] == plain.scores["test"]

    def test_stops_early_with_the_best_weights(self):
        """Labels that are noise: the more is learned by heart, the worse for the rest."""
        random = np.random.default_rng(0)
        frame = polars.DataFrame({f"x{i}": random.normal(size=1200) for i in range(10)})
        frame = frame.with_columns(y=random.choice(["a", "b"], 1200))
        outcome = trained(frame, "y", epochs=60)
        history = outcome.history
        assert history.stopped.startswith("early") and len(history.epochs) < 60
        assert history.restored == history.best_epoch
        assert outcome.settings["validation_rows"] == 120

    def test_balance_finds_the_rare_class(self):
        random = np.random.default_rng(0)
        rare = random.uniform(size=800) < 0.05
        frame = polars.DataFrame({"x": random.normal(size=800) + 1.5 * rare, "rare": rare})
        plain, balanced = (
            trained(frame, "rare", test_share=0.5, balance=balance, epochs=20)
            for balance in (False, True)
        )
        recall = [outcome.scores["test"]["balanced_accuracy"] for outcome in (plain, balanced)]
        assert recall[0] < 0.6 < recall[1]

    def test_balance_weighs_each_class_alike(self):
        targets = np.array([0, 0, 0, 1])
        loss = weighted(targets, 2)
        logits = np.array([[1.0, 0], [2, 0], [0, 1], [3, 0]])
        each = -np.log(probabilities(logits)[range(4), targets])
        expected = (each[:3].mean() + each[3]) / 2
        assert float(loss(logits.astype(np.float32), targets)) == pytest.approx(expected)


class TestSettings:
    def test_what_is_chosen_is_done(self):
        outcome = trained(
            hidden=(7, 5), activation="tanh", dropout=0.3, optimizer="sgd", lr=0.05, epochs=2,
            batch_size=50, weight_decay=0.0,
        )  # fmt: skip
        kinds = [type(layer) for layer in outcome.model.network]
        assert kinds == [nn.Linear, nn.Tanh, nn.Dropout] * 2 + [nn.Linear]
        assert outcome.history.settings["optimizer"] == "SGD"
        assert outcome.history.settings["batch_size"] == 50
        assert max(outcome.history["learning_rate"]) <= 0.05

    def test_a_linear_model(self):
        assert [type(one) for one in trained(hidden=(), epochs=1).model.network] == [nn.Linear]

    def test_another_optimizer_brings_its_rate(self):
        assert settings_for(1000, 2, optimizer="sgd").lr == 0.1

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"hidden": (64, 0)}, "hidden=(64, 0)"),
            ({"hidden": "many"}, "hidden='many'"),
            ({"epochs": 0}, "epochs=0"),
            ({"batch_size": -1}, "batch_size=-1"),
            ({"optimizer": "sdg"}, "optimizer='sdg'"),
            ({"activation": "rely"}, "activation='rely'"),
            ({"dropout": 1.5}, "1.5"),
            ({"lr": -1.0}, "-1"),
            ({"seeds": 0}, "seeds=0"),
            ({"test_last": 5, "test_share": 0.5}, "more than one"),
        ],
    )
    def test_numbers_out_of_their_range(self, options, words):
        with pytest.raises(ArgumentError, match=".*") as caught:
            trained(**options)
        assert words in str(caught.value)

    @pytest.mark.parametrize(
        ("rows", "classes", "hidden", "batch_size", "epochs"),
        [
            (1, 2, (64,), 16, 40),
            (999, 2, (64,), 16, 40),
            (1000, 2, (128, 128), 16, 40),
            (32_561, 2, (128, 128), 256, 12),
            (16_000, 26, (256, 256), 128, 40),
            (40_000, 0, (128, 128), 512, 20),
            (1_000_000, 2, (128, 128), 1024, 10),
        ],
    )
    def test_by_the_size_of_the_table(self, rows, classes, hidden, batch_size, epochs):
        chosen = settings_for(rows, classes)
        assert (chosen.hidden, chosen.batch_size, chosen.epochs) == (hidden, batch_size, epochs)
        assert (chosen.validation > 0) == (rows >= 1000)

    def test_nothing_to_balance(self):
        with pytest.raises(ArgumentError, match="'price' is a number"):
            trained(line(), "price", balance=True)

    def test_validation_keeps_each_class(self):
        targets = np.array([0] * 900 + [1] * 99 + [2])
        kept = validation_rows(targets, 3, 0.1, seed=0)
        assert np.bincount(targets[kept], minlength=3).tolist() == [90, 10, 0]
        assert (kept == validation_rows(targets, 3, 0.1, seed=0)).all()
        assert not validation_rows(targets, 3, 0.0, seed=0).any()


class TestModelFiles:
    def test_a_new_process_predicts_raw_rows(self, buyers, tmp_path):
        """An unseen category, a missing value, columns in another order, no target."""
        path, rows = tmp_path / "model.safetensors", tmp_path / "rows.csv"
        buyers.model.save(path, note="for the shop")
        rows.write_text("shoe,region,age\n40,east,55\n,north,\n41,south,25\n")
        code = (
            "import sys, json; from holograd.tabular import TableModel;"
            "model = TableModel.load(sys.argv[1]);"
            "print(json.dumps([model.predict(sys.argv[2]).tolist(), model.metadata]))"
        )
        answer = subprocess.run(
            [sys.executable, "-c", code, str(path), str(rows)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        predicted, metadata = json.loads(answer.stdout)
        assert predicted == ["yes", "yes", "no"] and metadata == {"note": "for the shop"}

    def test_the_same_bits_as_before_saving(self, buyers, tmp_path):
        buyers.model.save(tmp_path / "model")
        rows = people(30, seed=7)
        again = TableModel.load(tmp_path / "model")
        assert (again.probabilities(rows) == buyers.model.probabilities(rows)).all()
        assert again.evaluate(rows).to_dict() == buyers.model.evaluate(rows).to_dict()
        assert again.columns == buyers.columns and repr(again) == repr(buyers.model)

    def test_numbers_come_back_in_their_unit(self, tmp_path):
        outcome = trained(line(), "price", epochs=5)
        outcome.model.save(tmp_path / "model")
        rows = line(10, seed=1)
        again = TableModel.load(tmp_path / "model")
        assert (again.predict(rows) == outcome.model.predict(rows)).all()

    def test_missing_and_extra_columns_are_named(self, buyers):
        rows = people(5)
        with pytest.raises(DataError, match="no column.* 'age'"):
            buyers.model.predict(rows.drop("age"))
        with pytest.raises(DataError, match="'hat'"):
            buyers.model.predict(rows.with_columns(hat=polars.lit(1.0)))

    def test_a_model_of_another_kind(self, tmp_path):
        path = tmp_path / "xor.safetensors"
        files.save(nn.Sequential(nn.Linear(2, 1)), path, recipe="xor")
        with pytest.raises(ModelError, match=r"xor\.safetensors holds a model of another kind"):
            TableModel.load(path)

    def test_a_network_that_does_not_fit_its_table(self, buyers, tmp_path):
        path = tmp_path / "mixed.safetensors"
        files.save(nn.Sequential(nn.Linear(2, 1)), path, table=buyers.model.encoder.to_dict())
        with pytest.raises(ModelError, match="does not fit the table"):
            TableModel.load(path)

    @pytest.mark.parametrize("table", [None, [], {}, {"schema": 99}])
    def test_a_damaged_description(self, table, tmp_path):
        path = tmp_path / "damaged.safetensors"
        files.save(nn.Sequential(nn.Linear(2, 1)), path, table=table)
        with pytest.raises(ModelError, match=r"damaged\.safetensors"):
            TableModel.load(path)

    def test_the_name_of_the_columns_is_taken(self, buyers, tmp_path):
        with pytest.raises(ArgumentError, match="'table'"):
            buyers.model.save(tmp_path / "model", table=1)
        assert not (tmp_path / "model").exists()


class TestRawRows:
    def test_rows_without_a_label_are_left_out_of_scores(self, buyers):
        rows = people(20, seed=2)
        some = rows.with_columns(buys=polars.Series([None] * 5 + rows["buys"].to_list()[5:]))
        assert buyers.model.evaluate(some).rows == 15
        with pytest.raises(DataError, match="no row whose 'buys'"):
            buyers.model.evaluate(rows.with_columns(buys=polars.lit(None, polars.String)))

    def test_a_header_that_looks_like_data(self, tmp_path):
        """Columns called 2001 and 2002: the model knows that the first row holds names."""
        frame = people().rename({"age": "2001", "shoe": "2002", "region": "2003", "buys": "2004"})
        model = trained(frame, "2004", epochs=3).model
        path = tmp_path / "years.csv"
        frame.write_csv(path)
        assert (model.predict(path) == model.predict(frame)).all()

    @pytest.mark.parametrize("content", ["40,50\n", "40,50\n41,51\n"])
    def test_names_are_known_and_not_there(self, buyers, content, tmp_path):
        path = tmp_path / "bare.csv"
        path.write_text(content)
        with pytest.raises(DataError, match="no names of columns: .*'age', 'region', 'shoe'"):
            buyers.model.predict(path)

    def test_names_are_there_and_not_known(self, tmp_path):
        model = trained(line().to_numpy(), 1, epochs=1).model
        path = tmp_path / "named.csv"
        path.write_text("size\n50\n")
        with pytest.raises(DataError, match='columns named .size.*header="no"'):
            model.predict(path)

    def test_without_names_and_without_the_target_in_front(self, tmp_path):
        """The target was the first column; codes of numbers stay categories."""
        frame = people().select("buys", "age", "region")
        code = frame["region"].replace({"north": "7", "south": "8", "west": "x"})
        frame = frame.with_columns(region=code)
        path, rows = tmp_path / "all.csv", tmp_path / "rows.csv"
        frame.write_csv(path, include_header=False)
        model = trained(path, 0, epochs=20).model
        frame.drop("buys").filter(code != "x").write_csv(rows, include_header=False)
        known = tmp_path / "known.csv"
        frame.filter(code != "x").write_csv(known, include_header=False)
        assert (model.predict(rows) == model.predict(known)).all()

    def test_numbers_have_no_probabilities(self):
        model = trained(line(), "price", epochs=1).model
        with pytest.raises(ArgumentError, match="'price'"):
            model.probabilities(line(5))

    def test_probabilities_add_up(self, buyers):
        shares = buyers.model.probabilities(people(40, seed=1))
        np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-12)
        answers = np.array(buyers.model.classes)[shares.argmax(1)]
        assert (answers == buyers.model.predict(people(40, seed=1))).all()


class TestImportance:
    def test_finds_what_tells(self, buyers):
        found = {one.column: one for one in buyers.model.importance(people(200, seed=8))}
        assert list(found)[-1] == "shoe" and abs(found["shoe"].mean) < 0.05
        assert min(found["age"].mean, found["region"].mean) > 0.15
        assert found["age"].measure == "accuracy" and found["age"].std > 0

    def test_seeded(self, buyers):
        rows = people(100, seed=8)
        first, again, other = (buyers.model.importance(rows, seed=seed) for seed in (1, 1, 2))
        assert first == again != other

    def test_of_a_number(self):
        model = trained(line(), "price", epochs=30).model
        (size,) = model.importance(line(100, seed=1))
        # Shuffled answers are as far off as any other's: R² falls from near 1 to near −1.
        assert size.measure == "r2" and 1.5 < size.mean < 2.5

    def test_no_repeats(self, buyers):
        with pytest.raises(ArgumentError, match="repeats=0"):
            buyers.model.importance(people(10), repeats=0)


class TestRealTables:
    def test_iris(self, real_data):
        outcome = trained(real_data("small/iris.csv"), -1, test_share=0.2)
        assert outcome.scores["test"]["accuracy"] >= 0.93
        assert [one.column for one in outcome.model.importance(real_data("small/iris.csv"))][
            :2
        ] in (["column_2", "column_3"], ["column_3", "column_2"])

    def test_banknote(self, real_data):
        path = real_data("small/banknote_authentication.csv")
        assert trained(path, -1, test_share=0.2).scores["test"]["accuracy"] >= 0.99

    @pytest.mark.slow
    def test_adult(self, real_data):
        outcome = trained(
            real_data("adult/adult-train.csv.gz"), -1, test=real_data("adult/adult-test.csv.gz"),
            label_strip=".",
        )  # fmt: skip
        assert outcome.settings["test_rows"] == 16_281
        assert outcome.scores["test"]["accuracy"] >= 0.853

    @pytest.mark.slow
    def test_california(self, real_data):
        path = real_data("california-housing/cal_housing.csv.gz")
        assert trained(path, -1, test_share=0.2).scores["test"]["r2"] >= 0.78

    @pytest.mark.slow
    def test_letters(self, real_data):
        path = real_data("letter-recognition/letter-recognition.csv")
        assert trained(path, 0, test_last=4000).scores["test"]["accuracy"] >= 0.965

    @pytest.mark.slow
    def test_spambase(self, real_data):
        path = real_data("spambase/spambase.csv")
        assert trained(path, -1, test_share=0.2).scores["test"]["accuracy"] >= 0.935

    def test_the_held_out_rows_are_those_of_hold_out(self, real_data):
        """So that a benchmark can give another library the same split."""
        path = real_data("small/iris.csv")
        outcome = trained(path, -1, test_share=0.2, seed=6, epochs=2)
        _, tests = hold_out(as_table(path), test_share=0.2, seed=6, target=-1)
        assert outcome.model.evaluate(tests).scores == outcome.scores["test"]


@pytest.mark.slow
def test_a_million_rows_of_20_columns_in_little_memory(tmp_path):
    """Under 1.5 GB, with the interpreter and the libraries."""
    path = tmp_path / "million.csv"
    random = np.random.default_rng(0)
    numbers = random.normal(size=(1_000_000, 19)).round(4)
    frame = polars.DataFrame({f"x{place}": numbers[:, place] for place in range(19)})
    frame.with_columns(y=polars.col("x0") + polars.col("x1") > 0).write_csv(path)
    code = (
        "import sys; from benchmarks.memory import peak_gigabytes;"
        "from holograd.tabular import train_table;"
        "outcome = train_table(sys.argv[1], 'y', test_share=0.1, epochs=1, quiet=True);"
        "print(outcome.scores['test']['accuracy']);"
        "print(peak_gigabytes())"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    accuracy, peak = map(float, answer.stdout.split())
    assert accuracy > 0.97 and peak < 1.5
