"""Collections: a folder on disk as a table of fields, its labels, its faults and its parts."""

from cellocate.collection.atlas.label_tables import labels_for, read_labels
from cellocate.collection.bags import CellBags, are_cells, at_edge, bags_of
from cellocate.collection.check import Inspection, inspect, left_out, usable
from cellocate.collection.collection import Collection, LabelledCollection, Problem
from cellocate.collection.field_metadata import metadata_of, values_of
from cellocate.collection.layouts import open_collection
from cellocate.collection.packing import pack
from cellocate.collection.splits import (
    PARTS,
    SPLIT_COLUMNS,
    Split,
    make_split,
    read_folds,
    read_split,
    refuse_leaks,
    save_split,
)
from cellocate.collection.suspects import suspects

__all__ = [
    "PARTS",
    "SPLIT_COLUMNS",
    "CellBags",
    "Collection",
    "Inspection",
    "LabelledCollection",
    "Problem",
    "Split",
    "are_cells",
    "at_edge",
    "bags_of",
    "inspect",
    "labels_for",
    "left_out",
    "make_split",
    "metadata_of",
    "open_collection",
    "pack",
    "read_folds",
    "read_labels",
    "read_split",
    "refuse_leaks",
    "save_split",
    "suspects",
    "usable",
    "values_of",
]
