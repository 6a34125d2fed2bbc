"""Locations: ordered vocabularies with GO ids and groups, and maps between them."""

from cellocate.vocabulary.label_cell import UNKNOWN
from cellocate.vocabulary.location_map import LocationMap, map_between, read_map
from cellocate.vocabulary.vocabulary import BUILT_IN, Location, Vocabulary, get_vocabulary

__all__ = ["BUILT_IN", "UNKNOWN", "Location", "LocationMap", "Vocabulary", "get_vocabulary", "map_between", "read_map"]
