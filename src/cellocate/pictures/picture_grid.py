"""A figure of pictures in rows and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def picture_grid(rows: int, columns: int, width: float, height: float) -> tuple[Figure, NDArray[Any]]:
    """An empty figure and its axes, shape (rows, columns), each `width` × `height` inches and without a frame."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for each in axes.flat:
        each.set_axis_off()
    return figure, axes
