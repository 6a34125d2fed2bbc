"""The Human Protein Atlas's lists of images and its words for locations.

`read_list` reads the lists, `label_tables.read_labels` any label table, and `location_words.py` translates the atlas's
words to labels of a vocabulary. Read `read_list` first.
"""

from cellocate.collection.atlas.image_lists import BASE, ImageList, read_list
from cellocate.collection.atlas.location_words import best_vocabulary

__all__ = ["BASE", "ImageList", "best_vocabulary", "read_list"]
