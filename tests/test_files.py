"""Models in files: what is saved comes back, and whatever happens to a file or to the writing of
it, the answer is one clear error, with the model and the older file as they were."""

import errno
import json
import os
import resource
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

import holograd as hg
from holograd import nn
from holograd.errors import ArgumentError, ModelError
from holograd.files import KEY, load, load_metadata, save


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1), nn.Sigmoid())


def values(model: nn.Module) -> dict[str, Any]:
    return {name: (one.dtype, one.tolist()) for name, one in model.state_dict().items()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


MODELS: dict[str, Callable[[], nn.Module]] = {
    "multilayer": network,
    "one layer": lambda: nn.Linear(3, 2, bias=False),
    "float64": lambda: network().double(),
    "convolutional": lambda: nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(4 * 4 * 4, 10),
    ),
    "nested": lambda: nn.Sequential(network(), nn.Sequential(nn.Linear(1, 2), nn.GELU("tanh"))),
    "list": lambda: nn.ModuleList([nn.Embedding(5, 2), nn.LayerNorm(3)]),
    "perceptron": lambda: nn.Perceptron(2, learning_rate=0.5),
}  # fmt: skip


# --- what is saved comes back ---


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())
def test_a_model_comes_back(make, path: Path):
    hg.manual_seed(1)
    model = make()
    save(model, path)
    hg.manual_seed(2)
    again = load(path)
    assert repr(again) == repr(model)
    assert values(again) == values(model)
    other = make()
    assert load(path, other) is other
    assert values(other) == values(model)


def test_statistics_come_back_too(path: Path):
    model = MODELS["convolutional"]()
    images = hg.randn(6, 1, 8, 8)
    model(images)
    save(model, path)
    again = load(path)
    assert again.training
    np.testing.assert_array_equal(again.eval()(images).value, model.eval()(images).value)
    assert not np.array_equal(again[1].running_mean.value, np.zeros(4))


def test_same_model_same_bytes(path: Path):
    model = network()
    save(model, path, classes=["no", "yes"], accuracy=0.5)
    first = path.read_bytes()
    for _ in range(5):
        save(model, path, classes=["no", "yes"], accuracy=0.5)
        assert path.read_bytes() == first


def test_metadata(path: Path):
    save(network(), path)
    assert load_metadata(path) == {}
    given_metadata = {
        "classes": ["고양이", "dog"],
        "model": "a name",
        "path": None,
        "run": {"lr": 0.1},
    }
    save(network(), path, **given_metadata)
    assert load_metadata(path) == given_metadata
    assert isinstance(load(path), nn.Sequential)


def test_loading_does_not_move_the_random_numbers(path: Path):
    save(network(), path)
    hg.manual_seed(0)
    expected = hg.rand(3).tolist()
    hg.manual_seed(0)
    load(path)
    assert hg.rand(3).tolist() == expected


def test_a_loaded_model_can_be_trained(path: Path):
    save(network(), path)
    model = load(path)
    model(hg.ones(4, 2)).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_a_state_comes_back_as_a_dict(path: Path):
    model = network()
    save(model.state_dict(), path, step=3)
    state = load(path)
    assert isinstance(state, dict) and load_metadata(path) == {"step": 3}
    other = network()
    other.load_state_dict(state)
    assert values(other) == values(model)
    assert values(load(path, network())) == values(model)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float32", "float64"])
def test_dicts_of_any_kind_and_shape(path: Path, dtype):
    generator = np.random.default_rng(0)
    state = {
        "matrix": generator.integers(0, 2, (3, 4)).astype(dtype),
        "number": np.array(1, dtype),
        "empty": np.zeros((0, 2), dtype),
        "turned": np.asfortranarray(generator.integers(0, 2, (3, 4)).astype(dtype)),
        "sparse": generator.integers(0, 2, (6, 4)).astype(dtype)[::2, ::-1],
    }
    save(state, path)
    again = load(path)
    for name, array in state.items():
        np.testing.assert_array_equal(again[name].value, array)
        assert again[name].dtype == array.dtype and again[name].shape == array.shape


def test_other_programs_read_and_write_the_weights(path: Path):
    model = network()
    save(model, path)
    for name, array in load_file(path).items():
        np.testing.assert_array_equal(array, model.state_dict()[name].value)
    save_file({name: one.value for name, one in model.state_dict().items()}, path)
    assert values(load(path, network())) == values(model)
    assert sorted(load(path)) == sorted(model.state_dict())
    assert load_metadata(path) == {}


class Own(nn.Module):
    def __init__(self):
        self.inner = nn.Linear(2, 2)

    def forward(self, x):
        return self.inner(x)


def test_classes_of_others_load_into_an_instance(path: Path):
    model = Own()
    save(model, path)
    assert values(load(path, Own())) == values(model)
    with pytest.raises(
        ModelError, match=r"weights of a Own.*Make a Own, and write load\(path, model\)"
    ):
        load(path)


# --- files that do not fit ---


def refused(path: Path, words: str, model: nn.Module | None = None) -> None:
    """Loading ends in a ModelError of these words, and the model stays as it was."""
    before = values(model) if model is not None else None
    with pytest.raises(ModelError, match=words) as caught:
        load(path, model)
    assert path.name in str(caught.value)
    assert model is None or values(model) == before


def test_another_architecture_names_the_parameter_and_both_shapes(path: Path):
    save(nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)), path)
    refused(path, r"0\.weight.*\(3, 2\).*\(4, 2\).*2\.weight.*\(1, 3\).*\(1, 4\)", network())
    refused(path, r"missing.*inner\.weight.*not in the model: 0\.bias", Own())


def test_a_missing_file_and_a_folder(tmp_path: Path):
    refused(tmp_path / "nothing", "no file", network())
    refused(tmp_path, "no file")


def test_cut_at_every_byte(path: Path):
    save(network(), path)
    whole = path.read_bytes()
    model = network()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        refused(path, "cut short", model)
        refused(path, "cut short")


def test_bytes_too_many(path: Path):
    save(network(), path)
    path.write_bytes(path.read_bytes() + b"\0")
    refused(path, "damaged", network())


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = tmp_path_factory.mktemp("damaged") / "model.safetensors"
    save(network(), path, classes=["no", "yes"])
    return path, path.read_bytes()


@given(
    flips=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4
    )
)
def test_bytes_changed_in_the_header(saved: tuple[Path, bytes], flips):
    path, whole = saved
    content = bytearray(whole)
    length = 8 + int.from_bytes(whole[:8], "little")
    for share, byte in flips:
        content[int(share * length)] = byte
    path.write_bytes(content)
    for model in (None, network()):
        before = values(model) if model is not None else None
        message = ""
        try:
            load(path, model)
            load_metadata(path)
        except ModelError as error:  # and no other
            message = str(error)
        if message:
            assert "model.safetensors" in message
            assert model is None or values(model) == before


@given(st.binary(max_size=200))
def test_any_bytes(saved: tuple[Path, bytes], content: bytes):
    saved[0].write_bytes(content)
    refused(saved[0], "cut short|damaged", network())


@pytest.mark.parametrize("length", [2**20, 2**40, 2**63, 2**64 - 1])
def test_a_header_that_lies_about_its_length(path: Path, length: int):
    save(network(), path)
    path.write_bytes(length.to_bytes(8, "little") + path.read_bytes()[8:])
    refused(path, "damaged", network())


def rewritten(path: Path, **changes: Any) -> None:
    """Saves a network with another description than its own."""
    description = {
        "format": 1, "version": "0.1.0", "model": "Linear", "metadata": {},
        "architecture": {"layer": "Linear", "arguments": {"in_features": 2, "out_features": 1}},
    }  # fmt: skip
    state = {name: one.value for name, one in nn.Linear(2, 1).state_dict().items()}
    save_file(state, path, {KEY: json.dumps({**description, **changes})})


def linear(**arguments: Any) -> dict[str, Any]:
    return {"layer": "Linear", "arguments": {"in_features": 2, "out_features": 1, **arguments}}


DESCRIPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "newer": ({"format": 2, "version": "9.9"}, r"holograd 9\.9 in format 2.*up to 1.*upgrade"),
    "no number": ({"format": "one"}, "damaged"),
    "no table": ({"metadata": 3}, "damaged"),
    "not a layer": ({"architecture": {"layer": "system", "arguments": {}}}, "no layer 'system'"),
    "a path to code": ({"architecture": {"layer": "os.system", "arguments": {}}}, "no layer"),
    "a base class": ({"architecture": {"layer": "Module", "arguments": {}}}, "no layer 'Module'"),
    "no arguments": ({"architecture": {"layer": "Linear"}}, "cannot be built"),
    "text": ({"architecture": "Linear"}, "cannot be built"),
    "an unknown argument": ({"architecture": linear(size=3)}, "cannot be built"),
    "a size below 1": ({"architecture": linear(in_features=-1)}, "in_features=-1"),
    "another size": ({"architecture": linear(in_features=3)}, r"weight.*\(1, 3\).*\(1, 2\)"),
    "a size beyond memory": ({"architecture": linear(in_features=2**60)}, "cannot be built"),
    "a size beyond integers": ({"architecture": linear(in_features=2**70)}, "cannot be built"),
    "no layer at all": ({"architecture": None}, r"load\(path, model\)"),
}


@pytest.mark.parametrize(("changes", "words"), DESCRIPTIONS.values(), ids=DESCRIPTIONS.keys())
def test_descriptions_that_cannot_be_built(path: Path, changes, words):
    rewritten(path)
    assert isinstance(load(path), nn.Linear)
    rewritten(path, **changes)
    refused(path, words)


def test_a_description_nested_without_end(path: Path):
    state = {"weight": np.zeros(1, "f4")}
    for text in ("[" * 100_000, '{"architecture":' * 100_000, "null", "", "[1]", '"text"'):
        save_file(state, path, {KEY: text})
        refused(path, "damaged")


def test_numbers_that_holograd_does_not_have(path: Path):
    for kind in ("float16", "uint32", "complex64"):
        save_file({"weight": np.zeros((1, 2), kind), "bias": np.zeros(1, "f4")}, path)
        refused(path, "weight as .*no such numbers", nn.Linear(2, 1))


# --- writing that fails ---


def kept(path: Path, write: Callable[[], None], words: str) -> None:
    """Writing ends in a ModelError of these words; the older file is as it was, and no other."""
    before = path.read_bytes()
    with pytest.raises(ModelError, match=words):
        write()
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("function", ["open", "fsync", "replace", "chmod"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO, errno.EROFS])
def test_a_failure_at_any_moment_leaves_the_older_file(path: Path, monkeypatch, function, code):
    save(network(), path)

    def fail(*arguments: Any, **named: Any) -> Any:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(f"holograd.whole_files.os.{function}", fail)
    kept(path, lambda: save(network(), path), os.strerror(code))


def test_a_full_disk_leaves_the_older_file(path: Path):
    save(network(), path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        kept(path, lambda: save(network(), path), "File too large")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_an_interrupt_leaves_the_older_file(path: Path, monkeypatch):
    save(network(), path)
    before = path.read_bytes()

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("holograd.whole_files.os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(network(), path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_reader_during_the_write_sees_the_older_file(path: Path, monkeypatch):
    model, other = network(), network()
    save(model, path)
    sync, seen = os.fsync, []

    def look(descriptor: int) -> None:
        seen.append(values(load(path)))
        sync(descriptor)

    monkeypatch.setattr("holograd.whole_files.os.fsync", look)
    save(other, path)
    assert seen == [
        values(model),
        values(other),
    ]  # the file's and, once it is in place, the folder's
    assert values(load(path)) == values(other)


@pytest.mark.parametrize("metadata", [object(), np.float32(1), float("nan"), {1, 2}, b"bytes"])
def test_metadata_that_is_not_json(path: Path, metadata):
    save(network(), path)
    kept(path, lambda: save(network(), path, note=metadata), "JSON")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (3, "got a int"),
        ({"step": 3}, "'step': int"),
        ({3: hg.ones(2)}, "3: Tensor"),
        ({"half": np.zeros(2, "float16")}, "half of float16"),
    ],
)
def test_what_is_not_a_model(path: Path, model, words):
    save(network(), path)
    kept(path, lambda: save(model, path), words)


def test_places_that_cannot_be_written(tmp_path: Path):
    for place, words in {
        tmp_path / "missing" / "model": r"no folder .*missing",
        tmp_path: "not a file",
        Path("/dev/null"): "not a file",
        tmp_path / ("long" * 100): "too long",
        "zero\0byte": "null",
    }.items():
        with pytest.raises(ModelError, match=words):
            save(network(), place)
    assert not list(tmp_path.iterdir())
    assert not Path("/dev/null").is_file()


def test_arguments_the_wrong_way_round(path: Path):
    with pytest.raises(ArgumentError, match=r"path is a Sequential.*save\(model, "):
        load(network(), path)  # pyright: ignore[reportArgumentType]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to everything")
def test_a_protected_file_and_a_protected_folder(path: Path):
    save(network(), path)
    path.chmod(0o444)
    kept(path, lambda: save(network(), path), "protected")
    path.chmod(0o644)
    path.parent.chmod(0o555)
    try:
        kept(path, lambda: save(network(), path), "denied")
    finally:
        path.parent.chmod(0o755)


def test_a_protected_file_is_not_replaced(path: Path, monkeypatch):
    save(network(), path)
    monkeypatch.setattr("holograd.whole_files.os.access", lambda path, mode: False)
    kept(path, lambda: save(network(), path), "protected")


def test_permissions_and_links_stay(path: Path):
    save(network(), path)
    path.chmod(0o600)
    link = path.with_name("link")
    link.symlink_to(path.name)
    model = network()
    save(model, link)
    assert link.is_symlink() and values(load(path)) == values(model)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_file_has_the_usual_permissions(path: Path):
    before = os.umask(0o027)
    try:
        save(network(), path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
