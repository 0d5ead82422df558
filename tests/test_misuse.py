"""Misuse gives one clear message: what happened, why, and what to write instead."""

import gzip
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import holograd as hg
from holograd import nn
from holograd.errors import HologradError

F = nn.functional


def small_network() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))


def spent_graph() -> None:
    w = hg.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    loss.backward()
    loss.backward()


def use_of_a_part_that_was_spent() -> None:
    w = hg.tensor([1.0, 2.0], requires_grad=True)
    hidden = w * w
    hidden.sum().backward()
    (hidden * 2).sum().backward()


def write_into_an_element() -> None:
    hg.zeros(3)[0] = 1.0


def update_outside_of_no_grad() -> None:
    w = hg.ones(2, requires_grad=True)
    w -= 0.1 * w


def diverging_training() -> None:
    hg.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))
    x = np.linspace(-3, 3, 16, dtype=np.float32)[:, None]
    optimizer = hg.optim.SGD(model.parameters(), lr=1e6)
    hg.fit(model, (x, 3 * x), loss="mse", optimizer=optimizer, epochs=50, quiet=True)


def state_of_another_network() -> None:
    small_network().load_state_dict(nn.Sequential(nn.Linear(4, 2)).state_dict())


# A short name, what is done, and what the message must say.
IN_THE_LIBRARY: list[tuple[str, Callable[[], object], str]] = [
    ("broadcast", lambda: hg.ones(2, 3) + hg.ones(2), r"add cannot combine.*\(2, 3\) and \(2,\)"),
    ("matmul", lambda: hg.ones(2, 3) @ hg.ones(2, 3), r"matmul.*\(2, 3\) and \(2, 3\).*T"),
    ("reshape", lambda: hg.ones(6).reshape(4, 2), r"6 numbers do not fill 8 places"),
    ("dimension", lambda: hg.ones(2, 3).sum(dim=2), r"dim=2.*-2 to 1"),
    ("index", lambda: hg.ones(3)[5], r"index 5.*extent 3"),
    ("mask shape", lambda: hg.ones(3)[hg.ones(2) > 0], r"mask of shape \(2,\)"),
    ("text as data", lambda: hg.tensor(["a", "b"]), r"tensor cannot hold"),
    ("ragged lists", lambda: hg.tensor([[1, 2], [3]]), r"not an array of numbers"),
    ("negative size", lambda: hg.zeros(-1), r"extent is negative"),
    ("negative layer", lambda: nn.Linear(-3, 2), r"Linear.*in_features.*-3"),
    ("features", lambda: small_network()(hg.ones(5, 4)), r"Linear\(3 → 2\) at 0 takes \(N, 3\)"),
    ("condition", lambda: hg.where(hg.ones(2), 1.0, 0.0), r"truth values.*x > 0"),
    ("float index", lambda: hg.ones(3).gather(0, hg.ones(1)), r"integers as indices.*long"),
    ("loss shapes", lambda: F.mse_loss(hg.ones(4, 1), hg.ones(4)), r"\(4, 1\).*\(4,\).*squeeze"),
    ("class label", lambda: F.cross_entropy(hg.ones(2, 3), hg.tensor([0, 3])), r"label 3"),
    ("float labels", lambda: F.cross_entropy(hg.ones(2, 3), hg.ones(2)), r"long\(\)"),
    ("backward of a vector", lambda: hg.ones(2, requires_grad=True).exp().backward(), r"sum\(\)"),
    ("backward of a constant", lambda: hg.ones(2).sum().backward(), r"requires_grad=True"),
    ("spent graph", spent_graph, r"retain_graph=True"),
    ("spent part", use_of_a_part_that_was_spent, r"retain_graph=True"),
    ("write into an element", write_into_an_element, r"hg\.where"),
    ("update outside of no_grad", update_outside_of_no_grad, r"with hg\.no_grad\(\)"),
    ("numpy in the graph", lambda: hg.ones(2, requires_grad=True).numpy(), r"detach\(\)\.numpy"),
    ("truth of a vector", lambda: bool(hg.ones(2)), r"any\(\) or x\.all\(\)"),
    ("item of a vector", lambda: hg.ones(2).item(), r"tolist"),
    ("gradient of integers", lambda: hg.arange(3).requires_grad_(), r"float\(\)"),
    ("unknown gate", lambda: hg.data.gate("xorr"), r"xorr.*xor"),
    ("no parameters", lambda: hg.optim.SGD([], lr=0.1), r"parameters"),
    ("negative rate", lambda: hg.optim.SGD(small_network().parameters(), lr=-1.0), r"lr"),
    ("probability", lambda: nn.Dropout(1.5), r"Dropout.*1\.5"),
    ("batch size", lambda: hg.data.DataLoader(hg.data.TensorDataset(hg.ones(3)), 0), r"batch_size"),
    ("lengths", lambda: hg.data.TensorDataset(hg.ones(3), hg.ones(2)), r"3.*2"),
    ("kernel", lambda: F.conv2d(hg.ones(1, 1, 3, 3), hg.ones(1, 1, 5, 5)), r"larger than"),
    ("other state", state_of_another_network, r"0\.weight.*\(2, 3\) in the model.*\(2, 4\)"),
    ("divergence", diverging_training, r"step \d+.*learning rate"),
    ("einsum", lambda: hg.einsum("ij,jk->ik", hg.ones(2, 3)), r"names 2 operands"),
]


@pytest.mark.parametrize(
    ("misuse", "message"),
    [case[1:] for case in IN_THE_LIBRARY],
    ids=[case[0] for case in IN_THE_LIBRARY],
)
def test_misuse_of_the_library(misuse: Callable[[], object], message: str):
    with pytest.raises(HologradError) as caught:
        misuse()
    text = str(caught.value)
    assert re.search(message, text, re.DOTALL), text
    assert len(text) < 700


def holograd(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command, run as a user runs it."""
    command = [sys.executable, "-m", "holograd", *words]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, timeout=60, check=False
    )


def one_message(result: subprocess.CompletedProcess[str], code: int, message: str) -> None:
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr + result.stdout
    assert re.search(message, " ".join(result.stderr.split())), result.stderr


ON_THE_COMMAND_LINE = [
    (["train", "xorr"], 2, r"xorr.*xor"),
    (["train"], 2, r"RECIPE"),
    (["trian", "xor"], 2, r"trian"),
    (["train", "xor", "--epohcs", "3"], 2, r"--epohcs"),
    (["train", "xor", "--epochs", "-3"], 2, r"epochs"),
    (["train", "xor", "--epochs", "many"], 2, r"--epochs"),
    (["train", "xor", "--hidden", "4,-2"], 2, r"hidden"),
    (["train", "xor", "--hidden", "four"], 2, r"hidden"),
    (["train", "xor", "--activation", "sigmoit"], 2, r"sigmoid"),
    (["train", "xor", "--optimizer", "adan"], 2, r"adam"),
    (["train", "xor", "--loss", "msee"], 2, r"mse"),
    (["train", "xor", "--lr", "-1"], 2, r"lr"),
    (["train", "xor", "--batch-size", "0"], 2, r"batch"),
    (["train", "xor", "--dropout", "1.5"], 2, r"dropout"),
    (["train", "sine", "--lr", "1e30", "--optimizer", "sgd"], 1, r"learning rate|lr"),
    (["train", "xor", "--save", "missing/folder/model.safetensors"], 1, r"missing"),
    (["train", "mnist", "--data", "nowhere"], 1, r"train-images-idx3-ubyte"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "message"),
    ON_THE_COMMAND_LINE,
    ids=[" ".join(case[0]) for case in ON_THE_COMMAND_LINE],
)
def test_misuse_of_the_command(words: list[str], code: int, message: str, tmp_path: Path):
    one_message(holograd(*words, folder=tmp_path), code, message)
    assert not list(tmp_path.iterdir())


def images(count: int, promised: int) -> bytes:
    return gzip.compress(struct.pack(">IIII", 2051, promised, 28, 28) + bytes(count * 784))


def labels(count: int) -> bytes:
    return gzip.compress(struct.pack(">II", 2049, count) + bytes(count))


@pytest.mark.parametrize(
    ("train_images", "message"),
    [
        (images(3, promised=4), r"train-images-idx3-ubyte.gz.*bytes"),
        (images(4, promised=4)[:40], r"train-images-idx3-ubyte.gz"),
        (b"not a gzip file", r"train-images-idx3-ubyte.gz"),
        (images(3, promised=3), r"3.*4"),
    ],
    ids=["short", "cut", "not gzip", "counts differ"],
)
def test_damaged_idx_files(train_images: bytes, message: str, tmp_path: Path):
    files = {
        "train-images-idx3-ubyte.gz": train_images,
        "train-labels-idx1-ubyte.gz": labels(4),
        "t10k-images-idx3-ubyte.gz": images(4, promised=4),
        "t10k-labels-idx1-ubyte.gz": labels(4),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    one_message(holograd("train", "mnist", "--data", ".", folder=tmp_path), 1, message)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_a_model_that_cannot_be_written_leaves_the_old_one(tmp_path: Path):
    path = tmp_path / "model.safetensors"
    hg.save(small_network(), path)
    before = path.read_bytes()
    model = small_network()
    model.surprise = hg.nn.Parameter(hg.ones(2))

    class Unwritable:
        """Not plain JSON."""

    with pytest.raises(HologradError, match="JSON"):
        hg.save(model, path, note=Unwritable())
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_cut_model_file_leaves_the_model_as_it_was(tmp_path: Path):
    path = tmp_path / "model.safetensors"
    hg.save(small_network(), path)
    path.write_bytes(path.read_bytes()[:-4])
    model = small_network()
    before = {name: tensor.tolist() for name, tensor in model.state_dict().items()}
    with pytest.raises(HologradError, match="model.safetensors"):
        hg.load(path, model)
    assert {name: tensor.tolist() for name, tensor in model.state_dict().items()} == before
