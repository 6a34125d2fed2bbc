"""`cellocate cells`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellocate.choices import Centre
from cellocate.cli import options
from cellocate.cli.open_data import open_data, require_paths, with_known_depth
from cellocate.cli.options import option
from cellocate.counted import counted

if TYPE_CHECKING:
    from cellocate.cells.strong_labels import StrongLabels

_STRONG: dict[str, Any] = {"rich_help_panel": "Cells with a reliable label (--strong)"}


class Also(StrEnum):
    """Further files to write. typer takes an enumeration, not a `Literal`, for options that can be repeated."""

    png = "png"
    geojson = "geojson"
    overlays = "overlays"


def cells(
    data: options.Data,
    out: options.OutFolder,
    masks: Annotated[
        Path | None,
        option(
            "Use your own masks: <id>_cells.png (or .tif, .zarr, .npy), Cellpose's <id>_cp_masks.png, or QuPath's "
            "<id>.geojson.",
            "FOLDER",
        ),
    ] = None,
    segmenter: Annotated[
        str | None,
        options.SEGMENTER.option(
            "Method that finds cells. 'classical' (the default) and 'multinucleate' (several nuclei per cell) need no "
            "network; others must be installed."
        ),
    ] = None,
    size: Annotated[int, option("Side of each crop in pixels.", "PX")] = 256,
    span: Annotated[float | None, option("Side of each crop in µm. Default: 51.2.", "UM")] = None,
    fit: Annotated[bool, option("Scale each cell to fill its crop.", name="--fit")] = False,
    context: Annotated[bool, option("Keep the surroundings of the cell in its crop.", name="--context")] = False,
    centre: Annotated[Centre, option("What the crop is centred on.")] = "cell",
    strong: Annotated[
        bool,
        option("Keep only fields with one label, and their cells that probably show it.", name="--strong", **_STRONG),
    ] = False,
    keep: Annotated[
        list[str] | None,
        option("Keep cells that --strong would remove by this rule, such as edge (repeatable).", "RULE", **_STRONG),
    ] = None,
    without: Annotated[
        list[str] | None, option("Leave out this location, such as Negative (repeatable).", "LOCATION", **_STRONG)
    ] = None,
    min_cells: Annotated[int, option("Leave out locations with fewer than N cells.", "N", **_STRONG)] = 0,
    max_cells: Annotated[
        int | None, option("Keep at most N cells of each location, drawn at random.", "N", **_STRONG)
    ] = None,
    smallest_file: Annotated[float | None, option("Leave out fields with a smaller file.", "KB", **_STRONG)] = None,
    largest_file: Annotated[float | None, option("Leave out fields with a larger file.", "KB", **_STRONG)] = None,
    seed: Annotated[int, option("Random seed of --max-cells.", min=0, **_STRONG)] = 0,
    also: Annotated[
        list[Also] | None,
        option("Also write crops as PNG files, outlines for QuPath, or pictures of the outlines (repeatable)."),
    ] = None,
    colours: options.CompositeColours = "atlas",
    workers: options.Workers = None,
    resume: options.Resume = False,
    images: options.Images = options.IMAGES,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Find the cells in every field, measure them, and cut them out.

    Writes masks/, cells.csv and crops/ to FOLDER. Other commands take FOLDER/crops as DATA. Each cell has the labels of
    its field. With --strong, only cells that probably show the one label of their field are kept.

    Example: cellocate cells my_images --out my_cells
    """
    require_paths(masks)
    from cellocate.cells import exports
    from cellocate.cells.conversion import convert
    from cellocate.cells.crops import SPAN, CropSettings
    from cellocate.cells.cutting import CellPlan
    from cellocate.cells.segmenters import get_segmenter
    from cellocate.cli.console import progress, resumable

    how = _strong(
        strong,
        {"keep": tuple(keep or ()), "smallest_file": smallest_file, "largest_file": largest_file},
        {"without": tuple(without or ()), "min_cells": min_cells, "max_cells": max_cells, "seed": seed},
    )
    collection = open_data(data, images)
    collection = with_known_depth(collection)
    if fit and span is not None:
        raise typer.BadParameter("--fit scales each cell on its own: leave out --span")
    if masks is not None and segmenter is not None:
        raise typer.BadParameter("--masks replace the segmenter: leave out --segmenter")
    crop = CropSettings(size, None if fit else SPAN if span is None else span, masked=not context, centre=centre)
    wanted = set(also or ())
    extras = tuple(extra for name, extra in exports.EXPORTS.items() if name in wanted)
    finder = get_segmenter(segmenter or "classical")
    plan = CellPlan(
        out,
        collection.channels,
        crop,
        masks,
        None if masks else finder.segment,
        extras,
        png="png" in wanted,
        colours=colours,
        skip_bad=skip_bad,
    )
    if workers is None and finder.alone:
        workers = 1
    with resumable(), progress("finding cells", len(collection)) as advance:
        converted = convert(
            collection, plan, how, workers=workers, resume=resume, overwrite=overwrite, progress=advance
        )
    _print_result(converted.summary, out)


def _strong(wanted: bool, clean: dict[str, Any], scope: dict[str, Any]) -> StrongLabels | None:
    from cellocate.cells.clean_up import CleanUp
    from cellocate.cells.strong_labels import StrongLabels
    from cellocate.errors import CellocateError

    if not wanted and any(value for value in {**clean, **scope}.values()):
        name = next(name for name, value in {**clean, **scope}.items() if value).replace("_", "-")
        raise CellocateError(f"--{name} only works together with --strong", mend="Add --strong, or leave it out.")
    return StrongLabels(CleanUp(**clean), **scope) if wanted else None


def _print_result(summary: dict[str, Any], out: Path) -> None:
    from cellocate.cells.field_notes import format_notes
    from cellocate.cells.outputs import COUNTS
    from cellocate.cli.console import note
    from cellocate.pictures import save_figure
    from cellocate.report.score_plots import plot_cell_counts
    from cellocate.tables import read_table

    note(*format_notes(summary["notes"]))
    if summary["fields_skipped"]:
        note(f"left out {counted(summary['fields_skipped'], 'faulty field')}; {out / 'skipped.csv'} lists them")
    if summary["fields_of_other_labels"]:
        note(f"left out {counted(summary['fields_of_other_labels'], 'field')} without exactly one wanted label")
    for why, cells in summary["removed"].items():
        note(f"left out {counted(cells, 'cell')}: {why}")
    if summary["flagged"]:
        each = ", ".join(f"{flag} ({n})" for flag, n in summary["flagged"].items())
        note(f"check the cells flagged {each}: see column flags of {out / 'cells.csv'}")
    if (out / COUNTS).is_file():
        counts, _ = read_table(out / COUNTS)
        save_figure(plot_cell_counts(counts.astype({"found": int, "kept": int})), out, "counts")
    print(f"{counted(summary['cells'], 'cell')} of {counted(summary['fields'], 'field')} in {out}")
