"""Make the pictures of docs/pictures: what `holograd train NAME --plot NAME.png` draws.

python scripts/make_pictures.py
"""

from pathlib import Path

from holograd.cli.plot import draw
from holograd.recipes import find, run

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
NAMES = ["xor", "digits"]


def make_pictures(folder: Path) -> None:
    """Train each recipe with seed 0, and draw what it learned into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        recipe = find(name)
        outcome = run(recipe, watch=recipe.picture is not None, quiet=True)
        draw(outcome, folder / f"{name}.png")


if __name__ == "__main__":
    make_pictures(FOLDER)
