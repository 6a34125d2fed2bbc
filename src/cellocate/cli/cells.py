"""`cellocate cells`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellocate.choices import Centre
from cellocate.cli import options
from cellocate.cli.open_data import open_data, require_paths, with_known_depth
from cellocate.counted import counted

if TYPE_CHECKING:
    from cellocate.cells.strong import Strong


class Also(StrEnum):
    """What may be written beside masks, table and crops; as an option may be given several times, not a `Literal`."""

    png = "png"
    geojson = "geojson"
    overlays = "overlays"


def cells(
    data: options.Data,
    out: options.OutFolder,
    masks: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Take these masks: <id>_cells.png (or .tif, .zarr, .npy), Cellpose's <id>_cp_masks.png, or QuPath's "
            "<id>.geojson.",
        ),
    ] = None,
    segmenter: Annotated[
        str | None,
        options.SEGMENTER.option(
            "What finds cells: light and shape alone (classical, unless given; multinucleate, where a cell may "
            "have several nuclei), or a network that is installed."
        ),
    ] = None,
    size: Annotated[int, typer.Option(metavar="PX", help="Side of a cell's picture.")] = 256,
    span: Annotated[
        float | None,
        typer.Option(metavar="UM", help="µm that this side is, the same for all cells; 51.2 if not given."),
    ] = None,
    fit: Annotated[bool, typer.Option("--fit", help="Let each cell fill its picture, whatever its size.")] = False,
    context: Annotated[bool, typer.Option("--context", help="Leave what is around a cell in its picture.")] = False,
    centre: Annotated[Centre, typer.Option(help="What is in the middle.")] = "cell",
    strong: Annotated[
        bool, typer.Option("--strong", help="Take fields with one label, and cells that are likely to show it.")
    ] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE", help="Keep cells that this rule of --strong leaves out, such as edge (repeatable)."
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="LOCATION", help="Leave it out of --strong, such as Negative (repeatable)."),
    ] = None,
    min_cells: Annotated[
        int, typer.Option(metavar="N", help="Leave locations with N cells or fewer out of --strong.")
    ] = 0,
    max_cells: Annotated[
        int | None, typer.Option(metavar="N", help="Keep N cells of a location at most, drawn at random, in --strong.")
    ] = None,
    smallest_file: Annotated[
        float | None, typer.Option(metavar="KB", help="Leave fields with a smaller file out of --strong.")
    ] = None,
    largest_file: Annotated[
        float | None, typer.Option(metavar="KB", help="Leave fields with a larger file out of --strong.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    also: Annotated[
        list[Also] | None,
        typer.Option(
            help="Also write cells as PNG files, outlines for QuPath, or outlines drawn over each field (repeatable)."
        ),
    ] = None,
    colours: options.CompositeColours = "atlas",
    workers: options.Workers = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue what was begun in FOLDER.")] = False,
    labels: options.LabelTable = None,
    vocabulary: options.VocabularyName = None,
    pixel_size: options.PixelSize = None,
    channels: options.Channels = None,
    z: options.Plane = None,
    skip_bad: options.SkipBad = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Find the cells of every field, and cut them out as a collection of their own.

    FOLDER receives masks/, cells.csv and crops/: give FOLDER/crops to other commands in the place of DATA. A cell has
    the labels of its field; with --strong only cells are kept that are likely to show the one label of their field.

    Example: cellocate cells my_images --out my_cells --pixel-size 0.08
    """
    require_paths(masks)
    from cellocate.cells import extras
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
    collection = open_data(data, labels=labels, vocabulary=vocabulary, pixel_size=pixel_size, channels=channels, z=z)
    collection = with_known_depth(collection)
    if fit and span is not None:
        raise typer.BadParameter("with --fit each picture has a span of its own: leave out --span")
    if masks is not None and segmenter is not None:
        raise typer.BadParameter("--masks are of cells that were found: leave out --segmenter")
    crop = CropSettings(size, None if fit else SPAN if span is None else span, masked=not context, centre=centre)
    wanted = set(also or ())
    beside = tuple(extra for name, extra in extras.BY_NAME.items() if name in wanted)
    finder = get_segmenter(segmenter or "classical")
    plan = CellPlan(
        out,
        collection.channels,
        crop,
        masks,
        None if masks else finder.segment,
        beside,
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
    _tell(converted.card, out)


def _strong(wanted: bool, clean: dict[str, Any], scope: dict[str, Any]) -> Strong | None:
    from cellocate.cells.clean import CleanUp
    from cellocate.cells.strong import Strong
    from cellocate.errors import CellocateError

    if not wanted and any(value for value in {**clean, **scope}.values()):
        name = next(name for name, value in {**clean, **scope}.items() if value).replace("_", "-")
        raise CellocateError(f"--{name} is of --strong", mend="Add --strong, or leave it out.")
    return Strong(CleanUp(**clean), **scope) if wanted else None


def _tell(card: dict[str, Any], out: Path) -> None:
    """Say what was left out at each step, draw it, and say what is there."""
    from cellocate.cells.notes import as_sentences
    from cellocate.cells.outputs import COUNTS
    from cellocate.cli.console import note
    from cellocate.pictures import save_figure
    from cellocate.report.cell_counts import plot_cell_counts
    from cellocate.tables import read_table

    for text in as_sentences(card["notes"]):
        note(text)
    if card["fields_skipped"]:
        note(f"left out {counted(card['fields_skipped'], 'faulty field')}; {out / 'skipped.csv'} lists them")
    if card["fields_of_other_labels"]:
        note(f"left out {counted(card['fields_of_other_labels'], 'field')} without exactly one wanted label")
    for why, cells in card["removed"].items():
        note(f"left out {counted(cells, 'cell')}: {why}")
    if card["flagged"]:
        each = ", ".join(f"{flag} ({n})" for flag, n in card["flagged"].items())
        note(f"look at the cells with {each}: column flags of {out / 'cells.csv'}")
    if (out / COUNTS).is_file():
        counts, _ = read_table(out / COUNTS)
        save_figure(plot_cell_counts(counts.astype({"found": int, "kept": int})), out, "counts")
    print(f"{counted(card['cells'], 'cell')} of {counted(card['fields'], 'field')} in {out}")
