"""The shipped digits are those of the UCI files, to the last pixel."""

import numpy as np
import pytest

from holograd.data import digits
from holograd.data.digits import FILE
from scripts.make_digits import make_digits


def test_digits_are_ready_for_a_network():
    for dataset, rows in zip(digits(), (3823, 1797), strict=True):
        inputs, labels = dataset.tensors
        assert inputs.shape == (rows, 64) and inputs.dtype == np.float32
        assert labels.shape == (rows,) and labels.dtype == np.int64
        assert inputs.numpy().min() == 0 and inputs.numpy().max() == 1
        assert set(labels.numpy().tolist()) == set(range(10))
        assert dataset.classes == tuple("0123456789")


def test_sums_are_the_published_ones():
    train, test = digits()
    assert test.tensors[0].numpy().sum(dtype=np.float64) * 16 == 561718
    # The class counts in UCI's optdigits.names.
    counts = [np.bincount(dataset.tensors[1].numpy()).tolist() for dataset in (train, test)]
    assert counts[0] == [376, 389, 380, 389, 387, 376, 377, 387, 380, 382]
    assert counts[1] == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_shipped_file_is_small_and_carries_its_licence():
    assert FILE.stat().st_size < 300_000
    notice = FILE.with_name("optdigits.NOTICE.txt").read_text(encoding="utf-8")
    for words in ("Alpaydin", "Kaynak", "1998", "CC BY 4.0", "10.24432/C50P49"):
        assert words in notice


@pytest.mark.parametrize(("part", "name"), [("train", "tra"), ("test", "tes")])
def test_the_shipped_file_holds_the_csv_files_numbers(real_data, part, name):
    path = real_data(f"optdigits/optdigits-{name}.csv")
    lines = path.read_text(encoding="ascii").split()
    with np.load(FILE, allow_pickle=False) as file:
        assert [",".join(map(str, row)) for row in file[part].tolist()] == lines


def test_the_script_makes_the_shipped_file(real_data, tmp_path):
    folder = real_data("optdigits")
    made = tmp_path / "made.npz"
    make_digits(folder / "optdigits-tra.csv", folder / "optdigits-tes.csv", made)
    with np.load(FILE, allow_pickle=False) as shipped, np.load(made, allow_pickle=False) as anew:
        assert sorted(shipped) == sorted(anew) == ["test", "train"]
        for part in shipped:
            np.testing.assert_array_equal(shipped[part], anew[part])
