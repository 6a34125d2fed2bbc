"""Measure cells: areas, shapes, intensities, and where in the cell the protein lies."""

from cellocate.cells.measure.measurements import grey_levels, measure

__all__ = ["grey_levels", "measure"]
