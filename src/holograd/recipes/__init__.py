"""Recipes: networks, data and training settings that work together, by name."""

from holograd.recipes.measure import LOSSES
from holograd.recipes.networks import ACTIVATIONS
from holograd.recipes.recipe import Recipe
from holograd.recipes.run import Outcome, run
from holograd.recipes.table import RECIPES, find
from holograd.recipes.variant import OPTIMIZERS, variant

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "OPTIMIZERS",
    "RECIPES",
    "Outcome",
    "Recipe",
    "find",
    "run",
    "variant",
]
