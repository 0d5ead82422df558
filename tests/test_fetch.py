"""Downloads, from a server on this machine that also cuts, corrupts, refuses and never ends."""

import random
import re
import socket
import sys
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from holograd import data
from holograd.cli import main
from holograd.data import fetch as fetching
from holograd.data.fetch import PUBLISHED, Published, data_folder, fetch
from holograd.errors import ArgumentError, DataError

pytest.importorskip("pooch", reason="downloads take the extra data: pip install 'holograd[data]'")

FILES = {f"part-{place}.gz": random.Random(place).randbytes(300_000) for place in range(2)}
TOY = {name: (len(content), sha256(content).hexdigest()) for name, content in FILES.items()}


class Server(ThreadingHTTPServer):
    """Serves `files`, with accidents.

    Attributes:
        files: the content by name.
        accidents: a list of words for the next requests, an accident each: "cut", "corrupt",
            "refuse", "endless", "moved"; without, all goes well.
        ranges: whether it can send parts of files.
        asked: the name and the Range header of each request.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = dict(FILES)
        self.accidents: list[str] = []
        self.ranges = True
        self.asked: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/folder"


class Handler(BaseHTTPRequestHandler):
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1]
        wanted = self.headers.get("Range", "")
        self.server.asked.append((name, wanted))
        accident = self.server.accidents.pop(0) if self.server.accidents else ""
        content = self.server.files.get(name)
        if content is None or accident == "refuse":
            self.send_error(404 if content is None else 503)
            return
        first = start(wanted) if self.server.ranges else 0
        size = len(content)
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
        if accident == "endless":
            self.end_headers()
            try:
                while True:
                    self.wfile.write(bytes(2**16))
            except OSError:
                return
        self.send_header("Content-Length", str(size - first))
        self.end_headers()
        rest = content[first:]
        if accident == "corrupt":
            rest = rest[:1000] + bytes([rest[1000] ^ 1]) + rest[1001:]
        self.wfile.write(rest[: len(rest) // 2] if accident == "cut" else rest)


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    """A server of a data set "mnist" of two small files."""
    with Server() as made:
        threading.Thread(target=made.serve_forever, args=[0.02], daemon=True).start()
        monkeypatch.setitem(PUBLISHED, "mnist", Published((made.address,), TOY))
        # A proxy of this machine has no part in it.
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield made
        made.shutdown()


def start(wanted: str) -> int:
    """The first byte that a Range header asks for."""
    return int((re.findall(r"\d+", wanted) or ["0"])[0])


def whole(folder: Path) -> bool:
    """Whether the folder holds all files, and nothing else."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} == FILES


def test_files_arrive_and_are_not_fetched_twice(server, tmp_path):
    reported = []
    place = tmp_path / "new" / "folder"
    assert fetch("mnist", place, report=lambda *each: reported.append(each)) == place
    assert whole(place)
    assert reported[-1] == ("part-1.gz", 300_000, 300_000)
    fetch("mnist", place)
    assert [name for name, _ in server.asked] == list(FILES)


def test_a_transfer_that_is_cut_goes_on_where_it_stopped(server, tmp_path):
    server.accidents = ["cut", "cut"]
    fetch("mnist", tmp_path)
    assert whole(tmp_path)
    starts = [start(wanted) for name, wanted in server.asked if name == "part-0.gz"]
    assert starts[0] == 0
    assert 100_000 < starts[1] < starts[2] < 300_000


def test_a_later_call_goes_on_too(server, tmp_path):
    server.accidents = ["cut"] + ["refuse"] * 10
    with pytest.raises(DataError, match=r"503.*goes on where it stopped"):
        fetch("mnist", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["part-0.gz.part"]
    server.accidents.clear()
    server.asked.clear()
    fetch("mnist", tmp_path)
    assert [name for name, _ in server.asked] == list(FILES)
    assert start(server.asked[0][1]) > 100_000
    assert whole(tmp_path)


def test_a_server_without_ranges_sends_all_again(server, tmp_path):
    server.ranges = False
    server.accidents = ["cut"]
    fetch("mnist", tmp_path)
    assert whole(tmp_path)


def test_corrupted_bytes_are_refused_and_older_files_stay(server, tmp_path):
    old = tmp_path / "part-0.gz"
    old.write_bytes(b"an older file")
    server.accidents = ["corrupt"]
    with pytest.raises(DataError, match=r"part-0.gz could not be fetched.*SHA-256"):
        fetch("mnist", tmp_path)
    assert old.read_bytes() == b"an older file"
    assert [path.name for path in tmp_path.iterdir()] == ["part-0.gz"]
    fetch("mnist", tmp_path)
    assert whole(tmp_path)


def test_a_corrupted_beginning_does_not_stay_for_ever(server, tmp_path):
    (tmp_path / "part-0.gz.part").write_bytes(b"something else")
    with pytest.raises(DataError, match="SHA-256"):
        fetch("mnist", tmp_path)
    fetch("mnist", tmp_path)
    assert whole(tmp_path)


def test_what_does_not_end_is_not_read_to_its_end(server, tmp_path):
    server.accidents = ["endless"]
    with pytest.raises(DataError, match="SHA-256"):
        fetch("mnist", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_next_address_is_asked_when_one_fails(server, tmp_path, monkeypatch):
    dead = f"http://127.0.0.1:{unused_port()}/"
    monkeypatch.setitem(PUBLISHED, "mnist", Published((dead, server.address + "/"), TOY))
    fetch("mnist", tmp_path)
    assert whole(tmp_path)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_no_network_is_told_with_ways_out(server, tmp_path):
    port = unused_port()
    with pytest.raises(DataError) as caught:
        fetch("mnist", tmp_path / "here", address=f"http://127.0.0.1:{port}")
    assert str(caught.value) == (
        f"part-0.gz could not be fetched: 127.0.0.1:{port}: there is no connection to it. "
        "Check the connection and run it again: it goes on where it stopped. Or get the file by "
        f"another way, and put it into {tmp_path / 'here'}"
    )


def test_a_silent_server_is_left(server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS_OF_SILENCE", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(DataError, match="silent for 0.2 seconds"):
            fetch("mnist", tmp_path, address=f"http://127.0.0.1:{deaf.getsockname()[1]}")


def test_misuse_is_told(tmp_path, monkeypatch):
    with pytest.raises(ArgumentError, match="no data set 'cifar'.*mnist, fashion-mnist"):
        fetch("cifar", tmp_path)
    with pytest.raises(ArgumentError, match="neither with http"):
        fetch("mnist", tmp_path, address="file:///etc")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataError, match="file cannot be written.*Choose another folder"):
        fetch("mnist", tmp_path / "file")
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(DataError, match=r"pip install 'holograd\[data\]'"):
        fetch("mnist", tmp_path)


def test_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("HOLOGRAD_DATA", str(tmp_path))
    assert data_folder("mnist") == tmp_path / "mnist"
    monkeypatch.delenv("HOLOGRAD_DATA")
    for platform, variable in (("linux", "XDG_CACHE_HOME"), ("win32", "LOCALAPPDATA")):
        monkeypatch.setattr("sys.platform", platform)
        monkeypatch.setenv(variable, str(tmp_path))
        assert data_folder("mnist") == tmp_path / "holograd" / "mnist"


def test_mnist_downloads_when_asked_and_only_then(server, real_data, tmp_path, monkeypatch):
    folder = real_data("mnist")
    names = [f"{name}-ubyte.gz" for name in ("t10k-images-idx3", "t10k-labels-idx1")]
    # The test part stands for the training part too, which is larger.
    served = {name: (folder / name).read_bytes() for name in names}
    served |= {name.replace("t10k", "train"): content for name, content in served.items()}
    server.files = served
    published = {name: (len(each), sha256(each).hexdigest()) for name, each in served.items()}
    monkeypatch.setitem(PUBLISHED, "mnist", Published((server.address,), published))
    monkeypatch.setenv("HOLOGRAD_DATA", str(tmp_path))
    with pytest.raises(DataError, match="holograd data fetch mnist"):
        data.mnist()
    assert server.asked == []
    _, test = data.mnist(download=True)
    assert np.bincount(test.tensors[1].value).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    assert len(server.asked) == 4
    data.mnist()
    data.mnist(download=True)
    assert len(server.asked) == 4
    with pytest.raises(DataError, match="its file has 1,648,877 bytes, not 26,421,880"):
        data.fashion_mnist(download=True, address=server.address)
    server.files.clear()
    with pytest.raises(DataError, match="it answers 404 Not Found"):
        data.fashion_mnist(download=True, address=server.address)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_published_checksums_are_those_of_the_real_files(real_data, name):
    for file, (size, digest) in PUBLISHED[name].files.items():
        content = (real_data(name) / file).read_bytes()
        assert (len(content), sha256(content).hexdigest()) == (size, digest)


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_the_command_fetches_into_a_folder(server, tmp_path, capsys):
    code, out, _ = run(capsys, "data", "fetch", "mnist", "--folder", str(tmp_path / "mnist"))
    assert code == 0
    assert whole(tmp_path / "mnist")
    assert f"{tmp_path / 'mnist'}" in out


def test_the_command_tells_what_went_wrong(server, tmp_path, capsys):
    server.accidents = ["corrupt"]
    code, out, err = run(capsys, "data", "fetch", "mnist", "--folder", str(tmp_path))
    assert (code, out) == (1, "")
    assert "SHA-256" in err and "Traceback" not in err
    code, _, err = run(capsys, "data", "fetch", "mnits", "--folder", str(tmp_path))
    assert code == 2
    assert "Did you mean" in err
    assert "'mnist'" in err
