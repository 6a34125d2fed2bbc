"""Collections: a folder of images as a table of fields (or cells), with labels and metadata.

`open_collection` reads a folder or a label table into a `Collection`, `inspect` checks its images, `make_split` divides
it into train, validation and test parts. Read `collection.py` first.
"""

from cellocate.collection.atlas.label_tables import labels_for, read_labels
from cellocate.collection.cell_bags import CellBags, are_cells, at_edge, bags_of
from cellocate.collection.collection import Collection, LabelledCollection, Problem
from cellocate.collection.field_metadata import metadata_of, values_of
from cellocate.collection.image_warnings import find_warnings
from cellocate.collection.inspection import Inspection, describe_skipped, inspect, usable_fields
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
    "describe_skipped",
    "find_warnings",
    "inspect",
    "labels_for",
    "make_split",
    "metadata_of",
    "open_collection",
    "pack",
    "read_folds",
    "read_labels",
    "read_split",
    "refuse_leaks",
    "save_split",
    "usable_fields",
    "values_of",
]
