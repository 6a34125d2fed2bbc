"""Locations: ordered vocabularies with GO ids and groups, and maps between them."""

from cellocate.vocabulary.cells import UNKNOWN
from cellocate.vocabulary.maps import LocationMap, map_between, read_map
from cellocate.vocabulary.vocabulary import BUILT_IN, Location, Vocabulary, get

__all__ = ["BUILT_IN", "UNKNOWN", "Location", "LocationMap", "Vocabulary", "get", "map_between", "read_map"]
