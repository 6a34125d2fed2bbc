"""Collections: a folder on disk as a table of fields, its labels, its faults and its parts."""

from cellocate.collection.check import Inspection, inspect, left_out, usable
from cellocate.collection.collection import Collection, Problem
from cellocate.collection.labels import read_labels
from cellocate.collection.layouts import open_collection
from cellocate.collection.packing import pack
from cellocate.collection.splits import PARTS, read_split, stratified_split

__all__ = [
    "PARTS",
    "Collection",
    "Inspection",
    "Problem",
    "inspect",
    "left_out",
    "open_collection",
    "pack",
    "read_labels",
    "read_split",
    "stratified_split",
    "usable",
]
