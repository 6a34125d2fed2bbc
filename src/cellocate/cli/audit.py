"""`cellocate audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cellocate.choices import Judge
from cellocate.cli import options
from cellocate.cli.open_data import open_data
from cellocate.counted import counted
from cellocate.model_files import require_model
from cellocate.rounded import json_text


def audit(
    data: options.Data,
    out: options.OutFolder,
    models: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[MODEL...]", help="Models, or a run of 'train --fold all'; each judges what it did not learn from."
        ),
    ] = None,
    probabilities: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Judge by this table of held-out fields instead, and each named so."),
    ] = None,
    judge: Annotated[
        Judge,
        typer.Option(help="Whether labels are likely, or cleanlab's scores for several labels."),
    ] = "likelihood",
    twins: Annotated[
        bool, typer.Option(help="Look for near duplicates with other labels, for which all pixels are decoded.")
    ] = True,
    colours: options.CompositeColours = "atlas",
    labels: options.LabelTable = None,
    vocabulary: options.VocabularyName = None,
    pixel_size: options.PixelSize = None,
    channels: options.Channels = None,
    z: options.Plane = None,
    skip_bad: options.SkipBad = False,
    device: options.Device = None,
    overwrite: options.Overwrite = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print audit.json.")] = False,
) -> None:
    """Find labels that are probably wrong, by models that did not learn from them.

    FOLDER receives report.html, and tables such as suspects.csv, which 'cellocate select --without-ids' takes.

    Examples: cellocate audit my_images runs/folds --out audit;
    cellocate audit my_images --probabilities held_out.csv --out audit;
    then: cellocate select my_images --without-ids audit/suspects.csv --out clean
    """
    from cellocate.files import refuse_existing

    if bool(models) == bool(probabilities):
        raise typer.BadParameter("give models, or --probabilities")
    refuse_existing(out, overwrite=overwrite, inputs=(data, labels, *(models or ()), *(probabilities or ())))
    folders = [folder for given in models or () for folder in _folders(given)]
    for folder in folders:
        require_model(folder)
    collection = open_data(data, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size, channels=channels, z=z)
    from cellocate.cli.console import note, progress
    from cellocate.cli.usable import usable_fields
    from cellocate.explain.audit import audit_labels, predict_held_out, read_held_out, write_audit  # with torch
    from cellocate.networks import load
    from cellocate.prediction import assumptions

    loaded = [load(folder, device=device) for folder in folders]
    needed = loaded[0].card.channels if loaded else collection.channels
    collection = usable_fields(collection, needed, labelled=True, skip_bad=skip_bad).labelled()
    for assumption in dict.fromkeys(text for each in loaded for text in assumptions(each, collection)):
        note(assumption)
    with progress("predicting", len(collection) * len(loaded)) as advance:
        held_out = (
            predict_held_out(loaded, collection, advance) if loaded else read_held_out(probabilities or (), collection)
        )
    if passed := len(collection) - len(held_out.ids):
        note(f"{counted(passed, collection.unit)} left out, which no model or table holds out")
    with progress("looking for near duplicates", len(collection) if twins else 0) as advance:
        audited = audit_labels(collection, held_out, judge, twins=twins, progress=advance)
    write_audit(audited, out, colours=colours, overwrite=overwrite)
    if audited.caution is not None:
        note(audited.caution)
    summary = audited.summary()
    if as_json:
        print(json_text(summary))
        return
    what = f"{summary['suspects']} of {counted(summary['n'], collection.unit)} whose labels models doubt"
    print(f"{what} ({audited.skill}); report in {out / 'report.html'}")


def _folders(given: Path) -> list[Path]:
    """The models of a run of folds, or the model that is given."""
    return sorted(given.glob("fold-*/model")) or [given]
