"""A collection looked at → a folder: tables, figures, and one page."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from cellocate.collection import Collection
from cellocate.explore.cooccurrence import conditional
from cellocate.explore.explored import Choices, Explored, look
from cellocate.explore.page import write_page
from cellocate.explore.plots import Drawn, plots
from cellocate.explore.sheets import draw_examples, draw_locations, draw_random
from cellocate.explore.shelf import Shelf, fill
from cellocate.files import new_folder
from cellocate.pictures import save_figure
from cellocate.pictures.style import WIDE


def explore(
    collection: Collection,
    out: str | Path,
    choices: Choices | None = None,
    *,
    before: Collection | None = None,
    overwrite: bool = False,
) -> Explored:
    """Look at a collection, and write what was found: see docs/formats.md.

    Args:
        collection: of any layout; labels alone, or images alone, will do.
        out: the folder to write.
        choices: how to look; the defaults unless given.
        before: what it was made from, or any collection of the same vocabulary, to set it beside.
        overwrite: whether what is there may be replaced.

    Raises:
        CellocateError: as `look` and `cellocate.files.new_folder` do.
    """
    read = (collection.folder, *([] if before is None else [before.folder]))
    with new_folder(out, overwrite=overwrite, inputs=read) as folder:
        explored = look(collection, choices or Choices(), before)
        drawn, shelf = plots(explored), fill(explored)
        _write_tables(folder, explored)
        _write_figures(folder / "figures", explored, drawn, shelf)
        write_page(folder / "report.html", explored, drawn, shelf)
    return explored


def _write_tables(folder: Path, explored: Explored) -> None:
    (folder / "explored.json").write_text(json.dumps(explored.summary, indent=2) + "\n", encoding="utf-8")
    if explored.labels is not None and explored.rules is not None:
        labels = explored.labels
        labels.counts().to_csv(folder / "counts.csv", index=False)
        labels.per_field().to_csv(folder / "labels_per_field.csv", index=False)
        labels.sets().to_csv(folder / "label_sets.csv", index=False)
        for name, values in (
            ("cooccurrence", labels.both),
            ("conditional", conditional(labels.both)),
            ("phi", labels.phi),
        ):
            table = pd.DataFrame(values, columns=list(labels.names), index=pd.Index(labels.names, name="location"))
            table.to_csv(folder / f"{name}.csv")
        explored.rules.to_csv(folder / "rules.csv", index=False)
        if explored.before is not None and explored.before.labels is not None:
            table = labels.counts()[["index", "name"]]
            table["before"], table["after"] = explored.before.labels.per_location, labels.per_location
            table.to_csv(folder / "beside.csv", index=False)
    for column, table in explored.columns.items():
        table.to_csv(folder / f"by_{column}.csv", index=False)
    if explored.pixels is not None:
        random = explored.at_random.loc[explored.pixels.index]
        explored.pixels.assign(random=random.astype(int)).to_csv(folder / "pixels.csv")


def _write_figures(folder: Path, explored: Explored, drawn: dict[str, Drawn], shelf: Shelf) -> None:
    captions = {name: plot.caption for name, plot in drawn.items()}
    for name, plot in drawn.items():
        save_figure(plot.draw(WIDE), folder, name)
    pictures = f"Brightness is stretched channel by channel for display; colours: {explored.choices.colours}."
    for name, wanted, draw, suffixes, caption in (
        ("examples", shelf.large, draw_examples, ("png", "svg"), "Composite and channels of example fields."),
        ("random", shelf.small, draw_random, ("png", "svg"), "Fields drawn at random, with their labels."),
        ("locations", shelf.locations, draw_locations, ("png",), "Fields of each location."),
    ):
        if wanted:
            save_figure(draw(explored, shelf), folder, name, suffixes)
            captions[name] = f"{caption} {pictures}"
    if captions:
        text = "\n\n".join(f"{name}: {caption}" for name, caption in captions.items())
        (folder / "captions.txt").write_text(text + "\n", encoding="utf-8")
