"""Explore: what the labels and the images of a collection hold, before anything is trained."""

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
