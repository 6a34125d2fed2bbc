"""Explore: what the labels and the images of a collection hold, before anything is trained."""

from cellocate.explore.explored import SAMPLE, Explored, ExploreOptions, look
from cellocate.explore.folder import explore
from cellocate.explore.labels import LabelCounts, skew
from cellocate.explore.rules import CONFIDENCE, SUPPORT, association_rules

__all__ = [
    "CONFIDENCE",
    "SAMPLE",
    "SUPPORT",
    "ExploreOptions",
    "Explored",
    "LabelCounts",
    "association_rules",
    "explore",
    "look",
    "skew",
]
