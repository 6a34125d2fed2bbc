"""`cellocate select`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from cellocate.cli import options
from cellocate.cli.open_data import open_data, with_known_depth
from cellocate.cli.options import option
from cellocate.counted import counted


def select(
    data: Annotated[list[Path], typer.Argument(metavar="DATA", help="Folders with images; several are merged.")],
    out: options.OutFolder,
    to: Annotated[str | None, option("First map labels to this vocabulary, such as hpa19.", "NAME")] = None,
    by_map: Annotated[
        Path | None,
        option("Map by this table (from,to) instead of the built-in one; needs --to.", "FILE", name="--map"),
    ] = None,
    negative: Annotated[
        bool, option("Keep fields that lose all labels in the mapping, as Negative.", name="--negative")
    ] = False,
    any_of: Annotated[
        list[str] | None,
        option("Only fields that show this location (repeatable: any of them).", "LOCATION", name="--any"),
    ] = None,
    all_of: Annotated[
        list[str] | None,
        option("Only fields that show this location (repeatable: all of them).", "LOCATION", name="--all"),
    ] = None,
    without: Annotated[list[str] | None, option("No fields that show this location (repeatable).", "LOCATION")] = None,
    single: Annotated[bool, option("Only fields with exactly one location.", name="--single")] = False,
    where: options.Where = None,
    ids: Annotated[Path | None, option("Only the fields in the column Id of this table.", "FILE")] = None,
    without_ids: Annotated[Path | None, option("No fields that are in the column Id of this table.", "FILE")] = None,
    sample: Annotated[int | None, option("N fields at random.", "N")] = None,
    seed: options.Seed = 0,
    rescale: Annotated[float | None, option("Rescale the images to this pixel size, and write them.", "UM")] = None,
    images: options.Images = options.IMAGES,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Make a new collection from others: select by label or column, draw at random, map labels, merge.

    Writes listing.csv, which points to the image files and copies none, and listing.json, which records how it was
    made. With --to, name locations as in the new vocabulary.

    Example: cellocate select my_images --to hpa19 --any Mitochondria --single --out mitochondria
    """
    from cellocate.cli.console import note, progress
    from cellocate.collection.selection import Selection, write_derived
    from cellocate.collection.selection import select as choose
    from cellocate.errors import CellocateError
    from cellocate.files import refuse_existing

    refuse_existing(out, overwrite=overwrite, inputs=data)
    if images.labels is not None and len(data) > 1:
        raise CellocateError("one label table for several folders", mend="Select from each, then merge the results.")
    if by_map is not None and to is None:
        raise CellocateError("--map needs a target vocabulary", where=by_map, mend="Add --to NAME.")
    asked = Selection(
        vocabulary=to,
        by=by_map,
        keep_lost=negative,
        any_of=any_of or (),
        all_of=all_of or (),
        without=without or (),
        single=single,
        where=options.parse_where(where),
        ids=ids,
        without_ids=without_ids,
        sample=sample,
        seed=seed,
    )
    opened = [open_data(folder, images) for folder in data]
    derived = choose(opened, asked, skip_bad=skip_bad)
    note(*derived.notes)
    if rescale:
        derived = dataclasses.replace(derived, collection=with_known_depth(derived.collection))
    with progress("rescaling", len(derived.collection) if rescale else 0) as advance:
        written = write_derived(
            derived, out, pixel_size=rescale, overwrite=overwrite, skip_bad=skip_bad, inputs=data, progress=advance
        )
    print(f"{len(written)} of {counted(sum(map(len, opened)), written.unit)} in {out}")
