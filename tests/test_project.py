"""The project's own rules: its layers, its public names, and its budgets of size and time.

``python tests/test_project.py`` records the public names anew after a wanted change.
"""

import ast
import importlib
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCE = REPOSITORY / "src"
PACKAGE = SOURCE / "holograd"
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES_FILE = Path(__file__).with_name("public_names.txt")

# A file imports only from layers before its own. "holograd" is the package's __init__.py, which
# gathers the public names. A new file or folder directly under src/holograd gets its place here.
LAYERS = """
    errors whole_files graph ops gradient eager display reading writing converting tensor transforms
    creation capture differences check nn optim data separability compiler files training watching
    pictures tabular recipes explanation interop holograd lab cli __main__
""".split()

# Modules that list what users may rely on.
PUBLIC = ["holograd", "holograd.nn", "holograd.nn.functional", "holograd.nn.init"]
PUBLIC += ["holograd.optim", "holograd.data", "holograd.training"]

LINES_OF_A_FILE = 450
BYTES_OF_THE_PACKAGE = 2_600_000  # the compiler is 0.4 million, the explanation 0.55
SECONDS_OF_IMPORT = 0.2


def module_name(path: Path) -> str:
    """The dotted name of the module in `path`; a package's for its __init__.py."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def layer(module: str) -> str:
    """The layer a module belongs to: the name under holograd, or holograd for the package's own."""
    return module.split(".")[1] if "." in module else module


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a source file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported_names(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, module and name (or "") of each import in a file, wherever in the file it stands."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *filter(None, [node.module])])
            for alias in node.names:
                yield node.lineno, module, alias.name


def own_imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and module of each import of one of this package's modules."""
    for line, module, name in imported_names(path):
        if module == "holograd" or module.startswith("holograd."):
            inner = f"{module}.{name}"
            yield line, inner if inner in MODULES else module


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(REPOSITORY)}:{line}"


def test_every_file_has_a_layer():
    unknown = sorted({layer(module) for module in MODULES} - set(LAYERS))
    assert not unknown, f"give {unknown} a place in LAYERS, in {__file__}"


def test_imports_run_one_way_down():
    order = {name: rank for rank, name in enumerate(LAYERS)}
    upward = [
        f"{where(path, line)} ({layer(module)}) imports {imported}"
        for module, path in MODULES.items()
        for line, imported in own_imports(path)
        if layer(imported) != layer(module) and order[layer(imported)] > order[layer(module)]
    ]
    assert not upward, "\n".join(["a file imports only from layers before its own:", *upward])


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_file_keeps_the_rules(path: Path):
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    broken = []
    if len(lines) > LINES_OF_A_FILE:
        broken.append(f"{len(lines)} lines; over {LINES_OF_A_FILE} a file holds two ideas")
    broken += [
        f"{where(path, number)}: unfinished work: {line.strip()}"
        for number, line in enumerate(lines, 1)
        if any(word in line for word in ("TODO", "FIXME", "XXX", "HACK"))
    ]
    broken += [
        f"{where(path, line)}: {module} can run code out of a file"
        for line, module, _ in imported_names(path)
        if module.split(".")[0]
        in {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
    ]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}:
                broken.append(f"{where(path, node.lineno)}: {node.func.id}() runs text as code")
            if any(
                keyword.arg == "allow_pickle"
                and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
                for keyword in node.keywords
            ):
                broken.append(
                    f"{where(path, node.lineno)}: allow_pickle can run code out of a file"
                )
    assert not broken, "\n".join(broken)


def public_names() -> str:
    """Every public name on a line of its own, as tests/public_names.txt holds them."""
    lines = []
    for name in PUBLIC:
        module = importlib.import_module(name)
        names = list(module.__all__)
        assert len(names) == len(set(names)), f"{name}.__all__ lists a name twice"
        missing = [item for item in names if not hasattr(module, item)]
        assert not missing, f"{name}.__all__ lists {missing}, which it lacks"
        lines += [f"{name}.{item}" for item in sorted(names)]
    return "\n".join(lines) + "\n"


def test_public_names_are_the_recorded_ones():
    recorded = set(NAMES_FILE.read_text(encoding="utf-8").split()) if NAMES_FILE.exists() else set()
    names = set(public_names().split())
    assert names == recorded, (
        f"new: {sorted(names - recorded)}, gone: {sorted(recorded - names)}. Where that is wanted, "
        f"record it: .venv/bin/python {NAMES_FILE.parent.name}/{Path(__file__).name}"
    )


def test_version_is_the_projects():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert importlib.import_module("holograd").__version__ == project["version"]


def test_package_is_small():
    sizes = {
        path.relative_to(PACKAGE): path.stat().st_size
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:5]
    assert sum(sizes.values()) <= BYTES_OF_THE_PACKAGE, (
        f"{sum(sizes.values()):,} bytes; largest: "
        + ", ".join(f"{path} {sizes[path]:,}" for path in largest)
    )


# What a fresh interpreter runs: it prints the seconds an import takes, and all that is loaded then.
MEASURE_IMPORT = """
import json, sys, time
start = time.thread_time()
import {}
seconds = time.thread_time() - start
print(json.dumps([seconds, sorted(name.partition(".")[0] for name in sys.modules)]))
"""


def measure_import(modules: str, bytecode: Path) -> tuple[float, set[str]]:
    """Processor seconds to import `modules` in a fresh interpreter, and what is loaded then.

    Python keeps what it compiles in the folder `bytecode`, so that a second import reads it there
    as a user's does, whatever the machine's own settings are.
    """
    command = [sys.executable, "-P", "-c", MEASURE_IMPORT.format(modules)]
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=REPOSITORY, env=environment
    )
    assert run.returncode == 0, run.stderr
    seconds, loaded = json.loads(run.stdout)
    return seconds, set(loaded)


def test_the_core_is_read_in_one_sitting():
    sitting = ["graph.py", "ops/contract.py", "gradient.py", "tensor.py"]
    lines = {
        name: len((PACKAGE / name).read_text(encoding="utf-8").splitlines()) for name in sitting
    }
    assert sum(lines.values()) < 1000, lines


def test_import_brings_numpy_alone(tmp_path: Path):
    _, with_numpy = measure_import("numpy, numpy.linalg, numpy.random", tmp_path)
    _, loaded = measure_import("holograd", tmp_path)
    foreign = loaded - with_numpy - sys.stdlib_module_names - {"holograd"}
    assert not foreign, f"`import holograd` also imports {sorted(foreign)}; import them where used"


def test_import_is_quick(tmp_path: Path):
    # The least of several runs, by the clock of the importing thread alone: what else the machine,
    # or an idle thread of the BLAS library, does meanwhile does not count.
    seconds = min(measure_import("holograd", tmp_path)[0] for _ in range(7))
    assert seconds < SECONDS_OF_IMPORT, (
        f"`import holograd` takes {seconds:.3f} s, over {SECONDS_OF_IMPORT}; "
        f"NumPy alone {measure_import('numpy', tmp_path)[0]:.3f}"
    )


if __name__ == "__main__":
    NAMES_FILE.write_text(public_names(), encoding="utf-8")
