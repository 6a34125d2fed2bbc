"""Masks of cells and nuclei: label images, and the forms in which other programs read and write them."""

from cellocate.cells.masks.features import read_features, write_features
from cellocate.cells.masks.files import read_labels
from cellocate.cells.masks.folder import CellMasks
from cellocate.cells.masks.geojson import QuPathCells, read_geojson, write_geojson
from cellocate.cells.masks.label_image import LabelImage, as_label_image
from cellocate.cells.masks.labels import Labels, checked_labels, write_labels
from cellocate.cells.masks.numbering import check_numbering, matched, renumbered
from cellocate.cells.masks.outlines import filled, outlines
from cellocate.cells.masks.run_lengths import from_run_lengths, to_run_lengths
from cellocate.cells.masks.whole import in_one_piece
from cellocate.cells.masks.zarrs import write_zarr_labels

__all__ = [
    "CellMasks",
    "LabelImage",
    "Labels",
    "QuPathCells",
    "as_label_image",
    "check_numbering",
    "checked_labels",
    "filled",
    "from_run_lengths",
    "in_one_piece",
    "matched",
    "outlines",
    "read_features",
    "read_geojson",
    "read_labels",
    "renumbered",
    "to_run_lengths",
    "write_features",
    "write_geojson",
    "write_labels",
    "write_zarr_labels",
]
