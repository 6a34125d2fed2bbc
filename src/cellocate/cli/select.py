"""`cellocate select`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from cellocate.cli import options
from cellocate.cli.open_data import open_data, with_known_depth
from cellocate.counted import counted


def select(
    data: Annotated[list[Path], typer.Argument(metavar="DATA...", help="Folders with images; several are merged.")],
    out: options.OutFolder,
    to: Annotated[
        str | None, typer.Option(metavar="NAME", help="Map labels to this vocabulary first, such as hpa19.")
    ] = None,
    by_map: Annotated[
        Path | None, typer.Option("--map", metavar="FILE", help="Map by this table (from,to), not by a built-in map.")
    ] = None,
    negative: Annotated[
        bool, typer.Option("--negative", help="Keep fields that lose all labels thereby, as Negative.")
    ] = False,
    any_of: Annotated[
        list[str] | None, typer.Option("--any", metavar="LOCATION", help="Show this, or another named so.")
    ] = None,
    all_of: Annotated[
        list[str] | None, typer.Option("--all", metavar="LOCATION", help="Show this, and each named so.")
    ] = None,
    without: Annotated[list[str] | None, typer.Option(metavar="LOCATION", help="Do not show this.")] = None,
    single: Annotated[bool, typer.Option("--single", help="Show exactly one location.")] = False,
    where: options.Where = None,
    ids: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Take the fields that this table names, in its column Id.")
    ] = None,
    without_ids: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Leave those out that this one names.")
    ] = None,
    sample: Annotated[int | None, typer.Option(metavar="N", help="So many at random.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    rescale: Annotated[
        float | None, typer.Option(metavar="UM", help="Write the images anew, at this many µm per pixel.")
    ] = None,
    labels: options.LabelTable = None,
    vocabulary: options.VocabularyName = None,
    pixel_size: options.PixelSize = None,
    channels: options.Channels = None,
    z: options.Plane = None,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Make a collection of some fields of others: of these labels, of this cell line, at random, mapped, merged.

    FOLDER receives listing.csv, which names the files where they are, and listing.json, which says how it was made.
    Locations are named in the words that the labels have after --to.

    Example: cellocate select my_images --to hpa19 --any Mitochondria --single --out mitochondria
    """
    from cellocate.cli.console import note, progress
    from cellocate.collection.select import Selection, write_derived
    from cellocate.collection.select import select as choose
    from cellocate.errors import CellocateError
    from cellocate.files import refuse_existing

    refuse_existing(out, overwrite=overwrite, inputs=data)
    if labels is not None and len(data) > 1:
        raise CellocateError("one label table for several folders", mend="Select from each, then merge the results.")
    if by_map is not None and to is None:
        raise CellocateError("a map to no vocabulary", where=by_map, mend="Name the vocabulary with --to.")
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
    opened = [
        open_data(d, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size, channels=channels, z=z) for d in data
    ]
    derived = choose(opened, asked, skip_bad=skip_bad)
    for text in derived.notes:
        note(text)
    if rescale:
        derived = dataclasses.replace(derived, collection=with_known_depth(derived.collection))
    with progress("rescaling", len(derived.collection) if rescale else 0) as advance:
        written = write_derived(
            derived,
            out,
            pixel_size=rescale,
            overwrite=overwrite,
            skip_bad=skip_bad,
            inputs=data,
            progress=advance,
        )
    print(f"{len(written)} of {counted(sum(map(len, opened)), written.unit)} in {out}")
