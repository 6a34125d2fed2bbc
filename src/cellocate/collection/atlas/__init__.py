"""The Human Protein Atlas's own lists of images and its words for locations."""

from cellocate.collection.atlas.lists import BASE, Listed, read_list
from cellocate.collection.atlas.words import best_vocabulary

__all__ = ["BASE", "Listed", "best_vocabulary", "read_list"]
