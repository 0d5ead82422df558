"""MNIST and Fashion-MNIST from the internet: only when asked, checked, resumed, and whole or not.

What arrives stands in a file FILE.part beside its place. A transfer that is cut goes on from there,
now or at the next call; the file moves into its place when its SHA-256 is the published one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from holograd.data.optional import optional
from holograd.errors import ArgumentError, DataError

if TYPE_CHECKING:
    from logging import Logger

    from requests import Response

CHUNK = 2**16
ATTEMPTS = 5  # at one address, each of which must bring new bytes
SECONDS_OF_SILENCE = 20

Report = Callable[[str, int, int], None]
"""Called with a file's name, how many of its bytes are here, and how many it has."""


@dataclass(frozen=True)
class Published:
    """Where a data set is published, and what its files are.

    Attributes:
        addresses: folders that hold the files, the one to ask first first.
        files: the size in bytes and the SHA-256 of each file.
    """

    addresses: tuple[str, ...]
    files: dict[str, tuple[int, str]]


PUBLISHED = {
    "mnist": Published(
        addresses=(
            "https://ossci-datasets.s3.amazonaws.com/mnist",
            "https://storage.googleapis.com/cvdf-datasets/mnist",
        ),
        files={
            "train-images-idx3-ubyte.gz": (
                9912422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            "train-labels-idx1-ubyte.gz": (
                28881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            "t10k-images-idx3-ubyte.gz": (
                1648877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            "t10k-labels-idx1-ubyte.gz": (
                4542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        },
    ),
    "fashion-mnist": Published(
        addresses=(
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        ),
        files={
            "train-images-idx3-ubyte.gz": (
                26421880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            "train-labels-idx1-ubyte.gz": (
                29515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            "t10k-images-idx3-ubyte.gz": (
                4422102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            "t10k-labels-idx1-ubyte.gz": (
                5148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        },
    ),
}


def data_folder(name: str) -> Path:
    """Where a data set is put that was fetched without a folder, and where it is looked for.

    It is the folder `name` of the environment variable HOLOGRAD_DATA; without that variable, of the
    folder holograd among the user's caches.
    """
    root = os.environ.get("HOLOGRAD_DATA")
    if root:
        return Path(root) / name
    if sys.platform == "win32":
        cache = os.environ.get("LOCALAPPDATA", "~/AppData/Local")
    elif sys.platform == "darwin":
        cache = "~/Library/Caches"
    else:
        cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "holograd" / name


def fetch(
    name: str,
    folder: str | os.PathLike[str] | None = None,
    *,
    address: str | None = None,
    report: Report | None = None,
) -> Path:
    """Download the files of a data set that are not there yet, or not the published ones.

    Args:
        name: "mnist" or "fashion-mnist".
        folder: where to put them; None chooses `data_folder(name)`.
        address: a folder on the web that holds the files, such as a mirror in one's own network;
            None asks the addresses of `PUBLISHED` one after the other.
        report: is told of each file's progress.

    Returns:
        The folder, which then holds all four files, each with its published SHA-256.

    Raises:
        ArgumentError: there is no such data set, or `address` is none of the web.
        DataError: no connection, no such file there, other bytes than the published ones, a folder
            that cannot be written, or pooch is not installed.

    Example:
        >>> sum(size for size, _ in PUBLISHED["mnist"].files.values())
        11594722
        >>> fetch("mnist", address="here")
        Traceback (most recent call last):
            ...
        holograd.errors.ArgumentError: 'here' is no address: ...
    """
    if name not in PUBLISHED:
        raise ArgumentError(
            f"there is no data set {name!r} to fetch", instead=f"There are: {', '.join(PUBLISHED)}."
        )
    if address is not None and urlsplit(address).scheme not in ("http", "https"):
        raise ArgumentError(
            f"{address!r} is no address",
            why="it begins neither with http:// nor with https://",
            instead="Write https://example.org/mnist, the folder that holds the files.",
        )
    place = data_folder(name) if folder is None else Path(folder)
    published = PUBLISHED[name]
    addresses = published.addresses if address is None else (address,)
    try:
        place.mkdir(parents=True, exist_ok=True)
        for file, (size, digest) in published.files.items():
            path = place / file
            if not _is_whole(path, size, digest):
                _fetch_file(path, size, digest, addresses, report)
            if report is not None:
                report(file, size, size)
    except OSError as error:
        raise DataError(
            f"{error.filename or place} cannot be written",
            why=error.strerror or str(error),
            instead="Choose another folder, or make room there.",
        ) from error
    return place


def _is_whole(path: Path, size: int, digest: str) -> bool:
    """Whether a file is there and is the published one."""
    if not path.is_file() or path.stat().st_size != size:
        return False
    return sha256(path.read_bytes()).hexdigest() == digest


def _fetch_file(
    path: Path, size: int, digest: str, addresses: tuple[str, ...], report: Report | None
) -> None:
    """One file from the first address that gives it."""
    pooch = optional("pooch", "data is downloaded by", "data")
    from requests import RequestException

    def download(url: str, output: str, _: Any) -> None:
        part = path.with_name(f"{path.name}.part")
        _download(url, part, size, lambda done: report and report(path.name, done, size))
        # pooch compares checksums, and moves the file to its place or removes it.
        os.replace(part, output)

    reasons = []
    for address in addresses:
        url = f"{address.rstrip('/')}/{path.name}"
        try:
            with _quiet(pooch.get_logger()):
                pooch.retrieve(url, f"sha256:{digest}", path.name, path.parent, downloader=download)
            return
        except RequestException as error:
            reasons.append(f"{urlsplit(url).netloc}: {_reason(error)}")
        except ValueError:  # pooch's word for another checksum
            reasons.append(
                f"{urlsplit(url).netloc}: its bytes are not the published ones, by their SHA-256"
            )
    raise DataError(
        f"{path.name} could not be fetched",
        why="; ".join(reasons),
        instead="Check the connection and run it again: it goes on where it stopped. Or get the "
        f"file by another way, and put it into {path.parent}",
    )


def _download(url: str, part: Path, size: int, report: Callable[[int], object]) -> None:
    """Appends to `part` what it lacks, asking again as long as that brings new bytes.

    Raises:
        RequestException: the last attempt's.
    """
    from requests import RequestException

    for attempt in range(ATTEMPTS):
        before = part.stat().st_size if part.exists() else 0
        if before >= size:
            return  # The checksum decides.
        try:
            _append(url, part, before, size, report)
        except RequestException:
            if attempt == ATTEMPTS - 1 or not part.exists() or part.stat().st_size <= before:
                raise


def _append(url: str, part: Path, start: int, size: int, report: Callable[[int], object]) -> None:
    """One request for the bytes from `start` on."""
    import requests
    from requests import RequestException

    # Compressed files as they are, and not packed once more on their way.
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    with requests.get(url, headers=headers, stream=True, timeout=SECONDS_OF_SILENCE) as response:
        response.raise_for_status()
        goes_on = start > 0 and _begins_at(response, start)
        done = start if goes_on else 0
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and done + int(announced) != size:
            # Such as the page of a network that asks for a password first.
            raise RequestException(f"its file has {done + int(announced):,} bytes, not {size:,}")
        with open(part, "ab" if goes_on else "wb") as file:
            for chunk in response.iter_content(CHUNK):
                # A server that does not end is not read to its end.
                file.write(chunk[: size - done])
                done = min(size, done + len(chunk))
                report(done)
                if done == size:
                    return
    raise RequestException(f"it stopped after {done:,} of {size:,} bytes")


def _begins_at(response: Response, start: int) -> bool:
    """Whether a server sent the part that was asked for; without, it sends all from the start."""
    found = response.headers.get("Content-Range", "")
    return response.status_code == 206 and found.startswith(f"bytes {start}-")


def _reason(error: Exception) -> str:
    """What went wrong with a request, in a few words."""
    from requests import ConnectTimeout, HTTPError, ReadTimeout
    from requests.exceptions import ChunkedEncodingError, ConnectionError, SSLError

    if isinstance(error, HTTPError) and error.response is not None:
        return f"it answers {error.response.status_code} {error.response.reason}".rstrip()
    if isinstance(error, ConnectTimeout | ReadTimeout):
        return f"it was silent for {SECONDS_OF_SILENCE} seconds"
    if isinstance(error, SSLError):
        return "its certificate cannot be checked"
    if isinstance(error, ChunkedEncodingError):
        return "the transfer was cut"
    if isinstance(error, ConnectionError):
        return "there is no connection to it"
    return str(error)


@contextmanager
def _quiet(logger: Logger) -> Iterator[None]:
    """pooch tells of each download, which `report` does here."""
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)
