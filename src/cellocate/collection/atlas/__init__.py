"""The Human Protein Atlas's own lists of images and its words for locations."""

from cellocate.collection.atlas.lists import BASE, Listed, read_list

__all__ = ["BASE", "Listed", "read_list"]
