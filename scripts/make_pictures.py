"""Make all pictures of the documentation, in docs/pictures, by the code that they show.

python scripts/make_pictures.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import holograd as hg
from holograd import nn
from holograd.cli.plot import draw
from holograd.explanation import Explanation
from holograd.recipes import find, run

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
RECIPES = ("xor", "digits")
LECTURE = ([[5, 5], [-7, -7]], [-8, 3], [[-11, -11]], [6])  # stored (out, in)


def trained(folder: Path) -> None:
    """What `holograd train NAME --plot NAME.png` draws, with seed 0."""
    for name in RECIPES:
        recipe = find(name)
        outcome = run(recipe, watch=recipe.picture is not None, quiet=True)
        draw(outcome, folder / f"{name}.png")


def lecture() -> nn.Sequential:
    """The lecture's network for XOR."""
    network = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid()).double()
    for parameter, values in zip(network.parameters(), LECTURE, strict=True):
        parameter.data = np.array(values, np.float64)
    return network


def explained() -> Explanation:
    """The lecture's network on (0, 1)."""
    x, y = hg.tensor([[0.0, 1.0]], dtype=hg.float64), hg.tensor([[1.0]], dtype=hg.float64)
    return hg.explain(nn.functional.binary_cross_entropy(lecture()(x), y))


def glass_box(folder: Path) -> None:
    """The computational graph: folded to functions, and the sigmoid opened."""
    explained().picture().save(folder / "glass_box.png")
    z = hg.tensor(-2.0, requires_grad=True)
    hg.explain(hg.sigmoid(z), zoom="primitive").picture().save(folder / "sigmoid.png")


def networks(folder: Path) -> None:
    """Neurons and weights, regions, the loss over two weights, and layers' statistics."""
    inputs, targets = hg.data.gate("xor")
    model = lecture().float()
    hg.pictures.network(model, inputs[1]).save(folder / "network.png")
    hg.pictures.regions(model, inputs, targets, title="XOR by the lecture's weights").save(
        folder / "regions.png"
    )
    hg.pictures.loss_landscape(
        model,
        nn.BCELoss(),
        inputs,
        targets,
        parameters=("0.weight[0,0]", "0.weight[1,0]"),
        span=12.0,
    ).save(folder / "loss_landscape.png")
    hg.manual_seed(0)
    layers: list[nn.Module] = [nn.Linear(2, 8), nn.Sigmoid()]
    for _ in range(5):
        layers += [nn.Linear(8, 8), nn.Sigmoid()]
    deep = nn.Sequential(*layers, nn.Linear(8, 1))
    hg.pictures.statistics(deep, inputs, targets, loss=nn.BCEWithLogitsLoss()).save(
        folder / "statistics.png"
    )


def make_pictures(folder: Path) -> None:
    """Makes all of them anew, but for compile_time.png, which is measured.

    That one is made by `python -m benchmarks.compile_time`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for make in (trained, glass_box, networks):
        make(folder)


if __name__ == "__main__":
    make_pictures(FOLDER)
