"""Draw a field in a figure, with a scale bar and a caption."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellocate.choices import Colours
from cellocate.pictures.colours import composite
from cellocate.pictures.style import PALETTE
from cellocate.pictures.thumbnails import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LETTERS = 34  # in a line under a picture


def draw_picture(
    axes: Axes, picture: Picture, colours: Colours = "atlas", pixels: NDArray[np.uint8] | None = None
) -> None:
    """Draw a field, with a scale bar if its scale is known.

    Args:
        axes: of the figure.
        picture: the field.
        colours: of its composite.
        pixels: shape (h, w) or (h, w, 3), to draw instead of the composite.
    """
    shown = composite(picture.channels, picture.names, colours) if pixels is None else pixels
    axes.imshow(shown, cmap="gray", vmin=0, vmax=255)
    bar = picture.scale_bar()
    if bar is None:
        return
    from matplotlib.patheffects import withStroke

    height, width = picture.channels.shape[1:]
    right, y = 0.96 * width, 0.95 * height
    across = [right - bar[1] * width, right]
    edge = [withStroke(linewidth=3.5, foreground="black")]  # where the bar is longer than its text
    axes.plot(across, [y, y], color="white", linewidth=2, solid_capstyle="butt", path_effects=edge, zorder=4)
    axes.annotate(
        f"{bar[0]} µm" + (" (assumed)" if picture.assumed else ""),
        (right, y),
        xytext=(0, 3),
        textcoords="offset points",
        color="white",
        fontsize=7,
        ha="right",
        va="bottom",
        bbox={"boxstyle": "square,pad=0.6", "facecolor": "black", "alpha": 0.7, "linewidth": 0},  # under the bar too
    )


def write_caption(axes: Axes, text: str, *, above: bool, letters: int = _LETTERS) -> None:
    """Write lines above or below a picture, wrapped after `letters`."""
    wrapped = "\n".join(textwrap.fill(line, letters) for line in text.splitlines())
    place, anchor = (1.03, "bottom") if above else (-0.03, "top")
    axes.text(
        0, place, wrapped, transform=axes.transAxes, va=anchor, fontsize=8, color=PALETTE["ink"], parse_math=False
    )
