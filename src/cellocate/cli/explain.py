"""`cellocate explain`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cellocate.choices import MapMethod
from cellocate.cli import options
from cellocate.cli.open_data import fields_for, open_data
from cellocate.cli.options import option
from cellocate.counted import counted
from cellocate.model_files import locations_of_model


def explain(
    model: options.ModelFolder,
    data: options.Data,
    out: options.OutFolder,
    ids: Annotated[list[str] | None, option("Explain this field (repeatable).", "ID", name="--id")] = None,
    fields: Annotated[
        int, option("Without --id: how many fields to choose, with many different locations.", min=1)
    ] = 8,
    location: Annotated[
        list[str] | None, option("Explain this location (repeatable). Default: the predicted ones.", "LOCATION")
    ] = None,
    method: Annotated[
        MapMethod, option("Maps by integrated gradients of the pixels, LayerCAM, or Grad-CAM.")
    ] = "gradients",
    masks: Annotated[
        Path | None,
        option(
            "Masks <id>_cells.png and <id>_nuclei.png, or QuPath's <id>.geojson: also explain by compartment.", "FOLDER"
        ),
    ] = None,
    colours: options.CompositeColours = "atlas",
    images: options.Images = options.IMAGES,
    skip_bad: options.SkipBad = False,
    device: options.Device = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Show what a prediction is based on: maps over every channel, and its change without a stain or compartment.

    Examples: cellocate explain runs/first/model my_images --out why;
    cellocate explain runs/first/model my_images --id field-7 --location Nucleoli --masks cells --out why
    """
    from cellocate.files import refuse_existing

    refuse_existing(out, overwrite=overwrite, inputs=(model, data, images.labels, masks))
    known = locations_of_model(model, data)
    wanted = None if location is None or known is None else tuple(known.index(name) for name in location)
    collection = open_data(data, images)
    from cellocate.cells.masks import MaskFolder
    from cellocate.cli.console import note, notes_on_masks, progress
    from cellocate.decision import describe_notes
    from cellocate.explain import DRAWN, ExplainOptions, choose_fields  # imports torch
    from cellocate.explain import explain as write
    from cellocate.networks import load
    from cellocate.tables import normalised

    loaded = load(model, device=device)
    collection = fields_for(loaded, collection, skip_bad=skip_bad)
    label_images = None if masks is None else MaskFolder(masks).excluding(collection.files)
    choices = ExplainOptions(
        ids=None if ids is None else [normalised(field) for field in ids],
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
            note("some fields have no nuclei in their masks: nucleus and cytosol count as one compartment (cell)")
    note(*describe_notes([one.note for one in explained], collection.unit))
    print(f"{counted(len(explained), collection.unit)} explained; report in {out / 'report.html'}")
