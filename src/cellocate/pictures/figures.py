"""Save figures as files, and draw them into a page."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from cellocate.files import new_file
from cellocate.pictures.style import PALETTE

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

_NO_METADATA: dict[str, dict[str, None]] = {  # of when and by what a file was written
    ".svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None},
}


def save_figure(figure: Figure, folder: Path, stem: str, suffixes: tuple[str, ...] = ("png", "svg")) -> list[Path]:
    """Write a figure as `<stem>.<suffix>` for each suffix, the same bytes for the same figure."""
    paths = [folder / f"{stem}.{suffix}" for suffix in suffixes]
    with _settings(stem):
        box = _laid_out(figure).padded(0.1)
        for path in paths:
            with new_file(path) as aside:
                figure.savefig(aside, dpi=160, bbox_inches=box, metadata=_NO_METADATA.get(path.suffix))
    return paths


def save_figure_as(figure: Figure, path: Path) -> None:
    """Write a figure in its file's format: PNG, SVG or PDF."""
    save_figure(figure, path.parent, path.stem, (path.suffix[1:],))


def inline_svg(figure: Figure, alt: str, name: str) -> Markup:
    """Draw a figure as an SVG element with the page's colours and font.

    Args:
        figure: drawn in the colours of `PALETTE` only.
        alt: what it shows, for screen readers.
        name: unique on the page, as references inside the drawing are made from it.
    """
    buffer = io.StringIO()
    with _settings(name):
        figure.savefig(buffer, format="svg", transparent=True, metadata=_NO_METADATA[".svg"])
    svg = re.sub(
        r"(?s)^.*?<svg[^>]*?(viewBox=\"[^\"]*\")[^>]*>",
        rf'<svg \1 role="img" aria-label="{escape(alt)}">',
        buffer.getvalue(),
        count=1,
    )
    svg = re.sub(r"(?s)<style.*?</style>", "", svg)  # meant for the drawing, but it would style the whole page
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # every drawing has a figure_1, and a page may not have two
    for colour, value in PALETTE.items():
        svg = svg.replace(value, f"var(--{colour})")
    return Markup(svg)


def _laid_out(figure: Figure) -> Bbox:
    """The size of a figure in inches after layout, which takes longer than drawing."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure.get_tightbbox()


@contextmanager
def _settings(salt: str) -> Iterator[None]:
    import matplotlib as mpl

    with warnings.catch_warnings(), mpl.rc_context({"svg.hashsalt": salt, "svg.fonttype": "none"}):
        # a name in a script that matplotlib's font lacks is drawn by the reader's own
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield
