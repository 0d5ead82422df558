"""Data to learn from: gates, shapes, digits, MNIST, own tables; data sets, batches and splits."""

from holograd.data.dataset import DataLoader, TensorDataset
from holograd.data.digits import digits
from holograd.data.encoding import Encoder
from holograd.data.gates import GATES, gate
from holograd.data.holdout import hold_out
from holograd.data.idx import read_idx
from holograd.data.mnist import fashion_mnist, mnist
from holograd.data.shapes import blobs, circles, moons, sine, spirals
from holograd.data.split import split
from holograd.data.table import Table, as_table, read_table

__all__ = [
    "GATES",
    "DataLoader",
    "Encoder",
    "Table",
    "TensorDataset",
    "as_table",
    "blobs",
    "circles",
    "digits",
    "fashion_mnist",
    "gate",
    "hold_out",
    "mnist",
    "moons",
    "read_idx",
    "read_table",
    "sine",
    "spirals",
    "split",
]
