"""`cellocate explore`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cellocate.cli import options
from cellocate.cli.open_data import open_data
from cellocate.cli.options import option
from cellocate.counted import counted
from cellocate.rounded import json_text

if TYPE_CHECKING:
    from cellocate.explore import Exploration


def explore(
    data: options.Data,
    out: options.OutFolder,
    compare_to: Annotated[
        Path | None, option("Compare with an earlier version, such as before a clean-up.", "BEFORE")
    ] = None,
    support: Annotated[
        float, option("Association rules: minimum share of the fields (and at least 3 fields).")
    ] = 0.0004,
    confidence: Annotated[float, option("Association rules: minimum confidence.")] = 0.25,
    sample: Annotated[int, option("Number of fields to measure and show, drawn at random.", "N", min=1)] = 300,
    seed: options.Seed = 0,
    colours: options.CompositeColours = "atlas",
    images: options.Images = options.IMAGES,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
    as_json: Annotated[bool, option("Print explored.json.", name="--json")] = False,
) -> None:
    """Show your data on one page: how often locations occur, alone and together, and typical and unusual fields.

    DATA may also be a label table alone. Writes report.html, tables and figures to FOLDER.

    Examples: cellocate explore my_images --out overview;
    cellocate explore train.csv --out overview;
    cellocate explore cleaned --compare-to my_images --out overview
    """
    from cellocate.cli.console import note, progress
    from cellocate.explore import ExploreOptions
    from cellocate.explore import explore as write
    from cellocate.files import refuse_existing

    refuse_existing(out, overwrite=overwrite, inputs=(data, compare_to, images.labels))
    collection = open_data(data, images)
    before = None if compare_to is None else open_data(compare_to, replace(images, labels=None))
    sides = [side for side in (collection, before) if side is not None and collection.channels and side.channels]
    with progress("measuring", sum(min(sample, len(side)) for side in sides)) as advance:
        choices = ExploreOptions(support, confidence, sample, seed, colours, skip_bad, advance)
        explored = write(collection, out, choices, before=before, overwrite=overwrite)
    note(*explored.notes)
    if as_json:
        print(json_text(explored.summary))
    else:
        print(_line(explored))
        print(f"report in {out / 'report.html'}")


def _line(explored: Exploration) -> str:
    line = counted(explored.n, explored.unit)
    if explored.labels is None or explored.rules is None:
        return f"{line} without labels"
    occur = int((explored.labels.per_location > 0).sum())
    line += f": {occur} of {counted(len(explored.labels.names), 'location')} in {len(explored.labels.sets())} sets"
    return f"{line}; {counted(len(explored.rules), 'rule')}"
