"""The look of every plot: a few colours, one size of type, nothing that is not needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE = {
    "ink": "#1c2128",
    "muted": "#5a6572",
    "line": "#d4d9df",
    "blue": "#0072b2",
    "orange": "#c05000",
    "paper": "#fcfcfb",
}
"""Colours by name, after Okabe and Ito; `page.css` gives the same names their values by day and by night."""

_GROUPS = ("#0072b2", "#d55e00", "#009e73", "#b8860b", "#cc79a7", "#3d9bd8", "#8a6d3b", "#7f7f7f", "#7a5bb5")

WIDE, NARROW = 720, 340  # px: a page on a desk, and on a phone
FONT = 11.0
"""px; a figure's points are the page's pixels (72 to the inch)."""


def group_colours(groups: Sequence[str]) -> dict[str, str]:
    """A colour for each coarse group of a vocabulary, the same wherever it is drawn; after Okabe and Ito.

    Example:
        >>> group_colours(("Nucleus", "Nucleoli"))
        {'Nucleus': '#0072b2', 'Nucleoli': '#d55e00'}
    """
    return {group: _GROUPS[i % len(_GROUPS)] for i, group in enumerate(groups)}


def blank(width: float, height: float, layout: Literal["constrained"] | None = "constrained") -> Figure:
    """An empty figure of this size in px."""
    from matplotlib.figure import Figure  # slow to import, and of no use to a command line that only prints help

    return Figure(figsize=(width / 72, height / 72), layout=layout)


def bare(axes: Axes) -> None:
    """Take off what a plot does not need, and colour the rest as the page."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(PALETTE["muted"])
    axes.tick_params(labelsize=FONT, color=PALETTE["muted"], labelcolor=PALETTE["ink"])
    axes.patch.set_visible(False)
    axes.set_axisbelow(True)


def legend(axes: Axes, **where: Any) -> None:  # noqa: ANN401 # matplotlib's own words for a legend's place
    """A legend in the page's colours."""
    axes.legend(
        fontsize=FONT - 1,
        labelcolor=PALETTE["ink"],
        facecolor=PALETTE["paper"],
        edgecolor="none",
        framealpha=1,
        **where,
    )
