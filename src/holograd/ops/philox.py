"""Random bits by counting: Philox4x32-10, whose word number i is a pure function of i.

A counter-based generator has no hidden state: the four words that belong to a counter and a key
come from ten rounds of multiplying, exchanging and XOR-ing, and any of them can be asked for at any
time, on any machine, in any order. So random numbers can be a node of a graph, and NumPy, native
code and a resumed run agree on every bit.

Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as
1, 2, 3", Proceedings of SC11, 2011, section 4.3.
"""

from __future__ import annotations

import numpy as np

from holograd.errors import ArgumentError, ShapeError

ROUNDS = 10
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)

# A round multiplies counter words 2 and 0 (in this order, see `_rounds`) by these constants.
MULTIPLIERS = np.array([[0xCD9E8D57], [0xD2511F53]], np.uint64)

# Between rounds the two key words grow by the golden ratio and by sqrt(3) - 1, as 32-bit fractions.
KEY_STEPS = np.array([[0x9E3779B9], [0xBB67AE85]], np.uint64)
KEY_OFFSETS = np.arange(ROUNDS, dtype=np.uint64)[:, None, None] * KEY_STEPS

# Counters are worked off in blocks whose arrays stay in a core's second-level cache.
BLOCK = 8192


def philox4x32(counter: np.ndarray, key: np.ndarray) -> np.ndarray:
    """The four random words that belong to each counter, under one key.

    Args:
        counter: (..., 4) uint32, any numbers, usually consecutive ones.
        key: (2,) uint32; another key gives an unrelated sequence.

    Returns:
        (..., 4) uint32, each word uniform over 0 .. 2³² − 1.

    Raises:
        ShapeError: when the last extent of `counter` is not 4, or `key` is not (2,).

    Example:
        >>> words = philox4x32(np.zeros(4, np.uint32), np.zeros(2, np.uint32))
        >>> [f"{word:08x}" for word in words]
        ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    counter, key = np.asarray(counter, np.uint32), np.asarray(key, np.uint32)
    if counter.shape[-1:] != (4,) or key.shape != (2,):
        raise ShapeError(
            f"philox4x32 got a counter of shape {counter.shape} and a key of shape {key.shape}",
            why="a counter is four words and a key is two",
            instead="Give a counter of shape (..., 4) and a key of shape (2,).",
        )
    columns = counter.reshape(-1, 4).T.astype(np.uint64)
    words = np.empty((columns.shape[1], 4), np.uint32)
    round_keys = _round_keys(int(key[0]), int(key[1]))
    for start in range(0, len(words), BLOCK):
        block = columns[:, start : start + BLOCK]
        _rounds(block[0::2], block[1::2], round_keys, words[start : start + BLOCK])
    return words.reshape(counter.shape)


def random_words(seed: int, stream: int, count: int) -> np.ndarray:
    """The first `count` words of one of 2⁶⁴ streams of a seed.

    Word i is `philox4x32(counter, key)[i % 4]` for the counter (low 32 bits of i // 4, high 32 bits
    of i // 4, low of stream, high of stream) and the key (low of seed, high of seed), so that
    streams never overlap, and a longer call begins with the words of a shorter one.

    Args:
        seed: any integer, taken modulo 2⁶⁴.
        stream: any integer, taken modulo 2⁶⁴.
        count: how many words, at least 0.

    Returns:
        (count,) uint32, each word uniform over 0 .. 2³² − 1.

    Raises:
        ArgumentError: when `count` is negative.

    Example:
        >>> random_words(seed=0, stream=0, count=2)
        array([1713891541, 3781805453], dtype=uint32)
    """
    if count < 0:
        raise ArgumentError(
            f"random_words got count={count}",
            why="a number of words is 0 or more",
            instead="Write count=0 for none.",
        )
    blocks = -(-count // 4)
    words = np.empty((blocks, 4), np.uint32)
    round_keys = _round_keys(seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF)
    stream_low, stream_high = stream & 0xFFFFFFFF, stream >> 32 & 0xFFFFFFFF
    for start in range(0, blocks, BLOCK):
        stop = min(start + BLOCK, blocks)
        even = np.empty((2, stop - start), np.uint64)
        odd = np.empty_like(even)
        number = np.arange(start, stop, dtype=np.uint64)
        np.bitwise_and(number, LOW, out=even[0])
        np.right_shift(number, HALF, out=odd[0])
        even[1], odd[1] = stream_low, stream_high
        _rounds(even, odd, round_keys, words[start:stop])
    return words.reshape(-1)[:count]


def _round_keys(low: int, high: int) -> np.ndarray:
    """(10, 2, 1) uint64 below 2³²: the key of each round."""
    key = np.array([[low], [high]], np.uint64)
    return (KEY_OFFSETS + key) & LOW


def _rounds(even: np.ndarray, odd: np.ndarray, round_keys: np.ndarray, words: np.ndarray) -> None:
    """Fill `words` (n, 4) from the even and the odd counter words, each (2, n) uint64 below 2³².

    One round maps (c0, c1, c2, c3) to (high(M1·c2) ^ c1 ^ k0, low(M1·c2), high(M0·c0) ^ c3 ^ k1,
    low(M0·c0)). With even = (c0, c2) and odd = (c1, c3) both halves are the same five operations.
    """
    product = np.empty_like(even)
    even, odd = even.copy(), odd.copy()
    for key in round_keys:
        np.multiply(even[::-1], MULTIPLIERS, out=product)
        np.right_shift(product, HALF, out=even)
        np.bitwise_xor(even, odd, out=even)
        np.bitwise_xor(even, key, out=even)
        np.bitwise_and(product, LOW, out=odd)
    words[:, 0::2] = even.T
    words[:, 1::2] = odd.T
