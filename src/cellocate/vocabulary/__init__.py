"""Vocabularies: ordered lists of locations with GO ids and groups, and maps between them.

`get_vocabulary` loads one; `Vocabulary.parse` reads labels however they are written. Read `vocabulary.py` first, then
`label_cell.py`, which finds labels in the text of a cell.
"""

from cellocate.vocabulary.label_cell import UNKNOWN
from cellocate.vocabulary.location_map import map_between, read_map
from cellocate.vocabulary.vocabulary import BUILT_IN, Location, Vocabulary, get_vocabulary

__all__ = ["BUILT_IN", "UNKNOWN", "Location", "Vocabulary", "get_vocabulary", "map_between", "read_map"]
