"""Masks of cells and nuclei: label images, and the forms in which other programs read and write them."""

from cellocate.cells.masks.features import read_features, write_features
from cellocate.cells.masks.folder import CellMasks
from cellocate.cells.masks.geojson import QuPathCells, read_geojson, write_geojson
from cellocate.cells.masks.labels import Labels, checked_labels, read_labels, write_labels
from cellocate.cells.masks.numbering import check_numbering, matched, renumbered
from cellocate.cells.masks.outlines import filled, outlines
from cellocate.cells.masks.run_lengths import from_run_lengths, to_run_lengths
from cellocate.cells.masks.zarrs import read_zarr_labels, write_zarr_labels

__all__ = [
    "CellMasks",
    "Labels",
    "QuPathCells",
    "check_numbering",
    "checked_labels",
    "filled",
    "from_run_lengths",
    "matched",
    "outlines",
    "read_features",
    "read_geojson",
    "read_labels",
    "read_zarr_labels",
    "renumbered",
    "to_run_lengths",
    "write_features",
    "write_geojson",
    "write_labels",
    "write_zarr_labels",
]
