"""Data sets, loaders and splits."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from holograd.creation import tensor
from holograd.data import DataLoader, TensorDataset, split
from holograd.errors import ArgumentError, DataError, DtypeError, ShapeError
from holograd.ops.philox import random_words
from holograd.ops.random import Generator, default_generator
from holograd.tensor import Tensor


def numbered(rows, classes=2):
    """A data set whose row i holds i, and whose class is i modulo the number of classes."""
    return TensorDataset(np.arange(rows, dtype=np.float32)[:, None], np.arange(rows) % classes)


def row_numbers(dataset):
    return dataset.tensors[0].numpy()[:, 0].astype(int).tolist()


def epoch(loader):
    return [inputs.numpy()[:, 0].astype(int).tolist() for inputs, _ in loader]


class TestTensorDataset:
    def test_one_row(self):
        inputs, target = numbered(5)[3]
        assert isinstance(inputs, Tensor) and inputs.shape == (1,) and target.shape == ()
        assert inputs.numpy().tolist() == [3.0] and target.numpy().tolist() == 1

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            (slice(1, 4), [1, 2, 3]),
            (slice(None, None, 2), [0, 2, 4]),
            ([4, 0, 4], [4, 0, 4]),
            (np.array([-1, 2]), [4, 2]),
            (tensor([3, 1]), [3, 1]),
        ],
    )
    def test_many_rows(self, rows, expected):
        inputs, targets = numbered(5)[rows]
        assert inputs.numpy()[:, 0].tolist() == expected
        assert targets.numpy().tolist() == [row % 2 for row in expected]
        assert inputs.dtype == np.float32 and targets.dtype == np.int64

    def test_a_for_loop_ends(self):
        assert [float(inputs.numpy()[0]) for inputs, _ in numbered(3)] == [0, 1, 2]

    def test_tensors_and_classes_are_kept(self):
        inputs, labels = tensor([[1.0], [2.0]]), tensor([0, 1])
        dataset = TensorDataset(inputs, labels, classes=["no", "yes"])
        assert dataset.tensors[0] is inputs and dataset.tensors[1] is labels
        assert dataset.classes == ("no", "yes") and TensorDataset(inputs).classes is None
        assert repr(dataset) == "TensorDataset(2 rows of (1,) float32, () int64)"

    def test_misuse(self):
        with pytest.raises(ArgumentError, match=r"Write TensorDataset\(inputs, targets\)"):
            TensorDataset()
        with pytest.raises(ShapeError, match=r"tensors of 3 and 4 rows.*\(3, 2\).*\[:3\]"):
            TensorDataset(np.zeros((3, 2)), np.zeros(4))
        with pytest.raises(DtypeError, match=r"a list as argument 1.*tensor\(targets\)"):
            TensorDataset(np.zeros(2), [0, 1])  # type: ignore
        with pytest.raises(ShapeError, match="a single number as argument 0"):
            TensorDataset(np.array(3.0))


class TestDataLoader:
    def test_in_order_by_default(self):
        loader = DataLoader(numbered(7), batch_size=3)
        assert epoch(loader) == epoch(loader) == [[0, 1, 2], [3, 4, 5], [6]]
        assert epoch(DataLoader(numbered(2))) == [[0], [1]]

    def test_drop_last(self):
        assert epoch(DataLoader(numbered(7), 3, drop_last=True)) == [[0, 1, 2], [3, 4, 5]]
        assert epoch(DataLoader(numbered(2), 3, drop_last=True)) == []

    @given(st.integers(1, 40), st.integers(1, 50), st.booleans(), st.booleans())
    def test_an_epoch_has_each_row_once(self, rows, batch_size, shuffle, drop_last):
        loader = DataLoader(numbered(rows), batch_size, shuffle, drop_last, Generator(0))
        batches = epoch(loader)
        assert len(batches) == len(loader)
        seen = sorted(chain(*batches))
        assert len(set(seen)) == len(seen) and set(seen) <= set(range(rows))
        assert len(seen) == (rows - rows % batch_size if drop_last else rows)

    def test_rows_keep_together(self):
        for inputs, targets in DataLoader(numbered(50, classes=7), 8, shuffle=True):
            np.testing.assert_array_equal(inputs.numpy()[:, 0] % 7, targets.numpy())

    def test_the_order_is_the_documented_one(self):
        seed, stream = Generator(5).next_stream()
        expected = np.argsort(random_words(seed, stream, 100), kind="stable").tolist()
        batches = epoch(DataLoader(numbered(100), 9, True, generator=Generator(5)))
        assert list(chain(*batches)) == expected

    def test_each_epoch_has_its_own_order_and_a_seed_repeats_them(self):
        loader = DataLoader(numbered(50), 7, shuffle=True, generator=Generator(1))
        first, second = epoch(loader), epoch(loader)
        assert first != second
        again = DataLoader(numbered(50), 7, shuffle=True, generator=Generator(1))
        assert [epoch(again), epoch(again)] == [first, second]
        default_generator.manual_seed(1)
        assert epoch(DataLoader(numbered(50), 7, shuffle=True)) == first

    def test_every_row_is_equally_likely_to_come_first(self):
        loader = DataLoader(numbered(5), 5, shuffle=True, generator=Generator(0))
        firsts = [epoch(loader)[0][0] for _ in range(2000)]
        # A count has standard error sqrt(2000 · 0.2 · 0.8) = 18.
        assert np.abs(np.bincount(firsts, minlength=5) - 400).max() < 5 * 18

    @pytest.mark.parametrize("batch_size", [0, -1, 2.5, "8", None])
    def test_a_batch_size_that_is_none(self, batch_size):
        with pytest.raises(ArgumentError, match=r"batch_size=.*Write batch_size=32"):
            DataLoader(numbered(3), batch_size)

    def test_an_empty_data_set(self):
        with pytest.raises(DataError, match="DataLoader got a data set without rows"):
            DataLoader(numbered(0))


class TestSplit:
    @given(
        st.lists(st.integers(4, 30), min_size=1, max_size=5),
        st.floats(0.3, 0.7),
        st.integers(0, 5),
    )
    def test_a_share_deals_each_row_once_and_keeps_proportions(self, counts, share, seed):
        labels = np.repeat(np.arange(len(counts)), counts)
        dataset = TensorDataset(np.arange(len(labels))[:, None], labels)
        first, second = split(dataset, share, seed)
        assert len(first) == round(len(labels) * share)
        assert sorted(row_numbers(first) + row_numbers(second)) == list(range(len(labels)))
        taken = np.bincount(first.tensors[1].numpy(), minlength=len(counts))
        assert np.abs(taken - np.array(counts) * len(first) / len(labels)).max() < 1

    @given(st.lists(st.integers(1, 20), min_size=1, max_size=4), st.integers(1, 3), st.booleans())
    def test_sizes_are_exact(self, sizes, classes, stratify):
        assume(min(sizes) >= 2 * classes)
        dataset = numbered(sum(sizes), classes)
        parts = split(dataset, sizes, stratify=stratify)
        assert [len(part) for part in parts] == sizes
        assert sorted(chain(*map(row_numbers, parts))) == list(range(sum(sizes)))

    def test_the_seed_decides(self):
        first, again, other = (split(numbered(60), 0.5, seed) for seed in (1, 1, 2))
        assert [row_numbers(part) for part in first] == [row_numbers(part) for part in again]
        assert set(row_numbers(first[0])) != set(row_numbers(other[0]))

    def test_parts_are_in_random_order_and_without_classes_unbalanced(self):
        labels = np.repeat([0, 1], 50)
        dataset = TensorDataset(np.arange(100)[:, None], labels, classes=["a", "b"])
        part = split(dataset, 0.5)[0]
        assert row_numbers(part) != sorted(row_numbers(part)) and part.classes == ("a", "b")
        ones = {int(split(dataset, 0.5, seed)[0].tensors[1].numpy().sum()) for seed in range(9)}
        plain = [split(dataset, 0.5, seed, stratify=False)[0] for seed in range(9)]
        assert ones == {25}
        assert len({int(each.tensors[1].numpy().sum()) for each in plain}) > 1

    def test_labels_may_be_a_column_or_have_gaps(self):
        labels = np.repeat([-5, 70], 10)[:, None]
        first, _ = split(TensorDataset(np.arange(20)[:, None], labels), (10, 10))
        assert sorted(first.tensors[1].numpy()[:, 0].tolist()) == [-5] * 5 + [70] * 5

    @pytest.mark.parametrize("share", [0, 1, 1.0, -0.2, 1.5, float("nan")])
    def test_a_share_outside_of_0_and_1(self, share):
        with pytest.raises(ArgumentError, match=r"split got share=.*Write 0.8"):
            split(numbered(10), share)

    def test_a_share_that_leaves_a_part_empty(self):
        with pytest.raises(ArgumentError, match="parts of 10 and 0 rows"):
            split(numbered(10), 0.99)

    @pytest.mark.parametrize("sizes", [(5, 6), (10, 0), (11, -1), ()])
    def test_sizes_that_do_not_fit(self, sizes):
        with pytest.raises(ArgumentError, match=r"add up to \d+.*add up to 10"):
            split(numbered(10), sizes)

    def test_a_pair_is_a_data_set(self):
        whole = numbered(20)
        for pair in (whole.tensors, [one.value for one in whole.tensors]):
            parts = split(pair, 0.5, seed=3)
            expected = split(whole, 0.5, seed=3)
            assert [row_numbers(part) for part in parts] == [row_numbers(one) for one in expected]
        with pytest.raises(ArgumentError, match=r"Write split\(\(inputs, targets\), 0.8\)"):
            split(np.zeros((4, 2)), 0.5)  # type: ignore

    @pytest.mark.parametrize(
        ("rows", "shares", "sizes"),
        [
            # What torch.utils.data.random_split gives for these: rounded down, the rest in turn.
            (100, [0.8, 0.2], [80, 20]),
            (10, (0.25, 0.25, 0.5), [3, 2, 5]),
            (11, [0.5, 0.3, 0.2], [6, 3, 2]),
            (10, [1 / 3, 1 / 3, 1 / 3], [4, 3, 3]),
        ],
    )
    def test_shares_add_up_to_1(self, rows, shares, sizes):
        parts = split(numbered(rows), shares, stratify=False)
        assert [len(part) for part in parts] == sizes
        assert sorted(chain(*map(row_numbers, parts))) == list(range(rows))

    @pytest.mark.parametrize(
        ("shares", "message"),
        [
            ([0.8, 0.3], "add up to 1.1"),
            ([1.2, -0.7, 0.5], "Write shares above 0"),
            ([0.99, 0.005, 0.005], "parts of 10 and 0 and 0 rows"),
            ([2.5, 7.5], "a whole number of rows"),
        ],
    )
    def test_shares_that_do_not_fit(self, shares, message):
        with pytest.raises(ArgumentError, match=message):
            split(numbered(10), shares)

    def test_a_class_with_too_few_rows(self):
        dataset = TensorDataset(np.zeros((21, 1)), np.array([0] * 10 + [4] * 10 + [7]))
        message = r"1 row\(s\) of class 7.*part 1, of 10 of 21 rows.*stratify=False"
        with pytest.raises(DataError, match=message):
            split(dataset, (11, 10))

    def test_targets_that_are_no_classes(self):
        dataset = TensorDataset(np.zeros((10, 2)), np.linspace(0, 1, 10))
        with pytest.raises(DataError, match=r"\(10,\) and type float64.*stratify=False"):
            split(dataset, 0.5)
        assert len(split(dataset, 0.5, stratify=False)[0]) == 5
        with pytest.raises(DataError, match=r"shape \(4, 2\)"):
            split(TensorDataset(np.zeros((4, 2), int)), 0.5)

    def test_an_empty_data_set(self):
        with pytest.raises(DataError, match="split got a data set without rows"):
            split(numbered(0), 0.5)
