"""Training: from a recipe and a labelled collection to a model.

A `Recipe` holds every setting; `load_recipe` reads one. Start reading at `train` in `fit.py`: it prepares the
collection (`prepare.py`), builds a `Classifier` (`classifier.py`), fits it, and makes a model of it
(`trained_model.py`).
"""

from cellocate.training.recipe import Recipe
from cellocate.training.recipe_files import load_recipe

__all__ = ["Recipe", "load_recipe"]
