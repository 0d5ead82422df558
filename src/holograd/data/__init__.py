"""Data to learn from: gates, toy shapes, digits, MNIST; data sets, batches and splits."""

from holograd.data.dataset import DataLoader, TensorDataset
from holograd.data.digits import digits
from holograd.data.gates import GATES, gate
from holograd.data.idx import read_idx
from holograd.data.mnist import fashion_mnist, mnist
from holograd.data.shapes import blobs, circles, moons, sine, spirals
from holograd.data.split import split

__all__ = [
    "GATES",
    "DataLoader",
    "TensorDataset",
    "blobs",
    "circles",
    "digits",
    "fashion_mnist",
    "gate",
    "mnist",
    "moons",
    "read_idx",
    "sine",
    "spirals",
    "split",
]
