"""Explore the labels and images of a collection before training.

Start with `explore`, which writes a folder. `exploration.analyse` gives the same facts in Python.
"""

from cellocate.explore.exploration import Exploration, ExploreOptions
from cellocate.explore.exploration_folder import explore

__all__ = [
    "Exploration",
    "ExploreOptions",
    "explore",
]
