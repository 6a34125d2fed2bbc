"""`cellocate audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellocate.choices import Judge
from cellocate.cli import options
from cellocate.cli.open_data import open_data, usable_fields
from cellocate.cli.options import option
from cellocate.counted import counted
from cellocate.model_files import require_model
from cellocate.rounded import json_text


def audit(
    data: options.Data,
    out: options.OutFolder,
    models: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="MODEL",
            help="Models, or the folder of 'train --fold all'. Each judges the fields that it was not trained on.",
        ),
    ] = None,
    probabilities: Annotated[
        list[Path] | None, option("Table of predictions of held-out fields, instead of models (repeatable).", "FILE")
    ] = None,
    judge: Annotated[
        Judge, option("How labels are judged: by their likelihood, or by cleanlab's scores.")
    ] = "likelihood",
    duplicates: Annotated[bool, option("Find near duplicates with different labels; this reads all images.")] = True,
    colours: options.CompositeColours = "atlas",
    images: options.Images = options.IMAGES,
    skip_bad: options.SkipBad = False,
    device: options.Device = None,
    overwrite: options.Overwrite = False,
    as_json: Annotated[bool, option("Print audit.json.", name="--json")] = False,
) -> None:
    """Find labels that may be wrong, with models that were not trained on them.

    Writes report.html and tables to FOLDER. 'cellocate select --without-ids' takes one of them, suspects.csv.

    Examples: cellocate audit my_images runs/folds --out audit;
    cellocate audit my_images --probabilities held_out.csv --out audit;
    then: cellocate select my_images --without-ids audit/suspects.csv --out clean
    """
    from cellocate.files import refuse_existing

    if bool(models) == bool(probabilities):
        raise typer.BadParameter("give models or --probabilities")
    refuse_existing(out, overwrite=overwrite, inputs=(data, images.labels, *(models or ()), *(probabilities or ())))
    folders = [folder for given in models or () for folder in _folders(given)]
    for folder in folders:
        require_model(folder, data)
    collection = open_data(data, images)
    from cellocate.cli.console import note, progress
    from cellocate.explain.audit import audit_labels, predict_held_out, read_held_out, write_audit  # with torch
    from cellocate.networks import load
    from cellocate.networks.model_card import with_blank_landmarks
    from cellocate.prediction import assumptions

    loaded = [load(folder, device=device) for folder in folders]
    needed = loaded[0].card.channels if loaded else collection.channels
    collection = with_blank_landmarks(collection, [each.card for each in loaded])
    collection = usable_fields(collection, needed, labelled=True, skip_bad=skip_bad).labelled()
    note(*dict.fromkeys(text for each in loaded for text in assumptions(each, collection)))
    with progress("predicting", len(collection) * len(loaded)) as advance:
        held_out = (
            predict_held_out(loaded, collection, advance) if loaded else read_held_out(probabilities or (), collection)
        )
    if passed := len(collection) - len(held_out.ids):
        note(f"{counted(passed, collection.unit)} left out: {held_out.cause}")
    with progress("looking for near duplicates", len(collection) if duplicates else 0) as advance:
        audited = audit_labels(collection, held_out, judge, duplicates=duplicates, progress=advance)
    write_audit(audited, out, colours=colours, overwrite=overwrite)
    if audited.caution is not None:
        note(audited.caution)
    summary = audited.summary()
    if as_json:
        print(json_text(summary))
        return
    what = f"{summary['suspects']} of {counted(summary['n'], collection.unit)} have labels that the models doubt"
    print(f"{what} ({audited.skill}); report in {out / 'report.html'}")


def _folders(given: Path) -> list[Path]:  # of the models of a run of folds, or of one model
    return sorted(given.glob("fold-*/model")) or [given]
