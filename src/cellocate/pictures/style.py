"""The style of every plot: colours, font, axes."""

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

_GROUPS = {
    "Nucleus": "#0070b0",  # not quite the blue of `PALETTE`, which is another by night
    "Nucleoli": "#d55e00",
    "Endomembrane system": "#009e73",
    "Cytoskeleton": "#e69f00",
    "Plasma membrane": "#cc79a7",
    "Mitochondria": "#56b4e9",
    "Cytosol": "#8a2be2",
}
_GREY = "#606060"  # of Negative, and of groups beyond the seven colours, which need a label

WIDE, NARROW = 720, 340  # px: a page on a desk, and on a phone
FONT = 11.0
"""px; a figure's points are the page's pixels (72 to the inch)."""


def group_colours(groups: Sequence[str]) -> dict[str, str]:
    """A colour for each coarse group of a vocabulary; a group has the same colour in every plot.

    Locations have the colour of their group: nobody can tell 28 colours apart, but everyone, also readers who cannot
    tell red from green, can tell these seven. They are Okabe and Ito's, with violet for the yellow, which is too light
    for lines on white. Other groups take the unused ones of the seven, in order; after that, grey.

    References:
        Okabe, Ito. Color universal design (2008). https://jfly.uni-koeln.de/color/

    Example:
        >>> group_colours(("Nucleus", "Chloroplasts"))
        {'Nucleus': '#0070b0', 'Chloroplasts': '#d55e00'}
    """
    named = {group: _GROUPS[group] for group in groups if group in _GROUPS}
    left = (colour for colour in _GROUPS.values() if colour not in named.values())
    return {group: named.get(group) or (_GREY if group == "Negative" else next(left, _GREY)) for group in groups}


def blank(width: float, height: float, layout: Literal["constrained"] | None = "constrained") -> Figure:
    """An empty figure of this size in px."""
    from matplotlib.figure import Figure  # slow to import, and of no use to a command line that only prints help

    return Figure(figsize=(width / 72, height / 72), layout=layout)


def bare(axes: Axes) -> None:
    """Remove the top and right spines, and colour the axes like the page."""
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
