"""`cellocate explain`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from cellocate.choices import MapMethod
from cellocate.cli import options
from cellocate.cli.open_data import open_data
from cellocate.counted import counted
from cellocate.model_files import locations_of_model


def explain(
    model: options.ModelFolder,
    data: options.Data,
    out: options.OutFolder,
    ids: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="Explain this field, and each named so.")
    ] = None,
    fields: Annotated[
        int, typer.Option(min=1, help="How many to choose otherwise, so that many locations are shown.")
    ] = 8,
    location: Annotated[
        list[str] | None,
        typer.Option(metavar="LOCATION", help="Explain this, and each named so; those decided on if not given."),
    ] = None,
    method: Annotated[
        MapMethod,
        typer.Option(help="Of the maps: pixel by pixel, by a fine feature map, or by the coarsest."),
    ] = "gradients",
    masks: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Masks <id>_cells.png and <id>_nuclei.png, or QuPath's <id>.geojson: explain by compartment too.",
        ),
    ] = None,
    colours: options.CompositeColours = "atlas",
    labels: options.LabelTable = None,
    vocabulary: options.VocabularyName = None,
    pixel_size: options.PixelSize = None,
    channels: options.Channels = None,
    z: options.Plane = None,
    skip_bad: options.SkipBad = False,
    device: options.Device = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Show where a model looked: maps over every channel, and what is lost without a stain or a compartment.

    Examples: cellocate explain runs/first/model my_images --out why;
    cellocate explain runs/first/model my_images --id field-7 --location Nucleoli --masks cells --out why
    """
    from cellocate.files import refuse_existing

    refuse_existing(out, overwrite=overwrite, inputs=(model, data, labels, masks))
    known = locations_of_model(model)
    wanted = None if location is None or known is None else tuple(known.index(name) for name in location)
    collection = open_data(data, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size, channels=channels, z=z)
    from cellocate.cells.masks import CellMasks
    from cellocate.cli.console import note, notes_on_masks, progress
    from cellocate.cli.usable import fields_for
    from cellocate.decision import sentences
    from cellocate.explain import (  # with torch, after all that can be refused without it
        DRAWN,
        ExplainOptions,
        choose_fields,
    )
    from cellocate.explain import explain as write
    from cellocate.networks import load
    from cellocate.tables import normal

    loaded = load(model, device=device)
    collection = fields_for(loaded, collection, skip_bad=skip_bad)
    label_images = None if masks is None else CellMasks(masks).excluding(collection.files)
    choices = ExplainOptions(
        ids=None if ids is None else [normal(field) for field in ids],
        count=fields,
        locations=wanted,
        method=method,
        masks=label_images,
        colours=colours,
        overwrite=overwrite,
    )
    with progress("choosing fields", min(DRAWN, len(collection)) if ids is None else 0) as advance:
        chosen = choose_fields(loaded, collection, replace(choices, progress=advance))
    with progress("explaining", len(chosen)) as advance:
        explained = write(loaded, collection, out, replace(choices, ids=chosen, progress=advance))
    if label_images is not None:
        notes_on_masks(label_images)
        if any("cell" in set(one.occluded["place"]) for one in explained):
            note("the masks show no nuclei in some fields: nucleus and cytosol are one compartment (cell)")
    for sentence in sentences([one.note for one in explained], collection.unit):
        note(sentence)
    print(f"{counted(len(explained), collection.unit)} explained; report in {out / 'report.html'}")
