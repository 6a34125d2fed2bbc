"""Masks of cells and nuclei: label images, and the formats in which other programs read and write them.

Start with `MaskFolder` (the masks in a user's folder) and `as_label_image` (how a mask of any kind is understood).
"""

from cellocate.cells.masks.cell_numbers import check_numbering, matched, renumbered
from cellocate.cells.masks.label_arrays import Labels, checked_labels, write_labels
from cellocate.cells.masks.label_files import read_label_image
from cellocate.cells.masks.label_image import LabelImage, as_label_image
from cellocate.cells.masks.mask_folder import MaskFolder
from cellocate.cells.masks.one_piece import in_one_piece
from cellocate.cells.masks.qupath_geojson import QuPathCells, read_geojson, write_geojson
from cellocate.cells.masks.zarr_labels import write_zarr_labels

__all__ = [
    "LabelImage",
    "Labels",
    "MaskFolder",
    "QuPathCells",
    "as_label_image",
    "check_numbering",
    "checked_labels",
    "in_one_piece",
    "matched",
    "read_geojson",
    "read_label_image",
    "renumbered",
    "write_geojson",
    "write_labels",
    "write_zarr_labels",
]
