"""Measurements of each cell: areas, intensities, and where in the cell the light of the protein lies."""

from cellocate.cells.measure.table import measure

__all__ = ["measure"]
