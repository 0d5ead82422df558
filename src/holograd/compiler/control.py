"""What Python and a native training loop tell each other: words of eight bytes at fixed places."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Word(IntEnum):
    """The places of the words; those that end in _AT are addresses, LOSS words are float64."""

    STEPS = 0  # to do at most
    DONE = 1  # done
    STATUS = (
        2  # why it stopped before: 0 it did not, 1 a loss that is not finite, 2 a strange index
    )
    POSITION = 3  # rows of the present epoch that are done
    EPOCHS = 4  # epochs finished in this call
    ROWS = 5  # of an epoch
    SIZE = 6  # rows of a batch
    SHUFFLED = 7  # whether each epoch begins with a new order
    SEED = 8  # of the orders
    STREAM = 9  # of the next order
    ADDS_UP = 10  # whether a loss is the sum over its rows, not their mean
    RUNTIME_STRIDE = 11  # bytes from one step's run-time numbers to the next one's; 0 for the same
    INPUTS_AT = 12
    TARGETS_AT = 13
    ORDER_AT = 14
    SCRATCH_AT = 15
    LOSSES_AT = 16  # a float64 an epoch
    RUNTIMES_AT = 17
    OUTPUTS_AT = 18  # where the outputs of an epoch's rows are gathered; 0 for nowhere
    BEST_AT = 19  # where the states of the best epoch are kept; 0 for nowhere
    BEFORE_AT = 20  # where the states before a step are kept, for epochs of one step
    BEST_EPOCH = 21  # the number of the best epoch in this call, from 1; 0 for none
    TOTAL_LOSS = 22  # of the present epoch's rows
    LAST_LOSS = 23
    BEST_LOSS = 24
    ORDER_ROWS = 25  # that an order names; more than ROWS where an epoch leaves some out


RUNTIME_BYTES = 16  # room for one run-time number, or a seed with its stream
FINE, NOT_FINITE, STRANGE_INDEX = 0, 1, 2


class Control:
    """The words, as Python reads and writes them."""

    def __init__(self) -> None:
        self.words = np.zeros(len(Word), np.int64)
        self.floats = self.words.view(np.float64)
        self.address = self.words.ctypes.data

    def __getitem__(self, word: Word) -> int:
        return int(self.words[word])

    def __setitem__(self, word: Word, value: int) -> None:
        self.words[word] = value
