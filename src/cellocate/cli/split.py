"""`cellocate split`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cellocate.choices import SplitMethod
from cellocate.cli import options
from cellocate.cli.open_data import open_data
from cellocate.cli.options import option
from cellocate.counted import counted
from cellocate.write_tables import refuse_suffix

if TYPE_CHECKING:
    import pandas as pd

    from cellocate.collection import Collection, Split


def split(
    data: options.Data,
    out: Annotated[Path, option("CSV file to write. A .json next to it records how it was made.", "FILE")],
    method: Annotated[
        SplitMethod,
        option("Balance labels, draw at random, keep the order, or leave one group (such as a cell line) out."),
    ] = "stratified",
    folds: Annotated[int | None, option("Number of folds. Each is the validation part once.", min=2)] = None,
    by: Annotated[
        list[str] | None,
        option(
            "Keep fields with the same value in one part: antibody, plate, cell_line, another column, or "
            "'duplicates', which reads all images to find near duplicates (repeatable). Default: the first of group, "
            "antibody and plate that exists.",
            "COLUMN",
        ),
    ] = None,
    validation: Annotated[
        float, option("Share of the groups for validation; ignored with --folds.", min=0, max=1)
    ] = 0.15,
    test: Annotated[float, option("Share of the groups for the test; outside all folds.", min=0, max=1)] = 0.15,
    min_per_location: Annotated[
        int, option("Minimum number of training fields of each location, if there are enough.", min=0)
    ] = 5,
    seed: options.Seed = 0,
    images: options.Images = options.IMAGES,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Split a collection, keeping all images of one antibody, plate or duplicate set in the same part.

    The parts are train, validation and test. With --folds, 'cellocate train --fold 0' validates on fold 0, and '--fold
    all' trains one model per fold.

    Example: cellocate split my_images --by duplicates --out split.csv;
    then: cellocate train my_images --split split.csv --out runs/first
    """
    from cellocate.cli.console import note
    from cellocate.collection import describe_skipped, make_split, refuse_leaks, save_split
    from cellocate.files import refuse_existing_files

    refuse_suffix(out, (".csv",), "a split")
    refuse_existing_files((out, out.with_suffix(".json")), overwrite=overwrite, inputs=(data, images.labels))
    collection = open_data(data, images)
    faults = [p for p in collection.problems if p.severity == "fault"]
    collection = collection.without(faults, skip_bad=skip_bad)
    if faults:
        note(describe_skipped(faults, collection.unit))
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
    from cellocate.collection import describe_skipped, inspect

    with progress(f"reading {collection.unit}s", len(collection)) as advance:
        inspection = inspect(collection, decode=True, progress=advance)
    if inspection.problems:
        collection = collection.without(inspection.problems, skip_bad=skip_bad)
        note(describe_skipped(inspection.problems, inspection.unit))
    return collection, inspection.images["fingerprint"]


def _print(made: Split, unit: str) -> None:
    column = next((c for c in ("fold", "left_out") if c in made.fields), None)
    for part, number in made.fields["part"].value_counts().items():
        print(f"{part:12}{counted(int(number), unit):>14}")
    for fold in made.folds:
        print(f"fold {fold}: {counted(int((made.fields[column] == fold).sum()), unit)}")
