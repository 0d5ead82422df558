"""Philox4x32-10 against Random123's published vectors, its definition, and statistics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holograd.errors import ArgumentError, ShapeError
from holograd.ops.philox import BLOCK, philox4x32, random_words

WORD = st.integers(0, 2**32 - 1)

# Random123, examples/kat_vectors, the lines "philox4x32 10": counter, key, expected.
KNOWN_ANSWERS = [
    (
        "00000000 00000000 00000000 00000000",
        "00000000 00000000",
        "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    ),
    (
        "ffffffff ffffffff ffffffff ffffffff",
        "ffffffff ffffffff",
        "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ),
    (
        "243f6a88 85a308d3 13198a2e 03707344",
        "a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


def words(text):
    return np.array([int(word, 16) for word in text.split()], np.uint32)


def philox_in_plain_python(counter, key):
    """The paper's definition, one counter at a time, in Python's unbounded integers."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        first, second = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (
            (second >> 32) ^ c1 ^ k0,
            second & 0xFFFFFFFF,
            (first >> 32) ^ c3 ^ k1,
            first & 0xFFFFFFFF,
        )
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return [c0, c1, c2, c3]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_random123_known_answers(counter, key, expected):
    np.testing.assert_array_equal(philox4x32(words(counter), words(key)), words(expected))


def test_many_counters_at_once_equal_one_at_a_time():
    counters = np.stack([words(counter) for counter, _, _ in KNOWN_ANSWERS]).reshape(1, 3, 4)
    key = words(KNOWN_ANSWERS[2][1])
    together = philox4x32(counters, key)
    assert together.shape == (1, 3, 4) and together.dtype == np.uint32
    for row in range(3):
        np.testing.assert_array_equal(together[0, row], philox4x32(counters[0, row], key))


@given(st.lists(WORD, min_size=4, max_size=4), st.lists(WORD, min_size=2, max_size=2))
def test_equals_the_definition(counter, key):
    result = philox4x32(np.array(counter, np.uint32), np.array(key, np.uint32))
    assert result.tolist() == philox_in_plain_python(counter, key)


@given(st.integers(-(2**64), 2**65), st.integers(-(2**64), 2**65), st.integers(0, 4 * BLOCK + 9))
def test_word_i_of_a_stream_is_the_documented_counter(seed, stream, i):
    counter = [i // 4, 0, stream % 2**32, stream % 2**64 >> 32]
    expected = philox_in_plain_python(counter, [seed % 2**32, seed % 2**64 >> 32])[i % 4]
    assert random_words(seed, stream, i + 1)[i] == expected


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 4 * BLOCK - 1, 4 * BLOCK, 4 * BLOCK + 1])
def test_a_longer_call_begins_with_a_shorter_one(count):
    longer = random_words(7, 1, 4 * BLOCK + 100)
    shorter = random_words(7, 1, count)
    assert shorter.shape == (count,) and shorter.dtype == np.uint32
    np.testing.assert_array_equal(shorter, longer[:count])


def test_seeds_and_streams_are_taken_modulo_two_to_the_64():
    np.testing.assert_array_equal(random_words(-1, -2, 9), random_words(2**64 - 1, 2**64 - 2, 9))
    assert (random_words(1, 0, 9) != random_words(2**32, 0, 9)).any()
    assert (random_words(0, 1, 9) != random_words(0, 2**32, 9)).any()


def test_words_are_uniform_in_every_bit_and_streams_are_unrelated():
    count = 2**18
    first, second = random_words(0, 0, count), random_words(0, 1, count)
    bits = (first[:, None] >> np.arange(32, dtype=np.uint32)) & 1
    # The share of ones has standard error 0.5 / sqrt(count); five of them for 32 bits.
    assert np.abs(bits.mean(0) - 0.5).max() < 5 * 0.5 / count**0.5
    chi_square = ((np.bincount(first >> 24, minlength=256) - count / 256) ** 2).sum() * 256 / count
    assert abs(chi_square - 255) < 5 * (2 * 255) ** 0.5
    for other in (second, np.roll(first, 1)):
        assert abs(np.corrcoef(first, other)[0, 1]) < 5 / count**0.5


def test_misuse_says_what_to_write_instead():
    with pytest.raises(ShapeError, match=r"shape \(3,\).*shape \(\.\.\., 4\)"):
        philox4x32(np.zeros(3, np.uint32), np.zeros(2, np.uint32))
    with pytest.raises(ArgumentError, match="count=-1"):
        random_words(0, 0, -1)
