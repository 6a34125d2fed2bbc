"""Explore the labels and images of a collection before training.

Start with `explore`, which writes a folder. `analyse` gives the same facts in Python.
"""

from cellocate.explore.association import CONFIDENCE, SUPPORT, association_rules
from cellocate.explore.exploration import SAMPLE, Exploration, ExploreOptions, analyse
from cellocate.explore.exploration_folder import explore
from cellocate.explore.label_counts import LabelCounts, imbalance

__all__ = [
    "CONFIDENCE",
    "SAMPLE",
    "SUPPORT",
    "Exploration",
    "ExploreOptions",
    "LabelCounts",
    "analyse",
    "association_rules",
    "explore",
    "imbalance",
]
