"""Training: a recipe and a collection → a model."""

from cellocate.training.recipe import Recipe
from cellocate.training.recipe_files import load_recipe, recipe_names

__all__ = ["Recipe", "load_recipe", "recipe_names"]
