"""Models in files: safetensors, with the architecture as JSON in the header.

A file holds arrays and names of layers, never code, so that reading one from a stranger runs
nothing. Writing is atomic: a reader sees the old file or the new one, whatever happens between.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from holograd.errors import ArgumentError, HologradError, ModelError
from holograd.graph import leaf
from holograd.nn.architecture import build, describe
from holograd.nn.module import Module
from holograd.ops.table import DTYPES
from holograd.tensor import Tensor
from holograd.whole_files import write_whole

FORMAT = 1  # of the description; a reader refuses a higher one
KEY = "holograd"  # the header's one entry: safetensors writes several in random order
KINDS = {"F64", "F32", "I64", "I32", "I16", "I8", "U8", "BOOL"}  # DTYPES in safetensors' words


def save(
    model: Module | Mapping[str, Any], path: str | os.PathLike[str], /, **metadata: Any
) -> None:
    """Writes a model with its architecture, or a `state_dict()` alone, as a safetensors file.

    The file takes the place of an older one only when it is complete; where writing fails, the
    older one stays. Any program that reads safetensors can read the weights.

    Args:
        model: a model; or a dict of tensors, such as `model.state_dict()`.
        path: the file, by custom with the ending .safetensors.
        metadata: more to keep, as JSON values: `classes=["cat", "dog"], accuracy=0.97`.

    Raises:
        ModelError: the file cannot be written, the metadata is not plain JSON, or `model` is
            neither a model nor a dict of tensors.

    Example:
        >>> import tempfile
        >>> from holograd import nn
        >>> path = Path(tempfile.mkdtemp()) / "model.safetensors"
        >>> save(nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()), path, classes=["no", "yes"])
        >>> load(path)
        Sequential(
          (0): Linear(in_features=2, out_features=1, bias=True)
          (1): Sigmoid()
        )
        >>> load_metadata(path)
        {'classes': ['no', 'yes']}
    """
    from safetensors.numpy import save as to_bytes

    state = _state_of(model)
    description: dict[str, Any] = {"format": FORMAT, "version": _version()}
    if isinstance(model, Module):
        description |= {"model": type(model).__name__, "architecture": _architecture_of(model)}
    description["metadata"] = metadata
    content = to_bytes(state, {KEY: _as_json(description)})
    write_whole(_checked_path(path), lambda file: file.write(content), ModelError)


def load(path: str | os.PathLike[str], model: Module | None = None) -> Any:
    """Reads what `save` wrote: a model, or a dict of tensors.

    Args:
        path: the file.
        model: a model to load the weights into, of any class; also from safetensors files of other
            programs. It is left as it was where they do not fit.

    Returns:
        `model` where it is given. Else the saved model, built anew from layers of holograd.nn and
        in training mode (write `model.eval()` before predicting); or the saved dict of tensors.

    Raises:
        ModelError: there is no such file, it is cut short or damaged, it comes from a newer
            holograd, its model has classes that are not of holograd.nn, or it does not fit `model`.
    """
    where = _checked_path(path)
    tensors, description = _read(where)
    if model is None:
        if "model" not in description:
            return {name: Tensor(leaf(array)) for name, array in tensors.items()}
        model = _built(where, description)
    try:
        model.load_state_dict(tensors)
    except HologradError as error:
        raise ModelError(f"{where}: {error.what}", why=error.why, instead=error.instead) from error
    return model


def load_metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The `metadata` that was given to `save`.

    Raises:
        ModelError: as `load`.
    """
    with _opened(_checked_path(path)) as file:
        return _description_of(_checked_path(path), file)["metadata"]


# --- what goes into a file ---


def _state_of(model: Any) -> dict[str, np.ndarray]:
    """Arrays by their paths, laid out in rows."""
    if not isinstance(model, (Module, Mapping)):
        raise ModelError(
            f"save() got a {type(model).__name__}", instead="Give a model, or a dict of tensors."
        )
    state: dict[str, np.ndarray] = {}
    for name, one in (model.state_dict() if isinstance(model, Module) else model).items():
        array = one.value if isinstance(one, Tensor) else one
        if not isinstance(name, str) or not isinstance(array, np.ndarray):
            raise ModelError(
                f"save() got a dict with {name!r}: {type(one).__name__}",
                instead="Give tensors under names, and plain values as metadata.",
            )
        if array.dtype not in DTYPES:
            raise ModelError(
                f"save() got {name} of {array.dtype}", why="holograd has no such numbers"
            )
        state[name] = np.asarray(array, order="C")
    return state


def _architecture_of(model: Module) -> dict[str, Any] | None:
    """The architecture; None for classes of others, which only they can build."""
    try:
        return describe(model)
    except ModelError:
        return None


def _as_json(description: dict[str, Any]) -> str:
    try:
        return json.dumps(description, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelError(
            "the metadata cannot be written as JSON", why=str(error),
            instead="Give finite numbers, strings, None, and lists and dicts of them.",
        ) from None  # fmt: skip


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("holograd")
    except metadata.PackageNotFoundError:  # run from its source
        return "unknown"


# --- writing ---


def _checked_path(path: Any) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise ArgumentError(
            f"a file's path is a {type(path).__name__}",
            instead='Write save(model, "model.safetensors") and load("model.safetensors").',
        ) from None


# --- reading ---


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays in a file, and its description: without "model" where it holds a dict."""
    with _opened(path) as file:
        description = _description_of(path, file)
        tensors: dict[str, np.ndarray] = {}
        for name in file.keys():  # noqa: SIM118 (it is no dict)
            kind = file.get_slice(name).get_dtype()
            if kind not in KINDS:
                raise ModelError(
                    f"{path} holds {name} as {kind}", why="holograd has no such numbers",
                    instead="Convert it to float32 with the program that wrote it.",
                )  # fmt: skip
            tensors[name] = file.get_tensor(name)
    return tensors, description


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A safetensors file, open; what is wrong with it becomes a ModelError."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise ModelError(f"there is no file {path}")
    try:
        with safe_open(path, framework="np") as file:
            yield file
    except OSError as error:
        raise ModelError(f"{path} cannot be read", why=error.strerror or str(error)) from error
    except SafetensorError as error:
        raise ModelError(
            f"{path} is cut short, damaged, or not a safetensors file", why=str(error),
            instead="Save the model again.",
        ) from error  # fmt: skip


def _description_of(path: Path, file: Any) -> dict[str, Any]:
    """What `save` told about the file; only empty metadata for files of other programs."""
    text = (file.metadata() or {}).get(KEY)
    if text is None:
        return {"metadata": {}}
    try:
        description = json.loads(text)
        written, version = int(description["format"]), description["version"]
        if not isinstance(description["metadata"], dict):
            raise TypeError("its metadata is not a table")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"the description in {path} is damaged", why=str(error)) from error
    if written > FORMAT:
        raise ModelError(
            f"{path} was written by holograd {version} in format {written}",
            why=f"this holograd reads formats up to {FORMAT}",
            instead="Write pip install --upgrade holograd.",
        )
    return description


def _built(path: Path, description: Mapping[str, Any]) -> Module:
    """The model of a description, with initial weights."""
    name, architecture = description["model"], description.get("architecture")
    if architecture is None:
        raise ModelError(
            f"{path} holds the weights of a {name}",
            why="it is made of classes outside of holograd.nn",
            instead=f"Make a {name}, and write load(path, model).",
        )
    try:
        return build(architecture)
    except (ModelError, ValueError, ArithmeticError, MemoryError, RecursionError) as error:
        raise ModelError(f"the architecture in {path} cannot be built", why=str(error)) from error
