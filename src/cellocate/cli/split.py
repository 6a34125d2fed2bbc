"""`cellocate split`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellocate.choices import SplitMethod
from cellocate.cli import options
from cellocate.cli.open_data import open_data
from cellocate.counted import counted
from cellocate.write_tables import refuse_suffix

if TYPE_CHECKING:
    import pandas as pd

    from cellocate.collection import Collection, Split


def split(
    data: options.Data,
    out: Annotated[Path, typer.Option(metavar="FILE", help="CSV file to write; how it was made goes beside it.")],
    method: Annotated[
        SplitMethod,
        typer.Option(help="By label; drawn; in order; one cell line (or other group) at a time for the test."),
    ] = "stratified",
    folds: Annotated[int | None, typer.Option(min=2, help="So many folds, each the validation part once.")] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="What keeps fields together: antibody, plate, cell_line, duplicates (near ones, for which all images "
            "are read) or another column; several link. Unless given: group, antibody or plate, where there is one.",
        ),
    ] = None,
    validation: Annotated[float, typer.Option(min=0, max=1, help="Share of the groups; not for folds.")] = 0.15,
    test: Annotated[float, typer.Option(min=0, max=1, help="Share of the groups; outside all folds.")] = 0.15,
    min_per_location: Annotated[
        int,
        typer.Option(
            min=0, help="Fields of each location that the train part has at least, if the collection has as many."
        ),
    ] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    labels: options.LabelTable = None,
    vocabulary: options.VocabularyName = None,
    channels: options.Channels = None,
    z: options.Plane = None,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Split a collection, keeping all images of one antibody, plate or duplicate set in the same part.

    The parts are train, validation and test, or folds.

    Example: cellocate split my_images --by duplicates --out split.csv;
    then: cellocate train my_images --split split.csv --out runs/first

    Of --folds, 'cellocate train --fold 0' holds out one, and --fold all each once.
    """
    from cellocate.cli.console import note
    from cellocate.collection import left_out, make_split, refuse_leaks, save_split
    from cellocate.files import refuse_existing_files

    refuse_suffix(out, (".csv",), "a split")
    refuse_existing_files((out, out.with_suffix(".json")), overwrite=overwrite, inputs=(data, labels))
    collection = open_data(data, labels=labels, vocabulary=vocabulary, channels=channels, z=z)
    faults = [p for p in collection.problems if p.severity == "fault"]
    collection = collection.without(faults, skip_bad=skip_bad)
    if faults:
        note(left_out(faults, collection.unit))
    fingerprints = None
    if "duplicates" in (by or []):
        collection, fingerprints = _fingerprints(collection, skip_bad=skip_bad)
    made = make_split(
        collection,
        method,
        by=by or [],
        validation=validation,
        test=test,
        folds=folds,
        min_per_location=min_per_location,
        seed=seed,
        fingerprints=fingerprints,
    )
    folds_or_all: list[str | None] = [*made.folds] or [None]
    for fold in folds_or_all:
        for warning in refuse_leaks(made.choose(fold), collection):
            note(warning if fold is None else f"fold {fold}: {warning}")
    save_split(out, made)
    _print(made, collection.unit)
    print(
        f"{counted(len(made.fields), collection.unit)} in {counted(made.fields['group'].nunique(), 'group')}, in {out}"
    )


def _fingerprints(collection: Collection, *, skip_bad: bool) -> tuple[Collection, pd.Series[str]]:
    from cellocate.cli.console import note, progress
    from cellocate.collection import inspect, left_out

    with progress(f"reading {collection.unit}s", len(collection)) as advance:
        inspection = inspect(collection, decode=True, progress=advance)
    if inspection.problems:
        collection = collection.without(inspection.problems, skip_bad=skip_bad)
        note(left_out(inspection.problems, inspection.unit))
    return collection, inspection.images["fingerprint"]


def _print(made: Split, unit: str) -> None:
    column = next((c for c in ("fold", "left_out") if c in made.fields), None)
    for part, number in made.fields["part"].value_counts().items():
        print(f"{part:12}{counted(int(number), unit):>14}")
    for fold in made.folds:
        print(f"fold {fold}: {counted(int((made.fields[column] == fold).sum()), unit)}")
