"""The Human Protein Atlas's own lists of images and its words for locations."""

from cellocate.collection.atlas.image_lists import BASE, ImageList, read_list
from cellocate.collection.atlas.location_words import best_vocabulary

__all__ = ["BASE", "ImageList", "best_vocabulary", "read_list"]
