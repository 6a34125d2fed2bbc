"""`cellocate explore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellocate.cli import options
from cellocate.cli.open_data import open_data
from cellocate.counted import counted
from cellocate.rounded import json_text

if TYPE_CHECKING:
    from cellocate.explore import Exploration


def explore(
    data: options.Data,
    out: options.OutFolder,
    beside: Annotated[
        Path | None, typer.Option(metavar="BEFORE", help="What DATA was made from, such as before a clean-up.")
    ] = None,
    support: Annotated[
        float, typer.Option(help="Least share of the fields that a rule is about; at least three.")
    ] = 0.0004,
    confidence: Annotated[float, typer.Option(help="Least share of them for which a rule holds.")] = 0.25,
    sample: Annotated[
        int, typer.Option(metavar="N", min=1, help="Fields drawn at random for what needs pixels.")
    ] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    colours: options.CompositeColours = "atlas",
    labels: options.LabelTable = None,
    vocabulary: options.VocabularyName = None,
    pixel_size: options.PixelSize = None,
    channels: options.Channels = None,
    z: options.Plane = None,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print explored.json.")] = False,
) -> None:
    """Show what a collection holds: how often locations occur, alone and together, and what fields look like.

    A label table alone will do. FOLDER receives report.html, tables and figures.

    Examples: cellocate explore my_images --out look; cellocate explore train.csv --out look;
    cellocate explore clean --beside my_images --out look
    """
    from cellocate.cli.console import note, progress
    from cellocate.explore import ExploreOptions
    from cellocate.explore import explore as write
    from cellocate.files import refuse_existing

    refuse_existing(out, overwrite=overwrite, inputs=(data, beside, labels))
    collection = open_data(data, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size, channels=channels, z=z)
    before = (
        None
        if beside is None
        else open_data(beside, vocabulary=vocabulary, pixel_size=pixel_size, channels=channels, z=z)
    )
    sides = [side for side in (collection, before) if side is not None and collection.channels and side.channels]
    with progress("measuring", sum(min(sample, len(side)) for side in sides)) as advance:
        choices = ExploreOptions(support, confidence, sample, seed, colours, skip_bad, advance)
        explored = write(collection, out, choices, before=before, overwrite=overwrite)
    for text in explored.notes:
        note(text)
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
