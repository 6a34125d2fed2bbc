"""Write the report of explanations: maps of each field, and the effect of each stain and compartment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cellocate.choices import Colours
from cellocate.collection import Collection
from cellocate.counted import counted
from cellocate.explain.field_explanation import FieldExplanation
from cellocate.explain.map_sheet import overlays
from cellocate.explain.occlusion import COMPARTMENTS, WHOLE
from cellocate.files import write_text
from cellocate.networks import Model
from cellocate.pictures import STAINS, Picture, data_uri
from cellocate.pictures.html_page import render
from cellocate.pictures.wording import format_probability, listed

PROTEIN = "green"


def write_page(
    path: Path,
    explained: Sequence[FieldExplanation],
    pictures: Mapping[str, Picture],
    model: Model,
    collection: Collection,
    colours: Colours,
    caption: str,
) -> None:
    """Write `report.html`."""
    names = model.vocabulary.names
    fields = [
        {
            "id": one.id,
            "predicted": listed([names[k] for k in one.predicted]) or "no location",
            "note": one.note,
            "labels": _labels(collection, one.id),
            "rows": map_rows(one, pictures[one.id], names, [_text(one, k) for k in one.locations], colours)
            if one.id in pictures
            else [],
        }
        for one in explained
    ]
    unit = collection.unit
    occluded = pd.concat([one.occluded for one in explained])
    places = [place for place in COMPARTMENTS if place in set(occluded["place"])]
    shown = set(occluded["channel"])
    stains = [channel for channel in (*model.card.channels, "all") if channel in shown]
    content = {
        "title": f"What {model.card.name} bases its predictions on",
        "summary": f"{counted(len(explained), unit).capitalize()} of {collection.folder.name}.",
        "caption": caption,
        "fields": fields,
        "unit": unit,
        "simulated": model.card.provenance.simulated,
        "stains": _drops(occluded[occluded["place"] == WHOLE], "channel", stains, names),
        "compartments": _drops(occluded[occluded["channel"] == _protein(model)], "place", places, names),
        "protein": STAINS.get(_protein(model), "all stains"),
        "words": STAINS | {"all": "all stains"},
    }
    write_text(path, render("cellocate.explain", "explain.html.j2", content))


def _protein(model: Model) -> str:
    return PROTEIN if PROTEIN in model.card.channels else "all"


def _labels(collection: Collection, field: str) -> str | None:
    if collection.vocabulary is None or collection.fields["labels"][field] is None:
        return None
    return listed([collection.vocabulary.names[k] for k in collection.fields["labels"][field]]) or "nothing"


def _text(one: FieldExplanation, k: int) -> str:
    return f"{format_probability(float(one.probabilities[k]))}, " + (
        "predicted" if k in one.predicted else "not predicted"
    )


def map_rows(
    one: FieldExplanation, picture: Picture, names: Sequence[str], texts: Sequence[str], colours: Colours = "atlas"
) -> list[dict[str, Any]]:
    """The explained locations of a field, for the macro `mapped` of `maps.html.j2`.

    Args:
        one: the explanation of the field.
        picture: its picture, from `cellocate.explain.map_sheet.enlarge`.
        names: of all locations.
        texts: a text for each explained location, shown next to its name.
        colours: of the composite.
    """
    found = []
    for i, (k, text) in enumerate(zip(one.locations, texts, strict=True)):
        first, *rest = map(data_uri, overlays(one, picture, i, colours))
        planes = [(STAINS[channel], uri) for channel, uri in zip(picture.names, rest, strict=True)]
        alt = f"Composite of {one.id}, with a line around the evidence for {names[k]}."
        row = {"id": one.id, "name": names[k], "text": text, "composite": first, "alt": alt, "planes": planes}
        found.append({**row, "bar": picture.bar()})
    return found


def _drops(occluded: pd.DataFrame, by: str, columns: Sequence[str], names: Sequence[str]) -> dict[str, Any] | None:
    """The mean drop for each location (row) and channel or place (column), with its per cent of the largest."""
    if not columns or not set(columns) <= set(occluded[by]):
        return None
    mean = occluded.pivot_table(index="location", columns=by, values="drop", aggfunc="mean")[list(columns)].round(1)
    n = occluded.groupby("location")["drop"].size() // len(occluded[by].unique())
    top = max(float(mean.abs().to_numpy().max()), 1e-9)
    rows = [
        (
            names[int(str(k))],
            int(n[k]),
            [(float(v) + 0.0, round(60 * abs(float(v)) / top)) for v in mean.loc[k]],
        )
        for k in mean.index
    ]
    return {"columns": list(columns), "rows": rows}
