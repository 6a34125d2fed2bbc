"""Write the report of an exploration as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from cellocate.counted import counted
from cellocate.explore.association import FEWEST
from cellocate.explore.captioned_plots import CaptionedPlot
from cellocate.explore.column_summary import COLUMNS, NOT_RECORDED
from cellocate.explore.exploration import Exploration
from cellocate.explore.field_gallery import FieldGallery
from cellocate.explore.field_sheets import KINDS, labels_text
from cellocate.explore.label_counts import imbalance
from cellocate.explore.label_plots import FEW
from cellocate.explore.pixel_statistics import compare_medians
from cellocate.files import write_text
from cellocate.pictures import STAINS, Picture, light
from cellocate.pictures.html_page import field_on_page, for_both_widths, render
from cellocate.pictures.style import group_colours
from cellocate.pictures.wording import listed, number

_RULES, _SETS, _VALUES = 15, 10, 12
_FIGURES = {"mean": "mean", "high": "99th percentile", "saturated": "saturated pixels"}


def write_page(path: Path, explored: Exploration, drawn: dict[str, CaptionedPlot], gallery: FieldGallery) -> None:
    """Write `report.html`: summary, plots with captions, tables, and fields."""
    write_text(path, render("cellocate.explore", "explore.html.j2", _content(explored, drawn, gallery)))


def _content(explored: Exploration, drawn: dict[str, CaptionedPlot], gallery: FieldGallery) -> dict[str, Any]:
    labels, vocabulary = explored.labels, explored.collection.vocabulary
    colours = explored.choices.colours
    rules = [] if explored.rules is None else _rows(explored.rules.head(_RULES))
    groups = {} if vocabulary is None else group_colours(vocabulary.groups)
    return {
        "title": f"{explored.collection.folder.name.removesuffix('.gz').removesuffix('.csv')}: overview",
        "explored": explored,
        "labels": labels,
        "facts": facts(explored),
        "summary": summary(explored),
        "plots": for_both_widths({name: (plot.draw, plot.alt) for name, plot in drawn.items()}),
        "captions": {name: plot.caption for name, plot in drawn.items()},
        "groups": groups if len(groups) > 1 else {},
        "dots": {name: "rgb({:.0f} {:.0f} {:.0f})".format(*(255 * v for v in light(name, colours))) for name in STAINS},
        "sets": [] if labels is None else _rows(labels.sets().head(_SETS)),
        "rules": rules,
        "few": FEW,
        "fewest": FEWEST,
        "few_rules": any(row["support"] * explored.n < FEW - 0.5 for row in rules),
        "skew": [] if labels is None else _skew(explored),
        "medians": _medians(explored),
        "columns": {c: _rows(explored.columns[c].head(_VALUES)) for c in COLUMNS if c in explored.columns},
        "examples": [_item(explored, f, gallery.large[f], planes=True) for f in gallery.examples if f in gallery.large],
        "random": [_item(explored, f, gallery.small[f]) for f in gallery.random if f in gallery.small],
        "locations": [] if labels is None else _locations(explored, gallery),
        "unscaled": any(p.span is None for p in (*gallery.large.values(), *gallery.small.values())),
    }


def facts(explored: Exploration) -> list[tuple[str, str]]:
    """Rows of name and value that describe the collection."""
    where = explored.collection
    things = counted(explored.n, explored.unit)
    if explored.unit == "cell":
        things += f" of {counted(int(where.fields['field'].nunique()), 'field')}"
    rows = [("Collection", where.folder.name), ("Layout", where.layout), (explored.unit.capitalize() + "s", things)]
    if where.vocabulary is not None:
        rows.append(("Vocabulary", f"{where.vocabulary.name}, {counted(len(where.vocabulary), 'location')}"))
    if where.channels:
        rows.append(("Channels", listed([f"{channel} ({STAINS[channel]})" for channel in where.channels])))
    if explored.pixels is not None:
        columns = ["width_px", "height_px", "depth_bits", "camera_bits"]
        sizes = explored.pixels.groupby(columns).size().sort_values(ascending=False)
        shown = (
            f"{w:.0f} × {h:.0f} px, {b:.0f} bits" + (f" in {d:.0f}" if b < d else "") for w, h, d, b in sizes.index[:3]
        )
        rows.append(("Size", "; ".join(shown)))
        known = sorted({p for f in explored.pixels.index if (p := where.pixel_size(str(f))) is not None})
        size = f"{known[0]:.4g} µm" if len(known) == 1 else f"{known[0]:.4g} to {known[-1]:.4g} µm" if known else ""
        size += " (assumed)" if size and where.pixel_size_assumed else ""
        rows.append(("Pixel size", size or "not recorded (--pixel-size sets it)"))
    for name, table in explored.columns.items():
        known_values = int((table["value"] != NOT_RECORDED).sum())
        rows.append((name.replace("_", " ").capitalize(), f"{known_values:,} values"))
    if where.simulated:
        rows.append(("Origin", "simulated cells with exact labels, no microscope images"))
    return rows


def summary(explored: Exploration) -> str:
    """Two sentences: how many fields and locations, the most frequent and the rarest."""
    labels = explored.labels
    if labels is None:
        return f"{counted(explored.n, explored.unit).capitalize()} without labels."
    occur = [i for i in labels.per_location.argsort(kind="stable")[::-1].tolist() if labels.per_location[i]]
    text = (
        f"{counted(labels.n, explored.unit).capitalize()} with {len(occur)} of {counted(len(labels.names), 'location')}"
    )
    text += f" in {counted(len(labels.sets()), 'distinct set')}."
    if occur:
        shown = [f"{labels.names[i]} ({labels.per_location[i]:,})" for i in (occur[0], occur[-1])]
        text += f" The most frequent is {shown[0]}, the rarest {shown[1]}."
    return text


def _skew(explored: Exploration) -> list[tuple[str, list[str]]]:
    """Rows of name and values: before (if there is an earlier collection) and now."""
    known = [e.labels for e in (explored.before, explored) if e is not None and e.labels is not None]
    figures = [imbalance(labels.per_location) for labels in known]
    return [
        (f"{explored.unit.capitalize()}s", [f"{labels.n:,}" for labels in known]),
        ("Labels per " + explored.unit, [f"{labels.truth.sum() / max(1, labels.n):.2f}" for labels in known]),
        ("Distinct sets", [f"{len(labels.sets()):,}" for labels in known]),
        ("Locations that occur", [str(int((labels.per_location > 0).sum())) for labels in known]),
        ("Most frequent over rarest", [_figure(figure["largest_to_smallest"], ",.1f") for figure in figures]),
        ("Mean imbalance", [_figure(figure["mean_imbalance"], ",.1f") for figure in figures]),
        ("Evenness", [_figure(figure["evenness"], ".3f") for figure in figures]),
    ]


def _figure(value: float, digits: str) -> str:
    return number(None) if value != value else format(value, digits)  # nan


def _medians(explored: Exploration) -> list[tuple[str, list[str]]]:
    before = None if explored.before is None else explored.before.random
    if before is None or explored.random is None:
        return []
    rows = []
    for name, *values in compare_medians(before, explored.random).itertuples(index=False):
        channel, _, figure = str(name).partition("_")
        if figure in _FIGURES:
            rows.append((f"{STAINS[channel].capitalize()}: {_FIGURES[figure]}", [f"{100 * v:.2f}%" for v in values]))
        elif name == "sharpness":
            rows.append(("Sharpness", [number(v, 3) for v in values]))
    return rows


def _locations(explored: Exploration, gallery: FieldGallery) -> list[dict[str, Any]]:
    assert explored.labels is not None
    return [
        {
            "name": explored.labels.names[k],
            "count": int(explored.labels.per_location[k]),
            "kinds": [
                (kind, [_item(explored, f, gallery.small[f], without=k) for f in fields if f in gallery.small])
                for kind, fields in zip(KINDS, chosen, strict=True)
            ],
        }
        for k, chosen in gallery.locations.items()
    ]


def _item(
    explored: Exploration, field: str, picture: Picture, *, planes: bool = False, without: int | None = None
) -> dict[str, Any]:
    alt = f"{explored.unit.capitalize()} {field}: {labels_text(explored, field)}."
    shown = field_on_page(picture, alt, explored.choices.colours, planes=planes)
    return {**shown, "labels": labels_text(explored, field, without)}


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    known = table.astype(object).where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in known.to_dict("records")]
