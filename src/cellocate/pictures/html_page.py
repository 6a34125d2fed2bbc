"""Render self-contained HTML pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

import cellocate
from cellocate.choices import Colours
from cellocate.pictures.colours import STAINS, composite, data_uri, grey, stretched
from cellocate.pictures.figures import inline_svg
from cellocate.pictures.style import NARROW, WIDE
from cellocate.pictures.thumbnails import Picture
from cellocate.pictures.wording import listed, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Plot = tuple[Callable[[int], "Figure"], str]
"""A function that draws a plot of a width in px, and its description for screen readers."""

_HERE = "cellocate.pictures"


def render(room: str, template: str, content: Mapping[str, Any]) -> str:
    """Fill a template; it also gets `css`, `today`, `writer` and the macros of this room.

    Args:
        room: the package of the template, such as `cellocate.report`.
        template: its file.
        content: its variables.
    """
    environment = Environment(
        loader=FunctionLoader(partial(_resource, room)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "listed": listed}
    today = date.today()
    return environment.get_template(template).render(
        {
            "css": Markup(_resource(_HERE, "page.css")),
            "today": f"{today.day} {today:%B %Y}",
            "writer": f"cellocate {cellocate.__version__}",
            **content,
        }
    )


def for_both_widths(plots: Mapping[str, Plot]) -> dict[str, list[Markup]]:
    """Draw each plot for a desktop page and for a phone; the style shows the one that fits."""
    return {
        name: [inline_svg(draw(width), alt, f"{name}-{width}") for width in (WIDE, NARROW)]
        for name, (draw, alt) in plots.items()
    }


def field_on_page(picture: Picture, alt: str, colours: Colours = "atlas", *, planes: bool = False) -> dict[str, Any]:
    """A field for the macro `picture`: id, composite, alt, scale bar, and name, stain and data URI of its `planes`."""
    shown = zip(picture.names, stretched(picture.channels), strict=True) if planes else ()
    return {
        "id": picture.id,
        "composite": data_uri(composite(picture.channels, picture.names, colours)),
        "alt": alt,
        "bar": picture.bar(),
        "planes": [(name, STAINS[name], data_uri(grey(plane))) for name, plane in shown],
    }


def _resource(room: str, name: str) -> str:
    files = (resources.files(place) / name for place in (room, _HERE))
    return next(file for file in files if file.is_file()).read_text(encoding="utf-8")
