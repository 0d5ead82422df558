"""IDX files: every type is read, and anything malformed is one clear DataError."""

import gzip
import os
import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holograd.data import fashion_mnist, mnist, read_idx
from holograd.errors import DataError

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
NAMES = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]

# `make test-full` tries 2,000 malformed files in each way.
any_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=2000 if settings().max_examples >= 300 else settings().max_examples,
)


def idx(array):
    """The bytes of an IDX file, as the format's description says."""
    code = CODES[array.dtype.str[1:]]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def images(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28), dtype=np.uint8)


def labels(count, seed=0):
    return np.random.default_rng(seed).integers(0, 10, count, dtype=np.uint8)


def write_set(folder, train=20, test=5, suffix=""):
    """The four files of a small data set; returns its four arrays."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = [images(train), labels(train), images(test, 1), labels(test, 1)]
    for name, array in zip(NAMES, arrays, strict=True):
        content = idx(array)
        content = gzip.compress(content) if suffix else content
        (folder / f"{name}{suffix}").write_bytes(content)
    return arrays


def histogram(inputs):
    """(256,) how often each of a pixel's 256 values occurs, a slice at a time to save memory."""
    slices = (np.rint(part * 255).astype(np.uint8).ravel() for part in np.array_split(inputs, 10))
    return sum(np.bincount(part, minlength=256) for part in slices)


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 0, 3), (1, 2, 3, 4)])
@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_every_type_comes_back(tmp_path, kind, shape, compress):
    values = (np.random.default_rng(0).normal(size=shape) * 50).clip(0, 255)
    array = values.astype(kind)
    path = tmp_path / "file"
    path.write_bytes(compress(idx(array)))
    result = read_idx(path)
    assert result.dtype == array.dtype and result.dtype.isnative
    np.testing.assert_array_equal(result, array)


def test_a_file_of_many_chunks_comes_back(tmp_path):
    array = np.random.default_rng(0).integers(0, 256, 3 * 2**20 + 5, dtype=np.uint8)
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(idx(array), 1))
    np.testing.assert_array_equal(read_idx(path, magic=2049), array)


GOOD = idx(images(2))
MALFORMED = {
    "empty": (b"", "cut short.*magic number of 4 bytes, and it holds 0"),
    "half a magic number": (GOOD[:3], "cut short.*4 bytes, and it holds 3"),
    "half a header": (GOOD[:10], r"cut short.*header of 3 dimension\(s\) takes 16.*holds 10"),
    "no pixels": (
        GOOD[:16],
        r"cut short.*2 × 28 × 28 numbers.*16 \+ 1568 = 1584 bytes, and it holds 16",
    ),
    "a byte less": (GOOD[:-1], "1584 bytes, and it holds 1583"),
    "a byte more": (GOOD + b"x", "goes on after its end.*1584 bytes, and it holds at least 1585"),
    "labels": (idx(labels(9)), r"2049 \(labels\).*2051 \(images\) was expected"),
    "text": (b"<html>not found</html>", "magic number 1013478509 .bytes 3c 68 74 6d.*2051"),
    "4 GiB promised": (
        struct.pack(">4I", 2051, 2**32 - 1, 28, 28) + bytes(784),
        "announces 4294967295 × 28 × 28 numbers.*at most 4294967296 are read",
    ),
    "3 GiB promised": (struct.pack(">4I", 2051, 2**22, 28, 28), "cut short"),
    "zero times infinity": (struct.pack(">4I", 2051, 0, 2**32 - 1, 2**32 - 1), "at most"),
    "gzip without an end": (gzip.compress(GOOD)[:-9], "cut short.*without an end"),
    "gzip of half a file": (gzip.compress(GOOD[:-1]), "1584 bytes, and it holds 1583"),
    "gzip of more": (gzip.compress(GOOD + b"x"), "goes on after its end"),
    "gzip with a wrong checksum": (
        gzip.compress(GOOD)[:-8] + bytes(4) + gzip.compress(GOOD)[-4:],
        "damaged.*CRC",
    ),
    "gzip and then rubbish": (gzip.compress(GOOD) + b"rubbish", "damaged"),
    "rubbish after gzip's mark": (b"\x1f\x8b" + bytes(range(100)), "damaged"),
    "gzip's mark alone": (b"\x1f\x8b", "cut short"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_files(tmp_path, name):
    content, message = MALFORMED[name]
    path = tmp_path / "some-images"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as error:
        read_idx(path, magic=2051)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\0\0\x0a\x01\0\0\0\0", "begins with the bytes 00 00 0a 01"),
        (b"\0\1\x08\x01\0\0\0\0", "begins with the bytes 00 01 08 01"),
        (b"\0\0\x08\x00", "begins with the bytes 00 00 08 00"),
        (b"\0\0\x08\xff" + bytes(1020), "begins with the bytes 00 00 08 ff"),
    ],
)
def test_headers_that_make_no_sense(tmp_path, content, message):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_idx(path)


def test_what_is_not_a_file(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        read_idx(tmp_path / "missing")
    with pytest.raises(DataError, match="it is not a file"):
        read_idx(tmp_path)
    with pytest.raises(DataError, match="it is not a file"):
        read_idx(os.devnull)


@any_folder
@given(content=st.binary(max_size=200), compress=st.booleans(), magic=st.sampled_from([None, 2051]))
def test_random_bytes_are_never_anything_but_a_data_error(tmp_path, content, compress, magic):
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content, 1) if compress else content)
    with pytest.raises(DataError):
        read_idx(path, magic=magic)


@any_folder
@given(
    code=st.sampled_from(sorted(CODES.values())),
    extents=st.lists(st.one_of(st.integers(0, 3), st.integers(0, 2**32 - 1)), max_size=70),
    content=st.binary(max_size=64),
)
def test_random_headers_give_an_array_of_their_shape_or_a_data_error(
    tmp_path, code, extents, content
):
    path = tmp_path / "file"
    header = bytes([0, 0, code, len(extents)]) + struct.pack(f">{len(extents)}I", *extents)
    path.write_bytes(header + content)
    try:
        result = read_idx(path)
    except DataError:
        return
    assert result.shape == tuple(extents) and result.nbytes == len(content)


@any_folder
@given(data=st.data(), compress=st.booleans())
def test_a_cut_file_is_a_data_error_at_every_length(tmp_path, data, compress):
    content = gzip.compress(GOOD) if compress else GOOD
    path = tmp_path / "file"
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(DataError):
        read_idx(path, magic=2051)


@any_folder
@given(place=st.integers(0, len(gzip.compress(GOOD)) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_in_a_gzip_file_is_seen_or_harmless(tmp_path, place, bit):
    content = bytearray(gzip.compress(GOOD))
    content[place] ^= 1 << bit
    path = tmp_path / "file"
    path.write_bytes(content)
    try:
        result = read_idx(path, magic=2051)
    except DataError:
        return
    np.testing.assert_array_equal(result, images(2))


PROMISE = """
import resource, sys
from holograd.data import read_idx
from holograd.errors import DataError
resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
try:
    read_idx(sys.argv[1])
except DataError:
    print("refused")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on memory is Linux's")
@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_header_that_promises_gigabytes_takes_no_memory(tmp_path, compress):
    path = tmp_path / "file"
    path.write_bytes(compress(struct.pack(">4I", 2051, 5 * 10**6, 28, 28) + bytes(10)))
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PROMISE, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert run.stdout == "refused\n", run.stderr


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_mnist_from_a_folder(tmp_path, suffix):
    arrays = write_set(tmp_path, suffix=suffix)
    for dataset, pixels, classes in zip(mnist(tmp_path), arrays[::2], arrays[1::2], strict=True):
        inputs, targets = dataset.tensors
        assert inputs.dtype == np.float32 and targets.dtype == np.int64
        np.testing.assert_array_equal(inputs.numpy()[:, 0], (pixels / 255).astype(np.float32))
        np.testing.assert_array_equal(targets.numpy(), classes)
        assert dataset.classes == tuple("0123456789")


@pytest.mark.parametrize("place", ["mnist", "."])
def test_mnist_from_the_environment(tmp_path, monkeypatch, place):
    write_set(tmp_path / place)
    monkeypatch.setenv("HOLOGRAD_DATA", str(tmp_path))
    train, test = mnist()
    assert (len(train), len(test)) == (20, 5)


def test_a_given_folder_may_hold_the_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.delenv("HOLOGRAD_DATA", raising=False)
    write_set(tmp_path / "mnist", train=7)
    assert len(mnist(tmp_path)[0]) == len(mnist(tmp_path / "mnist")[0]) == 7
    write_set(tmp_path, train=9)
    assert len(mnist(tmp_path)[0]) == 7


def test_mnist_in_two_places_is_taken_from_its_own_folder(tmp_path, monkeypatch):
    write_set(tmp_path / "mnist", train=7)
    write_set(tmp_path, train=9)
    monkeypatch.setenv("HOLOGRAD_DATA", str(tmp_path))
    assert len(mnist()[0]) == 7


def test_nothing_found_says_what_was_looked_for_and_where(tmp_path, monkeypatch):
    monkeypatch.delenv("HOLOGRAD_DATA", raising=False)
    with pytest.raises(DataError, match=r'HOLOGRAD_DATA is not set.*Write mnist\("path.*export'):
        mnist()
    monkeypatch.setenv("HOLOGRAD_DATA", str(tmp_path))
    with pytest.raises(DataError) as error:
        fashion_mnist()
    text = str(error.value)
    listed = ", ".join(NAMES)
    assert f"{tmp_path / 'fashion-mnist'} lacks {listed}" in text
    assert f"{tmp_path} lacks {listed}" in text
    assert 'fashion_mnist("path/to/folder")' in text


def test_one_file_missing_is_named(tmp_path):
    write_set(tmp_path)
    (tmp_path / NAMES[3]).unlink()
    with pytest.raises(DataError, match=f"{tmp_path.name} lacks {NAMES[3]}\\."):
        mnist(tmp_path)


def test_counts_that_differ(tmp_path):
    write_set(tmp_path)
    (tmp_path / NAMES[1]).write_bytes(idx(labels(19)))
    with pytest.raises(DataError, match=f"{NAMES[0]} holds 20 images and {NAMES[1]} 19 labels"):
        mnist(tmp_path)


def test_images_and_labels_exchanged(tmp_path):
    write_set(tmp_path)
    (tmp_path / NAMES[0]).write_bytes(idx(labels(20)))
    with pytest.raises(DataError, match=r"2049 \(labels\).*2051 \(images\) was expected"):
        mnist(tmp_path)


def test_images_of_another_size(tmp_path):
    write_set(tmp_path)
    (tmp_path / NAMES[2]).write_bytes(idx(images(5)[:, :20]))
    with pytest.raises(DataError, match=f"{NAMES[2]} holds images of 20 × 28 pixels.*28 × 28"):
        mnist(tmp_path)


def test_a_label_that_is_no_class(tmp_path):
    write_set(tmp_path)
    wrong = labels(20)
    wrong[13] = 10
    (tmp_path / NAMES[1]).write_bytes(idx(wrong))
    with pytest.raises(DataError, match=f"{NAMES[1]} holds the label 10 in row 13.*0 to 9"):
        mnist(tmp_path)


@pytest.mark.parametrize(
    ("read", "name", "sums", "mean", "spread"),
    [
        (mnist, "mnist", (1567298545, 264923200), 0.1307, 0.3081),
        (fashion_mnist, "fashion-mnist", (3431114169, 573469082), 0.2860, 0.3530),
    ],
)
def test_the_real_sets_have_their_published_sums(real_data, read, name, sums, mean, spread):
    train, test = read(real_data(name))
    for dataset, rows, total in zip((train, test), (60_000, 10_000), sums, strict=True):
        inputs = dataset.tensors[0].numpy()
        assert inputs.shape == (rows, 1, 28, 28)
        assert histogram(inputs) @ np.arange(256) == total
    share = histogram(train.tensors[0].numpy()) / (60_000 * 28 * 28)
    level = np.arange(256) / 255
    assert abs(share @ level - mean) < 5e-5
    assert abs((share @ (level - mean) ** 2) ** 0.5 - spread) < 5e-5
    counts = np.bincount(train.tensors[1].numpy()).tolist()
    digits = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert counts == (digits if name == "mnist" else [6000] * 10)


@pytest.mark.parametrize(("read", "other"), [(mnist, "fashion-mnist"), (fashion_mnist, "mnist")])
def test_one_set_is_not_taken_for_the_other(real_data, read, other):
    with pytest.raises(DataError, match=f"are those of {other}"):
        read(real_data(other))
