"""Explore a collection, and write a folder of tables, figures and a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cellocate.collection import Collection
from cellocate.counted import counted
from cellocate.explore.captioned_plots import CaptionedPlot, make_plots
from cellocate.explore.cooccurrence import conditional_shares
from cellocate.explore.exploration import Exploration, ExploreOptions, analyse
from cellocate.explore.exploration_page import write_page
from cellocate.explore.field_gallery import FieldGallery, read_gallery
from cellocate.explore.field_sheets import draw_examples, draw_locations, draw_random
from cellocate.explore.pixel_statistics import compare_medians
from cellocate.files import new_folder, write_text
from cellocate.pictures import save_figure
from cellocate.pictures.style import WIDE
from cellocate.rounded import json_text
from cellocate.write_tables import write_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def explore(
    collection: Collection,
    out: str | Path,
    choices: ExploreOptions | None = None,
    *,
    before: Collection | None = None,
    overwrite: bool = False,
) -> Exploration:
    """Explore a collection, and write what was found (docs/formats.md lists the files).

    Args:
        collection: labels, images, or both.
        out: the folder to write.
        choices: the options; the defaults if None.
        before: a collection of the same vocabulary to compare with, such as the one it was made from.
        overwrite: replace an earlier result.

    Raises:
        CellocateError: as `analyse` and `cellocate.files.new_folder` do.
    """
    read = (collection.folder, *([] if before is None else [before.folder]))
    with new_folder(out, overwrite=overwrite, inputs=read) as folder:
        explored = analyse(collection, choices or ExploreOptions(), before)
        drawn, gallery = make_plots(explored), read_gallery(explored)
        _write_tables(folder, explored)
        _write_figures(folder / "figures", explored, drawn, gallery)
        write_page(folder / "report.html", explored, drawn, gallery)
    return explored


def _write_tables(folder: Path, explored: Exploration) -> None:
    write_text(folder / "explored.json", json_text(explored.summary) + "\n")
    if explored.labels is not None and explored.rules is not None:
        labels = explored.labels
        write_table(folder / "counts.csv", labels.counts())
        write_table(folder / "labels_per_field.csv", labels.per_field())
        write_table(folder / "label_sets.csv", labels.sets())
        for name, values in (
            ("cooccurrence", labels.both),
            ("conditional", conditional_shares(labels.both)),
            ("phi", labels.phi),
        ):
            table = pd.DataFrame(values, columns=list(labels.names), index=pd.Index(labels.names, name="location"))
            write_table(folder / f"{name}.csv", table.reset_index())
        write_table(folder / "rules.csv", explored.rules)
        if explored.before is not None and explored.before.labels is not None:
            table = labels.counts()[["index", "name"]]
            table["before"], table["after"] = explored.before.labels.per_location, labels.per_location
            write_table(folder / "compared.csv", table)
    for column, table in explored.columns.items():
        write_table(folder / f"by_{column}.csv", table)
    if explored.pixels is not None:
        random = explored.at_random.loc[explored.pixels.index]
        if explored.before is not None and explored.before.random is not None and explored.random is not None:
            write_table(folder / "compared_pixels.csv", compare_medians(explored.before.random, explored.random))
        write_table(folder / "pixels.csv", explored.pixels.assign(random=random.astype(int)).reset_index())


def _write_figures(folder: Path, explored: Exploration, drawn: dict[str, CaptionedPlot], gallery: FieldGallery) -> None:
    captions = {name: plot.caption for name, plot in drawn.items()}
    for name, plot in drawn.items():
        save_figure(plot.draw(WIDE), folder, name)
    for name, (draw, suffixes, caption) in _sheets(explored, gallery).items():
        save_figure(draw(explored, gallery), folder, name, suffixes)
        light = f"Brightness is stretched channel by channel for display; colours: {explored.choices.colours}."
        captions[name] = f"{caption} {light}"
    if captions:
        text = "\n\n".join(f"{name}: {caption}" for name, caption in captions.items())
        (folder / "captions.txt").write_text(text + "\n", encoding="utf-8")


def _sheets(
    explored: Exploration, gallery: FieldGallery
) -> dict[str, tuple[Callable[..., Figure], tuple[str, ...], str]]:
    """The sheets of pictures by name: function that draws it, suffixes of its files, caption."""
    of = f"of {counted(explored.n, explored.unit)}"
    found: dict[str, tuple[Callable[..., Figure], tuple[str, ...], str]] = {}
    if gallery.large:
        caption = f"Composite and channels of {len(gallery.large)} {of}."
        found["examples"] = (draw_examples, ("png", "svg"), caption)
    if shown := [field for field in gallery.random if field in gallery.small]:
        words = ", with their labels" if explored.labels is not None else ""
        caption = f"{len(shown)} {of}, drawn at random (seed {explored.choices.seed}){words}."
        found["random"] = (draw_random, ("png", "svg"), caption)
    if gallery.locations and explored.pixels is not None:
        caption = f"{explored.unit.capitalize()}s of each location: at random, typical and extreme, "
        caption += f"among the {len(explored.pixels):,} measured, {of}."
        found["locations"] = (draw_locations, ("png",), caption)
    return found
